"""Odd values for arguments of the public functions that compute or draw; the answer is a result or a sentence.

In the suite `test_fuzz` makes some hundred calls. A longer run by hand: ``python tests/fuzz.py CALLS [SEED]``.
Arguments that are yes or no (``bias``, ``progress``) take anything that Python takes for yes or no, and stay out.
"""

import collections
import contextlib
import decimal
import fractions
import importlib
import itertools
import os
import re
import signal
import sys
import tempfile
import time
import traceback
import warnings

import networkx as nx
import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import hlp_edu as hlp
from hlp_edu import claims, data, energy, filters, fronts, linear_quadratic, locality, studies
from hlp_edu.course.progress import progress
from hlp_edu.state import Clock, State

# Where a module has the name of its function, the package means the function.
backprop, compare, streams = (importlib.import_module(f"hlp_edu.{name}") for name in ("backprop", "compare", "stream"))

LIMIT = 30  # seconds for one call, compiling included
SLOW = ("mpc", "optimum")  # a long time asked for is a long computation
FOLDER = tempfile.mkdtemp(prefix="hlp-fuzz-")
os.makedirs(FOLDER + "/exercises")
NETWORK = hlp.fully_connected(2)
PROBLEM = hlp.Tracking(NETWORK, hlp.sinusoid())
POLICY = hlp.Flipped(dissipation_w=30)
TRAJECTORY = hlp.run(PROBLEM, POLICY, 0.1, dt=0.05)
X, W = np.zeros(2), np.zeros(6)
SQUARE = linear_quadratic.LQTracking(-1.0, 1.0, 10.0, 0.1, hlp.constant(0.8))
STATE = dict(clock=Clock(0.0, 0, 0.05), x=X, w=W, p_x=X, p_w=W, s_x=X - 1, s_w=W - 1)
FED = hlp.feed_forward([2, 2, 1])
LQ = dict(T=0.1, x0=0.0, dt=0.01)
CHAIN, CHAIN_W = filters.random_chain(0, 20.0)
LAYERS = hlp.Tracking(hlp.feed_forward([1, 2, 1]), hlp.sinusoid(), inputs={"u1": hlp.sinusoid(period=5)})
MEETING = dict(problem=LAYERS, w=[0.5] * 7, speed=30, times=[1.0, 2.0], settle=2.0, per_c=0.1)
NOISY = filters.Noisy(hlp.sinusoid(), 0.1)
NOISY_RUN = hlp.run(PROBLEM.replace(target=NOISY), POLICY, 0.1, dt=0.05)
AUDIT = locality.audit(PROBLEM, POLICY)
TITLES = dict(caption=None, headline="", more="")


def resume(**parts):
    """A run from a state whose parts are given."""
    return hlp.run(PROBLEM, POLICY, 0.1, dt=0.05, start=State(**parts))


def resume_stream(samples, hold, dt, listen):
    """A stream from a state of a stream."""
    state = streams.StreamState(State(**STATE), samples, dict(hold=hold, dt=dt, listen=listen))
    return hlp.stream(PROBLEM, POLICY, start=state, samples=1, hold=0.1, dt=0.05, progress=False).collect()


def from_indices(neurons, inputs, outputs, heads, tails):
    return hlp.Network._from_indices(neurons, inputs, outputs, heads, tails)


def collected(**arguments):
    return hlp.stream(progress=False, **arguments).collect()


def series(values, lags):
    return list(streams.next_of(values, lags))


