"""Pictures show what they say: roles, lines, limits, words; nothing is cut, nothing overlaps."""

import ast
import base64
import dataclasses
import html.parser
import io
import itertools
import re
import warnings

import matplotlib
import networkx as nx
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import is_color_like, to_hex, to_rgb
from matplotlib.figure import Figure
from PIL import Image

import hlp_edu as hlp
from hlp_edu import plotting
from hlp_edu.plotting import ROLES, networks, picture, style

OUTPUT, TARGET = ROLES["output"].color.lower(), ROLES["target"].color.lower()


@pytest.fixture(scope="module")
def runs():
    net = hlp.fully_connected(5)
    sine, patched = hlp.Tracking(net, hlp.sinusoid()), hlp.Tracking(net, hlp.patchwork(seed=1))
    flow, short = hlp.GradientFlow(mu=0.03), dict(T=12, dt=0.01)
    wide = hlp.feed_forward([2, 4, 2])
    targets, inputs = [hlp.sinusoid(), hlp.patchwork(3)], dict(u1=hlp.sinusoid(), u2=hlp.constant(1))
    long_name = nx.DiGraph([("a long input", "a very long name"), ("a very long name", "z")])
    named = hlp.Network(long_name, ["a long input"], ["z"])
    return {
        "good": hlp.run(sine, hlp.Flipped(dissipation_w=30, dissipation_x=5), **short),
        "output": hlp.run(sine, flow, record="output", **short),
        "patched": hlp.run(patched, flow, **short),
        "diverged": hlp.run(sine, hlp.Canonical(), T=12, dt=0.01),
        "diverged output": hlp.run(sine, hlp.Canonical(), T=12, dt=0.01, record="output"),
        "no rows": hlp.run(sine, flow, T=1, dt=0.01, x0=np.full(5, 1e200), limit=1e250),
        "two": hlp.run(hlp.Tracking(wide, targets, inputs=inputs), flow, **short),
        "frozen": hlp.run(sine, hlp.Frozen(), **short),
        "big": hlp.run(sine.replace(target=hlp.constant(500.0)), flow, **short),
        "later": hlp.run(sine, flow, t0=1000, T=5, dt=0.01),
        "names": hlp.run(hlp.Tracking(named, hlp.sinusoid(), inputs={"a long input": hlp.constant(1)}), flow, **short),
    }


NETWORKS = {
    "one": hlp.fully_connected(1),
    "two": hlp.fully_connected(2),
    "three": hlp.fully_connected(3),
    "four": hlp.fully_connected(4),
    "five": hlp.fully_connected(5),
    "five, no loops": hlp.fully_connected(5, self_loops=False),
    "twelve": hlp.fully_connected(12),
    "twenty": hlp.fully_connected(20),
    "chain": hlp.feed_forward([1] * 5),
    "short chain": hlp.chain(1),
    "long chain": hlp.feed_forward([1] * 13),
    "layers": hlp.feed_forward([3, 4, 4, 2]),
    "small layers": hlp.feed_forward([2, 3, 1]),
    "wide layers": hlp.feed_forward([8, 30, 10]),
    "cycle": hlp.Network(
        nx.DiGraph([("u", "a"), ("v", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "c"), ("c", "out")]),
        inputs=["u", "v"],
        outputs=["out"],
    ),
    "ladder": hlp.Network(nx.DiGraph([("u", 1), (1, 2), (2, 3), (1, 3), ("u", 3)]), ["u"], [2, 3]),
}


def blank(width=8.0, height=3.0):
    fig = Figure(figsize=(width, height), dpi=100)
    return fig, fig.add_axes((0.32, 0.25, 0.6, 0.55))


def texts_of(fig):
    """Every text that is really drawn, with its place on the figure."""
    renderer = picture.FigureCanvasAgg(fig).get_renderer()
    drawn, draw_text = [], renderer.draw_text

    def remember(*args, mtext=None, **kwargs):
        if mtext is not None:  # of several lines it is None
            drawn.append(mtext)
        return draw_text(*args, mtext=mtext, **kwargs)

    renderer.draw_text = remember
    with style.styled():
        fig.draw(renderer)
    # of an annotation, the text alone, without its line
    return [(text, matplotlib.text.Text.get_window_extent(text, renderer)) for text in drawn]


def assert_tidy(fig, slack=3.0):
    """No text is cut off by the figure's edge, and no text lies on another."""
    boxes = texts_of(fig)
    assert boxes
    for text, box in boxes:
        assert np.isfinite(box.bounds).all()
        inside = min(box.x0, box.y0) >= -1 and box.x1 <= fig.bbox.x1 + 1 and box.y1 <= fig.bbox.y1 + 1
        assert inside, f"{text.get_text()!r} is cut off"
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        tall = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= slack or tall <= slack, f"{one.get_text()!r} lies on {two.get_text()!r}"


