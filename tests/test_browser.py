"""The learner's course in a real browser, opened with the real commands.

Every lesson is opened, looked at, and run; each of its sliders has to give a new picture. Screenshots
of the lessons and of every explorer are left in ``build/artefacts``. Without chromium this is skipped,
but never where ``CI`` is set.
"""

import ast
from pathlib import Path

import jupyter_page as lab
import nbformat
import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted(path.name for path in (ROOT / "lessons").glob("*.ipynb"))
MODEST = """
import time
import hlp_edu as hlp

drawn = []


def draw(ax, height, fragile):
    drawn.append(height)
    time.sleep(0.05)
    ax.plot([0, 1], [0, height])
    ax.set_ylim(0, 200)
    if fragile and height == 104:
        raise RuntimeError("too high for me")
    return f"Height {height:g} after {len(drawn)} drawings."


presets = {"low": dict(height=7), "high": dict(height=190)}
explorer = hlp.Explorer(draw, presets=presets, play="height", height=(0, 200, 100), fragile=False)
explorer
"""


@pytest.fixture(scope="module")
def chromium():
    """Start the system's chromium once."""
    with lab.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a learner's folder."""
    return tmp_path_factory.mktemp("learner")


@pytest.fixture(scope="module")
def server(chromium, place):
    """Give the address of the learner's JupyterLab."""
    with lab.server(place) as url:
        yield url


@pytest.fixture
def page(chromium, server):
    """Open a page whose errors fail the test."""
    page = lab.new_page(chromium, viewport={"width": 1280, "height": 1000})
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert not errors


def test_the_course_opens_with_its_first_page_and_no_questions(page, server):
    page.goto(f"{server}?token={lab.TOKEN}")
    page.wait_for_function(lab.READY)
    assert page.evaluate(lab.OPEN) == "lessons/00_start_here.ipynb"
    page.wait_for_timeout(1000)  # a question about news would come up about now
    assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_opens_with_its_pictures_runs_and_its_sliders_draw(page, server, artefacts, lesson):
    lab.open_notebook(page, server, f"lessons/{lesson}")
    cells = page.evaluate(lab.CELLS)
    unrun = [k for k, cell in enumerate(cells) if "Explorer(" in "".join(cell["source"])]
    for index in unrun:  # nothing has been run, and nothing is trusted
        page.evaluate(lab.SHOW, index)
        assert_described(page.locator(f"{lab.CELL} .jp-OutputArea figure"), cells[index]["outputs"][-1])
        assert not page.locator(f"{lab.CELL} .jupyter-widgets").count()

    page.evaluate(lab.RUN_ALL)
    page.wait_for_function(lab.READY)
    cells = page.evaluate(lab.CELLS)
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert code and all(cell["execution_count"] for cell in code)
    page.screenshot(path=artefacts / f"{Path(lesson).stem}.png")

    alive = lab.explorers(page)
    assert len(alive) == len(unrun)
    for index in alive:
        page.evaluate(lab.SHOW, index)
        page.locator(f"{lab.CELL} img").first.wait_for(state="visible")
        page.evaluate(lab.WATCH, lab.CELL)
        before = named(page)
        if page.locator(f"{lab.CELL} .noUi-handle").count():
            page.locator(f"{lab.CELL} .noUi-handle").first.focus()
            lab.press(page, "ArrowRight")
        else:  # a menu alone; JupyterLab takes arrow keys for its own there
            picture = page.locator(f"{lab.CELL} img").first.get_attribute("src")
            page.locator(f"{lab.CELL} select").first.select_option(index=1)
            page.wait_for_function(
                "([cell, old]) => document.querySelector(`${cell} img`).src !== old", arg=[lab.CELL, picture]
            )
            page.wait_for_timeout(500)  # the words follow the picture
        assert named(page) and (named(page) != before or lesson.startswith("03"))
        for width in (1280, 800):
            page.set_viewport_size({"width": width, "height": 1000})
            page.wait_for_timeout(300)
            wide = page.locator(f"{lab.CELL} .jp-OutputArea-output").first
            assert wide.evaluate("area => area.scrollWidth - area.clientWidth") <= 1  # nothing sticks out
            page.locator(lab.CELL).screenshot(path=artefacts / f"{Path(lesson).stem}-{index}-{width}.png")


