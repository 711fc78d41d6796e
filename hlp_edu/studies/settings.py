"""Gradient flow and the rules that look ahead under other prices, speeds and networks, beside the best run."""

from hlp_edu.compare import tracking_problem
from hlp_edu.flow import run
from hlp_edu.network import feed_forward
from hlp_edu.optimum import optimum
from hlp_edu.policies import GradientFlow
from hlp_edu.prospective import ProspectiveFlow, ProspectiveSteering
from hlp_edu.signals import constant
from hlp_edu.studies.shelf import rounded

__all__ = []  # read by `hlp_edu.study`, computed by `hlp-edu study`

CHANGES = {
    "c = 5": dict(speed=5),
    "c = 100": dict(speed=100),
    "q = 1000": dict(q=1000),
    "r = 1": dict(r=1),
    "r_w = 5": dict(r_w=5),
    "bias-4-1": (1, 4, 1),
    "bias-2-2-1": (1, 2, 2, 1),
}
RATES = (0.0025, 0.005, 0.01, 0.02, 0.03, 0.06, 0.12)  # mu of gradient flow: for each setting the best

AHEAD = {"prospective flow": ProspectiveFlow(), "prospective steering": ProspectiveSteering()}


class Settings:
    """Gradient flow and the rules that look ahead under other prices, speeds and networks, beside the best run."""

    parameters = dict(T=20.0, dt=0.005, dt_optimum=0.01)
    cases = tuple(
        (setting, seed, method)
        for setting, change in CHANGES.items()
        for seed in range(3 if isinstance(change, dict) else 5)
        for method in ("optimum", "gradient flow", "prospective flow", "prospective steering")
    )
    repeats = {"optimum": 1e-3}  # how closely another machine repeats a cost, relative; the others to 1e-6

    @staticmethod
    def problem(setting, seed):
        """The patched problem of that seed, with a setting's change."""
        change, problem = CHANGES[setting], tracking_problem("patched", seed)
        if isinstance(change, dict):
            return problem.replace(**change)
        return problem.replace(network=feed_forward(change, bias=False), inputs={"u1": constant(1)})

    @classmethod
    def compute(cls, setting, seed, method):
        """One row. Gradient flow has the best of RATES for this very signal; the others are as they are."""
        problem, given = cls.problem(setting, seed), cls.parameters
        how, mu = dict(T=given["T"], dt=given["dt"], seed=seed), 0.0
        if method == "optimum":
            how["dt"] = given["dt_optimum"]
            cost = optimum(problem, progress=False, method="adjoint", **how).cost
        elif method == "gradient flow":
            cost, mu = min((run(problem, GradientFlow(mu), **how).cost, mu) for mu in RATES)
        else:
            cost = run(problem, AHEAD[method], **how).cost
        return dict(setting=setting, seed=seed, method=method, mu=mu) | rounded(5, cost=cost)
