"""A fair fight: local laws and online backpropagation learn one rule from one stream; lesson 15's study.

A layered network gets u and must answer with 0.7 sin(2.5 u), which goes up, down and up: it needs hidden neurons.
Every method sees the stream once, at the same steps, from the same weights; each chooses among twenty settings on
seeds 0 to 2 and on a stretch of the stream of its own. The exam is a later stretch, with the weights held, answered
by sweeps at infinite speed, so that a slow neuron costs nothing there.
"""

import functools
import itertools
import math

import numpy as np

from hlp_edu.flow import initial_state, run
from hlp_edu.network import feed_forward
from hlp_edu.policies import Flipped, GradientFlow
from hlp_edu.problem import Tracking
from hlp_edu.prospective import ProspectiveFlow
from hlp_edu.studies.shelf import rounded, shipped, spread
from hlp_edu.switching import PerArc
from hlp_edu.validate import one_of

__all__ = [
    "Contest", "EXAMS", "LEARNERS", "TASKS", "answers", "bumped", "by_flow", "by_sgd", "careful", "elsewhere",
    "exam_error", "fit", "fitted", "hindsight", "input_at", "network_of", "rule", "settings_of", "start", "task",
    "tune", "wins",
]  # fmt: skip

LEARNERS = ("online backprop", "damped flip", "per-arc signs, damped", "gradient flow", "prospective flow")
TASKS = ("plain", "deep", "noise")
EXAM, PRACTICE = np.arange(2000, 2060, 0.1), np.arange(1500, 1560, 0.1)
Q, EVERY, LOUD = 100.0, 0.04, 0.4  # price of the error, time between two samples, size of the noise


def input_at(t):
    """The input: two sine waves.

    Parameters
    ----------
    t : float or array_like
        Times.
    """
    return 0.7 * np.sin(t) + 0.5 * np.sin(2.3 * np.asarray(t) + 1)


def elsewhere(t):
    """Another input, with other waves.

    Parameters
    ----------
    t : float or array_like
        Times.
    """
    return 0.6 * np.sin(1.4 * np.asarray(t) + 2) + 0.6 * np.sin(0.37 * np.asarray(t))


def rule(u):
    """The rule to be learned.

    Parameters
    ----------
    u : float or array_like
        Inputs.
    """
    return 0.7 * np.sin(2.5 * np.asarray(u))


@functools.cache
def _hiss():
    return np.random.default_rng(5).normal(0, LOUD, 40_000)


def target_at(name, t, signal=input_at):
    """The target that is told at times t; in the task "noise" a new error is added at every sample."""
    clean = rule(signal(t))
    if name != "noise":
        return clean
    return clean + _hiss()[np.floor(np.asarray(t) / EVERY + 1e-6).astype(int) % len(_hiss())]


@functools.cache
def network_of(name):
    """The network of a task: one input, a bias, one output; eight hidden neurons, or three layers of four.

    Parameters
    ----------
    name : str
        One of `TASKS`.

    Raises
    ------
    ValueError
        If there is no such task.
    """
    one_of("name", name, TASKS)
    return feed_forward([1, 4, 4, 4, 1] if name == "deep" else [1, 8, 1])


def task(name="plain", signal=input_at, **prices):
    """The rule as a problem for a policy.

    Parameters
    ----------
    name : str
        One of `TASKS`.
    signal : callable
        The input, as a function of time.
    **prices
        r, speed, or other arguments of `hlp_edu.Tracking`.

    Returns
    -------
    Tracking
    """
    given = dict(q=Q, r_w=0.01, inputs={"u1": signal}) | prices
    return Tracking(network_of(name), lambda t: target_at(name, t, signal), **given)


def start(name, seeds):
    """Weights at the start, those of `hlp_edu.run`, shape (seeds, arcs).

    Parameters
    ----------
    name : str
        One of `TASKS`.
    seeds : iterable of int
        Which.
    """
    return np.array([initial_state(task(name), Flipped(), seed).w for seed in seeds])


