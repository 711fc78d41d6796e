"""Many runs, read as one table: compare policies, sweep a number, and keep what takes long in a study.

A study is a function here whose result, a small CSV, ships with the package: `study` reads it,
``hlp-edu study NAME`` computes it anew, and a test recomputes rows of it.
"""

import copy
import csv
import functools
import itertools
import math
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import hlp_edu
from hlp_edu import data
from hlp_edu.backprop import Online
from hlp_edu.batch import runs
from hlp_edu.flow import run
from hlp_edu.network import Network
from hlp_edu.policies import Flipped, Frozen, GradientFlow, HamiltonianServo, PerArc, Policy
from hlp_edu.problem import Tracking
from hlp_edu.stream import next_of, open_problem
from hlp_edu.validate import number

SHELF = Path(__file__).parent / "studies"


@dataclass
class Table:
    """Rows of numbers under names.

    Parameters
    ----------
    rows : list of dict
        One dict of columns for each row, all with the same keys; the first names the row.
    about : dict
        How this was computed.
    """

    rows: list
    about: dict = field(default_factory=dict)

    @property
    def columns(self):
        """The names of the columns."""
        return list(self.rows[0]) if self.rows else []

    def __getitem__(self, column):
        """One column as a list."""
        if column not in self.columns:
            raise ValueError(f"column = {column!r}: must be one of {', '.join(map(repr, self.columns))}")
        return [row[column] for row in self.rows]

    def __len__(self):
        return len(self.rows)

    def row(self, name):
        """The row whose first column is ``name``.

        Parameters
        ----------
        name : object
            What stands in the first column.

        Returns
        -------
        dict

        Raises
        ------
        ValueError
            If there is no such row.
        """
        first = self.columns[0] if self.rows else ""
        for row in self.rows:
            if row[first] == name:
                return row
        raise ValueError(f"name = {name!r}: must be one of {', '.join(repr(row[first]) for row in self.rows)}")

    def picture(self, what="rmse", words="", log=False):
        """Medians as marks and the reach from least to greatest as lines.

        Parameters
        ----------
        what : str
            A measure that has the columns ``what``, ``what min`` and ``what max``.
        words : str
            Caption and alt text; the numbers themselves by default.
        log : bool
            Whether the axis is logarithmic.

        Returns
        -------
        hlp_edu.Picture

        Raises
        ------
        ValueError
            If the table has no such columns.
        """
        from hlp_edu.plotting import plot_spread

        first = self.columns[0]
        names = [_word(value) for value in self[first]]
        low, high = (self[f"{what} {end}"] for end in ("min", "max"))
        return plot_spread(names, self[what], low, high, what=NAMES.get(what, what), ylabel=first, log=log, words=words)

    def __str__(self):
        text = [self.columns] + [[_word(value) for value in row.values()] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*text, strict=True)]
        left = [isinstance(value, str) for value in (self.rows[0].values() if self.rows else ())]
        lines = []
        for cells in text:
            padded = (c.ljust(w) if is_left else c.rjust(w) for c, w, is_left in zip(cells, widths, left, strict=True))
            lines.append("  ".join(padded).rstrip())
        return "\n".join(lines)

    __repr__ = __str__


NAMES = {"rmse": "RMSE", "cost": "cost J", "ratio": "cost / least possible cost"}


def _word(value):
    """A cell of a table: two significant digits, so that another machine prints the same."""
    if isinstance(value, float) and math.isfinite(value):
        rounded = float(f"{value:.2g}")
        if rounded and not 1e-3 <= abs(rounded) < 1e6:
            return f"{rounded:.1e}"
        return f"{rounded:.{max(0, 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0}f}"
    return str(value)


