"""The pictures that carry the course: two ends of time, the wave of credit along a chain, where the energy goes."""

import numpy as np
from matplotlib.colors import to_rgb

from hlp_edu.plotting.picture import TEXT, Picture, describe, figure, name_line, shown
from hlp_edu.plotting.style import GRID, INK, PAPER, ROLES, SOFT, in_style, thin
from hlp_edu.words import digits

__all__ = ["plot_chain", "plot_two_ends", "plot_waterfall"]


@in_style
def plot_two_ends(best, caption=None, headline="", more=""):
    """States forward and costates backward, between two pinned ends.

    Parameters
    ----------
    best : LQRun
        An optimal run, with ``t``, ``x``, ``p`` and ``target``; its first state is drawn.
    caption, headline, more : str, optional
        As for all plots: `hlp_edu.plotting`.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> from hlp_edu.linear_quadratic import LQTracking
    >>> picture = plot_two_ends(LQTracking(-1, 1, 10, 0.1, hlp.sinusoid(0.8, 4)).optimal(6))
    """
    t, x, p, z = best.t, best.x[:, 0], best.p[:, 0], best.target[:, 0]
    fig, (top, low) = figure(rows=2, height=1.55, gap=0.3)
    span = t[-1] - t[0]
    for ax, values, name in ((top, x, "optimum"), (low, p, "costate")):
        one = ROLES[name]
        ax.plot(*thin(t, values), **one.line, zorder=3)
        name_line(ax, t, values, "state" if name == "optimum" else " costate", one)
        height = np.ptp(values)
        ax.set_xlim(t[0], t[-1])
        ax.set_ylim(values.min() - 0.34 * height, values.max() + 0.62 * height)
        level = values.max() + 0.28 * height
        start, end = (0.06, 0.62) if name == "optimum" else (0.94, 0.38)
        ax.annotate(
            "", (t[0] + end * span, level), (t[0] + start * span, level),
            arrowprops=dict(arrowstyle="-|>,head_width=.3,head_length=.6", lw=2.2, shrinkA=0, shrinkB=0,
                            color=one.color),
        )  # fmt: skip
        words = "computed forward, from the past" if name == "optimum" else "computed backward, from the future"
        side = "left" if name == "optimum" else "right"
        ax.text(t[0] + start * span, level + 0.08 * height, words, color=one.ink, size=TEXT, ha=side, va="bottom")
        k = 0 if name == "optimum" else -1
        for size, face in ((12, PAPER), (5, one.color)):
            ax.plot(t[k], values[k], "o", ms=size, mfc=face, mec=one.color, mew=2.2, clip_on=False, zorder=5)
        pinned = "pinned at the start" if k == 0 else "pinned at the end: p(T) = 0"
        place = (t[0] + 0.04 * span, x[0] - 0.22 * height) if k == 0 else (t[-1] - 0.06 * span, p.min() - 0.2 * height)
        line = dict(arrowstyle="-", color=one.ink, lw=0.9, shrinkB=7)
        ax.annotate(
            pinned, (t[k], values[k]), place, color=one.ink, size=TEXT, weight="semibold", ha=side, va="center",
            gid="pin",
            arrowprops=line,
        )  # fmt: skip
    top.plot(*thin(t, z), **ROLES["target"].line, zorder=2)
    name_line(top, t, z, "target", ROLES["target"])
    top.tick_params(labelbottom=False)
    top.set_ylabel("state x")
    low.set(ylabel="costate p", xlabel="time t")
    words = (
        f"Above, the state of the best run, pinned at its start {digits(x[0])}; below, its costate, pinned at zero at "
        f"the end, t = {digits(t[-1])}. One is computed forward from the past, the other backward from the future."
    )
    headline = headline or "One problem, pinned at two ends of time"
    more = more or "The best run needs both: a start that it cannot choose, and an end that it does not yet know."
    return Picture(fig, words, caption or words, headline, more)


