"""Grade a class: take whatever was handed in, run and mark it, and give every submission a row.

Each submission runs in processes and a folder of its own (`contained`), with nbgrader's way to run a notebook; its
outputs come back, and are marked here, where its code cannot reach. A loop without end, a dead kernel, a damaged or
a crafted file costs its own submission and no other. What was handed in is read and never written.
"""

import base64
import binascii
import contextlib
import copy
import csv
import hashlib
import io
import json
import os
import re
import shutil
import stat
import sys
import threading
import time
import unicodedata
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from hlp_edu.course.files import PACKAGE
from hlp_edu.course.teaching import contained
from hlp_edu.course.teaching.release import SETTINGS
from hlp_edu.storage import atomic_write

__all__ = []  # for the commands alone

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "hlp_edu"
c.NbGrader.logfile = "nbgrader.log"
c.ClearSolutions.update({stubs!r})
c.HTMLExporter.template_name = "safe"
c.HTMLExporter.extra_template_basedirs = {templates!r}
"""
SYSTEMS = (".", "__MACOSX")  # what the names of files and folders begin with that a system leaves behind
LARGEST, MOST_CELLS = 50_000_000, 2000  # of a file, in bytes; of a notebook
PLACES = "https?:|mailto:|#|data:image/(png|jpeg|gif);"  # where a link may lead
# A page of feedback runs no script and fetches nothing: the first thing in it is this rule.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
TEMPLATE = f"""\
{{%- extends 'theirs.html.j2' -%}}
{{%- block header -%}}
<!DOCTYPE html>
<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">
{{{{ super() }}}}
{{%- endblock header -%}}
"""
# What a teacher may want to look at. Nothing is taken off for it, and nothing is said to be cheating.
REMARKS = {
    r"\.\s*solution\s*\(": "shows a solution (.solution())",
    r"\btasks\.\w+\.\s*expected\b|\.\s*expected\s*\(|solution_text": "names the value that a check expects (.expected)",
    r"\bsolutions\b\s*[/'\"\\\\]|_course\b": "names the folder of the solutions",
    r"\btasks(\.\w+){0,3}\s*=[^=]|\bsetattr\s*\(|\.check\s*=[^=]|\bchecks(\.\w+){1,4}\s*=[^=]|__bool__"
    r"|\btasks\._|\[['\"]check['\"]\]|__wrapped__|__closure__|_getframe": "changes or inspects the checks",
    r"\bget_ipython\b|\bInteractiveShell\b|\b(__)?builtins(__)?\b|\bsys\.(modules|meta_path)\b|\b__path__\b"
    r"|\bgc\.get_|\.kernel\b|\bctypes\b": "reaches into how cells are run",
    r"(?m)(^|[;:])[ \t]*(np|numpy|scipy|hlp|hlp_edu|(\w{1,40}\.){0,3}[A-Z]\w{0,40})(\.\w{1,40}){1,3}[ \t]*=[^=]": (
        "changes what it imported"
    ),
    r"(?<![.\w])(exec|eval|compile|__import__)\s*\(": "runs text as code",
    r"\bsubprocess\b|\bos\.(system|fork|kill|popen|spawn|posix_spawn|exec)|\bmultiprocessing\b|\bpty\.": "starts or "
    "ends processes",
    r"HLP_EDU_SEED|\b(checks|tasks)\.\s*seed\s*\(|\b_session\b": "chooses the cases that a check draws",
    r"gradebook|nbgrader|outputs\.json": "names the gradebook, or the file of the outputs",
}
COMMENT = re.compile(r"(?m)^[ \t]*#[^'\"\n]*$")  # whole lines that do nothing, also where a string goes over lines
# The checks are imported anew before each test: a cell from another lesson, or a patch, may have changed the name.
FRESH = """\
import sys as _sys
for _name in [name for name in _sys.modules if name.startswith("hlp_edu.checks")]:
    del _sys.modules[_name]
{imports}"""


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
    notebook: object = None  # as it was read
    age: float = 0.0
    known: int = 0  # how many notes there were before it ran
    ran: bool = False  # now; else its marks were on record

    def refuse(self, why):
        """Say why it is not graded."""
        self.status = "not graded"
        self.notes.append(why)
        return self


# ------------------------------------------------------------------------------ what was handed in


def plain(name):
    """A name in characters that can be shown and written: others stand as their codes."""
    return "".join(map(_plain, name))


def _plain(one):
    # Letters of Persian names are joined, or not; Chinese names have a wide space.
    good = one in "\u200c\u200d\u3000" or one.isprintable() and one != "\\"
    return one if good else one.encode("unicode_escape").decode("ascii")


def read_bytes(path):
    """The bytes of an ordinary file of reasonable size; a ValueError with the reason for anything else."""
    name = plain(path.name)
    if path.is_symlink():
        raise ValueError(f"{name}: is a link, and links are not followed; hand in the file itself")
    try:
        # A pipe would keep us waiting: it is opened without, and then looked at.
        place = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(place, "rb") as file:
            facts = os.fstat(place)
            if not stat.S_ISREG(facts.st_mode):
                raise ValueError(f"{name}: is no ordinary file (a folder, a pipe, a device?)")
            if facts.st_size > LARGEST:
                raise ValueError(f"{name}: has {facts.st_size / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} MB are read")
            return file.read(LARGEST)
    except OSError as error:
        raise ValueError(f"{name}: cannot be read ({error.strerror})") from None


def read_notebook(path):
    """What a person wrote in a notebook of any version of the format: the cells' kinds, texts and names, no more.

    It comes back as a new notebook of version 4, of which nothing but the texts is the student's. ValueError, in one
    line, if there is none in the file.
    """
    data = read_bytes(path)
    try:
        found = json.loads(data.decode("utf-8-sig"))
        cells = found.get("cells")
        if cells is None:  # version 3 and before
            cells = [cell for sheet in found["worksheets"] for cell in sheet["cells"]]
        if len(cells) > MOST_CELLS:
            raise ValueError(f"{len(cells)} cells; at most {MOST_CELLS} are read")
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [new for cell in cells if (new := _read_cell(cell))]
        if cells and not notebook.cells:
            raise ValueError("it has no cells")
    except (Exception, RecursionError) as error:  # whatever a file may hold, it is no notebook then
        words = " ".join(plain(str(error).replace("\n", " ")).split())
        raise ValueError(f"{plain(path.name)}: holds no notebook ({type(error).__name__}: {words:.80})") from None
    _name_cells(notebook)
    return notebook


def _read_cell(cell):
    """One cell, of which only texts are taken; None if it is none."""
    if not isinstance(cell, dict):
        return None
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str) or not isinstance(cell.get("cell_type"), str):
        return None
    make = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}
    # What is no text in UTF-8 (half of a pair of surrogates) could not be written again.
    source = source.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    if cell["cell_type"] == "markdown":  # a picture in the cell's attachments, which are not taken
        source = re.sub(r"\]\(\s*attachment:", "](#", source)
    new = make.get(cell["cell_type"], nbformat.v4.new_markdown_cell)(source)
    new.id = cell["id"] if isinstance(cell.get("id"), str) and re.fullmatch(r"[\w-]{1,64}", cell["id"], re.A) else ""
    known = cell.get("metadata")
    known = known.get("nbgrader") if isinstance(known, dict) else None
    if isinstance(known, dict) and isinstance(known.get("grade_id"), str):
        new.metadata["nbgrader"] = {"grade_id": known["grade_id"]}
    return new


def read_released(path):
    """An exercise as it was given out, or a solution: our own file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbformat mends small faults, loudly
        notebook = nbformat.read(path, as_version=4)
        _name_cells(notebook)
        nbformat.validate(notebook)
    return notebook


