"""Networks, laid out and drawn by networkx; and what an update reads of one."""

import networkx as nx
import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex, to_rgb
from scipy.spatial.distance import pdist

from hlp_edu.locality import Audit, hashable
from hlp_edu.network import Network
from hlp_edu.plotting.picture import SMALL, figure, note, plot
from hlp_edu.plotting.style import GRID, INK, PALE, PAPER, ROLES, diverging, role
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, number, require, vector, whole
from hlp_edu.words import counted, digits, listed, shown

__all__ = ["plot_locality", "plot_network"]

MOST_ARCS = 3000  # more cannot be told apart
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
        If an argument is of the wrong kind, ``w`` or ``activity`` of the wrong length, there is no such arc, or there
        are more than 3,000 arcs.

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
    if magnify is not None:
        magnify = tuple(kind("magnify", magnify, (tuple, list), "an arc (tail, head)"))
        known = hashable(magnify) and magnify in network.arcs
        require(known, f"magnify = {shown(magnify)}: is not an arc (tail, head) of the network")
    count, styles = whole("the number of arcs", len(network.heads), least=0, most=MOST_ARCS), {}
    for k, arc in enumerate(network.arcs):
        width, colour, dash, relative = 1.1 if count < 150 else 0.3, "#9A9A9A", "solid", 1.0
        if w is not None:
            relative = min(abs(w[k]) / (largest or max(np.abs(w).max(), 1e-12)), 1)
            sign, dash = ("negative", "dashed") if w[k] < 0 else ("positive", "solid")
            width, colour = 0.7 + 3.6 * relative, ROLES[sign].color
        if magnify is not None or largest is not None and relative < 0.02:
            colour = PALE
        styles[arc] = width, colour, dash
    place, radius, _ = draw_graph(ax, network, styles, activity)
    words = _network_words(network, w, activity)
    if magnify is not None:
        _magnify(ax, magnify, place, radius)
        words += f" The arc from {magnify[0]} to {magnify[1]} is drawn large: it multiplies the state of its tail by"
        words += " its weight, and the credit of its head comes back along it."
    return words


def _layers(network):
    """{number: labels} of the layers, each from the bottom, if no arc leads back; None otherwise."""
    graph = nx.DiGraph(network.arcs)
    graph.add_nodes_from(network.labels)
    if not nx.is_directed_acyclic_graph(graph):
        return None
    order = [*network.inputs, *network.neurons]
    generations = enumerate(nx.topological_generations(graph))
    return {k: sorted(layer, key=order.index, reverse=True) for k, layer in generations}


def draw_graph(ax, network, styles, activity=None):
    """Draw nodes and the arcs {(tail, head): (width, colour, dash)}; where nodes are, their radius, the arcs' ways."""
    layers, graph = _layers(network), nx.DiGraph()
    graph.add_nodes_from(network.labels)
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
    bends = BENDS[bool(layers)][: None if len(place) <= MANY else 1]
    ways = {arc: _way(place, arc, radius, bends) for arc in styles}
    _draw_arcs(ax, place, radius, [(arc, ways[arc], *style) for arc, style in styles.items()])
    _draw_nodes(ax, network, place, radius, activity)
    return place, radius, ways


def _way(place, arc, radius, bends):
    """The points of an arc, with the first bend that keeps clear of all other nodes; or of a loop, above its node."""
    (a, b), s = (place[label] for label in arc), np.linspace(0, 1, 65)[:, None]
    if arc[0] == arc[1]:
        turn = 2 * np.pi * s
        return a + radius * np.hstack([-0.8 * np.sin(turn), 1.35 - 0.8 * np.cos(turn)])
    others = np.array([spot for label, spot in place.items() if label not in arc]).reshape(-1, 2)
    controls = [(a + b) / 2 + bend * np.array([(b - a)[1], (a - b)[0]]) for bend in bends]
    ways = [(1 - s) ** 2 * a + 2 * s * (1 - s) * control + s**2 * b for control in controls]
    if len(ways) == 1:
        return ways[0]
    free = (way for way in ways if np.linalg.norm(way[:, None] - others, axis=2).min(initial=99) > 0.97 * radius)
    return next(free, ways[0])