# What is called, with arguments that are right.
CALLS = {
    "Network": (hlp.Network, dict(digraph=nx.DiGraph([(1, 2)]), inputs=[1], outputs=[2])),
    "Network.from_indices": (from_indices, dict(neurons=[1, 2], inputs=["u"], outputs=[1], heads=[0, 1], tails=[2, 0])),
    "Network.matrix": (NETWORK.matrix, dict(w=W)),
    "fully_connected": (hlp.fully_connected, dict(n=2)),
    "feed_forward": (hlp.feed_forward, dict(sizes=[1, 2])),
    "chain": (hlp.chain, dict(n=2)),
    "sinusoid": (hlp.sinusoid, dict(amplitude=1.0, period=1.0, phase=0.0, offset=0.0)),
    "sinusoid at": (lambda t: hlp.sinusoid()(t), dict(t=[0.0, 1.0])),
    "steps": (hlp.steps, dict(times=[1.0], values=[0.0, 1.0])),
    "steps at": (lambda t: hlp.steps([1], [0, 1])(t), dict(t=[0.0, 1.0])),
    "steps.jumps": (hlp.steps([1], [0, 1]).jumps, dict(t0=0.0, t1=2.0)),
    "patchwork": (hlp.patchwork, dict(seed=0, amplitude=0.8)),
    "patchwork at": (lambda t: hlp.patchwork()(t), dict(t=[0.0, 1.0])),
    "patchwork.jumps": (hlp.patchwork().jumps, dict(t0=0.0, t1=2.0)),
    "recorded": (hlp.recorded, dict(t=[0.0, 1.0], values=[0.0, 1.0])),
    "recorded at": (lambda t: hlp.recorded([0, 1], [0, 1])(t), dict(t=[0.0, 1.0])),
    "constant": (hlp.constant, dict(value=1.0)),
    "Tracking": (
        hlp.Tracking,
        dict(network=NETWORK, target=hlp.constant(1), q=1.0, r_w=1.0, r=1.0, speed=20.0, theta=0.0, inputs=None),
    ),
    "Tracking.replace": (PROBLEM.replace, dict(q=1.0, speed=1.0, target=np.sin)),
    "Tracking.target_at": (PROBLEM.target_at, dict(t=[0.0, 1.0])),
    "Tracking.inputs_at": (PROBLEM.inputs_at, dict(t=[0.0, 1.0])),
    "Tracking.dynamics": (PROBLEM.dynamics, dict(x=X, w=W, t=0.0)),
    "Tracking.lagrangian": (PROBLEM.lagrangian, dict(x=X, w=W, v=W, t=0.0)),
    "Tracking.hamiltonian": (PROBLEM.hamiltonian, dict(x=X, w=W, p_x=X, p_w=W, t=0.0)),
    "Tracking.gradients": (PROBLEM.gradients, dict(x=X, w=W, p_x=X, p_w=W, t=0.0)),
    "Flipped": (hlp.Flipped, dict(dissipation_w=1.0, dissipation_x=1.0)),
    "Periodic": (hlp.Periodic, dict(period=0.1, flipped=0.5, dissipation_w=0.0, dissipation_x=0.0)),
    "HamiltonianBand": (hlp.HamiltonianBand, dict(low=-1.0, high=1.0, dissipation_w=0.0, dissipation_x=0.0)),
    "HamiltonianServo": (hlp.HamiltonianServo, dict(dissipation_w=0.0, dissipation_x=0.0)),
    "PerArc": (hlp.PerArc, dict(mu=0.1, dissipation_w=0.0, dissipation_x=0.0)),
    "GradientFlow": (hlp.GradientFlow, dict(mu=0.1)),
    "Policy": (hlp.Policy, dict(rule=lambda t, H, p_x, p_w, H_x, H_w, s_x, s_w: None, dissipation_w=0.0)),
    "run": (
        hlp.run,
        dict(problem=PROBLEM, policy=POLICY, T=0.1, dt=0.05, seed=0, t0=0.0, x0=X, w0=W, p0=(X, W), method="rk4",
             record="all", limit=1e8, every=1),
    ),
    "run(start)": (resume, STATE),
    "runs": (
        lambda **given: hlp.runs(progress=False, workers=1, **given),
        dict(problem=PROBLEM, policy=POLICY, seeds=[1], T=0.1, dt=0.05, record="output"),
    ),
    "stream": (
        collected,
        dict(problem=PROBLEM, policy=POLICY, source=None, samples=1, hold=0.1, dt=0.05, listen=0.0, start=None,
             chunk=1, timeout=None, record="output", t0=0.0, seed=0),
    ),
    "stream(start)": (resume_stream, dict(samples=1, hold=0.1, dt=0.05, listen=0.0)),
    "next_of": (series, dict(values=[1.0, 2.0, 3.0], lags=1)),
    "open_problem": (streams.open_problem, dict(network=NETWORK, q=1.0, r_w=0.0, r=1.0, speed=1.0)),
    "Trajectory.rmse": (TRAJECTORY.rmse, dict(after=0.0)),
    "Trajectory.save": (TRAJECTORY.save, dict(path=FOLDER + "/x")),
    "Trajectory.load": (hlp.Trajectory.load, dict(path=FOLDER + "/none")),
    "StreamState.load": (streams.StreamState.load, dict(path=FOLDER + "/none")),
    "optimum": (
        lambda **given: hlp.optimum(progress=False, **given),
        dict(problem=PROBLEM, T=0.1, dt=0.05, x0=X, w0=W, seed=0, t0=0.0, method="both", tolerance=1e-2, iterations=2),
    ),
    "cost_gradient": (
        hlp.cost_gradient, dict(problem=PROBLEM, v=np.zeros((3, 6)), dt=0.05, seed=0, t0=0.0, x0=X, w0=W)
    ),
    "LQTracking": (linear_quadratic.LQTracking, dict(A=-1.0, B=1.0, Q=10.0, R=0.1, target=hlp.constant(0.8))),
    "LQTracking.optimal": (SQUARE.optimal, LQ),
    "LQTracking.receding": (SQUARE.receding, LQ | dict(horizon=0.05)),
    "LQTracking.reversed_riccati": (SQUARE.reversed_riccati, LQ | dict(offset="reversed")),
    "LQTracking.flipped": (SQUARE.flipped, LQ | dict(p0=0.0, dissipation=0.0)),
    "LQTracking.forward": (SQUARE.forward, LQ | dict(p0=0.0)),
    "LQTracking.riccati": (SQUARE.riccati, dict(tau=0.1)),
    "LQTracking.flipped_matrix": (SQUARE.flipped_matrix, dict(dissipation=0.0)),
    "LQTracking.spectrum": (SQUARE.spectrum, dict(law="flipped", dissipation=0.0)),
    "natural_rate": (linear_quadratic.natural_rate, dict(a=-1.0, b=1.0, q=10.0, r=0.1)),
    "scalar_riccati": (linear_quadratic.scalar_riccati, dict(a=-1.0, b=1.0, q=10.0, r=0.1, tau=0.1)),
    "mpc": (
        lambda **given: hlp.mpc(progress=False, **given), dict(problem=PROBLEM, T=0.1, horizon=0.1, dt=0.05, seed=0)
    ),
    "backprop": (backprop.backprop, dict(network=FED, w=np.zeros(9), u=[0.0, 1.0, 1.0], z=[1.0], q=1.0)),
    "bptt": (backprop.bptt, dict(problem=PROBLEM, w=W, T=0.1, dt=0.05, x0=X)),
    "rtrl": (backprop.rtrl, dict(problem=PROBLEM, w=W, T=0.1, dt=0.05, x0=X)),
    "heavy_ball": (backprop.heavy_ball, dict(gradient=lambda w: w, w0=W, steps=2, rate=0.1, momentum=0.5)),
    "flipped_descent": (backprop.flipped_descent, dict(gradient=lambda w: w, w0=W, steps=2, h=0.1, r=1.0, theta=1.0)),
    "flow_gradient": (backprop.flow_gradient, dict(problem=PROBLEM, x=X, w=W, p_x=X, t=0.0)),
    "relaxed_costate": (backprop.relaxed_costate, dict(problem=PROBLEM, p_x=X)),
    "Online": (backprop.Online, dict(network=FED, rate=0.1, momentum=0.0, truncation=1, sweeps=2, updates=1, seed=0)),
    "Online.guess": (lambda u: backprop.Online(FED, 0.1).guess(u), dict(u=[0.0, 1.0])),
    "audit": (locality.audit, dict(problem=PROBLEM, policy=POLICY, draws=None, seed=0)),
    "account": (energy.account, dict(problem=PROBLEM, policy=POLICY, trajectory=TRAJECTORY)),
    "divergence": (energy.divergence, dict(problem=PROBLEM, x=X, w=W, s_x=-1.0, theta_x=0.0, theta_w=0.0, t=0.0)),
    "arrivals": (fronts.arrivals, dict(t=[0.0, 1.0], values=[[0.0], [1.0]], fraction=0.5)),
    "erlang": (fronts.erlang, dict(hops=2, fraction=0.5)),
    "compare": (
        lambda **given: compare.compare(progress=False, **given),
        dict(policies={"a": POLICY}, problem=PROBLEM, seeds=[1], T=0.1, after=0.0, dt=0.05),
    ),
    "sweep": (
        lambda **given: compare.sweep(progress=False, **given),
        dict(name="q", values=[1.0], problem=PROBLEM, policy=POLICY, seeds=[1], T=0.1, after=0.0, dt=0.05),
    ),
    "freeze_test": (compare.freeze_test, dict(problem=PROBLEM, policy=POLICY, T=0.1, rest=0.1, seed=0, dt=0.05)),
    "tracking_problem": (compare.tracking_problem, dict(signal="sinusoid", seed=0)),
    "meet_backprop": (backprop.meet_backprop, MEETING),
    "meet_backprop_ahead": (filters.meet_backprop_ahead, MEETING | dict(matched="depth")),
    "transfer": (filters.transfer, dict(rule="exact", frequency=1.0)),
    "growth": (filters.growth, dict(law="prospective", omega=2.0)),
    "closed_loop": (
        filters.closed_loop, dict(frequency=[1.0, 2.0], c=20.0, omega=30.0, heading=0.0, lead=0.0, credit=0.0)
    ),
    "Noisy": (filters.Noisy, dict(signal=hlp.sinusoid(), size=0.1, band=100.0, seed=0)),
    "Noisy at": (lambda t: NOISY(t), dict(t=[0.0, 1.0])),
    "Noisy.noise": (NOISY.noise, dict(t=[0.0, 1.0])),
    "random_chain": (filters.random_chain, dict(seed=0, speed=20.0)),
    "random_net": (filters.random_net, dict(seed=0, speed=20.0)),
    "credits": (filters.credits, dict(problem=CHAIN, w=CHAIN_W, T=0.5, dt=0.05, noise=0.0, theta_x=0.0)),
    "angles": (filters.angles, dict(problem=CHAIN, w=CHAIN_W, T=0.5, dt=0.05, noise=0.0, theta_x=0.0)),
    "altered": (filters.altered, dict(policy=hlp.ProspectiveFlow(), kappa=1.0, decay=1.0, credit=1.0)),
    "cost_of_clean": (filters.cost_of_clean, dict(trajectory=NOISY_RUN, noisy=NOISY, q=100.0)),
    "ProspectiveFlow": (hlp.ProspectiveFlow, dict(mu=0.1, kappa=0.1, lead=0.1, slope="known")),
    "ProspectiveSteering": (hlp.ProspectiveSteering, dict(lean=0.0, level=0.2, floor=0.1, slope="known")),
    "library_update": (locality.library_update, dict(problem=PROBLEM, policy=POLICY)),
    "Audit.of": (AUDIT.of, dict(of=1)),
    "moving_disc": (
        lambda **given: list(itertools.islice(data.moving_disc(**given), 3)), dict(seed=0, switches=(1,), pace=0.9)
    ),
    "frames": (lambda path: next(data.frames(path)), dict(path=data.SHELF / "moving_disc.gif")),
    "compare_guess": (claims.compare_guess, dict(guess="?" * 21)),
    "cards": (lambda verdicts: claims.cards(verdicts), dict(verdicts="holds")),
    "again": (claims.again, dict(claim=4)),
    "Live": (hlp.Live, dict(policy="damped flip", friction=30, speed=20, neurons=5)),
    "Spiral": (hlp.Spiral, dict(sign=1.0, leak=-1.0)),
    "plot_lines": (
        hlp.plot_lines,
        dict(lines={"output": [1.0, 2.0]}, x=[0.0, 1.0], marks=None, notes=("a", (0, 1), (0, 2)), ylim=(0, 3)) | TITLES,
    ),
    "plot_ladder": (hlp.plot_ladder, dict(rungs={"optimum": 1.0, "flip": [2.0, 3.0]}, notes=()) | TITLES),
    "plot_heat": (hlp.plot_heat, dict(values=[[1.0, 2.0]], rows=["a"], columns=["b", "c"], centre=1.0) | TITLES),
    "plot_network": (
        hlp.plot_network, dict(network=NETWORK, w=W, magnify=None, activity=X, largest=1.0) | TITLES
    ),
    "plot_tracking": (hlp.plot_tracking, dict(trajectory=TRAJECTORY, role="output") | TITLES),
    "plot_side_by_side": (hlp.plot_side_by_side, dict(runs={"flip": TRAJECTORY}) | TITLES),
    "plot_phase": (
        lambda **given: hlp.plot_phase(lambda x, p: (p, -x), **given),
        dict(paths={"flip": (X, X)}, limits=((-2, 2), (-2, 2)), rest=None) | TITLES,
    ),
    "plot_locality": (hlp.plot_locality, dict(audit=AUDIT, of=None) | TITLES),
    "study": (studies.study, dict(name="optimality")),
    "progress": (progress, dict(folder=FOLDER)),
}  # fmt: skip

