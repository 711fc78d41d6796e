"""Numbers and small phrases in captions, tables and messages: one formatter for the package."""

import math
import numbers
import re

__all__ = ["digits"]


def digits(value, count=2, least=1e-4, short=True):
    """A number as text with so many significant digits, zeros at the end included.

    Parameters
    ----------
    value : float
        The number.
    count : int
        Significant digits, at least 1.
    least : float
        Smaller numbers, and those from a million on, are written as powers of ten.
    short : bool
        Whether these are written 3e7 or, to be aligned in a table, 3.0e+07.

    Examples
    --------
    >>> digits(0.02876), digits(0.1), digits(666.7), digits(0), digits(3e7), digits(3e7, short=False)
    ('0.029', '0.10', '670', '0', '3e7', '3.0e+07')
    """
    rounded = float(f"{float(value):.{count}g}")
    if rounded and not least <= abs(rounded) < 1e6:
        return short_power(f"{rounded:g}") if short else f"{rounded:.{count - 1}e}"
    decimals = count - 1 - math.floor(math.log10(abs(rounded))) if rounded else 0
    return f"{rounded + 0.0:.{max(0, decimals)}f}"


def brief(value, count=4):
    """A number with at most ``count`` significant digits; anything else as ``str`` gives it."""
    number = isinstance(value, numbers.Number) and not isinstance(value, bool)
    return f"{value:.{count}g}" if number else str(value)


def cell(value):
    """A cell of a table: two significant digits, so that another machine prints the same."""
    real = isinstance(value, float) and math.isfinite(value)
    return digits(value, least=1e-3, short=False) if real else str(value)


def short_power(text):
    """A power of ten as Python writes it, shortened: 3e+07 is 3e7."""
    return re.sub(r"e([+-])0?", lambda found: "e" + found[1].strip("+"), text)


def counted(count, noun):
    """So many of something: 1 arc, 2 arcs."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(labels, most=6):
    """Labels with commas; of more than ``most`` the first ones, and how many more there are."""
    labels = [str(label) for label in labels]
    return ", ".join(labels) if len(labels) <= most else ", ".join(labels[:most]) + f" and {len(labels) - most} more"


def sentence(words):
    """The words with a full stop at their end."""
    return words if words.endswith(".") else words + "."


def without_math(words):
    """The words without the marks of mathtext."""
    return re.sub(r"\$([^$]*)\$", lambda found: re.sub(r"\\mathrm|[{}\\]", "", found[1]), words)


def shown(value, most=200):
    """A value as text for a message: not longer than ``most`` characters, whatever it is."""
    try:
        text = repr(value)
    except Exception:  # a whole number with thousands of digits, an object that cannot show itself
        text = f"a {type(value).__name__}"
    return cut(text, most)


def cut(text, most):
    """The text, its end left out if it is longer than ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
