"""Pictures: every plot draws on a given ``ax`` or returns a `Picture` that shows and describes itself.

A plot is told what a line *is* (`ROLES`), and by that its colour, line style and marker are given. All plots take
``ax`` (a matplotlib Axes to draw on, which they return; without it they return a `Picture`), ``caption`` (text below
the picture, before the words that are computed), and ``headline`` and ``more`` (the finding and a second line, drawn
above the axes; for a `Picture` only). An argument of the wrong kind raises a ValueError.

No pyplot state, no change of matplotlib's settings. Whatever a colour says, a line style, a shape or a label says too.
Numbers in captions and alt texts have two significant digits, so that another machine prints the same. What was drawn
on a given ``ax`` says `description`, in words.
"""

from hlp_edu.plotting.ladder import plot_heat, plot_ladder
from hlp_edu.plotting.lines import plot_lines
from hlp_edu.plotting.loops import Loop
from hlp_edu.plotting.networks import plot_locality, plot_network
from hlp_edu.plotting.phase import plot_phase
from hlp_edu.plotting.picture import Picture, description, figure, note, panels
from hlp_edu.plotting.runs import plot_side_by_side, plot_tracking
from hlp_edu.plotting.style import PALETTE, ROLES, Role, role
from hlp_edu.words import digits

__all__ = [
    "PALETTE", "ROLES", "Loop", "Picture", "Role", "description", "digits", "figure", "note", "panels", "plot_heat",
    "plot_ladder", "plot_lines", "plot_locality", "plot_network", "plot_phase", "plot_side_by_side", "plot_tracking",
    "role",
]  # fmt: skip
