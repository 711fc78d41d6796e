"""What a task is: `check` an answer, give a `hint`, show the `solution`.

A task holds no solution. It knows what a right answer *does*: its value on random cases, from an
independent computation, and its properties. It also knows the typical mistakes, as wrong values computed
the same way, so that it can say which one an answer looks like.

`draws.py` draws the cases, `watch.py` sees what an answer does, `values.py` compares, `display.py` shows,
`patience.py` ends what does not end by itself.
"""

import contextlib
import functools
import io
import sys
import warnings

import numpy as np

from hlp_edu.checks import patience, watch
from hlp_edu.checks.display import MARKS, Note, Outcome, solution_text
from hlp_edu.checks.draws import dice, seed
from hlp_edu.checks.values import (
    Empty,
    Refused,
    copied,
    difference,
    has_dots,
    inputs_of,
    is_untouched,
    kind_of,
    like,
    names,
    near,
    plain,
    said,
    same,
    showable,
    too,
    wrong_shape,
)  # fmt: skip
from hlp_edu.validate import whole

__all__ = ["MARKS", "Function", "Note", "Outcome", "Task", "Value", "solution_text"]

MOST_PRINTED = 2000  # characters of what a learner's code prints


class _Said(io.StringIO):
    """What an answer prints, as far as it is shown: a loop that prints would fill the memory. It cannot close it."""

    def write(self, text):
        return super().write(text) if self.tell() <= MOST_PRINTED else len(text)

    def close(self):
        pass


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

    draws = False  # whether the cases are drawn, so that a refusal tells their seed

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
        once = expected if self.draws or expected is None else functools.cache(expected)
        self.hints, self.expected, self.mistakes = tuple(hints), once and for_checks(once), dict(mistakes)
        self.properties, self.tolerance, self.moral = tuple(properties), tolerance, moral
        self._shown, self._said, self._copies = 0, _Said(), {}
        self.failed = None  # the arguments on which the last answer went wrong, to try them again
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
        drawn = f" The cases are those of seed {seed()}: `hlp.checks.seed({seed()})` brings them back."
        self.failed, self._said, self._copies = None, _Said(), {}
        try:
            with patience.patience(), warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # what overflows is said in words
                if answer is None or has_dots(answer):
                    raise Empty
                self._judge(answer)
            if replaced():
                raise Refused(f"`hlp_edu.{replaced()[0]}` is not the library's any more: restart the kernel")
            self.last = Outcome("correct", self.moral)
        except Empty:
            self.last = Outcome("not attempted", f"There is no answer in `{self.name}` yet.", help)
        except Refused as refused:
            self.last = Outcome("not yet", str(refused), help + self.draws * drawn, refused.given)
        except patience.TooLong:
            words = f"it takes too long: the check gave up after {patience.MOST:g} seconds"
            self.last = Outcome("not yet", words, help + self.draws * drawn, self._failing())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # an answer of an unforeseen kind
            words = f"the check cannot use this answer: {type(error).__name__}: {said(error)}".rstrip(": ")
            self.last = Outcome("not yet", words, help + self.draws * drawn, self._failing())
        printed = showable(self._said.getvalue().rstrip())
        if printed:
            print(f"(your code printed)\n{printed[:MOST_PRINTED]}{'...' if len(printed) > MOST_PRINTED else ''}")
        return self.last

    def _failing(self):
        """The arguments of the last call, as text."""
        return "" if self.failed is None else inputs_of(lambda: None, self.failed, ". The last input was: ")

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
        if n is None and self._shown == len(self.hints):
            words = f"`tasks.{self.name}.solution()` shows a solution. The last hint was: {self.hints[-1]}"
            return Note("No more hints", words)
        if n is None:
            n = self._shown = self._shown + 1
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
                raise Refused(words)

    def _explain(self, seen):
        """Words for the mistake that gives just these values in every case, or None."""
        for words, mistake in self.mistakes.items():
            wrong = [(got, mistake(copied(right), *copied(given))) for got, right, given in seen]
            if all(near(got, value, self.tolerance) for got, value in wrong):
                return words
        return None


def by_an_answer():
    """Whether the function that asks is called by an answer, or in a notebook, and not by the checks."""
    frame = sys._getframe(2)
    while frame and not frame.f_globals.get("__name__", "").startswith("hlp_edu.checks"):
        frame = frame.f_back
    return frame is None or frame.f_code is Function._call.__code__


def for_checks(function):
    """The function, for the checks alone: an answer that calls it is refused."""

    @functools.wraps(function)
    def kept(*given, **named):
        if by_an_answer():
            raise Refused("it asks the check for the right value; work it out")
        return function(*given, **named)

    del kept.__wrapped__  # it would lead an answer around the check
    return kept


def sealed(names):
    """Put `for_checks` around all functions of a module that it does not show in ``__all__``."""
    for name, value in list(names.items()):
        own = callable(value) and getattr(value, "__module__", None) == names["__name__"]
        if own and name not in names["__all__"] and not isinstance(value, type):
            names[name] = for_checks(value)


