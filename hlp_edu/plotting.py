"""Pictures: every plot draws on a given ``ax`` or returns a `Picture` that shows and describes itself.

All plots take ``ax`` (a matplotlib Axes to draw on, which they return; without it they return a `Picture`), and
where it makes sense ``legend`` (whether to name the lines), ``title`` (above the axes) and ``caption`` (instead of
the one that is computed). An argument of the wrong kind raises a ValueError.

No pyplot, no global figure. Colours are safe for colour-blind readers, and whatever a colour says, a line style, a
shape or a label says too. Numbers in captions and alt texts have two significant digits, so that another machine
prints the same. What was drawn on a given ``ax`` says `description`, in words.
"""

import base64
import functools
import io
import math
import os
import weakref

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyBboxPatch
from matplotlib.ticker import Formatter, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hlp_edu.network import Network
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, number, one_of, vector, whole
from hlp_edu.words import counted, digits, listed, sentence, short_power

__all__ = [
    "PALETTE", "Picture", "description", "digits", "figure", "panels", "plot_curves", "plot_energy", "plot_lines",
    "plot_locality", "plot_network", "plot_phase", "plot_side_by_side", "plot_spread", "plot_tracking", "plot_weights",
]  # fmt: skip

# Okabe and Ito's colours (the yellow is left out: it is hard to see on white).
PALETTE = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#000000",
}
INK, GREY, GRID, PAPER = "#333333", "#8C8C8C", "#E6E6E6", "#FFFFFF"
DPI, WIDTH, TEXT, SMALL = 100, 8.0, 11, 9.5  # dots per inch, inches, points, points
# Colour and line style go together, so that either alone is enough.
STYLES = [
    dict(color=PALETTE["blue"], linestyle="-"),
    dict(color=PALETTE["orange"], linestyle=(0, (5, 2))),
    dict(color=PALETTE["green"], linestyle=(0, (7, 2, 1.5, 2))),
    dict(color=PALETTE["vermillion"], linestyle=(0, (1.5, 1.5))),
    dict(color=PALETTE["purple"], linestyle=(0, (9, 3))),
    dict(color=PALETTE["black"], linestyle=(0, (5, 2, 1.5, 2, 1.5, 2))),
]
OUTPUT = dict(color=PALETTE["blue"], linestyle="-", linewidth=2.2)
TARGET = dict(color=PALETTE["orange"], linestyle=(0, (4, 2)), linewidth=2.2)
MARKERS = "osD^vP"
MOST_PANELS = 6
MOST_LABELLED_NODES, MOST_LABELS = 12, 36
MOST_CURVES = 60  # weights that are drawn one by one
MOST_ARCS = 500  # arcs that are drawn

_descriptions = weakref.WeakKeyDictionary()  # of axes: a sentence about what is drawn, and its short form
_styled = weakref.WeakKeyDictionary()  # of axes: what `style_axes` set


