"""Explorers: every control at its ends and middle, pictures that change when they should, errors that are seen."""

import base64
import html
import importlib
import io
import itertools
import json
from types import SimpleNamespace

import ipywidgets
import lesson_explorers as lessons
import numpy as np
import pytest
from lesson_explorers import ends_and_middles
from PIL import Image

import hlp_edu as hlp
from hlp_edu import plotting
from hlp_edu.plotting import picture
from hlp_edu.widgets.again import png

VIEW = "application/vnd.jupyter.widget-view+json"
POLICIES = {"flipped": hlp.Flipped(dissipation_w=30, dissipation_x=5), "canonical": hlp.Canonical()}


def follow(ax, speed, q, policy, jumps):
    problem = hlp.Tracking(hlp.fully_connected(3), hlp.patchwork(1) if jumps else hlp.sinusoid(), q=q, speed=speed)
    run = hlp.run(problem, policy, T=6, dt=0.02)
    hlp.plot_tracking(run, ax=ax)
    return f"With speed {speed:.3g} and q {q:.3g}, " + plotting.description(ax)


def tracking():
    return hlp.Explorer(follow, speed=(2, 30, 20), q=(1.0, 200.0, 100.0, "log"), policy=POLICIES, jumps=False)


def wave(ax, rate, height=1.0):
    t = np.linspace(0, 5)
    ax.plot(t, height * np.sin(rate * t), label="wave")
    ax.set_xlabel("time t")
    return f"rate {rate:g}"


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def buttons(explorer):
    """{label: button}, wherever they stand."""
    found, todo = {}, [explorer.widget]
    while todo:
        one = todo.pop()
        todo += getattr(one, "children", ())
        if isinstance(one, ipywidgets.Button):
            found[one.description] = one
    return found


def drawn_anew(explorer):
    """The pixels of the same drawing in a new figure."""
    fig, axes = plotting.figure(columns=explorer._panels, height=explorer._inches)
    explorer._call(axes, explorer.values)
    picture.finish(fig)
    return pixels(png(fig))


# ---- moving ----


def test_over_the_whole_grid():
    explorer = tracking()
    names = list(explorer.controls)
    seen = {}
    for values in itertools.product(*(ends_and_middles(control) for control in explorer.controls.values())):
        explorer.set(**dict(zip(names, values, strict=True)))
        assert len(explorer.alt) > 20 and "nan" not in explorer.alt
        assert all(np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all() for ax in explorer.axes)
        seen[values] = explorer.png, explorer.alt
    assert len({png for png, _ in seen.values()}) == len(seen) == 3 * 3 * 2 * 2
    for values in list(seen)[::5]:  # what is shown depends on the controls, and on nothing that was shown before
        explorer.set(**dict(zip(names, values, strict=True)))
        assert (explorer.png, explorer.alt) == seen[values]


@pytest.mark.parametrize("name, value", [("speed", 9), ("q", 3.0), ("policy", "canonical"), ("jumps", True)])
def test_every_control_draws(name, value):
    explorer = tracking()
    before, start = explorer.png, explorer.values[name]
    explorer.controls[name].value = value
    assert explorer.png != before and explorer.values[name] != start
    assert explorer._image.value == explorer.png and explorer.alt in explorer._caption.value.replace("&lt;", "<")


def test_a_move_draws_once():
    calls = []
    explorer = hlp.Explorer(lambda ax, a, b: calls.append((a, b)), a=(0.0, 1.0, 0.5), b=(0, 3, 1))
    assert calls == [(0.5, 1)]
    explorer.controls["a"].value = 0.25
    explorer.controls["a"].value = 0.25
    assert calls == [(0.5, 1), (0.25, 1)]
    explorer.set(a=1.0, b=3)
    assert calls[2:] == [(1.0, 3)]
    explorer.reset()
    assert calls[3:] == [(0.5, 1)] and explorer.values == dict(a=0.5, b=1)


def test_the_reset_button():
    explorer = tracking()
    start = explorer.png, explorer.values
    explorer.set(speed=5, policy="canonical", jumps=True)
    buttons(explorer)["Reset"].click()
    assert (explorer.png, explorer.values) == start


