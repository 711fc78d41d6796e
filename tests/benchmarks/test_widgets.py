"""From a key to the next picture on the screen, for every explorer and for the plain way, in a real browser.

``python -m pytest tests/benchmarks/test_widgets.py`` prints the table: milliseconds from the press of an
arrow key to the frame in which the new picture is painted: medians, and nineteen of twenty.
"plain" is the same drawing in ``ipywidgets.interact`` with ``plt.subplots``. Budget: a median under 100 ms.
The numbers are reported, not judged: a busy machine has others.
"""

import ast
import statistics

import jupyter_page as lab
import lesson_explorers as lessons
import nbformat
import numpy as np
import pytest

PRESSES = 12
PLAIN = """
import ipywidgets
import matplotlib.pyplot as plt

dials = {}
for name, control in explorer.controls.items():
    if name in explorer._menus:
        dials[name] = ipywidgets.Dropdown(options=list(explorer._menus[name].items()))
    else:
        kept = ("value", "min", "max", "step", "base") if hasattr(control, "readout") else ("value",)
        dials[name] = type(control)(**{key: getattr(control, key) for key in kept if hasattr(control, key)})


def plain(**values):
    fig, axes = plt.subplots(1, explorer._panels, figsize=(8, 4))
    explorer._draw(axes, **values)
    plt.show()


ipywidgets.interact(plain, **dials)
"""


def notebook(name):
    """The explorer of a lesson in one cell, the plain way in the next."""
    variable, module = lessons.RECIPES[name]
    source = f"{ast.unparse(module)}\nexplorer = {variable}\nexplorer"
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (source, PLAIN)])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return made


def waits(page, index, right, left):
    """Milliseconds to the next pictures."""
    page.evaluate(lab.SHOW, index)
    page.locator(f"{lab.CELL} .jp-OutputArea img").first.wait_for(state="visible")
    page.evaluate(lab.WATCH, lab.CELL)
    page.locator(f"{lab.CELL} .noUi-handle").first.focus()
    there = lab.press(page, "ArrowRight", right) + lab.press(page, "ArrowLeft", right)
    return there + lab.press(page, "ArrowLeft", left)


def test_key_press_to_new_picture(request, capsys, tmp_path):
    if request.config.getoption("benchmark_disable"):
        pytest.skip("a table of times: python -m pytest tests/benchmarks/test_widgets.py")
    rows = []
    with lab.chromium() as browser, lab.server(tmp_path) as server:
        for k, name in enumerate(lessons.RECIPES):
            explorer = lessons.explorer(name)
            slider = next(control for control in explorer.controls.values() if hasattr(control, "readout"))
            right, left = lessons.steps(slider)
            nbformat.write(notebook(name), tmp_path / "work" / f"timed{k}.ipynb")
            page = lab.new_page(browser, viewport={"width": 1280, "height": 1000})
            lab.open_notebook(page, server, f"timed{k}.ipynb")
            page.evaluate(lab.RUN_ALL)
            page.wait_for_function(lab.READY)
            sizes = min(right, PRESSES), min(left, PRESSES)
            rows.append((name, slider.description, waits(page, 0, *sizes), waits(page, 1, *sizes)))
            page.close()
    with capsys.disabled():
        print("\n\nmilliseconds from key to picture: medians (nineteen of twenty)")
        print(f"{'':30}{'explorer':>20}{'plain interact':>24}")
        for name, slider, new, plain in rows:
            ours, theirs = (f"{statistics.median(t):7.0f}  ({np.quantile(t, 0.95):.0f})" for t in (new, plain))
            print(f"{name:12} {slider:9}{len(new):3} keys {ours:>22} {theirs:>25}")
    assert len(rows) == len(lessons.RECIPES)
