"""Where what we make goes: into a new folder, or in the place of what we made before, untouched since."""

import hashlib
import json
import os
import shutil
from pathlib import Path

from hlp_edu.course.files import CourseError
from hlp_edu.storage import tidy

__all__ = []  # for the package alone

STRANGE = (
    "holds {strange}, which `hlp-edu {what}` did not write; must be a new folder, or one that `hlp-edu {what}` made. "
    "Nothing was changed"
)


def refuse(out, what, listing, words=STRANGE):
    """Say no to a place where something is that ``hlp-edu WHAT`` did not leave there as it is."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise CourseError(f"OUT = {str(out)!r}: is a file or a link; must be a new folder")
    if Path.cwd().is_relative_to(out.resolve()):  # you would stand in the old one, which is gone
        raise CourseError(f"OUT = {str(out)!r}: is where you are; must be another folder, or go out of it first")
    try:
        found = json.loads((out / listing).read_text(encoding="utf-8"))
        files, digests = dict(found["files"]), dict(found["sha256"])
    except (OSError, ValueError, LookupError, TypeError):
        files, digests = {}, {}
    for name, size in sizes(out).items():
        if name != listing and (files.get(name) != size or digests.get(name) != digest(out / name)):
            raise CourseError(f"OUT = {str(out)!r}: {words.format(strange=name, what=what)}")


def make(out, what, build, listing=None, words=STRANGE, facts=None):
    """Let ``build(folder)`` fill a folder, then put it to ``out``; what fails leaves ``out`` as it was.

    The folder that holds the new one is room for what is needed on the way. The file ``listing`` in it, written last,
    says which files are ours, and ``facts``. Returns what ``build`` returns.
    """
    listing, out = listing or f".hlp_edu_{what}.json", Path(os.path.abspath(out))
    refuse(out, what, listing, words)
    draft = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    tidy(out)
    try:
        (draft / "new").mkdir(parents=True)
        said = build(draft / "new")
        files = sizes(draft / "new")
        made = {**(facts or {}), "files": files, "sha256": {name: digest(draft / "new" / name) for name in files}}
        (draft / "new" / listing).write_text(json.dumps(made, indent=1), encoding="utf-8")
        refuse(out, what, listing, words)  # something may have been put there in the meantime
        if out.exists():
            out.rename(draft / "old")
        (draft / "new").rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return said


def sizes(folder):
    """Each file below a folder, and its size in bytes; in order, what is hidden last."""
    files = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    found = {path.relative_to(folder).as_posix(): path.lstat().st_size for path in files}
    return dict(sorted(found.items(), key=lambda one: (one[0].startswith("."), one[0])))


def digest(path):
    """What a file holds, as a fingerprint; "" for a link and other things that we do not write."""
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
