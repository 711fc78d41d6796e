"""What a task is: `check` an answer, give a `hint`, show the `solution`.

A task holds no solution. It knows what a right answer *does*: its value on random cases, from an
independent computation, and its properties. It also knows the typical mistakes, as wrong values computed
the same way, so that it can say which one an answer looks like.
"""

import contextlib
import dis
import functools
import html
import inspect
import io
import json
import re
import warnings
from dataclasses import dataclass

import numpy as np

from hlp_edu.course.files import course_source
from hlp_edu.validate import whole

__all__ = ["Function", "Note", "Outcome", "Task", "Value"]

SEED = 1234
# Okabe and Ito's green, orange and a grey, on paper; the marks and the words say the same.
MARKS = {
    "correct": ("#056A40", "\u2714"),
    "not yet": ("#DB9902", "\u2718"),
    "not attempted": ("#8C8C8C", "\u25cb"),
}


@dataclass(frozen=True, repr=False)
class Outcome:
    """What a check says. It is true only when the answer is correct.

    Parameters
    ----------
    status : {"correct", "not yet", "not attempted"}
        The verdict.
    reason : str
        Why not yet; or, when it is correct, what was learned.
    help : str
        Where to get help.
    """

    status: str
    reason: str = ""
    help: str = ""

    def __bool__(self):
        return self.status == "correct"

    def __str__(self):
        joint = ", because " if self.status == "not yet" else ". "
        return self.status + (joint + self.reason if self.reason else "")

    def __repr__(self):
        return str(self) + (f"\n({self.help})" if self.help else "")

    def _repr_html_(self):
        colour, mark = MARKS[self.status]
        said = "Not yet, because " if self.status == "not yet" else f"{self.status.capitalize()}. "
        head, rest = (said, "") if self.status == "not yet" else (said, " ")
        return _box(colour, f"<b>{mark} {head.strip()}</b> {rest.strip()}{_inline(self.reason)}", self.help)


@dataclass(frozen=True, repr=False)
class Note:
    """A hint or a solution, shown in a box in a notebook and as plain text elsewhere.

    Parameters
    ----------
    title : str
        Of the box.
    text : str
        What it says.
    code : bool
        Whether the text is code.
    """

    title: str
    text: str
    code: bool = False

    def __str__(self):
        return self.text

    def __repr__(self):
        return f"{self.title}\n{self.text}" if self.code else f"{self.title}: {self.text}"

    def _repr_html_(self):
        style = "font-family: monospace; background: #FFFFFF; color: #333333; padding: 0.5em; margin: 0.4em 0 0"
        pre = f'<pre style="{style}">'
        body = f"{pre}{html.escape(self.text)}</pre>" if self.code else " " + _inline(self.text)
        return _box("#005EF5", f"<b>{html.escape(self.title)}{'' if self.code else '.'}</b>{body}")


def _box(colour, body, small=""):
    """Words on an opaque ground, so that they can be read in a dark theme too."""
    style = f"border-left: 6px solid {colour}; background: #F7F7F7; color: #333333; padding: 0.5em 0.8em"
    small = f'<br><span style="font-size: 90%; color: #595959">{_inline(small)}</span>' if small else ""
    return f'<div style="{style}">{body}{small}</div>'


