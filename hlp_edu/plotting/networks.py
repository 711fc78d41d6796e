"""Networks, laid out and drawn by networkx; and what an update reads of one."""

import networkx as nx
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from scipy.spatial.distance import pdist

from hlp_edu.locality import Audit
from hlp_edu.network import Network
from hlp_edu.plotting.picture import SMALL, figure, plot
from hlp_edu.plotting.runs import upright
from hlp_edu.plotting.style import GRID, INK, PALE, PAPER, ROLES, diverging, role
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, number, vector
from hlp_edu.words import counted, digits, listed

__all__ = ["plot_locality", "plot_network"]

MOST_ARCS = 500  # arcs that are drawn
MANY = 40  # nodes: beyond, no labels
EDGE = 32  # points around the nodes, for loops and names; less in a small picture
BENDS = (0.12, 0.25, 0.4), (0, 0.1, -0.1, 0.2, -0.2, 0.35)  # of arcs on a circle, between layers


def _own_figure(network, **_):
    """A figure of the network's shape, without margins for ticks."""
    layers = _layers(_network_of(network)) or {0: range(6)}
    fig, (ax,) = figure(height=min(0.4 * max(map(len, layers.values())) + 0.05, 2.65))
    ax.set_position((0.02, 0.02, 0.96, 0.96))
    return fig, [ax]


def _network_of(given):
    """A network, or that of a trajectory."""
    return kind("network", getattr(given, "network", given), Network, "a hlp_edu Network or Trajectory")


@plot(_own_figure)
def plot_network(
    network, ax=None, w=None, magnify=None, caption=None, activity=None, largest=None, headline="", more=""
):
    """The network: neurons as circles, outputs with the colour of their line, inputs as squares, arcs as arrows.

    Parameters
    ----------
    network : Network or Trajectory
        Of a trajectory: its network, with the weights at the end.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.
    w : array_like, shape (arcs,), optional
        Weights: the width of an arc is their size; positive is blue and solid, negative red and dashed.
    magnify : (tail, head), optional
        One arc that is drawn large and explained: the state of its tail, its weight, its head, and the credit that
        comes back.
    activity : array_like, shape (neurons,), optional
        States, drawn as the fill of the neurons: full colour at 1; positive is blue, negative red.
    largest : float, optional
        The weight that has the full width, for pictures that are to be compared; then arcs below
        2 % of it are grey. By default the largest of ``w``.

    Raises
    ------
    ValueError
        If an argument is of the wrong kind, ``w`` or ``activity`` of the wrong length, or there is no such arc.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> hlp.plot_network(hlp.chain(3))
    A network of 3 neurons and 3 arcs; double rings are outputs (3); squares are inputs (u).
    """
    if isinstance(network, Trajectory) and w is None:
        w = network.final.w
    network = _network_of(network)
    w = None if w is None else vector("w", w, len(network.heads), "arc")
    activity = None if activity is None else vector("activity", activity, len(network.neurons), "neuron")
    largest = None if largest is None else number("largest", largest, above=0)
    if magnify is not None and tuple(magnify) not in network.arcs:
        raise ValueError(f"magnify = {magnify!r}: is not an arc (tail, head) of the network")
    looks = {}
    for k in _few_arcs(network, w):
        width, colour, dash = 1.1 if len(network.heads) < 150 else 0.3, "#9A9A9A", "solid"
        if w is not None:
            relative = min(abs(w[k]) / (largest or max(np.abs(w).max(), 1e-12)), 1)
            sign, dash = ("negative", "dashed") if w[k] < 0 else ("positive", "solid")
            width, colour = 0.7 + 3.6 * relative, ROLES[sign].color
        if magnify is not None or largest is not None and relative < 0.02:
            colour = PALE
        looks[network.arcs[k]] = width, colour, dash
    place, radius = draw_graph(ax, network, looks, activity)
    words = _network_words(network, w, len(looks), activity)
    if magnify is not None:
        _magnify(ax, tuple(magnify), place, radius)
        words += f" The arc from {magnify[0]} to {magnify[1]} is drawn large: it multiplies the state of its tail by"
        words += " its weight, and the credit of its head comes back along it."
    return words, f"{len(network.neurons)} neurons, {len(network.heads)} arcs"


