"""The shape of the package: no circle of imports, no function that is too long or takes too much; its size, printed.

Everything is read from the sources, nothing is imported: an import inside a function counts as much as one at the top.
"""

import ast
import io
import tokenize
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "hlp_edu"
KEYWORDS = {"run", "runs", "optimum", "mpc", "stream", "__init__"}  # keyword arguments of users: these may have many
MOST_PARAMETERS, LONGEST_BODY = 10, 60
CORE = ["network", "signals", "problem", "laws", "tanh", "kernel", "blocks", "policies", "flow", "batch"]
CORE += ["state", "trajectory", "compiled", "validate"]


def sources(package=PACKAGE):
    """The text of each module, by its full name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


# --- circles ------------------------------------------------------------------------------------------


def homes(text):
    """Where the names at the top live: the table `_home` of a package that loads them on first use."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_home":
            return ast.literal_eval(node.value)
    return {}


def imports(module, texts):
    """The modules of the package that a module imports.

    `import hlp_edu as hlp` alone loads nothing: it counts for the modules whose names are then used, `hlp.run` for
    `hlp_edu.flow`. That a package is loaded before its modules does not count.
    """
    top = module.split(".")[0]
    lazy, found = homes(texts[top]), set()

    def name_from(package, name):
        if f"{package}.{name}" in texts and not (package == top and name in lazy):
            return f"{package}.{name}"
        return f"{top}.{lazy[name]}" if package == top and name in lazy else package

    nodes, aliases = list(ast.walk(ast.parse(texts[module]))), {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == top:
            found |= {name_from(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise AssertionError(f"{module}: a relative import")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == top or (alias.name.startswith(f"{top}.") and not alias.asname):
                    aliases[alias.asname or top] = top
                if alias.name.startswith(f"{top}."):
                    found.add(alias.name)
    for node in nodes:
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in aliases:
            found.add(name_from(top, node.attr))
    return found & texts.keys() - {module}


def circles(edges):
    """The groups of modules that import each other, directly or on the way (Tarjan, 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(edges.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = [stack.pop()]
            while group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def test_there_is_no_circle_of_imports():
    texts = sources()
    assert circles({module: imports(module, texts) for module in texts}) == []


def test_the_files_of_the_course_need_the_standard_library_alone():
    text = sources()["hlp_edu.course.files"]
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {getattr(node, "module", None) or node.names[0].name for node in nodes} <= {"pathlib"}


def test_a_circle_is_found_however_it_is_closed():
    texts = {
        "p": "_home = {'run': 'flow'}",
        "p.flow": "from p.laws import law\nimport p\np.__version__",
        "p.laws": "def law():\n    import p as q\n    return q.run",
        "p.checks": "import p\ndef check():\n    return p.run",
        "p.tools": "def f():\n    from p import tools2",
        "p.tools2": "import p.tools",
    }
    edges = {module: imports(module, texts) for module in texts}
    assert edges["p.laws"] == {"p.flow"} and edges["p.flow"] == {"p.laws", "p"} and edges["p.checks"] == {"p.flow"}
    assert circles(edges) == [["p.flow", "p.laws"], ["p.tools", "p.tools2"]]


# --- functions ----------------------------------------------------------------------------------------


def functions(text):
    """(name, number of parameters, lines of body) of each function and method; its docstring is not counted."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = node.args
            names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            count = len(names) - (names[:1] in (["self"], ["cls"]))
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, count, body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("module", sources())
def test_no_function_is_too_long_or_takes_too_much(module):
    found = list(functions(sources()[module]))
    many = {name: count for name, count, _ in found if count > MOST_PARAMETERS and name not in KEYWORDS}
    assert many == {}, "parameters"
    assert {name: lines for name, _, lines in found if lines > LONGEST_BODY} == {}, "lines"


def test_a_function_is_measured():
    text = 'def f(self, a, /, b, *c, d=1, **e):\n """Two\n lines."""\n x = 1\n\n return x'
    assert list(functions(text)) == [("f", 3, 3)]


# --- size ---------------------------------------------------------------------------------------------


def size(text):
    """Lines of code, without docstrings, comments and blank lines; and all lines."""
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            code |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            code -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(code), len(text.splitlines())


def test_the_size_is_reported(record_property):
    texts = sources()
    core = {name: size(texts[f"hlp_edu.{name}"]) for name in CORE if f"hlp_edu.{name}" in texts}
    package = [size(text) for name, text in texts.items() if not name.startswith("hlp_edu.checks.lesson_")]
    for what, sizes in (("core", list(core.values())), ("package without lessons' checks", package)):
        code, lines = map(sum, zip(*sizes, strict=True))
        record_property(what, (code, lines))
        print(f"{what}: {code} lines of code, {lines} in all")
    print(core)


def test_a_size():
    assert size('"""Doc."""\n\nx = """two\nlines"""  # why\n# no\n\ndef f():\n    """Doc."""\n    return x\n') == (4, 9)
