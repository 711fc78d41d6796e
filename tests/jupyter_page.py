"""A real JupyterLab in a real browser, started with the real commands: for the tests and for the benchmark."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOKEN = "browser-test"
PATIENCE = 120  # seconds until what should come counts as missing: a busy machine is slow
VIEW = "application/vnd.jupyter.widget-view+json"
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
CELL = ".jp-Notebook .jp-Cell.jp-mod-active"
# Notes the milliseconds from each key to the frame in which the next new picture of the cell is painted.
WATCH = """selector => {
    const cell = document.querySelector(selector);
    let start = null;
    window.waits = [];
    document.addEventListener('keydown', event => { start = event.timeStamp; }, {capture: true});
    const note = () => {
        const begun = start;
        start = null;
        requestAnimationFrame(() => { if (begun !== null) window.waits.push(performance.now() - begun); });
    };
    new MutationObserver(changes => {
        const picture = [...cell.querySelectorAll('.jp-OutputArea img')].pop();
        const touched = changes.some(change => change.target === picture ||
            [...change.addedNodes].some(node => node.contains && node.contains(picture)));
        if (!picture || start === null || !touched) return;
        if (picture.complete && picture.naturalWidth) note();
        else picture.addEventListener('load', note, {once: true});
    }).observe(cell, {subtree: true, childList: true, attributes: true, attributeFilter: ['src']});
}"""
NEXT = """([count, patience]) => new Promise(done => {
    const end = performance.now() + patience;
    const look = () => window.waits.length > count ? done(true) : performance.now() > end ? done(false)
        : setTimeout(look, 5);
    look();
})"""


@contextlib.contextmanager
def chromium():
    """Start the system's chromium."""
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


def new_page(browser, **settings):
    """Open a page that waits for what should come as long as the machine may need."""
    page = browser.new_page(**settings)
    page.set_default_timeout(1000 * PATIENCE)
    return page


@contextlib.contextmanager
def server(place):
    """Give the address of the learner's JupyterLab, started as a learner would, with private settings."""
    private = {f"JUPYTER_{name}_DIR": str(place / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **private, "TQDM_DISABLE": "1"}
    hlp_edu = Path(sys.executable).with_name("hlp-edu")
    subprocess.run([hlp_edu, "start", "work"], cwd=place, check=True, stdout=subprocess.DEVNULL)
    options = ["--no-browser", "--port", "0", f"--IdentityProvider.token={TOKEN}"]
    options += ["--LabApp.expose_app_in_browser=True"]
    with open(place / "log", "w") as log:
        lab = subprocess.Popen([hlp_edu, "lab", "work", *options], cwd=place, env=environment, stdout=log, stderr=log)
    try:
        facts, end = "", time.monotonic() + PATIENCE
        while not facts.endswith("}") and lab.poll() is None and time.monotonic() < end:
            time.sleep(0.1)  # the server first makes the file, and then fills it
            facts = "".join(path.read_text() for path in (place / "runtime").glob("jpserver-*.json"))
        assert facts.endswith("}"), (place / "log").read_text()
        yield json.loads(facts)["url"]
    finally:
        lab.terminate()
        try:
            lab.wait(timeout=10)
        except subprocess.TimeoutExpired:  # a server that is still starting does not hear
            lab.kill()
            lab.wait()


def open_notebook(page, server, path):
    page.goto(f"{server}doc/tree/{path}?reset&token={TOKEN}")
    page.wait_for_function(READY)


def explorers(page):
    """Numbers of the cells that show an explorer: its view and its picture are one output."""
    outputs = [cell.get("outputs", []) for cell in page.evaluate(CELLS)]
    return [
        index
        for index, some in enumerate(outputs)
        if any({VIEW, "image/png"} <= {*one.get("data", ())} for one in some)
    ]


def press(page, key, times=1):
    """Press a key, each time after the last picture has come; give the milliseconds that each took."""
    before = page.evaluate("window.waits.length")
    for k in range(times):
        page.keyboard.press(key)
        assert page.evaluate(NEXT, [before + k, 1000 * PATIENCE]), f"{key} was pressed, and the picture stayed the same"
    return page.evaluate("window.waits")[before:]
