"""A figure that shows itself: sharp, with a headline in it, and its caption and alt text as text on the page."""

import base64
import functools
import html
import inspect
import io
import math
import weakref

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D
from PIL import Image

from hlp_edu.plotting.style import INK, SOFT, is_role, label_of, readable, role, styled
from hlp_edu.validate import kind, number, require, vector, whole
from hlp_edu.words import sentence, shown, without_math

__all__ = ["Picture", "description", "figure", "note", "panels"]

DPI, WIDTH, TEXT, SMALL = 100, 8.0, 11.5, 10  # dots per inch on the page, inches, points, points
FONT = "Source Sans Pro"
SHARP = 2  # pixels a dot: what a high-density screen shows
ROUND = [1, 2, 5, 10]  # steps of ticks
STRIP = "error"  # the label of the axes below the axes of a tracking run
NAMED = "named"  # the gid of a line that waits for its name

WORDS = weakref.WeakKeyDictionary()  # of axes: what is drawn, in a sentence or two


class Picture:
    """A figure that shows itself, with a headline, a caption and an alt text.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure. It grows by the height of the headline.
    alt : str
        What is to be seen, in words: the plain-text form and, after the headline, the alt text.
    caption : str, optional
        Text on the page, below the picture: it can be selected, and follows the page's colours.
    headline, more : str, optional
        The finding, and a second line that says what is drawn; both are drawn above the axes.

    Raises
    ------
    ValueError
        If ``fig`` is no Figure or ``alt`` is empty.

    Examples
    --------
    >>> fig, axes = figure()
    >>> Picture(fig, alt="Two empty axes without a curve.")
    Two empty axes without a curve.
    """

    def __init__(self, fig, alt, caption=None, headline="", more=""):
        kind("fig", fig, Figure, "a matplotlib Figure")
        require(isinstance(alt, str) and alt.strip(), f"alt = {alt!r}: must be a sentence about what the picture shows")
        for name, text in (("caption", caption), ("headline", headline), ("more", more)):
            kind(name, text, (str, type(None)), "a string, or None")
        self.fig, self.caption = fig, caption
        self.alt = f"{sentence(headline)} {alt}" if headline else alt
        finish(fig)
        if headline:
            _draw_headline(fig, headline, more)
        for text in fig.findobj(Text):  # one font for all of them
            text.set_fontfamily(FONT)

    @property
    def axes(self):
        """The axes of the figure, as a list."""
        return list(self.fig.axes)

    def png(self):
        """The picture as the bytes of a PNG file, at double density."""
        return encoded(image(self.fig), "PNG", compress_level=9)

    def _repr_mimebundle_(self, include=None, exclude=None):
        """HTML with all texts, a smaller PNG for viewers that show no HTML, and the plain words."""
        drawn = image(self.fig)
        plain = drawn.resize((drawn.width // SHARP, drawn.height // SHARP), Image.Resampling.BOX)  # no tints of its own
        png = as_text(encoded(plain, "PNG", compress_level=9))
        data = {"text/html": self._html(drawn), "image/png": png, "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": plain.width}}

    def _html(self, drawn):
        """The image with its alt text, at its size on the page, and the caption as text."""
        wide, alt = drawn.width // SHARP, html.escape(without_math(self.alt))
        data = as_text(encoded(drawn, "WEBP", **LOSSLESS))
        shown = f'<img src="data:image/webp;base64,{data}" alt="{alt}" width="{wide}">'
        below = f'<figcaption style="line-height: 1.4">{html.escape(self.caption)}</figcaption>' if self.caption else ""
        return f'<figure style="margin: 0; max-width: {wide}px">{self._moving(shown)}{below}</figure>'

    def _moving(self, still):
        """What a screen that may move shows: of a picture its image."""
        return still

    def __repr__(self):
        return self.alt


@styled()
def figure(columns=1, rows=1, height=2.9, width=WIDTH, share_y=False, gap=0.95, left=0.8):
    """An empty figure in the style of the course, and the list of its axes, row by row.

    Parameters
    ----------
    columns, rows : int
        How many axes side by side, and one below the other.
    height, width : float
        Of one row of axes, and of the whole figure, in inches.
    share_y : bool
        Whether axes side by side share their y axis.
    gap, left : float
        Between rows, and left of them, in inches: for labels and titles.

    Raises
    ------
    ValueError
        If a size is not positive, or too small or too large to look at.

    Examples
    --------
    >>> fig, (left, right) = figure(columns=2)
    >>> line = left.plot([0, 1], [0, 1])
    """
    columns, rows = whole("columns", columns, most=100), whole("rows", rows, most=100)
    height, width = number("height", height, above=0.01, most=300), number("width", width, above=0, most=300)
    gap, left = number("gap", gap, least=0, most=100), number("left", left, least=0)
    right, top, bottom, between = 0.25, 0.4, 0.55, 0.4 if share_y else 0.8
    wide = (width - left - right - (columns - 1) * between) / columns
    require(wide > 0.3, f"columns = {columns!r}: too many for a figure of {width:g} inches")
    tall = top + rows * height + (rows - 1) * gap + bottom
    fig = Figure(figsize=(width, tall), dpi=DPI)
    FigureCanvasAgg(fig)
    edges = dict(left=left / width, right=1 - right / width, bottom=bottom / tall, top=1 - top / tall)
    spaces = dict(wspace=between / wide, hspace=gap / height)
    axes = fig.subplots(rows, columns, sharey="row" if share_y else False, squeeze=False, gridspec_kw=edges | spaces)
    for ax in axes.flat:
        ax.xaxis.set_major_locator(MaxNLocator(int(np.clip(wide, 2, 4)), steps=ROUND))
        ax.yaxis.set_major_locator(MaxNLocator(int(np.clip(height / 0.6, 2, 4)), steps=ROUND))
    return fig, list(axes.flat)


def description(ax):
    """What is drawn on an axes, in a sentence or two; None where there is nothing to say.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Which was given to a plot of this package.

    Examples
    --------
    >>> from hlp_edu.plotting import plot_lines
    >>> fig, (ax,) = figure()
    >>> description(plot_lines({"output": ([0, 1], [0, 1])}, ax=ax))
    'output: from 0 to 1.0.'
    """
    return WORDS.get(ax)


def plot(own=lambda **_: figure()):
    """Make a plot of a function that draws on its argument ``ax`` and returns what is to be seen.

    Parameters
    ----------
    own : callable
        Makes figure and axes where no ``ax`` is given, from the arguments of the plot.

    Returns
    -------
    callable
        A decorator for functions that return what is drawn, for `description`; None: nothing to say.
    """

    def decorated(draw):
        signature = inspect.signature(draw)

        @functools.wraps(draw)
        def plotted(*args, **kwargs):
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            values, fig = given.arguments, None
            kind("caption", values.get("caption"), (str, type(None)), "a string, or None")
            if values["ax"] is None:
                fig, (values["ax"], *_) = own(**values)
            ax = kind("ax", values["ax"], Axes, "a matplotlib Axes")
            with styled():
                WORDS[ax] = words = draw(*given.args, **given.kwargs)
            return ax if fig is None else composed(fig, words, *map(values.get, ("caption", "headline", "more")))

        return plotted

    return decorated


def composed(fig, words, caption, headline, more):
    """A `Picture` whose alt text is a caption and the words that are computed."""
    kind("caption", caption, (str, type(None)), "a string, or None")
    return Picture(fig, " ".join(filter(None, (caption, words))), caption or words, headline, more)


# ---- names at the ends of lines, one note, the error below ---------------------------------------


def strip_of(ax):
    """The axes of the error below an axes; None if it has none."""
    return next((one for one in ax.get_shared_x_axes().get_siblings(ax) if one.get_label() == STRIP), None)


def add_strip(ax):
    """The axes of the error below an axes, which gives up the room; they share the time axis."""
    x, y, wide, tall = ax.get_position(original=True).bounds
    part = max(0.26, 0.62 * ax.figure.dpi / ax.bbox.height)  # inches: three numbers need so much
    strip = strip_of(ax) or ax.figure.add_axes((x, y, wide, tall), sharex=ax, label=STRIP)
    strip.yaxis.set_major_locator(MaxNLocator(2, min_n_ticks=3, steps=ROUND))
    strip.set_position((x, y, wide, tall * part))
    strip.set_visible(True)
    ax.set_position((x, y + tall * (part + 0.07), wide, tall * (0.93 - part)))
    ax.tick_params(labelbottom=False)
    return strip


def plain_axes(fig):
    """The axes of a figure, without the strips of the error."""
    return [ax for ax in fig.axes if ax.get_label() != STRIP]


def draw_line(ax, x, y, one, label, **more):
    """Draw a line in the style of its role; `finish` writes its name at its end."""
    return ax.plot(x, y, **one.line | dict(label=label, gid=NAMED) | more)


@styled()
def finish(fig):
    """Write the names at the ends of the lines; all axes become narrower by the room that they need."""
    waiting = {ax: [line for line in ax.lines if line.get_gid() == NAMED and _seen(line).size] for ax in fig.axes}
    names = {ax: {line.get_label() for line in lines} for ax, lines in waiting.items() if lines}
    if not names:
        return
    boxes = [ax.get_position(original=True) for ax in fig.axes]
    left, right = min(box.x0 for box in boxes), max(box.x1 for box in boxes)
    last, said = [], set()  # axes at the right edge, and the names that stand beside them
    for ax in names:
        if ax.get_position(original=True).x1 > right - 1e-3 and not names[ax] <= said:
            last.append(ax)
            said |= names[ax]
    width = 0.2 + max((_text_width(text, TEXT, "semibold") for text in said), default=0)
    scale = (min(right, 1 - width / fig.get_figwidth()) - left) / (right - left)
    _move(fig, Affine2D().translate(-left, 0).scale(scale, 1).translate(left, 0))
    for ax in names:
        if ax in last:
            _write_ends(ax, waiting[ax])
        elif not names[ax] <= said:
            legend(ax, waiting[ax])
        for line in waiting[ax]:
            line.set_gid(None)


def _move(fig, transform):
    """Move all axes of a figure."""
    for ax in fig.axes:
        ax.set_position(ax.get_position(original=True).transformed(transform))


def _write_ends(ax, lines):
    """Names right of the axes, moved apart where they would overlap, in the colours of their lines."""
    ends = [xy[xy[:, 0] == xy[:, 0].max()][-1] for xy in map(_seen, lines)]  # the rightmost points
    ends, lines = zip(*sorted(zip(ends, lines, strict=True), key=lambda end: end[0][1]), strict=True)
    ax.get_ylim()  # matplotlib finds the limits when they are asked for
    at = ax.transAxes.inverted().transform(ax.transData.transform(ends))[:, 1].clip(0, 1)
    gap = 1.15 * TEXT / 72 * ax.figure.dpi / ax.bbox.height  # as a fraction of the height
    for _ in range(200):  # neighbours that are too close push each other away
        close = np.maximum(gap - np.diff(at), 0) / 2
        if not close.any():
            break
        at[:-1] -= close
        at[1:] += close
    at += max(0.0, -at[0]) - max(0.0, at[-1] - 1.05)
    style = dict(transform=ax.transAxes, va="center", size=TEXT, weight="semibold", gid="end")
    for y, line in zip(at, lines, strict=True):
        x = 1 + 0.09 * ax.figure.dpi / ax.bbox.width
        ax.text(x, y, line.get_label(), color=readable(line.get_color()), **style)


def _seen(line):
    """The points of a line that can be seen, as rows (x, y)."""
    return line.get_xydata()[np.isfinite(line.get_xydata()).all(axis=1)]


def legend(ax, lines):
    """Names above the axes, where there is no room at the right; inside, where a title stands above."""
    place = dict(bbox_to_anchor=(0, 1.0), ncols=len(lines), frameon=False)
    if ax.get_title("left"):
        place = dict(frameon=True, framealpha=0.85, edgecolor="none")
    ax.legend(
        handles=lines, loc="lower left", **place, fontsize=TEXT, labelcolor="linecolor", handlelength=1.8,
        columnspacing=1.2, borderaxespad=0.2, borderpad=0.1, handletextpad=0.5,
    )  # fmt: skip


@styled()
def note(ax, text, at, place):
    """One annotation: a few words and a thin line to the thing.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    text : str
        The words; a line break is kept.
    at, place : pair of float
        The thing, and where the words begin, both in data coordinates.

    Examples
    --------
    >>> fig, (ax,) = figure()
    >>> note(ax, "here", (0, 0), (0.2, 0.5)).get_text()
    'here'
    """
    line = dict(arrowstyle="-", color=SOFT, lw=0.9, shrinkA=2, shrinkB=3)
    return ax.annotate(text, at, place, size=TEXT, color=INK, arrowprops=line, gid="note", zorder=6, linespacing=1.05)


def add_notes(ax, notes):
    """The annotation of a plot, (words, at, place), or none, ()."""
    few = isinstance(notes, (tuple, list)) and len(notes) in (0, 3)
    require(few, f"notes = {shown(notes)}: must be (words, (x, y), (x, y)), or ()")
    if notes:
        ends = (vector(f"notes[{k}]", notes[k], 2, "coordinate") for k in (1, 2))
        note(ax, kind("notes[0]", notes[0], str, "a string"), *ends)


def panels(draws, titles, height=2.4):
    """Small multiples: a figure of several drawings, up to four in a row, with one y axis, and its axes.

    Parameters
    ----------
    draws : list of callable
        Each ``draw(ax)`` draws one panel.
    titles : list of str
        One for each panel; a title that the drawing wrote is kept.
    height : float
        Height of a row, in inches.

    Raises
    ------
    ValueError
        If there is no panel, or not one title for each.

    Examples
    --------
    >>> fig, axes = panels([lambda ax: ax.plot([0, 1]), lambda ax: ax.plot([1, 0])], ["up", "down"])
    """
    require(len(draws) == len(titles) > 0, "draws, titles: must be two lists of one length, at least 1")
    count = len(draws)
    columns = math.ceil(count / math.ceil(count / 4))
    fig, axes = figure(columns, math.ceil(count / columns), height, share_y=True)
    for spare in axes[count:]:
        spare.remove()
    limits = {}  # of the axes, and of the strips below them
    with styled():
        for k, (ax, draw, title) in enumerate(zip(axes[:count], draws, titles, strict=True)):
            draw(ax)
            for one in filter(None, (ax, strip_of(ax))):
                if ax.axison and ax.get_aspect() == "auto":
                    limits.setdefault(one.get_label(), []).extend([(one, end) for end in one.get_ylim()])
                if k % columns:
                    one.tick_params(labelleft=False)
                    one.set_ylabel("")
                if k + columns < count:
                    one.set_xlabel("")
            if not ax.get_title("left"):
                fit_title(ax, title)
    for ends in limits.values():
        alike, ends = zip(*ends, strict=True)
        low, high = (max, min) if alike[0].yaxis_inverted() else (min, max)
        for ax in alike:
            ax.set_ylim(low(ends), high(ends))
    finish(fig)
    return fig, axes[:count]


# ---- text ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=512)
@styled()
def _text_width(text, size, weight="normal"):
    """The width of a text, in inches."""
    renderer = FigureCanvasAgg(Figure(dpi=DPI)).get_renderer()
    prop = FontProperties(size=size, weight=weight)
    return renderer.get_text_width_height_descent(text, prop, is_math_text(text))[0] / DPI


def label_width(labels):
    """The width that names left of an axes need, in inches."""
    return 0.35 + max((_text_width(label, TEXT, "semibold") for label in labels), default=0)


def _fitting(text, size, weight, wide):
    """The largest size, at most the given one and at least 8 points, at which a text fits into so many inches."""
    return float(np.clip(size * wide / _text_width(text, size, weight), 8, size))


@styled()
def fit_title(ax, title):
    """Write a title above the axes, as large as it fits; "role: label" in the colour of the role."""
    text, colour = (label_of(title), role(title).ink) if is_role(title) else (str(title), INK)
    size = _fitting(text, TEXT + 0.5, "semibold", ax.bbox.width / ax.figure.dpi)
    ax.set_title(text, size=size, color=colour, pad=6 if ax.get_legend() is None else 24)


@styled()
def _draw_headline(fig, text, more):
    """Write the finding above the axes, and what is drawn below it; the figure grows."""
    lines = [(text, 15.0, "semibold", INK, 0.31)] + [(more, TEXT, "normal", SOFT, 0.25)] * bool(more)
    grow(fig, sum(line[-1] for line in lines))
    (wide, tall), y = fig.get_size_inches(), 0.1
    for words, size, weight, colour, step in lines:
        size = _fitting(words, size, weight, wide - 0.24)
        style = dict(size=size, weight=weight, color=colour, va="top", gid="headline")
        fig.text(0.12 / wide, 1 - y / tall, words, **style)
        y += step


def grow(fig, top):
    """Make a figure taller, in inches; everything in it keeps its size."""
    if fig.get_layout_engine() is not None:
        fig.get_layout_engine().execute(fig)
        fig.set_layout_engine("none")
    tall = fig.get_figheight()
    fig.set_figheight(tall + top)
    _move(fig, Affine2D().scale(1, tall / (tall + top)))


# ---- pixels ----------------------------------------------------------------------------------

COLOURS = (30, 64)  # of an image: enough for lines and text, and for the light tints of a heat map
LOSSLESS = dict(lossless=True, quality=60, method=2)  # of a WEBP file


@styled()
def image(fig, density=SHARP):
    """The figure, drawn, as an RGB image."""
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=fig.dpi * density, pil_kwargs=dict(compress_level=0))
    return Image.open(file).convert("RGB")


def reduced(image, counts=COLOURS):
    """An RGB image with few colours, among them that of its first pixel, the paper."""
    for colours in counts:
        # By octree: a thin line keeps its colour, which a median cut would merge into a larger one's.
        shown = image.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        palette, paper = shown.getpalette(), shown.getpixel((0, 0))
        palette[3 * paper : 3 * paper + 3] = image.getpixel((0, 0))  # not mixed with what is nearly as light
        shown.putpalette(palette)
        last = colours == counts[-1]
        if last or np.mean(np.abs(np.subtract(shown.convert("RGB"), image, dtype=int)).max(axis=2) > 8) < 0.03:
            return shown


def encoded(image, format, counts=COLOURS, **how):
    """The bytes of an image with few colours."""
    file = io.BytesIO()
    reduced(image, counts).save(file, format, **how)
    return file.getvalue()


def as_text(data):
    """Bytes as a page keeps them."""
    return base64.b64encode(data).decode("ascii")
