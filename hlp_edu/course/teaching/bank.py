"""A teacher's bank: tasks drawn with a seed, for students without their solutions, for the teacher with all.

The sources are ``bank/lesson_NN.py``, each with a list TASKS of functions ``name(dice)`` that draw an `Item`.
`release` makes a notebook for students and a secret folder of them, and `Bank` judges what is handed in. A student's
code is given the inputs and no more; its answers are compared with the right values in the process that grades.
"""

import contextlib
import copy
import functools
import importlib.util
import io
import json
import pickle
import re
import threading
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np

import hlp_edu as hlp
from hlp_edu._version import __version__
from hlp_edu.checks.core import Value
from hlp_edu.checks.record import Record, Replayed, pack, record
from hlp_edu.checks.values import copied, inputs_of, show
from hlp_edu.course.teaching.place import make
from hlp_edu.course.teaching.release import exercise
from hlp_edu.storage import atomic_write
from hlp_edu.validate import one_of

__all__ = []  # for the commands, and the sources in bank/, alone

SETUP = """\
import numpy as np

import hlp_edu as hlp
from hlp_edu.checks import bank

tasks = bank.Tasks(
{tasks}
)"""
FIRST = """\
# Further exercises for lesson {number}

{count} tasks whose solutions your teacher has. They need lesson {number} and about {minutes} minutes.

Write each answer where its cell says so and run the cell. It tells you whether the *form* is right, and whether a \
function gives the example of the text; it cannot tell you whether the answer is *correct*. That your teacher's check \
does, with other cases, when you have handed in. So test your answer yourself. Leave the cells that begin with \
`assert` as they are."""
RECORD = """\
import sys as _sys
for _name in [name for name in _sys.modules if name.startswith("hlp_edu.checks")]:
    del _sys.modules[_name]
from hlp_edu.checks.record import record as _record
_record({name!r}, globals().get({name!r}, ...), {packed!r})"""


