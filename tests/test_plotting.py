"""Pictures show what they say: lines, limits, words; nothing is cut, nothing overlaps, colours differ for all."""

import base64
import dataclasses
import io
import itertools
import warnings

import matplotlib
import networkx as nx
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch
from PIL import Image

import hlp_edu as hlp
from hlp_edu import plotting

BLUE, ORANGE, VERMILLION = "#0072b2", "#e69f00", "#d55e00"


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
    "chain": hlp.chain(4, bias=True),
    "short chain": hlp.chain(1),
    "long chain": hlp.chain(12, bias=True),
    "layers": hlp.feed_forward([3, 4, 4, 2]),
    "small layers": hlp.feed_forward([2, 3, 1]),
    "wide layers": hlp.feed_forward([8, 30, 10]),
    "cycle": hlp.Network(
        nx.DiGraph([("u", "a"), ("v", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "c"), ("c", "out")]),
        inputs=["u", "v"],
        outputs=["out"],
    ),
    "ladder": hlp.Network(nx.DiGraph([("u", 1), (1, 2), (2, 3), (1, 3), (3, 3), ("u", 3)]), ["u"], [2, 3]),
}


def blank(width=8.0, height=3.0):
    fig = Figure(figsize=(width, height), dpi=100)
    return fig, fig.add_axes((0.25, 0.25, 0.65, 0.55))


def texts_of(fig):
    """Every text that is really drawn, with its place on the figure."""
    renderer = plotting.FigureCanvasAgg(fig).get_renderer()
    drawn, draw_text = [], renderer.draw_text

    def remember(*args, mtext=None, **kwargs):
        assert mtext is not None and args[3].strip()
        drawn.append(mtext)
        return draw_text(*args, mtext=mtext, **kwargs)

    renderer.draw_text = remember
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


def assert_shown(picture):
    """A picture's bundle: an opaque PNG that is not empty, with its alt text twice."""
    data, metadata = picture._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == repr(picture) == picture.alt == metadata["image/png"]["alt"]
    raw = base64.b64decode(data["image/png"])
    assert len(raw) < 100_000
    image = Image.open(io.BytesIO(raw))
    assert "transparency" not in image.info
    pixels = np.asarray(image.convert("RGB"))
    assert (pixels[0, 0] == 255).all() and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10
    return pixels


def line(ax, label):
    (found,) = [one for one in ax.get_lines() if one.get_label() == label]
    return found


# ---- every plot of every run ----


@pytest.mark.parametrize("plot", [hlp.plot_tracking, hlp.plot_energy, hlp.plot_weights], ids=lambda plot: plot.__name__)
def test_pictures_are_tidy_and_shown(plot, runs):
    for name, run in runs.items():
        if plot is hlp.plot_weights and run.record == "output":
            continue
        picture = plot(run, title="A title")
        if name in ("patched", "two", "no rows"):
            assert_shown(picture)
        assert_tidy(picture.fig)
        for ax in picture.axes:
            assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all(), name
            for one in ax.get_lines():
                assert np.isfinite(np.asarray(one.get_ydata(), float)).all()


@pytest.mark.parametrize("plot", [hlp.plot_tracking, hlp.plot_energy, hlp.plot_weights], ids=lambda plot: plot.__name__)
@pytest.mark.parametrize("width", [2.4, 8.0])
def test_on_a_given_ax(plot, width, runs):
    for name in ("good", "diverged", "patched", "no rows", "later"):
        fig, ax = blank(width)
        assert plot(runs[name], ax=ax) is ax
        assert_tidy(fig)
        assert fig.axes == [ax]


def test_pyplot_is_left_alone(runs):
    before = dict(matplotlib.rcParams)
    hlp.plot_tracking(runs["good"])
    hlp.plot_network(NETWORKS["five"])
    assert dict(matplotlib.rcParams) == before


# ---- tracking ----


