"""The site: built without a network, every link followed, every picture described, looked at from a folder.

The browser's part is skipped where there is no chromium, but never where ``CI`` is set.
"""

import html
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe_playwright_python
import jupyter_page as lab
import offline
import pytest
from lesson_explorers import RECIPES

import hlp_edu
from hlp_edu.course import cli
from hlp_edu.course.files import CourseError
from hlp_edu.course.teaching.place import make

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = [*sorted(ROOT.glob("lessons/*.ipynb")), *sorted(ROOT.glob("exercises/*/*.ipynb"))]
LESSONS = [path for path in NOTEBOOKS if path.parent.name == "lessons"]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
FULL = "lessons/06_two_ends_of_time.html"  # where the colours of code are measured too; they are the same everywhere
# Formulas have a structure of their own, for eyes and for screen readers, which axe need not walk through.
PLAIN = """code => {
    for (const formula of document.querySelectorAll("mjx-container")) formula.replaceWith("x");
    if (!code) for (const block of document.querySelectorAll(".highlight pre")) block.textContent = block.textContent;
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site once, without a network; Sphinx has nothing to complain of."""
    place = tmp_path_factory.mktemp("site")
    said = offline.hlp_edu(place, "site", place / "made")
    assert said == f"written: {place / 'made'}; open index.html in any browser, it needs no network\n"
    return place / "made"


@pytest.fixture(scope="module")
def pages(site):
    """Read each page, by its name."""
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


