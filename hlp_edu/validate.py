"""Checks of arguments. Every message names the argument, its value and what is allowed.

All of them take the argument's name and its value, return the value in the form that the code works with, and
raise a ValueError if it is not allowed.
"""

import math
import numbers
import operator

import numpy as np

from hlp_edu.words import shown


def require(holds, words):
    """Raise a ValueError with these words, unless something holds."""
    if not holds:
        raise ValueError(words)


def number(name, value, *, above=None, least=None, below=None, most=None):
    """A finite real number, as a float: above ``above``, at least ``least``, below ``below``, at most ``most``."""
    bounds = [
        (f" above {above}", above, operator.gt),
        (f", at least {least}", least, operator.ge),
        (f", below {below}", below, operator.lt),
        (f", at most {most}", most, operator.le),
    ]
    bounds = [bound for bound in bounds if bound[1] is not None]
    found, kind_of_array = math.nan, getattr(value, "dtype", np.dtype(float)).kind
    real = isinstance(value, (numbers.Real, np.ndarray)) and not isinstance(value, (bool, np.ma.MaskedArray))
    if real and kind_of_array in "iuf":
        try:
            found = float(value)
        except (TypeError, ValueError, OverflowError):
            pass  # several numbers, or one that is too large
    if not (math.isfinite(found) and all(holds(found, limit) for _, limit, holds in bounds)):
        raise ValueError(f"{name} = {shown(value)}: must be a finite number{''.join(words for words, _, _ in bounds)}")
    return found


def whole(name, value, least=1, most=None):
    """A whole number, at least ``least`` and at most ``most``, as an int."""
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iu":
        value = int(value)
    good = isinstance(value, numbers.Integral) and not isinstance(value, bool) and value >= least
    if not good or (most is not None and value > most):
        words = "" if most is None else f" and at most {most}"
        raise ValueError(f"{name} = {shown(value)}: must be a whole number, at least {least}{words}")
    return int(value)


def one_of(name, value, allowed):
    """One of the ``allowed`` values."""
    allowed = list(allowed)
    if not any(value is one or (isinstance(value, type(one)) and value == one) for one in allowed):
        raise ValueError(f"{name} = {shown(value)}: must be one of {', '.join(map(repr, allowed))}")
    return value


def kind(name, value, types, example):
    """An object of one of the ``types``; ``example`` says in words what is expected."""
    if not isinstance(value, types):
        raise ValueError(f"{name} = {shown(value)}: must be {example}")
    return value


def numbers_of(name, value, what="numbers"):
    """Real numbers in any arrangement, as a new float64 array; ``what`` says in words what is expected."""
    try:
        found = np.asarray(value)
        if found.dtype.kind not in "biufO" or np.ma.is_masked(value):  # no text, no complex numbers, no dates
            raise TypeError
        return np.array(found, dtype=np.float64)
    except Exception:  # rows of different lengths, objects, numbers that are too large
        raise ValueError(f"{name} = {shown(value)}: must be {what}") from None


def listed(name, value):
    """The entries of something that can be gone through, as a list."""
    try:
        return list(value)
    except TypeError:
        raise ValueError(f"{name} = {shown(value)}: must be a sequence, for example a list") from None


def vector(name, value, size, what):
    """``size`` finite numbers, one for each ``what``, as a new float64 array of shape (size,)."""
    array = numbers_of(name, value, f"{size} numbers, one per {what}")
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
