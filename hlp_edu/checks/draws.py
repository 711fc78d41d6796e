"""The cases on which answers are tried: drawn anew in every session, the same within one, and to be had again."""

import os
import secrets

import numpy as np

from hlp_edu.validate import whole

__all__ = ["seed"]

VARIABLE, MOST = "HLP_EDU_SEED", 10**6
_session = []


def seed(number=None):
    """The seed of this session's cases: set by ``seed(number)`` or the variable HLP_EDU_SEED, otherwise drawn.

    Parameters
    ----------
    number : int, optional
        From 0 to a million; a check that says *not yet* tells which one it used.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is no such number.

    Examples
    --------
    >>> from hlp_edu import checks
    >>> checks.seed(4711), checks.seed()
    (4711, 4711)
    """
    given = os.environ.get(VARIABLE, "")
    if number is None and not _session and given:
        number = whole(VARIABLE, int(given) if given.isdecimal() else given, least=0, most=MOST)
    if number is not None:
        _session[:] = [whole("number", number, least=0, most=MOST)]
    if not _session:
        _session[:] = [secrets.randbelow(MOST)]
    return _session[0]


def dice(*salt):
    """A random generator: the same numbers at every call of a session, others with other whole numbers as ``salt``."""
    return np.random.default_rng([seed(), *salt])
