"""Where the course is: its notebooks, and the learner's copy of them. Standard library only."""

from pathlib import Path

__all__ = []  # for the package alone

PACKAGE = Path(__file__).resolve().parents[1]  # the folder hlp_edu
DEFAULT_DIR = "hlp_edu_course"
FIRST_PAGE = "lessons/00_start_here.ipynb"
DELIVERED = ("lessons", "exercises")  # the solutions stay in the package
MANIFEST = ".hlp_edu.json"  # in the learner's copy: each file as it was delivered


class CourseError(Exception):
    """Something that the user can mend; the message says how."""


def course_source():
    """Where the course's notebooks are: inside the installed wheel, or at the top of a clone."""
    for source in (PACKAGE / "_course", PACKAGE.parent):
        if (source / "lessons").is_dir():
            return source
    raise CourseError("this installation carries no lessons. Install hlp_edu again, from its wheel or a clone.")


def to_install(extra=""):
    """What pip has to be told to install the course once more: the clone, or the package."""
    clone, extra = PACKAGE.parent, f"[{extra}]" if extra else ""
    return f'--editable "{clone}{extra}"' if (clone / "pyproject.toml").is_file() else f'"hlp_edu{extra}"'


def find_course(folder=None):
    """Where the learner's copy of the course is."""
    if folder is not None:
        try:
            place = Path(folder).expanduser()
        except (TypeError, RuntimeError):  # no name, or a home that there is not
            raise ValueError(f"folder = {folder!r}: must be the name of a folder") from None
        if not (place / "exercises").is_dir():
            raise ValueError(f"folder = {str(folder)!r}: must be a copy of the course, with a folder exercises")
        return place
    here = Path.cwd()
    for place in (here, *here.parents, here / "work", here / DEFAULT_DIR):
        if (place / MANIFEST).is_file() and (place / "exercises").is_dir():
            return place
    raise ValueError("folder = None: there is no copy of the course here; say where it is, for example 'work'")
