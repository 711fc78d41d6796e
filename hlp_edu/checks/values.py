"""Comparing an answer with what is right, and saying in words where it differs."""

import copy
import dis
import inspect
import sys

import numpy as np

from hlp_edu.words import cut

__all__ = []

MOST_WORDS = 600  # characters of a reason


class Refused(Exception):
    """An answer cannot be right; the message says why, ``given`` on which input."""

    def __init__(self, words, given=""):
        super().__init__(cut(words, MOST_WORDS))
        self.given = given


class Empty(Exception):
    """There is no answer yet."""


def has_dots(value):
    """Whether dots stand where an answer should be."""
    if value is ...:
        return True
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, np.ndarray):
        value = value.ravel().tolist() if value.dtype == object else ()
    return isinstance(value, (list, tuple)) and any(has_dots(part) for part in value)


def _blank():
    pass


def is_untouched(function):
    """Whether a function does nothing at all: a docstring, a comment, dots, `return ...`."""
    code = getattr(function, "__code__", None)
    if code is None:  # compiled, or an object with __call__
        return False
    does, nothing = ([step.opname for step in dis.get_instructions(it)] for it in (function, _blank))
    return does == nothing and all(it in (None, ..., function.__doc__) for it in code.co_consts)


def like(right, answer, what):
    """The answer as the type of the right value; lists and arrays are as good as each other."""
    if isinstance(right, tuple):
        several = isinstance(answer, (tuple, list)) or (isinstance(answer, np.ndarray) and answer.ndim > 0)
        if not several or len(answer) != len(right):
            many = f" of {len(answer)}" if several else ""
            raise Refused(f"{what} must be {len(right)} things, as in `a, b`; it is {kind_of(answer)}{many}")
        return tuple(like(r, a, f"part {k + 1} of {what}") for k, (r, a) in enumerate(zip(right, answer, strict=True)))
    if isinstance(right, str):
        if not isinstance(answer, str):
            raise Refused(f"{what} must be a text in quotes; it is {kind_of(answer)}")
        return str.lower(str.strip(answer))  # a text of its own kind may be equal to everything
    if isinstance(right, (bool, np.bool_)):
        plain = np.asarray(answer) if not isinstance(answer, (str, bytes)) else np.asarray(None)
        if plain.size != 1 or plain.dtype.kind not in "biu" or plain.item() not in (0, 1):
            raise Refused(f"{what} must be True or False; it is {kind_of(answer)}")
        return bool(plain.item())
    try:
        if isinstance(answer, (str, bytes, dict, set, type(None))):
            raise TypeError
        got = np.asarray(answer)
        got = got.astype(complex if np.iscomplexobj(got) else float)
    except Exception:  # whatever an object does when it is taken for an array
        wanted = "a number" if np.ndim(right) == 0 else "an array of numbers"
        raise Refused(f"{what} must be {wanted}; it is {kind_of(answer)}") from None
    if np.iscomplexobj(got) and not np.iscomplexobj(right):
        if np.abs(got.imag).max(initial=0) > 1e-9 * max(1.0, np.abs(got).max(initial=0)):
            raise Refused(f"{what} is complex, and a real value is asked for")
        got = got.real
    if not np.isfinite(got).all():
        where = np.argwhere(~np.isfinite(got))[0]
        at = f" at index {', '.join(map(str, where))}" if got.ndim else ""
        raise Refused(f"{what} is {got[tuple(where)]}{at}, no finite number: a division by 0, or a run that diverges?")
    return got.reshape(np.shape(right)) if np.size(right) == got.size == 1 and np.ndim(right) != 1 else got


def near(got, right, tolerance):
    """Whether an answer is right, within the tolerance."""
    if isinstance(right, tuple):
        pairs = zip(got, right, strict=False) if isinstance(got, tuple) and len(got) == len(right) else [(None, 0.0)]
        return all(near(g, r, tolerance) for g, r in pairs)
    if isinstance(right, str):
        return got == right.strip().lower()
    if isinstance(right, (bool, np.bool_)) or got is None or isinstance(got, (str, tuple)):
        return got is not None and not isinstance(got, (str, tuple)) and bool(got) == bool(right)
    right = np.asarray(right)
    if np.shape(got) != right.shape:
        return False
    return bool(np.abs(got - right).max(initial=0) <= tolerance * (np.abs(right).max(initial=0) or 1.0))


