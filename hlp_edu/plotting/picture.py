"""A figure that shows itself: sharp, with a headline in it, and its caption and alt text as text on the page."""

import base64
import functools
import html
import io
import math
import os
import weakref

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import Locator, MaxNLocator

from hlp_edu.plotting.style import GRID, INK, PAPER, SOFT, TickNumbers, in_style, role, styled
from hlp_edu.validate import kind, number, whole
from hlp_edu.words import sentence, without_math

__all__ = ["Picture", "description", "figure", "note", "panels"]

DPI, WIDTH, TEXT, SMALL = 100, 8.0, 11.5, 10  # dots per inch on the page, inches, points, points
FONT = "Source Sans Pro"
SHARP = 2  # pixels a dot: what a high-density screen shows

_descriptions = weakref.WeakKeyDictionary()  # of axes: a sentence about what is drawn, and its short form
_styled = weakref.WeakKeyDictionary()  # of axes: what `style_axes` set
_ends = weakref.WeakKeyDictionary()  # of axes: names that wait for their place at the ends of lines
_home = weakref.WeakKeyDictionary()  # of axes: where they were before names took their room
_strips = weakref.WeakKeyDictionary()  # of axes: the axes of the error below them


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
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(f"alt = {alt!r}: must be a sentence that says what the picture shows")
        kind("caption", caption, (str, type(None)), "a string, or None")
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
        return _small(image(self.fig), "PNG")

    def html(self):
        """The picture as HTML: an image with its alt text, and the caption below it as text."""
        return _html(image(self.fig), self.alt, self.caption)

    def save(self, path):
        """Write the picture to a new PNG file, and return its name.

        Parameters
        ----------
        path : str or path
            Gets the ending ".png" if it has none. FileExistsError if it exists: nothing is overwritten.

        Raises
        ------
        ValueError
            If it has another ending.
        """
        path = os.fspath(path)
        ending = os.path.splitext(path)[1]
        if ending not in ("", ".png"):
            raise ValueError(f"path = {path!r}: the ending must be .png")
        path = path if ending else path + ".png"
        with open(path, "xb") as file:  # "x" refuses an existing file
            file.write(self.png())
        return path

    def _repr_mimebundle_(self, include=None, exclude=None):
        return bundle(image(self.fig), self.alt, self.caption)

    def __repr__(self):
        return self.alt


@in_style
def figure(columns=1, rows=1, height=2.9, width=WIDTH, share_y=False, gap=0.95):
    """An empty figure in the style of the course, and the list of its axes, row by row.

    Parameters
    ----------
    columns, rows : int
        How many axes side by side, and one below the other.
    height, width : float
        Of one row of axes, and of the whole figure, in inches.
    share_y : bool
        Whether axes side by side share their y axis.
    gap : float
        Between rows, in inches: for labels and titles.

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    >>> fig, (left, right) = figure(columns=2)
    >>> line = left.plot([0, 1], [0, 1])
    """
    columns, rows = whole("columns", columns), whole("rows", rows)
    height, width, gap = number("height", height, above=0), number("width", width, above=0), number("gap", gap, least=0)
    left, right, top, bottom = 0.8, 0.25, 0.4, 0.55
    between = 0.4 if share_y else 0.8
    wide = (width - left - right - (columns - 1) * between) / columns
    if wide <= 0.3:
        raise ValueError(f"columns = {columns!r}: too many for a figure of {width:g} inches")
    tall = top + rows * height + (rows - 1) * gap + bottom
    fig = Figure(figsize=(width, tall), dpi=DPI, facecolor=PAPER, layout="none")
    FigureCanvasAgg(fig)
    axes = []
    for row in range(rows):
        for column in range(columns):
            first = axes[row * columns] if share_y and column else None
            x, y = left + column * (wide + between), bottom + (rows - 1 - row) * (height + gap)
            ax = fig.add_axes((x / width, y / tall, wide / width, height / tall), sharey=first)
            style_axes(ax)
            if first is not None:
                ax.tick_params(labelleft=False)
            axes.append(ax)
    return fig, axes