# ------------------------------------------------------------------- sweeps, for many networks at once


@functools.cache
def _blocks(network):
    """For each layer, the arcs of its matrix: rows are its neurons, columns the layer before and the bias."""
    arc = {(int(i), int(j)): k for k, (i, j) in enumerate(zip(network.heads, network.tails, strict=True))}
    n, found = len(network.neurons), []
    before = [n + network.inputs.index("u1")]
    bias = n + network.inputs.index("bias")
    while network.output_index[0] not in before:
        layer = sorted({i for i, j in arc if j in before})
        found.append(np.array([[arc[i, j] for j in (*before, bias)] for i in layer]))
        before = layer
    return found


def _with_bias(y):
    return np.concatenate([y, np.ones((*y.shape[:-1], 1))], axis=-1)


def _sweep(matrices, u):
    """The inputs of each layer, and the output of the last."""
    y, layers = np.asarray(u, float)[..., None], []
    for W in matrices:
        layers.append(_with_bias(y))
        y = np.tanh((W @ layers[-1][..., None])[..., 0])
    return layers, y


def answers(network, w, u):
    """The output of a layered network at rest, for many weights and inputs.

    Parameters
    ----------
    network : Network
        Layered, with the inputs "u1" and "bias".
    w : array_like, shape (..., arcs)
        Weights of one network or of many.
    u : array_like, shape (inputs,)
        Values of the input.

    Returns
    -------
    numpy.ndarray, shape (..., inputs)
    """
    w = np.asarray(w, float)[..., None, :]
    return _sweep([w[..., block] for block in _blocks(network)], u)[1][..., 0]


def exam_error(name, w, signal=input_at, t=EXAM, size=1.0):
    """Root mean square error of held weights, against the rule itself.

    Parameters
    ----------
    name : str
        One of `TASKS`.
    w : array_like, shape (..., arcs)
        Weights.
    signal : callable
        The input, as a function of time.
    t : numpy.ndarray
        Times of the exam.
    size : float
        What the input is multiplied by.
    """
    u = size * signal(t)
    return np.sqrt(np.mean((answers(network_of(name), w, u) - rule(u)) ** 2, axis=-1))


def bumped(name, w, draws=20):
    """The exam's error when every weight is changed by a tenth, at random; the mean of 20 draws.

    Parameters
    ----------
    name : str
        One of `TASKS`.
    w : array_like, shape (..., arcs)
        Weights.
    draws : int
        How many.
    """
    dice = np.random.default_rng(0)
    return np.mean([exam_error(name, w * (1 + 0.1 * dice.standard_normal(np.shape(w)))) for _ in range(draws)], axis=0)


# ------------------------------------------------------------------- the two camps


def by_sgd(name, settings, T, w, every=EVERY, signal=input_at):
    """Online backpropagation with momentum: at each sample a sweep forward, one back, one step.

    Parameters
    ----------
    name : str
        One of `TASKS`.
    settings : list of (float, float)
        Rate and momentum of each trial.
    T, every : float
        Length of the stream, and time between two samples.
    w : numpy.ndarray, shape (seeds, arcs)
        Weights at the start.
    signal : callable
        The input, as a function of time.

    Returns
    -------
    numpy.ndarray, shape (settings, seeds, arcs)
    """
    blocks = _blocks(network_of(name))
    rate, momentum = np.array(settings, float).T[:, :, None, None, None]
    matrices = [np.repeat(w[None][..., block], len(settings), axis=0) for block in blocks]
    steps = [np.zeros_like(W) for W in matrices]
    times = np.arange(0, T, every)
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too large ends as nan
        for u, z in zip(signal(times), target_at(name, times, signal), strict=True):
            layers, y = _sweep(matrices, np.full(matrices[0].shape[:2], u))
            delta = Q * (y - z) * (1 - y**2)
            for k in reversed(range(len(blocks))):
                slope = delta[..., None] * layers[k][..., None, :] + 0.01 * matrices[k]
                if k:
                    back = (matrices[k][..., :-1] * delta[..., None]).sum(-2)
                    delta = back * (1 - layers[k][..., :-1] ** 2)
                steps[k] = momentum * steps[k] - rate * slope
                matrices[k] = matrices[k] + steps[k]
    found = np.empty((len(settings), *w.shape))
    for block, W in zip(blocks, matrices, strict=True):
        found[..., block.ravel()] = W.reshape(*W.shape[:2], -1)
    return found


