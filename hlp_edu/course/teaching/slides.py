"""The lessons as slides: headings, pictures, equations and questions stay, prose becomes the speaker's notes."""

import html
import importlib.resources
import re
import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["build_slides"]

TEMPLATES = Path(__file__).parent / "templates"
ASKS = ("Predict first", "Your turn", "Checkpoint", "Question")
LEFT_OUT = ("Reference", "References")  # sections without a slide
ASIDE = ("Exercises", "Next", "Notation", "References", "Back")  # paragraphs that are for the notes alone
LINES, MOST, WIDE = 11, 15, 66  # lines of a slide in large letters, in smaller ones; letters a line


@dataclass
class Slide:
    """What is seen and what is said. `height` is the height of the text in lines."""

    title: str
    kind: str = "text"  # or first, ask, picture
    body: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    height: float = 0

    @property
    def scale(self):
        """How large its letters are: smaller when there is much to say."""
        return min(1, (LINES / max(self.height, 1)) ** 0.5)


def build_slides(source, out):
    """Write a deck for each lesson, one for the workshop, and a page that lists them. Returns how many slides each has.

    Parameters
    ----------
    source : path
        Folder with lessons.
    out : path
        An empty folder.

    Raises
    ------
    ImportError
        If the extra `site` is not installed.
    """
    reveal = importlib.resources.files("sphinx_revealjs") / "_static" / "revealjs"
    mathjax = importlib.resources.files("sphinx-mathjax-offline") / "static" / "mathjax" / "tex-svg.js"
    out, lessons = Path(out), {}
    for file in ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE"):
        (out / "reveal").mkdir(parents=True, exist_ok=True)
        shutil.copy(reveal / file, out / "reveal")
    for file in (mathjax, TEMPLATES / "deck.css", TEMPLATES / "deck.js"):
        shutil.copy(file, out)
    for path in sorted((Path(source) / "lessons").glob("[0-9]*.ipynb")):
        lessons[path.stem] = lesson_slides(path)
    decks = {name: [slide for part in sections.values() for slide in part] for name, sections in lessons.items()}
    decks["workshop"] = workshop(lessons)
    _write_decks(decks, out)
    return {name: len(slides) for name, slides in decks.items()}


# --- a lesson ----------------------------------------------------------------------------------------------


def lesson_slides(path):
    """The slides of a notebook, a list for each section; the first section is called "" and has the title."""
    import nbformat

    deck = _Deck()
    cells = nbformat.read(path, as_version=4).cells
    for k, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            deck.read(cell.source)
        else:
            following = cells[k + 1].source if k + 1 < len(cells) else ""
            deck.show(cell, moves=".small_multiples(" in following)
    deck.close()
    return {title: slides for title, slides in deck.sections.items() if title not in LEFT_OUT}