@in_style
def style_axes(ax):
    """Give an axes the style of the course, few ticks, a light grid, no box, and return it."""
    kind("ax", ax, Axes, "a matplotlib Axes")
    if _styled.get(ax) == _frame(ax):
        return ax  # a style costs milliseconds, and explorers draw many times on the same axes
    ax.set_facecolor(PAPER)
    ax.grid(True, axis="y", color=GRID, linewidth=0.8)
    ax.grid(False, axis="x")
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=TEXT, labelcolor=SOFT, color=GRID, length=0, pad=5, labelbottom=True)
    ax.tick_params(axis="x", pad=7)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#B5B5B5")
    for axis, inches in ((ax.xaxis, 1.0), (ax.yaxis, 0.6)):
        size = ax.bbox.width if axis is ax.xaxis else ax.bbox.height
        ticks = int(np.clip(size / ax.figure.dpi / inches, 2, 4))
        axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(TickNumbers())
        axis.label.set(size=TEXT, color=SOFT)
    _styled[ax] = _frame(ax)
    return ax


def _frame(ax):
    """What `style_axes` sets, to tell whether it was changed since."""
    seen = [ax.axison, ax.get_aspect(), ax.get_adjustable(), ax.get_facecolor(), ax.get_axisbelow()]
    seen += [round(size) for size in ax.bbox.bounds]
    seen += [(spine.get_visible(), spine.get_edgecolor()) for spine in ax.spines.values()]
    for axis in (ax.xaxis, ax.yaxis):
        objects = axis.get_major_locator(), axis.get_minor_locator(), axis.get_major_formatter()
        seen += [axis.get_scale(), axis.get_visible(), *map(id, objects), axis.label.get_size(), axis.label.get_color()]
        seen += [axis.get_tick_params("major"), axis.get_tick_params("minor"), axis.label.get_visible()]
        seen += [axis.get_label_position(), axis.get_ticks_position(), axis.labelpad]
    return seen


def clear_axes(ax):
    """Take everything off an axes but its style and ticks, which are slow to make; False if its style is another."""
    ax.set_axis_on()  # a network takes these away
    ax.set_aspect("auto", adjustable="box")
    if ax in _home:
        ax.set_position(_home.pop(ax))
    if ax in _strips:
        _strips[ax].set_visible(False)
        ax.tick_params(labelbottom=True)
        _wipe(_strips[ax])
    if _styled.get(ax) != _frame(ax) or ax.child_axes:
        return False
    return _wipe(ax)


def _wipe(ax):
    """Take off an axes what was drawn on it; True."""
    for artist in (*ax.lines, *ax.collections, *ax.patches, *ax.texts, *ax.images, *ax.tables, *ax.artists):
        artist.remove()
    if ax.get_legend() is not None:
        ax.get_legend().remove()
    ax.containers.clear()
    ax.set_prop_cycle(None)
    for side in ("left", "center", "right"):
        if ax.get_title(loc=side):
            ax.set_title("", loc=side)
    ax.set(xlabel="", ylabel="")
    ax.relim()
    ax.set_xlim(0, 1, auto=True)
    ax.set_ylim(0, 1, auto=True)
    _descriptions.pop(ax, None)
    _ends.pop(ax, None)
    return True


def description(ax):
    """A sentence about what is drawn on an axes, and its short form; None where there is nothing to say.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Which was given to a plot of this package.

    Examples
    --------
    >>> from hlp_edu.plotting import plot_lines
    >>> fig, (ax,) = figure()
    >>> description(plot_lines({"output": ([0, 1], [0, 1])}, ax=ax))
    ('output: from 0 to 1.0.', None)
    """
    return _descriptions.get(ax, (None, None))


def describe(ax, words, short=None):
    """Keep what a plot has to say of an axes, for `description`."""
    _descriptions[ax] = words, short
    return ax


def shown(draw, ax, fig, caption, headline, more):
    """What every plot returns: the axes that it was given, or a `Picture` of its own figure."""
    if ax is not None:
        with styled():
            draw(style_axes(ax))
        return ax
    fig, first = (fig() if callable(fig) else fig) or figure()
    with styled():
        draw(first[0])
    words = description(first[0])[0]
    return Picture(
        fig, f"{caption} {words}" if caption and words else caption or words, caption or words, headline, more
    )


# ---- names at the ends of lines, one note, the error below ---------------------------------------


