"""The loop in time: textbook Runge-Kutta over neurons and arcs, for any digraph, policy and method.

A step has one or four stages. In every stage, in this order:

    1. every neuron adds up what its parents send, (1), answers, (2), and its state moves;
    2. every arc reports to its tail, a term of (7), and its weight and costate move, (6), (10);
    3. every neuron has the reports of its children, and its costate moves, (10).

What a neuron and an arc do is written in `laws.py`, and nowhere else. Three points of phase space are kept:
`now`, where the step begins; `here`, where a stage after the first asks the laws; `end`, now plus the velocities so
far, each times the step and its weight. Arcs that lead from neighbouring parents to one neuron form a segment: their
weights and their parents' states are read side by side. Neurons that share their parents can be taken together,
which is faster: `blocks.py`, to be skipped on a first reading. Rules that look ahead, `lookahead.py`, put one more
round between 1 and 2, in which arcs only report.
"""

import math
from typing import NamedTuple

import numpy as np

from hlp_edu.blocks import begin_blocks, block_stage
from hlp_edu.compiled import compiled
from hlp_edu.laws import Law, arc, costate, energies, neuron
from hlp_edu.lookahead import arc_ahead, look_ahead

ONE = np.uint64(1)  # indices of arcs are unsigned: the compiler then knows that none is counted from the end
# Numbers between arrays: if they nearly touched, the compiler's check for overlap could give other last digits.
GAP = 64


class Method(NamedTuple):
    """A step of length h of a Runge-Kutta method whose stages need only the stage before."""

    h: float
    at: np.ndarray  # where each stage asks: 0 at the start, 1 in the middle, 2 at the end of the step
    weight: np.ndarray  # of its velocity
    exponential: bool  # solve the leak of the neurons exactly, and move weights with the new costates
    keep: float  # 1; with 0 a step of length 1 gives the velocities alone


METHODS = {
    "euler": Method(1.0, np.array([0]), np.array([1.0]), False, 1.0),
    "rk4": Method(1.0, np.array([0, 1, 1, 2]), np.array([1.0, 2.0, 2.0, 1.0]) / 6, False, 1.0),
    "exponential": Method(1.0, np.array([0]), np.array([1.0]), True, 1.0),
}


class Model(NamedTuple):
    """What does not change during a run: the arcs in segments, outputs, speeds and laws."""

    segment: np.ndarray  # neuron i owns the segments segment[i] to segment[i + 1]
    first: np.ndarray  # segment b holds the arcs first[b] to first[b + 1]
    tail: np.ndarray  # its first arc leads from node tail[b], the next from tail[b] + 1, ...
    outputs: np.ndarray
    speed: np.ndarray
    law: Law
    single: np.ndarray  # the neurons whose arcs are taken one by one, not in blocks


class Point(NamedTuple):
    """A point of phase space: states, weights and their costates."""

    x: np.ndarray
    w: np.ndarray
    p_x: np.ndarray
    p_w: np.ndarray


class Signs(NamedTuple):
    """The signs s of (10), and the rule that sets them at the start of each step (unless they never change)."""

    x: np.ndarray
    w: np.ndarray
    values: np.ndarray  # numbers that the rule reads
    fixed: bool
    each: bool  # whether there is one for each arc; else the first is that of all


class Signals(NamedTuple):
    """Times of the steps; targets, inputs and slopes at the start, middle and end of each: (steps + 1, 3, ...)."""

    t: np.ndarray
    z: np.ndarray  # nan where there is no target
    u: np.ndarray
    slope: np.ndarray = np.zeros((0, 3, 0, 2))  # z' and z'', for rules that look ahead


class Rows(NamedTuple):
    """What is recorded, a row every so many steps; `x` of the neurons `columns`."""

    x: np.ndarray
    w: np.ndarray
    p_x: np.ndarray
    p_w: np.ndarray
    sign: np.ndarray
    L: np.ndarray
    H: np.ndarray
    columns: np.ndarray
    every: int
    skip: int  # steps until the first row


