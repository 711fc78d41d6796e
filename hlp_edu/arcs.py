"""One look of all arcs: report to the parents, let the heads hear what comes next, and move.

**The trick, in ten lines.** What an arc j -> i does is linear in what it has: its weight w, its
costate p, and the pulls g_i y_j of its two ends, one for each look of Runge-Kutta. So at every look

    w_ij = alpha w + beta p + gamma_1 g_i(1) y_j(1) + gamma_2 g_i(2) y_j(2) + ...

with six numbers that are the same for all arcs of one sign, found once by asking the law what it does
with a 1 here and 0 elsewhere (`fill`). Neurons with the same parents (a *crowd*: a layer, a fully connected
network) have more in common. A pull is an outer product, and a sum over an outer product is a product of two
sums: it costs a crowd n, not n^2. And what a parent says is fetched once for two or four heads. What is left
for an arc are a few multiplications on two numbers that stand side by side in memory with those of its
neighbours: eight arcs go in one instruction. `arc_by_arc` is for everybody who is in no crowd.

Why heads go together that stand far apart, one from each half or quarter of the crowd, and not neighbours:
before the processor takes eight arcs at once, the program has to know that what it writes for one head is
nothing that it reads for another. Halves do not touch, and that is seen once for all; neighbours would have to
be asked again in every row.
"""

from typing import NamedTuple

import numpy as np

from hlp_edu.compiled import compiled, in_place, inside
from hlp_edu.laws import ONE, arc_rates

TWO, THREE, FOUR = np.uint64(2), np.uint64(3), np.uint64(4)  # unsigned, as the stretches are
LOOKS = 4  # of Runge-Kutta; the other methods look once
END = 4  # where a step of Runge-Kutta ends, counted behind its looks 0 to 3
END_OF_ONE = 5  # where a step of the other methods ends
CROWD = 8  # from so many neurons on a crowd pays


