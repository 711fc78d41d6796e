"""A run over time: outputs and targets with the error below them, energies, weights; and runs side by side."""

import math

import numpy as np

from hlp_edu.plotting.picture import add_strip, composed, draw_line, panel_words, panels, plot
from hlp_edu.plotting.style import INK, PALE, ROLES, SOFT, is_role, label_of
from hlp_edu.plotting.style import role as role_of
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind
from hlp_edu.words import digits, sentence

__all__ = ["plot_energy", "plot_side_by_side", "plot_tracking", "plot_weights"]

MOST_CURVES = 60  # weights that are drawn one by one
MARKS = "osD^"  # of several outputs, of which so many are drawn
REACH = np.outer(10.0 ** np.arange(-14, 15), (1.2, 1.7, 2.4, 3.5, 6, 12)).ravel()  # few, so that errors compare


@plot()
def plot_tracking(trajectory, ax=None, role="output", caption=None, headline="", more=""):
    """The outputs and their targets over time, and below them the error, which two lines on top of each other hide.

    Parameters
    ----------
    trajectory : Trajectory
        The run. ``record="output"`` is enough. Of several outputs the first four are drawn, told apart by markers.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    role : str
        What the output's line is: "output", "optimum", "flip: damped flip" ...

    Raises
    ------
    ValueError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> hlp.plot_tracking(hlp.run(problem, hlp.GradientFlow(mu=0.03), T=20, dt=0.01))
    The output follows the target (dashed); RMSE 0.023 after t = 6.7.
    """
    _check_run("trajectory", trajectory)
    t, one, labels = trajectory.t, role_of(role), trajectory.network.outputs[: len(MARKS)]
    several, strip = len(trajectory.network.outputs) > 1, add_strip(ax)
    x, z = trajectory.outputs[:, : len(labels)], trajectory.target[:, : len(labels)]
    for k, label in enumerate(labels):
        mark = dict(marker=MARKS[k], markersize=5, markevery=(0.05 + 0.03 * k, 0.15)) if several else {}
        for values, style, name in ((x[:, k], one, label_of(role)), (z[:, k], ROLES["target"], "target")):
            draw_line(ax, t, values, style, f"{name} {label}" if several else name, **mark)
        strip.plot(t, x[:, k] - z[:, k], color=one.color, linewidth=0.9, zorder=3)
        if not several:
            strip.fill_between(t, x[:, k] - z[:, k], color=one.color, alpha=0.22, linewidth=0)
    ax.set_ylim(_tracking_limits(x, z))
    _time_axis(ax, trajectory)
    height = np.ptp(ax.get_ylim())
    reach = 1.25 * np.quantile(np.abs(x - z), 0.97) if len(t) else 0.1
    reach = REACH[np.searchsorted(REACH, np.clip(reach, 0.02 * height, height / 2))]
    strip.set(ylim=(-reach, reach), ylabel="error", xlabel="time t")
    ax.set(ylabel="state", xlabel="")
    return _tracking_words(trajectory, x, z)


