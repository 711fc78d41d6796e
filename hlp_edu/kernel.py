"""The loop in time: textbook Runge-Kutta over neurons and arcs, for any digraph, policy and method.

A step has one or four stages. In every stage, in this order:

    1. every neuron adds up what its parents send, (1), answers, (2), and its state moves;
    2. every arc reports to its tail, a term of (7), and its weight and costate move, (6), (10);
    3. every neuron has the reports of its children, and its costate moves, (10).

What a neuron and an arc do is written in `laws.py`, and nowhere else. Three points of phase space are kept: where the
step begins, NOW; where a stage after the first asks the laws, HERE; and where the step will END, which is NOW plus
the velocities so far, each times the step and its weight. Arcs that lead from neighbouring parents to one neuron form
a segment: their weights and their parents' states are read side by side. Neurons that share their parents can be
taken together, which is faster: `blocks.py`, to be skipped on a first reading. Rules that look ahead,
`prospective.py`, put one more round between 1 and 2, in which arcs only report.
"""

import math
from collections import namedtuple

import numpy as np

from hlp_edu.blocks import begin_blocks, block_stage
from hlp_edu.compiled import compiled, four, inlined
from hlp_edu.laws import arc, costate, energies, neuron
from hlp_edu.prospective import arc_ahead, look_ahead

NOW, HERE, END = 0, 1, 2  # rows of the arcs
# Numbers between rows: if they nearly touched, the compiler's check for overlap could give other last digits.
GAP = 64


# A step of length h of a Runge-Kutta method whose stages need only the stage before. At: where a stage asks, in half
# steps: 0 at the start, 1 in the middle, 2 at the end. Weight: of its velocity. Exponential: the leak of the neurons is
# solved exactly, and weights move with the new costates. Keep is 1; with 0 a step of length 1 gives velocities alone.
Method = namedtuple("Method", "h at weight exponential keep")
METHODS = {
    "euler": Method(1.0, np.array([0]), np.array([1.0]), False, 1.0),
    "rk4": Method(1.0, np.array([0, 1, 1, 2]), np.array([1.0, 2.0, 2.0, 1.0]) / 6, False, 1.0),
    "exponential": Method(1.0, np.array([0]), np.array([1.0]), True, 1.0),
}

# What does not change during a run. Segments: of the arcs that are taken one by one, not in blocks, see
# `Network.segments`. Limit: a number beyond it ends the run.
Model = namedtuple("Model", "segments outputs speed law limit", defaults=[math.inf])

# A step at work. Neurons have a row for each stage, and one for the end; arcs NOW, or NOW, HERE and END. What the arcs
# read, x, holds states, then inputs; a are the activations.
Work = namedtuple("Work", "x w p_x p_w a credit H_x")

# The signs s of (10): x for neurons; w for arcs, or if they never change (each is False) one for all; and the numbers
# that the rule reads which sets them.
Signs = namedtuple("Signs", "x w each values")

# Times of the steps; targets (nan where there is none) and inputs at the start, middle and end of each,
# (steps + 1, 3, ...); z' and z'', for rules that look ahead.
Signals = namedtuple("Signals", "t z u slope", defaults=[np.zeros((0, 3, 0, 2))])

# What is recorded, of x the columns named; from row ``first`` on, every so many steps, after ``skip`` steps. Times and
# targets are known beforehand, and written by `flow`.
Rows = namedtuple("Rows", "t x w p_x p_w target sign L H columns first every skip")

# What it takes to ask for H_x and H_w: a step that gives velocities, with signs -1 and without dissipation. It leaves
# x', -p_w / r, H_x and H_w in row 0 of work.
Probe = namedtuple("Probe", "model method signs work")


