#!/usr/bin/env python3
"""Install the course from this folder, without a network, and open it.

    python3 start.py                 make environment/, copy the course to my_course/, open it in JupyterLab
    python3 start.py --no-browser    the same, and only print the address
    python3 start.py --no-lab        install and copy only

On Windows: py start.py. Only the standard library is used, and an old Python can read this file, so that its user
gets a sentence instead of a syntax error. `hlp-edu pack` copies it into the pack.
"""

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = []  # a program of its own

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / "environment"
MARK = ENVIRONMENT / "made-by-start.py"  # written first: this folder is ours, and may be made again
STAMP = ENVIRONMENT / "complete.json"  # written last: the environment is whole
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
COURSE = HERE / "my_course"
DISK = 1.5e9  # bytes that an installation needs, with some air
MACHINES = {
    ("linux", "x86_64"): "linux",
    ("linux", "aarch64"): "linux-arm",
    ("darwin", "arm64"): "macos",
    ("darwin", "x86_64"): "macos-intel",
    ("win32", "amd64"): "windows",
}


class Trouble(Exception):
    """Something that the user can mend; the message says how."""


def this_machine():
    """Name the platform and the Python that this is; "" for a platform that has no name here."""
    return MACHINES.get((sys.platform, platform.machine().lower()), ""), f"{sys.version_info[0]}.{sys.version_info[1]}"


def read_pack():
    """Read what the pack holds, and complain if a part of it is missing."""
    try:
        pack = json.loads((HERE / "pack.json").read_text(encoding="utf-8"))
        files = sorted(pack["files"].items())
        found = {"hlp_edu": str(pack["hlp_edu"]), "targets": [(name, version) for name, version in pack["targets"]]}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise Trouble("there is no sound pack.json beside start.py: copy the whole folder again.") from None
    for name, size in files:
        path = HERE / name
        if not path.is_file() or path.stat().st_size != size:
            raise Trouble(f"{name} is missing or damaged: copy the whole folder again.")
    return found


def check_machine(pack):
    """Complain about a computer or a Python that the pack was not made for."""
    machine, python = this_machine()
    if (machine, python) in pack["targets"]:
        return
    fitting = [version for name, version in pack["targets"] if name == machine]
    if fitting:
        command = "py -" if os.name == "nt" else "python"
        raise Trouble(
            f"this is Python {python}, and the pack has what Python {' or '.join(fitting)} needs.\n"
            f"If you have that one, start with it: {command}{fitting[-1]} start.py"
        )
    made = ", ".join(f"{name} with Python {version}" for name, version in pack["targets"])
    raise Trouble(f"the pack was made for {made}. This is {machine or sys.platform} with Python {python}.")


def prepare(pack):
    """Make the environment, unless it is whole. Either it is complete afterwards, or it is gone."""
    wanted = {"place": str(ENVIRONMENT), "python": this_machine()[1], "hlp_edu": pack["hlp_edu"]}
    try:
        if json.loads(STAMP.read_text(encoding="utf-8")) == wanted and PYTHON.exists():
            return
    except (OSError, ValueError):
        pass
    if os.path.lexists(str(ENVIRONMENT)) and not MARK.is_file():
        raise Trouble(f"{ENVIRONMENT} exists, and this script did not make it. Rename it, then start again.")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Trouble("this Python lacks the modules venv and ensurepip; on Debian and Ubuntu: python3-venv.")
    if shutil.disk_usage(str(HERE)).free < DISK:
        raise Trouble("the disk is nearly full: the course needs 1.5 GB of room.")
    shutil.rmtree(str(ENVIRONMENT), ignore_errors=True)
    try:
        install(wanted)
    except BaseException:
        shutil.rmtree(str(ENVIRONMENT), ignore_errors=True)
        raise


def install(wanted):
    """Install the wheels of the pack into a new environment, and compile what takes time once."""
    print("Making the environment (a minute or two; no network is used) ...", flush=True)
    try:
        ENVIRONMENT.mkdir()
        MARK.write_text("This folder was made by start.py, which may delete it and make it again.\n")
    except OSError as error:
        raise Trouble(
            f"cannot write to {HERE} ({error.strerror}). Copy the folder from the stick to your disk first."
        ) from None
    run([sys.executable, "-m", "venv", str(ENVIRONMENT)], "cannot make the environment")
    # --isolated: neither a configuration nor the variables of this computer's pip have a say.
    pip = [str(PYTHON), "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
    wheels = ["--no-index", "--find-links", str(HERE / "wheels"), "hlp_edu==" + wanted["hlp_edu"]]
    run(pip + wheels, "the installation failed")
    print("Examining the installation and compiling the core ...", flush=True)
    try:
        run(hlp_edu("check"), "something is not right; the course may still work")
    except Trouble as trouble:
        print(f"\nstart.py: {trouble}", file=sys.stderr)
    STAMP.write_text(json.dumps(wanted), encoding="utf-8")


def run(command, failure):
    """Run a command in silence; if it fails, its last words are shown."""
    done = subprocess.run(
        command, cwd=str(HERE), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if done.returncode:
        raise Trouble(failure + ":\n" + "\n".join(done.stdout.strip().splitlines()[-12:]))


def hlp_edu(*words):
    """Return the command line that runs `hlp-edu ...` in the environment."""
    return [str(PYTHON), "-m", "hlp_edu.course.cli"] + list(words)


def main(words=None):
    """Install, copy the course and open it; the exit code is 0, or 1 for a problem that was explained."""
    parser = argparse.ArgumentParser(description="Install the course from this folder, without a network, and open it.")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", help="where JupyterLab listens; default: 8888, or the next free one")
    parser.add_argument("--no-lab", action="store_true", help="install and copy the course, and open nothing")
    arguments = parser.parse_args(words)
    try:
        pack = read_pack()
        check_machine(pack)
        prepare(pack)
        code = subprocess.run(hlp_edu("start", str(COURSE))).returncode
        if code or arguments.no_lab:
            return code
        command = hlp_edu("lab", str(COURSE)) + ["--no-browser"] * arguments.no_browser
        if arguments.port:
            command += ["--port", arguments.port]
        child = subprocess.Popen(command)
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # Control-C is JupyterLab's own
                pass
    except Trouble as trouble:
        print(f"\nstart.py: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Start again at any time.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