class Tags(html.parser.HTMLParser):
    """{tag: attributes} and the text of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = dict(attrs)

    def handle_data(self, data):
        self.text += data


def assert_shown(shown):
    """A picture's bundle: HTML with all texts, and an opaque PNG that is not empty, with its alt text."""
    data, metadata = shown._repr_mimebundle_()
    assert set(data) == {"text/html", "image/png", "text/plain"}
    assert data["text/plain"] == repr(shown) == shown.alt == metadata["image/png"]["alt"]
    found = Tags(data["text/html"])
    assert found.tags["img"]["alt"] == picture.without_math(shown.alt) and found.text == (shown.caption or "")
    kind, _, sharp = found.tags["img"]["src"].partition(";base64,")
    assert kind == "data:image/webp"
    sharp, raw = Image.open(io.BytesIO(base64.b64decode(sharp))), base64.b64decode(data["image/png"])
    plain = Image.open(io.BytesIO(raw))
    assert sharp.width == 2 * int(found.tags["img"]["width"]) == 2 * plain.width == 2 * metadata["image/png"]["width"]
    assert len(raw) < 100_000 and len(data["text/html"]) < 200_000
    pixels = np.asarray(sharp.convert("RGB"))
    assert "transparency" not in plain.info
    assert (pixels[0, 0] == 255).all() and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10
    return pixels


def line(ax, label):
    (found,) = [one for one in ax.get_lines() if one.get_label() == label]
    return found


# ---- every plot of every run ----


def test_pictures_are_tidy_and_shown(runs):
    for name, run in runs.items():
        made = hlp.plot_tracking(run, headline="A finding", more="What is drawn, in one line.")
        if name in ("patched", "two", "no rows"):
            assert_shown(made)
        assert_tidy(made.fig)
        for ax in made.axes:
            assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all(), name
            for one in ax.get_lines():
                assert np.isfinite(np.asarray(one.get_ydata(), float)).all()


@pytest.mark.parametrize("width", [2.4, 8.0])
def test_on_a_given_ax(width, runs):
    for name in ("good", "diverged", "patched", "no rows", "later"):
        fig, ax = blank(width)
        assert hlp.plot_tracking(runs[name], ax=ax) is ax
        picture.finish(fig)
        assert_tidy(fig)
        assert picture.plain_axes(fig) == [ax]


def test_pyplot_is_left_alone(runs):
    before = dict(matplotlib.rcParams)
    hlp.plot_tracking(runs["good"])
    hlp.plot_network(NETWORKS["five"])
    assert dict(matplotlib.rcParams) == before


# ---- tracking ----


def test_tracking_lines(runs):
    ax, strip = hlp.plot_tracking(runs["good"]).axes
    output, target = line(ax, "output"), line(ax, "target")
    assert (to_hex(output.get_color()), output.get_linestyle()) == (OUTPUT, "-")
    assert (to_hex(target.get_color()), target.get_linestyle()) == (TARGET, "--")
    assert np.array_equal(output.get_ydata(), runs["good"].x[:, 0])
    assert np.array_equal(target.get_ydata(), runs["good"].target[:, 0])
    assert ax.get_ylim() == (-1.1, 1.1) and ax.get_xlim() == strip.get_xlim() == (0, 12)
    assert {text.get_text() for text in ax.texts if text.get_gid() == "end"} == {"output", "target"}
    assert np.array_equal(strip.lines[0].get_ydata(), runs["good"].x[:, 0] - runs["good"].target[:, 0])
    assert strip.get_ylabel() == "error" and strip.get_xlabel() == "time t" and not ax.get_xlabel()
    assert strip.get_window_extent().y1 < ax.get_window_extent().y0


def test_an_output_has_the_look_of_its_role(runs):
    ax, strip = hlp.plot_tracking(runs["good"], role="optimum: the best").axes
    assert (
        to_hex(line(ax, "the best").get_color()) == ROLES["optimum"].color.lower() == strip.lines[0].get_color().lower()
    )
    with pytest.raises(ValueError, match="'winner': is not the role of a line; the roles are target, output"):
        hlp.plot_tracking(runs["good"], role="winner")


def test_tracking_needs_the_outputs_only(runs):
    run = runs["output"]
    ax, _ = hlp.plot_tracking(run).axes
    assert np.array_equal(line(ax, "output").get_ydata(), run.x[:, 0])


def test_tracking_words(runs):
    rmse = plotting.digits(runs["good"].rmse(after=4))
    assert hlp.plot_tracking(runs["good"]).alt == (f"The output follows the target (dashed); RMSE {rmse} after t = 4.")
    assert "does not follow" in hlp.plot_tracking(runs["frozen"]).alt
    mine = hlp.plot_tracking(runs["good"], caption="Look at the start.")
    assert mine.caption == "Look at the start." and mine.alt.startswith("Look at the start. The output")
    mine = hlp.plot_tracking(runs["good"], headline="It follows")
    assert mine.alt.startswith("It follows. The output follows") and mine.caption.startswith("The output follows")
    assert [text.get_text() for text in mine.fig.texts if text.get_gid() == "headline"] == ["It follows"]


