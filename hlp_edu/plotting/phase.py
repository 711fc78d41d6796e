"""Paths in a plane over the law that moves them: the saddle, the spiral and the knife edge."""

from collections.abc import Callable

import numpy as np

from hlp_edu.plotting.lines import plot_lines
from hlp_edu.plotting.picture import figure, legend, plot
from hlp_edu.plotting.style import INK, PALE, PAPER, label_of
from hlp_edu.validate import finite, kind, numbers_of, require, vector
from hlp_edu.words import listed, shown

__all__ = ["plot_phase"]


@plot(lambda **_: figure(height=3.6, width=6.4))
def plot_phase(
    law, paths, caption=None, ax=None, limits=((-2, 2), (-2, 2)), rest=None, headline="", more="", **axes
):  # fmt: skip
    """Paths in a plane, over the law that moves them.

    Parameters
    ----------
    law : callable
        ``law(x, p)`` gives the two velocities for arrays of x and p.
    paths : dict of {str: (array_like, array_like)}
        Role (or "role: label") and coordinates of each path. A ring marks where a path begins.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    limits : pair of pairs of float
        What is shown: (lowest x, highest x), (lowest p, highest p).
    rest : pair of float, optional
        A rest point, marked with a diamond.
    **axes
        xlabel, ylabel: as in matplotlib's ``Axes.set``.

    Raises
    ------
    ValueError
        If a role is unknown or taken twice, the coordinates of a path differ in length, or a limit is no pair.

    Examples
    --------
    >>> circle = np.cos(np.arange(7)), np.sin(np.arange(7))
    >>> plot_phase(lambda x, p: (-p, x), {"flip: once round": circle}, "A circle.")
    A circle.
    """
    kind("law", law, Callable, "a function of x and p")
    pairs = isinstance(paths, dict) and all(isinstance(one, tuple) and len(one) == 2 for one in paths.values())
    require(pairs and paths, f"paths = {shown(paths)}: must be a dict {{name: (x, p)}} of one path or more")
    bounds = finite("limits", limits)
    fine = bounds.shape == (2, 2) and (bounds[:, 0] < bounds[:, 1]).all()
    require(fine, f"limits = {shown(limits)}: must be ((low, high), (low, high))")
    (left, right), (low, high) = bounds
    x, p = np.meshgrid(np.linspace(left, right, 15)[1:-1], np.linspace(low, high, 11)[1:-1])
    size = np.array([ax.bbox.width / (right - left), ax.bbox.height / (high - low)]).reshape(2, 1, 1)
    rate = numbers_of("law", law(x, p), "a function of x and p that gives two velocities")
    two = (2, *x.shape)
    require(rate.shape == two, f"law: gives shape {rate.shape} for arrays of shape {x.shape}; must be {two}")
    rate = rate * size  # of the arrows: as on the screen, but of one length
    length = np.hypot(*rate)
    rate = rate / np.where(length > 0, length, 1)
    ax.quiver(x, p, *rate, color=PALE, pivot="mid", scale=26, width=0.004, headwidth=4.5)
    plot_lines(paths, ax=ax, ylim=bounds[1], names=False, **{"xlabel": "x", "ylabel": "p"} | axes)
    ax.set_xlim(left, right)
    lines = ax.lines[-len(paths) :]
    for line in lines:
        start = dict(color=line.get_color(), markerfacecolor=PAPER, markeredgewidth=1.8)
        ax.plot(*line.get_xydata()[0], "o", markersize=8, zorder=4, **start)
    if rest is not None:
        ax.plot(*vector("rest", rest, 2, "coordinate"), "D", markersize=7, color=INK, zorder=5)
    if len(lines) > 1:
        legend(ax, lines)
    return None if caption else f"Paths in a plane: {listed(map(label_of, paths))}."
