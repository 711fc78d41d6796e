"""Grade a class: take whatever was handed in, let nbgrader run and mark it, and give every submission a row.

nbgrader does the marking, one process a submission, so that a loop without end, a dead kernel or a
damaged file costs its own submission and no other. What was handed in is read and never written.
"""

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from hlp_edu.course.teaching.release import SETTINGS
from hlp_edu.storage import atomic_write

__all__ = []  # for the commands alone

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "hlp_edu"
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
c.Execute.timeout = {cell_limit}
c.ExecutePreprocessor.timeout = {cell_limit}
c.NbGrader.logfile = "nbgrader.log"
c.ClearSolutions.update({stubs!r})
"""


@dataclass
class Submission:
    """One notebook that was handed in, and what became of it."""

    student: str  # the name of the folder, or the part of the file's name before the lesson's
    lesson: str  # "" if nothing in it tells which exercises these are
    path: Path
    file: str = ""  # the path within the folder of submissions
    status: str = "to grade"  # then "graded"; or "not graded", and the notes say why
    points: float | None = None
    possible: float | None = None
    tasks: list = field(default_factory=list)  # dicts: name, points, possible points, and what the check said
    notes: list = field(default_factory=list)  # all that a teacher should know
    seconds: float = 0.0

    def refuse(self, why):
        """Say why it is not graded."""
        self.status = "not graded"
        self.notes.append(why)
        return self


# ------------------------------------------------------------------------------ what was handed in


def read_notebook(path):
    """Read a notebook of any version of the format, as version 4."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbformat mends small faults, loudly
            notebook = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
            _name_cells(notebook)
            nbformat.validate(notebook)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, nbformat.ValidationError) as error:
        words = " ".join(str(error).split())
        raise ValueError(f"{path.name}: holds no notebook ({type(error).__name__}: {words:.80})") from None
    return notebook


def _name_cells(notebook):
    """Every cell has an id of its own; older formats have none, and copied cells may have the same."""
    notebook.nbformat, notebook.nbformat_minor, taken = 4, 5, set()
    for k, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell["id"] in taken:
            cell["id"] = hashlib.sha256(f"{k} {cell.source}".encode()).hexdigest()[:12]
        taken.add(cell["id"])


def grade_ids(notebook):
    """The names by which nbgrader knows the cells of a notebook."""
    return {cell.metadata["nbgrader"].get("grade_id") for cell in notebook.cells if "nbgrader" in cell.metadata}


def find_submissions(folder, released, lessons=()):
    """The submissions in a folder, in the order of students and lessons; what cannot be graded says why.

    A file is ``STUDENT/.../ANYTHING.ipynb``, or ``STUDENT_LESSON.ipynb`` without folders. ``released`` are the
    exercises as they were given out, by their names; notebooks named in ``lessons`` are none.
    """
    found = []
    for path in sorted(folder.rglob("*.ipynb")):
        inside = path.relative_to(folder).parts
        if not path.is_file() or any(part.startswith(".") for part in inside):
            continue
        named = next((name for name in released if name in path.stem), "")
        student = inside[0] if len(inside) > 1 else path.stem.replace(named, "").strip(" _-.") or path.stem
        try:
            notebook = read_notebook(path)
        except ValueError as error:
            found.append(Submission(student, named, path).refuse(str(error)))
            continue
        lesson = which_lesson(notebook, released) or named
        if lesson:
            found.append(Submission(student, lesson, path))
        elif path.stem not in lessons:
            found.append(Submission(student, "", path).refuse("nothing in it tells which exercises these are"))
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        if place.name not in {submission.student for submission in found}:
            others = sorted(path.name for path in place.rglob("*") if path.is_file())
            seen = f"only {', '.join(others[:3])}" if others else "nothing"
            found.append(Submission(place.name, "", place).refuse(f"no exercise notebook in this folder, {seen}"))
    for one in found:
        one.file = one.path.relative_to(folder).as_posix()
    _keep_newest(found)
    return sorted(found, key=lambda one: (one.student, one.lesson, str(one.path)))


def which_lesson(notebook, released):
    """Tell by its cells, whatever its name, which exercises a notebook holds."""
    ids = {cell.get("id") for cell in notebook.cells}

    def in_common(lesson):
        given = released[lesson]
        return len(grade_ids(given) & grade_ids(notebook)), len(ids & {cell.get("id") for cell in given.cells})

    best = max(released, key=in_common, default="")
    return best if best and any(in_common(best)) else ""


def _keep_newest(submissions):
    """Of several files of one student for one lesson the newest counts, and the others say so."""
    best = {}
    for one in submissions:
        key = one.student, one.lesson
        if one.status == "to grade" and (key not in best or _age(one) > _age(best[key])):
            best[key] = one
    for one in submissions:
        kept = best.get((one.student, one.lesson))
        if one.status == "to grade" and one is not kept:
            one.refuse(f"a newer file for this lesson was graded: {kept.path.name}")


def _age(submission):
    return submission.path.stat().st_mtime, str(submission.path)


