"""The course as a web site: Sphinx and myst-nb read the notebooks as they are, with their stored outputs."""

import importlib
import importlib.resources
import inspect
import io
import os
import re
import shutil
import tempfile
from pathlib import Path

import nbformat
from jinja2 import Template

import hlp_edu
from hlp_edu._version import __version__
from hlp_edu.widgets import page as write_page

__all__ = ["build_site"]

EXTENSION = "hlp_edu.course.teaching.links"
TEMPLATES = Path(__file__).parent / "templates"
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#:\s]+)(#[^)]*)?\)")  # in Markdown, within the course


def build_site(source, out):
    """Build the site. Nothing is fetched, and no cell is run. Returns Sphinx's warnings, as a list of lines.

    Parameters
    ----------
    source : path
        Folder with lessons, exercises and, if there is one, guide.
    out : path
        An empty folder.

    Raises
    ------
    ImportError
        If the extra `site` is not installed.
    """
    import furo  # noqa: F401
    import myst_nb  # noqa: F401
    from sphinx.application import Sphinx
    from sphinx.util.console import nocolor
    from sphinx.util.docutils import docutils_namespace

    mathjax = importlib.resources.files("sphinx-mathjax-offline") / "static" / "mathjax" / "tex-svg.js"
    nocolor()
    with tempfile.TemporaryDirectory() as place, docutils_namespace():
        pages, made, trees = (Path(place) / name for name in ("pages", "made", "trees"))
        settings, said = configuration(write_pages(Path(source), pages), pages, mathjax), io.StringIO()
        app = Sphinx(pages, None, made, trees, "html", settings, None, said, parallel=os.cpu_count() or 1)
        app.build()
        shutil.copytree(made, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".buildinfo", ".doctrees"))
    return [line.replace(f"{pages}{os.sep}", "") for line in said.getvalue().splitlines() if line.strip()]


# --- what Sphinx reads -------------------------------------------------------------------------------------


def write_pages(source, pages):
    """Lay out notebooks, guide, front page and pages of the library. Returns the lessons' pages by their numbers."""
    for part in ("lessons", "exercises", "guide"):
        if (source / part).is_dir():
            shutil.copytree(source / part, pages / part, ignore=shutil.ignore_patterns(".*"))
    (pages / "exercises" / "README.md").unlink(missing_ok=True)
    for path in (pages / "guide").glob("*.md"):
        path.write_text(_without_links_away(path, pages), encoding="utf-8")
    _write_library(pages / "library")
    for name in ("live", "spiral"):
        write_page(pages / f"{name}.html", name)
    images = [image for path in pages.glob("lessons/*.ipynb") for image in _pictures(path)]
    described = sum(bool(re.search(r'\balt="[^"]+"', image)) for image in images)
    known = dict(version=__version__, pictures=len(images), described=described, pages=lambda part: _list(pages, part))
    for name in ("index.md", "accessibility.md"):
        text = Template((TEMPLATES / name).read_text(encoding="utf-8")).render(known)
        (pages / name).write_text(text, encoding="utf-8")
    return {path.stem[:2]: f"lessons/{path.stem}" for path in sorted(pages.glob("lessons/[0-9]*.ipynb"))}


def _without_links_away(path, pages):
    """A page of the guide, its links to files that are not on the site turned into text."""
    kept = lambda found: (path.parent / found[2]).resolve().is_relative_to(pages.resolve())  # noqa: E731
    text = path.read_text(encoding="utf-8")
    return LINK.sub(lambda found: found[0] if kept(found) and (path.parent / found[2]).is_file() else found[1], text)


def _list(pages, part):
    """The pages of a part, as lines of a toctree: README first, notebooks by number and name."""
    paths = sorted(path for path in (pages / part).rglob("*.*") if path.suffix in (".ipynb", ".md", ".rst"))
    found = [path.relative_to(pages).with_suffix("") for path in paths]
    lines = [_short(path) for path in found if path.name != "README"]
    return "\n".join([f"{part}/README"] * (pages / part / "README.md").is_file() + lines)


def _short(path):
    number, _, words = path.name.partition("_")
    title = f"{number} {words.replace('_', ' ').capitalize()} <{path.as_posix()}>"
    return title if number.isdigit() else path.as_posix()


def _write_library(folder):
    """One page for each module that has public names; its text is the docstrings."""
    folder.mkdir()
    homes = {}
    for name in hlp_edu.__all__:
        homes.setdefault(hlp_edu._home[name], []).append(name)
    for home, names in homes.items():
        title, module = f"hlp_edu.{home}", importlib.import_module(f"hlp_edu.{home}")
        parts = [f"{title}\n{'=' * len(title)}", inspect.getdoc(module), ".. currentmodule:: hlp_edu"]
        for name in names:
            is_class = isinstance(getattr(hlp_edu, name), type)
            parts.append(f".. autoclass:: {name}\n   :members:" if is_class else f".. autofunction:: {name}")
        (folder / f"{home}.rst").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


# --- how Sphinx is set up ----------------------------------------------------------------------------------


def configuration(lessons, pages, mathjax):
    """What would be in Sphinx's conf.py. `mathjax` is the file of MathJax."""
    light = {"color-brand-primary": "#0a58ca", "color-brand-content": "#0a58ca"}
    dark = {"color-brand-primary": "#8ab4f8", "color-brand-content": "#8ab4f8"}
    return {
        "project": "hlp_edu",
        "author": "The hlp_edu authors",
        "project_copyright": "the hlp_edu authors; text and figures CC BY 4.0, code BSD-3-Clause",
        "version": __version__,
        "release": __version__,
        "extensions": ["myst_nb", *(f"sphinx.ext.{name}" for name in ("mathjax", "autodoc", "napoleon")), EXTENSION],
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "myst_enable_extensions": ["dollarmath", "amsmath"],
        "myst_heading_anchors": 3,
        "mathjax_path": mathjax.name,
        "html_theme": "furo",
        "html_title": "hlp_edu",
        "html_theme_options": {"light_css_variables": light, "dark_css_variables": dark, "top_of_page_buttons": []},
        "html_static_path": [str(mathjax), *(str(TEMPLATES / name) for name in ("site.css", "site.js"))],
        "html_css_files": ["site.css"],
        "html_js_files": ["site.js"],
        "html_extra_path": [str(pages / "live.html"), str(pages / "spiral.html")],
        "html_show_search_summary": False,  # its snippets are fetched, which a page from file:// must not
        "html_sourcelink_suffix": "",
        "html_domain_indices": False,
        "autodoc_member_order": "bysource",
        "autodoc_typehints": "none",
        "napoleon_google_docstring": False,
        "napoleon_use_ivar": True,
        "hlp_lessons": lessons,
        "hlp_glossary": _glossary(pages / "lessons" / "reference.ipynb"),
    }


def _glossary(path):
    """The reference's glossary: a word or its synonym, to (place on the page, meaning)."""
    found = {}
    section = _text(path).split("## Glossary")[1].split("\n## ")[0]
    for words, meaning in re.findall(r"^\| (\*\*.+?) \| (.+?) \|$", section, re.M):
        words = [word.strip().lower() for word in words.replace("*", "").split(",")]
        place = "word-" + re.sub(r"[^a-z0-9]+", "-", words[0])
        found |= dict.fromkeys(words, (place, re.sub(r"[*`$\\]", "", meaning)))
    return found


def _text(path):
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def _pictures(path):
    """The images among the outputs of a notebook, as they are in its HTML."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output.get("data", {}).get("text/html", "") for cell in cells for output in cell.get("outputs", ())]
    return [image for text in outputs for image in re.findall(r"<img\b[^>]*>", text)]
