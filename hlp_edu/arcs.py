"""One look of all arcs: report to the parents, let the heads hear what comes next, and move.

**The trick, in ten lines.** What an arc j -> i does is linear in what it has: its weight w, its
costate p, and the pulls g_i y_j of its two ends, one for each look of Runge-Kutta. So at every look

    w_ij = alpha w + beta p + gamma_1 g_i(1) y_j(1) + gamma_2 g_i(2) y_j(2) + ...

with numbers that are the same for all arcs of one sign: six numbers a look (`arc_table`), found once
by asking the law what it does with a 1 here and 0 elsewhere. Neurons with the same parents (a *crowd*:
a layer, a fully connected network) have a second advantage in Runge-Kutta: a pull is an outer product,
and a sum over an outer product is a product of two sums. What a look needs of it costs a crowd n, not
n^2. What is left for each arc are four multiplications a look on two numbers, which stand side by side
in memory with those of its neighbours: eight arcs go in one instruction. `arc_by_arc` is the same without
the trick, for Euler's single look and for everybody else; a test holds one against the other.
"""

from typing import NamedTuple

import numpy as np

from hlp_edu.compiled import compiled, inside
from hlp_edu.laws import ONE, arc_rates

LOOKS = 4  # of Runge-Kutta; the other methods look once
END = 4  # where a step of Runge-Kutta ends, counted behind its looks 0 to 3
END_OF_ONE = 5  # where a step of the other methods ends
CROWD = 8  # from so many neurons on a crowd pays


@inside
def arc_at(law, stop, h, lag, w, p, s, pull_1, pull_2, pull_3, pull_4):
    """One arc through one step, up to a stop: (6), (8), (10).

    Parameters
    ----------
    law : ArcLaw
        How it moves.
    stop : int
        0 to 3: where the arc stands at this look of Runge-Kutta; END, END_OF_ONE: after the step.
    h, lag : float
        The step; h^2 times the mobility if the weight uses the new costate, else 0.
    w, p, s : float
        Its weight, costate and sign when the step begins.
    pull_1, pull_2, pull_3, pull_4 : float
        Credit of its head times activity of its tail, at each look.

    Returns
    -------
    w, p, p_now : float
        Weight, costate, and the costate that moves the weight (behind the last look: at that look).
    """
    half = 0.5 * h
    k_1, l_1, p_now = arc_rates(law, pull_1, 1.0, w, p, s)
    if stop == 0:
        return w, p, p_now
    if stop == END_OF_ONE:
        return w + h * k_1 - lag * l_1, p + h * l_1, p_now
    w_2, p_2 = w + half * k_1, p + half * l_1
    k_2, l_2, p_now = arc_rates(law, pull_2, 1.0, w_2, p_2, s)
    if stop == 1:
        return w_2, p_2, p_now
    w_3, p_3 = w + half * k_2, p + half * l_2
    k_3, l_3, p_now = arc_rates(law, pull_3, 1.0, w_3, p_3, s)
    if stop == 2:
        return w_3, p_3, p_now
    w_4, p_4 = w + h * k_3, p + h * l_3
    k_4, l_4, p_now = arc_rates(law, pull_4, 1.0, w_4, p_4, s)
    if stop == 3:
        return w_4, p_4, p_now
    return w + h / 6.0 * (k_1 + 2.0 * (k_2 + k_3) + k_4), p + h / 6.0 * (l_1 + 2.0 * (l_2 + l_3) + l_4), p_now


@compiled
def arc_table(law, h, lag, s):
    """`arc_at` as numbers: what each stop makes of w, p and the four pulls.

    Parameters
    ----------
    law, h, lag, s
        As in `arc_at`.

    Returns
    -------
    numpy.ndarray, shape (6, 3, 6)
        For every stop the six factors of w, of p and of p_now.
    """
    table = np.empty((6, 3, 6))
    for stop in range(6):
        for unit in range(6):
            one = np.zeros(6)
            one[unit] = 1.0
            w, p, p_now = arc_at(law, stop, h, lag, one[0], one[1], s, one[2], one[3], one[4], one[5])
            table[stop, 0, unit], table[stop, 1, unit], table[stop, 2, unit] = w, p, p_now
    return table


class Patch(NamedTuple):
    """Arcs from neighbouring parents to neighbouring heads: each head's arcs from all of these parents.

    Parameters
    ----------
    head, rows : int
        The first head, and how many there are.
    parent, parents : int
        The first parent, and how many there are.
    arc, apart : int
        The first arc, and how far it is from there to the first arc of the next head.
    """

    head: int
    rows: int
    parent: int
    parents: int
    arc: int
    apart: int