def _draw_arcs(ax, place, radius, arcs):
    """Draw arcs (arc, way, width, colour, dash): one collection of lines and one of heads, quicker than arrows."""
    lines, heads = [], []
    for (_, head), way, width, *_ in arcs:
        size = min(0.7 * radius, 3.5 + 1.7 * width)
        apart = np.linalg.norm(way - place[head], axis=1)
        way = way[: max(np.flatnonzero(apart > radius + 1 + size), default=0) + 1]
        along = (place[head] - way[-1]) / np.linalg.norm(place[head] - way[-1])
        tip, side = place[head] - (radius + 1) * along, 0.4 * along[::-1] * (1, -1)
        heads.append([tip, tip - size * (along + side), tip - size * (along - side)])
        lines.append(np.vstack([way, tip - 0.8 * size * along]))
    if arcs:
        _, _, widths, colours, dashes = zip(*arcs, strict=True)
        styles = dict(color=colours, zorder=1, clip_on=False)
        ax.add_collection(LineCollection(lines, linewidths=widths, linestyles=list(dashes), **styles), autolim=False)
        ax.add_collection(PolyCollection(heads, linewidths=0, **styles), autolim=False)


def _draw_nodes(ax, network, place, radius, activity):
    """Draw circles and squares and their labels; outputs in the colour of their line, with a second ring."""
    blue = ROLES["output"].color
    fill = dict.fromkeys(place, PAPER) | dict.fromkeys(network.inputs, GRID) | dict.fromkeys(network.outputs, blue)
    if activity is not None:
        fill |= zip(network.neurons, map(to_hex, diverging()((1 + activity) / 2)), strict=True)
    for labels, shape, size in ((network.inputs, "s", 1.6 * radius), (network.neurons, "o", 2 * radius)):
        colours = [fill[label] for label in labels]
        edges = [blue if label in network.outputs else INK for label in labels]
        _draw_signs(ax, place, labels, size, shape, colours, edges, min(1.2, radius / 6))
    if radius > 4:
        _draw_signs(ax, place, network.outputs, 2 * radius + 5, edges=blue, width=1.2)
    for label, xy in place.items():
        size = min(12.0, radius, 2.8 * radius / max(1, len(str(label))))
        if size >= 5.5 and len(place) <= MANY:
            ink = PAPER if sum(to_rgb(fill[label])) < 1.6 else INK
            ax.text(*xy, label, size=size, color=ink, ha="center", va="center_baseline")


def _draw_signs(ax, place, labels, size, shape="o", colours="none", edges=None, width=None):
    """Signs of one size at the places of nodes; without a colour, rings."""
    style = dict(node_shape=shape, edgecolors=edges, linewidths=width, hide_ticks=False)
    nx.draw_networkx_nodes(nx.empty_graph(labels), place, node_size=size**2, node_color=colours, ax=ax, **style)