def _inline(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


class _Refused(Exception):
    """An answer cannot be right; the message says why."""


class _Empty(Exception):
    """There is no answer yet."""


class Task:
    """One task of a lesson; use `Value` or `Function`.

    Parameters
    ----------
    lesson : str
        Name of the lesson's notebooks, for example "01_optimal_control".
    name : str
        Name of the answer; also of the task in its module, and of its cell in the notebook.
    title : str
        A few words.
    points : int
        What a right answer is worth, at least 1.
    hints : sequence of str
        At most three, each saying more than the one before.
    expected : callable, optional
        Gives the right value, from an independent computation.
    mistakes : dict of str to callable
        Words that continue "not yet, because ...", and the wrong value that they explain, computed
        from the right one: ``mistake(right, *arguments)``.
    properties : sequence of callable
        Each takes the answer and returns None, or words that continue "not yet, because ...".
    tolerance : float
        Allowed error, relative to the largest number that is expected.
    moral : str
        What is said together with *correct*.

    Raises
    ------
    ValueError
        If there are no points, too many hints, or nothing to check.
    """

    def __init__(
        self,
        lesson,
        name,
        title,
        *,
        points,
        hints,
        expected=None,
        mistakes=(),
        properties=(),
        tolerance=1e-6,
        moral="",
    ):
        if isinstance(hints, str) or not 1 <= len(hints) <= 3:
            raise ValueError(f"hints = {hints!r}: must be one, two or three texts")
        if expected is None and not properties:
            raise ValueError("expected and properties are both empty: must say what a right answer is")
        self.lesson, self.name, self.title, self.points = lesson, name, title, whole("points", points)
        self.hints, self.expected, self.mistakes = tuple(hints), expected, dict(mistakes)
        self.properties, self.tolerance, self.moral = tuple(properties), tolerance, moral
        self._shown = 0
        self.last = Outcome("not attempted")

    def __repr__(self):
        points = "1 point" if self.points == 1 else f"{self.points} points"
        return f"Task {self.name}: {self.title} ({points}); use .check({self.name}), .hint(), .solution()"

    @property
    def why(self):
        """What the last check said, as one text: the message of a failed test."""
        return str(self.last)

    def check(self, answer):
        """Say whether an answer is right, and if not, what is wrong.

        Parameters
        ----------
        answer : object
            The answer itself.

        Returns
        -------
        Outcome
            True only when it is correct.
        """
        help = f"`tasks.{self.name}.hint()` gives a hint, `tasks.{self.name}.solution()` shows a solution."
        try:
            if answer is None or _has_dots(answer):
                raise _Empty
            with warnings.catch_warnings(), np.errstate(all="ignore"):  # what overflows is said in words
                warnings.simplefilter("ignore")
                self._judge(answer)
            self.last = Outcome("correct", self.moral)
        except _Empty:
            self.last = Outcome("not attempted", f"There is no answer in `{self.name}` yet.", help)
        except _Refused as refused:
            self.last = Outcome("not yet", str(refused), help)
        return self.last

    def hint(self, n=None):
        """Give a hint: the next one, or number ``n``.

        Parameters
        ----------
        n : int, optional
            From 1 to the number of hints.

        Returns
        -------
        Note

        Raises
        ------
        ValueError
            If there is no hint of that number.
        """
        if n is None:
            n = self._shown = min(self._shown + 1, len(self.hints))
        elif n not in range(1, len(self.hints) + 1):
            raise ValueError(f"n = {n!r}: must be from 1 to {len(self.hints)}, the number of hints")
        return Note(f"Hint {n} of {len(self.hints)}", self.hints[n - 1])

    def solution(self):
        """Show the solution, from the notebook in ``solutions``.

        Returns
        -------
        Note
        """
        return Note(f"A solution of {self.name}", solution_text(self.lesson, self.name), code=True)

    def _judge(self, answer):
        raise NotImplementedError

    def _hold(self, answer):
        for holds in self.properties:
            words = holds(answer)
            if words:
                raise _Refused(words)

    def _explain(self, seen):
        """Words for the mistake that gives just these values in every case, or None."""
        for words, mistake in self.mistakes.items():
            wrong = [(got, mistake(_copy(right), *_copy(given))) for got, right, given in seen]
            if all(_near(got, value, self.tolerance) for got, value in wrong):
                return words
        return None


class Value(Task):
    """A task whose answer is a number, an array, a word, or yes or no.

    ``expected()`` gives the right one.

    Examples
    --------
    >>> half = Value("01_x", "half", "Half", points=1, hints=["Divide."], expected=lambda: 0.5,
    ...              mistakes={"that is twice as much": lambda right: 2 * right})
    >>> half.check(...)
    not attempted. There is no answer in `half` yet.
    (`tasks.half.hint()` gives a hint, `tasks.half.solution()` shows a solution.)
    >>> str(half.check(1.0)), bool(half.check(0.5))
    ('not yet, because that is twice as much', True)
    """

    @functools.cached_property
    def _right(self):
        return self.expected()

    def _judge(self, answer):
        if callable(answer):
            raise _Refused(f"`{self.name}` is a function, and a value is asked for: call it and keep what it returns")
        if self.expected is not None:
            right = self._right
            got = _like(right, answer, f"`{self.name}`")
            if not _near(got, right, self.tolerance):
                words = self._explain([(got, right, ())])
                raise _Refused(words or _wrong_shape(got, right, f"`{self.name}`") or _too(got, right, self.tolerance))
        self._hold(answer)


class Function(Task):
    """A task whose answer is a function that the learner writes.

    It is called with every tuple of arguments that ``inputs(rng)`` yields; ``expected(*arguments)``
    gives the right value.

    Parameters
    ----------
    inputs : callable, optional
        A generator: takes a random generator with a fixed seed and yields tuples of arguments. Without
        it there must be properties, which call the function themselves.
    **others
        Of `Task`.

    Raises
    ------
    ValueError
        If there is nothing to check, or `Task` refuses an argument.

    Examples
    --------
    >>> double = Function("01_x", "double", "Twice", points=1, hints=["Multiply."],
    ...                   inputs=lambda rng: ((x,) for x in rng.normal(size=3)), expected=lambda x: 2 * x,
    ...                   mistakes={"that is the square": lambda right, x: x**2})
    >>> double.check(lambda x: x + x)
    correct
    >>> print(double.check(lambda x: x * x))
    not yet, because that is the square
    """

    def __init__(self, lesson, name, title, *, inputs=None, **others):
        super().__init__(lesson, name, title, **others)
        if inputs is None and not self.properties:
            raise ValueError("inputs and properties are both empty: must say what a right answer is")
        self.inputs = inputs or (lambda rng: ())

    def _judge(self, answer):
        if not callable(answer):
            kind = type(answer).__name__
            raise _Refused(
                f"`{self.name}` is no function but of the type {kind}: pass the function, without calling it"
            )
        if _is_untouched(answer):
            raise _Empty
        call = functools.partial(self._call, answer)
        seen, cases = [], list(self.inputs(np.random.default_rng(SEED)))
        for given in cases:
            got = call(*given)
            right = got if self.expected is None else self.expected(*_copy(given))
            seen.append((_like(right, got, "what it returns"), right, given))
        if not all(_near(got, right, self.tolerance) for got, right, _ in seen):
            self._refuse(answer, call, seen)
        if cases and not _near(_like(seen[0][0], call(*cases[0]), "what it returns"), seen[0][0], self.tolerance):
            raise _Refused(
                "called twice with the same arguments it gives two answers: does it keep something in between?"
            )
        self._hold(call)

    def _refuse(self, answer, call, seen):
        words = self._explain(seen)
        if words:
            raise _Refused(words)
        for got, right, _ in seen:
            words = _wrong_shape(got, right, "what it returns")
            if words:
                raise _Refused(words)
        self._hold(call)
        for got, right, given in seen:
            if not _near(got, right, self.tolerance):
                raise _Refused(f"{_difference(got, right, self.tolerance)}, {_inputs(answer, given)}")

    def _call(self, answer, *given):
        """What the learner's function returns, with clear words for everything else that it may do."""
        mine, said = _copy(given), io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                got = answer(*mine)
        except (NotImplementedError, _Empty):
            raise _Empty from None
        except (Exception, SystemExit) as error:
            if "ellipsis" in str(error).lower():  # it computes with the dots of the stub
                raise _Empty from None
            words = f"it raised {type(error).__name__}: {error}".rstrip(": ")
            raise _Refused(f"{words} on this input: {_inputs(answer, given, lead='')}") from None
        if _has_dots(got):
            raise _Empty
        if got is None:
            printed = "prints its answer and " if said.getvalue().strip() else ""
            raise _Refused(f"it {printed}returns nothing: end it with `return ...`")
        for name, before, after in zip(_names(answer, given), given, mine, strict=True):
            if not _same(before, after):
                raise _Refused(f"it changes its argument `{name}`, which is the caller's: work on a copy")
        return got


# ------------------------------------------------------------------------ mistakes that many tasks share


def negated(right, *given):
    """The right value with the sign reversed."""
    return -np.asarray(right)


def backwards(right, *given):
    """The right values in the reversed order of time."""
    return np.asarray(right)[::-1]


def transposed(right, *given):
    """The right matrix, transposed."""
    return np.asarray(right).T


# ----------------------------------------------------------------------------------------- comparing values


def _has_dots(value):
    if value is ...:
        return True
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, np.ndarray):
        value = value.ravel().tolist() if value.dtype == object else ()
    return isinstance(value, (list, tuple)) and any(_has_dots(part) for part in value)


