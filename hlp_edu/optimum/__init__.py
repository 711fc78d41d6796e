"""The best possible run: both ends of time at once, offline, knowing the whole future.

Two methods that share nothing but the laws: *collocation* solves Hamilton's equations with conditions at both ends,
the *adjoint* goes downhill along the exact gradient of the cost of a run. Both controls are then put through the
same run, and compared.
"""

import math

import numpy as np

from hlp_edu.bars import bar
from hlp_edu.optimum.adjoint import AGREE, Optimum, Run, cost_gradient, descend_twice
from hlp_edu.optimum.collocation import collocate, obstacle_to
from hlp_edu.validate import number, one_of, whole

__all__ = ["NotConverged", "Optimum", "cost_gradient", "optimum"]


class NotConverged(RuntimeError):
    """Neither method converged. What was found is in ``best``.

    Attributes
    ----------
    best : Optimum
        The cheapest control found: a run, but not the optimum.
    """

    def __init__(self, message, best=None):  # unpickled, it gets the message alone, and ``best`` afterwards
        super().__init__(message)
        self.best = best


def optimum(
    problem,
    T,
    dt=None,
    x0=None,
    w0=None,
    seed=0,
    t0=0,
    start=None,
    method="both",
    tolerance=1e-5,
    iterations=2000,
    progress=True,
):
    """The run of least cost (4): the two-point problem (2), (6) to (9), solved offline.

    Parameters
    ----------
    problem : Tracking
        What is to be minimised.
    T : float
        Duration.
    dt : float, optional
        Step of the run that both controls are put through, and of the rows returned; at most
        1 / speed. By default 0.005, or 0.2 / speed if that is less.
    x0 : array_like, shape (neurons,), optional
        States at the start.
    w0 : array_like, shape (arcs,), optional
        Weights at the start.
    seed : int
        Draws x0 and w0 as in `run`.
    t0 : float
        Time of the start.
    start : State, optional
        Where a run stopped (its ``final``): the best way on from there, instead of seed, t0, x0, w0.
    method : {"both", "collocation", "adjoint"}
        "collocation": Hamilton's equations as a boundary problem (scipy's solve_bvp, with
        continuation in q), for up to 100 neurons and arcs together and inputs that do not jump.
        "adjoint": downhill along the exact gradient (scipy's L-BFGS-B), for any network. "both"
        runs the two, if it can, and returns the cheaper control.
    tolerance : float
        Relative tolerance of the collocation, at most 1; the adjoint stops when a further step could lower
        the cost by a fraction of about ``tolerance ** 2``.
    iterations : int
        At most so many steps downhill.
    progress : bool
        Show a progress bar when it takes longer than a second.

    Returns
    -------
    Optimum
        A `Trajectory` with ``costs``, ``agree`` and ``note``. Its costates are the exact
        sensitivities of its cost. Like every method that follows slopes, both find *a* minimum;
        that they agree, from different starts, is evidence, not proof, that it is the lowest.

    Raises
    ------
    ValueError
        If an argument is out of its bounds, or collocation is asked for where it cannot serve.
    NotConverged
        If no method converged; the error carries the best control found as ``best``.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid(), speed=5)
    >>> best = hlp.optimum(problem, T=1, progress=False)
    >>> best.agree
    True
    """
    from threadpoolctl import threadpool_limits

    one_of("method", method, ("both", "collocation", "adjoint"))
    tolerance, iterations = number("tolerance", tolerance, above=0, most=1), whole("iterations", iterations)
    run = Run(problem, T, dt, seed, t0, x0, w0, start)
    obstacle = obstacle_to(run)
    if method == "collocation" and obstacle:
        raise ValueError(f"method = 'collocation': {obstacle}; use method='adjoint'")

    found, costs, notes = {}, {}, []
    # The vectors are too short to share among threads: waiting for each other, two would take five times as long.
    with threadpool_limits(1), bar(progress, unit="evaluation") as shown:
        if method in ("both", "collocation") and not obstacle:
            found["collocation"] = collocate(run, tolerance, shown)
        if method in ("both", "adjoint"):
            found["adjoint"] = descend_twice(run, tolerance, iterations, shown)
    converged = {}
    for name, (v, problem_met) in found.items():
        J = run.cost(v) if v is not None else math.inf
        if math.isfinite(J):
            costs[name] = float(run.scale * J)
        if problem_met:
            notes.append(f"{name} did not converge: {problem_met}")
        elif math.isfinite(J):
            converged[name] = J
    if method == "both" and obstacle:
        notes.append(f"adjoint alone: {obstacle}")
    if len(converged) == 2:
        a, b = converged.values()
        if abs(a - b) <= AGREE * abs(b):
            notes.append("collocation and adjoint agree to a millionth")
        else:
            notes.append(f"collocation ({a:.6g}) and adjoint ({b:.6g}) disagree: two local minima, or dt is too long")
    if not costs:
        found["nothing"], costs["nothing"] = (np.zeros((2 * run.steps + 1, run.m)), ""), math.inf
    choice = min(converged or costs, key=costs.get)
    best = run.optimum(found[choice][0], method=choice, costs=costs, note="; ".join(notes) or f"by {choice}")
    if not converged:
        raise NotConverged(f"no optimum found. {best.note}. The best control found is in this error's .best", best)
    return best
