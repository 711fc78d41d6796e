"""The balance of the Hamiltonian, (14), and the divergence, (15)."""

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu.energy import account, divergence

TRACKING = hlp.Tracking(hlp.fully_connected(5), hlp.patchwork(1))
POLICIES = [
    hlp.Flipped(30, 5),
    hlp.PerArc(mu=0.03),
    hlp.PerArc(mu=0.04, dissipation_w=10),
    hlp.HamiltonianServo(15, 20),
    hlp.Periodic(period=0.1, flipped=0.7, dissipation_w=10),
    hlp.HamiltonianBand(-1, 1, 20, 5),
]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
def test_the_energy_balances_under_every_policy(policy):
    """Through jumps of the target, and with signs that switch at every step."""
    made = hlp.run(TRACKING, policy, T=6, dt=1e-3, seed=2)
    kept = account(TRACKING, policy, made)
    assert np.abs(kept.terms["target jumps"]).max() > 1
    assert kept.error < 1e-5 * np.abs(made.hamiltonian).max()


def test_the_error_falls_with_the_fourth_power_of_the_step():
    errors = []
    for dt in (0.01, 0.005, 0.0025):
        made = hlp.run(TRACKING, POLICIES[0], T=6, dt=dt, seed=2)
        errors.append(account(TRACKING, POLICIES[0], made).error)
    assert np.all(np.log2(np.divide(errors[:-1], errors[1:])) > 3.5), errors


def test_inputs_and_theta_and_the_canonical_sign():
    graph = hlp.fully_connected(2).graph.copy()
    graph.add_edges_from([("u", 1), ("u", 2)])
    network = hlp.Network(graph, inputs=["u", "bias"], outputs=[1, 2])
    problem = hlp.Tracking(network, [np.cos, hlp.sinusoid()], speed=[3, 5], theta=0.3, inputs={"u": np.sin}, q=3, r=1)
    for policy in (hlp.Canonical(), hlp.Flipped(1, 2)):
        made = hlp.run(problem, policy, T=2, dt=1e-3)
        kept = account(problem, policy, made)
        assert np.abs(kept.terms["inputs move"]).max() > 1e-2 and kept.error < 1e-9 * np.abs(made.hamiltonian).max()
        for name in kept.terms:  # no term is idle: without any one of them the energy does not balance
            if name != "target jumps" and (type(policy) is hlp.Flipped or "flip" not in name):
                assert np.abs(kept.terms[name]).max() > 1e-4, name
    assert not np.any(account(problem, hlp.Canonical(), hlp.run(problem, hlp.Canonical(), T=1)).terms["flip of p_x"])


def test_a_cloud_swells_and_shrinks_at_the_rate_of_the_divergence():
    problem = hlp.Tracking(hlp.fully_connected(2), hlp.constant(0.5), speed=3, q=2, r=1)
    dice = np.random.default_rng(0)
    begin, T, h = 0.5 * dice.normal(size=16), 0.02, 1e-5

    def end(y):
        x, w, p_x, p_w = np.split(y, [2, 8, 10])
        last = hlp.run(problem, policy, T=T, dt=T / 4, x0=x, w0=w, p0=(p_x, p_w)).final
        return np.concatenate([last.x, last.w, last.p_x, last.p_w])

    for policy, s in ((hlp.Canonical(), 1), (hlp.Flipped(2, 1), -1)):
        jacobian = np.array([(end(begin + h * e) - end(begin - h * e)) / (2 * h) for e in np.eye(16)])
        found = divergence(problem, begin[:2], begin[2:8], s, policy.dissipation_x, policy.dissipation_w)
        assert np.linalg.slogdet(jacobian)[1] / T == pytest.approx(found, rel=0.02, abs=1e-6)


@pytest.mark.parametrize(
    "given, says",
    [
        (dict(policy=hlp.GradientFlow(0.03)), "policy = .*must be one of Flipped"),
        (dict(problem=3), "problem = 3"),
        (dict(record="output"), 'record="all"'),
        (dict(every=2), "every=1"),
        (dict(problem=TRACKING.replace(inputs={"bias": hlp.steps([0.01], [1, 2])})), "'bias' jumps"),
    ],
)
def test_wrong_arguments_are_named(given, says):
    more = {key: given[key] for key in ("record", "every") if key in given}
    made = hlp.run(TRACKING, hlp.Flipped(30, 5), T=0.02, **more)
    with pytest.raises(ValueError, match=says):
        account(given.get("problem", TRACKING), given.get("policy", hlp.Flipped(30, 5)), made)


def test_a_run_that_begins_late_is_complete():
    problem, policy = hlp.Tracking(hlp.fully_connected(2), hlp.constant(0.5)), hlp.Flipped(30, 5)
    assert account(problem, policy, hlp.run(problem, policy, 0.5, t0=1e8)).error < 1e-4
    with pytest.raises(ValueError, match="every=1"):
        account(problem, policy, hlp.run(problem, policy, 0.5, t0=1e8, every=2))