class Work(NamedTuple):
    """Arrays to work with. y[k] is what the arcs read at stage k: the states, then the inputs."""

    y: np.ndarray  # (stages + 1, neurons + inputs and more)
    a: np.ndarray  # activations
    credit: np.ndarray  # (stages, neurons and more)
    H_x: np.ndarray
    leak_x: np.ndarray  # how much of a velocity counts where the leak is solved exactly, else 1
    leak_p: np.ndarray
    here: Point
    end: Point


@compiled
def array(size):
    """An array with a gap before and behind."""
    return np.zeros(size + 2 * GAP)[GAP : GAP + size]


@compiled
def work_arrays(model, method, inputs, stored):
    """All arrays of a run that are no state; ``stored`` arcs need a place for their stages."""
    n, stages = model.speed.size, method.weight.size
    y, credit = np.zeros((stages + 1, n + inputs + GAP)), np.zeros((stages, n + GAP))
    leak_x, leak_p = array(n), array(n)
    leak_x[:], leak_p[:] = 1.0, 1.0
    here = Point(array(n), array(stored), array(n), array(stored))
    end = Point(array(n), array(stored), array(n), array(stored))
    return Work(y, array(n), credit, array(n + inputs), leak_x, leak_p, here, end)


@compiled
def phi_1(a):
    """(exp(a) - 1) / a: what the exact solution of x' = a x + b adds, for each unit of step and of b."""
    return 1.0 if abs(a) < 1e-12 else math.expm1(a) / a


@compiled
def errors(model, work, signals, at_step, at, k):
    """Add q e to the H_x of each output (7); return the sum of all e^2."""
    total = 0.0
    for o in range(model.outputs.size):
        i, z = model.outputs[o], signals.z[at_step, at, o]
        e = work.y[k, i] - z if z == z else 0.0  # nan: no target, no error
        work.H_x[i] += model.law.q * e
        total += e * e
    return total


