"""Targets and inputs: functions of an array of times.

A signal may say where it jumps (`jumps`), so that an integrator does not step across a jump
unawares; any other function of an array of times serves as a signal too.
"""

import math

import numpy as np

from hlp_edu.validate import finite, number, numbers_of, one_of, require, whole

__all__ = ["constant", "patchwork", "recorded", "sinusoid", "steps"]

JOIN = 1e-9  # times closer than this to a jump count as lying on it (steps are much longer)
STRETCH = 2048  # times the longest piece: the length of a patchwork's stretches, each with dice of its own
MOST_PIECES = 1e6  # of a patchwork, at a time


class Signal:
    """A function of an array of times that knows where it jumps; at a jump it has the value after it.

    A kind of signal says in ``_at`` what it is, and its slopes, at finite times: value (order 0), z' (1) and z'' (2).
    """

    def __call__(self, t):
        """Values at the times ``t``."""
        return self._at(_times(t), 0)

    def jumps(self, t0, t1):
        """Times of the jumps with t0 < time <= t1, as an array.

        Parameters
        ----------
        t0, t1 : float
        """
        return np.empty(0)

    def bends(self, t0, t1):
        """Times with t0 < time <= t1 at which the slope jumps, as an array: the jumps, and corners of a recording.

        Parameters
        ----------
        t0, t1 : float
        """
        return self.jumps(t0, t1)

    def derivative(self, t, order=1):
        """The slope z' at the times ``t``, or z'' with order 2; at a jump, that after it.

        Parameters
        ----------
        t : float or array_like
        order : {1, 2}

        Raises
        ------
        ValueError
            If the order is neither, or a time is not finite.
        """
        return self._at(_times(t), one_of("order", order, (1, 2)))


