"""Costs and errors side by side: the cost ladder, and one heat map for many methods and tasks."""

import numpy as np
from matplotlib.colors import LogNorm

from hlp_edu.plotting.lines import few_ticks
from hlp_edu.plotting.picture import add_notes, figure, label_width, plot
from hlp_edu.plotting.style import INK, PAPER, ROLES, SOFT, diverging, is_role, label_of, role
from hlp_edu.validate import finite, kind, number, numbers_of, require
from hlp_edu.words import digits, shown

__all__ = ["plot_heat", "plot_ladder"]


@plot(lambda rungs, **_: figure(
    height=max(1.0, 0.34 * len(_rungs(rungs)) + 0.25), left=label_width(map(label_of, rungs))
))  # fmt: skip
def plot_ladder(
    rungs, caption=None, ax=None, xlabel="cost over the least possible cost", log=False, notes=(),
    headline="", more="",
):  # fmt: skip
    """A ladder of costs: one rung a method, its values as dots, their median as a mark with its number.

    Parameters
    ----------
    rungs : dict
        {name: values}: one number, or one for each seed; {name: (median, low, high)} draws a bar. A name that is no
        role and no policy is drawn in ink. Two rungs may have one role.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    xlabel : str
        Name of the axis.
    log : bool
        Whether it is logarithmic.
    notes : tuple
        (words, (x, y), (x, y)) of an annotation; y counts rungs from 0 at the top.

    Raises
    ------
    ValueError
        If there is no rung, or a rung has no value.

    Examples
    --------
    >>> plot_ladder({"optimum": 1, "gradient flow": [4.1, 5.0, 4.7]})
    Medians of cost over the least possible cost: optimum 1.0, gradient flow 4.7.
    """
    values = {name: np.atleast_1d(numbers_of(f"rungs[{name!r}]", value)) for name, value in _rungs(rungs).items()}
    for name, value in values.items():
        words = f"rungs[{name!r}] = {rungs[name]!r}: must be a number, or one for each seed"
        require(value.ndim == 1 and value.size, words)
    said = []
    for k, (name, value) in enumerate(values.items()):
        one, label = _role_or_ink(name), label_of(name)
        if not np.isfinite(value).all():
            said.append(f"{label} diverged")
            ax.annotate("diverged", (0.01, k), xycoords=("axes fraction", "data"), color=SOFT, va="center")
            continue
        bar = isinstance(rungs[name], tuple) and len(value) == 3
        middle, low, high = value if bar else (np.median(value), value.min(), value.max())
        ax.plot([low, high], [k, k], color=one.color, linewidth=5.5, alpha=0.28, zorder=2)
        if not bar and len(value) > 1:
            ax.plot(value, np.full(len(value), k), "o", color=one.color, markersize=3.5, alpha=0.65, zorder=2.5)
        mark = one.marker if one.marker in "osD^v*P" else "o"
        size = 14 if mark == "*" else 9
        ax.plot(middle, k, mark, color=one.color, markersize=size, zorder=3, markeredgecolor=PAPER)
        ax.annotate(digits(middle), (high, k), (8, 0), textcoords="offset points", color=SOFT, va="center")
        said.append(f"{label} {digits(middle)}")
    name_rows(ax, rungs)
    ax.set_xlabel(xlabel)
    known = np.concatenate([value[np.isfinite(value)] for value in values.values()])
    top, least = known.max(initial=1e-300), known.min(initial=0)
    if log:
        require((known > 0).any(), "log = True: no rung has a positive number")
        least = known[known > 0].min(initial=top)
        ax.set(xscale="log", xlim=(least / 1.15, top * (top / least) ** 0.1 * 1.1))
        few_ticks(ax.xaxis)
    else:
        ax.set_xlim(least, top + 0.09 * (top - least))
    add_notes(ax, notes)
    return f"Medians of {xlabel}: {', '.join(said)}."