def assert_described(figure, output):
    """The page itself has the alt text and the caption, and a picture for a high-density screen."""
    image = figure.locator("img")
    image.wait_for(state="visible")
    alt = image.get_attribute("alt")
    assert len(alt) > 20 and alt == output["metadata"]["image/png"]["alt"].replace("$", "")
    assert figure.locator("figcaption").inner_text().strip()
    assert image.evaluate("image => [image.naturalWidth, image.clientWidth]") == [1600, 800]


PLAIN = """
import hlp_edu as hlp

hlp.plot_network(hlp.chain(3), headline="A chain")
"""


def executed(place, source=PLAIN):
    """Write a notebook with one picture, which was run by another: nobody trusts it."""
    *before, last = ast.parse(source).body
    space = {}
    exec(compile(ast.Module(before, type_ignores=[]), "cell", "exec"), space)
    data, metadata = eval(compile(ast.Expression(last.value), "cell", "eval"), space)._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data=data, metadata=metadata, execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, execution_count=1, outputs=[output])])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, place)
    return notebook


def test_alt_texts_reach_the_page_trusted_or_not(page, place, server):
    notebook = executed(place / "work" / "plain.ipynb")
    lab.open_notebook(page, server, "plain.ipynb")
    trust = "() => window.jupyterapp.shell.currentWidget.content.model.cells.get(0).trusted"
    assert page.evaluate(trust) is False
    assert_described(page.locator(".jp-OutputArea figure"), notebook.cells[0].outputs[0])
    page.evaluate(lab.RUN_ALL)
    page.wait_for_function(trust)
    page.wait_for_function(lab.READY)
    assert_described(page.locator(".jp-OutputArea figure"), notebook.cells[0].outputs[0])


def test_alt_texts_reach_a_page_that_nbconvert_makes(chromium, tmp_path):
    from nbconvert import HTMLExporter

    notebook = executed(tmp_path / "plain.ipynb")
    (tmp_path / "plain.html").write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    page = lab.new_page(chromium, viewport={"width": 1280, "height": 1000})
    page.route("http*://**", lambda route: route.abort())  # its template asks for scripts from elsewhere
    page.goto((tmp_path / "plain.html").as_uri(), wait_until="domcontentloaded")
    assert_described(page.locator("figure"), notebook.cells[0].outputs[0])
    page.close()


LOOP = """
import hlp_edu as hlp


def draw(ax, slope):
    hlp.plot_lines({"output": ([0, 1], [0, slope])}, ax=ax, ylim=(0, 5))
    return f"A line of slope {slope}."


hlp.Loop(draw, [1, 2, 3, 4], seconds=1)
"""


def moves(page):
    """Whether what a figure shows changes within a second and a half."""
    image = page.locator("figure img")
    image.wait_for(state="visible")
    assert image.get_attribute("alt") == "A line of slope 4." == page.locator("figcaption").inner_text()
    seen = set()
    for _ in range(7):
        seen.add(image.screenshot())
        page.wait_for_timeout(200)
    return len(seen) > 1


def wishes(page, **media):
    """Let the reader wish for other media, and wait until the figure has taken another picture for them."""
    before = page.locator("figure img").evaluate("image => image.currentSrc")
    page.emulate_media(**media)
    taken = "old => (image => image.currentSrc !== old && image.complete)(document.querySelector('figure img'))"
    page.wait_for_function(taken, arg=before)


def test_a_loop_moves_where_it_is_trusted_and_the_reader_likes_it(page, place, server):
    executed(place / "work" / "loop.ipynb", LOOP)
    lab.open_notebook(page, server, "loop.ipynb")
    assert not moves(page)  # not trusted: the still
    page.evaluate(lab.RUN_ALL)
    page.wait_for_function(lab.READY)
    page.locator("figure picture").wait_for(state="visible")
    assert moves(page)
    wishes(page, reduced_motion="reduce")
    assert not moves(page)
    wishes(page, reduced_motion="no-preference")
    wishes(page, media="print")
    assert not moves(page)


