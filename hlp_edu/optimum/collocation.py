"""Hamilton's equations (2), (6), (7), (8) with their conditions (9) at both ends of time, by collocation."""

import math
import warnings

import numpy as np

from hlp_edu.kernel import evaluate
from hlp_edu.signals import Signal

MOST_STATES = 100  # neurons + arcs: collocation factorises blocks of twice this size


def obstacle_to(run):
    """Why collocation cannot serve, in words; an empty string if it can."""
    states = run.n + run.m
    if states > MOST_STATES:
        return f"{run.n} neurons + {run.m} arcs = {states} are more than collocation can serve ({MOST_STATES})"
    for label, signal in run.problem.inputs.items():
        if isinstance(signal, Signal) and len(signal.jumps(run.times[0], run.times[-1])):
            return f"the input {label!r} jumps, and collocation needs inputs that do not"
    return ""


def both_ends(model, rows, z, u):
    """Right sides of (2), (6), (7), (8) for rows of x, w, p_x, p_w, at many times at once."""
    n, theta = len(model.speed), model.law.theta
    m = rows.shape[1] // 2 - n
    x, w, p_x, p_w = np.split(rows, np.cumsum([n, m, n]), axis=1)
    _, _, *velocities, H_x, H_w = evaluate(model, z, u, x, w, p_x, p_w)
    costates = -H_x - theta * p_x, -H_w - theta * p_w
    return np.concatenate([*velocities, *costates], axis=1)


def collocate(run, tolerance, bar):
    """Solve Hamilton's equations. Returns the control found (or None) and, if it failed, why."""
    from scipy.integrate import solve_bvp

    problem, n, m = run.problem, run.n, run.m
    begin, T = run.times[0], run.since[-1]
    lift = _Lift(problem, run.times)

    why = ""
    for nodes, steps in ((max(101, math.ceil(10 * T)), 2), (max(301, math.ceil(30 * T)), 4)):
        mesh = np.union1d(np.linspace(0.0, T, nodes), lift.knots)
        mesh = mesh[np.append(True, np.diff(mesh) > 1e-6)]
        mesh[-1] = T
        guess = np.zeros((2 * (n + m), len(mesh)))
        before = 0.0
        guess[:n], guess[n : n + m] = run.x0[:, None], run.w0[:, None]
        first = min(1.0, 1.0 / problem.q) if problem.q > 0 else 1.0  # from q = 1, in `steps` steps
        for fraction in np.geomspace(first, 1.0, steps + 1) if first < 1 else [1.0]:
            q = fraction * problem.q
            model = problem.model._replace(law=problem.law._replace(q=q))
            outputs = n + m + problem.network.output_index
            guess[outputs] -= (q - before) * lift.integral(mesh).T  # the same p_x
            before = q

            def fun(t, columns, q=q, model=model, outputs=outputs):
                bar.update()
                rows = np.array(columns.T, order="C")  # a copy
                rows[:, outputs] += q * lift.integral(t)
                none = np.zeros((len(t), len(outputs)))
                return both_ends(model, rows, none, problem.inputs_at(begin + t)).T

            def ends(a, b, q=q):
                last = b[n + m :].copy()
                last[problem.network.output_index] += q * lift.integral(np.array([T]))[0]
                return np.concatenate([a[:n] - run.x0, a[n : n + m] - run.w0, last])

            final = fraction == 1.0
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                try:
                    solved = solve_bvp(fun, ends, mesh, guess, tol=tolerance if final else 1e-2, max_nodes=20 * nodes)
                except (ValueError, np.linalg.LinAlgError) as error:
                    why = str(error)
                    break
            if solved.status != 0 and final:
                why = solved.message
            mesh, guess = solved.x, solved.y.copy()
        else:
            v = -solved.sol(run.half)[2 * n + m :].T / problem.r
            if solved.status == 0:
                return np.ascontiguousarray(v), ""
    return None, why


class _Lift:
    """The integral of the targets, so that no jump of a target is seen by the collocation.

    In p_x = pi + q Z, Z' = z, the target leaves the equation of pi; what remains is continuous, and
    its kinks, where the target jumps, are nodes of the mesh.
    """

    def __init__(self, problem, times):
        begin, end = times[0], times[-1]
        jumps = [s.jumps(begin, end) for s in problem.targets if isinstance(s, Signal)]
        jumps = np.unique(np.concatenate([np.empty(0), *jumps]))
        jumps = jumps[(jumps > begin + 1e-6) & (jumps < end - 1e-6)]
        self.knots = jumps - begin
        grid = np.union1d(times, jumps)
        grid = grid[np.append(True, np.diff(grid) > 1e-9)]
        z, _ = problem.at_steps(grid)
        h = np.diff(grid)[:, None]
        a, b, c = z[:-1, 0], z[:-1, 1], z[:-1, 2]
        # on each interval z is the parabola through its start, middle and end, and Z its integral
        start = np.concatenate([np.zeros((1, z.shape[2])), np.cumsum(h / 6 * (a + 4 * b + c), axis=0)])[:-1]
        from scipy.interpolate import PPoly

        square, slope = (2 * a - 4 * b + 2 * c) / h**2, (-3 * a + 4 * b - c) / h
        self.integral = PPoly(np.stack([square / 3, slope / 2, a, start]), grid - begin)
