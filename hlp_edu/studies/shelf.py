"""The results that ship: one CSV a study, with its parameters as comments on top."""

import csv
from pathlib import Path

import numpy as np

from hlp_edu.compare import Table

__all__ = ["read_table", "rounded", "shipped", "spread"]

SHELF = Path(__file__).parent


def read_table(path):
    """A study's file as a `hlp_edu.compare.Table`.

    Parameters
    ----------
    path : path-like
        The CSV; lines "# key = value" on top are its ``about``.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    about = {}
    for line in lines:
        if line.startswith("# "):
            key, _, value = line[2:].partition(" = ")
            about[key] = _value(value)
    rows = csv.DictReader([line for line in lines if not line.startswith("#")])
    return Table([{key: _value(value) for key, value in row.items()} for row in rows], about)


def shipped(name):
    """The result of a study, as it ships: for other studies; everyone else calls `hlp_edu.study`.

    Parameters
    ----------
    name : str
        Name of the study.

    Raises
    ------
    ValueError
        If its file is missing.
    """
    path = SHELF / f"{name}.csv"
    if not path.exists():
        raise ValueError(f"name = {name!r}: has not been computed; compute it with: hlp-edu study {name}")
    return read_table(path)


def spread(errors):
    """The median of errors, the least and the greatest, under the names of their columns; nan if one is nan.

    Parameters
    ----------
    errors : sequence of float
        One of each seed.

    Returns
    -------
    dict of {str: float}
    """
    return {"rmse": np.median(errors), "rmse min": np.min(errors), "rmse max": np.max(errors)}


def rounded(digits=4, **found):
    """Numbers of a row as they are filed.

    Parameters
    ----------
    digits : int
        Significant digits.
    **found
        The numbers.

    Returns
    -------
    dict of {str: float}

    Examples
    --------
    >>> rounded(3, cost=1.23456)
    {'cost': 1.23}
    """
    return {key: float(f"{value:.{digits}g}") for key, value in found.items()}


def _value(text):
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text