@pytest.mark.parametrize("scale", [0.2, 1.0, 1e3])
@pytest.mark.parametrize(
    "error, verb", [(0.01, " follows "), (0.25, " follows "), (0.5, "roughly follows"), (1.5, "does not follow")]
)
def test_words_follow_the_error(runs, scale, error, verb):
    """The verb says how well the target is followed, whatever the size of the target."""
    target = scale * np.ones_like(runs["good"].target)
    x = np.array(runs["good"].x)
    x[:, 0] = target[:, 0] * (1 + error)
    assert verb in hlp.plot_tracking(dataclasses.replace(runs["good"], x=x, target=target)).alt


def test_a_diverged_run_says_so(runs):
    for name in ("diverged", "diverged output"):
        run = runs[name]
        picture = hlp.plot_tracking(run)
        ax, _ = picture.axes
        assert picture.alt.startswith(f"The run diverged at t = {run.diverged_at:.2g}".rstrip("0"))
        assert run.reason in picture.alt
        mark = [one for one in ax.get_lines() if one.get_label() == "_gone"]
        assert mark[0].get_xdata()[0] == run.diverged_at
        assert "diverged" in [text.get_text() for text in ax.texts]
        low, high = ax.get_ylim()
        assert high - low < 10
    assert "DIVERGED" in repr(run)


def test_limits_stay_sane_when_the_output_leaves(runs):
    x = np.array(runs["diverged"].x)
    x[-1, 0] = -1e7
    ax, _ = hlp.plot_tracking(dataclasses.replace(runs["diverged"], x=x)).axes
    assert -5 < ax.get_ylim()[0] < ax.get_ylim()[1] < 5


def test_several_outputs(runs):
    made = hlp.plot_tracking(runs["two"])
    assert_tidy(made.fig)
    ax = made.axes[0]
    assert "The outputs " in made.alt and "follow" in made.alt
    styles = {one.get_label(): (one.get_marker(), one.get_linestyle(), to_hex(one.get_color())) for one in ax.lines}
    assert len(set(styles.values())) == 4  # told apart by more than colour
    assert styles["output 5"][0] == styles["target 5"][0] != styles["output 6"][0]


def test_names_at_the_ends_stay_inside_the_figure(runs):
    fig, axes = plotting.figure(columns=3)
    for ax in axes:
        hlp.plot_tracking(runs["good"], ax=ax)
    hlp.Picture(fig, "Three panels.")
    assert_tidy(fig)
    assert sum(text.get_gid() == "end" for ax in axes for text in ax.texts) == 2  # named once


# ---- networks ----


def places(net, ax):
    """{label: where its node is drawn}, in data coordinates."""
    nodes = [one.get_offsets() for one in ax.collections if isinstance(one, PathCollection)]
    return dict(zip([*net.inputs, *net.neurons], map(tuple, np.concatenate(nodes).round(9)), strict=False))


def arrows_of(net, ax):
    """{(tail, head): way from the tail to the tip of the head, width, colour, dash}, in data coordinates."""
    spots = places(net, ax)
    (lines,) = [one for one in ax.collections if isinstance(one, LineCollection)]
    (heads,) = [one for one in ax.collections if isinstance(one, PolyCollection)]
    looks = zip(lines.get_linewidths(), map(to_hex, lines.get_colors()), lines.get_linestyles(), strict=True)
    found = {}
    for way, head, look in zip(lines.get_segments(), heads.get_paths(), looks, strict=True):
        way = np.vstack([way, head.vertices[0]])
        ends = [min(spots, key=lambda label, end=end: np.linalg.norm(end - spots[label])) for end in way[[0, -1]]]
        found[tuple(ends)] = way, *look
    assert len(found) == len(lines.get_segments())
    return found


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("weighted", [False, True])
def test_networks_are_tidy(name, weighted):
    net = NETWORKS[name]
    w = np.random.default_rng(0).normal(size=len(net.arcs)) if weighted else None
    made = hlp.plot_network(net, w=w)
    assert_shown(made)
    assert_tidy(made.fig) if len(net.labels) <= networks.MANY else None
    (ax,) = made.axes
    nodes = [one for one in ax.collections if isinstance(one, PathCollection)]
    radius = np.sqrt(nodes[bool(net.inputs)].get_sizes()[0]) / 2
    pixels = radius * made.fig.dpi / 72
    xy = ax.transData.transform(list(places(net, ax).values()))
    assert (xy - pixels > 0).all() and (xy + pixels < made.fig.bbox.max).all()  # the whole node is on the picture
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 1e9 * np.eye(len(xy))
    assert len(xy) == 1 or apart.min() > 2 * pixels  # and none on another
    assert sum(len(one.get_offsets()) for one in nodes) == len(net.labels) + (radius > 4) * len(net.outputs)