def test_a_loop_moves_on_a_page_that_nbconvert_makes(chromium, tmp_path):
    from nbconvert import HTMLExporter

    notebook = executed(tmp_path / "loop.ipynb", LOOP)
    (tmp_path / "loop.html").write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    page = lab.new_page(chromium, viewport={"width": 1280, "height": 1000})
    page.route("http*://**", lambda route: route.abort())
    for motion, moving in (("no-preference", True), ("reduce", False)):
        page.emulate_media(reduced_motion=motion)
        page.goto((tmp_path / "loop.html").as_uri(), wait_until="domcontentloaded")
        assert moves(page) == moving
    page.close()


SAME = """cell => {
    const [picture, words] = ['img', '[role=status]'].map(part => document.querySelector(`${cell} ${part}`));
    return picture?.title && picture.title === words?.innerText;
}"""


def named(page):
    """The accessible name of the picture, which is also its caption."""
    page.wait_for_function(SAME, arg=lab.CELL)  # picture and words come in two messages
    return page.locator(f"{lab.CELL} img").first.get_attribute("title")


@pytest.fixture
def modest(page, place, server):
    """Open and run a notebook with one explorer, whose drawing takes its time."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(MODEST)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, place / "work" / "modest.ipynb")
    lab.open_notebook(page, server, "modest.ipynb")
    page.evaluate(lab.RUN_ALL)
    page.locator(".jp-OutputArea img").wait_for(state="visible")
    page.evaluate(lab.SHOW, 0)
    page.evaluate(lab.WATCH, lab.CELL)
    page.locator(".noUi-handle").first.focus()
    return page


def wait_for(page, words):
    page.wait_for_function("words => document.querySelector('.jp-OutputArea').innerText.includes(words)", arg=words)


def test_an_explorer_goes_by_keyboard_alone(modest):
    lab.press(modest, "ArrowRight")
    wait_for(modest, "Height 101")
    assert "0 to 200" in modest.locator(".jp-OutputArea").inner_text()
    modest.keyboard.press("Tab")  # to the number beside the slider
    modest.keyboard.press("Control+a")
    modest.keyboard.type("42")
    modest.keyboard.press("Enter")
    wait_for(modest, "Height 42")
    modest.locator(".widget-readout").first.fill("9999")  # more than there is
    modest.keyboard.press("Enter")
    wait_for(modest, "Height 200")
    modest.get_by_role("button", name="low", exact=True).focus()
    modest.keyboard.press("Enter")
    wait_for(modest, "Height 7 ")
    modest.get_by_role("button", name="Reset").focus()
    modest.keyboard.press("Enter")
    wait_for(modest, "Height 100")
    assert modest.locator(".noUi-handle").first.get_attribute("aria-valuenow") == "100.0"


# What a keyboard does while a key is held: in the page, where a busy machine does not slow the keys down.
HOLD = """async times => {
    const handle = document.activeElement;
    for (let k = 0; k < times; k++) {
        handle.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true, cancelable: true}));
        await new Promise(done => setTimeout(done, 25));
    }
}"""


def test_a_held_key_piles_nothing_up(modest):
    modest.evaluate(HOLD, 60)
    end = modest.evaluate("performance.now()")
    wait_for(modest, "Height 160")
    assert modest.evaluate("performance.now()") - end < 1000
    drawings = int(modest.locator("[role=status]").inner_text().split()[-2])
    assert 3 < drawings < 45  # and not 61


def test_a_drawing_that_fails_leaves_the_explorer_alive(modest):
    modest.locator("input[type=checkbox]").check()
    modest.locator(".noUi-handle").first.focus()
    lab.press(modest, "ArrowRight", times=3)
    modest.keyboard.press("ArrowRight")
    wait_for(modest, "RuntimeError: too high for me")
    assert modest.locator("[role=alert]").count() == 1
    lab.press(modest, "ArrowRight")
    wait_for(modest, "Height 105")
    assert modest.locator("[role=alert]").count() == 0


def test_a_film_plays(modest):
    modest.locator(".jupyter-widgets.widget-play button").first.click()
    modest.wait_for_function("() => +document.querySelector('.noUi-handle').getAttribute('aria-valuenow') > 105")
    assert modest.evaluate("window.waits.length") == 0 and named(modest).startswith("Height 1")