def work_at(x, w, p_x, p_w, stages, arc_rows):
    """Stages that begin at a point, of which ``x`` holds states and inputs."""
    shapes = (stages + 1, x.size), (arc_rows, w.size), (stages + 1, p_x.size), (arc_rows, p_w.size)
    rows = [np.zeros((count, size + GAP)) for count, size in shapes]
    for row, part in zip(rows, (x, w, p_x, p_w), strict=True):
        row[0, : part.size] = part
    return Work(*rows, np.zeros(p_x.size), np.zeros((stages, p_x.size + GAP)), np.zeros(x.size))


@compiled
def phi_1(a):
    """(exp(a) - 1) / a: what the exact solution of x' = a x + b adds, for each unit of step and of b."""
    return 1.0 if abs(a) < 1e-12 else math.expm1(a) / a


@compiled
def errors(model, signals, t, at, work, k):
    """Add q e to the H_x of each output (7); return the sum of all e^2."""
    total = 0.0
    for o in range(model.outputs.size):
        i, z = model.outputs[o], signals.z[t, at, o]
        e = work.x[k, i] - z if z == z else 0.0  # nan: no target, no error
        work.H_x[i] += model.law.q * e
        total += e * e
    return total


@inlined
def end_step(work, stages):
    """Where a step ends the next begins; the sum of the squares of x and p_x there."""
    total = 0.0
    for j in range(work.H_x.size):
        work.x[NOW, j] = work.x[stages, j]
    for i in range(work.a.size):
        work.p_x[NOW, i] = work.p_x[stages, i]
        total += work.x[NOW, i] ** 2 + work.p_x[NOW, i] ** 2
    return total


@compiled
def step(model, method, signals, t, signs, work, blocks, ahead):
    """Step number ``t``. Returns what it adds to the cost (4), L and H at its start, and about the sum of all squares.

    Where a loop asks whether the stage is the first or the last, the compiler makes a loop for each answer.
    """
    n, stages, h, keep = work.a.size, method.weight.size, method.h, method.keep
    cost, L_start, H_start, total = 0.0, 0.0, 0.0, 0.0
    symplectic = h / model.law.r if method.exponential else 0.0  # weights move with the new costates
    for k in range(stages):
        first, last, at = k == 0, k == stages - 1, method.at[k]
        weight, to_next = h * method.weight[k], 0.0 if last else 0.5 * h * method.at[k + 1]
        size, motion, power = 0.0, 0.0, 0.0
        for b in range(model.segments.shape[0]):  # every neuron adds up what its parents send
            i, tail, start, count = four(model.segments, b)
            a = 0.0
            for d in range(count):
                a += (work.w[NOW, start + d] if first else work.w[HERE, start + d]) * work.x[k, tail + d]  # (1)
            work.a[i] += a
        for i in range(n):  # ... and answers
            x_rate, work.H_x[i], work.credit[k, i] = neuron(model.speed[i], work.a[i], work.x[k, i], work.p_x[k, i])
            power += work.p_x[k, i] * x_rate
            leak = phi_1(-h * model.speed[i]) if method.exponential else 1.0
            work.x[stages, i] = (keep * work.x[0, i] if first else work.x[stages, i]) + weight * leak * x_rate
            work.x[k + 1, i] = work.x[stages, i] if last else work.x[0, i] + to_next * x_rate
        for j in range(signals.u.shape[2]):  # the inputs at the next stage
            work.H_x[n + j] = 0.0
            work.x[k + 1, n + j] = signals.u[t + 1, 0, j] if last else signals.u[t, method.at[k + 1], j]
        error = errors(model, signals, t, at, work, k)
        if ahead is not None:  # the credit of each neuron, looking ahead
            look_ahead(model, work, ahead, signals, (t, at), k)
        for b in range(model.segments.shape[0]):  # every arc reports to its tail, and moves
            i, tail, start, count = four(model.segments, b)
            for d in range(count):
                m, j = start + d, tail + d
                w, p = (work.w[NOW, m], work.p_w[NOW, m]) if first else (work.w[HERE, m], work.p_w[HERE, m])
                sign = signs.w[m] if signs.each else signs.w[0]
                w_rate, p_rate, report = arc(model.law, w, p, work.x[k, j], work.credit[k, i], sign)
                if ahead is not None:  # its report is in H_x already
                    w_rate, report = arc_ahead(ahead, w, work.x[k, j], ahead.learning[i]), 0.0
                work.H_x[j] += report  # (7)
                size += w * w
                motion += w_rate * w_rate
                w, p = (keep * w, keep * p) if first else (work.w[END, m], work.p_w[END, m])
                w, p = w + weight * (w_rate - symplectic * p_rate), p + weight * p_rate
                if last:
                    work.w[NOW, m], work.p_w[NOW, m] = w, p
                else:
                    work.w[END, m], work.p_w[END, m] = w, p
                    work.w[HERE, m] = work.w[NOW, m] + to_next * w_rate
                    work.p_w[HERE, m] = work.p_w[NOW, m] + to_next * p_rate
        if blocks is not None:
            size, motion = block_stage(model.law, work, blocks, k, size, motion)
        for i in range(n):  # every neuron has the reports of its children, and its costate moves
            p_rate = costate(model.law, work.p_x[k, i], work.H_x[i], signs.x[i])
            leak = phi_1(h * (signs.x[i] * model.speed[i] - model.law.theta_x)) if method.exponential else 1.0
            work.p_x[stages, i] = (keep * work.p_x[0, i] if first else work.p_x[stages, i]) + weight * leak * p_rate
            work.p_x[k + 1, i] = work.p_x[stages, i] if last else work.p_x[0, i] + to_next * p_rate
            work.a[i] = 0.0 if blocks is None else work.a[i]  # a block has added up (1) of the next stage already
        L, H = energies(model.law, error, size, motion, power)
        cost += weight * L * math.exp(model.law.theta * (signals.t[t] + 0.5 * h * at))
        L_start, H_start, total = (L, H, size + motion * model.law.r**2) if first else (L_start, H_start, total)
    return cost, L_start, H_start, total + end_step(work, stages)