@compiled
def crowds(wiring):
    """How many neurons in a row, from each one on, have the same parents.

    Parameters
    ----------
    wiring : Wiring
        The arcs.

    Returns
    -------
    numpy.ndarray of int, shape (neurons,)
        Meaningful at the first neuron of each crowd.
    """
    n = wiring.speed.size
    size, first = np.ones(n, np.int64), 0
    for i in range(1, n):
        runs = wiring.first_run[i + 1] - wiring.first_run[i]
        alike = runs == wiring.first_run[i] - wiring.first_run[i - 1]
        for b in range(wiring.first_run[i], wiring.first_run[i + 1]):
            if alike:  # stretch b against that of the neuron before
                a = b - runs
                length = wiring.first_arc[b + ONE] - wiring.first_arc[b]
                alike = length == wiring.first_arc[a + ONE] - wiring.first_arc[a]
                alike = alike and wiring.first_parent[b] == wiring.first_parent[a]
        if alike:
            size[first] += 1
        else:
            first = i
    return size


@inside
def arc_by_arc(wiring, head, tail, law, look, stop, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard):
    """One look of the arcs that lead to some neurons, each arc by itself.

    Parameters
    ----------
    wiring : Wiring
        The arcs.
    head, tail : int
        The first of the neurons, and the one behind the last.
    law, h, lag
        As in `arc_at`.
    look, stop : int
        Where the arcs stand, and what their heads are to hear: where they stand next, or END, END_OF_ONE:
        then they move.
    mixed : bool
        Whether each arc has a sign of its own; else the first one is everybody's.
    g, y : numpy.ndarray, shape (4, neurons), (5, neurons + inputs)
        Credits and activities of the looks so far, and activities at the next look; the last row
        is the first look of the next step.
    w, p_w, s_w : numpy.ndarray, shape (arcs,)
        Weights, costates and signs.
    H_y : numpy.ndarray, shape (neurons + inputs,)
        Every parent gets its children's reports added, (7).
    heard : numpy.ndarray, shape (neurons,)
        Filled with the activations at the next look, (1).

    Returns
    -------
    size, speed : float
        |w|^2 and |p_w|^2 of these arcs, as they stand.
    growth : float
        |w|^2 + |p_w|^2 when they have moved (0 if they have not).
    """
    ahead, s_all = LOOKS if stop >= END else look + 1, s_w[0] if s_w.size > 0 else 1.0
    size, speed, growth = 0.0, 0.0, 0.0
    for i in range(head, tail):
        g_1, g_2, g_3, g_4, credit, a = g[0, i], g[1, i], g[2, i], g[3, i], g[look, i], 0.0
        for b in range(wiring.first_run[i], wiring.first_run[i + 1]):
            first, parent = wiring.first_arc[b], wiring.first_parent[b]
            for k in range(first, wiring.first_arc[b + ONE]):
                j = parent + (k - first)
                w_k, p_k, s = w[k], p_w[k], s_w[k] if mixed else s_all
                pull_1, pull_2, pull_3, pull_4 = g_1 * y[0, j], g_2 * y[1, j], g_3 * y[2, j], g_4 * y[3, j]
                w_here, _, p_here = arc_at(law, look, h, lag, w_k, p_k, s, pull_1, pull_2, pull_3, pull_4)
                w_next, p_next, _ = arc_at(law, stop, h, lag, w_k, p_k, s, pull_1, pull_2, pull_3, pull_4)
                H_y[j] += w_here * credit
                a += w_next * y[ahead, j]
                size += w_here * w_here
                speed += p_here * p_here
                if stop >= END:
                    w[k], p_w[k] = w_next, p_next
                    growth += w_next * w_next + p_next * p_next
        heard[i] = a
    return size, speed, growth