def test_nothing_is_left_of_the_last_drawing():
    """Ticks, scales, legends, twins, colour bars, notes: whatever a drawing did, the next starts clean."""

    def messy(ax, mess):
        if mess == "scale":
            ax.set_yscale("log")
        if mess == "twin":
            ax.twinx().plot([0, 1], [5, 6])
        if mess == "off":
            ax.set_axis_off()
        if mess == "aspect":
            ax.set_aspect("equal")
        if mess == "ticks":
            ax.set_xticks([1, 2])
            ax.tick_params(labelsize=20)
        if mess == "grid":
            ax.grid(False)
        if mess == "note":
            ax.figure.text(0.5, 0.5, "note")
            ax.figure.legend([])
            ax.annotate("here", (1, 1))
            ax.set_title("title")
            ax.set_title("left", loc="left")
        if mess == "bar":
            ax.figure.colorbar(ax.imshow(np.eye(3)), ax=ax)
        if mess == "network":
            hlp.plot_network(RUN, ax=ax)
        if mess == "lines":
            hlp.plot_lines({"Lagrangian L": RUN.lagrangian}, RUN.t, ax=ax)
        if mess == "spine":
            ax.spines["left"].set_visible(False)
            ax.xaxis.set_ticks_position("top")
        if mess == "inset":
            ax.inset_axes([0.5, 0.5, 0.3, 0.3]).plot([0, 1])
        if mess == "inverted":
            ax.invert_yaxis()
            ax.bar([1, 2], [3, 4])
            ax.fill_between([0, 1], [0, 1], alpha=0.5)
            ax.text(0, 0, "text")
        if mess not in ("bar", "network"):
            ax.plot([1, 2, 4], [1, 3, 2])
        return mess

    problem = hlp.Tracking(hlp.fully_connected(3), hlp.sinusoid())
    RUN = hlp.run(problem, hlp.GradientFlow(mu=0.03), T=2, dt=0.02)
    kinds = "none scale twin off aspect ticks grid note bar network lines spine inset inverted".split()
    explorer = hlp.Explorer(messy, mess=kinds)
    clean = {}
    for kind in kinds:
        clean[kind] = hlp.Explorer(messy, mess=[kind]).png
    for kind in kinds:
        explorer.set(mess=kind)
        assert explorer.png == clean[kind], kind
        explorer.set(mess="none")
        assert explorer.png == clean["none"], f"after {kind}"
    assert len(set(clean.values())) == len(kinds)


# ---- quickly, and the same ----


