"""Copy the course to the learner's folder and keep it up to date: what the learner wrote always survives.

A manifest in the folder remembers each file as it was delivered. A file that is as it was delivered is replaced by
a new version; one that the learner changed stays, and the new version is put beside it, once. A notebook that was
only run counts as unchanged.
"""

import errno
import hashlib
import itertools
import json
from pathlib import Path

from hlp_edu._version import __version__
from hlp_edu.course.files import DEFAULT_DIR, DELIVERED, MANIFEST, PACKAGE, CourseError
from hlp_edu.storage import atomic_write, tidy

__all__ = []  # for the commands alone

FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", None))  # the disk, or what a user may have of it
WELCOME = """\
# Your copy of hlp_edu

This folder is yours: write in it as you like. `hlp-edu start` brings new versions, and never overwrites what you have
changed; the new version is then put beside it.

- `lessons/`: 17 notebooks, from `00_start_here.ipynb` on, and `reference.ipynb` with the symbols and equations.
- `exercises/`: one notebook a lesson, with five tasks that check your answers.

**To begin**: `hlp-edu lab` in this folder opens JupyterLab. Open lesson 00 and run it cell by cell (Shift-Enter).

**In the exercises**: write your answer into its cell and run it. It says *correct*, *not yet, because ...* or *not
attempted*. In a cell of your own, with the name of the task (here `change`):

    tasks.change.hint()        # the next hint; there are at most three
    tasks.change.solution()    # one way to do it
    tasks.change.failed        # the input on which your function went wrong
    hlp.checks.seed(4711)      # the inputs of an earlier session, by the seed that the check named

Cells that begin with `assert` are for a teacher's points: leave them, they fail until the answer is right. "Run All"
goes on behind them.

**Where am I?** `hlp-edu progress` counts what you have solved, from your own notebooks; nothing leaves this computer.

**If something does not work**: `hlp-edu check` examines the installation and says what to do. `hlp-edu --help` lists
all commands. The part "What this does not show" of each lesson says where the course ends.
"""


def refuse_bad_target(source, target):
    """Refuse to copy the course onto itself, or onto a file."""
    if target.exists() and not target.is_dir():
        raise CourseError(f"DIR = {str(target)!r}: is a file; must be a folder, new or from an earlier start")
    place = target.resolve()
    originals = [(source / part).resolve() for part in (*DELIVERED, "solutions")]
    if place.is_relative_to(PACKAGE) or any(
        (place / original.name).resolve().is_relative_to(original) for original in originals
    ):
        raise CourseError(
            f"DIR = {str(target)!r}: is where the course itself lives; must be a folder of your own, "
            f"for example {str(Path.home() / DEFAULT_DIR)!r}"
        )


def deliver(source, target):
    """Copy lessons and exercises; a list of what happened to which file, unless nothing did.

    Its entries are (what, file, more): what is "new", "refreshed", "restored", "beside", "dropped", "blocked" or
    "failed", and more is the name of the new version that was put beside a changed file, or says what is in the way.
    """
    target.mkdir(parents=True, exist_ok=True)
    manifest = _read_manifest(target)
    before = json.dumps(manifest)
    news, delivered = [], set()
    try:
        for name, new in _course_files(source):
            delivered.add(name)
            try:
                what, more = _deliver_file(target, name, new, manifest)
            except OSError as error:  # of this file: the others are brought up to date
                if error.errno in FULL:
                    raise
                what, more = "failed", error.strerror or str(error)
            if what:
                news.append((what, name, more))
        for name in [name for name in manifest if name not in delivered and "beside" not in manifest[name]]:
            del manifest[name]
            news.append(("dropped", name, ""))
    finally:  # also when the disk is full half-way: what was delivered is remembered
        if not (target / MANIFEST).exists() or json.dumps(manifest) != before:  # else a full disk does no harm
            tidy(target / MANIFEST)
            text = json.dumps({"version": __version__, "files": manifest}, indent=1)
            atomic_write(target / MANIFEST, text.encode())
    return news


def _deliver_file(target, name, new, manifest):
    """Bring one file up to date; what happened to it and more, as in `deliver`, both "" if nothing did."""
    if why := _in_the_way(target, name):
        return "blocked", why
    path, known = (target / name).resolve(), manifest.get(name)  # a link stays one: what it leads to is written
    tidy(path)
    entry, what, more = {"sha256": hashlib.sha256(new).hexdigest(), "written": _written(new, name)}, "", ""
    if known and known["sha256"] == entry["sha256"] and path.exists():
        return "", ""  # no new version: whatever the file is by now, it is the learner's
    have = _read(path)
    if have is None:
        atomic_write(path, new)
        what = "restored" if known else "new"
    elif known and _written(have, name) in (known["written"], entry["written"]):
        atomic_write(path, new)
        what = "refreshed"
    elif _written(have, name) != entry["written"]:
        what, more = "beside", _put_beside(target, name, new, entry, manifest)
    manifest[name] = entry
    return what, more


def _in_the_way(target, name):
    """What stands where a file or its folder belongs, in words; "" if nothing."""
    if (target / name).is_dir():
        return f"{name} is a folder"
    for inside in (Path(name), *Path(name).parents):
        path = target / inside
        if path.is_symlink() and not path.exists():  # a stick that is not plugged in, for example
            return f"{inside.as_posix()} is a link to a place that is not there"
        if inside != Path(name) and path.is_file():
            return f"{inside.as_posix()} is a file where a folder belongs"
    return ""


def _course_files(source):
    """Name and content of each file of a learner's copy; its README is written here, not copied."""
    yield "README.md", WELCOME.encode()
    for part in DELIVERED:
        for path in sorted((source / part).rglob("*")):
            inside = path.relative_to(source).parts
            hidden = any(name.startswith(".") or name == "__pycache__" for name in inside)
            if path.is_file() and not hidden and inside != ("exercises", "README.md"):
                yield "/".join(inside), path.read_bytes()


def _written(data, name):
    """Fingerprint of what a person wrote: of a notebook, the text of its cells, not what running it left."""
    if name.endswith(".ipynb"):
        try:
            cells = json.loads(data)["cells"]
            texts = [[cell["cell_type"], "".join(cell["source"]), cell.get("attachments")] for cell in cells]
            # JupyterLab appends an empty cell when the last one is run.
            data = json.dumps([text for text in texts if text[1].strip() or text[2]], sort_keys=True).encode()
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            pass  # no notebook (any more): every byte counts
    return hashlib.sha256(data).hexdigest()


def _put_beside(target, name, new, entry, manifest):
    path = Path(name)
    for number in itertools.count(1):
        beside = path.with_name(f"{path.stem}.new{number if number > 1 else ''}{path.suffix}").as_posix()
        if _in_the_way(target, beside):
            continue
        place = (target / beside).resolve()
        tidy(place)
        have = _read(place)
        if have is not None:
            fingerprint = _written(have, name)
            if fingerprint == entry["written"]:
                return beside  # it is there already
            if fingerprint != manifest.get(beside, {}).get("written"):
                continue  # the learner has written in this one, too
        atomic_write(place, new)
        manifest[beside] = {**entry, "beside": name}
        return beside


def _read_manifest(target):
    """Return the files as delivered; without a readable manifest every difference counts as the learner's."""
    try:
        files = json.loads(_read(target / MANIFEST) or "{}").get("files", {})
        sound = {name: entry for name, entry in files.items() if isinstance(entry, dict)}
        return {name: entry for name, entry in sound.items() if {"sha256", "written"} <= entry.keys()}
    except (ValueError, AttributeError, RecursionError):
        return {}


def _read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
