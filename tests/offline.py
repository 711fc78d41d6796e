"""Run our own command where there is no network."""

import os
import shutil
import subprocess
import sys

REFUSE = """
import socket

def refuse(*arguments, **more):
    raise OSError("there is no network here")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""


def hlp_edu(folder, *words):
    """Run ``hlp-edu WORDS`` in a network without addresses, or with sockets that refuse; returns what it said."""
    command, environment = [sys.executable, "-m", "hlp_edu.course.cli", *map(str, words)], dict(os.environ)
    apart = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and subprocess.run([*apart, "true"], capture_output=True).returncode == 0:
        command = [*apart, *command]
    else:
        (folder / "sitecustomize.py").write_text(REFUSE)
        environment["PYTHONPATH"] = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
