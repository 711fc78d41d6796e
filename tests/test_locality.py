"""The audit: no violation in the library's update, and every planted one is found."""

import warnings

import networkx as nx
import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu.locality import audit, library_update


def random_problem(seed):
    dice = np.random.default_rng(seed)
    n, inputs = int(dice.integers(2, 8)), int(dice.integers(1, 3))
    graph = nx.gnp_random_graph(n, dice.uniform(0.1, 0.6), seed=seed, directed=True)
    graph.add_edges_from((i, i) for i in range(n) if dice.random() < 0.3)
    graph.add_edges_from((f"u{j}", i) for j in range(inputs) for i in range(n) if dice.random() < 0.5)
    graph.add_nodes_from(f"u{j}" for j in range(inputs))
    outputs = [int(i) for i in dice.choice(n, int(dice.integers(1, min(n, 3) + 1)), replace=False)]
    net = hlp.Network(graph, inputs=[f"u{j}" for j in range(inputs)], outputs=outputs)
    signals = {label: hlp.sinusoid() for label in net.inputs}
    return hlp.Tracking(net, [hlp.sinusoid()] * len(outputs), speed=dice.uniform(1, 20, n), inputs=signals)


@pytest.mark.parametrize("policy", [hlp.Flipped(30, 5), hlp.Canonical(), hlp.GradientFlow(0.03), hlp.Frozen()])
def test_no_violation_on_50_random_digraphs(policy):
    for seed in range(50):
        found = audit(random_problem(seed), policy)
        assert found.violations == [], (seed, found.violations[:3])


def test_the_reads_are_exactly_the_stated_neighbourhoods():
    # Not only nothing more is read, but also nothing less: an audit that sees nothing would pass the test above.
    for seed in range(50):
        found = audit(random_problem(seed))
        assert (found.reads == found.allowed).all(), seed


def test_without_the_sums_held_the_other_parents_show():
    net = hlp.Network(nx.DiGraph([("u", 1), (1, 3), (2, 3), ("u", 2)]), inputs=["u"], outputs=[3])
    found = audit(hlp.Tracking(net, hlp.sinusoid(), inputs={"u": hlp.sinusoid()}))
    assert (("p_x'", 1), ("x", 2)) in found.hidden  # the co-parent of 1, inside sigma'(a_3)
    assert (("p_w'", (1, 3)), ("w", (2, 3))) in found.hidden
    assert (("p_x'", 1), ("u", "u")) not in found.hidden
    # Weight transport: one read for every arc between neurons, of its weight, by the costate of its tail.
    assert found.weight_transport == [(("p_x'", 1), ("w", (1, 3))), (("p_x'", 2), ("w", (2, 3)))]
    assert ("a", 3) in found.of(1)["p_x'"] and ("x", 2) not in found.of(1)["p_x'"]


def plant(where, term):
    def update(problem):
        honest = library_update(problem, hlp.Flipped())

        def planted(network, x, w, p_x, p_w, u, z):
            rate = honest(network, x, w, p_x, p_w, u, z)
            rate[where][:] += term(x, w, p_x, p_w, u, z)
            return rate

        return planted

    return update


@pytest.mark.parametrize(
    "where, term, update, variable",
    [
        (0, lambda x, w, p_x, p_w, u, z: x.mean(), "x'", "x"),  # every neuron reads every other
        (1, lambda x, w, p_x, p_w, u, z: 1e-3 * p_x[0], "w'", "p_x"),  # a weight that sees a far costate
        (2, lambda x, w, p_x, p_w, u, z: 1e-3 * z[0], "p_x'", "z"),  # a broadcast error
        (3, lambda x, w, p_x, p_w, u, z: 1e-4 * np.linalg.norm(p_w), "p_w'", "p_w"),  # a clipped gradient's norm
    ],
)
def test_a_planted_term_is_found(where, term, update, variable):
    problem = hlp.Tracking(hlp.feed_forward([2, 3, 2]), [hlp.sinusoid()] * 2, inputs=dict.fromkeys(("u1", "u2"), abs))
    found = audit(problem, update=plant(where, term)(problem))
    assert found.violations
    assert {(row[0], column[0]) for row, column in found.violations} == {(update, variable)}


def test_a_sign_per_arc_is_local_and_a_global_sign_is_not():
    problem = hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid())
    assert audit(problem, hlp.PerArc(mu=0.03)).violations == []
    servo = audit(problem, hlp.HamiltonianServo())
    assert {row[0] for row, _ in servo.violations} == {"p_w'"}
    n, m = 3, len(problem.network.heads)
    assert servo.total[2 * n + m :, : 2 * (n + m)].mean() > 0.95  # every arc reads (nearly) everything


def test_unknown_arguments_are_named():
    with pytest.raises(ValueError, match="problem = 3: must be"):
        audit(3)
    with pytest.raises(ValueError, match="draws = .*: must be a whole number, at least 1 and at most 1000"):
        audit(hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid()), draws=10**18)
    with pytest.raises(ValueError, match=r"of = \(9, 9\): is no neuron and no arc"):
        audit(hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid())).of((9, 9))


@pytest.mark.parametrize("change", [lambda rate: rate[:3], lambda rate: [rate[0], *rate[:3]]])
def test_an_update_of_the_wrong_shape_is_refused(change):
    problem = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid())
    honest = library_update(problem, hlp.Flipped())
    with pytest.raises(ValueError, match="update: must return x', w', p_x', p_w' of the 2 neurons and "):
        audit(problem, update=lambda *given: change(honest(*given)))


def test_a_network_without_inputs_can_be_audited():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = hlp.fully_connected(2, bias=False)
    assert audit(hlp.Tracking(net, hlp.sinusoid())).violations == []


def test_the_pattern_and_the_neighbourhoods_can_be_drawn():
    # 4 variables of 16: p_w, w, x of the tail, p_x of the head; a neuron of a ring reads one child and one parent.
    ring = hlp.Network(nx.DiGraph([("u", 1), (1, 2), (2, 3), (3, 1)]), inputs=["u"], outputs=[3])
    found = audit(hlp.Tracking(ring, hlp.sinusoid(), inputs={"u": hlp.sinusoid()}))
    assert "none is a violation" in hlp.plot_locality(found).alt
    assert "The arc from 1 to 2 reads 4 of the 16 variables" in hlp.plot_locality(found, of=(1, 2)).alt
    said = hlp.plot_locality(found, of=2).alt
    assert "x' reads x(1), x(2), w(1→2)" in said
    assert "p_x' reads w(2→3), p_x(2), p_x(3), a(3)" in said
    with pytest.raises(ValueError, match="is no neuron and no arc"):
        hlp.plot_locality(found, of=7)


def test_a_picture_of_a_cheat_says_so():
    problem = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid())
    found = audit(problem, update=plant(1, lambda x, w, p_x, p_w, u, z: x[0])(problem))
    assert f"{len(found.violations)} violate the neighbourhoods" in hlp.plot_locality(found).alt
    assert "violate the neighbourhood." in hlp.plot_locality(found, of=(2, 2)).alt


def test_a_number_that_was_changed_later():
    problem, policy = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid()), hlp.PerArc(0.1)
    policy.mu = 1
    assert audit(problem, policy, draws=1).violations == []
    policy.mu = -1
    with pytest.raises(ValueError, match="mu = -1"):
        audit(problem, policy, draws=1)
