"""The authors' later code, Hamiltonian Learning, takes an Euler step of our damped flip.

None of their code is here. Where their file is at hand, say so and it is compared:

    NARNIAN=/path/to/hl_utils.py python -m pytest tests/test_narnian.py

It is ``hl_utils.py`` of the repository mela64/narnian (MIT licence), and needs PyTorch.
"""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

import hlp_edu as hlp

DT, THETA = 1e-3, 30.0
TARGETS = {"sinusoid": hlp.sinusoid(), "patched": hlp.patchwork(seed=0)}


def tracking(target):
    return hlp.Tracking(hlp.fully_connected(5), target, q=100, r_w=1, r=0.1, speed=20)


def euler(problem, state, t, dt, theta):
    """One Euler step of the damped flip: every variable from the old values."""
    x, w, p_x, p_w = state
    H_x, H_w = problem.gradients(x, w, p_x, p_w, t)
    return (
        x + dt * problem.dynamics(x, w, t),  # (2)
        w - dt * p_w / problem.r,  # (6)
        (1 - theta * dt) * p_x + dt * H_x,  # (10), s = -1
        (1 - theta * dt) * p_w + dt * H_w,
    )


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_our_step_is_the_run_of_the_library(target):
    problem, steps = tracking(target), 2000
    run = hlp.run(problem, hlp.Flipped(THETA, THETA), T=steps * DT, dt=DT, method="euler")
    state = run.x[0], run.w[0], np.zeros(5), np.zeros(30)
    for k in range(steps):
        state = euler(problem, state, k * DT, DT, THETA)
    for mine, theirs in zip(state, (run.final.x, run.final.w, run.final.p_x, run.final.p_w), strict=True):
        assert np.abs(mine - theirs).max() < 1e-9


def their_module():
    """Their file, if it is at hand; else the test is skipped, and says why."""
    path = os.environ.get("NARNIAN")
    if not path:
        pytest.skip("NARNIAN is not set: it names hl_utils.py of the repository mela64/narnian")
    torch = pytest.importorskip("torch", reason="their code needs PyTorch")
    spec = importlib.util.spec_from_file_location("hl_utils", Path(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return torch, module.HL


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_their_step_is_ours(target):
    torch, HL = their_module()
    torch.set_default_dtype(torch.float64)
    problem, steps = tracking(target), 20_000
    heads, tails = map(torch.as_tensor, (problem.network.heads, problem.network.tails))
    start = hlp.run(problem, hlp.Frozen(), T=DT, dt=DT)

    class Five(torch.nn.Module):
        """Five neurons and a bias, as their class wants a model: w, h, dh, delta."""

        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.tensor(start.w[0]))
            self.h = self.h_init = torch.tensor(start.x[0], requires_grad=True)
            self.delta = DT

        def forward(self):
            y = torch.cat([self.h, torch.ones(1)])
            a = torch.zeros(5).index_add(0, heads, self.w * y[tails])
            self.dh = 20 * (torch.tanh(a) - self.h)

    model = Five()
    learner = HL(model, theta=THETA * DT, beta=1 / problem.r, flip=-1.0, local=True)
    ours, apart = (start.x[0], start.w[0], np.zeros(5), np.zeros(30)), 0.0
    for k, z in enumerate(target(np.arange(steps) * DT)):
        learner.zero_grad()
        model()
        price = 50 * (model.h[0] - z) ** 2 + 0.5 * (model.w**2).sum()
        learner.compute_hamiltonian(price).backward()
        learner.step()
        with torch.no_grad():
            model.h += DT * model.dh
        ours = euler(problem, ours, k * DT, DT, THETA)
        apart = max(apart, np.abs(model.h.detach().numpy() - ours[0]).max())
    print(f"over {steps} steps the states differ by {apart:.0e}")
    assert apart < 1e-12
