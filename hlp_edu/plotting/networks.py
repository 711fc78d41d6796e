"""Networks, drawn and laid out by networkx; and what an update reads of one."""

import math

import networkx as nx
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

from hlp_edu.network import Network
from hlp_edu.plotting.picture import SMALL, TEXT, WIDTH, describe, figure, shown
from hlp_edu.plotting.style import GRID, INK, PALE, PAPER, ROLES, role
from hlp_edu.trajectory import Trajectory
from hlp_edu.validate import kind, number, vector
from hlp_edu.words import counted, digits, listed

__all__ = ["plot_locality", "plot_network"]

MOST_ARCS = 500  # arcs that are drawn
MANY = 40  # nodes: beyond, no labels


def plot_network(
    network, ax=None, w=None, magnify=None, caption=None, activity=None, largest=None, headline="", more="",
):  # fmt: skip
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
    A network of 3 neurons and 3 arcs; neuron 3 (double ring) is the output; the square is the input u.
    """
    if isinstance(network, Trajectory):
        w = network.final.w if w is None else w
        network = network.network
    kind("network", network, Network, "a hlp_edu Network or Trajectory")
    w = None if w is None else vector("w", w, len(network.heads), "arc")
    activity = None if activity is None else vector("activity", activity, len(network.neurons), "neuron")
    largest = None if largest is None else number("largest", largest, above=0)
    if magnify is not None and tuple(magnify) not in network.arcs:
        raise ValueError(f"magnify = {magnify!r}: is not an arc (tail, head) of the network")

    def draw(ax):
        place, radius = frame(ax, network)
        few = _few_arcs(network, w)
        width, colour = np.full(len(few), 1.1), np.full(len(few), "#9A9A9A", dtype=object)
        dashes = ["solid"] * len(few)
        if w is not None and len(few):
            relative = (np.abs(w[few]) / (largest or max(np.abs(w[few]).max(), 1e-12))).clip(0, 1)
            width = 0.7 + 3.6 * relative
            signs = ["negative" if value < 0 else "positive" for value in w[few]]
            colour = np.array([ROLES[sign].color for sign in signs], dtype=object)
            dashes = ["dashed" if sign == "negative" else "solid" for sign in signs]
            if largest is not None:
                colour[relative < 0.02] = PALE
        if magnify is not None:
            colour[:] = PALE
        arcs = [network.arcs[k] for k in few]
        draw_arcs(ax, network, arcs, place, radius, width, colour, dashes)
        draw_nodes(ax, network, place, radius, activity)
        if magnify is not None:
            _magnify(ax, network, tuple(magnify), place, radius)
        words = _network_words(network, w, len(few), activity)
        if magnify is not None:
            words += f" The arc from {magnify[0]} to {magnify[1]} is drawn large: it multiplies the state of its tail"
            words += " by its weight, and the credit of its head comes back along it."
        describe(ax, words, f"{len(network.neurons)} neurons, {len(network.heads)} arcs")

    return shown(draw, ax, lambda: _own_figure(network), caption, headline, more)


def _own_figure(network):
    """A figure of the network's shape, without margins for ticks."""
    xy = np.array(list(positions(network)[0].values()))
    wide, tall = np.ptp(xy, axis=0) + 1.0
    height = float(np.clip(0.96 * WIDTH * tall / wide, 1.2, 3.4))
    fig, (ax,) = figure(height=height)
    fig.set_figheight(height + 0.15)
    ax.set_position((0.02, 0.03, 0.96, 0.94))
    return fig, [ax]