def _layers(network):
    """{number: labels} of the layers, each from the bottom, if no arc leads back; None otherwise."""
    graph = nx.DiGraph(network.arcs)
    graph.add_nodes_from(network.labels)
    if not nx.is_directed_acyclic_graph(graph):
        return None
    order = [*network.inputs, *network.neurons]
    generations = enumerate(nx.topological_generations(graph))
    return {k: sorted(layer, key=order.index, reverse=True) for k, layer in generations}


def draw_graph(ax, network, looks, activity=None):
    """Draw nodes and the arcs {(tail, head): (width, colour, dash)}; where nodes are, and their radius, in points."""
    layers, graph = _layers(network), nx.DiGraph()
    graph.add_nodes_from(network.labels)
    graph.add_edges_from(looks)
    size = ax.bbox.size * 72 / ax.figure.dpi
    ax.set(xlim=(0, size[0]), ylim=(0, size[1]))
    ax.set_axis_off()
    if layers:
        place, half = nx.multipartite_layout(graph, layers), size / 2 - EDGE
        low, high = (end(list(place.values()), axis=0) for end in (np.min, np.max))
    else:  # the first at the top, then clockwise; inputs inside
        alone = (float(len(network.neurons) == 1), 0)
        place = nx.circular_layout(network.neurons, center=alone) | nx.circular_layout(network.inputs, 1 / 3)
        place = {label: xy[::-1] for label, xy in place.items()}
        low, high, half = -np.ones(2), np.ones(2), min(size) / 2 - min(EDGE, 0.15 * min(size))
    stretch = np.maximum(half, 10) / np.maximum((high - low) / 2, 1e-9)
    place = {label: size / 2 + stretch * (xy - (low + high) / 2) for label, xy in place.items()}
    near = pdist(list(place.values())).min(initial=99)
    radius = float(np.clip(0.34 * near, 1, 15 if layers else min(15, 0.22 * half)))
    groups = {}  # of arcs with one bend, and each loop: networkx makes it as high as 0.0005 of the area of its node
    for j, i in looks:
        bend = _bend(place, j, i, BENDS[bool(layers)], 0.97 * radius)
        groups.setdefault((bend, i if i == j else None), []).append((j, i))
    for (bend, loop), arcs in groups.items():
        width, colour, dash = map(list, zip(*map(looks.get, arcs), strict=True))
        area = (2 * radius) ** 2 if loop is None else 3500 * radius
        nx.draw_networkx_edges(
            graph, place, arcs, ax=ax, node_size=area, arrowsize=min(9, radius), width=width,
            edge_color=colour, style=dash, connectionstyle=f"arc3,rad={bend}", min_target_margin=radius + 1,
            hide_ticks=False,
        )  # fmt: skip
    _draw_nodes(ax, network, place, radius, activity)
    return place, radius


def _bend(place, j, i, bends, free):
    """The first bend with which an arc keeps clear of all other nodes."""
    a, b, s = place[j], place[i], np.linspace(0, 1, 16)[:, None]
    others = np.array([spot for label, spot in place.items() if label not in (j, i)]).reshape(-1, 2)
    for bend in bends if len(place) <= MANY else bends[:1]:
        control = (a + b) / 2 + bend * np.array([(b - a)[1], (a - b)[0]])
        way = (1 - s) ** 2 * a + 2 * s * (1 - s) * control + s**2 * b
        if np.linalg.norm(way[:, None] - others, axis=2).min(initial=free) >= free:
            return bend
    return bends[0]


