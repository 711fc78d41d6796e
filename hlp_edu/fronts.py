"""How fast news travels: when a change that happens here is felt there.

A chain of equal leaky neurons passes a step on like a queue with k counters: hop k answers with
the Erlang(k, c) law. These functions predict and measure arrivals.
"""

import numpy as np

from hlp_edu.validate import number


def arrivals(t, values, share=0.5):
    """When each column has covered a share of its way from its first to its last value.

    Parameters
    ----------
    t : array_like, shape (steps,)
        Times.
    values : array_like, shape (steps, columns)
        For example the states of a run.
    share : float
        Of the way, between 0 and 1.

    Returns
    -------
    numpy.ndarray, shape (columns,)
        Times, linear between two rows; nan for a column that never moves.

    Raises
    ------
    ValueError
        If the shapes do not match or ``share`` is not between 0 and 1.

    Examples
    --------
    >>> arrivals([0, 1, 2], [[0, 0], [4, 1], [4, 4]])
    array([0.5       , 1.33333333])
    """
    if not 0 < number("share", share) < 1:
        raise ValueError(f"share = {share!r}: must be between 0 and 1")
    t, values = np.asarray(t, float), np.asarray(values, float)
    if values.ndim != 2 or t.shape != values.shape[:1]:
        raise ValueError(f"values has shape {values.shape}: must be ({t.size}, columns), one row per time")
    way = values[-1] - values[0]
    found = np.full(values.shape[1], np.nan)
    for k in np.flatnonzero(way):
        done = (values[:, k] - values[0, k]) / way[k]
        row = int(np.argmax(done >= share))
        found[k] = t[row - 1] + (share - done[row - 1]) / (done[row] - done[row - 1]) * (t[row] - t[row - 1])
    return found


def erlang(hops, share=0.5):
    """Time, in units of 1/c, after which hop k of a linear chain has covered a share of its way.

    Parameters
    ----------
    hops : int or array_like of int
        Number of leaky neurons that the news has passed, at least 1.
    share : float
        Of the way, between 0 and 1.

    Returns
    -------
    float or numpy.ndarray
        Close to ``hops`` - 1/3 for the half-way time.

    Examples
    --------
    >>> erlang([1, 5, 10, 20]).round(3)
    array([ 0.693,  4.671,  9.669, 19.668])
    """
    from scipy.special import gammaincinv

    return gammaincinv(hops, share)


def pulled_front(gain):
    """Time a hop, in units of 1/c, of the front along a linear chain whose gain exceeds 1.

    The smaller root of ln(gain kappa) + 1 - kappa = 0: the forerunner of the step, faint but
    amplified at every hop, overtakes its bulk.

    Parameters
    ----------
    gain : float
        The weight of every arc, above 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If ``gain`` is not above 1.

    Examples
    --------
    >>> [round(pulled_front(gain), 3) for gain in (1.2, 1.5, 2, 4)]
    [0.511, 0.347, 0.232, 0.102]
    """
    from scipy.special import lambertw

    return float(-lambertw(-1 / (np.e * number("gain", gain, above=1))).real)