def _name_cells(notebook):
    """Every cell has an id of its own; older formats have none, and copied cells may have the same."""
    notebook.nbformat, notebook.nbformat_minor, taken = 4, 5, set()
    for k, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell["id"] in taken:
            cell["id"] = hashlib.sha256(f"{k} {cell.source}".encode()).hexdigest()[:12]
        taken.add(cell["id"])


def _text(cell):
    return cell.source.strip()


def _grade_id(cell):
    """The name by which nbgrader knows a cell; None if it does not."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def grade_ids(notebook):
    """The names by which nbgrader knows the cells of a notebook."""
    return {_grade_id(cell) for cell in notebook.cells if "nbgrader" in cell.metadata}


def find_submissions(folder, released, lessons=()):
    """The submissions in a folder, in the order of students and lessons; what cannot be graded says why.

    A file is ``STUDENT/.../ANYTHING.ipynb``, or ``STUDENT_LESSON.ipynb`` without folders. ``released`` are the
    exercises as they were given out, by their names; notebooks named in ``lessons`` are none.
    """
    found, others = [], {}
    for path in _everything(folder, others):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith(SYSTEMS) for part in inside)
        no_notebook = not path.name.lower().endswith(".ipynb")
        named = next((name for name in released if name in path.stem), "")
        if len(inside) > 1:
            student = inside[0]
        elif hidden and no_notebook:
            continue  # what a system leaves behind
        else:
            student = path.stem
            if named:  # platforms add to a name "Copy of", "-1", " (1)"
                student = re.sub(r"(?i)^copy of | ?\(\d+\)$", "", student)
                student = re.sub(rf"[ _.-]?{re.escape(named)}(-\d+$|[ _.-]?)", "", student)
        if hidden or no_notebook:
            others.setdefault(inside[0], []).append(path.name)
            if len(inside) == 1:
                why = "its name begins with a dot" if hidden else "its name does not end in .ipynb: unpack or rename it"
                found.append(Submission(student, named, path).refuse(f"{plain(path.name)}: {why}"))
            continue
        one = Submission(student or path.stem, named, path)
        try:
            one.notebook = read_notebook(path)
            one.age = path.stat().st_mtime
        except (ValueError, OSError) as error:
            found.append(one.refuse(str(error)))
            continue
        one.lesson = which_lesson(one.notebook, released, named) or named
        foreign = grade_ids(one.notebook) - (grade_ids(released[one.lesson]) if one.lesson else set())
        more = [name for name in released if len(grade_ids(released[name]) & foreign) >= 3]
        if one.lesson and more:
            one.notes.append(f"to look at: holds cells of {', '.join(more)} too, which are not graded here")
        if one.lesson:
            found.append(one)
        elif path.stem not in lessons:
            found.append(one.refuse("nothing in it tells which exercises these are"))
    seen = {one.student for one in found}
    for name, names in others.items():
        place = folder / name
        if name not in seen and (place.is_dir() or place.is_symlink()) and not name.startswith(SYSTEMS):
            words = f"only {', '.join(plain(one) for one in sorted(names)[:3])}" if names else "nothing"
            found.append(Submission(name, "", place).refuse(f"no exercise notebook in this folder, {words}"))
    for one in found:
        one.student, one.file = plain(one.student), plain(one.path.relative_to(folder).as_posix())
    _keep_newest(found, released)
    return sorted(found, key=lambda one: (one.student, one.lesson, one.file))


def _everything(folder, others):
    """All files below a folder, links and pipes among them, in order; ``others`` gets a list for each folder in it."""
    found = []
    for place, folders, names in os.walk(folder):  # links are not followed
        place = Path(place)
        if place == Path(folder):
            others |= {name: [] for name in sorted(folders)}
        found += [place / name for name in names]
        found += [place / name for name in folders if (place / name).is_symlink()]
    return sorted(found)


def which_lesson(notebook, released, named=""):
    """Tell by its cells, whatever its name, which exercises a notebook holds; its name decides between equals."""

    def rank(lesson):
        return _in_common(notebook, released[lesson]), lesson == named

    best = max(released, key=rank, default="")
    return best if best and rank(best)[0] else ""


def _in_common(notebook, given):
    """How many cells of a lesson are in a notebook: known by mark or id, tests and stubs also by their text."""
    marks, texts = grade_ids(notebook), {_text(cell) for cell in notebook.cells}
    ids = {cell.get("id") for cell in notebook.cells}

    def known(cell):
        mark = _grade_id(cell)
        return cell.id in ids or mark is not None and (mark in marks or _text(cell) in texts)

    return sum(map(known, given.cells))


def _own_code(notebook, released):
    """The texts of the cells with code that were not given out as they are."""
    given = {_text(cell) for cell in released.cells}
    return [cell.source for cell in notebook.cells if cell.cell_type == "code" and _text(cell) not in given]


def _keep_newest(submissions, released):
    """Of several files of one student for one lesson the newest with an answer counts, and the others say so."""
    best = {}

    def rank(one):
        return bool(_own_code(one.notebook, released[one.lesson])), one.age, one.file

    for one in submissions:
        key = one.student, one.lesson
        if one.status == "to grade" and (key not in best or rank(one) > rank(best[key])):
            best[key] = one
    for one in submissions:
        kept = best.get((one.student, one.lesson))
        if one.status == "to grade" and one is not kept:
            one.refuse(f"another file for this lesson, newer or with answers, was graded: {plain(kept.path.name)}")


class Unknown(ValueError):
    """Nothing of an exercise is in a notebook."""


def restore(notebook, released):
    """Bring a submission back into the form in which it was given out; only the answers are the student's."""
    notes, place, now, recognised = [], 0, [], False
    given = [cell for cell in released.cells if "nbgrader" in cell.metadata or cell.cell_type == "code"]
    _mark_again(notebook, given)
    for k, cell in enumerate(given):
        mark = cell.metadata.get("nbgrader")
        name = _name(cell)
        at = _one_of_copies(notebook, cell, place)
        recognised = recognised or mark is not None and at is not None
        if mark and mark.solution and not mark.grade and (at is None or _text(notebook.cells[at]) == _text(cell)):
            found = _elsewhere(notebook, cell, given[min(k + 1, len(given) - 1)])
            if found:
                recognised, found.metadata["counts"] = True, True
                now.append(found)
                notes.append(
                    f"the cell {name!r} was {'missing' if at is None else 'empty'}: an answer in another cell counts"
                )
                notebook.cells = [one for m, one in enumerate(notebook.cells) if m != at]
                continue
        if at is None:
            now.append(copy.deepcopy(cell))
            notebook.cells.insert(place, now[-1])
            notes.append(f"the cell {name!r} was missing: put back as it was given out")
            place += 1
            continue
        place, theirs = at + 1, notebook.cells[at]
        changed = _text(theirs) != _text(cell) or theirs.cell_type != cell.cell_type
        if mark is not None and mark.solution:
            if theirs.cell_type != cell.cell_type:
                notes.append(f"the cell {name!r} had become a {theirs.cell_type} cell: now {cell.cell_type} again")
                notebook.cells[at] = nbformat.from_dict({**copy.deepcopy(cell), "source": theirs.source})
            notebook.cells[at].metadata["nbgrader"] = dict(mark)
        elif changed:  # what was added stays, as scratch paper, and what was given holds
            theirs.metadata.pop("nbgrader", None)
            theirs.id, at, place = "", at + 1, at + 2
            notebook.cells.insert(at, copy.deepcopy(cell))
            what = "put back, after it" if mark else "run once more as it was given out"
            notes.append(f"the {'locked' if mark else 'given'} cell {name!r} had been changed: {what}")
        else:
            notebook.cells[at] = copy.deepcopy(cell)
        now.append(notebook.cells[at])
    if not recognised:
        raise Unknown("no cell of this exercise was recognised: grade it by hand")
    notes += _in_order(notebook, given, now)
    _name_cells(notebook)
    return notes


