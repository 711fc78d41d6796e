"""A class of strangers: forty submissions that would harm the others if they could, and five honest ones.

``hand_in`` writes them; `test_hostile` grades those of ``QUICK``, and all of them with HLP_EDU_HOSTILE=all.
What a submission should get is points, words of a reason (then it is not graded), or both: points and words of a note.
"""

import copy
import json
import os
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
LESSON = "01_optimal_control"
FULL, FIRST = 10, 1  # points of all tasks, and of the first, `change`
MARK = 86_399  # seconds that a daemon sleeps, by which it can be found
QUICK = {
    "daemon", "patch", "reads solutions", "writes everywhere", "scripts"
}  # fmt: skip


def load(folder, lesson=LESSON):
    return nbformat.read(ROOT / folder / lesson / f"{lesson}.ipynb", as_version=4)


def cell(notebook, label):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == label)


def code(source, of="exercises"):
    """A notebook that runs ``source`` where the first answer belongs; all else is as given out, or as solved."""
    notebook = load(of)
    cell(notebook, "change").source = source
    return notebook


def edited(edit, of="solutions"):
    """The text of a notebook that was changed as JSON, so that it need not be a notebook any more."""
    data = json.loads(nbformat.writes(load(of)))
    edit(data)
    return json.dumps(data)


def honest():
    """Five honest students, three of them clumsy."""
    twice, other, upper = load("solutions"), load("solutions"), load("solutions")
    for label in ("change", "test_change", "steer"):
        twice.cells.append(copy.deepcopy(cell(twice, label)))
        twice.cells[-1].id = f"copy-{label.replace('_', '-')}"
    stub = copy.deepcopy(cell(load("exercises"), "gradient"))  # an empty copy between the answer and its test
    stub.id = "empty-copy"
    twice.cells.insert(twice.cells.index(cell(twice, "test_gradient")), stub)
    for at, c in enumerate(load("solutions", "02_linear_quadratic_tracking").cells[:9]):
        other.cells.insert(2 * at + 1, c)
    for c in upper.cells:
        c.metadata = nbformat.from_dict({"tags": ["mine"]})
    return {
        "honest": load("solutions"),
        "honest too": code(cell(load("solutions"), "change").source + "\nprint('x' * 200_000)", of="solutions"),
        "pasted twice": twice,
        "pasted from another lesson": other,
        "no marks, upper case": upper,
    }


def damaged():
    """Files that are no notebooks, or strange ones: kind, file, what they should get."""

    def foreign(data):
        for k, c in enumerate(data["cells"]):
            c["metadata"] = {"nbgrader": [3, {"points": 495, "schema_version": 99, "grade_id": ["x"]}, "x"][k % 3]}

    def points(data):
        for c in data["cells"]:
            if "nbgrader" in c["metadata"]:
                c["metadata"]["nbgrader"] |= {"points": 495, "schema_version": 1 if c["cell_type"] == "code" else 77}

    def version3(data):
        sheet = [{**c, "input": c["source"]} if c["cell_type"] == "code" else c for c in data.pop("cells")]
        data |= {"worksheets": [{"cells": sheet}], "nbformat": 3}

    deep = "[" * 100_000 + "]" * 100_000
    whole = nbformat.writes(load("solutions"))
    return {
        "deep": (deep, "holds no notebook"),
        "deep metadata": (whole.replace('"metadata": {}', f'"metadata": {{"x": {deep}}}', 1), "holds no notebook"),
        "huge number": (whole.replace('"nbformat": 4', f'"nbformat": {"9" * 100_000}'), "holds no notebook"),
        "an array": ("[1, 2]", "holds no notebook"),
        "utf-16": (whole.encode("utf-16"), "holds no notebook"),
        "random bytes": (bytes(range(256)) * 99, "holds no notebook"),
        "half a file": (whole[:4000], "holds no notebook"),
        "cells without end": (edited(lambda d: d["cells"].extend([{"cell_type": "raw"}] * 9999)), "at most 2000"),
        "cells of numbers": ('{"cells": [1, 2, {"cell_type": 3}, {"cell_type": "code", "source": {}}]}', "no cells"),
        "foreign metadata": (edited(foreign), FULL),
        "points 495": (edited(points), FULL),
        "version 3": (edited(version3), FULL),
        "version 9": (edited(lambda d: d.update(nbformat=9, nbformat_minor=None, metadata=3)), FULL),
        "half a letter": (edited(lambda d: d["cells"][5].update(source="change = '\ud800'"), "exercises"), 0),
    }


