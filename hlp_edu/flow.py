"""Run the laws forward in time, from given beginnings: a Cauchy problem, step by step.

Nothing here looks ahead: a step reads the state, the targets and the inputs of that step alone.
"""

import itertools
import math
import numbers
import os
import threading

import numpy as np

import hlp_edu
from hlp_edu.arcs import LOOKS, fill, groups, walk
from hlp_edu.compiled import in_place
from hlp_edu.laws import ArcLaw, laws, neurons
from hlp_edu.policies import Policy
from hlp_edu.problem import Tracking
from hlp_edu.trajectory import Clock, State, Trajectory
from hlp_edu.validate import number, vector

METHODS = {"euler": 0, "rk4": 1, "exponential": 2}
CHUNK = 4096  # steps between two looks at the signals: memory does not grow with the length of a run
GAP = 64  # numbers between arrays
CHUNK_ARCS = 1e9  # arcs times steps between two looks at whether somebody has given up: about a second


@in_place
def _phi1(a):
    """(exp(a) - 1) / a: what the exact solution of x' = a x + b adds per unit of step and of b."""
    return 1.0 if abs(a) < 1e-12 else math.expm1(a) / a


@in_place
def copy(this, there):
    """Copy an array, number by number: ``there[:] = this`` would take seconds to compile, for its error messages.

    Parameters
    ----------
    this, there : numpy.ndarray, shape (numbers,)
        From where, to where.
    """
    for k in range(this.size):
        there[k] = this[k]


@in_place
def differ(signs):
    """Whether the signs are not all the same. Often they are, also where a rule gives one to every arc.

    Parameters
    ----------
    signs : numpy.ndarray, shape (arcs,)
        Signs.

    Returns
    -------
    bool
    """
    others = 0
    for a in range(signs.size):
        others += signs[a] != signs[0]
    return others > 0


