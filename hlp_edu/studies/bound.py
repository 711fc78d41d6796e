"""How good could any causal rule be? A planner that knows the future, and pays for knowing it: lesson 13's study.

One neuron and a bias, from rest, on patched signals: x' = c (tanh(a) - x), a' = u, where a is the one weight. A causal
rule may know the past, the piece that runs now, and the law by which signals are drawn; not when the piece will end.

The planner minimises the cost (4) with the whole signal before its eyes. The least cost is a bound, but a loose one:
foresight is free. So the planner is charged for it. At each tick t of the signal's clock a jump comes with a chance
that depends on the age of the piece, and the tick's charge is

    E[V(y, z(t)) | the past] - V(y, z(t)),    V(y, z) = (x - z, a - z) P (x - z, a - z)' / 2,    y = (x, a) at t:

how much cheaper the news makes the rest than was to be expected, if V is what the rest costs. (P solves Riccati's
equation of the neuron without tanh, x' = c (a - x); V is that neuron's cost to reach a target that stays.) A causal
rule comes to the tick with a y that knows nothing of the news: in the mean it is charged 0, whatever V is. The
planner's y is made for the news, and pays. So, in the mean over signals,

    least (cost + charge)  <=  (cost + charge) of a causal rule  =  cost of a causal rule.

This is an information relaxation (Brown, Smith and Sun, Operations Research 58, 2010). The better V guesses, the
tighter the bound; a V that guesses badly makes it loose, not wrong.

Exact: the chances and means in the charge, and so that it is 0 in the mean. Numerical: the planner's steps (their error
is of second order), its minima, which are local (other starts led to the same ones), and the mean, which is over
eighty signals and has a standard error. It is a bound for this neuron and in the mean, not signal by signal.
"""

import itertools
import math

import numpy as np

from hlp_edu.flow import run
from hlp_edu.network import Network
from hlp_edu.policies import GradientFlow
from hlp_edu.problem import Tracking
from hlp_edu.prospective import ProspectiveFlow, ProspectiveSteering
from hlp_edu.studies.shelf import rounded
from hlp_edu.targets import patchwork

__all__ = ["avoidable"]  # the rest is for `hlp_edu.study` and `hlp-edu study`

C, Q, R_W, R = 20.0, 100.0, 1.0, 0.1  # speed and prices, as in the tracking lessons
T, TICK, TICKS = 20.0, 0.1, 200  # the jumps of a patchwork lie on ticks
LENGTHS = np.array([0] * 10 + [1] + [2] * 19 + [1]) / 40  # chance that a piece lasts 0, 1, ..., 30 ticks
MEAN, SQUARE = 0.25, 37 / 150  # means of z and of z^2 just after a jump

OMEGA = math.sqrt(Q / R)  # (17) where K = 1 and r_w = 0: the neuron without tanh
KAPPA = 2 / (1 + math.sqrt(1 + 2 * OMEGA / C))
P_XA, P_AA = R * OMEGA * (1 - KAPPA), R * OMEGA * KAPPA
P_XX = (Q - P_XA**2 / R) / (2 * C)
WORTH = np.array([P_XX + P_XA, P_XA + P_AA])  # of a surprise of 1, for each unit of x and of a
LEAN = WORTH.sum() / Q  # by what share of the way to lean, for each unit of hazard

RULES = {
    "gradient flow": GradientFlow(mu=0.03),
    "prospective flow": ProspectiveFlow(),
    "prospective steering, frozen target": ProspectiveSteering(lead=False),
    "prospective steering": ProspectiveSteering(),
    "prospective steering, lean": ProspectiveSteering(lean=0.03),
    "prospective steering, timed lean": None,  # `timed`
}


def one_neuron(seed):
    """The problem: one neuron, a bias, a patched signal."""
    network = Network._from_indices([1], ["bias"], [1], heads=np.array([0]), tails=np.array([1]))
    return Tracking(network, patchwork(seed), q=Q, r_w=R_W, r=R, speed=C)


def hazard(age):
    """The chance that a piece of so many ticks ends now, given that it has not ended before."""
    return LENGTHS[age] / LENGTHS[age:].sum()


def ages(signal):
    """How many ticks old the piece is that runs up to each tick 1, 2, ..., 200."""
    begins = np.array([0] + [round(t / TICK) for t in signal.jumps(0, T)])
    ticks = np.arange(1, TICKS + 1)
    return ticks - begins[np.searchsorted(begins, ticks) - 1]


def news(signal):
    """By how much z and z^2 differ from what the past let expect at ticks 0 to 200, shape (2, 201); 0 at both ends."""
    ticks = np.arange(1, TICKS)
    before, now = signal(ticks * TICK - 1e-7), signal(ticks * TICK)
    chance = np.array([hazard(age) for age in ages(signal)[:-1]])
    found = np.zeros((2, TICKS + 1))
    found[0, 1:-1] = now - chance * MEAN - (1 - chance) * before
    found[1, 1:-1] = now**2 - chance * SQUARE - (1 - chance) * before**2
    return found


def charges(signal, x, a):
    """The charge at each tick, given x and a at the ticks: E[V | the past] - V."""
    z, square = news(signal)
    return z * (WORTH[0] * x + WORTH[1] * a) - square * WORTH.sum() / 2


