"""The teacher's bank: solutions pass, stubs are not attempted, mistakes are named, and nothing secret gets out."""

import csv
import functools
import importlib.util
import json
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

import nbformat
import pytest

from hlp_edu import checks
from hlp_edu.checks.record import Record, pack, record
from hlp_edu.course import cli
from hlp_edu.course.files import DELIVERED
from hlp_edu.course.teaching import bank, contained
from hlp_edu.course.teaching.release import exercise

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ["a class", "another class", "a third class"]
LESSONS = sorted(f"{path.stem[7:9]}" for path in (ROOT / "bank").glob("lesson_*.py"))
each_lesson = pytest.mark.parametrize("number", LESSONS)


@functools.cache
def drawn(seed):
    """The items and the notebook with solutions of each lesson, by its number."""
    found = bank.read_items(ROOT / "bank", seed)
    return {lesson[:2]: (items, bank.notebook_of(lesson, items)) for lesson, items in found.items()}


@functools.cache
def students(number):
    """The notebook that students get."""
    items, solved = drawn(SEEDS[0])[number]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bank.ipynb"
        nbformat.write(solved, path)
        return nbformat.reads(exercise(path), as_version=4)


def code(notebook, name):
    return next(cell.source for cell in notebook.cells if cell.id == f"{name}-answer")


def run(notebook, names, of=None):
    """Run the cells before the tests, up to the answer of a task."""
    for cell in notebook.cells:
        if of and cell.id == f"{of}-answer":
            return names
        if cell.cell_type == "code" and not cell.id.endswith("-test"):
            exec(cell.source, names)
    return names


@functools.cache
def wrong_answers(number):
    spec = importlib.util.spec_from_file_location(
        f"bank_wrong_{number}", ROOT / "tests" / "bank" / f"wrong_{number}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WRONG


# --- every task ------------------------------------------------------------------------------------------


@each_lesson
def test_the_solutions_pass_whatever_is_drawn(number):
    for seed in SEEDS:
        bank.prove(*drawn(seed)[number])


@each_lesson
def test_a_stub_is_not_attempted_in_public_and_in_secret(number):
    items, _ = drawn(SEEDS[0])[number]
    names = run(students(number), {})
    for item in items:
        assert names["tasks"].__dict__[item.name].last.status == "not attempted"
        assert bank.judged(item, names[item.name]).status == "not attempted"


@each_lesson
def test_wrong_answers_are_refused_with_the_right_words(number):
    items, solved = drawn(SEEDS[0])[number]
    for item in items:
        wrongs = wrong_answers(number)[item.name]
        before, named = run(solved, {}, of=item.name), set()
        for wrong in wrongs:
            names = dict(before)
            exec(wrong.cell(item.name, code(solved, item.name)), names)
            outcome = bank.judged(item, names[item.name])
            assert outcome.status == "not yet", (item.name, wrong)
            assert re.search(wrong.says, str(outcome)), (item.name, wrong, str(outcome))
            named |= {words for words in item.mistakes if words == outcome.reason}
        assert len(named) >= 3, (item.name, sorted(named))


@each_lesson
def test_mistakes_differ_from_what_is_right(number):
    from hlp_edu.checks.values import copied, near

    for item in drawn(SEEDS[0])[number][0]:
        assert len(item.mistakes) >= 3, item.name
        for words, mistake in item.mistakes.items():
            cases = [(item.expected(*copied(given)), given) for given in item.cases or [()]]
            wrong = [near(mistake(copied(right), *copied(given)), right, item.tolerance) for right, given in cases]
            assert not all(wrong), (item.name, words)


@each_lesson
def test_the_students_notebook_gives_nothing_away(number):
    items, solved = drawn(SEEDS[0])[number]
    given = "\n".join(cell.source for cell in students(number).cells)
    assert "SOLUTION" not in given and "def record" not in given
    for item in items:
        lines = code(solved, item.name).split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0].splitlines()
        assert not [line for line in lines if len(line.strip()) > 20 and line.strip() in given], item.name
        assert not [words for words in item.mistakes if words in given], item.name
        if item.inputs is None:  # a value: it appears nowhere
            assert bank._literal(item.expected()) not in given or isinstance(item.expected(), (bool, int)), item.name
        else:
            assert pack([item.shown()[0]]) not in [pack([case]) for case in item.cases], item.name