FRAMES = {
    "limits": lambda ax: ax.set_ylim(0, 3),
    "ticks": lambda ax: ax.set_xticks([0.2, 0.9]),
    "words at ticks": lambda ax: ax.set_xticks([0.2, 0.9], ["a", "b"]),
    "other words": lambda ax: ax.set_xticks([0.2, 0.9], ["a", "c"]),
    "tick size": lambda ax: ax.tick_params(labelsize=14),
    "grid": lambda ax: ax.grid(color=plotting.PALETTE["MPC"]),
    "no grid": lambda ax: ax.grid(False, axis="y"),
    "label": lambda ax: ax.set_xlabel("another"),
    "label's size": lambda ax: ax.xaxis.label.set_size(8),
    "title": lambda ax: ax.set_title("t", loc="right"),
    "pad": lambda ax: ax.set_title("t", loc="right", pad=20),
    "weight": lambda ax: ax.set_title("t", loc="right", weight="bold"),
    "legend above": lambda ax: ax.legend(["one"], loc="lower left", bbox_to_anchor=(0, 1)),
    "legend of two": lambda ax: ax.legend(["one", "two"], loc="lower left", bbox_to_anchor=(0, 1), ncols=2),
    "legend of dots": lambda ax: ax.legend([ax.scatter([], [], s=30)], ["d"], loc="lower left", bbox_to_anchor=(0, 1)),
    "larger dots": lambda ax: ax.legend([ax.scatter([], [], s=90)], ["d"], loc="lower left", bbox_to_anchor=(0, 1)),
    "legend inside": lambda ax: ax.legend(["one"], loc="upper right"),
    "background": lambda ax: ax.set_facecolor(plotting.PALETTE["grid"]),
    "scale": lambda ax: (ax.set_yscale("log"), ax.set_ylim(0.01, 1)),
    "off": lambda ax: ax.set_axis_off(),
    "equal": lambda ax: ax.set_aspect("equal"),
    "below the grid": lambda ax: ax.axvspan(0.2, 0.4, zorder=0),
    "over the frame": lambda ax: ax.axvspan(0.0, 0.4, zorder=9),
    "grid above": lambda ax: ax.set_axisbelow(False),
    "spine": lambda ax: ax.spines["top"].set_visible(True),
    "inset": lambda ax: ax.inset_axes([0.5, 0.5, 0.4, 0.4]),
    "twin": lambda ax: ax.twinx().plot([0, 1], [3, 4]),
    "note": lambda ax: ax.figure.text(0.5, 0.97, "note"),
    "moved": lambda ax: ax.set_position((0.2, 0.3, 0.6, 0.4)),
    "top": lambda ax: ax.xaxis.set_ticks_position("top"),
    "no axis": lambda ax: ax.xaxis.set_visible(False),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_a_change_of_the_axes_is_gone_in_the_next_drawing(name):
    def scene(ax, change):
        ax.plot([0, 0.5, 1], [0, 1.2, 0.3])
        ax.plot([0, 1], [1, 0.1])
        ax.set_xlabel("time t")
        if change:
            FRAMES[name](ax)

    explorer = hlp.Explorer(scene, change=False)
    clean = explorer.png
    explorer.set(change=True)
    np.testing.assert_array_equal(pixels(explorer.png), drawn_anew(explorer))
    assert explorer.png != clean or name == "spine"
    explorer.set(change=False)
    assert explorer.png == clean


def test_axes_and_ticks_are_kept():
    explorer = tracking()
    kept = explorer.axes[0], explorer.axes[0].xaxis.get_major_ticks()[0]
    explorer.controls["speed"].value = 7
    assert kept == (explorer.axes[0], explorer.axes[0].xaxis.get_major_ticks()[0])


def test_a_picture_and_its_words_travel_together(monkeypatch):
    explorer, sent = tracking(), []
    monkeypatch.setattr(explorer._image, "send_state", lambda key=None: sent.append(set(key)))
    explorer.controls["speed"].value = 7
    assert sent == [{"value", "tooltip"}]


# ---- every explorer of every lesson ----

# Controls that change nothing at the starting values: the lesson's point, or another control's business.
UNCHANGED = {
    "03 draw": {"c"},  # speed is a clock
    "04 draw": set(),
    "11 follow": {"friction"},  # gradient flow has none
}


def test_every_lesson_has_an_explorer():
    with_one = {name[:2] for name in lessons.RECIPES}
    assert {path.stem[:2] for path in lessons.LESSONS if path.stem != "reference"} == with_one


@pytest.mark.parametrize("name", lessons.RECIPES)
def test_an_explorer_of_a_lesson(name):
    explorer = lessons.explorer(name)
    explorer.reset()
    names, start = list(explorer.controls), explorer.png
    grid = [ends_and_middles(control) for control in explorer.controls.values()]
    every = itertools.product(*grid)
    if np.prod([len(values) for values in grid]) > 200:  # a sample of them
        rng = np.random.default_rng(0)
        every = [tuple(values[rng.integers(len(values))] for values in grid) for _ in range(150)]
    for k, values in enumerate(every):
        explorer.set(**dict(zip(names, values, strict=True)))
        assert len(explorer.alt) > 20 and "nan" not in explorer.alt.lower()
        assert all(np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all() for ax in explorer.axes)
        if k % 5 == 0:
            np.testing.assert_array_equal(pixels(explorer.png), drawn_anew(explorer))
    for control, values in zip(names, grid, strict=True):  # from end to end, the others as at the start
        explorer.reset()
        assert explorer.png == start
        seen = []
        for value in (values[0], values[-1]):
            explorer.set(**{control: value})
            seen.append((explorer.png, explorer.alt))
        changed = seen[0][0] != seen[1][0]
        assert changed == (control not in UNCHANGED.get(name, ())), control


@pytest.mark.parametrize("name", lessons.RECIPES)
def test_the_presets_of_a_lesson(name):
    explorer = lessons.explorer(name)
    found = {label: button for label, button in buttons(explorer).items() if label != "Reset"}
    assert found or name[:2] in ("04", "14")
    seen = set()
    for label, button in found.items():
        explorer.reset()
        button.click()
        assert label.strip() and len(explorer.alt) > 20 and button.tooltip
        seen.add(explorer.alt)
    assert len(seen) == len(found)  # each shows something else


# ---- controls ----


def test_kinds_of_controls():
    def draw(ax, **values):
        return str(values)

    explorer = hlp.Explorer(
        draw, a=(0.0, 1.0, 0.5), b=(0, 10, 3), c=(0.0, 2.0, 1.0, 0.25), d=(0.001, 1.0, 0.03, "log"), e=["x", "y"],
        f={"one": 1, "two": [2]}, g=True, h=(1, 9, 5, 2), i=(0, 1.5, 1),
    )  # fmt: skip
    kinds = {name: type(control).__name__ for name, control in explorer.controls.items()}
    assert kinds == dict(
        a="FloatSlider", b="IntSlider", c="FloatSlider", d="FloatLogSlider", e="Dropdown", f="Dropdown", g="Checkbox",
        h="IntSlider", i="FloatSlider",
    )  # fmt: skip
    assert explorer.values == dict(a=0.5, b=3, c=1.0, d=pytest.approx(0.03), e="x", f=1, g=True, h=5, i=1.0)
    assert explorer.controls["c"].step == 0.25 and explorer.controls["a"].step == 0.01
    assert explorer.controls["h"].step == 2 and isinstance(explorer.values["b"], int)
    explorer.set(f="two")
    assert explorer.values["f"] == [2]
    for name, control in explorer.controls.items():  # each is named, and a number can be typed
        assert control.description == name
        if kinds[name].endswith("Slider"):
            assert control.readout and control.continuous_update


@pytest.mark.parametrize(
    "control, words",
    [
        ((0.0, 1.0), "must be .*low, high, start"),
        (3, "must be .*low, high, start"),
        ("abc", "must be .*low, high, start"),
        ((0.0, 1.0, 2.0), "start must lie from low to high"),
        ((1.0, 0.0, 0.5), "low must be below high"),
        ((0, 10**400, 1), "must be .*low, high, start"),
        ((0.0, float("nan"), 1.0), "must be .*low, high, start"),
        ((1.0, 1.0, 1.0), "low must be below high"),
        ((0.0, 1.0, 0.5, 0.0), "step must be above 0"),
        ((0.0, 1.0, 0.5, 2.0), "step must be above 0"),
        ((0.0, np.nan, 0.5), "must be .*low, high, start"),
        ((0.0, np.inf, 0.5), "must be .*low, high, start"),
        ((0.0, "1", 0.5), "must be .*low, high, start"),
        ((0.0, 1.0, True), "must be .*low, high, start"),
        ((0.0, 1.0, 0.5, "log"), "low must be above 0"),
        ((0.1, 1.0, 0.5, "lin"), "must be .*'log'"),
        ([], "must be .*a list of strings"),
        (["a", 1], "strings, each named once"),
        (["a", "a"], "strings, each named once"),
        ({}, "a dict"),
        ({1: 2}, "a dict"),
        (None, "must be"),
    ],
    ids=repr,
)
def test_wrong_controls(control, words):
    with pytest.raises(ValueError, match=f"control rate = .*{words}"):
        hlp.Explorer(wave, rate=control)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda: hlp.Explorer(3, rate=(0, 1, 0)), "draw = 3.*function"),
        (lambda: hlp.Explorer(wave), "controls: there must be at least one"),
        (lambda: hlp.Explorer(wave, panels=0, rate=(0, 1, 0)), "panels = 0"),
        (lambda: hlp.Explorer(wave, ratio=(0, 1, 0)), "controls: wave.*does not take ratio"),
        (lambda: hlp.Explorer(wave, height=(0, 1, 0)), "does not take height.*rate"),
        (lambda: tracking().set(speed=99), "speed = 99: must be a whole number from 2 to 30"),
        (lambda: tracking().set(speed=2.5), "speed = 2.5: must be a whole number"),
        (lambda: tracking().set(q=0.5), "q = 0.5: must be a number from 1 to 200"),
        (lambda: tracking().set(policy="x"), "policy = 'x': must be one of 'flipped', 'canonical'"),
        (lambda: tracking().set(jumps=1), "jumps = 1: must be True or False"),
        (lambda: tracking().set(pace=1), "pace: is not a control.*speed"),
        (lambda: tracking().small_multiples(), "0 controls given.*exactly one"),
        (lambda: tracking().small_multiples(speed=[2], q=[3.0]), "2 controls given"),
        (lambda: tracking().small_multiples(speed=[]), r"speed = \[\].*at least one"),
        (lambda: tracking().small_multiples(speed=4), "speed = 4: must be a list"),
        (lambda: tracking().small_multiples(speed=[4, 400]), "speed = 400"),
    ],
)
def test_wrong_arguments(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


def test_set_refuses_before_it_moves_anything():
    explorer = tracking()
    before = explorer.values
    with pytest.raises(ValueError):
        explorer.set(speed=5, q=-1.0)
    assert explorer.values == before


def test_presets():
    explorer = hlp.Explorer(
        tracking()._draw, presets={"slow": dict(speed=5), "canonical, fast": dict(policy="canonical", speed=30)},
        speed=(2, 30, 20), q=(1.0, 200.0, 100.0, "log"), policy=POLICIES, jumps=False,
    )  # fmt: skip
    assert list(buttons(explorer)) and {"slow", "canonical, fast", "Reset"} == set(buttons(explorer))
    buttons(explorer)["slow"].click()
    assert explorer.values["speed"] == 5 and explorer.values["policy"] is POLICIES["flipped"]
    buttons(explorer)["canonical, fast"].click()
    assert explorer.values["speed"] == 30 and explorer.values["policy"] is POLICIES["canonical"]
    assert buttons(explorer)["slow"].tooltip == "speed = 5"
    buttons(explorer)["Reset"].click()
    assert explorer.values == dict(speed=20, q=100, policy=POLICIES["flipped"], jumps=False)


def test_every_slider_names_its_range():
    explorer = hlp.Explorer(wave, rate=(0.03, 1.0, 0.5), height=(1.0, 200.0, 1.0, "log"))
    for name, words in (("rate", "0.03 to 1"), ("height", "1 to 200")):
        assert f"{name}, from {words}" in explorer.controls[name].tooltip
    labels = [child.value for box in explorer.widget.children[0].children for child in getattr(box, "children", ())]
    assert "0.03 to 1" in labels and "1 to 200" in labels


@pytest.mark.parametrize("control", [(0.0, 2.0, 0.5), (0, 20, 5), (0.1, 10.0, 1.0, "log")], ids=repr)
def test_play(control):
    explorer = hlp.Explorer(wave, play="rate", rate=control)
    (player,) = [one for one in explorer.widget.children[0].children if isinstance(one, ipywidgets.Play)]
    slider = explorer.controls["rate"]
    begun, before = player.value, explorer.png
    player.value = begun + 1
    assert explorer.png != before
    assert explorer.values["rate"] > control[2]
    slider.value = control[0]  # moved by hand: the film goes on from there
    assert player.value == 0
    player.value = player.max
    assert np.isclose(explorer.values["rate"], control[1])
    for step in range(player.max + 1):
        player.value = step
        assert player.value == step and control[0] - 1e-9 <= slider.value <= control[1] + 1e-9


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(presets=[1]), "presets = .*dict"),
        (dict(presets={"": dict(rate=1.0)}), "presets.*name"),
        (dict(presets={"a": {}}), "presets\\['a'\\].*must be a name and a dict"),
        (dict(presets={"a": dict(pace=1.0)}), "presets\\['a'\\]: pace: is not a control"),
        (dict(presets={"a": dict(rate=9.0)}), "presets\\['a'\\]: rate = 9.0: must be a number from 0 to 3"),
        (dict(play="pace"), "play = 'pace': must be the name of a slider"),
        (dict(play="on"), "play = 'on': must be the name of a slider"),
    ],
    ids=repr,
)
def test_wrong_presets(wrong, words):
    with pytest.raises(ValueError, match=words):
        hlp.Explorer(lambda ax, rate, on: "", **wrong, rate=(0.0, 3.0, 1.0), on=True)


