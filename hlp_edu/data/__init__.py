"""Streams to learn from: two measured series, a drawing and a short video, small enough to ship with the package.

README.md beside this file says where they come from and what their licences are.
"""

import itertools
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hlp_edu.validate import kind, number, sequence, whole

__all__ = ["Series", "Shape", "co2", "drawing", "frames", "moving_disc", "sunspots"]

SHELF = Path(__file__).parent
SIDE = 24  # pixels of the video, each way
FRAMES, SWITCHES = 4000, (700, 1100, 2000, 3000)  # of the video that ships: from white to black, and back
GREY, CONTRAST = 128, 105  # grey value of the ground; how far white and black are from it


class Series(NamedTuple):
    """A measured series.

    Parameters
    ----------
    t, values : numpy.ndarray, shape (samples,)
        Years (of the drawing: time units), and what was measured; nan where nothing was.
    unit, source : str
        Of the values, and where they come from.
    """

    t: np.ndarray
    values: np.ndarray
    unit: str
    source: str


def _read(name):
    """The series of a csv file on the shelf."""
    lines = (SHELF / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    about = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    t, values = np.genfromtxt(lines, delimiter=",", comments="#", skip_header=0, missing_values="", unpack=True)
    return Series(t, values, about["unit"], about["source"])


def sunspots():
    """Monthly mean sunspot numbers, January 1749 to June 2009, as a `Series`.

    Examples
    --------
    >>> sunspots().values[:3]
    array([58. , 62.6, 70. ])
    """
    return _read("sunspots_monthly")


def co2():
    """Weekly carbon dioxide in the air at Mauna Loa, March 1958 to December 2001, as a `Series`; 59 weeks are nan.

    Examples
    --------
    >>> int(np.isnan(co2().values).sum())
    59
    """
    return _read("co2_weekly")


def drawing():
    """A target as a hand may draw it, 20 time units, as a `Series`: for readers who have not drawn one.

    Examples
    --------
    >>> drawing().t[-1]
    np.float64(20.0)
    """
    return _read("drawing")


class Shape(NamedTuple):
    """One frame of the video, and the truth about it.

    Parameters
    ----------
    frame : numpy.ndarray, shape (24, 24)
        Brightness: 0 is the grey ground, 1 white, -1 black.
    position : numpy.ndarray, shape (2,)
        Of the disc's centre, across and down; -0.8 to 0.8 from wall to wall.
    white : bool
        Whether the disc is white.
    """

    frame: np.ndarray
    position: np.ndarray
    white: bool


def moving_disc(seed=0, switches=SWITCHES, pace=0.9):
    """A disc that glides over a grey ground, bounces off the walls, and turns at random, one frame in fifty.

    It is white at first, and changes to black and back at given frames. The `Shape` of each frame is given, endlessly.

    Parameters
    ----------
    seed : int
        Another seed, another path.
    switches : iterable of int
        The frames at which white and black change places.
    pace : float
        Pixels per frame, at least 0 and at most 16, the way from wall to wall.

    Raises
    ------
    ValueError
        At the first frame, if an argument is out of its bounds.

    Examples
    --------
    >>> next(moving_disc()).frame.shape
    (24, 24)
    """
    switches = {whole("switches", one, least=0) for one in sequence("switches", switches)}
    pace, white = number("pace", pace, least=0, most=16), True
    dice, grid = np.random.default_rng(whole("seed", seed, least=0)), np.arange(SIDE) + 0.5
    radius, walls = 3.0, (4.0, SIDE - 4.0)
    centre = dice.uniform(*walls, 2)
    velocity = pace * _direction(dice)
    for k in itertools.count():
        if dice.random() < 0.02:
            velocity = pace * _direction(dice)
        white ^= k in switches
        distance = np.hypot(grid[None, :] - centre[0], grid[:, None] - centre[1])
        cover = np.round(np.clip(radius + 0.5 - distance, 0, 1) * 7) / 7  # soft rim, few shades
        yield Shape(cover if white else -cover, 0.8 * (centre - SIDE / 2) / (walls[1] - SIDE / 2), white)
        centre = centre + velocity
        for i in (0, 1):
            for wall, inside in zip(walls, (1, -1), strict=True):
                if inside * (centre[i] - wall) < 0:
                    centre[i], velocity[i] = 2 * wall - centre[i], -velocity[i]


def _direction(dice):
    """A unit vector in a random direction."""
    angle = dice.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])


def frames(path=SHELF / "moving_disc.gif"):
    """The frames of a video, shape (height, width), one by one: no more than one of them is in memory.

    Their brightness is 0 for the grey ground of `moving_disc`, 1 for its white, -1 for its black.

    Parameters
    ----------
    path : str or path
        An animated GIF, PNG or WebP; the video that ships by default.

    Raises
    ------
    ValueError, OSError
        At the first frame, if ``path`` is no path, or holds no picture.

    Examples
    --------
    >>> next(frames()).shape
    (24, 24)
    """
    from PIL import Image, ImageSequence

    kind("path", path, (str, PathLike), "the name of a file")
    with Image.open(path) as video:
        for image in ImageSequence.Iterator(video):
            yield (np.asarray(image.convert("L"), float) - GREY) / CONTRAST