def positions(network):
    """{label: (x, y)} as networkx lays the network out, and whether it is in layers: layers, or a circle."""
    graph = nx.DiGraph((j, i) for j, i in network.arcs if i != j)
    graph.add_nodes_from(network.labels)
    biases = [label for label in network.inputs if label == "bias"]
    forward = graph.subgraph([label for label in graph if label not in biases])
    n, inputs = len(network.neurons), network.inputs
    if nx.is_directed_acyclic_graph(forward) and (n <= 2 or forward.number_of_edges()):
        rank = {label: k for k, label in enumerate([*network.inputs, *network.neurons])}
        layers = {
            k: sorted(layer, key=rank.get, reverse=True) for k, layer in enumerate(nx.topological_generations(forward))
        }
        place = nx.multipartite_layout(forward, subset_key=layers, scale=1)
        apart = max(1.5, 0.3 * max(map(len, layers.values())))
        where = {label: k for k, layer in layers.items() for label in layer}
        place = {
            label: (apart * where[label], layers[where[label]].index(label) - (len(layers[where[label]]) - 1) / 2)
            for label in place
        }
        lowest = min(y for _, y in place.values())
        place |= {label: (0.25 * apart, lowest - 0.9) for label in biases}
        return place, True
    circle = nx.circular_layout(network.neurons, scale=1.7) if n > 1 else {network.neurons[0]: np.zeros(2)}
    place = {label: (x, y) if n == 2 else (y, x) for label, (x, y) in circle.items()}  # the first is at the top
    if len(inputs) == 1 and n >= 3:
        place[inputs[0]] = (0.0, 0.0)
    else:
        for k, label in enumerate(inputs):
            place[label] = (-3.0, (len(inputs) - 1) / 2 - k) if n > 2 else (k - (len(inputs) - 1) / 2, -1.5)
    return place, False


def frame(ax, network):
    """Prepare an axes for a network; positions and the radius of a node, in points."""
    place, layered = positions(network)
    xy = np.array(list(place.values()), float)
    loops = bool((network.heads == network.tails).any())
    bends = layered and len(place) > len(network.inputs) + 1
    air = np.array([0.55, 0.8 if loops or bends else 0.55])
    (x0, y0), (x1, y1) = xy.min(axis=0) - air, xy.max(axis=0) + air
    scale = min(ax.bbox.width / (x1 - x0), ax.bbox.height / (y1 - y0))
    wide, tall = ax.bbox.width / scale, ax.bbox.height / scale
    ax.set_axis_off()
    ax.set_xlim((x0 + x1 - wide) / 2, (x0 + x1 + wide) / 2)
    ax.set_ylim((y0 + y1 - tall) / 2, (y0 + y1 + tall) / 2)
    near = math.inf
    if 1 < len(xy) <= 600:
        apart = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 1e9 * np.eye(len(xy))
        near = apart.min()
    elif len(xy) > 600:
        near = 2 * math.pi * 1.7 / len(xy)
    points = scale * 72 / ax.figure.dpi  # of one unit
    return place, float(np.clip(0.34 * min(near, 1.0) * points, 1.0, 15.0))


def draw_arcs(ax, network, arcs, place, radius, width, colour, dashes):
    """Draw arcs: straight, curved where two run both ways or would cross a node, loops as loops."""
    if not len(arcs):
        return
    if len(arcs) > 150:
        nx.draw_networkx_edges(
            nx.DiGraph(arcs), place, arcs, ax=ax, arrows=False, width=0.3, edge_color="#9A9A9A", alpha=0.5
        )
        ax.set_axis_off()
        return
    every, groups = set(network.arcs), {}
    centre = np.mean([place[label] for label in network.neurons], axis=0)
    unit = np.ptp(ax.get_xlim()) / ax.bbox.width * ax.figure.dpi / 72 * radius  # the radius in data coordinates
    for k, (j, i) in enumerate(arcs):
        if i == j:
            _loop(ax, np.array(place[i], float), centre, unit, width[k], to_hex(colour[k]), dashes[k])
            continue
        bend = 0.16 if (i, j) in every else _detour(place, j, i) if len(place) <= MANY else 0.0
        groups.setdefault((bend, dashes[k]), []).append(k)
    graph = nx.DiGraph()
    graph.add_nodes_from(place)
    graph.add_edges_from(arcs)
    order = list(graph)
    size = [(2 * radius) ** 2] * len(order)
    for (bend, dash), members in groups.items():
        nx.draw_networkx_edges(
            graph, place, [arcs[k] for k in members], ax=ax, nodelist=order, node_size=size, arrowstyle="-|>",
            arrowsize=9,
            width=[float(width[k]) for k in members], edge_color=[to_hex(colour[k]) for k in members], style=dash,
            connectionstyle=f"arc3,rad={bend}", min_source_margin=0, min_target_margin=1,
        )  # fmt: skip
    ax.set_axis_off()


