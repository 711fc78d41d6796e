"""A Sphinx extension: numbers of equations, lessons and words of the glossary become links; notebooks say how to run.

Everything is done on Sphinx's tree of a page, after it was read; the notebooks stay as they are, for downloading.
"""

import functools
import re

from docutils import nodes

__all__ = []  # for Sphinx alone

REFERENCE = "lessons/reference"
NUMBERS = re.compile(r"\((\d\d?(?:, \d\d?)*)\)")  # (7) is an equation; (07) and (07, 12) are lessons
TAG = re.compile(r"\\tag\{(\d+)\}")
MAKES = re.compile(r"(?:^(\w+) = )?hlp\.(Explorer|Live|Spiral)\(", re.M)
ASKS = ("Predict first", "Your turn", "Checkpoint", "Question")
CLOSED = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.reference, nodes.title)


def setup(app):
    """Join Sphinx."""
    app.add_config_value("hlp_lessons", {}, "env", (dict,))  # "06" to the page's name
    app.add_config_value("hlp_glossary", {}, "env", (dict,))
    app.connect("doctree-read", _mark)
    app.connect("doctree-resolved", _link)
    app.connect("html-page-context", _give_levels, priority=900)  # after the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _give_levels(app, page, template, context, doctree):
    """Sphinx's captions of lists of pages are headings without a level."""
    for part in {"body", "furo_navigation_tree"} & context.keys():
        context[part] = context[part].replace('role="heading"', 'role="heading" aria-level="2"')


# --- places to link to, and what a notebook's page says more -----------------------------------------------


def _mark(app, doctree):
    page = app.env.docname
    for math in list(doctree.findall(nodes.math_block)):
        places = [nodes.target("", "", ids=[f"equation-{number}"]) for number in TAG.findall(math.astext())]
        math.parent.insert(math.parent.index(math), places)
    for raw in doctree.findall(nodes.raw):
        if "<summary" in raw.astext():  # Sphinx leaves raw HTML alone, and so does MathJax without this
            _rewrite(raw, r"\$(.+?)\$", r'<span class="math">\\(\1\\)</span>')
    if page == REFERENCE:
        _mark_words(app.config.hlp_glossary, doctree)
    if str(app.env.doc2path(page)).endswith(".ipynb"):
        _mark_questions(doctree)
        _offer_download(page, doctree)
        _explain_stills(page, doctree)


def _rewrite(raw, pattern, new):
    raw.children[:] = [nodes.Text(re.sub(pattern, new, raw.astext()))]


def _mark_words(words, doctree):
    for row in doctree.findall(nodes.row):
        first = row[0].astext().split(",")[0].strip().lower()
        if first in words and _begins_bold(row[0]):
            row["ids"].append(words[first][0])


def _mark_questions(doctree):
    for paragraph in doctree.findall(nodes.paragraph):
        if paragraph.astext().startswith(ASKS) and _begins_bold(paragraph):
            paragraph["classes"].append("asks")


def _begins_bold(node):
    bold = next(node.findall(nodes.strong), None)
    return bold is not None and node.astext().startswith(bold.astext())


def _offer_download(page, doctree):
    title = next(doctree.findall(nodes.title))
    file = "../" * page.count("/") + f"_sources/{page}.ipynb"
    link = f'<a href="{file}" download>Download this notebook</a>'
    _insert_after(
        title, f"{link}, or get all of them: <code>hlp-edu start</code>, <code>hlp-edu lab</code>.", "download"
    )