def measure(trajectory, after=None, best=None):
    """What the tables report of one run.

    Parameters
    ----------
    trajectory : Trajectory
        The run.
    after : float, optional
        Where the RMSE begins; after a third of the run by default.
    best : float, optional
        The least possible cost, for the ratio.

    Returns
    -------
    dict
        rmse, cost and, with ``best``, ratio.
    """
    if trajectory.diverged_at is not None:
        return dict(rmse=math.inf, cost=math.inf) | ({} if best is None else {"ratio": math.inf})
    if after is None:
        after = trajectory.t[0] + (trajectory.t[-1] - trajectory.t[0]) / 3
    found = dict(rmse=trajectory.rmse(after=after), cost=trajectory.cost)
    return found if best is None else found | {"ratio": trajectory.cost / best}


def compare(policies, problem, seeds, T, after=None, best=None, progress=True, **arguments):
    """Run every policy from every seed, and say how it went: median, least and greatest.

    Parameters
    ----------
    policies : dict of {str: Policy or callable}
        Names, and what `hlp_edu.runs` takes as policy.
    problem : Tracking or callable
        One problem for all seeds, or a function of the seed.
    seeds : iterable of int
        One run of each policy for each.
    T : float
        Duration of every run.
    after : float, optional
        The RMSE counts from here on; a third of the run is left out by default.
    best : dict of {int: float}, optional
        The least possible cost for each seed: the table then has the ratio, too.
    progress : bool
        As in `hlp_edu.runs`.
    **arguments
        Passed to `hlp_edu.run`.

    Returns
    -------
    Table
        A row for each policy, with columns rmse, cost (and ratio), each also with "min" and "max",
        and how many runs diverged. A diverged run counts as infinite.

    Raises
    ------
    ValueError
        If there is no policy or no seed, a seed has no ``best``, or as `hlp_edu.run`.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> policies = {"flow": hlp.GradientFlow(mu=0.03), "frozen": hlp.Frozen()}
    >>> compare(policies, problem, seeds=range(3), T=5, dt=0.01)["diverged"]
    [0, 0]
    """
    if not isinstance(policies, dict) or not policies:
        raise ValueError(f"policies = {policies!r}: must be a dict {{name: policy}} with at least one entry")
    return _table("policy", [(name, problem, policy) for name, policy in policies.items()],
                  seeds, T, after, best, progress, arguments)  # fmt: skip


def sweep(name, values, problem, policy, seeds, T, after=None, progress=True, **arguments):
    """The same runs for several values of one number.

    Parameters
    ----------
    name : str
        What is varied: the name of the first column.
    values : iterable
        Its values.
    problem : Tracking or callable
        One problem for all, or a function of the value that gives a problem or a function of the seed.
    policy : Policy or callable
        One policy for all, or a function of the value that gives a policy.
    seeds : iterable of int
        One run for each value and each seed.
    T : float
        Duration of every run.
    after : float, optional
        As in `compare`.
    progress : bool
        As in `hlp_edu.runs`.
    **arguments
        Passed to `hlp_edu.run`.

    Returns
    -------
    Table
        As `compare`, a row for each value.

    Raises
    ------
    ValueError
        If there is no value or no seed, or as `hlp_edu.run`.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> sweep("mu", [0.03, 0.3], problem, hlp.GradientFlow, seeds=range(3), T=5, dt=0.01)["mu"]
    [0.03, 0.3]
    """
    values = list(values)
    if not isinstance(name, str) or not name:
        raise ValueError(f"name = {name!r}: must be a word for what is varied")
    if not values:
        raise ValueError("values = []: must hold at least one value")
    cases = []
    for value in values:
        here = problem if isinstance(problem, Tracking) or not callable(problem) else problem(value)
        how = policy if isinstance(policy, Policy) or not callable(policy) else policy(value)
        cases.append((value, here, how))
    return _table(name, cases, seeds, T, after, None, progress, arguments)


