"""What a visitor meets first: commands that run, links that lead somewhere, a citation, a paper, a container recipe.

The Journal of Open Source Education asks of a learning module (its pages for authors and reviewers, read in 2026):
open licences as plain text, OSI's for code and Creative Commons' for content; a version that is a release; a statement
of need with the audience; dependencies and how to install; how to adopt it; how to contribute, report and ask; learning
objectives that can be seen, content of substance, a clear design; and a short paper, paper.md with paper.bib: title,
authors with affiliations, the description (learning objectives, content, instructional design, experience of use),
the statement of need, the story of the project, key references. No manual of the library belongs into it. What is left
to those who submit: their names, an archive with a DOI, and whatever the journal asks about tools used in writing.
"""

import ast
import datetime
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from PIL import Image

from hlp_edu.course import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for place in (".", "guide", "paper", ".github", ".github/ISSUE_TEMPLATE", "exercises", "solutions", "bank")
    for path in (ROOT / place).glob("*.md")
)
TAUGHT = [path for path in PAGES if path.name != "CHANGELOG.md"]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def name_of(path):
    return path.relative_to(ROOT).as_posix()


# --------------------------------------------------------------------------------------------- commands


def commands(text, program="hlp-edu"):
    """Every call of a program in blocks of shell and between single backticks, as lists of words."""
    blocks = re.findall(r"^ *```(?:sh|bash)\n(.*?)^ *```", text, re.M | re.S)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S))
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()] + inline
    found = [shlex.split(line, comments=True) for line in lines if re.match(rf"(\S*/)?{program}( |$)", line.strip())]
    return [words[1:] for words in found if len(words) > 1]


CALLS = {(name_of(path), *words): words for path in TAUGHT for words in commands(path.read_text(encoding="utf-8"))}
# The test that runs a command, where it takes more than a moment, or needs something that a page cannot have.
ELSEWHERE = {
    "check": "test_cli.py",
    "grade": "test_grading.py",
    "lab": "test_browser.py",
    "pack": "test_pack.py",
    "site": "test_site.py",
    "slides": "test_slides.py",
    "study": "test_studies.py",
    "release": "test_exercises.py",
}


@pytest.mark.parametrize("words", CALLS.values(), ids=[" ".join(call) for call in CALLS])
def test_a_command_that_a_page_names_is_one(words, capsys):
    """As far as its words go: a name or an option that is none is refused here."""
    if words in (["--version"], ["--help"]) or words[1:] == ["--help"]:
        with pytest.raises(SystemExit) as stop:
            cli.main(words)
        assert stop.value.code == 0
        return
    alone = len(words) == 1  # `hlp-edu pack`, as the name of the command
    try:
        cli._parser().parse_args(words)
    except SystemExit:
        assert alone and "the following arguments are required" in capsys.readouterr().err, words


def test_the_commands_that_take_a_moment_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ran = set()
    for words in sorted(CALLS.values(), key=lambda words: words[0] != "start"):
        if words[0].startswith("-") or words[0] in ELSEWHERE or words[1:] == ["--help"] or tuple(words) in ran:
            continue
        ran.add(tuple(words))
        if len(words) > 1 or words[0] in ("start", "progress"):
            assert cli.main(words) == 0, capsys.readouterr()
    assert ("start", "work") in ran and ("page", "live", "live.html") in ran and ("progress",) in ran
    assert {name for name, *_ in CALLS.values()} & set(ELSEWHERE) > {"lab", "grade", "pack"}


def test_the_other_commands_are_run_by_the_test_that_is_named():
    known = set(cli._parser()._subparsers._group_actions[0].choices)
    for name in known & set(ELSEWHERE):
        assert re.search(rf"\b{name}\b", read(f"tests/{ELSEWHERE[name]}")), name


def test_what_is_no_command_would_be_noticed():
    assert commands(
        "```sh\nhlp-edu start a  # why\n.venv/bin/hlp-edu lab\n```\nand `hlp-edu x --y`, not `hlp_edu`"
    ) == [
        ["start", "a"],
        ["lab"],
        ["x", "--y"],
    ]
    with pytest.raises(SystemExit):
        cli._parser().parse_args(["pack", "out", "--plattform", "linux"])