def _loop(ax, at, centre, unit, width, colour, dash):
    """An arc from a neuron to itself, on the side that looks away from the others."""
    out = at - centre
    out = np.array([0.0, 1.0]) if abs(out[0]) < 1e-9 or np.linalg.norm(out) < 1e-9 else out / np.linalg.norm(out)
    across = np.array([-out[1], out[0]])
    ends = [at + unit * (0.86 * out + side * 0.5 * across) for side in (1, -1)]
    ax.add_patch(
        FancyArrowPatch(
            *ends,
            connectionstyle="arc3,rad=-1.9",
            arrowstyle="-|>",
            mutation_scale=8,
            shrinkA=0,
            shrinkB=0,
            zorder=1,
            linewidth=float(width),
            color=colour,
            linestyle=dash,
            gid="loop",
        )  # fmt: skip
    )


def _detour(place, j, i):
    """The bend of an arc that would run through another node; 0 where the way is free."""
    a, b = np.array(place[j], float), np.array(place[i], float)
    others = np.array([xy for label, xy in place.items() if label not in (j, i)], float).reshape(-1, 2)
    if not len(others):
        return 0.0
    s = np.linspace(0, 1, 16)[:, None]
    for bend in (0.0, -0.2, 0.2, -0.35, 0.35):
        control = (a + b) / 2 + bend * np.array([(b - a)[1], -(b - a)[0]])
        curve = (1 - s) ** 2 * a + 2 * s * (1 - s) * control + s**2 * b
        if np.linalg.norm(curve[:, None] - others[None], axis=2).min() > 0.3:
            return bend
    return 0.35


def draw_nodes(ax, network, place, radius, activity=None, faded=False):
    """Draw circles and squares and their labels; outputs in the colour of their line, with a second ring."""
    outputs, graph = set(network.outputs), nx.DiGraph()
    graph.add_nodes_from(place)
    edge = PALE if faded else INK
    groups = [
        (network.inputs, "s", GRID, edge, 0.8),
        ([label for label in network.neurons if label not in outputs], "o", PAPER, edge, 1.0),
        (network.outputs, "o", ROLES["output"].color, ROLES["output"].color, 1.0),
    ]
    for labels, shape, fill, line, scale in groups:
        if not labels:
            continue
        fills = [fill] * len(labels)
        if activity is not None and shape == "o":
            fills = [_activity_colour(activity[network.neurons.index(label)]) for label in labels]
            line = edge
        nx.draw_networkx_nodes(
            graph, place, labels, ax=ax, node_size=(2 * radius * scale) ** 2, node_shape=shape, node_color=fills,
            edgecolors=line, linewidths=min(1.2, radius / 6),
        )  # fmt: skip
        if labels is network.outputs and radius > 4:
            nx.draw_networkx_nodes(
                graph, place, labels, ax=ax, node_size=(2 * radius + 5) ** 2, node_color="none",
                edgecolors=ROLES["output"].color, linewidths=1.2,
            )  # fmt: skip
    if len(place) > MANY or radius < 5:
        return
    for label, (x, y) in place.items():
        dark = label in outputs and activity is None
        if activity is not None and label in network.neurons:
            dark = abs(activity[network.neurons.index(label)]) > 0.6
        size = min(12.0, 1.0 * radius, 2.8 * radius / max(len(str(label)), 1))
        if size >= 5.5:
            ax.text(
                x, y, str(label), size=size, ha="center", va="center_baseline", zorder=5, gid="node",
                color=PAPER if dark else INK, weight="semibold" if dark else "normal",
            )  # fmt: skip
    ax.set_axis_off()