@in_place
def steps_on(
    wiring, cost, law, theta, dissipation_x, slaved, steady, mixed, rule, values, method, h, times, z, u, x, w, p_x,
    p_w, s_x, s_w, limit, last, everything, first, every, rows_x, rows_w, rows_p_x, rows_p_w, rows_s, rows_L, rows_H,
    room, goal, H_w, before_x, before_w, books, still, going, who,
):  # fmt: skip
    """`advance`, given arrays to work with: what is compiled makes none itself.

    Parameters
    ----------
    wiring, cost, law, theta, dissipation_x, slaved, steady, mixed, rule, values, method, h, times, z, u, x, w, p_x, p_w
        As in `advance`.
    s_x, s_w, limit, last, everything, first, every, rows_x, rows_w, rows_p_x, rows_p_w, rows_s, rows_L, rows_H
        As in `advance`.
    room : numpy.ndarray, shape (22 or more, numbers)
        A row for everything that is one number a neuron.
    goal, H_w, before_x, before_w : numpy.ndarray
        Targets of a look; gradients and the signs before, if there is a rule to be asked.
    books, still, going, who : numpy.ndarray
        As in `arcs.walk`; tables for a step of length 0, and for the steps to come.

    Returns
    -------
    done : int
    cost : float
    culprit : int
        As in `advance`.
    """
    n, m, inputs, steps = x.size, w.size, u.shape[2], times.size - 1
    looks = LOOKS if method == 1 else 1
    lag = h * h * law.mobility if method == 2 else 0.0
    f, heard, H_y, x_new, p_new = room[1][:n], room[2][:n], room[3][: n + inputs], room[4][:n], room[5][:n]
    p_here, leak_x, leak_p = room[6][:n], room[7][:n], room[8][:n]
    g, W_y, P_y = room[9 : 9 + LOOKS], room[9 + LOOKS : 9 + 2 * LOOKS], room[9 + 2 * LOOKS : 9 + 3 * LOOKS]
    y = room[9 + 3 * LOOKS :]  # the row behind: where the next step begins
    H_x, sign = H_y[:n], 0.0
    uneven = mixed and differ(s_w)  # the last step's signs: this walk must add as that one did, to the last bit
    for i in range(n):
        x_new[i], p_new[i], p_here[i], leak_x[i], leak_p[i] = x[i], p_x[i], p_x[i], 1.0, 1.0
    if method == 2:  # the leak is solved exactly: x' = -c x + ...
        for i in range(n):
            leak_x[i] = _phi1(-h * wiring.speed[i])

    for i in range(n):
        y[LOOKS, i] = x[i]
    for i in range(inputs):
        y[LOOKS, n + i] = u[0, 0, i]
    # A step of length 0 tells the neurons what they hear at the start, by the very sums of all other steps.
    walk(
        wiring, who, law, still, looks - 1, looks, 0.0, 0.0, uneven, g, y, w, p_w, s_w, H_y, heard,
        W_y, P_y, books,
    )  # fmt: skip
    total, row = 0.0, 0
    for k in range(steps + 1):
        end = k == steps
        record = last if end else (first + k) % every == 0
        for i in range(n + inputs):
            y[0, i] = y[LOOKS, i]
        L_slaved, H_slaved = 0.0, 0.0
        if not steady or (slaved >= 0.0 and (record or end)):
            L_slaved, H_slaved = laws(
                wiring, cost, slaved, w, p_x, p_w, y[0][: n + inputs], z[k, 0], f, g[0][:n], H_y, H_w
            )
        if not steady:
            if end:
                copy(s_x, before_x)
                copy(s_w, before_w)
            rule(times[k], H_slaved, p_x, p_w, H_x, H_w, s_x, s_w, values)
        if record:
            if everything:
                copy(x, rows_x[row])
                copy(w, rows_w[row])
                copy(p_x, rows_p_x[row])
                copy(p_w, rows_p_w[row])
            else:
                for o in range(wiring.outputs.size):
                    rows_x[row, o] = x[wiring.outputs[o]]
            for j in range(rows_s.shape[1]):
                rows_s[row, j] = np.int8(s_w[j])
        if end and not steady:  # whoever goes on from here asks the rule again
            copy(before_x, s_x)
            copy(before_w, s_w)
        if method == 2:
            for i in range(n):  # p_x' = (s c - theta) p_x + ...
                leak_p[i] = _phi1(h * (s_x[i] * wiring.speed[i] - dissipation_x))
        uneven = mixed and differ(s_w)
        if m > 0 and s_w[0] != sign:
            sign = s_w[0]
            fill(going, law, h, lag, sign)
        length, behind, table = h, lag, going
        if end and looks == 1:  # only a look: a step of length 0 leaves everything where it is
            length, behind, table = 0.0, 0.0, still
        for look in range(looks):
            # Runge-Kutta looks at the start, twice at the middle and at the end of the step.
            at, final = (look + 1) // 2, look == looks - 1
            reach = 0.5 * h * (1 + look // 2)  # to the next look
            share = h if looks == 1 else h / 6.0 if look == 0 or look == 3 else h / 3.0
            for o in range(goal.size):
                goal[o] = z[k, at, o]
            error, flow = neurons(wiring, cost, look, heard, p_here, y, goal, f, g, H_y)
            ahead = LOOKS if final else look + 1
            for i in range(n):
                x_new[i] += share * leak_x[i] * f[i]
                y[ahead, i] = x_new[i] if final else x[i] + reach * f[i]
            if not end:
                for i in range(inputs):
                    y[ahead, n + i] = u[k + 1, 0, i] if final else u[k, (look + 2) // 2, i]
            size, speed, growth = walk(
                wiring, who, law, table, look, looks, length, behind, uneven, g, y, w, p_w, s_w, H_y, heard,
                W_y, P_y, books,
            )  # fmt: skip
            if looks == LOOKS and look == 0:
                growth = size + speed
            if not growth < limit * limit:  # true for nan as well
                gone = k + 1 if looks == 1 else k
                for a in range(m):
                    if not abs(w[a]) <= limit:
                        return gone, total, n + a
                    if not abs(p_w[a]) <= limit:
                        return gone, total, 2 * n + m + a
            accuracy = 0.5 * (cost.q * error + cost.r_w * size)
            now = accuracy + 0.5 * law.mobility * speed  # (4)
            if look == 0:
                L, H = now, accuracy - 0.5 * law.mobility * speed + flow  # (5)
                if not (math.isfinite(L) and math.isfinite(H)):
                    return k, total, -2
                if record:
                    rows_L[row] = L
                    rows_H[row] = H
                    row += 1
                if end:
                    return steps, total, -1
            phi = 1.0 if theta == 0.0 else math.exp(theta * (times[k] + 0.5 * h * at))
            total += share * phi * now
            for i in range(n):
                rate = -s_x[i] * H_y[i] - dissipation_x * p_here[i]  # (10)
                p_new[i] += share * leak_p[i] * rate
                p_here[i] = p_x[i] + reach * rate
        size = 0.0
        for i in range(n):
            x[i], p_x[i], p_here[i] = x_new[i], p_new[i], p_new[i]
            size += x[i] * x[i] + p_x[i] * p_x[i]
        if not size < limit * limit:  # true for nan as well
            for i in range(n):
                if not abs(x[i]) <= limit:
                    return k + 1, total, i
                if not abs(p_x[i]) <= limit:
                    return k + 1, total, n + m + i
    return steps, total, -1


def advance(
    wiring, cost, law, theta, dissipation_x, slaved, steady, mixed, rule, values, method, h, times, z, u, x, w, p_x,
    p_w, s_x, s_w, limit, last, everything, first, every, rows_x, rows_w, rows_p_x, rows_p_w, rows_s, rows_L, rows_H,
):  # fmt: skip
    """Go ``len(times) - 1`` steps from the given state, in place, and record rows.

    Parameters
    ----------
    wiring, cost, slaved
        As in `laws.laws`.
    law : ArcLaw
        How the arcs move.
    theta, dissipation_x : float
        Of phi; total dissipation of p_x.
    steady : bool
        Whether the signs never change, so that the rule need not be asked.
    mixed : bool
        Whether each arc has a sign of its own; else the first entry of s_w is everybody's.
    rule, values
        The compiled rule and what it reads.
    method : int
        One of METHODS.
    h : float
        The step.
    times : numpy.ndarray, shape (steps + 1,)
        Ends of the steps.
    z, u : numpy.ndarray, shape (steps + 1, 3, ...)
        Targets and inputs at the start, middle and end of each step.
    x, w, p_x, p_w : numpy.ndarray
        The state.
    s_x, s_w : numpy.ndarray
        Signs, held over a step.
    limit : float
        Where a run counts as diverged.
    last : bool
        Whether to record the state after the last step too.
    everything : bool
        Whether to record all, or the outputs alone.
    first, every : int
        Steps gone before; record every so many steps.
    rows_x, rows_w, rows_p_x, rows_p_w, rows_s, rows_L, rows_H : numpy.ndarray
        Filled with the rows recorded.

    Returns
    -------
    done : int
        Steps gone; if something left the limit, the last of them is the one where it did.
    cost : float
        What they add to (4).
    culprit : int
        -1 if all went well; else the index of what left the limit, counting x, w, p_x, p_w one
        behind the other; -2 if L or H did.
    """
    n, m, inputs = x.size, w.size, u.shape[2]
    # All arrays of one number a neuron, with gaps between them: where arrays nearly touch, the compiler's
    # check for overlap sends small networks another way, and the last digit would depend on the heap.
    room = np.zeros((9 + 4 * LOOKS + 1, n + inputs + GAP))
    books, still, going, goal = np.zeros((6, 6)), np.empty((6, 3, 6)), np.empty((6, 3, 6)), np.empty(z.shape[2])
    fill(still, law, 0.0, 0.0, 1.0)
    together = 0 if mixed or law.inertia != 1.0 else 2 if method == 1 else 4
    signs, gradients = 0 if steady else 1, 0 if steady and slaved < 0.0 else 1
    return steps_on(
        wiring, cost, law, theta, dissipation_x, slaved, steady, mixed, rule, values, method, h, times, z, u,
        x, w, p_x, p_w, s_x, s_w, limit, last, everything, first, every,
        rows_x, rows_w, rows_p_x, rows_p_w, rows_s, rows_L, rows_H,
        room, goal, np.empty(gradients * m), np.empty(signs * n), np.empty(signs * m), books, still, going,
        groups(wiring, together),
    )  # fmt: skip


def arc_law(problem, policy):
    """What a policy makes of a problem's laws.

    Parameters
    ----------
    problem : Tracking
        Prices and theta.
    policy : Policy
        Dissipation, and whether p_w is slaved.

    Returns
    -------
    law : ArcLaw
        How the arcs move.
    dissipation_x, slaved : float
        Total dissipation of p_x; the factor of a slaved p_w, negative if it is a state of its own.
    """
    slaved = float(policy.slaved)
    dissipation_w = problem.theta + policy.dissipation_w
    law = ArcLaw(problem.r_w, 1 / problem.r, dissipation_w, float(slaved < 0), max(slaved, 0.0))
    return law, problem.theta + policy.dissipation_x, slaved


def run(
    problem,
    policy,
    T,
    dt=1e-3,
    seed=0,
    t0=0,
    x0=None,
    w0=None,
    p0=None,
    start=None,
    method="rk4",
    record="all",
    limit=1e8,
    every=1,
):
    """Run the laws (2), (6), (10) forward in time under a policy.

    Parameters
    ----------
    problem : Tracking
        What is to be minimised.
    policy : Policy
        What is done about the boundary problem.
    T : float
        Duration, in the signal's unit of time.
    dt : float
        Step, at most T. It is shortened a little if T is no multiple of it.
    seed : int
        Draws x0 ~ N(0, 0.5^2), then w0 ~ N(0, 0.5^2 / neurons).
    t0 : float
        Time of the start.
    x0 : array_like, shape (neurons,), optional
        States at the start.
    w0 : array_like, shape (arcs,), optional
        Weights at the start.
    p0 : pair of array_like, shapes (neurons,) and (arcs,), optional
        Costates p_x and p_w at the start; 0 by default.
    start : State, optional
        Where another run stopped (its ``final``); instead of seed, t0, x0, w0, p0.
    method : {"rk4", "euler", "exponential"}
        Integrator. "rk4" is of order 4, for speed * dt up to about 1; "exponential" solves the
        leak exactly and moves the weights symplectically, for large speeds; "euler" is what one
        writes first. The last two are of order 1.
    record : {"all", "output"}
        "output" keeps t, the outputs, the target, L and H: nothing that grows with the arcs.
    limit : float
        When any entry of x, w or p passes this, the run ends and says so.
    every : int
        Record every so many steps (and the last one). Cost and laws use all steps.

    Returns
    -------
    Trajectory

    Raises
    ------
    ValueError
        If an argument is out of its bounds, of the wrong length or unknown.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> hlp.run(problem, hlp.Flipped(dissipation_w=30, dissipation_x=5), T=20).rmse(after=20 / 3) < 0.05
    True
    """
    if not isinstance(problem, Tracking):
        raise ValueError(f"problem = {problem!r}: must be a hlp_edu Tracking")
    if not isinstance(policy, Policy):
        raise ValueError(f"policy = {policy!r}: must be a policy, for example hlp_edu.Flipped(dissipation_w=30)")
    T, dt = number("T", T, above=0), number("dt", dt, above=0)
    if dt > T * (1 + 1e-9):
        raise ValueError(f"dt = {dt:g}: must be at most T = {T:g}")
    if method not in list(METHODS):
        raise ValueError(f"method = {method!r}: must be one of {', '.join(map(repr, METHODS))}")
    if record not in ("all", "output"):
        raise ValueError(f"record = {record!r}: must be 'all' or 'output'")
    limit = number("limit", limit, above=0)
    if not isinstance(every, numbers.Integral) or isinstance(every, bool) or every < 1:
        raise ValueError(f"every = {every!r}: must be a whole number, at least 1")

    steps = math.ceil(T / dt - 1e-9 * max(1.0, T / dt))
    h = dt if math.isclose(steps * dt, T, rel_tol=1e-9) else T / steps
    n, m = len(problem.network.neurons), len(problem.network.heads)
    begin = _beginning(problem, policy, seed, t0, x0, w0, p0, start)
    clock = begin.clock
    if clock.dt != h:
        clock = Clock(clock.time, 0, h)
    s_w = np.full(1, policy.sign_at_start) if policy.steady else begin.s_w  # one that never changes stands for all
    state = begin.x, begin.w, begin.p_x, begin.p_w, begin.s_x, s_w  # every chunk works on a copy of it

    everything = record == "all"
    rows = steps // every + 1 + (steps % every > 0)
    columns = (n, m, n, m) if everything else (len(problem.network.outputs), 0, 0, 0)
    signs = 1 if policy.one_sign else m if everything else 0
    _fits(rows, sum(columns) + signs, record)
    x, w, p_x, p_w = (np.empty((rows, width)) for width in columns)
    sign = np.empty((rows, signs), np.int8)
    L, H, t = np.empty(rows), np.empty(rows), np.empty(rows)
    target = np.empty((rows, len(problem.network.outputs)))

    policy.rehearse(n, m)
    rule, values = policy.compiled(), policy.values()
    law, theta_x, slaved = arc_law(problem, policy)
    total, gone, row, culprit = 0.0, 0, 0, -1

    def go(state, times, z, u, last):
        out = slice(row, None)
        with np.errstate(all="ignore"):  # a run that diverges is reported, not warned about
            return advance(
                problem.wiring, problem.cost, law, problem.theta, theta_x, slaved, policy.steady, not policy.one_sign,
                rule, values, METHODS[method], h, times, z, u, *state, limit, last, everything, gone, every,
                x[out], w[out], p_x[out], p_w[out], sign[out], L[out], H[out],
            )  # fmt: skip

    while gone < steps and culprit == -1:
        if getattr(_here, "job", None) in _given_up:
            raise RuntimeError("this run was given up, with all others of its call of runs")
        count = min(CHUNK, steps - gone, 1 + int(CHUNK_ARCS / (m + 1)))
        times = clock.origin + (clock.count + gone + np.arange(count + 1)) * h
        z, u = problem.at_steps(times, middles=method == "rk4")
        last = gone + count == steps
        before, state = state, tuple(_apart(part) for part in state)
        done, added, culprit = go(state, times, z, u, last)
        recorded = np.flatnonzero((gone + np.arange(done)) % every == 0)
        if culprit != -1:  # the step that failed is not part of the run: go again, up to just before it
            state = tuple(_apart(part) for part in before)
            go(state, times[: done - (culprit >= 0) + 1], z, u, False)
        elif last:
            recorded = np.append(recorded, count)
        t[row : row + len(recorded)] = times[recorded]
        target[row : row + len(recorded)] = z[recorded, 0]
        row, gone, total = row + len(recorded), gone + done, total + added
    diverged_at = reason = None
    if culprit != -1:
        failed = clock.origin + (clock.count + gone) * h
        diverged_at, reason = float(failed), _reason(problem.network, culprit, limit)
        total = math.inf
        gone -= culprit >= 0  # the step that failed is not part of the run
        x, w, p_x, p_w, sign, L, H, t, target = (rows[:row] for rows in (x, w, p_x, p_w, sign, L, H, t, target))
    elif abs(t[-1] - (clock.time + T)) < 1e-9 * max(1.0, abs(t[-1])):
        t[-1] = clock.time + T  # the end is part of the run, to the last digit
    final = State(Clock(clock.origin, clock.count + gone, h), *state)
    if policy.steady:
        final.s_w = begin.s_w
    about = dict(problem=repr(problem), policy=repr(policy), method=method, dt=h, version=hlp_edu.__version__)
    about["seed"] = None if start is not None or (x0 is not None and w0 is not None) else int(seed)
    sign = sign[:, 0] if policy.one_sign else sign
    return Trajectory(
        t,
        x,
        w,
        p_x,
        p_w,
        target,
        sign,
        L,
        H,
        float(total),
        final,
        diverged_at,
        reason,
        problem.network,
        record,
        about,
    )


def runs(problem, policy, seeds, T, workers=None, progress=True, record="output", **arguments):
    """Many runs side by side, on all cores. The numbers do not depend on how many cores there are.

    Parameters
    ----------
    problem : Tracking or callable
        One problem for all, or a function of the seed that gives the problem.
    policy : Policy or callable
        One policy for all, or a function of the seed that gives the policy.
    seeds : iterable of int
        One run for each.
    T : float
        Duration of every run.
    workers : int, optional
        How many runs at a time; all cores by default.
    progress : bool
        Show a progress bar when it takes longer than a second. TQDM_DISABLE=1 in the environment
        silences it everywhere.
    record : {"output", "all"}
        As in `run`; here "output" by default, so that hundreds of runs fit in memory.
    **arguments
        Passed to `run`.

    Returns
    -------
    list of Trajectory
        In the order of ``seeds``.

    Raises
    ------
    ValueError
        As `run`, or if ``seeds`` is empty.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> len(hlp.runs(problem, hlp.GradientFlow(mu=0.03), seeds=range(3), T=1, dt=0.01))
    3
    """
    import joblib
    from tqdm.auto import tqdm

    seeds = list(seeds) if hasattr(seeds, "__iter__") else seeds
    if not isinstance(seeds, list) or not seeds:
        raise ValueError(f"seeds = {seeds!r}: must be a sequence of at least one seed, for example range(10)")
    if workers is not None and (not isinstance(workers, numbers.Integral) or workers < 1):
        raise ValueError(f"workers = {workers!r}: must be a whole number, at least 1")

    # The compiled loop lets go of the interpreter lock, so threads share the work and the compiled
    # code. Inside joblib.parallel_config (a Dask cluster, say) that backend is used instead.
    job = f"{os.getpid()}.{next(_jobs)}"
    arguments = dict(T=T, record=record, **arguments)
    pool = joblib.Parallel(n_jobs=workers or os.cpu_count(), prefer="threads", return_as="generator")
    results = pool(joblib.delayed(_one)(job, problem, policy, seed, arguments) for seed in seeds)
    # In a notebook tqdm does not look at its own variable TQDM_DISABLE, so it is read here.
    silent = not progress or os.environ.get("TQDM_DISABLE", "") not in ("", "0")
    crew = _crews[job] = set()
    try:
        return list(results if silent else tqdm(results, total=len(seeds), delay=1.0, leave=False, unit="run"))
    except BaseException:  # Ctrl-C, or a run that failed: the others stop at their next chunk, and are waited for
        _given_up.add(job)
        results.close()
        for thread in list(crew):
            thread.join(timeout=60)
        raise
    finally:
        del _crews[job]
        _given_up.discard(job)


_jobs = itertools.count()  # calls of `runs` in this process
_here = threading.local()  # .job: for which of them this thread works
_crews = {}  # the threads that work for each
_given_up = set()  # those that were interrupted


def _one(job, problem, policy, seed, arguments):
    _here.job = job
    if job in _crews and threading.current_thread() is not threading.main_thread():
        _crews[job].add(threading.current_thread())
    try:
        problem = problem(seed) if not isinstance(problem, Tracking) and callable(problem) else problem
        policy = policy(seed) if not isinstance(policy, Policy) and callable(policy) else policy
        return run(problem, policy, seed=seed, **arguments)
    finally:
        _here.job = None


def _beginning(problem, policy, seed, t0, x0, w0, p0, start):
    n, m = len(problem.network.neurons), len(problem.network.heads)
    if start is not None:
        for name, value in (("t0", t0 or None), ("x0", x0), ("w0", w0), ("p0", p0)):
            if value is not None:
                raise ValueError(f"{name}: cannot be given together with start=, which holds it already")
        if not isinstance(start, State):
            raise ValueError(f"start = {start!r}: must be a State, for example the `final` of a trajectory")
        if start.x.shape != (n,) or start.w.shape != (m,):
            raise ValueError(
                f"start: holds {len(start.x)} neurons and {len(start.w)} arcs; this network has {n} and {m}"
            )
        s_x, s_w = start.s_x, start.s_w
        if policy.steady:
            s_x, s_w = np.full(n, policy.sign_at_start), _one_for_all(policy.sign_at_start, m)
        return State(start.clock, start.x, start.w, start.p_x, start.p_w, s_x, s_w)
    if not isinstance(seed, numbers.Integral) or isinstance(seed, bool) or seed < 0:
        raise ValueError(f"seed = {seed!r}: must be a whole number, at least 0")
    dice = np.random.default_rng(seed)
    drawn_x, drawn_w = 0.5 * dice.standard_normal(n), 0.5 / math.sqrt(n) * dice.standard_normal(m)
    x = drawn_x if x0 is None else vector("x0", x0, n, "neuron")
    w = drawn_w if w0 is None else vector("w0", w0, m, "arc")
    if p0 is None:
        p_x, p_w = np.zeros(n), np.zeros(m)
    else:
        if not isinstance(p0, (tuple, list)) or len(p0) != 2:
            raise ValueError(f"p0 = {p0!r}: must be a pair (p_x, p_w)")
        p_x, p_w = vector("p0[0]", p0[0], n, "neuron"), vector("p0[1]", p0[1], m, "arc")
    clock = Clock(number("t0", t0), 0, 0.0)
    return State(clock, x, w, p_x, p_w, np.full(n, policy.sign_at_start), _one_for_all(policy.sign_at_start, m))


def _apart(part):
    # A copy that touches no other array: see `advance`.
    copy = np.empty(part.size + 2 * GAP)[GAP : GAP + part.size]
    copy[:] = part
    return copy


def _one_for_all(sign, arcs):
    # A sign that never changes takes no memory, and no time.
    return np.broadcast_to(np.float64(sign), arcs)


def _fits(rows, width, record, most=4e9):
    size = 8.0 * rows * width
    if size > most:
        raise ValueError(
            f"record = {record!r}: {rows} rows would take {size / 1e9:.1f} GB; "
            "use record='output', a larger every=, or a shorter run"
        )


def _reason(network, culprit, limit):
    n, m = len(network.neurons), len(network.heads)
    if culprit == -2:
        return "the Lagrangian or the Hamiltonian is not finite"
    of_weights = n <= culprit < n + m or culprit >= 2 * n + m
    kind = ("x", "w", "p_x", "p_w")[int(np.searchsorted([n, n + m, 2 * n + m], culprit, side="right"))]
    k = culprit - {"x": 0, "w": n, "p_x": n + m, "p_w": 2 * n + m}[kind]
    where = f"arc {network.arcs[k]!r}" if of_weights else f"neuron {network.neurons[k]!r}"
    return f"|{kind}| of {where} passed {limit:g} (or is not a number)"
