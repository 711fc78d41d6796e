"""Every exercise, generically: a lesson adds its solutions, its tasks and tests/exercises/wrong_NN.py.

The stub is *not attempted*, the solution is *correct*, every wrong answer is refused with the right words.
What a test looks for is a function that returns complaints; below, each is tried on something that it must refuse.
"""

import ast
import copy
import functools
import importlib.util
import itertools
import re
import sys
import types
from pathlib import Path

import nbclient
import nbformat
import numpy as np
import pytest
import refresh
from wrong_answers import swap, write

from hlp_edu import checks
from hlp_edu.checks.values import Refused
from hlp_edu.course import cli
from hlp_edu.course.teaching.release import exercise

ROOT = Path(__file__).resolve().parents[1]
LESSONS = checks.lessons()
TASKS = [(lesson, task) for lesson, module in LESSONS.items() for task in checks.tasks_of(module)]
FIRST = "01_optimal_control"
each_lesson = pytest.mark.parametrize("lesson", LESSONS)
each_task = pytest.mark.parametrize("lesson, task", TASKS, ids=lambda it: getattr(it, "name", it))


def path(folder, lesson):
    return ROOT / folder / lesson / f"{lesson}.ipynb"


def load(folder, lesson):
    return nbformat.read(path(folder, lesson), as_version=4)


def label(cell):
    """The name of the task that is answered in a cell, of the test in it, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def answers(notebook):
    return {label(cell): cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")}


def locked(notebook):
    return {label(cell): cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")}


@functools.cache
def wrong_answers(lesson):
    file = ROOT / "tests" / "exercises" / f"wrong_{lesson[:2]}.py"
    spec = importlib.util.spec_from_file_location(f"wrong_{lesson[:2]}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WRONG


def run(cell, names):
    source = cell if isinstance(cell, str) else cell.source
    exec(compile(source, f"<{source.splitlines()[0]}>", "exec"), names)


@functools.cache
def played(lesson):
    """Names that are known before each task of a solution notebook, and what each check said in the end."""
    names, before, said = {"__name__": "__main__"}, {}, {}
    module = LESSONS[lesson]
    for cell in load("solutions", lesson).cells:
        if cell.cell_type != "code":
            continue
        if label(cell) in answers(load("solutions", lesson)):
            before[label(cell)] = dict(names)
        run(cell, names)
        if label(cell):
            task = getattr(module, label(cell).removeprefix("test_"))
            said[label(cell)] = task.last
    return before, said, names


def answered(lesson, task, cell):
    """What the check says to another answer in the cell of a task."""
    task.last = None  # the cell has to call the check itself
    run(cell, dict(played(lesson)[0][task.name]))
    return task.last


# --- what is looked for: complaints -------------------------------------------------------------------


def disagreements(module, solution):
    """Where the tasks and the solution notebook do not list the same."""
    tasks = checks.tasks_of(module)
    found = [
        f"{name} is called {task.name}" for name, task in vars(module).items() if task in tasks and name != task.name
    ]
    found += [f"{task.name} belongs to {task.lesson}" for task in tasks if task.lesson != module.LESSON]
    if list(answers(solution)) != [task.name for task in tasks]:
        found.append(f"the notebook has {list(answers(solution))}, the module {[task.name for task in tasks]}")
    order = [label(cell) for cell in solution.cells if label(cell)]
    if order != [name for task in tasks for name in (task.name, f"test_{task.name}")]:
        found.append(f"the order is {order}, not NAME, test_NAME for each task")
    for task in tasks:
        test = locked(solution).get(f"test_{task.name}")
        if test is None:
            continue
        meta, name = test.metadata["nbgrader"], task.name
        if meta["points"] != task.points or not meta["locked"]:
            found.append(f"{name}: {meta['points']} points in the notebook, {task.points} in the module")
        if test.source != f"assert tasks.{name}.check({name}), tasks.{name}.why":
            found.append(f"{name}: the test is {test.source!r}")
        if (
            name in answers(solution)
            and answers(solution)[name].source.splitlines()[-1] != f"tasks.{name}.check({name})"
        ):
            found.append(f"{name}: the last line of its cell is not tasks.{name}.check({name})")
    text = "\n".join(cell.source for cell in solution.cells if cell.cell_type == "markdown")
    for task in tasks:
        points = f"({task.points} point{'s' if task.points > 1 else ''}"
        if points not in text:
            found.append(f"{task.name}: no heading says {points})")
    if f"import lesson_{module.LESSON[:2]} as tasks" not in solution.cells[1].source:
        found.append("the setup cell does not import its tasks")
    return found


def not_stubs(released):
    """Cells of an exercise, run as it was released, that say anything else than: not attempted."""
    found = []
    for number, cell in enumerate(released.cells):
        if cell.cell_type != "code":
            continue
        errors = [f"{out.ename}: {out.evalue}" for out in cell.outputs if out.output_type == "error"]
        errors += [out.text for out in cell.outputs if out.get("name") == "stderr"]
        if label(cell) in locked(released):
            if not (len(errors) == 1 and errors[0].startswith("AssertionError: not attempted")):
                found.append(f"the locked cell {label(cell)} gives {errors}")
            continue
        found += [f"cell {number}: {error}" for error in errors]
        if label(cell) in answers(released):
            shown = [out.data["text/plain"] for out in cell.outputs if out.output_type == "execute_result"]
            if not (shown and shown[-1].startswith("not attempted")):
                found.append(f"{label(cell)}: shows {shown}")
    return found


def leaks(released, module):
    """Solutions that can be read in an exercise."""
    text = "\n".join(cell.source for cell in released.cells)
    found = ["a solution region"] if re.search("BEGIN SOLUTION|END SOLUTION|HIDDEN", text) else []
    for task in checks.tasks_of(module):
        for line in str(task.solution()).splitlines():
            given = re.match(r"def |\s*\"\"\"|from |import ", line)
            if len(line.strip()) > 20 and not given and line.strip() in answers(released)[task.name].source:
                found.append(f"{task.name}: {line.strip()}")
    return found


def mistaken(task, outcome, wrong):
    """How the check's word on a wrong answer differs from what it should be."""
    if outcome is None:
        return [f"{task.name}: {wrong} never reached the check"]
    if outcome.status != "not yet":
        return [f"{task.name}: {wrong} is {outcome.status}"]
    return [] if re.search(wrong.says, str(outcome)) else [f"{task.name}: {wrong.says!r} is not in {str(outcome)!r}"]