def _draw_nodes(ax, network, place, radius, activity):
    """Draw circles and squares and their labels; outputs in the colour of their line, with a second ring."""
    blue = ROLES["output"].color
    fill = dict.fromkeys(place, PAPER) | dict.fromkeys(network.inputs, GRID) | dict.fromkeys(network.outputs, blue)
    if activity is not None:
        fill |= zip(network.neurons, map(to_hex, diverging()((1 + activity) / 2)), strict=True)
    for labels, shape, size in ((network.inputs, "s", 1.6 * radius), (network.neurons, "o", 2 * radius)):
        colours = [fill[label] for label in labels]
        edges = [blue if label in network.outputs else INK for label in labels]
        _scatter(ax, place, labels, size, colours, edges, min(1.2, radius / 6), marker=shape)
    if radius > 4:
        ring(ax, place, network.outputs, radius + 2.5, 1.2)
    for label, xy in place.items():
        size = min(12.0, radius, 2.8 * radius / len(str(label)))
        if size >= 5.5 and len(place) <= MANY:
            ink = PAPER if sum(to_rgb(fill[label])) < 1.6 else INK
            ax.text(*xy, label, size=size, color=ink, ha="center", va="center_baseline")


def ring(ax, place, labels, radius, width):
    """Rings around nodes, in the colour of the output."""
    _scatter(ax, place, labels, 2 * radius, "none", ROLES["output"].color, width, zorder=3)


def _scatter(ax, place, labels, size, colours, edges, width, **look):
    """Signs of one size at the places of nodes."""
    x, y = np.array([place[label] for label in labels]).reshape(-1, 2).T
    ax.scatter(x, y, size**2, colours, edgecolors=edges, linewidths=width, **dict(zorder=2) | look)


def _magnify(ax, arc, place, radius):
    """Draw one arc large, and say what runs along it."""
    (j, i), right = arc, max(x for x, _ in place.values())
    ways = [
        ("output", (j, i), 0.0, dict(width=4, arrowsize=16), f"forward: the state of {j},\ntimes the arc's weight"),
        ("costate", (i, j), -0.45, dict(width=2.4, arrowsize=12, style=(0, (3, 1.2))),
         f"back: the credit of {i},\ntimes the same weight"),
    ]  # fmt: skip
    for (name, (a, b), bend, look, words), y in zip(ways, (0.75, 0.25), strict=True):
        one, across = role(name), place[i] - place[j]
        nx.draw_networkx_edges(
            nx.DiGraph([(a, b)]), place, ax=ax, node_size=(2 * radius) ** 2, edge_color=one.color,
            connectionstyle=f"arc3,rad={bend}", min_target_margin=radius + 4, hide_ticks=False, **look,
        )  # fmt: skip
        spot = (place[i] + place[j]) / 2 - bend / 2 * np.array([across[1], -across[0]])
        line = dict(arrowstyle="-", color=one.ink, lw=0.9, shrinkB=2)
        where = dict(xytext=(right + 32, y), textcoords=("data", "axes fraction"), va="center", gid="magnified")
        ax.annotate(words, spot, color=one.ink, weight="semibold", arrowprops=line, **where)


def _few_arcs(network, w):
    """Columns of the arcs that are drawn: all, the largest weights, or a sample."""
    m = len(network.heads)
    size = np.random.default_rng(0).permutation(m) if w is None else np.abs(w)
    return np.sort(np.argsort(-size, kind="stable")[:MOST_ARCS])


def _network_words(network, w, few, activity):
    """What a picture of a network shows, in words."""
    m = len(network.heads)
    words = f"A network of {counted(len(network.neurons), 'neuron')} and {counted(m, 'arc')}"
    if network.outputs:
        words += f"; double rings are outputs ({listed(network.outputs)})"
    if network.inputs:
        words += f"; squares are inputs ({listed(network.inputs)})"
    words += "."
    if few < m:
        words += f" {few} of the arcs are drawn."
    for values, what, positive, negative in (
        (w, " Width is the size of a weight", "(blue, solid)", "(red, dashed)"),
        (activity, " The fill of a neuron is its activity", "(blue)", "(red)"),
    ):
        if values is not None and len(values):
            words += f"{what}, at most {digits(np.abs(values).max())}: {(values > 0).sum()} are positive {positive}, "
            words += f"{(values < 0).sum()} negative {negative}."
    return words


