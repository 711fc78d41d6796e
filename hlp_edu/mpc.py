"""Receding horizon (MPC): plan ahead, do the first bit of the plan, look again, plan anew.

What a controller can do that may think for as long as it likes and still cannot see the future: it
takes the targets and inputs of this instant to stay as they are ("frozen"), and steers for the best.
Each plan is the minimum that `optimum.py` finds downhill along the exact adjoint, by scipy's L-BFGS.
"""

import math

import numpy as np

from hlp_edu.bars import bar
from hlp_edu.optimum.adjoint import Run, descend
from hlp_edu.problem import Tracking
from hlp_edu.signals import constant
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, number, whole

MOST_NUMBERS = 1e8  # of a plan: 0.8 GB for each of its arrays


def mpc(
    problem,
    T,
    horizon=1.0,
    every=0.1,
    dt=0.01,
    seed=0,
    t0=0,
    x0=None,
    w0=None,
    tolerance=1e-3,
    iterations=60,
    progress=True,
):
    """Steer by plans that take the present targets and inputs to last.

    Parameters
    ----------
    problem : Tracking
        What is to be minimised.
    T : float
        Duration, a whole number of steps.
    horizon : float
        How far each plan looks ahead, at least ``every``.
    every : float
        Time between two plans; each plan is followed for so long.
    dt : float
        Step of plans and run; at most ``every`` and at most 1 / speed. Shortened a little if
        ``every`` is no multiple of it.
    seed : int
        Draws x0 and w0 as in `run`.
    t0 : float
        Time of the start.
    x0 : array_like, shape (neurons,), optional
        States at the start.
    w0 : array_like, shape (arcs,), optional
        Weights at the start.
    tolerance : float
        As in `optimum`, for every plan.
    iterations : int
        At most so many steps downhill for a plan; each begins where the plan before it left off.
    progress : bool
        Show a progress bar when it takes longer than a second.

    Returns
    -------
    Trajectory
        Its p_x are those of the plans; its p_w = -r w'.

    Raises
    ------
    ValueError
        If an argument is out of its bounds.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(2), hlp.constant(0.5))
    >>> mpc(problem, T=2, progress=False).rmse(after=1) < 0.01
    True
    """
    from threadpoolctl import threadpool_limits

    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    ahead, done, steps, h = _grids(T, horizon, every, dt, len(problem.network.heads) + 1)
    tolerance = number("tolerance", tolerance, above=0, most=1)
    iterations = whole("iterations", iterations)
    entire = Run(problem, steps * h, h, seed, t0, x0, w0, None)
    labels = problem.network.inputs
    x, w = entire.x0.copy(), entire.w0.copy()
    v = np.zeros((ahead + 1, entire.m))
    rows, cost = [], 0.0
    with threadpool_limits(1), bar(progress, total=steps, unit="step") as shown:
        for first in range(0, steps, done):
            now = float(entire.times[first])
            frozen = problem.replace(
                target=[constant(z) for z in problem.target_at(now)],
                inputs=dict(zip(labels, map(constant, problem.inputs_at(now)), strict=True)),
            )
            plan = Run(frozen, ahead * h, h, 0, now, x, w, None)
            halves, _ = descend(plan, v, tolerance, iterations, bar(False))
            v = halves[::2].copy()
            plan.cost(halves)
            count = min(done, steps - first)
            world = Run(problem, count * h, h, 0, now, x, w, None)
            cost += world.scale * world.cost(halves[: 2 * count + 1])
            parts = world.made.stage[:, 0], world.made.w, plan.made.p_x, -problem.r * v
            keep = count + (first + count == steps)  # the last row of all, too
            rows.append([part[:keep].copy() for part in parts])
            x, w = world.made.stage[-1, 0].copy(), world.made.w[-1].copy()
            v = np.concatenate([v[count:], np.zeros((count, entire.m))])
            shown.update(count)
    parts = [np.concatenate(part) for part in zip(*rows, strict=True)]
    return entire.filed(Trajectory, *parts, cost, f"MPC(horizon={horizon:g}, every={every:g})", method="adjoint")


def _grids(T, horizon, every, dt, width):
    """Steps that are planned, that are followed, and of all; and the step."""
    T, every = number("T", T, above=0), number("every", every, above=0)
    horizon, dt = number("horizon", horizon), number("dt", dt, above=0)
    if not max(T, horizon, every) / dt < 1e9:
        raise ValueError(f"dt = {dt:g}: is too small for T, horizon and every = {T:g}, {horizon:g}, {every:g}")
    if horizon < every:
        raise ValueError(f"horizon = {horizon:g}: must be at least every = {every:g}")
    if dt > every * (1 + 1e-9):
        raise ValueError(f"dt = {dt:g}: must be at most every = {every:g}")
    # All times lie on one grid: `ahead` steps are planned, `done` of them are followed.
    done = math.ceil(every / dt - 1e-9)
    h = every / done
    ahead, steps = math.ceil(horizon / h - 1e-9), round(T / h)
    if not math.isclose(steps * h, T, rel_tol=1e-9):
        raise ValueError(f"T = {T:g}: must be a whole number of steps of {h:g}")
    for name, value, count in (("horizon", horizon, ahead), ("T", T, steps)):
        if count * width > MOST_NUMBERS:
            raise ValueError(f"{name} = {value:g}: has {count} steps of dt; too many to be kept")
    return ahead, done, steps, h
