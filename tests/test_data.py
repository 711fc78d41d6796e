"""The data that ship: complete, described, small, and the video is what its generator renders."""

import itertools
from importlib.resources import files

import numpy as np
import pytest
from PIL import Image

import hlp_edu
from hlp_edu import data


def test_the_series():
    spots, air = data.sunspots(), data.co2()
    assert len(spots.t) == len(spots.values) == 3126 and np.isfinite(spots.values).all() and (spots.values >= 0).all()
    assert np.allclose(np.diff(spots.t), 1 / 12, atol=2e-4) and abs(spots.t[0] - 1749 - 1 / 24) < 1e-3
    assert spots.values.argmax() == 12 * (1957 - 1749) + 9 and spots.values.max() == 253.8  # October 1957
    assert len(air.t) == len(air.values) == 2284 and np.isnan(air.values).sum() == 59
    assert np.allclose(np.diff(air.t), 7 / 365.25, atol=3e-4)
    assert 312 < np.nanmin(air.values) < 314 and 373 < np.nanmax(air.values) < 375
    assert spots.unit == "sunspot number" and air.unit == "ppm" and "Keeling" in air.source and "NOAA" in spots.source


def test_the_drawing_is_smooth_and_within_reach():
    drawn = data.drawing()
    assert np.allclose(np.diff(drawn.t), 0.05) and drawn.t[0] == 0 and drawn.t[-1] == 20
    assert np.abs(drawn.values).max() <= 0.9 and np.abs(np.diff(drawn.values)).max() / 0.05 < 8


def test_the_video_is_what_its_generator_renders():
    count, whites = 0, []
    for frame, shape in zip(data.frames(), data.moving_disc(), strict=False):
        assert np.allclose(frame, shape.frame, atol=1e-12), count
        whites.append(shape.white)
        count += 1
    assert count == data.FRAMES
    assert np.flatnonzero(np.diff(whites)).tolist() == [k - 1 for k in data.SWITCHES]


def test_the_disc_is_where_it_is_said_to_be():
    grid = np.arange(data.SIDE) + 0.5
    last = None
    for shape in itertools.islice(data.moving_disc(seed=5), 500):
        weight = np.abs(shape.frame)
        x, y = (weight.sum(0) @ grid / weight.sum(), weight.sum(1) @ grid / weight.sum())
        assert np.allclose([x, y], 12 + 10 * shape.position, atol=0.15) and (np.abs(shape.position) <= 0.8).all()
        if last is not None:
            assert np.linalg.norm(shape.position - last) < 0.9 * 0.1 + 1e-9
        last = shape.position


def write_video(path, shapes, count):
    """Write frames as an animated GIF, which keeps them exactly (there are fifteen greys)."""
    grey = (np.rint(data.GREY + data.CONTRAST * one.frame).astype(np.uint8) for one in itertools.islice(shapes, count))
    first, *rest = (Image.fromarray(frame) for frame in grey)
    first.save(path, "GIF", save_all=True, append_images=rest, duration=40, loop=0)


def test_frames_are_read_one_by_one(tmp_path):
    path = tmp_path / "short.gif"
    write_video(path, data.moving_disc(seed=1), count=12)
    reading = data.frames(path)
    first = next(reading)
    assert np.array_equal(first, next(data.moving_disc(seed=1)).frame)
    reading.close()
    assert len(list(data.frames(path))) == 12


def test_they_are_small_and_described():
    shelf = files(hlp_edu) / "data"
    shipped = {file.name: len(file.read_bytes()) for file in shelf.iterdir() if file.name.endswith((".csv", ".gif"))}
    words = (shelf / "README.md").read_text(encoding="utf-8")
    assert sum(shipped.values()) < 1_000_000 and len(shipped) == 4
    for name in shipped:
        section = words.split(f"## {name}\n")[1].split("\n## ")[0]
        assert "**Licence**" in section and len(section.split()) > 40, name


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(seed=-1), "seed = -1: must be a whole number, at least 0"),
        (dict(switches=3), "switches = 3: must be a sequence"),
        (dict(switches=[0.5]), "switches = 0.5: must be a whole number"),
        (dict(pace=17), "pace = 17: must be .* at most 16"),
    ],
)
def test_a_disc_that_cannot_move_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        next(data.moving_disc(**change))
    with pytest.raises(ValueError, match="path = 3: must be the name of a file"):
        next(data.frames(3))
