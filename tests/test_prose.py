"""How the course reads: the length of lessons, stretches without something to see, honest minutes, plain words."""

import ast
from pathlib import Path

import nbformat
import prose
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
TASKS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
TEXTS = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "exercises/README.md")]
TEXTS += sorted((ROOT / "guide").glob("*.md"))
SOURCES = sorted((ROOT / "hlp_edu").rglob("*.py"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_reads_well(path):
    notebook = nbformat.read(path, as_version=4)
    if path.stem in prose.UNMEASURED:
        assert prose.strange(markdown(notebook)) == []
    else:
        assert prose.complaints(notebook, path.stem) == []


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_tasks_use_plain_words(path):
    assert prose.strange(markdown(nbformat.read(path, as_version=4))) == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_texts_use_plain_words(path):
    assert prose.strange(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_and_messages_use_plain_words(path):
    words = [node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
    found = [complaint for word in words for complaint in prose.strange(word)]
    assert found == []


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def lesson(*cells, minutes=5):
    return new_notebook(cells=[new_markdown_cell(f"| **Time** | {minutes} minutes; all cells |"), *cells])


def picture():
    return new_code_cell("plot()", outputs=[new_output("display_data", {"image/png": "..."})])


def short():
    return new_markdown_cell("word " * 240)


def code():
    return new_code_cell("1 + 1")


def test_a_short_lesson_passes_and_is_measured():
    good = lesson(short(), code(), short(), picture(), short())
    seen = prose.measure(good)
    assert (seen["words"], seen["code"], seen["figures"]) == (725, 2, 1)
    assert (seen["without_code"], seen["without_figure"], seen["minutes"]) == (245, 485, 10)
    again = lesson(short(), picture(), short(), picture(), short(), minutes=10)
    assert prose.complaints(again, "05_x") == []


@pytest.mark.parametrize(
    "cells, minutes, words",
    [
        ([short(), short(), code()], 5, "without code or figure"),
        ([short(), code(), short(), code(), short(), code(), picture()], 10, "without a figure"),
        ([cell for _ in range(8) for cell in (short(), picture())], 35, "words of prose"),
        ([short(), picture()], 45, "45 minutes are stated, 5 computed"),
        ([new_markdown_cell("Nobody knows."), picture()], 5, "name the thing"),
        ([new_markdown_cell("The neuron who and who and who."), picture()], 5, "'who' 3 times"),
    ],
)
def test_a_planted_fault_is_found(cells, minutes, words):
    assert any(words in complaint for complaint in prose.complaints(lesson(*cells, minutes=minutes), "05_x"))


@pytest.mark.parametrize(
    "text", ["nobody", "pushing is dearer", "A dash means a derivative", "a place of rest", "drawn by lot",
             "a share of it", "it arrives late", "keeping the books", "policy A", "the derivative by time"]
)  # fmt: skip
def test_words_that_are_not_used(text):
    assert len(prose.strange(text)) == 1


def test_words_in_formulas_code_and_folded_parts_do_not_count():
    hidden = "a $x$ b\n\n```\nnobody\n```\n\n<details><summary>s</summary>\n\nnobody\n\n</details>\n\n$$nobody$$"
    assert prose.strange(hidden) == [] and prose.count(prose.prose(hidden)) == 3
