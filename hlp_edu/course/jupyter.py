"""Jupyter as the course starts it: its environment variables, and a program that takes this process's place."""

import os
import subprocess

from hlp_edu.course.files import PACKAGE

__all__ = []  # for the commands alone


def environment():
    """The environment variables for Jupyter; the user's own configuration stays as it is."""
    # `_jupyter` silences JupyterLab's question about news, and its search for updates: no network is needed.
    paths = [str(PACKAGE / "course" / "_jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    return {
        **os.environ,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths)),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel `python3` is this Python, whatever is registered elsewhere
    }


def become(command, variables):
    """Run a command in place of this process, so that Ctrl-C is the command's own."""
    print(end="", flush=True)  # also where there is no output
    if os.name != "nt":
        os.execve(command[0], command, variables)
    child = subprocess.Popen(command, env=variables)
    while True:  # Windows cannot replace a process: wait, and leave Ctrl-C to the child
        try:
            return child.wait()
        except KeyboardInterrupt:
            pass
