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

from collections import namedtuple

import numpy as np

from hlp_edu.compiled import compiled, four, inlined
from hlp_edu.laws import arc

SMALLEST = 8  # from so many neurons with the same parents on a block is faster


def find(network):
    """Segments outside of blocks; and the panels: head, heads, tail, tails, first arc, arcs from row to row."""
    segments, n = network.segments.astype(np.int64), len(network.neurons)
    count = np.bincount(network.heads, minlength=n)  # of arcs into each neuron
    other = np.append(True, count[1:] != count[:-1])  # whether a neuron's parents are not those of the one before
    before = np.arange(len(network.tails)) - count[network.heads]
    other[network.heads[(before < 0) | (network.tails != network.tails[before])]] = True
    group = np.cumsum(other) - 1
    alike = np.bincount(group)[group]  # how many neurons have the same parents as this one
    large = alike[segments[:, 0]] >= SMALLEST
    head, tail, first, tails = segments[large & other[segments[:, 0]]].T  # of the first neuron of each block
    panels = np.column_stack([head, alike[head], tail, tails, first, count[head]])
    return network.segments[~large], panels.astype(np.uint64)


# W y and P y at the stage to come, a number a head; table: coefficients of W and P at each stage, and after the step.
Blocks = namedtuple("Blocks", "panels W_y P_y table gram")


def blocks_of(panels, stages, neurons):
    """Blocks, ready for a run."""
    table, gram = np.zeros((stages + 1, 2, stages + 2)), np.zeros((stages + 2, stages + 2))
    return Blocks(panels, np.zeros(neurons + 64), np.zeros(neurons + 64), table, gram)


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
            weight = h * method.weight[k]
            w_end += weight * (w_rate - symplectic * p_rate)
            p_end += weight * p_rate
            ahead = 0.5 * h * method.at[k + 1] if k + 1 < stages else 0.0
            w, p = w_now + ahead * w_rate, p_now + ahead * p_rate
        table[stages, 0, unit], table[stages, 1, unit] = w_end, p_end


@inlined
def dot(a, k, b, e, first, count):
    """The sum of a_ki b_ei over ``count`` entries i."""
    total = 0.0
    for i in range(first, first + count):
        total += a[k, i] * b[e, i]
    return total


@inlined
def form(blocks, k, part):
    """|W_k|^2 (part 0) or |P_k|^2 (part 1): a quadratic form, from the upper half of the Gram matrix."""
    total = 0.0
    for a in range(2 + k):
        for b in range(a, 2 + k):
            total += (1.0 if a == b else 2.0) * blocks.table[k, part, a] * blocks.table[k, part, b] * blocks.gram[a, b]
    return total


@inlined
def outer_products(blocks, b, work, k):
    """What the products g_l y_l' of the stages so far add to the reports, the next activations and the Gram matrix."""
    x, g, last = work.x, work.credit, k == blocks.table.shape[0] - 2
    head, heads, tail, tails = four(blocks.panels, b)
    for e in range(k + 1):  # the earlier stages, and this one
        credits = dot(g, e, g, k, head, heads)
        blocks.gram[2 + e, 2 + k] += credits * dot(x, e, x, k, tail, tails)
        report = blocks.table[k, 0, 2 + e] * credits  # 0 of this stage
        for j in range(tail, tail + tails):
            work.H_x[j] += report * x[e, j]
        added = 0.0 if last else blocks.table[k + 1, 0, 2 + e] * dot(x, e, x, k + 1, tail, tails)
        for i in range(head, head + heads):
            work.a[i] += added * g[e, i]


@compiled
def of_head(one, c, g, i):
    """The coefficients of the products g_l y_l' after the step, each times the head's credit."""
    if one is not None:
        return c[2] * g[0, i], 0.0, 0.0, 0.0
    return c[2] * g[0, i], c[3] * g[1, i], c[4] * g[2, i], c[5] * g[3, i]


