"""Targets and inputs: functions of an array of times.

A signal may say where it jumps (`jumps`), so that an integrator does not step across a jump
unawares; any other function of an array of times serves as a signal too.
"""

import math

import numpy as np

from hlp_edu.validate import finite, number, one_of, require

__all__ = ["constant", "sinusoid", "steps"]

JOIN = 1e-9  # times closer than this to a jump count as lying on it (steps are much longer)


class Signal:
    """A function of an array of times that knows where it jumps; at a jump it has the value after it.

    A kind of signal says in ``_at`` what it is, and its slopes, at finite times: value (order 0), z' (1) and z'' (2);
    and in ``_joins`` where it jumps.
    """

    def __call__(self, t):
        """Values at the times ``t``."""
        return self._at(finite("t", t), 0)

    def derivative(self, t, order=1):
        """The slope z' at the times ``t``, or z'' with ``order`` 2; at a jump, that after it."""
        return self._at(finite("t", t), one_of("order", order, (1, 2)))

    def jumps(self, t0, t1):
        """Times of the jumps after ``t0``, up to ``t1``, as an array."""
        return between(t0, t1, self._joins)

    def bends(self, t0, t1):
        """Times after ``t0``, up to ``t1``, at which the slope jumps: the jumps, and the corners of a recording."""
        return self.jumps(t0, t1)

    def _joins(self, t0, t1):
        return np.empty(0)


class sinusoid(Signal):
    """A sine wave: offset + amplitude sin(2 pi t / period + phase).

    Parameters
    ----------
    amplitude, period, phase, offset : float
        Height of the wave, time units per wave (above 0), radians, mean value. Outputs of tanh neurons are
        between -1 and 1.

    Examples
    --------
    >>> sinusoid(amplitude=0.8, period=4)([0, 1, 2, 3]).round(3)
    array([ 0. ,  0.8,  0. , -0.8])
    """

    def __init__(self, amplitude=0.8, period=2 * math.pi, phase=0.0, offset=0.0):
        self.amplitude = number("amplitude", amplitude)
        self.period = number("period", period, above=0)
        self.phase = number("phase", phase)
        self.offset = number("offset", offset)

    def _at(self, t, order):
        with np.errstate(all="ignore"):  # what overflows is refused
            rate = np.float64(2 * np.pi / self.period)
            values = self.amplitude * rate**order * np.sin(rate * t + self.phase + order * np.pi / 2)
            values = values + self.offset if order == 0 else values
        require(np.isfinite(values).all(), f"{self!r}: is too fast or too high for numbers at some of the times t")
        return values

    def __repr__(self):
        return f"sinusoid(amplitude={self.amplitude:g}, period={self.period:g})"


class steps(Signal):
    """A piecewise constant signal.

    Parameters
    ----------
    times, values : array_like of float
        The times of the jumps, increasing; the values before the first jump, between jumps, after the last: one more.

    Examples
    --------
    >>> steps([1, 2], [0, 5, 3])([0.5, 1.0, 2.5])
    array([0., 5., 3.])
    """

    def __init__(self, times, values):
        self.times, self.values = increasing("times", times, JOIN), finite("values", values).reshape(-1)
        given, count = len(self.values), len(self.times)
        require(given == count + 1, f"values: {given} given for {count} times; there must be one more than times")

    def _at(self, t, order):
        return self.values[piece(t, self.times)] if order == 0 else np.zeros(t.shape)

    def _joins(self, t0, t1):
        return self.times

    def __repr__(self):
        return f"steps({self.times.tolist()}, {self.values.tolist()})"


def constant(value):
    """A signal that always has the same ``value``.

    Examples
    --------
    >>> constant(0.5)([0, 1])
    array([0.5, 0.5])
    """
    return steps([], [number("value", value)])


def increasing(name, value, apart=0.0):
    """Finite numbers that increase, by more than ``apart`` each, as an array of one axis."""
    array = finite(name, value).reshape(-1)
    for k in np.flatnonzero(~(np.diff(array) > apart)):
        raise ValueError(f"{name}[{k + 1}] = {array[k + 1]}: must be above {name}[{k}] = {array[k]}, increasing")
    return array


def between(t0, t1, times_of):
    """The times with t0 < time <= t1, of those that a function of both gives."""
    t0, t1 = number("t0", t0), number("t1", t1)
    times = times_of(min(t0, t1), t1)
    return times[(times > t0) & (times <= t1)]


def piece(t, joins):
    """Which of the pieces that are joined at the times ``joins`` each time lies in."""
    return np.searchsorted(joins, t + JOIN / 2, side="right")
