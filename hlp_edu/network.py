"""A network is a digraph of neurons: arc j -> i carries the weight w_ij.

Input neurons have no parents and hold given signals. Columns of every array follow the order
of `Network.neurons` and of `Network.arcs`, which are sorted by head, then tail.
"""

import functools
import math
import warnings
from collections import Counter

import numpy as np

from hlp_edu.validate import affordable, numbers_of, require, sequence, vector, whole
from hlp_edu.words import shown

__all__ = ["Network", "chain", "feed_forward", "fully_connected"]

MOST_ARCS = 50_000_000  # some 5 GB while the network is made
DEAD_POINT = (
    "this network has no input neuron: at x = 0 every gradient g_i x_j is zero, so a network at rest "
    "learns nothing (the dead point, lesson 03). Add an input, for example bias=True."
)


class Network:
    """A digraph of neurons with inputs and outputs.

    Parameters
    ----------
    digraph : networkx.DiGraph
        Its nodes are the neurons, its edges (tail, head) the arcs. Self-loops and cycles are allowed.
    inputs, outputs : sequence of node labels
        The nodes that hold given signals, into which no arc may lead (one labelled "bias" holds the constant 1
        unless it is given a signal), and the neurons that have a target.

    Attributes
    ----------
    neurons, labels : list
        Labels of the nodes that are not inputs, in the graph's order; of all nodes: neurons, then inputs.
    heads, tails : numpy.ndarray of int, shape (arcs,)
        For each arc, the index of its head in `neurons` and of its tail in `labels`.

    A digraph that is none, and an arc into an input or given twice, raise a ValueError.

    Examples
    --------
    >>> import networkx as nx
    >>> Network(nx.DiGraph([("u", "a"), ("a", "b"), ("b", "a")]), inputs=["u"], outputs=["b"]).arcs
    [('b', 'a'), ('u', 'a'), ('a', 'b')]
    """

    def __init__(self, digraph, inputs=(), outputs=()):
        if isinstance(digraph, type) or not getattr(digraph, "is_directed", bool)() or digraph.is_multigraph():
            raise ValueError(f"digraph = {digraph!r}: must be a networkx.DiGraph (directed, one arc per pair)")
        inputs = _labels("inputs", inputs)
        for label in inputs:
            require(label in digraph, f"inputs: {label!r} is not a node of the digraph; nodes: {_some(digraph)}")
        neurons = [node for node in digraph if node not in set(inputs)]
        index = {label: i for i, label in enumerate([*neurons, *inputs])}
        tails, heads = ([index[arc[end]] for arc in digraph.edges] for end in (0, 1))
        self._build(neurons, inputs, outputs, heads, tails, stacklevel=3)

    @classmethod
    def _from_indices(cls, neurons, inputs, outputs, heads, tails):
        """A network whose arcs are given by the indices of their heads and tails, in any order."""
        network = cls.__new__(cls)
        network._build(neurons, inputs, outputs, heads, tails)
        return network

    def _build(self, neurons, inputs, outputs, heads, tails, stacklevel=4):
        """Sort the arcs by head, then tail, and set all attributes."""
        neurons, inputs, outputs = _labels("neurons", neurons), _labels("inputs", inputs), _labels("outputs", outputs)
        labels = _labels("neurons and inputs", [*neurons, *inputs])
        require(neurons, "digraph: there must be at least one neuron that is not an input")
        for label in outputs:
            what = "an input" if label in inputs else "not a node"
            require(label in neurons, f"outputs: {label!r} is {what}; an output must be a neuron: {_some(neurons)}")
        heads, tails = _indices("heads", heads, len(labels)), _indices("tails", tails, len(labels))
        require(len(heads) == len(tails), f"heads and tails: {len(heads)} and {len(tails)}; an arc has one of each")
        order = np.lexsort((tails, heads))
        heads, tails = heads[order], tails[order]
        twice = (np.diff(heads, prepend=-1) == 0) & (np.diff(tails, prepend=-1) == 0)
        for k in np.flatnonzero((heads >= len(neurons)) | twice)[:1]:
            tail, head = labels[tails[k]], labels[heads[k]]
            why = "is given twice" if twice[k] else f"leads into the input {head!r}; inputs have no parents"
            raise ValueError(f"arc ({tail!r}, {head!r}): {why}")
        self.neurons, self.inputs, self.outputs, self.labels = neurons, inputs, outputs, labels
        self.heads, self.tails = heads, tails
        self.output_index = np.array([neurons.index(label) for label in outputs], dtype=np.int64)
        if not inputs:
            warnings.warn(DEAD_POINT, UserWarning, stacklevel=stacklevel)

    @functools.cached_property
    def arcs(self):
        """List of (tail, head) labels, sorted by head, then tail; column k of w is arc k."""
        ends = zip(self.tails.tolist(), self.heads.tolist(), strict=True)
        return [(self.labels[j], self.labels[i]) for j, i in ends]

    @functools.cached_property
    def graph(self):
        """The network as a new networkx.DiGraph, made on demand."""
        import networkx

        graph = networkx.DiGraph()
        graph.add_nodes_from(self.labels)
        graph.add_edges_from(self.arcs)
        return graph

    def matrix(self, w):
        """The weights ``w`` as a matrix, shape (neurons, neurons + inputs): entry (i, j) is of the arc j -> i, or 0."""
        n, columns = len(self.neurons), len(self.labels)
        affordable(f"network: the matrix of {n} neurons", n * columns)
        dense = np.zeros((n, columns))
        dense[self.heads, self.tails] = vector("w", w, len(self.heads), "arc")
        return dense

    @functools.cached_property
    def segments(self):
        """The arcs in segments: one head, and tails that are neighbours in the array of states; shape (segments, 4).

        A row has the index of the head, of the first tail, of the first arc, and how many arcs. So a segment is read
        through contiguous memory. The numbers are unsigned: the compiler then counts no index from the end.
        """
        new = (np.diff(self.heads, prepend=-1) != 0) | (np.diff(self.tails, prepend=-1) != 1)
        first = np.flatnonzero(new)
        count = np.diff(first, append=len(self.heads))
        return np.column_stack([self.heads[first], self.tails[first], first, count]).astype(np.uint64)

    def __repr__(self):
        ends = f"inputs {_some(self.inputs)}, outputs {_some(self.outputs)}"
        return f"Network({len(self.neurons)} neurons, {len(self.heads)} arcs, {ends})"