@compiled
def products(one, c, x, j):
    """The sum of those products in a column."""
    return c[0] * x[0, j] if one is not None else c[0] * x[0, j] + c[1] * x[1, j] + c[2] * x[2, j] + c[3] * x[3, j]


@inlined
def through_panel(one, last, blocks, b, work, k):
    """Once through W and P of a panel: reports from the credits, activations from the states of the next stage.

    ``last``: True in the last stage, where W and P move; their Gram matrix is that of the next step. ``one``: True for
    a method of one stage. Else they are None: for each case the loop is compiled with nothing left to decide.
    """
    x, g, H_x, w, p, table = work.x, work.credit, work.H_x, work.w, work.p_w, blocks.table
    w_w, w_p, p_w, p_p = table[k + 1, 0, 0], table[k + 1, 0, 1], table[k + 1, 1, 0], table[k + 1, 1, 1]
    head, heads, tail, tails = four(blocks.panels, b)
    first, apart = blocks.panels[b, 4], blocks.panels[b, 5]
    for row in range(heads):
        i, m = head + row, first + row * apart
        by_w, by_p = table[k, 0, 0] * g[k, i], table[k, 0, 1] * g[k, i]
        w_y, p_y, ww, wp, pp = 0.0, 0.0, 0.0, 0.0, 0.0
        if last is not None:
            u, v = of_head(one, table[k + 1, 0], g, i), of_head(one, table[k + 1, 1], g, i)
        for c in range(tails):
            j, W, P = tail + c, w[0, m + c], p[0, m + c]
            H_x[j] += by_w * W + by_p * P
            if last is not None:
                W, P = w_w * W + w_p * P + products(one, u, x, j), p_w * W + p_p * P + products(one, v, x, j)
                w[0, m + c], p[0, m + c] = W, P
                ww += W * W
                wp += W * P
                pp += P * P
            w_y += W * x[k + 1, j]
            p_y += P * x[k + 1, j]
        blocks.W_y[i] += w_y
        blocks.P_y[i] += p_y
        blocks.gram[0, 0] += ww
        blocks.gram[0, 1] += wp
        blocks.gram[1, 1] += pp


@compiled
def block_stage(law, work, blocks, k, size, motion):
    """Stage ``k`` for all panels: reports, next activations; in the last stage W and P move.

    Returns size and motion with |w|^2 and |w'|^2 of these arcs added.
    """
    last = k == blocks.table.shape[0] - 2
    for i in range(work.a.size):  # W y and P y of this stage, from the pass before
        blocks.gram[0, 2 + k] += work.credit[k, i] * blocks.W_y[i]
        blocks.gram[1, 2 + k] += work.credit[k, i] * blocks.P_y[i]
        blocks.W_y[i] = blocks.P_y[i] = work.a[i] = 0.0
    for b in range(blocks.panels.shape[0]):
        outer_products(blocks, b, work, k)
    size += form(blocks, k, 0)
    motion += form(blocks, k, 1) / (law.r * law.r)
    if last:
        blocks.gram[:] = 0.0
    for b in range(blocks.panels.shape[0]):
        if last and k == 0:
            through_panel(True, True, blocks, b, work, k)
        elif last:
            through_panel(None, True, blocks, b, work, k)
        else:
            through_panel(None, None, blocks, b, work, k)
    alpha, beta = (1.0, 0.0) if last else (blocks.table[k + 1, 0, 0], blocks.table[k + 1, 0, 1])
    for i in range(work.a.size):
        work.a[i] += alpha * blocks.W_y[i] + beta * blocks.P_y[i]
    return size, motion


@compiled
def begin_blocks(law, method, s, work, blocks):
    """Before the first step: the activations, by the last stage of a step of length 0 (the very sums of all others)."""
    coefficients(law, method, 0.0, s, blocks.table)
    last = method.weight.size - 1
    for j in range(work.H_x.size):
        work.x[last + 1, j] = work.x[0, j]
    block_stage(law, work, blocks, last, 0.0, 0.0)
    coefficients(law, method, method.h, s, blocks.table)