def test_tracking_lines(runs):
    (ax,) = hlp.plot_tracking(runs["good"]).axes
    output, target = line(ax, "output"), line(ax, "target")
    assert (to_hex(output.get_color()), output.get_linestyle()) == (BLUE, "-")
    assert (to_hex(target.get_color()), target.get_linestyle()) == (ORANGE, "--")
    assert np.array_equal(output.get_ydata(), runs["good"].x[:, 0])
    assert np.array_equal(target.get_ydata(), runs["good"].target[:, 0])
    assert ax.get_ylim() == (-1.1, 1.1) and ax.get_xlim() == (0, 12)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["output", "target"]


def test_tracking_needs_the_outputs_only(runs):
    run = runs["output"]
    (ax,) = hlp.plot_tracking(run).axes
    assert np.array_equal(line(ax, "output").get_ydata(), run.x[:, 0])


def test_tracking_words(runs):
    rmse = plotting.digits(runs["good"].rmse(after=4))
    assert hlp.plot_tracking(runs["good"]).alt == (
        f"The output (blue) follows the target (dashed orange); RMSE {rmse} after t = 4."
    )
    assert plotting.digits(runs["good"].rmse(after=9)) in hlp.plot_tracking(runs["good"], after=9).alt
    assert "does not follow" in hlp.plot_tracking(runs["frozen"]).alt
    mine = hlp.plot_tracking(runs["good"], caption="Look at the start.")
    assert mine.caption == "Look at the start." and mine.alt.startswith("Look at the start. The output")


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
        (ax,) = picture.axes
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
    (ax,) = hlp.plot_tracking(dataclasses.replace(runs["diverged"], x=x)).axes
    assert -5 < ax.get_ylim()[0] < ax.get_ylim()[1] < 5


def test_several_outputs(runs):
    run = runs["two"]
    picture = hlp.plot_tracking(run)
    assert [ax.get_ylabel() for ax in picture.axes] == ["output 5", "output 6"]
    assert "outputs (blue) follow the targets" in picture.alt or "follow" in picture.alt
    assert len(hlp.plot_tracking(run, outputs=[6]).axes) == 1
    fig, ax = blank()
    hlp.plot_tracking(run, ax=ax)
    styles = {one.get_label(): (one.get_marker(), one.get_linestyle(), to_hex(one.get_color())) for one in ax.lines}
    assert len(set(styles.values())) == 4  # told apart by more than colour
    assert styles["output 5"][0] == styles["target 5"][0] != styles["output 6"][0]


# ---- energy, weights ----


def test_energy_lines_and_words(runs):
    run = runs["good"]
    picture = hlp.plot_energy(run)
    (ax,) = picture.axes
    L, H = line(ax, "Lagrangian"), line(ax, "Hamiltonian")
    assert L.get_linestyle() == "-" and H.get_linestyle() == "--" and L.get_color() != H.get_color()
    assert np.array_equal(L.get_ydata(), run.lagrangian) and np.array_equal(H.get_ydata(), run.hamiltonian)
    late = run.t >= 8
    assert plotting.digits(np.median(run.lagrangian[late])) in picture.alt


def test_a_spike_does_not_flatten_the_energy(runs):
    for sign in (1, -1):
        L = np.array(runs["good"].lagrangian)
        calm = hlp.plot_energy(runs["good"])
        L[700] = sign * 1e6
        picture = hlp.plot_energy(dataclasses.replace(runs["good"], lagrangian=L))
        (ax,) = picture.axes
        assert np.ptp(ax.get_ylim()) < 30 * np.ptp(calm.axes[0].get_ylim())
        assert "Spikes leave the picture" in picture.alt and "1e6" in picture.alt
        assert "Spikes" not in calm.alt