class _ThreeTicks(Locator):
    """Zero and one round number on both sides."""

    def __call__(self):
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, vmin, vmax):
        reach = 0.85 * max(abs(vmin), abs(vmax), 1e-300)
        ten = 10.0 ** math.floor(math.log10(reach))
        most = next(float(f"{k * ten:.1g}") for k in (5, 2, 1) if k * ten <= reach)
        small = self.axis.axes.bbox.height / self.axis.axes.figure.dpi < 0.62  # inches: three numbers would collide
        return [-most, most] if small else [-most, 0.0, most]


def strip_of(ax, fraction=0.26):
    """The axes of the error, below an axes, which gives up the room; it shares the time axis."""
    x, y, wide, tall = _home.setdefault(ax, tuple(ax.get_position(original=True).bounds))
    strip = _strips.get(ax)
    if strip is None:
        ticks = ax.xaxis.get_major_locator(), ax.xaxis.get_major_formatter()  # shared: a style would replace them
        strip = _strips[ax] = style_axes(ax.figure.add_axes((x, y, wide, tall * fraction), sharex=ax))
        ax.xaxis.set_major_locator(ticks[0])
        ax.xaxis.set_major_formatter(ticks[1])
        strip.yaxis.set_major_locator(_ThreeTicks())
    strip.set_visible(True)
    strip.set_position((x, y, wide, tall * fraction))
    ax.set_position((x, y + tall * (fraction + 0.07), wide, tall * (0.93 - fraction)))
    ax.tick_params(labelbottom=False)
    return strip


def lowest(ax):
    """The axes that carries the name of the time axis."""
    return _strips[ax] if ax in _strips and _strips[ax].get_visible() else ax


def plain_axes(fig):
    """The axes of a figure, without the strips of the error."""
    strips = set(_strips.values())
    return [ax for ax in fig.axes if ax not in strips]