@inside
def arc_at(law, stop, h, lag, w, p, s, pull_1, pull_2, pull_3, pull_4):
    """One arc through one step, up to a stop: (6), (8), (10). The reference for all shortcuts below.

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


@in_place
def fill(table, law, h, lag, s):
    """`arc_at` as numbers: what each stop makes of w, p and the four pulls.

    Parameters
    ----------
    table : numpy.ndarray, shape (6, 3, 6)
        Filled, for every stop, with the six factors of w, of p and of p_now.
    law, h, lag, s
        As in `arc_at`.
    """
    for stop in range(6):
        for unit in range(6):
            w, p = 1.0 if unit == 0 else 0.0, 1.0 if unit == 1 else 0.0
            pull_1, pull_2 = 1.0 if unit == 2 else 0.0, 1.0 if unit == 3 else 0.0
            pull_3, pull_4 = 1.0 if unit == 4 else 0.0, 1.0 if unit == 5 else 0.0
            w, p, p_now = arc_at(law, stop, h, lag, w, p, s, pull_1, pull_2, pull_3, pull_4)
            table[stop, 0, unit], table[stop, 1, unit], table[stop, 2, unit] = w, p, p_now


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
def groups(wiring, at_a_time):
    """Who goes together: crowds, and between them those that go arc by arc.

    Parameters
    ----------
    wiring : Wiring
        The arcs.
    at_a_time : int
        How many heads of a crowd go at a time, so that their number must be a multiple of it; 0: no crowds.

    Returns
    -------
    numpy.ndarray of int, shape (groups, 3)
        First neuron, the one behind the last, and whether it is a crowd: neighbours with the same parents.
    """
    n = wiring.speed.size
    found, count, first = np.zeros((n, 3), np.uint64), 0, 0
    for i in range(1, n + 1):
        alike = i < n
        if alike:
            runs = wiring.first_run[i + 1] - wiring.first_run[i]
            alike = runs == wiring.first_run[i] - wiring.first_run[i - 1]
            for b in range(wiring.first_run[i], wiring.first_run[i + 1]):
                if alike:  # stretch b against that of the neuron before
                    a = b - runs
                    length = wiring.first_arc[b + ONE] - wiring.first_arc[b]
                    alike = length == wiring.first_arc[a + ONE] - wiring.first_arc[a]
                    alike = alike and wiring.first_parent[b] == wiring.first_parent[a]
        if alike:
            continue
        size = i - first
        if at_a_time > 0 and size >= CROWD:
            size -= size % at_a_time
            found[count, 0], found[count, 1], found[count, 2] = first, first + size, 1
            first, count = first + size, count + 1
        if first < i:
            if count == 0 or found[count - 1, 2] == 1:
                found[count, 0], found[count, 2] = first, 0
                count += 1
            found[count - 1, 1] = i
        first = i
    return found[:count]


@inside
def factors(table, stop, of):
    """What becomes of an arc by a stop, as numbers to multiply with.

    Parameters
    ----------
    table : numpy.ndarray, shape (6, 3, 6)
        As `fill` leaves it.
    stop : int
        As in `arc_at`.
    of : int
        0 for the weight, 1 for the costate, 2 for the costate that moves the weight.

    Returns
    -------
    tuple of float
        The factors of w, p and the four pulls.
    """
    return (
        table[stop, of, 0], table[stop, of, 1], table[stop, of, 2],
        table[stop, of, 3], table[stop, of, 4], table[stop, of, 5],
    )  # fmt: skip


@inside
def sum_of(factor, stop, w, p, pull_1, pull_2, pull_3, pull_4):
    """What becomes of one arc: the sum that `factors` are for. Pulls that are still to come are left out.

    Parameters
    ----------
    factor : tuple of float
        As `factors` gives it.
    stop : int
        Up to which look pulls count.
    w, p, pull_1, pull_2, pull_3, pull_4 : float
        As in `arc_at`.

    Returns
    -------
    float
    """
    total = factor[0] * w + factor[1] * p
    if stop >= 1:
        total += factor[2] * pull_1
    if stop == 2 or stop == 3 or stop == END:
        total += factor[3] * pull_2
    if stop == 3 or stop == END:
        total += factor[4] * pull_3
    if stop == END:
        total += factor[5] * pull_4
    return total


@inside
def arc_by_arc(wiring, head, tail, law, table, look, stop, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard):
    """One look of the arcs that lead to some neurons, each arc by itself.

    Parameters
    ----------
    wiring : Wiring
        The arcs.
    head, tail : int
        The first of the neurons, and the one behind the last.
    law, h, lag
        As in `arc_at`.
    table : numpy.ndarray, shape (6, 3, 6)
        As `fill` leaves it for the sign of all arcs.
    look, stop : int
        Where the arcs stand, and what their heads are to hear: where they stand next, or END, END_OF_ONE:
        then they move.
    mixed : bool
        Whether signs differ: then the table is no help, and every arc asks the law.
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
    ahead = LOOKS if stop >= END else look + 1
    size, speed, growth = 0.0, 0.0, 0.0
    here, then = np.int64(look), np.int64(stop)  # variables, so that `factors` is compiled only once for each
    of_w, of_p_now = factors(table, here, 0), factors(table, here, 2)
    of_w_next, of_p_next = factors(table, then, 0), factors(table, then, 1)
    for i in range(head, tail):
        g_1, g_2, g_3, g_4, credit, a = g[0, i], g[1, i], g[2, i], g[3, i], g[look, i], 0.0
        for b in range(wiring.first_run[i], wiring.first_run[i + 1]):
            first, parent = wiring.first_arc[b], wiring.first_parent[b]
            for k in range(first, wiring.first_arc[b + ONE]):
                j = parent + (k - first)
                w_k, p_k = w[k], p_w[k]
                pull_1, pull_2, pull_3, pull_4 = g_1 * y[0, j], g_2 * y[1, j], g_3 * y[2, j], g_4 * y[3, j]
                if mixed:
                    w_here, _, p_here = arc_at(law, look, h, lag, w_k, p_k, s_w[k], pull_1, pull_2, pull_3, pull_4)
                    w_next, p_next, _ = arc_at(law, stop, h, lag, w_k, p_k, s_w[k], pull_1, pull_2, pull_3, pull_4)
                else:
                    w_here = sum_of(of_w, look, w_k, p_k, pull_1, pull_2, pull_3, pull_4)
                    # What moves the weight may know this look's own pull: where p is slaved.
                    p_here = sum_of(of_p_now, look + 1, w_k, p_k, pull_1, pull_2, pull_3, pull_4)
                    w_next = sum_of(of_w_next, stop, w_k, p_k, pull_1, pull_2, pull_3, pull_4)
                    p_next = sum_of(of_p_next, stop, w_k, p_k, pull_1, pull_2, pull_3, pull_4)
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
    """A patch of arcs reports and its heads hear; nothing moves. Two heads at a time, one from each half.

    Parameters
    ----------
    first_look : bool
        Whether this is the first look of a step, which keeps the books.
    patch : Patch
        Which arcs; an even number of heads.
    table : numpy.ndarray, shape (6, 3, 6)
        As `fill` leaves it.
    look, g, y, w, p_w, H_y
        As in `arc_by_arc`.
    W_y, P_y : numpy.ndarray, shape (4, neurons)
        What the weights and the costates of the step's start make of the next look's activities is
        added; at the first look, also what the costates make of the present ones.
    books : numpy.ndarray, shape (6, 6)
        |w|^2, w.p, |p|^2 are added.
    """
    half = patch.rows // TWO
    for row in range(half):
        i_1, k_1 = patch.head + row, patch.arc + row * patch.apart
        i_2, k_2 = i_1 + half, k_1 + half * patch.apart
        w_report_1, p_report_1 = table[look, 0, 0] * g[look, i_1], table[look, 0, 1] * g[look, i_1]
        w_report_2, p_report_2 = table[look, 0, 0] * g[look, i_2], table[look, 0, 1] * g[look, i_2]
        w_sum_1, w_sum_2, p_sum_1, p_sum_2, p_start_1, p_start_2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        ww, wp, pp = 0.0, 0.0, 0.0
        for a in range(patch.parents):
            j = patch.parent + a
            w_1, w_2, p_1, p_2, ahead = w[k_1 + a], w[k_2 + a], p_w[k_1 + a], p_w[k_2 + a], y[look + 1, j]
            w_sum_1 += w_1 * ahead
            w_sum_2 += w_2 * ahead
            p_sum_1 += p_1 * ahead
            p_sum_2 += p_2 * ahead
            if first_look:  # here the arcs stand where they stood
                H_y[j] += w_report_1 * w_1 + w_report_2 * w_2
                p_start_1 += p_1 * y[look, j]
                p_start_2 += p_2 * y[look, j]
                ww += w_1 * w_1 + w_2 * w_2
                wp += w_1 * p_1 + w_2 * p_2
                pp += p_1 * p_1 + p_2 * p_2
            else:
                H_y[j] += w_report_1 * w_1 + w_report_2 * w_2 + p_report_1 * p_1 + p_report_2 * p_2
        W_y[look + 1, i_1] += w_sum_1
        W_y[look + 1, i_2] += w_sum_2
        P_y[look + 1, i_1] += p_sum_1
        P_y[look + 1, i_2] += p_sum_2
        if first_look:
            P_y[0, i_1] += p_start_1
            P_y[0, i_2] += p_start_2
            books[0, 0] += ww
            books[0, 1] += wp
            books[1, 1] += pp