def test_weights(runs):
    run = runs["good"]
    picture = hlp.plot_weights(run)
    (ax,) = picture.axes
    named = [one for one in ax.get_lines() if one.get_label().startswith("$")]
    assert [one.get_label() for one in named] == [f"$w_{{1{k}}}$" for k in "12345"] + [r"$w_{1\mathrm{b}}$"]
    for k, one in enumerate(named):
        assert np.array_equal(one.get_ydata(), run.w[:, k])
    styles = {(one.get_color(), str(one._dash_pattern)) for one in named}
    assert len({colour for colour, _ in styles}) == len({dash for _, dash in styles}) == len(named)
    assert len(ax.collections[0].get_paths()) == 24 and "24 others grey" in picture.alt
    (ax,) = hlp.plot_weights(run, arcs=[(3, 2), ("bias", 5)]).axes
    assert [text.get_text() for text in ax.texts if text.get_gid() == "end"] == ["$w_{23}$", r"$w_{5\mathrm{b}}$"]
    column = run.network.arcs.index((3, 2))
    assert np.array_equal(line(ax, "$w_{23}$").get_ydata(), run.w[:, column])


def test_names_of_weights_stay_inside_their_axes(runs):
    for name in ("good", "patched", "two", "big"):
        fig, axes = plotting.figure(columns=3)
        for ax in axes:
            hlp.plot_weights(runs[name], ax=ax)
        renderer = plotting.FigureCanvasAgg(fig).get_renderer()
        fig.draw(renderer)
        for ax in axes:
            for text in ax.texts:
                box = matplotlib.text.Text.get_window_extent(text, renderer)
                assert box.x1 <= ax.bbox.x1 + 6


# ---- networks ----


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("weighted", [False, True])
def test_networks_are_tidy(name, weighted):
    net = NETWORKS[name]
    w = np.random.default_rng(0).normal(size=len(net.arcs)) if weighted else None
    picture = hlp.plot_network(net, w=w)
    assert_shown(picture)
    assert_tidy(picture.fig)
    (ax,) = picture.axes
    renderer = plotting.FigureCanvasAgg(picture.fig).get_renderer()
    nodes = [patch for patch in ax.patches if patch.get_gid() in ("output", "neuron", "input")]
    assert len(nodes) == len(net.labels)
    for patch in nodes:  # the whole node is on the picture
        box = patch.get_window_extent(renderer)
        assert box.x0 >= 0 and box.x1 <= picture.fig.bbox.x1 and box.y0 >= 0 and box.y1 <= picture.fig.bbox.y1
    for one, two in itertools.combinations(nodes, 2):
        a, b = one.get_window_extent(renderer), two.get_window_extent(renderer)
        assert min(a.x1, b.x1) <= max(a.x0, b.x0) or min(a.y1, b.y1) <= max(a.y0, b.y0)
    for collection in ax.collections:  # and so is every arc
        points = np.vstack([path.vertices for path in collection.get_paths()])
        shown = ax.transData.transform(points)
        assert (shown >= 0).all() and (shown <= picture.fig.bbox.max).all()


def test_five_neurons_with_named_arcs():
    """The paper's figure: every arc named, no name on another, on a node, or on an arrow's head."""
    net = hlp.fully_connected(5)
    picture = hlp.plot_network(net)
    (ax,) = picture.axes
    renderer = plotting.FigureCanvasAgg(picture.fig).get_renderer()
    names = {text.get_text(): text for text in ax.texts if text.get_gid() == "arc"}
    assert set(names) == {plotting.arc_name(net, k) for k in range(30)} and len(names) == 30
    boxes = [text.get_window_extent(renderer) for text in names.values()]
    for a, b in itertools.combinations(boxes, 2):
        assert min(a.x1, b.x1) <= max(a.x0, b.x0) or min(a.y1, b.y1) <= max(a.y0, b.y0)
    for patch in ax.patches:
        node = patch.get_window_extent(renderer)
        for box in boxes:
            apart = np.hypot(*(max(0, box.x0 - node.x1, node.x0 - box.x1), max(0, box.y0 - node.y1, node.y0 - box.y1)))
            centre = np.array([(node.x0 + node.x1) / 2, (node.y0 + node.y1) / 2])
            nearest = np.clip(centre, box.min, box.max)
            assert apart > 0 or np.linalg.norm(nearest - centre) > node.width / 2
    assert min(text.get_size() for text in names.values()) >= 8.5


