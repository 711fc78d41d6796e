"""A run over time: outputs and targets with the error below them, energies, weights; and runs side by side."""

import math

import numpy as np
from matplotlib.collections import LineCollection

from hlp_edu.plotting.picture import (
    TEXT,
    Picture,
    describe,
    figure,
    fit_title,
    lowest,
    name_line,
    note,
    panel_words,
    panels,
    shown,
    strip_of,
)  # fmt: skip
from hlp_edu.plotting.style import ALIASES, FAMILY, INK, PALE, ROLES, SOFT, label_of, thin
from hlp_edu.plotting.style import role as role_of
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, whole
from hlp_edu.words import digits, sentence

__all__ = ["plot_energy", "plot_side_by_side", "plot_tracking", "plot_weights"]

MOST_CURVES = 60  # weights that are drawn one by one
MOST_PANELS = 6


def plot_tracking(
    trajectory, ax=None, role="output", after=None, outputs=None, caption=None, notes=(), names=True,
    headline="", more="",
):  # fmt: skip
    """The outputs and their targets over time, and below them the error, which two lines on top of each other hide.

    Parameters
    ----------
    trajectory : Trajectory
        The run. ``record="output"`` is enough.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`. Several outputs share a given ax, told apart by markers.
    role : str
        What the output's line is: "output", "optimum", "flip: damped flip" ...
    after : float, optional
        The RMSE in the caption counts from here on; a third of the run by default.
    outputs : list of labels, optional
        Which outputs; the first six by default.
    notes : tuple, optional
        (words, (t, x), (t, x)) of an annotation.
    names : bool
        Whether to name the lines at their ends.

    Raises
    ------
    ValueError
        If an argument is of the wrong kind, or an output is unknown.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> hlp.plot_tracking(hlp.run(problem, hlp.GradientFlow(mu=0.03), T=20, dt=0.01))
    The output follows the target (dashed); RMSE 0.023 after t = 6.7.
    """
    _check_run("trajectory", trajectory)
    role_of(role)
    known = trajectory.network.outputs
    if outputs is None:
        chosen = list(range(min(len(known), MOST_PANELS)))
    else:
        outputs = [outputs] if isinstance(outputs, str) or np.ndim(outputs) == 0 else list(outputs)
        for label in outputs:
            if label not in known:
                raise ValueError(f"outputs: {label!r} is not an output of the network; its outputs: {known}")
        if not outputs:
            raise ValueError(f"outputs = []: must name at least one of {known}")
        chosen = [known.index(label) for label in outputs]
    words, short = _tracking_words(trajectory, after, chosen)
    if ax is not None or len(chosen) == 1:

        def draw(ax):
            _draw_tracking(trajectory, chosen, ax, role, names)
            if notes:
                note(ax, *notes)
            describe(ax, words, short)

        return shown(draw, ax, None, caption, headline, more)
    fig, axes = figure(rows=len(chosen), height=max(1.5, 2.4 - 0.2 * len(chosen)), gap=0.3)
    for k, one in zip(chosen, axes, strict=True):
        _draw_tracking(trajectory, [k], one, role, names)
        one.set_ylabel(f"output {known[k]}")
        if one is not axes[-1]:
            lowest(one).set_xlabel("")
            lowest(one).tick_params(labelbottom=False)
    return Picture(fig, f"{caption} {words}" if caption else words, caption or words, headline, more)


def _draw_tracking(trajectory, chosen, ax, role, names):
    """Draw the chosen outputs and their targets, and the error below."""
    t, several, one, target = trajectory.t, len(chosen) > 1, role_of(role), ROLES["target"]
    strip = strip_of(ax)
    for place, k in enumerate(chosen):
        label = f" {trajectory.network.outputs[k]}" if several else ""
        mark = dict(marker="osD^vP"[place % 6], markersize=5, markevery=(0.05 + 0.03 * place, 0.15)) if several else {}
        x, z = trajectory.outputs[:, k], trajectory.target[:, k]
        for values, style, name in ((x, one, label_of(role) + label), (z, target, "target" + label)):
            ax.plot(*thin(t, values), **style.line, **mark, label=name)
            if names:
                name_line(ax, t, values, name, style)
        strip.plot(*thin(t, x - z), color=one.color, linewidth=0.9, zorder=3)
        if not several:
            strip.fill_between(*thin(t, x - z), color=one.color, alpha=0.22, linewidth=0)
    ax.set_ylim(_tracking_limits(trajectory, chosen))
    _time_axis(ax, trajectory)
    ax.set_ylabel("state")
    errors = np.abs(trajectory.outputs[:, chosen] - trajectory.target[:, chosen])
    reach = 1.25 * np.quantile(errors, 0.97) if len(t) else 0.1
    reach = min(max(reach, 0.02 * np.ptp(ax.get_ylim())), np.ptp(ax.get_ylim()) / 2)
    ten = 10.0 ** math.floor(math.log10(max(reach, 1e-12)))
    reach = ten * next(
        step for step in (1.2, 1.7, 2.4, 3.5, 6, 12) if step * ten >= reach
    )  # few values: explorers keep
    strip.set_ylim(-reach, reach)
    strip.set_ylabel("error")
    strip.set_xlabel(ax.get_xlabel())
    ax.set_xlabel("")


