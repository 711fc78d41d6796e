"""How a notebook lands: run it top to bottom, keep its outputs, drop what is personal or changes by itself.

    python tests/refresh.py lessons/10_tracking_a_sinusoid.ipynb [more notebooks]
    python tests/refresh.py lessons/10_tracking_a_sinusoid.ipynb --from draft.py

The second form builds the notebook from a script in the percent format (cells begin with "# %%" or
"# %% [markdown]"); a cell that was there before keeps its id. In an exercise's solutions, '# %% answer="NAME"' and
'# %% test="NAME" points=2' mark the cell of a task and its locked test. Nothing is written if a cell raises,
warns or writes to stderr. A notebook runs in an empty directory, so that it depends on none.
"""

import argparse
import difflib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT = {"tags", "nbgrader", "slideshow", "jupyter", "editable", "deletable"}  # of a cell's metadata
# A warning is an error; this one is the kernel's own, when it shuts down.
WARNINGS = "error,ignore::PendingDeprecationWarning"
VIEW = "application/vnd.jupyter.widget-view+json"


def from_script(text):
    """The cells of a script in the percent format."""
    text = re.sub(r"\A# ---\n.*?\n# ---\n", "", text, flags=re.DOTALL)  # the header that jupytext writes
    marks = list(re.finditer(r"^# %%(.*)$", text, flags=re.MULTILINE))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    cells = []
    for mark, end in zip(marks, ends, strict=True):
        source = text[mark.end() : end].strip("\n")
        options = mark[1].strip()
        metadata = {key: json.loads(value) for key, value in re.findall(r"(\w+)=(\[.*?\]|\{.*\}|\S+)", options)}
        metadata = for_nbgrader(metadata)
        if "[markdown]" in options or "[md]" in options:
            lines = source.splitlines()
            if lines and lines[0] in ('"""', 'r"""') and lines[-1] == '"""':
                lines = lines[1:-1]
            else:
                lines = [re.sub(r"^# ?", "", line) for line in lines]
            cells.append(nbformat.v4.new_markdown_cell("\n".join(lines), metadata=metadata))
        else:
            cells.append(nbformat.v4.new_code_cell(source, metadata=metadata))
        cells[-1].pop("id")
    return cells


def for_nbgrader(metadata):
    """Spell out answer="NAME", the cell of a task, and test="NAME" points=2, the locked cell that gives the points."""
    known = {"schema_version": 3, "task": False, "grade": False, "locked": False, "solution": False}
    if "answer" in metadata:
        return {"nbgrader": {**known, "grade_id": metadata["answer"], "solution": True}}
    if "test" in metadata:
        given = {"grade_id": f"test_{metadata['test']}", "grade": True, "locked": True, "points": metadata["points"]}
        return {"nbgrader": {**known, **given}}
    return metadata


def keep_ids(cells, old):
    """Give cells the ids of the same, or the edited, cells of an older version."""
    was, now = ([(cell.cell_type, cell.source) for cell in version] for version in (old, cells))
    for how, a, b, c, d in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if how == "equal" or (how == "replace" and b - a == d - c):
            for before, after in zip(old[a:b], cells[c:d], strict=True):
                if "id" in before and before.cell_type == after.cell_type:
                    after["id"] = before["id"]


def name_cells(cells):
    """An id for each cell that has none or another's: made from its text, so that it stays."""
    taken = set()
    for cell in cells:
        salt = 0
        while cell.get("id") in taken | {None}:
            words = f"{cell.cell_type}\n{cell.source}\n{salt}"
            cell["id"], salt = hashlib.sha256(words.encode()).hexdigest()[:8], salt + 1
        taken.add(cell["id"])


def ruff(notebook, name, *command):
    """What ruff makes of a notebook that is not on the disk yet."""
    command = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(name), "-"]
    return subprocess.run(command, cwd=ROOT, input=nbformat.writes(notebook), capture_output=True, text=True)


def formatted(notebook, name):
    """The notebook as ruff formats it; ends here if ruff complains."""
    done = ruff(notebook, name, "format")
    if done.returncode:
        sys.exit(f"{name}: ruff cannot format it, not written\n{done.stderr}")
    notebook = nbformat.reads(done.stdout, as_version=4)
    lint = ruff(notebook, name, "check", "--output-format=concise", "--quiet")
    if lint.returncode:
        sys.exit(f"{lint.stdout}{name}: not written")
    return notebook


def execute(notebook):
    """Run in a clean kernel and an empty directory; returns the seconds of each cell."""
    from nbclient import NotebookClient

    # For the kernel alone: whoever calls this may start other programs later, with warnings of their own.
    environment = os.environ | {"TQDM_DISABLE": "1", "PYTHONWARNINGS": WARNINGS}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    begun, seconds = {}, {}

    def starts(cell, cell_index):
        begun[cell_index] = time.perf_counter()

    def ends(cell, cell_index, execute_reply):
        seconds[cell_index] = time.perf_counter() - begun[cell_index]

    with tempfile.TemporaryDirectory() as empty:
        NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=600,
            allow_errors=True,
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            extra_arguments=["--IPKernelApp.log_level=40"],
            resources={"metadata": {"path": empty}},
            on_cell_start=starts,
            on_cell_executed=ends,
        ).execute(env=environment)
    return seconds


def complaints(notebook):
    """What a cell should not have written."""
    found = []
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                found.append(f"cell {number} raises:\n{cell.source}\n" + "\n".join(output.traceback))
            elif output.get("name") == "stderr":
                found.append(f"cell {number} writes to stderr:\n{cell.source}\n{output.text}")
    return found


def clean(notebook):
    """Drop what is personal or changes by itself."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: value for key, value in cell.metadata.items() if key in KEPT})
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(VIEW, None)  # a widget is dead until its cell is run; its picture is not


def refresh(path, script=None):
    """Build, run, clean and write one notebook; True if it landed."""
    old = nbformat.read(path, as_version=4) if path.exists() else None
    if script:
        cells = from_script(script.read_text(encoding="utf-8"))
        name_cells(cells)  # ruff wants ids; the formatted text decides which ones stay
        notebook = formatted(nbformat.v4.new_notebook(cells=cells), path)
        for cell in notebook.cells:
            cell.pop("id")
        keep_ids(notebook.cells, old.cells if old else [])
    else:
        notebook = old
    name_cells(notebook.cells)
    clean(notebook)
    notebook = formatted(notebook, path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    seconds = execute(notebook)
    wrong = complaints(notebook)
    for complaint in wrong:
        print(f"{path}: {complaint}", file=sys.stderr)
    if wrong:
        print(f"{path}: not written", file=sys.stderr)
        return False
    clean(notebook)
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    slowest = sorted(seconds, key=seconds.get, reverse=True)[:3]
    slow = ", ".join(f"cell {number} {seconds[number]:.1f}" for number in slowest)
    print(f"{path}: {len(notebook.cells)} cells, {sum(seconds.values()):.1f} s (slowest: {slow})")
    return True


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    parser.add_argument("--from", dest="script", type=Path, metavar="SCRIPT", help="build the notebook from this")
    given = parser.parse_args()
    if given.script and len(given.notebooks) != 1:
        parser.error("--from builds one notebook")
    landed = [refresh(path.resolve(), given.script) for path in given.notebooks]
    sys.exit(0 if all(landed) else 1)


if __name__ == "__main__":
    main()
