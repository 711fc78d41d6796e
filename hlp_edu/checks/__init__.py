"""Exercises that answer back: the tasks of every lesson, one module a lesson.

>>> from hlp_edu.checks import lesson_01 as tasks
>>> tasks.change
Task change: Read the price of a nudge (1 point); use .check(change), .hint(), .solution()
>>> tasks.change.check(...)
not attempted. There is no answer in `change` yet.
(`tasks.change.hint()` gives a hint, `tasks.change.solution()` shows a solution.)

``check`` takes the answer itself, a value or a function, and returns an `Outcome`: *correct*, *not yet,
because ...* or *not attempted*. Only *correct* is true. It shows itself in a notebook and in a terminal.

The solutions are not here: they live in ``solutions/NN_name/NN_name.ipynb``, from which ``hlp-edu release``
makes the notebook in ``exercises``. A task here says what a right answer does, see `core.Value` and
`core.Function`:

- ``expected`` computes the right value on another road than the lesson's (finite differences, a closed
  form, the library), so that agreement means something;
- ``inputs`` yields random cases, drawn anew in every session: `seed` says and sets which (or the variable
  HLP_EDU_SEED), and `draws.dice` gives properties the same chance; `watch` tells what an answer calls, how many
  lines it runs and how much memory it takes;
- ``mistakes`` names typical slips and computes what they would give, so that the check can say which
  one it sees;
- ``sealed(globals())`` ends a module: what a check computes refuses an answer that asks for it;
- ``properties`` are for what has no single right value: each examines the answer and says what is wrong.

To add a task: write it in ``lesson_NN.py``, give it two cells in the solutions (an answer cell whose last line
is ``tasks.NAME.check(NAME)``, and a locked ``assert tasks.NAME.check(NAME), tasks.NAME.why``), and wrong
answers in ``tests/exercises/wrong_NN.py``; then run ``hlp-edu release`` and ``tests/test_exercises.py``.
"""

import importlib
import pkgutil

from hlp_edu.checks.core import Function, Note, Outcome, Task, Value
from hlp_edu.checks.draws import seed

__all__ = ["Function", "Note", "Outcome", "Task", "Value", "lessons", "seed", "tasks_of"]


def lessons():
    """The modules with tasks, by the name of their lesson.

    Returns
    -------
    dict of str to module
        In the order of the lessons, for example {"01_optimal_control": hlp_edu.checks.lesson_01, ...}.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("lesson_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.LESSON: module for module in modules}


def tasks_of(module):
    """The tasks of a lesson, in order.

    Parameters
    ----------
    module : module
        For example ``hlp_edu.checks.lesson_01``.

    Returns
    -------
    list of Task
    """
    return [value for value in vars(module).values() if isinstance(value, Task)]