def wrong_shape(got, right, what):
    """Words for an answer of another shape, or None."""
    if isinstance(right, tuple):
        for k, (g, r) in enumerate(zip(got, right, strict=True)):
            words = wrong_shape(g, r, f"part {k + 1} of {what}")
            if words:
                return words
    elif not isinstance(right, (str, bool)) and np.shape(got) != np.shape(right):
        return f"{what} has the shape {np.shape(got)} where {np.shape(right)} is asked for"
    return None


def too(got, right, tolerance):
    """Words for a value that is not the right one, without giving it away."""
    if not isinstance(right, (tuple, str, bool, np.bool_)) and np.ndim(right) == 0 and not np.iscomplexobj(right):
        return f"{show(got)} is too {'high' if got > right else 'low'}"
    return difference(got, right, tolerance, tell=False)


def difference(got, right, tolerance, tell=True):
    """Where an answer is furthest off; of several parts in the first that is wrong, since the others may follow it."""
    if isinstance(right, tuple):
        k = next(k for k, (g, r) in enumerate(zip(got, right, strict=True)) if not near(g, r, tolerance))
        return f"part {k + 1}: " + difference(got[k], right[k], tolerance, tell)
    if isinstance(right, (str, bool, np.bool_)):
        return f"it gives {show(got)} where {show(right)} is right" if tell else f"{show(got)} is not it"
    right = np.asarray(right)
    where = tuple(int(k) for k in np.unravel_index(np.argmax(np.abs(got - right)), right.shape))
    at = f" at index {', '.join(map(str, where))}" if where else ""
    for digits in range(4, 18):  # as many as it takes to see the difference
        mine, theirs = show(got[where], digits), show(right[where], digits)
        if mine != theirs:
            break
    return f"it gives {mine}{at}" + (f" where {theirs} is right" if tell else ", which is not right")


def kind_of(value):
    """What a value is, with its article."""
    kind = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def plain(value):
    """What a function returned, in its plainest form: an array for a list, a number for shape (1, 1), real for 0j."""
    if isinstance(value, list):
        try:
            array = np.asarray(value)
        except Exception:  # rows of different lengths, odd objects
            array = np.array(None)
        value = array if array.size and array.dtype.kind in "iufc" else tuple(value)
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(map(plain, value))
    if isinstance(value, (complex, np.ndarray, np.number)) and np.iscomplexobj(value) and not np.any(np.imag(value)):
        value = np.real(value)
    return value.item() if isinstance(value, np.ndarray) and value.ndim > 1 and value.size == 1 else value


def said(error, most=200):
    """What an error says, cut short."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return cut(showable(text), most)


def showable(text):
    """A text without what this place cannot print, such as half of a letter."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def show(value, digits=4):
    """A value as text, short enough for a message."""
    try:
        return _show(value, digits)
    except Exception:  # an object that cannot show itself, a whole number with thousands of digits
        return kind_of(value)


def _show(value, digits):
    if isinstance(value, np.ndarray) and value.ndim:
        text = np.array2string(value, precision=3, threshold=6, edgeitems=2, separator=", ").replace("\n", "")
        return f"{text} (shape {value.shape})"
    if isinstance(value, (list, tuple)):
        text = ", ".join(show(one, digits) for one in value)
        text = f"({text})" if isinstance(value, tuple) else f"[{text}]"
        return cut(text, 120)
    if isinstance(value, (bool, np.bool_)) or not np.issubdtype(np.asarray(value).dtype, np.number):
        return cut(repr(value), 60)
    return f"{np.asarray(value).item():.{digits}g}"


def names(function, given):
    """The names of a function's arguments."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return names if len(names) == len(given) else [f"argument {k + 1}" for k in range(len(given))]


def inputs_of(function, given, lead=", on this input: "):
    """The arguments of a call, by name."""
    return lead + ", ".join(f"{n} = {show(value)}" for n, value in zip(names(function, given), given, strict=True))


def copied(value, memo=None):
    """A copy of what an assignment can change; with a memo, as of `copy.deepcopy`, of a network or a problem too."""
    if memo is not None and type(value).__module__.startswith("hlp_edu.") and "checks" not in type(value).__module__:
        return copy.deepcopy(value, memo)
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(copied(it, memo) for it in value)
    return {key: copied(it, memo) for key, it in value.items()} if isinstance(value, dict) else value


def same(before, after):
    """Whether nothing was changed."""
    if isinstance(before, np.ndarray):
        numeric = before.dtype.kind in "fc"
        return isinstance(after, np.ndarray) and np.array_equal(before, after, equal_nan=numeric)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(before[key], after[key]) for key in before)
    return True  # numbers and words cannot change; of a problem or a network an answer has a copy
