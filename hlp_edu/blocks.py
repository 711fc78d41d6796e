"""Neurons that share their parents, taken together: faster, and the same. Skip this on a first reading.

All arcs from neighbouring parents to neighbouring neurons form a *panel*, two matrices W (weights) and P (costates)
with a row for each head and a column for each parent:

                    y: parents' states
                  [ . . . . . . . . . . ]
    g: heads'   . [                     ] .
    credits     . [   W and P, side by  ] .  W y: activations
                . [   side in memory    ] .
                  [ . . . . . . . . . . ]
                    W'g: reports

If all arcs have the same sign, what a stage k of Runge-Kutta makes of an arc is linear in its w, its p and the
products g_i y_j of the stages before, with coefficients that are the same for all arcs:

    W_k = alpha_k W + beta_k P + sum over l < k of  gamma_kl g_l y_l'          (P_k likewise)

`coefficients` finds them by taking single arcs through a step. Hence no stage is stored. A stage needs

    its reports          W_k' g_k         = alpha_k W'g_k + beta_k P'g_k + sum gamma_kl (g_l . g_k) y_l
    the next activations W_k+1 y_k+1      = alpha W y_k+1 + beta P y_k+1 + sum gamma (y_l . y_k+1) g_l
    its size             |W_k|^2          = a quadratic form in (alpha, beta, gamma): the Gram matrix of W, P, g_l y_l'

One walk through memory gives W'g, P'g, W y and P y; the outer products cost n instead of n^2. The last stage of a
step also moves W and P.
"""

from typing import NamedTuple

import numpy as np

from hlp_edu.compiled import compiled
from hlp_edu.laws import arc

SMALLEST = 8  # from so many neurons with the same parents on a block is faster


def find(network):
    """Neurons outside of blocks; and the panels: head, heads, tail, tails, first arc, arcs from row to row."""
    segment, first, tail = (part.astype(np.int64) for part in network.segments)
    start, n = first[segment], len(network.neurons)  # neuron i has the arcs start[i] to start[i + 1]
    count = np.diff(start)
    other = np.append(True, count[1:] != count[:-1])  # whether a neuron's parents are not those of the one before
    before = np.arange(len(network.tails)) - count[network.heads]
    other[network.heads[(before < 0) | (network.tails != network.tails[before])]] = True
    groups = np.append(np.flatnonzero(other), n)
    large = np.flatnonzero((np.diff(groups) >= SMALLEST) & (count[groups[:-1]] > 0))
    panel, single = [], np.ones(n, bool)
    for head, behind in zip(groups[large], groups[large + 1], strict=True):
        single[head:behind] = False
        for b in range(segment[head], segment[head + 1]):
            panel.append((head, behind - head, tail[b], first[b + 1] - first[b], first[b], count[head]))
    return np.flatnonzero(single).astype(np.uint64), np.array(panel, np.uint64).reshape(-1, 6)


class Blocks(NamedTuple):
    """The panels, and arrays to work with."""

    panel: np.ndarray
    W_y: np.ndarray  # W y and P y at the stage to come, a number a head
    P_y: np.ndarray
    table: np.ndarray  # coefficients of W and of P at each stage, and after the step
    gram: np.ndarray


def blocks_of(panel, method, neurons):
    """Blocks, ready for a run."""
    stages = len(method.weight)
    sizes = [neurons + 64, neurons + 64, (stages + 1, 2, stages + 2), (stages + 2, stages + 2)]
    return Blocks(panel, *map(np.zeros, sizes))


@compiled
def coefficients(law, method, h, s, table):
    """Fill table[k, 0] with the coefficients of W_k, table[k, 1] with those of P_k; the last row is after the step."""
    stages = method.weight.size
    symplectic = h / law.r if method.exponential else 0.0
    for unit in range(2 + stages):
        w_now, p_now = 1.0 if unit == 0 else 0.0, 1.0 if unit == 1 else 0.0
        w, p, w_end, p_end = w_now, p_now, w_now, p_now
        for k in range(stages):
            table[k, 0, unit], table[k, 1, unit] = w, p
            w_rate, p_rate, _ = arc(law, w, p, 1.0, 1.0 if unit == 2 + k else 0.0, s)
            share = h * method.weight[k]
            w_end += share * (w_rate - symplectic * p_rate)
            p_end += share * p_rate
            ahead = 0.5 * h * method.at[k + 1] if k + 1 < stages else 0.0
            w, p = w_now + ahead * w_rate, p_now + ahead * p_rate
        table[stages, 0, unit], table[stages, 1, unit] = w_end, p_end


@compiled
def dot(a, k, b, e, first, count):
    """The sum of a_ki b_ei over ``count`` entries i."""
    total = 0.0
    for i in range(first, first + count):
        total += a[k, i] * b[e, i]
    return total


@compiled
def form(gram, table, k, part):
    """|W_k|^2 (part 0) or |P_k|^2 (part 1): a quadratic form, from the upper half of the Gram matrix."""
    total = 0.0
    for a in range(2 + k):
        for b in range(a, 2 + k):
            total += (1.0 if a == b else 2.0) * table[k, part, a] * table[k, part, b] * gram[a, b]
    return total


