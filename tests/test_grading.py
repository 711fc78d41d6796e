"""A class hands in: right, wrong, late, lost and hostile; every submission gets a row with points or a reason."""

import contextlib
import copy
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from hlp_edu import checks
from hlp_edu.course import cli
from hlp_edu.course.files import find_course
from hlp_edu.course.progress import progress, states_of
from hlp_edu.course.teaching import grading

ROOT = Path(__file__).resolve().parents[1]
LESSON = "01_optimal_control"
OTHER = "02_linear_quadratic_tracking"
TASKS = {task.name: task for task in checks.tasks_of(checks.lessons()[LESSON])}
ALL = sum(task.points for task in TASKS.values())


def load(folder):
    return nbformat.read(ROOT / folder / LESSON / f"{LESSON}.ipynb", as_version=4)


def cell(notebook, label):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == label)


def drop(notebook, *labels):
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in labels]


@pytest.fixture
def right():
    return load("solutions")


@pytest.fixture
def empty():
    return load("exercises")


# --- putting a submission back into the form in which it was given out -------------------------------


def test_an_honest_submission_needs_nothing(right, empty):
    before = copy.deepcopy(right)
    assert grading.restore(right, empty) == []
    assert [c.source for c in right.cells] == [c.source for c in before.cells]


def test_a_changed_test_cell_is_put_back(right, empty):
    cell(right, "test_steer").source = "assert True"
    assert "'test_steer' had been changed" in grading.restore(right, empty)[0]
    assert cell(right, "test_steer").source == cell(empty, "test_steer").source


def test_deleted_cells_are_put_back_in_their_places(right, empty):
    drop(right, "change", "test_change", "test_costates", "steer", "test_steer")
    notes = grading.restore(right, empty)
    labels = [c.metadata.nbgrader.grade_id for c in right.cells if "nbgrader" in c.metadata]
    assert len(notes) == 5 and labels == [c.metadata.nbgrader.grade_id for c in empty.cells if "nbgrader" in c.metadata]


CLUMSY = {  # what students do with the cells; nothing of it costs points
    "cells in a new notebook": lambda n: [c.update(id=f"new{k}", metadata={}) for k, c in enumerate(n.cells)],
    "own cells in the place of answers": lambda n: [
        cell(n, name).update(id=f"mine-{len(name)}", metadata={}) for name in ("costates", "gradient", "steer")
    ],
    "answers in one cell at the top": lambda n: one_cell(n, n.cells.index(cell(n, "change")), *TASKS),
    "two answers in one cell": lambda n: one_cell(n, n.cells.index(cell(n, "change")), "change", "best_push"),
    "an answer in its test": lambda n: cell(n, "test_steer").update(source=cell(n, "steer").source) or drop(n, "steer"),
    "tests before answers": lambda n: n.cells.sort(key=lambda c: c.metadata.get("nbgrader", {}).get("solution", 0)),
    "answers alone": lambda n: drop(n, *(f"test_{name}" for name in TASKS)) or one_cell(n, -1, *TASKS),
    "names lost, an answer of another task before the test": lambda n: (
        [c.update(id=f"new{k}", metadata={}) for k, c in enumerate([*reversed(n.cells)])]
        and n.cells.sort(key=lambda c: c.source.startswith("def steer"))
    ),
    "imports at the end": lambda n: n.cells.append(n.cells.pop(n.cells.index(first_code(n)))),
    "imports as text": lambda n: (
        [first_code(n).pop(key) for key in ("outputs", "execution_count")]
        and first_code(n).update(cell_type="markdown")
    ),
}


def first_code(notebook):
    return next(c for c in notebook.cells if c.cell_type == "code")


def one_cell(notebook, at, *names):
    """Put these answers into a new cell; their own are deleted."""
    made = nbformat.v4.new_code_cell("\n\n".join(cell(notebook, name).source for name in names))
    drop(notebook, *names)
    notebook.cells.insert(at, made)


