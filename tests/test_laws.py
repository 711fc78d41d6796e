"""The laws themselves: what is read, and the signs, one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import beginning, random_case

import hlp_edu as hlp


@pytest.mark.parametrize("seed", range(4))
def test_signs_are_taken_neuron_by_neuron_and_arc_by_arc(seed):
    problem = random_case(seed)
    x, w, p_x, p_w = beginning(problem, seed)
    dice = np.random.default_rng(seed)
    plus, signs = dice.choice([-1.0, 1.0], len(x)), dice.choice([-1.0, 1.0], len(w))

    def own(t, H, p_x, p_w, H_x, H_w, s_x, s_w):
        s_x[:] = plus
        s_w[:] = signs

    h = 1e-3
    step = dict(T=h, dt=h, method="euler", x0=x, w0=w, p0=(p_x, p_w))
    after = hlp.run(problem, hlp.Policy(own, dissipation_w=2, dissipation_x=0.7), **step).final
    H_x, H_w = problem.gradients(x, w, p_x, p_w)
    theta = problem.theta
    assert np.allclose(after.x, x + h * problem.dynamics(x, w), atol=1e-12)
    assert np.allclose(after.w, w - h * p_w / problem.r, atol=1e-12)
    assert np.allclose(after.p_x, p_x + h * (-plus * H_x - (theta + 0.7) * p_x), atol=1e-12)
    assert np.allclose(after.p_w, p_w + h * (-signs * H_w - (theta + 2) * p_w), atol=1e-12)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15)
def test_laws_are_local(seed):
    """Change one number at a time: only the velocities that may read it move."""
    problem = random_case(seed)
    net = problem.network
    x, w, p_x, p_w = beginning(problem, seed)
    columns = [*net.neurons, *net.inputs]
    nan = float("nan")

    def changed(x=x, w=w, p_x=p_x):
        """What stays finite when a number is replaced by nan has not read it."""
        H_x, H_w = problem.gradients(x, w, p_x, p_w)
        seen = dict(f=problem.dynamics(x, w), H_x=H_x, H_w=H_w)
        return {key: set(np.flatnonzero(np.isnan(values))) for key, values in seen.items()}

    def arcs(test):
        return {k for k, (tail, head) in enumerate(net.arcs) if test(tail, head)}

    def neurons(labels):
        return {net.neurons.index(label) for label in labels if label in net.neurons}

    for i, label in enumerate(net.neurons):
        children = set(net.graph.successors(label))
        seen = changed(x=np.where(np.arange(len(x)) == i, nan, x))
        assert seen["f"] <= neurons(children | {label}), "x_j moves its own velocity and its children's"
        assert seen["H_w"] <= arcs(lambda tail, head, c=children, j=label: tail == j or head in c)
        seen = changed(p_x=np.where(np.arange(len(x)) == i, nan, p_x))
        assert seen["f"] == set() and seen["H_w"] <= arcs(lambda tail, head, j=label: head == j)
        readers = {columns.index(parent) for parent in [*net.graph.predecessors(label), label]}
        assert seen["H_x"] <= readers, "p_x,k moves its own costate and its parents'"
    for k, (_, head) in enumerate(net.arcs):
        seen = changed(w=np.where(np.arange(len(w)) == k, nan, w))
        assert seen["f"] <= neurons([head]) and seen["H_w"] <= arcs(lambda tail, h, j=head: h == j)


def test_one_neuron_has_the_spectrum_that_theory_gives():
    """One neuron and a bias, always flipped: (s^2 + theta_w s + r_w/r)(s+c)(s+c+theta_x) + (q/r) c^2 = 0."""
    net = hlp.Network(hlp.chain(1).graph, ["u"], [1])
    for c, theta_x, theta_w in ((10.0, 0.0, 0.0), (20.0, 5.0, 30.0), (50.0, 0.0, 43.0)):
        problem = hlp.Tracking(net, hlp.constant(0), speed=c, inputs={"u": hlp.constant(1)})
        dense_rate = flipped_rate(problem, theta_x, theta_w)
        J = np.array([(dense_rate(+1e-6 * e) - dense_rate(-1e-6 * e)) / 2e-6 for e in np.eye(4)]).T
        q, r_w, r = problem.q, problem.r_w, problem.r
        square = np.polymul([1, theta_w, r_w / r], np.polymul([1, c], [1, c + theta_x]))
        square[-1] += q / r * c**2
        assert np.allclose(np.sort_complex(np.linalg.eigvals(J)), np.sort_complex(np.roots(square)), rtol=1e-5)


@pytest.mark.parametrize("c, critical", [(10, 63), (20, 43), (50, 27), (100, 17), (200, 10)])
def test_critical_dissipation_of_one_neuron(c, critical):
    net = hlp.Network(hlp.chain(1).graph, ["u"], [1])
    problem = hlp.Tracking(net, hlp.constant(0), speed=c, inputs={"u": hlp.constant(1)})

    def growth(theta_w):
        rate = flipped_rate(problem, 0.0, theta_w)
        J = np.array([(rate(+1e-6 * e) - rate(-1e-6 * e)) / 2e-6 for e in np.eye(4)]).T
        return np.linalg.eigvals(J).real.max()

    assert growth(0.0) > 0, "without dissipation it is unstable"
    assert growth(critical - 1.0) > 0 > growth(critical + 1.0)


def flipped_rate(problem, theta_x, theta_w):
    def rate(state):
        x, w, p_x, p_w = state.reshape(4, 1)
        H_x, H_w = problem.gradients(x, w, p_x, p_w)
        f = problem.dynamics(x, w)
        return np.concatenate([f, -p_w / problem.r, H_x - theta_x * p_x, H_w - theta_w * p_w])

    return rate