def _policy(method, r, friction, speed):
    """The policy of a setting; the friction on p_x is a quarter of the speed."""
    if method == "damped flip":
        return Flipped(friction, speed / 4)
    if method == "per-arc signs, damped":
        return PerArc(math.sqrt(r / Q), friction, speed / 4)
    return GradientFlow(1.0) if method == "gradient flow" else ProspectiveFlow(1.0, lead=0.0, slope="measured")


def by_flow(name, method, settings, T, w, speed=20, dt=EVERY, signal=input_at, integrator="rk4"):
    """The same for a local law, from rest; the weights of a run that diverges are nan.

    Parameters
    ----------
    name, method : str
        One of `TASKS`, one of `LEARNERS`.
    settings : list of (float, float)
        r and friction of each trial.
    T : float
        Length of the stream.
    w : numpy.ndarray, shape (seeds, arcs)
        Weights at the start.
    speed, dt : float
        Of the neurons, and of the integrator.
    signal : callable
        The input, as a function of time.
    integrator : str
        A method of `hlp_edu.run`.

    Returns
    -------
    numpy.ndarray, shape (settings, seeds, arcs)
    """
    found = np.full((len(settings), *w.shape), np.nan)
    for (k, (r, friction)), j in itertools.product(enumerate(settings), range(len(w))):
        here, policy = task(name, signal, r=r, speed=speed), _policy(method, r, friction, speed)
        begin = dict(x0=np.zeros(len(here.network.neurons)), w0=w[j])
        made = run(here, policy, T, dt=dt, every=10**6, method=integrator, **begin)
        if made.diverged_at is None:
            found[k, j] = made.final.w
    return found