@pytest.mark.parametrize("edit", CLUMSY.values(), ids=CLUMSY)
def test_every_answer_counts_and_is_run_before_its_test(right, empty, edit):
    given = [c.source for c in empty.cells if c.cell_type == "code" and "nbgrader" not in c.metadata]
    answers = {name: cell(right, name).source for name in TASKS}
    edit(right)
    assert grading.which_lesson(right, {LESSON: empty}) == LESSON
    grading.restore(right, empty)
    nbformat.validate(right)
    code = [c.source for c in right.cells if c.cell_type == "code"]
    assert not {cell(empty, name).source for name in TASKS} & set(code), "no stub undoes an answer"
    assert code.index(given[0]) < min(k for k, source in enumerate(code) if source not in given)
    for name, source in answers.items():
        test = code.index(cell(empty, f"test_{name}").source)
        assert any(source in one for one in code[:test]), name


@pytest.mark.parametrize("seed", range(60))
def test_no_answer_is_lost_whatever_is_done_to_the_cells(right, empty, seed):
    dice = random.Random(seed)
    answers = {name: cell(right, name).source for name in TASKS}
    for what in dice.sample(["names", "swap", "move", "copy", "stub", "scratch", "shuffle", "tests"], 4):
        cells, at, to = right.cells, *dice.sample(range(len(right.cells)), 2)
        if what == "names":
            for k, c in enumerate(cells):
                c.update(id=f"new{k}", metadata={})
        elif what == "swap":
            cells[at], cells[to] = cells[to], cells[at]
        elif what == "move":
            cells.insert(to, cells.pop(at))
        elif what == "shuffle" and seed % 4 == 0:
            dice.shuffle(cells)
        elif what == "tests":
            drop(right, *(f"test_{name}" for name in TASKS if dice.random() < 0.3))
        else:
            stub = cell(empty, dice.choice(list(TASKS)))
            one = {"copy": cells[at], "stub": stub}.get(what, nbformat.v4.new_code_cell("y = 3"))
            cells.insert(to, copy.deepcopy(one))
    grading.restore(right, empty)
    nbformat.validate(right)
    for name, source in answers.items():
        (test,) = (k for k, c in enumerate(right.cells) if c is cell(right, f"test_{name}"))
        before = [c.source for c in right.cells[:test]]
        assert source in before and cell(empty, name).source not in before[before.index(source) :], name


@pytest.mark.parametrize("text", ["My reasons.", "", "Write here."])
def test_a_written_answer_stays_as_it_is(right, empty, text):
    essay = dict(grade=True, solution=True, locked=False, grade_id="essay", points=2, schema_version=3)
    for notebook, source in ((right, text), (empty, "Write here.")):
        notebook.cells.append(nbformat.v4.new_markdown_cell(source, id="essay", metadata={"nbgrader": essay}))
    assert grading.restore(right, empty) == []
    assert cell(right, "essay").source == text and cell(right, "essay").metadata.nbgrader.points == 2


def test_the_same_answers_are_noted_wherever_they_stand(right, empty):
    twins = [grading.Submission(name, LESSON, Path(name), notebook=copy.deepcopy(right)) for name in ("ann", "bob")]
    for twin in twins:
        answers = "\n\n".join(cell(twin.notebook, name).source for name in TASKS)
        for name in TASKS:
            cell(twin.notebook, name).source = cell(empty, name).source
        twin.notebook.cells.insert(0, nbformat.v4.new_code_cell(answers))
        grading.restore(twin.notebook, empty)
    grading._note_equals(twins, {LESSON: empty})
    assert ["the same answers as bob" in note for note in twins[0].notes] == [True]


def test_a_page_has_no_link_that_runs_something():
    text = "[a](javascript:x) [b]( JavaScript:x) [c](java&Tab;script:x) [d][e] <b>\n\n[e]: javascript:x\n[f](https://a.org)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    shown = grading._for_browsers(notebook).cells[0].source
    assert "<" not in shown and "](https://a.org)" in shown and shown.count("](") == 1 and "]:" not in shown


