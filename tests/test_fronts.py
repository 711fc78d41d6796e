"""A change along a chain: the Erlang law, the way there and back, the front under a gain."""

import numpy as np
import pytest
from scipy.optimize import brentq

import hlp_edu as hlp
from hlp_edu.backprop import relaxed_costate
from hlp_edu.fronts import arrivals, erlang

SMALL = 1e-3  # tanh(a) = a to 1e-6


def chain_run(length, c, span, u=SMALL, x0=None, z=0.0, w=1.0):
    problem = hlp.Tracking(hlp.chain(length), hlp.constant(z), q=1, speed=c, inputs={"u": hlp.constant(u)})
    x0 = np.zeros(length) if x0 is None else x0
    run = hlp.run(problem, hlp.Frozen(), T=span / c, dt=0.02 / c, x0=x0, w0=np.full(length, w))
    return run, relaxed_costate(problem, run.p_x)


@pytest.mark.parametrize("c", [1.0, 20.0, 300.0])
def test_a_step_arrives_by_the_erlang_law(c):
    run, _ = chain_run(20, c, span=60)
    hops = np.arange(1, 21)
    measured = c * arrivals(run.t, run.x)
    np.testing.assert_allclose(measured, erlang(hops), rtol=0.01)
    np.testing.assert_allclose(measured[4:], hops[4:] - 1 / 3, rtol=0.01)


@pytest.mark.parametrize("length", [2, 5, 10])
@pytest.mark.parametrize("c", [5.0, 100.0])
def test_credit_is_back_after_two_lengths(length, c):
    _, D = chain_run(length, c, span=80)
    assert c * arrivals(0.02 / c * np.arange(len(D)), D)[0] == pytest.approx(2 * length - 1 / 3, rel=0.01)


@pytest.mark.parametrize("length", [2, 5, 10])
def test_an_error_that_is_there_already_needs_one_length(length):
    run, D = chain_run(length, 10.0, span=60, u=0.0, z=SMALL)
    assert 10 * arrivals(run.t, D)[0] == pytest.approx(length - 1 / 3, rel=0.02 if length < 5 else 0.01)


def test_a_gain_above_one_makes_the_front_faster():
    # Where the step, grown by the gain at every hop, passes a fixed small level: kappa/c a hop, far down the chain.
    gain, level = 2.0, 1e-9
    kappa = brentq(lambda kappa: np.log(gain * kappa) + 1 - kappa, 1e-3, 1)  # the smaller root
    run, _ = chain_run(60, 1.0, span=30, u=level, w=gain)
    passed = np.array([np.interp(level, run.x[:, k], run.t) for k in range(60)])
    assert np.diff(passed)[40:55].mean() == pytest.approx(kappa, rel=0.02)
    assert kappa == pytest.approx(0.23, abs=0.005)  # as lesson 03 says; without gain it is 1


def test_no_light_cone():
    # (c t)^k / k! at once: tiny and early, but not zero.
    run, _ = chain_run(5, 1.0, span=40)
    early = run.t.searchsorted(0.1)
    assert run.x[early, 4] / SMALL == pytest.approx(0.1**5 / 120, rel=0.1)


def test_each_neuron_has_its_own_speed():
    problem = hlp.Tracking(hlp.chain(3), hlp.constant(0), speed=[1, 10, 100], inputs={"u": hlp.constant(SMALL)})
    run = hlp.run(problem, hlp.Frozen(), T=20, dt=0.005, x0=np.zeros(3), w0=np.ones(3))
    hop = np.diff(arrivals(run.t, run.x), prepend=0)
    assert hop[0] == pytest.approx(np.log(2), rel=0.01) and 0.05 < hop[1] < 0.15 and 0.005 < hop[2] < 0.015


def test_arrivals_names_what_is_wrong():
    assert np.isnan(arrivals([0, 1], [[1, 0], [1, 1]])[0])
    with pytest.raises(ValueError, match="must be \\(2, columns\\)"):
        arrivals([0, 1], [1, 2])
    with pytest.raises(ValueError, match="fraction = 1: must be a finite number above 0, below 1"):
        arrivals([0, 1], [[1], [2]], fraction=1)