def _table(first, cases, seeds, T, after, best, progress, arguments):
    seeds = list(seeds) if hasattr(seeds, "__iter__") else seeds
    T = number("T", T, above=0)
    if best is not None:
        missing = [seed for seed in (seeds if isinstance(seeds, list) else []) if seed not in best]
        if missing:
            raise ValueError(f"best: has no cost for the seeds {missing}; must have one for each seed")
    rows = []
    for name, problem, policy in cases:
        results = runs(problem, policy, seeds, T, progress=progress, **arguments)
        found = [measure(r, after, best and best[seed]) for r, seed in zip(results, seeds, strict=True)]
        rows.append({first: name} | _spread(found) | {"diverged": sum(r.diverged_at is not None for r in results)})
    return Table(rows, dict(T=T, seeds=seeds, version=hlp_edu.__version__) | arguments)


def _spread(found):
    """Median, least and greatest of every measure."""
    row = {}
    for what in found[0]:
        values = [one[what] for one in found]
        row |= {what: statistics.median(values), f"{what} min": min(values), f"{what} max": max(values)}
    return row


# ---- studies: what takes longer than a lesson may ---------------------------------------------


def tracking_problem(signal, seed=0, **changes):
    """The setting of the tracking experiments: five neurons, a bias, q = 100, r_w = 1, r = 0.1, speed 20.

    Parameters
    ----------
    signal : {"sinusoid", "patched"}
        The target.
    seed : int
        Of the patched signal.
    **changes
        Arguments of `Tracking` that differ.

    Returns
    -------
    Tracking

    Raises
    ------
    ValueError
        If there is no such signal.

    Examples
    --------
    >>> tracking_problem("patched", seed=3).targets
    [patchwork(seed=3, amplitude=0.8)]
    """
    if signal not in ("sinusoid", "patched"):
        raise ValueError(f"signal = {signal!r}: must be 'sinusoid' or 'patched'")
    target = hlp_edu.sinusoid() if signal == "sinusoid" else hlp_edu.patchwork(seed)
    arguments = dict(q=100, r_w=1, r=0.1, speed=20) | changes
    return Tracking(hlp_edu.fully_connected(5), target, **arguments)


def sets():
    """The online policies that track both signals, by their letters, and plain gradient flow.

    Returns
    -------
    dict of {str: Policy}

    Examples
    --------
    >>> list(sets())
    ['A', 'B', 'C', 'D', 'gradient flow']
    """
    return {
        "A": Flipped(dissipation_w=30, dissipation_x=5),
        "B": PerArc(mu=0.03),
        "C": PerArc(mu=0.04, dissipation_w=10),
        "D": HamiltonianServo(dissipation_w=15, dissipation_x=20),
        "gradient flow": GradientFlow(mu=0.03),
    }


class Optimality:
    """What the best run costs, and what a planner without foresight pays, on both signals of the tracking lessons."""

    parameters = dict(T=20.0, dt=0.01, horizon=0.3, every=0.01, tolerance=0.01)
    cases = tuple(
        (signal, seed, method)
        for signal, seeds in (("sinusoid", range(5)), ("patched", range(10)))
        for seed in seeds
        for method in ("optimum", "mpc")
    )
    repeats = {"optimum": 1e-4, "mpc": 1e-2}  # how closely another machine repeats a cost, relative

    @classmethod
    def compute(cls, signal, seed, method):
        """One row: a run that the lesson has no time for.

        Parameters
        ----------
        signal : {"sinusoid", "patched"}
            The target.
        seed : int
            Of the start, and of a patched signal.
        method : {"optimum", "mpc"}
            The optimum, or MPC with a frozen target.

        Returns
        -------
        dict
            signal, seed, method, cost, rmse (after a third of the run).
        """
        from hlp_edu.mpc import mpc
        from hlp_edu.optimum import optimum

        given, problem = cls.parameters, tracking_problem(signal, seed)
        if method == "optimum":
            made = optimum(problem, given["T"], dt=given["dt"], seed=seed, method="adjoint", progress=False)
        else:
            made = mpc(problem, seed=seed, progress=False, **given)
        row = measure(made)
        return dict(signal=signal, seed=seed, method=method) | {
            key: float(f"{row[key]:.5g}") for key in ("cost", "rmse")
        }


