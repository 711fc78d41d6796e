"""Phase portraits: what is drawn, where, and what is refused."""

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu import plotting
from hlp_edu.linear_quadratic import LQTracking
from hlp_edu.plotting import ROLES

TURN = np.linspace(0, 6, 50)
SPIRAL = np.exp(-TURN) * np.cos(TURN), np.exp(-TURN) * np.sin(TURN)


def law(x, p):
    return -x - p, x - p


def test_a_portrait_says_and_shows():
    made = hlp.plot_phase(law, {"flip: in": SPIRAL, "optimum": (TURN, TURN)}, "Round and in.", rest=(0, 0))
    assert repr(made) == made.alt == "Round and in."
    (ax,) = made.axes
    paths = [line for line in ax.lines if len(line.get_xdata()) == 50]
    np.testing.assert_array_equal(paths[0].get_xydata(), np.transpose(SPIRAL))
    assert [line.get_color() for line in paths] == [ROLES["flip"].color, ROLES["optimum"].color]
    rings = [line for line in ax.lines if line.get_marker() == "o"]
    assert [tuple(ring.get_xydata()[0]) for ring in rings] == [(1, 0), (0, 0)]
    assert any(line.get_marker() == "D" for line in ax.lines)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["in", "optimum"]


def test_arrows_point_as_the_paths_look_on_the_screen():
    fig, (ax,) = plotting.figure()
    hlp.plot_phase(law, {"flip": SPIRAL}, "", ax, limits=((-3, 1), (-1, 1)))
    arrows = ax.collections[0]
    x, p = arrows.XY.T
    here = np.transpose([x, p])
    ahead = ax.transData.transform(here + 1e-6 * np.transpose(law(x, p))) - ax.transData.transform(here)
    np.testing.assert_allclose(np.arctan2(arrows.V, arrows.U), np.arctan2(*ahead.T[::-1]), atol=1e-6)
    np.testing.assert_allclose(np.hypot(arrows.U, arrows.V), 1)
    assert ax.get_xlim() == (-3, 1) and plotting.description(ax)[0] is None


def test_points_are_points():
    made = hlp.plot_phase(None, {"canonical": ([-1, 1], [0, 0])}, "Two real numbers.", points=True)
    line = made.axes[0].lines[-1]
    assert line.get_linestyle() == "None" and line.get_marker() == "P" and not made.axes[0].collections


def test_a_saddle_becomes_a_spiral():
    made = hlp.plot_saddle_and_spiral(LQTracking(-1, 1, 10, 0.1, hlp.constant(0.8)))
    left, right = made.axes
    assert left.get_aspect() == right.get_aspect() == 1.0  # equal scales
    slopes = [np.diff([line.get_xy1(), line.get_xy2()], axis=0)[0] for line in left.lines if hasattr(line, "get_xy1")]
    knife, growing = [rise / run for run, rise in slopes]
    assert knife > 0 > growing
    start = [[line for line in ax.lines if len(line.get_xdata()) > 2][0].get_xydata()[0] for ax in (left, right)]
    np.testing.assert_array_equal(*start)
    assert "winds in" in made.alt


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(paths={}), "must hold at least one path"),
        (dict(paths={"in": SPIRAL}), "'in': is not the role"),
        (dict(paths={"flip": (TURN, TURN[1:])}), "two arrays of one length"),
        (dict(paths={"flip": 3 * [TURN]}), "two arrays"),
        (dict(limits=(0, 1)), "must be"),
        (dict(limits=((1, 0), (0, 1))), "must be"),
        (dict(ax=3), "matplotlib Axes"),
    ],
)
def test_what_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        hlp.plot_phase(**(dict(law=law, paths={"flip": SPIRAL}, caption="w") | change))