@compiled
def outer_products(blocks, b, work, k, last):
    """What the products g_l y_l' of the stages so far add to the reports, the next activations and the Gram matrix."""
    y, g, table = work.y, work.credit, blocks.table
    head, heads, tail, tails = blocks.panel[b, 0], blocks.panel[b, 1], blocks.panel[b, 2], blocks.panel[b, 3]
    for e in range(k + 1):  # the earlier stages, and this one
        credits = dot(g, e, g, k, head, heads)
        blocks.gram[2 + e, 2 + k] += credits * dot(y, e, y, k, tail, tails)
        if e < k:
            report = table[k, 0, 2 + e] * credits
            for j in range(tail, tail + tails):
                work.H_x[j] += report * y[e, j]
        if not last:
            added = table[k + 1, 0, 2 + e] * dot(y, e, y, k + 1, tail, tails)
            for i in range(head, head + heads):
                work.a[i] += added * g[e, i]


@compiled
def products(one, c, y, j):
    """The sum of c_l y_l over the stages of the method."""
    return c[0] * y[0, j] if one is not None else c[0] * y[0, j] + c[1] * y[1, j] + c[2] * y[2, j] + c[3] * y[3, j]


@compiled
def of_head(one, table, part, g, i):
    """The coefficients gamma of the whole step, each times the head's credit of that stage."""
    if one is not None:
        return table[1, part, 2] * g[0, i], 0.0, 0.0, 0.0
    c_0, c_1, c_2, c_3 = table[4, part, 2], table[4, part, 3], table[4, part, 4], table[4, part, 5]
    return c_0 * g[0, i], c_1 * g[1, i], c_2 * g[2, i], c_3 * g[3, i]


@compiled
def walk(blocks, b, work, k, first, last, w, p):
    """Once through W and P of a panel: reports from the credits, activations from the states of the next stage.

    ``first`` is True in the first stage, which also fills the Gram matrix of W and P; ``last`` in the last one, where
    W and P move; else they are None: for each of the four cases the loop is compiled with nothing left to decide.
    """
    y, g, H_x, gram, table, ahead = work.y, work.credit, work.H_x, blocks.gram, blocks.table, k + 1
    w_w, w_p, p_w, p_p = table[ahead, 0, 0], table[ahead, 0, 1], table[ahead, 1, 0], table[ahead, 1, 1]
    head, heads, tail, tails = blocks.panel[b, 0], blocks.panel[b, 1], blocks.panel[b, 2], blocks.panel[b, 3]
    for row in range(heads):
        i, m = head + row, blocks.panel[b, 4] + row * blocks.panel[b, 5]
        by_w, by_p = table[k, 0, 0] * g[k, i], table[k, 0, 1] * g[k, i]
        u, v = of_head(first, table, 0, g, i), of_head(first, table, 1, g, i)  # read in the last stage alone
        w_y, p_y, p_y_0, ww, wp, pp = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for c in range(tails):
            j, W, P = tail + c, w[m + c], p[m + c]
            if first is not None:  # here beta is 0
                H_x[j] += by_w * W
                ww += W * W
                pp += P * P
            else:
                H_x[j] += by_w * W + by_p * P
            if first is not None and last is None:
                p_y_0 += P * y[0, j]
                wp += W * P
            if last is not None:
                W, P = w_w * W + w_p * P + products(first, u, y, j), p_w * W + p_p * P + products(first, v, y, j)
                w[m + c], p[m + c] = W, P
            w_y += W * y[ahead, j]
            if last is None:
                p_y += P * y[ahead, j]
        blocks.W_y[i] += w_y
        blocks.P_y[i] += p_y
        if first is not None:
            gram[0, 0] += ww
            gram[0, 1] += wp
            gram[1, 1] += pp
            gram[1, 2] += g[0, i] * p_y_0


@compiled
def block_stage(model, work, blocks, k, size, speed, w, p):
    """Stage ``k`` for all panels: reports, next activations; in the last stage W and P move.

    Returns size and speed with |w|^2 and |w'|^2 of these arcs added.
    """
    table, gram, g, n = blocks.table, blocks.gram, work.credit, model.speed.size
    stages = table.shape[0] - 1
    last = k == stages - 1
    if k == 0:
        gram[:] = 0.0
    for i in range(n):  # W y and P y of this stage, from the walk before; of P y_0 the first walk takes care
        gram[0, 2 + k] += g[k, i] * blocks.W_y[i]
        gram[1, 2 + k] += g[k, i] * blocks.P_y[i] if k > 0 else 0.0
    for i in range(n):
        blocks.W_y[i] = blocks.P_y[i] = work.a[i] = 0.0
    for b in range(blocks.panel.shape[0]):
        outer_products(blocks, b, work, k, last)
        if k == 0 and last:
            walk(blocks, b, work, k, True, True, w, p)
        elif k == 0:
            walk(blocks, b, work, k, True, None, w, p)
        elif last:
            walk(blocks, b, work, k, None, True, w, p)
        else:
            walk(blocks, b, work, k, None, None, w, p)
    alpha, beta = (1.0, 0.0) if last else (table[k + 1, 0, 0], table[k + 1, 0, 1])
    for i in range(n):
        work.a[i] += alpha * blocks.W_y[i] + beta * blocks.P_y[i]
    return size + form(gram, table, k, 0), speed + form(gram, table, k, 1) / (model.law.r * model.law.r)


@compiled
def begin_blocks(model, method, s, work, blocks, w, p):
    """Before the first step: the activations, by the last stage of a step of length 0 (the very sums of all others)."""
    coefficients(model.law, method, 0.0, s, blocks.table)
    last = method.weight.size - 1
    for j in range(work.H_x.size):
        work.y[last + 1, j] = work.y[0, j]
    block_stage(model, work, blocks, last, 0.0, 0.0, w, p)
    coefficients(model.law, method, method.h, s, blocks.table)