def _mark_again(notebook, given):
    """Give back marks that an editor dropped: by the id, by the text, to an answer by its place before its test."""
    marked = [cell for cell in given if "nbgrader" in cell.metadata]
    names = [cell.metadata.nbgrader.grade_id for cell in marked]
    marks = {cell.id: cell.metadata.nbgrader for cell in marked}
    texts = {_text(cell): cell.metadata.nbgrader for cell in marked}
    for cell in notebook.cells:  # a cell of another lesson is scratch paper
        if _grade_id(cell) not in names:
            cell.metadata.pop("nbgrader", None)
    for cell in notebook.cells:
        if "nbgrader" not in cell.metadata and cell.get("id") in marks:
            cell.metadata["nbgrader"] = dict(marks[cell["id"]])
    known = grade_ids(notebook)
    for cell in notebook.cells:
        if _text(cell) in texts and texts[_text(cell)].grade_id not in known:
            cell.metadata["nbgrader"] = dict(texts[_text(cell)])
    known, ours = grade_ids(notebook), {_text(cell) for cell in given}
    for before, test in zip(notebook.cells, notebook.cells[1:], strict=False):
        name = _grade_id(test)
        free = before.cell_type == "code" and "nbgrader" not in before.metadata and _text(before) not in ours
        if not free or name not in names[1:]:
            continue
        stub = marked[names.index(name) - 1]
        answer = stub.metadata.nbgrader
        if answer.solution and answer.grade_id not in known and _elsewhere(notebook, stub, test) in (None, before):
            before.metadata["nbgrader"] = dict(answer)