@inside
def pull_of(table, g, i):
    """What a head's four credits do to an arc in a step of Runge-Kutta, for each unit of its parent's activity.

    Parameters
    ----------
    table, g
        As in `listen`.
    i : int
        The head.

    Returns
    -------
    tuple of float
        Three numbers for w (the last look does not reach it), four for p.
    """
    return (
        (table[END, 0, 2] * g[0, i], table[END, 0, 3] * g[1, i], table[END, 0, 4] * g[2, i]),
        (
            table[END, 1, 2] * g[0, i],
            table[END, 1, 3] * g[1, i],
            table[END, 1, 4] * g[2, i],
            table[END, 1, 5] * g[3, i],
        ),
    )


@inside
def moved(own, pull, w, p, y_1, y_2, y_3, y_4):
    """Where an arc stands after a step of Runge-Kutta.

    Parameters
    ----------
    own : tuple of float
        What of w and p goes to w, what of them goes to p.
    pull : tuple
        As `pull_of` gives it.
    w, p : float
        Weight and costate before.
    y_1, y_2, y_3, y_4 : float
        Its parent's activities at the four looks.

    Returns
    -------
    w, p : float
        Weight and costate after.
    """
    (w_w, w_p, p_w, p_p), ((w_1, w_2, w_3), (p_1, p_2, p_3, p_4)) = own, pull
    w_next = w_w * w + w_p * p + w_1 * y_1 + w_2 * y_2 + w_3 * y_3
    p_next = p_w * w + p_p * p + p_1 * y_1 + p_2 * y_2 + p_3 * y_3 + p_4 * y_4
    return w_next, p_next


