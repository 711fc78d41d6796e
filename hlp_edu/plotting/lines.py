"""Lines over time or another quantity: a dict says which line is what."""

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from hlp_edu.plotting.picture import describe, name_line, note, shown
from hlp_edu.plotting.style import named, thin
from hlp_edu.validate import one_of
from hlp_edu.words import digits

__all__ = ["plot_lines"]


def plot_lines(
    lines, x=None, caption=None, ax=None, xlabel="time t", ylabel="", log="", points=False, limits=None, marks=None,
    notes=(), names=True, headline="", more="",
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
    xlabel, ylabel : str
        Names of the axes.
    log : {"", "x", "y", "xy"}
        Which axes are logarithmic.
    points : bool
        Mark every point: for lines that are known at few places only.
    limits : pair of float, optional
        Of the y axis; lines may leave the picture.
    marks : dict, optional
        {name: (x, y)}: points without a line, named as lines are.
    notes : tuple, optional
        (words, (x, y), (x, y)) of an annotation: where it points, and where the words begin.
    names : bool
        Whether to name the lines at their ends.

    Raises
    ------
    ValueError
        If there is no line, a role is unknown or taken twice, or the lengths differ.

    Examples
    --------
    >>> t = np.linspace(0, 1)
    >>> plot_lines({"measured: growth": np.exp(t), "theory": 1 + t}, t, "The line is below the curve.")
    The line is below the curve. growth: from 1.0 to 2.7; theory: from 1.0 to 2.0.
    """
    if not lines:
        raise ValueError("lines = {}: must hold at least one line")
    one_of("log", log, ("", "x", "y", "xy"))
    marks = marks or {}
    styles = named([*lines, *marks])
    curves = [_curve(name, values, x) for name, values in lines.items()]

    def draw(ax):
        said = []
        for (one, label), (across, y, *band) in zip(styles, curves, strict=False):
            mark = dict(marker=one.marker, markersize=6) if points else {}
            ax.plot(*((across, y) if points or log else thin(across, y)), **one.line, **mark, label=label)
            if band:
                ax.fill_between(across, *band, color=one.color, alpha=0.18, linewidth=0)
            if names:
                name_line(ax, across, y, label, one)
            ends = y[np.isfinite(y)]
            if len(ends):
                said.append(f"{label}: from {digits(ends[0])} to {digits(ends[-1])}")
        for (one, label), (across, y) in zip(styles[len(curves) :], marks.values(), strict=True):
            across, y = np.atleast_1d(across), np.atleast_1d(y)
            face = dict(markeredgewidth=1.6) if one.marker in "x_|+" else dict(markeredgecolor="white")
            ax.plot(
                across,
                y,
                one.marker,
                color=one.color,
                markersize=8,
                zorder=4,
                label=label,
                clip_on=bool(limits),
                **face,
            )
            if names and len(across) > 1:
                name_line(ax, across, y, label, one)
            said.append(
                f"{label} at ({digits(across[0])}, {digits(y[0])})" if len(y) == 1 else f"{label}: {len(y)} points"
            )
        if "x" in log:
            ax.set_xscale("log")
        if "y" in log:
            ax.set_yscale("log")
        ax.margins(x=0.03 if points else 0)
        for axis in (ax.xaxis, ax.yaxis):
            if axis.get_scale() == "log":
                few_ticks(axis)
        if limits:
            ax.set_ylim(*limits)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
        if notes:
            note(ax, *notes)
        describe(ax, "; ".join(said) + ".")

    return shown(draw, ax, None, caption, headline, more)


def _curve(name, values, x):
    """The coordinates of one line as arrays of one length."""
    pair = isinstance(values, tuple) and len(values) in (2, 4) and all(np.ndim(part) for part in values)
    if not pair and x is None:
        raise ValueError(f"lines[{name!r}]: must be a pair of arrays, or x must be given")
    parts = [np.asarray(part, float) for part in (values if pair else (x, values))]
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