class _Deck:
    """Slides in the making."""

    def __init__(self):
        self.markdown = _markdown()
        self.sections, self.section, self.title = {}, "", ""
        self.asked = False  # a question waits for what the next cell prints

    @property
    def slides(self):
        return self.sections.setdefault(self.section, [])

    def new(self, kind="text"):
        """Begin a slide; an empty one is used again."""
        if not self.slides or self.slides[-1].body or self.slides[-1].kind == "first":
            self.slides.append(Slide(self.title))
        self.slides[-1].kind = kind
        return self.slides[-1]

    def add(self, part, height, kind="text"):
        """Put something on the slide, or on a new one if it is full, or of another kind."""
        slide = self.slides[-1] if self.slides else self.new(kind)
        if slide.kind == "picture" or (slide.body and slide.kind != kind) or slide.height + height > MOST:
            slide = self.new(kind)
        slide.kind = kind if slide.kind != "first" else "first"
        slide.body.append(part)
        slide.height += height

    def note(self, part):
        if not self.slides:
            self.new()
        self.slides[-1].notes.append(part)

    def close(self):
        """A section that shows nothing shows the first sentences of what is said."""
        if self.slides and not any(slide.body for slide in self.slides) and self.slides[0].kind != "first":
            text = "".join(self.slides[0].notes)
            for item in (_items(text) or re.findall(r"<p>(.+?)</p>", text, re.S))[:6]:
                if not item.removeprefix("<strong>").startswith(ASIDE):
                    self.point(_first_sentence(item))

    # --- Markdown --------------------------------------------------------------------------------------

    def read(self, source):
        folded = 0
        for block in _blocks(self.markdown.parse(source)):
            first = block[0]
            shown = self.markdown.renderer.render(block, self.markdown.options, {})
            if first.type == "html_block":
                folded += first.content.count("<details") - first.content.count("</details")
                self.note(re.sub(r"</?(details|summary)>", " ", first.content))
            elif folded:
                self.note(shown)
            elif first.type == "heading_open":
                self.head(block, shown)
            else:
                self.place(block, shown)

    def head(self, block, shown):
        text = re.sub(r"</?h\d>", "", shown).strip()
        if block[0].tag == "h1":
            self.title, self.section = text, ""
            self.new("first")
            return
        if block[0].tag == "h2":
            self.close()
            self.section = block[1].content
        self.title = text
        self.new("ask" if text.startswith(ASKS) else "text")

    def place(self, block, shown):
        first, kind = block[0], block[0].type
        text = block[1].content if kind == "paragraph_open" else ""
        in_question = self.slides and self.slides[-1].kind == "ask"
        if kind in ("math_block", "math_block_label"):
            self.add(shown, 2.2 + 1.6 * first.content.count(r"\\"))
        elif kind == "fence":
            self.new()
            lines = first.content.count("\n")
            self.add(shown, 0.75 * lines)
        elif kind == "blockquote_open":
            self.add(shown, _lines(shown))
        elif kind == "table_open" and not (self.slides and self.slides[-1].kind == "first"):
            self.new()
            self.add(
                shown,
                0.8 * sum(max(1, len(cell) / 40) for cell in re.findall(r"<td>(.*?)</td>\s*</tr>", shown, re.S)) + 1.5,
            )
        elif text.startswith("**") and text.lstrip("*").startswith(ASKS):
            self.new("ask")
            self.add(shown, _lines(shown), "ask")
            self.asked = True
        elif in_question and (self.title.startswith(ASKS) or kind.endswith("list_open")):
            self.add(shown, _lines(shown), "ask")
            self.asked = True
        else:
            self.note(shown)
            self.lead(kind, shown)

    def lead(self, kind, shown):
        """What a paragraph or an item begins with in bold is its point."""
        if kind == "paragraph_open" and self.slides[-1].kind == "first" and "In this " in shown[:30]:
            self.add(f"<p>{_first_sentence(shown)}</p>", 3)
        elif kind == "paragraph_open" and (found := re.match(r"<p><strong>(.+?)</strong>", shown)):
            if not found[1].startswith(ASIDE):
                self.point(_lead(shown, found[1]))
        elif kind.endswith("list_open"):
            items = [item for item in _items(shown) if "<strong>" in item[:20]]
            for item in items[:6]:
                self.point(_first_sentence(item))

    def point(self, text):
        self.add(f"<p class='point'>{text}</p>", _lines(text))

    # --- cells -----------------------------------------------------------------------------------------

    def show(self, cell, moves):
        """Pictures go on slides of their own; of two that are the same under sliders, the one that stands still."""
        for output in cell.outputs:
            made = output.get("data", {}).get("text/html", "")
            if "<figure" in made and moves and ".small_multiples(" not in cell.source:
                continue
            if "<figure" in made:
                caption = "".join(re.findall(r"<figcaption.*?</figcaption>", made, re.S))
                slide = self.new("picture")
                slide.body.append(made.replace(caption, ""))
                slide.notes.append(f"<p>{re.sub('<.*?>', '', caption)}</p>")
                self.asked = False
            elif made:
                self.new()
                self.add(made, max(3.0, 0.55 * _lines(made)))
            elif output.output_type == "stream" and not output.text.startswith("hlp_edu "):
                printed = f"<pre>{html.escape(output.text.rstrip())}</pre>"
                if self.asked and output.text.count("\n") <= 8:
                    self.new()
                    self.add(f"<div class='printed'>{printed}</div>", 1.4 * output.text.count("\n") + 1)
                    self.asked = False
                else:
                    self.note(printed)