def plot_energy(trajectory, ax=None, caption=None, names=True, headline="", more=""):
    """The Lagrangian and the Hamiltonian, (4) and (5), over time; rare spikes may leave the picture.

    Parameters
    ----------
    trajectory : Trajectory
        The run. ``record="output"`` is enough.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    names : bool
        Whether to name the lines at their ends.

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

    def draw(ax):
        t, pair = trajectory.t, {"Lagrangian": trajectory.lagrangian, "Hamiltonian": trajectory.hamiltonian}
        for name, values in pair.items():
            ax.plot(*thin(t, values), **ROLES[name].line, label=name)
            if names:
                name_line(ax, t, values, name, ROLES[name])
        low, high, beyond = _robust_limits(pair.values())
        ax.set_ylim(low, high)
        _time_axis(ax, trajectory)
        if not len(t):
            return describe(ax, _gone(trajectory), _gone(trajectory))
        late = t >= t[0] + (t[-1] - t[0]) * 2 / 3
        medians = [digits(np.median(values[late])) for values in pair.values()]
        words = "The Lagrangian (solid) and the Hamiltonian (dashed) over time; over the last third of the run their "
        words += f"medians are {medians[0]} and {medians[1]}."
        if beyond:
            words += f" Spikes leave the picture; they reach {digits(beyond)}."
        if trajectory.diverged_at is not None:
            words += f" {_gone(trajectory)}"
        return describe(ax, words, f"{medians[0]} and {medians[1]}")

    return shown(draw, ax, None, caption, headline, more)


def plot_weights(trajectory, ax=None, arcs=None, caption=None, headline="", more=""):
    """The weights over time: the arc into the output that moves most, over the target; the others a grey bundle.

    Parameters
    ----------
    trajectory : Trajectory
        The run, with ``record="all"``.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    arcs : list of (tail, head), optional
        Up to five arcs to emphasise instead.

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
    into = np.flatnonzero(np.isin(network.heads, network.output_index))
    if arcs is None:
        moved = np.ptp(w[:, into], axis=0) if len(t) else np.zeros(len(into))
        bold = into[np.argsort(-moved, kind="stable")[:1]]
    else:
        bold = _arc_columns(network, arcs)
        if len(bold) > len(FAMILY):
            raise ValueError(f"arcs: {len(bold)} given; there must be 1 to {len(FAMILY)}")

    def draw(ax):
        others = np.setdiff1d(np.arange(len(network.heads)), bold)
        few = others[:: max(1, math.ceil(len(others) / MOST_CURVES))]
        roles = [ROLES["output"]] if arcs is None else [ROLES[name] for name in FAMILY]
        if len(t):
            curves = [np.column_stack(thin(t, w[:, k], 600)) for k in few]
            ax.add_collection(LineCollection(curves, colors=PALE, linewidths=0.9, zorder=1.5), autolim=False)
            if arcs is None and trajectory.target.shape[1] == 1:
                ax.plot(*thin(t, trajectory.target[:, 0]), **ROLES["target"].line, label="target", zorder=1.8)
                name_line(ax, t, trajectory.target[:, 0], "target", ROLES["target"])
            for k, one in zip(bold, roles, strict=False):
                ax.plot(*thin(t, w[:, k]), **one.line, label=arc_name(network, k))
                name_line(ax, t, w[:, k], arc_name(network, k), one)
        low, high, _ = _robust_limits([w[:, k] for k in (*bold, *few)])
        ax.set_ylim(low, high)
        _time_axis(ax, trajectory)
        ax.set_ylabel("weight")
        named = " and ".join(f"{network.arcs[k][0]} to {network.arcs[k][1]}" for k in bold)
        words = f"The weight of the arc from {named}" if len(bold) == 1 else f"The weights of the arcs from {named}"
        words += f" in colour, {len(few) if len(few) == len(others) else f'{len(few)} of {len(others)}'} others grey."
        size = digits(np.sqrt(np.mean(w[-1] ** 2))) if len(t) and len(w.T) else None
        if size:
            words += f" Their root mean square at the end is {size}."
        if trajectory.diverged_at is not None:
            words += f" {_gone(trajectory)}"
        describe(ax, words, f"root mean square at the end {size}" if size else "no rows")

    return shown(draw, ax, None, caption, headline, more)


