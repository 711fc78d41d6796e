"""What is measured for each of the 21 claims of lesson 16: a few numbers, and what they say of the claim.

A measurement takes a second to half a minute. The words of the claims, and the verdicts, are in `hlp_edu.claims`.
"""

import functools
import math
from typing import NamedTuple

import networkx as nx
import numpy as np

from hlp_edu.backprop import meet_backprop
from hlp_edu.batch import runs
from hlp_edu.compare import compare, sets, tracking_problem
from hlp_edu.energy import account
from hlp_edu.flow import run
from hlp_edu.fronts import arrivals
from hlp_edu.linear_quadratic import LQTracking
from hlp_edu.locality import audit
from hlp_edu.network import Network, chain, feed_forward
from hlp_edu.optimum import optimum
from hlp_edu.policies import Canonical, Flipped, Frozen
from hlp_edu.problem import Tracking
from hlp_edu.prospective import ProspectiveSteering
from hlp_edu.signals import constant, sinusoid
from hlp_edu.studies import contest
from hlp_edu.studies.contest import EXAMS, fitted, wins
from hlp_edu.studies.shelf import shipped
from hlp_edu.studies.streams import STREAMS
from hlp_edu.switching import HamiltonianServo, PerArc
from hlp_edu.targets import patchwork
from hlp_edu.validate import one_of

__all__ = ["Claims", "MEASUREMENTS", "Seen"]

DAMPED = Flipped(dissipation_w=30, dissipation_x=5)
later, other, larger, shaken = EXAMS.values()


class Seen(NamedTuple):
    """What a measurement saw.

    Parameters
    ----------
    always, given : bool or None
        Whether the claim held in all that was measured, and under a condition that can be named; None: not tested.
    numbers : tuple of float
        At most four, in the order in which `hlp_edu.claims` names them.
    """

    always: bool | None
    given: bool | None
    numbers: tuple


def _tracks(error, silence):
    """The course's measure: less than half of the error of an output that stays at 0."""
    return error < silence / 2


# ------------------------------------------------------------------------------ the laws


@functools.cache
def _six():
    wires = [("u", 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 2), (1, 4), ("u", 3), (4, 6), (6, 6), (5, 6)]
    network = Network(nx.DiGraph(wires), inputs=["u"], outputs=[6])
    return Tracking(network, constant(0.3), inputs={"u": constant(0.7)})


def _local_in_space():
    """The audit of lesson 04: reads beyond the neighbours, weights read against an arc, what a global sign reads."""
    found, arcwise, servo = (audit(_six(), p, draws=100) for p in (Flipped(), PerArc(0.03), HamiltonianServo()))
    outside, against = len(found.violations) + len(arcwise.violations), len(found.weight_transport)
    everything = int(servo.reads[found.rows.index(("p_w'", (1, 4))), :36].sum())
    return Seen(outside == against == 0, outside == 0, (outside, against, len(found.hidden), everything))


def _local_in_time():
    """Stop a run, keep the present, go on; and forget the costates as well."""
    wave = tracking_problem("sinusoid")
    whole, half = run(wave, DAMPED, T=8, dt=0.01), run(wave, DAMPED, T=4, dt=0.01).final
    resumed = run(wave, DAMPED, T=4, dt=0.01, start=half)
    poorer = run(wave, DAMPED, T=4, dt=0.01, t0=4, x0=half.x, w0=half.w)
    kept, forgot = (float(np.abs(some.w - whole.w[400:]).max()) for some in (resumed, poorer))
    return Seen(kept == 0 < forgot, None, (kept, forgot))


def _causal():
    """Two targets that agree until t = 5: what differs before, under the flip and in the best run of one cell."""
    wave = tracking_problem("sinusoid")
    turned = wave.replace(target=lambda t: np.where(t < 5, sinusoid()(t), -0.8))
    online = [run(world, DAMPED, T=8, dt=0.01) for world in (wave, turned)]
    best = [LQTracking(-1, 1, 10, 0.1, world.targets).optimal(8) for world in (wave, turned)]
    early = [float(np.abs(a.x - b.x)[a.t < 5 - 1e-9].max()) for a, b in (online, best)]
    return Seen(early[0] == 0 < early[1], None, tuple(early))


