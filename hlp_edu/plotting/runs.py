"""A run over time: outputs and targets with the error below them; and runs side by side."""

import numpy as np

from hlp_edu.plotting.picture import add_strip, composed, description, draw_line, panels, plot
from hlp_edu.plotting.style import INK, ROLES, SOFT, is_role, label_of
from hlp_edu.plotting.style import role as role_of
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, require
from hlp_edu.words import digits

__all__ = ["plot_side_by_side", "plot_tracking"]

RUN = "a Trajectory, the result of hlp_edu.run"
MARKS = "osD^"  # of several outputs, of which so many are drawn
EXTENTS = np.outer(10.0 ** np.arange(-14, 15), (1.2, 1.7, 2.4, 3.5, 6, 12)).ravel()  # few, so that errors compare


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
    kind("trajectory", trajectory, Trajectory, RUN)
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
    known = np.isfinite(z)  # a stream may not know some targets
    extent = 1.25 * np.quantile(np.abs(x - z)[known], 0.97) if known.any() else 0.1
    extent = EXTENTS[np.searchsorted(EXTENTS[:-1], np.clip(extent, 0.02 * height, height / 2))]
    strip.set(ylim=(-extent, extent), ylabel="error", xlabel="time t")
    ax.set(ylabel="state", xlabel="")
    return _tracking_words(trajectory, x, z)


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
    require(kind("runs", runs, dict, "a dict {title: run}"), "runs = {}: must hold at least one run")
    for title, trajectory in runs.items():
        kind(f"runs[{title!r}]", trajectory, Trajectory, RUN)

    def draw(title):
        role = f"{title.partition(':')[0]}: output" if is_role(title) else "output"
        return lambda ax: plot_tracking(runs[title], ax, role)

    fig, axes = panels([draw(title) for title in runs], list(runs))
    names = [label_of(title) if is_role(title) else str(title) for title in runs]
    words = " ".join(f"{name}: {description(ax)}" for name, ax in zip(names, axes, strict=True))
    return composed(fig, words, caption, headline, more)


def _tracking_limits(x, z):
    """Limits of the y axis: those of tanh if they do, so that runs compare."""
    if not len(x):
        return -1.1, 1.1
    z = z[np.isfinite(z)] if np.isfinite(z).any() else x
    low, high = min(z.min(), x.min()), max(z.max(), x.max())
    if -1.05 <= low and high <= 1.05 and max(-low, high) > 0.3:
        return -1.1, 1.1
    size = max(np.ptp(z), 0.5 * np.abs(z).max(), 0.2)
    low, high = max(low, z.min() - 1.5 * size), min(high, z.max() + 1.5 * size)
    air = 0.08 * max(high - low, 1e-6)
    return low - air, high + air


def _tracking_words(trajectory, x, z):
    """Whether the outputs follow, and with which error; or when and why the run diverged."""
    t, count = trajectory.t, len(trajectory.network.outputs)
    if trajectory.diverged_at is not None:
        begun = " Until then the output and the target (dashed) are shown." if len(t) else ""
        return f"The run diverged at t = {digits(trajectory.diverged_at)}: {trajectory.reason}.{begun}"
    after = np.clip(float(digits(t[0] + (t[-1] - t[0]) / 3)), t[0], t[-1])
    error, late = trajectory.rmse(after), t >= after - 1e-9
    if np.isnan(error):
        return f"No target is known after t = {after:.3g}."
    relative = np.sqrt(np.nanmean((x - z)[late] ** 2)) / max(np.sqrt(np.nanmean(z[late] ** 2)), 0.05)
    one = ("follows", "roughly follows", "does not follow"), ("follow", "roughly follow", "do not follow")
    verb = one[count > 1][np.searchsorted((0.3, 0.7), relative)]
    s = "s" if count > 1 else ""
    words = f"{len(x.T)} of {count} outputs are shown. " if len(x.T) < count else ""
    return f"{words}The output{s} {verb} the target{s} (dashed); RMSE {digits(error)} after t = {after:.3g}."


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