# ---- what is shown ----


def test_a_notebook_that_is_not_run_shows_the_start():
    explorer = tracking()
    start = explorer.alt
    explorer.set(speed=3)
    assert explorer.alt != start
    data, metadata = explorer._repr_mimebundle_()
    assert data["text/plain"] == repr(explorer) == start == metadata["image/png"]["alt"]
    assert data[VIEW]["model_id"] == explorer.widget.model_id
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert (
        np.abs(image.size - explorer.fig.bbox.size).max() < 1  # matplotlib's versions round in different ways
        and f">{html.escape(start)}</figcaption>" in data["text/html"]
    )
    assert "transparency" not in image.info and len(base64.b64decode(data["image/png"])) < 100_000
    shown = np.asarray(image.convert("RGB")).astype(int)
    explorer.reset()
    assert np.abs(shown - pixels(explorer.png).astype(int)).mean() < 3  # the same picture, at another density


def test_the_headline_belongs_to_the_start():
    def draw(ax, height):
        ax.plot([0, height])
        return f"height {height}"

    controls = dict(height=(0, 9, 3))
    plain, explorer = hlp.Explorer(draw, **controls), hlp.Explorer(draw, headline="It is three", **controls)
    data, metadata = explorer._repr_mimebundle_()
    assert data["text/plain"] == "It is three. height 3" == metadata["image/png"]["alt"]
    assert ">height 3</figcaption>" in data["text/html"]
    stills = [Image.open(io.BytesIO(base64.b64decode(one._repr_mimebundle_()[0]["image/png"]))) for one in
              (plain, explorer)]  # fmt: skip
    assert stills[1].height > stills[0].height and explorer.png == plain.png  # what moves has none
    assert explorer.alt == explorer.picture.alt == "height 3"
    several = explorer.small_multiples(headline="Three heights", more="Each is flat.", height=[1, 2, 3])
    assert several.alt.startswith("Three heights. height = 1: ") and not several.caption.startswith("Three")
    assert "Each is flat." in [text.get_text() for text in several.fig.texts]


