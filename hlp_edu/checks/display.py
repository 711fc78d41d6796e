"""How a check, a hint and a solution show themselves, in a notebook and in a terminal."""

import html
import json
import re
from dataclasses import dataclass

from hlp_edu.course.files import course_source

__all__ = ["Note", "Outcome", "solution_text"]

# Okabe and Ito's green, orange and a grey, on paper; the marks and the words say the same.
MARKS = {
    "correct": ("#056A40", "\u2714"),
    "not yet": ("#DB9902", "\u2718"),
    "not attempted": ("#8C8C8C", "\u25cb"),
    "so far so good": ("#005EF5", "\u2192"),
}


@dataclass(frozen=True, repr=False)
class Outcome:
    """What a check says. It is true only when the answer is correct.

    Parameters
    ----------
    status : {"correct", "not yet", "not attempted", "so far so good"}
        The verdict; the last is for tasks that a teacher judges.
    reason : str
        Why not yet; or, when it is correct, what was learned.
    help : str
        Where to get help.
    given : str
        The input on which it went wrong; folded in a notebook.
    """

    status: str
    reason: str = ""
    help: str = ""
    given: str = ""

    def __bool__(self):
        return self.status == "correct"

    def __str__(self):
        joint = ", because " if self.status == "not yet" else ". "
        return self.status + (joint + self.reason if self.reason else "") + self.given

    def __repr__(self):
        return str(self) + (f"\n({self.help})" if self.help else "")

    def _repr_html_(self):
        colour, mark = MARKS[self.status]
        said = "Not yet, because " if self.status == "not yet" else f"{self.status.capitalize()}. "
        head, rest = (said, "") if self.status == "not yet" else (said, " ")
        body = f"<b>{mark} {head.strip()}</b> {rest.strip()}{_inline(self.reason)}"
        if self.given:
            body += f"<details><summary>the input</summary>{_inline(self.given.lstrip(' ,:'))}</details>"
        return _box(colour, body, self.help)


@dataclass(frozen=True, repr=False)
class Note:
    """A hint or a solution, shown in a box in a notebook and as plain text elsewhere.

    Parameters
    ----------
    title : str
        Of the box.
    text : str
        What it says.
    code : bool
        Whether the text is code.
    """

    title: str
    text: str
    code: bool = False

    def __str__(self):
        return self.text

    def __repr__(self):
        return f"{self.title}\n{self.text}" if self.code else f"{self.title}: {self.text}"

    def _repr_html_(self):
        style = "font-family: monospace; background: #FFFFFF; color: #333333; padding: 0.5em; margin: 0.4em 0 0"
        pre = f'<pre style="{style}">'
        body = f"{pre}{html.escape(self.text)}</pre>" if self.code else " " + _inline(self.text)
        return _box("#005EF5", f"<b>{html.escape(self.title)}{'' if self.code else '.'}</b>{body}")


def _box(colour, body, small=""):
    """Words on an opaque ground, so that they can be read in a dark theme too."""
    style = f"border-left: 6px solid {colour}; background: #F7F7F7; color: #333333; padding: 0.5em 0.8em"
    small = f'<br><span style="font-size: 90%; color: #595959">{_inline(small)}</span>' if small else ""
    return f'<div style="{style}">{body}{small}</div>'


def _inline(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def solution_text(lesson, name):
    """What the solution notebook of a lesson has in the cell of a task.

    Parameters
    ----------
    lesson, name : str
        Of the task.

    Raises
    ------
    ValueError
        If there is no such notebook or task.
    """
    path = course_source() / "solutions" / lesson / f"{lesson}.ipynb"
    if not path.is_file():
        raise ValueError(f"lesson = {lesson!r}: this installation has no solutions for it")
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        known = cell["metadata"].get("nbgrader", {})
        if known.get("solution") and known.get("grade_id") == name:
            lines = "".join(cell["source"]).splitlines()
            drop = rf"\s*#+ (BEGIN|END) SOLUTION|{name} = \.\.\.|tasks\.{name}\.check\("
            return "\n".join(line for line in lines if not re.match(drop, line)).strip()
    raise ValueError(f"name = {name!r}: the solutions of {lesson} have no such task")