def _no_data():
    """The error with a target at every instant, and after it is gone (q = 0)."""
    wave = tracking_problem("sinusoid")
    taught = runs(wave, DAMPED, range(10), T=20, dt=0.01, progress=False)
    alone = [run(wave.replace(q=0), DAMPED, T=20, dt=0.01, start=one.final) for one in taught]
    silence = float(np.sqrt(np.mean(wave.target_at(np.linspace(20 / 3, 20, 4001)) ** 2)))
    told, untold = (float(np.median([one.rmse(after=one.t[0] + 20 / 3) for one in some])) for some in (taught, alone))
    return Seen(_tracks(told, silence) and _tracks(untold, silence), _tracks(told, silence), (told, untold, silence))


def _slopes_of_H(problem, x, w, p_x, p_w, t, h=1e-5):
    """The derivatives of the Hamiltonian by differences, in the order x, w, p_x, p_w."""
    parts = [x, w, p_x, p_w]
    found = []
    for k, part in enumerate(parts):
        slope = np.empty_like(part)
        for i in range(len(part)):
            ends = []
            for sign in (1, -1):
                moved = [np.array(one) for one in parts]
                moved[k][i] += sign * h
                ends.append(float(np.squeeze(problem.hamiltonian(*moved, t))))
            slope[i] = (ends[0] - ends[1]) / (2 * h)
        found.append(slope)
    return found


def _deviation(policy):
    """How far the velocities of a run are from Hamilton's equations: (states and weights, costates), relative."""
    problem = tracking_problem("patched", 3)
    made = run(problem, policy, T=0.3, dt=1e-4, seed=1)
    k = 2000
    rows = [getattr(made, name) for name in ("x", "w", "p_x", "p_w")]
    H_x, H_w, H_px, H_pw = _slopes_of_H(problem, *(row[k] for row in rows), made.t[k])
    right = (H_px, H_pw, -H_x, -H_w)
    velocity = [(row[k + 1] - row[k - 1]) / 2e-4 for row in rows]
    pairs = [np.concatenate(some) for some in (velocity[:2], right[:2], velocity[2:], right[2:])]
    return tuple(float(np.linalg.norm(pairs[i] - pairs[i + 1]) / np.linalg.norm(pairs[i + 1])) for i in (0, 2))


def _hamiltonian():
    """Are the velocities those of Hamilton's equations? Of the states and weights, and of the costates."""
    canonical, flip, damped = (_deviation(policy) for policy in (Canonical(), Flipped(), DAMPED))
    moves = max(canonical[0], flip[0], damped[0])
    always = max(moves, flip[1], damped[1]) < 1e-3
    return Seen(always, max(moves, canonical[1]) < 1e-3, (moves, canonical[1], flip[1], damped[1]))


def _no_locking():
    """A chain of five, without decay of the weights: what reaches an arc, and when, in units of 1/c."""
    forces = []
    for q in (1, 0):
        line = Tracking(chain(5), constant(0), q=q, r_w=0, speed=20, inputs={"u": constant(0.001)})
        held = run(line, Frozen(), T=3, dt=0.0025, x0=np.zeros(5), w0=np.ones(5))
        forces.append(line.gradients(held.x, held.w, held.p_x, held.p_w, held.t)[1])
        if q:
            there = 20 * arrivals(held.t, held.x)[-1]
            back = 20 * arrivals(held.t, forces[0])
    early, without = int((back[1:] < back[0] - 1e-9).sum()), int((np.abs(forces[1]).max(0) > 0).sum())
    return Seen(early == 4 and without == 0 < there < back[0], None, (float(there), float(back[0]), early, without))


