"""Backprop, BPTT, RTRL and heavy ball against differences and autograd; the flow against backprop."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

import hlp_edu as hlp
from hlp_edu.backprop import (
    Online,
    backprop,
    bptt,
    flipped_descent,
    flow_gradient,
    heavy_ball,
    meet_backprop,
    relaxed_costate,
    rtrl,
)
from hlp_edu.stream import open_problem
from hlp_edu.studies.streams import stream_task


def moving(net, pace=1.0):
    inputs = {label: hlp.sinusoid(1, (5 + 2 * k) / pace, phase=k) for k, label in enumerate(net.inputs[:-1])}
    targets = [hlp.sinusoid(0.5, (6 + 3 * k) / pace, phase=k) for k in range(len(net.outputs))]
    return hlp.Tracking(net, targets, q=2, inputs=inputs)


def weights(net, seed=0, size=0.5):
    return size * np.random.default_rng(seed).standard_normal(len(net.heads))


def differences(function, w, h=1e-6):
    steps = h * np.eye(len(w))
    return np.array([(function(w + d) - function(w - d)) / (2 * h) for d in steps])


def matrix(net, w):
    """As net.matrix, for autograd: a sum of w_k times the matrix of arc k."""
    n, m = len(net.neurons), len(net.heads)
    place = np.zeros((n, n + len(net.inputs), m))
    place[net.heads, net.tails, np.arange(m)] = 1
    return anp.dot(place, w)


@pytest.mark.parametrize("sizes", [[3, 4, 4, 2], [1, 1], [2, 5, 1]])
def test_backprop(sizes):
    net = hlp.feed_forward(sizes)
    problem = moving(net)
    w, u, z = weights(net), problem.inputs_at(1.3), problem.target_at(1.3)
    n = len(net.neurons)

    def loss(w):
        W, x = matrix(net, w), anp.zeros(n)
        for _ in sizes:  # every sweep settles one more layer
            x = anp.tanh(anp.dot(W, anp.concatenate([x, u])))
        return problem.q / 2 * anp.sum((x[net.output_index] - z) ** 2)

    found = backprop(net, w, u, z, problem.q)
    assert found.loss == pytest.approx(float(loss(w)), rel=1e-14)
    np.testing.assert_allclose(found.gradient, grad(loss)(w), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.gradient, differences(loss, w), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.delta, (1 - found.x**2) * found.D)


def test_backprop_crosses_skipped_layers_and_refuses_cycles():
    import networkx as nx

    net = hlp.Network(nx.DiGraph([("u", "a"), ("a", "b"), ("u", "b"), ("a", "c"), ("b", "c")]), ["u"], ["c", "a"])
    w, u, z = weights(net, seed=3), np.array([0.7]), np.array([0.2, -0.4])
    loss = lambda w: backprop(net, w, u, z).loss  # noqa: E731
    np.testing.assert_allclose(backprop(net, w, u, z).gradient, differences(loss, w), rtol=1e-6, atol=1e-9)
    with pytest.raises(ValueError, match="has a cycle"):
        backprop(hlp.fully_connected(3), np.zeros(12), [1], [0])


@pytest.mark.parametrize("net", [hlp.fully_connected(4), hlp.feed_forward([2, 3, 2])])
@pytest.mark.parametrize("dt", [0.02, 0.1])
def test_bptt_and_rtrl(net, dt):
    problem = moving(net).replace(speed=np.linspace(4, 10, len(net.neurons)))
    w, x0 = weights(net), np.linspace(-0.3, 0.3, len(net.neurons))
    steps, n, pace = 50, len(net.neurons), dt * problem.speed
    times = dt * np.arange(steps + 1)
    u, z = problem.inputs_at(times), problem.target_at(times)

    def cost(w):
        W, x, total = matrix(net, w), x0, 0.0
        for k in range(steps):
            x = x + pace * (anp.tanh(anp.dot(W, anp.concatenate([x, u[k]]))) - x)
            total = total + dt * problem.q / 2 * anp.sum((x[net.output_index] - z[k + 1]) ** 2)
        return total

    for method in (bptt, rtrl):
        value, gradient = method(problem, w, T=steps * dt, dt=dt, x0=x0)
        assert value == pytest.approx(float(cost(w)), rel=1e-13)
        np.testing.assert_allclose(gradient, grad(cost)(w), rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(gradient, differences(cost, w), rtol=1e-5, atol=1e-9)
    assert n == len(x0)


def test_bptt_is_of_the_same_run_as_the_flow():
    problem = moving(hlp.fully_connected(3))
    w = weights(problem.network)
    run = hlp.run(problem.replace(r_w=0), hlp.Frozen(), T=1, dt=0.01, x0=np.zeros(3), w0=w, method="euler")
    by_hand = 0.01 * problem.q / 2 * ((run.outputs[1:] - run.target[1:]) ** 2).sum()
    assert bptt(problem, w, T=1, dt=0.01)[0] == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("theta, r, h", [(2.0, 0.5, 0.02), (0.0, 2.0, 0.05), (30.0, 0.1, 0.01)])
def test_the_flip_with_phi_is_heavy_ball(theta, r, h):
    net = hlp.feed_forward([3, 4, 4, 2])
    problem = moving(net)
    w0, u, z, r_w = weights(net), problem.inputs_at(1.3), problem.target_at(1.3), 0.01

    def gradient(w):
        return backprop(net, w, u, z, problem.q).gradient + r_w * w

    flow = flipped_descent(gradient, w0, steps=1000, h=h, r=r, theta=theta)
    ball = heavy_ball(gradient, w0, steps=1000, rate=h**2 / r, momentum=1 - theta * h)
    assert np.abs(flow - w0).max() > 0.1  # it went somewhere
    assert np.abs(flow - ball).max() < 1e-10


def test_other_integrators_are_not_heavy_ball():
    # Explicit Euler, p and w both from the old values, is another recursion.
    w, p, before, after = 1.0, 0.0, [1.0], [1.0]
    for _ in range(100):
        w, p = w - 0.1 * p, p + 0.1 * (w - 0.5 * p)
        before.append(w)
    after = heavy_ball(lambda w: w, [1.0], 100, rate=0.01, momentum=0.95)[:, 0]
    assert np.abs(np.array(before) - after).max() > 0.01


def test_a_descent_that_diverges_says_so_in_its_numbers():
    for made in (
        flipped_descent(lambda w: w, [1.0], steps=9, h=1e80, r=1.0, theta=1.0),
        heavy_ball(lambda w: w, [1.0], steps=9, rate=1e80, momentum=0.5),
    ):
        assert not np.isfinite(made[-1]).any()


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_of_the_flow_meets_backprop_like_one_over_c(seed):
    net = hlp.feed_forward([3, 4, 4, 2])
    speeds, times = np.array([100, 300, 1000, 3000, 10000]), np.linspace(0, 30, 25)
    errors = [meet_backprop(moving(net), weights(net, seed), c, times).error for c in speeds]
    slope = np.polyfit(np.log(speeds), np.log(errors), 1)[0]
    assert -1.02 < slope < -0.98
    assert errors[0] < 0.1


@pytest.mark.parametrize("c", [1, 20, 1000])
def test_with_a_static_input_they_agree_at_any_speed(c):
    net = hlp.feed_forward([3, 4, 4, 2])
    held = {label: hlp.constant(0.3 * k - 0.4) for k, label in enumerate(net.inputs[:-1])}
    problem = moving(net).replace(target=[hlp.constant(0.3), hlp.constant(-0.6)], inputs=held, speed=c)
    w = weights(net)
    run = hlp.run(problem, hlp.Frozen(), T=60 / c, dt=0.2 / c, x0=np.zeros(10), w0=w, every=10**6)
    exact = backprop(net, w, problem.inputs_at(0.0), problem.target_at(0.0), problem.q)
    found = flow_gradient(problem, run.final.x, w, run.final.p_x)
    assert np.abs(found - exact.gradient).max() < 1e-12 * np.abs(exact.gradient).max()
    np.testing.assert_allclose(relaxed_costate(problem, run.final.p_x), exact.D, rtol=1e-11, atol=1e-14)


def test_speeds_of_their_own_reach_the_same_limit():
    net = hlp.feed_forward([3, 4, 4, 2])
    held = {label: hlp.constant(0.5) for label in net.inputs[:-1]}
    speed = np.linspace(5, 50, 10)
    problem = moving(net).replace(target=[hlp.constant(0.3)] * 2, inputs=held, speed=speed)
    run = hlp.run(problem, hlp.Frozen(), T=12, dt=0.01, x0=np.zeros(10), w0=weights(net))
    exact = backprop(net, weights(net), problem.inputs_at(0.0), [0.3, 0.3], problem.q)
    np.testing.assert_allclose(relaxed_costate(problem, run.final.p_x), exact.D, rtol=1e-10, atol=1e-13)


def test_wrong_lengths_are_named():
    net = hlp.chain(2)
    problem = hlp.Tracking(net, hlp.constant(0), inputs={"u": hlp.constant(1)})
    with pytest.raises(ValueError, match="w has shape \\(3,\\): must be \\(2,\\)"):
        backprop(net, [1, 2, 3], [1], [0])
    with pytest.raises(ValueError, match="x0 has shape"):
        bptt(problem, [1, 1], T=1, x0=[0])
    with pytest.raises(ValueError, match="dt = 2"):
        rtrl(problem, [1, 1], T=0.5, dt=2)


@pytest.mark.parametrize("descend", [
    lambda gradient, w0=(1.0, 2.0), steps=3: heavy_ball(gradient, w0, steps, rate=0.1, momentum=0.5),
    lambda gradient, w0=(1.0, 2.0), steps=3: flipped_descent(gradient, w0, steps, h=0.1, r=1.0, theta=1.0),
])  # fmt: skip
def test_a_gradient_is_one_real_number_per_weight(descend):
    def in_place(w):
        w *= 2
        return w

    assert np.array_equal(descend(in_place), descend(lambda w: 2 * w))
    for gradient, says in (
        (lambda w: w[:1], r"gradient: gives shape \(1,\) for weights of shape \(2,\)"),
        (lambda w: 1j * w, "gradient = .*: must be a function that gives one real number per weight"),
    ):
        with pytest.raises(ValueError, match=says):
            descend(gradient)
    with pytest.raises(ValueError, match="steps = 10000000: would take"):
        descend(lambda w: w, np.zeros(1000), 10**7)


def test_what_would_take_too_much_memory_is_refused():
    net = hlp.fully_connected(800)
    with pytest.raises(ValueError, match="truncation = None: would take 4.1 GB; at most 4 are allowed"):
        Online(net, rate=0.1, truncation=None)
    with pytest.raises(ValueError, match="T = 1e.06: would take"):
        bptt(hlp.Tracking(net, hlp.sinusoid(), speed=1), np.zeros(len(net.heads)), T=1e6, dt=1.0)
    with pytest.raises(ValueError, match="dt = 0.1: must be at most 1 / speed = 0.05"):
        bptt(hlp.Tracking(net, hlp.sinusoid()), np.zeros(len(net.heads)), T=1, dt=0.1)


# ---- learning from a stream ----------------------------------------------------------------------


def loss_after(network, w, x0, samples, sweeps):
    """The loss of the last sample with weights held, written anew and plainly."""
    W, x = network.matrix(w), x0
    for u, _ in samples:
        for _ in range(sweeps):
            x = np.tanh(W @ np.concatenate([x, u, [1.0]]))
    return 0.5 * np.sum((x[network.output_index] - samples[-1][1]) ** 2)


@pytest.mark.parametrize("task", ["waves", "sunspots", "switching"])
@pytest.mark.parametrize("truncation", [1, 3, 12, None], ids=str)
def test_the_gradient_on_a_stream_is_that_of_differences(task, truncation):
    """On the networks of lesson 14: RTRL and BPTT see the whole past, truncated BPTT its last part."""
    network, samples, _ = stream_task(task)
    samples = samples[:12]
    learner = Online(network, rate=0, truncation=truncation, sweeps=2, seed=4)
    learner.w *= 2  # so that the past matters
    begin, states = learner.x.copy(), []
    for u, _ in samples:
        states.append(learner.x.copy())
        guess = learner.guess(u)
    found = learner.gradient(samples[-1][1])
    seen = 12 if truncation is None else truncation
    start = begin if seen == 12 else states[-seen]
    wanted = differences(lambda w: loss_after(network, w, start, samples[-seen:], 2), learner.w)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)
    assert 0.5 * np.sum((guess - samples[-1][1]) ** 2) == pytest.approx(
        loss_after(network, learner.w, begin, samples, 2)
    )
    if truncation == 1:
        whole = differences(lambda w: loss_after(network, w, begin, samples, 2), learner.w)
        assert np.linalg.norm(found - whole) > 1e-3 * np.linalg.norm(whole)  # truncation leaves something out


@pytest.mark.parametrize("truncation", [4, None], ids=str)
def test_the_gradient_on_the_video(truncation):
    network, samples, _ = stream_task("video")
    learner = Online(network, rate=0, truncation=truncation, seed=1)
    begin = learner.x.copy()
    for u, _ in samples[:4]:
        learner.guess(u)
    found = learner.gradient(samples[3][1])
    for k in np.random.default_rng(0).choice(np.flatnonzero(np.abs(found) > 1e-6), 12, replace=False):
        step = 1e-6 * (np.arange(len(learner.w)) == k)
        wanted = [loss_after(network, learner.w + s, begin, samples[:4], 2) for s in (step, -step)]
        assert found[k] == pytest.approx((wanted[0] - wanted[1]) / 2e-6, rel=1e-4, abs=1e-9)


def test_online_descent_on_a_feed_forward_net_is_backprop():
    net = hlp.feed_forward([2, 3, 1])
    learner, w, v = Online(net, rate=0.1, momentum=0.6, seed=2), None, 0.0
    w = learner.w.copy()
    samples = [(u, [u[0] * u[1]]) for u in np.random.default_rng(3).uniform(-1, 1, (20, 2))]
    guess = learner.learn(samples)
    for k, (u, z) in enumerate(samples):
        found = backprop(net, w, [*u, 1.0], z)
        assert guess[k] == pytest.approx(found.x[net.output_index], abs=1e-14)
        v = 0.6 * v - 0.1 * found.gradient
        w = w + v
    np.testing.assert_allclose(learner.w, w, rtol=1e-12)


def test_several_updates_are_so_many_steps():
    net = hlp.feed_forward([2, 1])
    (sample,) = [([0.5, -0.2], [0.3])]
    several = Online(net, rate=0.1, momentum=0.5, updates=3, seed=1)
    several.learn([sample])
    single = Online(net, rate=0.1, momentum=0.5, seed=1)
    single.learn([sample] * 3)
    np.testing.assert_allclose(several.w, single.w, rtol=1e-14)


def test_the_same_start_as_a_run_and_what_must_be_kept():
    net = stream_task("sunspots").network
    problem = open_problem(net)
    begun = hlp.run(problem, hlp.Frozen(), T=1, dt=1, seed=5)
    assert np.array_equal(Online(net, 0.1, seed=5).w, begun.w[0]) and np.array_equal(
        Online(net, 0.1, seed=5).x, begun.x[0]
    )
    n, m, width = 6, 60, 6 + 4 + 6
    assert [Online(net, 0.1, truncation=truncation).stored for truncation in (1, 4, None)] == [
        m + 2 * width,
        m + 8 * width,
        m + n * m,
    ]
    frozen = Online(net, 0.1, momentum=0.9)
    frozen.learn([(np.ones(3), [0.5])] * 3)
    frozen.freeze()
    w = frozen.w.copy()
    frozen.learn([(np.ones(3), [0.5]), (np.ones(3), None)])
    assert np.array_equal(frozen.w, w)


@pytest.mark.parametrize("truncation", [1, None])
@pytest.mark.parametrize("z, says", [([0, 1], "z has shape"), (np.nan, r"z\[0\] = nan"), (1j, "z = 1j")])
def test_wrong_targets_of_online_are_named(truncation, z, says):
    with pytest.raises(ValueError, match=says):
        Online(hlp.feed_forward([1, 1]), rate=0.1, truncation=truncation).learn([(0.5, z)])


@pytest.mark.parametrize(
    "given, says",
    [
        (dict(rate=-1), "rate = -1"),
        (dict(rate=1, momentum=1.0), "momentum = 1.0"),
        (dict(rate=1, truncation=0), "truncation = 0"),
        (dict(rate=1, sweeps=1.5), "sweeps = 1.5"),
        (dict(rate=1, updates=0), "updates = 0"),
    ],
)
def test_wrong_arguments_of_online_are_named(given, says):
    with pytest.raises(ValueError, match=says):
        Online(hlp.feed_forward([1, 1]), **given)


def test_online_takes_numbers_of_numpy_and_wants_a_guess_first():
    plain, of_numpy = (Online(hlp.chain(2), 0.1, truncation=kind(2), sweeps=kind(3)) for kind in (int, np.array))
    with pytest.raises(ValueError, match="gradient: guess a sample first"):
        plain.gradient([0.5])
    assert np.array_equal(plain.learn([([0.5], [0.1])] * 4), of_numpy.learn([([0.5], [0.1])] * 4))