def test_words_for_those_who_do_not_see():
    explorer = tracking()
    assert explorer._image.tooltip == explorer.alt  # the name of the image
    assert 'role="status"' in explorer._caption.value
    odd = hlp.Explorer(lambda ax, a: "1 < 2 & $w_{12}$ <b>", a=(0, 1, 0))
    assert odd.alt == "1 < 2 & w_12 <b>"
    assert "1 &lt; 2 &amp; w_12 &lt;b&gt;" in odd._caption.value


def test_the_browser_finds_what_it_reads():
    """Without a description, ipywidgets' script fails on an image that has a tooltip."""
    state = tracking()._image.get_state()
    assert state["description"] == "" and state["tooltip"].startswith("With speed 20")


@pytest.mark.parametrize(
    "control",
    [(0.001, 100.0, 30.0, "log"), (1e-3, 1.0, 0.03, "log"), (0.0, 2 * np.pi, 1.0), (0.03, 1.0, 0.5), (-1.0, 1.0, -1.0)],
    ids=repr,
)
def test_the_start_is_a_step_of_its_slider(control):
    """The browser shows the nearest step: the start must be one, or the picture belies the slider."""
    slider = hlp.Explorer(wave, rate=control).controls["rate"]
    log = control[-1] == "log"
    start = (np.log10(control[2]) if log else control[2]) - slider.min
    steps = start / slider.step
    assert abs(steps - round(steps)) < 1e-9 and 40 < (slider.max - slider.min) / slider.step < 250


