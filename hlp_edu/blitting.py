"""Draw again only what moved: axes, names and legends are drawn once and kept as pixels.

Text takes most of the time of a picture: ticks are placed, measured and set anew each time, although
they are mostly the same. `Canvas` keeps the pixels of everything but the curves, finds them
again by what they depend on, and draws the curves over them.
"""

from collections import OrderedDict

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

__all__ = ["Canvas"]

KEPT = 8  # frames: each takes about a megabyte
PLAIN = (bool, int, float, str, bytes, type(None))
# Attributes of an artist that change by themselves, or say where it is.
PASSING = {
    "_stale", "_transformSet", "_in_autoscale", "_invalidx", "_invalidy", "_subslice", "_tick_position", "_x", "_y",
    "_xy", "_path", "_transformed_path", "_x_filled", "_remove_method", "stale_callback",
}  # fmt: skip


class Canvas:
    """The pixels of a figure that is drawn many times with other curves.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Its axes must not overlap.

    Examples
    --------
    >>> from hlp_edu.plotting import figure
    >>> fig, (ax,) = figure()
    >>> Canvas(fig).pixels().shape
    (385, 800, 4)
    """

    def __init__(self, fig):
        self.fig = fig
        self._canvas = fig.canvas if isinstance(fig.canvas, FigureCanvasAgg) else FigureCanvasAgg(fig)
        self._frames = OrderedDict()

    def pixels(self):
        """The figure now, shape (height, width, 4): red, green, blue, opacity. The next call overwrites it."""
        split = self._split()
        if split is None:
            self._canvas.draw()
        else:
            key, moving = split
            if key in self._frames:
                self._frames.move_to_end(key)
                self._canvas.restore_region(self._frames[key])
            else:
                self._frames[key] = self._frame(moving)
                if len(self._frames) > KEPT:
                    self._frames.popitem(last=False)
            renderer = self._canvas.get_renderer()
            for artist in moving:
                artist.draw(renderer)
        return np.asarray(self._canvas.buffer_rgba())

    def _split(self):
        """What the frame depends on, and what has to be drawn over it, in order; None: draw everything."""
        fig = self.fig
        if fig.get_layout_engine() is not None or any(type(axes).__name__ != "Axes" for axes in fig.axes):
            return None
        if len(fig.get_children()) != 1 + len(fig.axes):  # a figure has a background and axes; here is more
            return None
        key, moving = [tuple(fig.bbox.bounds), fig.get_facecolor()], []
        for ax in fig.axes:
            if not ax.get_visible():
                continue
            ax.apply_aspect()
            found = _static(ax), _moving(ax)
            if None in found:
                return None
            key.append(found[0])
            moving += found[1]
        return tuple(key), moving

    def _frame(self, moving):
        """Draw all but what moves."""
        shown = [artist for artist in moving if artist.get_visible()]
        for artist in shown:
            artist.set_visible(False)
        try:
            self._canvas.draw()
        finally:
            for artist in shown:
                artist.set_visible(True)
        return self._canvas.copy_from_bbox(self.fig.bbox)


def _moving(ax):
    """Curves and the like, and the spines they may run into, from below; None if one lies below the grid."""
    legend = ax.get_legend()
    inside = [legend] if legend is not None and not _aside(legend) else []
    frame = {ax.patch, ax.xaxis, ax.yaxis, ax.title, ax._left_title, ax._right_title, legend}
    spines = [spine for spine in ax.spines.values() if ax.axison and spine.get_visible()]
    hidden = set(ax.spines.values()) if not ax.axison else set()
    found = [artist for artist in ax.get_children() if artist not in frame and artist not in hidden] + inside
    found = [artist for artist in found if artist.get_visible()]
    assert all(spine in found for spine in spines)
    below = ax.axison and any(artist.get_zorder() <= ax.xaxis.get_zorder() for artist in found)
    if below or ax.child_axes or any(artist.get_agg_filter() is not None for artist in found):
        return None
    return sorted(found, key=lambda artist: artist.get_zorder())