class Picture:
    """A figure that shows itself, with a caption and an alt text.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure. It grows by the height of the caption.
    alt : str
        What is to be seen, in words: the plain-text form and the picture's alt text.
    caption : str, optional
        Drawn below the axes, wrapped.

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

    def __init__(self, fig, alt, caption=None):
        kind("fig", fig, Figure, "a matplotlib Figure")
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(f"alt = {alt!r}: must be a sentence that says what the picture shows")
        kind("caption", caption, (str, type(None)), "a string, or None")
        self.fig, self.alt, self.caption = fig, alt, caption
        if caption:
            _draw_caption(fig, caption)

    @property
    def axes(self):
        """The axes of the figure, as a list."""
        return list(self.fig.axes)

    def png(self):
        """The picture as the bytes of a PNG file."""
        return _png(_pixels(self.fig), small=True)

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
        data = {"image/png": base64.b64encode(self.png()).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt}}

    def __repr__(self):
        return self.alt


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
    left, right, top, bottom = 0.8, 0.25, 0.5, 0.6
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


def style_axes(ax):
    """Give an axes the style of the course, few ticks, a light grid, no box, and return it."""
    if _styled.get(ax) == _frame(ax):
        return ax  # a style costs milliseconds, and explorers draw many times on the same axes
    ax.set_facecolor(PAPER)
    ax.grid(True, color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=TEXT, labelcolor=INK, color=GRID, length=0, pad=5)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#BFBFBF")
    for axis, inches in ((ax.xaxis, 1.0), (ax.yaxis, 0.6)):
        size = ax.bbox.width if axis is ax.xaxis else ax.bbox.height
        ticks = int(np.clip(size / ax.figure.dpi / inches, 2, 4))
        axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(_TickNumbers())
        axis.label.set(size=TEXT, color=INK)
    _styled[ax] = _frame(ax)
    return ax


def clear_axes(ax):
    """Take everything off an axes but its style and ticks, which are slow to make; False if its style is another."""
    ax.set_axis_on()  # a network takes these away
    ax.set_aspect("auto", adjustable="box")
    if _styled.get(ax) != _frame(ax) or ax.child_axes:
        return False
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
    return True


def description(ax):
    """A sentence about what is drawn on an axes, and its short form; None where there is nothing to say.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Which was given to a plot of this module.

    Examples
    --------
    >>> fig, (ax,) = figure()
    >>> description(plot_curves({"up": ([0, 1], [0, 1])}, ax))
    ('up: from 0 to 1.0.', None)
    """
    return _descriptions.get(ax, (None, None))


def plot_tracking(trajectory, ax=None, after=None, outputs=None, legend=True, title=None, caption=None):
    """The outputs (blue) and their targets (dashed orange) over time.

    Parameters
    ----------
    trajectory : Trajectory
        The run. ``record="output"`` is enough.
    ax, legend, title, caption
        As for all plots: `hlp_edu.plotting`. Several outputs share a given ax, told apart by markers.
    after : float, optional
        The RMSE in the caption counts from here on; a third of the run by default.
    outputs : list of labels, optional
        Which outputs; the first six by default.

    Raises
    ------
    ValueError
        If an argument is of the wrong kind, or an output is unknown.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> hlp.plot_tracking(hlp.run(problem, hlp.GradientFlow(mu=0.03), T=20, dt=0.01))
    The output (blue) follows the target (dashed orange); RMSE 0.023 after t = 6.7.
    """
    _check_run("trajectory", trajectory)
    names = trajectory.network.outputs
    if outputs is None:
        chosen = list(range(min(len(names), MOST_PANELS)))
    else:
        outputs = [outputs] if isinstance(outputs, str) or np.ndim(outputs) == 0 else list(outputs)
        for label in outputs:
            if label not in names:
                raise ValueError(f"outputs: {label!r} is not an output of the network; its outputs: {names}")
        if not outputs:
            raise ValueError(f"outputs = []: must name at least one of {names}")
        chosen = [names.index(label) for label in outputs]
    words, short = _tracking_words(trajectory, after, chosen)
    if ax is None:
        single = len(chosen) == 1
        fig, axes = figure(rows=len(chosen), height=2.9 if single else max(1.2, 2.2 - 0.2 * len(chosen)), gap=0.3)
        for k, one in zip(chosen, axes, strict=True):
            _draw_tracking(trajectory, [k], one, legend and one is axes[0])
            one.set_ylabel("state" if single else f"output {names[k]}")
        for one in axes[:-1]:
            one.set_xlabel("")
            one.tick_params(labelbottom=False)
        if title:
            _title(axes[0], title, legend)
        return Picture(fig, *_texts(words, caption))
    kind("ax", ax, Axes, "a matplotlib Axes")
    style_axes(ax)
    _draw_tracking(trajectory, chosen, ax, legend)
    if title:
        _title(ax, title, legend)
    return _describe(ax, caption or words, short)


def plot_energy(trajectory, ax=None, legend=True, title=None, caption=None):
    """The Lagrangian and the Hamiltonian, (4) and (5), over time; rare spikes may leave the picture.

    Parameters
    ----------
    trajectory : Trajectory
        The run. ``record="output"`` is enough.
    ax, legend, title, caption
        As for all plots: `hlp_edu.plotting`.

    Raises
    ------
    ValueError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.constant(0.5))
    >>> picture = hlp.plot_energy(hlp.run(problem, hlp.GradientFlow(mu=0.03), T=5, dt=0.01))
    """
    _check_run("trajectory", trajectory)
    if ax is None:
        fig, (ax,) = figure()
        plot_energy(trajectory, ax, legend, title)
        return Picture(fig, *_texts(description(ax)[0], caption))
    kind("ax", ax, Axes, "a matplotlib Axes")
    style_axes(ax)
    t, pair = trajectory.t, (trajectory.lagrangian, trajectory.hamiltonian)
    styles = (
        dict(color=PALETTE["green"], linestyle="-", linewidth=2, label="Lagrangian"),
        dict(color=PALETTE["purple"], linestyle=(0, (4, 1.5)), linewidth=2, label="Hamiltonian"),
    )
    for values, style in zip(pair, styles, strict=True):
        ax.plot(*thin(t, values), **style)
    low, high, beyond = _robust_limits(pair)
    ax.set_ylim(low, high)
    _time_axis(ax, trajectory)
    if legend:
        _legend(ax)
    if title:
        _title(ax, title, legend)
    if not len(t):
        words, short = _gone(trajectory), _gone(trajectory)
    else:
        late = t >= t[0] + (t[-1] - t[0]) * 2 / 3
        medians = [digits(np.median(values[late])) for values in pair]
        short = f"{medians[0]} and {medians[1]}"
        words = (
            "The Lagrangian (green, solid) and the Hamiltonian (purple, dashed) over time; "
            f"over the last third of the run their medians are {medians[0]} and {medians[1]}."
        )
        if beyond:
            words += f" Spikes leave the picture; they reach {digits(beyond)}."
        if trajectory.diverged_at is not None:
            words += f" {_gone(trajectory)}"
    return _describe(ax, caption or words, short)


def plot_weights(trajectory, ax=None, arcs=None, legend=True, title=None, caption=None):
    """The weights over time: the arcs into the outputs in colour and named, the others grey.

    Parameters
    ----------
    trajectory : Trajectory
        The run, with ``record="all"``.
    ax, legend, title, caption
        As for all plots: `hlp_edu.plotting`. The names are at the right end of the lines.
    arcs : list of (tail, head), optional
        The arcs to emphasise; by default those into the outputs, at most six, those that move most.

    Raises
    ------
    ValueError
        If the run kept no weights, or an arc is unknown.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.constant(0.5))
    >>> picture = hlp.plot_weights(hlp.run(problem, hlp.GradientFlow(mu=0.03), T=5, dt=0.01))
    """
    _check_run("trajectory", trajectory)
    if trajectory.record != "all":
        raise ValueError(
            f"trajectory: was run with record={trajectory.record!r} and kept no weights; run it with record='all'"
        )
    network, t, w = trajectory.network, trajectory.t, trajectory.w
    into_output = np.flatnonzero(np.isin(network.heads, network.output_index))
    if arcs is None:
        moved = np.ptp(w[:, into_output], axis=0) if len(t) else np.zeros(len(into_output))
        bold = np.sort(into_output[np.argsort(-moved, kind="stable")[: len(STYLES)]])
    else:
        bold = _arc_columns(network, arcs)
    if ax is None:
        fig, (ax,) = figure()
        plot_weights(trajectory, ax, arcs, legend, title)
        return Picture(fig, *_texts(description(ax)[0], caption))
    kind("ax", ax, Axes, "a matplotlib Axes")
    style_axes(ax)
    others = np.setdiff1d(np.arange(len(network.heads)), bold)
    shown = others[:: max(1, math.ceil(len(others) / MOST_CURVES))]
    if len(t):
        curves = [np.column_stack(thin(t, w[:, k], 600)) for k in shown]
        ax.add_collection(LineCollection(curves, colors="#C4C4C4", linewidths=0.9, zorder=1.5), autolim=False)
        for k, style in zip(bold, _styles(len(bold)), strict=True):
            ax.plot(*thin(t, w[:, k]), **style, linewidth=2, label=arc_name(network, k))
    low, high, _ = _robust_limits([w[:, k] for k in (*bold, *shown)])
    ax.set_ylim(low, high)
    _time_axis(ax, trajectory, ends=w[-1, bold] if len(t) else ())
    if legend and len(t):
        _name_ends(ax)
    if title:
        _title(ax, title, False)
    which = "into the output" if len(network.outputs) == 1 else "into the outputs"
    if arcs is not None:
        which = "chosen"
    elif len(bold) < len(into_output):
        which += " that move most"
    words = f"The weights over time: the {len(bold)} arcs {which} in colour, named at their right end"
    if not legend:
        words = f"The weights over time: the {len(bold)} arcs {which} in colour"
    if len(shown):
        words += (
            f", {len(shown)} others grey"
            if len(shown) == len(others)
            else f", {len(shown)} of {len(others)} others grey"
        )
    if len(t) and len(w.T):
        size = digits(np.sqrt(np.mean(w[-1] ** 2)))
        words += f". Their root mean square at the end is {size}."
        short = f"root mean square at the end {size}"
    else:
        words, short = words + ".", "no rows"
    if trajectory.diverged_at is not None:
        words += f" {_gone(trajectory)}"
    return _describe(ax, caption or words, short)


def plot_side_by_side(
    trajectories, titles=None, plot=plot_tracking, columns=None, height=2.4, caption=None, **arguments
):
    """The same plot of several runs, side by side, with one y axis and one caption, as a `Picture`.

    Parameters
    ----------
    trajectories : list or dict of Trajectory
        The runs; the keys of a dict are the titles.
    titles : list of str, optional
        One for each run.
    plot : callable
        ``plot(trajectory, ax=ax, legend=False)`` draws one of them.
    columns, height : int and float, optional
        How many in a row, up to four by default, and the height of a row in inches.
    caption : str, optional
        Instead of the one that is computed.
    **arguments
        Passed to ``plot``.

    Raises
    ------
    ValueError
        If there is no run, or the number of titles is another one.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> runs = {mu: hlp.run(problem, hlp.GradientFlow(mu), T=6, dt=0.01) for mu in (0.003, 0.03)}
    >>> picture = hlp.plot_side_by_side(runs)
    """
    if isinstance(trajectories, dict):
        titles = list(trajectories) if titles is None else titles
        trajectories = trajectories.values()
    elif isinstance(trajectories, Trajectory):
        trajectories = [trajectories]
    trajectories = list(trajectories)
    if not trajectories:
        raise ValueError("trajectories = []: must hold at least one run")
    if titles is None:
        titles = [None] * len(trajectories)
    titles = [None if title is None else str(title) for title in titles]
    if len(titles) != len(trajectories):
        raise ValueError(f"titles: {len(titles)} given for {len(trajectories)} runs; there must be one per run")
    for k, trajectory in enumerate(trajectories):
        _check_run(f"trajectories[{k}]", trajectory)
    if columns is None:
        rows = math.ceil(len(trajectories) / 4)
        columns = math.ceil(len(trajectories) / rows)
    columns = whole("columns", columns)

    def draw(k):
        return lambda ax: plot(trajectories[k], ax=ax, legend=False, **arguments)

    fig, axes = panels([draw(k) for k in range(len(trajectories))], titles, columns, height)
    words, short = _panel_words(axes, titles)
    if plot is plot_tracking:
        words = f"The output (blue) and the target (dashed orange); {words}"
    elif plot is plot_energy:
        words = (
            f"The Lagrangian (green, solid) and the Hamiltonian (purple, dashed), medians over the last third: {words}"
        )
    return Picture(fig, *_texts(sentence(words), caption))


def panels(draws, titles=None, columns=None, height=2.4):
    """Small multiples: a figure of several drawings side by side, with one y axis and one legend, and its axes.

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
    axes = axes[:count]
    limits = []
    for k, (ax, draw) in enumerate(zip(axes, draws, strict=True)):
        draw(ax)
        if ax.get_legend() is not None:
            ax.get_legend().remove()  # one legend serves all
        if ax.axison and ax.get_aspect() == "auto":
            limits.append(ax.get_ylim())
        if k % columns:
            ax.tick_params(labelleft=False)
            ax.set_ylabel("")
        if k + columns < count:
            ax.set_xlabel("")
        if titles is not None and titles[k] is not None:
            _fit_title(ax, titles[k])
    if limits:
        for ax in axes:
            if ax.get_aspect() == "auto":
                ax.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    handles = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if handles:
        for ax in axes:
            if ax.get_legend() is not None:
                ax.get_legend().remove()  # one for all
        each = 0.75 + 0.09 * max(map(len, handles))  # inches, about
        across = int(np.clip((fig.get_figwidth() - 1) / each, 1, min(len(handles), 6)))
        _grow(fig, top=0.1 + 0.22 * math.ceil(len(handles) / across))
        above = 0.36 if titles is not None and any(titles) else 0.06  # inches
        axes[0].legend(
            handles.values(), handles.keys(), loc="lower left", bbox_to_anchor=(0, 1 + above / height), ncols=across,
            frameon=False, fontsize=TEXT, labelcolor=INK, handlelength=2.4, columnspacing=1.4, borderaxespad=0,
            borderpad=0, labelspacing=0.3,
        )  # fmt: skip
    return fig, axes


def plot_spread(names, median, low, high, ax=None, what="", ylabel="", log=False, words=""):
    """Medians as marks on lines from the smallest to the largest value, one below the other.

    Parameters
    ----------
    names : list of str
        One for each line, from the top.
    median, low, high : array_like, shape (names,)
        Medians, smallest and largest values. What is not finite is named and not drawn.
    ax
        As for all plots: `hlp_edu.plotting`.
    what, ylabel : str
        Names of the axis of values, and of the axis of names.
    log : bool
        Whether the axis of values is logarithmic.
    words : str
        Caption and alt text; the medians by default.

    Raises
    ------
    ValueError
        If the lengths differ or there is nothing to draw.

    Examples
    --------
    >>> plot_spread(["slow", "fast"], [1, 2], [0.5, 1.8], [2, 3], what="error")
    Medians (marks) and least to greatest (lines) of error: slow 1.0, fast 2.0.
    """
    names = [str(name) for name in names]
    columns = np.array([np.asarray(values, float) for values in (low, median, high)])
    if not names or columns.shape != (3, len(names)):
        raise ValueError(f"names: {len(names)} given for {columns.shape[1:]} values; there must be as many, at least 1")
    if ax is None:
        fig, (ax,) = figure(height=max(1.2, 0.36 * len(names) + 0.4))
        inches = max(len(name) for name in names) * 0.085 + (0.35 if ylabel else 0.1)
        left = max(0.8, inches) / fig.get_figwidth()
        place = ax.get_position()
        ax.set_position((left, place.y0, place.x1 - left, place.height))
        plot_spread(names, median, low, high, ax, what, ylabel, log, words)
        return Picture(fig, *_texts(description(ax)[0], None))
    kind("ax", ax, Axes, "a matplotlib Axes")
    style_axes(ax)
    if log:
        ax.set_xscale("log")
    for k, (a, b, c) in enumerate(columns.T):
        if not np.isfinite([a, b, c]).all():
            ax.annotate("diverged", (0.01, k), xycoords=("axes fraction", "data"), size=SMALL, color=INK, va="center")
            continue
        colour = STYLES[0]["color"]
        ax.plot([a, c], [k, k], color=colour, linewidth=2.4, solid_capstyle="butt", label="_range")
        ax.plot([a, a, np.nan, c, c], [k - 0.16, k + 0.16, np.nan, k - 0.16, k + 0.16], color=colour, linewidth=1.6)
        ax.plot([b], [k], marker="o", markersize=8, color=PALETTE["orange"], markeredgecolor=INK, linestyle="none")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(False, axis="y")
    if not log:
        ax.set_xlim(left=0)
    else:
        decades = np.log10(np.divide(*ax.get_xlim()[::-1]))
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 1.7 else (1, 3) if decades < 2.5 else (1,)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(what)
    ax.set_ylabel(ylabel)
    said = ", ".join(
        f"{name} {digits(b) if np.isfinite(b) else 'diverged'}" for name, b in zip(names, columns[1], strict=True)
    )
    words = words or f"Medians (marks) and least to greatest (lines) of {what or 'the values'}: {said}."
    return _describe(ax, words, said)