def _activity_colour(state):
    """The fill of a neuron."""
    return to_hex(ROLES["negative" if state < 0 else "positive"].ramp(min(abs(state), 1.0)))


def _magnify(ax, network, arc, place, radius):
    """Draw one arc large, and say what runs along it."""
    (j, i), lines = arc, (("output", 0.0, 4.0, 16), ("costate", -0.45, 2.4, 12))
    graph = nx.DiGraph([(j, i), (i, j)])
    for (name, bend, width, tip), (a, b) in zip(lines, ((j, i), (i, j)), strict=True):
        nx.draw_networkx_edges(
            graph, place, [(a, b)], ax=ax, node_size=(2 * radius) ** 2, width=width, edge_color=role(name).color,
            arrowstyle="-|>", arrowsize=tip, connectionstyle=f"arc3,rad={bend}", min_target_margin=4,
            style="solid" if name == "output" else (0, (3, 1.2)),
        )  # fmt: skip
    a, b = np.array(place[j], float), np.array(place[i], float)
    across = np.array([(b - a)[1], -(b - a)[0]])
    right = max(x for x, _ in place.values())
    texts = [
        (f"forward: the state of {j},\ntimes the weight of the arc", (a + b) / 2 + 0.2 * (b - a), 0.62),
        (f"back: the credit of {i},\ntimes the same weight", (a + b) / 2 + 0.225 * across, -0.45),
    ]
    middle = np.mean([y for _, y in place.values()])
    for (text, spot, up), (name, *_) in zip(texts, lines, strict=True):
        ax.annotate(
            text, spot, (right + 0.9, middle + up * np.ptp(ax.get_ylim()) / 2), color=role(name).ink, weight="semibold",
            size=TEXT, va="center", zorder=7, gid="magnified",
            arrowprops=dict(arrowstyle="-", color=role(name).ink, lw=0.9, shrinkB=2),
        )  # fmt: skip
    ax.set_axis_off()


def _few_arcs(network, w):
    """Columns of the arcs that are drawn: the largest weights, or a sample."""
    m = len(network.heads)
    if m <= MOST_ARCS:
        return np.arange(m)
    if w is not None:
        return np.sort(np.argsort(-np.abs(w), kind="stable")[:MOST_ARCS])
    return np.sort(np.random.default_rng(0).choice(m, MOST_ARCS, replace=False))  # any few will do


def _network_words(network, w, few, activity=None):
    """What a picture of a network shows, in words."""
    n, m = len(network.neurons), len(network.heads)
    words = f"A network of {counted(n, 'neuron')} and {counted(m, 'arc')}"
    if len(network.outputs) == 1:
        words += f"; neuron {network.outputs[0]} (double ring) is the output"
    elif network.outputs:
        words += f"; neurons {listed(network.outputs)} (double ring) are the outputs"
    if len(network.inputs) == 1:
        words += f"; the square is the input {network.inputs[0]}"
    elif network.inputs:
        words += f"; the squares are the inputs {listed(network.inputs)}"
    words += "."
    if few < m:
        words += f" {few} of the arcs are drawn."
    if w is not None and m:
        words += (
            f" Width is the size of a weight, at most {digits(np.abs(w).max())}; "
            f"{int((w > 0).sum())} are positive (blue, solid), {int((w < 0).sum())} negative (red, dashed)."
        )
    if activity is not None:
        words += (
            f" The fill of a neuron is its activity, at most {digits(np.abs(activity).max())}: "
            f"{int((activity > 0).sum())} are positive (blue), {int((activity < 0).sum())} negative (red)."
        )
    return words


# ---- what an update reads -----------------------------------------------------------------------

