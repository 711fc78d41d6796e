"""The hyperbolic tangent, to 1.5 units in the last place; math.tanh would cost more than all arcs of a neuron."""

import decimal
import math

import numpy as np

from hlp_edu.compiled import compiled

FAR = 20.0  # from here on tanh is 1, to the last digit


def _exact(a):
    """The function itself, to 25 digits."""
    with decimal.localcontext(prec=25):
        e = (-2 * decimal.Decimal(a)).exp()
        return float((1 - e) / (1 + e))


_TABLE = np.array([_exact(k / 16) for k in range(int(16 * FAR) + 1)])


@compiled
def tanh(a):
    """tanh(k/16 + d) = (T + t) / (1 + T t): T from a table, and t = tanh(d) so small that four terms are exact.

    It has no branch, so that the processor takes several neurons at once.
    """
    size = abs(a)
    size = FAR if size > FAR else size  # nan stays nan
    k = int(16.0 * size + 0.5) if size <= FAR else 0
    d = size - k / 16.0
    e = d * d
    t = d - d * e * (1.0 / 3.0 - e * (2.0 / 15.0 - e * (17.0 / 315.0 - e * (62.0 / 2835.0))))
    T = _TABLE[k]
    return math.copysign(T + (1.0 - T * T) * t / (1.0 + T * t), a)