def gaps(task, wrongs, reasons):
    """What a task lacks."""
    found = [] if len(wrongs) >= 2 else [f"{task.name}: {len(wrongs)} wrong answers, at least 2 are needed"]
    found += [
        f"{task.name}: no wrong answer meets the mistake {words!r}" for words in task.mistakes if words not in reasons
    ]
    if not (1 <= len(task.hints) <= 3 and task.points >= 1 and task.title):
        found.append(f"{task.name}: hints, points or title are missing")
    return found


# --- every lesson and every task ------------------------------------------------------------------------


def test_lessons_solutions_and_exercises_are_the_same_ones():
    assert list(LESSONS) == sorted(LESSONS) and "01_optimal_control" in LESSONS
    for folder in ("solutions", "exercises"):
        assert sorted(p.relative_to(ROOT / folder).as_posix() for p in notebooks(folder)) == [
            f"{n}/{n}.ipynb" for n in LESSONS
        ]
    for name, module in LESSONS.items():
        assert module.__name__ == f"hlp_edu.checks.lesson_{name[:2]}"
        assert (ROOT / "lessons" / f"{name}.ipynb").is_file()


def notebooks(folder):
    return [p for p in (ROOT / folder).rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts]


@each_lesson
def test_the_exercise_is_what_the_solutions_give(lesson):
    made = exercise(path("solutions", lesson)).encode()
    assert path("exercises", lesson).read_bytes() == made, "run: hlp-edu release"


@each_lesson
def test_no_escape_has_eaten_a_formula(lesson):
    """A backslash and a letter, read as an escape, leave an invisible character in a text."""
    for cell in load("solutions", lesson).cells:
        assert not [mark for mark in cell.source if ord(mark) < 32 and mark != "\n"], cell.source[:200]


@each_lesson
def test_tasks_and_notebook_list_the_same(lesson):
    assert disagreements(LESSONS[lesson], load("solutions", lesson)) == []


@each_lesson
def test_there_are_three_to_five_tasks(lesson):
    assert 3 <= len(checks.tasks_of(LESSONS[lesson])) <= 5