def _markdown():
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def math(text, options):
        number = re.search(r"\\tag\{(\d+)\}", text)
        text = html.escape(re.sub(r"\\tag\{\d+\}", "", text).strip())
        if not options["display_mode"]:
            return rf"\({text}\)"
        number = f"<span class='number'>({number[1]})</span>" if number else ""
        return rf"<div class='equation'>\[{text}\]{number}</div>"

    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=math, double_inline=True)


def _blocks(tokens):
    """The blocks at the top, each with the tokens inside it."""
    block, depth = [], 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if depth == 0:
            yield block
            block = []


def _items(shown):
    return re.findall(r"<li>\s*(?:<p>)?(.+?)(?:</p>)?\s*</li>", shown, re.S)


def _lead(shown, bold):
    """The bold beginning of a paragraph; with the rest of its sentence, or the next one if it says too little alone."""
    if bold[-1] not in ".?!:":
        return _first_sentence(shown)
    rest = _first_sentence(shown.split("</strong>", 1)[1]) if len(bold) < 30 else ""
    return f"<strong>{bold}</strong> {rest}" if rest and not rest.endswith(":</p>") else f"<strong>{bold}</strong>"


def _first_sentence(text):
    """The first sentence of a paragraph in HTML; a full stop in a formula or in something emphasised is no end."""
    text = re.sub(r"^<p>|</p>$", "", text.strip())
    pairs = [(f"<{tag}", f"</{tag}") for tag in ("strong>", "em>", "a ", "code>")] + [(r"\(", r"\)")]
    for mark in re.finditer(r"[.?!](?=\s|$)", text):
        part = text[: mark.end()]
        if all(part.count(begin) == part.count(end.strip()) for begin, end in pairs):
            return part
    return text


def _lines(shown):
    """How many lines a text takes, about: formulas are longer written than set."""
    texts = [re.sub(r"<.*?>", "", part) for part in re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", shown, re.S)] or [shown]
    return sum(1 + len(text) // WIDE for text in texts) + 0.5


# --- the workshop -----------------------------------------------------------------------------------------


def workshop(lessons):
    """One deck by the plan in workshop.toml: chosen sections, with the minutes at which each part begins."""
    plan = tomllib.loads((TEMPLATES / "workshop.toml").read_text(encoding="utf-8"))
    markdown, deck, start, rows = _markdown(), [], 0, []
    for part in plan["part"]:
        end = start + part["minutes"]
        when = f"minutes {start} to {end}"
        rows.append(f"<tr><td>{start} to {end}</td><td>{html.escape(part['title'])}</td></tr>")
        say = markdown.render(part.get("say", ""))
        text = markdown.render(part.get("show", ""))
        body = [f"<p class='when'>{when}</p>", text]
        deck.append(Slide(html.escape(part["title"]), "first", body, [f"<p>{when}</p>{say}"], 3 + _lines(text)))
        for lesson, sections in part.get("from", {}).items():
            for section in sections:
                deck += [slide for slide in lessons[lesson][section] if slide.kind != "first"]
        start = end
    notes = [f"<table>{''.join(rows)}</table>", markdown.render(plan["say"])]
    first = Slide(plan["title"], "first", [f"<table class='plan'>{''.join(rows)}</table>"], notes, 1.25 * len(rows))
    return [first, *deck]


# --- pages ------------------------------------------------------------------------------------------------


def _write_decks(decks, out):
    from jinja2 import Environment, FileSystemLoader

    page = Environment(loader=FileSystemLoader(TEMPLATES), trim_blocks=True).get_template
    for name, slides in decks.items():
        text = page("deck.html").render(title=re.sub(r"<.*?>", "", slides[0].title), slides=slides)
        (out / f"{name}.html").write_text(_without_links(text), encoding="utf-8")
    (out / "index.html").write_text(page("decks.html").render(decks=decks), encoding="utf-8")


def _without_links(text):
    """Links to other notebooks lead nowhere from a slide."""
    return re.sub(r'<a href="(?!https?:)[^"]*">(.*?)</a>', r"\1", text, flags=re.S)
