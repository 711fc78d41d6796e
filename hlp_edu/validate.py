"""Checks of arguments. Every message names the argument, its value and what is allowed.

All of them take the argument's name and its value, return the value in the form that the code works with, and
raise a ValueError if it is not allowed.
"""

import math
import numbers
import operator

import numpy as np


def number(name, value, *, above=None, least=None, below=None, most=None):
    """A finite real number, as a float: above ``above``, at least ``least``, below ``below``, at most ``most``."""
    bounds = [
        (f" above {above}", above, operator.gt),
        (f", at least {least}", least, operator.ge),
        (f", below {below}", below, operator.lt),
        (f", at most {most}", most, operator.le),
    ]
    bounds = [bound for bound in bounds if bound[1] is not None]
    real = isinstance(value, (numbers.Real, np.ndarray)) and np.ndim(value) == 0 and not isinstance(value, bool)
    if not (real and math.isfinite(value) and all(holds(value, limit) for _, limit, holds in bounds)):
        raise ValueError(f"{name} = {value!r}: must be a finite number{''.join(words for words, _, _ in bounds)}")
    return float(value)


def whole(name, value, least=1):
    """A whole number, at least ``least``, as an int."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} = {value!r}: must be a whole number, at least {least}")
    return int(value)


def one_of(name, value, allowed):
    """One of the ``allowed`` values."""
    allowed = list(allowed)
    if not any(value is one or (isinstance(value, type(one)) and value == one) for one in allowed):
        raise ValueError(f"{name} = {value!r}: must be one of {', '.join(map(repr, allowed))}")
    return value


def kind(name, value, types, example):
    """An object of one of the ``types``; ``example`` says in words what is expected."""
    if not isinstance(value, types):
        raise ValueError(f"{name} = {value!r}: must be {example}")
    return value


def vector(name, value, size, what):
    """``size`` finite numbers, one for each ``what``, as a new float64 array of shape (size,)."""
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {value!r}: must be {size} numbers, one per {what}") from None
    if array.shape != (size,):
        raise ValueError(f"{name} has shape {array.shape}: must be ({size},), one number per {what}")
    return finite(name, array)


def finite(name, array):
    """An array without nan or infinity, as it is."""
    if not np.isfinite(array).all():
        bad = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        place = ", ".join(map(str, bad))
        raise ValueError(f"{name}[{place}] = {array[bad]}: every entry must be a finite number")
    return array
