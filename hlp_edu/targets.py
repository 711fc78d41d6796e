"""Targets that no formula gives: drawn by dice, or recorded."""

import functools
import math

import numpy as np

from hlp_edu.signals import JOIN, Signal, between, increasing, piece
from hlp_edu.validate import finite, number, require, whole

__all__ = ["patchwork", "recorded"]

# Of a patchwork: bounds of a piece's length and the grid of its joins, in time units; steps of the grid in a stretch,
# which has dice of its own; pieces at a time; and the last time at which the grid is not lost in rounding.
SHORTEST, LONGEST, GRID, STRETCH, MOST_PIECES, LATEST = 1.0, 3.0, 0.1, 61440, 1e6, 2.0**52 * 0.1


class patchwork(Signal):
    """A signal that is hard to predict: pieces of 1 to 3 time units, without an end, with jumps at the joins.

    Each is, with equal chance, a constant or a cosine of 1 to 4 radians per time unit that starts at its crest. The
    joins lie on multiples of 0.1, so that they fall on the steps of an integrator.

    Parameters
    ----------
    seed : int
        Another seed gives another signal.
    amplitude : float
        Largest absolute value, at least 0.

    Examples
    --------
    >>> z = patchwork(seed=1)
    >>> bool(abs(z(np.linspace(0, 20, 500))).max() <= 0.8)
    True
    """

    def __init__(self, seed=0, amplitude=0.8):
        self.seed = whole("seed", seed, least=0)
        self.amplitude = number("amplitude", amplitude, least=0)

    def _pieces(self, t0, t1):
        """The pieces of all stretches from t0 to t1: see `_stretch`."""
        far = max(t0, t1, key=abs)
        require(abs(far) <= LATEST, f"t = {far:g}: must be at most {LATEST:g}, or the grid is lost in rounding")
        few = t1 - t0 <= MOST_PIECES * SHORTEST
        require(few, f"t = {t0:g} to {t1:g}: too long at a time; at most {MOST_PIECES:g} pieces are made")
        first, last = (max(0, math.floor((t + JOIN) / (STRETCH * GRID))) for t in (t0, t1))
        tables = [_stretch(self.seed, self.amplitude, number) for number in range(first, last + 1)]
        return tables[0] if len(tables) == 1 else tuple(map(np.concatenate, zip(*tables, strict=True)))

    def _at(self, t, order):
        if not t.size:
            return np.zeros(t.shape)
        ends, starts, height, rate = self._pieces(t.min(), t.max())
        k = np.minimum(piece(t, ends), len(ends) - 1)
        return height[k] * rate[k] ** order * np.cos(rate[k] * (t - starts[k]) + order * np.pi / 2)

    def _joins(self, t0, t1):
        return self._pieces(t0, t1)[0]

    def __repr__(self):
        return f"patchwork(seed={self.seed}, amplitude={self.amplitude:g})"


@functools.lru_cache(maxsize=2)
def _stretch(seed, amplitude, number):
    """Ends, starts, heights and rates of the pieces of one stretch of a patchwork; no piece crosses its end.

    It has dice of its own, so that a late stretch costs no more than an early one.
    """
    dice = np.random.Generator(np.random.PCG64(seed if number == 0 else [seed, number]))
    drawn = dice.random((math.ceil(STRETCH * GRID / SHORTEST), 4))
    joins = np.append(0, np.cumsum(np.round((SHORTEST + (LONGEST - SHORTEST) * drawn[:, 0]) / GRID)))
    last = np.searchsorted(joins, STRETCH)  # the first join that is not before the end
    drawn, joins = drawn[:last], number * STRETCH + np.minimum(joins[: last + 1], STRETCH)
    cosine = drawn[:, 1] < 0.5
    height = amplitude * np.where(cosine, 0.25 + 0.75 * drawn[:, 2], 2 * drawn[:, 2] - 1)
    rate = np.where(cosine, 1 + 3 * drawn[:, 3], 0.0)  # radians per time unit; 0 is a constant
    return joins[1:] * GRID, joins[:-1] * GRID, height, rate


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
        self.t, self.values = increasing("t", t), finite("values", values).reshape(-1)
        given, count = len(self.values), len(self.t)
        require(given == count >= 2, f"values: {given} given for {count} times; there must be as many, at least two")

    def _at(self, t, order):
        first, last = self.t[[0, -1]]
        if t.size and (t.min() < first - JOIN or t.max() > last + JOIN):
            span = f"from {t.min():g} to {t.max():g}; the recording runs from {first:g} to {last:g}"
            raise ValueError(f"t: asked for times {span}")
        if order == 0:
            return np.interp(t, self.t, self.values)
        k = np.clip(piece(t, self.t) - 1, 0, len(self.t) - 2)
        return np.diff(self.values)[k] / np.diff(self.t)[k] if order == 1 else np.zeros(t.shape)

    def bends(self, t0, t1):
        """Times of the samples after ``t0``, up to ``t1``."""
        return between(t0, t1, lambda *_: self.t)

    def __repr__(self):
        return f"recorded({len(self.t)} samples from {self.t[0]:g} to {self.t[-1]:g})"
