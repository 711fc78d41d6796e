"""How old may the past be that a local law learns to answer from? A study of lesson 15.

Six neurons get a sum of three waves and must say what it was a delay ago. Neurons remember for about 1/c each, and
c = 5. Weights are slow (r = 1000) and held in the exam. A local law chooses among three settings, on three other
seeds; backpropagation through time takes forty steps of a quasi-Newton method; the best straight line through the
present input has no memory at all.
"""

import numpy as np

from hlp_edu.backprop import bptt
from hlp_edu.flow import initial_state, run
from hlp_edu.policies import Flipped, Frozen, GradientFlow
from hlp_edu.problem import Tracking
from hlp_edu.studies.shelf import rounded, spread
from hlp_edu.studies.streams import listener

__all__ = ["DELAYS", "KIT", "Recall", "by_bptt", "by_local_law", "exam", "line", "task", "waves"]

DELAYS = (0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
KIT = (Flipped(0.3, 5), Flipped(1, 5), GradientFlow(3))


def waves(t):
    """The input: three sine waves.

    Parameters
    ----------
    t : float or array_like
        Times.
    """
    t = np.asarray(t)
    return 0.5 * np.sin(t) + 0.4 * np.sin(2.3 * t + 1) + 0.3 * np.sin(3.7 * t + 2)


def task(delay, speed=5):
    """The task: say now what the input was a delay ago.

    Parameters
    ----------
    delay, speed : float
        Age of the answer, and speed of the neurons.

    Returns
    -------
    Tracking
    """
    net = listener(6, 1)
    return Tracking(net, lambda t: waves(t - delay), q=100, r_w=0.01, r=1000, speed=speed, inputs={"u1": waves})


def exam(delay, w):
    """Error of held weights on a later stretch.

    Parameters
    ----------
    delay : float
        Age of the answer.
    w : array_like, shape (arcs,)
        Weights.
    """
    return run(task(delay), Frozen(), T=60, dt=0.05, t0=1000, x0=np.zeros(6), w0=w).rmse(after=1010)


def line(delay):
    """Error of the best straight line through the present input.

    Parameters
    ----------
    delay : float
        Age of the answer.
    """
    t = np.arange(1010, 1060, 0.05)
    u, z = waves(t), waves(t - delay)
    return float(np.std(z - np.polyval(np.polyfit(u, z, 1), u)))


def by_local_law(delay, policy, seeds):
    """Errors after a stream of 300 time units under a policy.

    Parameters
    ----------
    delay : float
        Age of the answer.
    policy : Policy
        The law of the weights.
    seeds : iterable of int
        Starts.

    Returns
    -------
    numpy.ndarray, shape (seeds,)
    """
    made = [run(task(delay), policy, 300, dt=0.05, seed=seed, every=10**6) for seed in seeds]
    return np.array([exam(delay, one.final.w) for one in made])


def by_bptt(delay, seeds):
    """Errors after forty quasi-Newton steps down the gradient of backpropagation through time.

    Parameters
    ----------
    delay : float
        Age of the answer.
    seeds : iterable of int
        Starts.

    Returns
    -------
    numpy.ndarray, shape (seeds,)
    """
    from scipy.optimize import minimize

    here, found = task(delay), []
    for seed in seeds:
        begin = initial_state(here, Flipped(), seed).w
        few = dict(method="L-BFGS-B", options=dict(maxiter=40))
        made = minimize(lambda w: bptt(here, w, T=20, dt=0.1), begin, jac=True, **few)
        found.append(exam(delay, made.x))
    return np.array(found)


class Recall:
    """A straight line, a local law and backpropagation through time answer from a past of six ages; ten seeds each."""

    parameters = dict(seeds=10, speed=5.0, T=300.0, dt=0.05)
    cases = tuple((delay, method) for delay in DELAYS for method in ("line", "local law", "BPTT"))
    repeats = 0.02  # how closely another machine repeats an error, relative

    @classmethod
    def compute(cls, delay, method):
        """One row.

        Parameters
        ----------
        delay : float
            One of `DELAYS`.
        method : str
            "line", "local law" or "BPTT".

        Returns
        -------
        dict
            delay, method, chosen (which of `KIT`, -1 if there is no choice), rmse, rmse min, rmse max.
        """
        chosen, seeds = -1, range(cls.parameters["seeds"])
        if method == "line":
            errors = np.array([line(delay)])
        elif method == "BPTT":
            errors = by_bptt(delay, seeds)
        else:
            trials = [np.median(by_local_law(delay, policy, range(10, 13))) for policy in KIT]
            chosen = int(np.argmin(trials))
            errors = by_local_law(delay, KIT[chosen], seeds)
        row = dict(delay=delay, method=method, chosen=chosen)
        return row | rounded(**spread(errors))
