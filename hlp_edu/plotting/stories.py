"""The pictures that carry the course: two ends of time, the wave of credit along a chain, where the energy goes."""

import re

import numpy as np
from matplotlib.colors import to_rgb

from hlp_edu.plotting.ladder import name_rows
from hlp_edu.plotting.picture import composed, draw_line, figure, plot
from hlp_edu.plotting.style import INK, PAPER, ROLES, SOFT, label_of, role, styled
from hlp_edu.words import digits

__all__ = ["plot_chain", "plot_two_ends", "plot_waterfall"]


@styled()
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
    _half(top, t, x, "optimum: state", "computed forward, from the past", "pinned at the start", 0)
    _half(low, t, p, "costate", "computed backward, from the future", "pinned at the end: p(T) = 0", -1)
    draw_line(top, t, z, ROLES["target"], "target")
    top.set(ylabel="state x", xticklabels=[])
    low.set(ylabel="costate p", xlabel="time t")
    words = (
        f"Above, the state of the best run, pinned at its start {digits(x[0])}; below, its costate, pinned at zero at "
        f"the end, t = {digits(t[-1])}. One is computed forward from the past, the other backward from the future."
    )
    headline = headline or "One problem, pinned at two ends of time"
    more = more or "The best run needs both: a start that it cannot choose, and an end that it does not yet know."
    return composed(fig, words, caption, headline, more)


def _half(ax, t, values, name, way, pinned, k):
    """A line, the direction in which it is computed, and the end at which it is pinned: 0 or -1."""
    one, height = role(name), np.ptp(values)
    side, start, end = ("right", 0.94, 0.38) if k else ("left", 0.06, 0.62)
    draw_line(ax, t, values, one, f" {label_of(name)}", zorder=3)  # beside the ring
    ax.set(xlim=t[[0, -1]], ylim=(values.min() - 0.34 * height, values.max() + 0.62 * height))
    arrow = dict(arrowstyle="-|>,head_width=.3,head_length=.6", lw=2.2, shrinkA=0, shrinkB=0, color=one.color)
    ax.annotate("", (end, 0.82), (start, 0.82), "axes fraction", arrowprops=arrow)
    ax.text(start, 0.86, way, color=one.ink, ha=side, va="bottom", transform=ax.transAxes)
    for size, face in ((12, PAPER), (5, one.color)):
        ax.plot(t[k], values[k], "o", ms=size, mfc=face, mec=one.color, mew=2.2, clip_on=False, zorder=5)
    line = dict(arrowstyle="-", color=one.ink, lw=0.9, shrinkB=7)
    place = dict(xytext=(start, 0.07), textcoords="axes fraction", ha=side, va="center", gid="pin")
    ax.annotate(pinned, (t[k], values[k]), color=one.ink, weight="semibold", arrowprops=line, **place)


@plot(lambda **_: figure(height=3.0))
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

    image, half = np.ones((n, len(time), 3)), {}
    for name, values in parts.items():
        share = values / np.where(values[-1] == 0, 1, values[-1])
        speed = np.gradient(share, time, axis=0).clip(0)
        speed /= np.maximum(speed.max(axis=0), 1e-12)
        image *= 1 - speed.T[..., None] * (1 - np.array(to_rgb(ROLES[name].color)))
        half[name] = time[(share > 0.5).argmax(axis=0)]
    keep = slice(None, None, max(1, len(time) // 600))
    ax.imshow(image[:, keep], aspect="auto", extent=(time[0], time[-1], n + 0.5, 0.5), interpolation="nearest")
    paper, k = dict(boxstyle="square,pad=0.15", fc=PAPER, ec="none", alpha=0.9), n // 3
    for name, style, words in (("output", "o-", "the signal walks down"), ("costate", "s-", "the credit walks back")):
        ax.plot(half[name], range(1, n + 1), style, color=INK, markersize=3.5, linewidth=1)
        place = half[name][k] + 0.085 * np.ptp(time), k + 1
        if ax.bbox.width > 5 * ax.figure.dpi:  # inches: in fewer the words do not fit
            ax.text(*place, words, color=ROLES[name].ink, weight="semibold", va="center", bbox=paper)
    there, back = half["output"][-1], half["costate"][0]
    ax.set(
        xlabel="time, in units of 1/c" if c != 1 else "time t",
        ylabel="neuron",
        xlim=(time[0], min(time[-1], 1.45 * back)),
    )
    ax.set_yticks(sorted({1, n, *range(4, n, 4)}))
    ax.grid(False)
    words = (
        f"The signal reaches neuron {n} at ct = {digits(there)}; its credit is back at neuron 1 at ct = "
        f"{digits(back)}. Dark is where a neuron changes most; dots are half of the way."
    )
    return words, f"there at {digits(there)}, back at {digits(back)}"


@plot(lambda account, **_: figure(height=0.36 * (len(_entries(account)) + 2), left=1.52))
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
    entries, level = _entries(account), start
    for k, value in enumerate(entries.values(), 1):
        one, side = (ROLES["positive"], 1) if value > 0 else (ROLES["negative"], -1)
        hatch = None if value > 0 else "///"
        ax.barh(k, value, 0.62, left=level, color=one.color, hatch=hatch, edgecolor=PAPER, lw=0)
        ax.plot([level, level], [k - 1, k], color=SOFT, linewidth=0.8, zorder=0)
        level += value
        text = f"{value:+.0f}" if max(map(abs, entries.values())) > 20 else f"{value:+.2g}"
        look = dict(va="center", ha="left" if value > 0 else "right", color=one.ink, weight="semibold")
        ax.annotate(text, (level, k), (6 * side, 0), textcoords="offset points", **look)
    last = len(entries) + 1
    ax.barh([0, last], [start, end], 0.62, color=ROLES["Hamiltonian"].color)
    ax.plot([level, level], [last - 1, last], color=SOFT, linewidth=0.8, zorder=0)
    ax.axvline(0, color=INK, linewidth=0.9)
    named = [re.sub(r"p_(\w)", r"$p_\1$", name) for name in entries]
    name_rows(ax, ["H at the start", *named, "H at the end"])
    steps = np.cumsum([0, start, *entries.values()])
    air = 0.1 * np.ptp(steps)
    ax.set(xlim=(steps.min() - air, steps.max() + air), xlabel="Hamiltonian")
    said = "; ".join(f"{name} {digits(value)}" for name, value in entries.items())
    return f"The Hamiltonian begins at {digits(start)} and ends at {digits(end)}. Between: {said}.", None


def _entries(account):
    """What came in and what went out over the whole run, without what is nothing."""
    entries = {name: float(term[-1]) for name, term in account.terms.items()}
    most = max(map(abs, (account.hamiltonian[0], account.hamiltonian[-1], *entries.values())))
    return {name: value for name, value in entries.items() if abs(value) > 1e-9 * most}