def test_without_a_sentence_the_controls_speak():
    def quiet(ax, a, menu, on):
        ax.plot([0, a])

    explorer = hlp.Explorer(quiet, a=(0.0, 1.0, 0.5), menu={"first": object(), "second": object()}, on=True)
    assert explorer.alt == "a = 0.5, menu = first, on = True."

    def plotted(ax, rate):
        problem = hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid())
        hlp.plot_tracking(hlp.run(problem, hlp.GradientFlow(mu=rate), T=2, dt=0.02), ax=ax)

    explorer = hlp.Explorer(plotted, rate=(0.01, 0.1, 0.03))
    assert explorer.alt.startswith("rate = 0.03. The output ")


def test_several_panels():
    def two(axes, rate):
        left, right = axes
        wave(left, rate)
        wave(right, 2 * rate)
        return f"rates {rate:g} and {2 * rate:g}"

    explorer = hlp.Explorer(two, panels=2, rate=(0.0, 3.0, 1.0))
    assert len(explorer.axes) == 2 and explorer.alt == "rates 1 and 2"
    left, right = (ax.get_window_extent() for ax in explorer.axes)
    assert left.x1 < right.x0 and left.y0 == right.y0
    before = explorer.png
    explorer.controls["rate"].value = 2.0
    assert explorer.png != before
    multiples = explorer.small_multiples(rate=[0.5, 1.0, 2.0])
    assert len(multiples.axes) == 6