# ---- the network ----------------------------------------------------------------------------


def plot_network(network, ax=None, w=None, labels=None, title=None, caption=None, activity=None, largest=None):
    """The network: neurons as circles, outputs red, inputs as squares, arcs as arrows named w_ij.

    Parameters
    ----------
    network : Network or Trajectory
        Of a trajectory: its network, with the weights at the end.
    ax, title, caption
        As for all plots: `hlp_edu.plotting`.
    w : array_like, shape (arcs,), optional
        Weights: the width of an arc is their size; positive is blue and solid, negative red and dashed.
    labels : bool, optional
        Whether to name the arcs: w_12 is the weight of the arc 2 -> 1. By default: where they fit.
    activity : array_like, shape (neurons,), optional
        States, drawn as the fill of the neurons: full colour at 1; positive is blue with a solid edge,
        negative red with a dashed one. The outputs then have a double ring and no colour.
    largest : float, optional
        The weight that has the full width, for pictures that are to be compared; then arcs below
        2 % of it are grey. By default the largest of ``w``.

    Raises
    ------
    ValueError
        If an argument is of the wrong kind, or ``w`` or ``activity`` of the wrong length.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> hlp.plot_network(hlp.chain(3))
    A network of 3 neurons and 3 arcs; neuron 3 (red, double ring) is the output; the square is the input u...
    """
    if isinstance(network, Trajectory):
        w = network.final.w if w is None else w
        network = network.network
    kind("network", network, Network, "a hlp_edu Network or Trajectory")
    if w is not None:
        w = vector("w", w, len(network.heads), "arc")
    if activity is not None:
        activity = vector("activity", activity, len(network.neurons), "neuron")
    if largest is not None:
        largest = number("largest", largest, above=0)
    place = _placed(network) if len(network.heads) <= MOST_ARCS else _places(network, w)
    if ax is None:
        wide, tall = place.size
        fig, (ax,) = figure(height=min(0.96 * WIDTH * tall / wide, place.most * tall, 5.0))
        inner = ax.get_position().height * fig.get_figheight()
        fig.set_figheight(inner + (0.5 if title else 0.2))  # no ticks, no labels: no margins
        ax.set_position((0.02, 0.1 / fig.get_figheight(), 0.96, inner / fig.get_figheight()))
        plot_network(network, ax, w, labels, title, None, activity, largest)
        return Picture(fig, *_texts(description(ax)[0], caption))
    kind("ax", ax, Axes, "a matplotlib Axes")
    ax.set_axis_off()
    ax.set_aspect("equal", adjustable="datalim")
    (x0, y0), (x1, y1) = place.corner, place.corner + place.size
    scale = min(ax.bbox.width / (x1 - x0), ax.bbox.height / (y1 - y0), place.most * ax.figure.dpi)  # pixels per unit
    # The limits fill the axes, so that "equal" has nothing left to change.
    wide, tall = ax.bbox.width / scale, ax.bbox.height / scale
    ax.set_xlim((x0 + x1 - wide) / 2, (x0 + x1 + wide) / 2)
    ax.set_ylim((y0 + y1 - tall) / 2, (y0 + y1 + tall) / 2)

    shown, curves = place.shown, place.curves(network, scale)
    _draw_arcs(ax, network, place, curves, shown, w, scale, largest)
    rings = _draw_nodes(ax, network, place, scale, activity)
    named = False
    few = len(network.labels) <= MOST_LABELLED_NODES and len(network.heads) <= MOST_LABELS
    if labels or (labels is None and few):
        named = _name_arcs(ax, network, place, curves, shown, scale, insist=bool(labels))
    if title:
        _fit_title(ax, title)
    words = _network_words(network, w, named, len(shown), rings, activity)
    return _describe(ax, caption or words, f"{len(network.neurons)} neurons, {len(network.heads)} arcs")


def arc_name(network, k):
    """The name of arc ``k`` as mathtext: w with head and tail as its subscript."""
    tail, head = network.tails[k], network.heads[k]
    n = len(network.neurons)
    label = network.neurons[tail] if tail < n else network.inputs[tail - n]
    tail, head = str(label), str(network.neurons[head])
    if tail == "bias" and "b" not in network.labels:
        tail = "b"
    comma = "" if len(tail) == len(head) == 1 else ","
    return f"$w_{{{_upright(head)}{comma}{_upright(tail)}}}$"


def _upright(text):
    """Text as mathtext, upright."""
    text = "".join(c if c.isalnum() else "\\ " for c in text)
    return text if text.isdigit() else rf"\mathrm{{{text}}}"


class _places:
    """Where the nodes are: positions (neurons, then inputs), radius, and the frame around all."""

    def __init__(self, network, w):
        n, inputs = len(network.neurons), len(network.inputs)
        layer = _layers(network)
        self.layered = layer is not None
        self.loops = bool((network.heads == network.tails).any())
        if self.layered:
            self._in_layers(network, layer, n)
        else:
            self._in_a_circle(n, inputs)
        margin = self.radius * (3.4 if self.loops else 1.5) + 0.08
        low, high = self.xy.min(axis=0) - margin, self.xy.max(axis=0) + margin
        self.shown = _shown_arcs(network, w)
        if self.layered and len(self.shown) <= 150:  # an arc that goes round others may lead outside
            bows = np.vstack([self.xy, *_curves(network, self, 1e9)])
            low, high = np.minimum(low, bows.min(axis=0) - 0.15), np.maximum(high, bows.max(axis=0) + 0.15)
        self.corner, self.size, self._drawn = low, high - low, {}
        self.most = (105 if self.layered else 165) / DPI  # inches per unit

    def curves(self, network, scale):
        """The arcs as polylines; the last are kept, because explorers draw them again and again."""
        key = round(float(scale), 3)
        if key not in self._drawn:
            self._drawn = {key: _curves(network, self, scale)}
        return self._drawn[key]

    def _in_layers(self, network, layer, n):
        """Layers from left to right; the bias below them, where its arcs run into the fewest nodes."""
        place = np.full(len(layer), np.nan)
        biases = [n + k for k, label in enumerate(network.inputs) if label == "bias"]
        main = np.setdiff1d(np.arange(len(layer)), biases)
        # in a layer the bias would look like data: it is drawn below
        counts = np.bincount(layer[main])
        spread = max(counts)
        self.radius = 0.24
        apart = max(1.5, 0.35 * spread)  # between layers: tall networks need the width
        for value in np.unique(layer[main]):
            members = main[layer[main] == value]
            # inputs are labelled after the neurons but are read first, in their own order
            place[members] = -(np.arange(len(members)) - (len(members) - 1) / 2)
        self.xy = np.column_stack([layer * apart, place])
        bottom = np.nanmin(place) - 1.0
        for k, node in enumerate(biases):
            heads = network.heads[network.tails == node]
            first = min((self.xy[i, 0] for i in heads), default=0.0)  # no arc leads backward
            best = None
            for x in np.arange(0, first + 0.1, 0.375) if len(main) < 40 else [0.0]:
                self.xy[node] = x + k * 0.5, bottom
                hits = sum(_hits(self.xy[node], self.xy[i], 0.0, self, (node, i)) for i in heads)
                best = min(best or (hits, abs(x - apart / 2), x), (hits, abs(x - apart / 2), x))
            self.xy[node] = best[2] + k * 0.5, bottom

    def _in_a_circle(self, n, inputs):
        """Neurons on a circle, a single input at its centre, several on the left."""
        angle = np.pi / 2 - 2 * np.pi * np.arange(n) / n
        if n == 2:
            angle = np.array([np.pi, 0.0])
        neurons = np.column_stack([np.cos(angle), np.sin(angle)]) if n > 1 else np.zeros((1, 2))
        self.radius = min(0.15, 0.6 * math.sin(math.pi / n)) if n > 1 else 0.15
        if inputs == 1 and n >= 3:
            others = np.zeros((1, 2))  # at the centre, as near to all as can be
        elif n <= 2:
            others = np.column_stack([np.linspace(-0.5, 0.5, inputs) * (inputs > 1), np.full(inputs, -0.9)])
        else:
            rise = (np.arange(inputs) - (inputs - 1) / 2) * min(0.6, 2.4 / max(inputs, 1))
            others = np.column_stack([np.full(inputs, -2.0), -rise])
        self.xy = np.vstack([neurons, others])


@functools.lru_cache(maxsize=8)
def _placed(network):
    """`_places` of a network all of whose arcs are drawn, whatever their weights."""
    return _places(network, None)


