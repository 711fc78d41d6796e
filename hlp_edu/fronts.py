"""How fast a change travels along a chain of neurons.

A chain of equal leaky neurons passes a step on like a queue with k counters: hop k answers with
the Erlang(k, c) law. These functions predict and measure arrivals.
"""

import numpy as np

from hlp_edu.validate import finite, number

__all__ = ["arrivals", "erlang"]


def arrivals(t, values, fraction=0.5):
    """Times, shape (columns,), when each column has covered a fraction of its way; nan if it never moves.

    Parameters
    ----------
    t, values : array_like, shapes (steps,) and (steps, columns)
        Times and, for example, the states of a run; linear between two rows.
    fraction : float
        Of the way from the first to the last value, between 0 and 1.

    Raises
    ------
    ValueError
        If the shapes do not match or ``fraction`` is not between 0 and 1.

    Examples
    --------
    >>> arrivals([0, 1, 2], [[0, 0], [4, 1], [4, 4]])
    array([0.5       , 1.33333333])
    """
    fraction = number("fraction", fraction, above=0, below=1)
    t, values = finite("t", t), finite("values", values) / 2  # no overflow below
    if values.ndim != 2 or t.shape != values.shape[:1] or t.size == 0:
        raise ValueError(f"values has shape {values.shape}: must be ({t.size}, columns), one row per time")
    distance = values[-1] - values[0]
    found = np.full(values.shape[1], np.nan)
    for k in np.flatnonzero(distance):
        covered = (values[:, k] - values[0, k]) / distance[k]
        row = int(np.argmax(covered >= fraction))
        part = (fraction - covered[row - 1]) / (covered[row] - covered[row - 1])
        found[k] = t[row - 1] + part * (t[row] - t[row - 1])
    return found


def erlang(hops, fraction=0.5):
    """Time, in units of 1/c, after which hop k of a linear chain has covered a fraction of its way.

    Parameters
    ----------
    hops : int or array_like of int
        Number of leaky neurons that the change has passed, at least 1.
    fraction : float
        Between 0 and 1. The half-way time is close to ``hops`` - 1/3.

    Raises
    ------
    ValueError
        If a hop is below 1, or the fraction is not between 0 and 1.

    Examples
    --------
    >>> erlang([1, 5, 10, 20]).round(3)
    array([ 0.693,  4.671,  9.669, 19.668])
    """
    from scipy.special import gammaincinv

    fraction, hops = number("fraction", fraction, above=0, below=1), finite("hops", hops)
    if not ((hops >= 1) & (hops < 1e9)).all():
        raise ValueError("hops: must be at least 1, and below 1e9")
    return gammaincinv(hops, fraction)