def _name(cell):
    """What a cell is called in a note."""
    return cell.metadata["nbgrader"].grade_id if "nbgrader" in cell.metadata else cell.source.split("\n")[0]


def _elsewhere(notebook, stub, test):
    """The cell that defines the name of an answer: the last one up to its test, or the first one; None if none does."""
    name, cells = re.escape(_name(stub)), notebook.cells
    defined = re.compile(rf"(?m)^(def\s+{name}\s*\(|{name}\s*=[^=])")
    until = next((k for k, cell in enumerate(cells) if _same_cell(test, cell)), len(cells))
    codes = [k for k, cell in enumerate(cells) if cell.cell_type == "code" and _text(cell) != _text(stub)]
    found = [k for k in codes if defined.search(cells[k].source)]
    return next((cells[k] for k in [k for k in found if k <= until][-1:] + found), None)


def _in_order(notebook, given, now):
    """Move given code to before all that followed it, tests to after their answers; the ``given`` cells are ``now``."""
    notes = []

    def where(cell):
        return next(k for k, other in enumerate(notebook.cells) if other is cell)

    for k, cell in reversed(list(enumerate(given))):
        mark = cell.metadata.get("nbgrader")
        if mark is None:
            other = min(now[k + 1 :], key=where, default=now[k])
        else:
            other = now[k - 1] if mark.grade else now[k]
        if other is now[k] or (where(now[k]) < where(other)) == (mark is None):
            continue
        notebook.cells = [one for one in notebook.cells if one is not now[k]]
        notebook.cells.insert(where(other) + (mark is not None), now[k])
        notes.append(f"the cell {_name(cell)!r} was out of order: moved")
    return notes


def _one_of_copies(notebook, given, place):
    """Where a given cell is now. Of several copies the one that was answered counts; the others are scratch paper."""
    cells = notebook.cells
    at = [k for k, other in enumerate(cells) if _same_cell(given, other)]
    if len(at) < 2:
        return at[0] if at else None
    first = next((k for k in at if cells[k].get("id") == given.id), next((k for k in at if k >= place), at[-1]))
    answered = [k for k in at if _text(cells[k]) != _text(given)]
    if first not in answered and answered and "nbgrader" in given.metadata:
        cells[first].source, cells[answered[0]].source = cells[answered[0]].source, cells[first].source
    kept = cells[first]
    for k in reversed(at):
        if k != first:
            cells[k].metadata.pop("nbgrader", None)
            if _text(cells[k]) == _text(given):
                del cells[k]  # an empty copy would undo the answer
    return next(k for k, cell in enumerate(cells) if cell is kept)