def name_line(ax, x, y, text, one):
    """Name a line at its last point that can be seen; `finish` finds the place."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    seen = np.flatnonzero(np.isfinite(y))
    if len(seen):
        _ends.setdefault(ax, []).append((float(y[seen[-1]]), text, one))


@in_style
def finish(fig):
    """Write the names at the ends of the lines; all axes become narrower by the room that they need."""
    wanting = [ax for ax in fig.axes if _ends.get(ax)]
    if not wanting:
        return
    for ax in fig.axes:
        _home.setdefault(ax, tuple(ax.get_position(original=True).bounds))
    ends = {ax: round(sum(_home[ax][0:3:2]), 3) for ax in fig.axes}
    left, right = min(_home[ax][0] for ax in fig.axes), max(ends.values())
    last, said = [], set()
    for ax in wanting:
        names = {text for _, text, _ in _ends[ax]}
        if ends[ax] == right and not names <= said:
            last.append(ax)
            said |= names
    widest = max((_text_width(text, TEXT, "semibold") for ax in last for _, text, _ in _ends[ax]), default=0)
    wide = fig.get_figwidth()
    new = min(right, 1 - (widest + 0.2) / wide)
    for ax in fig.axes:
        x, _, w, _ = _home[ax]
        now, scale = ax.get_position(original=True), (new - left) / (right - left)
        ax.set_position((left + (x - left) * scale, now.y0, w * scale, now.height))
    for ax in wanting:
        if ax in last:
            _write_ends(ax, _ends.pop(ax))
        elif {text for _, text, _ in _ends[ax]} <= said:
            _ends.pop(ax)
        else:
            legend(ax, _ends.pop(ax))


def _write_ends(ax, ends):
    """Names right of the axes, moved apart where they would overlap, in the colours of their lines."""
    low, high = ax.get_ylim()
    log = ax.get_yscale() == "log"
    low, high = (math.log(low), math.log(high)) if log else (low, high)
    y = np.array([(math.log(max(v, 1e-300)) if log else v) - low for v, *_ in ends]) / (high - low)
    y = y.clip(0.0, 1.0)
    gap = 1.15 * TEXT / 72 * ax.figure.dpi / ax.bbox.height  # as a fraction of the height
    order = np.argsort(y, kind="stable")
    at = y[order]
    for _ in range(200):  # neighbours that are too close push each other away
        close = np.maximum(gap - np.diff(at), 0) / 2
        if not close.any():
            break
        at[:-1] -= close
        at[1:] += close
    at += max(0.0, -at[0]) - max(0.0, at[-1] - 1.05)
    pad = 0.09 * ax.figure.dpi / ax.bbox.width
    for k, spot in zip(order, at, strict=True):
        ax.text(
            1 + pad, spot, ends[k][1], transform=ax.transAxes, color=ends[k][2].ink, va="center", ha="left",
            size=TEXT, weight="semibold", gid="end", clip_on=False,
        )  # fmt: skip


def legend(ax, ends):
    """Names above the axes, where there is no room at the right; inside, where a title stands above."""
    handles = [Line2D([], [], **one.line, label=text) for _, text, one in ends]
    each = 0.7 + max(_text_width(text, TEXT, "normal") for _, text, _ in ends)  # inches, with its piece of line
    fit = max(1, int(ax.bbox.width / ax.figure.dpi / each))
    inside = dict(loc="lower left", ncols=min(fit, len(ends)), frameon=True, framealpha=0.85, edgecolor="none")
    above = dict(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(ends), frameon=False)
    ax.legend(
        handles=handles, **(inside if ax.get_title("left") else above), fontsize=TEXT, labelcolor="linecolor",
        handlelength=1.8, columnspacing=1.2, borderaxespad=0.2, borderpad=0.1, handletextpad=0.5,
    )  # fmt: skip


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
    with styled():
        return ax.annotate(
            text, at, place, size=TEXT, color=INK, arrowprops=line, gid="note", zorder=6, linespacing=1.05
        )


def panels(draws, titles=None, columns=None, height=2.4):
    """Small multiples: a figure of several drawings side by side, with one y axis, and its axes.

    Parameters
    ----------
    draws : list of callable
        Each ``draw(ax)`` draws one panel.
    titles : list of str or None, optional
        One for each panel.
    columns : int, optional
        How many in a row; all by default.
    height : float
        Height of a row, in inches.

    Examples
    --------
    >>> fig, axes = panels([lambda ax: ax.plot([0, 1]), lambda ax: ax.plot([1, 0])], ["up", "down"])
    """
    count = len(draws)
    columns = min(columns or count, count)
    rows = math.ceil(count / columns)
    fig, axes = figure(columns, rows, height, share_y=True)
    for spare in axes[count:]:
        spare.remove()
    axes, limits = axes[:count], []
    with styled():
        for k, (ax, draw) in enumerate(zip(axes, draws, strict=True)):
            draw(ax)
            whole = [one for one in (ax, _strips.get(ax)) if one is not None]
            if ax.axison and ax.get_aspect() == "auto":
                limits.append([one.get_ylim() for one in whole])
            for one in whole:
                if k % columns:
                    one.tick_params(labelleft=False)
                    one.set_ylabel("")
                if k + columns < count:
                    one.set_xlabel("")
            if titles is not None and titles[k] is not None:
                fit_title(ax, titles[k])
    for ax in axes if limits else ():
        if ax.get_aspect() == "auto":
            for n, one in enumerate(one for one in (ax, _strips.get(ax)) if one is not None):
                pairs = [pair[n] for pair in limits if len(pair) > n]
                one.set_ylim(min(low for low, _ in pairs), max(high for _, high in pairs))
    finish(fig)
    return fig, axes


def panel_words(axes, titles):
    """What several panels show, in one sentence, and each one's short form."""
    said = [description(ax)[1] for ax in axes]
    if any(text is None for text in said):
        return ", ".join(title for title in titles if title), None
    named = [f"{title}: {text}" if title else text for title, text in zip(titles, said, strict=True)]
    return "; ".join(named), said


# ---- text ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=512)
@in_style
def _text_width(text, size, weight="normal"):
    """The width of a text, in inches."""
    renderer = FigureCanvasAgg(Figure(dpi=DPI)).get_renderer()
    prop = FontProperties(size=size, weight=weight)
    return renderer.get_text_width_height_descent(text, prop, text.count("$") > 1)[0] / DPI


def fit_title(ax, title, one=None):
    """Write a title above the axes, as large as it fits, in the colour of a role."""
    wide, size = ax.bbox.width / ax.figure.dpi, TEXT + 0.5
    while size > 8 and _text_width(str(title), size, "semibold") > wide * 1.02:
        size -= 0.5
    with styled():
        colour = role(one).ink if isinstance(one, str) else INK
        return ax.set_title(
            str(title), loc="left", size=size, color=colour, pad=6 if ax.get_legend() is None else 24, weight="semibold"
        )