def test_arrows_lead_from_tail_to_head():
    net = hlp.fully_connected(5)
    (ax,) = hlp.plot_network(net).axes
    assert set(arrows_of(net, ax)) == set(net.arcs)


@pytest.mark.parametrize("name", ["five", "chain", "ladder", "cycle"])
def test_no_arc_runs_through_a_node(name):
    net = NETWORKS[name]
    made = hlp.plot_network(net)
    (ax,) = made.axes
    spots = {label: ax.transData.transform(spot) for label, spot in places(net, ax).items()}
    for arc, (way, *_) in arrows_of(net, ax).items():
        way = ax.transData.transform(way)
        for label in set(spots) - set(arc):
            assert np.linalg.norm(way - spots[label], axis=1).min() > 9, (arc, label)


def test_arcs_both_ways_run_apart():
    net = hlp.fully_connected(5)
    made = hlp.plot_network(net)
    middle = {arc: way.mean(axis=0) for arc, (way, *_) in arrows_of(net, made.axes[0]).items()}
    both = [arc for arc in net.arcs if arc[0] != arc[1] and arc[::-1] in middle]
    assert len(both) == 20 and all(np.linalg.norm(middle[arc] - middle[arc[::-1]]) > 5 for arc in both)


def test_nodes_look_as_they_are():
    net = hlp.feed_forward([2, 3, 2])
    (ax,) = hlp.plot_network(net).axes
    nodes = [one for one in ax.collections if isinstance(one, PathCollection)]
    counts = [len(one.get_offsets()) for one in nodes]
    assert counts == [3, 5, 2]  # inputs, neurons, the rings of outputs
    assert [to_hex(fill) for fill in nodes[1].get_facecolor()] == 3 * ["#ffffff"] + 2 * [OUTPUT]
    assert len(nodes[0].get_paths()[0]) != len(nodes[1].get_paths()[0])  # squares and circles


def test_weights_as_widths_and_signs():
    net = hlp.chain(4)
    made = hlp.plot_network(net, w=[1.0, -0.5, 0.25, 0.0])
    _, widths, colours, dashes = zip(*map(arrows_of(net, made.axes[0]).get, net.arcs), strict=True)
    assert widths[0] > widths[1] > widths[2] > widths[3] > 0
    signs = [ROLES[sign].color.lower() for sign in ("positive", "negative", "positive", "positive")]
    assert list(colours) == signs
    assert [dash is None for _, dash in dashes] == [True, False, True, True]
    assert "at most 1.0: 2 are positive (blue, solid), 1 negative (red, dashed)" in made.alt


def test_one_arc_is_magnified():
    made = hlp.plot_network(hlp.fully_connected(5), magnify=(3, 1), headline="Forward a signal, back the credit")
    assert_tidy(made.fig)
    assert "The arc from 3 to 1 is drawn large" in made.alt
    said = [text.get_text() for text in made.axes[0].texts if text.get_gid() == "note"]
    assert "state of 3" in said[0] and "credit of 1" in said[1]


def test_a_trajectory_shows_its_weights_at_the_end(runs):
    for name in ("good", "output"):
        run = runs[name]
        assert hlp.plot_network(run).alt == hlp.plot_network(run.network, w=run.final.w).alt


def test_layers_go_from_left_to_right():
    for net in (hlp.feed_forward([3, 4, 2], bias=False), hlp.chain(5), NETWORKS["ladder"]):
        place = places(net, hlp.plot_network(net).axes[0])
        assert all(place[i][0] > place[j][0] for j, i in net.arcs)


def test_heads_touch_their_nodes():
    net = hlp.fully_connected(5)
    (ax,) = hlp.plot_network(net).axes
    spots = places(net, ax)
    radius = np.sqrt([one for one in ax.collections if isinstance(one, PathCollection)][1].get_sizes()[0]) / 2
    for (_, head), (way, *_) in arrows_of(net, ax).items():
        assert np.linalg.norm(way[-1] - spots[head]) == pytest.approx(radius + 1)


# ---- side by side ----


def test_side_by_side(runs):
    three = {"flip: damped": runs["good"], "frozen": runs["frozen"], "gone": runs["diverged"]}
    made = hlp.plot_side_by_side(three, headline="One of three")
    assert_shown(made)
    assert_tidy(made.fig)
    axes = picture.plain_axes(made.fig)
    assert len({ax.get_ylim() for ax in axes}) == 1
    assert [ax.get_title(loc="left") for ax in axes] == ["damped", "frozen", "gone"]
    assert to_hex(axes[0].lines[0].get_color()) == ROLES["flip"].color.lower()
    assert to_hex(axes[2].lines[0].get_color()) == OUTPUT  # no role: the output
    rmse = plotting.digits(runs["good"].rmse(after=4))
    assert f"damped: The output follows the target (dashed); RMSE {rmse} after t = 4. frozen: The output" in made.alt
    assert "gone: The run diverged at t = " in made.alt
    strips = [ax for ax in made.fig.axes if ax not in axes]
    assert len(strips) == 3 and len({ax.get_ylim() for ax in strips}) == 1


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_side_by_side_in_rows(count, runs):
    chosen = {f"a title that is rather long {k}": run for k, run in zip(range(count), runs.values(), strict=False)}
    made = hlp.plot_side_by_side(chosen)
    assert len(picture.plain_axes(made.fig)) == count
    assert_tidy(made.fig)