def test_there_are_two_tasks_for_each_lesson_and_none_has_a_name_of_the_exercises():
    known = {task.name for module in checks.lessons().values() for task in checks.tasks_of(module)}
    for number, (items, _) in drawn(SEEDS[0]).items():
        assert len(items) == 2, number
        assert not {item.name for item in items} & known
        assert items[0].lesson in checks.lessons() and items[0].lesson[:2] == number


def test_another_seed_draws_other_cases_and_the_same_seed_the_same():
    one, same, other = (bank.read_items(ROOT / "bank", seed) for seed in ("s", "s", "t"))
    for lesson, items in one.items():
        for k, item in enumerate(items):
            assert pack(item.cases) == pack(same[lesson][k].cases) and item.text == same[lesson][k].text
            assert pack(item.cases) != pack(other[lesson][k].cases) or item.text != other[lesson][k].text, item.name


def test_the_bank_is_neither_in_the_wheel_nor_in_the_learner_s_copy():
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    wheel, sources = targets["wheel"], targets["sdist"]
    assert "bank" not in wheel["only-include"] and not any("bank" in name for name in wheel["sources"])
    assert {"/bank", "/tests/bank"} <= set(sources["exclude"])
    assert "bank" not in DELIVERED
    package = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "hlp_edu").rglob("*.py"))
    named = "|".join(item.name for items, _ in drawn(SEEDS[0]).values() for item in items)
    assert re.findall(rf"\b(?:{named})\(", package) == []


# --- what an answer does, as text ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"is": "value"}', '{"is": "function", "names": 3, "calls": [[]]}'])
def test_a_damaged_record_is_refused(text):
    with pytest.raises(ValueError, match="holds no record"):
        Record.read(text).answer()


def test_odd_answers_come_back_as_what_they_are():
    def odd(x):
        return {1: "a"}.keys() if x else object()

    for answer, says in [
        (odd, "must be a number; it is a"),
        (lambda x: 1 / 0, "raised ZeroDivisionError.* on this input: x = "),
        (lambda x: print(x), "prints its answer and returns nothing"),
        (lambda x, y: x, "raised TypeError"),
        (3.0, "is no function but a float"),
        (lambda x: "three", "must be a number; it is a str"),
        (lambda x: [1.0] * 10**6, "must be a number|shape"),
        (lambda x, calls=[]: calls.append(x) or len(calls), "called twice|where .* is right"),
    ]:
        item = bank.Item("t", "", 1, "", lambda x: x + 1.0, {}, inputs=lambda dice: [(2.0,), (3.0,)]).draw(
            "", "f", None
        )
        outcome = bank.judged(item, answer)
        assert outcome.status == "not yet" and re.search(says, str(outcome)), str(outcome)
    assert bank.judged(item, lambda x: [[x + 1]])  # a shape of (1, 1) is a number, too
    assert json.loads(repr(record("f", ..., pack([])))) == {"is": "empty"}


YES = """\
import hlp_edu.checks.record
from hlp_edu.checks.core import Function


class Yes(float):
    def __eq__(self, other):
        return True


def {name}(*given):
    return Yes(0), Yes(0)


Function.check = lambda *given: True
try:
    print(open({secret!r}).read())
except OSError as error:
    print("closed:", type(error).__name__)
"""


# --- release, hand in, grade --------------------------------------------------------------------------------