def test_what_is_no_exercise_is_refused_and_gets_no_points(empty):
    with pytest.raises(grading.Unknown, match="grade it by hand"):
        grading.restore(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]), empty)


@pytest.mark.parametrize(
    "code, words",
    [
        ("np.random.seed(0)\nre.compile('a')\nclass Case:\n    expected = 3\n    # nbgrader said so", []),
        ("x = '''\n#'''; tasks.steer.check = max", ["changes or inspects the checks"]),
        ("t = tasks.steer; t.expected()", ["names the value that a check expects (.expected)"]),
        ("vars(vars(tasks)['steer'])['check'] = max", ["changes or inspects the checks"]),
        ("np.abs = max", ["changes what it imported"]),
        ("    q.LQTracking.optimal = max", ["changes what it imported"]),
        ("os.posix_spawn('/bin/sh', [], {})", ["starts or ends processes"]),
        ("hlp_edu.__path__.insert(0, '.')", ["reaches into how cells are run"]),
        ("# " + "tasks." * 100_000, []),
        ("x = " + "tasks." * 100_000, []),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_a_teacher_may_want_to_look_at(right, empty, code, words):
    begun = time.monotonic()
    right.cells.append(nbformat.v4.new_code_cell(code))
    assert [note.removeprefix("to look at: the code ") for note in grading.remarks(right, empty)] == words
    assert time.monotonic() - begun < 5  # seconds; a pattern that goes back and forth takes hours


def test_marks_that_an_editor_dropped_are_found_again(right, empty):
    for c in right.cells:
        c.metadata.pop("nbgrader", None)
    assert grading.which_lesson(right, {LESSON: empty}) == LESSON
    assert grading.restore(right, empty) == []
    assert cell(right, "gradient").source == cell(load("solutions"), "gradient").source


def test_given_code_that_was_changed_runs_once_more_as_given(right, empty):
    given = next(c for c in empty.cells if c.cell_type == "code" and "nbgrader" not in c.metadata)
    mine = next(c for c in right.cells if c.id == given.id)
    mine.source += "\nimport math"
    assert "had been changed: run once more" in grading.restore(right, empty)[0]
    sources = [c.source for c in right.cells]
    at = sources.index(given.source + "\nimport math")
    assert sources[at + 1] == given.source and len({c.id for c in right.cells}) == len(right.cells)


def test_given_code_that_was_deleted_is_put_back(right, empty):
    given = next(c for c in empty.cells if c.cell_type == "code" and "nbgrader" not in c.metadata)
    right.cells = [c for c in right.cells if c.id != given.id]
    assert "was missing" in grading.restore(right, empty)[0]
    assert given.source in [c.source for c in right.cells]


def test_a_copied_cell_is_scratch_paper(right, empty):
    right.cells.append(copy.deepcopy(cell(right, "steer")))
    assert grading.restore(right, empty) == []
    assert sum(c.metadata.get("nbgrader", {}).get("grade_id") == "steer" for c in right.cells) == 1
    nbformat.validate(right)


def test_points_and_locks_are_ours(right, empty):
    cell(right, "test_change").metadata.nbgrader.points = 100
    cell(right, "change").metadata.nbgrader |= {"grade": True, "points": 100, "locked": True}
    grading.restore(right, empty)
    assert cell(right, "test_change").metadata.nbgrader.points == 1
    assert cell(right, "change").metadata.nbgrader == cell(empty, "change").metadata.nbgrader


# --- finding out what was handed in --------------------------------------------------------------------


def write(place, notebook):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook), encoding="utf-8")