@inside
def move(patch, table, g, y, w, p_w, H_y, heard):
    """A patch of arcs reports for the last time and moves, and its heads hear what comes next. Two at a time.

    Parameters
    ----------
    patch, table, g, y, w, p_w, H_y
        As in `listen`.
    heard : numpy.ndarray, shape (neurons,)
        Activations at the next step's first look are added.
    """
    half, own = patch.rows // TWO, (table[END, 0, 0], table[END, 0, 1], table[END, 1, 0], table[END, 1, 1])
    for row in range(half):
        i_1, k_1 = patch.head + row, patch.arc + row * patch.apart
        i_2, k_2 = i_1 + half, k_1 + half * patch.apart
        w_report_1, p_report_1 = table[3, 0, 0] * g[3, i_1], table[3, 0, 1] * g[3, i_1]
        w_report_2, p_report_2 = table[3, 0, 0] * g[3, i_2], table[3, 0, 1] * g[3, i_2]
        pull_1, pull_2, sum_1, sum_2 = pull_of(table, g, i_1), pull_of(table, g, i_2), 0.0, 0.0
        for a in range(patch.parents):
            j = patch.parent + a
            y_1, y_2, y_3, y_4, ahead = y[0, j], y[1, j], y[2, j], y[3, j], y[LOOKS, j]
            w_1, w_2, p_1, p_2 = w[k_1 + a], w[k_2 + a], p_w[k_1 + a], p_w[k_2 + a]
            H_y[j] += w_report_1 * w_1 + p_report_1 * p_1 + w_report_2 * w_2 + p_report_2 * p_2
            w_1, p_1 = moved(own, pull_1, w_1, p_1, y_1, y_2, y_3, y_4)
            w_2, p_2 = moved(own, pull_2, w_2, p_2, y_1, y_2, y_3, y_4)
            w[k_1 + a], w[k_2 + a], p_w[k_1 + a], p_w[k_2 + a] = w_1, w_2, p_1, p_2
            sum_1 += w_1 * ahead
            sum_2 += w_2 * ahead
        heard[i_1] += sum_1
        heard[i_2] += sum_2


@inside
def moved_once(symplectic, push, p_next, w, p):
    """Where an arc stands after a step of one look, its new costate given.

    Parameters
    ----------
    symplectic, push
        As in `move_once`.
    p_next, w, p : float
        The new costate, and weight and costate before.

    Returns
    -------
    w, p : float
        Weight and costate after.
    """
    return w + push * (p_next if symplectic else p), p_next


@inside
def move_once(symplectic, patch, table, push, g, y, w, p_w, H_y, heard, books):
    """The same in a step of one look. Four heads at a time, one from each quarter.

    Parameters
    ----------
    symplectic : bool
        Whether the weights use the new costates.
    patch : Patch
        Which arcs; the number of heads is a multiple of four.
    table, g, y, w, p_w, H_y, heard, books
        As in `listen` and `move`; the books get |w|^2 and |p|^2 after the step.
    push : float
        What a weight gains for each unit of costate, (6).
    """
    p_w_, p_p, p_pull = table[END_OF_ONE, 1, 0], table[END_OF_ONE, 1, 1], table[END_OF_ONE, 1, 2]
    quarter = patch.rows // FOUR
    far = quarter * patch.apart
    for row in range(quarter):
        i_1, k_1 = patch.head + row, patch.arc + row * patch.apart
        i_2, i_3, i_4 = i_1 + quarter, i_1 + TWO * quarter, i_1 + THREE * quarter
        k_2, k_3, k_4 = k_1 + far, k_1 + TWO * far, k_1 + THREE * far
        g_1, g_2, g_3, g_4 = g[0, i_1], g[0, i_2], g[0, i_3], g[0, i_4]
        pull_1, pull_2, pull_3, pull_4 = p_pull * g_1, p_pull * g_2, p_pull * g_3, p_pull * g_4
        sum_1, sum_2, sum_3, sum_4, ww, pp = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for a in range(patch.parents):
            j = patch.parent + a
            now, ahead = y[0, j], y[LOOKS, j]
            w_1, w_2, w_3, w_4 = w[k_1 + a], w[k_2 + a], w[k_3 + a], w[k_4 + a]
            p_1, p_2, p_3, p_4 = p_w[k_1 + a], p_w[k_2 + a], p_w[k_3 + a], p_w[k_4 + a]
            H_y[j] += g_1 * w_1 + g_2 * w_2 + g_3 * w_3 + g_4 * w_4
            w_1, p_1 = moved_once(symplectic, push, p_w_ * w_1 + p_p * p_1 + pull_1 * now, w_1, p_1)
            w_2, p_2 = moved_once(symplectic, push, p_w_ * w_2 + p_p * p_2 + pull_2 * now, w_2, p_2)
            w_3, p_3 = moved_once(symplectic, push, p_w_ * w_3 + p_p * p_3 + pull_3 * now, w_3, p_3)
            w_4, p_4 = moved_once(symplectic, push, p_w_ * w_4 + p_p * p_4 + pull_4 * now, w_4, p_4)
            w[k_1 + a], w[k_2 + a], w[k_3 + a], w[k_4 + a] = w_1, w_2, w_3, w_4
            p_w[k_1 + a], p_w[k_2 + a], p_w[k_3 + a], p_w[k_4 + a] = p_1, p_2, p_3, p_4
            sum_1 += w_1 * ahead
            sum_2 += w_2 * ahead
            sum_3 += w_3 * ahead
            sum_4 += w_4 * ahead
            ww += w_1 * w_1 + w_2 * w_2 + w_3 * w_3 + w_4 * w_4
            pp += p_1 * p_1 + p_2 * p_2 + p_3 * p_3 + p_4 * p_4
        heard[i_1] += sum_1
        heard[i_2] += sum_2
        heard[i_3] += sum_3
        heard[i_4] += sum_4
        books[0, 0] += ww
        books[1, 1] += pp