def _blank():
    pass


def _is_untouched(function):
    """Whether a function does nothing at all: a docstring, a comment, dots, `return ...`."""
    code = getattr(function, "__code__", None)
    if code is None:  # compiled, or an object with __call__
        return False
    does, nothing = ([step.opname for step in dis.get_instructions(it)] for it in (function, _blank))
    return does == nothing and all(it in (None, ..., function.__doc__) for it in code.co_consts)


def _like(right, answer, what):
    """The answer as the type of the right value; lists and arrays are as good as each other."""
    if isinstance(right, tuple):
        several = isinstance(answer, (tuple, list)) or (isinstance(answer, np.ndarray) and answer.ndim > 0)
        if not several or len(answer) != len(right):
            many = f" of {len(answer)}" if several else ""
            raise _Refused(f"{what} must be {len(right)} things, as in `a, b`; it is {_kind(answer)}{many}")
        return tuple(_like(r, a, f"part {k + 1} of {what}") for k, (r, a) in enumerate(zip(right, answer, strict=True)))
    if isinstance(right, str):
        if not isinstance(answer, str):
            raise _Refused(f"{what} must be a text in quotes; it is {_kind(answer)}")
        return answer.strip().lower()
    if isinstance(right, (bool, np.bool_)):
        if not isinstance(answer, (bool, np.bool_)):
            raise _Refused(f"{what} must be True or False; it is {_kind(answer)}")
        return bool(answer)
    try:
        if isinstance(answer, (str, bytes, dict, set, type(None))):
            raise TypeError
        got = np.asarray(answer)
        got = got.astype(complex if np.iscomplexobj(got) else float)
    except (TypeError, ValueError):
        wanted = "a number" if np.ndim(right) == 0 else "an array of numbers"
        raise _Refused(f"{what} must be {wanted}; it is {_kind(answer)}") from None
    if np.iscomplexobj(got) and not np.iscomplexobj(right):
        if np.abs(got.imag).max(initial=0) > 1e-9 * max(1.0, np.abs(got).max(initial=0)):
            raise _Refused(f"{what} is complex, and a real value is asked for")
        got = got.real
    if not np.isfinite(got).all():
        where = np.argwhere(~np.isfinite(got))[0]
        at = f" at index {', '.join(map(str, where))}" if got.ndim else ""
        raise _Refused(f"{what} is {got[tuple(where)]}{at}, no finite number: a division by 0, or a run that diverges?")
    return got.reshape(()) if np.ndim(right) == 0 and got.size == 1 else got


