"""One library's way to take the steps, in a process of its own: `python peer.py NAME`, see `PEERS` below.

It reads lines "neurons method steps rounds" and answers each with a pickle: a list of the seconds that each round
took; for 0 rounds, the state at the end of one: x, W with the bias in the last column, p_x, P_W. Ask for that first,
for it also compiles whatever has to be compiled.

All begin at the same state, at t = 0, take the same steps, and record the output alone.
"""

import functools
import os
import pickle
import sys
import time

import numpy as np

C, Q, R_W, R, THETA_W, THETA_X = 20.0, 100.0, 1.0, 0.1, 30.0, 5.0
H = 1e-4


@functools.cache
def begin(n):
    """The state that all begin from."""
    rng = np.random.default_rng(0)
    x, W = 0.5 * rng.standard_normal(n), 0.5 / np.sqrt(n) * rng.standard_normal((n, n + 1))
    return x, W, 0.01 * rng.standard_normal(n), 0.01 * rng.standard_normal((n, n + 1))


def rates(lib, t, x, W, p, P):
    """The laws as one writes them with matrices, for any library that speaks numpy."""
    y = lib.concatenate([x, lib.ones(1)])
    sigma = lib.tanh(W @ y)
    g = C * (1 - sigma**2) * p
    n = x.shape[0]
    output = lib.concatenate([lib.ones(1), lib.zeros(n - 1)])
    H_x = -C * p + (g @ W)[:n] + Q * output * (x - 0.8 * lib.sin(t))
    H_W = g[:, None] * y[None, :] + R_W * W
    return C * (sigma - x), -P / R, H_x - THETA_X * p, H_W - THETA_W * P


def step(rates, method, t, state):
    """One step of Euler or Runge-Kutta 4."""

    def moved(ahead, velocity):
        return tuple(part + ahead * rate for part, rate in zip(state, velocity, strict=True))

    k_1 = rates(t, *state)
    if method == "euler":
        return moved(H, k_1)
    k_2 = rates(t + H / 2, *moved(H / 2, k_1))
    k_3 = rates(t + H / 2, *moved(H / 2, k_2))
    k_4 = rates(t + H, *moved(H, k_3))
    return moved(H / 6, [a + 2 * b + 2 * c + d for a, b, c, d in zip(k_1, k_2, k_3, k_4, strict=True)])


def stepped(rates, method, steps, start):
    """All steps in a Python loop."""
    state, output = start, []
    for k in range(steps):
        output.append(float(state[0][0]))
        state = step(rates, method, k * H, state)
    return state


# --- each gives a function without arguments that takes the steps and returns the state at the end ------------------


def with_hlp_edu(n, method, steps):
    """Our `run`."""
    import hlp_edu as hlp
    from hlp_edu.state import Clock, State

    problem = hlp.Tracking(hlp.fully_connected(n), hlp.sinusoid(), q=Q, r_w=R_W, r=R, speed=C)
    policy = hlp.Flipped(dissipation_w=THETA_W, dissipation_x=THETA_X)
    x, w, p_x, p_w = (part.ravel() for part in begin(n))
    start = State(Clock(0.0, 0, H), x, w, p_x, p_w, np.full(x.size, -1.0), np.full(w.size, -1.0))

    def go():
        end = hlp.run(problem, policy, T=steps * H, dt=H, method=method, record="output", start=start).final
        return end.x, end.w, end.p_x, end.p_w

    return go


def with_jax(n, method, steps):
    """A jitted lax.scan."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    of_jax = functools.partial(rates, jnp)

    @jax.jit
    def scan(state):
        return jax.lax.scan(lambda s, k: (step(of_jax, method, k * H, s), s[0][0]), state, jnp.arange(steps))

    start = tuple(jnp.asarray(part) for part in begin(n))
    return lambda: jax.block_until_ready(scan(start))[0]


def with_numpy(n, method, steps):
    """Vectorised numpy."""
    return lambda: stepped(functools.partial(rates, np), method, steps, begin(n))


def with_torch(n, method, steps):
    """Hamilton's equations by PyTorch's autograd: nobody writes a gradient."""
    import torch

    torch.set_num_threads(1)
    one = torch.ones(1, dtype=torch.float64)

    def of_torch(t, x, W, p, P):
        x, W = x.detach().requires_grad_(), W.detach().requires_grad_()
        f = C * (torch.tanh(W @ torch.cat([x, one])) - x)
        hamiltonian = Q / 2 * (x[0] - 0.8 * np.sin(t)) ** 2 + R_W / 2 * (W * W).sum() + p @ f
        H_x, H_W = torch.autograd.grad(hamiltonian, (x, W))
        return f.detach(), -P / R, H_x - THETA_X * p, H_W - THETA_W * P

    start = tuple(torch.as_tensor(part) for part in begin(n))
    return lambda: stepped(of_torch, method, steps, start)


PEERS = {"hlp_edu": with_hlp_edu, "jax": with_jax, "numpy": with_numpy, "torch": with_torch}


def answer(questions, answers, make):
    """Answer line by line, until there are no more."""
    make = functools.cache(make)
    for line in questions:
        neurons, method, steps, rounds = line.split()
        go, seconds = make(int(neurons), method, int(steps)), []
        for _ in range(int(rounds)):
            start = time.perf_counter()
            go()
            seconds.append(time.perf_counter() - start)
        found = seconds if int(rounds) else [np.asarray(part).ravel() for part in go()]
        pickle.dump(found, answers)
        answers.flush()


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):  # not on macOS, not on Windows
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, the same for all
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    answer(sys.stdin, pipe, PEERS[sys.argv[1]])