def _same_cell(given, other):
    """Cells with a mark are known by it, the others by their id."""
    mark = given.metadata.get("nbgrader")
    if mark is None:
        return (other.get("id") == given.id or _text(other) == _text(given)) and "nbgrader" not in other.metadata
    return _grade_id(other) == mark.grade_id


def remarks(notebook, released):
    """What a teacher may want to look at in the code of a submission, in words."""
    code = [COMMENT.sub("", source) for source in _own_code(notebook, released)]
    return [f"to look at: the code {words}" for what, words in REMARKS.items() if any(re.search(what, c) for c in code)]


# ------------------------------------------------------------------------------------ the marking


class Class:
    """What the marking of a class needs to know: where everything is, and what the limits are.

    A submission may take ``limit`` seconds and ``memory`` gigabytes, each of its cells ``cell_limit`` seconds. With a
    `Bank` the tests are its own.
    """

    def __init__(self, source, out, limit=300.0, cell_limit=20, memory=4.0, again=False, bank=None):
        self.source, self.out, self.again, self.bank = source, out, again, bank
        self.limit, self.cell_limit, self.memory = limit, cell_limit, memory
        self.cancelled, self.gradebook_lock = threading.Event(), threading.Lock()
        self.released, self.names = {}, {}


def grade_class(submissions, source, out, workers=None, say=lambda one: None, **settings):
    """Mark every submission, write feedback and tables, and lose nothing.

    An interrupted run can be repeated: what is marked and has not changed since is marked again only if ``again``.
    ``source`` holds the solutions, ``out`` becomes nbgrader's course; ``settings`` are those of a `Class`.
    RuntimeError if nbgrader cannot be set up, with its own words.
    """
    out.mkdir(parents=True, exist_ok=True)
    _configure(out)
    course = Class(source, out, **settings)
    waiting = [one for one in submissions if one.status == "to grade"]
    course.names = _student_ids(submissions)
    with contained.adopting(), ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        try:
            for lesson in sorted({one.lesson for one in waiting}):
                _give_out(lesson, course)
            waiting = [one for one in waiting if _prepare(one, course)]
            _note_equals(waiting, course.released)
            for one in submissions:
                if one.status == "not graded":
                    say(one)
            late = []
            for done in as_completed([pool.submit(_mark_in_time, one, course) for one in waiting]):
                one = done.result()
                late.append(one) if one.ran and _out_of_time(one) else say(one)
            for one in late:  # perhaps another took all of this computer: once more, alone
                one.status, one.tasks, one.notes = "to grade", [], one.notes[: one.known]
                say(_mark_in_time(one, course, again=True))
            for lesson in course.released:
                _write_feedback(lesson, [one for one in waiting if one.lesson == lesson], course)
        except BaseException:
            course.cancelled.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        finally:
            _write_tables(submissions, course.names, out)


def _prepare(one, course):
    """Restore a submission and look at it; whether it can be run."""
    try:
        one.notes += restore(one.notebook, course.released[one.lesson])
        one.notes += remarks(one.notebook, course.released[one.lesson])
    except Unknown as error:
        one.refuse(str(error))
    except Exception as error:  # whatever it is, it concerns this submission alone
        one.refuse(f"{type(error).__name__}: {' '.join(plain(str(error)).split()):.200}")
    return one.status == "to grade"


def _configure(out):
    """Tell nbgrader where everything is, and how its pages of feedback begin."""
    import nbgrader

    theirs = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
    ours = out / "templates" / "safe"
    config = CONFIG.format(stubs=SETTINGS["ClearSolutions"], templates=[str(ours.parent), str(theirs)])
    atomic_write(out / "nbgrader_config.py", config.encode())
    atomic_write(ours / "theirs.html.j2", (theirs / "feedback" / "index.html.j2").read_bytes())
    atomic_write(ours / "index.html.j2", TEMPLATE.encode())
    atomic_write(ours / "conf.json", b'{"base_template": "feedback"}')


def _student_ids(submissions):
    """Names that nbgrader can make folders of: letters, digits, dots and dashes, each name once on any system."""
    names, taken = {}, set()
    for student in sorted({one.student for one in submissions}):
        name = re.sub(r"[^\w.-]+", "_", student).strip(".")[:50] or "student"
        while (key := unicodedata.normalize("NFKC", name).casefold()) in taken:
            name += "_"
        taken.add(key)
        names[student] = name
    return names