@each_lesson
def test_the_points_of_a_notebook_are_ten(lesson):
    assert sum(task.points for task in checks.tasks_of(LESSONS[lesson])) == 10


@each_lesson
def test_the_links_go_to_the_lesson_and_on_to_the_next(lesson):
    """The first cell leads to the lesson, the last one back to it and on; after 16 to the map."""
    first, last = (
        [Path(link).stem for link in re.findall(r"\]\(([^)]*\.ipynb)\)", cell.source)]
        for cell in (load("solutions", lesson).cells[0], load("solutions", lesson).cells[-1])
    )
    names = [*LESSONS, "00_start_here"]
    assert first[0] == lesson and f"Exercises for lesson {lesson[:2]}" in load("solutions", lesson).cells[0].source
    assert {lesson, names[names.index(lesson) + 1]} <= set(last) <= {lesson, *names[names.index(lesson) + 1 :]}


@each_lesson
def test_the_exercise_as_released_is_not_attempted(lesson):
    released = load("exercises", lesson)
    refresh.execute(released)
    assert not_stubs(released) == []


@each_lesson
def test_the_exercise_gives_nothing_away(lesson):
    assert leaks(load("exercises", lesson), LESSONS[lesson]) == []


@each_lesson
def test_the_solutions_are_correct(lesson):
    notebook, (_, said, _) = load("solutions", lesson), played(lesson)
    assert {name: str(outcome) for name, outcome in said.items() if not outcome} == {}
    assert said.keys() == answers(notebook).keys() | locked(notebook).keys()
    for name, cell in answers(notebook).items():  # as they were when the notebook was run
        assert cell.outputs[-1].data["text/plain"].startswith("correct"), name


@each_task
def test_the_solution_that_is_shown_is_the_one_that_is_correct(lesson, task):
    shown, solved = str(task.solution()), ast.parse(answers(load("solutions", lesson))[task.name].source)
    assert shown and "SOLUTION" not in shown
    rest = [ast.unparse(step) for step in solved.body]
    assert rest.pop() == f"tasks.{task.name}.check({task.name})"
    assert ast.unparse(ast.parse(shown)) == "\n".join(step for step in rest if step != f"{task.name} = ...")


@each_task
def test_wrong_answers_are_refused_with_the_right_words(lesson, task):
    wrongs, solution = wrong_answers(lesson)[task.name], answers(load("solutions", lesson))[task.name].source
    said = [answered(lesson, task, wrong.cell(task.name, solution)) for wrong in wrongs]
    assert [c for wrong, outcome in zip(wrongs, said, strict=True) for c in mistaken(task, outcome, wrong)] == []
    assert gaps(task, wrongs, {outcome.reason for outcome in said}) == []


@each_lesson
def test_what_a_check_computes_is_not_for_answers(lesson):
    """Its functions refuse whoever is outside, in a cell or in an answer; so does the right value."""
    module = LESSONS[lesson]
    own = {name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    asked = [value for name, value in own.items() if name not in module.__all__ and not isinstance(value, type)]
    asked += [task.expected for task in checks.tasks_of(module) if task.expected]
    assert len(asked) > 5
    for function in asked:
        with pytest.raises(Refused, match="asks the check for the right value"):
            function()
        with pytest.raises(Refused, match="asks the check for the right value"):
            list(map(function, [1]))
    for task in checks.tasks_of(module):
        if isinstance(task, checks.Function) and task.expected:
            for answer in (
                task.expected,
                functools.partial(task.expected),
                lambda *given, it=task: it.expected(*given),
            ):
                assert "asks the check for the right value" in task.check(answer).reason


@each_lesson
def test_wrong_answers_are_for_tasks_that_exist(lesson):
    assert set(wrong_answers(lesson)) == {task.name for task in checks.tasks_of(LESSONS[lesson])}


@each_task
def test_hints_are_sentences(lesson, task):
    for text in task.hints:
        assert text[0].isupper() or text[0] == "`" or "'" in text[:3], text
        assert text.endswith((".", "?")), text
    for words in task.mistakes:
        assert not words.endswith(".") and not words[0].isupper() or words[1:2].isupper(), words


NUMBERS = (int, float, complex, np.number, np.ndarray)


def as_lists(value):
    """Nested lists for arrays, (1, 1) for a number, a list for a pair, 1 for True."""
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (tuple, list)):
        return [as_lists(part) if not isinstance(part, (int, float)) else part for part in value]
    if isinstance(value, np.ndarray) and value.ndim:
        return value.tolist()
    return np.array([[value]]) if isinstance(value, NUMBERS) else value