@pytest.mark.parametrize("page", TAUGHT, ids=name_of)
def test_programs_that_a_page_calls_are_in_the_clone(page):
    for program in ("python3", "python", "oldest/bin/python"):
        for words in commands(page.read_text(encoding="utf-8"), program):
            if words[0].endswith(".py"):
                assert (ROOT / words[0]).is_file(), words


@pytest.mark.parametrize("page", TAUGHT, ids=name_of)
def test_python_on_a_page_can_be_read_and_that_of_the_readme_runs(page):
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    for block in blocks:
        plain = re.sub(r"^[%!].*$", "pass", block, flags=re.M)
        ast.parse(plain)
        if page.name == "README.md" and page.parent == ROOT:
            exec(plain, {})


# ------------------------------------------------------------------------------------------------ links


def targets(text):
    """Where the links and pictures of a page lead, outside of code."""
    text = re.sub(r"^ *```.*?^ *```|`[^`\n]*`", "", text, flags=re.M | re.S)
    return re.findall(r"\]\(<?([^)>\s]+)>?\)", text) + re.findall(r'(?:src|srcset|href)="([^" ]+)"', text)


def anchors(text):
    """The names that a page's headings have as the places of links."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in targets(page.read_text(encoding="utf-8")):
        place, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            assert re.fullmatch(r"https://[\w.-]+\.[a-z]+(/\S*)?", target), target
            continue
        path = (page.parent / place).resolve() if place else page
        assert path.exists() and path.is_relative_to(ROOT), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8")), f"{page.name} links to {target}"


def test_links_and_headings_are_found():
    assert targets('[a](b.md) `[c](d)` <img src="e.png"> [f](<g.md>)\n```\n[h](i)\n```\n') == ["b.md", "g.md", "e.png"]
    assert anchors("# To change, something!\n```\n# no\n```\n") == {"to-change-something"}


def test_the_readme_comes_to_the_point():
    text = read("README.md")
    assert len(text.split()) <= 1000
    screen = "\n".join(text.splitlines()[:16])
    assert "python3 course.py" in screen and "prefers-reduced-motion: no-preference" in screen
    for page in ("syllabus", "workshop", "lessons", "grading", "exam", "bank"):
        assert f"guide/{page}.md" in text


def test_the_moving_picture_is_that_of_the_readme_s_lines():
    (block,) = re.findall(r"^```python\n(import hlp_edu.*?)^```", read("README.md"), re.M | re.S)
    drawn = read("tests/readme_picture.py")
    assert all(line in drawn for line in block.splitlines()[:4]) and "hlp.plot_tracking(online" in drawn


def test_the_moving_picture_moves_and_stands_still_where_it_should():
    assert (ROOT / "lessons/figures/tracking.webp").stat().st_size < 700_000
    with (
        Image.open(ROOT / "lessons/figures/tracking.webp") as loop,
        Image.open(ROOT / "lessons/figures/tracking.png") as still,
    ):
        assert loop.is_animated and loop.n_frames >= 20 and loop.info["loop"] == 0
        loop.seek(loop.n_frames - 1)
        assert abs(loop.width / loop.height - still.width / still.height) < 0.02


# ------------------------------------------------------------------------------------- licences, citation


def test_the_licence_of_the_texts_is_whole():
    text = read("LICENSE-TEXT")
    places = [text.index(f"Section {number} -- ") for number in range(1, 9)]
    assert places == sorted(places) and "Attribution 4.0 International Public License" in text
    assert text.startswith("The texts of this course") and text.endswith("contacted at creativecommons.org.\n")
    assert text.count("Licensed Material") >= 20


def test_the_citation_can_be_used():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert citation["title"].startswith("hlp_edu") and citation["authors"] and citation["message"]
    assert set(citation["license"]) == {"BSD-3-Clause", "CC-BY-4.0"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", citation["version"])


# ---------------------------------------------------------------------------------------------- the paper


def entries():
    """The entries of the bibliography: key, kind and fields."""
    found = {}
    for kind, key, body in re.findall(r"^@(\w+)\{(\w+),\n(.*?)^\}", read("paper/paper.bib"), re.M | re.S):
        assert key not in found, key
        found[key] = (kind, dict(re.findall(r"^  (\w+) = \{(.*)\},?$", body, re.M)))
    return found


def test_the_head_of_the_paper_is_what_the_journal_wants():
    _, head, text = read("paper/paper.md").split("---\n", 2)
    head = yaml.safe_load(head)
    assert head["title"].startswith("hlp_edu") and len(head["tags"]) >= 3
    known = {str(place["index"]) for place in head["affiliations"]}
    assert head["authors"] and all(author["name"] and str(author["affiliation"]) in known for author in head["authors"])
    datetime.datetime.strptime(head["date"], "%d %B %Y")
    assert (ROOT / "paper" / head["bibliography"]).is_file()
    sections = re.findall(r"^# (.+)$", text, re.M)
    wanted = ["Summary", "Statement of need", "Learning objectives", "Content", "Instructional design"]
    assert sections == [*wanted, "Adoption", "Experience of use", "The story of the project", "References"]
    assert 500 < len(text.split()) <= 1000


def test_references_of_the_paper_resolve_and_are_used():
    cited = re.findall(r"@(\w+\d{4})", read("paper/paper.md").split("---\n", 2)[2])
    assert set(cited) == set(entries())


def test_each_reference_says_what_is_needed():
    for key, (kind, fields) in entries().items():
        where = {"article": "journal", "book": "publisher", "inproceedings": "booktitle", "misc": "howpublished"}[kind]
        assert {"author", "title", "year", where} <= fields.keys(), key
        assert fields["year"] == key[-4:] and re.fullmatch(r"10\.\d{4,}/\S+", fields.get("doi", "10.1234/none")), key


def test_the_paper_counts_what_there_is():
    text = read("paper/paper.md")
    lessons, exercises = list(ROOT.glob("lessons/[0-9]*.ipynb")), list(ROOT.glob("exercises/*/*.ipynb"))
    assert len(lessons) == 17 and "seventeen lessons" in text
    assert len(exercises) == 16 and "eighty exercises" in text  # five each, as tests/test_exercises.py sees to


# ----------------------------------------------------------------------------- templates, container, cloud


@pytest.mark.parametrize("path", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.md")), ids=lambda path: path.name)
def test_an_issue_template_has_a_head(path):
    _, head, text = path.read_text(encoding="utf-8").split("---\n", 2)
    assert {"name", "about"} == set(yaml.safe_load(head)) and text.count("**") >= 6


def instructions(text):
    """The instructions of a container recipe, comments taken out and continued lines joined."""
    text = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line.strip()]


def test_the_container_recipe_is_well_formed_and_drops_its_rights():
    lines = instructions(read("Containerfile"))
    words = [word for word, _ in lines]
    assert words[0] == "FROM" and set(words) <= {"FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "EXPOSE", "CMD"}
    assert words.index("USER") > max(k for k, word in enumerate(words) if word == "RUN")  # nothing runs as root later
    for word, rest in lines:
        if word == "RUN":
            assert subprocess.run(["sh", "-n", "-c", rest], capture_output=True).returncode == 0, rest
        elif word == "CMD":
            assert isinstance(ast.literal_eval(rest), list)
        elif word == "ENV":
            assert all("=" in part for part in shlex.split(rest))
    assert {"submissions:/in:ro", "--network none", "--read-only"} <= {
        part for part in ("submissions:/in:ro", "--network none", "--read-only") if part in read("Containerfile")
    }


def test_the_help_of_grade_and_the_recipe_say_the_same():
    recipe = " ".join(read("Containerfile").replace("\n#", " ").replace("\\", " ").split())
    command = " ".join(cli.IN_A_CONTAINER.split("\n\n")[1].replace("\\", " ").split())
    assert command in recipe


def test_the_files_for_binder():
    lines = [line for line in read("binder/requirements.txt").splitlines() if not line.startswith("#")]
    assert lines == ["."]
    least, below = re.findall(r"3\.(\d+)", re.search(r'requires-python = "(.*)"', read("pyproject.toml")).group(1))
    assert int(least) <= int(re.fullmatch(r"python-3\.(\d+)\n", read("binder/runtime.txt")).group(1)) < int(below)
    script = ROOT / "binder" / "postBuild"
    assert os.access(script, os.X_OK) and subprocess.run(["bash", "-n", script]).returncode == 0
    for words in re.findall(r"^hlp-edu (.+)$", script.read_text(encoding="utf-8"), re.M):
        cli._parser().parse_args(words.split())