READS = (  # the kinds of `locality.KINDS`: sign, colour, words
    ("", PAPER, ""),
    ("s", ROLES["third"].color, "its own"),
    ("o", ROLES["output"].color, "one hop away"),
    (".", ROLES["baseline"].color, "only inside $\\sigma'(a)$"),
    ("X", ROLES["negative"].color, "VIOLATION"),
)


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
    if not hasattr(audit, "weight_transport"):
        raise ValueError(f"audit = {audit!r}: must be the result of hlp_edu.locality.audit")
    if of is not None:
        audit.of(of)  # a label that does not exist is named here
        return shown(
            lambda ax: _draw_reads(audit, of, ax), ax, lambda: _own_figure(audit.network), caption, headline, more
        )
    if ax is not None:
        return shown(lambda ax: _draw_blocks(audit, ax), ax, None, caption, headline, more)

    def both():
        fig, (left, right) = figure(columns=2, height=2.7)
        left.set_position((0.01, 0.04, 0.42, 0.92))
        plot_network(audit.network, left)
        right.set_position((0.56, 0.18, 0.42, 0.66))
        return fig, [right, left]

    return shown(lambda ax: _draw_blocks(audit, ax), None, both, caption, headline, more)


def _draw_blocks(audit, ax):
    """One cell for each kind of update and each kind of variable: the strongest read in that block, and how many."""
    kinds = audit.kinds
    updates = list(dict.fromkeys(label for label, _ in audit.rows))
    variables = list(dict.fromkeys(label for label, _ in audit.columns[: kinds.shape[1]]))
    row_of, column_of = [label for label, _ in audit.rows], [label for label, _ in audit.columns[: kinds.shape[1]]]
    strongest = {4: 4, 2: 3, 1: 2, 3: 1, 0: 0}
    used = set()
    for (a, update), (b, variable) in [(r, c) for r in enumerate(updates) for c in enumerate(variables)]:
        block = kinds[np.ix_([u == update for u in row_of], [v == variable for v in column_of])]
        read = sorted(set(block.ravel().tolist()) - {0}, key=strongest.get)
        ax.add_patch(_cell(b, a, bool(read)))
        for n, what in enumerate(read):
            used.add(what)
            sign, colour, _ = READS[what]
            ax.plot(b + (n - (len(read) - 1) / 2) * 0.32, a, sign, color=colour, markersize=11 if sign != "." else 9)
    symbols = {"x": "$x$", "w": "$w$", "p_x": "$p_x$", "p_w": "$p_w$", "u": "$u$", "z": "$z$", "a": "$a$"}
    ax.set_xticks(range(len(variables)), [symbols.get(v, v) for v in variables])
    ax.set_yticks(range(len(updates)), [f"{symbols.get(u.rstrip(chr(39)), u)}{chr(39)}" for u in updates])
    ax.set(xlim=(-0.55, len(variables) - 0.45), ylim=(len(updates) - 0.45, -0.55), xlabel="reads", ylabel="update of")
    ax.tick_params(labelsize=TEXT + 1)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    for what in sorted(used):
        sign, colour, words = READS[what]
        ax.plot([], [], sign, color=colour, label=words, markersize=9)
    ax.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=4, frameon=False, fontsize=SMALL, handletextpad=0.1,
        columnspacing=0.9, borderaxespad=0.1, borderpad=0.1,
    )  # fmt: skip
    reads, wrong = int(audit.total.sum()), len(audit.violations)
    counts = [int((kinds == what).sum()) for what in range(5)]
    words = (
        f"Which kinds of variables (columns) each kind of update (row) reads. Of {kinds.size} pairs of an update and a "
        f"variable {reads} are reads: {counts[1]} of the update's own variables (squares), {counts[2]} of variables "
        f"one hop away (circles), {counts[3]} of variables that are seen only inside sigma'(a) (dots); "
    )
    words += "none is a violation." if not wrong else f"{counts[4]} violate the neighbourhoods (crosses)."
    describe(ax, words, f"{reads} reads, {wrong} violations")


def _cell(x, y, filled):
    return Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fc="#F3F5F8" if filled else PAPER, ec=GRID, lw=0.8, zorder=0)