def plan(signal, fee=1.0, step=0.005, start=None):
    """The least of cost + fee x charge for a signal that is known, by Newton's method.

    The unknowns are the weights a at the ends of steps, linear in between; the states follow by the trapezoidal rule,
    F x = B tanh(a). Both are 0 at first. ``start``: weights to begin with; 0 by default.

    Returns
    -------
    x, a : numpy.ndarray
        At the steps.
    cost, charge : float
    """
    from scipy.sparse import block_array, diags_array  # here: who only reads the study need not wait for it
    from scipy.sparse.linalg import factorized, spsolve

    n, per = round(T / step), round(TICK / step)
    t = step * np.arange(n + 1)
    sides = np.array([signal(t[:-1]), signal(t[1:] - 1e-7)])  # at both ends of each step; at a jump they differ
    z = (sides[1] + np.append(sides[0, 1:], sides[1, -1])) / 2
    surprise = np.zeros(n)
    surprise[per - 1 :: per] = news(signal)[0, 1:]
    to_x, to_a = fee * np.outer(WORTH, surprise)  # slopes of the charge

    def two(diagonal, below):
        return diags_array([np.full(n, diagonal), np.full(n - 1, below)], offsets=[0, -1], format="csc")

    F, B, D = two(1 + C * step / 2, C * step / 2 - 1), two(C * step / 2, C * step / 2), two(1 / step, -1 / step)
    forth, back = factorized(F), factorized(F.T.tocsc())
    weight = np.full(n, step)
    weight[-1] = step / 2
    W = diags_array(weight)
    M = R_W * W + R * step * D.T @ D
    known = Q * step / 4 * (sides**2).sum()  # the rest of q/2 (x - z)^2

    def cost(a):
        x = forth(B @ np.tanh(a))
        return x, Q * (weight @ (x * x / 2 - z * x)) + known + a @ (M @ a) / 2

    def price(a):
        x, J = cost(a)
        return J + to_x @ x + to_a @ a

    a = np.zeros(n) if start is None else start
    for _ in range(100):
        x, s = cost(a)[0], np.tanh(a)
        slope, pull = 1 - s * s, B.T @ back(Q * weight * (x - z) + to_x)
        gradient, G = M @ a + to_a + slope * pull, B @ diags_array(slope)
        for curved in (1, 0):  # without the curvature of tanh the way is downhill for certain
            H = M + curved * diags_array(-2 * s * slope * pull)
            newton = block_array([[H, None, -G.T], [None, Q * W, F.T], [-G, F, None]], format="csc")
            move = spsolve(newton, np.append(-gradient, np.zeros(2 * n)))[:n]
            if move @ gradient < 0:
                break
        length = 1.0
        while length > 1e-6 and price(a + length * move) > price(a) + 1e-4 * length * (move @ gradient):
            length /= 2
        a = a + length * move
        if -move @ gradient < 1e-8:
            break
    x, J = cost(a)
    x, a = np.append(0, x), np.append(0, a)
    return x, a, float(J), float(charges(signal, x[::per], a[::per]).sum())


def follow(signal_seed, policy, step=0.002):
    """What a rule pays: x and a at the ticks, and the cost."""
    made = run(one_neuron(signal_seed), policy, T, dt=step, x0=[0], w0=[0], every=round(TICK / step))
    return made.x[:, 0], made.w[:, 0], made.cost


def timed(signal_seed, step=0.002):
    """Steering that leans by the hazard of the coming tick: it knows how old the piece is."""
    problem, rows, cost, now = one_neuron(signal_seed), [(0.0, 0.0)], 0.0, dict(x0=[0], w0=[0])
    for age in ages(problem.targets[0]):
        policy = ProspectiveSteering(lean=LEAN * hazard(age) / TICK)
        made = run(problem, policy, TICK, dt=step, **now)
        rows.append((made.x[-1, 0], made.w[-1, 0]))
        cost, now = cost + made.cost, dict(start=made.final)
    return *np.transpose(rows), cost


class Bound:
    """What any causal rule must pay at least, one neuron on eighty patched signals, by information relaxation."""

    parameters = dict(T=T, dt=0.005, dt_of_rules=0.002, c=C, q=Q, r_w=R_W, r=R)
    cases = tuple(itertools.product(range(300, 380), ("least cost", "charged planner", *RULES)))
    repeats = 1e-4  # how closely another machine repeats a cost, relative

    @classmethod
    def compute(cls, seed, method):
        """One row: the cost, and what is charged for the news; the least cost is not charged, it only would be."""
        signal = patchwork(seed)
        if method in RULES:
            x, a, cost = follow(seed, RULES[method]) if RULES[method] else timed(seed)
            charge = charges(signal, x, a).sum()
        else:
            _, _, cost, charge = plan(signal, fee=float(method == "charged planner"), step=cls.parameters["dt"])
        return dict(seed=seed, method=method) | rounded(6, cost=cost, charge=charge)


def avoidable(table, method):
    """What any causal rule can save at most, compared with one of the methods: mean over the signals, standard error.

    On each signal it is the cost and charge of the rule, less those of the charged planner, which are less: the chance
    in the charges is the same for both, and leaves.

    Parameters
    ----------
    table : Table
        `hlp_edu.study`'s "bound".
    method : str
        One of its causal rules.

    Returns
    -------
    mean, error : float

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> saved, error = avoidable(hlp.study("bound"), "prospective steering, timed lean")
    >>> round(saved, 1)
    0.3
    """
    total = {name: [] for name in (method, "charged planner")}
    for row in table.rows:
        if row["method"] in total:
            total[row["method"]].append(row["cost"] + row["charge"])
    saved = np.subtract(total[method], total["charged planner"])
    return float(saved.mean()), float(saved.std(ddof=1) / math.sqrt(len(saved)))