def _aside(legend):
    """Whether a legend is outside its axes, where no curve meets it."""
    box = legend.get_bbox_to_anchor()
    return legend._loc in (2, 3) and box.width == box.height == 0 and box.y0 >= legend.axes.bbox.y1 - 1


def _static(ax):
    """All that an axes without its curves depends on; None if that cannot be said."""
    key = [tuple(ax.bbox.bounds), ax.axison, ax.get_frame_on(), _plain(ax.patch), ax.get_aspect()]
    if ax.axison and ax.get_axisbelow() is not True:
        return None
    key += [_words(title) for title in (ax.title, ax._left_title, ax._right_title)]
    key += [tuple(ax.titleOffsetTrans.get_matrix().ravel()), ax._autotitlepos]
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        key += [axis.get_visible(), axis.get_scale(), tuple(axis.get_view_interval()), _plain(axis)]
        for which, ticker, ticks in (("major", axis.major, axis.majorTicks), ("minor", axis.minor, axis.minorTicks)):
            places = ticker.locator()
            key += [tuple(places), tuple(ticker.formatter.format_ticks(places)), _dict(axis.get_tick_params(which))]
            key.append(frozenset(map(_tick, ticks[: len(places)])))  # they may have been changed one by one
        key += [_words(axis.label), axis.label.get_visible(), axis.get_ticks_position(), axis.get_label_position()]
    legend = ax.get_legend()
    if legend is not None and _aside(legend):
        box = legend.get_bbox_to_anchor()
        patch = legend.legendPatch  # its size is known only once it was drawn
        key += [_plain(legend), tuple(box.bounds), patch.get_visible(), patch.get_facecolor(), patch.get_edgecolor()]
        key += [patch.get_linewidth(), type(patch.get_boxstyle()).__name__, _words(legend.get_title())]
        key += [_words(text) for text in legend.get_texts()]
        handles = [_handle_style(handle) for handle in legend.legend_handles]
        if None in handles:
            return None
        key += handles
    return tuple(key)


def _plain(artist):
    """The simple attributes of an artist: sizes, colours, styles."""
    return _dict(vars(artist))


def _dict(values):
    """The simple ones among named values."""
    return tuple((name, _simple(value)) for name, value in values.items() if name not in PASSING and _is_simple(value))


def _is_simple(value):
    """Whether a value is a number, a text or a sequence of these."""
    return isinstance(value, PLAIN) or isinstance(value, (tuple, list)) and all(map(_is_simple, value))


def _simple(value):
    """A value with tuples in the place of lists."""
    return tuple(map(_simple, value)) if isinstance(value, (tuple, list)) else value


def _words(text):
    """A text and its style, without its place."""
    return text.get_text(), *_style(text)


def _style(text):
    """How a text is set."""
    font = text.get_fontproperties()
    return text.get_visible(), to_rgba(text.get_color()), text.get_alpha(), text.get_rotation(), hash(font)


def _tick(tick):
    """How a tick is drawn."""
    line = tick.gridline
    grid = line.get_visible(), line.get_color(), line.get_linewidth(), line.get_linestyle(), line.get_alpha()
    return *_style(tick.label1), *_style(tick.label2), *grid, tick.tick1line.get_markersize()


def _handle_style(handle):
    """How a line, a patch or a dot of a legend is drawn; None for anything else."""
    if isinstance(handle, Line2D):
        return _plain(handle), str(handle.get_marker()), handle.get_fillstyle()
    if isinstance(handle, Patch):
        return _plain(handle), handle.get_hatch()
    if isinstance(handle, Collection):
        colours = handle.get_facecolor(), handle.get_edgecolor(), handle.get_linewidth(), handle.get_sizes()
        paths = [path.vertices.tobytes() for path in handle.get_paths()]
        return *(np.asarray(one).tobytes() for one in colours), handle.get_hatch(), *paths
    return None
