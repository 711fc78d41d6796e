"""Many runs, read as one table: compare policies, sweep a number; the setting and the policies that are compared."""

import math
import statistics
from dataclasses import dataclass, field

from hlp_edu._version import __version__
from hlp_edu.batch import runs
from hlp_edu.flow import run
from hlp_edu.network import fully_connected
from hlp_edu.policies import Flipped, Frozen, GradientFlow, Policy
from hlp_edu.problem import Tracking
from hlp_edu.signals import sinusoid
from hlp_edu.switching import HamiltonianServo, PerArc
from hlp_edu.targets import patchwork
from hlp_edu.validate import kind, number, one_of, sequence
from hlp_edu.words import cell

__all__ = ["Table", "compare", "freeze_test", "sets", "sweep", "tracking_problem"]


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
        one_of("column", column, self.columns)
        return [row[column] for row in self.rows]

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def row(self, name):
        """The row of that name.

        Parameters
        ----------
        name : object
            The value of its first column.

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
        """Medians as marks and the range from least to greatest as lines.

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
        from hlp_edu.plotting import plot_ladder

        one_of("what", what, [name[:-4] for name in self.columns if name.endswith(" min")])
        first = self.columns[0]
        names = [cell(row[first]) for row in self.rows]
        names = names if len(set(names)) == len(names) else [f"{row[first]!r}" for row in self.rows]
        bars = [(row[what], row[f"{what} min"], row[f"{what} max"]) for row in self.rows]
        rungs = dict(zip(names, bars, strict=True))
        return plot_ladder(rungs, words or None, xlabel=NAMES.get(what, what), log=log)

    def __str__(self):
        text = [self.columns] + [[cell(value) for value in row.values()] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*text, strict=True)]
        left = [isinstance(value, str) for value in (self.rows[0].values() if self.rows else ())]
        ways = [str.ljust if is_left else str.rjust for is_left in left]
        lines = [[way(c, w) for c, w, way in zip(cells, widths, ways, strict=True)] for cells in text]
        return "\n".join("  ".join(cells).rstrip() for cells in lines)

    __repr__ = __str__


NAMES = {"rmse": "RMSE", "cost": "cost J", "ratio": "cost / least possible cost"}


def measure(trajectory, after=None, best=None):
    """What the tables report of one run: rmse, cost and, with the least possible cost ``best``, their ratio."""
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
        Whether to show a bar; it appears after a second.
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
        If there is no policy or no seed, a seed has no ``best``, or `hlp_edu.run` refuses an argument.

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
        The RMSE counts from here on; a third of the run is left out by default.
    progress : bool
        Whether to show a bar; it appears after a second.
    **arguments
        Passed to `hlp_edu.run`.

    Returns
    -------
    Table
        A row for each value, with the columns that `compare` gives.

    Raises
    ------
    ValueError
        If there is no value or no seed, or `hlp_edu.run` refuses an argument.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    >>> sweep("mu", [0.03, 0.3], problem, hlp.GradientFlow, seeds=range(3), T=5, dt=0.01)["mu"]
    [0.03, 0.3]
    """
    values = sequence("values", values)
    if not isinstance(name, str) or not name:
        raise ValueError(f"name = {name!r}: must be a word for what is varied")
    if name.removesuffix(" min").removesuffix(" max") in {*NAMES, "diverged"}:
        raise ValueError(f"name = {name!r}: is the name of another column; choose another")
    if not values:
        raise ValueError("values = []: must hold at least one value")
    cases = []
    for value in values:
        here = problem if isinstance(problem, Tracking) or not callable(problem) else problem(value)
        how = policy if isinstance(policy, Policy) or not callable(policy) else policy(value)
        cases.append((value, here, how))
    return _table(name, cases, seeds, T, after, None, progress, arguments)


def _table(first, cases, seeds, T, after, best, progress, arguments):
    seeds = sequence("seeds", seeds)
    T = number("T", T, above=0)
    if best is not None:
        kind("best", best, dict, "a dict {seed: cost}")
        missing = [seed for seed in seeds if seed not in best]
        if missing:
            raise ValueError(f"best: has no cost for the seeds {missing}; must have one for each seed")
        best = {seed: number(f"best[{seed!r}]", best[seed], above=0) for seed in seeds}
    rows = []
    for name, problem, policy in cases:
        results = runs(problem, policy, seeds, T, progress=progress, **arguments)
        found = [measure(r, after, best and best[seed]) for r, seed in zip(results, seeds, strict=True)]
        rows.append({first: name} | _spread(found) | {"diverged": sum(r.diverged_at is not None for r in results)})
    return Table(rows, dict(T=T, seeds=seeds, version=__version__) | arguments)


def _spread(found):
    """Median, least and greatest of every measure."""
    row = {}
    for what in found[0]:
        values = [one[what] for one in found]
        row |= {what: statistics.median(values), f"{what} min": min(values), f"{what} max": max(values)}
    return row


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
    one_of("signal", signal, ("sinusoid", "patched"))
    target = sinusoid() if signal == "sinusoid" else patchwork(seed)
    arguments = dict(q=100, r_w=1, r=0.1, speed=20) | changes
    return Tracking(fully_connected(5), target, **arguments)


def sets():
    """The online policies that track both signals, by their names.

    Returns
    -------
    dict of {str: Policy}

    Examples
    --------
    >>> list(sets())
    ['damped flip', 'per-arc signs', 'per-arc signs, damped', 'Hamiltonian servo', 'gradient flow']
    """
    return {
        "damped flip": Flipped(dissipation_w=30, dissipation_x=5),
        "per-arc signs": PerArc(mu=0.03),
        "per-arc signs, damped": PerArc(mu=0.04, dissipation_w=10),
        "Hamiltonian servo": HamiltonianServo(dissipation_w=15, dissipation_x=20),
        "gradient flow": GradientFlow(mu=0.03),
    }


def freeze_test(problem, policy, T=40.0, rest=20.0, seed=0, dt=0.01):
    """Let a network follow its target, then hold the weights, and only the weights.

    Parameters
    ----------
    problem : Tracking
        With the target.
    policy : Policy
        Under which the weights move at first.
    T, rest : float
        How long the weights are free, and how long they are then held.
    seed : int
        Of the start.
    dt : float
        The step.

    Returns
    -------
    free, held : float
        RMSE over the last ``rest`` time units with free weights, and over those that follow.

    Raises
    ------
    ValueError
        If ``rest`` is longer than ``T``, or `hlp_edu.run` refuses an argument.

    Examples
    --------
    >>> free, held = freeze_test(tracking_problem("sinusoid"), Flipped(30, 5), T=20, rest=10)
    >>> free < 0.1 < held
    True
    """
    T = number("T", T, above=0)
    rest = number("rest", rest, above=0, most=T)
    free = run(problem, policy, T, dt=dt, seed=seed)
    if free.diverged_at is not None:
        return math.inf, math.inf
    held = run(problem, Frozen(), rest, dt=dt, start=free.final)
    return free.rmse(after=free.t[-1] - rest), held.rmse()