def probe_of(model, inputs, arcs):
    """What `gradients` needs for a model of which all arcs are taken one by one."""
    n = model.speed.size
    law = model.law._replace(theta=0.0, theta_x=0.0, theta_w=0.0, inertia=1.0, gain=0.0)
    signs = Signs(np.full(n, -1.0), np.full(1, -1.0), False, np.zeros(0))
    work = work_at(np.zeros(n + inputs), np.zeros(arcs), np.zeros(n), np.zeros(arcs), 1, 1)
    return Probe(model._replace(law=law), METHODS["euler"]._replace(keep=0.0), signs, work)


@compiled
def copy(source, target, count):
    """Copy numbers one by one: ``target[:] = source`` takes seconds to compile."""
    for k in range(count):
        target[k] = source[k]


@compiled
def gradients(probe, signals, t, x, w, p_x, p_w, ahead=None):
    """Fill ``probe.work`` with x' of (2), -p_w / r, H_x (7) and H_w (8) at a point; return L and H.

    ``x`` holds states and inputs. With a rule that looks ahead, its w' in the place of -p_w / r.
    """
    work = probe.work
    copy(x, work.x[NOW], work.H_x.size)
    copy(p_x, work.p_x[NOW], work.a.size)
    copy(w, work.w[NOW], work.w.shape[1] - GAP)
    copy(p_w, work.p_w[NOW], work.w.shape[1] - GAP)
    _, L, H, _ = step(probe.model, probe.method, signals, t, probe.signs, work, None, ahead)
    return L, H


@compiled
def evaluate_rows(probe, signals, points, rates, L, H):
    """See `evaluate`."""
    (x, w, p_x, p_w), work = points, probe.work
    for row in range(L.size):
        L[row], H[row] = gradients(probe, signals, row, x[row], w[row], p_x[row], p_w[row])
        for answer, rate in ((work.x, rates[0]), (work.w, rates[1]), (work.p_x, rates[2]), (work.p_w, rates[3])):
            copy(answer[NOW], rate[row], rate.shape[1])


