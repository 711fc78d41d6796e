"""Costs and errors side by side: the cost ladder, and one heat map for many methods and tasks."""

import numpy as np
from matplotlib.colors import TwoSlopeNorm

from hlp_edu.plotting.lines import few_ticks
from hlp_edu.plotting.picture import SMALL, TEXT, _text_width, describe, figure, note, shown
from hlp_edu.plotting.style import GRID, INK, PAPER, ROLES, SOFT, diverging, label_of, role
from hlp_edu.validate import finite
from hlp_edu.words import digits

__all__ = ["plot_heat", "plot_ladder"]


def plot_ladder(
    rungs, caption=None, ax=None, xlabel="cost over the least possible cost", log=False, band=None, notes=(),
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
    band : (low, high, words), optional
        A shaded range, and what it means.
    notes : tuple, optional
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
    if not rungs:
        raise ValueError("rungs = {}: must hold at least one rung")
    values = {name: np.atleast_1d(np.asarray(value, float)) for name, value in rungs.items()}
    for name, value in values.items():
        if value.ndim != 1 or not value.size:
            raise ValueError(f"rungs[{name!r}] = {rungs[name]!r}: must be a number, or one for each seed")
    labels = [label_of(name) for name in rungs]

    def draw(ax):
        said, all_finite = [], np.concatenate([v[np.isfinite(v)] for v in values.values()] or [[1.0]])
        if log:
            ax.set_xscale("log")
        for k, (name, value) in enumerate(values.items()):
            one = _role_or_ink(name)
            if not np.isfinite(value).all():
                said.append(f"{labels[k]} diverged")
                ax.annotate("diverged", (0.01, k), xycoords=("axes fraction", "data"), color=SOFT, va="center")
                continue
            bar = isinstance(rungs[name], tuple) and len(value) == 3
            middle, low, high = value if bar else (np.median(value), value.min(), value.max())
            ax.plot([low, high], [k, k], color=one.color, linewidth=5.5, alpha=0.28, solid_capstyle="round", zorder=2)
            if not bar and len(value) > 1:
                ax.plot(value, np.full(len(value), k), "o", color=one.color, markersize=3.5, alpha=0.65, zorder=2.5)
            ax.plot(middle, k, one.marker if one.marker in "osD^v*P" else "o", color=one.color,
                    markersize=14 if one.marker == "*" else 9, zorder=3,
                    markeredgecolor=PAPER)  # fmt: skip
            ax.annotate(
                digits(middle), (high, k), (8, 0), textcoords="offset points", color=SOFT, va="center", size=TEXT
            )
            said.append(f"{labels[k]} {digits(middle)}")
        ax.set_yticks(range(len(labels)), labels)
        for text, name in zip(ax.get_yticklabels(), values, strict=True):
            text.set(color=_role_or_ink(name).ink, weight="semibold", size=TEXT)
        ax.set_ylim(len(labels) - 0.4, -0.6)
        ax.grid(False, axis="y")
        ax.grid(True, axis="x", color=GRID)
        ax.spines["left"].set_visible(False)
        top = all_finite.max()
        if log:
            least = all_finite[all_finite > 0].min(initial=top)
            ax.set_xlim(least / 1.15, top * (top / least) ** 0.1 * 1.1)
            few_ticks(ax.xaxis)
        else:
            ax.set_xlim(min(0, all_finite.min()), top + 0.09 * (top - min(0, all_finite.min())))
        if band:
            ax.axvspan(*band[:2], color=ROLES["optimum"].color, alpha=0.12, linewidth=0, zorder=0)
            ax.text(band[0], len(labels) - 0.45, f" {band[2]}", size=SMALL, color=ROLES["optimum"].ink, va="bottom")
        ax.set_xlabel(xlabel)
        if notes:
            note(ax, *notes)
        describe(ax, f"Medians of {xlabel}: {', '.join(said)}.", ", ".join(said))

    def fig():
        fig, (ax,) = figure(height=max(1.0, 0.34 * len(labels) + 0.25))
        left = (max(_text_width(label, TEXT, "semibold") for label in labels) + 0.35) / fig.get_figwidth()
        place = ax.get_position()
        ax.set_position((left, place.y0, place.x1 - left, place.height))
        return fig, [ax]

    return shown(draw, ax, fig, caption, headline, more)


def _role_or_ink(name):
    """The role of a rung; what has none is drawn as a measurement."""
    try:
        return role(name)
    except ValueError:
        return ROLES["measured"]


def plot_heat(
    values, rows, columns, caption=None, ax=None, centre=1.0, what="ratio", better="smaller is better",
    headline="", more="",
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
    what, better : str
        What the numbers are, and which are good.

    Raises
    ------
    ValueError
        If the shape is another one, or a number is not finite.

    Examples
    --------
    >>> plot_heat([[0.5, 2.0]], ["gradient flow"], ["wave", "noise"], what="error over persistence")
    error over persistence, smaller is better: gradient flow: wave 0.50, noise 2.0.
    """
    values = finite("values", np.asarray(values, float))
    if values.shape != (len(rows), len(columns)) or (values <= 0).any():
        raise ValueError(f"values: must be positive, with {len(rows)} rows and {len(columns)} columns")

    def draw(ax):
        strength = np.log2(values / centre)
        reach = max(np.abs(strength).max(), 1e-6)
        image = ax.imshow(-strength, cmap=diverging(), norm=TwoSlopeNorm(0, -1.6 * reach, 1.6 * reach), aspect="auto")
        dark = image.to_rgba(-strength)[..., :3] @ (0.2126, 0.7152, 0.0722) < 0.45
        for (k, n), value in np.ndenumerate(values):
            best = value == values[:, n].min()
            ink = PAPER if dark[k, n] else INK
            ax.text(n, k, digits(value), ha="center", va="center", color=ink, weight="semibold" if best else "normal")
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), [label_of(row) for row in rows])
        for text, row in zip(ax.get_yticklabels(), rows, strict=True):
            text.set(color=_role_or_ink(row).ink, weight="semibold")
        ax.xaxis.tick_top()
        ax.grid(False)
        for spine in ax.spines.values():
            spine.set_visible(False)
        ax.set_xticks(np.arange(1, len(columns)) - 0.5, minor=True)
        ax.set_yticks(np.arange(1, len(rows)) - 0.5, minor=True)
        ax.grid(True, which="minor", color=PAPER, linewidth=3)
        said = "; ".join(
            f"{label_of(row)}: " + ", ".join(f"{column} {digits(v)}" for column, v in zip(columns, line, strict=True))
            for row, line in zip(rows, values, strict=True)
        )
        describe(ax, f"{what}, {better}: {said}.")

    def fig():
        fig, (ax,) = figure(height=0.4 * len(rows))
        left = (max(_text_width(label_of(row), TEXT, "semibold") for row in rows) + 0.35) / fig.get_figwidth()
        place = ax.get_position()
        ax.set_position((left, place.y0 / 3, place.x1 - left, place.height))
        return fig, [ax]

    return shown(draw, ax, fig, caption, headline, more)
