"""Run the laws forward in time, from given beginnings: a Cauchy problem, step by step.

Nothing here looks ahead: a step reads the state, the targets and the inputs of that step alone.
"""

import math
import threading

import numpy as np

from hlp_edu import blocks
from hlp_edu._version import __version__
from hlp_edu.kernel import METHODS, Point, Rows, Signals, Signs, array, march
from hlp_edu.policies import Policy
from hlp_edu.problem import Tracking
from hlp_edu.trajectory import Clock, State, Trajectory, checked_state
from hlp_edu.validate import kind, number, numbers_of, one_of, vector, whole

__all__ = ["run"]

MOST_STEPS = 1e13  # months
CHUNK = 4096  # steps between two readings of the signals: memory does not grow with the length of a run
CHUNK_ARCS = 1e9  # arcs times steps between two questions whether the run is cancelled: about a second
cancelled = threading.local()  # .event: set when the run in this thread is to be given up


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
    kind("problem", problem, Tracking, "a hlp_edu Tracking")
    kind("policy", policy, Policy, "a policy, for example hlp_edu.Flipped(dissipation_w=30)")
    steps, h = grid(T, dt)
    one_of("method", method, METHODS)
    one_of("record", record, ("all", "output"))
    limit, every = number("limit", limit, above=0), min(whole("every", every), steps)
    begin = beginning(problem, policy, seed, t0, x0, w0, p0, start)
    clock = begin.clock if begin.clock.dt == h else Clock(begin.clock.time, 0, h)
    told_apart(clock.time, T, h)
    rows = _rows(problem.network, policy, record, steps // every + 1 + (steps % every > 0))
    times, target = np.empty(len(rows.L)), np.empty((len(rows.L), len(problem.network.outputs)))
    policy.rehearse(len(problem.network.neurons), len(problem.network.heads))

    forward = Forward(problem, policy, method, h, limit)
    state, before, cost, done, row, why = forward.copy(begin), begin, 0.0, 0, 0, None
    while done < steps and why is None:
        if getattr(cancelled, "event", None) is not None and cancelled.event.is_set():
            raise RuntimeError("this run was given up, with all others of its call of runs")
        count = min(CHUNK, steps - done, 1 + int(CHUNK_ARCS / (len(begin.w) + 1)))
        t = clock.origin + (clock.count + done + np.arange(count + 1)) * h
        signals = forward.signals(t, clock.origin)
        skip, before = -done % every, forward.copy(state) if done else begin
        gone, added = forward.march(state, signals, _from_row(rows, row, every, skip))
        gone, state, why = forward.judge(before, state, signals, gone)
        seen = np.arange(skip, gone + (why is not None), every)
        times[row : row + len(seen)], target[row : row + len(seen)] = t[seen], signals.z[seen, 0]
        done, row, cost = done + max(gone, 0), row + len(seen), cost + added
    final = State(Clock(clock.origin, clock.count + done, h), *state)
    final.s_w = begin.s_w if policy.steady else final.s_w
    if why is None:  # the last row is where one more step begins
        end, signs = Signals(*(part[[-1, -1]] for part in signals)), (final.s_x.copy(), final.s_w.copy())
        forward.march(state, end, _from_row(rows, row, 1, 0), h=0.0)  # a step of length 0 moves nothing
        # The end is part of the run, to the last digit.
        times[row] = clock.time + T if math.isclose(t[-1], clock.time + T, rel_tol=1e-9, abs_tol=1e-9) else t[-1]
        target[row], row = end.z[0, 0], row + 1
        final.s_x, final.s_w = signs  # a rule is asked again by the run that goes on from here
    x, w, p_x, p_w, sign, L, H = (column[:row] for column in rows[:7])
    about = dict(problem=repr(problem), policy=repr(policy), method=method, dt=h, version=__version__)
    about["seed"] = None if start is not None or (x0 is not None and w0 is not None) else int(seed)
    return Trajectory(
        times[:row], x, w, p_x, p_w, target[:row], sign[:, 0] if policy.one_sign else sign, L, H,
        math.inf if why else float(cost), final, why and why[0], why and why[1], problem.network, record, about,
    )  # fmt: skip


def grid(T, dt):
    """How many steps, and how long: dt, shortened a little if T is no multiple of it."""
    T, dt = number("T", T, above=0), number("dt", dt, above=0)
    if dt > T * (1 + 1e-9):
        raise ValueError(f"dt = {dt:g}: must be at most T = {T:g}")
    if not T / dt < MOST_STEPS:
        raise ValueError(f"dt = {dt:g}: T = {T:g} has {T / dt:.3g} such steps; at most {MOST_STEPS:g} are possible")
    steps = math.ceil(T / dt - 1e-9 * max(1.0, T / dt))
    return steps, dt if math.isclose(steps * dt, T, rel_tol=1e-9) else T / steps


def told_apart(t, T, dt):
    """Refuse times that are so large that t + dt is t."""
    if not dt > 4 * np.spacing(abs(t) + T):
        raise ValueError(f"dt = {dt:g}: is too small for times t0, T near {abs(t) + T:g}, where t + dt is t")


class Forward:
    """A problem under a policy, ready to be stepped forward."""

    def __init__(self, problem, policy, method, h, limit):
        self.problem, self.policy, self.limit = problem, policy, limit
        self.method = METHODS[method]._replace(h=h)
        # Blocks are for one sign that never changes, and costates that are states of their own.
        together = policy.steady and policy.inertia
        single, panel = problem.blocks if together else (problem.model.single, ())
        law = problem.law._replace(
            theta_x=problem.theta + policy.dissipation_x,
            theta_w=problem.theta + policy.dissipation_w,
            inertia=policy.inertia,
            gain=policy.gain,
        )
        self.model = problem.model._replace(law=law, single=single)
        n = len(problem.network.neurons)
        self.blocks = blocks.blocks_of(panel, self.method, n) if len(panel) else None
        self.rule, self.values, self.ahead = policy.compiled(), policy.values(), policy.look(problem)

    def copy(self, state):
        """The six arrays of a state, each apart from the others: see `kernel.GAP`."""
        parts = state if isinstance(state, tuple) else (state.x, state.w, state.p_x, state.p_w, state.s_x, state.s_w)
        parts = (*parts[:5], parts[5][:1]) if self.policy.steady else parts  # one sign for all
        copies = tuple(array(part.size) for part in parts)
        for copy, part in zip(copies, parts, strict=True):
            copy[:] = part
        return copies

    def signals(self, t, origin):
        """Targets and inputs at the steps ``t``, and the slopes that the policy asks for."""
        middles = len(self.method.weight) > 1
        slope = self.policy.slopes(self.problem, t, (origin, self.method.h), middles)
        return Signals(t, *self.problem.at_steps(t, middles), slope)

    def march(self, state, signals, rows, h=None):
        """Go all steps of the signals, in place; see `kernel.march`."""
        signs = Signs(*state[4:], self.values, self.policy.steady, not self.policy.steady)
        method = self.method if h is None else self.method._replace(h=h)
        with np.errstate(all="ignore"):  # a run that diverges is reported, not warned about
            model, now = self.model, Point(*state[:4])
            return march(model, method, signals, signs, self.rule, self.blocks, self.ahead, now, rows, self.limit)

    def judge(self, before, state, signals, gone):
        """Whether a chunk of steps went well: steps taken, the state after them, and if it diverged when and why.

        The step that made a number too large is not part of the run; -1 steps if it began with one.
        """
        why = _beyond(self.problem.network, state, self.limit)
        if why is None and gone == len(signals.t) - 1:
            return gone, state, None
        reason, failed = "the Lagrangian or the Hamiltonian is not finite", gone
        if why is None:
            why = _beyond(self.problem.network, self._again(before, signals, gone), self.limit)
        while failed > 0:
            state = self._again(before, signals, failed - 1)
            reason, why = why or reason, _beyond(self.problem.network, state, self.limit)
            if why is None:
                return failed - 1, state, (float(signals.t[failed]), reason)
            failed -= 1
        return -1, self.copy(before), (float(signals.t[0]), why or reason)

    def _again(self, before, signals, count):
        """The state after ``count`` steps, from the copy made before them."""
        state = self.copy(before)
        if count:
            self.march(state, Signals(*(part[: count + 1] for part in signals)), no_rows(count))
        return state


def _beyond(network, state, limit):
    """What passed the limit, in words; None if nothing did."""
    for name, labels, part in zip(("x", "w", "p_x", "p_w"), ("neuron", "arc") * 2, state, strict=False):
        bad = np.flatnonzero(~(np.abs(part) <= limit))
        if bad.size:
            label = (network.neurons if labels == "neuron" else network.arcs)[bad[0]]
            return f"|{name}| of {labels} {label!r} passed {limit:g} (or is not a number)"
    return None


def _rows(network, policy, record, rows):
    """Room for all rows."""
    n, m = len(network.neurons), len(network.heads)
    columns = np.arange(n) if record == "all" else network.output_index
    wide = (n, m) if record == "all" else (0, 0)
    signs = 1 if policy.one_sign else wide[1]
    fits(rows, len(columns) + 2 * wide[1] + wide[0] + signs, record)
    x, w, p_x, p_w = (np.empty((rows, size)) for size in (len(columns), wide[1], *wide))
    return Rows(x, w, p_x, p_w, np.empty((rows, signs), np.int8), np.empty(rows), np.empty(rows), columns, 1, 0)


def no_rows(steps):
    """What records nothing in so many steps."""
    none, nothing = np.empty(0), np.empty((0, 0))
    return Rows(*[nothing] * 4, np.empty((0, 0), np.int8), none, none, np.empty(0, int), 1, steps)


def _from_row(rows, row, every, skip):
    """What is left of the rows."""
    return Rows(*(column[row:] for column in rows[:7]), rows.columns, every, skip)


def fits(rows, width, record, most=4e9):
    """Refuse a recording that takes more memory than a laptop has."""
    size = 8.0 * rows * width
    if size > most:
        raise ValueError(
            f"record = {record!r}: {rows} rows would take {size / 1e9:.1f} GB; "
            "use record='output', a larger every=, or a shorter run"
        )


def beginning(problem, policy, seed=0, t0=0, x0=None, w0=None, p0=None, start=None):
    """The state that a run begins from."""
    n, m = len(problem.network.neurons), len(problem.network.heads)
    # A sign that never changes takes no memory.
    s_x = np.full(n, policy.sign_at_start)
    s_w = np.broadcast_to(policy.sign_at_start, m) if policy.steady else np.full(m, policy.sign_at_start)
    if start is not None:
        for name, value in (("t0", t0 or None), ("x0", x0), ("w0", w0), ("p0", p0)):
            if value is not None:
                raise ValueError(f"{name}: cannot be given together with start=, which holds it already")
        kind("start", start, State, "a State, for example the `final` of a trajectory")
        given = numbers_of("start.x", start.x).size, numbers_of("start.w", start.w).size
        if given != (n, m):
            raise ValueError(f"start: holds {given[0]} neurons and {given[1]} arcs; this network has {n} and {m}")
        start = checked_state("start", start, n, m)
        if not policy.steady:
            s_x, s_w = start.s_x, start.s_w
        return State(start.clock, start.x, start.w, start.p_x, start.p_w, s_x, s_w)
    dice = np.random.default_rng(whole("seed", seed, least=0))
    drawn_x, drawn_w = 0.5 * dice.standard_normal(n), 0.5 / math.sqrt(n) * dice.standard_normal(m)
    x = drawn_x if x0 is None else vector("x0", x0, n, "neuron")
    w = drawn_w if w0 is None else vector("w0", w0, m, "arc")
    p_x, p_w = np.zeros(n), np.zeros(m)
    if p0 is not None:
        if not isinstance(p0, (tuple, list)) or len(p0) != 2:
            raise ValueError(f"p0 = {p0!r}: must be a pair (p_x, p_w)")
        p_x, p_w = vector("p0[0]", p0[0], n, "neuron"), vector("p0[1]", p0[1], m, "arc")
    return State(Clock(number("t0", t0), 0, 0.0), x, w, p_x, p_w, s_x, s_w)