def _rungs(rungs):
    """The rungs of a ladder; there is one at least."""
    require(kind("rungs", rungs, dict, "a dict {name: values}"), "rungs = {}: must hold at least one rung")
    return rungs


def name_rows(ax, names):
    """Rows from the top, named in the colours of their roles, without the left edge; a grid for their values."""
    ax.set_yticks(range(len(names)), map(label_of, names))
    for text, name in zip(ax.get_yticklabels(), names, strict=False):  # some panels show none
        text.set(color=_role_or_ink(name).ink, weight="semibold")
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.grid(True, axis="x")
    ax.spines["left"].set_visible(False)


def _names(what, names):
    """Names of rows or columns, a list; there is one at least."""
    fine = isinstance(names, (list, tuple)) and names and all(isinstance(one, str) for one in names)
    require(fine, f"{what} = {shown(names)}: must be a list of names")
    return names


def _role_or_ink(name):
    """The role of a row; what has none is drawn as a measurement."""
    return role(name) if is_role(name) else ROLES["measured"]


@plot(lambda rows, **_: figure(height=0.4 * len(_names("rows", rows)), left=label_width(map(label_of, rows))))
def plot_heat(
    values, rows, columns, caption=None, ax=None, centre=1.0, what="ratio", bold=None, headline="", more=""
):  # fmt: skip
    """A table as a heat map with its numbers: methods by tasks, relative to a value that is drawn white.

    Parameters
    ----------
    values : array_like, shape (rows, columns)
        Positive numbers; the colours are logarithmic.
    rows, columns : list of str
        Names; rows may be roles.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    centre : float
        The value that is white; below it is blue, above it red.
    what : str
        What the numbers are; smaller is better.
    bold : array_like of bool, shape (rows, columns), optional
        Which numbers are bold; without it the least of each column.

    Raises
    ------
    ValueError
        If a shape is another one, or a number is not finite.

    Examples
    --------
    >>> plot_heat([[0.5, 2.0]], ["gradient flow"], ["wave", "noise"], what="error over persistence")
    error over persistence, smaller is better: gradient flow: wave 0.50, noise 2.0.
    """
    values, centre = finite("values", values), number("centre", centre, above=0)
    rows, columns = _names("rows", rows), _names("columns", columns)
    if values.shape != (len(rows), len(columns)) or (values <= 0).any():
        raise ValueError(f"values: must be positive, with {len(rows)} rows and {len(columns)} columns")
    bold = values == values.min(axis=0) if bold is None else numbers_of("bold", bold).astype(bool)
    require(bold.shape == values.shape, f"bold: must have {len(rows)} rows and {len(columns)} columns, as values has")

    extent = max(np.abs(np.log(values) - np.log(centre)).max(), 1e-6)
    far = 1.6 * extent + abs(np.log(centre))
    require(far < 700, f"values: one is too far from centre = {centre:g} to have a colour")
    colours = LogNorm(centre * np.exp(-1.6 * extent), centre * np.exp(1.6 * extent))
    edges = (np.arange(count + 1) - 0.5 for count in values.shape[::-1])
    image = ax.pcolormesh(*edges, values, cmap=diverging().reversed(), norm=colours, edgecolors=PAPER, linewidth=3)
    dark = image.to_rgba(values)[..., :3] @ (0.2126, 0.7152, 0.0722) < 0.45
    for (k, n), value in np.ndenumerate(values):
        weight = "semibold" if bold[k, n] else "normal"
        ax.text(n, k, digits(value), ha="center", va="center", color=PAPER if dark[k, n] else INK, weight=weight)
    name_rows(ax, rows)
    ax.set_xticks(range(len(columns)), columns)
    ax.xaxis.tick_top()
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    lines = [", ".join(f"{column} {digits(v)}" for column, v in zip(columns, line, strict=True)) for line in values]
    said = "; ".join(f"{label_of(row)}: {line}" for row, line in zip(rows, lines, strict=True))
    return f"{what}, smaller is better: {said}."