def _backprop_limit():
    """The flow's gradient against backpropagation's, in a moving world, while the signals get faster."""
    layered = feed_forward([3, 4, 4, 2])
    inputs = {f"u{k + 1}": sinusoid(1, 5 + 2 * k, phase=k) for k in range(3)}
    moving = Tracking(layered, [sinusoid(0.5, 6), sinusoid(0.5, 9, phase=1)], q=1, r_w=0.01, r=1, inputs=inputs)
    weights = 0.5 * np.random.default_rng(0).standard_normal(len(layered.arcs))
    speeds = (10, 100, 1000, 10_000)
    apart = [meet_backprop(moving, weights, c, np.linspace(0, 30, 25)).error for c in speeds]
    slope = float(np.polyfit(np.log(speeds[1:]), np.log(apart[1:]), 1)[0])
    return Seen(abs(slope + 1) < 0.02 and apart[-1] < 1e-3, None, (apart[0], apart[-1], slope))


# ------------------------------------------------------------------------------ the boundary problem


def _boundary():
    """Runs lost forward in time: from p(0) = 0, from a numerical p(0), and one cell from the exact p(0)."""
    slow = tracking_problem("sinusoid", speed=5)
    unaided = runs(slow, Canonical(), range(5), T=6, dt=0.005, progress=False)
    best = [optimum(slow, T=6, dt=0.01, seed=s, method="adjoint", progress=False) for s in range(5)]
    aided = [run(slow, Canonical(), T=6, dt=0.005, seed=s, p0=(o.p_x[0], o.p_w[0])) for s, o in enumerate(best)]
    lost = [sum(one.diverged_at is not None for one in some) for some in (unaided, aided)]
    cell = LQTracking(-1, 1, 10, 0.1, constant(0.8))
    path = cell.optimal(6)
    drift = np.abs(cell.forward(6, p0=path.p[0]).x - path.x)[:, 0]
    left = float(path.t[np.argmax(drift > 0.1)])
    return Seen(lost == [5, 5] and 0 < left < 6, None, (*lost, left))


def _over_least(target):
    here = LQTracking(-1, 1, 10, 0.1, target)
    costs = [way(20, dt=0.005).cost for way in (here.reversed_riccati, here.receding)]
    return np.array(costs) / here.optimal(20, dt=0.005).cost


def _time_reversal():
    """Riccati coefficient and offset of one cell, run forward: cost over the least."""
    stands, swings = _over_least(constant(0.8)), _over_least(sinusoid())
    jumps = np.median([_over_least(patchwork(seed)) for seed in range(10)], axis=0)
    numbers = tuple(map(float, (stands[0], swings[0], jumps[0], jumps[1])))
    return Seen(max(numbers[:3]) < 1.25, numbers[0] < 1.25, numbers)


@functools.cache
def _tracking(signal):
    """Median errors of policies on one of the tracking lessons' signals, ten seeds."""
    policies = {"silent": Frozen(), "bare flip": Flipped(), "prospective steering": ProspectiveSteering()} | sets()
    table = compare(policies, lambda s: tracking_problem(signal, s), range(10), T=20, dt=2e-3, progress=False)
    errors = dict(zip(table["policy"], table["rmse"], strict=True))
    errors["bare flip"] = round(errors["bare flip"], 1)  # nothing damps it: rounding errors decide the second digit
    return errors


def _flip():
    """Whether a network under the flip tracks, bare and with friction."""
    error = _tracking("sinusoid")
    bare, damped = (_tracks(error[name], error["silent"]) for name in ("bare flip", "damped flip"))
    return Seen(bare, damped, tuple(error[name] for name in ("damped flip", "bare flip", "silent")))


