"""What the best run costs, what a planner without foresight pays, and what local rules pay, on the same signals."""

from hlp_edu.compare import measure, tracking_problem
from hlp_edu.flow import run
from hlp_edu.mpc import mpc
from hlp_edu.optimum import optimum
from hlp_edu.policies import GradientFlow
from hlp_edu.prospective import ProspectiveFlow, ProspectiveSteering
from hlp_edu.studies.shelf import rounded

__all__ = []  # read by `hlp_edu.study`, computed by `hlp-edu study`

RULES = {
    "gradient flow": GradientFlow(mu=0.03),
    "prospective flow": ProspectiveFlow(),
    "prospective steering": ProspectiveSteering(),
    "prospective steering, measured slope": ProspectiveSteering(slope="measured"),
    "prospective steering, frozen target": ProspectiveSteering(lead=False),
    "prospective steering, lean": ProspectiveSteering(lean=0.03),
}


class Optimality:
    """What the best run costs, what MPC pays without foresight, and what local rules pay, on thirty signals and starts.

    Seeds 200 to 209 of the patched signal were looked at once, after all rules had their settings.
    """

    parameters = dict(T=20.0, dt=0.01, horizon=0.3, every=0.01, tolerance=0.01, dt_of_rules=0.002)
    cases = tuple(
        (signal, seed, method)
        for signal, seeds in (("sinusoid", range(10)), ("patched", range(200, 210)), ("patched", range(10)))
        for methods in (RULES, ("optimum", "mpc"))
        for seed in seeds
        for method in methods
    )
    repeats = {"optimum": 1e-4, "mpc": 1e-2} | dict.fromkeys(RULES, 1e-4)  # on another machine, relative

    @classmethod
    def compute(cls, signal, seed, method):
        """One row; the RMSE is over the samples at multiples of ``dt``, for every method."""
        given, problem = cls.parameters, tracking_problem(signal, seed)
        if method == "optimum":
            made = optimum(problem, given["T"], dt=given["dt"], seed=seed, method="adjoint", progress=False)
        elif method == "mpc":
            plan = {key: given[key] for key in ("T", "dt", "horizon", "every", "tolerance")}
            made = mpc(problem, seed=seed, progress=False, **plan)
        else:
            step = given["dt_of_rules"]
            made = run(problem, RULES[method], given["T"], dt=step, seed=seed, every=round(given["dt"] / step))
        row = measure(made)
        return dict(signal=signal, seed=seed, method=method) | rounded(5, cost=row["cost"], rmse=row["rmse"])
