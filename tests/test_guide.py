"""The teacher's guide: every task that it names exists, and every diagnosis that it quotes is one of that task's."""

import importlib
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from hlp_edu.checks import tasks_of

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "guide").glob("*.md"))


def tasks(lesson):
    """The tasks of a lesson, in the order of its notebook."""
    return tasks_of(importlib.import_module(f"hlp_edu.checks.lesson_{lesson}"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_guide_names_tasks_that_exist(page):
    for lesson, number in re.findall(r"\b(\d\d)\.([1-9])\b(?![\d%])", page.read_text(encoding="utf-8")):
        assert 1 <= int(number) <= len(tasks(lesson)), f"{page.name} names task {lesson}.{number}"


def test_the_guide_quotes_what_the_checks_say():
    text = (ROOT / "guide" / "lessons.md").read_text(encoding="utf-8")
    quotes = re.findall(r'"([^"]+)" \((\d\d)\.(\d)\)', text)
    assert len(quotes) > 20
    for words, lesson, number in quotes:
        task = tasks(lesson)[int(number) - 1]
        assert words in task.mistakes, f"task {lesson}.{number} does not say {words!r}"


def test_each_lesson_has_a_section_with_its_four_parts():
    sections = re.split(r"^## ", (ROOT / "guide" / "lessons.md").read_text(encoding="utf-8"), flags=re.M)[1:]
    lessons = sorted(path.name[:2] for path in (ROOT / "lessons").glob("[0-9]*.ipynb"))
    assert [section[:2] for section in sections] == lessons
    for section in sections:
        assert all(f"**{part}**" in section for part in ("Board", "Stumble", "Demonstration", "Skip")), section[:40]


def test_each_objective_has_a_task_and_nearly_all_tasks_serve_one():
    rows = re.findall(
        r"^\| (?!a student|---)(.+?) \| (.+?) \|$", (ROOT / "guide/objectives.md").read_text("utf-8"), re.M
    )
    served = {task for _, row in rows for task in row.split(", ")}
    assert all(re.fullmatch(r"\d\d\.\d", task) for task in served) and len(rows) >= 20
    assert len(served) >= 50


def test_the_syllabus_gives_the_minutes_of_the_lessons():
    rows = re.search(r"## Six weeks.*?## Three", (ROOT / "guide/syllabus.md").read_text("utf-8"), re.S).group()
    given = dict(re.findall(r"\b(\d\d) \((\d+)\)", rows))
    for path in sorted((ROOT / "lessons").glob("[0-9]*.ipynb")):
        first = "".join(cell.source for cell in nbformat.read(path, as_version=4).cells[:3])
        assert given.pop(path.name[:2]) == re.search(r"\*\*Time\*\* \| (\d+) minutes", first)[1], path.name
    assert not given


def test_the_workshop_fills_three_hours_without_a_gap():
    text = (ROOT / "guide/workshop.md").read_text("utf-8")
    spans = [(int(begin), int(end)) for begin, end in re.findall(r"^\| (\d+)-(\d+) \|", text, re.M)]
    assert spans[0][0] == 0 and spans[-1][1] == 180
    assert all(one[1] == other[0] for one, other in zip(spans, spans[1:], strict=False))


def test_the_exam_adds_up_and_its_numbers_are_right():
    questions, scheme = (ROOT / "guide/exam.md").read_text("utf-8").split("## Marking scheme")
    points = [int(number) for number in re.findall(r"^\*\*\d\..*? \((\d+) points; ", questions, re.M)]
    assert len(points) == 8 and sum(points) == 40
    assert np.isclose(-0.3 * 0.02, -0.006) and "$-0.006$" in scheme
    canonical, flipped = np.array([[-1, -1], [-8, 1]]), np.array([[-1, -1], [8, -1]])
    assert np.allclose(sorted(np.linalg.eigvals(canonical)), [-3, 3])
    assert np.allclose(np.sort_complex(np.linalg.eigvals(flipped)), [-1 - 8**0.5 * 1j, -1 + 8**0.5 * 1j])
    for theta, settles in ((0.99, False), (1.01, True), (16.4, True), (16.6, False)):
        growing = np.array([[0.5, -1], [8, 0.5 - theta]])
        assert (np.linalg.eigvals(growing).real.max() < 0) == settles


def test_links_within_the_guide_lead_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not link.startswith("http"):
                assert (page.parent / link).exists() or link == "bank.md", f"{page.name}: {link}"