def _note_equals(waiting, released):
    """Say whose answers are the same, word for word; who worked together, or was given them, will know why."""
    groups = {}
    for one in waiting:
        stubs = {_text(cell) for cell in released[one.lesson].cells}
        answers = [
            "".join(cell.source.split())
            for cell in one.notebook.cells
            if (cell.metadata.get("nbgrader", {}).get("solution") or "counts" in cell.metadata)
            and _text(cell) not in stubs
        ]
        if answers:
            groups.setdefault((one.lesson, *answers), []).append(one)
    for same in groups.values():
        for one in same:
            others = [other.student for other in same if other is not one]
            if others:
                more = f" and {len(others) - 3} more" if len(others) > 3 else ""
                one.notes.append(f"to look at: the same answers as {', '.join(others[:3])}{more}")


def _give_out(lesson, course):
    """Tell the gradebook what the tasks are and what they are worth, and let the solutions run once.

    That leaves compiled code behind, of which every submission gets a copy.
    """
    out = course.out
    solution = course.source / lesson / f"{lesson}.ipynb"
    original, known = solution.read_bytes(), out / "source" / lesson / f"{lesson}.ipynb"
    place = out / "release" / lesson / f"{lesson}.ipynb"
    if not (known.is_file() and known.read_bytes() == original and place.is_file()):
        atomic_write(known, original)
        done = _nbgrader(course, 300, "generate_assignment", lesson, "--force")
        if done.code or done.ended:
            known.unlink()  # else the next run would take it for done
            words = "\n".join(done.said.splitlines()[-12:])
            raise RuntimeError(f"nbgrader cannot give out {lesson}: {done.ended}\n{words}")
    course.released[lesson] = read_released(place)
    caches = out / "compiled" / lesson
    newest = max(path.stat().st_mtime for path in PACKAGE.rglob("*.py"))
    if not (caches.is_dir() and caches.stat().st_mtime > max(newest, known.stat().st_mtime)):
        shutil.rmtree(caches, ignore_errors=True)
        with contained.new_sandbox() as sandbox:
            _execute(read_released(solution), course, sandbox)
            shutil.copytree(sandbox / "cache", caches, copy_function=shutil.copyfile)
            os.utime(caches)


def _out_of_time(one):
    """Whether a limit of time ended something of it, by its own fault or not."""
    said = [*one.notes[one.known :], *(task["said"] for task in one.tasks)]
    return any("without end" in words or "ended the kernel" in words for words in said)


def _mark_in_time(one, course, again=False):
    begun, one.known = time.perf_counter(), len(one.notes)
    try:
        _mark(one, course, again or course.again)
    except Exception as error:  # whatever it is, it concerns this submission alone
        one.refuse(f"{type(error).__name__}: {' '.join(plain(str(error)).split()):.200}")
    one.seconds = time.perf_counter() - begun
    return one


def _mark(one, course, again):
    out, name = course.out, course.names[one.student]
    text = nbformat.writes(one.notebook)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    record = out / "marked" / name / f"{one.lesson}.json"
    known = {}
    if not again:
        with contextlib.suppress(OSError, ValueError):  # there is none, or it is damaged
            known = json.loads(record.read_bytes())
    if known.get("fingerprint") != fingerprint:
        atomic_write(out / "submitted" / name / one.lesson / f"{one.lesson}.ipynb", text.encode())
        one.ran = True
        with contained.new_sandbox(out / "compiled" / one.lesson) as sandbox:
            why = _run(one, course, sandbox)
        if why:
            one.refuse(why)
            return
        notes = _read_marks(one, course.cell_limit)
        known = dict(fingerprint=fingerprint, tasks=one.tasks, notes=notes)
        _page(one, course).unlink(missing_ok=True)
        _write_gradebook(one, name, course)
        atomic_write(record, json.dumps(known).encode())
    one.tasks = known["tasks"]
    one.notes += known["notes"]
    _compare_gradebook(one, name, course)
    one.status = "graded"


def _run(one, course, sandbox):
    """Run the notebook in its sandbox, and take the outputs; the reason in words if it did not come to its end."""
    done = _execute(one.notebook, course, sandbox, one.lesson)
    if done.ended:
        return done.ended
    if done.code:
        return _why_unmarked(done)
    outputs = json.loads(read_bytes(sandbox / "outputs.json"))
    for cell in one.notebook.cells:
        if cell.cell_type == "code":
            count, found = outputs[cell.id]
            found = course.bank.judged(one.lesson, cell, found) if course.bank else found
            cell.execution_count = count if type(count) is int else None
            cell.outputs = [clean for output in found if (clean := _clean(output))]
    return ""