ODD = [
    None,
    ...,
    "x",
    "",
    b"x",
    "1",
    1j,
    complex("nan"),
    float("nan"),
    float("inf"),
    -float("inf"),
    0,
    -1,
    0.0,
    -0.5,
    1e308,
    -1e308,
    1e-308,
    5e-324,
    1e18,
    10**400,
    -(10**400),
    2**63,
    2**53 + 1,
    [],
    [1.0, 2.0],
    [[1.0]],
    [None],
    ["a", "b"],
    [1j],
    [10**400],
    [[1.0], [1.0, 2.0]],
    {},
    {"a": 1},
    {1, 2},
    object(),
    int,
    np,
    range(3),
    fractions.Fraction(10**400),
    decimal.Decimal(1),
    np.float32(0.5),
    np.int8(1),
    np.bool_(True),
    np.array(0.5),
    np.array(1),
    np.array(1j),
    np.array("x"),
    np.array(None),
    np.empty(0),
    np.empty((0, 2)),
    np.zeros(3),
    np.full(2, np.nan),
    np.full(6, np.inf),
    np.zeros((2, 2, 2)),
    np.datetime64("2020-01-01"),
    np.array([object()]),
    np.ma.masked,
    NETWORK,
    PROBLEM,
    POLICY,
    TRAJECTORY,
    np.sin,
    lambda: 1,
    lambda t: 1j * t,
    lambda t: t[:1],
    lambda t: float(t),
    (1, 2),
    (X, X),
    ("a",),
    np.array([1, 2], dtype=object),
    np.array([2**63], dtype=np.uint64),
    [0, 5],
    [-1, 0],
    [1, 1],
    ["bias", "bias"],
    [[1]],
]
odd = st.one_of(st.sampled_from(ODD), st.floats(), st.integers(), st.lists(st.floats(), max_size=6))