def _layers(network):
    """The layer of every node if arcs only lead forward (self-loops aside), else None."""
    heads, tails = network.heads, network.tails
    loops = heads == tails
    heads, tails = heads[~loops], tails[~loops]
    layer = np.zeros(len(network.neurons) + len(network.inputs), int)
    n = len(network.neurons)
    layer[:n] = 1 if network.inputs else 0
    bias = np.array([label == "bias" for label in network.labels])
    forward = ~bias[tails]
    heads, tails = heads[forward], tails[forward]
    size = len(layer)
    links = coo_array((np.ones(len(heads), bool), (tails, heads)), shape=(size, size))
    if connected_components(links, connection="strong")[0] < size:
        return None  # there is a cycle
    for _ in range(size):
        new = layer.copy()
        np.maximum.at(new, heads, layer[tails] + 1)
        if (new == layer).all():
            break
        layer = new
    return layer - layer[~bias].min() if (~bias).any() else layer


def _bow(a, b, bend, count=60):
    """A curve from a to b, bent to its left by ``bend`` times its length."""
    s = np.linspace(0, 1, count)[:, None]
    d = b - a
    control = (a + b) / 2 + bend * np.array([-d[1], d[0]])
    return (1 - s) ** 2 * a + 2 * s * (1 - s) * control + s**2 * b


def _hits(a, b, bend, place, but):
    """How many nodes the curve from a to b runs into."""
    curve = _bow(a, b, bend, 24)
    others = np.delete(place.xy, but, axis=0)
    if not len(others):
        return 0
    apart = np.linalg.norm(curve[:, None] - others[None], axis=2).min(axis=0)
    return int((apart < 1.35 * place.radius).sum())


def _shown_arcs(network, w):
    """Columns of the arcs that are drawn: the largest weights, or a sample."""
    m = len(network.heads)
    if m <= MOST_ARCS:
        return np.arange(m)
    if w is not None:
        return np.sort(np.argsort(-np.abs(w), kind="stable")[:MOST_ARCS])
    return np.sort(np.random.default_rng(0).choice(m, MOST_ARCS, replace=False))  # any few will do


def _curves(network, place, scale):
    """One polyline per arc, cut where its nodes begin."""
    n, r, shown = len(network.neurons), place.radius, place.shown
    both = set(zip(network.tails[shown].tolist(), network.heads[shown].tolist(), strict=True))
    small = len(place.xy) <= 40
    curves = []
    for k in shown:
        j, i = int(network.tails[k]), int(network.heads[k])
        a, b = place.xy[j], place.xy[i]
        if i == j:
            out = np.array([0.0, 1.0]) if place.layered or n == 1 else a / np.linalg.norm(a)
            side = np.array([-out[1], out[0]])
            angle = np.linspace(-0.78 * np.pi, 0.78 * np.pi, 60)[:, None]
            loop = 0.72 * r
            curve = a + (r + 0.78 * loop) * out + loop * (np.cos(angle) * out + np.sin(angle) * side)
            inside = np.linalg.norm(curve - a, axis=1) < 1.06 * r
            curves.append(curve[~inside])
            continue
        bend = 0.2 if (i, j) in both else 0.0
        if small and _hits(a, b, bend, place, (i, j)):
            bends = (0.2, 0.3, 0.4, 0.1, 0.55) if bend else (0.0, 0.15, -0.15, 0.25, -0.25, 0.4, -0.4, 0.55, -0.55)
            bend = min(bends, key=lambda value: _hits(a, b, value, place, (i, j)))
        curve = _bow(a, b, bend)
        apart = np.abs(curve - a)
        start = apart.max(axis=1) - 0.82 * r if j >= n else np.linalg.norm(apart, axis=1) - r
        kept = curve[(start > 2.5 / scale) & (np.linalg.norm(curve - b, axis=1) > r + 1.5 / scale)]
        curves.append(kept if len(kept) > 1 else curve[28:32])
    return curves


def _draw_arcs(ax, network, place, curves, shown, w, scale, largest):
    """Draw shafts and arrowheads; width and colour show the weights."""
    point = ax.figure.dpi / 72 / scale  # one typographic point, in units of the drawing
    many = len(shown) > 150
    width = np.full(len(shown), 0.4 if many else 1.1)
    colour = np.full(len(shown), "#9A9A9A" if many else "#7A7A7A", dtype=object)
    negative = np.zeros(len(shown), bool)
    if w is not None and len(shown):
        size = np.abs(w[shown])
        relative = (size / (largest or max(size.max(), 1e-12))).clip(0, 1)
        width = (0.3 if many else 0.8) + (2.0 if many else 3.7) * relative
        negative = w[shown] < 0
        colour = np.where(negative, PALETTE["vermillion"], PALETTE["blue"]).astype(object)
        if largest is not None:
            colour[relative < 0.02] = "#C4C4C4"
    tips, lines = [], []
    for curve, thick in zip(curves, width, strict=True):
        # a step as long as the arrowhead back from the end of the curve
        length = min(point * (5.5 + 1.3 * thick), 1.1 * place.radius) * (0.6 if many else 1)
        back = np.linalg.norm(curve - curve[-1], axis=1)
        base = int(np.flatnonzero(back >= min(length, back.max()))[-1])
        along = curve[-1] - curve[base]
        along = along / max(np.linalg.norm(along), 1e-12)
        across = 0.42 * length * np.array([-along[1], along[0]])
        foot = curve[-1] - length * along
        tips.append([curve[-1], foot + across, foot - across])
        lines.append(np.vstack([curve[: base + 1], foot + 0.3 * length * along]))
    dashes = [(0, (4.5 / thick, 2.5 / thick)) if minus else "-" for thick, minus in zip(width, negative, strict=True)]
    style = dict(colors=list(colour), linewidths=width, linestyles=dashes, alpha=0.5 if many else None)
    ax.add_collection(LineCollection(lines, zorder=1.5, capstyle="butt", **style), autolim=False)
    if len(shown) <= 600:
        ax.add_collection(PolyCollection(tips, facecolors=list(colour), edgecolors="none", zorder=1.6), autolim=False)


def _draw_nodes(ax, network, place, scale, activity=None):
    """Draw circles and squares; return whether the outputs have a ring (small ones are larger instead)."""
    n, r = len(network.neurons), place.radius
    # The limits are set: `add_artist` does not search for them, which takes `add_patch` half of the time.
    outputs = set(network.output_index.tolist())
    points = r * scale * 72 / ax.figure.dpi  # radius in points
    rings, many = points > 5, len(place.xy) > 100
    if many:  # one artist for all neurons, one for all inputs
        r = max(r, 1.5 / scale)
        size, square = np.full(n, 2 * r), r * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        style = dict(edgecolors=INK, linewidths=0.3, zorder=3)
        centres = dict(offsets=place.xy[:n], offset_transform=ax.transData)
        circles = EllipseCollection(size, size, 0, units="xy", facecolors=PAPER, **centres, **style)
        ax.add_collection(circles, autolim=False)
        squares = PolyCollection(place.xy[n:, None] + square, facecolors="#E3E3E3", **style)
        ax.add_collection(squares, autolim=False)
    for k, (label, (x, y)) in enumerate(zip(network.labels, place.xy, strict=True)):
        red = k in outputs
        if many and not red:
            continue
        line = min(1.4, points / 8)
        if k >= n:
            box = (x - 0.82 * r, y - 0.82 * r), 1.64 * r, 1.64 * r
            box_style = f"round,pad=0,rounding_size={0.25 * r}"
            ax.add_artist(
                FancyBboxPatch(*box, boxstyle=box_style, fc="#E3E3E3", ec=INK, lw=line, zorder=3, gid="input")
            )
        else:
            wide = r if rings or not red else max(1.4 * r, 4 / scale)
            style = dict(fc=PALETTE["vermillion"], gid="output") if red else dict(fc=PAPER, gid="neuron")
            style |= dict(ec=INK, lw=line)
            if activity is not None:
                style |= _activity_style(activity[k], line)
            ax.add_artist(Circle((x, y), wide, zorder=3, **style))
            if red and rings and activity is None:
                ax.add_artist(Circle((x, y), 0.84 * r, fc="none", ec=PAPER, lw=line, zorder=3.1, gid="ring"))
            elif red:
                ax.add_artist(Circle((x, y), 1.22 * wide, fc="none", ec=INK, lw=line, zorder=3.1, gid="ring"))
        size = min(13.0, 1.05 * points, 2.35 * points / max(len(str(label)), 1))
        if size >= 5.5 and len(place.xy) <= 40:
            style = dict(color=PAPER, weight="bold") if red else dict(color=INK)
            if activity is not None and k < n:
                style = dict(color=PAPER if abs(activity[k]) > 0.6 else INK)
            centred = dict(ha="center", va="center_baseline")
            ax.text(x, y, str(label), size=size, zorder=4, gid="node", **centred, **style)
    return rings


def _activity_style(state, line):
    """Fill and edge of a neuron: the same code as for the arcs."""
    colour = np.array(to_rgb(PALETTE["vermillion" if state < 0 else "blue"]))
    fill = 1 + min(abs(state), 1.0) * (colour - 1)
    return dict(fc=tuple(fill), ec=tuple(colour), lw=1.6 * line, ls=(0, (2.2, 1.4)) if state < 0 else "-")


