"""The explorers of the lessons, each made by the statements that it needs, and by no others."""

import ast
import contextlib
import functools
import io
from pathlib import Path

import ipywidgets
import nbformat
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))


def names(node, kind):
    """Names that are read (ast.Load) or bound (ast.Store)."""
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name) and isinstance(found.ctx, kind)}


def read(statement):
    """Names from outside that a statement needs."""
    if not isinstance(statement, ast.FunctionDef):
        return names(statement, ast.Load)
    own = names(statement, ast.Store) | {arg.arg for arg in ast.walk(statement) if isinstance(arg, ast.arg)}
    return names(statement, ast.Load) - own


def bound(statement):
    """Names that a statement makes, or whose contents it changes."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    filled = set()
    for node in ast.walk(statement):
        entry = node if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) else None
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("append", "extend", "update", "add"):
            entry = node.func
        if entry is not None and isinstance(entry.value, ast.Name):
            filled.add(entry.value.id)
    if isinstance(statement, (ast.For, ast.Expr)):  # what a loop names on its way is of no use later
        return filled
    return names(statement, ast.Store) | filled


def makes_explorer(statement):
    call = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Explorer")


def recipes(path):
    """For each explorer of a notebook: a name for it, its variable, the statements that make it."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    statements = [statement for cell in cells for statement in ast.parse(cell).body]
    for k, made in enumerate(statements):
        if not makes_explorer(made):
            continue
        needed, kept = read(made), [made]
        for before in reversed(statements[:k]):
            if bound(before) & needed:
                needed |= read(before)
                kept.append(before)
        draw = ast.unparse(made.value.args[0])
        yield f"{path.stem[:2]} {draw}", made.targets[0].id, ast.Module(kept[::-1], type_ignores=[])


RECIPES = {name: (variable, module) for path in LESSONS for name, variable, module in recipes(path)}


@functools.cache
def explorer(name):
    """Make an explorer as the lesson makes it; whoever moves it puts it back."""
    variable, module = RECIPES[name]
    space = {"__name__": "lesson"}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(module, name, "exec"), space)
    return space[variable]


def ends_and_middles(control):
    """Values of a control that every drawing must stand."""
    if isinstance(control, ipywidgets.Dropdown):
        return control.options
    if isinstance(control, ipywidgets.Checkbox):
        return (False, True)
    if isinstance(control, ipywidgets.FloatLogSlider):
        return tuple(float(control.base**power) for power in np.linspace(control.min, control.max, 3))
    middle = (control.min + control.max) / 2
    return (control.min, int(middle) if isinstance(control, ipywidgets.IntSlider) else middle, control.max)


def steps(slider):
    """How many steps there are to the right and to the left of where a slider stands."""
    low, high = slider.min, slider.max
    at = np.log(slider.value) / np.log(slider.base) if isinstance(slider, ipywidgets.FloatLogSlider) else slider.value
    return int((high - at) / slider.step + 1e-6), int((at - low) / slider.step + 1e-6)