@dataclass
class Item:
    """A task as the dice have drawn it.

    Words in ``text``, ``given``, ``answer`` and ``moral`` that stand between @ signs are replaced by those of
    ``words``.

    Parameters
    ----------
    title, text : str
        What the student reads; the points are added to the title.
    points : int
        What a right answer is worth.
    answer : str
        Code of the cell with the solution, between ``### BEGIN SOLUTION`` and ``### END SOLUTION``; the line that
        checks it is added.
    expected : callable
        The right value: of the task's arguments, or of nothing.
    mistakes : dict of str to callable
        As of a `Task`.
    inputs : callable, optional
        Takes a random generator and yields the hidden cases, tuples of arguments; without it the answer is a value.
    example : str
        Code of the arguments of the worked example, for example "0.5, np.ones(3)".
    given : str
        Code that stands before the answer.
    words : dict of str to object
        What was drawn.
    among, letters : sequence of str, str
        Of a `Form`.
    tolerance : float
        Of a `Task`.
    moral : str
        Of a `Task`.
    minutes : int
        What it takes.
    """

    title: str
    text: str
    points: int
    answer: str
    expected: object
    mistakes: dict
    inputs: object = None
    example: str = ""
    given: str = ""
    words: dict = field(default_factory=dict)
    among: tuple = ()
    letters: str = ""
    tolerance: float = 1e-6
    moral: str = ""
    minutes: int = 15
    lesson: str = ""
    name: str = ""
    cases: list = field(default_factory=list)

    def draw(self, lesson, name, dice):
        """Fill in the words, and draw the hidden cases."""
        self.lesson, self.name = lesson, name
        for part in ("text", "given", "answer", "moral"):
            setattr(self, part, _filled(getattr(self, part), self.words).strip())
        if self.inputs is None:
            self.expected = functools.cache(self.expected)
        else:
            self.cases, self.expected = list(self.inputs(dice)), _kept(self.expected)
        return self

    def task(self):
        """The secret task, which judges an answer or its record."""
        known = dict(points=self.points, hints=["none"], mistakes=self.mistakes)
        known |= dict(expected=self.expected, tolerance=self.tolerance, moral=self.moral)
        if self.inputs is None:
            return Value(self.lesson, self.name, self.title, **known)
        return Replayed(self.lesson, self.name, self.title, inputs=lambda rng: self.cases, **known)

    def shown(self):
        """The arguments of the example, and what the right answer gives."""
        given = eval(f"({self.example},)", {"np": np, "hlp": hlp})
        return given, self.expected(*copied(given))

    def public(self):
        """The code of the public task."""
        if self.inputs is None:
            kind = f"Form({_literal(_blank(self.expected()))}"
            kind += f", among={tuple(self.among)!r}" if self.among else ""
            kind += f", letters={self.letters!r}" if self.letters else ""
        else:
            kind = f"Example({self.example}, gives={_literal(self.shown()[1])}"
            kind += f", tolerance={self.tolerance:g}" if self.tolerance != 1e-6 else ""
        line = f"    {self.name}=bank.{kind}),"
        if len(line) > 100:
            line = line.replace("bank.Example(", "bank.Example(\n        ", 1).replace(
                ", gives=", ",\n        gives=", 1
            )
            line = f"{line.removesuffix('),')},\n    ),"
        return line

    def stub(self):
        """The function of the answer with nothing in it, for the names of its arguments."""
        head = re.search(rf"^def {self.name}\(.*\):", self.answer, re.M)[0]
        names = {}
        exec(f"{head} ...", names)
        return names[self.name]

    def cells(self, number):
        """The cells of the notebook with the solution."""
        text = f"## {number}. {self.title} ({self.points} point{'s' if self.points > 1 else ''})\n\n{self.text}"
        if self.inputs is not None:
            call, gives = f"{self.name}({self.example})", _seen(self.shown()[1])
            short = len(call) < 70
            text += f"\n\nFor example, `{call}` is {gives}." if short else f"\n\nFor example, this is {gives}:"
            text += "" if short else f"\n\n```python\n{call}\n```"
        name = self.name
        mark = dict(locked=False, schema_version=3, task=False, grade=False, solution=True, grade_id=name)
        test = mark | dict(locked=True, grade=True, solution=False, grade_id=f"test_{name}", points=self.points)
        joint = "\n\n\n" if self.inputs is not None else "\n"
        check = f"assert tasks.{name}.check({name}), tasks.{name}.why"
        made = [nbformat.v4.new_markdown_cell(text, id=f"{name}-text")]
        made += [nbformat.v4.new_code_cell(self.given, id=f"{name}-given")] if self.given else []
        answer = f"{self.answer}{joint}tasks.{name}.check({name})"
        made += [nbformat.v4.new_code_cell(answer, id=f"{name}-answer", metadata={"nbgrader": mark})]
        return [*made, nbformat.v4.new_code_cell(check, id=f"{name}-test", metadata={"nbgrader": test})]


def letters(dice, pool, count=6):
    """Draw statements, each with a letter, of which the right ones are to be named.

    ``pool`` has tuples (statement, whether it is right, why). Returns the table, the letters of the right ones, and
    mistakes that name the one statement that was misjudged.
    """
    while True:
        drawn = [pool[k] for k in dice.permutation(len(pool))[:count]]
        right = "".join(letter for letter, (_, truth, _) in zip("ABCDEFGH", drawn, strict=False) if truth)
        if 2 <= len(right) <= count - 2:
            break
    mistakes = {}
    for letter, (_, truth, why) in zip("ABCDEFGH", drawn, strict=False):
        other = "".join(sorted(set(right) ^ {letter}))
        mistakes[f"{letter} is {'missing' if truth else 'not among them'}: {why}"] = lambda right, other=other: other
    table = "\n".join(f"| {letter} | {one[0]} |" for letter, one in zip("ABCDEFGH", drawn, strict=False))
    return f"| | |\n|---|---|\n{table}", right, mistakes


# ------------------------------------------------------------------------------------- drawing the tasks


