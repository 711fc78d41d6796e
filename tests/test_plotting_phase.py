"""Phase portraits: what is drawn, where, and what is refused."""

import numpy as np
import pytest

import hlp_edu as hlp
from hlp_edu import plotting

TURN = np.linspace(0, 6, 50)
SPIRAL = np.exp(-TURN) * np.cos(TURN), np.exp(-TURN) * np.sin(TURN)


def law(x, p):
    return -x - p, x - p


def test_a_portrait_says_and_shows():
    picture = hlp.plot_phase(law, {"in": SPIRAL, "out": (TURN, TURN)}, "Round and in.", rest=(0, 0))
    assert repr(picture) == picture.alt == "Round and in."
    (ax,) = picture.axes
    named = {line.get_label(): line for line in ax.lines}
    np.testing.assert_array_equal(named["in"].get_xydata(), np.transpose(SPIRAL))
    assert named["in"].get_linestyle() != named["out"].get_linestyle()
    rings = [line for line in ax.lines if line.get_marker() == "o"]
    assert [tuple(ring.get_xydata()[0]) for ring in rings] == [(1, 0), (0, 0)]
    assert any(line.get_marker() == "D" for line in ax.lines)


def test_arrows_point_as_the_paths_look_on_the_screen():
    fig, (ax,) = plotting.figure()
    hlp.plot_phase(law, {"in": SPIRAL}, "", ax, limits=((-3, 1), (-1, 1)))
    arrows = ax.collections[0]
    x, p = arrows.XY.T
    ahead = ax.transData.transform(np.transpose([x, p]) + 1e-6 * np.transpose(law(x, p))) - ax.transData.transform(
        np.transpose([x, p])
    )
    np.testing.assert_allclose(np.arctan2(arrows.V, arrows.U), np.arctan2(*ahead.T[::-1]), atol=1e-6)
    np.testing.assert_allclose(np.hypot(arrows.U, arrows.V), 1)
    assert ax.get_xlim() == (-3, 1) and plotting.description(ax)[0] is None


def test_points_are_points():
    picture = hlp.plot_phase(None, {"canonical": ([-1, 1], [0, 0])}, "Two real numbers.", points=True)
    line = picture.axes[0].lines[-1]
    assert line.get_linestyle() == "None" and line.get_marker() == "o" and not picture.axes[0].collections


def test_names_stand_where_they_are_needed():
    def legend(**arguments):
        return (
            hlp.plot_phase(law, arguments.pop("paths", {"in": SPIRAL, "out": SPIRAL}), "w", **arguments)
            .axes[0]
            .get_legend()
        )

    assert [text.get_text() for text in legend().get_texts()] == ["in", "out"]
    assert legend(legend=False) is None and legend(paths={"in": SPIRAL}) is None
    assert legend(paths={"in": SPIRAL}, points=True) is not None


def test_it_can_be_cleared_for_an_explorer():
    fig, (ax,) = plotting.figure()
    hlp.plot_phase(law, {"in": SPIRAL}, "", ax)
    assert plotting.clear_axes(ax) and not ax.lines and not ax.collections


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(paths={}), "there must be 1 to 6"),
        (dict(paths={str(k): SPIRAL for k in range(7)}), "7 given"),
        (dict(paths={"in": (TURN, TURN[1:])}), "two arrays of one length"),
        (dict(paths={"in": 3 * [TURN]}), "two arrays"),
        (dict(limits=(0, 1)), "must be"),
        (dict(limits=((1, 0), (0, 1))), "must be"),
        (dict(ax=3), "matplotlib Axes"),
    ],
)
def test_what_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        hlp.plot_phase(**(dict(law=law, paths={"in": SPIRAL}, words="w") | change))