class Page(HTMLParser):
    """The tags of a page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.tags = path, []
        self.text = re.sub(r"(?<=base64,)[^\"]+", "", path.read_text(encoding="utf-8"))  # pictures are long
        self.feed(self.text)
        self.places = {given["id"] for _, given in self.tags if "id" in given}

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def of(self, tag, kind=""):
        return [given for name, given in self.tags if name == tag and kind in (given.get("class") or "").split() + [""]]


def cells(path, kind):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def prose(path):
    """The text of a notebook without formulas and code."""
    text = "\n\n".join("".join(cell["source"]) for cell in cells(path, "markdown"))
    return re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]+\$|`[^`]+`", " ", text, flags=re.S)


def outputs(path):
    """What the cells of a notebook show, as HTML."""
    return ["".join(o.get("data", {}).get("text/html", "")) for cell in cells(path, "code") for o in cell["outputs"]]


def page_of(path):
    return path.relative_to(ROOT).with_suffix(".html").as_posix()


# ---- what is there -----------------------------------------------------------------------------------


def test_every_notebook_page_of_the_guide_and_public_name_has_its_place(pages):
    assert {page_of(path) for path in NOTEBOOKS} <= set(pages)
    guide = {page_of(path) for path in ROOT.glob("guide/*.md")}
    assert guide and guide <= set(pages)
    assert {"index.html", "search.html", "live.html", "spiral.html", "accessibility.html"} <= set(pages)
    library = [page for name, page in pages.items() if name.startswith("library/")]
    assert {f"hlp_edu.{name}" for name in hlp_edu.__all__} <= set().union(*(page.places for page in library))
    assert not [name for name in pages if "solution" in name or name.startswith(("bank/", "_downloads/"))]
    assert pages["index.html"].of("iframe")[0]["src"] == "live.html"


def test_every_link_within_the_site_leads_somewhere(site, pages):
    followed = 0
    for name, page in pages.items():
        for tag, given in page.tags:
            for address in (given.get("href"), given.get("src")):
                parts = urlsplit(address or "")
                if address is None or parts.scheme or name in ("live.html", "spiral.html"):
                    continue
                target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
                assert target.is_file(), f"{name}: {address}"
                if parts.fragment and target.suffix == ".html":
                    there = pages[target.relative_to(site.resolve()).as_posix()].places
                    assert unquote(parts.fragment) in there, f"{name}: {address}"
                followed += tag == "a"
    assert followed > 3000
    print(f"{followed} links within the site")


def test_nothing_is_loaded_from_elsewhere(pages):
    for name, page in pages.items():
        for tag, given in page.tags:
            address = given.get("src") or (given.get("href") if tag == "link" else None) or ""
            assert urlsplit(address).scheme in ("", "data"), f"{name}: {address}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: page_of(path))
def test_a_notebook_is_whole_on_its_page(path, site, pages):
    page = pages[page_of(path)]
    links = re.findall(r"\]\(([^)#\s]+)\.ipynb[^)]*\)", prose(path))
    hrefs = [given.get("href") or "" for given in page.of("a")]
    for link in links:
        assert hrefs.count(f"{link}.html") >= 1, link
    shown = [given.get("alt") for given in page.of("img")]
    made = [html.unescape(alt) for text in outputs(path) for alt in re.findall(r'<img\b[^>]*\balt="([^"]+)"', text)]
    assert shown == made and len(page.of("figcaption")) == sum(text.count("<figcaption") for text in outputs(path))
    assert len(page.of("source")) == sum(text.count("<source ") for text in outputs(path)), "what moves"
    source = f"_sources/{path.relative_to(ROOT).as_posix()}"
    assert (site / source).read_bytes() == path.read_bytes()
    (link,) = [given["href"] for given in page.of("a") if "download" in given]
    assert (page.path.parent / link).resolve() == (site / source).resolve()


def test_pictures_are_there_and_described(pages):
    shown = [given for path in LESSONS for given in pages[page_of(path)].of("img")]
    assert len(shown) > 130 and all(given["alt"] for given in shown)
    assert f"{len(shown)} of the {len(shown)} pictures" in pages["accessibility.html"].text


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_number_of_an_equation_is_a_link(path, pages):
    page = pages[page_of(path)]
    text = re.sub(r"^#+ .*$", " ", re.sub(r"\n## Bibliography.*?\n## ", " ", prose(path), flags=re.S), flags=re.M)
    numbers = re.findall(r"(?<![\w\]])\((1[0-7]|[1-9])\)", text)
    linked = [given["href"] for given in page.of("a", "equation")]
    assert [link.split("#equation-")[1] for link in linked] == numbers
    here = set(re.findall(r"\\tag\{(\d+)\}", "".join("".join(cell["source"]) for cell in cells(path, "markdown"))))
    assert {f"equation-{number}" for number in here} <= page.places
    for link in linked:
        assert link.startswith("#") == (link.split("-")[-1] in here), "to the equation on the page, if it is there"


def test_all_equations_are_on_the_page_of_reference(pages):
    assert {f"equation-{k}" for k in range(1, 18)} <= pages["lessons/reference.html"].places


def test_words_of_the_glossary_are_linked_at_their_first_use(pages):
    for path in LESSONS:
        places = [given["href"] for given in pages[page_of(path)].of("a", "word")]
        assert len(places) == len(set(places)) and (len(places) >= 3 or path.stem == "reference"), path.stem
    first = pages["lessons/06_two_ends_of_time.html"].text
    assert first.index('href="reference.html#word-costate"') < first.index("what a nudge of a state, now")
    assert not pages["lessons/reference.html"].of("a", "word")
    books = pages["lessons/reference.html"].of("a", "lesson")
    assert len(books) > 15 and "15_a_fair_fight.html" in {given["href"] for given in books}


def test_below_what_moved_it_is_said_how_to_move_it(pages):
    stills = {path.stem: len(pages[page_of(path)].of("p", "still")) for path in LESSONS}
    explorers = {path.stem: sum(name.startswith(path.stem[:2]) for name in RECIPES) for path in LESSONS}
    explorers["00_start_here"] += 1  # Live
    explorers["08_sign_flip"] += 1  # Spiral
    assert stills == explorers
    assert 'href="../live.html"' in pages["lessons/00_start_here.html"].text
    assert 'href="../spiral.html"' in pages["lessons/08_sign_flip.html"].text


# ---- in a browser ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    """Start chromium once."""
    with lab.chromium() as browser:
        yield browser


@pytest.fixture
def view(browser):
    """Open a page that notes what it asks for, and what goes wrong."""
    view = watched(browser)
    yield view
    view.close()


def watched(browser):
    view = lab.new_page(browser, viewport=dict(width=1280, height=900))
    view.wrong = []
    view.on("request", lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or view.wrong.append(asked.url))
    view.on("pageerror", lambda error: view.wrong.append(str(error)))
    view.on("console", lambda said: said.type == "error" and view.wrong.append(said.text))
    return view


def show(view, path):
    view.goto(path.as_uri())
    view.evaluate("window.MathJax?.startup?.promise")


def examine(pages):
    """Read pages as a browser, a narrow screen and axe do: what is wrong, and how many formulas there are."""
    with lab.chromium() as browser:
        view, formulas = watched(browser), 0
        for name, page in pages:
            view.emulate_media(color_scheme="light")
            show(view, page.path)
            left = "[...document.querySelectorAll('.math')].filter(one => !one.querySelector('mjx-container')).length"
            if view.evaluate(left) or view.locator("mjx-merror").count():
                view.wrong.append(f"{name}: a formula that is not set")
            formulas += view.locator("mjx-container").count()
            view.set_viewport_size(dict(width=390, height=844))
            if view.evaluate("document.documentElement.scrollWidth") > 390:
                view.wrong.append(f"{name}: wider than a narrow screen")
            view.set_viewport_size(dict(width=1280, height=900))
            view.evaluate(PLAIN, name == FULL)
            view.evaluate(AXE)
            for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
                view.emulate_media(color_scheme=scheme)
                options = rules | {"resultTypes": ["violations"], "preload": False}
                for one in view.evaluate("options => axe.run(document, options)", options)["violations"]:
                    if one["impact"] in ("serious", "critical"):
                        view.wrong.append(f"{name}, {scheme}: {one['id']}: {one['nodes'][0]['html'][:200]}")
        return view.wrong, formulas


@pytest.mark.browser
def test_every_page_can_be_read_by_everybody(browser, pages):
    halves = list(pages.items())[::2], list(pages.items())[1::2]  # two browsers, for two cores
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(examine, halves))
    assert [wrong for wrong, _ in results] == [[], []]
    formulas = sum(count for _, count in results)
    assert formulas > 1500
    print(f"{len(pages)} pages, {formulas} formulas")


@pytest.mark.browser
def test_the_search_finds(view, site, artefacts):
    show(view, site / "lessons" / "04_laws_of_learning.html")
    view.fill("input[name=q]", "knife edge")
    view.press("input[name=q]", "Enter")
    view.wait_for_selector("#search-results li a")
    hits = view.eval_on_selector_all("#search-results li a", "links => links.map(link => link.href)")
    assert any("lessons/06_two_ends_of_time.html" in hit for hit in hits)
    view.click("#search-results li a >> nth=0")
    assert view.title() and view.wrong == []


@pytest.mark.browser
def test_the_front_page_is_alive_and_dark_when_wanted(view, site, artefacts):
    view.emulate_media(color_scheme="dark")
    show(view, site / "index.html")
    frame = view.frame_locator("iframe.live")
    frame.locator("input[value='bare flip']").check(force=True)
    frame.get_by_text("Bare flip:").first.wait_for()
    view.screenshot(path=artefacts / "site_front_dark.png")
    assert view.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 20, 22)"
    assert view.wrong == []


@pytest.mark.browser
def test_what_is_folded_is_printed(view, site):
    show(view, site / FULL)
    folded = view.locator("article details:not([open])").count()
    assert folded >= 1
    view.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert view.locator("article details:not([open])").count() == 0
    view.evaluate("dispatchEvent(new Event('afterprint'))")
    assert view.locator("article details:not([open])").count() == folded
    view.emulate_media(media="print")
    assert not view.locator(".sidebar-drawer").is_visible() and not view.locator(".skip-to-content").is_visible()


# ---- where it goes -----------------------------------------------------------------------------------


def write(**files):
    def build(folder):
        for name, text in files.items():
            (folder / name).write_text(text)
        return len(files)

    return build


def test_what_we_made_is_replaced_whole(tmp_path):
    out = tmp_path / "new" / "site"
    assert make(out, "site", write(a="1", b="2")) == 2
    make(out, "site", write(b="3"))
    assert (out / "b").read_text() == "3" and not (out / "a").exists()
    assert [path.name for path in out.parent.iterdir()] == ["site"]


def test_what_is_not_ours_stays(tmp_path):
    out = tmp_path / "site"
    make(out, "site", write(a="1"))
    (out / "mine.txt").write_text("mine")
    with pytest.raises(CourseError, match=r"OUT = .*site'.*mine.txt, which `hlp-edu site` did not write"):
        make(out, "site", write(a="2"))
    assert (out / "a").read_text() == "1" and (out / "mine.txt").read_text() == "mine"
    (out / "mine.txt").unlink()
    (out / "a").write_text("and more of mine")
    with pytest.raises(CourseError, match="a, which `hlp-edu site` did not write"):
        make(out, "site", write(a="2"))
    (out / "a").write_text("1")
    with pytest.raises(CourseError, match="`hlp-edu slides` did not write"):
        make(out, "slides", write(a="2"))
    with pytest.raises(CourseError, match="is a file"):
        make(out / "a", "site", write(a="2"))


def test_a_build_that_fails_changes_nothing(tmp_path):
    out = tmp_path / "site"
    make(out, "site", write(a="1"))

    def fail(folder):
        (folder / "half").write_text("")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        make(out, "site", fail)
    assert (out / "a").read_text() == "1" and [path.name for path in tmp_path.iterdir()] == ["site"]


def test_the_draft_of_a_killed_run_is_tidied_up_by_the_next(tmp_path):
    (tmp_path / ".site.999999999.tmp" / "new").mkdir(parents=True)
    make(tmp_path / "site", "site", write(a="1"))
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("name, module", [("site", "furo"), ("slides", "sphinx_revealjs")])
def test_without_the_extra_the_command_says_what_to_install(name, module, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    assert cli.main([name, str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "needs the extra 'site'" in said and said.count("\n") == 1 and "pip install" in said
    assert list(tmp_path.iterdir()) == []
