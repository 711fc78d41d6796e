"""The step of all arcs: the shortcut of crowds against arc by arc, the table against the law, tanh against decimals."""

import decimal
import math

import numpy as np
import pytest
from reference import Dense, beginning, flat, given

import hlp_edu as hlp
import hlp_edu.arcs
from hlp_edu.arcs import END, END_OF_ONE, arc_at, fill, groups
from hlp_edu.compiled import compiled
from hlp_edu.flow import arc_law
from hlp_edu.laws import tanh

POLICIES = {
    "flipped": hlp.Flipped(dissipation_w=3, dissipation_x=0.5),
    "canonical": hlp.Canonical(),
    "periodic": hlp.Periodic(period=0.07, flipped=0.6, dissipation_w=1),
    "servo": hlp.HamiltonianServo(dissipation_w=15, dissipation_x=20),
}
NETWORKS = {
    "fully connected": hlp.fully_connected(17),
    "layers": hlp.feed_forward([3, 12, 9, 1]),
    "no crowd": hlp.fully_connected(11, self_loops=False),
}


def problem_of(name):
    net = NETWORKS[name]
    inputs = {label: hlp.sinusoid(period=2 + k) for k, label in enumerate(net.inputs) if label != "bias"}
    return hlp.Tracking(net, hlp.patchwork(seed=2), q=10, speed=5, theta=0.1, inputs=inputs)


def test_who_is_a_crowd():
    def of(name, at_a_time):
        return groups(problem_of(name).wiring, at_a_time).tolist()

    for at_a_time in (2, 4):
        assert of("fully connected", at_a_time) == [[0, 16, 1], [16, 17, 0]]
    assert of("fully connected", 0) == [[0, 17, 0]] and of("no crowd", 2) == [[0, 11, 0]]
    assert of("layers", 2) == [[0, 12, 1], [12, 20, 1], [20, 22, 0]]
    assert of("layers", 4) == [[0, 12, 1], [12, 20, 1], [20, 22, 0]]


@pytest.mark.parametrize("s", [-1, 1])
@pytest.mark.parametrize("name", NETWORKS)
def test_crowds_agree_with_a_dense_solution(name, s):
    problem = problem_of(name).replace(target=hlp.sinusoid())
    theta_w, theta_x = (3, 0.5) if s < 0 else (0, 0)
    begin = beginning(problem, 3)
    state, cost = Dense(problem, s, s, 0.1 + theta_x, 0.1 + theta_w).solve(begin, 0.4)
    run = hlp.run(problem, POLICIES["flipped" if s < 0 else "canonical"], T=0.4, dt=0.002, **given(begin))
    assert np.abs(flat(run.final) - state).max() < 1e-6 * max(1.0, np.abs(state).max())
    assert run.cost == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize("method", hlp_edu.flow.METHODS)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ["fully connected", "layers"])
def test_crowds_and_single_arcs_give_the_same(name, policy, method):
    """A policy that gives every arc its own sign goes arc by arc: it gets the signs that the crowd had."""
    problem, one_sign = problem_of(name), POLICIES[policy]

    class Alone(type(one_sign)):
        one_sign = False
        steady = False

    alone = Alone.__new__(Alone)
    alone.__dict__.update(one_sign.__dict__)
    arguments = dict(T=0.5, dt=0.01, seed=1, method=method)
    together, apart = hlp.run(problem, one_sign, **arguments), hlp.run(problem, alone, **arguments)
    assert np.array_equal(together.sign, apart.sign[:, 0]) and (policy == "periodic") == (np.ptp(together.sign) > 0)
    for key in ("x", "w", "p_x", "p_w", "lagrangian", "hamiltonian"):
        scale = max(1.0, np.abs(getattr(apart, key)).max())
        assert np.abs(getattr(together, key) - getattr(apart, key)).max() <= 1e-12 * scale, key
    assert together.cost == pytest.approx(apart.cost, rel=1e-12)


@pytest.mark.parametrize("method", hlp_edu.flow.METHODS)
@pytest.mark.parametrize("name", NETWORKS)
def test_crowds_resume_and_are_cut_into_chunks_bit_for_bit(name, method, monkeypatch):
    problem, policy = problem_of(name), POLICIES["flipped"]
    arguments = dict(dt=0.01, seed=3, method=method)
    whole = hlp.run(problem, policy, T=1, **arguments)
    monkeypatch.setattr(hlp_edu.flow, "CHUNK", 17)
    first = hlp.run(problem, policy, T=0.5, **arguments)
    second = hlp.run(problem, policy, T=0.5, dt=0.01, method=method, start=first.final)
    for key in ("x", "w", "p_x", "p_w", "lagrangian", "hamiltonian"):
        assert np.array_equal(getattr(whole, key)[50:], getattr(second, key)), key
        assert np.array_equal(getattr(whole, key)[:51], getattr(first, key)), key


def table_of(*what):
    table = np.full((6, 3, 6), np.nan)
    fill(table, *what)
    return table


@pytest.mark.parametrize("policy", [hlp.Flipped(30, 5), hlp.GradientFlow(0.03)], ids=["inertia", "slaved"])
@pytest.mark.parametrize("s", [-1.0, 1.0])
def test_the_table_is_the_law(policy, s):
    """An arc is linear in w, p and its pulls; and the last pull does not reach a weight with inertia."""
    law = arc_law(problem_of("layers"), policy)[0]
    table = table_of(law, 0.1, 0.02, s)
    arc = np.random.default_rng(0).standard_normal(6)

    @compiled
    def stands(law, stop, arc):
        return arc_at(law, stop, 0.1, 0.02, arc[0], arc[1], s, arc[2], arc[3], arc[4], arc[5])

    for stop in range(6):
        assert np.allclose(table[stop] @ arc, stands(law, stop, arc), atol=1e-14)
    assert (table[END, 0, 5] == 0) == (law.inertia == 1)
    assert np.array_equal(table_of(law, 0.0, 0.0, s)[END][:2], np.eye(6)[:2])
    assert np.array_equal(table_of(law, 0.0, 0.0, s)[END_OF_ONE][:2], np.eye(6)[:2])


def test_tanh_to_one_and_a_half_units_in_the_last_place(record_property):
    dice = np.random.default_rng(0)
    a = np.concatenate([dice.uniform(-3, 3, 3000), dice.uniform(-25, 25, 1000), 10 ** dice.uniform(-300, 1.4, 1000)])

    @compiled
    def all_of(a, out):
        for k in range(a.size):
            out[k] = tanh(a[k])

    ours, worst = np.empty_like(a), 0.0
    all_of(a, ours)
    with decimal.localcontext(prec=350):
        for number, found in zip(a, ours, strict=True):
            e = (-2 * decimal.Decimal(abs(number))).exp()
            exact = ((1 - e) / (1 + e)).copy_sign(decimal.Decimal(number))
            worst = max(worst, abs(float((decimal.Decimal(found) - exact) / decimal.Decimal(np.spacing(abs(found))))))
    record_property("units in the last place", worst)
    assert worst < 1.5
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, -1e308, 5e-324, 20.0, -20.000001])
    found = np.empty_like(special)
    all_of(special, found)
    assert np.isnan(found[0]) and np.array_equal(found[1:], [math.tanh(v) for v in special[1:]])
    assert np.array_equal(np.signbit(found[1:]), np.signbit(special[1:]))