def runs():
    """Code that harms the others where it can: kind, source of the first answer, what it should get."""
    right = cell(load("solutions"), "change").source
    fork = "import os, signal, subprocess\n"
    look = "from pathlib import Path\n"
    return {
        "daemon": (
            fork + "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
            f"        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n        os.execvp('sleep', ['sleep', '{MARK}'])\n"
            f"    os._exit(0)\n{right}",
            (FIRST, "processes"),
        ),
        "fork bomb": (
            fork + f"for _ in range(2000):\n    subprocess.Popen(['sleep', '{MARK}'])\nimport time; time.sleep(5)",
            "processes",
        ),
        "kills everybody": (fork + "os.kill(-1, signal.SIGKILL)", "not graded"),
        "kills its parents": (fork + "os.kill(os.getppid(), 9); os.kill(1, 9)", "not graded"),
        "segfault": ("import ctypes\nctypes.string_at(0)", "ended the kernel"),
        "exit": (fork + "os._exit(0)", "ended the kernel"),
        "memory": ("x = [bytearray(10**8) for _ in range(10**6)]", 0),
        "one large file": ("with open('x', 'wb') as f:\n    while True:\n        f.write(bytes(10**7))", 0),
        "disk": ("for k in range(10**6):\n    open(f'x{k}', 'wb').write(bytes(10**7))", "wrote more than 1 GB"),
        "many files": ("for k in range(10**6):\n    open(f'x{k}', 'w').close()", "files"),
        "prints": ("while True:\n    print('x' * 10_000)", 0),
        "loop": ("while True:\n    pass", 0),
        "stubborn loop": (fork + "signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass", "without end"),
        "writes everywhere": (
            look + "import glob, sqlite3\nfor top in ['/tmp', '/root', '/home', '/work']:\n"
            "    for place, _, names in __import__('os').walk(top):\n        for name in names:\n"
            "            if name.endswith(('gradebook.db', '.ipynb', '.csv')):\n                try:\n"
            f"                    open(place + '/' + name, 'w').write('495')\n                except OSError:\n"
            f"                    pass\n{right}",
            (FIRST, "gradebook"),
        ),
        "reads solutions": (
            look + f"change = Path({str(ROOT / 'solutions')!r} + '/', {LESSON!r}, '{LESSON}.ipynb').read_text()",
            (0, "solutions"),
        ),
        "asks for it": ("change = tasks.change.solution().text", (0, ".solution()")),
        "reads expected": ("change = tasks.change.expected()", (0, ".expected")),
        "patch": (
            "class Yes:\n    why = ''\n    def check(self, answer): return True\n"
            "for name in ('change', 'best_push', 'costates', 'gradient', 'steer'):\n    setattr(tasks, name, Yes())\n"
            "import hlp_edu.checks.core as core\ncore.Outcome.__bool__ = lambda self: True\nchange = 0",
            (0, "changes or inspects the checks"),
        ),
        "fake tasks": ("class tasks:\n    check = lambda *a: True\n    why = ''\n    change = steer = None", 0),
        "no asserts": (
            "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
            "get_ipython().ast_transformers.append(Drop())",
            (FULL, "how cells are run"),  # which cannot be told from right answers, and is noted
        ),
        "network": ("import socket\nsocket.create_connection(('127.0.0.1', 22), 2)\n" + right, 0),
        "scripts": (
            "from IPython.display import HTML, Javascript, SVG, display\n"
            'attack = \'<script>document.title="stolen"</script><img src=x onerror="document.title=1">\'\n'
            "display(HTML(attack), Javascript('document.title=1'), SVG('<svg onload=\"document.title=1\"></svg>'))\n"
            "display({'text/plain': attack, 'image/png': '\"><script>document.title=1</script>'}, raw=True)\n"
            f"print(attack)\n{right}",
            FIRST,
        ),
    }


def hand_in(folder, quick=False):
    """Write the class; {student: (kind, what it should get)}."""
    wanted = {}

    def put(student, kind, data, wants, name=f"{LESSON}.ipynb"):
        place = folder / student / name
        place.parent.mkdir(parents=True, exist_ok=True)
        data = data if isinstance(data, (str, bytes)) else nbformat.writes(data)
        place.write_bytes(data if isinstance(data, bytes) else data.encode())
        wanted[student] = kind, wants

    def wants_it(name, wants):
        return not quick or name in QUICK or isinstance(wants, str)

    for name, notebook in honest().items():
        if not quick or "pasted" in name:
            put(name, "honest", notebook, FULL, "HOMEWORK.IPYNB" if "upper" in name else f"{LESSON}.ipynb")
    for name, (data, wants) in damaged().items():
        if wants_it(name, wants):
            put(name, "damaged or strange files", data, wants)
    for name, (source, wants) in runs().items():
        if not quick or name in QUICK:
            notebook = code(source)
            if name == "scripts":
                bad = '<script>document.title=1</script><img src=x onerror="document.title=1">[x](javascript:alert(1))'
                notebook.cells.insert(3, nbformat.v4.new_markdown_cell(bad))
                notebook.cells.insert(4, nbformat.v4.new_raw_cell(bad, metadata={"raw_mimetype": "text/html"}))
            put(name, "code that runs", notebook, wants)
    put("=1+1", "names", load("exercises"), 0) if not quick else None
    for name in ("a zip", "hidden", "a pipe", "a link", "a linked folder", "too large", "a folder"):
        (folder / name).mkdir(parents=True)
    put("a zip", "names", b"PK\x03\x04", "only " + LESSON, f"{LESSON}.zip")
    put("hidden", "names", load("solutions"), "only .x.ipynb", ".x.ipynb")
    os.mkfifo(folder / "a pipe" / f"{LESSON}.ipynb")
    (folder / "a link" / f"{LESSON}.ipynb").symlink_to(folder / "honest" / f"{LESSON}.ipynb")
    (folder / "a linked folder" / "x.ipynb").symlink_to(folder, target_is_directory=True)
    (folder / "a folder" / f"{LESSON}.ipynb").mkdir()
    with open(folder / "too large" / "x.ipynb", "wb") as file:
        file.truncate(10**9)
    wanted |= {"a pipe": ("names", "no ordinary file"), "a link": ("names", "is a link")}
    wanted |= {"a linked folder": ("names", "is a link"), "a folder": ("names", "no exercise notebook")}
    wanted |= {"too large": ("names", "at most 50 MB")}
    try:
        (folder / os.fsdecode(b"not \xff utf-8")).mkdir()
        (folder / "two\nlines").mkdir()
        wanted |= {r"not \udcff utf-8": ("names", "no exercise"), r"two\nlines": ("names", "no exercise")}
    except OSError:
        pass  # a system that has no such names
    return wanted