def _ready(notebook, lesson, course):
    """A submission as it is run: before each test the checks are imported anew, or a bank asks its own questions."""
    if course.bank:
        return course.bank.asked(lesson, notebook)
    released = course.released[lesson]
    lines = [line for cell in released.cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    imports = "\n".join(line for line in lines if re.match(r"(from [\w.]+ )?import [\w., ]+ as tasks\s*$", line))
    cells = []
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        if imports and mark.get("grade") and not mark.get("solution") and cell.cell_type == "code":
            cells.append(nbformat.v4.new_code_cell(FRESH.format(imports=imports)))
        cells.append(cell)
    return nbformat.from_dict({**notebook, "cells": cells})


def _execute(notebook, course, sandbox, lesson=None):
    """Run a notebook in a sandbox, under all limits."""
    ready = _ready(notebook, lesson, course) if lesson else notebook
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    ready = nbformat.from_dict({**ready, "metadata": kernel})
    (sandbox / "notebook.ipynb").write_text(nbformat.writes(ready), encoding="utf-8")
    wrap = contained.apart()
    command = [sys.executable, "-m", "hlp_edu.course.teaching.execute", str(sandbox), f"{course.cell_limit:d}"]
    command += [f"{course.memory:g}", "alone" if wrap else "shared"]
    variables = contained.environment(sandbox)
    return contained.run(command, sandbox, course.limit, course.cancelled, variables, course.memory, sandbox, wrap)


def _why_unmarked(done):
    if "DeadKernelError" in done.said or "Kernel died" in done.said:
        return "its code ended the kernel: grade it by hand"
    if "CellTimeoutError" in done.said:
        return "a loop without end that cannot be interrupted: grade it by hand"
    if done.code in (-9, 137):
        return "its code ended the program that ran it: grade it by hand"
    if "MemoryError" in done.said:
        return "its outputs or its data took all the memory there was: grade it by hand"
    errors = [line.strip() for line in done.said.splitlines() if re.match(r"\s*[\w.]+(Error|Exception)\b", line)]
    return f"it could not be run: {plain((errors or done.said.splitlines() or [str(done.code)])[-1]):.200}"


def _clean(output):
    """An output of a stranger's code as text or a picture, nothing that a browser could run; None if neither."""
    kind = output.get("output_type")

    def text(value):
        value = "".join(value) if isinstance(value, list) else value
        return str(value).encode("utf-8", "replace").decode()[:100_000]

    if kind == "stream":
        return nbformat.v4.new_output(kind, name="stdout", text=text(output.get("text", "")))
    if kind == "error":
        words = {key: text(output.get(key, "")) for key in ("ename", "evalue")}
        return nbformat.v4.new_output(kind, **words, traceback=[text(line) for line in output.get("traceback", [])])
    if kind not in ("display_data", "execute_result"):
        return None
    data = output.get("data", {})
    kept = {"text/plain": text(data["text/plain"])} if "text/plain" in data else {}
    for name in ("image/png", "image/jpeg"):
        try:
            kept[name] = base64.b64encode(base64.b64decode("".join(data[name].split()), validate=True)).decode()
        except (KeyError, AttributeError, ValueError, binascii.Error):
            continue
    count = output.get("execution_count")
    more = {"execution_count": count if type(count) is int else None} if kind == "execute_result" else {}
    return nbformat.v4.new_output(kind, data=kept, **more)


def _read_marks(one, cell_limit):
    """Mark each test cell by what it gave; notes about what is strange."""
    notes = []
    for cell in one.notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        if not mark.get("grade"):
            continue
        most = float(mark["points"])
        points, said = most, "correct"
        if mark.get("solution"):  # a written answer
            points, said = None, "to be graded by hand"
        elif cell.execution_count is None:
            points, said = 0.0, "it was not run"
        for output in cell.get("outputs", []) if points is not None else ():
            if output.output_type == "error":
                points, said = 0.0, _said(output, cell_limit)
                break
            if output.output_type == "execute_result":  # nbgrader's way to give a part of the points
                try:
                    points = float(output.data.get("text/plain", ""))
                except ValueError:
                    continue
                if not 0 <= points <= most:
                    notes.append(f"to look at: {mark['grade_id']} gave {points:g} of {most:g} points; none are counted")
                    points, said = 0.0, "gave points that there are not"
        one.tasks.append(dict(task=mark["grade_id"].removeprefix("test_"), points=points, possible=most, said=said))
    return notes


def _said(output, cell_limit):
    """What a failed test answered, in one line."""
    if output.ename in ("CellTimeoutError", "KeyboardInterrupt"):
        return f"ended after {cell_limit:g} s: a loop without end?"
    words = plain(" ".join(re.sub(r"\x1b\[[0-9;]*m", "", output.evalue).split()))[:500]
    return words if output.ename == "AssertionError" and words else f"{plain(output.ename):.50}: {words}"


@contextlib.contextmanager
def _gradebook(course):
    """Open nbgrader's gradebook, for one thread at a time."""
    from nbgrader.api import Gradebook

    with course.gradebook_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own, about SQLAlchemy
        with Gradebook(f"sqlite:///{course.out / 'gradebook.db'}") as gradebook:
            yield gradebook


def _write_gradebook(one, name, course):
    """Write the marks into nbgrader's gradebook, and the notebook with its outputs beside it."""
    marks = {task["task"]: task["points"] for task in one.tasks}
    text = nbformat.writes(_for_browsers(one.notebook))
    atomic_write(course.out / "autograded" / name / one.lesson / f"{one.lesson}.ipynb", text.encode())
    with _gradebook(course) as gradebook:
        gradebook.update_or_create_student(name)
        submission = gradebook.update_or_create_submission(one.lesson, name)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score = marks.get(grade.name.removeprefix("test_"), 0.0)
                grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None
        gradebook.db.commit()


def _for_browsers(notebook):
    """A copy whose texts hold no HTML that could do anything, also in the pages that nbgrader itself shows."""
    twin = copy.deepcopy(notebook)
    for cell in twin.cells:
        if cell.cell_type != "code":  # without < no tag begins; of links those stay that run nothing
            cell.source = re.sub(rf"\]([(:])(?!\s*({PLACES}))", r"] \1", cell.source.replace("<", "&lt;"))
    return twin


def _page(one, course):
    """Where a submission's page of feedback is."""
    return course.out / "feedback" / course.names[one.student] / one.lesson / f"{one.lesson}.html"


def _write_feedback(lesson, submissions, course):
    """Let nbgrader write the pages of feedback, in which no script runs: all at once, and what fails alone."""
    graded = [one for one in submissions if one.status == "graded"]
    if all(_page(one, course).is_file() for one in graded):
        return
    _nbgrader(course, 60 + 20 * len(graded), "generate_feedback", lesson, "--force")
    for one in graded:
        if not _page(one, course).is_file():
            _nbgrader(course, 180, "generate_feedback", lesson, f"--student={course.names[one.student]}", "--force")
        if not _page(one, course).is_file():
            one.notes.append("there is no page of feedback: nbgrader could not write it")


def _compare_gradebook(one, name, course):
    """Points as the gradebook has them, where a teacher may have changed them; what differs from our marks is told."""
    with _gradebook(course) as gradebook:
        submission = gradebook.find_submission(one.lesson, name)
        grades = {grade.name.removeprefix("test_"): grade for note in submission.notebooks for grade in note.grades}
        given = {key: (grade.auto_score, grade.score) for key, grade in grades.items()}
    ours = sum(task["points"] or 0.0 for task in one.tasks)
    one.possible = sum(task["possible"] for task in one.tasks)
    for task in one.tasks:
        auto, score = given.get(task["task"], (None, 0.0))
        if auto != task["points"] or score != (auto or 0.0):
            task |= {"points": score}
    one.points = sum(task["points"] or 0.0 for task in one.tasks)
    if one.points != ours:
        one.notes.append(f"to look at: marked {ours:g}, and the gradebook now says {one.points:g}: changed by hand?")
    if not 0 <= one.points <= one.possible:
        one.notes.append(f"to look at: {one.points:g} points where there are {one.possible:g}")


def _nbgrader(course, limit, *words):
    """Run one of nbgrader's commands, on our own files, in a process of its own."""
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "TQDM_DISABLE": "1", "MPLBACKEND": "agg"}
    environment.pop("PYTHONWARNINGS", None)  # a warning is no mistake
    # nbgrader calls alembic by name, which stands beside this Python whether or not that is on the path.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    command = [sys.executable, "-m", "nbgrader", *words]
    return contained.run(command, course.out, limit, course.cancelled, environment)


