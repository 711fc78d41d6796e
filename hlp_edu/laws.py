"""The laws of learning: what every neuron and every arc does, from what it can see.

This is the only place in the package where a gradient is written. The equations' numbers are
those of lesson 00. Arcs are visited in stretches b whose parents stand side by side in memory
(`Network.runs`): weights, costates and parents are then walked in step, and the processor does
several arcs in one instruction. Read "for b ..., for k ..." as "for every arc j -> i".
"""

import decimal
import math
from typing import NamedTuple

import numpy as np

from hlp_edu.compiled import in_place, inside

ONE = np.uint64(1)  # unsigned, as the stretches are


class Wiring(NamedTuple):
    """Who is connected to whom, and how fast each neuron is.

    Parameters
    ----------
    first_run, first_arc, first_parent : numpy.ndarray of int
        The arcs in stretches: see `Network.runs`.
    outputs : numpy.ndarray of int, shape (outputs,)
        Which neurons have a target.
    speed : numpy.ndarray, shape (neurons,)
        The speeds c of (2).
    """

    first_run: np.ndarray
    first_arc: np.ndarray
    first_parent: np.ndarray
    outputs: np.ndarray
    speed: np.ndarray


class Cost(NamedTuple):
    """The prices in the Lagrangian (4).

    Parameters
    ----------
    q, r_w, r : float
        Of the error, of the size of the weights, of their speed.
    """

    q: float
    r_w: float
    r: float


class ArcLaw(NamedTuple):
    """How the arcs move: with inertia (p_w is a state), or slaved to the gradient (p_w = slaved H_w).

    Parameters
    ----------
    r_w : float
        Price of the size of the weights.
    mobility : float
        1 / r: how fast a weight moves for a given costate, (6).
    dissipation : float
        Total dissipation of p_w.
    inertia : float
        1 if p_w is a state of its own, 0 if it is slaved.
    slaved : float
        The factor if it is slaved, else 0.
    """

    r_w: float
    mobility: float
    dissipation: float
    inertia: float
    slaved: float


def _exact_tanh(a):
    with decimal.localcontext(prec=25):
        e = (-2 * decimal.Decimal(a)).exp()
        return float((1 - e) / (1 + e))


FAR = 20.0  # from here on tanh is 1, to the last digit
_TANH = np.array([_exact_tanh(k / 16) for k in range(int(16 * FAR) + 1)])


@inside
def tanh(a):
    """The hyperbolic tangent, to 1.5 units in the last place; math.tanh would cost more than all arcs of a neuron.

    The addition theorem, tanh(k/16 + d) = (T + t) / (1 + T t), takes T = tanh(k/16) from a table and leaves
    a t = tanh(d) so small that four terms are exact. There is no branch in it: eight neurons go at once.

    Parameters
    ----------
    a : float

    Returns
    -------
    float
    """
    size = abs(a)
    size = FAR if size > FAR else size  # nan stays nan
    k = int(16.0 * size + 0.5) if size <= FAR else 0
    d = size - k / 16.0
    e = d * d
    t = d - d * e * (1.0 / 3.0 - e * (2.0 / 15.0 - e * (17.0 / 315.0 - e * (62.0 / 2835.0))))
    T = _TANH[k]
    return math.copysign(T + (1.0 - T * T) * t / (1.0 + T * t), a)


@in_place
def hear(wiring, w, y, heard):
    """Every neuron listens to its parents: (1).

    Parameters
    ----------
    wiring : Wiring
        The arcs.
    w : numpy.ndarray, shape (arcs,)
        Weights.
    y : numpy.ndarray, shape (neurons + inputs,)
        What the arcs read: the states x, then the input signals u.
    heard : numpy.ndarray, shape (neurons,)
        Filled with the activations a.
    """
    for i in range(heard.size):
        a = 0.0
        for b in range(wiring.first_run[i], wiring.first_run[i + 1]):
            first, parent = wiring.first_arc[b], wiring.first_parent[b]
            for k in range(first, wiring.first_arc[b + ONE]):
                a += w[k] * y[parent + (k - first)]
        heard[i] = a