def test_what_lies_in_a_folder_of_submissions(tmp_path, right, empty):
    released = {LESSON: empty}
    write(tmp_path / "ann" / "deep" / "my homework.ipynb", right)
    write(tmp_path / f"bob_{LESSON}.ipynb", right)
    write(tmp_path / "cem" / f"{LESSON}.ipynb", "{ no")
    write(tmp_path / "dia" / "poem.txt", "roses")
    write(tmp_path / "eva" / "other.ipynb", nbformat.v4.new_notebook())
    write(tmp_path / "eva" / "00_start_here.ipynb", nbformat.v4.new_notebook())
    write(tmp_path / "eva" / ".ipynb_checkpoints" / f"{LESSON}.ipynb", right)
    found = {one.student: one for one in grading.find_submissions(tmp_path, released, ["00_start_here"])}
    assert list(found) == ["ann", "bob", "cem", "dia", "eva"]
    assert [found[name].lesson for name in ("ann", "bob")] == [LESSON, LESSON]
    assert "holds no notebook (JSONDecodeError" in found["cem"].notes[0]
    assert "no exercise notebook in this folder, only poem.txt" in found["dia"].notes[0]
    assert "nothing in it tells" in found["eva"].notes[0]


@pytest.mark.parametrize(
    "name, student",
    [
        ("mia_123_4_LESSON-1.ipynb", "mia_123_4"), ("Copy of mia_LESSON (1).ipynb", "mia"),
        ("team-3_LESSON.ipynb", "team-3"), ("LESSON_mia.ipynb", "mia"), ("m\u3000i_LESSON.ipynb", "m\u3000i"),
        ("homework (1).ipynb", "homework (1)"),
        ("m\u200ci_LESSON.ipynb", "m\u200ci"), ("m\u202ei_LESSON.ipynb", "m\\u202ei"),
    ],
)  # fmt: skip
def test_the_name_of_a_student_is_what_a_platform_left_of_it(tmp_path, right, empty, name, student):
    write(tmp_path / name.replace("LESSON", LESSON), right)
    write(tmp_path / "__MACOSX" / "._x.ipynb", "")
    assert [one.student for one in grading.find_submissions(tmp_path, {LESSON: empty})] == [student]


def test_a_notebook_that_is_named_only_by_its_ending_has_a_row(tmp_path, right, empty):
    write(tmp_path / ".ipynb", right)
    (one,) = grading.find_submissions(tmp_path, {LESSON: empty})
    assert one.notes == [".ipynb: its name begins with a dot"]


def test_an_update_beside_the_work_is_not_graded(tmp_path, right, empty):
    for name, notebook in ((LESSON, right), (f"{LESSON}.new", empty)):
        write(tmp_path / "ann" / f"{name}.ipynb", notebook)
        os.utime(tmp_path / "ann" / f"{name}.ipynb", (1e9, 1e9))
    kept, other = grading.find_submissions(tmp_path, {LESSON: empty})
    assert kept.status == "to grade" and f"was graded: {LESSON}.ipynb" in other.notes[0]


def test_a_notebook_of_two_lessons_says_so(tmp_path, right, empty):
    other = nbformat.read(ROOT / "solutions" / OTHER / f"{OTHER}.ipynb", as_version=4)
    for c in right.cells:
        c.metadata.pop("nbgrader", None)
    right.cells += other.cells[:1] + [c for c in other.cells if "nbgrader" in c.metadata][:4]
    write(tmp_path / "ann" / "homework.ipynb", right)
    (one,) = grading.find_submissions(tmp_path, {LESSON: empty, OTHER: other})
    assert one.lesson == LESSON and f"holds cells of {OTHER} too" in one.notes[0]