@inside
def up_to(look, first, second, third, fourth):
    """The sum of what there is up to a look.

    Parameters
    ----------
    look : int
        0 to 3.
    first, second, third, fourth : float
        One number for each look; what is still to come does not count.

    Returns
    -------
    float
    """
    if look == 0:
        return first
    if look == 1:
        return first + second
    if look == 2:
        return first + second + third
    return first + second + third + fourth


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
    credit_1, credit_2, credit_3, credit_4 = 0.0, 0.0, 0.0, 0.0
    for row in range(patch.rows):
        i = patch.head + row
        credit_1 += g[0, i] * g[look, i]
        credit_2 += g[1, i] * g[look, i]
        credit_3 += g[2, i] * g[look, i]
        credit_4 += g[3, i] * g[look, i]
    w_1, w_2, w_3, w_4 = table[look, 0, 2], table[look, 0, 3], table[look, 0, 4], table[look, 0, 5]
    report_1, report_2, report_3, report_4 = w_1 * credit_1, w_2 * credit_2, w_3 * credit_3, w_4 * credit_4
    y_1, y_2, y_3, y_4, next_1, next_2, next_3 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for a in range(patch.parents):
        j = patch.parent + a
        now, ahead = y[look, j], y[look + 1, j]
        H_y[j] += up_to(look, report_1 * y[0, j], report_2 * y[1, j], report_3 * y[2, j], report_4 * y[3, j])
        y_1 += y[0, j] * now
        y_2 += y[1, j] * now
        y_3 += y[2, j] * now
        y_4 += y[3, j] * now
        next_1 += y[0, j] * ahead
        next_2 += y[1, j] * ahead
        next_3 += y[2, j] * ahead
    books[2, 2 + look] += credit_1 * y_1
    if look >= 1:
        books[3, 2 + look] += credit_2 * y_2
    if look >= 2:
        books[4, 2 + look] += credit_3 * y_3
    if look == 3:  # the last pulls are in the weights
        books[5, 2 + look] += credit_4 * y_4
        return
    next_1, next_2, next_3 = (
        table[look + 1, 0, 2] * next_1, table[look + 1, 0, 3] * next_2, table[look + 1, 0, 4] * next_3,
    )  # fmt: skip
    for row in range(patch.rows):
        i = patch.head + row
        heard[i] += up_to(look, next_1 * g[0, i], next_2 * g[1, i], next_3 * g[2, i], 0.0)