def _magnify(ax, arc, place, radius):
    """Draw one arc large, and say what runs along it."""
    (j, i), right = arc, max(x for x, _ in place.values())
    for name, (tail, head), bend, width, dash, y, words in (
        ("output", (j, i), 0.0, 4, "solid", 0.75, f"forward: the state of {j},\ntimes the arc's weight"),
        ("costate", (i, j), -0.45, 2.4, (0, (3, 1.2)), 0.25, f"back: the credit of {i},\ntimes the same weight"),
    ):
        way, ink = _way(place, (tail, head), radius, [bend]), role(name).ink
        _draw_arcs(ax, place, radius, [((tail, head), way, width, role(name).color, dash)])
        said = note(ax, words, way[len(way) // 2], (right + 32, y * ax.get_ylim()[1]))
        said.set(color=ink, weight="semibold", va="center")


def _network_words(network, w, activity):
    """What a picture of a network shows, in words."""
    words = f"A network of {counted(len(network.neurons), 'neuron')} and {counted(len(network.heads), 'arc')}"
    if network.outputs:
        words += f"; double rings are outputs ({listed(network.outputs)})"
    if network.inputs:
        words += f"; squares are inputs ({listed(network.inputs)})"
    words += "."
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


def _figure_of_reads(audit, of, **_):
    """A figure for the network, if its reads are drawn on it, or for the small matrix of blocks."""
    on_network = of is not None and isinstance(audit, Audit)
    return _own_figure(audit.network) if on_network else figure(height=2.7, width=5)


@plot(_figure_of_reads)
def plot_locality(audit, of=None, ax=None, caption=None, headline="", more=""):
    """What the updates read: all of them as a small matrix of blocks, or those of one neuron or arc in the network.

    Parameters
    ----------
    audit : locality.Audit
        What was measured.
    of : neuron label or (tail, head), optional
        A neuron or an arc: what its two updates read is marked on the network.
    ax, caption, headline, more
        As for all plots: `hlp_edu.plotting`.

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
    shape, signs = (len(updates), len(variables)), {}
    for a, b in np.ndindex(shape):
        block = kinds[np.ix_(np.equal(rows, updates[a]), np.equal(columns, variables[b]))]
        read = [what for what in READS if (block == what).any()]
        for what, x in zip(read, 0.32 * (np.arange(len(read)) - (len(read) - 1) / 2), strict=True):
            sign, colour, words = READS[what]
            (signs[what],) = ax.plot(b + 0.5 + x, a + 0.5, sign, color=colour, label=words, markersize=10)
    ax.pcolormesh(np.zeros(shape), cmap="binary", edgecolors=GRID)
    ax.set_xticks(np.arange(len(variables)) + 0.5, [f"${name}$" for name in variables])
    ax.set_yticks(np.arange(len(updates)) + 0.5, [f"${name[:-1]}$'" for name in updates])
    ax.set(ylim=(len(updates), 0), xlabel="reads", ylabel="update of")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.legend(
        handles=[signs[what] for what in sorted(signs)], loc="lower left", bbox_to_anchor=(-0.1, 1.0), ncols=4,
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
    return words


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
    styles = {arc: (0.9, PALE, "solid") for arc in network.arcs if arc not in arcs}
    styles |= {arc: (3.2, ROLES["third" if arc == of else "output"].color, "solid") for arc in arcs}
    place, radius, ways = draw_graph(ax, network, styles)
    _draw_signs(ax, place, list(names), 2 * radius + 9, edges=ROLES["output"].color, width=2.4)
    for label, variables in names.items():
        up = 1 if place[label][1] >= np.mean(ax.get_ylim()) and of != (label, label) else -1  # a loop is above
        ax.annotate(
            ", ".join(variables), place[label], (0, up * (radius + 9)), textcoords="offset points", ha="center",
            va="bottom" if up > 0 else "top", color=ROLES["output"].ink, zorder=6, gid="name",
        )  # fmt: skip
    if of in arcs:
        _name_arc(ax, ways[of], sum(place[label] for label in of) / 2, "$w$, $p_w$")
    wrong = sum(row in [(update, of) for update in parts] for row, _ in audit.violations)
    subject = f"Neuron {of}" if of in network.neurons else f"The arc from {of[0]} to {of[1]}"
    said = "; ".join(f"{update} reads {listed(map(_plain, part), 9)}" for update, part in parts.items())
    words = f"{subject} reads {len(read)} of the {audit.total.shape[1]} variables"
    words += f"{'' if wrong else ', all of them its own or one hop away'} (in colour): {said}."
    if wrong:
        words += f" {counted(wrong, 'read')} violate the neighbourhood."
    if "a(" in said:
        words += " (a is the sum that a neuron makes of its parents.)"
    return words


def _name_arc(ax, way, between, words):
    """Words beside the middle of an arc, away from the point between its nodes."""
    middle = way[len(way) // 2]
    away = middle - between + (0, 1e-6)
    away = 10 * away / np.hypot(*away)
    ax.annotate(
        words, middle, away, textcoords="offset points", gid="name", zorder=6,
        ha="left" if away[0] > 0 else "right", va="bottom" if away[1] > 3 else "top" if away[1] < -3 else "center",
        color=ROLES["third"].ink, bbox=dict(boxstyle="square,pad=0.1", fc=PAPER, ec="none", alpha=0.85),
    )  # fmt: skip


def symbol(variable, label):
    """A variable of a node as mathtext."""
    letter, _, index = variable.partition("_")
    name = "".join(c if c.isalnum() else "\\ " for c in str(label))
    return rf"${letter}_{{{index}{',' if index else ''}\mathrm{{{name}}}}}$"


def _plain(variable):
    """A variable as plain text."""
    what, of = variable
    return f"{what}({of[0]}→{of[1]})" if what in ("w", "p_w") else f"{what}({of})"
