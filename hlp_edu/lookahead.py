"""Rules that look ahead: credit that is not late, and a target that is met where it will be.

A neuron knows where it is heading, x_i + x_i' / c_i = tanh(a_i), and how its credit is changing. Two rules use that:

    (16)  w_ij' = -(mu / r) (tanh'(a_i) D_i x_j + r_w w_ij)                  prospective gradient flow
          D_i = c_i p_i + p_i' = sum over children k of  w_ki g_k  + q e_i   (the credit, looking ahead by 1 / c_i)
          e_i = x_i + kappa (tanh(a_i) - x_i) - z - lead z'                  (on outputs, in (10) too)

    (17)  w_ij' = delta_i x_j - sqrt(r_w / r) w_ij                           prospective steering, one output
          K_i = tanh'(a_i)^2 (sum over parents j of  x_j^2 + w_ij^2 K_j)     (leverage of the weights on a_i)
          h_i = tanh'(a_i) (a_i + sum over parents j of  w_ij h_j)           (what the decay of all weights takes)
          omega = sqrt((q K + r_w) / r),  kappa = 2 / (1 + sqrt(1 + 2 omega / c))               (at the output)
          z_ = z + (1 / omega + kappa / c) z' + z'' / (omega c) - r_w h / (q K) - lean (z - level)
          eps = (-omega ((1 - kappa) x + kappa tanh(a) - z_) + sqrt(r_w / r) h) / K
          delta = tanh'(a) eps at the output, delta_i = tanh'(a_i) sum over children k of  w_ki delta_k  elsewhere

The messages K, h and delta of (17) travel along the arcs that lead towards the output (`towards`).

These rules do not run in blocks: an arc learns from what its head's children have reported, so a stage goes over the
arcs twice, and a block is fast because it goes over them once.
"""

import math
from typing import NamedTuple

import numpy as np

from hlp_edu.compiled import compiled
from hlp_edu.tanh import tanh


class Ahead(NamedTuple):
    """The numbers of a rule, and room for its messages."""

    steers: bool  # (17), else (16)
    gain: float  # mu / r
    kappa: float  # in (17) negative: as its equation gives it
    lead: float  # of (17): 1 or 0
    decay: float  # of a weight
    lean: float
    level: float
    floor: float  # of K
    order: np.ndarray  # neurons from which the output can be reached, the farthest first
    messages: np.ndarray  # whether the messages of (17) travel along an arc
    learning: np.ndarray  # of each neuron: an arc moves by this times its parent's state
    leverage: np.ndarray  # K
    tangent: np.ndarray  # h
    credit: float = 1.0  # of (16): how far the credit looks ahead, in units of 1 / c


@compiled
def arc_ahead(ahead, w, x_tail, learning):
    """Velocity of a weight, (16) and (17)."""
    return learning * x_tail - ahead.decay * w


@compiled
def look_ahead(model, work, ahead, signals, at, k, point):
    """Fill ``ahead.learning`` at a stage, from activations, states, weights and costates; complete H_x for (16)."""
    target, slope = signals.z[at], signals.slope[at]
    if ahead.steers:
        steer(model, work, ahead, target, slope, work.y[k], point.w)
    else:
        flow_ahead(model, work, ahead, target, slope, k, point)


@compiled
def flow_ahead(model, work, ahead, target, slope, k, point):
    """(16): all arcs report first; then each neuron's credit, and how it changes, are known."""
    y, credit, w, p_x = work.y[k], work.credit[k], point.w, point.p_x
    for o in range(model.outputs.size):
        i = model.outputs[o]
        if target[o] == target[o]:
            work.H_x[i] += model.law.q * (ahead.kappa * (tanh(work.a[i]) - y[i]) - ahead.lead * slope[o, 0])
    for i in model.single:
        for b in range(model.segment[i], model.segment[i + np.uint64(1)]):
            start, tail = model.first[b], model.tail[b]
            for m in range(start, model.first[b + np.uint64(1)]):
                work.H_x[tail + (m - start)] += w[m] * credit[i]  # (7)
    for i in range(ahead.learning.size):
        sigma = tanh(work.a[i])
        D = model.speed[i] * p_x[i] + ahead.credit * work.H_x[i]
        ahead.learning[i] = -ahead.gain * (1.0 - sigma * sigma) * D