# ---- learning from a stream ---------------------------------------------------------------------


METHODS = ("flip", "per arc", "gradient flow", "SGD", "SGD x 5", "BPTT", "RTRL")
NAIVE = ("persistence", "linear", "constant")
TASKS = ("waves", "sunspots", "co2", "switching", "video")


class Task(NamedTuple):
    """A stream to learn from, kept as a list so that every method gets the same one.

    Parameters
    ----------
    network : Network
        Who learns: recurrent, fully connected, every neuron hears every input.
    samples : list of (u, z)
        As for `hlp_edu.stream`; z is None where nothing was measured.
    switches : tuple of int
        The samples at which what is right changes, and changes back, and so on; empty if it does not. The first
        two come early enough for the settings to be chosen with them.
    """

    network: Network
    samples: list
    switches: tuple

    @property
    def targets(self):
        """The targets, shape (samples, outputs); nan where there is none."""
        silent = np.full(len(self.network.outputs), np.nan)
        return np.array([silent if z is None else z for _, z in self.samples])

    @property
    def tuning(self):
        """How many samples, from the first on, serve to choose the settings of a method."""
        return int(Streams.parameters["tuned_on"] * len(self.samples))


def listener(neurons, inputs, outputs=1):
    """A fully connected network, bias included, in which every neuron hears every input.

    Parameters
    ----------
    neurons, inputs, outputs : int
        How many; the outputs are the first neurons, the inputs "u1", "u2", ... and "bias".

    Returns
    -------
    Network

    Examples
    --------
    >>> listener(4, 2)
    Network(4 neurons, 28 arcs, inputs ['u1', 'u2', 'bias'], outputs [1])
    """
    heads, tails = np.indices((neurons, neurons + inputs + 1)).reshape(2, -1)
    labels = [f"u{k + 1}" for k in range(inputs)] + ["bias"]
    return Network._from_indices(range(1, neurons + 1), labels, range(1, outputs + 1), heads, tails)


@functools.cache
def stream_task(name):
    """One of the streams of lesson 12.

    "waves": two sine waves added; the network hears one value and must say the next, which takes memory.
    "sunspots": monthly numbers, from the three months before. "co2": the weekly change at Mauna Loa, from
    the three changes before. "switching": a linear function of two random inputs, which gives way to another
    one and comes back, twice. "video": where the disc will be in the next frame, from the 576 pixels of this
    one; the disc is white, at times black.

    Parameters
    ----------
    name : str
        One of these.

    Returns
    -------
    Task

    Raises
    ------
    ValueError
        If there is no such stream.

    Examples
    --------
    >>> stream_task("sunspots").network
    Network(6 neurons, 60 arcs, inputs ['u1', 'u2', 'u3', 'bias'], outputs [1])
    """
    switches, network = (), listener(6, 3)
    if name == "waves":
        k = np.arange(3001)
        values = 0.45 * np.sin(2 * np.pi * k / 23) + 0.3 * np.sin(2 * np.pi * k / 7.3)
        samples, network = [(u, [z]) for u, z in next_of(values, 1)], listener(6, 1)
    elif name == "sunspots":
        samples = [(u, [z]) for u, z in next_of(SPOT * data.sunspots().values - 0.8, 3)]
    elif name == "co2":
        change = np.diff(data.co2().values) / 2  # ppm a week; halved, so that tanh can reach it
        heard = np.nan_to_num(change)  # "as before" is the best guess for a week that nobody measured
        samples = [(u, None if np.isnan(change[k + 3]) else [z]) for k, (u, z) in enumerate(next_of(heard, 3))]
    elif name == "switching":
        inputs, network = np.random.default_rng(1).uniform(-1, 1, (3000, 2)), listener(6, 2)
        switches, laws = (500, 800, 1600, 2200), np.array([[0.6, -0.3], [-0.3, 0.6]])
        samples = [(u, [laws[np.searchsorted(switches, k, side="right") % 2] @ u]) for k, u in enumerate(inputs)]
    elif name == "video":
        here = [shape.position for shape in itertools.islice(data.moving_disc(), data.FRAMES)]
        samples = [(frame.ravel(), z) for frame, z in zip(data.frames(), here[1:], strict=False)]
        switches, network = data.SWITCHES, listener(16, data.SIDE**2, 2)
    else:
        raise ValueError(f"name = {name!r}: must be 'waves', 'sunspots', 'co2', 'switching' or 'video'")
    return Task(network, samples, switches)


