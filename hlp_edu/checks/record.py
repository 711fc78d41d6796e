"""What an answer does on given inputs, written down where it runs and judged where it cannot reach.

A teacher's bank keeps its right values secret. So a submission's process is handed the inputs alone: `record` calls
the answer there and writes down what came back, as text. `Record.answer` makes an answer of the text again, for a
`Replayed` task in the process that grades. The text is data and nothing else: whatever a stranger puts into it, no
code of his runs there.
"""

import base64
import inspect
import json
import pickle

import numpy as np

from hlp_edu.checks.core import Function
from hlp_edu.checks.values import Empty, Refused, has_dots, is_untouched, names, plain
from hlp_edu.words import cut

__all__ = ["Record", "Replayed", "record"]

MOST_NUMBERS, MOST_PARTS, MOST_TEXT = 20_000, 100, 1000  # of one value
LONGEST = 900_000  # characters of a record


class Record:
    """What an answer did; its text is the record.

    Parameters
    ----------
    found : dict
        With "is" ("empty", "value" or "function"), and "value", or "names" and "calls".
    """

    def __init__(self, found):
        self.found = found

    def __repr__(self):
        return json.dumps(self.found)

    @classmethod
    def read(cls, text):
        """Take a record's text.

        Parameters
        ----------
        text : str
            What `record` gave, as text.

        Returns
        -------
        Record

        Raises
        ------
        ValueError
            If it is none.
        """
        try:
            found = json.loads(text)
            if len(text) > LONGEST or found["is"] not in ("empty", "value", "function"):
                raise ValueError
            return cls(found)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ValueError("text: holds no record") from None

    def answer(self):
        """The answer again: ``...``, a value, or a function that can be asked once, in the same order.

        Raises
        ------
        ValueError
            If the record is damaged.
        """
        try:
            if self.found["is"] == "empty":
                return ...
            if self.found["is"] == "value":
                return _decoded(self.found["value"])
            return Replay(self.found["names"], self.found["calls"])
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            raise ValueError("found: holds no record") from None


class Replay:
    """A function that gives, call by call, what another gave; only `Replayed` tasks may ask it."""

    def __init__(self, names, calls):
        kinds = inspect.Parameter
        self.__signature__ = inspect.Signature(
            [kinds(name, kinds.POSITIONAL_ONLY) for name in names if str(name).isidentifier()][:20]
        )
        self._calls = iter([_call_again(*call) for call in calls])

    def __call__(self, *given):
        raise RuntimeError("a replay is asked with `take`")

    def take(self):
        """What the next call gave; raises what it met."""
        found = next(self._calls, Refused("it gave no answer"))
        if isinstance(found, BaseException):
            raise found
        return found


class Replayed(Function):
    """A `Function` that judges a `Replay`, or a function that is at hand."""

    def _call(self, answer, *given):
        return answer.take() if isinstance(answer, Replay) else super()._call(answer, *given)


def record(name, answer, packed):
    """Call an answer on all inputs and write down what it does.

    Parameters
    ----------
    name : str
        Of the task.
    answer : object
        What the learner has under this name.
    packed : str
        The inputs, from `pack`; they come from the teacher.

    Returns
    -------
    Record
    """
    if answer is None or has_dots(answer) or is_untouched(answer):
        return Record({"is": "empty"})
    if not callable(answer):
        return Record({"is": "value", "value": _encoded(plain(answer))})
    cases, calls = pickle.loads(base64.b64decode(packed)), []
    task = Function("", name, "", points=1, hints=["none"], properties=[len])
    for given in [*cases, *cases[:1]]:  # the first once more: does it give the same again?
        try:
            calls.append(["gives", _encoded(task._call(answer, *given))])
        except Empty:
            calls.append(["empty", ""])
        except Refused as refused:
            calls.append(["refused", str(refused), refused.given])
        if calls[-1][0] != "gives":
            break
    found = {"is": "function", "names": names(answer, cases[0]) if cases else [], "calls": calls}
    return Record(found if len(json.dumps(found)) < LONGEST else {"is": "value", "value": {"kind": "flood of numbers"}})


def pack(cases):
    """The inputs of a task as text: a list of tuples of arguments."""
    return base64.b64encode(pickle.dumps(list(cases))).decode()


def _call_again(how, *said):
    if how == "gives":
        return _decoded(*said)
    return Empty() if how == "empty" else Refused(*(str(words)[:2000] for words in said[:2]))


def _encoded(value):
    """A value in what JSON has; of an odd one only its kind remains."""
    if isinstance(value, str):
        return {"text": value[:MOST_TEXT]}
    if isinstance(value, (tuple, list)) and len(value) <= MOST_PARTS:
        return {"parts": [_encoded(part) for part in value]}
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biufc" and array.size <= MOST_NUMBERS:
            flat, shape = array.ravel(), list(array.shape)
            if array.dtype.kind == "b":
                return {"shape": shape, "bool": flat.tolist()}
            imag = {"imag": flat.imag.astype(float).tolist()} if array.dtype.kind == "c" else {}
            return {"shape": shape, "real": flat.real.astype(float).tolist()} | imag
    except Exception:  # whatever an object does when it is taken for an array
        pass
    return {"kind": cut(type(value).__name__, 60)}


def _decoded(found):
    """A value again; an odd one is an object of a type with the same name."""
    if "text" in found:
        return str(found["text"])
    if "parts" in found:
        return tuple(_decoded(part) for part in found["parts"][:MOST_PARTS])
    if "kind" in found:
        return type(str(found["kind"]).replace("\0", ""), (), {})()
    shape = tuple(int(n) for n in found["shape"])
    if "bool" in found:
        return np.array(found["bool"], bool).reshape(shape)[()]
    value = np.array(found["real"], float)
    if "imag" in found:
        value = value + 1j * np.array(found["imag"], float)
    return value.reshape(shape)[()]