def _follows(signal):
    error = _tracking(signal)
    works = [_tracks(value, error["silent"]) for name, value in error.items() if name != "silent"]
    names = ("damped flip", "per-arc signs", "gradient flow", "silent")
    if signal == "patched":
        names = ("damped flip", "gradient flow", "prospective steering", "silent")
    return Seen(all(works), any(works), tuple(error[name] for name in names))


def _energy():
    """Does every term of (14), integrated, add up to the Hamiltonian? On one run; and how far H goes."""
    jumpy = tracking_problem("patched", seed=3)
    made = run(jumpy, DAMPED, T=20, dt=2e-3, seed=3)
    balance, H = account(jumpy, DAMPED, made), made.hamiltonian
    error, friction = balance.error / float(np.abs(H).max()), float(balance.terms["friction on p_w"][-1])
    return Seen(error < 1e-5, None, (error, float(H.max()), float(H.min()), friction))


# ------------------------------------------------------------------------------ the promises


def _past():
    """The study of recall: the local law against the best line, at two and at five reactions of a neuron."""
    rows = {(row["delay"], row["method"]): row["rmse"] for row in shipped("recall").rows}
    near, far = ([rows[d, m] for m in ("local law", "line", "BPTT")] for d in (0.4, 1.0))
    learned = [some[0] < 2 / 3 * some[1] for some in (near, far)]
    return Seen(all(learned), any(learned), (near[0], near[1], far[0], far[1]))


def _better(counts):
    """The course's measure: nine of ten seeds in every comparison; under a condition, in half of them."""
    won = np.array(counts) >= 9
    return bool(won.all()), bool(won.mean() >= 0.5)


def _medians(T=1000):
    return tuple(float(np.median(later(w))) for w in (fitted("online backprop", T), fitted("damped flip", T)))


def _streams_won():
    """Streams of lesson 14 on which the worst run of the best local law beats the best run of the best rival."""
    study = {(row["stream"], row["method"]): row for row in shipped("streams").rows}
    camps = (("damped flip", "per-arc signs, damped", "gradient flow"), ("SGD", "SGD x 5", "BPTT", "RTRL"))
    won = 0
    for name in STREAMS:
        ours, theirs = (min((study[name, m] for m in c if (name, m) in study), key=lambda r: r["rmse"]) for c in camps)
        won += ours["rmse max"] < theirs["rmse min"]
    return won


def _overcomes():
    """The contest, and the five streams of lesson 14."""
    rival = fitted("online backprop", 1000)
    fast = fitted("damped flip", 1000, 100)
    counts = [wins(fitted("damped flip", 1000, c), rival, exam) for c in (20, 100) for exam in (later, other)]
    streams = _streams_won()
    counts += [10] * streams + [0] * (len(STREAMS) - streams)
    won = sum(count >= 9 for count in counts)
    return Seen(*_better(counts), (*_medians(), float(np.median(later(fast))), won))


def _efficient():
    """Steps for a stream of 1000, and numbers kept beside states and weights."""
    grid = [(rate, momentum) for rate in (1e-2, 3e-3, 1e-3, 3e-4, 1e-4) for momentum in (0, 0.9, 0.97, 0.99)]
    setting = contest.tune("plain", "online backprop", 1000, grid, every=1.0)
    rare = contest.by_sgd("plain", [setting], 1000, contest.start("plain", range(10)), every=1.0)[0]
    streams = {row["method"]: row["stores"] for row in shipped("streams").rows if row["stream"] == "waves"}
    thrifty = streams["damped flip"] < min(streams["BPTT"], streams["RTRL"])
    cheaper = float(np.median(later(rare))) > float(np.median(later(fitted("damped flip", 1000))))
    numbers = (float(np.median(later(rare))), streams["damped flip"], streams["BPTT"], streams["RTRL"])
    return Seen(thrifty and cheaper, thrifty, numbers)


