"""Blocks against the plain kernel, the plain kernel against dense matrices, tanh against decimals."""

import decimal
import math
import os
import subprocess
import sys

import networkx as nx
import numpy as np
import pytest
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as st
from reference import Dense, beginning, flat, given, random_case

import hlp_edu as hlp
import hlp_edu.flow
from hlp_edu import blocks
from hlp_edu.blocks import coefficients
from hlp_edu.compiled import compiled, numba
from hlp_edu.kernel import METHODS
from hlp_edu.tanh import tanh

NETWORKS = {
    "fully connected": hlp.fully_connected(17),
    "layers": hlp.feed_forward([3, 12, 9, 1]),
    "no block": hlp.fully_connected(11, self_loops=False),
}
EVERY_POLICY = [
    hlp.Canonical(), hlp.Flipped(3, 0.5), hlp.Periodic(0.07, 0.6, dissipation_w=1), hlp.HamiltonianBand(-0.1, 0.1),
    hlp.HamiltonianServo(15, 20), hlp.PerArc(0.03), hlp.GradientFlow(0.03), hlp.Frozen(),
]  # fmt: skip


def problem_of(name):
    net = NETWORKS[name]
    inputs = {label: hlp.sinusoid(period=2 + k) for k, label in enumerate(net.inputs) if label != "bias"}
    return hlp.Tracking(net, hlp.patchwork(seed=2), q=10, speed=5, theta=0.1, inputs=inputs)


def plain(problem):
    """The same problem, its arcs taken one by one."""
    problem = problem.replace()
    vars(problem)["blocks"] = problem.model.segments, ()
    return problem


def same(one, other, tolerance):
    """Whether two runs are the same, up to a relative difference."""
    for key in ("x", "w", "p_x", "p_w", "sign", "lagrangian", "hamiltonian", "cost"):
        a, b = np.asarray(getattr(one, key)), np.asarray(getattr(other, key))
        assert np.abs(a - b).max(initial=0) <= tolerance * max(1.0, np.abs(b).max(initial=0)), key


def clusters(seed):
    """A problem on a random digraph in which groups of neurons share their parents, from 1 to 12 at a time."""
    dice = np.random.default_rng(seed)
    sizes = dice.integers(1, 13, dice.integers(1, 5))
    n = int(sizes.sum())
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n + 2))
    for first, size in zip(np.cumsum(sizes) - sizes, sizes, strict=True):
        parents = np.flatnonzero(dice.random(n + 2) < dice.choice([0.1, 0.5, 1.0]))
        graph.add_edges_from((int(j), int(i)) for i in range(first, first + size) for j in parents)
    given = {n: hlp.sinusoid(period=2), n + 1: hlp.constant(1)}
    net = hlp.Network(graph, inputs=list(given), outputs=[0, n - 1] if n > 1 else [0])
    return hlp.Tracking(net, [hlp.patchwork(seed=seed)] * len(net.outputs), q=10, speed=5, theta=0.1, inputs=given)


def test_which_neurons_make_a_block():
    def of(name):
        single, panels = blocks.find(NETWORKS[name])
        return np.unique(single[:, 0]).tolist(), panels.tolist()

    assert of("fully connected") == ([], [[0, 17, 0, 18, 0, 18]])
    assert of("no block") == (list(range(11)), [])
    # heads, how many, tails, how many, first arc, arcs from row to row: the inputs with the bias, then each layer
    assert of("layers") == (
        [21], [[0, 12, 22, 4, 0, 4], [12, 9, 0, 12, 48, 13], [12, 9, 25, 1, 60, 13]],
    )  # fmt: skip


@pytest.mark.parametrize("s", [-1, 1])
@pytest.mark.parametrize("name", NETWORKS)
def test_blocks_agree_with_a_dense_solution(name, s):
    problem = problem_of(name).replace(target=hlp.sinusoid())
    theta_w, theta_x = (3, 0.5) if s < 0 else (0, 0)
    begin = beginning(problem, 3)
    state, cost = Dense(problem, s, s, 0.1 + theta_x, 0.1 + theta_w).solve(begin, 0.4)
    run = hlp.run(problem, hlp.Flipped(3, 0.5) if s < 0 else hlp.Canonical(), T=0.4, dt=0.002, **given(begin))
    assert np.abs(flat(run.final) - state).max() < 1e-6 * max(1.0, np.abs(state).max())
    assert run.cost == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("policy", [hlp.Canonical(), hlp.Flipped(3, 0.5)], ids=repr)
@pytest.mark.parametrize("name", ["fully connected", "layers"])
def test_blocks_and_single_arcs_give_the_same(name, policy, method):
    problem, arguments = problem_of(name), dict(T=0.5, dt=0.01, seed=1, method=method)
    assert len(problem.blocks[1])
    same(hlp.run(problem, policy, **arguments), hlp.run(plain(problem), policy, **arguments), 1e-12)


@cases(seed=st.integers(0, 10_000), policy=st.sampled_from(EVERY_POLICY), method=st.sampled_from(list(METHODS)))
@settings(max_examples=40, deadline=None)
def test_blocks_on_random_digraphs(seed, policy, method):
    problem, arguments = clusters(seed), dict(T=0.3, dt=0.01, seed=1, method=method)
    same(hlp.run(problem, policy, **arguments), hlp.run(plain(problem), policy, **arguments), 1e-11)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("policy", EVERY_POLICY, ids=repr)
