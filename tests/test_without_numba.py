"""The same code without numba: slower, the same numbers. And the machine code that numba keeps."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hlp_edu as hlp

RUNS = """
import sys
import numpy as np
import hlp_edu as hlp

def per_arc(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    s_x[:] = -1
    for k in range(len(s_w)):
        s_w[k] = 1 if p_w[k] * H_w[k] > mu * H_w[k] ** 2 else -1

mu = 0.03
problem = hlp.Tracking(hlp.fully_connected(4), hlp.patchwork(seed=2), speed=10, theta=0.1)
inputs = {"u1": hlp.sinusoid(), "u2": hlp.constant(0.5)}
layers = hlp.Tracking(hlp.feed_forward([2, 3, 1]), hlp.sinusoid(), speed=5, inputs=inputs)
policies = dict(
    canonical=hlp.Canonical(),
    flipped=hlp.Flipped(dissipation_w=30, dissipation_x=5),
    periodic=hlp.Periodic(),
    band=hlp.HamiltonianBand(-0.1, 0.1),
    servo=hlp.HamiltonianServo(15, 20),
    arc=hlp.PerArc(mu=0.03),
    flow=hlp.GradientFlow(mu=0.03),
    frozen=hlp.Frozen(),
    own=hlp.Policy(per_arc),
)
results = {}
for name, policy in policies.items():
    for method in ("rk4", "euler", "exponential"):
        for which, here in (("full", problem), ("layers", layers)):
            run = hlp.run(here, policy, T=0.2, dt=0.01, method=method, seed=1)
            results[f"{name} {method} {which}"] = np.concatenate(
                [run.x, run.w, run.p_x, run.p_w, run.lagrangian[:, None], run.hamiltonian[:, None]], axis=1
            )
            results[f"{name} {method} {which} cost"] = np.array(run.cost)
"""

HIDDEN = """
import sys
sys.modules["numba"] = None  # what "import numba" finds where it is missing
exec(sys.stdin.read())
import hlp_edu.compiled
assert hlp_edu.compiled.numba is None
diverged = hlp.run(problem, hlp.Canonical(), T=5, dt=0.02)
assert diverged.diverged_at is not None and np.isfinite(diverged.w).all()
mu = 100.0  # plain Python reads it anew
results["changed"] = hlp.run(problem, policies["own"], T=0.2, dt=0.01).w
results["expected"] = hlp.run(problem, hlp.PerArc(mu=100.0), T=0.2, dt=0.01).w
try:
    hlp.run(problem, hlp.Policy(lambda t, H, p_x, p_w, H_x, H_w, s_x, s_w: 1 / 0), T=1)
except ValueError as error:
    assert "fails on arrays" in str(error)
np.savez(sys.argv[1], **results)
"""


def test_the_same_numbers_without_numba(root, tmp_path):
    pytest.importorskip("numba")
    command = [sys.executable, "-W", "error", "-c", HIDDEN, str(tmp_path / "results.npz")]
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(command, input=RUNS, text=True, capture_output=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    here = {}
    exec(RUNS, here)
    with np.load(tmp_path / "results.npz") as slow:
        assert np.array_equal(slow["changed"], slow["expected"])
        assert set(here["results"]) <= set(slow.files) and len(here["results"]) == 9 * 3 * 2 * 2
        for name, fast in here["results"].items():
            scale = max(1.0, np.abs(fast).max())
            assert np.abs(slow[name] - fast).max() <= 1e-12 * scale, name


def test_changed_laws_are_compiled_again(root, tmp_path):
    """Machine code is kept on disk: it must not outlive the laws that it was made from."""
    pytest.importorskip("numba")
    package = tmp_path / "hlp_edu"
    package.mkdir()
    for name in ("__init__", "_version", "compiled"):
        (package / f"{name}.py").write_text((root / "hlp_edu" / f"{name}.py").read_text(encoding="utf-8"))
    for name in ("tanh", "prospective", "blocks", "switching"):  # of the sources that are compiled together
        (package / f"{name}.py").touch()
    (package / "kernel.py").write_text(
        "from hlp_edu.compiled import compiled\n"
        "from hlp_edu.laws import law\n\n\n"
        "@compiled\ndef march(x):\n    return 2 * law(x)\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment |= {"PYTHONPATH": str(tmp_path)}
    program = "import hlp_edu.kernel as k; print(k.march(1.0), sum(k.march.stats.cache_hits.values()))"
    said = []
    for law in ("x + 1", "x + 1", "x + 2"):
        (package / "laws.py").write_text(
            f"from hlp_edu.compiled import compiled\n\n\n@compiled\ndef law(x):\n    return {law}\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, cwd=tmp_path, text=True, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.split())
    assert said == [["4.0", "0"], ["4.0", "1"], ["6.0", "0"]]


CHECKED = """
from hlp_edu.course.installation import check_computing
check_computing()
"""

FIRST_RUNS = """
from numba.core import event
compiled = event.RecordingListener()
event.register("numba:compile", compiled)
import numpy as np
import hlp_edu as hlp
from hlp_edu.linear_quadratic import LQTracking
from hlp_edu.locality import audit
from hlp_edu.stream import open_problem

def problem(n):
    return hlp.Tracking(hlp.fully_connected(n), hlp.patchwork(seed=2))

layers = hlp.Tracking(hlp.feed_forward([1, 12, 9, 1]), hlp.steps([0.02], [0.5, -0.5]), inputs={"u1": hlp.sinusoid()})
damped = dict(dissipation_w=30, dissipation_x=5)
policies = [
    hlp.Canonical(), hlp.Flipped(**damped), hlp.Periodic(**damped), hlp.HamiltonianBand(**damped),
    hlp.HamiltonianServo(**damped), hlp.PerArc(0.03), hlp.GradientFlow(0.03), hlp.Frozen(),
]
for here in (problem(3), problem(30), layers):
    for policy in policies:
        for method in ("euler", "rk4", "exponential"):
            for record, every in (("all", 1), ("output", 3)):
                hlp.run(here, policy, T=0.05, dt=0.01, method=method, record=record, every=every)
hlp.runs(problem, hlp.GradientFlow(0.03), range(2, 5), T=0.05, dt=0.01, progress=False)
state = hlp.run(layers, policies[1], T=0.05, dt=0.01).final
hlp.run(layers, policies[1], T=0.05, dt=0.01, start=state)
samples = [(u, 0.5 * u) for u in np.linspace(-1, 1, 4)]
hlp.stream(open_problem(hlp.feed_forward([1, 9, 1])), policies[6], samples, listen=0.5, progress=False).collect()
hlp.optimum(problem(3), T=0.1, progress=False)
pendulum = LQTracking([[0, 1], [1, 0]], [0, 1], np.eye(2), 1, [hlp.constant(0.8), hlp.constant(0)])
pendulum.optimal(T=0.1), pendulum.receding(T=0.1), pendulum.flipped(T=0.1, dissipation=1)
audit(problem(3), policies[1])
print([entry[1].data["dispatcher"].py_func.__name__ for entry in compiled.buffer])

def own(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
    for k in range(s_w.size):
        s_w[k] = -1.0

hlp.run(layers, hlp.Policy(own), T=0.05, dt=0.01)
print(sorted({entry[1].data["dispatcher"].py_func.__name__ for entry in compiled.buffer}))
"""


def test_after_a_check_nothing_is_left_to_compile(root, tmp_path):
    """But the learner's own rule, which nobody could know."""
    pytest.importorskip("numba")
    environment = os.environ | {"PYTHONPATH": str(root), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    for program in (CHECKED, FIRST_RUNS):
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, cwd=tmp_path, text=True, capture_output=True
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[]", "['own']"]


def test_numba_is_used_where_it_is():
    pytest.importorskip("numba")
    from hlp_edu.kernel import march

    hlp.run(hlp.Tracking(hlp.fully_connected(1), hlp.constant(0)), hlp.Flipped(), T=0.01)
    assert march.signatures and Path(march.py_func.__code__.co_filename).name == "kernel.py"