# ---- Picture ----


def test_picture():
    fig, axes = plotting.figure(columns=2)
    before = [ax.get_window_extent().size for ax in axes]
    made = hlp.Picture(fig, "Two panels.", "A long <caption>. " * 30, "The finding", "What is drawn")
    assert made.axes == axes and made.fig is fig and made.alt == repr(made) == "The finding. Two panels."
    assert np.allclose([ax.get_window_extent().size for ax in axes], before)  # the figure grew, the axes did not shrink
    assert_tidy(fig)
    assert [text.get_text() for text in fig.texts] == ["The finding", "What is drawn"]
    assert (
        Tags(made._repr_mimebundle_()[0]["text/html"]).text == "A long <caption>. " * 30
    )  # text on the page, no pixels
    assert Image.open(io.BytesIO(made.png())).size == (1600, int(fig.get_figheight() * 200))


def test_a_long_headline_fits():
    fig, _ = plotting.figure()
    hlp.Picture(
        fig, "Empty.", None, "A finding that takes many words to be said, because it is " + "very " * 12, "long " * 25
    )
    assert_tidy(fig)


def test_the_same_picture_twice_is_the_same_picture(runs):
    assert hlp.plot_tracking(runs["good"]).png() == hlp.plot_tracking(runs["good"]).png()
    picture = hlp.plot_network(hlp.fully_connected(5))
    assert picture.png() == picture.png() == hlp.plot_network(hlp.fully_connected(5)).png()


def test_colours_survive_the_png(runs):
    pixels = assert_shown(hlp.plot_tracking(runs["good"])).reshape(-1, 3)
    for name in ("output", "target"):
        apart = np.abs(pixels - 255 * np.array(to_rgb(plotting.PALETTE[name]))).max(axis=1)
        assert apart.min() <= 8


def test_a_figure_of_ones_own():
    """With labels, a title and a colour bar, from pyplot's defaults: the caption is added below."""
    fig = Figure(layout="constrained")
    ax = fig.subplots()
    fig.colorbar(ax.imshow(np.eye(3)), ax=ax)
    ax.set(title="title", xlabel="x", ylabel="y")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_shown(hlp.Picture(fig, "A matrix.", "Ones on the diagonal.", "Ones"))
    assert_tidy(fig)


# ---- numbers ----


@pytest.mark.parametrize(
    "limits, texts",
    [
        ((-1.1, 1.1), ["\N{MINUS SIGN}1", "0", "1"]),
        ((0, 1), ["0.0", "0.5", "1.0"]),
        ((1000, 1004), ["1000", "1002", "1004"]),  # no offset in the corner
    ],
)
def test_numbers_at_ticks(limits, texts):
    fig, (ax,) = plotting.figure(height=1.2)
    ax.set_ylim(limits)
    texts_of(fig)
    shown = [limits[0] <= tick <= limits[1] for tick in ax.get_yticks()]
    assert [text.get_text() for text, one in zip(ax.get_yticklabels(), shown, strict=True) if one] == texts


@pytest.mark.parametrize(
    "value, text",
    [(0.02876, "0.029"), (0.1, "0.10"), (1, "1.0"), (9.97, "10"), (666.7, "670"), (0, "0"), (-0.5, "-0.50")]
    + [(3e7, "3e7"), (2.345e-9, "2.3e-9"), (np.inf, "inf"), (-0.0, "0"), (99.6, "100"), (0.0999, "0.10")],
)
def test_digits(value, text):
    assert plotting.digits(value) == text


# ---- colours ----