SPOT = 1.6 / 254  # so that sunspot numbers fill -0.8 to 0.8


class Local:
    """A network under one of our policies, as a learner beside `hlp_edu.backprop.Online`.

    Parameters
    ----------
    network : Network
        Who learns.
    policy : Policy
        What is done about the boundary problem.
    r : float
        Price of the weights' speed.
    seed : int
        Of the start.

    Attributes
    ----------
    stored : int
        How many numbers it must keep beside states and weights.
    """

    def __init__(self, network, policy, r, seed=0):
        self.problem = open_problem(network, r=r, speed=Streams.parameters["speed"])
        self.policy, self.state, self._start = policy, None, dict(seed=seed)
        n, m = len(network.neurons), len(network.heads)
        signs = isinstance(policy, PerArc)
        self.stored = n + (0 if isinstance(policy, GradientFlow) else m) + signs * m

    def learn(self, samples):
        """Hear, guess, be told, move; over and over.

        Parameters
        ----------
        samples : iterable of (u, z)
            As for `hlp_edu.stream`.

        Returns
        -------
        numpy.ndarray, shape (samples, outputs)
            The guesses; inf from where the run diverged.
        """
        samples = list(samples)
        rhythm = {key: Streams.parameters[key] for key in ("hold", "dt", "listen", "method")}
        fed = hlp_edu.stream(self.problem, self.policy, samples, progress=False, **self._start, **rhythm)
        made = fed.collect()[0] if fed.diverged_at is None else np.empty((0, 1))
        self.state = fed.state
        self._start = dict(start=fed.state)
        guess = np.full((len(samples), len(self.problem.network.outputs)), np.inf)
        guess[: len(made)] = made
        return guess

    def freeze(self):
        """Hold the weights from here on."""
        self.policy = Frozen()


def learner(method, network, rate, other, seed=0):
    """A learner with the settings that the study chooses among.

    Parameters
    ----------
    method : {"flip", "per arc", "gradient flow", "SGD", "SGD x 5", "BPTT", "RTRL"}
        How it learns. "SGD x 5" takes five steps a sample, as many as the local laws take while a target is shown.
    network : Network
        Who learns.
    rate : float
        What a lasting gradient of 1 moves a weight by: per time unit for the first three, per sample for the others.
    other : float
        Dissipation of "flip" and "per arc", momentum of "SGD", "SGD x 5" and "RTRL", reach of "BPTT"; not used
        by "gradient flow".
    seed : int
        Of the start.

    Returns
    -------
    Local or hlp_edu.backprop.Online

    Raises
    ------
    ValueError
        If there is no such method.

    Examples
    --------
    >>> learner("RTRL", listener(4, 2), rate=0.1, other=0.5).stored
    140
    """
    if method == "flip":
        return Local(network, Flipped(other), 1 / (rate * other), seed)
    if method == "per arc":
        return Local(network, PerArc(Streams.parameters["mu"], other), Streams.parameters["mu"] / rate, seed)
    if method == "gradient flow":
        return Local(network, GradientFlow(1), 1 / rate, seed)
    momentum = Streams.parameters["momentum"] if method == "BPTT" else other
    reach = {"SGD": 1, "SGD x 5": 1, "BPTT": int(other), "RTRL": None}
    if method not in reach:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(map(repr, METHODS))}")
    looks = 5 if method == "SGD x 5" else 1
    rate = rate * (1 - momentum) / looks
    return Online(network, rate, momentum, reach[method], Streams.parameters["sweeps"], looks, seed)