def _generalises():
    """Held weights on a later stretch and on another input."""
    rival = fitted("online backprop", 1000)
    counts = [wins(fitted("damped flip", 1000, c), rival, exam) for c in (20, 100) for exam in (later, other)]
    errors = [
        float(np.median(other(w))) for w in (rival, fitted("damped flip", 1000), fitted("damped flip", 1000, 100))
    ]
    return Seen(*_better(counts), (*errors, sum(counts)))


def _less_data():
    """The same after a stream of a tenth of the length."""
    rival, ours = fitted("online backprop", 100), fitted("damped flip", 100)
    counts = [wins(ours, rival, exam) for exam in (later, other)]
    return Seen(*_better(counts), (*_medians(100), *counts))


def _robust():
    """Larger inputs than were seen; weights changed by a tenth; noise on the targets."""
    rival, slow, fast = fitted("online backprop", 1000), fitted("damped flip", 1000), fitted("damped flip", 1000, 100)
    bold, careful = contest.hindsight("larger inputs"), contest.careful()  # rivals that were tuned for it
    counts = [wins(slow, bold, larger), wins(fast, bold, larger), wins(slow, rival, shaken), wins(fast, rival, shaken)]
    counts += [
        wins(fitted(law, 1000, task="noise"), careful, later) for law in ("damped flip", "per-arc signs, damped")
    ]
    won = sum(count >= 9 for count in counts)
    return Seen(*_better(counts), (float(np.median(larger(bold))), float(np.median(larger(fast))), won, len(counts)))


def _plausible():
    """What a biologist asks about first; no brain was measured."""
    found = audit(_six(), Flipped(), draws=100)
    network = _six().network
    return Seen(None, None, (len(found.weight_transport), len(network.arcs) + len(network.neurons)))


def _video():
    """The video of lesson 14: the best local law, the best rival, persistence; and what is kept."""
    study = {row["method"]: row for row in shipped("streams").rows if row["stream"] == "video"}
    local = min((study[m] for m in ("damped flip", "per-arc signs, damped", "gradient flow")), key=lambda r: r["rmse"])
    rival = min((study[m] for m in ("SGD", "SGD x 5", "BPTT")), key=lambda r: r["rmse"])
    effective = local["rmse"] < min(rival["rmse"], study["persistence"]["rmse"])
    keeps = local["back"] < 1.25 * local["before"]
    return Seen(effective and keeps, effective, (local["rmse"], rival["rmse"], study["persistence"]["rmse"]))


MEASUREMENTS = {
    1: _local_in_space, 2: _local_in_time, 3: _causal, 4: _no_data, 5: _hamiltonian, 6: _no_locking,
    7: _backprop_limit, 8: _boundary, 9: _time_reversal, 10: _flip, 11: functools.partial(_follows, "sinusoid"),
    12: functools.partial(_follows, "patched"), 13: _energy, 14: _past, 15: _overcomes, 16: _efficient,
    17: _generalises, 18: _less_data, 19: _robust, 20: _plausible, 21: _video,
}  # fmt: skip


class Claims:
    """What is measured for each of the 21 claims of lesson 16, and whether they hold."""

    parameters = dict(seeds=10, tracks=0.5, better=9)
    cases = tuple((number,) for number in MEASUREMENTS)
    repeats = 0.02  # how closely another machine repeats a number, relative

    @classmethod
    def compute(cls, claim):
        """One row.

        Parameters
        ----------
        claim : int
            The number of a claim, from 1 to 21.

        Returns
        -------
        dict
            claim; always and given: 1 or 0, -1 if not tested; a to d: the numbers, nan where there is none.

        Raises
        ------
        ValueError
            If there is no such claim.
        """
        one_of("claim", claim, MEASUREMENTS)
        seen = MEASUREMENTS[claim]()
        row = dict(claim=claim) | {
            name: -1 if value is None else int(value) for name, value in zip(("always", "given"), seen[:2], strict=True)
        }
        numbers = [float(f"{value:.4g}") for value in seen.numbers] + [math.nan] * (4 - len(seen.numbers))
        return row | dict(zip("abcd", numbers, strict=True))
