"""Networks: the order of neurons and arcs, the builders, what is refused, the dead point."""

import time
import warnings

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hlp_edu as hlp

LABELS = [1, "1", 0, "b", -3, "a", 2.5, "u", (1, 2), frozenset("x"), "10", 10]


@st.composite
def digraphs(draw):
    """A digraph with mixed labels in any order, some of its sources called inputs."""
    nodes = draw(st.lists(st.sampled_from(LABELS), min_size=2, max_size=9, unique=True))
    inputs = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=len(nodes) - 1, unique=True))
    neurons = [node for node in nodes if node not in inputs]
    pairs = st.tuples(st.sampled_from(nodes), st.sampled_from(neurons))
    arcs = draw(st.lists(pairs, max_size=30, unique=True))
    graph = nx.DiGraph()
    graph.add_nodes_from(draw(st.permutations(nodes)))
    graph.add_edges_from(arcs)
    outputs = draw(st.lists(st.sampled_from(neurons), max_size=len(neurons), unique=True))
    return graph, inputs, outputs


@given(digraphs())
@settings(max_examples=60)
def test_orders_of_a_random_digraph(case):
    graph, inputs, outputs = case
    net = hlp.Network(graph, inputs, outputs)
    assert net.neurons == [node for node in graph if node not in inputs]
    assert net.inputs == inputs and net.outputs == outputs
    # the promise, in the plainest words: for each head in order, its tails in order
    columns = net.neurons + net.inputs
    assert net.arcs == [(j, i) for i in net.neurons for j in columns if graph.has_edge(j, i)]
    assert [columns[j] for j in net.tails] == [tail for tail, _ in net.arcs]
    assert [net.neurons[i] for i in net.heads] == [head for _, head in net.arcs]
    assert [net.neurons[k] for k in net.output_index] == outputs
    assert set(net.graph.edges) == set(graph.edges) and set(net.graph) == set(graph)
    w = np.arange(1.0, len(net.arcs) + 1)
    dense = net.matrix(w)
    assert dense.shape == (len(net.neurons), len(columns)) and np.count_nonzero(dense) == len(w)
    assert all(dense[net.neurons.index(i), columns.index(j)] == w[k] for k, (j, i) in enumerate(net.arcs))


@given(digraphs())
@settings(max_examples=60)
def test_segments_of_arcs_are_the_arcs(case):
    net = hlp.Network(*case)
    heads, tails = [], []
    for head, tail, first, count in net.segments.tolist():
        assert first == len(heads)
        heads += [head] * count
        tails += range(tail, tail + count)
    assert heads == net.heads.tolist() and tails == net.tails.tolist()


def naive(arcs, nodes):
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(arcs)
    return graph


def equal(net, graph, inputs, outputs):
    other = hlp.Network(graph, inputs, outputs)
    return all(getattr(net, key) == getattr(other, key) for key in ("neurons", "inputs", "outputs", "arcs"))


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("self_loops", [True, False])
def test_fully_connected(n, self_loops):
    neurons = range(1, n + 1)
    arcs = [(j, i) for i in neurons for j in [*neurons, "bias"] if self_loops or i != j]
    net = hlp.fully_connected(n, self_loops=self_loops)
    assert equal(net, naive(arcs, [*neurons, "bias"]), ["bias"], [1])
    assert len(net.arcs) == n * (n + self_loops)