def restore(notebook, released):
    """Bring a submission back into the form in which it was given out; only the answers are the student's."""
    notes, place = [], 0
    given = [cell for cell in released.cells if "nbgrader" in cell.metadata or cell.cell_type == "code"]
    marks = {cell.id: cell.metadata.nbgrader for cell in given if "nbgrader" in cell.metadata}
    known = grade_ids(notebook)
    for cell in notebook.cells:
        mark = marks.get(cell.get("id"))
        if mark is not None and mark.grade_id not in known:
            cell.metadata["nbgrader"] = dict(mark)
    for cell in given:
        mark = cell.metadata.get("nbgrader")
        name = mark.grade_id if mark else cell.source.split("\n")[0]
        at = [k for k, other in enumerate(notebook.cells) if _same_cell(cell, other)]
        for k in at[1:]:  # copies of a cell are the student's scratch paper
            notebook.cells[k].metadata.pop("nbgrader", None)
        if not at:
            notebook.cells.insert(place, _fresh(cell))
            notes.append(f"the cell {name!r} was missing: put back as it was given out")
            place += 1
            continue
        place = at[0] + 1
        changed = notebook.cells[at[0]].source.strip() != cell.source.strip()
        if mark is None and changed:  # what was added stays, and what was given holds
            notebook.cells.insert(place, _fresh(cell))
            notebook.cells[place].id = ""
            notes.append(f"the given cell {name!r} had been changed: run once more as it was given out")
            place += 1
        elif mark is not None and (mark.locked or mark.grade):
            notebook.cells[at[0]] = _fresh(cell)
            if changed:
                notes.append(f"the locked cell {name!r} had been changed: put back")
        elif mark is not None:
            notebook.cells[at[0]].metadata["nbgrader"] = dict(mark)
    _name_cells(notebook)
    return notes


def _same_cell(given, other):
    """Cells with a mark are known by it, the others by their id."""
    mark = given.metadata.get("nbgrader")
    if mark is None:
        return other.get("id") == given.id and "nbgrader" not in other.metadata
    return other.metadata.get("nbgrader", {}).get("grade_id") == mark.grade_id


def _fresh(cell):
    return nbformat.from_dict(json.loads(json.dumps(cell)))


# ------------------------------------------------------------------------------------ the marking


def grade_class(
    submissions, source, out, limit=300.0, cell_limit=20, workers=None, again=False, say=lambda submission: None
):
    """Mark every submission, write feedback and tables, and lose nothing.

    An interrupted run can be repeated: what is marked and has not changed since is marked again only if ``again``.
    ``source`` holds the solutions, ``out`` becomes nbgrader's course. A submission may take ``limit`` seconds, each of
    its cells ``cell_limit``. RuntimeError if nbgrader cannot be set up, with its own words.
    """
    out.mkdir(parents=True, exist_ok=True)
    config = CONFIG.format(cell_limit=cell_limit, stubs=SETTINGS["ClearSolutions"])
    atomic_write(out / "nbgrader_config.py", config.encode())
    waiting = [one for one in submissions if one.status == "to grade"]
    lessons, names, cancelled = sorted({one.lesson for one in waiting}), _student_ids(submissions), threading.Event()
    for lesson in lessons:
        _give_out(lesson, source, out)

    def mark(one):
        begun = time.perf_counter()
        try:
            _mark(one, names[one.student], out, limit, cell_limit, again, cancelled)
        except Exception as error:  # whatever it is, it concerns this submission alone
            one.refuse(f"{type(error).__name__}: {' '.join(str(error).split()):.200}")
        one.seconds = time.perf_counter() - begun
        return one

    for one in submissions:
        if one.status == "not graded":
            say(one)
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        try:
            for done in as_completed([pool.submit(mark, one) for one in waiting]):
                say(done.result())
            for lesson in lessons:
                _nbgrader(out, 60 + 10 * len(submissions), cancelled, "generate_feedback", lesson, "--force")
        except BaseException:
            cancelled.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        finally:
            _write_tables(submissions, names, out)


def _student_ids(submissions):
    """Names that nbgrader can make folders of: letters, digits, dots and dashes, each name once."""
    names = {}
    for student in sorted({one.student for one in submissions}):
        plain = re.sub(r"[^\w.-]+", "_", student).strip(".") or "student"
        while plain.lower() in {name.lower() for name in names.values()}:
            plain += "_"
        names[student] = plain
    return names


def _give_out(lesson, source, out):
    """Tell the gradebook what the tasks are and what they are worth."""
    original = (source / lesson / f"{lesson}.ipynb").read_bytes()
    copy = out / "source" / lesson / f"{lesson}.ipynb"
    if copy.is_file() and copy.read_bytes() == original and (out / "release" / lesson).is_dir():
        return
    atomic_write(copy, original)
    done = _nbgrader(out, 300, threading.Event(), "generate_assignment", lesson, "--force")
    if done.returncode:
        copy.unlink()  # else the next run would take it for done
        raise RuntimeError(f"nbgrader cannot give out {lesson}:\n" + "\n".join(done.stdout.splitlines()[-12:]))