def guesses_of_naive(name, task):
    """What needs no network: the last target again, a linear function of the inputs, a constant.

    Parameters
    ----------
    name : {"persistence", "linear", "constant"}
        The last two are fitted by least squares to the part of the stream that serves for tuning.
    task : Task
        The stream.

    Returns
    -------
    numpy.ndarray, shape (samples, outputs)

    Raises
    ------
    ValueError
        If there is no such predictor.
    """
    z, k = task.targets, task.tuning
    if name == "persistence":
        guess = np.zeros_like(z)
        for i in range(1, len(z)):
            guess[i] = np.where(np.isfinite(z[i - 1]), z[i - 1], guess[i - 1])
        return guess
    if name not in ("linear", "constant"):
        raise ValueError(f"name = {name!r}: must be 'persistence', 'linear' or 'constant'")
    heard = np.array([np.append(u, 1.0) for u, _ in task.samples])[:, -1 if name == "constant" else 0 :].reshape(
        len(z), -1
    )
    known = np.isfinite(z[:k]).all(axis=1)
    return heard @ np.linalg.lstsq(heard[:k][known], z[:k][known], rcond=None)[0]


def rms(guess, target):
    """Root of the mean squared error over all samples that have a target.

    Parameters
    ----------
    guess, target : array_like, shape (samples, outputs)
        What was guessed, and what was right; nan where nothing was measured.

    Returns
    -------
    float
        Inf if a guess is no number.
    """
    known = np.isfinite(target)
    squares = (np.asarray(guess, float)[known] - np.asarray(target)[known]) ** 2
    return float(np.sqrt(np.mean(squares))) if np.isfinite(squares).all() else math.inf