def _name_arcs(ax, network, place, curves, shown, scale, insist):
    """Write w_ij on every arc, where it covers no other name and no node; False if they do not fit."""
    renderer = FigureCanvasAgg(ax.figure).get_renderer()
    names = [arc_name(network, k) for k in shown]
    centre = np.array([np.mean(ax.get_xlim()), np.mean(ax.get_ylim())])
    half = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())]) / 2
    points = np.vstack(curves) if curves else np.zeros((0, 2))
    owner = np.repeat(np.arange(len(curves)), [len(curve) for curve in curves])
    ends = np.array([curve[-1] for curve in curves]).reshape(-1, 2)
    order = np.argsort([np.linalg.norm(np.diff(curve, axis=0), axis=1).sum() for curve in curves], kind="stable")
    for size in (10.5, 9.5, 8.5):
        prop = FontProperties(size=size)
        boxes = np.array([renderer.get_text_width_height_descent(name, prop, True)[:2] for name in names])
        boxes = (boxes.reshape(-1, 2) + 2.0) / scale / 2  # half widths and heights, with a little air
        spots = [
            _spots(curve, box, k, network, shown, place)
            for k, (curve, box) in enumerate(zip(curves, boxes, strict=True))
        ]
        at = np.full((len(names), 2), np.nan)
        costs = []
        for spot, box, k in zip(spots, boxes, range(len(names)), strict=True):
            near = np.abs(points[None] - spot[:, None])
            foreign = ((near < box).all(axis=2) & (owner != k)).sum(axis=1)
            tips = (np.abs(ends[None] - spot[:, None]) < box + 6 / scale).all(axis=2).sum(axis=1)
            gaps = np.maximum(np.abs(place.xy[None] - spot[:, None]) - box, 0)
            nodes = (np.linalg.norm(gaps, axis=2) < 1.08 * place.radius).any(axis=1)
            outside = (np.abs(spot - centre) > half - box).any(axis=1)
            bias = np.linspace(0, 1, len(spot))  # the first spots are the nicest
            costs.append(0.35 * foreign + 2.0 * tips + bias + 1e4 * (nodes | outside))
        for _ in range(6):
            before = at.copy()
            for k in order:
                close = np.abs(at[None] - spots[k][:, None]) < boxes[None] + boxes[k]
                close[:, k] = False
                clash = close.all(axis=2).sum(axis=1)
                at[k] = spots[k][np.argmin(costs[k] + 1e3 * clash)]
            if np.array_equal(before, at):
                break
        worst = 0.0
        for k in range(len(names)):
            close = (np.abs(at - at[k]) < boxes + boxes[k]).all(axis=1)
            close[k] = False
            here = int(np.argmin(np.linalg.norm(spots[k] - at[k], axis=1)))
            worst = max(worst, 1e3 * close.sum() + costs[k][here])
        if worst < 1e3 or (insist and size == 8.5):
            for name, (x, y) in zip(names, at, strict=True):
                paper = dict(boxstyle="square,pad=0.05", fc=PAPER, ec="none")
                ax.text(x, y, name, size=size, color=INK, ha="center", va="center", zorder=2, bbox=paper, gid="arc")
            return True
    return False


def _spots(curve, box, k, network, shown, place):
    """Where the name of an arc may be: on it, first at its midpoint, then towards its ends."""
    if network.heads[shown[k]] == network.tails[shown[k]]:
        centre = place.xy[network.heads[shown[k]]]
        far = curve[np.argmax(np.linalg.norm(curve - centre, axis=1))]
        out = (far - centre) / np.linalg.norm(far - centre)
        extent = np.abs(box * out).sum()  # the box just touches the loop, outside
        return np.array([far + out * extent * s for s in (1.15, 1.4, 0.0, -0.5)])
    along = np.array([0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8, 0.14])
    return curve[np.round(along * (len(curve) - 1)).astype(int)]


def _network_words(network, w, named, shown, rings, activity=None):
    """What a picture of a network shows, in words."""
    red = "red, double ring" if rings else "red, larger"
    if activity is not None:
        red = "double ring"
    n, m = len(network.neurons), len(network.heads)
    words = f"A network of {counted(n, 'neuron')} and {counted(m, 'arc')}"
    if len(network.outputs) == 1:
        words += f"; neuron {network.outputs[0]} ({red}) is the output"
    elif network.outputs:
        words += f"; neurons {listed(network.outputs)} ({red}) are the outputs"
    if len(network.inputs) == 1:
        words += f"; the square is the input {network.inputs[0]}"
    elif network.inputs:
        words += f"; the squares are the inputs {listed(network.inputs)}"
    words += "."
    if named:
        k = next((k for k, (j, i) in enumerate(zip(network.tails, network.heads, strict=True)) if i != j), None)
        if k is not None:
            tail, head = network.arcs[k]
            name = arc_name(network, k).translate(str.maketrans("", "", "${}\\")).replace("mathrm", "")
            words += f" The arrow from {tail} to {head} carries the weight {name}."
    if shown < m:
        words += f" {shown} of the arcs are drawn."
    if w is not None and m:
        words += (
            f" Width is the size of a weight, at most {digits(np.abs(w).max())}; "
            f"{int((w > 0).sum())} are positive (blue, solid), {int((w < 0).sum())} negative (red, dashed)."
        )
    if activity is not None:
        words += (
            f" The fill of a neuron is its activity, at most {digits(np.abs(activity).max())}: "
            f"{int((activity > 0).sum())} are positive (blue, solid edge), {int((activity < 0).sum())} negative "
            "(red, dashed)."
        )
    return words


class _TickNumbers(Formatter):
    """Numbers at ticks: as many digits as tell them apart, and never an offset in the corner."""

    def __call__(self, value, pos=None):
        return self.format_ticks([value])[0]

    def format_ticks(self, values):
        large = max(map(abs, values), default=0)
        for count in range(1, 17):
            if 1e-4 <= large < 1e6 or large == 0:
                texts = [f"{value:.{count - 1}f}" for value in values]
            else:
                texts = [short_power(f"{value:.{count - 1}e}") if value else "0" for value in values]
            if all(
                math.isclose(float(t), v, rel_tol=1e-9, abs_tol=1e-9 * large)
                for t, v in zip(texts, values, strict=True)
            ):
                break
        return [text.replace("-", "\N{MINUS SIGN}") for text in texts]


def _frame(ax):
    """What `style_axes` sets, to tell whether it was changed since."""
    seen = [
        ax.axison,
        ax.get_aspect(),
        ax.get_adjustable(),
        ax.get_facecolor(),
        ax.get_axisbelow(),
        *np.round(ax.bbox.bounds),
    ]
    seen += [(spine.get_visible(), spine.get_edgecolor()) for spine in ax.spines.values()]
    for axis in (ax.xaxis, ax.yaxis):
        objects = axis.get_major_locator(), axis.get_minor_locator(), axis.get_major_formatter()
        seen += [axis.get_scale(), axis.get_visible(), *map(id, objects), axis.label.get_size(), axis.label.get_color()]
        seen += [axis.get_tick_params("major"), axis.get_tick_params("minor"), axis.label.get_visible()]
        seen += [axis.get_label_position(), axis.get_ticks_position(), axis.labelpad]
    return seen


# ---- small parts ----------------------------------------------------------------------------


def thin(t, values, most=1600):
    """Fewer points that draw the same line: the minimum and the maximum of every short interval."""
    if len(t) <= most:
        return t, values
    stride = math.ceil(2 * len(t) / most)
    whole = len(t) // stride * stride
    blocks = values[:whole].reshape(-1, stride)
    start = np.arange(len(blocks)) * stride
    picked = np.sort(np.concatenate([start + blocks.argmin(axis=1), start + blocks.argmax(axis=1)]))
    picked = np.unique(np.concatenate([[0], picked, np.arange(whole, len(t)), [len(t) - 1]]))
    return t[picked], values[picked]


def _draw_tracking(trajectory, chosen, ax, legend):
    """Draw the chosen outputs and their targets."""
    t, several = trajectory.t, len(chosen) > 1
    for place, k in enumerate(chosen):
        label = f" {trajectory.network.outputs[k]}" if several else ""
        output, target = dict(OUTPUT, label="output" + label), dict(TARGET, label="target" + label)
        if several:
            mark = dict(marker=MARKERS[place % len(MARKERS)], markersize=6, markevery=(0.05 + 0.03 * place, 0.15))
            output, target = output | mark, target | mark | dict(markerfacecolor=PAPER)
        ax.plot(*thin(t, trajectory.outputs[:, k]), **output)
        ax.plot(*thin(t, trajectory.target[:, k]), **target)
    _time_axis(ax, trajectory)
    ax.set_ylabel("state")
    ax.set_ylim(_tracking_limits(trajectory, chosen))
    if legend:
        _legend(ax)


def _tracking_limits(trajectory, chosen):
    """Limits of the y axis: those of tanh if they do, so that runs compare."""
    if not len(trajectory.t):
        return -1.1, 1.1
    z, x = trajectory.target[:, chosen], trajectory.outputs[:, chosen]
    low, high = min(z.min(), x.min()), max(z.max(), x.max())
    if -1.05 <= low and high <= 1.05 and max(-low, high) > 0.3:
        return -1.1, 1.1  # the range of tanh: the same for all runs, so that they compare
    size = max(np.ptp(z), 0.5 * np.abs(z).max(), 0.2)
    low, high = max(low, z.min() - 1.5 * size), min(high, z.max() + 1.5 * size)
    air = 0.08 * max(high - low, 1e-6)
    return low - air, high + air