@inside
def listen(first_look, patch, table, look, g, y, w, p_w, H_y, W_y, P_y, books):
    """A patch of arcs reports and its heads hear; nothing moves.

    Parameters
    ----------
    first_look : bool
        Whether this is the first look of a step, which keeps the books.
    patch : Patch
        Which arcs.
    table : numpy.ndarray, shape (6, 3, 6)
        As `arc_table` gives it.
    look, g, y, w, p_w, H_y
        As in `arc_by_arc`.
    W_y, P_y : numpy.ndarray, shape (4, neurons)
        What the weights and the costates of the step's start make of the next look's activities is
        added; at the first look, also what the costates make of the present ones.
    books : numpy.ndarray, shape (6, 6)
        |w|^2, w.p, |p|^2 are added.
    """
    ww, wp, pp = 0.0, 0.0, 0.0
    for row in range(patch.rows):
        i, first = patch.head + row, patch.arc + row * patch.apart
        w_credit, p_credit = table[look, 0, 0] * g[look, i], table[look, 0, 1] * g[look, i]
        w_sum, p_sum, p_start = 0.0, 0.0, 0.0
        for a in range(patch.parents):
            w_k, p_k, j = w[first + a], p_w[first + a], patch.parent + a
            w_sum += w_k * y[look + 1, j]
            p_sum += p_k * y[look + 1, j]
            if first_look:  # here the arc stands where it stood
                H_y[j] += w_credit * w_k
                p_start += p_k * y[look, j]
                ww += w_k * w_k
                wp += w_k * p_k
                pp += p_k * p_k
            else:
                H_y[j] += w_credit * w_k + p_credit * p_k
        W_y[look + 1, i] += w_sum
        P_y[look + 1, i] += p_sum
        if first_look:
            P_y[0, i] += p_start
    if first_look:
        books[0, 0] += ww
        books[0, 1] += wp
        books[1, 1] += pp


@inside
def move(patch, table, g, y, w, p_w, H_y, heard):
    """A patch of arcs reports for the last time and moves, and its heads hear what comes next.

    Parameters
    ----------
    patch, table, g, y, w, p_w, H_y
        As in `listen`.
    heard : numpy.ndarray, shape (neurons,)
        Activations at the next step's first look are added.
    """
    w_w, w_p, p_w_, p_p = table[END, 0, 0], table[END, 0, 1], table[END, 1, 0], table[END, 1, 1]
    for row in range(patch.rows):
        i, first = patch.head + row, patch.arc + row * patch.apart
        w_sum, w_credit, p_credit = 0.0, table[3, 0, 0] * g[3, i], table[3, 0, 1] * g[3, i]
        w_1, w_2, w_3 = table[END, 0, 2] * g[0, i], table[END, 0, 3] * g[1, i], table[END, 0, 4] * g[2, i]
        p_1, p_2, p_3 = table[END, 1, 2] * g[0, i], table[END, 1, 3] * g[1, i], table[END, 1, 4] * g[2, i]
        p_4 = table[END, 1, 5] * g[3, i]  # the last pull does not reach w
        for a in range(patch.parents):
            w_k, p_k, j = w[first + a], p_w[first + a], patch.parent + a
            w_next = w_w * w_k + w_p * p_k + w_1 * y[0, j] + w_2 * y[1, j] + w_3 * y[2, j]
            p_next = p_w_ * w_k + p_p * p_k + p_1 * y[0, j] + p_2 * y[1, j] + p_3 * y[2, j] + p_4 * y[3, j]
            H_y[j] += w_credit * w_k + p_credit * p_k
            w[first + a], p_w[first + a] = w_next, p_next
            w_sum += w_next * y[LOOKS, j]
        heard[i] += w_sum


@inside
def pulled(patch, table, look, g, y, H_y, heard, books):
    """What the pulls of a patch add to its reports, to what its heads hear, and to the books.

    Each pull is credit times activity, so every sum over the patch is a product of two sums.

    Parameters
    ----------
    patch, table, look, g, y, H_y, books
        As in `listen`.
    heard : numpy.ndarray, shape (neurons,)
        Activations at the next look.
    """
    for k in range(look + 1):
        credits, activities, to_come = 0.0, 0.0, 0.0
        for row in range(patch.rows):
            credits += g[k, patch.head + row] * g[look, patch.head + row]
        report = table[look, 0, 2 + k] * credits
        for a in range(patch.parents):
            j = patch.parent + a
            H_y[j] += report * y[k, j]
            activities += y[k, j] * y[look, j]
            to_come += y[k, j] * y[look + 1, j]
        books[2 + k, 2 + look] += credits * activities
        if look < 3:  # behind the last look the pulls are in the weights
            to_come *= table[look + 1, 0, 2 + k]
            for row in range(patch.rows):
                heard[patch.head + row] += to_come * g[k, patch.head + row]