def _explain_stills(page, doctree):
    """Below each picture that moves when it is run: what it is, and how to have it move."""
    up, kinds = "../" * page.count("/"), {}
    for cell in [node for node in doctree.findall(nodes.container) if "cell" in node["classes"]]:
        code = "\n".join(block.astext() for block in cell.findall(nodes.literal_block) if _is_input(block))
        kinds |= {name or code: kind for name, kind in MAKES.findall(code)}
        last = code.strip().split("\n")[-1]
        kind = kinds.get(last) or (MAKES.match(last) or ["", "", None])[2]
        if kind is None or not any("cell_output" in node["classes"] for node in cell.findall(nodes.container)):
            continue
        note = f'A still picture. To move its sliders, <a href="{up}index.html#run-it">run the notebook</a>.'
        if kind != "Explorer":
            note = f'A still picture. It moves on <a href="{up}{kind.lower()}.html">a page of its own</a>.'
        _insert_after(cell, note, "still")


def _is_input(block):
    return "cell_input" in block.parent["classes"]


def _insert_after(node, html, kind):
    node.parent.insert(node.parent.index(node) + 1, nodes.raw("", f'<p class="{kind}">{html}</p>', format="html"))


# --- links -----------------------------------------------------------------------------------------------


def _link(app, doctree, page):
    """Link numbers of equations and lessons wherever they occur in prose, and words at their first use."""
    for raw in doctree.findall(nodes.raw):
        if '.ipynb"' in raw.astext():  # what a cell has printed as HTML
            _rewrite(raw, r'(<a href="(?!https?:|[^"]*_sources/)[^"#]*)\.ipynb(?=["#])', r"\1.html")
    here = {number for math in doctree.findall(nodes.math_block) for number in TAG.findall(math.astext())}
    words = {} if page == REFERENCE else dict(app.config.hlp_glossary)
    to = lambda target, place="": app.builder.get_relative_uri(page, target) + place  # noqa: E731
    for text in list(doctree.findall(nodes.Text)):
        around = list(_ancestors(text))
        if any(isinstance(one, CLOSED) for one in around) or not any(
            isinstance(one, nodes.paragraph) for one in around
        ):
            continue
        in_books = any(place.startswith("bibliography") for one in around for place in one.get("ids", ()))
        parts = _numbers([str(text)], to, here, app.config.hlp_lessons, in_books)
        parts = _words(parts, to, words)
        if len(parts) > 1:
            text.parent.replace(text, [nodes.Text(part) if isinstance(part, str) else part for part in parts])


def _ancestors(node):
    while node.parent is not None:
        node = node.parent
        yield node


def _reference(text, uri, kind, title=None):
    more = {"reftitle": title} if title else {}
    return nodes.reference("", "", nodes.Text(text), internal=True, refuri=uri, classes=[kind], **more)


def _numbers(parts, to, here, lessons, in_books):
    (text,), found, done = parts, [], 0
    for match in NUMBERS.finditer(text):
        numbers = match[1].split(", ")
        if in_books or numbers[0].startswith("0"):
            if not set(numbers) <= set(lessons):
                continue
            links = [_reference(number, to(lessons[number]), "lesson") for number in numbers]
            new = ["(", *(part for link in links for part in (link, ", "))][:-1] + [")"]
        elif len(numbers) == 1 and 1 <= int(numbers[0]) <= 17:
            page = "" if numbers[0] in here else to(REFERENCE)
            new = [_reference(match[0], f"{page}#equation-{numbers[0]}", "equation")]
        else:
            continue
        found += [text[done : match.start()], *new]
        done = match.end()
    return [part for part in (*found, text[done:]) if part != ""]


def _words(parts, to, words):
    """Link what is left in `words`, at its first use, and take it out."""
    found = []
    for part in parts:
        while words and isinstance(part, str):
            match = re.search(_any_of(tuple(words)), part, re.I)
            if match is None:
                break
            place, meaning = words[match[1].lower()]
            found += [part[: match.start()], _reference(match[0], f"{to(REFERENCE)}#{place}", "word", meaning)]
            part = part[match.end() :]
            for word in [word for word, (other, _) in words.items() if other == place]:
                del words[word]
        found.append(part)
    return [part for part in found if part != ""]


@functools.cache
def _any_of(words):
    longest_first = sorted(words, key=len, reverse=True)
    return rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})s?(?![\w-])"