def _tracking_words(trajectory, after, chosen):
    """Whether the outputs follow, and with which error: a sentence and its short form."""
    t = trajectory.t
    if trajectory.diverged_at is not None:
        begun = "Until then the output (blue) and the target (dashed orange) are shown." if len(t) else ""
        return f"{_gone(trajectory)} {begun}".strip(), f"diverged at t = {digits(trajectory.diverged_at)}"
    if after is None:
        after = float(digits(t[0] + (t[-1] - t[0]) / 3))
        after = min(max(after, t[0]), t[-1])
    error = trajectory.rmse(after)
    late = t >= after - 1e-9
    z, x = trajectory.target[late][:, chosen], trajectory.outputs[late][:, chosen]
    size = max(np.sqrt(np.mean(z**2)), 0.05)
    one = len(trajectory.network.outputs) == 1
    relative = np.sqrt(np.mean((x - z) ** 2)) / size
    verb = ("follow", "roughly follow") if relative < 0.7 else ("do not follow", "do not follow")
    verb = verb[int(relative > 0.3)]
    if one:
        verb = {"follow": "follows", "roughly follow": "roughly follows"}.get(verb, "does not follow")
    subject = "The output (blue)" if one else "The outputs (blue)"
    words = f"{subject} {verb} the target{'' if one else 's'} (dashed orange); "
    if len(chosen) < len(trajectory.network.outputs):
        words = f"{len(chosen)} of {len(trajectory.network.outputs)} outputs are shown. {words}"
    words += f"RMSE {digits(error)} after t = {after:.3g}."
    return words, f"RMSE {digits(error)}"


def _gone(trajectory):
    """When and why a run diverged."""
    return f"The run diverged at t = {digits(trajectory.diverged_at)}: {trajectory.reason}."


def _time_axis(ax, trajectory, ends=()):
    """Name and limit the axis of time; mark where a run diverged."""
    t = trajectory.t
    first = t[0] if len(t) else 0.0
    last = t[-1] if len(t) else 1.0
    span = max(last - first, 1e-9)
    if trajectory.diverged_at is not None:
        zone = max(0.12, 26 * ax.figure.dpi / 100 / ax.bbox.width)  # fraction of the width, for the word
        low, high = ax.get_ylim()
        heights = (np.array([*ends, np.inf]) - low) / (high - low)
        spot = max((0.5, 0.78, 0.22), key=lambda y: np.abs(heights - y).min())  # away from where lines end
        ax.axvline(trajectory.diverged_at, color=INK, linewidth=1.2, linestyle=(0, (1, 1.5)), label="_gone")
        ax.axvspan(trajectory.diverged_at, last + span, color="#F2F2F2", zorder=0, label="_gone")
        ax.text(
            last + (0.55 * zone) * span, spot, "diverged", transform=ax.get_xaxis_transform(), ha="center",
            va="center", size=TEXT, color=INK, rotation=90, gid="gone",
        )  # fmt: skip
        last = last + zone * span
    ax.set_xlim(first, last)
    ax.set_xlabel("time t")


def _robust_limits(lines, beyond=3.0):
    """Limits that show all, unless a few spikes would flatten the rest; and the largest of these."""
    values = np.concatenate([np.asarray(line, float).ravel() for line in lines]) if len(lines) else np.zeros(0)
    if not values.size:
        return -1.0, 1.0, None
    low, high = values.min(), values.max()
    inner_low, inner_high = np.percentile(values, [1.0, 99.0])
    inner = max(inner_high - inner_low, 1e-9)
    spike = None
    if high > inner_high + beyond * inner:
        spike, high = high, inner_high + 0.3 * inner
    if low < inner_low - beyond * inner:
        spike, low = (low if spike is None or -low > spike else spike), inner_low - 0.3 * inner
    air = 0.06 * max(high - low, 1e-6 * max(1.0, abs(high)))
    return low - air, high + air, spike


def _name_ends(ax):
    """Names of the lines at their right ends, moved apart where they would overlap."""
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    if not lines:
        return
    low, high = ax.get_ylim()
    gap = 1.25 * TEXT / 72 * ax.figure.dpi / ax.bbox.height  # as a fraction of the height
    ends = np.array([(line.get_ydata()[-1] - low) / (high - low) for line in lines]).clip(0.02, 0.98)
    order = np.argsort(ends, kind="stable")
    at = ends[order]
    gap = min(gap, 1.0 / max(len(at) - 1, 1))
    for _ in range(200):  # neighbours that are too close push each other away
        close = np.maximum(gap - np.diff(at), 0) / 2
        at[:-1] -= close
        at[1:] += close
        at += max(0.0, -at[0]) - max(0.0, at[-1] - 1.0)
    # The names are inside the axes, so that they are never cut, wherever the axes are.
    left, right = ax.get_xlim()
    renderer, prop = FigureCanvasAgg(ax.figure).get_renderer(), FontProperties(size=TEXT)
    widest = max(renderer.get_text_width_height_descent(line.get_label(), prop, True)[0] for line in lines)
    margin = min(0.6, (widest + 0.24 * ax.figure.dpi) / ax.bbox.width)
    ax.set_xticks([tick for tick in ax.get_xticks() if left <= tick <= right])
    ax.set_xlim(left, left + (right - left) / (1 - margin))
    for k, y in zip(order, at, strict=True):
        line = lines[k]
        ax.annotate(
            line.get_label(), (line.get_xdata()[-1], low + ends[k] * (high - low)),
            xytext=(1 - margin + 0.18 * ax.figure.dpi / ax.bbox.width, y), textcoords="axes fraction", size=TEXT,
            color=INK, va="center", ha="left", gid="end",
            arrowprops=dict(arrowstyle="-", color=line.get_color(), lw=1.2, shrinkA=1, shrinkB=0),
        )  # fmt: skip


def _legend(ax):
    """Name the lines above the axes."""
    handles, names = ax.get_legend_handles_labels()
    if not handles:
        return
    columns = int(np.clip(ax.bbox.width / ax.figure.dpi / 1.2, 1, min(len(handles), 4)))
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, frameon=False,
        fontsize=TEXT, labelcolor=INK, handlelength=2.4, columnspacing=1.4, borderaxespad=0.3, borderpad=0.1,
    )  # fmt: skip


def _title(ax, title, legend):
    """Write the title, right of a legend."""
    if legend and ax.get_legend() is not None:  # the legend is at the left: the title is at the right
        ax.set_title(str(title), loc="right", size=TEXT + 1, color=INK, pad=6)
    else:
        _fit_title(ax, title)


def _fit_title(ax, title):
    """Write the title as large as it fits."""
    text = ax.set_title(str(title), loc="left", size=TEXT + 1, color=INK, pad=6)
    renderer = FigureCanvasAgg(ax.figure).get_renderer()
    while text.get_size() > 8 and text.get_window_extent(renderer).width > ax.bbox.width * 1.02:
        text.set_size(text.get_size() - 0.5)


def _grow(fig, top=0.0, bottom=0.0):
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
    for text in fig.texts:
        x, y = text.get_position()
        text.set_position((x, (y * tall + bottom) / new))


def _wrap(fig, text, wide, size):
    """Lines of text that are at most ``wide`` pixels long."""
    renderer, prop = FigureCanvasAgg(fig).get_renderer(), FontProperties(size=size)

    def length(line):
        return renderer.get_text_width_height_descent(line, prop, line.count("$") > 1)[0]

    lines = []
    for paragraph in text.split("\n"):
        words, line = paragraph.split(), ""
        for word in words:
            longer = f"{line} {word}".strip()
            if line and length(longer) > wide:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def _draw_caption(fig, caption, size=TEXT):
    """Write the caption below the axes of a figure, which grows."""
    wide = fig.get_figwidth() * fig.dpi
    margin = 0.2 * fig.dpi
    lines = _wrap(fig, caption, wide - 2 * margin, size)
    line = 1.35 * size / 72
    needed = len(lines) * line + 0.16
    _grow(fig, bottom=needed)
    tall = fig.get_figheight()
    for k, words in enumerate(lines):
        fig.text(
            margin / wide, (needed - 0.06 - k * line) / tall, words, size=size, color=INK, va="top", ha="left",
            gid="caption",
        )  # fmt: skip


def _pixels(fig):
    """The figure, drawn, as an array of pixels."""
    canvas = fig.canvas if isinstance(fig.canvas, FigureCanvasAgg) else FigureCanvasAgg(fig)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def _png(pixels, small=False):
    """PNG bytes: at once, or small, with 256 colours or fewer (what a notebook keeps)."""
    from PIL import Image

    image = Image.fromarray(pixels).convert("RGB")
    for colours in (256, 64, 24) if small else (None,):
        file, shown = io.BytesIO(), image
        if colours:
            shown = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        shown.save(file, "PNG", compress_level=9 if small else 1)
        if file.tell() < 95_000:
            break
    return file.getvalue()


def _describe(ax, words, short):
    """Keep what a plot has to say of an axes, for `description`."""
    _descriptions[ax] = words, short
    return ax


def _texts(words, caption):
    """Alt text and caption: the computed words, or a given caption followed by them."""
    return (f"{caption} {words}" if caption else words), (caption or words)


def _panel_words(axes, titles):
    """What several panels show, in one sentence, and each one's short form."""
    said = [description(ax)[1] for ax in axes]
    if any(text is None for text in said):
        return ", ".join(title for title in titles if title), None
    named = [f"{title}: {text}" if title else text for title, text in zip(titles, said, strict=True)]
    return "; ".join(named), said


def _styles(count):
    """So many styles of lines; they repeat after six."""
    return [STYLES[k % len(STYLES)] for k in range(count)]


def _check_run(name, trajectory):
    kind(name, trajectory, Trajectory, "a Trajectory, the result of hlp_edu.run")


def _check_count(name, several):
    """At least one, and no more than there are styles."""
    if not 1 <= len(several) <= len(STYLES):
        raise ValueError(f"{name}: {len(several)} given; there must be 1 to {len(STYLES)}")


def _arc_columns(network, arcs):
    """Columns of the arcs (tail, head)."""
    place = {arc: k for k, arc in enumerate(network.arcs)}
    columns = []
    for arc in arcs:
        key = tuple(arc) if isinstance(arc, (tuple, list)) else arc
        if key not in place:
            some = ", ".join(map(repr, network.arcs[:3]))
            raise ValueError(f"arcs: {arc!r} is not an arc (tail, head) of the network; its arcs: {some}, ...")
        columns.append(place[key])
    return np.array(columns, int)