def test_small_multiples():
    explorer = tracking()
    explorer.set(policy="canonical")
    multiples = explorer.small_multiples(speed=[2, 10, 30])
    assert isinstance(multiples, hlp.Picture) and len(multiples.axes) == 6  # with the error below
    three = picture.plain_axes(multiples.fig)
    assert [ax.get_title(loc="left") for ax in three] == ["speed = 2", "speed = 10", "speed = 30"]
    for speed, ax in zip((2, 10, 30), three, strict=True):
        assert f"With speed {speed} and q 100" in multiples.alt
        single = plotting.figure()[1][0]
        follow(single, speed, 100.0, POLICIES["flipped"], False)  # the other controls: as at the start
        for one, two in zip(ax.get_lines(), single.get_lines(), strict=True):
            assert np.array_equal(one.get_ydata(), two.get_ydata())
    assert len({ax.get_ylim() for ax in three}) == 1
    assert explorer.small_multiples(policy=["flipped", "canonical"], caption="Look.").caption == "Look."
    assert len(explorer.small_multiples(jumps=[False, True]).axes) == 4


def test_the_picture_of_now():
    explorer = tracking()
    explorer.set(speed=5)
    assert isinstance(explorer.picture, hlp.Picture) and explorer.picture.alt == explorer.alt


# ---- failures ----


def test_what_draw_raises_is_seen():
    def fragile(ax, a):
        ax.plot([0, 1])
        if a > 2:
            raise RuntimeError("a <b>too</b> large")
        return f"a is {a}"

    explorer = hlp.Explorer(fragile, a=(0, 5, 1))
    before = explorer.png
    with pytest.raises(RuntimeError, match="too"):
        explorer.controls["a"].value = 4
    caption = explorer._caption.value
    assert "could not be drawn" in caption and "RuntimeError: a &lt;b&gt;too&lt;/b&gt; large" in caption
    assert explorer.png == before == explorer._image.value
    explorer.controls["a"].value = 2  # and it goes on
    assert "a is 2" in explorer._caption.value and explorer.alt == "a is 2"
    with pytest.raises(RuntimeError, match="too"):
        hlp.Explorer(fragile, a=(0, 5, 3))


def test_no_widget_prints(capsys):
    explorer = tracking()
    explorer.controls["speed"].value = 7
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_messages_to_the_browser_are_not_held_back(root):
    """What `hlp-edu lab` configures exists, and switches the delay off before it connects."""
    settings = json.loads((root / "hlp_edu" / "course" / "_jupyter" / "jupyter_server_config.json").read_text())
    module, name = settings["ServerApp"]["kernel_websocket_connection_class"].rsplit(".", 1)
    made = getattr(importlib.import_module(module), name)
    calls = []
    handler = SimpleNamespace(set_nodelay=lambda value: calls.append(value))
    (base,) = made.__bases__
    assert made.connect is not base.connect
    one = SimpleNamespace(websocket_handler=handler)
    with pytest.raises(TypeError):  # only a whole connection can go on from here
        made.connect(one)
    assert calls == [True]


def test_the_limits_follow_after_a_drawing_with_a_strip():
    run = hlp.run(hlp.Tracking(hlp.fully_connected(2), hlp.sinusoid()), hlp.Flipped(3, 5), 0.5)

    def draw(ax, tracked):
        hlp.plot_tracking(run, ax) if tracked else ax.plot([0, 10], [0, 1])
        return "a line"

    explorer = hlp.Explorer(draw, tracked=True)
    explorer.set(tracked=np.bool_(False))
    assert explorer.axes[0].get_xlim() == hlp.Explorer(draw, tracked=False).axes[0].get_xlim() == (-0.5, 10.5)