class Hang(BaseException):
    """A call that does not come back."""


@contextlib.contextmanager
def in_time(seconds):
    """Raise Hang after so many seconds of computing, or ten times as many of waiting: a busy machine is no hang."""
    begun, waited = time.process_time(), itertools.count(1)

    def look(*_):
        if time.process_time() - begun > 0.9 * seconds or next(waited) == 10:
            raise Hang
        signal.alarm(seconds)

    before = signal.signal(signal.SIGALRM, look)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def call(name, changes, counts=None):
    """One call; what is wrong with its answer, in words, or None."""
    function, right = CALLS[name]
    arguments = right | changes
    counts = collections.Counter() if counts is None else counts
    if name == "Trajectory.save":
        with contextlib.suppress(OSError):
            os.remove(FOLDER + "/x.npz")
    try:
        with in_time(LIMIT), warnings.catch_warnings(), open(os.devnull, "w") as null, contextlib.chdir(FOLDER):
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "(?s).*no input neuron")  # the dead point, which is a lesson
            with contextlib.redirect_stdout(null):
                result = function(**arguments)
    except (ValueError, TypeError, FileNotFoundError, FileExistsError) as error:
        counts[type(error).__name__] += 1
        words = str(error)
        names = {*right, *changes, *["record"] * ("T" in changes), "start", name.split(".")[0]} | {
            part
            for key in changes
            for part in [*key.split("_"), key.removesuffix("s"), key.rstrip("01"), key.replace("ies", "y")]
        }
        if (
            not isinstance(error, OSError)
            and "<lambda>" not in words
            and traceback.extract_tb(error.__traceback__)[-1].filename != __file__  # a function that was given
            and not any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", words) for one in names)
        ):
            return f"{type(error).__name__} names no argument: {words[:200]}"
        return None if len(words) < 1500 else f"a message of {len(words)} characters"
    except Hang:
        slow = name in SLOW or any(key in ("T", "rest", "settle", "samples") for key in changes)  # much was asked for
        counts["still computing"] += slow
        return None if slow else f"takes longer than {LIMIT} s"
    except RuntimeError as error:  # an optimum that did not converge says so
        counts[type(error).__name__] += 1
        return None if type(error).__name__ == "NotConverged" else f"{type(error).__name__}: {str(error)[:200]}"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__}: {str(error)[:200]}"
    counts["result"] += 1
    if isinstance(result, hlp.Trajectory) and result.diverged_at is None:
        bad = [key for key in ("t", "x", "w", "p_x", "p_w") if not np.isfinite(getattr(result, key)).all()]
        return f"numbers that are not finite in {bad}" if bad else None
    if isinstance(result, np.ndarray) and result.dtype.kind == "f" and " at" in name and not np.isfinite(result).all():
        return "numbers that are not finite"
    return None


@st.composite
def questions(draw):
    """A function, and odd values for one or two of its arguments."""
    name = draw(st.sampled_from(sorted(CALLS)))
    keys = sorted(CALLS[name][1])
    chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=min(2, len(keys)), unique=True))
    return name, {key: draw(odd) for key in chosen}


def main(calls, number):
    """Make so many calls; print how they ended and what is wrong."""
    counts, wrong = collections.Counter(), {}

    @seed(number)
    @settings(
        max_examples=calls, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=False
    )
    @given(questions())
    def ask(question):
        name, changes = question
        counts["calls"] += 1
        words = call(name, changes, counts)
        if words:
            counts["wrong"] += 1
            key = name, *changes, words[:60]
            if key not in wrong:
                text = {
                    k: repr(v)[:80] if not isinstance(v, int) or abs(v) < 1e9 else "a large int"
                    for k, v in changes.items()
                }
                wrong[key] = f"{name}({text}): {words}"
                print(wrong[key], flush=True)

    ask()
    print(dict(counts), len(wrong), "kinds of wrong answers")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(min(1, main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)))
