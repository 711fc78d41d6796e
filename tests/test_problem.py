"""The tracking problem: prices, targets and inputs, the Lagrangian and the Hamiltonian as plain functions."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Dense, beginning, random_case

import hlp_edu as hlp
from hlp_edu.signals import JOIN


@given(seed=st.integers(0, 10_000), t=st.floats(0, 20))
@settings(max_examples=40)
def test_methods_agree_with_dense_matrices(seed, t):
    problem, dense = random_case(seed), Dense(random_case(seed))
    x, w, p_x, p_w = beginning(problem, seed)
    f, H_x, H_W, L, H = dense.look(t, x, dense.matrix(w), p_x, dense.matrix(p_w))
    assert np.allclose(problem.dynamics(x, w, t), f, atol=1e-12)
    ours = problem.gradients(x, w, p_x, p_w, t)
    assert np.allclose(ours[0], H_x, atol=1e-12) and np.allclose(ours[1], dense.vector(H_W), atol=1e-12)
    assert problem.hamiltonian(x, w, p_x, p_w, t) == pytest.approx(H, abs=1e-11)
    assert problem.lagrangian(x, w, -p_w / problem.r, t) == pytest.approx(L, abs=1e-11)


def test_rows_of_times_are_done_one_by_one():
    problem = random_case(4)
    rows = [beginning(problem, seed) for seed in range(3)]
    x, w, p_x, p_w = (np.array(part) for part in zip(*rows, strict=True))
    t = np.array([0.0, 1.5, 2.0])
    H, (H_x, H_w) = problem.hamiltonian(x, w, p_x, p_w, t), problem.gradients(x, w, p_x, p_w, t)
    assert H.shape == (3,) and H_x.shape == x.shape and H_w.shape == w.shape
    for k, row in enumerate(rows):
        assert H[k] == problem.hamiltonian(*row, t[k])
        assert np.array_equal(H_x[k], problem.gradients(*row, t[k])[0])
        assert np.array_equal(H_w[k], problem.gradients(*row, t[k])[1])
    # one row stands for all, where it is given alone
    assert np.array_equal(problem.dynamics(x, w[0]), [problem.dynamics(row, w[0]) for row in x])
    assert isinstance(problem.hamiltonian(*rows[0], 0.0), float)


def test_arguments_are_left_alone():
    problem = random_case(4)
    begin = beginning(problem)
    kept = [part.copy() for part in begin]
    problem.gradients(*begin)
    assert all(np.array_equal(a, b) for a, b in zip(begin, kept, strict=True))


def test_the_bias_needs_no_signal_but_may_have_one():
    x, w = np.zeros(1), np.array([0.5])
    one = hlp.Tracking(hlp.Network(nx.DiGraph([("bias", 1)]), ["bias"], [1]), hlp.constant(0), speed=2)
    assert one.inputs_at(3.0).tolist() == [1] and one.dynamics(x, w)[0] == pytest.approx(2 * math.tanh(0.5))
    other = one.replace(inputs={"bias": hlp.constant(-2)})
    assert other.dynamics(x, w)[0] == pytest.approx(2 * math.tanh(-1))


def test_targets_and_inputs_keep_their_order():
    graph = nx.DiGraph([("v", 1), ("u", 2), (1, 2)])
    net = hlp.Network(graph, ["u", "v"], [2, 1])
    inputs = {"v": hlp.constant(4), "u": hlp.constant(3)}
    problem = hlp.Tracking(net, [hlp.constant(0.2), hlp.constant(0.1)], inputs=inputs)
    assert problem.target_at(0.0).tolist() == [0.2, 0.1] and problem.inputs_at([0, 1]).tolist() == [[3, 4]] * 2
    # q/2 ((x_2 - .2)^2 + (x_1 - .1)^2) at x_1 = 1, x_2 = 0
    assert problem.lagrangian([1, 0], np.zeros(3), np.zeros(3)) == pytest.approx(50 * (0.2**2 + 0.9**2))


def test_own_functions_are_signals():
    problem = hlp.Tracking(hlp.fully_connected(2), lambda t: 0.5 * np.cos(t))
    assert np.allclose(problem.target_at([0, 1])[:, 0], 0.5 * np.cos([0, 1]))
    number = hlp.Tracking(hlp.fully_connected(2), lambda t: 0.25)
    assert number.target_at([0, 1]).tolist() == [[0.25], [0.25]]
    assert "lambda" in repr(problem)


def test_a_signal_that_changes_the_times_it_is_given_harms_no_other():
    def saw(t):
        t %= 2
        return 0.3 * t

    problem = make(network=two_outputs(), target=[saw, np.sin], inputs={"u1": np.sin})
    times = np.array([0.0, 3.0, 4.5])
    wanted = np.stack([0.3 * (times % 2), np.sin(times)], axis=1)
    for targets in (problem.target_at(times), problem.at_steps(times)[0][:, 0]):
        assert np.array_equal(targets, wanted)


def test_replace_changes_what_is_named():
    problem = random_case(9)
    other = problem.replace(q=7, theta=0)
    assert other.q == 7 and other.theta == 0 and other.r == problem.r and other.targets == problem.targets
    assert np.array_equal(other.speed, problem.speed) and other.inputs == problem.inputs and problem.q != 7
    assert make(speed=3).replace(network=hlp.chain(4)).speed.tolist() == [3] * 4, "one number is one for any network"
    with pytest.raises(ValueError, match="q = -1"):
        problem.replace(q=-1)
    with pytest.raises(TypeError):
        problem.replace(Q=1)


def test_a_step_that_leads_up_to_a_jump_does_not_know_what_comes_after():
    u, z = hlp.steps([0.2, 0.5], [1, 2, 3]), hlp.steps([0.3], [-1, 1])
    problem = hlp.Tracking(hlp.chain(1), z, inputs={"u": u})
    times = np.arange(8) * 0.1
    targets, inputs = problem.at_steps(times)
    assert targets.shape == inputs.shape == (8, 3, 1)
    starts, middles, ends = inputs[:, :, 0].T
    assert starts.tolist() == [1, 1, 2, 2, 2, 3, 3, 3]
    assert middles[:-1].tolist() == [1, 1, 2, 2, 2, 3, 3]
    assert ends[:-1].tolist() == [1, 1, 2, 2, 2, 3, 3]
    starts, middles, ends = targets[:, :, 0].T
    assert starts.tolist() == [-1, -1, -1, 1, 1, 1, 1, 1] and ends[:-1].tolist() == [-1, -1, -1, 1, 1, 1, 1]


@given(seed=st.integers(0, 1000), dt=st.sampled_from([0.1, 0.05, 0.02, 0.01]), first=st.integers(0, 300))
@settings(max_examples=30)
def test_left_limits_of_a_patchwork_wherever_the_steps_begin(seed, dt, first):
    z = hlp.patchwork(seed=seed)
    problem = hlp.Tracking(hlp.fully_connected(1), z)
    times = (first + np.arange(int(4 / dt) + 1)) * dt
    values = problem.at_steps(times)[0][:, :, 0]
    jumps = z.jumps(times[0], times[-1])
    assert len(jumps) >= 1
    for k in range(len(times) - 1):
        # within one step the signal is one smooth piece: its end continues its start and its middle
        h = dt / 2
        piece = z(np.array([times[k], times[k] + h, times[k + 1] - 2 * JOIN]))
        assert np.allclose(values[k], piece, atol=1e-7), (k, times[k])


def test_the_repr_names_what_differs():
    problem = hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid(), speed=[1, 2, 4], theta=0.5)
    assert repr(problem).endswith("q=100, r_w=1, r=0.1, speed=1 to 4, theta=0.5)") and "sinusoid" in repr(problem)


def make(**changes):
    arguments = dict(network=hlp.chain(2), target=hlp.sinusoid(), inputs={"u": hlp.constant(1)}) | changes
    return hlp.Tracking(**arguments)


def two_outputs():
    return hlp.feed_forward([1, 2], bias=False)


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda: make(network="net"), ["network = 'net'", "Network"]),
        (lambda: make(network=hlp.Network(nx.DiGraph([("u", 1)]), ["u"])), ["network: has no outputs", "outputs="]),
        (lambda: make(q=-1), ["q = -1", "at least 0"]),
        (lambda: make(q=np.nan), ["q = nan", "finite number"]),
        (lambda: make(q="100"), ["q = '100'", "finite number"]),
        (lambda: make(q=[100]), ["q = [100]", "finite number"]),
        (lambda: make(q=None), ["q = None", "finite number"]),
        (lambda: make(q=True), ["q = True", "finite number"]),
        (lambda: make(q=1j), ["q = 1j", "finite number"]),
        (lambda: setattr(make(), "q", 1000), ["q: a problem is not changed", "problem.replace(q=...)"]),
        (lambda: make(r_w=-0.1), ["r_w = -0.1", "at least 0"]),
        (lambda: make(r_w=np.inf), ["r_w = inf", "finite number"]),
        (lambda: make(r=0), ["r = 0", "above 0"]),
        (lambda: make(r=-1), ["r = -1", "above 0"]),
        (lambda: make(r=np.nan), ["r = nan", "above 0"]),
        (lambda: make(speed=0), ["speed = 0", "above 0"]),
        (lambda: make(speed=-20), ["speed = -20", "above 0"]),
        (lambda: make(speed="fast"), ["speed = 'fast'", "above 0"]),
        (lambda: make(speed=[1, 0]), ["speed[1] = 0", "above 0"]),
        (lambda: make(speed=[1, np.nan]), ["speed[1] = nan", "finite"]),
        (lambda: make(speed=[1, 2, 3]), ["speed has shape (3,)", "(2,)", "neuron"]),
        (lambda: make(theta=np.nan), ["theta = nan", "finite"]),
        (lambda: make(target=0.8), ["target of output 2 = 0.8", "function of an array of times"]),
        (lambda: make(target=lambda t: np.nan * t), ["target of output 2", "nan at t = 0", "finite"]),
        (lambda: make(target=lambda t: np.ones((len(t), 2))), ["target of output 2", "(3, 2)", "one value per time"]),
        (lambda: make(target=lambda t: t[1:]), ["target of output 2", "(2,)", "(3,)"]),
        (lambda: make(target=[hlp.sinusoid()] * 2), ["target: 2 given for 1 outputs [2]", "one signal per output"]),
        (lambda: make(target=[]), ["target: 0 given for 1 outputs"]),
        (lambda: make(network=two_outputs(), inputs={"u1": hlp.constant(1)}), ["target: 1 given for 2 outputs [1, 2]"]),
        (lambda: make(inputs=None), ["inputs: the input 'u' has no signal", "inputs={'u': signal}"]),
        (lambda: make(inputs={"v": hlp.constant(1)}), ["inputs: 'v' is not an input", "['u']"]),
        (lambda: make(inputs={"u": 1.0}), ["input 'u' = 1.0", "function of an array of times"]),
        (lambda: make(inputs=[hlp.constant(1)]), ["inputs = [", "dict"]),
        (lambda: make().hamiltonian(np.zeros(3), np.zeros(2), np.zeros(2), np.zeros(2)), ["x has shape (3,)", "(2,)"]),
        (lambda: make().gradients(np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(9)), ["p_w has shape (9,)"]),
        (lambda: make().dynamics(np.zeros((3, 2)), np.zeros((4, 2))), ["one row or 4 rows"]),
        (lambda: make().lagrangian(np.zeros(2), np.zeros((1, 2, 2)), np.zeros(2)), ["w has shape (1, 2, 2)"]),
    ],
)
def test_wrong_arguments(build, words):
    with pytest.raises(ValueError) as caught:
        build()
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    "signal, words",
    [
        (lambda t: np.where(t > 1, np.nan, 0.0), ["target of output 2", "nan at t = 1.1", "finite"]),
        (lambda t: math.sin(t), ["target of output 2", "fails with", "array of times", "np.sin"]),
        (lambda t: t if len(t) == 3 else t[1:], ["target of output 2", "one value per time"]),
    ],
)
def test_a_target_that_fails_while_it_runs(signal, words):
    with pytest.raises(ValueError) as caught:
        hlp.run(make(target=signal), hlp.Frozen(), T=2, dt=0.1)
    assert all(word in str(caught.value) for word in words), str(caught.value)