def read_items(folder, seed, lessons=()):
    """The items of a folder of sources, drawn with a seed: ``{lesson: [Item, ...]}``.

    Raises
    ------
    ValueError
        If there are no sources there, or one of them is none.
    """
    folder, found, known = Path(folder), {}, []
    for path in sorted(folder.glob("lesson_*.py")):
        spec = importlib.util.spec_from_file_location(f"bank_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            known.append(module.LESSON)
            if lessons and module.LESSON not in lessons:
                continue
            items = []
            for draw in module.TASKS:
                dice = [np.random.default_rng([k, *f"{seed} {draw.__name__}".encode()]) for k in (0, 1)]
                items.append(draw(dice[0]).draw(module.LESSON, draw.__name__, dice[1]))
            found[module.LESSON] = items
        except Exception as error:  # a source is a teacher's program, and may be wrong in any way
            where = traceback.extract_tb(error.__traceback__)[-1]
            raise ValueError(f"{path.name}: {type(error).__name__}: {error} (line {where.lineno})") from error
    if not known:
        raise ValueError(f"folder = {str(folder)!r}: holds no lesson_NN.py of a bank")
    for name in lessons:
        one_of("lessons", name, known)
    return found


def notebook_of(lesson, items):
    """The notebook with the solutions of a lesson's items, from which nbgrader makes the students' one."""
    number = lesson[:2]
    setup = SETUP.format(tasks="\n".join(item.public() for item in items))
    count = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five"}.get(len(items), str(len(items)))
    first = FIRST.format(number=number, count=count, minutes=sum(item.minutes for item in items))
    cells = [nbformat.v4.new_markdown_cell(first, id=f"bank-{number}-first")]
    cells += [nbformat.v4.new_code_cell(setup, id=f"bank-{number}-setup")]
    for number, item in enumerate(items, 1):
        cells += item.cells(number)
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def prove(items, notebook):
    """Refuse items whose solution their own check refuses, or whose stub it takes for an answer: ValueError."""
    names = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.id.endswith("-test"):
            continue
        item = next((item for item in items if cell.id == f"{item.name}-answer"), None)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(cell.source, names)
        except Exception as error:
            raise ValueError(f"{items[0].lesson}: the cell {cell.id} raises {type(error).__name__}: {error}") from error
        if item is None:
            continue
        outcome, public = judged(item, names[item.name]), names["tasks"].__dict__[item.name].last
        if not (outcome and public):
            raise ValueError(f"{item.lesson}: the solution of {item.name} is refused: {outcome if public else public}")


def judged(item, answer):
    """What the secret check says to an answer, by way of its record."""
    text = repr(record(item.name, answer, pack(item.cases)))
    return item.task().check(Record.read(text).answer())


# ------------------------------------------------------------------------------------------- releasing


def release(source, out, seed, lessons=(), say=lambda words: None):
    """Make ``out/students`` and ``out/secret`` from the bank in the folder ``source``.

    Parameters
    ----------
    source, out : Path
        The folder with lesson_NN.py, and a folder that must be new or empty.
    seed : str
        The teacher's; the same seed gives the same tasks.
    lessons : sequence of str
        Which; by default all.
    say : callable
        Is told what was made.

    Raises
    ------
    ValueError
        If there is no bank, ``out`` holds something, or a task is not sound.
    """
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"out = {str(out)!r}: must be a new or an empty folder, since nothing is overwritten")
    found = read_items(source, seed, lessons)
    notebooks = {lesson: notebook_of(lesson, items) for lesson, items in found.items()}
    for lesson, items in found.items():
        prove(items, notebooks[lesson])

    def build(new):
        secret = new / "secret"
        secret.mkdir(mode=0o700)
        facts = {"seed": seed, "lessons": list(found), "version": __version__}
        (secret / "bank.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        (secret / "ANSWERS.md").write_text(_answers(found), encoding="utf-8")
        for lesson, items in found.items():
            name, plan = f"bank_{lesson[:2]}", f"lesson_{lesson[:2]}.py"
            path = secret / "solutions" / name / f"{name}.ipynb"
            atomic_write(path, (nbformat.writes(notebooks[lesson]) + "\n").encode())
            text = exercise(path).encode()
            atomic_write(secret / "exercises" / name / f"{name}.ipynb", text)
            atomic_write(new / "students" / f"{name}.ipynb", text)
            atomic_write(secret / "sources" / plan, (Path(source) / plan).read_bytes())
            say(f"students/{name}.ipynb: {', '.join(item.name for item in items)}")

    make(out, "release", build)


def _answers(found):
    """All right values, for a teacher who marks on paper."""
    lines = ["# Right answers", "", "For the teacher alone. The solutions are in `solutions/`."]
    for lesson, items in found.items():
        lines += ["", f"## {lesson}"]
        for item in items:
            lines += ["", f"### {item.name}: {item.title} ({item.points})", ""]
            if item.inputs is None:
                lines.append(f"- right: {_seen(item.expected())}")
            for given in item.cases:
                right = _seen(item.expected(*copied(given)))
                lines.append(f"- {inputs_of(item.stub(), given, '')}: {right}")
            lines += [f"- refused: {words}" for words in item.mistakes]
    return "\n".join(lines) + "\n"


# -------------------------------------------------------------------------------------------- judging


class Bank:
    """The secret part of a release, which judges what was handed in.

    Parameters
    ----------
    folder : Path
        The folder ``secret`` of `release`.

    Raises
    ------
    ValueError
        If it is none.
    """

    def __init__(self, folder):
        try:
            facts = json.loads((Path(folder) / "bank.json").read_bytes())
            seed, lessons = facts["seed"], facts["lessons"]
        except (OSError, ValueError, KeyError, TypeError):
            words = "holds no bank.json; must be the folder secret that hlp-edu release --bank made"
            raise ValueError(f"folder = {str(folder)!r}: {words}") from None
        items = read_items(Path(folder) / "sources", seed, lessons)
        self._items = {(f"bank_{lesson[:2]}", item.name): item for lesson, some in items.items() for item in some}
        self._lock = threading.Lock()  # a task remembers its last answer

    def _item(self, name, cell):
        """The item that a cell tests, or None."""
        mark = cell.metadata.get("nbgrader", {})
        return self._items.get((name, mark.get("grade_id", "").removeprefix("test_"))) if mark.get("grade") else None

    def asked(self, name, notebook):
        """A notebook as it is run: each test writes down what the answer does on the hidden inputs."""
        asked = copy.deepcopy(notebook)
        for cell in asked.cells:
            item = self._item(name, cell)
            if item is not None:
                cell.source = RECORD.format(name=item.name, packed=pack(item.cases))
        return asked

    def judged(self, name, cell, outputs):
        """The outputs of a cell; of a test, what the secret check says to the record among them."""
        item = self._item(name, cell)
        texts = [
            "".join(output["data"].get("text/plain", ""))
            for output in outputs
            if output.get("output_type") == "execute_result" and isinstance(output.get("data"), dict)
        ]
        if item is None or not texts:  # ended for its time, or by an error: that stays
            return outputs if item is None or outputs else [_error("it gave no answer")]
        try:
            answer = Record.read(texts[-1]).answer()
        except (ValueError, TypeError):
            return [_error("it gave no answer that can be read")]
        with self._lock:
            outcome = item.task().check(answer)
        if not outcome:
            return [_error(str(outcome))]
        return [nbformat.v4.new_output("stream", name="stdout", text=str(outcome))]


def _error(words):
    return nbformat.v4.new_output("error", ename="AssertionError", evalue=words, traceback=[f"AssertionError: {words}"])


# ------------------------------------------------------------------------------------------ small tools


def _filled(text, words):
    """A text with the words that stand between @ signs replaced; ValueError for one that is not known."""

    def word(found):
        if found[1] not in words:
            raise ValueError(f"@{found[1]}@: must be one of {', '.join(words) or 'no words at all'}")
        return str(words[found[1]])

    return re.sub(r"@([A-Za-z_]\w*)@", word, text)


def _kept(function):
    """A function that remembers its values: the right ones are asked for at every submission."""
    known = {}

    def kept(*given):
        key = pickle.dumps(given)
        if key not in known:
            known[key] = function(*given)
        return copied(known[key])

    return kept


def _blank(value):
    """Something of the same form that says nothing."""
    if isinstance(value, tuple):
        return tuple(map(_blank, value))
    if isinstance(value, str):
        return ""
    return False if isinstance(value, (bool, np.bool_)) else np.zeros_like(np.asarray(value, float))[()]


def _literal(value):
    """Code that gives a value."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"np.array({value.tolist()!r})"
    return repr(np.asarray(value).item())


def _seen(value):
    """A value as a student reads it."""
    if isinstance(value, tuple):
        return ", ".join(map(_seen, value))
    if isinstance(value, np.ndarray) and value.ndim:
        text = np.array2string(value, precision=4, separator=", ", threshold=40)
        return f"`{' '.join(text.split())}`"
    return f"`{show(np.asarray(value).item(), 5)}`"
