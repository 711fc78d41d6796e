"""How a lesson reads: words, stretches without something to run or to see, minutes, and words that are not used.

    python tests/prose.py lessons/10_tracking_a_sinusoid.ipynb [more notebooks]

prints for each notebook what it measured, and what is to be mended.
"""

import re
import sys
from pathlib import Path

import nbformat

MOST_WORDS = {"00": 900, "16": 1200}
USUALLY, WITHOUT_CODE, WITHOUT_FIGURE = 1800, 250, 450
UNMEASURED = {"reference"}  # a notebook to look things up in
MOST_WHO = 2  # "who" is for people: the reader, the authors

# A pattern, and what to write in its place.
WORDS = {
    r"\b(nobody|somebody|whoever|everybody)\b": "name the thing",
    r"\bdear(er|est|ly)?\b": "costly",
    r"\ba dash (means|denotes)\b|\bdashes? denotes?\b": "prime",
    r"\bplaces? of rest\b": "rest point, fixed point",
    r"\bby lot\b": "at random",
    r"\ba share of\b|\bby a share\b": "a fraction of",
    r"\b(comes?|came|coming|arrives?) (too )?late\b|\blate by\b": "lags",
    r"\bthe books\b|\bkeeping books\b": "the balance",
    r"\bderivatives? by\b": "derivative with respect to",
    r"\bsober rival\b": "gradient flow",
    r"\b(has|have|of) (its|their) own law\b": "say which equation",
    r"\bstands? written\b": "is written",
    r"\bthe row of\b(?= one neuron)": "one neuron",
    r"\b(policy|policies|set|sets) (?-i:[A-D])\b": "the policy's name",
}


def prose(source):
    """A cell of text as it is read: no fenced code, displayed formulas, folded parts, tags or link targets."""
    source = re.sub(r"^```.*?^```", "", source, flags=re.M | re.S)
    source = re.sub(r"<details>.*?</details>", "", source, flags=re.S)
    source = re.sub(r"\$\$.*?\$\$", "", source, flags=re.S)
    source = re.sub(r"\]\([^)]*\)", "]", source)
    return re.sub(r"<[a-zA-Z/!][^>]*>", "", source)


def count(text):
    """Words: what stands between blanks and holds a letter, a digit or a formula."""
    return len([word for word in text.split() if re.search(r"[\w$]", word)])


def shows(cell):
    """How many pictures a cell shows."""
    if cell.cell_type == "markdown":
        return len(re.findall(r"!\[|<img|<svg", cell.source))
    pictures = 0
    for output in cell.outputs:
        data = output.get("data", {})
        html = "".join(data.get("text/html", ""))
        pictures += any(mime.startswith("image/") for mime in data) or bool(re.search(r"<(img|svg|video)\b", html))
    return pictures


def measure(notebook):
    """Words, the longest stretches without code or figure and without figure, and the minutes that it takes.

    A stretch ends at a cell of code, or at a picture; the closing part, after the last cell of code, is no stretch
    without code. Minutes: words / 90, 0.75 for a cell of code, 1 for a picture, rounded to 5.
    """
    words = codes = figures = without_code = without_figure = 0
    stretch = bare = 0
    last = max((k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code"), default=0)
    for k, cell in enumerate(notebook.cells):
        seen = shows(cell)
        figures += seen
        if cell.cell_type == "markdown":
            said = count(prose(cell.source))
            words, stretch, bare = words + said, stretch + said, bare + said
        elif cell.source.strip():
            codes, stretch = codes + 1, 0
        if k < last:
            without_code, without_figure = max(without_code, stretch), max(without_figure, bare)
        stretch, bare = (0, 0) if seen else (stretch, bare)
    minutes = 5 * round((words / 90 + 0.75 * codes + figures) / 5)
    return dict(words=words, code=codes, figures=figures, without_code=without_code,
                without_figure=without_figure, minutes=max(minutes, 5))  # fmt: skip


def complaints(notebook, name):
    """What is to be mended: length, stretches, minutes, words."""
    found, seen = [], measure(notebook)
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    most = MOST_WORDS.get(name[:2], USUALLY)
    if seen["words"] > most:
        found.append(f"{seen['words']} words of prose; at most {most}")
    if seen["without_code"] > WITHOUT_CODE:
        found.append(f"{seen['without_code']} words without code or figure; at most {WITHOUT_CODE}")
    if seen["without_figure"] > WITHOUT_FIGURE:
        found.append(f"{seen['without_figure']} words without a figure; at most {WITHOUT_FIGURE}")
    stated = re.search(r"\*\*Time\*\*\s*\|\s*(\d+) minutes", text)
    if not stated or int(stated[1]) != seen["minutes"]:
        found.append(f"time: {stated and stated[1]} minutes are stated, {seen['minutes']} computed")
    return found + strange(text)


def strange(text):
    """Words that are not used here."""
    read = prose(text)
    found = [
        f"{match[0]!r} in ...{read[max(match.start() - 30, 0) : match.end() + 20]!r}: {better}"
        for pattern, better in WORDS.items()
        for match in re.finditer(pattern, read, re.I)
    ]
    who = len(re.findall(r"\bwho\b", read, re.I))
    return found + ([f"'who' {who} times: it is for people; at most {MOST_WHO}"] if who > MOST_WHO else [])


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        notebook = nbformat.read(path, as_version=4)
        print(path.stem, measure(notebook))
        for complaint in complaints(notebook, path.stem):
            print("  ", complaint)