class Streams:
    """Seven ways to learn from a stream, and three ways not to learn, on five streams; tuned alike, ten seeds each."""

    parameters = dict(
        tuned_on=0.4, seeds=10, tuning_seeds=3, hold=1.0, dt=0.1, listen=0.5, method="exponential", speed=10.0,
        mu=0.2, sweeps=2, momentum=0.5, window=50,
    )  # fmt: skip
    methods, naive, streams = METHODS, NAIVE, TASKS
    # RTRL on the video would take longer than all the rest: lesson 12 times one step of it instead.
    cases = tuple(case for case in itertools.product(TASKS, METHODS + NAIVE) if case != ("video", "RTRL"))
    repeats = 0.02  # how closely another machine repeats a median, relative

    @classmethod
    def trials(cls, method):
        """The twelve settings among which each method may choose: pairs of rate and other.

        Parameters
        ----------
        method : str
            One of ``methods``.

        Returns
        -------
        list of (float, float)
        """
        if method == "gradient flow":
            return [(round(0.1 * 300 ** (k / 11), 3), 0) for k in range(12)]
        others = {"flip": (1, 3), "per arc": (1, 3), "BPTT": (4, 16)}.get(method, (0.5, 0.9))
        return [(rate, other) for rate in (0.1, 0.3, 1, 3, 10, 30) for other in others]

    @classmethod
    def tune(cls, stream, method, task):
        """Choose the setting with the least error on the first part of the stream.

        Parameters
        ----------
        stream, method : str
            As in `compute`.
        task : Task
            The stream.

        Returns
        -------
        rate, other : float
            One of the `trials`.
        """
        part = task.samples[: task.tuning]
        late = slice(task.tuning // 4, task.tuning)  # the very first guesses say nothing
        seeds = range(100, 100 + cls.parameters["tuning_seeds"])  # none of those that are reported

        def error(setting):
            made = [make(method, task, setting, seed).learn(part) for seed in seeds]
            return float(np.mean([rms(guess[late], task.targets[: task.tuning][late]) for guess in made]))

        trials = cls.trials(method)
        errors = _threads(error, trials)
        return trials[int(np.argmin(errors))]

    @classmethod
    def compute(cls, stream, method):
        """One row.

        Parameters
        ----------
        stream, method : str
            One of ``streams``; one of ``methods`` or ``naive``.

        Returns
        -------
        dict
            stream, method; rate, other: what was chosen; rmse: the median error of the guesses after the part that
            served for tuning, with least and greatest; before, switch, back: the error in the last ``window`` samples
            before what is right changes for the last time but one, in the first ones after, and in the first ones
            after it has changed back; adaptive, frozen: the error in the last eighth of the stream, with weights that
            go on learning and with weights held; stores: numbers kept beside states and weights; us: microseconds a
            sample.
        """
        with threadpool_limits(1, user_api="blas"):
            return cls._compute(stream, method)

    @classmethod
    def _compute(cls, stream, method):
        task = stream_task(stream)
        row = dict(stream=stream, method=method)
        if method in cls.naive:
            guess = guesses_of_naive(method, task)
            made, rest = [guess], dict(rate=0, other=0, stores=0, us=0)
            frozen = [guess]
        else:
            setting = cls.tune(stream, method, task)
            rest = dict(rate=setting[0], other=setting[1])
            rest |= dict(stores=make(method, task, setting, 0).stored, us=_pace(method, task, setting))
            last = cls._freeze(task)

            def whole(seed):
                one = make(method, task, setting, seed)
                early = one.learn(task.samples[:last])
                still = copy.deepcopy(one)
                still.freeze()
                late = one.learn(task.samples[last:])
                return np.concatenate([early, late]), np.concatenate([early, still.learn(task.samples[last:])])

            made, frozen = zip(*_threads(whole, range(cls.parameters["seeds"])), strict=True)
        return (
            row
            | {key: rest[key] for key in ("rate", "other")}
            | cls._measures(task, made, frozen)
            | {key: rest[key] for key in ("stores", "us")}
        )

    @staticmethod
    def _freeze(task):
        return len(task.samples) * 7 // 8

    @classmethod
    def _measures(cls, task, made, frozen):
        z, window, last = task.targets, cls.parameters["window"], cls._freeze(task)
        spans = dict(rmse=slice(task.tuning, None), adaptive=slice(last, None), frozen=slice(last, None))
        if task.switches:
            away, back = task.switches[-2:]
            spans |= dict(before=slice(away - window, away), switch=slice(away, away + window))
            spans |= dict(back=slice(back, back + window))
        errors = {
            name: [rms(guess[span], z[span]) for guess in (frozen if name == "frozen" else made)]
            for name, span in spans.items()
        }
        found = {name: statistics.median(errors[name]) if name in errors else math.nan for name in
                 ("rmse", "before", "switch", "back", "adaptive", "frozen")}  # fmt: skip
        found |= {"rmse min": min(errors["rmse"]), "rmse max": max(errors["rmse"])}
        order = ("rmse", "rmse min", "rmse max", "before", "switch", "back", "adaptive", "frozen")
        return {name: float(f"{found[name]:.4g}") for name in order}


def make(method, task, setting, seed):
    """A learner for a task: the rate is per unit of the inputs' mean square, as in normalised descent.

    Parameters
    ----------
    method : str
        As in `learner`.
    task : Task
        The stream.
    setting : (float, float)
        Rate and other.
    seed : int
        Of the start.

    Returns
    -------
    Local or hlp_edu.backprop.Online
    """
    power = 1 + np.mean([np.dot(u, u) for u, _ in task.samples[: task.tuning]])
    return learner(method, task.network, setting[0] / power, setting[1], seed)


def _pace(method, task, setting, count=100):
    """Microseconds a sample: the best of many, for half a second, since the machine may be busy with other things."""
    one, seconds = make(method, task, setting, 0), []
    one.learn(task.samples[:count])  # the first one compiles
    while len(seconds) < 5 or sum(seconds) < 0.5:
        begun = time.perf_counter()
        one.learn(task.samples[:count])
        seconds.append(time.perf_counter() - begun)
    return round(1e6 * min(seconds) / count)


def _threads(function, values):
    import joblib

    return joblib.Parallel(n_jobs=os.cpu_count(), prefer="threads")(joblib.delayed(function)(value) for value in values)


STUDIES = {"optimality": Optimality, "streams": Streams}


def study(name):
    """The result of a study, as it ships with the package.

    Parameters
    ----------
    name : str
        One of STUDIES.

    Returns
    -------
    Table
        Its ``about`` holds the parameters and the version of hlp_edu that computed it.

    Raises
    ------
    ValueError
        If there is no such study, or its file is missing.

    Examples
    --------
    >>> len(study("optimality"))
    30
    """
    _known(name)
    path = SHELF / f"{name}.csv"
    if not path.exists():
        raise ValueError(f"name = {name!r}: has not been computed; compute it with: hlp-edu study {name}")
    lines = path.read_text(encoding="utf-8").splitlines()
    about = {}
    for line in lines:
        if line.startswith("# "):
            key, _, value = line[2:].partition(" = ")
            about[key] = _value(value)
    rows = csv.DictReader([line for line in lines if not line.startswith("#")])
    return Table([{key: _value(value) for key, value in row.items()} for row in rows], about)


def write_study(name, folder=None, say=print):
    """Compute a study and write its CSV; takes minutes.

    Parameters
    ----------
    name : str
        One of STUDIES.
    folder : str or path, optional
        Where to; the package's own shelf by default.
    say : callable
        Told about every row.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If there is no such study.
    """
    plan = _known(name)
    rows, begun = [], time.perf_counter()
    for case in plan.cases:
        rows.append(plan.compute(*case))
        say(f"{len(rows)} of {len(plan.cases)}: {rows[-1]}, after {time.perf_counter() - begun:.0f} s")
    path = Path(SHELF if folder is None else folder) / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"study": name, "version": hlp_edu.__version__} | plan.parameters
    text = [f"# {key} = {value}" for key, value in head.items()]
    text += [",".join(rows[0])] + [",".join(str(value) for value in row.values()) for row in rows]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def _known(name):
    if name not in STUDIES:
        raise ValueError(f"name = {name!r}: must be one of {', '.join(map(repr, STUDIES))}")
    return STUDIES[name]