@compiled
def steer(model, work, ahead, target, slope, y, w):
    """(17): leverage and tangent travel towards the output, the correction travels back. Costates are not used."""
    K, h, delta, law, out = ahead.leverage, ahead.tangent, ahead.learning, model.law, model.outputs[0]
    for j in range(delta.size):
        delta[j] = work.H_x[j] = 0.0
    for i in ahead.order:
        sigma = tanh(work.a[i])
        K[i], h[i] = 0.0, work.a[i]
        for b in range(model.segment[i], model.segment[i + np.uint64(1)]):
            start, tail = model.first[b], model.tail[b]
            for m in range(start, model.first[b + np.uint64(1)]):
                j = tail + (m - start)
                K[i] += y[j] * y[j]
                if ahead.messages[m]:
                    K[i] += w[m] * w[m] * K[j]
                    h[i] += w[m] * h[j]
        K[i] *= (1.0 - sigma * sigma) ** 2
        h[i] *= 1.0 - sigma * sigma
    if target[0] == target[0]:
        delta[out] = correction(law, ahead, max(K[out], ahead.floor), h[out], model.speed[out], y[out],
                                tanh(work.a[out]), target[0], slope[0])  # fmt: skip
    for back in range(ahead.order.size - 1, -1, -1):
        i = ahead.order[back]
        sigma = tanh(work.a[i])
        delta[i] *= 1.0 - sigma * sigma
        for b in range(model.segment[i], model.segment[i + np.uint64(1)]):
            start, tail = model.first[b], model.tail[b]
            for m in range(start, model.first[b + np.uint64(1)]):
                if ahead.messages[m]:
                    delta[tail + (m - start)] += w[m] * delta[i]


@compiled
def correction(law, ahead, K, h, c, x, sigma, z, slope):
    """The correction eps of (17): how fast the output's heading should change, for each unit of leverage."""
    omega = math.sqrt((law.q * K + law.r_w) / law.r)
    kappa = ahead.kappa if ahead.kappa >= 0.0 else 2.0 / (1.0 + math.sqrt(1.0 + 2.0 * omega / c))
    z_ = z - law.r_w * h / (law.q * K) - ahead.lean * (z - ahead.level)
    z_ += ahead.lead * ((1.0 / omega + kappa / c) * slope[0] + slope[1] / (omega * c))
    return (-omega * ((1.0 - kappa) * x + kappa * sigma - z_) + ahead.decay * h) / K


def towards(network):
    """Neurons in the order in which messages reach the output, and whether each arc carries them.

    Messages travel from where the way to the output is longer to where it is shorter. Where the arcs that do not
    leave the output form no cycle, the longest way counts, and every path carries messages; else the shortest.
    """
    out, n = int(network.output_index[0]), len(network.neurons)
    inner = (network.tails < n) & (network.tails != out)
    heads, tails = network.heads[inner], network.tails[inner]
    far = np.full(n, -1)
    far[out] = 0
    for hops in range(1, n):  # the shortest way
        reached = tails[far[heads] == hops - 1]
        reached = reached[far[reached] < 0]
        if not len(reached):
            break
        far[reached] = hops
    if not _has_cycle(n, heads[far[heads] >= 0], tails[far[heads] >= 0]):
        for hops in range(1, n):  # the longest
            reached = np.unique(tails[far[heads] == hops - 1])
            if not len(reached):
                break
            far[reached] = hops
    order = np.argsort(-far, kind="stable")
    messages = np.zeros(len(network.heads), bool)
    messages[inner] = (far[tails] > far[heads]) & (far[heads] >= 0)
    return order[far[order] >= 0], messages


def _has_cycle(n, heads, tails):
    """Whether arcs among n neurons form a cycle."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    arcs = coo_array((np.ones(len(heads), np.int8), (tails, heads)), shape=(n, n))
    return bool((heads == tails).any()) or connected_components(arcs, connection="strong")[0] < n