# ------------------------------------------------------------------------------------- the tables


def _write_tables(submissions, names, out):
    """grades.csv has a row for each submission, tasks.csv one for each task of each."""
    rows, tasks = [], []
    for one in submissions:
        page = f"feedback/{names[one.student]}/{one.lesson}/{one.lesson}.html"
        page = page if one.status == "graded" and (out / page).is_file() else ""
        rows.append(vars(one) | dict(seconds=round(one.seconds), feedback=page, notes="; ".join(one.notes)))
        tasks += [dict(student=one.student, lesson=one.lesson) | task for task in one.tasks]
    graded = ("student", "lesson", "status", "points", "possible", "seconds", "feedback", "file", "notes")
    _write_csv(out / "grades.csv", graded, rows)
    _write_csv(out / "tasks.csv", ("student", "lesson", "task", "points", "possible", "said"), tasks)


def _write_csv(path, columns, rows):
    if rows:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({key: _harmless(row[key]) for key in columns} for row in rows)
        atomic_write(path, text.getvalue().encode("utf-8-sig"))  # Excel takes UTF-8 only with the mark at the beginning


def _harmless(value):
    """A cell: a spreadsheet takes what begins with = + - @ for a formula; a student's name must not be one."""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in tuple("=+-@\t\r") else value
    return "" if value is None else f"{value:g}"