# ---- what an update reads -----------------------------------------------------------------------

READS = {  # the kinds of `locality.KINDS`, from the strongest: sign, colour, words
    1: ("s", ROLES["third"].color, "its own"),
    2: ("o", ROLES["output"].color, "one hop away"),
    3: (".", ROLES["baseline"].color, "only inside $\\sigma'(a)$"),
    4: ("X", ROLES["negative"].color, "VIOLATION"),
}


def _locality_figure(audit, of, **_):
    """The axes of the network; of the matrix, beside the network."""
    if of is not None:
        return _own_figure(audit.network)
    fig, (left, right) = figure(columns=2, height=2.7)
    left.set_position((0.01, 0.04, 0.42, 0.92))
    plot_network(audit.network, left)
    right.set_position((0.56, 0.18, 0.42, 0.66))
    return fig, [right, left]


@plot(_locality_figure)
def plot_locality(audit, of=None, ax=None, caption=None, headline="", more=""):
    """What the updates read: as a small matrix of blocks beside the network, or the reads of one neuron or arc in it.

    Parameters
    ----------
    audit : locality.Audit
        What was measured.
    of : neuron label or (tail, head), optional
        A neuron or an arc: what its two updates read is marked on the network.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`. On a given ``ax`` there is the network with ``of``, or the matrix.

    Raises
    ------
    ValueError
        If ``audit`` is none, or there is no such neuron or arc.

    Examples
    --------
    >>> import hlp_edu as hlp
    >>> from hlp_edu.locality import audit
    >>> picture = plot_locality(audit(hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid())), of=(1, 2))
    """
    kind("audit", audit, Audit, "the result of hlp_edu.locality.audit")
    return _draw_blocks(ax, audit) if of is None else _draw_reads(ax, audit, of)


def _draw_blocks(ax, audit):
    """One cell for each kind of update and each kind of variable: the reads in that block."""
    kinds = audit.kinds
    rows, columns = [label for label, _ in audit.rows], [label for label, _ in audit.columns[: kinds.shape[1]]]
    updates, variables = list(dict.fromkeys(rows)), list(dict.fromkeys(columns))
    filled, signs = np.zeros((len(updates), len(variables))), {}
    for a, b in np.ndindex(filled.shape):
        block = kinds[np.ix_(np.equal(rows, updates[a]), np.equal(columns, variables[b]))]
        read = [what for what in READS if (block == what).any()]
        filled[a, b] = bool(read)
        for what, x in zip(read, 0.32 * (np.arange(len(read)) - (len(read) - 1) / 2), strict=True):
            sign, colour, words = READS[what]
            (signs[what],) = ax.plot(b + 0.5 + x, a + 0.5, sign, color=colour, label=words, markersize=10)
    ax.pcolormesh(filled, cmap=LinearSegmentedColormap.from_list("", [PAPER, "#F3F5F8"]), edgecolors=GRID)
    ax.set_xticks(np.arange(len(variables)) + 0.5, [f"${name}$" for name in variables])
    ax.set_yticks(np.arange(len(updates)) + 0.5, [f"${name[:-1]}$'" for name in updates])
    ax.set(ylim=(len(updates), 0), xlabel="reads", ylabel="update of")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.legend(
        handles=[signs[what] for what in sorted(signs)], loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=4,
        fontsize=SMALL, handletextpad=0.1, columnspacing=0.9, borderaxespad=0.1, borderpad=0.1,
    )  # fmt: skip
    reads, wrong = int(audit.total.sum()), len(audit.violations)
    counts = [int((kinds == what).sum()) for what in range(5)]
    words = (
        f"Which kinds of variables (columns) each kind of update (row) reads. Of {kinds.size} pairs of an update and a "
        f"variable {reads} are reads: {counts[1]} of the update's own variables (squares), {counts[2]} of variables "
        f"one hop away (circles), {counts[3]} of variables that are seen only inside sigma'(a) (dots); "
    )
    words += f"{counts[4]} violate the neighbourhoods (crosses)." if wrong else "none is a violation."
    return words, f"{reads} reads, {wrong} violations"