def in_form(change):
    """The same value with every number and array changed, inside pairs too."""

    def form(value):
        if isinstance(value, (tuple, list)) and not all(isinstance(part, str) for part in value):
            return tuple(map(form, value))
        return change(np.asarray(value)) if isinstance(value, NUMBERS) and not isinstance(value, bool) else value

    return form


def narrow(array):
    return array.astype(np.complex64 if np.iscomplexobj(array) else np.float32)


FORMS = {
    "lists": as_lists,
    "float32": in_form(narrow),
    "complex": in_form(lambda array: array + 0j),
    "one-element arrays": lambda value: (
        np.array([value]) if isinstance(value, NUMBERS) and not np.ndim(value) else value
    ),
}


@each_task
def test_a_right_answer_in_an_unusual_form_is_right(lesson, task):
    answer = played(lesson)[2][task.name]
    if not isinstance(task, (checks.Value, checks.Function)):
        pytest.skip("the answer is a policy")
    if not callable(answer):
        assert {name: task.why for name, form in FORMS.items() if not task.check(form(answer))} == {}
        return
    drawn = list(task.inputs(np.random.default_rng(0)))  # then another form at every call; else one for the whole check
    for forms in [list(FORMS.values())] if drawn else [[as_lists], [FORMS["float32"]]]:
        forms = itertools.cycle(forms)

        @functools.wraps(answer)
        def other(*given, forms=forms, **named):
            return next(forms)(answer(*given, **named))

        assert task.check(other), task.why


# Tasks whose cases are all in the text of the task, or are worlds that the lesson names.
ON_SHOW = {"14": ("forecaster",)}  # it takes no arguments, and returns two functions


@each_task
def test_a_lookup_of_another_session_is_refused(lesson, task):
    """What was right for the cases of one session, call by call, is not right for those of another."""
    answer = played(lesson)[2][task.name]
    if not isinstance(task, checks.Function) or task.name in ON_SHOW.get(lesson[:2], ()):
        pytest.skip("no function, or its cases are no secret")
    kept = []

    @functools.wraps(answer)
    def keeps(*given, **named):
        kept.append(answer(*given, **named))
        return kept[-1]

    assert task.check(keeps), task.why
    before, table = checks.seed(), itertools.cycle(kept)
    try:
        checks.seed(before + 1)
        assert not task.check(functools.wraps(answer)(lambda *given, **named: next(table)))
    finally:
        checks.seed(before)


def test_run_all_goes_through_a_half_finished_notebook():
    notebook = load("exercises", FIRST)
    answers(notebook)["change"].source = "change = -0.03\ntasks.change.check(change)"
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    failed = [label(cell) for cell in notebook.cells if any(o.output_type == "error" for o in cell.get("outputs", ()))]
    assert failed and set(failed) <= set(locked(notebook))


# --- the tests themselves ---------------------------------------------------------------------------------


def edited(folder, edit):
    notebook = copy.deepcopy(load(folder, FIRST))
    edit(notebook)
    return notebook


def drop(name):
    def edit(notebook):
        notebook.cells = [cell for cell in notebook.cells if label(cell) != name]

    return edit


def put(name, **change):
    def edit(notebook):
        (cell,) = (cell for cell in notebook.cells if label(cell) == name)
        cell.source = change.pop("source", cell.source)
        cell.metadata["nbgrader"] |= change

    return edit


def reimport(notebook):
    notebook.cells[1].source = "import numpy"