def test_the_newest_of_two_counts(tmp_path, right, empty):
    write(tmp_path / "ann" / "old.ipynb", empty)
    write(tmp_path / "ann" / "new.ipynb", right)
    os.utime(tmp_path / "ann" / "old.ipynb", (1, 1))
    new, old = grading.find_submissions(tmp_path, {LESSON: empty})
    assert (new.status, old.status) == ("to grade", "not graded") and "new.ipynb" in old.notes[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', '{"nbformat": 4, "cells": [{}]}', "\x00\x01"])
def test_damaged_files_are_told_in_one_line(tmp_path, text):
    write(tmp_path / "x.ipynb", text)
    with pytest.raises(ValueError, match=r"^x\.ipynb: holds no notebook") as caught:
        grading.read_notebook(tmp_path / "x.ipynb")
    assert "\n" not in str(caught.value)


def test_students_have_folders_of_their_own():
    names = grading._student_ids(
        [grading.Submission(name, "", Path()) for name in ("Ann B", "Ann_B", "../x", "Åsa", "***")]
    )
    assert len(set(names.values())) == 5 and all("/" not in name and name.strip(".") for name in names.values())


def test_a_spreadsheet_is_given_no_formula():
    assert grading._harmless("=1+1") == "'=1+1" and grading._harmless("Ann") == "Ann" and grading._harmless("") == ""


# --- a class of every kind, through nbgrader ---------------------------------------------------------------

LOOP = "def best_push(p, b, r):\n    while True:\n        pass"  # its test runs it
STUBBORN = "import signal\n\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + LOOP + "\n\n\nbest_push(1, 1, 1)"


def hand_in(folder):
    """A submission of every kind, and what each should get: points, or words of the reason."""
    wanted = {}

    def put(student, wants, edit=lambda notebook: None, of="solutions", name=f"{LESSON}.ipynb"):
        notebook = load(of)
        text = edit(notebook)
        write(folder / student / name, text or notebook)
        wanted[student] = wants

    def without(*names):
        return ALL - sum(TASKS[name].points for name in names)

    def answer(label, source):
        return answers({label: source})

    def answers(sources):
        def edit(notebook):
            for label, source in sources.items():
                cell(notebook, label).source = source

        return edit

    def more_points(notebook):
        drop(notebook, "test_costates", "test_steer")
        cell(notebook, "test_gradient").metadata.nbgrader["points"] = 99

    def other_editor(notebook):
        """No marks, no ids, lines as on Windows, a photo as an attachment: JSON of an older format."""
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell("![image.png](attachment:image.png)"))
        data = json.loads(nbformat.writes(notebook)) | {"nbformat_minor": 2}
        for one in data["cells"]:
            one["metadata"].pop("nbgrader", None)
            one |= {"source": "".join(one["source"]).replace("\n", "\r\n")}
            del one["id"]
        return json.dumps(data)

    def much(notebook):
        """Much output; and texts of which a slow pattern would never see the end."""
        notebook.cells.append(nbformat.v4.new_markdown_cell("<b>" * 400_000))
        notebook.cells.append(nbformat.v4.new_code_cell("# " + "tasks." * 40_000))
        cell(notebook, "change").source += "\nprint('x' * 300_000)"

    put("right", ALL)
    put("wrong number", without("change"), answer("change", "change = 42"))
    wrong = dict(best_push="def best_push(p, b, r):\n    return b * p / r")
    wrong |= dict(costates="def costates(x, z, a, q, dt):\n    return 0 * x")
    wrong |= dict(steer="def stear(z, q, r, dt):\n    return z")
    put("wrong sign, end, name", without(*wrong), answers(wrong))
    put(
        "half",
        TASKS["change"].points,
        lambda n: answer("change", cell(load("solutions"), "change").source)(n),
        of="exercises",
    )
    raising = dict(change="raise RuntimeError('oh')", gradient="def gradient(*a):\n    return 1 / 0")
    raising |= dict(costates="def costates(x, z, a, q, dt)\n    return")  # no colon
    put("raising", without(*raising, "steer"), answers(raising))  # steer calls gradient
    put("loop", without("best_push"), answer("best_push", LOOP))
    put("stubborn loop", "cannot be interrupted", answer("best_push", STUBBORN))
    put("deleted answer", without("costates"), lambda n: drop(n, "costates"))
    put("deleted tests, more points", ALL, more_points)
    put("changed test", 0, lambda n: cell(n, "test_steer").update(source="assert True"), of="exercises")
    put("renamed, other editor", ALL, other_editor, name="final FINAL.ipynb")
    put("much output", ALL, much)
    put("prints for ever", without("change"), answer("change", "while True:\n    print('x' * 10_000)"))
    put("corrupt", "holds no notebook", lambda n: nbformat.writes(n)[:5000])
    put("ends the kernel", "ended the kernel", answer("costates", "import os\n\nos._exit(3)"))
    write(folder / "only a poem" / "poem.txt", "roses are red")
    wanted["only a poem"] = "no exercise notebook"
    return wanted


