"""The live instruments: the browser's laws against Python's, a hand that drags, frames, memory, words, pages.

Everything runs in a real chromium; without one it is skipped, but never where ``CI`` is set. Screenshots are left in
``build/artefacts``.
"""

import io
import json
import re
import subprocess
import sys

import jupyter_page as lab
import nbformat
import numpy as np
import pytest
from PIL import Image

import hlp_edu as hlp
from hlp_edu.course import cli
from hlp_edu.linear_quadratic import LQTracking
from hlp_edu.widgets import live as module
from hlp_edu.widgets import page as write_page

pytestmark = pytest.mark.browser

# ---- what needs no browser ---------------------------------------------------------------------------


def drawn(live, **more):
    """What the browser says when somebody draws: a start, then pieces of the target."""
    begin = dict(kind="begin", id="a", x=[0.1, 0.2], w=[0.3, 0, 0, 0, 0, -0.4])
    live._on_message(live, begin, [])
    live._on_message(live, dict(kind="more", id="a", at=0, t=[0, 1], z=[0, 0.5], hand=True) | more, [])
    return live


def test_what_is_drawn_comes_back_as_a_signal_and_is_replayed():
    live = hlp.Live(neurons=2, policy="gradient flow")
    shipped = live.target
    assert not live.drawn and shipped.t[-1] == 20 and live.start == dict(seed=0)
    drawn(live)
    assert not live.drawn  # one time unit is too short for a comparison
    live._on_message(live, dict(kind="more", id="a", at=2, t=[3.0], z=[-0.2], hand=True), [])
    live._on_message(live, dict(kind="more", id="a", at=2, t=[3.0], z=[-0.2], hand=True), [])  # twice counts once
    live._on_message(live, dict(kind="more", id="b", at=0, t=[9.0], z=[0.9], hand=True), [])  # of another view
    live._on_message(live, dict(kind="more", id="a", at=9, t=[9.0], z=[0.9], hand=True), [])  # after a gap
    assert live.drawn and live.target([0, 0.5, 3]).tolist() == [0, 0.25, -0.2]
    run = live.trajectory()
    assert run.t[-1] == 3 and run.x[0].tolist() == [0.1, 0.2] and run.w[0].tolist() == [0.3, 0, 0, 0, 0, -0.4]
    same = hlp.run(live.problem, hlp.GradientFlow(0.03), T=3, **live.start)
    assert np.array_equal(run.x, same.x)
    assert live.trajectory(hlp.Frozen(), T=1).about["policy"] == "Frozen()"
    drawn(live)
    assert not live.drawn  # a new start forgets


def test_a_wave_that_nobody_drew_is_not_taken_for_a_drawing():
    live = drawn(hlp.Live(neurons=2), t=[0, 5], hand=False)
    assert not live.drawn and live.target.t[-1] == 20


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(policy="magic"), "policy = 'magic'.*'damped flip'"),
        (dict(friction=61), "friction"),
        (dict(speed=1), "speed"),
        (dict(neurons=21), "neurons"),
        (dict(neurons=0), "neurons"),
        (dict(neurons="x"), "neurons = 'x': must be a whole number"),
    ],
)
def test_arguments_out_of_bounds_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        hlp.Live(**wrong)
    live = hlp.Live()
    with pytest.raises(ValueError, match=words):
        setattr(live, *next(iter(wrong.items())))
    with pytest.raises(ValueError, match="T"):
        live.trajectory(T=0)
    with pytest.raises(ValueError, match="policy"):
        live.trajectory("damped flip")


def test_the_spiral_refuses_too():
    for wrong in (dict(sign=2), dict(leak=1), dict(leak=float("nan")), dict(sign="x")):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            hlp.Spiral(**wrong)


