"""How tests/exercises/wrong_NN.py says what a learner may get wrong, and what must be said to it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: code in place of the cell's, or pieces of the solution changed; and a regex for the reason."""

    says: str
    code: str = ""
    swaps: tuple = ()

    def cell(self, name, solution):
        """The cell with this answer in it, check and all."""
        if self.code:
            return f"{self.code}\ntasks.{name}.check({name})\n"
        for old, new in self.swaps:
            if old not in solution:
                raise ValueError(f"{old!r} does not stand in the solution of {name}")
            solution = solution.replace(old, new)
        return solution


def write(code, says):
    """A wrong answer, written out."""
    return Wrong(says, code=code)


def swap(*pieces, says):
    """The solution with pieces changed: swap("old", "new", "other old", "other new", says="a sign")."""
    return Wrong(says, swaps=tuple(zip(pieces[::2], pieces[1::2], strict=True)))
