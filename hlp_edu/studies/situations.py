"""What lesson 16's table of situations needs and no other study holds: jumps, unequal speeds, numbers kept."""

import numpy as np

from hlp_edu.batch import runs
from hlp_edu.compare import sets, tracking_problem
from hlp_edu.flow import run
from hlp_edu.prospective import ProspectiveFlow, ProspectiveSteering
from hlp_edu.studies import contest
from hlp_edu.studies.shelf import rounded, shipped
from hlp_edu.validate import one_of

__all__ = ["Situations", "unequal"]

LAWS = ("gradient flow", "damped flip", "per-arc signs", "prospective flow", "prospective steering")


def _policy(name):
    """The policy of that name, as in the tracking lessons."""
    more = {"prospective flow": ProspectiveFlow(), "prospective steering": ProspectiveSteering()}
    return (sets() | more)[name]


def unequal(seed):
    """The wave of lesson 10 for five neurons whose speeds are drawn between 10 and 40, and no two alike.

    Parameters
    ----------
    seed : int
        Of the draw.

    Returns
    -------
    Tracking
    """
    speeds = 20 * 2 ** np.random.default_rng(seed).uniform(-1, 1, 5)
    return tracking_problem("sinusoid", speed=speeds)


def _jumps(law):
    """Cost over the least possible on the patched signals 0 to 9."""
    rows = [row for row in shipped("optimality").rows if row["signal"] == "patched" and row["seed"] in range(10)]
    least, planned = ({row["seed"]: row["cost"] for row in rows if row["method"] == m} for m in ("optimum", "mpc"))
    if law == "MPC":
        return [planned[seed] / least[seed] for seed in range(10)]
    made = runs(lambda s: tracking_problem("patched", s), _policy(law), range(10), T=20, dt=2e-3, progress=False)
    return [one.cost / least[seed] for seed, one in enumerate(made)]


def _clocks(law):
    """Errors on the wave when every neuron has a speed of its own."""
    made = runs(unequal, _policy(law), range(10), T=20, dt=2e-3, progress=False)
    return [one.rmse(after=20 / 3) for one in made]


def _kept(law):
    """Costates that a network of six neurons and 60 arcs must keep to go on as if it had not been stopped."""
    wave, law = tracking_problem("sinusoid"), _policy(law)
    half, kept = run(wave, law, T=2, dt=0.005, seed=1).final, 0
    whole = run(wave, law, T=0.1, dt=0.005, start=half).w[-1]
    for forgotten, count in (("p_x", 6), ("p_w", 60)):
        p0 = [
            np.zeros_like(getattr(half, name)) if name == forgotten else getattr(half, name) for name in ("p_x", "p_w")
        ]
        again = run(wave, law, T=0.1, dt=0.005, t0=half.t, x0=half.x, w0=half.w, p0=tuple(p0)).w[-1]
        kept += count * bool(np.abs(again - whole).max() > 1e-9)
    return [kept]


def _noise(law):
    """The exam of lesson 15 after noisy targets, for a rival whose rate was chosen from finer steps."""
    return [float(error) for error in contest.exam_error("noise", contest.careful())]


class Situations:
    """Jumps of the target, neurons of unequal speed, and what a law must keep: for lesson 16's last table."""

    parameters = dict(seeds=10, T=20.0, dt=2e-3)
    cases = tuple([("jumps", law) for law in (*LAWS, "MPC")]
                  + [(what, law) for what in ("clocks", "kept") for law in LAWS])  # fmt: skip
    cases += (("noise", "online SGD"),)
    repeats = 0.02  # how closely another machine repeats a number, relative

    @classmethod
    def compute(cls, situation, law):
        """One row.

        Parameters
        ----------
        situation : str
            "jumps": cost over the least possible on patched signals; "clocks": RMSE on the wave with unequal speeds;
            "kept": numbers to be kept beside states and weights, six neurons and 60 arcs; "noise": online
            backpropagation in the contest with noise, its rate chosen from finer steps.
        law : str
            A policy's name, or "MPC".

        Returns
        -------
        dict
            situation, law, value (a median), least, greatest.

        Raises
        ------
        ValueError
            If there is no such situation.
        """
        ways = {"jumps": _jumps, "clocks": _clocks, "kept": _kept, "noise": _noise}
        values = ways[one_of("situation", situation, ways)](law)
        found = dict(value=np.median(values), least=min(values), greatest=max(values))
        return dict(situation=situation, law=law) | rounded(**found)
