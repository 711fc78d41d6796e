"""A short loop: one drawing for many values, shown one after the other; and a still where nothing may move."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from hlp_edu.plotting.picture import LOSSLESS, Picture, as_text, figure, image, reduced
from hlp_edu.plotting.style import styled
from hlp_edu.validate import kind, number, sequence, whole

__all__ = ["Loop"]

# Pixels a dot: a frame is seen for a tenth of a second, and at 2 a loop would weigh more than twice as much.
DENSITY = 1
MOST = 100  # frames


class Loop(Picture):
    """One drawing for many values, one after the other without end; print and viewers show a still.

    The still has the caption and the alt text. A page shows it where the reader prefers reduced motion, on paper, and
    in a notebook that is not trusted.

    Parameters
    ----------
    draw : callable
        ``draw(ax, value)``, as for an `Explorer`: draws on ``ax``, or with ``panels`` above 1 on a list of axes, and
        returns a sentence that says what is to be seen. What does not move should have fixed limits.
    values : array_like
        From 2 to 100 values, one for each frame.
    panels, inches : int and float
        How many axes side by side, and their height.
    still : int or Picture
        The place of the frame that carries the point by itself (from -1 backward), or a picture of its own.
    seconds, hold : float
        How long one round takes, and how much longer the last frame stays.
    caption, headline, more : str, optional
        As for all plots: `hlp_edu.plotting`.

    Raises
    ------
    ValueError
        If there are too few or too many values, ``still`` is none of them, or another argument is of the wrong kind.

    Examples
    --------
    >>> from hlp_edu.plotting import plot_lines
    >>> def draw(ax, slope):
    ...     plot_lines({"output": ([0, 1], [0, slope])}, ax=ax, ylim=(0, 3))
    ...     return f"A line of slope {slope}."
    >>> Loop(draw, [1, 2, 3], headline="It gets steeper")
    It gets steeper. A line of slope 3.
    """

    def __init__(
        self, draw, values, panels=1, *, inches=2.9, still=-1, seconds=4.0, hold=0.0, caption=None, headline="", more=""
    ):
        kind("draw", draw, Callable, "a function draw(ax, value)")
        values, self.frames = sequence("values", values), []
        count = whole("the number of values", len(values), least=2, most=MOST)
        self.seconds = number("seconds", seconds, above=0, most=3600)
        self.hold = number("hold", hold, least=0, most=3600)
        place = None if isinstance(still, Picture) else whole("still", still, least=-count, most=count - 1) % count
        for k, value in enumerate(values):
            fig, axes = figure(panels, height=inches)
            with styled():
                said = draw(axes[0] if panels == 1 else axes, value)
            frame = Picture(fig, said, caption or said, headline, more)
            self.frames.append(image(fig, DENSITY))
            still = frame if k == place else still
        self.fig, self.alt, self.caption = still.fig, still.alt, still.caption

    def webp(self):
        """The loop as the bytes of an animated WEBP file."""
        few = np.vstack(self.frames[:: max(1, len(self.frames) // 6)])  # one palette for all, or colours would flicker
        palette = reduced(Image.fromarray(few))
        shown = [frame.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB") for frame in self.frames]
        times = [round(1000 * self.seconds / len(shown))] * len(shown)
        times[-1] += round(1000 * self.hold)
        file, small = io.BytesIO(), LOSSLESS | dict(kmin=0, kmax=0)  # one key frame
        shown[0].save(file, "WEBP", save_all=True, append_images=shown[1:], duration=times, loop=0, **small)
        return file.getvalue()

    def _moving(self, still):
        """The still, and the loop for a screen that may move."""
        return (
            '<picture><source media="screen and (prefers-reduced-motion: no-preference)" type="image/webp" '
            f'srcset="data:image/webp;base64,{as_text(self.webp())}">{still}</picture>'
        )
