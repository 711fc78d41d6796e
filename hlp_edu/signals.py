"""Targets and inputs: functions of an array of times.

A signal may say where it jumps (`jumps`), so that an integrator does not step across a jump
unawares; any other function of an array of times serves as a signal too.
"""

import math

import numpy as np

from hlp_edu.validate import finite, number, whole

__all__ = ["constant", "patchwork", "recorded", "sinusoid", "steps"]

JOIN = 1e-9  # times closer than this to a jump count as lying on it (steps are much longer)
MOST = 4096  # pieces that a patchwork makes at a time; when it has so many it drops those of earlier times


class Signal:
    """A function of an array of times that knows where it jumps; at a jump it has the value after it."""

    def jumps(self, t0, t1):
        """Times of the jumps with t0 < time <= t1, as an array.

        Parameters
        ----------
        t0, t1 : float
        """
        return np.empty(0)


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

    def __call__(self, t):
        """Values at the times ``t``."""
        return self.offset + self.amplitude * np.sin(2 * np.pi / self.period * np.asarray(t, float) + self.phase)

    def __repr__(self):
        return f"sinusoid(amplitude={self.amplitude:g}, period={self.period:g})"


def _series(name, value):
    """Any count of finite numbers, as a new float64 array of one axis."""
    try:
        array = np.array(value, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {value!r}: must be numbers") from None
    return finite(name, array)


def _increasing(name, array, apart=0.0):
    """An array of one axis whose entries increase, by more than ``apart`` each, as it is."""
    for k in np.flatnonzero(~(np.diff(array) > apart)):
        raise ValueError(f"{name}[{k + 1}] = {array[k + 1]}: must be above {name}[{k}] = {array[k]}, increasing")
    return array


def _piece(t, joins):
    """Which of the pieces that are joined at the times ``joins`` each time lies in."""
    return np.searchsorted(joins, np.asarray(t, float) + JOIN / 2, side="right")


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
        self.times, self.values = _increasing("times", _series("times", times), JOIN), _series("values", values)
        count = len(self.times)
        if len(self.values) != count + 1:
            raise ValueError(f"values: {len(self.values)} given for {count} times; there must be one more than times")

    def __call__(self, t):
        """Values at the times ``t``."""
        return self.values[_piece(t, self.times)]

    def jumps(self, t0, t1):
        """Times of the jumps with t0 < time <= t1."""
        return self.times[(self.times > t0) & (self.times <= t1)]

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
        if self.grid > self.shortest:
            raise ValueError(f"grid = {self.grid!r}: must be at most shortest = {self.shortest!r}")
        self._made = self._first()

    def _first(self):
        """The first pieces, from t = 0 on."""
        return self._make(np.random.PCG64(self.seed).state, 0, 64)

    def _make(self, dice_state, ticks, count):
        """A table of pieces, the state of the dice after it, and its end in ticks of the grid."""
        # The numbers are drawn row by row: the signal does not depend on the portions in which it is asked for.
        source = np.random.PCG64()
        source.state = dice_state
        dice = np.random.Generator(source).random((count, 4))
        length = self.shortest + (self.longest - self.shortest) * dice[:, 0]
        joins = ticks + np.concatenate([[0], np.cumsum(np.round(length / self.grid))])
        level = self.amplitude * (2 * dice[:, 2] - 1)
        cosine = dice[:, 1] < 0.5
        height = np.where(cosine, self.amplitude * (0.25 + 0.75 * dice[:, 2]), level)
        rate = np.where(cosine, 1 + 3 * dice[:, 3], 0.0)  # radians per time unit; 0 is a constant
        return (joins[1:] * self.grid, joins[:-1] * self.grid, height, rate), source.state, joins[-1]

    def _pieces(self, t0, t1):
        """Ends, starts, heights and rates of the pieces from t0 to t1, and of some before them."""
        table, dice_state, ticks = made = self._made
        if t0 < table[1][0]:  # before the table: begin anew
            table, dice_state, ticks = made = self._first()
        while table[0][-1] <= t1 + JOIN:
            more, dice_state, ticks = self._make(dice_state, ticks, min(len(table[0]), MOST))
            old = 0 if len(table[0]) < MOST else np.searchsorted(table[0], min(t0, t1) - JOIN)
            table = tuple(np.concatenate([a[old:], b]) for a, b in zip(table, more, strict=True))
            made = table, dice_state, ticks
        self._made = made  # one assignment: safe among threads
        return table

    def __call__(self, t):
        """Values at the times ``t``."""
        t = np.asarray(t, float)
        ends, starts, height, rate = self._pieces(max(0.0, t.min(initial=np.inf)), t.max(initial=0.0))
        k = _piece(t, ends)
        return height[k] * np.cos(rate[k] * (t - starts[k]))

    def jumps(self, t0, t1):
        """Times of the jumps with t0 < time <= t1."""
        ends = self._pieces(max(0.0, t0), t1)[0]
        return ends[(ends > t0) & (ends <= t1)]

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
        self.t, self.values = _increasing("t", _series("t", t)), _series("values", values)
        count = len(self.t)
        if len(self.values) != count or count < 2:
            raise ValueError(f"values: {len(self.values)} given for {count} times; there must be as many, at least two")

    def __call__(self, t):
        """Values at the times ``t``."""
        t = np.asarray(t, float)
        if t.size and (t.min() < self.t[0] - JOIN or t.max() > self.t[-1] + JOIN):
            raise ValueError(
                f"t: asked for times from {t.min():g} to {t.max():g}; the recording runs from "
                f"{self.t[0]:g} to {self.t[-1]:g}"
            )
        return np.interp(t, self.t, self.values)

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
