"""The decks: made without a network, opened from a folder, nothing lost of a lesson, nothing larger than its slide."""

import html
import re
import tomllib
from pathlib import Path

import jupyter_page as lab
import nbformat
import offline
import pytest

from hlp_edu.course.teaching import slides

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted(ROOT.glob("lessons/[0-9]*.ipynb"))
PLAN = tomllib.loads((slides.TEMPLATES / "workshop.toml").read_text(encoding="utf-8"))
# How much of a slide is outside of it, in pixels; how much of its text has no room; formulas that could not be set.
MEASURE = """() => {
    const slide = Reveal.getCurrentSlide(), box = slide.querySelector('.slide'), body = slide.querySelector('.body');
    const images = [...slide.querySelectorAll('img')], frame = box.getBoundingClientRect();
    const outside = images.map(image => image.getBoundingClientRect().bottom - frame.bottom);
    return [box.scrollHeight - 720, box.scrollWidth - 1280, body.scrollHeight - body.clientHeight,
        body.scrollWidth - body.clientWidth, Math.max(0, ...outside),
        images.filter(image => !image.complete || !image.naturalWidth || image.clientHeight < 150).length,
        parseFloat(getComputedStyle(body).fontSize)];
}"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """Make the decks once, without a network."""
    place = tmp_path_factory.mktemp("slides")
    said = offline.hlp_edu(place, "slides", place / "made")
    assert re.search(rf"{len(LESSONS) + 1} decks with \d+ slides", said)
    return place / "made"


def seen(decks, name):
    """The slides of a deck without the speaker's notes, and the notes."""
    text = (decks / f"{name}.html").read_text(encoding="utf-8")
    notes = re.findall(r'<aside class="notes">(.*?)</aside>', text, re.S)
    return re.sub(r'<aside class="notes">.*?</aside>', "", text, flags=re.S), notes


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_deck_has_the_lessons_headings_pictures_equations_and_questions(path, decks):
    shown, notes = seen(decks, path.stem)
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    sections = [title for title in re.findall(r"^## (.+)$", text, re.M) if title not in slides.LEFT_OUT]
    assert shown.count("<h1") == 1
    for title in sections:
        assert html.escape(re.split(r"[$`']", title)[0].strip()) in shown, title
    pictures = [alt for cell in cells for alt in stills(cell)]
    replaced = sum(".small_multiples(" in cell.get("source", "") for cell in cells)
    there = re.findall(r'<img\b[^>]*\balt="([^"]+)"', shown)
    assert set(there) <= set(pictures) and len(pictures) - replaced <= len(there) <= len(pictures)
    unfolded = re.sub(r"<details>.*?</details>", "", text, flags=re.S)
    assert shown.count("class='equation'") == len(re.findall(r"\$\$.+?\$\$", unfolded, re.S))
    assert shown.count("<strong>Predict first.") == text.count("**Predict first.")
    assert sum(map(len, notes)) > 2000, "prose is in the notes"


def stills(cell):
    made = ["".join(output.get("data", {}).get("text/html", "")) for output in cell.get("outputs", ())]
    return [alt for text in made for alt in re.findall(r'<img\b[^>]*\balt="([^"]+)"', text)]


def test_the_workshop_takes_three_hours_and_is_the_guides(decks):
    assert sum(part["minutes"] for part in PLAN["part"]) == 180
    guide = (ROOT / "guide" / "workshop.md").read_text(encoding="utf-8")
    times = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+)-(\d+) \|", guide, re.M)]
    starts = [0]
    for part in PLAN["part"]:
        starts.append(starts[-1] + part["minutes"])
    assert list(zip(starts[:-1], starts[1:], strict=True)) == times
    shown, notes = seen(decks, "workshop")
    for (begin, end), part in zip(times, PLAN["part"], strict=True):
        assert f"minutes {begin} to {end}" in shown and html.escape(part["title"]) in notes[0]
    lessons = [name[:2] for part in PLAN["part"] for name in part.get("from", {})]
    assert {"01", "06", "08", "10"} <= set(lessons)
    assert shown.count("<section>") < 90, "two minutes a slide"


def test_a_lead_is_a_whole_sentence():
    assert slides._first_sentence(r"<p>At \(x = 0. 5\) it <em>stays. So</em> it is. Then more.</p>").endswith("it is.")
    assert slides._lead("<p><strong>Watch it.</strong> Left the network. Right.</p>", "Watch it.").endswith("network.")
    assert slides._lead("<p><strong>A flip</strong> is this. And that.</p>", "A flip").endswith("is this.")


def test_a_full_slide_is_followed_by_another():
    deck = slides._Deck()
    deck.read("## Much\n\n" + "\n\n".join(f"**Point {k} is said in one sentence.** Prose." for k in range(30)))
    made = deck.sections["Much"]
    assert len(made) > 1 and all(slide.height <= slides.MOST for slide in made)
    assert [slide.title for slide in made] == ["Much"] * len(made)
    assert sum(len(slide.body) for slide in made) == 30 and "Prose." not in "".join(
        part for s in made for part in s.body
    )


@pytest.mark.browser
def test_every_slide_fits_its_screen(decks, artefacts):
    with lab.chromium() as browser:
        page = lab.new_page(browser, viewport=dict(width=1280, height=720))
        wrong, small, count = [], [], 0
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or wrong.append(asked.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for path in sorted(decks.glob("[0-9w]*.html")):
            page.goto(path.as_uri())
            page.wait_for_function("window.Reveal && Reveal.isReady()")
            assert page.locator("mjx-merror").count() == 0
            assert "\\(" not in page.evaluate("document.querySelector('.slides').innerText")
            slides_here = page.evaluate("Reveal.getTotalSlides()")
            assert slides_here == path.read_text(encoding="utf-8").count("<section>")
            for k in range(slides_here):
                page.evaluate(f"Reveal.slide({k})")
                *measured, letters = page.evaluate(MEASURE)
                if max(measured) > 1:
                    wrong.append(f"{path.stem}, slide {k + 1}: {measured}")
                if letters < 16:
                    small.append(f"{path.stem}, slide {k + 1}: {letters:.0f} px")
                count += 1
        page.screenshot(path=artefacts / "slide.png")
        assert wrong == [] and len(small) <= 3, small
        print(f"{count} slides; small letters: {small}")


@pytest.mark.browser
def test_the_speaker_sees_the_notes(decks):
    with lab.chromium() as browser:
        page = lab.new_page(browser, viewport=dict(width=1280, height=720))
        page.goto((decks / "06_two_ends_of_time.html").as_uri() + "#/2")
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        popup.value.wait_for_function("document.querySelector('.speaker-controls-notes .value')?.innerText.length > 50")
