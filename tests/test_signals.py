"""Signals: values, jumps, the side of a jump that they show, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlp_edu as hlp
from hlp_edu import targets


def test_sinusoid():
    t = np.linspace(-3, 9, 50)
    assert np.allclose(hlp.sinusoid()(t), 0.8 * np.sin(t), atol=1e-15)
    z = hlp.sinusoid(amplitude=2, period=3, phase=0.5, offset=-1)
    assert np.allclose(z(t), [-1 + 2 * math.sin(2 * math.pi * s / 3 + 0.5) for s in t], atol=1e-14)
    assert np.isclose(z(1.25), z(4.25)) and z.jumps(0, 100).size == 0


def test_steps_show_the_value_after_a_jump():
    z = hlp.steps([1, 2], [0, 5, 3])
    assert z([0, 0.999, 1, 1.5, 2, 99]).tolist() == [0, 0, 5, 5, 3, 3]
    assert z(1 - 1e-10) == 5, "a time that rounding put just before a jump belongs to what comes after it"
    assert z(1 - 1e-8) == 0
    assert z.jumps(0, 1).tolist() == [1] and z.jumps(1, 2).tolist() == [2] and z.jumps(2, 9).size == 0


def test_constant():
    assert hlp.constant(0.3)(np.zeros((2, 3))).tolist() == [[0.3] * 3] * 2
    assert hlp.constant(0.3).jumps(0, 1e6).size == 0


@given(seed=st.integers(0, 2**31), far=st.floats(1, 2000))
def test_a_patchwork_is_the_same_however_far_it_was_asked_for(seed, far):
    near = np.linspace(0, 50, 201)
    first, second = hlp.patchwork(seed=seed), hlp.patchwork(seed=seed)
    before = first(near)
    first(np.array([far]))
    assert np.array_equal(before, first(near))
    assert second(np.array([far]))[0] == first(np.array([far]))[0]
    assert np.array_equal(before, second(near))
    assert np.array_equal(first.jumps(0, 50), second.jumps(0, 50))


@given(seed=st.integers(0, 2**31), amplitude=st.floats(0.1, 3))
def test_a_patchwork_is_made_as_promised(seed, amplitude):
    z = hlp.patchwork(seed=seed, amplitude=amplitude)
    joins = z.jumps(0, 60)
    lengths = np.diff(np.append(0, joins))
    assert np.allclose(np.round(joins / 0.1) * 0.1, joins, atol=1e-9), "joins lie on the grid"
    assert (lengths > 1 - 1e-9).all() and (lengths < 3 + 1e-9).all()
    kinds = set()
    for start, end in zip(np.append(0, joins), joins, strict=False):
        t = np.linspace(start, end - 1e-8, 9)
        values = z(t)
        assert (np.abs(values) <= amplitude * (1 + 1e-12)).all()
        level = np.ptp(values) == 0
        kinds.add(bool(level))
        if not level:  # a cosine that starts at its crest: height cos(rate (t - start))
            assert values[0] > 0 and values[0] == z(start)
            rate = np.arccos(values[1] / values[0]) / (t[1] - t[0])
            assert 1 - 1e-6 < rate < 4 + 1e-6
            assert np.allclose(values, values[0] * np.cos(rate * (t - start)), atol=1e-6 * amplitude)
    assert kinds == {True, False}
    late = hlp.patchwork(seed=seed).jumps(joins[2], joins[5])
    assert np.array_equal(late, joins[3:6]), "t0 < jump <= t1"


def test_another_seed_is_another_signal():
    t = np.linspace(0, 20, 100)
    assert not np.array_equal(hlp.patchwork(seed=1)(t), hlp.patchwork(seed=2)(t))


def test_recorded_is_linear_between_samples_and_ends():
    z = hlp.recorded([0, 1, 3], [0, 10, 30])
    assert z([0, 0.5, 2, 3]).tolist() == [0, 5, 20, 30]
    for outside in (-0.1, 3.1, [1, 4]):
        with pytest.raises(ValueError, match=r"t: asked for .*; the recording runs from 0 to 3"):
            z(outside)
    problem = hlp.Tracking(hlp.fully_connected(2), z)
    assert hlp.run(problem, hlp.Frozen(), T=3, dt=0.01).t[-1] == 3
    with pytest.raises(ValueError, match="the recording runs from 0 to 3"):
        hlp.run(problem, hlp.Frozen(), T=3.5, dt=0.01)


def test_signals_show_what_they_are():
    assert repr(hlp.sinusoid(0.5, 2)) == "sinusoid(amplitude=0.5, period=2)"
    assert repr(hlp.patchwork(3)) == "patchwork(seed=3, amplitude=0.8)"
    assert repr(hlp.steps([1], [0, 2])) == "steps([1.0], [0.0, 2.0])"
    assert repr(hlp.recorded([0, 2], [1, 1])) == "recorded(2 samples from 0 to 2)"


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda: hlp.sinusoid(period=0), ["period = 0", "above 0"]),
        (lambda: hlp.sinusoid(amplitude="big"), ["amplitude = 'big'", "finite number"]),
        (lambda: hlp.sinusoid(phase=np.nan), ["phase = nan", "finite"]),
        (lambda: hlp.patchwork(seed=-1), ["seed = -1", "at least 0"]),
        (lambda: hlp.patchwork(seed=1.5), ["seed = 1.5", "whole number"]),
        (lambda: hlp.patchwork(amplitude=-1), ["amplitude = -1", "at least 0"]),
        (lambda: hlp.steps([1, 2], [0, 5]), ["values: 2 given for 2 times", "one more"]),
        (lambda: hlp.steps([2, 1], [0, 5, 3]), ["times[1] = 1.0", "increasing"]),
        (lambda: hlp.steps([1], [0, np.nan]), ["values[1] = nan", "finite"]),
        (lambda: hlp.steps("ab", [0, 1]), ["times = 'ab'", "numbers"]),
        (lambda: hlp.constant(np.inf), ["value = inf", "finite"]),
        (lambda: hlp.recorded([0, 1], [0]), ["values: 1 given for 2 times"]),
        (lambda: hlp.recorded([0], [0]), ["values: 1 given", "at least two"]),
        (lambda: hlp.recorded([0, 0], [1, 1]), ["t[1] = 0.0", "increasing"]),
        (lambda: hlp.recorded([0, 1], [1, np.nan]), ["values[1] = nan", "finite"]),
        (lambda: hlp.recorded([0, 1], ["a", "b"]), ["values = ['a', 'b']", "numbers"]),
    ],
)
def test_wrong_arguments(build, words):
    with pytest.raises(ValueError) as caught:
        build()
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_patchwork_forgets_what_is_long_gone_by():
    """The same values in whatever portions it is asked, and a bounded table."""
    t = np.arange(0, 40_000, 1.7)
    whole = hlp.patchwork(7)(t)
    grows = hlp.patchwork(7)
    assert np.array_equal(np.concatenate([grows(part) for part in np.array_split(t, 500)]), whole)
    for late in range(40_000, 80_000, 50):
        grows.jumps(late, late + 50)
    assert targets._stretch.cache_info().currsize <= 2
    assert np.array_equal(grows(t[:50]), whole[:50])  # and it can go back
    assert np.array_equal(grows.jumps(30_000, 30_050), hlp.patchwork(7).jumps(30_000, 30_050))


def test_a_step_that_leads_up_to_a_bend_does_not_know_the_slope_after_it():
    signal = hlp.recorded([0, 1, 2], [0.0, 1.0, -1.0])
    assert signal.bends(0, 2).tolist() == [1, 2] and hlp.steps([1], [0, 1]).bends(0, 2).tolist() == [1]
    problem = hlp.Tracking(hlp.fully_connected(1), signal)
    slopes = problem.slopes_at_steps(np.array([0, 0.5, 1, 1.5, 2]))[:-1, :, 0]
    assert slopes.tolist() == [[1] * 3, [1] * 3, [-2] * 3, [-2] * 3]
