"""Ways to learn from a stream, and ways not to learn, tuned alike and compared on five streams: lesson 14's study."""

import copy
import functools
import itertools
import math
import os
import statistics
import time
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from hlp_edu import data
from hlp_edu.backprop import Online
from hlp_edu.network import Network
from hlp_edu.policies import Flipped, Frozen, GradientFlow
from hlp_edu.prospective import ProspectiveFlow, ProspectiveSteering
from hlp_edu.stream import next_of, open_problem, stream
from hlp_edu.studies.shelf import rounded, spread
from hlp_edu.switching import PerArc
from hlp_edu.validate import one_of

__all__ = [
    "LEARNERS", "LOCAL", "NAIVE", "SPOT", "STREAMS", "Streams", "guesses_of_naive", "learner", "listener", "make",
    "rms", "stream_task",
]  # fmt: skip

LOCAL = ("damped flip", "per-arc signs, damped", "gradient flow", "prospective flow", "prospective steering")
LEARNERS = (*LOCAL, "SGD", "SGD x 5", "BPTT", "RTRL")
ONE_NUMBER = LOCAL[2:]  # they have a rate and nothing else to be chosen
NAIVE = ("persistence", "linear", "constant")
STREAMS = ("waves", "sunspots", "co2", "switching", "video")


class StreamTask(NamedTuple):
    """A stream to learn from: the network, a list of samples (u, z), and the samples at which the rule changes.

    z is None where nothing was measured. The first two of the ``switches`` come early enough for the settings to be
    chosen with them.
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
    """A fully connected network, bias included, in which every neuron has an arc from every input.

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
    """One of the streams of lesson 14.

    "waves": two sine waves added; the network sees one value and must give the next, which takes memory.
    "sunspots": monthly numbers, from the three months before. "co2": the weekly change at Mauna Loa, from
    the three changes before. "switching": a linear function of two random inputs, which gives way to another
    one and comes back, twice. "video": where the disc will be in the next frame, from the 576 pixels of this
    one; the disc is white, at times black.

    Parameters
    ----------
    name : str
        One of `STREAMS`.

    Returns
    -------
    StreamTask
        With ``network``, ``samples``, ``switches``, ``targets`` (nan where there is none) and ``tuning``, the number
        of samples at the beginning that serve to choose the settings of a method.

    Raises
    ------
    ValueError
        If there is no such stream.

    Examples
    --------
    >>> stream_task("sunspots").network
    Network(6 neurons, 60 arcs, inputs ['u1', 'u2', 'u3', 'bias'], outputs [1])
    """
    one_of("name", name, STREAMS)
    switches, network = (), listener(6, 3)
    if name == "waves":
        k = np.arange(3001)
        values = 0.45 * np.sin(2 * np.pi * k / 23) + 0.3 * np.sin(2 * np.pi * k / 7.3)
        samples, network = [(u, [z]) for u, z in next_of(values, 1)], listener(6, 1)
    elif name == "sunspots":
        samples = [(u, [z]) for u, z in next_of(SPOT * data.sunspots().values - 0.8, 3)]
    elif name == "co2":
        change = np.diff(data.co2().values) / 2  # ppm a week; halved, to be in the range of tanh
        filled = np.nan_to_num(change)  # "as before" is the best guess for a week without a measurement
        samples = [(u, None if np.isnan(change[k + 3]) else [z]) for k, (u, z) in enumerate(next_of(filled, 3))]
    elif name == "switching":
        inputs, network = np.random.default_rng(1).uniform(-1, 1, (3000, 2)), listener(6, 2)
        switches, laws = (500, 800, 1600, 2200), np.array([[0.6, -0.3], [-0.3, 0.6]])
        samples = [(u, [laws[np.searchsorted(switches, k, side="right") % 2] @ u]) for k, u in enumerate(inputs)]
    else:  # the video
        here = [shape.position for shape in itertools.islice(data.moving_disc(), data.FRAMES)]
        samples = [(frame.ravel(), z) for frame, z in zip(data.frames(), here[1:], strict=False)]
        switches, network = data.SWITCHES, listener(16, data.SIDE**2, 2)
    return StreamTask(network, samples, switches)


