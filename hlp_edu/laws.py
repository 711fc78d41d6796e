"""The laws of learning, each said once: what one neuron and one arc do, from what they can see.

    (1)  a_i = sum over parents j of  w_ij x_j
    (2)  x_i' = c_i (tanh(a_i) - x_i)
    (4)  L = (q |e|^2 + r_w |w|^2 + r |w'|^2) / 2                  (e = x - z, on outputs; weighted by exp(theta t))
    (5)  H = (q |e|^2 + r_w |w|^2 - r |w'|^2) / 2 + p_x . x'       (at the w' of (6))
    (6)  w_ij' = -p_ij / r
    (7)  H_x,i = -c_i p_i + sum over children k of  w_ki g_k  + q e_i
         g_k = c_k tanh'(a_k) p_k                                       (the credit of neuron k)
    (8)  H_w,ij = g_i x_j + r_w w_ij
    (10) p' = -s H - theta p                                            (s = 1 canonical, s = -1 flipped)

`kernel.py` adds up the two sums, over parents and over children, and steps through time. To give the neurons
another response, change `neuron`: sigma, and its slope in the credit. Rules that look ahead ask for both once more, in
`prospective.py`.
"""

from typing import NamedTuple

from hlp_edu.compiled import compiled
from hlp_edu.tanh import tanh


class Law(NamedTuple):
    """The numbers in the laws: prices of (4), dissipations of (10), and how the arcs keep their costate.

    With inertia 1 and gain 0, the costate of an arc is a state of its own. With inertia 0 it is gain times H_w, which
    makes (6) a gradient flow, or with gain 0 holds the weights.
    """

    q: float
    r_w: float
    r: float
    theta: float  # of the weighting phi(t) = exp(theta t) in (4)
    theta_x: float  # dissipation of the neurons' costates
    theta_w: float  # dissipation of the arcs' costates
    inertia: float
    gain: float


@compiled
def neuron(c, a, x, p):
    """Velocity (2), the neuron's own part of H_x (7), and the credit that it hands to its parents."""
    sigma = tanh(a)
    return c * (sigma - x), -c * p, c * (1.0 - sigma * sigma) * p


@compiled
def arc(law, w, p, x_tail, credit, s):
    """Velocities of w (6) and p (10), and what the arc reports to its tail, a term of the sum in (7)."""
    H_w = credit * x_tail + law.r_w * w  # (8)
    p = law.inertia * p + law.gain * H_w
    return -p / law.r, law.inertia * (-s * H_w - law.theta_w * p), w * credit


@compiled
def costate(law, p, H_x, s):
    """Velocity of a neuron's costate, (10)."""
    return -s * H_x - law.theta_x * p


@compiled
def energies(law, error, size, motion, power):
    """Lagrangian (4), without phi, and Hamiltonian (5), from the sums |e|^2, |w|^2, |w'|^2 and p_x . x'."""
    accuracy = 0.5 * (law.q * error + law.r_w * size)
    effort = 0.5 * law.r * motion
    return accuracy + effort, accuracy - effort + power