@plot()
def plot_energy(trajectory, ax=None, caption=None, headline="", more=""):
    """The Lagrangian and the Hamiltonian, (4) and (5), over time; rare spikes may leave the picture.

    Parameters
    ----------
    trajectory : Trajectory
        The run. ``record="output"`` is enough.
    ax, caption, headline, more
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
    t, pair = trajectory.t, {"Lagrangian L": trajectory.lagrangian, "Hamiltonian H": trajectory.hamiltonian}
    for name, values in pair.items():
        draw_line(ax, t, values, role_of(name), name)
    _time_axis(ax, trajectory)
    ax.set_ylabel("L and H", labelpad=1)
    if not len(t):
        return _gone(trajectory), _gone(trajectory)
    low, high, beyond = _robust_limits(np.concatenate(list(pair.values())))
    ax.set_ylim(low, high)
    late = t >= t[0] + (t[-1] - t[0]) * 2 / 3
    medians = [digits(np.median(values[late])) for values in pair.values()]
    words = "The Lagrangian (solid) and the Hamiltonian (dashed) over time; over the last third of the run their "
    words += f"medians are {medians[0]} and {medians[1]}."
    if beyond:
        words += f" Spikes leave the picture; they reach {digits(beyond)}."
    return f"{words} {_gone(trajectory)}".strip(), f"{medians[0]} and {medians[1]}"


@plot()
def plot_weights(trajectory, ax=None, caption=None, headline="", more=""):
    """The weights over time: the arc into the output that moves most, over the target; the others a grey bundle.

    Parameters
    ----------
    trajectory : Trajectory
        The run, with ``record="all"``.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.

    Raises
    ------
    ValueError
        If the run kept no weights, or an argument is of the wrong kind.

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
    _time_axis(ax, trajectory)
    ax.set_ylabel("weight")
    if not len(t):
        return _gone(trajectory), "no rows"
    moved = np.where(np.isin(network.heads, network.output_index), np.ptp(w, axis=0), -1)
    bold = int(moved.argmax())
    others = np.delete(np.arange(len(moved)), bold)
    few = others[:: max(1, math.ceil(len(others) / MOST_CURVES))]
    ax.plot(t, w[:, few], color=PALE, linewidth=0.9, zorder=1.5)
    if trajectory.target.shape[1] == 1:
        draw_line(ax, t, trajectory.target[:, 0], ROLES["target"], "target", zorder=1.8)
    draw_line(ax, t, w[:, bold], ROLES["output"], arc_name(network, bold))
    ax.set_ylim(_robust_limits(w[:, [bold, *few]].ravel())[:2])
    size, (tail, head) = digits(np.sqrt(np.mean(w[-1] ** 2))), network.arcs[bold]
    words = f"The weight of the arc from {tail} to {head} in colour, "
    words += f"{len(few) if len(few) == len(others) else f'{len(few)} of {len(others)}'} others grey."
    words += f" Their root mean square at the end is {size}. {_gone(trajectory)}"
    return words.strip(), f"root mean square at the end {size}"


def arc_name(network, k):
    """The name of arc ``k`` as mathtext: w with head and tail as its subscript."""
    tail, head = (str(label) for label in network.arcs[k])
    if tail == "bias" and "b" not in network.labels:
        tail = "b"
    comma = "" if len(tail) == len(head) == 1 else ","
    return f"$w_{{{upright(head)}{comma}{upright(tail)}}}$"


def upright(text):
    """Text as mathtext, upright."""
    text = "".join(c if c.isalnum() else "\\ " for c in str(text))
    return text if text.isdigit() else rf"\mathrm{{{text}}}"


def plot_side_by_side(runs, caption=None, headline="", more=""):
    """Tracking pictures of several runs, up to four in a row, with one y axis and one caption, as a `Picture`.

    Parameters
    ----------
    runs : dict
        {title: Trajectory}. A title that is a role, a policy's name or "role: label" gives the output's line its look.
    caption, headline, more : str, optional
        As for all plots: `hlp_edu.plotting`.

    Raises
    ------
    ValueError
        If there is no run.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> runs = {mu: hlp.run(problem, hlp.GradientFlow(mu), T=6, dt=0.01) for mu in (0.003, 0.03)}
    >>> picture = hlp.plot_side_by_side(runs)
    """
    if not kind("runs", runs, dict, "a dict {title: run}"):
        raise ValueError("runs = {}: must hold at least one run")
    for title, trajectory in runs.items():
        _check_run(f"runs[{title!r}]", trajectory)

    def draw(title):
        role = f"{title.partition(':')[0]}: output" if is_role(title) else "output"
        return lambda ax: plot_tracking(runs[title], ax, role)

    fig, axes = panels([draw(title) for title in runs], list(runs))
    words, _ = panel_words(axes, [label_of(title) if is_role(title) else str(title) for title in runs])
    return composed(fig, sentence(f"The output and the target (dashed); {words}"), caption, headline, more)


