"""Run the laws forward in time, from given beginnings: a Cauchy problem, step by step.

Nothing here looks ahead: a step reads the state, the targets and the inputs of that step alone.
"""

import math
import threading
from dataclasses import replace

import numpy as np

from hlp_edu import blocks, rules
from hlp_edu._version import __version__
from hlp_edu.kernel import METHODS, Rows, Signals, Signs, march, probe_of, work_at
from hlp_edu.policies import Policy
from hlp_edu.problem import Tracking
from hlp_edu.state import Clock, State, checked_state
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import affordable, kind, number, one_of, require, vector, whole
from hlp_edu.words import shown

__all__ = ["run"]

MOST_STEPS = 1e13  # months
CHUNK = 4096  # steps between two readings of the signals: memory does not grow with the length of a run
CHUNK_ARCS = 1e9  # arcs times steps between two questions whether the run is cancelled: about a second
cancelled = threading.local()  # .event: set when the run in this thread is to be given up


def run(problem, policy, T, dt=1e-3, seed=0, t0=0, x0=None, w0=None, p0=None, start=None, method="rk4",
        record="all", limit=1e8, every=1):  # fmt: skip
    """Run the laws (2), (6), (10) forward in time under a policy.

    Parameters
    ----------
    problem, policy : Tracking, Policy
        What is to be minimised; what is done about the boundary problem.
    T, dt, t0 : float
        Duration, step and start, in the signal's unit of time. A step that T is no multiple of is shortened a little.
    seed : int
        Draws x0 ~ N(0, 0.5^2), then w0 ~ N(0, 0.5^2 / neurons).
    x0, w0 : array_like, shapes (neurons,) and (arcs,), optional
        States and weights at the start.
    p0 : pair of array_like, shapes (neurons,) and (arcs,), optional
        Costates p_x and p_w at the start; 0 by default.
    start : State, optional
        Where another run stopped (its ``final``); instead of seed, t0, x0, w0, p0.
    method : {"rk4", "euler", "exponential"}
        "rk4" is of order 4, for speed * dt up to about 1; "exponential" solves the leak exactly and moves the weights
        symplectically, for large speeds; "euler" is what one writes first. The last two are of order 1.
    record : {"all", "output"}
        "output" keeps t, the outputs, the target, L and H: nothing that grows with the arcs.
    limit : float
        When any entry of x, w or p passes this, the run ends and says so.
    every : int
        Record every so many steps (and the last one). Cost and laws use all steps.

    Returns
    -------
    Trajectory

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
    begin = initial_state(problem, policy, seed, t0, x0, w0, p0, start)
    clock = begin.clock if begin.clock.dt == h else Clock(begin.clock.time, 0, h)
    check_times(clock.time, T, h, problem.theta)
    network = problem.network
    rows = allocate(network, policy, record, steps // every + 1 + (steps % every > 0), every)
    policy.rehearse(len(network.neurons), len(network.heads))

    forward = Forward(problem, policy, method, h, limit)
    state, cost, done, row, bad_at, reason = forward.state(begin), 0.0, 0, 0, None, None
    while done < steps and reason is None:
        if getattr(cancelled, "event", None) is not None and cancelled.event.is_set():
            raise RuntimeError("this run was given up, with all others of its call of runs")
        count = min(CHUNK, steps - done, 1 + int(CHUNK_ARCS / (len(begin.w) + 1)))
        t = clock.origin + (clock.count + done + np.arange(count + 1)) * h
        signals, skip, before = forward.signals(t, clock.origin), -done % every, state
        state, bad, added = forward.march(state, signals, rows._replace(first=row, skip=skip))
        if bad <= count:
            count, state, bad_at, reason = forward.go_back(before, signals, bad)
        seen = np.arange(skip, count + (reason is not None), every)
        rows.t[row : row + len(seen)], rows.target[row : row + len(seen)] = t[seen], signals.z[seen, 0]
        row += len(seen)
        done, cost = done + max(count, 0), cost + added
    final = State(Clock(clock.origin, clock.count + done, h), *state)
    if reason is None:  # the last row is where one more step begins; a step of length 0 moves nothing
        close = math.isclose(t[-1], clock.time + T, rel_tol=1e-9, abs_tol=1e-9)
        rows.t[row] = clock.time + T if close else t[-1]  # T itself, to the last digit
        rows.target[row] = signals.z[-1, 0]
        end = Signals(*(part[[-1, -1]] for part in signals))
        last, _, _ = forward.march(state, end, rows._replace(first=row, every=1, skip=0), h=0.0)
        final.p_w, row = last[3], row + 1  # also where it is no state of its own
    if policy.steady:
        final.s_w = begin.s_w
    columns = [column[:row] for column in rows[:9]]
    columns[6] = columns[6][:, 0] if policy.one_sign else columns[6]
    cost = float(cost) if reason is None else math.inf
    about = dict(problem=repr(problem), policy=repr(policy), method=method, dt=h, version=__version__)
    about["seed"] = None if start is not None or (x0 is not None and w0 is not None) else int(seed)
    return Trajectory(*columns, cost, final, bad_at, reason, network, record, about)


def grid(T, dt, names=("T", "dt"), most=MOST_STEPS):
    """How many steps, and how long: dt, shortened a little if T is no multiple of it; ``names``: those of both."""
    long, short = names
    T, dt = number(long, T, above=0), number(short, dt, above=0)
    require(dt <= T * (1 + 1e-9), f"{short} = {dt:g}: must be at most {long} = {T:g}")
    count = T / dt
    require(count < most, f"{long} = {T:g}: has {count:.3g} steps of {short} = {dt:g}; at most {most:g} are possible")
    steps = math.ceil(count - 1e-9 * max(1.0, count))
    return steps, dt if math.isclose(steps * dt, T, rel_tol=1e-9) else T / steps


def check_times(t, T, dt, theta=0.0):
    """Refuse times that are so large that t + dt is t, or that phi of (4) is too large for numbers."""
    words = f"dt = {dt:g}: is too small for times t0, T near {abs(t) + T:g}, where t + dt is t"
    require(dt > 4 * math.ulp(abs(t) + T), words)
    require(theta * (t + T) < 600, f"theta = {theta:g}: exp(theta t) is too large for numbers at T, t0 near {t + T:g}")


class Forward:
    """A problem under a policy, ready to be stepped forward from a state: x, w, p_x, p_w and the signs of both."""

    def __init__(self, problem, policy, method, h, limit):
        self.problem, self.policy = problem, policy
        self.method = METHODS[method]._replace(h=h)
        # Blocks are for one sign that never changes, and costates that are states of their own.
        together = policy.steady and policy.inertia
        segments, panels = problem.blocks if together else (problem.model.segments, ())
        theta_x, theta_w = problem.theta + policy.dissipation_x, problem.theta + policy.dissipation_w
        law = problem.law._replace(theta_x=theta_x, theta_w=theta_w, inertia=policy.inertia, gain=policy.gain)
        self.model = problem.model._replace(law=law, segments=segments, limit=limit)
        stages, n, inputs = len(self.method.weight), len(problem.network.neurons), len(problem.network.inputs)
        self.blocks = blocks.blocks_of(panels, stages, n) if len(panels) else None
        # Without arcs there are rows for the stages, too: a rule that looks ahead takes them.
        self.arc_rows = 3 if stages > 1 and (len(segments) or not len(panels)) else 1
        self.rule = None if policy.steady else policy.compiled()
        self.probe = probe_of(problem.model._replace(law=law), inputs, 0 if together else len(problem.network.heads))
        self.ahead = policy.lookahead(problem)

    def state(self, begin):
        """Of a `State`; where the signs never change, one is enough for all arcs."""
        return begin.x, begin.w, begin.p_x, begin.p_w, begin.s_x, begin.s_w[:1] if self.policy.steady else begin.s_w

    def signals(self, t, origin):
        """Targets and inputs at the steps ``t``, and the slopes that the policy asks for."""
        middles = len(self.method.weight) > 1
        slope = np.zeros((len(t), 3, 0, 2))
        if self.ahead is not None:
            slope = self.policy.slopes(self.problem, t, (origin, self.method.h), middles)
        return Signals(t, *self.problem.at_steps(t, middles), slope)

    def march(self, state, signals, rows=None, h=None):
        """The state after all steps, the number of the first bad one, and the cost; see `kernel.march`."""
        x, w, p_x, p_w, s_x, s_w = state
        rows = allocate(self.problem.network, self.policy, "output", 0, skip=len(signals.t)) if rows is None else rows
        work = work_at(np.append(x, signals.u[0, 0]), w, p_x, p_w, len(self.method.weight), self.arc_rows)
        signs = Signs(s_x.copy(), s_w.copy(), self.rule is not None, self.policy.values())
        method = self.method if h is None else self.method._replace(h=h)
        with np.errstate(all="ignore"):  # a run that diverges is reported, not warned about
            bad, cost = march(
                self.model, method, signals, signs, work, rows, self.probe, self.rule, self.blocks, self.ahead
            )
        if self.rule is not None and np.isnan(signs.x[0]):
            rules.refuse(self.policy, signals.t[max(bad - 1, 0)])
        parts = [part[0, : old.size] for part, old in zip(work, state[:4], strict=False)]
        parts = [part if self.arc_rows == 1 else part.copy() for part in parts]  # stages need not be kept
        return (*parts, signs.x, signs.w), bad, cost

    def go_back(self, before, signals, bad):
        """The last good state before a bad one: steps to it (-1: there is none), it, when and why the next is bad."""
        if bad > 0 and self.wrong(before, signals, bad - 1):  # of weights it is noticed one step late
            bad -= 1
        reason = self.wrong(before, signals, bad) or "the Lagrangian or the Hamiltonian is not finite"
        return bad - 1, self.after(before, signals, max(bad - 1, 0)), float(signals.t[bad]), reason

    def after(self, before, signals, steps):
        """The state after so many steps."""
        return self.march(before, Signals(*(part[: steps + 1] for part in signals)))[0]

    def wrong(self, before, signals, steps):
        """What of that state is beyond the limit, in words; None if nothing is."""
        network = self.problem.network
        for name, part in zip(("x", "w", "p_x", "p_w"), self.after(before, signals, steps), strict=False):
            for k in np.flatnonzero(~(np.abs(part) <= self.model.limit))[:1]:
                label = f"neuron {network.neurons[k]!r}" if name.endswith("x") else f"arc {network.arcs[k]!r}"
                return f"|{name}| of {label} passed {self.model.limit:g} (or is not a number)"
        return None


def allocate(network, policy, record, count, every=1, skip=0):
    """Arrays for so many rows."""
    n, m = len(network.neurons), len(network.heads)
    columns, n, m = (np.arange(n), n, m) if record == "all" else (network.output_index, 0, 0)
    widths = len(columns), m, n, m, len(network.outputs)
    signs = 1 if policy.one_sign else m
    fits(count, sum(widths) + signs, record)
    t, L, H = np.empty((3, count))
    parts = (np.empty((count, width)) for width in widths)
    return Rows(t, *parts, np.empty((count, signs), np.int8), L, H, columns, 0, every, skip)


def fits(rows, width, record):
    """Refuse a recording that takes too much memory."""
    less = "" if record == "output" else "record='output', "
    affordable(f"record = {record!r}: {rows} rows", rows * width, f"use {less}a larger every=, or a shorter run")


def initial_state(problem, policy, seed=0, t0=0, x0=None, w0=None, p0=None, start=None):
    """The state that a run begins from."""
    n, m = len(problem.network.neurons), len(problem.network.heads)
    # A sign that never changes takes no memory.
    s_x = np.full(n, policy.sign_at_start)
    s_w = np.broadcast_to(policy.sign_at_start, m) if policy.steady else np.full(m, policy.sign_at_start)
    if start is not None:
        for name, value in (("t0", t0 or None), ("x0", x0), ("w0", w0), ("p0", p0)):
            require(value is None, f"{name}: cannot be given together with start=, which holds it already")
        start = checked_state("start", start, n, m)
        return replace(start, s_x=s_x, s_w=s_w) if policy.steady else start
    dice = np.random.default_rng(whole("seed", seed, least=0))
    x, w = 0.5 * dice.standard_normal(n), 0.5 / math.sqrt(n) * dice.standard_normal(m)
    x = x if x0 is None else vector("x0", x0, n, "neuron")
    w = w if w0 is None else vector("w0", w0, m, "arc")
    pair = (np.zeros(n), np.zeros(m)) if p0 is None else kind("p0", p0, (tuple, list), "a pair (p_x, p_w)")
    require(len(pair) == 2, f"p0 = {shown(pair)}: must be a pair (p_x, p_w)")
    p_x, p_w = vector("p0[0]", pair[0], n, "neuron"), vector("p0[1]", pair[1], m, "arc")
    return State(Clock(number("t0", t0), 0, 0.0), x, w, p_x, p_w, s_x, s_w)
