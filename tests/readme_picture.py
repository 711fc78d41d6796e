"""Draw the README's picture, a loop and its still: python tests/readme_picture.py"""

from pathlib import Path

import numpy as np
from matplotlib.patches import Rectangle

import hlp_edu as hlp
from hlp_edu.plotting.loops import Loop
from hlp_edu.plotting.picture import image

FIGURES = Path(__file__).parents[1] / "lessons" / "figures"
HEADLINE = "Five neurons find a wave in half a period and stay with it"
FRAMES = 80


def film():
    """The four lines of the README, and their picture revealed in time; the target is there from the beginning."""
    problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid(), q=100, r_w=1, r=0.1, speed=20)
    online = hlp.run(problem, hlp.Flipped(dissipation_w=30, dissipation_x=5), T=20)

    def draw(ax, t):
        hlp.plot_tracking(online, ax=ax)
        for panel in ax.figure.axes:
            for part in [*panel.lines, *panel.collections]:
                if part.get_linestyle() != "--":
                    part.set_clip_path(Rectangle((0, 0), t, 1, transform=panel.get_xaxis_transform()))
        (output,) = (line for line in ax.lines if line.get_linestyle() == "-")
        ax.plot(t, np.interp(t, *output.get_data()), "o", color=output.get_color(), clip_on=False)
        return f"The output until t = {t:.1f}."

    return Loop(draw, 20 * np.linspace(0, 1, FRAMES + 1)[1:], headline=HEADLINE, seconds=8, hold=2)


if __name__ == "__main__":
    loop = film()
    (FIGURES / "tracking.webp").write_bytes(loop.webp())
    image(loop.fig).quantize(64).save(FIGURES / "tracking.png", optimize=True)