@pytest.mark.parametrize("together", [True, False], ids=["blocks", "plain"])
@pytest.mark.parametrize("name", NETWORKS)
def test_runs_resume_and_are_cut_into_chunks_bit_for_bit(name, together, policy, method, monkeypatch):
    problem = problem_of(name) if together else plain(problem_of(name))
    arguments = dict(dt=0.01, method=method)
    entire = hlp.run(problem, policy, T=0.6, seed=3, **arguments)
    monkeypatch.setattr(hlp_edu.flow, "CHUNK", 17)
    first = hlp.run(problem, policy, T=0.3, seed=3, **arguments)
    second = hlp.run(problem, policy, T=0.3, start=first.final, **arguments)
    for key in ("x", "w", "p_x", "p_w", "lagrangian", "hamiltonian"):
        assert np.array_equal(getattr(entire, key)[30:], getattr(second, key)), key
        assert np.array_equal(getattr(entire, key)[:31], getattr(first, key)), key


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("s", [-1.0, 1.0])
def test_coefficients_are_a_step_of_one_arc(method, s):
    """An arc that is taken through a step by itself is where the coefficients say."""
    problem = problem_of("layers")
    law, way = problem.law._replace(theta_w=3.0), METHODS[method]._replace(h=0.1)
    stages = len(way.weight)
    table, start = np.zeros((stages + 1, 2, stages + 2)), np.random.default_rng(0).standard_normal(stages + 2)
    coefficients(law, way, way.h, s, table)
    w, p = start[:2]
    rates = []
    for k in range(stages):
        ahead = 0.05 * way.at[k]
        here = start[:2] if k == 0 else start[:2] + ahead * np.array(rates[-1])
        assert np.allclose(table[k] @ start, here, atol=1e-14)
        H_w = start[2 + k] + law.r_w * here[0]
        rates.append((-here[1] / law.r, -s * H_w - law.theta_w * here[1]))
    w_rate, p_rate = (0.1 * way.weight @ np.array(column) for column in zip(*rates, strict=True))
    p_end = p + p_rate
    w_end = w - 0.1 * p_end / law.r if way.exponential else w + w_rate
    assert np.allclose(table[stages] @ start, [w_end, p_end], atol=1e-14)
    coefficients(law, way, 0.0, s, table)
    assert np.array_equal(table[stages], np.eye(2, stages + 2)), "a step of length 0 moves nothing, to the last bit"


@cases(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_rates_agree_with_dense_matrices(seed):
    problem = random_case(seed)
    x, w, p_x, p_w = beginning(problem, seed)
    dense = Dense(problem)
    f, H_x, H_W, L, H = dense.look(0.0, x, dense.matrix(w), p_x, dense.matrix(p_w))
    assert np.allclose(problem.dynamics(x, w), f, atol=1e-13)
    found = problem.gradients(x, w, p_x, p_w)
    assert np.allclose(found[0], H_x, atol=1e-13) and np.allclose(found[1], dense.vector(H_W), atol=1e-13)
    assert problem.lagrangian(x, w, -p_w / problem.r) == pytest.approx(L, abs=1e-12)
    assert problem.hamiltonian(x, w, p_x, p_w) == pytest.approx(H, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_gradient_flow_reports_the_costate_that_moves_the_weights(method):
    problem = random_case(3)
    made = hlp.run(problem, hlp.GradientFlow(0.25), T=0.2, dt=0.01, method=method)
    H_w = problem.gradients(made.x, made.w, made.p_x, made.p_w, made.t)[1]
    assert np.allclose(made.p_w, 0.25 * H_w, atol=1e-13) and np.array_equal(made.final.p_w, made.p_w[-1])
    effort = problem.lagrangian(made.x, made.w, -made.p_w / problem.r, made.t)
    assert np.allclose(made.lagrangian, effort, atol=1e-12)
    frozen = hlp.run(problem, hlp.Frozen(), T=0.2, dt=0.01, method=method)
    assert not frozen.p_w.any() and np.ptp(frozen.w, axis=0).max() == 0


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


EVERY_LOOP = """
import networkx as nx

import hlp_edu as hlp

alone = hlp.Network(nx.empty_graph(1, nx.DiGraph), outputs=[0])  # no arc and no input
for network in (hlp.fully_connected(3), hlp.fully_connected(3, self_loops=False), alone):
    problem = hlp.Tracking(network, hlp.sinusoid())
    for policy in (hlp.Flipped(30, 5), hlp.PerArc(0.03), hlp.GradientFlow(0.03), hlp.ProspectiveFlow(0.03)):
        hlp.run(problem, policy, T=0.1, dt=0.01)
    hlp.run(problem, hlp.Flipped(30, 5), T=0.1, dt=0.01, method="euler")
    hlp.optimum(problem, T=1, dt=0.05, method="adjoint", progress=False)
"""


@pytest.mark.skipif(numba is None, reason="without numba, numpy checks every index")
def test_no_loop_reads_beyond_its_arrays(root, tmp_path):
    """With every index checked; without that, a number read from beyond an array is chance, or the end of Python."""
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", EVERY_LOOP], env=os.environ | checked, check=True)