SPOT = 1.6 / 254  # so that sunspot numbers fill -0.8 to 0.8


class Local:
    """A network under one of our policies, as a learner with the methods of `hlp_edu.backprop.Online`."""

    def __init__(self, network, policy, r, seed=0):
        self.problem = open_problem(network, r=r, speed=Streams.parameters["speed"])
        self.policy, self.state, self._start = policy, None, dict(seed=seed)
        n, m = len(network.neurons), len(network.heads)
        # How many numbers it keeps beside states and weights: costates and signs. Those of (17) are made anew.
        few = {GradientFlow: n, ProspectiveFlow: n, ProspectiveSteering: 0, PerArc: n + 2 * m}
        self.stored = few.get(type(policy), n + m)

    def learn(self, samples):
        """The guesses for a stretch of the stream, learning on the way; inf from where the run diverged."""
        samples = list(samples)
        rhythm = {key: Streams.parameters[key] for key in ("hold", "dt", "listen", "method")}
        fed = stream(self.problem, self.policy, samples, progress=False, **self._start, **rhythm)
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
    method : str
        One of `LEARNERS`. "SGD x 5" takes five steps a sample, as many as the local laws take while a target is shown.
    network : Network
        The network that learns.
    rate : float
        What a lasting gradient of 1 moves a weight by: per time unit for the first four, per sample for the last four.
        For "prospective steering", omega where the leverage K is 1: how fast an error goes, per time unit.
    other : float
        Dissipation of the damped policies, momentum of "SGD", "SGD x 5" and "RTRL", number of samples
        kept by "BPTT"; the others have none.
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
    one_of("method", method, LEARNERS)
    if method == "damped flip":
        return Local(network, Flipped(other), 1 / (rate * other), seed)
    if method == "per-arc signs, damped":
        return Local(network, PerArc(Streams.parameters["mu"], other), Streams.parameters["mu"] / rate, seed)
    if method == "gradient flow":
        return Local(network, GradientFlow(1), 1 / rate, seed)
    if method == "prospective flow":  # targets stay while they are held: there is no slope to lead by
        return Local(network, ProspectiveFlow(1), 1 / rate, seed)
    if method == "prospective steering":
        return Local(network, ProspectiveSteering(floor=0.01), 1 / rate**2, seed)
    momentum = Streams.parameters["momentum"] if method == "BPTT" else other
    kept = {"SGD": 1, "SGD x 5": 1, "BPTT": int(other), "RTRL": None}[method]
    steps = 5 if method == "SGD x 5" else 1
    return Online(network, rate * (1 - momentum) / steps, momentum, kept, Streams.parameters["sweeps"], steps, seed)