def settings_of(method):
    """The twenty settings among which a method may choose: (rate, momentum), or (r, friction).

    Parameters
    ----------
    method : str
        One of `LEARNERS`; the last two have no friction, and twenty values of r.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    one_of("method", method, LEARNERS)
    if method == "online backprop":
        return list(itertools.product((1e-3, 3e-4, 1e-4, 3e-5, 1e-5), (0, 0.9, 0.97, 0.99)))
    if method in LEARNERS[1:3]:
        return list(itertools.product((10, 30, 100, 1000), (0.1, 0.3, 1, 3, 10)))
    return [(round(10 ** (1 + k / 8), 1), 0) for k in range(20)]


def fit(name, method, settings, T, w, **how):
    """Weights after the stream, by any method.

    Parameters
    ----------
    name, method : str
        One of `TASKS`, one of `LEARNERS`.
    settings : list of (float, float)
        As in `settings_of`.
    T : float
        Length of the stream.
    w : numpy.ndarray, shape (seeds, arcs)
        Weights at the start.
    **how
        Other arguments of `by_sgd` or `by_flow`.

    Returns
    -------
    numpy.ndarray, shape (settings, seeds, arcs)

    Raises
    ------
    ValueError
        If there is no such method.
    """
    one_of("method", method, LEARNERS)
    if method == "online backprop":
        return by_sgd(name, settings, T, w, **how)
    return by_flow(name, method, settings, T, w, **how)


def tune(name, method, T, settings=None, **how):
    """The setting with the least median error on seeds 0 to 2 and a stretch that is not the exam's.

    Parameters
    ----------
    name, method : str
        One of `TASKS`, one of `LEARNERS`.
    T : float
        Length of the stream.
    settings : list of (float, float), optional
        `settings_of` the method by default.
    **how
        Other arguments of `by_sgd` or `by_flow`.

    Returns
    -------
    (float, float)
    """
    settings = settings_of(method) if settings is None else settings
    trials = fit(name, method, settings, T, start(name, range(3)), **how)
    errors = np.median(exam_error(name, trials, t=PRACTICE), axis=1)
    return settings[int(np.nanargmin(errors))]


# What is asked of held weights: a function of weights, shape (..., arcs), each.
EXAMS = {
    "later": functools.partial(exam_error, "plain"),
    "another input": functools.partial(exam_error, "plain", signal=elsewhere),
    "larger inputs": functools.partial(exam_error, "plain", size=1.3),
    "bumped weights": functools.partial(bumped, "plain"),
}
FINER = [(rate, momentum) for rate in (2e-4, 1.5e-4, 1e-4, 7e-5) for momentum in (0, 0.5)]


@functools.cache
def fitted(method, T=1000, speed=20, task="plain"):
    """Weights of ten networks after the stream, with the setting that the study chose at speed 20.

    Parameters
    ----------
    method : str
        One of `LEARNERS`.
    T, speed : float
        Length of the stream, and speed of the neurons.
    task : str
        One of `TASKS`.

    Returns
    -------
    numpy.ndarray, shape (10, arcs)
    """
    rows = {(row["task"], row["method"], row["T"]): row for row in shipped("contest").rows}
    row = rows[task, method, T]
    how = {} if method == "online backprop" else dict(speed=speed, dt=0.8 / speed)
    return fit(task, method, [(row["first"], row["second"])], T, start(task, range(10)), **how)[0]


def wins(ours, rival, exam):
    """On how many seeds ``ours`` has the smaller error.

    Parameters
    ----------
    ours, rival : numpy.ndarray, shape (seeds, arcs)
        Weights of two camps.
    exam : callable
        One of `EXAMS`.
    """
    return int((exam(ours) < exam(rival)).sum())


@functools.cache
def hindsight(exam):
    """Online backpropagation with the one of its twenty settings that is best in an exam: ten networks.

    Parameters
    ----------
    exam : str
        One of `EXAMS`.

    Returns
    -------
    numpy.ndarray, shape (10, arcs)
    """
    settings = settings_of("online backprop")
    trials = by_sgd("plain", settings, 1000, start("plain", range(3)))
    best = int(np.nanargmin(np.median(EXAMS[exam](trials), axis=1)))
    return by_sgd("plain", [settings[best]], 1000, start("plain", range(10)))[0]


@functools.cache
def careful():
    """Online backpropagation in the task "noise", its rate chosen from finer steps: ten networks.

    Returns
    -------
    numpy.ndarray, shape (10, arcs)
    """
    setting = tune("noise", "online backprop", 1000, FINER)
    return by_sgd("noise", [setting], 1000, start("noise", range(10)))[0]


class Contest:
    """Online backpropagation and four local laws learn one rule: plain, with three hidden layers, with noise."""

    parameters = dict(seeds=10, tuning_seeds=3, speed=20.0, every=EVERY, noise=LOUD)
    cases = tuple((name, method, T) for name in TASKS for T in ((100, 1000) if name == "plain" else (1000,))
                  for method in LEARNERS)  # fmt: skip
    repeats = 0.02  # how closely another machine repeats an error, relative

    @classmethod
    def compute(cls, task, method, T):
        """One row.

        Parameters
        ----------
        task, method : str
            One of `TASKS`, one of `LEARNERS`.
        T : int
            Length of the stream.

        Returns
        -------
        dict
            task, method, T; first, second: the setting that was chosen; rmse: the median of the exam's errors of ten
            seeds, with least and greatest.
        """
        setting, begin = tune(task, method, T), start(task, range(cls.parameters["seeds"]))
        errors = exam_error(task, fit(task, method, [setting], T, begin)[0])
        row = dict(task=task, method=method, T=T, first=setting[0], second=setting[1])
        return row | rounded(**spread(errors))
