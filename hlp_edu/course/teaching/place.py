"""Where what we make goes: into a new folder, or in the place of what we made before."""

import json
import shutil
import tempfile
from pathlib import Path

from hlp_edu.course.files import CourseError

__all__ = []  # for the package alone

MARK = ".hlp_edu_made.json"  # lists the files that we wrote


def refuse(out, what):
    """Say no to a folder that holds anything that is not ours. `out` is a path, `what` is "site" or "slides"."""
    if not out.exists():
        return
    if not out.is_dir():
        raise CourseError(f"OUT = {str(out)!r}: is a file; must be a new folder")
    ours = set()
    if (out / MARK).is_file():
        made = json.loads((out / MARK).read_text(encoding="utf-8"))
        ours = set(made["files"]) | {MARK} if made["what"] == what else set()
    strange = sorted(_files(out) - ours, key=lambda name: (name == MARK, name))
    if strange:
        raise CourseError(
            f"OUT = {str(out)!r}: holds {strange[0]}, which `hlp-edu {what}` did not write; must be a new folder, "
            f"or one that `hlp-edu {what}` made. Nothing was changed"
        )


def make(out, what, build):
    """Let `build(folder)` fill a folder beside `out`, then put it there; what fails leaves `out` as it was.

    Returns what `build` returns.
    """
    refuse(out, what)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as place:
        new = Path(place) / "new"
        new.mkdir()
        said = build(new)
        mark = {"what": what, "files": sorted(_files(new))}
        (new / MARK).write_text(json.dumps(mark, indent=0), encoding="utf-8")
        refuse(out, what)  # something may have been put there in the meantime
        if out.exists():
            shutil.rmtree(out)
        new.rename(out)
    return said


def _files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