def replaced():
    """The names of the library's functions and classes that were put in their place from outside."""
    import hlp_edu

    known = {name: value for name, value in vars(hlp_edu).items() if name in hlp_edu.__all__ and callable(value)}
    return [name for name, value in known.items() if not str(value.__module__).startswith("hlp_edu")]


class Value(Task):
    """A task whose answer is a number, an array, a word, or yes or no.

    ``expected()`` gives the right one; what is ``given`` first, and ``others``, are a task's.

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

    def _judge(self, answer):
        if callable(answer):
            raise Refused(f"`{self.name}` is a function, and a value is asked for: call it and keep what it returns")
        if self.expected is not None:
            right = self.expected()
            got = like(right, answer, f"`{self.name}`")
            if not near(got, right, self.tolerance):
                words = self._explain([(got, right, ())])
                raise Refused(words or wrong_shape(got, right, f"`{self.name}`") or too(got, right, self.tolerance))
        self._hold(answer)


class Function(Task):
    """A task whose answer is a function that the learner writes.

    It is called with every tuple of arguments that ``inputs(rng)`` yields; ``expected(*arguments)``
    gives the right value.

    Parameters
    ----------
    inputs : callable, optional
        A generator: takes the session's random generator (`draws.dice`) and yields tuples of arguments.
        Without it there must be properties, which call the function themselves.
    library : sequence of str, optional
        For a task to be done without the library: the few functions of it that may be called all the same.
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

    draws = True

    def __init__(self, lesson, name, title, *, inputs=None, library=None, **others):
        super().__init__(lesson, name, title, **others)
        if inputs is None and not self.properties:
            raise ValueError("inputs and properties are both empty: must say what a right answer is")
        self.inputs, self.library = inputs or (lambda rng: ()), library

    def _judge(self, answer):
        if not callable(answer):
            raise Refused(f"`{self.name}` is no function but {kind_of(answer)}: pass the function, without calling it")
        if is_untouched(answer):
            raise Empty
        call = functools.partial(self._call, answer)
        seen, cases = [], list(self.inputs(dice()))
        for given in cases:
            got = call(*given)
            right = got if self.expected is None else self.expected(*copied(given))
            seen.append((self._like(answer, given, got, right), right, given))
        if not all(near(got, right, self.tolerance) for got, right, _ in seen):
            self._refuse(answer, call, seen)
        if cases:
            got, right, given = seen[0]
            if not near(self._like(answer, given, call(*given), right), got, self.tolerance):
                raise Refused(
                    "called twice with the same arguments it gives two answers: does it keep something in between?"
                )
        self._hold(call)

    def _like(self, answer, given, got, right):
        """What came back, as the type of the right value."""
        try:
            return like(right, got, "what it returns")
        except Refused as refused:
            raise Refused(str(refused), self._fails(answer, given)) from None

    def _fails(self, answer, given):
        """Keep the arguments on which it goes wrong, and show them."""
        self.failed = copied(given)
        return inputs_of(answer, given)

    def _refuse(self, answer, call, seen):
        words = self._explain(seen)
        off = [(got, right, given) for got, right, given in seen if not near(got, right, self.tolerance)]
        for got, right, given in off:
            strange = wrong_shape(got, right, "what it returns")
            if words or strange:
                shown = self._fails(answer, given)
                raise Refused(words or strange, "" if words else shown)
        self._hold(call)
        got, right, given = off[0]
        raise Refused(difference(got, right, self.tolerance), self._fails(answer, given))

    def _call(self, answer, *given):
        """What the learner's function returns, with clear words for everything else that it may do."""
        mine, before = copied(given, self._copies), self._said.tell()
        self.failed = copied(given)
        try:
            with contextlib.redirect_stdout(self._said), watch.library(self.library) as used:
                got = answer(*mine)
        except (NotImplementedError, Empty):
            raise Empty from None
        except (Refused, KeyboardInterrupt, patience.TooLong):
            raise
        except BaseException as error:
            if "ellipsis" in said(error).lower():  # it computes with the dots of the stub
                raise Empty from None
            words = f"it raised {type(error).__name__}: {said(error)}".rstrip(": ")
            raise Refused(words, inputs_of(answer, given, " on this input: ")) from None
        if has_dots(got):
            raise Empty
        if used:
            raise Refused(f"it calls the library's `{used[0]}`; here you are to do without")
        if got is None:
            printed = "prints its answer and " if self._said.tell() > before else ""
            raise Refused(f"it {printed}returns nothing: end it with `return ...`", inputs_of(answer, given))
        if not all(map(same, given, mine)):
            name = next(n for n, old, new in zip(names(answer, given), given, mine, strict=True) if not same(old, new))
            raise Refused(f"it changes its argument `{name}`, which is the caller's: work on a copy")
        self.failed = None
        return plain(got)


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