@in_place
def crowd(wiring, head, tail, table, look, looks, push, lag, g, y, w, p_w, H_y, heard, W_y, P_y, books):
    """One look of the arcs that lead to a crowd: neurons with the same parents, arcs with one sign.

    Parameters
    ----------
    wiring : Wiring
        The arcs.
    head, tail : int
        The crowd's first neuron, and the one behind its last.
    table : numpy.ndarray, shape (6, 3, 6)
        As `fill` leaves it.
    look, lag, g, y, w, p_w, H_y
        As in `arc_by_arc`.
    looks : int
        How often a step looks: LOOKS, or once.
    push : float
        As in `move_once`.
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
        if looks == LOOKS and look < 3:
            W_y[look + 1, i] = P_y[look + 1, i] = 0.0
        if looks == LOOKS and look == 0:
            P_y[0, i] = 0.0
    for b in range(runs, behind):
        arc, parents = wiring.first_arc[b], wiring.first_arc[b + ONE] - wiring.first_arc[b]
        patch = Patch(head, tail - head, wiring.first_parent[b], parents, arc, apart)
        if looks == 1 and lag == 0.0:
            move_once(False, patch, table, push, g, y, w, p_w, H_y, heard, books)
        elif looks == 1:
            move_once(True, patch, table, push, g, y, w, p_w, H_y, heard, books)
        elif look == 0:
            listen(True, patch, table, 0, g, y, w, p_w, H_y, W_y, P_y, books)
            pulled(patch, table, 0, g, y, H_y, heard, books)
        elif look < 3:
            listen(False, patch, table, look, g, y, w, p_w, H_y, W_y, P_y, books)
            if look == 1:
                pulled(patch, table, 1, g, y, H_y, heard, books)
            else:
                pulled(patch, table, 2, g, y, H_y, heard, books)
        else:
            move(patch, table, g, y, w, p_w, H_y, heard)
            pulled(patch, table, 3, g, y, H_y, heard, books)
    if looks == 1:
        return
    w_pull, p_pull = 0.0, 0.0
    for i in range(head, tail):
        w_pull += g[look, i] * W_y[look, i]
        p_pull += g[look, i] * P_y[look, i]
        if look < 3:
            heard[i] += table[look + 1, 0, 0] * W_y[look + 1, i] + table[look + 1, 0, 1] * P_y[look + 1, i]
        else:
            W_y[0, i] = heard[i]
    books[0, 2 + look] += w_pull
    books[1, 2 + look] += p_pull


@inside
def walk(
    wiring, who, law, table, look, looks, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard, W_y, P_y, books
):  # fmt: skip
    """One look of all arcs; behind the last look of a step they have moved.

    Parameters
    ----------
    wiring, law, table, look, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard, W_y, P_y, books
        As in `arc_by_arc` and `crowd`.
    who : numpy.ndarray of int, shape (groups, 3)
        As `groups` gives it.
    looks : int
        How often a step looks: LOOKS, or once.

    Returns
    -------
    size, speed : float
        |w|^2 and |p_w|^2 at this look.
    growth : float
        |w|^2 + |p_w|^2 when they have moved (what a crowd does not know then, it finds at the first look).
    """
    size, speed, growth, in_crowds = 0.0, 0.0, 0.0, False
    before = books[0, 0], books[1, 1]  # when they had moved the last time
    if look == 0:
        for a in range(6):
            for b in range(6):
                books[a, b] = 0.0
    for group in range(who.shape[0]):
        head, tail = who[group, 0], who[group, 1]
        if who[group, 2] == 1:
            crowd(
                wiring, head, tail, table, look, looks, -h * law.mobility, lag, g, y, w, p_w, H_y, heard,
                W_y, P_y, books,
            )  # fmt: skip
            in_crowds = True
            continue
        # The numbers are written out: for each of these five the loop is compiled anew, with nothing left to decide.
        if looks == 1:
            sums = arc_by_arc(
                wiring, head, tail, law, table, 0, END_OF_ONE, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard
            )
        elif look == 0:
            sums = arc_by_arc(wiring, head, tail, law, table, 0, 1, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        elif look == 1:
            sums = arc_by_arc(wiring, head, tail, law, table, 1, 2, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        elif look == 2:
            sums = arc_by_arc(wiring, head, tail, law, table, 2, 3, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        else:
            sums = arc_by_arc(wiring, head, tail, law, table, 3, END, h, lag, mixed, g, y, w, p_w, s_w, H_y, heard)
        size, speed, growth = size + sums[0], speed + sums[1], growth + sums[2]
    if in_crowds and looks == 1:
        return size + before[0], speed + before[1], growth + books[0, 0] + books[1, 1]
    if in_crowds:  # |.|^2 of a sum is the sum of all products
        for a in range(3 + look):
            for b in range(a, 3 + look):
                twice = 1.0 if a == b else 2.0
                size += twice * table[look, 0, a] * table[look, 0, b] * books[a, b]
                speed += twice * table[look, 2, a] * table[look, 2, b] * books[a, b]
    return size, speed, growth