def _near(got, right, tolerance):
    if isinstance(right, tuple):
        pairs = zip(got, right, strict=False) if isinstance(got, tuple) and len(got) == len(right) else [(None, 0.0)]
        return all(_near(g, r, tolerance) for g, r in pairs)
    if isinstance(right, str):
        return got == right.strip().lower()
    if isinstance(right, (bool, np.bool_)) or got is None or isinstance(got, (str, tuple)):
        return got is not None and not isinstance(got, (str, tuple)) and bool(got) == bool(right)
    right = np.asarray(right)
    if np.shape(got) != right.shape:
        return False
    return bool(np.abs(got - right).max(initial=0) <= tolerance * (np.abs(right).max(initial=0) or 1.0))


def _wrong_shape(got, right, what):
    if isinstance(right, tuple):
        for k, (g, r) in enumerate(zip(got, right, strict=True)):
            words = _wrong_shape(g, r, f"part {k + 1} of {what}")
            if words:
                return words
    elif not isinstance(right, (str, bool)) and np.shape(got) != np.shape(right):
        return f"{what} has the shape {np.shape(got)} where {np.shape(right)} is asked for"
    return None


def _too(got, right, tolerance):
    """Words for a value that is not the right one, without giving it away."""
    if isinstance(right, (str, bool, np.bool_)):
        return f"{got!r} is not it"
    if not isinstance(right, tuple) and np.ndim(right) == 0 and not np.iscomplexobj(right):
        return f"{_show(got)} is too {'high' if got > right else 'low'}"
    return _difference(got, right, tolerance, tell=False)


