"""Targets and inputs: functions of an array of times.

A signal may say where it jumps (`jumps`), so that an integrator does not step across a jump
unawares; any other function of an array of times serves as a signal too.
"""

import functools
import math

import numpy as np

from hlp_edu.validate import finite, number, one_of, require, whole

__all__ = ["constant", "patchwork", "recorded", "sinusoid", "steps"]

JOIN = 1e-9  # times closer than this to a jump count as lying on it (steps are much longer)
STRETCH = 2048  # times the longest piece: the length of a patchwork's stretches, each with dice of its own
MOST_PIECES = 1e6  # of a patchwork, at a time


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
        return _between(t0, t1, self._joins)

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
        self.times, self.values = _increasing("times", times, JOIN), finite("values", values).reshape(-1)
        given, count = len(self.values), len(self.times)
        require(given == count + 1, f"values: {given} given for {count} times; there must be one more than times")

    def _at(self, t, order):
        return self.values[_piece(t, self.times)] if order == 0 else np.zeros(t.shape)

    def _joins(self, t0, t1):
        return self.times

    def __repr__(self):
        return f"steps({self.times.tolist()}, {self.values.tolist()})"


class patchwork(Signal):
    """A signal that is hard to predict: pieces, from t = 0 on without an end, with jumps at the joins.

    Each is, with equal chance, a constant or a cosine of 1 to 4 radians per time unit that starts at its crest.

    Parameters
    ----------
    seed : int
        Another seed gives another signal.
    amplitude : float
        Largest absolute value, at least 0.
    shortest, longest, grid : float
        Bounds of a piece's length, in time units; all joins lie on multiples of ``grid``, so that they fall on the
        steps of an integrator.

    Examples
    --------
    >>> z = patchwork(seed=1)
    >>> bool(abs(z(np.linspace(0, 20, 500))).max() <= 0.8)
    True
    """

    def __init__(self, seed=0, amplitude=0.8, shortest=1.0, longest=3.0, grid=0.1):
        self.seed = whole("seed", seed, least=0)
        self.amplitude = number("amplitude", amplitude, least=0)
        self.shortest = number("shortest", shortest, above=0)
        self.longest = number("longest", longest, least=self.shortest, most=MOST_PIECES * self.shortest)
        self.grid = number("grid", grid, above=0, least=self.longest / 1e9)
        require(self.grid <= self.shortest, f"grid = {self.grid!r}: must be at most shortest = {self.shortest!r}")
        self._ticks = STRETCH * math.ceil(self.longest / self.grid)  # of a stretch, in ticks of the grid

    def _pieces(self, t0, t1):
        """The pieces of all stretches from t0 to t1: see `_stretch`."""
        far, latest = max(t0, t1, key=abs), 2.0**52 * self.grid
        require(abs(far) <= latest, f"t = {far:g}: must be at most {latest:g}, or the grid is lost in rounding")
        length = self._ticks * self.grid
        first, last = (max(0, math.floor((t + JOIN) / length)) for t in (t0, t1))
        few = (last - first) * length / self.shortest <= MOST_PIECES
        require(few, f"t = {t0:g} to {t1:g}: too long at a time; at most {MOST_PIECES:g} pieces are made")
        kind = self.seed, self.amplitude, self.shortest, self.longest, self.grid, self._ticks
        tables = [_stretch(*kind, number) for number in range(first, last + 1)]
        return tables[0] if len(tables) == 1 else tuple(map(np.concatenate, zip(*tables, strict=True)))

    def _at(self, t, order):
        if not t.size:
            return np.zeros(t.shape)
        ends, starts, height, rate = self._pieces(t.min(), t.max())
        k = np.minimum(_piece(t, ends), len(ends) - 1)
        return height[k] * rate[k] ** order * np.cos(rate[k] * (t - starts[k]) + order * np.pi / 2)

    def _joins(self, t0, t1):
        return self._pieces(t0, t1)[0]

    def __repr__(self):
        return f"patchwork(seed={self.seed}, amplitude={self.amplitude:g})"