@pytest.mark.parametrize("sizes", [[1, 1], [3, 4, 4, 2], [2, 1, 3], (5, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_feed_forward(sizes, bias):
    layers, count = [[f"u{k + 1}" for k in range(sizes[0])]], 0
    for size in sizes[1:]:
        layers.append([count + k + 1 for k in range(size)])
        count += size
    arcs = [(j, i) for above, below in zip(layers, layers[1:], strict=False) for i in below for j in above]
    arcs += [("bias", i) for i in range(1, count + 1) if bias]
    inputs = layers[0] + ["bias"] * bias
    net = hlp.feed_forward(sizes, bias=bias)
    assert equal(net, naive(arcs, [*range(1, count + 1), *inputs]), inputs, layers[-1])
    assert nx.is_directed_acyclic_graph(net.graph)
    assert nx.dag_longest_path_length(net.graph) == len(sizes) - 1


@pytest.mark.parametrize("n", [1, 2, 7])
def test_chain(n):
    arcs = [("u" if i == 1 else i - 1, i) for i in range(1, n + 1)]
    assert equal(hlp.chain(n), naive(arcs, [*range(1, n + 1), "u"]), ["u"], [n])


def test_two_thousand_neurons_are_no_burden():
    begun = time.process_time()
    net = hlp.fully_connected(2000)
    problem = hlp.Tracking(net, hlp.sinusoid())
    seconds = time.process_time() - begun
    assert len(net.heads) == 2000 * 2001 and len(problem.model.segments) == 2000
    assert not {"arcs", "graph"} & set(vars(net)), "labels of four million arcs were made without need"
    assert seconds < 3, seconds  # half a second; a graph of four million arcs takes ten
    assert repr(net) == "Network(2000 neurons, 4002000 arcs, inputs ['bias'], outputs [1])"


def test_no_inputs_warns_and_explains_the_dead_point():
    for build in (
        lambda: hlp.fully_connected(3, bias=False),
        lambda: hlp.Network(nx.DiGraph([(1, 2), (2, 1)]), outputs=[2]),
    ):
        with pytest.warns(UserWarning, match=r"no input.*x = 0.*dead point.*bias=True") as caught:
            build()
        assert caught[0].filename == __file__  # it points at the line that built it
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hlp.fully_connected(3)
        hlp.chain(3)


def test_the_dead_point_is_dead():
    with pytest.warns(UserWarning):
        net = hlp.fully_connected(3, bias=False)
    problem = hlp.Tracking(net, hlp.sinusoid(), r_w=0)
    run = hlp.run(problem, hlp.Flipped(30, 5), T=1, x0=np.zeros(3), dt=0.01)
    assert (run.x == 0).all() and (run.w == run.w[0]).all()
    alive = hlp.run(
        hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid(), r_w=0), hlp.Flipped(30, 5), T=1, x0=np.zeros(3)
    )
    assert np.abs(alive.outputs[-1]).max() > 0.5


def test_a_network_keeps_nothing_of_the_graph():
    graph = nx.DiGraph([("u", 1), (1, 2)])
    net = hlp.Network(graph, ["u"], [2])
    graph.add_edge(2, 1)
    assert net.arcs == [("u", 1), (1, 2)]
    net.graph.remove_node(1)
    assert net.arcs == [("u", 1), (1, 2)]


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda g: hlp.Network(g, ["u"], ["z"]), ["outputs: 'z'", "not a node", "must be a neuron: [1, 2]"]),
        (lambda g: hlp.Network(g, ["v"], [2]), ["inputs: 'v'", "not a node"]),
        (lambda g: hlp.Network(g, ["u"], ["u"]), ["outputs: 'u' is an input", "[1, 2]"]),
        (lambda g: hlp.Network(g, ["u", 1], [2]), ["arc ('u', 1)", "leads into the input 1", "no parents"]),
        (lambda g: hlp.Network(g, ["u"], [2, 2]), ["outputs: 2 is named twice"]),
        (lambda g: hlp.Network(g, ["u", "u"], [2]), ["inputs: 'u' is named twice"]),
        (lambda g: hlp.Network(g, "u", [2]), ["inputs = 'u'", "sequence", "['u']"]),
        (lambda g: hlp.Network(g.to_undirected(), ["u"]), ["digraph = ", "networkx.DiGraph"]),
        (lambda g: hlp.Network(nx.MultiDiGraph(g), ["u"]), ["digraph = ", "one arc per pair"]),
        (lambda g: hlp.Network([(1, 2)]), ["digraph = [(1, 2)]", "networkx.DiGraph"]),
        (lambda g: hlp.Network(nx.DiGraph), ["digraph = <class", "networkx.DiGraph"]),
        (lambda g: hlp.Network(nx.DiGraph()), ["at least one neuron"]),
        (lambda g: hlp.fully_connected(0), ["n = 0", "at least 1"]),
        (lambda g: hlp.fully_connected(2.0), ["n = 2.0", "whole number"]),
        (lambda g: hlp.fully_connected("5"), ["n = '5'", "whole number"]),
        (lambda g: hlp.chain(-1), ["n = -1", "at least 1"]),
        (lambda g: hlp.feed_forward([3]), ["sizes = [3]", "two layers"]),
        (lambda g: hlp.feed_forward(3), ["sizes = 3", "must be a sequence"]),
        (lambda g: hlp.feed_forward(np.array(3)), ["sizes = array(3)", "must be a sequence"]),
        (lambda g: hlp.feed_forward([1, 10**160]), ["sizes = [1, 1000", "is too large"]),
        (lambda g: hlp.feed_forward([3, 0, 1]), ["sizes[1] = 0", "at least 1"]),
    ],
)
def test_wrong_arguments(build, words):
    with pytest.raises(ValueError) as caught:
        build(nx.DiGraph([("u", 1), (1, 2)]))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_matrix_that_does_not_fit_is_refused_before_memory_is_asked_for():
    network = hlp.chain(30_000)
    with pytest.raises(ValueError, match="the matrix of 30000 neurons would take 7.2 GB"):
        network.matrix(np.zeros(len(network.heads)))
