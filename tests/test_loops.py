"""Loops: every frame is a picture, the still says it all, and what moves does so only where it may."""

import base64
import io
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

import hlp_edu as hlp
from hlp_edu.plotting import PALETTE, plot_lines

t = np.linspace(0, 1)


def rising(ax, slope):
    plot_lines({"output": (t, slope * t)}, ax=ax, ylim=(0, 5))
    return f"A line of slope {slope}."


def frames(data):
    """The frames of an animation and how long each stays, and how often it is repeated."""
    film = Image.open(io.BytesIO(data))
    shown, times = [], []
    for k in range(film.n_frames):
        film.seek(k)
        shown.append(np.asarray(film.convert("RGB")).astype(int))
        times.append(film.info["duration"])
    return shown, times, film.info["loop"]


def test_a_loop_has_a_frame_for_each_value_and_never_ends():
    loop = hlp.Loop(rising, [1, 2, 3, 4], seconds=2, hold=1, headline="It gets steeper")
    shown, times, repeated = frames(loop.webp())
    assert len(shown) == 4 and times == [500, 500, 500, 1500] and repeated == 0
    blue, tops = 255 * np.array(to_rgb(PALETTE["output"])), []
    for frame in shown:
        near = np.abs(frame - blue).sum(axis=2) < 40
        rows = np.flatnonzero(near[:, 600])  # right of the middle
        tops.append(rows.min())
        assert frame.shape[1] == 800 and (frame[0, 0] == 255).all()
    assert np.all(np.diff(tops) < -15)  # higher up in every frame
    assert loop.webp() == hlp.Loop(rising, [1, 2, 3, 4], seconds=2, hold=1, headline="It gets steeper").webp()


def test_the_still_is_what_a_page_shows_where_nothing_may_move():
    loop = hlp.Loop(rising, [1, 2, 3], still=1, caption="Three slopes & a < b.", headline="It gets steeper")
    data, metadata = loop._repr_mimebundle_()
    assert data["text/plain"] == repr(loop) == loop.alt == metadata["image/png"]["alt"]
    assert loop.alt == "It gets steeper. A line of slope 2." and loop.caption == "Three slopes & a < b."
    source, image = re.search(
        r"<picture><source ([^>]*)><img ([^>]*)></picture><figcaption", data["text/html"]
    ).groups()
    assert "(prefers-reduced-motion: no-preference)" in source and source.count("screen and") == 1
    moving, still = (base64.b64decode(re.search(r'base64,([^"]*)"', part)[1]) for part in (source, image))
    assert moving == loop.webp() and Image.open(io.BytesIO(still)).n_frames == 1
    alone = hlp.Loop(rising, [1, 2], caption="Three slopes & a < b.", headline="It gets steeper")
    assert f"<img {image}>" in alone._repr_mimebundle_()[0]["text/html"]  # slope 2 is its last frame
    assert loop.png() == alone.png() and base64.b64decode(data["image/png"])[:4] == b"\x89PNG"


def test_a_still_of_its_own():
    own = plot_lines({"target": (t, t)}, caption="All of it.", headline="One picture")
    loop = hlp.Loop(rising, [1, 2], still=own)
    assert loop.fig is own.fig and loop.alt == own.alt and loop.caption == "All of it."
    assert loop.png() == own.png() and len(loop.frames) == 2


def test_several_panels():
    def draw(axes, slope):
        return " ".join(rising(ax, slope) for ax in axes)

    loop = hlp.Loop(draw, (1, 2), panels=2, inches=2.0)
    assert len(loop.axes) == 2 and loop.alt == loop.caption == "A line of slope 2. A line of slope 2."


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(draw="no"), "draw = 'no': must be a function"),
        (dict(values=[1]), "the number of values = 1: must be a whole number, at least 2 and at most 100"),
        (dict(values=3), "values = 3: must be a sequence"),
        (dict(still=2), "still = 2: must be a whole number, at least -2 and at most 1"),
        (dict(still="last"), "still = 'last'"),
        (dict(seconds=0), "seconds = 0: must be a finite number above 0"),
        (dict(hold=-1), "hold = -1"),
        (dict(panels=0), "columns = 0"),
        (dict(draw=lambda ax, value: None), "alt = None: must be a sentence"),
    ],
)
def test_what_no_loop_can_be_made_of(wrong, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        hlp.Loop(**dict(draw=rising, values=[1, 2]) | wrong)
