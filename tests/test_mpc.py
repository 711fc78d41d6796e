"""Receding horizon: what it must do when the frozen target is the truth, and what it pays when it is not."""

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu.problem import Tracking

NET = hlp.fully_connected(2)


def test_a_target_that_stays_is_no_surprise():
    """Frozen and true target are the same: plans far enough ahead cost what the optimum costs."""
    problem = hlp.Tracking(NET, hlp.constant(0.6))
    best = hlp.optimum(problem, T=2, dt=0.01, method="adjoint", progress=False)
    plan = hlp.mpc(problem, T=2, horizon=2, every=0.1, tolerance=1e-4, iterations=300, progress=False)
    assert best.cost <= plan.cost * (1 + 1e-6) and plan.cost == pytest.approx(best.cost, rel=2e-3)
    assert np.allclose(plan.x[:100], best.x[:100], atol=5e-3)


def test_it_costs_more_when_the_target_moves_and_less_when_it_looks_more_often():
    problem = hlp.Tracking(NET, hlp.sinusoid())
    best = hlp.optimum(problem, T=3, dt=0.01, method="adjoint", progress=False).cost
    often, seldom = (hlp.mpc(problem, T=3, horizon=0.4, every=e, progress=False).cost for e in (0.02, 0.2))
    assert best < often < seldom


def test_it_does_not_look_ahead():
    """Two targets that part at t = 1: until then the two runs are one."""
    same, other = (hlp.Tracking(NET, hlp.steps([1.0], [0.5, z])) for z in (0.5, -0.5))
    a, b = (hlp.mpc(p, T=1.5, horizon=0.5, every=0.1, progress=False) for p in (same, other))
    assert np.array_equal(a.x[a.t <= 1 + 1e-9], b.x[b.t <= 1 + 1e-9]) and not np.allclose(a.x[-1], b.x[-1])
    wave = hlp.Network(NET.graph, inputs=["bias"], outputs=[1])
    a, b = (hlp.mpc(hlp.Tracking(wave, hlp.constant(0.5), inputs={"bias": hlp.steps([1.0], [1.0, u])}), T=1.5,
                    horizon=0.5, every=0.1, progress=False) for u in (1.0, 0.2))  # fmt: skip
    assert np.array_equal(a.w[a.t <= 1 + 1e-9], b.w[b.t <= 1 + 1e-9]) and not np.allclose(a.w[-1], b.w[-1])


def test_its_run_obeys_the_laws_of_motion():
    problem = hlp.Tracking(NET, hlp.patchwork(2), theta=0.1)
    made = hlp.mpc(problem, T=2.05, horizon=0.3, every=0.1, progress=False)
    assert made.t[-1] == pytest.approx(2.05) and len(made.t) == 206 and made.final.x == pytest.approx(made.x[-1])
    assert np.array_equal(made.target[:, 0], problem.target_at(made.t)[:, 0])
    # within one plan nothing jumps: central differences of the rows are (2) and (6)
    k = 155
    slope = (made.x[k + 1] - made.x[k - 1]) / 0.02
    assert slope == pytest.approx(problem.dynamics(made.x[k], made.w[k], made.t[k]), abs=0.02 * abs(slope).max() + 0.02)
    halfway = (made.p_w[k] + made.p_w[k + 1]) / 2  # the control is linear over a step
    assert made.w[k + 1] - made.w[k] == pytest.approx(-0.01 * halfway / problem.r, rel=1e-9, abs=1e-12)
    assert made.cost == pytest.approx(np.trapezoid(made.lagrangian * np.exp(0.1 * made.t), made.t), rel=0.05)
    shorter = hlp.mpc(problem, T=1, horizon=0.3, every=0.1, progress=False)
    assert np.allclose(shorter.x[:-1], made.x[:100], atol=1e-9)
    assert made.about["policy"] == "MPC(horizon=0.3, every=0.1)"


@pytest.mark.parametrize(
    "wrong, says",
    [
        (dict(horizon=0.05), "horizon = 0.05: must be at least every = 0.1"),
        (dict(dt=0.2), "dt = 0.2: must be at most every"),
        (dict(every=0), "every = 0.*: must be a finite number above 0"),
        (dict(every=1.0, dt=0.1), "dt = 0.1: must be at most 1 / speed"),
        (dict(iterations=0), "iterations = 0"),
        (dict(x0=[1.0]), "x0 has shape"),
    ],
)
def test_wrong_arguments_are_named(wrong, says):
    with pytest.raises(ValueError, match=says):
        hlp.mpc(hlp.Tracking(NET, hlp.constant(0.5)), T=1, progress=False, **wrong)
    with pytest.raises(ValueError, match="must be a hlp_edu Tracking"):
        hlp.mpc(Tracking, T=1)


def test_a_duration_that_is_no_whole_number_of_steps_is_refused():
    problem = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid())
    for T in (0.01, 0.11):
        with pytest.raises(ValueError, match=f"T = {T}: must be a whole number of steps of 0.05"):
            hlp.mpc(problem, T, horizon=0.1, every=0.1, dt=0.05, progress=False)