@pytest.mark.parametrize("name", ["live", "spiral"])
def test_a_page_is_written_once_and_holds_everything(tmp_path, name):
    path = tmp_path / f"{name}.html"
    done = subprocess.run(
        [sys.executable, "-m", "hlp_edu.course.cli", "page", name, str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0 and str(path) in done.stdout, done.stderr
    text = path.read_text(encoding="utf-8")
    assert len(text) < 60_000 and "{{" not in text and not re.search(r"^import |https?://|src=|url\(", text, flags=re.M)
    assert "-webkit-" not in text and "-moz-" not in text  # no dialects
    with pytest.raises(FileExistsError):
        write_page(path, name)
    with pytest.raises(ValueError, match="html"):
        write_page(tmp_path / "page.pdf", name)
    with pytest.raises(ValueError, match="name = 'film'"):
        write_page(tmp_path / "film.html", "film")


@pytest.mark.parametrize("place, words", [("there.html", "exists"), ("page.pdf", ".html"), ("no/where.html", "cannot")])
def test_the_command_explains_what_it_cannot_write(tmp_path, capsys, place, words):
    (tmp_path / "there.html").write_text("mine")
    assert cli.main(["page", "spiral", str(tmp_path / place)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("hlp-edu: FILE = ") and words in said and said.count("\n") == 1
    assert (tmp_path / "there.html").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1


def test_the_palette_is_that_of_the_pictures_and_can_be_read():
    by_day, by_night = module._colours(False), module._colours(True)
    assert by_day.keys() == by_night.keys()
    for name in module.ROLES_SHOWN:
        assert by_day[name] == hlp.plotting.ROLES[name].ink
    for colours in (by_day, by_night):
        for name in (*module.ROLES_SHOWN, "ink", "soft"):
            assert module._contrast(colours[name], colours["paper"]) >= 4.5, name
        assert module._contrast(colours["on-output"], colours["output"]) >= 4.5
        assert module._contrast(colours["edge"], colours["paper"]) >= 3


# ---- the browser's laws against Python's --------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium():
    with lab.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def laws(chromium):
    """A page that has the laws, and nothing else."""
    page = lab.new_page(chromium)
    page.add_script_tag(content=module._script("live") + "\nwindow.Run = Run; window.LAWS = LAWS;", type="module")
    page.add_script_tag(
        content=module._script("spiral") + "\nObject.assign(window, { eigenvalues, path, rest });", type="module"
    )
    page.wait_for_function("() => Boolean(window.Run && window.path)")
    yield page
    page.close()


REPLAY = """({ law, friction, speed, x, w, p_x, p_w, z, every }) => {
    const run = new Run({ law, friction, speed, x, w });
    run.p_x.set(p_x);
    run.p_w.set(p_w);
    const rows = [[...run.state]];
    for (let k = 0; k + 1 < z.length; k++) {
        run.step(z[k], z[k + 1]);
        if ((k + 1) % every === 0) rows.push([...run.state]);
    }
    return rows;
}"""


def replayed(laws, name, start, z, speed, friction=30.0, every=100):
    """The states x and weights w of the browser's run."""
    n = len(start["x"])
    given = dict(law=name, friction=friction, speed=speed, z=z.tolist(), every=every)
    rows = np.array(laws.evaluate(REPLAY, given | {key: np.asarray(value).tolist() for key, value in start.items()}))
    return rows[:, :n], rows[:, n : n + n * (n + 1)]


def drawn_target(T):
    """The drawing that ships, sampled where the steps begin: linear in between, as the browser goes."""
    from hlp_edu.data import drawing

    t = 1e-3 * np.arange(round(T / 1e-3) + 1)
    return hlp.recorded(t, np.interp(t, *drawing()[:2]))


@pytest.mark.parametrize(
    "name, T, neurons, bound",
    [
        ("damped flip", 20, 5, 1e-12),
        ("damped flip", 5, 20, 1e-12),
        ("damped flip", 5, 1, 1e-12),
        ("bare flip", 10, 5, 1e-9),
        ("gradient flow", 20, 5, 1e-12),
        ("frozen", 10, 5, 1e-12),
        ("no flip", 0.3, 5, 1e-9),
        ("prospective", 20, 5, 1e-12),
        ("prospective", 5, 20, 1e-12),
    ],
)
def test_the_browser_goes_as_python_goes(laws, name, T, neurons, bound):
    live = hlp.Live(policy=name, neurons=neurons, speed=25)
    target = drawn_target(T)
    problem = hlp.Tracking(hlp.fully_connected(neurons), target, q=100, r_w=1, r=0.1, speed=25)
    run = hlp.run(problem, module._POLICIES[name](live.friction), T=T, dt=1e-3, seed=3, every=100)
    start = dict(x=run.x[0], w=run.w[0], p_x=np.zeros(neurons), p_w=np.zeros(neurons * (neurons + 1)))
    x, w = replayed(laws, name, start, target.values, 25)
    off = max(np.abs(x - run.x).max(), np.abs(w - run.w).max())
    print(f"{name}, {neurons} neurons, T = {T}: apart by {off:.1e}")
    assert x.shape == run.x.shape and off < bound
    assert np.abs(run.x).max() > 0.1


def test_per_arc_signs_go_as_python_goes_over_each_time_unit(laws):
    """Switching is chaotic: a last digit is a whole sign after some hundred steps. So each time unit starts anew."""
    target = drawn_target(4)
    problem = hlp.Tracking(hlp.fully_connected(5), target, q=100, r_w=1, r=0.1, speed=20)
    state, apart = None, []
    for unit in range(4):
        begin = dict(seed=3) if state is None else dict(start=state)
        run = hlp.run(problem, hlp.PerArc(0.03), T=1, dt=1e-3, **begin)
        start = dict(x=run.x[0], w=run.w[0], p_x=run.p_x[0], p_w=run.p_w[0])
        x, w = replayed(laws, "per-arc signs", start, target.values[1000 * unit : 1000 * unit + 1001], 20, every=1)
        apart.append(max(np.abs(x - run.x).max(), np.abs(w - run.w).max()))
        state = run.final
    print("per-arc signs: apart by", " ".join(f"{value:.1e}" for value in apart))
    assert max(apart) < 1e-9


def prospective(x, W, D, z, dz, mu=0.04, kappa=0.8, lead=0.08, c=20.0, q=100.0, r_w=1.0, r=0.1):
    """Prospective gradient flow (16) as the theory sheet writes it, with D = c p_x."""
    n, y = len(x), np.append(x, 1.0)
    s = np.tanh(W @ y)
    slope = 1 - s * s
    source = W[:, :n].T @ (slope * D)
    source[0] += q * (x[0] + kappa * (s[0] - x[0]) - z - lead * dz)
    return c * (s - x), -(mu / r) * (np.outer(slope * source, y) + r_w * W), c * (source - D)


def test_the_prospective_law_is_that_of_the_theory_sheet(laws):
    target, h = drawn_target(4).values, 1e-3
    dice = np.random.default_rng(3)
    point = [0.5 * dice.standard_normal(5), 0.5 / 5**0.5 * dice.standard_normal((5, 6)), np.zeros(5)]
    start = dict(x=point[0], w=point[1].ravel(), p_x=np.zeros(5), p_w=np.zeros(30))
    rows = [point[0]]
    for k in range(len(target) - 1):
        (z, last), dz, rates = target[k : k + 2], (target[k + 1] - target[k]) / h, []
        for reach, at in ((0, z), (h / 2, (z + last) / 2), (h / 2, (z + last) / 2), (h, last)):
            here = [value + reach * rate for value, rate in zip(point, rates[-1] if rates else point, strict=True)]
            rates.append(prospective(*(here if rates else point), at, dz))
        steps = [(a + 2 * b + 2 * c + d) * h / 6 for a, b, c, d in zip(*rates, strict=True)]
        point = [value + step for value, step in zip(point, steps, strict=True)]
        if (k + 1) % 100 == 0:
            rows.append(point[0])
    x, _ = replayed(laws, "prospective", start, target, 20)
    print(f"prospective against the theory sheet: apart by {np.abs(x - rows).max():.1e}")
    assert np.abs(x - rows).max() < 1e-9


def test_the_saddle_and_the_spiral_are_those_of_python(laws):
    for leak in (-2.0, -1.0, 0.3):
        problem = LQTracking(leak, 1, 10, 0.1, hlp.constant(0.8))
        M, F = problem.canonical, problem.flipped_matrix()
        for sign, matrix in ((1, M), (-1, F), (0.4, np.diag([1, 0.4]) @ M), (-0.005, np.diag([1, -0.005]) @ M)):
            values = [complex(*pair) for pair in laws.evaluate("([s, a]) => eigenvalues(s, a)", [sign, leak])]
            assert np.allclose(np.sort_complex(values), np.sort_complex(np.linalg.eigvals(matrix)), atol=1e-9)
        assert np.allclose(laws.evaluate("a => rest(a)", leak), np.linalg.solve(M, [0, -8]))
        run = problem.flipped(T=2, dt=0.005)
        path = np.reshape(laws.evaluate("a => path(-1, a, [0, 0], 2)", leak), (-1, 2))
        assert np.allclose(path, np.column_stack([run.x[:, 0], run.p[:, 0]])[: len(path)], atol=1e-6)


# ---- the live instrument on a page --------------------------------------------------------------------

HERE = "document.getElementById('instrument').instrument"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The two pages, and one that also keeps what was drawn."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("live", "spiral"):
        write_page(folder / f"{name}.html", name)
    text = (folder / "live.html").read_text(encoding="utf-8")
    call = 'live(document.getElementById("instrument"))'
    assert text.count(call) == 1
    keeping = call[:-1] + ", { drawn: (message) => (window.drawn ??= []).push(message) })"
    (folder / "keeping.html").write_text(text.replace(call, keeping), encoding="utf-8")
    return folder


@pytest.fixture
def opened(chromium, pages):
    """Open a page in a window of its own; its errors fail the test, and so does a wish for a network."""
    shown, wrong = [], []

    def opening(name="live", width=1100, height=900, **settings):
        page = lab.new_page(chromium, viewport={"width": width, "height": height}, **settings)
        shown.append(page)
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
        page.goto((pages / f"{name}.html").as_uri())
        page.wait_for_function(f"() => {HERE}.frames > 2")
        return page

    yield opening
    for page in shown:
        page.close()
    assert not wrong


def go(page, what):
    return page.evaluate(f"() => {HERE}.{what}")


def comes(page, what):
    """Wait until this is true of the instrument: on a busy machine frames come late."""
    page.wait_for_function(f"() => {HERE}.{what}")


def passes(page, duration):
    """Wait until so much of the instrument's time has passed."""
    comes(page, f"time >= {go(page, 'time') + duration}")


def painted(page):
    """Wait for two frames more."""
    comes(page, f"frames >= {go(page, 'frames') + 2}")


def words(page):
    return page.locator("[role=status]").inner_text()


def meaning(page):
    return page.locator(".hlp-meaning").inner_text()


def drag(page, heights, pause=0.04):
    """Drag the target through heights, each a fraction of the plot; between them pass so many time units."""
    box = page.locator("canvas.hlp-plot").bounding_box()
    x = box["x"] + 0.8 * box["width"]
    page.mouse.move(x, box["y"] + heights[0] * box["height"])
    page.mouse.down()
    for height in heights:
        page.mouse.move(x, box["y"] + height * box["height"])
        passes(page, pause)
    page.mouse.up()


def test_a_drag_is_followed_as_python_follows_it(opened):
    page = opened("keeping")
    drag(page, 0.35 + 0.22 * np.sin(np.linspace(0, 6, 70)))
    go(page, "hold(true)")
    live = hlp.Live()
    for message in page.evaluate("window.drawn"):
        live._on_message(live, message, [])
    end, x, w = page.evaluate(f"() => [{HERE}.time, [...{HERE}.run.x], [...{HERE}.run.w]]")
    run, target = live.trajectory(), live.target
    off = max(np.abs(run.x[-1] - x).max(), np.abs(run.w[-1] - w).max())
    print(f"a drag of {end:.1f} time units, {len(target.t)} points; Python's end is apart by {off:.1e}")
    assert live.drawn and np.isclose(run.t[-1], end) and off < 1e-9
    assert np.ptp(target.values[target.t > 1]) > 0.5 and np.abs(np.diff(target.values) / np.diff(target.t)).max() < 8.1
    go(page, "ahead(0)")  # a page judges several times a second; now
    assert np.isclose(go(page, "error"), run.rmse(after=end - 2), rtol=0.1)
    assert page.get_by_label("my hand").is_checked() and words(page)[:12] in ("The target i", "Damped flip:")


def test_the_keyboard_alone_suffices(opened):
    page = opened()
    page.keyboard.press("Tab")  # to the chosen law
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("bare flip").is_checked() and "Bare flip: the same flip without friction" in meaning(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    plot = page.get_by_role("slider", name="Target")
    assert plot.evaluate("element => element === document.activeElement")
    page.keyboard.press("Home")
    painted(page)
    assert plot.get_attribute("aria-valuenow") == "-0.90" and page.get_by_label("my hand").is_checked()
    for key, wanted in (("ArrowUp", -0.8), ("PageUp", -0.4), ("ArrowDown", -0.5), ("End", 0.9), ("ArrowUp", 0.9)):
        page.keyboard.press(key)
        assert go(page, "target.wanted") == pytest.approx(wanted)
    comes(page, "target.z === 0.9")
    painted(page)
    assert "target 0.9" in plot.get_attribute("aria-valuetext")
    page.keyboard.press("Tab")  # friction has nothing to do in the bare flip, and is left out
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("speed c")
    page.keyboard.press("ArrowRight")
    assert go(page, "run.speed") == 21 and "Speed 21" in words(page)
    freeze = page.get_by_role("button", name="Freeze the weights")
    freeze.press("Enter")
    assert go(page, "run.law.gain") == 0 and freeze.get_attribute("aria-pressed") == "true"
    freeze.press("Enter")
    assert go(page, "run.law.inertia") and page.get_by_label("bare flip").is_checked()
    page.get_by_role("button", name="Pause").press("Space")
    before = go(page, "time")
    page.wait_for_timeout(200)
    assert go(page, "time") == before and page.get_by_role("button", name="Run").is_visible()


def test_what_happens_is_said_in_words(opened):
    page = opened()
    go(page, "hold(true)")
    page.get_by_role("button", name="Start again").click()
    go(page, "ahead(6)")
    assert "Damped flip: the output follows." in words(page) and go(page, "error") < 0.07
    network = page.locator("canvas.hlp-net").get_attribute("aria-label")
    assert "5 neurons and a bias" in network and "from the bias to neuron 1" in network
    page.get_by_label("bare flip").check()
    go(page, "ahead(6)")
    assert "does not follow" in words(page) and go(page, "error") > 0.25
    page.get_by_label("gradient flow").check()
    for _ in range(8):  # a page judges several times a second
        go(page, "ahead(0.2)")
    said, wanted = words(page), page.locator("button.wanted")
    assert "Trapped: the output is at its limit" in said and "or start again" in said and wanted.count() == 1
    wanted.click()
    go(page, "ahead(5)")
    assert "Gradient flow: the output follows." in words(page) and not wanted.count()
    page.get_by_role("button", name="Freeze the weights").click()
    assert "the weights are held" in meaning(page)
    go(page, "ahead(5)")
    assert "Held weights know where the target was" in words(page)
    page.get_by_label("no flip").check()
    go(page, "ahead(20)")
    assert "Without the flip the costates have run away" in words(page) and go(page, "time") < 40
    page.get_by_role("radio", name="damped flip").check()
    go(page, "ahead(6)")
    assert "the output follows." in words(page)
    page.get_by_role("slider", name="neurons").fill("1")
    assert "One neuron" in words(page) and len(page.evaluate(f"() => [...{HERE}.run.x]")) == 1


def test_a_change_of_law_is_marked_on_the_time_line(opened, artefacts):
    page = opened()
    go(page, "hold(true)")
    go(page, "ahead(3)")
    painted(page)
    plot = page.locator("canvas.hlp-plot")
    without = np.asarray(Image.open(io.BytesIO(plot.screenshot())).convert("L"), float)
    page.get_by_label("bare flip").check()
    go(page, "ahead(3)")
    painted(page)
    page.screenshot(path=artefacts / "live-marked.png")
    marked = np.asarray(Image.open(io.BytesIO(plot.screenshot())).convert("L"), float)
    darkest = [(picture[:, 60:-100] < 160).mean(axis=0).max() for picture in (without, marked)]
    assert darkest[1] > darkest[0] + 0.1  # a dotted line from top to bottom


def test_frames_and_what_is_given_up_when_time_is_short(opened):
    page = opened()
    count = f"""async () => {{
        const first = [performance.now(), {HERE}.frames, {HERE}.time];
        while ({HERE}.frames < first[1] + 30) await new Promise(requestAnimationFrame);
        const frames = {HERE}.frames - first[1];
        return [1000 * frames / (performance.now() - first[0]), ({HERE}.time - first[2]) / frames];
    }}"""
    for neurons in (5, 20):
        go(page, f"set('neurons', {neurons})")
        rate, gone = page.evaluate(count)
        print(f"{neurons} neurons: {rate:.0f} frames a second, {rate * gone:.2f} time units a second")
        assert 0.001 < gone < 0.0505  # no race: the machine may be busy; a frame makes up for at most 50 ms
    page.evaluate(f"""() => {{
        const proto = Object.getPrototypeOf({HERE}.run), step = proto.step;
        proto.step = function (...given) {{
            for (const end = performance.now() + 2; performance.now() < end; );
            step.apply(this, given);
        }};
    }}""")
    rate, gone = page.evaluate(count)
    print(f"a law that takes 2 ms a step: {rate:.0f} frames a second, {rate * gone:.2f} time units a second")
    assert 0.004 < gone < 0.0085  # 8 steps of 0.001, for they have used up the 8 ms that a frame gives to the laws


def test_ten_minutes_leave_no_trace_in_memory(opened):
    page = opened()
    session = page.context.new_cdp_session(page)

    chunks = []
    session.on("HeapProfiler.addHeapSnapshotChunk", lambda part: chunks.append(part["chunk"]))

    def kept():
        """Bytes of what the page keeps; what the browser compiles comes and goes, and is left out."""
        chunks.clear()
        session.send("HeapProfiler.takeHeapSnapshot")  # collects what is free first
        shot = json.loads("".join(chunks))
        meta, rows = shot["snapshot"]["meta"], shot["nodes"]
        width, at = len(meta["node_fields"]), meta["node_fields"].index
        kinds = [meta["node_types"][0][kind] for kind in rows[at("type") :: width]]
        sizes = rows[at("self_size") :: width]
        return sum(size for kind, size in zip(kinds, sizes, strict=True) if kind not in ("code", "object shape"))

    go(page, "hold(true)")
    sizes = []
    for duration in (60, 540, 540):
        go(page, f"ahead({duration})")
        sizes.append(kept())
    print("kept at t = 60, 600 and 1140:", ", ".join(f"{size / 1e3:.1f}" for size in sizes), "kB")
    assert go(page, "time") > 1140
    assert abs(sizes[2] - sizes[0]) < 5e4  # 540,000 steps in nine minutes: a number kept in a hundred would show


def test_less_motion_is_respected(opened):
    page = opened(reduced_motion="reduce")
    assert "asks for less motion" in words(page) and page.get_by_role("button", name="Run").is_visible()
    time = go(page, "time")
    assert time == pytest.approx(6)  # a picture to look at
    page.wait_for_timeout(200)
    assert go(page, "time") == time
    page.get_by_role("slider", name="Target").press("ArrowUp")
    comes(page, f"time > {time}")


PAPER = "() => getComputedStyle(document.querySelector('.hlp-live')).backgroundColor"


def test_themes_and_widths(opened, artefacts):
    papers = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 20, 20)"}
    shown = [("live", "light", 1100), ("live", "dark", 360), ("spiral", "dark", 1100), ("spiral", "light", 360)]
    for name, scheme, width in shown:
        page = opened(name, width=width, color_scheme=scheme)
        if name == "live":
            go(page, "ahead(6)")
        painted(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(PAPER) == papers[scheme]
        page.screenshot(path=artefacts / f"{name}-{scheme}-{width}.png")
    page.add_style_tag(content=module._style())  # as in a notebook, where JupyterLab's theme counts more
    for theme, paper in (("true", papers["light"]), ("false", papers["dark"])):
        page.evaluate(f"document.body.dataset.jpThemeLight = '{theme}'")
        assert page.evaluate(PAPER) == paper


def test_the_spiral_turns_by_keyboard(opened):
    page = opened("spiral")
    assert "a saddle" in words(page)
    page.get_by_role("slider", name="sign s").press("Home")
    assert "s = −1.00 (flipped): a spiral" in words(page) and "rest point" in words(page)
    page.get_by_role("slider", name="leak a").press("End")
    assert "the flip cannot repair it" in words(page)
    page.get_by_role("button", name="Flip it").press("Enter")
    assert go(page, "now.sign") == 1 and "a saddle" in words(page)
    page.get_by_role("button", name="Turn the sign").click()
    comes(page, "now.sign < 1")


# ---- in JupyterLab ------------------------------------------------------------------------------------

CELL = "import hlp_edu as hlp\n\nlive = hlp.Live(policy='gradient flow', speed=25)\nlive"
ASK = "print(live.drawn, live.policy, round(float(live.target.values[-1]), 3), live.trajectory().t[-1] > 2)"
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"


def test_a_notebook_draws_tells_python_and_keeps_a_still(chromium, tmp_path, artefacts):
    cells = [nbformat.v4.new_code_cell(source) for source in (CELL, "hlp.Spiral()", ASK)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    page, errors = lab.new_page(chromium, viewport={"width": 1280, "height": 1000}), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with lab.server(tmp_path) as server:
        path = tmp_path / "work" / "drawn.ipynb"
        nbformat.write(notebook, path)
        lab.open_notebook(page, server, "drawn.ipynb")
        run_first = "() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = INDEX; "
        run_first += "return window.jupyterapp.commands.execute('notebook:run-cell'); }"
        page.evaluate(run_first.replace("INDEX", "0"))
        plot = page.get_by_role("slider", name="Target")
        plot.wait_for(state="visible")
        assert not page.locator(".hlp-still").is_visible()  # the living one is there
        assert page.get_by_label("gradient flow").is_checked()
        page.evaluate(run_first.replace("INDEX", "1"))
        page.get_by_role("slider", name="sign s").wait_for(state="visible")
        page.evaluate(lab.SHOW, 0)
        for _ in range(5):
            plot.press("ArrowUp")  # with the focus, whoever took it in between
            page.wait_for_timeout(60)
        page.evaluate("() => document.querySelector('.hlp-live').instrument.set('policy', 'damped flip')")
        page.wait_for_function("() => document.querySelector('.hlp-live').instrument.time > 3")
        page.get_by_role("button", name="Pause").click()
        wanted = page.evaluate("() => document.querySelector('.hlp-live').instrument.target.z")
        page.screenshot(path=artefacts / "live-in-jupyterlab.png")
        page.evaluate(run_first.replace("INDEX", "2"))
        page.locator(".jp-OutputArea pre", has_text="True").wait_for()
        said = page.locator(".jp-OutputArea pre").last.inner_text().split()
        assert said == ["True", "damped", "flip", str(round(wanted, 3)), "True"] and wanted > 0.3
        page.evaluate(SAVE)
        page.goto("about:blank")
        kept = nbformat.read(path, as_version=4)
        path.with_name("again.ipynb").write_bytes(path.read_bytes())  # no kernel has ever run this one
        page.goto(f"{server}doc/tree/again.ipynb?reset&token={lab.TOKEN}")
        still = page.locator(".hlp-still img").first
        still.wait_for(state="visible")
        page.wait_for_timeout(1500)  # a dead view would come up about now
        shown = page.locator(".jp-OutputArea").first.inner_text()
        page.screenshot(path=artefacts / "live-without-a-kernel.png")
    page.close()
    assert [list(output.data) for output in kept.cells[0].outputs] == [
        ["image/png", "text/html", "text/plain"],
        [module.VIEW, "text/plain"],
    ]
    assert "A still picture" in shown and "rror" not in shown and "Loading" not in shown
    assert not errors