@functools.lru_cache(maxsize=2)
def _stretch(seed, amplitude, shortest, longest, grid, ticks, number):
    """Ends, starts, heights and rates of the pieces of one stretch of a patchwork; no piece crosses its end.

    It has dice of its own, so that a late stretch costs no more than an early one.
    """
    dice = np.random.Generator(np.random.PCG64(seed if number == 0 else [seed, number]))
    count = 2 * math.ceil(ticks * grid / (shortest + longest)) + 64
    joins, drawn = np.zeros(1), np.empty((0, 4))
    while joins[-1] < ticks:
        drawn = np.concatenate([drawn, dice.random((count, 4))])
        joins = np.append(0, np.cumsum(np.round((shortest + (longest - shortest) * drawn[:, 0]) / grid)))
    last = np.searchsorted(joins, ticks)  # the first join that is not before the end
    drawn, joins = drawn[:last], number * ticks + np.minimum(joins[: last + 1], ticks)
    cosine = drawn[:, 1] < 0.5
    height = amplitude * np.where(cosine, 0.25 + 0.75 * drawn[:, 2], 2 * drawn[:, 2] - 1)
    rate = np.where(cosine, 1 + 3 * drawn[:, 3], 0.0)  # radians per time unit; 0 is a constant
    return joins[1:] * grid, joins[:-1] * grid, height, rate


class recorded(Signal):
    """A recorded signal, linear between its samples; it refuses times outside the recording.

    Parameters
    ----------
    t, values : array_like of float
        Times of the samples, increasing, and the samples.

    Examples
    --------
    >>> recorded([0, 1, 2], [0, 10, 0])([0.5, 1.5])
    array([5., 5.])
    """

    def __init__(self, t, values):
        self.t, self.values = _increasing("t", t), finite("values", values).reshape(-1)
        given, count = len(self.values), len(self.t)
        require(given == count >= 2, f"values: {given} given for {count} times; there must be as many, at least two")

    def _at(self, t, order):
        first, last = self.t[[0, -1]]
        if t.size and (t.min() < first - JOIN or t.max() > last + JOIN):
            span = f"from {t.min():g} to {t.max():g}; the recording runs from {first:g} to {last:g}"
            raise ValueError(f"t: asked for times {span}")
        if order == 0:
            return np.interp(t, self.t, self.values)
        k = np.clip(_piece(t, self.t) - 1, 0, len(self.t) - 2)
        return np.diff(self.values)[k] / np.diff(self.t)[k] if order == 1 else np.zeros(t.shape)

    def bends(self, t0, t1):
        """Times of the samples after ``t0``, up to ``t1``."""
        return _between(t0, t1, lambda *_: self.t)

    def __repr__(self):
        return f"recorded({len(self.t)} samples from {self.t[0]:g} to {self.t[-1]:g})"


def constant(value):
    """A signal that always has the same ``value``.

    Examples
    --------
    >>> constant(0.5)([0, 1])
    array([0.5, 0.5])
    """
    return steps([], [number("value", value)])


def _increasing(name, value, apart=0.0):
    """Finite numbers that increase, by more than ``apart`` each, as an array of one axis."""
    array = finite(name, value).reshape(-1)
    for k in np.flatnonzero(~(np.diff(array) > apart)):
        raise ValueError(f"{name}[{k + 1}] = {array[k + 1]}: must be above {name}[{k}] = {array[k]}, increasing")
    return array


def _between(t0, t1, times_of):
    """The times with t0 < time <= t1, of those that a function of both gives."""
    t0, t1 = number("t0", t0), number("t1", t1)
    times = times_of(min(t0, t1), t1)
    return times[(times > t0) & (times <= t1)]


def _piece(t, joins):
    """Which of the pieces that are joined at the times ``joins`` each time lies in."""
    return np.searchsorted(joins, t + JOIN / 2, side="right")