@in_style
def _draw_headline(fig, text, more):
    """Write the finding above the axes, and what is drawn below it; the figure grows."""
    wide = fig.get_figwidth() - 0.24
    lines = [(text, 15.0, "semibold", INK, 0.31)] + [(more, TEXT, "normal", SOFT, 0.25)] * bool(more)
    grow(fig, top=sum(line[-1] for line in lines))
    tall, y = fig.get_figheight(), 0.1
    for words, size, weight, colour, step in lines:
        while size > 8 and _text_width(words, size, weight) > wide:
            size -= 0.25
        fig.text(
            0.12 / fig.get_figwidth(), 1 - y / tall, words, size=size, weight=weight, color=colour, va="top",
            gid="headline",
        )  # fmt: skip
        y += step


def grow(fig, top=0.0, bottom=0.0):
    """Make a figure taller, in inches; everything in it keeps its size."""
    wide, tall = fig.get_size_inches()
    new = tall + top + bottom
    if fig.get_layout_engine() is not None:
        fig.get_layout_engine().execute(fig)
        fig.set_layout_engine("none")
    before = [(ax, ax.get_position(original=True).bounds) for ax in fig.axes]
    fig.set_size_inches(wide, new)
    for ax, (x, y, w, h) in before:
        ax.set_position((x, (y * tall + bottom) / new, w, h * tall / new))
        _home.pop(ax, None)
    for text in fig.texts:
        x, y = text.get_position()
        text.set_position((x, (y * tall + bottom) / new))


# ---- pixels ----------------------------------------------------------------------------------


def pixels(fig, density=1):
    """The figure, drawn, as an array of pixels."""
    canvas = fig.canvas if isinstance(fig.canvas, FigureCanvasAgg) else FigureCanvasAgg(fig)
    before = fig.dpi
    with styled():
        fig.set_dpi(before * density)
        try:
            canvas.draw()
            return np.asarray(canvas.buffer_rgba())[..., :3].copy()
        finally:
            fig.set_dpi(before)


def image(fig):
    """The figure at double density."""
    from PIL import Image

    return Image.fromarray(pixels(fig, SHARP))


def quick_png(array):
    """PNG bytes, at once."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(array).convert("RGB").save(file, "PNG", compress_level=1)
    return file.getvalue()


def _small(image, format, colours=256):
    """The bytes of an image, as few as possible: 256 colours or fewer (what a notebook keeps)."""
    from PIL import Image

    file = io.BytesIO()
    # By octree: a thin line keeps its colour, which a median cut would merge into a larger one's.
    image = image.convert("RGB")
    shown = image.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette, paper = shown.getpalette(), shown.getpixel((0, 0))
    palette[3 * paper : 3 * paper + 3] = image.getpixel((0, 0))  # not mixed with what is nearly as light
    shown.putpalette(palette)
    if format == "PNG":
        shown.save(file, "PNG", compress_level=9)
    else:
        shown.convert("RGB").save(file, "WEBP", lossless=True, quality=60, method=2)
    return file.getvalue()


def _html(image, alt, caption):
    """An image with its alt text, at its size on the page, and the caption as text."""
    data = base64.b64encode(_small(image, "WEBP", 30)).decode("ascii")
    wide, alt = image.width // SHARP, html.escape(without_math(alt))
    below = f'<figcaption style="line-height: 1.4">{html.escape(caption)}</figcaption>' if caption else ""
    return (
        f'<figure style="margin: 0; max-width: {wide}px"><img src="data:image/webp;base64,{data}" alt="{alt}" '
        f'width="{wide}">{below}</figure>'
    )


def bundle(image, alt, caption):
    """What a notebook keeps: HTML with all texts, a smaller PNG for viewers that show no HTML, and the plain words."""
    from PIL import Image

    plain = image.resize((image.width // SHARP, image.height // SHARP), Image.Resampling.LANCZOS)
    png = base64.b64encode(_small(plain, "PNG", 28)).decode("ascii")
    data = {"text/html": _html(image, alt, caption), "image/png": png, "text/plain": alt}
    return data, {"image/png": {"alt": alt, "width": plain.width}}