@in_place
def neurons(wiring, cost, look, heard, p_x, y, z, f, g, H_y):
    """What every neuron does with what it has heard: (2), and its own part of (7).

    Parameters
    ----------
    wiring : Wiring
        The outputs and the speeds.
    cost : Cost
        Weights q, r_w, r.
    look : int
        Which row of y and g is meant.
    heard, p_x : numpy.ndarray, shape (neurons,)
        Activations and costates.
    y : numpy.ndarray, shape (looks, neurons + inputs)
        The states, then the inputs.
    z : numpy.ndarray, shape (outputs,)
        Targets; nan where there is none, which counts as no error.
    f : numpy.ndarray, shape (neurons,)
        Filled with x' of (2).
    g : numpy.ndarray, shape (looks, neurons)
        Filled with the credit g of (7).
    H_y : numpy.ndarray, shape (neurons + inputs,)
        Filled with what H_x of (7) has before the children report; zero for the inputs.

    Returns
    -------
    error, flow : float
        The squared error, and p_x . f.
    """
    n = f.size
    error, flow = 0.0, 0.0
    for i in range(n):
        sigma, c = tanh(heard[i]), wiring.speed[i]
        f[i] = c * (sigma - y[look, i])  # (2)
        g[look, i] = c * (1.0 - sigma * sigma) * p_x[i]  # the credit that i passes to its parents
        H_y[i] = -c * p_x[i]
        flow += p_x[i] * f[i]
    for j in range(n, H_y.size):
        H_y[j] = 0.0
    for o in range(wiring.outputs.size):
        i = wiring.outputs[o]
        e = y[look, i] - z[o] if z[o] == z[o] else 0.0  # nan: nobody says, for now, what is right
        H_y[i] += cost.q * e
        error += e * e
    return error, flow


@inside
def arc_gradient(credit, y, w, r_w):
    """H_w of one arc, from the credit at its head and the activity at its tail: (8).

    Parameters
    ----------
    credit, y : float
        Of the neuron at the head, of the node at the tail.
    w, r_w : float
        The weight, and the price of its size.

    Returns
    -------
    float
    """
    return credit * y + r_w * w


@inside
def arc_motion(law, gradient, p, s):
    """Velocities of one arc's weight and costate, from its gradient: (6), (10).

    Parameters
    ----------
    law : ArcLaw
        Prices, dissipation, and whether p_w is a state of its own.
    gradient, p, s : float
        The arc's H_w, its costate and its sign.

    Returns
    -------
    w_rate, p_rate, p : float
        The velocities, and the costate that moves the weight.
    """
    p_now = law.inertia * p + law.slaved * gradient
    return -law.mobility * p_now, law.inertia * (-s * gradient - law.dissipation * p), p_now


@inside
def arc_rates(law, credit, y, w, p, s):
    """The same from what the arc's two ends know: (8), then (6), (10).

    Parameters
    ----------
    law : ArcLaw
        As in `arc_motion`.
    credit, y, w : float
        As in `arc_gradient`.
    p, s : float
        The arc's costate and its sign.

    Returns
    -------
    w_rate, p_rate, p : float
        As `arc_motion`.
    """
    return arc_motion(law, arc_gradient(credit, y, w, law.r_w), p, s)


@in_place
def laws(wiring, cost, slaved, w, p_x, p_w, y, z, f, g, H_y, H_w):
    """Velocities and gradients of the Hamiltonian at one instant: (1), (2), (5), (7), (8).

    Parameters
    ----------
    wiring : Wiring
        The arcs, the outputs and the speeds.
    cost : Cost
        Weights q, r_w, r.
    slaved : float
        If at least 0, p_w is no state of its own but set to ``slaved * H_w`` (gradient flow).
    w, p_w : numpy.ndarray, shape (arcs,)
        Weights and their costates.
    p_x : numpy.ndarray, shape (neurons,)
        Costates of the neurons.
    y : numpy.ndarray, shape (neurons + inputs,)
        What the arcs read: the states x, then the input signals u.
    z : numpy.ndarray, shape (outputs,)
        Targets.
    f, g : numpy.ndarray, shape (neurons,)
        Filled with x' of (2) and with the credit g of (7).
    H_y : numpy.ndarray, shape (neurons + inputs,)
        Filled with H_x of (7), then the derivatives by the inputs.
    H_w : numpy.ndarray, shape (arcs,)
        Filled with H_w of (8).

    Returns
    -------
    L, H : float
        Lagrangian of (4), without phi, at the velocity -p_w / r, and Hamiltonian (5).
    """
    n = f.size
    hear(wiring, w, y, g)
    one_look = y.reshape(1, y.size), g.reshape(1, n)
    # The credit takes the place of what was heard.
    error, flow = neurons(wiring, cost, 0, g, p_x, one_look[0], z, f, one_look[1], H_y)
    size, speed = 0.0, 0.0  # |w|^2, |p_w|^2
    for i in range(n):  # every arc j -> i sees its two ends
        credit = g[i]
        for b in range(wiring.first_run[i], wiring.first_run[i + 1]):
            first, parent = wiring.first_arc[b], wiring.first_parent[b]
            for k in range(first, wiring.first_arc[b + ONE]):
                j = parent + (k - first)
                H_y[j] += w[k] * credit  # (7)
                H_w[k] = arc_gradient(credit, y[j], w[k], cost.r_w)  # (8)
                if slaved >= 0.0:
                    p_w[k] = slaved * H_w[k]
                size += w[k] * w[k]
                speed += p_w[k] * p_w[k]
    accuracy = 0.5 * (cost.q * error + cost.r_w * size)
    L = accuracy + 0.5 * speed / cost.r  # (4)
    H = accuracy - 0.5 * speed / cost.r + flow  # (5)
    return L, H