def plot_chain(run, c=1.0, caption=None, ax=None, headline="", more=""):
    """A front of signal and the credit that comes back, along a chain: neuron by time, a "V".

    Parameters
    ----------
    run : Trajectory
        Of a `chain` whose input is switched on, with ``record="all"``.
    c : float
        The speed: time is drawn in units of 1/c.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.chain(4), hlp.constant(0), q=1, speed=1, inputs={"u": hlp.constant(0.001)})
    >>> start = dict(x0=np.zeros(4), w0=np.ones(4))
    >>> plot_chain(hlp.run(problem, hlp.Frozen(), T=30, dt=0.05, **start)).alt[:40]
    'The signal reaches neuron 4 at ct = 3.7;'
    """
    time, n = c * run.t, run.x.shape[1]
    parts = {"output": run.x, "costate": run.p_x}

    def draw(ax):
        image, half = np.ones((n, len(time), 3)), {}
        for name, values in parts.items():
            share = values / np.where(values[-1] == 0, 1, values[-1])
            speed = np.gradient(share, time, axis=0).clip(0)
            speed /= np.maximum(speed.max(axis=0), 1e-12)
            image *= 1 - speed.T[..., None] * (1 - np.array(to_rgb(ROLES[name].color)))
            half[name] = time[(share > 0.5).argmax(axis=0)]
        keep = slice(None, None, max(1, len(time) // 600))
        ax.imshow(image[:, keep], aspect="auto", extent=(time[0], time[-1], n + 0.5, 0.5), interpolation="nearest")
        for name, style in (("output", "o-"), ("costate", "s-")):
            ax.plot(half[name], range(1, n + 1), style, color=INK, markersize=3.5, linewidth=1)
        ax.grid(False)
        ax.set(
            xlabel="time, in units of 1/c" if c != 1 else "time t",
            ylabel="neuron",
            xlim=(time[0], min(time[-1], 1.45 * half["costate"][0])),
        )
        ax.set_yticks(sorted({1, n, *range(4, n, 4)}))
        paper = dict(boxstyle="square,pad=0.15", fc=PAPER, ec="none", alpha=0.9)
        if ax.bbox.width > 5 * ax.figure.dpi:  # inches: in fewer the words do not fit
            for name, words in (("output", "the signal walks down"), ("costate", "the credit walks back")):
                ax.text(
                    half[name][n // 3] + 0.085 * np.ptp(time), n // 3 + 1, words, color=ROLES[name].ink, size=TEXT,
                    weight="semibold", va="center", bbox=paper,
                )  # fmt: skip
        there, back = half["output"][-1], half["costate"][0]
        describe(
            ax, f"The signal reaches neuron {n} at ct = {digits(there)}; its credit is back at neuron 1 at ct = "
            f"{digits(back)}. Dark is where a neuron changes most; dots are half of the way.",
            f"there at {digits(there)}, back at {digits(back)}",
        )  # fmt: skip

    return shown(draw, ax, lambda: figure(height=3.0), caption, headline, more)


def plot_waterfall(account, caption=None, ax=None, headline="", more=""):
    """The energy of a run as a bank statement: the start, what came in, what went out, the end.

    Parameters
    ----------
    account : energy.Account
        The balance of a run.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> from hlp_edu.energy import account
    >>> problem, policy = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid()), hlp.Flipped(30, 5)
    >>> picture = plot_waterfall(account(problem, policy, hlp.run(problem, policy, T=1)))
    """
    start, end = float(account.hamiltonian[0]), float(account.hamiltonian[-1])
    entries = {name: float(term[-1]) for name, term in account.terms.items()}
    most = max(map(abs, (start, end, *entries.values())))
    entries = {name: value for name, value in entries.items() if abs(value) > 1e-9 * most}

    def draw(ax):
        names, level = ["H at the start", *entries, "H at the end"], start
        ax.barh(0, start, 0.62, color=ROLES["Hamiltonian"].color)
        for k, value in enumerate(entries.values(), 1):
            one = ROLES["positive" if value > 0 else "negative"]
            ax.barh(
                k, value, 0.62, left=level, color=one.color, hatch=None if value > 0 else "///", edgecolor=PAPER, lw=0
            )
            ax.plot([level, level], [k - 1, k], color=SOFT, linewidth=0.8, zorder=0)
            level += value
            ax.annotate(
                f"{value:+.0f}" if most > 20 else f"{value:+.2g}", (level, k), (6 if value > 0 else -6, 0),
                textcoords="offset points", va="center", ha="left" if value > 0 else "right", color=one.ink,
                weight="semibold",
            )  # fmt: skip
        ax.barh(len(names) - 1, end, 0.62, color=ROLES["Hamiltonian"].color)
        ax.plot([level, level], [len(names) - 2, len(names) - 1], color=SOFT, linewidth=0.8, zorder=0)
        ax.axvline(0, color=INK, linewidth=0.9)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.grid(False, axis="y")
        ax.grid(True, axis="x", color=GRID)
        ax.spines["left"].set_visible(False)
        steps = np.cumsum([start, *entries.values()])
        low, high = min(0, steps.min()), max(0, steps.max())
        ax.set_xlim(low - 0.1 * (high - low), high + 0.1 * (high - low))
        ax.set_xlabel("Hamiltonian")
        said = "; ".join(f"{name} {digits(value)}" for name, value in entries.items())
        describe(ax, f"The Hamiltonian begins at {digits(start)} and ends at {digits(end)}. Between: {said}.")

    def fig():
        fig, (ax,) = figure(height=0.36 * (len(entries) + 2))
        place = ax.get_position()
        ax.set_position((0.19, place.y0, place.x1 - 0.19, place.height))
        return fig, [ax]

    return shown(draw, ax, fig, caption, headline, more)