def test_names_lie_on_their_own_arcs():
    net = hlp.fully_connected(5)
    (ax,) = hlp.plot_network(net).axes
    lines = ax.collections[0].get_paths()
    for k in range(30):
        (text,) = [one for one in ax.texts if one.get_text() == plotting.arc_name(net, k)]
        apart = np.linalg.norm(lines[k].vertices - text.get_position(), axis=1).min()
        assert apart < 0.12, plotting.arc_name(net, k)


def test_arrows_lead_from_tail_to_head():
    net = hlp.fully_connected(5)
    place = plotting._places(net, None)
    (ax,) = hlp.plot_network(net).axes
    shafts, tips = ax.collections[0].get_paths(), ax.collections[1].get_paths()
    for k, (shaft, tip) in enumerate(zip(shafts, tips, strict=True)):
        head, tail = place.xy[net.heads[k]], place.xy[net.tails[k]]
        assert np.argmin(np.linalg.norm(place.xy - tip.vertices[0], axis=1)) == net.heads[k]
        assert np.linalg.norm(tip.vertices[0] - head) < 1.35 * place.radius
        assert np.linalg.norm(shaft.vertices[0] - tail) < 1.6 * place.radius


def test_reciprocal_arcs_run_apart():
    net = hlp.fully_connected(5)
    (ax,) = hlp.plot_network(net, labels=False).axes
    lines = dict(zip(net.arcs, ax.collections[0].get_paths(), strict=True))
    for one, two in itertools.combinations(range(1, 6), 2):
        there, back = lines[one, two].vertices, lines[two, one].vertices
        middle = there[len(there) // 2]
        assert np.linalg.norm(back - middle, axis=1).min() > 0.1


def test_nodes_look_as_they_are():
    (ax,) = hlp.plot_network(hlp.feed_forward([2, 3, 2])).axes
    kinds = {}
    for patch in ax.patches:
        kinds.setdefault(patch.get_gid(), []).append(patch)
    assert {kind: len(patches) for kind, patches in kinds.items()} == {"neuron": 3, "output": 2, "input": 3, "ring": 2}
    assert all(to_hex(patch.get_facecolor()) == VERMILLION for patch in kinds["output"])
    assert all(isinstance(patch, Circle) for patch in kinds["neuron"])
    assert all(isinstance(patch, FancyBboxPatch) for patch in kinds["input"])


def test_weights_as_widths_and_signs():
    net = hlp.chain(4)
    picture = hlp.plot_network(net, w=[1.0, -0.5, 0.25, 0.0])
    lines = picture.axes[0].collections[0]
    widths, dashes = lines.get_linewidths(), [dash for _, dash in lines.get_linestyles()]
    assert widths[0] > widths[1] > widths[2] > widths[3] > 0
    assert [to_hex(colour) for colour in lines.get_colors()] == [BLUE, VERMILLION, BLUE, BLUE]
    assert [dash is None for dash in dashes] == [True, False, True, True]
    assert "at most 1.0; 2 are positive (blue, solid), 1 negative (red, dashed)" in picture.alt


def test_a_trajectory_shows_its_weights_at_the_end(runs):
    for name in ("good", "output"):
        run = runs[name]
        assert hlp.plot_network(run).alt == hlp.plot_network(run.network, w=run.final.w).alt


def test_layers_go_from_left_to_right():
    for net in (hlp.feed_forward([3, 4, 2], bias=False), hlp.chain(5), NETWORKS["ladder"]):
        place = plotting._places(net, None)
        assert place.layered
        forward = net.heads != net.tails
        assert (place.xy[net.heads, 0] > place.xy[net.tails, 0])[forward].all()
    assert not plotting._places(NETWORKS["cycle"], None).layered


def test_names_are_left_out_where_they_do_not_fit():
    assert not [text for text in hlp.plot_network(hlp.fully_connected(14)).axes[0].texts if text.get_gid() == "arc"]
    fig, ax = blank(1.5, 1.5)
    hlp.plot_network(hlp.fully_connected(5), ax=ax)
    assert not [text for text in ax.texts if text.get_gid() == "arc"]
    assert "w_12" not in plotting.description(ax)[0]


def test_a_big_network_is_no_burden():
    net = hlp.fully_connected(2000)
    picture = hlp.plot_network(net)
    assert "500 of the arcs are drawn" in picture.alt
    assert sum(len(collection.get_paths()) for collection in picture.axes[0].collections) < 2000
    assert_shown(picture)


def test_names_of_arcs():
    assert plotting.arc_name(hlp.fully_connected(12), 14) == "$w_{2,2}$".replace(",", "")
    net = hlp.fully_connected(12)
    k = net.arcs.index((11, 3))
    assert plotting.arc_name(net, k) == "$w_{3,11}$"
    assert plotting.arc_name(NETWORKS["cycle"], NETWORKS["cycle"].arcs.index(("c", "out"))) == (
        r"$w_{\mathrm{out},\mathrm{c}}$"
    )


# ---- side by side ----


def test_side_by_side(runs):
    picture = hlp.plot_side_by_side({"flipped": runs["good"], "frozen": runs["frozen"], "gone": runs["diverged"]})
    assert_shown(picture)
    assert_tidy(picture.fig)
    assert len({ax.get_ylim() for ax in picture.axes}) == 1
    assert [ax.get_title(loc="left") for ax in picture.axes] == ["flipped", "frozen", "gone"]
    assert f"flipped: RMSE {plotting.digits(runs['good'].rmse(after=4))}; frozen: RMSE" in picture.alt
    assert "gone: diverged at t = " in picture.alt
    assert sum(ax.get_legend() is not None for ax in picture.axes) == 1


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_side_by_side_in_rows(count, runs):
    chosen = list(runs.values())[:count]
    for plot in (hlp.plot_tracking, hlp.plot_energy):
        picture = hlp.plot_side_by_side(chosen, [f"a title that is rather long {k}" for k in range(count)], plot=plot)
        assert len(picture.axes) == count
        assert_tidy(picture.fig)


# ---- Picture ----


def test_picture(tmp_path):
    fig, axes = plotting.figure(columns=2)
    before = [ax.get_window_extent().size for ax in axes]
    picture = hlp.Picture(fig, "Two panels.", "A long caption. " * 30)
    assert picture.axes == axes and picture.fig is fig and picture.alt == repr(picture) == "Two panels."
    assert np.allclose([ax.get_window_extent().size for ax in axes], before)  # the figure grew, the axes did not shrink
    assert_tidy(fig)
    lines = [text for text in fig.texts if text.get_gid() == "caption"]
    assert " ".join(text.get_text() for text in lines) == ("A long caption. " * 30).strip()
    path = picture.save(tmp_path / "here")
    assert path.endswith("here.png")
    content = (tmp_path / "here.png").read_bytes()
    for again in ("here", "here.png"):
        with pytest.raises(FileExistsError):
            picture.save(tmp_path / again)
    assert (tmp_path / "here.png").read_bytes() == content
    assert Image.open(io.BytesIO(content)).size == (800, int(fig.get_figheight() * 100))


def test_the_same_picture_twice_is_the_same_picture(runs):
    assert hlp.plot_tracking(runs["good"]).png() == hlp.plot_tracking(runs["good"]).png()
    picture = hlp.plot_network(hlp.fully_connected(5))
    assert picture.png() == picture.png() == hlp.plot_network(hlp.fully_connected(5)).png()


def test_colours_survive_the_png(runs):
    pixels = assert_shown(hlp.plot_tracking(runs["good"])).reshape(-1, 3)
    for name in ("blue", "orange"):
        apart = np.abs(pixels - 255 * np.array(to_rgb(plotting.PALETTE[name]))).max(axis=1)
        assert apart.min() <= 3


def test_a_figure_of_ones_own():
    """With labels, a title and a colour bar, from pyplot's defaults: the caption is added below."""
    fig = Figure(layout="constrained")
    ax = fig.subplots()
    fig.colorbar(ax.imshow(np.eye(3)), ax=ax)
    ax.set(title="title", xlabel="x", ylabel="y")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_shown(hlp.Picture(fig, "A matrix.", "Ones on the diagonal."))
    assert_tidy(fig)


# ---- thinning, digits ----


def test_thin_keeps_what_is_seen():
    t = np.linspace(0, 1, 50_001)
    y = np.sin(300 * t)
    y[12_345] = 7.0
    y[40_000] = -9.0
    few_t, few_y = plotting.thin(t, y)
    assert len(few_t) < 1700 and (np.diff(few_t) > 0).all()
    assert few_y.max() == 7.0 and few_y.min() == -9.0 and few_t[0] == 0 and few_t[-1] == 1
    assert np.array_equal(few_y, y[np.searchsorted(t, few_t)])
    for k in range(0, len(t), 97):  # everywhere what is kept nearby goes as high and as low
        mine = few_y[np.abs(few_t - t[k]) < 130 / len(t)]
        assert mine.min() - 1e-9 <= y[k] <= mine.max() + 1e-9
    assert plotting.thin(t[:100], y[:100])[1] is not None and len(plotting.thin(t[:100], y[:100])[0]) == 100


@pytest.mark.parametrize(
    "values, texts",
    [
        ([-1, 0, 1], ["\N{MINUS SIGN}1", "0", "1"]),
        ([0, 0.5, 1], ["0.0", "0.5", "1.0"]),
        ([1000, 1002, 1004], ["1000", "1002", "1004"]),
        ([0, 1e7, 2e7], ["0", "1e7", "2e7"]),
        ([12449999, 12450000], ["1.2449999e7", "1.2450000e7"]),
        ([0, 2e-7, -4e-7], ["0", "2e\N{MINUS SIGN}7", "\N{MINUS SIGN}4e\N{MINUS SIGN}7"]),
        ([0.1 + 0.2, 0.6], ["0.3", "0.6"]),
    ],
)
def test_numbers_at_ticks(values, texts):
    assert plotting._TickNumbers().format_ticks(values) == texts


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


@pytest.mark.parametrize("kind", CONFUSIONS)
def test_colours_differ_for_everybody(kind):
    lab = {name: seen(colour, CONFUSIONS[kind]) for name, colour in plotting.PALETTE.items()}
    for one, two in itertools.combinations(lab, 2):
        assert np.linalg.norm(lab[one] - lab[two]) > 15, (one, two)  # 2.3 is just noticeable
    for one, two in (("blue", "orange"), ("blue", "vermillion")):  # output and target; signs
        assert np.linalg.norm(lab[one] - lab[two]) > 60
    paper = seen("white", CONFUSIONS[kind])
    assert all(np.linalg.norm(paper - colour) > 30 for colour in lab.values())


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
        (lambda runs: hlp.plot_tracking(runs["good"], outputs=[2]), r"outputs: 2 is not an output.*\[1\]"),
        (lambda runs: hlp.plot_tracking(runs["good"], outputs=[]), r"outputs = \[\].*at least one"),
        (lambda runs: hlp.plot_tracking(runs["good"], after=99), "after = 99.*at most"),
        (lambda runs: hlp.plot_energy(None), "trajectory = None"),
        (lambda runs: hlp.plot_weights(runs["output"]), "record='output'.*record='all'"),
        (lambda runs: hlp.plot_weights(runs["good"], arcs=[(9, 1)]), r"arcs: \(9, 1\) is not an arc"),
        (lambda runs: hlp.plot_weights(runs["good"], arcs=[3]), r"arcs: 3 is not an arc"),
        (lambda runs: hlp.plot_network(5), "network = 5.*must be a hlp_edu Network"),
        (lambda runs: hlp.plot_network(hlp.chain(2), w=[1]), r"w has shape \(1,\): must be \(2,\)"),
        (lambda runs: hlp.plot_network(hlp.chain(2), w=[1, np.nan]), r"w\[1\] = nan"),
        (lambda runs: hlp.plot_side_by_side([]), r"trajectories = \[\].*at least one"),
        (lambda runs: hlp.plot_side_by_side([runs["good"]], ["a", "b"]), "titles: 2 given for 1"),
        (lambda runs: hlp.plot_side_by_side([runs["good"], 4]), r"trajectories\[1\] = 4"),
        (lambda runs: hlp.plot_side_by_side([runs["good"]], columns=0), "columns = 0"),
        (lambda runs: hlp.Picture("fig", "alt"), "fig = 'fig'.*Figure"),
        (lambda runs: hlp.Picture(Figure(), " "), "alt = ' '.*sentence"),
        (lambda runs: hlp.Picture(Figure(), "alt", 3), "caption = 3.*string"),
        (lambda runs: hlp.Picture(Figure(), "alt").save("a.jpg"), r"path = 'a.jpg'.*\.png"),
        (lambda runs: plotting.figure(columns=0), "columns = 0.*whole number"),
        (lambda runs: plotting.figure(columns=30), "columns = 30.*too many"),
        (lambda runs: plotting.figure(height=-1), "height = -1.*above 0"),
    ],
)
def test_refused(wrong, words, runs):
    with pytest.raises(ValueError, match=words):
        wrong(runs)