# ---- lines, and what an update reads --------------------------------------------------------


def plot_lines(x, lines, words, ax=None, xlabel="time t", ylabel="", log="", points=False, legend=True, title=None):
    """Named lines over a common axis, each with its own colour and line style.

    Parameters
    ----------
    x : array_like, shape (count,)
        Where the lines are known.
    lines : dict of {str: array_like, shape (count,)}
        Name and values of each line, at most six.
    words : str
        What is to be seen: the caption and the alt text.
    ax, legend, title
        As for all plots: `hlp_edu.plotting`.
    xlabel, ylabel : str
        Names of the axes.
    log : {"", "x", "y", "xy"}
        Which axes are logarithmic.
    points : bool
        Mark every point: for lines that are known at few places only.

    Raises
    ------
    ValueError
        If a line has another length than ``x``, there are none or more than six, or an argument is unknown.

    Examples
    --------
    >>> plot_lines([0, 1, 2], {"up": [0, 1, 2], "down": [2, 1, 0]}, "One line rises, one falls.")
    One line rises, one falls.
    """
    x = np.asarray(x, float)
    _check_count("lines", lines)
    for name, values in lines.items():
        if np.shape(values) != x.shape:
            raise ValueError(f"lines[{name!r}] has shape {np.shape(values)}: must be {x.shape}, as x")
    one_of("log", log, ("", "x", "y", "xy"))
    if ax is None:
        fig, (ax,) = figure()
        plot_lines(x, lines, words, ax, xlabel, ylabel, log, points, legend, title)
        return Picture(fig, words, words)
    kind("ax", ax, Axes, "a matplotlib Axes")
    style_axes(ax)
    for k, (style, (name, values)) in enumerate(zip(STYLES, lines.items(), strict=False)):
        mark = dict(marker=MARKERS[k], markersize=6) if points else {}
        across = (x, np.asarray(values, float)) if points or log else thin(x, np.asarray(values, float))
        ax.plot(*across, **style, **mark, linewidth=2, label=name)
    if "x" in log:
        ax.set_xscale("log")
    if "y" in log:
        ax.set_yscale("log")
    ax.margins(x=0.03 if points else 0)
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        if axis.get_scale() == "log":
            decades = np.log10(limits[1] / limits[0])
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 1.2 else (1, 3) if decades < 2.5 else (1,)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_locator(NullLocator())
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    if legend and (len(lines) > 1 or points):
        _legend(ax)
    if title:
        _title(ax, title, legend)
    return _describe(ax, words or None, title or words or None)


READS = (  # how `plot_locality` marks the kinds of `locality.KINDS`
    None,
    dict(marker="s", facecolor=PALETTE["blue"], edgecolor=PALETTE["blue"], label="its own"),
    dict(marker="o", facecolor=PALETTE["orange"], edgecolor=PALETTE["orange"], label="one hop away"),
    dict(marker=".", facecolor=GREY, edgecolor=GREY, label=r"only inside $\sigma'(a)$"),
    dict(marker="X", facecolor=PALETTE["vermillion"], edgecolor=PALETTE["black"], label="VIOLATION"),
)
SYMBOLS = {"x": "x", "w": "w", "p_x": "p", "p_w": "p", "u": "u", "z": "z", "a": "a"}


def plot_locality(audit, of=None, ax=None, legend=True, title=None, caption=None):
    """What the updates read: the whole pattern, or the neighbourhood of one neuron or arc.

    Parameters
    ----------
    audit : locality.Audit
        What was measured.
    of : neuron label or (tail, head), optional
        A neuron or an arc: what its two updates read is marked on the network.
    ax, legend, title, caption
        As for all plots: `hlp_edu.plotting`.

    Raises
    ------
    ValueError
        If ``audit`` is none, or there is no such neuron or arc.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> from hlp_edu.locality import audit
    >>> picture = plot_locality(audit(hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid())), of=(1, 2))
    """
    if not hasattr(audit, "weight_transport"):
        raise ValueError(f"audit = {audit!r}: must be the result of hlp_edu.locality.audit")
    if of is not None:
        audit.of(of)  # a label that does not exist is named here
    if ax is None:
        if of is None:
            fig, (ax,) = figure(height=float(np.clip(0.17 * len(audit.rows), 3, 6.5)), width=WIDTH)
        else:
            wide, tall = _places(audit.network, None).size
            fig, (ax,) = figure(height=min(0.96 * WIDTH * tall / wide, 4.0))
            inner = ax.get_position().height * fig.get_figheight()
            fig.set_figheight(inner + (0.5 if title else 0.2))
            ax.set_position((0.02, 0.1 / fig.get_figheight(), 0.96, inner / fig.get_figheight()))
        plot_locality(audit, of, ax, legend, title)
        return Picture(fig, *_texts(description(ax)[0], caption))
    kind("ax", ax, Axes, "a matplotlib Axes")
    words, short = _draw_pattern(audit, ax) if of is None else _draw_neighbourhood(audit, of, ax)
    if not legend and ax.get_legend():
        ax.get_legend().remove()
    if title:
        _fit_title(ax, title)
    return _describe(ax, caption or words, short)


def _symbol(network, variable, of):
    """A variable as mathtext, as the lessons write it."""
    if variable in ("w", "p_w"):
        subscript = arc_name(network, network.arcs.index(of))[4:-2]
        return f"$w_{{{subscript}}}$" if variable == "w" else f"$p_{{w,{subscript}}}$"
    subscript = _upright(str(of))
    return f"$p_{{x,{subscript}}}$" if variable == "p_x" else f"${variable}_{{{subscript}}}$"


def _draw_pattern(audit, ax):
    """Mark every read in a table of updates and variables; a sentence and its short form."""
    kinds, network = audit.kinds, audit.network
    rows, columns = kinds.shape
    style_axes(ax)
    ax.grid(False)
    ax.set_xlim(-0.7, columns - 0.3)
    ax.set_ylim(rows - 0.3, -0.7)
    cell = min(ax.bbox.width / columns, ax.bbox.height / rows) * 72 / ax.figure.dpi
    for what, style in enumerate(READS):
        at = np.argwhere(kinds == what)
        if style and len(at):
            size = (0.8 if what != 3 else 0.6) * cell
            ax.scatter(at[:, 1], at[:, 0], s=size**2, linewidths=0.5, zorder=3, **style)
    few = rows <= 40 and columns <= 40
    for axis, labels in ((ax.xaxis, audit.columns[:columns]), (ax.yaxis, audit.rows)):
        starts = [k for k, label in enumerate(labels) if k == 0 or label[0] != labels[k - 1][0]]
        for k in starts[1:]:
            (ax.axvline if axis is ax.xaxis else ax.axhline)(k - 0.5, color="#BFBFBF", linewidth=0.9, zorder=1)
        if few:
            names = [_symbol(network, what.rstrip("'"), of) for what, of in labels]
            names = [f"{name}'" if what.endswith("'") else name for name, (what, _) in zip(names, labels, strict=True)]
            axis.set_ticks(range(len(labels)), names)
        else:
            ends = [*starts[1:], len(labels)]
            names = {"p_x": "$p_x$", "p_w": "$p_w$", "p_x'": "$p_x$'", "p_w'": "$p_w$'"}
            centres = [(a + b - 1) / 2 for a, b in zip(starts, ends, strict=True)]
            axis.set_ticks(centres, [names.get(labels[k][0], f"${labels[k][0]}$") for k in starts])
    if few:
        ax.tick_params(labelsize=8, pad=2)
        ax.tick_params(axis="x", labelrotation=90)
    ax.set_xlabel("variable")
    ax.set_ylabel("update")
    _legend(ax)
    reads, wrong = int(audit.total.sum()), len(audit.violations)
    counts = [int((kinds == what).sum()) for what in range(5)]
    words = (
        f"What every update (row) reads of every variable (column): {reads} of {kinds.size} places are filled, "
        f"{counts[1]} by the update's own variables (squares), {counts[2]} by variables one hop away (circles), "
        f"{counts[3]} by variables that are seen only inside sigma'(a) (dots); "
    )
    words += "none is a violation." if not wrong else f"{counts[4]} violate the neighbourhoods (crosses)."
    return words, f"{reads} reads, {wrong} violations"


def _draw_neighbourhood(audit, of, ax):
    """Mark on the network what the updates of one neuron or arc read; a sentence and its short form."""
    network = audit.network
    plot_network(network, ax, labels=False)
    place, parts = _placed(network), _read_by(audit, of)
    scale = ax.bbox.width / np.ptp(ax.get_xlim())
    point = ax.figure.dpi / 72 / scale
    curves = dict(zip(place.shown, place.curves(network, scale), strict=True))
    index = {label: k for k, label in enumerate(network.labels)}
    styles = (
        dict(color=PALETTE["blue"], linestyle="-"),
        dict(color=PALETTE["orange"], linestyle=(0, (2.5, 1.2))),
    )
    notes, handles = {}, []
    for ring, ((update, variables), style) in enumerate(zip(parts, styles, strict=True)):
        name = _symbol(network, update.rstrip("'"), of) + "'"
        handles += ax.plot([], [], **style, linewidth=3, label=f"read by {name}")
        for variable, label in variables:
            if variable in ("w", "p_w"):
                k = network.arcs.index(label)
                if k not in curves:
                    continue
                along = np.gradient(curves[k], axis=0)
                across = np.column_stack([-along[:, 1], along[:, 0]])
                across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
                shift = (ring - 0.5) * 3 * point
                ax.plot(*(curves[k] + shift * across).T, **style, linewidth=3, zorder=2, label="_read")
                continue
            if variable != "z":
                size = place.radius * (1.17 + 0.17 * ring)
                edge = dict(fc="none", ec=style["color"], ls=style["linestyle"], lw=2.4, zorder=2.5)
                ax.add_patch(Circle(place.xy[index[label]], size, **edge))
            notes.setdefault(index[label], []).append(variable)
    for node, variables in notes.items():
        _name_reads(ax, network, place, node, variables, point)
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 0), frameon=False, fontsize=TEXT, labelcolor=INK,
        handlelength=2.4, borderaxespad=0.2,
    )  # fmt: skip
    return _neighbourhood_words(audit, of, parts)


