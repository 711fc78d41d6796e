"""Lines over time or another quantity: a dict says which line is what."""

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from hlp_edu.plotting.picture import NAMED, add_notes, draw_line, plot
from hlp_edu.plotting.style import named
from hlp_edu.validate import kind, numbers_of, one_of, require, vector
from hlp_edu.words import digits, shown

__all__ = ["plot_lines"]


@plot()
def plot_lines(
    lines, x=None, caption=None, ax=None, points=False, marks=None, notes=(), names=True, headline="", more="", **axes
):  # fmt: skip
    """Named lines: over time, over a parameter, or any curves.

    Parameters
    ----------
    lines : dict
        {name: (x, y)}, or {name: y} with a common ``x``; {name: (x, y, low, high)} draws a band around the line.
        A name is a role, a policy's name, or "role: label", such as "flip: no friction".
    x : array_like, optional
        Where all lines are known.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    points : bool
        Mark every point: for lines that are known at few places only.
    marks : dict, optional
        {name: (x, y)}: points without a line, named as lines are.
    notes : tuple
        (words, (x, y), (x, y)) of an annotation: where it points, and where the words begin.
    names : bool
        Whether to name the lines at their ends.
    **axes
        xlabel, ylabel, ylim, xscale, yscale: as in matplotlib's ``Axes.set``; lines may leave given limits.

    Raises
    ------
    ValueError
        If there is neither line nor point, a role is unknown or taken twice, the lengths differ, or a scale is neither
        "linear" nor "log".

    Examples
    --------
    >>> t = np.linspace(0, 1)
    >>> plot_lines({"measured: growth": np.exp(t), "theory": 1 + t}, t, "The line is below the curve.")
    The line is below the curve. growth: from 1.0 to 2.7; theory: from 1.0 to 2.0.
    """
    kind("lines", lines, dict, "a dict {name: values}")
    require(lines or marks, "lines = {}: must hold at least one line, or marks a point")
    for key in axes:
        one_of("axes", key, ("xlabel", "ylabel", "ylim", "xscale", "yscale"))
    for key in ("xscale", "yscale"):
        one_of(key, axes.get(key, "linear"), ("linear", "log"))
    marks = kind("marks", {} if marks is None else marks, dict, "a dict {name: (x, y)}")
    marks = {name: numbers_of(f"marks[{name!r}]", at) for name, at in marks.items()}
    for name, at in marks.items():
        fine = at.ndim in (1, 2) and len(at) == 2 and at.size
        require(fine, f"marks[{name!r}] = {shown(at)}: must be (x, y), numbers or arrays")
    curves = [_curve(name, values, x) for name, values in lines.items()]
    for k, key in enumerate(("xscale", "yscale")):
        fine = axes.get(key) != "log" or all((curve[k] > 0).any() for curve in curves)
        require(fine, f"{key} = 'log': a line has no positive number")
    styles = named([*lines, *marks])
    said = [_draw_line(ax, curve, *style, points, names) for style, curve in zip(styles, curves, strict=False)]
    for style, at in zip(styles[len(curves) :], marks.values(), strict=True):
        said.append(_draw_marks(ax, at, *style, names, clip="ylim" in axes))
    ax.set(**{"xlabel": "time t"} | {key: axes[key] for key in axes if key != "ylim"})
    ax.margins(x=0.03 if points else 0)
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log":
            few_ticks(axis)
    if "ylim" in axes:
        low, high = vector("ylim", axes["ylim"], 2, "limit")
        require(low != high, f"ylim = {shown(axes['ylim'])}: must be two different limits")
        ax.set_ylim(low, high)
    add_notes(ax, notes)
    return "; ".join(filter(None, said)) + "."


def _draw_line(ax, curve, style, label, points, names):
    """Draw one line, with its band; what is to be said of it."""
    across, y, *band = curve
    mark = dict(marker=style.marker, markersize=6) if points else {}
    draw_line(ax, across, y, style, label, **mark, gid=NAMED if names else None)
    if band:
        ax.fill_between(across, *band, color=style.color, alpha=0.18, linewidth=0)
    ends = y[np.isfinite(y)]
    return f"{label}: from {digits(ends[0])} to {digits(ends[-1])}" if len(ends) else ""


def _draw_marks(ax, at, style, label, names, clip):
    """Draw points without a line; what is to be said of them."""
    across, y = map(np.atleast_1d, at)
    face = dict(markeredgewidth=1.6) if style.marker in "x_|+" else dict(markeredgecolor="white")
    size = 14 if style.marker == "*" else 8  # a star is thin
    gid = NAMED if names and len(across) > 1 else None
    more = dict(marker=style.marker, markersize=size, linestyle="none", zorder=4, clip_on=clip, gid=gid)
    draw_line(ax, across, y, style, label, **more, **face)
    return f"{label} at ({digits(across[0])}, {digits(y[0])})" if len(y) == 1 else f"{label}: {len(y)} points"


def _curve(name, values, x):
    """The coordinates of one line as arrays of one length."""
    pair = isinstance(values, tuple) and len(values) in (2, 4) and all(np.ndim(part) for part in values)
    require(pair or x is not None, f"lines[{name!r}]: must be a pair of arrays, or x must be given")
    parts = [numbers_of(f"lines[{name!r}]", part) for part in (values if pair else (x, values))]
    for part in parts:
        if part.ndim != 1 or part.shape != parts[0].shape or not part.size:
            raise ValueError(f"lines[{name!r}] has shape {part.shape}: must be {parts[0].shape}, as x")
    return parts


def few_ticks(axis):
    """Ticks of a logarithmic axis: 1, 2, 5 if it is short, powers of ten if it is long."""
    low, high = axis.get_view_interval()
    decades = np.log10(high / low)
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 1.2 else (1, 3) if decades < 2.5 else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