CONFUSIONS = {  # Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def seen(colour, confusion):
    c = np.array(to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(confusion) @ linear, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


FAMILY = ("first", "second", "third", "fourth", "fifth")
MEET = [  # roles that meet in one picture
    ("target", "output", "optimum", "costate"),
    ("target", "output", "optimum", "MPC", "prospective", "gradient flow", "flip"),
    ("canonical", "optimum", "flip", "target", "costate"),
    ("gradient flow", "flip", "backprop", "baseline", "prospective"),
    ("costate", "flip", "backprop", "prospective"),
    ("measured", "theory", "output"),
    ("Lagrangian", "Hamiltonian"),
    ("positive", "negative", "Hamiltonian"),
    FAMILY,
]
PAIRS = sorted({pair for group in MEET for pair in itertools.combinations(group, 2)})


@pytest.mark.parametrize("kind", CONFUSIONS)
def test_roles_that_meet_differ_for_everybody(kind):
    lab = {name: seen(one.color, CONFUSIONS[kind]) for name, one in ROLES.items()}
    for one, two in PAIRS:
        apart = np.linalg.norm(lab[one] - lab[two])
        least = 9 if {one, two} <= set(FAMILY) else 17  # 2.3 is just noticeable; neighbours of a ramp are alike
        assert apart > least or (one, two) in (("positive", "Hamiltonian"),), (one, two, apart)
    paper = seen("white", CONFUSIONS[kind])
    assert all(np.linalg.norm(paper - colour) > 25 for colour in lab.values())


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_print_in_grey_keeps_roles_apart(pair):
    """Where lightness is alike, line style or marker differs."""
    one, two = (ROLES[name] for name in pair)
    lightness = abs(seen(one.color, CONFUSIONS["none"])[0] - seen(two.color, CONFUSIONS["none"])[0])
    assert lightness > 12 or one.dash != two.dash
    assert one.marker != two.marker or one.color != two.color


def test_names_of_lines_can_be_read():
    for one in ROLES.values():
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(one.ink)]
        assert 1.05 / (np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05) >= 4.5


def test_no_colour_outside_the_palette(root):
    """Every colour that the package writes down, as a code or by name, is one of the palette's."""
    known = {to_hex(colour) for colour in plotting.PALETTE.values()} | {
        "#ffffff",
        "#f2f2f2",
        "#b5b5b5",
        "#9a9a9a",
    }
    for path in [*(root / "hlp_edu" / "plotting").glob("*.py"), *(root / "hlp_edu" / "widgets").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if re.fullmatch("#[0-9a-fA-F]{3,8}", node.value):
                    assert to_hex(node.value) in known, (path.name, node.value)
            for keyword in getattr(node, "keywords", []) if isinstance(node, ast.Call) else []:
                value = getattr(keyword.value, "value", None)
                named = keyword.arg and re.fullmatch("c|fc|ec|.*colou?rs?", keyword.arg) and isinstance(value, str)
                if named and value not in ("none", "linecolor", "white") and is_color_like(value):
                    assert to_hex(value) in known, (path.name, value)
    sheet = (root / "hlp_edu" / "plotting" / "course.mplstyle").read_text(encoding="utf-8")
    assert {f"#{code.lower()}" for code in re.findall(r"\b[0-9A-F]{6}\b", sheet)} <= known


def test_one_font_that_is_bundled(runs):
    made = hlp.plot_tracking(runs["good"], headline="A finding", caption="x")
    assert {text.get_fontname() for text, _ in texts_of(made.fig)} == {"Source Sans Pro"}
    assert "SIL Open Font License" in (style.HERE / "fonts" / "LICENSE-OFL.txt").read_text(encoding="utf-8")


def test_the_colour_test_can_fail():
    red, green = seen("#cc4444", CONFUSIONS["deuteranopia"]), seen("#66882f", CONFUSIONS["deuteranopia"])
    assert np.linalg.norm(seen("#cc4444", np.eye(3)) - seen("#66882f", np.eye(3))) > 60
    assert np.linalg.norm(red - green) < 15


# ---- what is refused ----


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda runs: hlp.plot_tracking("run"), "trajectory = 'run'.*must be a Trajectory"),
        (lambda runs: hlp.plot_tracking(runs["good"], ax=3), "ax = 3.*must be a matplotlib Axes"),
        (lambda runs: hlp.plot_network(hlp.chain(2), magnify=(2, 1)), r"magnify = \(2, 1\): is not an arc"),
        (lambda runs: hlp.plot_lines({}), "lines = {}"),
        (lambda runs: hlp.plot_lines({"best": [1]}, [1]), "'best': is not the role of a line"),
        (
            lambda runs: hlp.plot_lines({"flip: a": [1], "damped flip": [2]}, [1]),
            "'damped flip': the role 'flip' is taken",
        ),
        (lambda runs: hlp.plot_lines({"flip": [1]}, [1], marks={"flip: b": (0, 1)}), "role 'flip' is taken by 'flip'"),
        (lambda runs: hlp.plot_lines({"flip": [1, 2]}), r"lines\['flip'\].*x must be given"),
        (lambda runs: hlp.plot_lines({"flip": [1, 2]}, [1]), r"lines\['flip'\] has shape \(2,\): must be \(1,\)"),
        (lambda runs: hlp.plot_lines({"flip": [1]}, [1], yscale="z"), "yscale = 'z'"),
        (lambda runs: hlp.plot_lines([1, 2]), r"lines = \[1, 2\].*a dict"),
        (lambda runs: hlp.plot_lines({"flip": [1j]}, [1]), r"lines\['flip'\] = .*numbers"),
        (lambda runs: hlp.plot_lines({"flip": [1]}, [1], headline=5), "headline = 5.*string"),
        (lambda runs: hlp.plot_lines({"flip": [1]}, [1], more=5), "more = 5.*string"),
        (lambda runs: hlp.plot_locality(None, of=1), "audit = None"),
        (lambda runs: hlp.plot_ladder([1, 2]), r"rungs = \[1, 2\].*a dict"),
        (lambda runs: hlp.plot_ladder({}), "rungs = {}"),
        (lambda runs: hlp.plot_ladder({"flip": []}), r"rungs\['flip'\] = \[\]"),
        (lambda runs: hlp.plot_heat([[1, 2]], ["flip"], ["a"]), "values: must be positive, with 1 rows and 1 columns"),
        (lambda runs: hlp.plot_heat([[1]], ["flip"], ["a"], bold=[[True, True]]), "bold: must have 1 rows"),
        (lambda runs: hlp.plot_heat([[np.nan]], ["flip"], ["a"]), "values.*nan"),
        (lambda runs: hlp.plot_network(5), "network = 5.*must be a hlp_edu Network"),
        (lambda runs: hlp.plot_network(hlp.fully_connected(60)), "the number of arcs = 3660.*at most 3000"),
        (lambda runs: hlp.plot_network(hlp.chain(2), w=[1]), r"w has shape \(1,\): must be \(2,\)"),
        (lambda runs: hlp.plot_network(hlp.chain(2), w=[1, np.nan]), r"w\[1\] = nan"),
        (lambda runs: hlp.plot_side_by_side({}), r"runs = \{\}.*at least one"),
        (lambda runs: hlp.plot_side_by_side([runs["good"]]), r"runs = \[.*must be a dict"),
        (lambda runs: hlp.plot_side_by_side({"a": runs["good"], "b": 4}), r"runs\['b'\] = 4"),
        (lambda runs: hlp.Picture("fig", "alt"), "fig = 'fig'.*Figure"),
        (lambda runs: hlp.Picture(Figure(), " "), "alt = ' '.*sentence"),
        (lambda runs: hlp.Picture(Figure(), "alt", 3), "caption = 3.*string"),
        (lambda runs: plotting.figure(columns=0), "columns = 0.*whole number"),
        (lambda runs: plotting.figure(columns=30), "columns = 30.*too many"),
        (lambda runs: plotting.figure(height=-1), "height = -1.*above 0"),
    ],
)
def test_refused(wrong, words, runs):
    with pytest.raises(ValueError, match=words):
        wrong(runs)