class sinusoid(Signal):
    """A sine wave: offset + amplitude sin(2 pi t / period + phase).

    Parameters
    ----------
    amplitude, period, phase, offset : float
        Height of the wave, time units per wave (above 0), radians, mean value. Outputs of tanh neurons are
        between -1 and 1.

    Raises
    ------
    ValueError
        If an argument is no finite number, or the period is not positive.

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
            wave = self.amplitude * rate**order * np.sin(rate * t + self.phase + order * np.pi / 2)
            values = wave + self.offset if order == 0 else wave
        require(np.isfinite(values).all(), f"{self!r}: is too fast or too high for numbers at some of the times t")
        return values

    def __repr__(self):
        return f"sinusoid(amplitude={self.amplitude:g}, period={self.period:g})"


def _series(name, value):
    """Any count of finite numbers, as a new float64 array of one axis."""
    return finite(name, numbers_of(name, value).reshape(-1))


def _times(t):
    """Finite times, as a float64 array of any shape."""
    return finite("t", numbers_of("t", t, "times"))


def _increasing(name, value, apart=0.0):
    """The same, of numbers that increase, by more than ``apart`` each."""
    array = _series(name, value)
    for k in np.flatnonzero(~(np.diff(array) > apart)):
        raise ValueError(f"{name}[{k + 1}] = {array[k + 1]}: must be above {name}[{k}] = {array[k]}, increasing")
    return array


def _between(times, t0, t1):
    """Those of the times with t0 < time <= t1."""
    t0, t1 = number("t0", t0), number("t1", t1)
    return times[(times > t0) & (times <= t1)]


def _piece(t, joins):
    """Which of the pieces that are joined at the times ``joins`` each time lies in."""
    return np.searchsorted(joins, t + JOIN / 2, side="right")


class steps(Signal):
    """A piecewise constant signal.

    Parameters
    ----------
    times : array_like of float
        The times of the jumps, increasing.
    values : array_like of float
        The values before the first jump, between jumps, after the last: one more than ``times``.

    Raises
    ------
    ValueError
        If the lengths do not match or the times do not increase.

    Examples
    --------
    >>> steps([1, 2], [0, 5, 3])([0.5, 1.0, 2.5])
    array([0., 5., 3.])
    """

    def __init__(self, times, values):
        self.times, self.values = _increasing("times", times, JOIN), _series("values", values)
        given, count = len(self.values), len(self.times)
        require(given == count + 1, f"values: {given} given for {count} times; there must be one more than times")

    def _at(self, t, order):
        return self.values[_piece(t, self.times)] if order == 0 else np.zeros(t.shape)

    def jumps(self, t0, t1):
        """Times of the jumps with t0 < time <= t1."""
        return _between(self.times, t0, t1)

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

    Raises
    ------
    ValueError
        If an argument is out of its bounds.

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
        self.longest = number("longest", longest, least=self.shortest)
        self.grid = number("grid", grid, above=0)
        require(self.grid <= self.shortest, f"grid = {self.grid!r}: must be at most shortest = {self.shortest!r}")
        number("longest", self.longest, most=MOST_PIECES * self.shortest)
        number("grid", self.grid, least=self.longest / 1e9)
        self._ticks = STRETCH * math.ceil(self.longest / self.grid)  # of a stretch, in ticks of the grid
        self._made = {}

    def _stretch(self, number):
        """Ends, starts, heights and rates of the pieces of one stretch of time; no piece crosses its end."""
        # Dice of its own, so that a late stretch costs no more than an early one.
        dice = np.random.Generator(np.random.PCG64(self.seed if number == 0 else [self.seed, number]))
        count = 2 * math.ceil(self._ticks * self.grid / (self.shortest + self.longest)) + 64
        joins, drawn = np.zeros(1), np.empty((0, 4))
        while joins[-1] < self._ticks:
            drawn = np.concatenate([drawn, dice.random((count, 4))])
            length = self.shortest + (self.longest - self.shortest) * drawn[:, 0]
            joins = np.concatenate([[0], np.cumsum(np.round(length / self.grid))])
        last = np.searchsorted(joins, self._ticks)  # the first join that is not before the end
        drawn, joins = drawn[:last], number * self._ticks + np.minimum(joins[: last + 1], self._ticks)
        level = self.amplitude * (2 * drawn[:, 2] - 1)
        cosine = drawn[:, 1] < 0.5
        height = np.where(cosine, self.amplitude * (0.25 + 0.75 * drawn[:, 2]), level)
        rate = np.where(cosine, 1 + 3 * drawn[:, 3], 0.0)  # radians per time unit; 0 is a constant
        return joins[1:] * self.grid, joins[:-1] * self.grid, height, rate

    def _pieces(self, t0, t1, name):
        """The pieces of all stretches from t0 to t1."""
        length = self._ticks * self.grid
        far, latest = max(t0, t1, key=abs), 2.0**52 * self.grid
        require(abs(far) <= latest, f"{name} = {far:g}: must be at most {latest:g}, or the grid is lost in rounding")
        first, last = (max(0, math.floor((t + JOIN) / length)) for t in (t0, t1))
        few = (last - first) * length / self.shortest <= MOST_PIECES
        require(few, f"{name} = {t0:g} to {t1:g}: too long at a time; at most {MOST_PIECES:g} pieces are made")
        made = {number: self._made.get(number) or self._stretch(number) for number in range(first, last + 1)}
        self._made = made  # one assignment: safe among threads
        tables = list(made.values())
        return tables[0] if len(tables) == 1 else tuple(map(np.concatenate, zip(*tables, strict=True)))

    def _at(self, t, order):
        if not t.size:
            return np.zeros(t.shape)
        ends, starts, height, rate = self._pieces(t.min(), t.max(), "t")
        k = np.minimum(_piece(t, ends), len(ends) - 1)
        return height[k] * rate[k] ** order * np.cos(rate[k] * (t - starts[k]) + order * np.pi / 2)

    def jumps(self, t0, t1):
        """Times of the jumps with t0 < time <= t1."""
        t0, t1 = number("t0", t0), number("t1", t1)
        return _between(self._pieces(min(t0, t1), t1, "t0, t1")[0], t0, t1)

    def __repr__(self):
        return f"patchwork(seed={self.seed}, amplitude={self.amplitude:g})"


class recorded(Signal):
    """A recorded signal, linear between its samples; it refuses times outside the recording.

    Parameters
    ----------
    t, values : array_like of float
        Times of the samples, increasing, and the samples.

    Raises
    ------
    ValueError
        If the lengths differ, the times do not increase or a sample is not finite.

    Examples
    --------
    >>> recorded([0, 1, 2], [0, 10, 0])([0.5, 1.5])
    array([5., 5.])
    """

    def __init__(self, t, values):
        self.t, self.values = _increasing("t", t), _series("values", values)
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
        """Times of the samples with t0 < time <= t1."""
        return _between(self.t, t0, t1)

    def __repr__(self):
        return f"recorded({len(self.t)} samples from {self.t[0]:g} to {self.t[-1]:g})"


def constant(value):
    """A signal that never changes.

    Parameters
    ----------
    value : float

    Raises
    ------
    ValueError
        If the value is no finite number.

    Examples
    --------
    >>> constant(0.5)([0, 1])
    array([0.5, 0.5])
    """
    return steps([], [number("value", value)])