def arc_name(network, k):
    """The name of arc ``k`` as mathtext: w with head and tail as its subscript."""
    tail, head = (str(label) for label in network.arcs[k])
    if tail == "bias" and "b" not in network.labels:
        tail = "b"
    comma = "" if len(tail) == len(head) == 1 else ","
    return f"$w_{{{upright(head)}{comma}{upright(tail)}}}$"


def upright(text):
    """Text as mathtext, upright."""
    text = "".join(c if c.isalnum() else "\\ " for c in text)
    return text if text.isdigit() else rf"\mathrm{{{text}}}"


def plot_side_by_side(
    trajectories, titles=None, plot=plot_tracking, columns=None, height=2.4, caption=None, headline="", more="",
    **arguments,
):  # fmt: skip
    """The same plot of several runs, side by side, with one y axis and one caption, as a `Picture`.

    Parameters
    ----------
    trajectories : list or dict of Trajectory
        The runs; the keys of a dict are the titles. A title that is a role, a policy's name or "role: label" gives the
        output's line its look.
    titles : list of str, optional
        One for each run.
    plot : callable
        ``plot(trajectory, ax=ax)`` draws one of them.
    columns, height : int and float, optional
        How many in a row, up to four by default, and the height of a row in inches.
    caption, headline, more : str, optional
        As for all plots: `hlp_edu.plotting`.
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
    titles = [None if title is None else str(title) for title in titles or [None] * len(trajectories)]
    if len(titles) != len(trajectories):
        raise ValueError(f"titles: {len(titles)} given for {len(trajectories)} runs; there must be one per run")
    for k, trajectory in enumerate(trajectories):
        _check_run(f"trajectories[{k}]", trajectory)
    if columns is None:
        columns = math.ceil(len(trajectories) / math.ceil(len(trajectories) / 4))
    columns = whole("columns", columns)
    is_role = [title is not None and _first(title) in ROLES.keys() | ALIASES.keys() for title in titles]

    def draw(k):
        mine = dict(role=f"{_first(titles[k])}: output") if is_role[k] and plot is plot_tracking else {}
        return lambda ax: plot(trajectories[k], ax=ax, **mine | arguments)

    labels = [label_of(title) if is_role[k] else title for k, title in enumerate(titles)]
    fig, axes = panels([draw(k) for k in range(len(trajectories))], labels, columns, height)
    for k, ax in enumerate(axes):
        if is_role[k] and plot is plot_tracking:
            fit_title(ax, labels[k], titles[k])
    words, _ = panel_words(axes, labels)
    if plot is plot_tracking:
        words = f"The output and the target (dashed); {words}"
    elif plot is plot_energy:
        words = f"The Lagrangian (solid) and the Hamiltonian (dashed), medians over the last third: {words}"
    words = sentence(words)
    return Picture(fig, f"{caption} {words}" if caption else words, caption or words, headline, more)


def _first(title):
    """What stands before the colon of a title."""
    return title.partition(":")[0].strip()


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
        begun = "Until then the output and the target (dashed) are shown." if len(t) else ""
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
    words = f"The output{'' if one else 's'} {verb} the target{'' if one else 's'} (dashed); "
    if len(chosen) < len(trajectory.network.outputs):
        words = f"{len(chosen)} of {len(trajectory.network.outputs)} outputs are shown. {words}"
    words += f"RMSE {digits(error)} after t = {after:.3g}."
    return words, f"RMSE {digits(error)}"


def _gone(trajectory):
    """When and why a run diverged."""
    return f"The run diverged at t = {digits(trajectory.diverged_at)}: {trajectory.reason}."


def _time_axis(ax, trajectory):
    """Name and limit the axis of time; mark where a run diverged."""
    t = trajectory.t
    first, last = (t[0], t[-1]) if len(t) else (0.0, 1.0)
    span = max(last - first, 1e-9)
    if trajectory.diverged_at is not None:
        zone = max(0.12, 0.26 * ax.figure.dpi / ax.bbox.width)  # fraction of the width, for the word
        ax.axvline(trajectory.diverged_at, color=INK, linewidth=1.2, linestyle=(0, (1, 1.5)), label="_gone")
        ax.axvspan(trajectory.diverged_at, last + span, color="#F2F2F2", zorder=0, label="_gone")
        ax.text(
            last + (0.55 * zone) * span, 0.5, "diverged", transform=ax.get_xaxis_transform(), ha="center",
            va="center", size=TEXT, color=SOFT, rotation=90, gid="gone",
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


def _check_run(name, trajectory):
    kind(name, trajectory, Trajectory, "a Trajectory, the result of hlp_edu.run")


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