def _tracking_limits(x, z):
    """Limits of the y axis: those of tanh if they do, so that runs compare."""
    if not len(x):
        return -1.1, 1.1
    low, high = min(z.min(), x.min()), max(z.max(), x.max())
    if -1.05 <= low and high <= 1.05 and max(-low, high) > 0.3:
        return -1.1, 1.1
    size = max(np.ptp(z), 0.5 * np.abs(z).max(), 0.2)
    low, high = max(low, z.min() - 1.5 * size), min(high, z.max() + 1.5 * size)
    air = 0.08 * max(high - low, 1e-6)
    return low - air, high + air


def _tracking_words(trajectory, x, z):
    """Whether the outputs follow, and with which error: a sentence and its short form."""
    t, count = trajectory.t, len(trajectory.network.outputs)
    if trajectory.diverged_at is not None:
        begun = " Until then the output and the target (dashed) are shown." if len(t) else ""
        return _gone(trajectory) + begun, f"diverged at t = {digits(trajectory.diverged_at)}"
    after = np.clip(float(digits(t[0] + (t[-1] - t[0]) / 3)), t[0], t[-1])
    error, late = trajectory.rmse(after), t >= after - 1e-9
    relative = np.sqrt(np.mean((x - z)[late] ** 2)) / max(np.sqrt(np.mean(z[late] ** 2)), 0.05)
    one = ("follows", "roughly follows", "does not follow"), ("follow", "roughly follow", "do not follow")
    verb = one[count > 1][np.searchsorted((0.3, 0.7), relative)]
    s = "s" if count > 1 else ""
    words = f"{len(x.T)} of {count} outputs are shown. " if len(x.T) < count else ""
    words += f"The output{s} {verb} the target{s} (dashed); RMSE {digits(error)} after t = {after:.3g}."
    return words, f"RMSE {digits(error)}"


def _gone(trajectory):
    """When and why a run diverged; nothing if it did not."""
    gone = trajectory.diverged_at
    return "" if gone is None else f"The run diverged at t = {digits(gone)}: {trajectory.reason}."


def _time_axis(ax, trajectory):
    """Name and limit the axis of time; mark where a run diverged."""
    t = trajectory.t
    first, last = (t[0], t[-1]) if len(t) else (0.0, 1.0)
    span = max(last - first, 1e-9)
    if trajectory.diverged_at is not None:
        zone = max(0.12, 0.26 * ax.figure.dpi / ax.bbox.width) * span  # for the word
        ax.axvline(trajectory.diverged_at, color=INK, linewidth=1.2, linestyle=(0, (1, 1.5)), label="_gone")
        ax.axvspan(trajectory.diverged_at, last + span, color="#F2F2F2", zorder=0, label="_gone")
        place = dict(transform=ax.get_xaxis_transform(), ha="center", va="center", rotation=90)
        ax.text(last + 0.55 * zone, 0.5, "diverged", color=SOFT, gid="gone", **place)
        last += zone
    ax.set(xlim=(first, last), xlabel="time t")


def _robust_limits(values):
    """Limits that show all, unless a few spikes would flatten the rest; and the largest of these, or None."""
    ends, inner = np.array([values.min(), values.max()]), np.percentile(values, [1.0, 99.0])
    wide = max(np.ptp(inner), 1e-9)
    away = np.abs(ends - inner) > 3 * wide
    low, high = np.where(away, inner + [-0.3 * wide, 0.3 * wide], ends)
    air = 0.06 * max(high - low, 1e-6 * max(1.0, abs(high)))
    return low - air, high + air, max(ends[away], key=abs, default=None)


def _check_run(name, trajectory):
    kind(name, trajectory, Trajectory, "a Trajectory, the result of hlp_edu.run")
