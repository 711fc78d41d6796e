"""Checks of arguments: every message names the argument, its value and what is allowed."""

import math
import numbers

import numpy as np


def number(name, value, *, above=None, least=None):
    """Return ``value`` as a float, or raise a ValueError that says what is allowed.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : object
        What the caller gave.
    above, least : float, optional
        The value must lie strictly above ``above``, or be at least ``least``.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the value is no finite real number or lies outside the bounds.
    """
    allowed = "a finite number"
    if above is not None:
        allowed += f" above {above:g}"
    if least is not None:
        allowed += f", at least {least:g}"
    real = isinstance(value, (numbers.Real, np.ndarray)) and np.ndim(value) == 0
    if not real or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{name} = {value!r}: must be {allowed}")
    value = float(value)
    if (above is not None and value <= above) or (least is not None and value < least):
        raise ValueError(f"{name} = {value!r}: must be {allowed}")
    return value


def vector(name, value, size, what):
    """Return ``value`` as a new float64 array of shape ``(size,)``.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        What the caller gave.
    size : int
        How many entries there must be.
    what : str
        What one entry stands for, e.g. "arc".

    Returns
    -------
    numpy.ndarray, shape (size,)

    Raises
    ------
    ValueError
        If the entries are not finite numbers or there are not ``size`` of them.
    """
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {value!r}: must be {size} numbers, one per {what}") from None
    if array.shape != (size,):
        raise ValueError(f"{name} has shape {array.shape}: must be ({size},), one number per {what}")
    if not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}[{bad}] = {array[bad]}: every entry must be a finite number")
    return array