def _mark(one, name, out, limit, cell_limit, again, cancelled):
    released = read_notebook(out / "release" / one.lesson / f"{one.lesson}.ipynb")
    notebook = read_notebook(one.path)
    one.notes += restore(notebook, released)
    place = out / "submitted" / name / one.lesson / f"{one.lesson}.ipynb"
    text = nbformat.writes(notebook)
    marked = out / "autograded" / name / one.lesson / place.name
    if again or not marked.is_file() or not place.is_file() or place.read_text(encoding="utf-8") != text:
        atomic_write(place, text.encode())
        done = _nbgrader(out, limit, cancelled, "autograde", one.lesson, f"--student={name}", "--force")
        if done.returncode or not marked.is_file():
            one.refuse(_why_unmarked(done, limit))
            return
    _read_marks(one, name, out, read_notebook(marked), cell_limit)


def _why_unmarked(done, limit):
    if done.returncode == TIMED_OUT:
        return f"took longer than {limit:g} s and was ended: a loop without end?"
    if "DeadKernelError" in done.stdout or "Kernel died" in done.stdout:
        return "its code ended the kernel: grade it by hand"
    if "CellTimeoutError" in done.stdout:
        return "a loop without end that cannot be interrupted: grade it by hand"
    errors = [line.strip() for line in done.stdout.splitlines() if re.match(r"\s*[\w.]+(Error|Exception)\b", line)]
    return f"nbgrader could not mark it: {(errors or done.stdout.splitlines() or [done.returncode])[-1]}"


def _read_marks(one, name, out, marked, cell_limit):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(one.lesson, name)
        one.points, one.possible = submission.score, submission.max_score
        grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
        for cell in marked.cells:
            grade = grades.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            if grade is not None:
                one.tasks.append(
                    dict(
                        task=grade.name.removeprefix("test_"),
                        points=grade.score,
                        possible=grade.max_score,
                        said=_said(cell, cell_limit),
                    )
                )
    one.status = "graded"


def _said(cell, cell_limit):
    """What a test cell answered, in one line."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            if output.ename in ("CellTimeoutError", "KeyboardInterrupt"):
                return f"ended after {cell_limit:g} s: a loop without end?"
            words = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", output.evalue).split())
            return words if output.ename == "AssertionError" and words else f"{output.ename}: {words}"
    return "correct"


TIMED_OUT = -99


def _nbgrader(out, limit, cancelled, *words):
    """Run one of nbgrader's commands in a process of its own, within limits."""
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "TQDM_DISABLE": "1", "MPLBACKEND": "agg"}
    environment.pop("PYTHONWARNINGS", None)  # a warning is no mistake, neither a student's nor nbgrader's
    # nbgrader calls alembic by name, which stands beside this Python whether or not that is on the path.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    command = [sys.executable, "-m", "nbgrader", *words]
    pipes = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    until = time.monotonic() + limit
    with subprocess.Popen(command, cwd=out, env=environment, text=True, errors="replace", **pipes) as process:
        while True:
            try:
                said, _ = process.communicate(timeout=0.5)
                return subprocess.CompletedProcess(command, process.returncode, said)
            except subprocess.TimeoutExpired:
                if time.monotonic() > until or cancelled.is_set():
                    _end(process)
                    return subprocess.CompletedProcess(command, TIMED_OUT, "")
            except BaseException:
                _end(process)
                raise


def _end(process):
    """End a process and all that it started: a kernel in an endless loop would outlive its parent."""
    import psutil

    family = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    for member in (process, *family):
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    process.communicate()


# ------------------------------------------------------------------------------------- the tables


def _write_tables(submissions, names, out):
    """grades.csv has a row for each submission, tasks.csv one for each task of each."""
    rows, tasks = [], []
    for one in submissions:
        feedback = Path("feedback", names[one.student], one.lesson, f"{one.lesson}.html")
        rows.append(
            dict(
                student=one.student,
                lesson=one.lesson,
                status=one.status,
                points=_number(one.points),
                possible=_number(one.possible),
                seconds=f"{one.seconds:.0f}",
                feedback=feedback.as_posix() if one.status == "graded" and (out / feedback).is_file() else "",
                file=one.file,
                notes="; ".join(one.notes),
            )
        )
        for task in one.tasks:
            numbers = {key: _number(task[key]) for key in ("points", "possible")}
            tasks.append(dict(student=one.student, lesson=one.lesson, **(task | numbers)))
    for name, table in (("grades.csv", rows), ("tasks.csv", tasks)):
        if table:
            _write_csv(out / name, table)


def _write_csv(path, rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    atomic_write(path, text.getvalue().encode("utf-8-sig"))  # Excel takes UTF-8 only with the mark at the beginning


def _harmless(value):
    """A spreadsheet takes a cell that begins with = + - @ for a formula; a student's name must not be one."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value[:1] else value


def _number(value):
    return "" if value is None else f"{value:g}"