def say(capsys, *words):
    code = cli.main([str(word) for word in words])
    return code, capsys.readouterr()


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_release_three_hand_in_and_the_points_are_right(tmp_path, capsys):
    done, said = say(capsys, "release", "01_optimal_control", "--dir", ROOT, "--bank", tmp_path / "out", "--seed", "us")
    assert done == 0 and "Keep" in said.out, said.err
    secret, given = tmp_path / "out" / "secret", tmp_path / "out" / "students" / "bank_01.ipynb"
    items = bank.read_items(ROOT / "bank", "us", ["01_optimal_control"])["01_optimal_control"]
    solved = nbformat.read(secret / "solutions" / "bank_01" / "bank_01.ipynb", as_version=4)
    assert given.read_bytes() == (secret / "exercises" / "bank_01" / "bank_01.ipynb").read_bytes()
    answers = (secret / "ANSWERS.md").read_text()
    assert all(f"{item.name}: {item.title}" in answers and [*item.mistakes][0] in answers for item in items)
    assert json.loads((secret / "bank.json").read_text())["seed"] == "us"

    half, wrong = nbformat.from_dict(solved), nbformat.read(given, as_version=4)
    half = nbformat.reads(nbformat.writes(solved), as_version=4)
    for cell in half.cells:
        if cell.id == f"{items[1].name}-answer":
            cell.source = YES.format(name=items[1].name, secret=str(secret / "ANSWERS.md"))
    for cell in wrong.cells:
        if cell.id == f"{items[0].name}-answer":
            cell.source = cell.source.replace("# your code here", "return np.zeros(len(x))")
        if cell.id == f"{items[0].name}-test":
            cell.source = "assert True"
    for name, notebook in {"ann": solved, "bob": half, "cem": wrong}.items():
        path = tmp_path / "in" / name / "bank_01.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    shutil.copy(ROOT / "exercises" / "01_optimal_control" / "01_optimal_control.ipynb", tmp_path / "in" / "ann")
    done, said = say(capsys, "grade", tmp_path / "in", "--bank", secret, "--out", tmp_path / "marks")
    assert done == 0, said.err
    rows = {row["student"]: row for row in table(tmp_path / "marks" / "grades.csv")}
    points = [item.points for item in items]
    assert {name: row["points"] for name, row in rows.items()} == {
        "ann": f"{sum(points)}", "bob": f"{points[0]}", "cem": "0"
    }  # fmt: skip
    assert all(row["lesson"] == "bank_01" and row["possible"] == f"{sum(points)}" for row in rows.values())
    marks = {(row["student"], row["task"]): row["said"] for row in table(tmp_path / "marks" / "tasks.csv")}
    assert marks["cem", items[0].name].startswith("not yet, because")
    assert marks["cem", items[1].name].startswith("not attempted")
    assert re.match("not yet, because .* is right", marks["bob", items[1].name])  # equal to everything, and not right
    if contained.landlock():
        assert "closed: PermissionError" in (tmp_path / "marks" / rows["bob"]["feedback"]).read_text()
    page = (tmp_path / "marks" / rows["cem"]["feedback"]).read_text()
    assert "not yet, because" in page and items[0].name in page


def test_nothing_is_overwritten_and_mistakes_are_told(tmp_path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "class" / "ann").mkdir(parents=True)
    (tmp_path / "clone" / "bank").mkdir(parents=True)
    for words, message in [
        (["release", "--bank", tmp_path / "full", "--dir", ROOT], "--bank = .*must be a new or an empty folder"),
        (["release", "--bank", tmp_path / "new", "--dir", tmp_path], "must hold a folder bank"),
        (["release", "99_none", "--bank", tmp_path / "new", "--dir", ROOT], "NAME = '99_none': must be one of '01_opt"),
        (["release", "--bank", tmp_path / "new", "--dir", tmp_path / "clone"], "--dir = .*holds no lesson_NN.py"),
        (["release", "--seed", "x", "--dir", ROOT], "--seed: is for --bank alone"),
        (["grade", tmp_path / "class", "--bank", tmp_path / "full"], "--bank = .*holds no exercises"),
    ]:
        done, said = say(capsys, *words)
        assert done == 1 and re.search(message, said.err), said.err
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"] and not (tmp_path / "new").exists()


def test_a_task_whose_solution_its_own_check_refuses_is_not_released(tmp_path):
    source = tmp_path / "bank" / "lesson_01.py"
    source.parent.mkdir()
    text = (ROOT / "bank" / "lesson_01.py").read_text()
    source.write_text(text.replace("    p[-1] = @code@", "    p[-1] = 77"))
    with pytest.raises(ValueError, match="the solution of last_will is refused: not yet"):
        bank.release(source.parent, tmp_path / "out", "s")
    source.write_text("LESSON = 3\n1 / 0\n")
    with pytest.raises(ValueError, match=r"lesson_01.py: ZeroDivisionError: .*\(line 2\)"):
        bank.release(source.parent, tmp_path / "out", "s")
    assert not (tmp_path / "out").exists()
