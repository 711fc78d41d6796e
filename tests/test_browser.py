"""The learner's course in a real browser, opened with the real commands.

Every lesson is run, and each of its sliders has to give a new picture. A screenshot of each lesson
is left in ``build/artefacts``. Without chromium this is skipped, but never where ``CI`` is set.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted(path.name for path in (ROOT / "lessons").glob("*.ipynb"))
TOKEN = "browser-test"
READY = """() => {
    const shown = window.jupyterapp?.shell.currentWidget;
    return shown?.context?.isReady && shown.sessionContext?.session?.kernel?.status === 'idle';
}"""
OPEN = "() => window.jupyterapp.shell.currentWidget.context.path"
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
CELLS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].map(cell => cell.toJSON())"""
# JupyterLab draws only the cells near the visible part of a long notebook.
SHOW = """async index => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    await notebook.scrollToItem(index, 'center');
}"""


@pytest.fixture(scope="module")
def chromium():
    """Start the system's chromium once."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "no chromium on this machine: nothing was tried in a browser (on Debian: apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=quiet)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(chromium, tmp_path_factory):
    """Give the address of the learner's JupyterLab, started as a learner would, with private settings."""
    place = tmp_path_factory.mktemp("learner")
    private = {f"JUPYTER_{name}_DIR": str(place / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **private, "TQDM_DISABLE": "1"}
    hlp_edu = Path(sys.executable).with_name("hlp-edu")
    subprocess.run([hlp_edu, "start", "work"], cwd=place, check=True, stdout=subprocess.DEVNULL)
    options = ["--no-browser", "--port", "0", f"--IdentityProvider.token={TOKEN}"]
    options += ["--LabApp.expose_app_in_browser=True"]
    with open(place / "log", "w") as log:
        lab = subprocess.Popen([hlp_edu, "lab", "work", *options], cwd=place, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(300):
            found = list((place / "runtime").glob("jpserver-*.json"))
            if found or lab.poll() is not None:
                break
            time.sleep(0.1)
        assert found, (place / "log").read_text()
        yield json.loads(found[0].read_text())["url"]
    finally:
        lab.terminate()
        try:
            lab.wait(timeout=10)
        except subprocess.TimeoutExpired:  # a server that is still starting does not hear
            lab.kill()
            lab.wait()


@pytest.fixture
def page(chromium, server):
    """Open a page whose errors fail the test."""
    page = chromium.new_page(viewport={"width": 1200, "height": 1000})
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert not errors


def test_the_course_opens_with_its_first_page_and_no_questions(page, server):
    page.goto(f"{server}?token={TOKEN}")
    page.wait_for_function(READY, timeout=30_000)
    assert page.evaluate(OPEN) == "lessons/00_start_here.ipynb"
    page.wait_for_timeout(1000)  # a question about news would come up about now
    assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_and_its_sliders_draw(page, server, artefacts, lesson):
    page.goto(f"{server}doc/tree/lessons/{lesson}?reset&token={TOKEN}")
    page.wait_for_function(READY, timeout=30_000)
    page.evaluate(RUN_ALL)
    page.wait_for_function(READY, timeout=30_000)

    cells = page.evaluate(CELLS)
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert code and all(cell["execution_count"] for cell in code)

    for index, cell in enumerate(cells):
        if "application/vnd.jupyter.widget-view+json" in json.dumps(cell.get("outputs", [])):
            move_first_slider(page, index)
    page.screenshot(path=artefacts / f"{Path(lesson).stem}.png")


def move_first_slider(page, index):
    """Press an arrow key on the first slider of a cell, and wait until its picture is another one."""
    page.evaluate(SHOW, index)
    cell = page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
    picture = cell.locator("img").first
    picture.wait_for(state="visible", timeout=10_000)
    before = picture.get_attribute("src")
    cell.locator(".noUi-handle").first.press("ArrowRight")
    for _ in range(200):
        if picture.get_attribute("src") != before:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"cell {index}: the slider was moved and the picture stayed the same for 10 s")