def test_curves_have_names_and_words():
    t = np.linspace(0, 1, 11)
    picture = hlp.plot_curves({"up": (t, t), "down": (t, 1 - t)}, marks={"here": (0.5, 0.5), "there": (t, t)})
    (ax,) = picture.axes
    assert [line.get_label() for line in ax.get_lines()] == ["up", "down", "here", "there"]
    assert picture.alt == "up: from 0 to 1.0; down: from 1.0 to 0; here at (0.50, 0.50); there: 11 points."
    ax = hlp.plot_curves({"grows": (t, np.exp(t))}, ax=ax, log=True, limits=(0.5, 5), title="e")
    assert ax.get_yscale() == "log" and ax.get_ylim() == (0.5, 5)
    with pytest.raises(ValueError, match="curves: 7 given"):
        hlp.plot_curves({str(k): (t, t) for k in range(7)})


def test_a_network_shows_its_activity():
    net = hlp.fully_connected(3)
    w = np.zeros(len(net.arcs))
    w[:3] = 1.0, -0.5, 0.01
    picture = hlp.plot_network(net, w=w, activity=[0.9, -0.4, 0.0], largest=2.0)
    (ax,) = picture.axes
    circles = {patch.get_gid(): patch for patch in ax.patches if patch.get_gid() in ("output", "neuron")}
    fill = circles["output"].get_facecolor()
    blue = np.array(to_rgb(plotting.PALETTE["blue"]))
    np.testing.assert_allclose(fill[:3], 1 + 0.9 * (blue - 1))
    edges = [patch.get_linestyle() for patch in ax.patches if patch.get_gid() in ("output", "neuron")]
    assert edges[0] == "-" and edges[1] != "-"  # what the colour says, the edge says too
    lines = ax.collections[0]
    assert lines.get_linewidths()[0] == pytest.approx(0.8 + 3.7 / 2)  # half of the largest
    np.testing.assert_allclose(lines.get_colors()[2][:3], to_rgb("#C4C4C4"))  # almost nothing is grey
    assert "at most 0.90: 1 are positive (blue, solid edge), 1 negative" in picture.alt
    for wrong, words in ((dict(activity=[1.0]), "activity"), (dict(largest=0.0), "largest")):
        with pytest.raises(ValueError, match=words):
            hlp.plot_network(net, w=w, **wrong)