def fingerprint(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_class_of_every_kind(tmp_path, capsys):
    folder, out = tmp_path / "submissions", tmp_path / "grading"
    wanted = hand_in(folder)
    before, begun = fingerprint(folder), time.monotonic()
    assert cli.main(["grade", str(folder), "--out", str(out)]) == 0
    said, seconds = capsys.readouterr().out, time.monotonic() - begun
    rows = {row["student"]: row for row in table(out / "grades.csv")}
    assert rows.keys() == wanted.keys()
    for student, wants in wanted.items():
        row = rows[student]
        if isinstance(wants, str):
            assert row["status"] == "not graded" and wants in row["notes"] and row["points"] == "", row
        else:
            assert (row["status"], row["points"], row["possible"]) == ("graded", f"{wants:g}", f"{ALL:g}"), row
            assert (out / row["feedback"]).is_file(), row
    assert fingerprint(folder) == before  # nothing is lost, and nothing changed
    assert f"{len(wanted) - 4} graded, 4 not" in said and str(rows["loop"]["file"]) == f"loop/{LESSON}.ipynb"

    tasks = {(row["student"], row["task"]): row for row in table(out / "tasks.csv")}
    assert len(tasks) == (len(wanted) - 4) * len(TASKS)
    assert tasks["right", "steer"]["said"] == "correct"
    assert tasks["half", "steer"]["said"].startswith("not attempted")
    assert tasks["wrong sign, end, name", "best_push"]["said"].startswith("not yet, because")
    assert "a loop without end?" in tasks["loop", "best_push"]["said"]
    page = (out / rows["prints for ever"]["feedback"]).read_text(encoding="utf-8")
    assert "printed more than 10 million characters" in page
    assert "put back" in rows["changed test"]["notes"] and "put back" in rows["deleted tests, more points"]["notes"]
    print(f"\n{len(wanted)} submissions in {seconds:.0f} s")

    # A second time: what is marked stays marked; only what failed or is new is tried.
    (folder / "wrong number" / f"{LESSON}.ipynb").write_text(nbformat.writes(load("solutions")), encoding="utf-8")
    shutil.rmtree(folder / "stubborn loop")
    begun = time.monotonic()
    assert cli.main(["grade", str(folder), "--out", str(out)]) == 0
    rows = {row["student"]: row for row in table(out / "grades.csv")}
    assert len(rows) == len(wanted) - 1 and rows["half"]["points"] == "1"
    assert rows["wrong number"]["points"] == f"{ALL:g}"
    assert time.monotonic() - begun < seconds / 2  # not even the loop runs again


def test_the_time_of_a_submission_is_limited(tmp_path):
    write(tmp_path / "in" / "slow" / f"{LESSON}.ipynb", load("solutions"))
    (one,) = grading.find_submissions(tmp_path / "in", {LESSON: load("exercises")})
    grading.grade_class([one], ROOT / "solutions", tmp_path / "out", limit=1)
    assert one.status == "not graded" and "took longer than 1 s" in one.notes[0]
    assert table(tmp_path / "out" / "grades.csv")[0]["notes"] == one.notes[0]


def test_a_damaged_record_of_marks_counts_as_none(tmp_path, monkeypatch):
    write(tmp_path / "in" / "ann" / f"{LESSON}.ipynb", load("solutions"))
    write(tmp_path / "marked" / "ann" / f"{LESSON}.json", '{"fingerprint": "')
    (one,) = grading.find_submissions(tmp_path / "in", {LESSON: load("exercises")})
    course = grading.Class(ROOT / "solutions", tmp_path)
    course.names = {"ann": "ann"}
    monkeypatch.setattr(grading, "_run", lambda *_: "it was run")
    monkeypatch.setattr(grading.contained, "new_sandbox", contextlib.nullcontext)
    assert grading._mark_in_time(one, course).notes == ["it was run"]


@pytest.mark.skipif(os.name == "nt", reason="sends the signal of Ctrl-C")
def test_control_c_leaves_no_process_and_the_next_run_goes_on(tmp_path):
    notebook = load("solutions")
    cell(notebook, "best_push").source = LOOP
    write(tmp_path / "in" / "loop" / f"{LESSON}.ipynb", notebook)
    command = [sys.executable, "-m", "hlp_edu.course.cli", "grade", "in", "--cell-limit", "300"]
    teacher = subprocess.Popen(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline, family = time.monotonic() + 300, []
    while not any("ipykernel" in " ".join(member.cmdline()) for member in family):
        assert teacher.poll() is None and time.monotonic() < deadline
        time.sleep(0.2)
        try:
            family = psutil.Process(teacher.pid).children(recursive=True)
            [member.cmdline() for member in family]
        except psutil.NoSuchProcess:
            family = []
    teacher.send_signal(signal.SIGINT)
    assert teacher.wait(timeout=30) == 130 and "interrupted" in teacher.stderr.read()
    teacher.stderr.close()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    (row,) = table(tmp_path / "grading" / "grades.csv")
    assert row["status"] != "graded"


@pytest.mark.parametrize(
    "words, message",
    [
        (["nowhere"], "SUBMISSIONS = 'nowhere': must be a folder"),
        (["class"], "holds no notebook and no student's folder"),
        (["class", "--out", "class/marks"], "must be beside the submissions"),
        (["class", "--course", "class"], "holds no exercises with solutions"),
    ],
)
def test_grade_says_what_is_wrong(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    Path("class").mkdir()
    assert cli.main(["grade", *words]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--limit", "0"], ["--workers", "two"], ["--cell-limit", "-1"], ["--memory", "9" * 11]]
)
def test_grade_refuses_strange_numbers(words, capsys):
    with pytest.raises(SystemExit):
        cli.main(["grade", "class", *words])
    assert "must be a whole number, at least 1" in capsys.readouterr().err


# --- progress ---------------------------------------------------------------------------------------------


def test_progress_reads_the_learners_own_notebooks(tmp_path, monkeypatch, capsys):
    assert cli.main(["start", str(tmp_path / "mine")]) == 0
    here = tmp_path / "mine" / "exercises" / LESSON
    assert progress(tmp_path / "mine").row("all")["points"].startswith("0 of ")
    notebook = load("solutions")  # as if solved and run, but for one that was then changed and run again
    cell(notebook, "test_steer").execution_count = 1000
    error = "not yet, because it is late"
    cell(notebook, "test_steer").outputs = [
        nbformat.v4.new_output("error", ename="AssertionError", evalue=error, traceback=[])
    ]
    nbformat.write(notebook, here / f"{LESSON}.ipynb")
    monkeypatch.chdir(here)
    row = progress().row(LESSON)
    assert row["solved"] == f"{len(TASKS) - 1} of {len(TASKS)}" and row["left"] == "steer (not yet)"
    capsys.readouterr()
    assert cli.main(["progress"]) == 0
    said = capsys.readouterr().out
    assert LESSON in said and "steer (not yet)" in said and "last saved" in said


def test_progress_survives_missing_and_damaged_notebooks(tmp_path):
    module = checks.lessons()[LESSON]
    mark = '{"metadata": {"nbgrader": {"grade": true, "grade_id": "a"}}, "execution_count": '
    texts = [None, "", "{}", "[" * 100_000, '{"cells": [{}]}', f'{{"cells": [{mark} 3}}, {mark} "2"}}]}}']
    for text in (*texts, '{"cells": [{"metadata": {"nbgrader": 3}, "execution_count": 1}]}'):
        place = tmp_path / "x.ipynb"
        if text is not None:
            place.write_text(text)
        assert set(states_of(place, module).values()) == {"not attempted"}


def test_progress_says_where_it_looked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no copy of the course here"):
        find_course()
    assert cli.main(["progress", "elsewhere"]) == 1
    assert "DIR = 'elsewhere': must be a copy of the course" in capsys.readouterr().err