def test_lines_have_roles_names_and_words():
    t = np.linspace(0, 1, 11)
    made = hlp.plot_lines(
        {"optimum": (t, t), "flip: down": (t, 1 - t)}, marks={"measured: here": (0.5, 0.5), "fifth: there": (t, t)},
        notes=("here", (0.5, 0.5), (0.6, 0.9)), headline="They cross",
    )  # fmt: skip
    (ax,) = made.axes
    assert [line.get_label() for line in ax.get_lines()] == ["optimum", "down", "here", "there"]
    said = "optimum: from 0 to 1.0; down: from 1.0 to 0; here at (0.50, 0.50); there: 11 points."
    assert made.caption == said and made.alt == f"They cross. {said}"
    ends = {text.get_text(): text.get_position()[1] for text in ax.texts if text.get_gid() == "end"}
    assert set(ends) == {"optimum", "down", "there"} and ends["down"] < 0.1 < 0.8 < ends["optimum"]  # beside the line
    assert_tidy(made.fig)
    fig, (ax,) = plotting.figure()
    ax = hlp.plot_lines({"flip: grows": np.exp(t)}, t, ax=ax, yscale="log", ylim=(0.5, 5), points=True)
    assert ax.get_yscale() == "log" and ax.get_ylim() == (0.5, 5) and ax.lines[0].get_marker() == "v"
    band = hlp.plot_lines({"output": (t, t, t - 1, t + 1)}).axes[0].collections[0]
    assert band.get_paths()[0].vertices[:, 1].min() == -1


def test_a_ladder():
    seeds = [4.0, 5.0, 6.0]
    rungs = {"optimum": 1, "flip: per-arc signs": (2, 1.5, 3), "damped flip": seeds, "c = 20": [np.inf]}
    made = hlp.plot_ladder(rungs, headline="A ladder")
    (ax,) = made.axes
    assert made.caption == (
        "Medians of cost over the least possible cost: optimum 1.0, per-arc signs 2.0, "
        "damped flip 5.0, c = 20 diverged."
    )
    assert [text.get_text() for text in ax.get_yticklabels()] == ["optimum", "per-arc signs", "damped flip", "c = 20"]
    dots = [one for one in ax.lines if one.get_markersize() == 3.5]
    assert np.array_equal(dots[0].get_xdata(), seeds)  # the seeds, as dots
    assert_tidy(made.fig)
    assert_shown(made)
    fig, (ax,) = plotting.figure()
    assert hlp.plot_ladder({"a": (1.0, 0.5, 200.0)}, ax=ax, log=True) is ax and ax.get_xscale() == "log"


