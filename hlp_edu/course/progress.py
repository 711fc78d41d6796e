"""What a learner has solved so far, read from the notebooks as they were last saved.

Nothing is recorded elsewhere and nothing leaves this computer: the table is what the cells say.
"""

import json

from hlp_edu.checks import lessons, tasks_of
from hlp_edu.compare import Table
from hlp_edu.course.files import find_course

__all__ = ["progress"]

STATES = ("correct", "not yet", "not attempted")


def progress(folder=None):
    """The learner's own table: for each lesson what is solved, and what is left.

    Parameters
    ----------
    folder : str or pathlib.Path, optional
        The learner's copy of the course; by default `hlp_edu.course.files.find_course` finds it.

    Returns
    -------
    hlp_edu.compare.Table
        A row for each lesson: solved tasks, points, and the names of the tasks that are left. A
        task counts as its cells last said, when the notebook was last saved.

    Raises
    ------
    ValueError
        If there is no copy of the course.
    """
    course = find_course(folder)
    rows, total = [], [0, 0, 0, 0]
    for lesson, module in lessons().items():
        states = states_of(course / "exercises" / lesson / f"{lesson}.ipynb", module)
        tasks = tasks_of(module)
        solved = [task for task in tasks if states[task.name] == "correct"]
        counts = [len(solved), len(tasks), sum(t.points for t in solved), sum(t.points for t in tasks)]
        total = [a + b for a, b in zip(total, counts, strict=True)]
        left = [
            f"{t.name} ({states[t.name]})" if states[t.name] == "not yet" else t.name for t in tasks if t not in solved
        ]
        rows.append(_row(lesson, counts, ", ".join(left)))
    return Table([*rows, _row("all", total, "")], {"folder": str(course)})


def _row(name, counts, left):
    solved, tasks, points, possible = counts
    return {"lesson": name, "solved": f"{solved} of {tasks}", "points": f"{points} of {possible}", "left": left}


def states_of(path, module):
    """What the cells of an exercise notebook last said of each task."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        said = [answer for cell in cells if (answer := _answer(cell))]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        said = []
    # A task speaks in two cells, the answer's and the test's; the one that ran last counts.
    latest = {name: state for _, name, state in sorted(said)}
    return {task.name: latest.get(task.name, "not attempted") for task in tasks_of(module)}


def _answer(cell):
    """(when it ran, the task, what it said) of a cell that speaks about a task; else None."""
    mark, count = cell["metadata"].get("nbgrader", {}), cell.get("execution_count")
    if type(count) is not int or not (mark.get("solution") or mark.get("grade")):
        return None
    outputs = cell.get("outputs", [])
    errors = [output for output in outputs if output["output_type"] == "error"]
    if mark.get("grade"):
        words = errors[0].get("evalue", "") if errors else "correct"
    else:
        shown = [
            output["data"].get("text/plain", "") for output in outputs if output["output_type"] == "execute_result"
        ]
        if errors or not shown:
            return None  # the cell did not come to its check
        words = "".join(shown[-1])
    state = next((state for state in STATES if words.startswith(state)), "not yet")
    return count, mark["grade_id"].removeprefix("test_"), state
