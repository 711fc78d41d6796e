"""Paths in a plane: the saddle, the spiral and the knife edge; points in a plane, such as a spectrum."""

import numpy as np

from hlp_edu.plotting.picture import TEXT, composed, draw_line, figure, fit_title, legend, note, plot
from hlp_edu.plotting.style import INK, PALE, PAPER, ROLES, named, styled
from hlp_edu.validate import one_of
from hlp_edu.words import digits

__all__ = ["plot_phase", "plot_saddle_and_spiral"]


@plot(lambda **_: figure(height=3.6, width=6.4))
def plot_phase(
    law, paths, caption=None, ax=None, limits=((-2, 2), (-2, 2)), rest=None, points=False, headline="", more="", **axes
):
    """Paths in a plane, over the law that moves them; or points in a plane, such as a spectrum.

    Parameters
    ----------
    law : callable or None
        ``law(x, p)`` gives the two velocities for arrays of x and p; None: no arrows.
    paths : dict of {str: (array_like, array_like)}
        Role (or "role: label") and coordinates of each path. A ring marks where a path begins.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    limits : pair of pairs of float
        What is shown: (lowest x, highest x), (lowest p, highest p).
    rest : pair of float, optional
        A rest point, marked with a diamond.
    points : bool
        Draw the coordinates as points, not as a path; the upright line at 0 is drawn too.
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
    styles = named(paths)
    if not styles:
        raise ValueError("paths = {}: must hold at least one path")
    for name, path in paths.items():
        if len(path) != 2 or np.ndim(path[0]) != 1 or np.shape(path[0]) != np.shape(path[1]):
            raise ValueError(f"paths[{name!r}]: must be two arrays of one length, x and p")
    if np.shape(limits) != (2, 2) or not all(low < high for low, high in limits):
        raise ValueError(f"limits = {limits!r}: must be ((low, high), (low, high))")
    for key in axes:
        one_of("axes", key, ("xlabel", "ylabel"))
    if law is not None:
        _draw_law(law, ax, limits)
    if points:
        ax.axvline(0, color=INK, linewidth=1.2)
    lines = []
    for (one, label), (x, p) in zip(styles, paths.values(), strict=True):
        if points:
            ax.plot(x, p, one.marker, markersize=9, color=one.color, label=label)
        else:
            lines += draw_line(ax, x, p, one, label, zorder=3, gid=None)
            ax.plot(x[:1], p[:1], "o", markersize=8, color=one.color, markerfacecolor=PAPER, mew=1.8, zorder=4)
    if rest is not None:
        ax.plot(*[[value] for value in rest], "D", markersize=7, color=INK, zorder=5)
    ax.set(xlim=limits[0], ylim=limits[1], **{"xlabel": "x", "ylabel": "p"} | axes)
    if points:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(styles), fontsize=TEXT,
                  labelcolor="linecolor", handletextpad=0.1, borderaxespad=0.2)  # fmt: skip
    elif len(styles) > 1:
        legend(ax, lines)
    return None, None


def _draw_law(law, ax, limits):
    """The velocities of a law, as arrows of one length on the screen."""
    (left, right), (low, high) = limits
    x, p = np.meshgrid(np.linspace(left, right, 15)[1:-1], np.linspace(low, high, 11)[1:-1])
    size = np.array([ax.bbox.width / (right - left), ax.bbox.height / (high - low)]).reshape(2, 1, 1)
    rate = np.array(law(x, p)) * size  # as on the screen
    length = np.hypot(*rate)
    rate = rate / np.where(length > 0, length, 1)
    ax.quiver(x, p, *rate, color=PALE, pivot="mid", scale=26, width=0.004, headwidth=4.5)


@styled()
def plot_saddle_and_spiral(problem, T=8, limits=((-0.6, 2.2), (-1.4, 1.4)), caption=None, headline=None, more=None):
    """The canonical flow and the flipped one, side by side: from a saddle with its knife edge to a spiral.

    Parameters
    ----------
    problem : LQTracking
        One state, a constant target.
    T : float
        How long the flipped run is.
    limits : pair of pairs of float
        What is shown of state and costate.
    caption, headline, more : str, optional
        As for all plots: `hlp_edu.plotting`.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> from hlp_edu.linear_quadratic import LQTracking
    >>> picture = plot_saddle_and_spiral(LQTracking(-1, 1, 10, 0.1, hlp.constant(0.8)))
    """
    M, zero = problem.canonical, problem.forward(T=1e-2, dt=1e-2)
    z, q = float(np.ravel(zero.target)[0]), -problem.canonical[1, 0]
    rest = np.linalg.solve(M, [0, -q * z])
    values, vectors = np.linalg.eig(M)
    falling, growing = vectors.T[np.argsort(values.real)]
    runs = {"canonical": problem.forward(T=1), "flip": problem.flipped(T=T)}
    (left, right), (low, high) = limits
    fig, axes = figure(columns=2, height=3.3, share_y=True)
    edges = {"optimum: knife edge": falling.real, "canonical: growing": growing.real}
    grid = np.meshgrid(*[np.linspace(*ends, 40) for ends in limits])
    for ax, (name, run), title in zip(axes, runs.items(), ("canonical: a saddle", "flipped: a spiral"), strict=True):
        A = np.diag([1, 1 if name == "canonical" else -1]) @ M
        costate = "costate p" if name == "canonical" else ""
        plot_phase(None, {name: _until_it_leaves(run, limits)}, "", ax, limits, rest, xlabel="state x", ylabel=costate)
        velocity = np.tensordot(A, grid - rest.reshape(2, 1, 1), 1)
        ax.streamplot(*grid, *velocity, color=PALE, linewidth=0.7, density=0.7, arrowsize=0.7, zorder=1)
        ax.grid(False)
        ax.set_aspect("equal", adjustable="box")
        fit_title(ax, f"{name}: {title}")
    for (edge, _), along in zip(named(edges), edges.values(), strict=True):
        axes[0].axline(rest, rest + along, **edge.line | dict(linewidth=1.3), zorder=2.2)
    axes[0].text(
        left + 0.24 * (right - left), low + 0.1 * (high - low), "knife edge:\nthe best way in",
        color=ROLES["optimum"].ink, weight="semibold", linespacing=1.05,
        bbox=dict(boxstyle="square,pad=0.1", fc=PAPER, ec="none", alpha=0.85),
    )  # fmt: skip
    spot = left + 0.3 * (right - left), high - 0.17 * (high - low)
    note(axes[0], "starts beside the edge\nand is thrown out", (runs["canonical"].x[0, 0] - 0.12, 0.5), spot)
    words = (
        f"Stream lines of state and costate around one rest point (diamond) at x = {digits(rest[0])}. Left, the "
        "canonical run leaves the picture beside the knife edge; right, the flipped run from the same start winds in."
    )
    headline = headline or "One sign turns the saddle into a spiral around the same point"
    more = more or "Left, only the knife edge leads in, and every error grows. Right, every path winds in."
    return composed(fig, words, caption, headline, more)


def _until_it_leaves(run, limits):
    """The path of a run until it leaves the picture."""
    (left, right), (low, high) = limits
    x, p = run.x[:, 0], run.p[:, 0]
    gone = np.flatnonzero((x < left - 0.1) | (x > right + 0.1) | (p < low - 0.1) | (p > high + 0.1))
    stop = gone[0] + 1 if len(gone) else len(x)
    return x[:stop], p[:stop]
