"""The same axes for the next drawing: making axes and ticks takes longer than drawing on them."""

import numpy as np
from PIL import Image

from hlp_edu.plotting.picture import STRIP, WORDS, encoded, plain_axes
from hlp_edu.plotting.style import styled

__all__ = []  # for the explorer alone


def scales(fig):
    """What chooses and writes the numbers of each axis, for `clear`."""
    axes = [axis for ax in plain_axes(fig) for axis in (ax.xaxis, ax.yaxis)]
    return {axis: (axis.get_major_locator(), axis.get_minor_locator(), axis.get_major_formatter()) for axis in axes}


def clear(fig, kept):
    """Take off a figure what was drawn on it, but not axes and ticks; ``kept`` are its `scales` before that."""
    for axis, (major, minor, formatter) in kept.items():
        if axis.get_major_locator() is not major:  # a logarithmic axis, ticks of one's own
            axis.axes.set(**{f"{axis.axis_name}scale": "linear"})
            axis.set_major_locator(major)
            axis.set_minor_locator(minor)
            axis.set_major_formatter(formatter)
    for artist in (*fig.texts, *fig.legends):
        artist.remove()
    for ax in fig.axes:
        drawn = *ax.lines, *ax.collections, *ax.patches, *ax.texts, *ax.images, *ax.tables, *ax.artists
        for artist in (*drawn, *filter(None, [ax.get_legend()])):
            artist.remove()
        ax.containers.clear()
        ax.set_prop_cycle(None)
        for side in ("left", "center", "right"):
            ax.set_title("", loc=side)
        ax.set_axis_on()
        ax.relim()
        ax.margins(0.05)
        ax.set(xlabel="", ylabel="")
        if ax.get_xscale() == ax.get_yscale() == "linear":
            ax.set_xlim(0, 1, auto=True)  # auto: or the limits of the strip would end its autoscaling
            ax.set_ylim(0, 1, auto=True)
        WORDS.pop(ax, None)
        if ax.get_label() == STRIP:
            ax.set_visible(False)
        elif ax.get_subplotspec() is not None:
            ax.set_position(ax.get_subplotspec().get_position(fig))
            ax.tick_params("x", labelbottom=True)


def frames(fig):
    """What `clear` leaves, to tell whether a drawing changed it: a scale, an aspect, ticks, edges, more axes."""
    seen = []
    for ax in plain_axes(fig):
        seen += [ax, ax.get_aspect(), ax.get_adjustable(), ax.get_facecolor(), ax.get_axisbelow()]
        seen += [*ax.child_axes, *((spine.get_visible(), spine.get_edgecolor()) for spine in ax.spines.values())]
        for axis in (ax.xaxis, ax.yaxis):
            seen += [axis.get_scale(), axis.get_visible(), axis.get_major_locator(), axis.get_minor_locator()]
            seen += [axis.get_major_formatter(), axis.get_label_position(), axis.get_ticks_position()]
            seen += [axis.get_tick_params("major"), axis.get_tick_params("minor"), axis.label.get_size()]
            seen += [axis.label.get_color(), axis.label.get_visible(), axis.labelpad]
    return seen


@styled()
def png(fig):
    """The figure as the bytes of a PNG file, at once; few colours make it quicker to write, to send and to read."""
    fig.canvas.draw()
    drawn = Image.fromarray(np.asarray(fig.canvas.buffer_rgba())).convert("RGB")
    return encoded(drawn, "PNG", counts=(64,), compress_level=1)
