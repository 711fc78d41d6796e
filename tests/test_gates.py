"""What every lesson, solution and exercise must be, and what the package must say of itself.

A gate takes a notebook and returns complaints. Each gate is itself tried on notebooks that it must refuse.
How a number is counted is said in the gate. Length is reported and never failed.
"""

import ast
import importlib
import inspect
import os
import pkgutil
import re
import statistics
import subprocess
import sys
import types
import warnings
from pathlib import Path

import matplotlib.colors
import nbformat
import prose
import pytest
import refresh
from refresh import KEPT

import hlp_edu
from hlp_edu import plotting

ROOT = Path(__file__).resolve().parents[1]


def notebooks(folder):
    return [path for path in sorted((ROOT / folder).rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]


LESSONS, SOLUTIONS, EXERCISES = (notebooks(folder) for folder in ("lessons", "solutions", "exercises"))
MAP = "00_start_here"  # the map of the course: it measures no failure of its own
REFERENCE = "reference"  # symbols, equations, words, books: it teaches nothing, and predicts nothing
EQUATIONS = 17


def load(path):
    return nbformat.read(path, as_version=4)


def cells(notebook, kind):
    return [cell for cell in notebook.cells if cell.cell_type == kind and cell.source.strip()]


def outputs(notebook):
    return [output for cell in cells(notebook, "code") for output in cell.outputs]


def text(notebook):
    """All markdown, without fenced blocks of code."""
    return re.sub(r"^```.*?^```", "", "\n\n".join(c.source for c in cells(notebook, "markdown")), flags=re.M | re.S)


def code_lines(source):
    """Lines of a cell that are neither blank nor a comment alone."""
    return [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]


def words(source):
    return len(re.findall(r"\S+", source))


def tree(source):
    """The cell as Python sees it, without magics."""
    return ast.parse(
        "\n".join("" if line.lstrip()[:1] in "%!" and line.strip() else line for line in source.split("\n"))
    )


# --- gates: a notebook -> complaints ----------------------------------------------------------------


def executed(notebook):
    """Run top to bottom, once, in one go."""
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts are {counts}, not 1, 2, 3, ..."]


def kernel(notebook):
    name = notebook.metadata.get("kernelspec", {}).get("name")
    return [] if name == "python3" else [f"kernelspec name is {name!r}, not 'python3'"]


def identified(notebook):
    """Every cell has an id of its own, so that a change to one cell is a change to one cell."""
    ids = [cell.get("id") for cell in notebook.cells]
    found = [f"cell {k} has no id" for k, label in enumerate(ids) if not label]
    found += [f"id {label!r} is used {ids.count(label)} times" for label in set(ids) if label and ids.count(label) > 1]
    modern = (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    return found if modern else [*found, f"format {notebook.nbformat}.{notebook.nbformat_minor} keeps no ids"]


def quiet(notebook):
    """No error, no warning, nothing on stderr, no left-over progress bar, no tricks that hide a value."""
    found = []
    for output in outputs(notebook):
        shown = str(output.get("text") or output.get("data", {}).get("text/plain", ""))
        if output.output_type == "error":
            found.append(f"an error: {output.ename}: {output.evalue}")
        elif output.get("name") == "stderr":
            found.append(f"on stderr: {shown[:80]!r}")
        elif re.search(r"\d+%\|.*\|", shown):
            found.append(f"a progress bar: {shown[:60]!r}")
        elif re.search(r"^\[?<[\w.]+[ :>]|\bat 0x[0-9a-f]+", shown):
            found.append(f"an object's address or type: {shown[:60]!r}")
    for cell in cells(notebook, "code"):
        if "raises-exception" in cell.metadata.get("tags", []):
            found.append("a cell tagged raises-exception, which passes whatever happens")
        if code_lines(cell.source) and code_lines(cell.source)[-1].rstrip().endswith(";"):
            found.append(f"a trailing semicolon: {code_lines(cell.source)[-1]!r}")
    return found


def small_cells(notebook):
    """Median of at most 5 lines of code a cell, the longest at most 20; blank lines and comments are not counted."""
    lengths = [len(code_lines(cell.source)) for cell in cells(notebook, "code")]
    found = [f"a code cell of {n} lines" for n in lengths if n > 20]
    if lengths and statistics.median(lengths) > 5:
        found.append(f"the median code cell has {statistics.median(lengths):g} lines")
    return found


def more_text_than_code(notebook):
    """At least as many words of text as of code; a word is what stands between blanks."""
    said, coded = words(text(notebook)), sum(words(cell.source) for cell in cells(notebook, "code"))
    return [] if said >= coded else [f"{said} words of text for {coded} of code"]


def described_pictures(notebook):
    """Every picture says in words what it shows."""
    found = []
    for output in outputs(notebook):
        for mime in output.get("data", {}):
            alt = str(output.get("metadata", {}).get(mime, {}).get("alt", ""))
            if mime.startswith("image/") and len(alt.split()) < 3:
                found.append(f"a picture ({mime}) with the alt text {alt!r}")
    found += [
        f"a picture without alt text: {at}" for alt, at in re.findall(r"!\[(.*?)\]\((.*?)\)", text(notebook)) if not alt
    ]
    found += [
        f"a picture without alt text: {tag}" for tag in re.findall(r"<img[^>]*>", text(notebook)) if "alt=" not in tag
    ]
    return found


PALETTE = {matplotlib.colors.to_hex(colour) for colour in plotting.PALETTE.values()}
COLOUR_ARGUMENT = re.compile(r"^(c|color|colors|fc|ec|facecolors?|edgecolors?|marker(face|edge)color|colou?r.*)$")
RAINBOWS = {"jet", "hsv", "rainbow", "gist_rainbow", "nipy_spectral", "prism", "spectral"}


def safe_colours(notebook):
    """No colour written out in a lesson, unless it is one of the package's."""
    found = []
    for cell in cells(notebook, "code"):
        for node in ast.walk(tree(cell.source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if re.fullmatch(r"#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})", node.value):
                    if matplotlib.colors.to_hex(node.value) not in PALETTE:
                        found.append(f"the colour {node.value!r}")
            if not isinstance(node, ast.Call):
                continue
            for keyword in node.keywords:
                value = getattr(keyword.value, "value", None)
                if not isinstance(value, str) or keyword.arg is None:
                    continue
                if COLOUR_ARGUMENT.match(keyword.arg) and matplotlib.colors.is_color_like(value):
                    if matplotlib.colors.to_hex(value) not in PALETTE:
                        found.append(f"the colour {keyword.arg}={value!r}")
                if keyword.arg == "cmap" and value.lower().removesuffix("_r") in RAINBOWS:
                    found.append(f"the colour map {value!r}")
            if getattr(node.func, "attr", "") == "plot":
                for argument in node.args:
                    value = getattr(argument, "value", None)
                    if isinstance(value, str) and re.fullmatch(r"[.,ovx+*sd^-]*[bgrcmyw][.,ovx+*sd^:-]*", value):
                        found.append(f"the colour in plot(..., {value!r})")
    return found


def promise(notebook):
    """The first two cells of text promise something."""
    first = "\n".join(cell.source for cell in cells(notebook, "markdown")[:2]).lower()
    return [] if "promise" in first or "you will" in first else ["no promise at the beginning"]


def box(notebook):
    """Minutes, what one needs, what one will be able to do."""
    first = "\n".join(cell.source for cell in cells(notebook, "markdown")[:3]).lower()
    found = [f"nothing about {what!r} at the beginning" for what in ("minutes", "need", "able to") if what not in first]
    if re.search(r"\b(MINUTES|SECONDS|TODO|TBD|FIXME|XXX)\b", text(notebook)):
        found.append("a placeholder was left behind")
    return found


def set_up(notebook):
    """The first cell of code has at most 6 lines and prints the version."""
    first = cells(notebook, "code")[0].source if cells(notebook, "code") else ""
    good = "__version__" in first and len(code_lines(first)) <= 6
    return [] if good else ["the first code cell is no setup of at most 6 lines that prints the version"]


def prediction(notebook):
    return [] if re.search(r"predict\s+first", text(notebook), re.I) else ['no question marked "Predict first"']


LIMITS = re.compile(r"what this (does|did|page does) (\*not\*|not) show|limits|not bought", re.I)
FAILURE = re.compile(
    r"\b(fail\w*|diverg\w*|blow\w* up|explo\w+|unstable|wrong|worse|never arrives|cannot|lost)\b", re.I
)


def measured_failure(notebook):
    """Says what it does not show; and a cell prints a number about something that fails, next to words on it."""
    found = [] if LIMITS.search(text(notebook)) else ['no limits: "What this does not show"']
    numbers = False
    for before, after in zip(notebook.cells[:-1], notebook.cells[1:], strict=True):
        for code, said in ((before, after), (after, before)):
            if code.cell_type == "code" and said.cell_type == "markdown" and FAILURE.search(said.source):
                printed = " ".join(str(o.get("text") or o.get("data", {}).get("text/plain", "")) for o in code.outputs)
                numbers |= bool(re.search(r"\d", printed))
    return found if numbers else [*found, "no measured failure: no number printed next to words about what fails"]


def numbered_equations(notebook):
    """Every displayed equation that carries a number has a numeric test of that number."""
    source = (ROOT / "tests" / "test_equations.py").read_text(encoding="utf-8")
    tests = {int(n) for n in re.findall(r"^def test_equation_(\d\d)\(", source, flags=re.M)}
    tags = [tag.strip() for tag in re.findall(r"\\tag\*?\{(.*?)\}", text(notebook))]
    return [f"equation ({tag}) has no numeric test" for tag in tags if not tag.isdigit() or int(tag) not in tests]


def known_citations(notebook):
    """An equation that is cited is one that the reference lists."""
    lists = re.findall(r"\b[Ee]quations? ((?:\(\d+\)(?:,? and |, | to )?)+)", text(notebook))
    cited = {int(n) for some in lists for n in re.findall(r"\((\d+)\)", some)}
    return [
        f"equation ({n}) is cited, and the reference lists 1 to {EQUATIONS}" for n in cited if not 1 <= n <= EQUATIONS
    ]


# What a formula is built with, and functions that every reader knows: no symbols of the course.
BUILDING = """
    approx arctan artanh bar begin Big big Bigl bigl Bigr bigr boldsymbol cdot cdots circ colon cos cosh det
    dfrac dots end equiv exp forall frac ge geq gg hat in infty int ldots le left leftarrow leq lim ll ln log
    Longleftrightarrow Longrightarrow lvert mapsto mathbb max mid min mp nabla ne neq operatorname overline
    partial pm prime propto qquad quad Re right Rightarrow rightarrow rvert sim sin sinh sqrt sum tan tanh tfrac
    tilde times to top tr underbrace vert
""".split()


def symbols(source):
    """Letters and commands in the formulas of a text: what stands for something; names in \\mathrm are left out."""
    found = set()
    for formula in re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", source, flags=re.S):
        formula = re.sub(r"\\(text|mathrm|tag|operatorname|begin|end)\*?\s*\{[^{}]*\}", " ", "".join(formula))
        found |= {f"\\mathcal {letter}" for letter in re.findall(r"\\mathcal\s*\{?\s*(\w)", formula)}
        formula = re.sub(r"\\mathcal\s*\{?\s*\w\}?", " ", formula)
        found |= {f"\\{name}" for name in re.findall(r"\\([a-zA-Z]+)", formula) if name not in BUILDING}
        found |= set(re.findall(r"[a-zA-Z]", re.sub(r"\\[a-zA-Z]+", " ", formula)))
    return found


def listed_symbols():
    """The symbols in the first columns of the reference's tables of symbols."""
    tables = re.search(r"^## Symbols$.*?^## ", text(load(ROOT / "lessons" / f"{REFERENCE}.ipynb")), re.M | re.S)[0]
    return symbols(" ".join(row.split("|")[1] for row in re.findall(r"^\|.*", tables, re.M)))


def known_symbols(notebook):
    """A letter in a formula is in the reference's table, or in the lesson's own line that begins with Notation.

    Whether it means there what the table says, no program can tell.
    """
    own = " ".join(re.findall(r"^\*\*Notation\.?\*\*.*", text(notebook), flags=re.M))
    unknown = symbols(text(notebook)) - listed_symbols() - symbols(own)
    return [f"the symbol {symbol} is neither in the reference nor in the line Notation" for symbol in sorted(unknown)]


def impersonal(notebook):
    """Nothing about who wrote it, on which machine and when."""
    found = [f"metadata {key!r}" for key in notebook.metadata if key not in ("kernelspec", "language_info")]
    language = notebook.metadata.get("language_info", {})
    found += [f"metadata language_info[{key!r}]" for key in language if key != "name"]
    for k, cell in enumerate(notebook.cells):
        found += [f"metadata {key!r} of cell {k}" for key in cell.metadata if key not in KEPT]
    return found


PLACE = re.compile(r"(?<![\w/.:])(/(home|Users|root|tmp|work|opt|usr|var|private|mnt|media)/|[A-Za-z]:\\\\?\w)")


def placeless(notebook):
    """No path of one machine, in text, code or output."""
    everything = [cell.source for cell in notebook.cells]
    for output in outputs(notebook):
        everything += [str(output.get("text", "")), "\n".join(output.get("traceback", []))]
        everything += [str(value) for mime, value in output.get("data", {}).items() if mime.startswith("text/")]
    return [f"a path of one machine: {m[0]!r}" for m in map(PLACE.search, everything) if m]


def linked(notebook, folder=ROOT / "lessons"):
    """Links inside the course lead somewhere, or the line says "coming"."""
    found = []
    for line in text(notebook).splitlines():
        for target in re.findall(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", line):
            if re.match(r"[a-z]+:|#", target) or "coming" in line.lower():
                continue
            if not (folder / target.split("#")[0]).exists():
                found.append(f"a link to {target!r}, which is not there")
    return found


def up_to_date(notebook, folder=ROOT / "lessons"):
    """What is there is not called "coming"."""
    links = re.findall(r"\]\((\d\d_\w+\.ipynb)\) \(coming", text(notebook))
    return [f"{target!r} is there, and called coming" for target in links if (folder / target).exists()]


def single_backslashes(notebook):
    """A doubled backslash before a word is a slip of the pen: the formula shows its source."""
    found = re.findall(r"\\\\[a-zA-Z,]+", text(notebook))
    return [f"{slip!r} stands where one backslash should" for slip in found]


def unrun(notebook):
    found = [
        f"cell {k} has been run" for k, c in enumerate(notebook.cells) if c.get("execution_count") or c.get("outputs")
    ]
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        found.append(f"not valid: {error.message}")
    return found


def valid(notebook):
    return [complaint for complaint in unrun(notebook) if complaint.startswith("not valid")]


EVERYWHERE = [
    valid,
    executed,
    kernel,
    identified,
    quiet,
    described_pictures,
    safe_colours,
    impersonal,
    placeless,
    linked,
    up_to_date,
    single_backslashes,
]
EVERYWHERE += [known_citations, numbered_equations]
OF_THE_REFERENCE = [*EVERYWHERE, known_symbols, small_cells, more_text_than_code, set_up]
OF_LESSONS = [*OF_THE_REFERENCE, promise, box, prediction, measured_failure]
OF_THE_MAP = [gate for gate in OF_LESSONS if gate is not measured_failure]
OF = {MAP: OF_THE_MAP, REFERENCE: OF_THE_REFERENCE}
OF_EXERCISES = [unrun, kernel, identified, safe_colours, impersonal, placeless, linked, known_citations]
OF_EXERCISES += [single_backslashes]


def name(value):
    return getattr(value, "stem", None) or value.__name__


# --- every notebook ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path, gate",
    [(path, gate) for path in LESSONS for gate in OF.get(path.stem, OF_LESSONS)],
    ids=name,
)
def test_lesson(path, gate):
    assert complaints(gate, path) == []


@pytest.mark.parametrize("path, gate", [(path, gate) for path in SOLUTIONS for gate in EVERYWHERE], ids=name)
def test_solution(path, gate):
    assert complaints(gate, path) == []


@pytest.mark.parametrize("path, gate", [(path, gate) for path in EXERCISES for gate in OF_EXERCISES], ids=name)
def test_exercise(path, gate):
    assert complaints(gate, path) == []


def complaints(gate, path):
    notebook = load(path)
    return gate(notebook, path.parent) if gate is linked else gate(notebook)


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_length_is_reported(path, record_property):
    notebook = load(path)
    lengths = [len(code_lines(cell.source)) for cell in cells(notebook, "code")]
    report = prose.measure(notebook) | dict(longest=max(lengths, default=0), median=statistics.median(lengths or [0]))
    for key, value in report.items():
        record_property(key, value)
    print(f"{path.stem}: {report}")


def test_the_first_lessons_are_there():
    assert {MAP, "10_tracking_a_sinusoid", REFERENCE} <= {path.stem for path in LESSONS}


def test_the_reference_lists_every_equation_once():
    tags = re.findall(r"\\tag\{(\d+)\}", text(load(ROOT / "lessons" / f"{REFERENCE}.ipynb")))
    assert tags == [str(n + 1) for n in range(EQUATIONS)]


# --- the gates themselves ---------------------------------------------------------------------------


def notebook_of(*parts):
    """A notebook from text (strings), and code (pairs of source and what it prints, or outputs)."""
    made, count = [], 0
    for part in parts:
        if isinstance(part, str):
            made.append(nbformat.v4.new_markdown_cell(part))
        else:
            count += 1
            source, shown = part
            if isinstance(shown, str):
                shown = [nbformat.v4.new_output("stream", name="stdout", text=shown)] if shown else []
            made.append(nbformat.v4.new_code_cell(source, execution_count=count, outputs=shown))
    for k, cell in enumerate(made):
        cell.id = f"cell-{k}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=made, metadata=metadata)


def picture(alt=None, mime="image/png"):
    metadata = {} if alt is None else {mime: {"alt": alt}}
    return [
        nbformat.v4.new_output("display_data", data={mime: "iVBORw0KGgo=", "text/plain": "seen"}, metadata=metadata)
    ]


def good():
    """A notebook that no gate complains about."""
    return notebook_of(
        "# A saddle\n\n**Promise.** You will be able to tell a saddle from a spiral. It takes 10 minutes; you need 00.",
        ("import hlp_edu as hlp\n\nprint(hlp.__version__)", "1.0.0\n"),
        "**Predict first.** Where will it go? Write a guess down before you run the cell that follows this line.",
        ("print(f'{10**4:.0f}')", "10000\n"),
        "It fails: after one time unit it is far away, by the factor 10000 that has just been printed. Equation (13) "
        "says why, and [the map](00_start_here.ipynb) where it comes from; [lesson 99](99_x.ipynb) is coming.\n\n"
        "$$s = a \\pm i \\omega \\tag{13}$$\n\n![a cat on a saddle](00_start_here.ipynb)",
        ("hlp.plot_network(network)", picture("A network of five neurons and thirty arcs.")),
        "## What this does not show\n\nThat it is always so. A longer text than this one would say much more about it.",
    )


@pytest.mark.parametrize("gate", OF_LESSONS, ids=name)
def test_a_good_notebook_passes(gate):
    assert gate(good()) == []


def edited(edit):
    notebook = good()
    edit(notebook)
    return notebook


def with_code(source, shown=""):
    def edit(notebook):
        notebook.cells.append(notebook_of((source, shown)).cells[0])
        notebook.cells[-1].execution_count = 4
        notebook.cells[-1].id = "more"

    return edit


def with_text(source):
    def edit(notebook):
        notebook.cells.append(nbformat.v4.new_markdown_cell(source, id="more"))

    return edit


def replaced(old, new):
    def edit(notebook):
        before = [cell.source for cell in notebook.cells]
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
        assert before != [cell.source for cell in notebook.cells]

    return edit


def put(path, value):
    def edit(notebook):
        *way, last = path
        for step in way:
            notebook = notebook[step]
        notebook[last] = value

    return edit


STDERR = [nbformat.v4.new_output("stream", name="stderr", text="UserWarning: oh\n")]
ERROR = [nbformat.v4.new_output("error", ename="ValueError", evalue="oh", traceback=["/home/me/x.py"])]
BAR = [nbformat.v4.new_output("display_data", data={"text/plain": " 75%|#####5  | 15/20 [00:01<00:00]"})]
AXES = [nbformat.v4.new_output("execute_result", data={"text/plain": "<Axes: >"}, execution_count=4)]
LAMBDA = [nbformat.v4.new_output("execute_result", data={"text/plain": "function f at 0x7f12ab34"}, execution_count=4)]


@pytest.mark.parametrize(
    "gate, edit",
    [
        (executed, put(["cells", 3, "execution_count"], None)),
        (executed, put(["cells", 3, "execution_count"], 7)),
        (executed, put(["cells", 1, "execution_count"], 2)),
        (kernel, put(["metadata", "kernelspec", "name"], "venv")),
        (kernel, put(["metadata", "kernelspec"], {})),
        (identified, put(["cells", 3, "id"], "cell-1")),
        (identified, lambda notebook: notebook.cells[2].pop("id")),
        (identified, put(["nbformat_minor"], 4)),
        (quiet, with_code("f()", STDERR)),
        (quiet, with_code("f()", ERROR)),
        (quiet, with_code("f()", BAR)),
        (quiet, with_code("ax.plot(t)", AXES)),
        (quiet, with_code("f", LAMBDA)),
        (quiet, with_code("ax.plot(t);")),
        (quiet, put(["cells", 3, "metadata", "tags"], ["raises-exception"])),
        (small_cells, with_code("\n".join(f"x = {k}" for k in range(21)))),
        (small_cells, lambda n: [with_code("\n".join(f"x = {k}" for k in range(6)))(n) for _ in range(4)]),
        (more_text_than_code, with_code("\n".join(f"x = {k} # one two three four five" for k in range(19)))),
        (described_pictures, with_code("show()", picture())),
        (described_pictures, with_code("show()", picture("plot"))),
        (described_pictures, with_code("show()", picture(mime="image/svg+xml"))),
        (described_pictures, with_text("![](cat.png)")),
        (described_pictures, with_text('<img src="cat.png">')),
        (safe_colours, with_code("ax.plot(t, x, color='red')")),
        (safe_colours, with_code("ax.plot(t, x, c='#ff0000')")),
        (safe_colours, with_code("ax.plot(t, x, 'r--')")),
        (safe_colours, with_code("mine = '#12AB34'")),
        (safe_colours, with_code("ax.scatter(t, x, facecolors='g')")),
        (safe_colours, with_code("ax.imshow(w, cmap='jet')")),
        (promise, replaced("**Promise.** You will be able", "We are able")),
        (box, replaced("minutes", "hours")),
        (set_up, replaced("print(hlp.__version__)", "print('ready')")),
        (box, replaced("10 minutes", "MINUTES minutes")),
        (set_up, replaced("import hlp_edu as hlp", "\n".join(f"import m{k}" for k in range(6)))),
        (prediction, replaced("Predict first", "A question")),
        (measured_failure, replaced("What this does not show", "Summary")),
        (measured_failure, replaced("fails", "works")),
        (measured_failure, put(["cells", 3, "outputs"], [])),
        (numbered_equations, with_text("$$x = y \\tag{18}$$")),
        (numbered_equations, with_text("$$x = y \\tag{A}$$")),
        (known_citations, with_text("See equation (18).")),
        (known_citations, with_text("Equations (3) and (0) say so.")),
        (known_symbols, with_text("It grows like $e^{\\zeta t}$.")),
        (known_symbols, with_text("$$F = \\mathcal{K}\\,x$$\n\n**Notation.** $F$ is a force.")),
        (impersonal, put(["metadata", "authors"], [{"name": "me"}])),
        (impersonal, put(["metadata", "language_info", "version"], "3.11")),
        (impersonal, put(["cells", 3, "metadata", "execution"], {"iopub.execute_input": "2026"})),
        (impersonal, put(["metadata", "widgets"], {})),
        (placeless, with_text("Open /home/me/course.")),
        (placeless, with_code("np.load('C:\\\\data\\\\x')")),
        (placeless, with_code("print(p)", "/tmp/abc/x.npz\n")),
        (placeless, with_code("f()", ERROR)),
        (linked, with_text("[lesson 99](99_nowhere.ipynb)")),
        (linked, with_text("[above](../nowhere/x.md#part)")),
        (up_to_date, with_text("[lesson 00](00_start_here.ipynb) (coming)")),
        (single_backslashes, with_text("$$x = \\\\nu\\\\,y$$")),
        (unrun, lambda notebook: None),
        (valid, put(["cells", 0, "metadata"], 3)),
    ],
)
def test_a_planted_fault_is_found(gate, edit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbformat repairs a missing id, loudly
        assert gate(edited(edit)) != []


def test_every_gate_was_tried():
    marks = test_a_planted_fault_is_found.pytestmark[0].args[1]
    assert {gate for gate, _ in marks} >= {*OF_LESSONS, *OF_EXERCISES}


def test_unrun_notebooks_pass_as_exercises():
    notebook = good()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    assert [complaint for gate in OF_EXERCISES for complaint in gate(notebook)] == []


def test_paths_and_colours_that_are_none():
    notebook = edited(with_text("See https://example.org/home/x, a/b/tmp/c, q/r and the folder work/lessons."))
    assert placeless(notebook) == []
    code = f"ax.plot(t, x, '--', color='{plotting.PALETTE['output']}', label='red')\nx = '#1'\nhlp.run(problem, c=3)"
    assert len(PALETTE) >= 6 and safe_colours(edited(with_code(code))) == []


# --- the package ------------------------------------------------------------------------------------

MODULES = sorted(
    module.name.removeprefix("hlp_edu.")
    for module in pkgutil.walk_packages(hlp_edu.__path__, "hlp_edu.")
    if not any(part.startswith("_") for part in module.name.split("."))
)
CORE = ["network", "signals", "problem", "laws", "policies", "flow", "state", "trajectory", "validate", "compiled"]


INTERNAL = {
    "archive",
    "bars",
    "blocks",
    "compiled",
    "kernel",
    "laws",
    "optimum.collocation",
    "rules",
    "storage",
    "tanh",
    "validate",
}  # for the package alone: one line a function is enough


def exported(module):
    """The names that a module makes public: its `__all__`; without one, what it defines and does not underscore."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if getattr(vars(module)[name], "__module__", "") == module.__name__]
    return [
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and getattr(getattr(value, "py_func", value), "__module__", None) == module.__name__
        and module.__name__.removeprefix("hlp_edu.") not in INTERNAL
    ]


def public(module):
    """(name, object, class or None) of what a module makes public, methods included."""
    for key in exported(module):
        value = getattr(vars(module)[key], "py_func", vars(module)[key])
        if inspect.isfunction(value):
            yield key, value, None
        elif inspect.isclass(value):
            yield key, value, None
            for method, inner in vars(value).items():
                inner = getattr(inner, "__func__", inner)
                if isinstance(inner, property) and not method.startswith("_"):
                    yield f"{key}.{method}", inner.fget, value
                elif inspect.isfunction(inner) and not method.startswith("_"):
                    yield f"{key}.{method}", inner, value


def section(doc, title):
    """The lines of one section of a numpydoc docstring."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", inspect.cleandoc(doc or ""), flags=re.M | re.S)
    return found[1] if found else ""


def documented(doc):
    """Names in the section Parameters (and Attributes), "a, b : type" or "a, b" alone; and ``a`` in a sentence."""
    heads = [line for part in ("Parameters", "Attributes") for line in section(doc, part).splitlines()]
    names = {name.strip(" *") for line in heads if line[:1].strip() for name in line.split(" : ")[0].split(",")}
    return names | set(re.findall(r"``(\w+)``", (doc or "").partition("\nParameters\n")[0]))


def undocumented(key, value, owner, look=lambda name: None):
    """Complaints about one function, method or class."""
    doc, found = value.__doc__ or "", []
    if not doc.strip():
        return [f"{key}: has no docstring"]
    if inspect.isclass(value):
        see = re.fullmatch(r"See `(\w+)`\.", doc.strip())
        if see:  # made by a function of that name, which is documented
            made = look(see[1])
            doc = (made.__doc__ or "") if made else ""
        if issubclass(value, BaseException) or "__init__" not in vars(value) and not hasattr(value, "_fields"):
            if not hasattr(value, "__dataclass_fields__"):
                return found
        source = None if hasattr(value, "__dataclass_fields__") else vars(value).get("__init__")
    else:
        source = value
    names = {name for name in inspect.signature(value).parameters if name not in ("self", "cls")}
    known = documented(doc)
    if inspect.isclass(value):  # what it hands on to a base class is said there
        known = known.union(*(documented(base.__doc__) for base in value.__mro__[1:-1]))
    for same in re.findall(r"Arguments as `(\w+)`", doc):
        known |= documented(getattr(vars(owner).get(same) if owner else look(same), "__doc__", ""))
    if owner is not None:  # what a method overrides may have said it already
        for base in owner.__mro__[1:]:
            known |= documented(getattr(vars(base).get(value.__name__), "__doc__", ""))
        known |= {"t"} if value.__name__ == "__call__" else set()
    if value.__name__ == "rule":  # its eight arguments are those of Policy, with the numbers it reads
        known |= {"t", "H", "p_x", "p_w", "H_x", "H_w", "s_x", "s_w", "values"}
    found += [f"{key}: the parameter {name!r} is not documented" for name in sorted(names - known)]
    if inspect.isfunction(source) and raises(source) and "ValueError" not in doc:
        inherited = owner and any(getattr(vars(b).get(value.__name__), "__doc__", "") for b in owner.__mro__[1:])
        if not inherited:
            found.append(f"{key}: raises ValueError and does not say so")
    return found


def raises(function):
    """Whether a function raises ValueError itself, beside what `validate` does, which is said once for all."""
    nodes = ast.walk(ast.parse(inspect.cleandoc("\n" + inspect.getsource(function))))
    return any(isinstance(node, ast.Raise) and "ValueError" in ast.dump(node) for node in nodes)


def test_that_arguments_are_checked_is_said_once():
    assert "raises a\nValueError that names the argument" in hlp_edu.__doc__


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_is_documented(module):
    module = importlib.import_module(f"hlp_edu.{module}")
    assert module.__doc__
    found = [c for key, value, owner in public(module) for c in undocumented(key, value, owner, vars(module).get)]
    assert found == []


def test_what_is_public_is_what_a_module_says():
    module = types.ModuleType("hlp_edu.made_up")
    exec("def shown(): pass\ndef hidden(): pass", vars(module))
    assert [key for key, *_ in public(module)] == ["shown", "hidden"]
    module.__all__ = ["shown"]
    assert [key for key, *_ in public(module)] == ["shown"]
    for module in map(importlib.import_module, (f"hlp_edu.{name}" for name in MODULES)):
        assert set(getattr(module, "__all__", ())) <= set(dir(module)), module


def test_the_look_at_docstrings_can_fail():
    def bare(a):
        pass

    def half(a, b):
        """Say something.

        Parameters
        ----------
        a : float
            A number.
        """
        if b:
            raise ValueError(f"b = {b}")

    def full(a, *more, **others):
        """Say something.

        Parameters
        ----------
        a, *more : float
            Numbers.
        **others
            Others.
        """

    class Thing:
        """A thing."""

        def __init__(self, size):
            self.size = size

    def other(a, b, c):
        """Do as ``c`` says. Arguments as `full`."""

    assert undocumented("other", other, None, dict(full=full).get) == ["other: the parameter 'b' is not documented"]
    assert undocumented("bare", bare, None) == ["bare: has no docstring"]
    assert len(undocumented("half", half, None)) == 2
    assert undocumented("full", full, None) == []
    assert undocumented("Thing", Thing, None) == ["Thing: the parameter 'size' is not documented"]


def test_every_name_at_the_top_is_there_and_public():
    assert sorted(hlp_edu.__all__) == hlp_edu.__all__ and set(hlp_edu.__all__) <= set(dir(hlp_edu))
    for key in hlp_edu.__all__:
        assert getattr(hlp_edu, key).__doc__, key
    with pytest.raises(AttributeError, match="has no attribute 'nothing'; it has .*Tracking"):
        hlp_edu.nothing  # noqa: B018


def citations(doc):
    """Numbers in brackets that are no arguments, no shapes and no program."""
    plain = "\n".join(line for line in doc.splitlines() if not re.match(r"\s*(>>>|\.\.\.)", line))
    return [int(n) for n in re.findall(r"(?<![\w\])`.])\((\d+)\)", plain)]


def test_equations_that_docstrings_cite_exist():
    seen = set()
    for path in sorted((ROOT / "hlp_edu").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                for n in citations(ast.get_docstring(node) or ""):
                    assert 1 <= n <= EQUATIONS, f"{path.name}: ({n})"
                    seen.add(n)
    assert {2, 4, 5, 7, 8, 10} <= seen
    assert citations("See (16), chain(3), shape (3,), `f`(2).\n>>> (99)") == [16]


def loaded(program):
    """Names of the modules that are loaded after a program."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TQDM_DISABLE": "1"}
    program += "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return {module.split(".")[0] for module in done.stdout.split()}


def test_the_core_knows_no_figure_and_no_notebook():
    program = (
        "\n".join(f"import hlp_edu.{module}" for module in CORE)
        + """
import hlp_edu as hlp
problem = hlp.Tracking(hlp.fully_connected(2), hlp.patchwork())
print(hlp.run(problem, hlp.PerArc(mu=0.1), T=0.1))
print(hlp.runs(problem, hlp.Flipped(30, 5), seeds=range(2), T=0.1, progress=False))
"""
    )
    assert not {"matplotlib", "ipywidgets", "IPython", "PIL"} & loaded(program)


def test_importing_the_package_waits_for_nothing():
    assert not {"numpy", "numba", "scipy", "matplotlib", "networkx", "joblib", "ipywidgets"} & loaded("import hlp_edu")
    assert "numpy" in loaded("import hlp_edu; hlp_edu.constant(1)")
    program = "from hlp_edu.checks import lesson_01 as tasks; print(tasks.best_push.check(lambda p, b, r: p))"
    assert not {"numba", "matplotlib", "IPython", "nbformat", "nbgrader"} & loaded(program)
    assert not {"numba", "matplotlib"} & loaded("import hlp_edu; hlp_edu.fully_connected(3)")


# --- how a notebook lands ---------------------------------------------------------------------------

DRAFT = '''# ---
# jupyter: some
# ---

# %% [markdown]
# # Title
#
# Text.

# %% tags=["setup"]
import numpy as np

print(np.pi)

# %% [markdown]
"""
More *text*.
"""
'''


def test_a_draft_becomes_cells_and_keeps_its_ids():
    made = refresh.from_script(DRAFT)
    assert [cell.cell_type for cell in made] == ["markdown", "code", "markdown"]
    assert [cell.source for cell in made] == ["# Title\n\nText.", "import numpy as np\n\nprint(np.pi)", "More *text*."]
    assert made[1].metadata == {"tags": ["setup"]}
    refresh.name_cells(made)
    again = refresh.from_script(DRAFT)
    refresh.name_cells(again)
    assert [cell.id for cell in made] == [cell.id for cell in again] and len({cell.id for cell in made}) == 3
    # one cell edited, one new before it, one twice
    later = refresh.from_script(DRAFT.replace("np.pi", "np.e") + "\n# %%\nx = 1\n\n# %%\nx = 1\n")
    refresh.keep_ids(later, made)
    refresh.name_cells(later)
    assert [cell.id for cell in later[:3]] == [cell.id for cell in made]
    assert len({cell.id for cell in later}) == 5


def test_what_may_not_land():
    notebook = edited(with_code("f()", STDERR))
    assert "writes to stderr" in refresh.complaints(notebook)[0]
    assert "raises" in refresh.complaints(edited(with_code("f()", ERROR)))[0]
    assert refresh.complaints(good()) == []
    notebook.metadata["authors"] = ["me"]
    notebook.cells[0].metadata["execution"] = "today"
    refresh.clean(notebook)
    assert impersonal(notebook) == [] and kernel(notebook) == []