def fully_connected(n, bias=True, self_loops=True):
    """A `Network` of neurons 1 to ``n``, each with an arc to every neuron; neuron 1 is the output.

    With ``bias`` there is an input "bias" with an arc to every neuron; with ``self_loops`` a neuron has one to itself.

    Examples
    --------
    >>> fully_connected(5)
    Network(5 neurons, 30 arcs, inputs ['bias'], outputs [1])
    """
    n = whole("n", n, most=math.isqrt(MOST_ARCS))
    arcs = np.ones((n, n + bool(bias)), bool)  # from each node, a column, to each neuron, a row
    np.fill_diagonal(arcs, self_loops)
    return Network._from_indices(range(1, n + 1), ["bias"] * bool(bias), [1], *np.nonzero(arcs))


def feed_forward(sizes, bias=True):
    """A `Network` of layers, each fully connected to the next; the last layer are the outputs.

    The first layer are inputs "u1", "u2", ...; the others are neurons 1, 2, ..., layer by layer. ``sizes`` counts the
    nodes of each layer, inputs first; ``bias`` is that of `fully_connected`.

    Examples
    --------
    >>> feed_forward([3, 4, 4, 2])
    Network(10 neurons, 46 arcs, inputs ['u1', 'u2', 'u3', 'bias'], outputs [9, 10])
    """
    sizes = sequence("sizes", sizes)
    require(len(sizes) >= 2, f"sizes = {shown(sizes)}: must name at least two layers, inputs first")
    sizes = [whole(f"sizes[{k}]", size) for k, size in enumerate(sizes)]
    n = sum(sizes[1:])
    arcs = sum((a + 1) * b for a, b in zip(sizes, sizes[1:], strict=False))
    fits = max(arcs, (n + sizes[0]) ** 2 // 20) <= MOST_ARCS
    require(fits, f"sizes = {shown(sizes)}: is too large; a network may have {MOST_ARCS} arcs, and layers that fit")
    layer = np.repeat(np.arange(1, len(sizes)), sizes[1:])  # of each neuron
    # the layer of every possible tail: neurons, then inputs (layer 0), then the bias (marked -1)
    of_tail = np.concatenate([layer, np.zeros(sizes[0], int), [-1] * bool(bias)])
    arcs = np.nonzero((of_tail == layer[:, None] - 1) | (of_tail == -1))
    inputs = [f"u{k + 1}" for k in range(sizes[0])] + ["bias"] * bool(bias)
    return Network._from_indices(range(1, n + 1), inputs, range(n - sizes[-1] + 1, n + 1), *arcs)


def chain(n):
    """A `Network` of one input "u", then neurons 1 to ``n`` in a row; the last is the output.

    Examples
    --------
    >>> chain(3).arcs
    [('u', 1), (1, 2), (2, 3)]
    """
    n = whole("n", n, most=MOST_ARCS)
    tails = np.append(n, np.arange(n - 1))  # the input follows the n neurons
    return Network._from_indices(range(1, n + 1), ["u"], [n], np.arange(n), tails)


def _labels(name, labels):
    """Labels as a list, each named once."""
    try:
        count = Counter(iter(labels) if not isinstance(labels, str) else 0)
    except TypeError:
        raise ValueError(f"{name} = {shown(labels)}: must be a sequence of labels, such as [{shown(labels)}]") from None
    for label in [label for label in count if count[label] > 1]:
        raise ValueError(f"{name}: {label!r} is named twice")
    return [label.item() if isinstance(label, np.generic) else label for label in count]


def _indices(name, values, count):
    """Indices of nodes, as a new int64 array of one axis."""
    found = numbers_of(name, values)
    row = found.ndim == 1 and (found == np.floor(found)).all()
    require(row, f"{name}: must be whole numbers in one row; has shape {found.shape}")
    require(((0 <= found) & (found < count)).all(), f"{name}: holds {shown(values)}; must be from 0 to {count - 1}")
    return found.astype(np.int64)


def _some(labels, most=6):
    """The list of the labels as text, cut after ``most``."""
    labels = list(labels)
    return repr(labels) if len(labels) <= most else repr(labels[:most])[:-1] + ", ...]"