def _draw_reads(ax, audit, of):
    """Mark on the network what the updates of one neuron or arc read: in colour what is read, the rest pale."""
    network, parts = audit.network, audit.of(of)
    if of in network.neurons:  # its sum a is made of its parents and their weights
        parts["x'"] = [audit.columns[k] for k in np.flatnonzero(audit.total[audit.rows.index(("x'", of))])]
    read = list(dict.fromkeys(one for part in parts.values() for one in part if one[0] != "a"))
    arcs = {label for variable, label in read if variable in ("w", "p_w")} | ({of} & set(network.arcs))
    names = {}
    for variable, label in read:
        if label not in network.arcs:
            names.setdefault(label, []).append(symbol(variable, label))
    looks = {arc: (0.9, PALE, "solid") for arc in network.arcs if arc not in arcs}
    looks |= {arc: (3.2, ROLES["third" if arc == of else "output"].color, "solid") for arc in arcs}
    place, radius = draw_graph(ax, network, looks)
    ring(ax, place, names, radius + 4.5, 2.4)
    for label, variables in names.items():
        up = 1 if place[label][1] >= np.mean(ax.get_ylim()) else -1
        ax.annotate(
            ", ".join(variables), place[label], (0, up * (radius + 9)), textcoords="offset points", ha="center",
            va="bottom" if up > 0 else "top", color=ROLES["output"].ink, zorder=6, gid="name",
        )  # fmt: skip
    if of in arcs:
        _name_arc(ax, of, place, radius, "$w$, $p_w$")
    wrong = sum(row in [(update, of) for update in parts] for row, _ in audit.violations)
    subject = f"Neuron {of}" if of in network.neurons else f"The arc from {of[0]} to {of[1]}"
    said = "; ".join(f"{update} reads {listed(map(_plain, part), 9)}" for update, part in parts.items())
    words = f"{subject} reads {len(read)} of the {audit.total.shape[1]} variables"
    words += f"{'' if wrong else ', all of them its own or one hop away'} (in colour): {said}."
    if wrong:
        words += f" {counted(wrong, 'read')} violate the neighbourhood."
    if "a(" in said:
        words += " (a is the sum that a neuron makes of its parents.)"
    return words, f"reads {len(read)} of {audit.total.shape[1]} variables"


def _name_arc(ax, arc, place, radius, words):
    """Words beside the middle of an arc, on the outer side of its bend; above a loop."""
    a, b = (place[label] for label in arc)
    if arc[0] == arc[1]:
        middle, away = a + np.array([0, 2.5 * radius]), np.array([0, 4])
    else:
        bend = _bend(place, *arc, BENDS[0], 0.97 * radius)
        side = np.array([(b - a)[1], (a - b)[0]]) * (1 if bend >= 0 else -1)
        middle, away = (a + b) / 2 + abs(bend) / 2 * side, 10 * side / np.hypot(*side)
    ax.annotate(
        words, middle, away, textcoords="offset points", gid="name", zorder=6,
        ha="left" if away[0] > 0 else "right", va="bottom" if away[1] > 3 else "top" if away[1] < -3 else "center",
        color=ROLES["third"].ink, bbox=dict(boxstyle="square,pad=0.1", fc=PAPER, ec="none", alpha=0.85),
    )  # fmt: skip


def symbol(variable, label):
    """A variable of a node as mathtext."""
    letter, _, index = variable.partition("_")
    return f"${letter}_{{{index}{',' if index else ''}{upright(label)}}}$"


def _plain(variable):
    """A variable as plain text."""
    what, of = variable
    return f"{what}({of[0]}→{of[1]})" if what in ("w", "p_w") else f"{what}({of})"