def unscored(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace("(2 points", "(two")


@pytest.mark.parametrize(
    "edit",
    [
        drop("steer"),
        drop("test_steer"),
        put("test_steer", points=1),
        put("test_steer", locked=False),
        put("test_steer", source="assert True"),
        put("steer", source="steer = 1"),
        put("steer", grade_id="sail"),
        lambda notebook: notebook.cells.reverse(),
        reimport,
        unscored,
    ],
)
def test_a_notebook_that_disagrees_is_found(edit):
    assert disagreements(LESSONS[FIRST], edited("solutions", edit)) != []


def test_a_task_of_the_wrong_name_or_lesson_is_found():
    task = copy.copy(LESSONS[FIRST].change)
    task.lesson = "02_x"
    module = types.SimpleNamespace(LESSON=FIRST, other=task)
    found = disagreements(module, load("solutions", FIRST))
    assert "other is called change" in found and "change belongs to 02_x" in found


def test_stubs_that_are_none_are_found():
    """Each of these in the cell of another task, of one notebook that is run once."""
    names = [task.name for task in checks.tasks_of(LESSONS[FIRST])]

    def edit(notebook):
        for name, source in zip(names, ("1.0\ntasks.{0}.check({0})", "...", "1 / 0"), strict=False):
            put(name, source=f"{name} = {source.format(name)}")(notebook)
        put(f"test_{names[3]}", source="assert True")(notebook)
        put(f"test_{names[4]}", source="assert False")(notebook)

    notebook = edited("exercises", edit)
    refresh.execute(notebook)
    found = "\n".join(not_stubs(notebook))
    for name in (*names[:3], f"test_{names[3]}", f"test_{names[4]}"):
        assert re.search(rf"\b{name}\b", found), (name, found)


def test_a_solution_in_an_exercise_is_found():
    assert leaks(load("solutions", FIRST), LESSONS[FIRST])[:2] == [
        "a solution region",
        "change: change = 0.05 * best.p[300, 0]",
    ]


def test_a_check_that_accepts_or_misnames_a_wrong_answer_is_found():
    task, solution = LESSONS[FIRST].best_push, answers(load("solutions", FIRST))["best_push"].source

    def complaint(wrong):
        return mistaken(task, answered(FIRST, task, wrong.cell("best_push", solution)), wrong)

    assert "is correct" in complaint(swap("-b * p", "-p * b", says="b"))[0]
    assert "is not in" in complaint(swap("-b", "b", says="factor"))[0]
    assert "is not attempted" in complaint(write("best_push = ...", says="b"))[0]
    assert "never reached" in mistaken(task, answered(FIRST, task, "best_push = 3"), swap(says="b"))[0]
    with pytest.raises(ValueError, match="does not stand in the solution"):
        swap("nowhere", "here", says="b").cell("best_push", solution)


def test_a_task_with_too_little_is_found():
    task = LESSONS[FIRST].best_push
    assert "1 wrong answers" in gaps(task, [None], set(task.mistakes))[0]
    assert len(gaps(task, [None, None], set())) == len(task.mistakes)


# --- hlp-edu release --------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path):
    """A teacher's folder with one solution."""
    place = tmp_path / "solutions" / FIRST / f"{FIRST}.ipynb"
    place.parent.mkdir(parents=True)
    place.write_bytes(path("solutions", FIRST).read_bytes())
    return tmp_path


def test_release_makes_what_ships_and_says_so(own, capsys):
    assert cli.main(["release", "--dir", str(own)]) == 0
    assert capsys.readouterr().out == f"exercises/{FIRST}/{FIRST}.ipynb: made\n"
    assert (own / "exercises" / FIRST / f"{FIRST}.ipynb").read_bytes() == path("exercises", FIRST).read_bytes()
    assert cli.main(["release", FIRST, "--dir", str(own)]) == 0
    assert "as it was" in capsys.readouterr().out


def test_release_explains_what_is_missing(own, tmp_path_factory, capsys, monkeypatch):
    assert cli.main(["release", "--dir", str(tmp_path_factory.mktemp("empty"))]) == 1
    assert "holds no solutions/NAME/NAME.ipynb" in capsys.readouterr().err
    assert cli.main(["release", "99_x", "--dir", str(own)]) == 1
    assert f"NAME = '99_x': must be one of '{FIRST}'" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    assert cli.main(["release", "--dir", str(own)]) == 1
    assert re.search(r"needs the extra 'teach' .*nbgrader.* -m pip install .*teach", capsys.readouterr().err)


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("### END SOLUTION", "", "no end"),
        ('"schema_version": 3', '"schema_version": 99', "schema|version"),
        ("{", "[", ""),
    ],
)
def test_release_refuses_a_notebook_that_is_not_in_order(own, capsys, old, new, said):
    place = own / "solutions" / FIRST / f"{FIRST}.ipynb"
    place.write_text(place.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert cli.main(["release", "--dir", str(own)]) == 1
    assert re.search(f"cannot be released.*({said})", capsys.readouterr().err, re.S)
    assert not (own / "exercises").exists()