def test_a_heat_map():
    made = hlp.plot_heat([[0.5, 2], [1, 1]], ["damped flip", "persistence"], ["wave", "noise"], what="error")
    assert "damped flip: wave 0.50, noise 2.0; persistence: wave 1.0, noise 1.0" in made.alt
    numbers = {text.get_text(): text.get_weight() for text in made.axes[0].texts}
    assert numbers == {"0.50": "semibold", "2.0": "normal", "1.0": "semibold"}  # the best of each column
    assert_tidy(made.fig)
    named = hlp.plot_heat([[0.5, 2]], ["damped flip"], ["wave", "noise"], bold=[[False, True]])
    assert [text.get_weight() for text in named.axes[0].texts] == ["normal", "semibold"]


@pytest.mark.parametrize(
    "plot, arguments, words",
    [
        (
            hlp.plot_heat,
            dict(values=[[1e300]], rows=["a"], columns=["b"], centre=1e-300),
            "values: one is too far from",
        ),
        (hlp.plot_heat, dict(values=[[1]], rows="a", columns=["b"]), "rows = 'a': must be a list of names"),
        (hlp.plot_ladder, dict(rungs={"optimum": 1}, notes=("a", 2, 3)), "notes.1. has shape .*: must be .2,."),
        (hlp.plot_ladder, dict(rungs={"optimum": 1}, notes=("a", (0, 1))), "notes = .*: must be .words"),
        (hlp.plot_lines, dict(lines={"flip": ([0, 1], [0, 1])}, marks={"output": 1}), "marks.'output'. = .*: must be"),
        (hlp.plot_lines, dict(lines={"flip": ([0, 1], [0, 1])}, ylim=(1, 1)), "ylim = .1, 1.: must be two different"),
        (
            hlp.plot_lines,
            dict(lines={"flip": ([0, 1], [0, 0])}, yscale="log"),
            "yscale = 'log': a line has no",
        ),
        (hlp.plot_ladder, dict(rungs={"optimum": 0}, log=True), "log = True: no rung has a positive"),
        (hlp.plot_network, dict(network=hlp.chain(2), magnify=(2, 1)), "magnify = .2, 1.: is not an arc"),
        (hlp.plot_network, dict(network=hlp.chain(2), caption=3), "caption = 3: must be a string"),
    ],
)
def test_plots_refuse(plot, arguments, words):
    with pytest.raises(ValueError, match=words):
        plot(**arguments)


def test_ladders_and_heat_maps_side_by_side_keep_their_rows():
    draws = [lambda ax: hlp.plot_ladder({"optimum": 1, "flip": 2}, ax=ax)] * 2
    draws += [lambda ax: hlp.plot_heat([[1], [2]], ["optimum", "flip"], ["a"], ax=ax)] * 2
    for pair in (draws[:2], draws[2:]):
        _, axes = plotting.panels(pair, ["left", "right"])
        assert all(ax.yaxis_inverted() for ax in axes)
    with pytest.raises(ValueError, match="draws, titles: must be"):
        plotting.panels([], [])


@pytest.mark.parametrize("words", ["$5", "from $5 to $10, then $20", "$x$ and $5"])
def test_dollars_that_are_no_formula(words):
    assert hlp.plot_ladder({words: 1}, headline=words).png()


def test_points_without_a_place_and_targets_beyond_all_limits():
    assert hlp.plot_lines({"output": ([0, np.nan, 2], [1, 2, 3])}).png()
    far = hlp.Tracking(hlp.fully_connected(2), hlp.constant(1e16), q=0)
    assert hlp.plot_tracking(hlp.run(far, hlp.Frozen(), 0.1)).png()


def test_arcs_without_weights_may_have_a_full_width():
    assert hlp.plot_network(hlp.chain(2), largest=1.0).alt


def test_a_node_may_have_an_empty_name():
    assert hlp.plot_network(hlp.Network(nx.DiGraph([("u", "")]), ["u"], [""])).alt


def test_a_network_shows_its_activity():
    net = hlp.fully_connected(3)
    w = np.zeros(len(net.arcs))
    k = net.arcs.index((2, 1))
    w[k] = 1.0
    made = hlp.plot_network(net, w=w, activity=[0.9, -0.4, 0.0], largest=2.0)
    (ax,) = made.axes
    fills = {to_hex(c) for one in ax.collections if isinstance(one, PathCollection) for c in one.get_facecolor()}
    assert {to_hex(style.diverging()((1 + state) / 2)) for state in (0.9, -0.4)} < fills
    _, widths, colours, _ = zip(*arrows_of(net, ax).values(), strict=True)
    assert colours.count(plotting.PALETTE["pale"].lower()) == len(net.arcs) - 1  # almost nothing is grey
    assert max(widths) == pytest.approx(0.7 + 3.6 / 2)  # half of the largest
    assert "at most 0.90: 1 are positive (blue), 1 negative" in made.alt
    for wrong, words in ((dict(activity=[1.0]), "activity"), (dict(largest=0.0), "largest")):
        with pytest.raises(ValueError, match=words):
            hlp.plot_network(net, w=w, **wrong)