def evaluate(model, z, u, x, w, p_x, p_w):
    """At many points, a row each: L, H, x' of (2), -p_w / r, H_x (7) and H_w (8)."""
    signals = Signals(np.zeros(len(z)), z[:, None], np.concatenate([u, u[-1:]])[:, None])
    points = tuple(np.array(part, order="C") for part in (np.concatenate([x, u], axis=1), w, p_x, p_w))
    rates = tuple(np.empty(part.shape) for part in (x, w, p_x, p_w))
    L, H = np.empty((2, len(z)))
    evaluate_rows(probe_of(model, u.shape[1], w.shape[1]), signals, points, rates, L, H)
    return L, H, *rates


@compiled
def march(model, method, signals, signs, work, rows, probe, rule, blocks, ahead):
    """All steps, in place. Returns which state is the first bad one (steps + 1: none is), and the cost (4) on the way.

    A state is bad if a number has passed the limit, or if L or H is not finite.
    """
    steps, cost, row = signals.t.size - 1, 0.0, rows.first
    if blocks is not None:
        begin_blocks(model.law, method, signs.w[0], work, blocks)
    for t in range(steps):
        if rule is not None:
            set_signs(rule, probe, signals, t, signs, work)
        recorded = t >= rows.skip and (t - rows.skip) % rows.every == 0
        if recorded and model.law.inertia == 0.0:
            fill_p_w(model.law, probe, signals, t, work, ahead)
        if recorded:
            record(rows, row, work, signs.w if signs.w.size else signs.x)
        added, L, H, total = step(model, method, signals, t, signs, work, blocks, ahead)
        if not (math.isfinite(L) and math.isfinite(H)):
            return t, cost
        if recorded:
            rows.L[row], rows.H[row] = L, H
            row += 1
        cost += added
        if not total < model.limit**2 and beyond(model.limit, work):  # true for nan as well
            return t + 1, cost
    return steps + 1, cost


@compiled
def set_signs(rule, probe, signals, t, signs, work):
    """Let the rule set the signs. It reads copies of the costates, which lie where x' and -p_w / r were."""
    _, H = gradients(probe, signals, t, work.x[NOW], work.w[NOW], work.p_x[NOW], work.p_w[NOW])
    n, m, answer = work.a.size, signs.w.size, probe.work
    p_x, p_w, H_x, H_w = answer.x[NOW, :n], answer.w[NOW, :m], answer.p_x[NOW, :n], answer.p_w[NOW, :m]
    copy(work.p_x[NOW], p_x, n)
    copy(work.p_w[NOW], p_w, m)
    rule(signals.t[t], H, p_x, p_w, H_x, H_w, signs.x, signs.w, signs.values)


@compiled
def beyond(limit, work):
    """Whether any number of the state lies beyond the limit (or is none)."""
    for part in (work.x, work.w, work.p_x, work.p_w):
        for k in range(part.shape[1]):
            if not abs(part[NOW, k]) <= limit:
                return True
    return False


@compiled
def fill_p_w(law, probe, signals, t, work, ahead):
    """Fill in p_w where it is no state of its own."""
    gradients(probe, signals, t, work.x[NOW], work.w[NOW], work.p_x[NOW], work.p_w[NOW], ahead)
    for k in range(work.w.shape[1] - GAP):
        work.p_w[NOW, k] = law.gain * probe.work.p_w[NOW, k] if ahead is None else -law.r * probe.work.w[NOW, k]


@compiled
def record(rows, row, work, signs):
    """Write down where the run is."""
    for k in range(rows.columns.size):
        rows.x[row, k] = work.x[NOW, rows.columns[k]]
    for written, part in ((rows.w, work.w), (rows.p_x, work.p_x), (rows.p_w, work.p_w)):
        for k in range(written.shape[1]):
            written[row, k] = part[NOW, k]
    for k in range(rows.sign.shape[1]):
        rows.sign[row, k] = np.int8(signs[k])