def _difference(got, right, tolerance, tell=True):
    """Where an answer is furthest off; of several parts in the first that is wrong, since the others may follow it."""
    if isinstance(right, tuple):
        k = next(k for k, (g, r) in enumerate(zip(got, right, strict=True)) if not _near(g, r, tolerance))
        return f"part {k + 1}: " + _difference(got[k], right[k], tolerance, tell)
    if isinstance(right, (str, bool, np.bool_)):
        return f"it gives {got!r} where {right!r} is right" if tell else f"{got!r} is not it"
    right = np.asarray(right)
    where = tuple(int(k) for k in np.unravel_index(np.argmax(np.abs(got - right)), right.shape))
    at = f" at index {', '.join(map(str, where))}" if where else ""
    return f"it gives {_show(got[where])}{at}" + (
        f" where {_show(right[where])} is right" if tell else ", which is not right"
    )


def _kind(value):
    kind = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _show(value):
    if isinstance(value, np.ndarray) and value.ndim:
        text = np.array2string(value, precision=3, threshold=6, edgeitems=2, separator=", ").replace("\n", "")
        return f"{text} (shape {value.shape})"
    if isinstance(value, (list, tuple)):
        text = ", ".join(map(_show, value))
        text = f"({text})" if isinstance(value, tuple) else f"[{text}]"
        return text if len(text) <= 120 else text[:117] + "..."
    if isinstance(value, (bool, np.bool_)) or not np.issubdtype(np.asarray(value).dtype, np.number):
        text = repr(value)
        return text if len(text) <= 60 else text[:57] + "..."
    return f"{np.asarray(value).item():.4g}"


def _names(function, given):
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return names if len(names) == len(given) else [f"argument {k + 1}" for k in range(len(given))]


def _inputs(function, given, lead="on this input: "):
    return lead + ", ".join(f"{n} = {_show(value)}" for n, value in zip(_names(function, given), given, strict=True))


def _copy(value):
    """A copy of what an assignment can change; a network or a problem is handed on as it is."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(_copy, value))
    return {key: _copy(it) for key, it in value.items()} if isinstance(value, dict) else value


def _same(before, after):
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and before.shape == after.shape and bool((before == after).all())
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    return True  # numbers and words cannot change; other objects guard themselves


# ------------------------------------------------------------------------------- the solution's notebook


def solution_text(lesson, name):
    """What the solution notebook of a lesson has in the cell of a task."""
    path = course_source() / "solutions" / lesson / f"{lesson}.ipynb"
    if not path.is_file():
        raise ValueError(f"lesson = {lesson!r}: this installation has no solutions for it")
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        known = cell["metadata"].get("nbgrader", {})
        if known.get("solution") and known.get("grade_id") == name:
            lines = "".join(cell["source"]).splitlines()
            drop = rf"\s*#+ (BEGIN|END) SOLUTION|{name} = \.\.\.|tasks\.{name}\.check\("
            return "\n".join(line for line in lines if not re.match(drop, line)).strip()
    raise ValueError(f"name = {name!r}: the solutions of {lesson} have no such task")