def _read_by(audit, of):
    """The two updates of a neuron or arc, each with the variables that it reads."""
    network, found = audit.network, audit.of(of)
    if of not in network.neurons:
        return [("w'", found["w'"]), ("p_w'", found["p_w'"])]
    # its sum a_i is made of its parents and their weights: these are drawn
    row, i, n = audit.rows.index(("x'", of)), network.neurons.index(of), len(network.neurons)
    incoming = np.flatnonzero(network.heads == i)
    read = [("x", of)] + [("w", network.arcs[k]) for k in incoming]
    read += [("u" if network.tails[k] >= n else "x", network.arcs[k][0]) for k in incoming]
    read = [one for one in dict.fromkeys(read) if audit.total[row, audit.columns.index(one)]]
    return [("x'", read), ("p_x'", found["p_x'"])]


def _name_reads(ax, network, place, node, variables, point):
    """Write the names of what is read of a node beside it, away from the centre and from its self-loop."""
    names = ", ".join(_symbol(network, v, network.labels[node]) for v in dict.fromkeys(variables))
    out = place.xy[node] - (np.array(ax.get_xlim()).mean(), np.array(ax.get_ylim()).mean())
    out = np.array([0.0, 1.0]) if place.layered or not out.any() else out / np.linalg.norm(out)
    if ((network.heads == node) & (network.tails == node)).any():
        out = np.array([[0.5, 0.866], [-0.866, 0.5]]) @ out
    ax.text(
        *(place.xy[node] + out * (1.4 * place.radius + 3 * point)), names, size=SMALL + 1, color=INK, zorder=5,
        gid="read", ha="center" if abs(out[0]) < 0.4 else "left" if out[0] > 0 else "right",
        va="center" if abs(out[1]) < 0.4 else "bottom" if out[1] > 0 else "top",
        bbox=dict(boxstyle="square,pad=0.1", fc=PAPER, ec="none", alpha=0.85),
    )  # fmt: skip


def _neighbourhood_words(audit, of, parts):
    """What two updates read, in words: a sentence and its short form."""
    variables = dict.fromkeys(v for _, part in parts for v in part if v[0] != "a")
    wrong = sum(row in [(update, of) for update, _ in parts] for row, _ in audit.violations)
    subject = f"Neuron {of}" if of in audit.network.neurons else f"The arc from {of[0]} to {of[1]}"
    said = [f"{update} reads " + listed([_plain(v) for v in part], 9) for update, part in parts]
    words = (
        f"{subject} reads {len(variables)} of the {audit.total.shape[1]} variables"
        f"{'' if wrong else ', all of them its own or one hop away'}: "
        f"{said[0]} (blue, solid); {said[1]} (orange, dashed)."
    )
    if wrong:
        words += f" {counted(wrong, 'read')} violate the neighbourhood."
    if any(v[0] == "a" for _, part in parts for v in part):
        words += " (a is the sum that a neuron makes of its parents.)"
    return words, f"reads {len(variables)} of {audit.total.shape[1]} variables"


def _plain(variable):
    """A variable as plain text."""
    kind, of = variable
    return f"{kind}({of[0]}→{of[1]})" if kind in ("w", "p_w") else f"{kind}({of})"


def plot_curves(
    curves, ax=None, xlabel="time t", ylabel="", log=False, limits=None, marks=None, title=None, caption=None
):
    """Named curves, each with a colour and a line style of its own: over time, or in a plane.

    Parameters
    ----------
    curves : dict
        {name: (x, y)}, at most six.
    ax, title, caption
        As for all plots: `hlp_edu.plotting`.
    xlabel, ylabel : str
        Names of the axes.
    log : bool
        Whether y has a logarithmic scale.
    limits : tuple, optional
        (low, high) of the y axis; curves may leave the picture.
    marks : dict, optional
        {name: (x, y)}: points, or arrays of them, drawn as markers and named in the legend.

    Raises
    ------
    ValueError
        If there are no curves, or more than six.

    Examples
    --------
    >>> t = np.linspace(0, 1)
    >>> plot_curves({"e to the t": (t, np.exp(t)), "1 + t": (t, 1 + t)}, caption="The line is below the curve.")
    The line is below the curve. e to the t: from 1.0 to 2.7; 1 + t: from 1.0 to 2.0.
    """
    _check_count("curves", curves)
    if ax is None:
        fig, (ax,) = figure()
        plot_curves(curves, ax, xlabel, ylabel, log, limits, marks, title)
        return Picture(fig, *_texts(description(ax)[0], caption))
    kind("ax", ax, Axes, "a matplotlib Axes")
    style_axes(ax)
    said = []
    for (name, (x, y)), style in zip(curves.items(), STYLES, strict=False):
        x, y = np.asarray(x, float), np.asarray(y, float)
        ax.plot(x, y, linewidth=2, label=name, **style)
        said.append(f"{name}: from {digits(y[0])} to {digits(y[-1])}")
    for (name, (x, y)), marker in zip((marks or {}).items(), MARKERS, strict=False):
        x, y = np.atleast_1d(x), np.atleast_1d(y)
        ax.plot(x, y, marker=marker, markersize=7, linestyle="none", color=INK, label=name)
        said.append(f"{name} at ({digits(x[0])}, {digits(y[0])})" if len(x) == 1 else f"{name}: {len(x)} points")
    if log:
        ax.set_yscale("log")
    if limits:
        ax.set_ylim(*limits)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    _legend(ax)
    if title:
        _title(ax, title, True)
    return _describe(ax, "; ".join(said) + ".", None)


# ---- paths in a plane -----------------------------------------------------------------------


def plot_phase(
    law, paths, words, ax=None, limits=((-2, 2), (-2, 2)), rest=None, xlabel="x", ylabel="p", points=False, legend=True
):
    """Paths in a plane, over the arrows of the law that moves them; or points in a plane, such as a spectrum.

    Parameters
    ----------
    law : callable or None
        ``law(x, p)`` gives the two velocities for arrays of x and p; None: no arrows.
    paths : dict of {str: (array_like, array_like)}
        Name and coordinates of each path, at most six. A ring marks where a path begins.
    words : str
        What is to be seen: the caption and the alt text.
    ax, legend
        As for all plots: `hlp_edu.plotting`.
    limits : pair of pairs of float
        What is shown: (lowest x, highest x), (lowest p, highest p).
    rest : pair of float, optional
        A rest point, marked with a black diamond.
    xlabel, ylabel : str
        Names of the axes.
    points : bool
        Draw the coordinates as points, not as a path; the upright line at 0 is drawn too.

    Raises
    ------
    ValueError
        If there are more than six paths, the two coordinates of one differ in length, or a limit is no pair.

    Examples
    --------
    >>> circle = np.cos(np.arange(7)), np.sin(np.arange(7))
    >>> plot_phase(lambda x, p: (-p, x), {"once round": circle}, "A circle.")
    A circle.
    """
    _check_count("paths", paths)
    for name, path in paths.items():
        if len(path) != 2 or np.ndim(path[0]) != 1 or np.shape(path[0]) != np.shape(path[1]):
            raise ValueError(f"paths[{name!r}]: must be two arrays of one length, x and p")
    if np.shape(limits) != (2, 2) or not all(low < high for low, high in limits):
        raise ValueError(f"limits = {limits!r}: must be ((low, high), (low, high))")
    if ax is None:
        fig, (ax,) = figure(height=3.6, width=6.4)
        plot_phase(law, paths, words, ax, limits, rest, xlabel, ylabel, points, legend)
        return Picture(fig, words, words)
    kind("ax", ax, Axes, "a matplotlib Axes")
    style_axes(ax)
    (left, right), (low, high) = limits
    if law is not None:
        x, p = np.meshgrid(np.linspace(left, right, 15)[1:-1], np.linspace(low, high, 11)[1:-1])
        rate = np.array(law(x, p)) * np.array([ax.bbox.width / (right - left), ax.bbox.height / (high - low)]).reshape(
            2, 1, 1
        )  # as on the screen
        length = np.hypot(*rate)
        rate = rate / np.where(length > 0, length, 1)
        ax.quiver(x, p, *rate, color="#BFBFBF", pivot="mid", scale=26, width=0.004, headwidth=4.5)
    if points:
        ax.axvline(0, color=INK, linewidth=1.2)
    for k, (style, (name, (x, p))) in enumerate(zip(STYLES, paths.items(), strict=False)):
        colour = style["color"]
        if points:
            ax.plot(x, p, linestyle="", marker=MARKERS[k], markersize=9, color=colour, label=name)
            continue
        ax.plot(x, p, **style, linewidth=2, label=name)
        ax.plot(x[:1], p[:1], linestyle="", marker="o", markersize=8, markerfacecolor=PAPER, markeredgecolor=colour)
    if rest is not None:
        ax.plot(*[[value] for value in rest], linestyle="", marker="D", markersize=8, color=PALETTE["black"])
    ax.set(xlim=(left, right), ylim=(low, high), xlabel=xlabel, ylabel=ylabel)
    if legend and (len(paths) > 1 or points):
        _legend(ax)
    return _describe(ax, words or None, words or None)
