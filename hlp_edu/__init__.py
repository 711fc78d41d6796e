"""hlp_edu: learning as optimal control of a network's weights, taught by running code.

A problem is a network, a target and a cost. It is run forward in time under a policy,
which gives a trajectory; a trajectory is plotted; a plot is put under sliders:

>>> import hlp_edu as hlp
>>> problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
>>> online = hlp.run(problem, hlp.Flipped(dissipation_w=30, dissipation_x=5), T=1.0)
>>> online.x.shape
(1001, 5)

Arguments are checked everywhere: what is out of its bounds, of the wrong length or kind, or unknown, raises a
ValueError that names the argument, what was given and what is allowed.
"""

import importlib
import sys
import types

from hlp_edu._version import __version__ as __version__

# Every name is loaded on first use (PEP 562), so that `import hlp_edu` does not wait for the
# compiler, for networkx or for matplotlib.
_home = {
    "Network": "network",
    "fully_connected": "network",
    "feed_forward": "network",
    "chain": "network",
    "sinusoid": "signals",
    "patchwork": "targets",
    "steps": "signals",
    "recorded": "targets",
    "constant": "signals",
    "Tracking": "problem",
    "Policy": "policies",
    "Canonical": "policies",
    "Flipped": "policies",
    "Periodic": "switching",
    "HamiltonianBand": "switching",
    "HamiltonianServo": "switching",
    "PerArc": "switching",
    "GradientFlow": "policies",
    "ProspectiveFlow": "prospective",
    "ProspectiveSteering": "prospective",
    "Frozen": "policies",
    "run": "flow",
    "runs": "batch",
    "stream": "stream",
    "progress": "course.progress",
    "optimum": "optimum",
    "cost_gradient": "optimum",
    "mpc": "mpc",
    "compare": "compare",
    "sweep": "compare",
    "study": "studies",
    "Trajectory": "trajectory",
    "Picture": "plotting",
    "Loop": "plotting",
    "plot_tracking": "plotting",
    "plot_network": "plotting",
    "plot_side_by_side": "plotting",
    "plot_lines": "plotting",
    "plot_ladder": "plotting",
    "plot_heat": "plotting",
    "plot_phase": "plotting",
    "plot_locality": "plotting",
    "Explorer": "widgets.explorer",
    "Live": "widgets.live",
    "Spiral": "widgets.live",
}

__all__ = sorted(_home)


def __getattr__(name):
    if name not in _home:
        raise AttributeError(f"module 'hlp_edu' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(f"hlp_edu.{_home[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted([*globals(), *__all__])


class _Package(types.ModuleType):
    """`optimum` and others are functions and files; here the functions are meant, whatever was imported first."""

    def __setattr__(self, name, value):
        if isinstance(value, types.ModuleType) and _home.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