@compiled
def step(model, method, signals, at_step, signs, work, blocks, ahead, now):
    """One step, from `now` to `now`.

    Returns what it adds to the cost (4), L and H at its start, and about the sum of all squares.
    """
    n, stages, h, here, end = now.x.size, method.weight.size, method.h, work.here, work.end
    cost, L_start, H_start, total = 0.0, 0.0, 0.0, 0.0
    symplectic = h / model.law.r if method.exponential else 0.0  # weights move with the new costates
    for k in range(stages):
        first, last = k == 0, k == stages - 1
        weight, to_next = h * method.weight[k], 0.0 if last else 0.5 * h * method.at[k + 1]
        size, speed, power = 0.0, 0.0, 0.0
        for i in model.single:  # every neuron adds up what its parents send
            a = 0.0
            for b in range(model.segment[i], model.segment[i + ONE]):
                start, tail = model.first[b], model.tail[b]
                for m in range(start, model.first[b + ONE]):
                    a += (now.w[m] if first else here.w[m]) * work.y[k, tail + (m - start)]  # (1)
            work.a[i] = a
        for i in range(n):  # ... and answers
            p = now.p_x[i] if first else here.p_x[i]
            x_rate, work.H_x[i], work.credit[k, i] = neuron(model.speed[i], work.a[i], work.y[k, i], p)
            power += p * x_rate
            end.x[i] = (method.keep * now.x[i] if first else end.x[i]) + weight * work.leak_x[i] * x_rate
            work.y[k + 1, i] = end.x[i] if last else now.x[i] + to_next * x_rate
        for j in range(signals.u.shape[2]):  # the inputs at the next stage
            work.H_x[n + j] = 0.0
            work.y[k + 1, n + j] = signals.u[at_step + 1, 0, j] if last else signals.u[at_step, method.at[k + 1], j]
        error = errors(model, work, signals, at_step, method.at[k], k)
        if ahead is not None:  # the credit of each neuron, looking ahead
            look_ahead(model, work, ahead, signals, (at_step, method.at[k]), k, now if first else here)
        for i in model.single:  # every arc reports to its tail, and moves
            for b in range(model.segment[i], model.segment[i + ONE]):
                start, tail = model.first[b], model.tail[b]
                for m in range(start, model.first[b + ONE]):
                    j, s = tail + (m - start), signs.w[m] if signs.each else signs.w[0]
                    w, p = (now.w[m], now.p_w[m]) if first else (here.w[m], here.p_w[m])
                    w_rate, p_rate, report = arc(model.law, w, p, work.y[k, j], work.credit[k, i], s)
                    if ahead is not None:  # it has reported
                        w_rate, report = arc_ahead(ahead, w, work.y[k, j], ahead.learning[i]), 0.0
                    work.H_x[j] += report  # (7)
                    size += w * w
                    speed += w_rate * w_rate
                    w, p = (method.keep * w, method.keep * p) if first else (end.w[m], end.p_w[m])
                    w, p = w + weight * (w_rate - symplectic * p_rate), p + weight * p_rate
                    if last:
                        now.w[m], now.p_w[m] = w, p
                    else:
                        end.w[m], end.p_w[m] = w, p
                        here.w[m], here.p_w[m] = now.w[m] + to_next * w_rate, now.p_w[m] + to_next * p_rate
        if blocks is not None:
            size, speed = block_stage(model, work, blocks, k, size, speed, now.w, now.p_w)
        for i in range(n):  # every neuron has the reports of its children, and its costate moves
            p_rate = costate(model.law, now.p_x[i] if first else here.p_x[i], work.H_x[i], signs.x[i])
            end.p_x[i] = (method.keep * now.p_x[i] if first else end.p_x[i]) + weight * work.leak_p[i] * p_rate
            here.p_x[i] = here.p_x[i] if last else now.p_x[i] + to_next * p_rate
        L, H = energies(model.law, error, size, speed, power)
        cost += weight * L * math.exp(model.law.theta * (signals.t[at_step] + 0.5 * h * method.at[k]))
        L_start, H_start, total = (L, H, size + speed * model.law.r**2) if first else (L_start, H_start, total)
    for j in range(work.H_x.size):
        work.y[0, j] = work.y[stages, j]
    for i in range(n):
        now.x[i], now.p_x[i] = end.x[i], end.p_x[i]
        total += end.x[i] * end.x[i] + end.p_x[i] * end.p_x[i]
    return cost, L_start, H_start, total


@compiled
def copy(source, target):
    """Copy an array, number by number: ``target[:] = source`` takes seconds to compile."""
    for k in range(source.size):
        target[k] = source[k]


class Ask(NamedTuple):
    """What it takes to ask for H_x and H_w: a step that gives velocities, with signs -1 and without dissipation."""

    model: Model
    method: Method
    signs: Signs
    work: Work
    now: Point  # filled with the answers


@compiled
def asker(model, inputs, arcs):
    """Arrays for `gradients`; none are made for 0 arcs."""
    n, old = model.speed.size, model.law
    law = Law(old.q, old.r_w, old.r, 0.0, 0.0, 0.0, 1.0, 0.0)
    every = np.arange(n).astype(np.uint64)
    alone = Model(model.segment, model.first, model.tail, model.outputs, model.speed, law, every)
    method = Method(1.0, np.zeros(1, np.int64), np.ones(1), False, 0.0)
    signs = Signs(np.full(n, -1.0), np.full(1, -1.0), np.zeros(0), True, False)
    now = Point(array(n), array(arcs), array(n), array(arcs))
    return Ask(alone, method, signs, work_arrays(alone, method, inputs, 0), now)