def guesses_of_naive(name, task):
    """What needs no network: the last target again, a linear function of the inputs, a constant.

    Parameters
    ----------
    name : {"persistence", "linear", "constant"}
        The last two are fitted by least squares to the part of the stream that serves for tuning.
    task : StreamTask
        The stream.

    Returns
    -------
    numpy.ndarray, shape (samples, outputs)

    Raises
    ------
    ValueError
        If there is no such predictor.
    """
    one_of("name", name, NAIVE)
    z, k = task.targets, task.tuning
    if name == "persistence":
        guess = np.zeros_like(z)
        for i in range(1, len(z)):
            guess[i] = np.where(np.isfinite(z[i - 1]), z[i - 1], guess[i - 1])
        return guess
    inputs = np.array([np.append(u, 1.0) for u, _ in task.samples])
    if name == "constant":
        inputs = inputs[:, -1:]
    known = np.isfinite(z[:k]).all(axis=1)
    return inputs @ np.linalg.lstsq(inputs[:k][known], z[:k][known], rcond=None)[0]


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
    """Nine ways to learn from a stream, and three ways not to learn, on five streams; tuned alike, ten seeds each."""

    parameters = dict(
        tuned_on=0.4, seeds=10, tuning_seeds=3, hold=1.0, dt=0.1, listen=0.5, method="exponential", speed=10.0,
        mu=0.2, sweeps=2, momentum=0.5, window=50,
    )  # fmt: skip
    # RTRL on the video would take longer than all the rest. Steering is for one output, and the video has two.
    left_out = (("video", "RTRL"), ("video", "prospective steering"))
    cases = tuple(itertools.filterfalse(left_out.__contains__, itertools.product(STREAMS, LEARNERS + NAIVE)))
    repeats = 0.02  # how closely another machine repeats a median, relative

    @classmethod
    def trials(cls, method):
        """The twelve settings among which each method may choose: pairs of rate and other.

        Parameters
        ----------
        method : str
            One of `LEARNERS`.

        Returns
        -------
        list of (float, float)
        """
        if method in ONE_NUMBER:
            return [(round(0.1 * 300 ** (k / 11), 3), 0) for k in range(12)]
        others = {"damped flip": (1, 3), "per-arc signs, damped": (1, 3), "BPTT": (4, 16)}.get(method, (0.5, 0.9))
        return [(rate, other) for rate in (0.1, 0.3, 1, 3, 10, 30) for other in others]

    @classmethod
    def _tune(cls, method, task):
        """Choose the setting with the least error on the first part of the stream: one of the `trials`."""
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
    @threadpool_limits.wrap(limits=1, user_api="blas")
    def compute(cls, stream, method):
        """One row.

        Parameters
        ----------
        stream, method : str
            One of `STREAMS`; one of `LEARNERS` or `NAIVE`.

        Returns
        -------
        dict
            stream, method; rate, other: what was chosen; rmse: the median error of the guesses after the part that
            served for tuning, with least and greatest; before, switch, back: the error in the last ``window`` samples
            before the rule changes for the last time but one, in the first ones after, and in the first ones after it
            has changed back; adaptive, frozen: the error in the last eighth of the stream, with weights that learn
            and with weights held; stores: numbers kept beside states and weights; us: microseconds a
            sample.
        """
        task = stream_task(stream)
        if method in NAIVE:
            setting, made = (0, 0), [guesses_of_naive(method, task)]
            frozen, price = made, dict(stores=0, us=0)
        else:
            setting = cls._tune(method, task)
            price = dict(stores=make(method, task, setting, 0).stored, us=_pace(method, task, setting))
            last = _last_eighth(task)

            def whole(seed):
                one = make(method, task, setting, seed)
                early = one.learn(task.samples[:last])
                held = copy.deepcopy(one)
                held.freeze()
                return tuple(np.concatenate([early, other.learn(task.samples[last:])]) for other in (one, held))

            made, frozen = zip(*_threads(whole, range(cls.parameters["seeds"])), strict=True)
        chosen = dict(stream=stream, method=method, rate=setting[0], other=setting[1])
        return chosen | cls._measures(task, made, frozen) | price

    @classmethod
    def _measures(cls, task, made, frozen):
        z, window, last = task.targets, cls.parameters["window"], _last_eighth(task)
        spans = dict(rmse=slice(task.tuning, None), adaptive=slice(last, None), frozen=slice(last, None))
        if task.switches:
            away, back = task.switches[-2:]
            spans |= dict(before=slice(away - window, away), switch=slice(away, away + window))
            spans |= dict(back=slice(back, back + window))
        errors = {
            name: [rms(guess[span], z[span]) for guess in (frozen if name == "frozen" else made)]
            for name, span in spans.items()
        }
        found = spread(errors.pop("rmse"))
        for name in ("before", "switch", "back", "adaptive", "frozen"):
            found[name] = statistics.median(errors[name]) if name in errors else math.nan
        return rounded(**found)


def make(method, task, setting, seed):
    """A learner for a task: the rate is per unit of the inputs' mean square, as in normalised descent.

    Parameters
    ----------
    method : str
        One of `LEARNERS`.
    task : StreamTask
        The stream.
    setting : (float, float)
        The arguments ``rate``, for inputs of mean square 1, and ``other`` of `learner`.
    seed : int
        Of the start.

    Returns
    -------
    Local or hlp_edu.backprop.Online
    """
    power = 1 + np.mean([np.dot(u, u) for u, _ in task.samples[: task.tuning]])
    return learner(method, task.network, setting[0] / power, setting[1], seed)


def _last_eighth(task):
    return len(task.samples) * 7 // 8


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
