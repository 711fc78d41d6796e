"""Tasks of a teacher's bank, as a student has them: the form and one worked example are checked here.

The right values, the other cases and the solutions are the teacher's alone; see `hlp-edu release --bank`.
"""

from dataclasses import dataclass, replace

from hlp_edu.checks.core import Function, Value
from hlp_edu.checks.display import Note, Outcome
from hlp_edu.checks.values import like, wrong_shape

__all__ = ["Example", "Form", "Received", "Tasks"]


@dataclass(frozen=True, repr=False)
class Received(Outcome):
    """What a public check says to an answer that it can find no fault with. It is true, and not yet *correct*."""

    def __bool__(self):
        return True


class _Public:
    """A task of which this installation knows the form alone."""

    def __init__(self, **others):
        hint = "Ask your teacher: the hints are not in this notebook."
        super().__init__("", "", "a task of your teacher", points=1, hints=[hint], **others)

    def __repr__(self):
        return f"Task {self.name}, graded by your teacher; use .check({self.name})"

    def check(self, answer):
        """Say whether an answer has the right form and, of a function, gives the example of the text."""
        outcome = super().check(answer)
        self.last = Received("so far so good", self.praise) if outcome else replace(outcome, help="")
        return self.last

    def solution(self):
        """Say who has the solution."""
        return Note(f"A solution of {self.name}", "Your teacher has it.")


class Example(_Public, Function):
    """A function, of which one worked example is public.

    Parameters
    ----------
    *given
        The arguments of the example.
    gives : object
        What the function returns for them.
    tolerance : float
        Allowed error, relative to the largest number that is expected.

    Examples
    --------
    >>> tasks = Tasks(double=Example(2, gives=4))
    >>> tasks.double.check(lambda x: x * x)
    so far so good. The form is right, and so is the example. Your teacher's check tries other cases.
    """

    praise = "The form is right, and so is the example. Your teacher's check tries other cases."

    def __init__(self, *given, gives, tolerance=1e-6):
        super().__init__(inputs=lambda rng: [given], expected=lambda *_: gives, tolerance=tolerance)


class Form(_Public, Value):
    """A value, of which the form alone is public.

    Parameters
    ----------
    like : object
        Something of the same form: a number, an array, a tuple, a text, True or False.
    among : sequence of str
        The texts that may be an answer.
    letters : str
        The letters of which an answer may consist.

    Examples
    --------
    >>> tasks = Tasks(half=Form(0.0))
    >>> print(tasks.half.check("a half"))
    not yet, because `half` must be a number; it is a str
    """

    praise = "The form is right. Whether the value is, your teacher's check says."

    def __init__(self, like, among=(), letters=""):
        self.like, self.among, self.letters = like, tuple(among), letters
        super().__init__(properties=[self._fits])

    def _fits(self, answer):
        got = like(self.like, answer, f"`{self.name}`")
        if self.among and got not in self.among:
            return f"`{self.name}` must be one of {', '.join(map(repr, self.among))}"
        if self.letters and not (got and set(got) <= set(self.letters.lower()) and len(set(got)) == len(got)):
            return f"`{self.name}` must consist of the letters {self.letters}, each at most once"
        return None if isinstance(self.like, str) else wrong_shape(got, self.like, f"`{self.name}`")


class Tasks:
    """The tasks of a notebook, each an attribute.

    Parameters
    ----------
    **tasks
        `Example` and `Form` by their names.
    """

    def __init__(self, **tasks):
        for name, task in tasks.items():
            task.name = name
            setattr(self, name, task)