@compiled
def gradients(ask, signals, row, point, y, ahead=None):
    """Fill ``ask.now`` with x' of (2), -p_w / r, H_x (7) and H_w (8) at a point; return L and H.

    ``y``: what the arcs read, states and inputs. The target is ``signals.z[row, 0]``. With a rule that looks
    ahead, its w' in the place of -p_w / r.
    """
    copy(y, ask.work.y[0])
    for part in range(4):
        copy(point[part], ask.now[part])
    _, L, H, _ = step(ask.model, ask.method, signals, row, ask.signs, ask.work, None, ahead, ask.now)
    return L, H


@compiled
def evaluate(model, signals, points, rates, L, H):
    """`gradients` for many points, row by row."""
    n, inputs = model.speed.size, signals.u.shape[2]
    ask, y = asker(model, inputs, points.w.shape[1]), array(n + inputs)
    for row in range(L.size):
        copy(points.x[row], y)
        copy(signals.u[row, 0], y[n:])
        point = Point(points.x[row], points.w[row], points.p_x[row], points.p_w[row])
        L[row], H[row] = gradients(ask, signals, row, point, y)
        for part in range(4):
            copy(ask.now[part], rates[part][row])


@compiled
def march(model, method, signals, signs, rule, blocks, ahead, now, rows, limit):
    """All steps, in place. Returns how many were taken, and the cost (4) on the way.

    Fewer than asked: a number passed the limit in one of the last two, or L or H was not finite where the next begins.
    """
    n, m, steps, cost, row = now.x.size, now.w.size, signals.t.size - 1, 0.0, 0
    work = work_arrays(model, method, signals.u.shape[2], m if model.single.size > 0 and method.weight.size > 1 else 0)
    copy(now.x, work.y[0])
    copy(signals.u[0, 0], work.y[0, n:])
    if blocks is not None:
        begin_blocks(model, method, signs.w[0], work, blocks, now.w, now.p_w)
    follows = model.law.inertia == 0.0  # p_w is no state, but gain times H_w
    asks = follows or not signs.fixed
    ask = asker(model, signals.u.shape[2], m if asks else 0)
    for k in range(steps):
        if not signs.fixed:
            _, H = gradients(ask, signals, k, now, work.y[0])
            rule(signals.t[k], H, now.p_x, now.p_w, ask.now.p_x, ask.now.p_w, signs.x, signs.w, signs.values)
        if method.exponential:
            for i in range(n):
                work.leak_x[i] = phi_1(-method.h * model.speed[i])
                work.leak_p[i] = phi_1(method.h * (signs.x[i] * model.speed[i] - model.law.theta_x))
        recorded = k >= rows.skip and (k - rows.skip) % rows.every == 0
        if recorded and follows:
            gradients(ask, signals, k, now, work.y[0], ahead)
            for i in range(m):
                now.p_w[i] = model.law.gain * ask.now.p_w[i] if ahead is None else -model.law.r * ask.now.w[i]
        if recorded:
            record(rows, row, now, signs)
        added, L, H, total = step(model, method, signals, k, signs, work, blocks, ahead, now)
        if not (math.isfinite(L) and math.isfinite(H)):
            return k, cost
        if recorded:
            rows.L[row], rows.H[row] = L, H
            row += 1
        cost += added
        if not total < limit * limit and beyond(limit, now):  # true for nan as well
            return k + 1, cost
    return steps, cost


@compiled
def beyond(limit, point):
    """Whether any number of a point lies beyond the limit (or is none)."""
    for part in range(4):
        for k in range(point[part].size):
            if not abs(point[part][k]) <= limit:
                return True
    return False


@compiled
def record(rows, row, now, signs):
    """Write down where the run is."""
    for k in range(rows.columns.size):
        rows.x[row, k] = now.x[rows.columns[k]]
    for k in range(rows.w.shape[1]):
        rows.w[row, k], rows.p_w[row, k] = now.w[k], now.p_w[k]
    for k in range(rows.p_x.shape[1]):
        rows.p_x[row, k] = now.p_x[k]
    for k in range(rows.sign.shape[1]):
        rows.sign[row, k] = np.int8(signs.w[k])