@inside
def crowd(wiring, head, tail, table, look, g, y, w, p_w, H_y, heard, W_y, P_y, books):
    """One look of Runge-Kutta of the arcs that lead to a crowd: neurons with the same parents, arcs with one sign.

    Parameters
    ----------
    wiring : Wiring
        The arcs.
    head, tail : int
        The crowd's first neuron, and the one behind its last.
    table : numpy.ndarray, shape (6, 3, 6)
        As `arc_table` gives it.
    look, g, y, w, p_w, H_y
        As in `arc_by_arc`.
    heard : numpy.ndarray, shape (neurons,)
        Filled with the activations at the next look, (1).
    W_y, P_y : numpy.ndarray, shape (4, neurons)
        What the weights and the costates of the step's start make of each look's activities.
    books : numpy.ndarray, shape (6, 6)
        Products of w, p and the four pulls, summed over arcs; this look's are added.
    """
    runs, behind = wiring.first_run[head], wiring.first_run[head + 1]
    apart = wiring.first_arc[behind] - wiring.first_arc[runs]  # from the arcs of one head to those of the next
    for i in range(head, tail):
        heard[i] = 0.0
        if look < 3:
            W_y[look + 1, i] = P_y[look + 1, i] = 0.0
        if look == 0:
            P_y[0, i] = 0.0
    for b in range(runs, behind):
        arc, parents = wiring.first_arc[b], wiring.first_arc[b + ONE] - wiring.first_arc[b]
        patch = Patch(np.uint64(head), np.uint64(tail - head), wiring.first_parent[b], parents, arc, apart)
        if look == 0:
            listen(True, patch, table, 0, g, y, w, p_w, H_y, W_y, P_y, books)
        elif look < 3:
            listen(False, patch, table, look, g, y, w, p_w, H_y, W_y, P_y, books)
        else:
            move(patch, table, g, y, w, p_w, H_y, heard)
        pulled(patch, table, look, g, y, H_y, heard, books)
    for i in range(head, tail):
        books[0, 2 + look] += g[look, i] * W_y[look, i]
        books[1, 2 + look] += g[look, i] * P_y[look, i]
        if look < 3:
            heard[i] += table[look + 1, 0, 0] * W_y[look + 1, i] + table[look + 1, 0, 1] * P_y[look + 1, i]
        else:
            W_y[0, i] = heard[i]


@inside
def walk(
    wiring, sizes, law, table, look, looks, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard, W_y, P_y, books
):  # fmt: skip
    """One look of all arcs; behind the last look of a step they have moved.

    Parameters
    ----------
    wiring, law, table, look, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard, W_y, P_y, books
        As in `arc_by_arc` and `crowd`.
    sizes : numpy.ndarray of int, shape (neurons,)
        As `crowds` gives them.
    looks : int
        How often a step looks: LOOKS, or once.

    Returns
    -------
    size, speed : float
        |w|^2 and |p_w|^2 at this look.
    growth : float
        |w|^2 + |p_w|^2 when they have moved (what a crowd does not know then, it finds at the first look).
    """
    n, head = heard.size, np.int64(0)  # not the literal 0, for which everything below would be compiled once more
    size, speed, growth, in_crowds = 0.0, 0.0, 0.0, False
    together = looks == LOOKS and not mixed and law.inertia == 1.0
    while head < n:
        tail = head + sizes[head]
        if together and sizes[head] >= CROWD:
            crowd(wiring, head, tail, table, look, g, y, w, p_w, H_y, heard, W_y, P_y, books)
            head, in_crowds = tail, True
            continue
        while tail < n and not (together and sizes[tail] >= CROWD):
            tail += sizes[tail]
        # The numbers are written out: for each of these five the loop is compiled anew, with nothing left to decide.
        if looks == 1:
            sums = arc_by_arc(wiring, head, tail, law, 0, END_OF_ONE, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        elif look == 0:
            sums = arc_by_arc(wiring, head, tail, law, 0, 1, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        elif look == 1:
            sums = arc_by_arc(wiring, head, tail, law, 1, 2, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        elif look == 2:
            sums = arc_by_arc(wiring, head, tail, law, 2, 3, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        else:
            sums = arc_by_arc(wiring, head, tail, law, 3, END, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        size, speed, growth = size + sums[0], speed + sums[1], growth + sums[2]
        head = tail
    if in_crowds:  # |.|^2 of a sum is the sum of all products
        for a in range(3 + look):
            for b in range(a, 3 + look):
                twice = 1.0 if a == b else 2.0
                size += twice * table[look, 0, a] * table[look, 0, b] * books[a, b]
                speed += twice * table[look, 2, a] * table[look, 2, b] * books[a, b]
    return size, speed, growth