def _value(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def freeze_test(problem, policy, T=40.0, rest=20.0, seed=0, dt=0.01):
    """Let a network follow its target, then stop the weights, and only the weights.

    Parameters
    ----------
    problem : Tracking
        What is to be followed.
    policy : Policy
        Under which the weights move at first.
    T, rest : float
        How long the weights are free, and how long they then stand still.
    seed : int
        Of the start.
    dt : float
        The step.

    Returns
    -------
    free, stopped : float
        RMSE over the last ``rest`` time units with free weights, and over those that follow.

    Raises
    ------
    ValueError
        If ``rest`` is longer than ``T``, or as `hlp_edu.run`.

    Examples
    --------
    >>> free, stopped = freeze_test(tracking_problem("sinusoid"), Flipped(30, 5), T=20, rest=10)
    >>> free < 0.1 < stopped
    True
    """
    rest, T = number("rest", rest, above=0), number("T", T, above=0)
    if rest > T:
        raise ValueError(f"rest = {rest:g}: must be at most T = {T:g}")
    free = run(problem, policy, T, dt=dt, seed=seed)
    if free.diverged_at is not None:
        return np.inf, np.inf
    stopped = run(problem, hlp_edu.Frozen(), rest, dt=dt, start=free.final)
    return free.rmse(after=free.t[-1] - rest), stopped.rmse()