def _draw_reads(audit, of, ax):
    """Mark on the network what the updates of one neuron or arc read: in colour what is read, the rest pale."""
    network = audit.network
    place, radius = frame(ax, network)
    parts = _read_by(audit, of)
    read = [variable for _, part in parts for variable in part if variable[0] != "a"]
    arcs = {label for variable, label in read if variable in ("w", "p_w")} | ({of} if of in network.arcs else set())
    nodes = {}
    for variable, label in read:
        if variable not in ("w", "p_w"):
            nodes.setdefault(label, dict.fromkeys([]))[variable] = None
    order = sorted(network.arcs, key=lambda arc: arc in arcs)
    colours = [ROLES["third" if arc == of else "output"].color if arc in arcs else PALE for arc in order]
    draw_arcs(
        ax,
        network,
        order,
        place,
        radius,
        [3.2 if arc in arcs else 0.9 for arc in order],
        colours,
        ["solid"] * len(order),
    )
    draw_nodes(ax, network, place, radius)
    centre = np.mean(list(place.values()), axis=0)
    per_point = np.ptp(ax.get_xlim()) / ax.bbox.width * ax.figure.dpi / 72
    for label, variables in nodes.items():
        xy = np.array(place[label], float)
        ax.plot(
            *xy, "o", markersize=2 * radius + 9, mfc="none", mec=ROLES["output"].color, mew=2.4, zorder=4, gid="read"
        )
        out = xy - centre if np.linalg.norm(xy - centre) > 1e-9 else np.array([0.0, 1.0])
        up = 1.0 if out[1] >= 0 else -1.0
        ax.text(
            *(xy + np.array([0, up * (radius + 9) * per_point])), ", ".join(symbol(v, label) for v in variables),
            size=TEXT, color=ROLES["output"].ink, ha="center", va="bottom" if up > 0 else "top", zorder=6, gid="name",
            bbox=dict(boxstyle="square,pad=0.05", fc=PAPER, ec="none", alpha=0.85),
        )  # fmt: skip
    describe(ax, *_reads_words(audit, of, parts))


def symbol(variable, of):
    """A variable of a node as mathtext."""
    text = str(of) if str(of).isdigit() else rf"\mathrm{{{of}}}"
    return f"$p_{{x,{text}}}$" if variable == "p_x" else f"${variable}_{{{text}}}$"


def _read_by(audit, of):
    """The two updates of a neuron or arc, each with the variables that it reads."""
    network, found = audit.network, audit.of(of)
    if of not in network.neurons:
        return [("w'", found["w'"]), ("p_w'", found["p_w'"])]
    # its sum a_i is made of its parents and their weights: these are drawn
    row, i, n = audit.rows.index(("x'", of)), network.neurons.index(of), len(network.neurons)
    incoming = np.flatnonzero(network.heads == i)
    read = [("x", of)] + [("w", network.arcs[k]) for k in incoming]
    read += [("u" if network.tails[k] >= n else "x", network.arcs[k][0]) for k in incoming]
    read = [one for one in dict.fromkeys(read) if audit.total[row, audit.columns.index(one)]]
    return [("x'", read), ("p_x'", found["p_x'"])]


def _reads_words(audit, of, parts):
    """What two updates read, in words: a sentence and its short form."""
    variables = dict.fromkeys(v for _, part in parts for v in part if v[0] != "a")
    wrong = sum(row in [(update, of) for update, _ in parts] for row, _ in audit.violations)
    subject = f"Neuron {of}" if of in audit.network.neurons else f"The arc from {of[0]} to {of[1]}"
    said = [f"{update} reads " + listed([_plain(v) for v in part], 9) for update, part in parts]
    words = (
        f"{subject} reads {len(variables)} of the {audit.total.shape[1]} variables"
        f"{'' if wrong else ', all of them its own or one hop away'} (in colour): {said[0]}; {said[1]}."
    )
    if wrong:
        words += f" {counted(wrong, 'read')} violate the neighbourhood."
    if any(v[0] == "a" for _, part in parts for v in part):
        words += " (a is the sum that a neuron makes of its parents.)"
    return words, f"reads {len(variables)} of {audit.total.shape[1]} variables"


def _plain(variable):
    """A variable as plain text."""
    what, of = variable
    return f"{what}({of[0]}→{of[1]})" if what in ("w", "p_w") else f"{what}({of})"
