#!/usr/bin/env python3
"""Open the course, on a machine that has only Python:

    python3 course.py                 make .venv, install, copy the course to work/, open it in JupyterLab
    python3 course.py --no-browser    the same, and only print the address
    python3 course.py test            install the test tools too, and run every check

Only the standard library is used, and up to the check of the version this file is plain enough
for an old Python to read, so that its user gets a sentence instead of a syntax error.
"""

import argparse
import collections
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
MARK = VENV / "made-by-course.py"  # written first: this folder is ours, and may be made again
STAMP = VENV / "complete.json"  # written last: everything that it lists is installed
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
WORK = HERE / "work"
ROOM = 2e9  # bytes that an installation needs, with some air


class Trouble(Exception):
    """Something that the user can mend; the message says how."""


# ------------------------------------------------------------------------------------ the environment


def check_python(version, bounds):
    """Complain about a Python that the packages cannot be installed on; bounds as in pyproject.toml."""
    least, below = (tuple(map(int, found.split("."))) for found in re.findall(r"\d+\.\d+", bounds))
    if not least <= version < below:
        oldest, newest = f"3.{least[1]}", f"3.{below[1] - 1}"
        raise Trouble(
            f"this is Python {version[0]}.{version[1]}, and the course needs Python {oldest} to {newest}.\n"
            "Install one from python.org or with your system's package manager, then start the course with it,\n"
            f"for example: python{newest} course.py"
        )


def python_bounds():
    """Return the bounds of pyproject.toml, without tomllib, which an old Python lacks."""
    text = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^requires-python = "(.*)"', text, re.MULTILINE).group(1)


def check_venv():
    """Complain where the system's Python comes without the means to make an environment."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Trouble(
            "this Python cannot make an environment: its modules venv and ensurepip are missing.\n"
            "On Debian and Ubuntu they are the package python3-venv:\n"
            "    sudo apt install python3-venv\n"
            "Then run the same command again."
        )


def wanted_stamp(extras):
    """Describe the environment that this clone needs; another place or Python means to make it again."""
    return {
        "place": str(VENV),
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "project": hashlib.sha256((HERE / "pyproject.toml").read_bytes()).hexdigest(),
        "extras": sorted(extras),
    }


def read_stamp():
    """Return what the environment says of itself, {} if it was never finished."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def prepare(extras=()):
    """Make the environment, or bring it up to date. Either it is complete afterwards or as it was before."""
    stamp = read_stamp()
    wanted = wanted_stamp({*extras, *stamp.get("extras", ())})
    if stamp == wanted and PYTHON.exists():
        return
    usable = all(stamp.get(key) == wanted[key] for key in ("place", "python")) and PYTHON.exists()
    usable = usable and not VENV.is_symlink()  # what is behind a link is not ours to change
    if not usable:
        make_environment(stamp)
    # While pip works the environment is unfinished; should it be interrupted, the missing stamp tells.
    STAMP.unlink(missing_ok=True)
    try:
        install(wanted["extras"])
    except (Trouble, KeyboardInterrupt):
        if usable:  # what was there still serves, and the next run updates it again
            STAMP.write_text(json.dumps(stamp), encoding="utf-8")
        else:
            print("\nTidying up ...")
            remove_environment()
        raise
    STAMP.write_text(json.dumps(wanted), encoding="utf-8")
    warm_up()


def make_environment(stamp):
    """Make an empty environment in .venv, in place of an unusable one of ours."""
    check_venv()
    if os.path.lexists(str(VENV)) and (VENV.is_symlink() or not (VENV.is_dir() and not any(VENV.iterdir()))):
        if VENV.is_symlink() or not MARK.is_file():
            raise Trouble(
                f"{VENV} exists, and this script did not make it.\n"
                "It may hold something of yours, so it stays. Rename or delete it, then run the same command again."
            )
        reason = "was moved, or made by another Python" if stamp else "was never finished"
        print(f"The environment in .venv {reason}: it is made again.")
        remove_environment()
    print("Making the environment in .venv ...", flush=True)
    try:
        VENV.mkdir(exist_ok=True)
        MARK.write_text("This folder was made by course.py, which may delete it and make it again.\n")
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        remove_environment()
        raise Trouble(f"cannot make {VENV}: {error.strerror}.") from error
    except KeyboardInterrupt:
        remove_environment()
        raise
    if made.returncode:
        remove_environment()
        raise Trouble(f"cannot make {VENV}. Python says:\n{made.stdout.strip()}")


def remove_environment():
    """Remove our own environment; the mark goes last, so that a half removed one is still known as ours."""
    if VENV.is_symlink():
        return
    if MARK.is_file():
        for path in VENV.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path != MARK:
                path.unlink()
    shutil.rmtree(VENV, ignore_errors=True)


def install(extras):
    """Install the project: editable, so that a `git pull` is all an update takes."""
    project = f".[{','.join(extras)}]" if extras else "."
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    print("Installing (some 200 MB to download, 1 GB on the disk; about a minute) ...", flush=True)
    last = collections.deque(maxlen=25)
    with subprocess.Popen(
        command + ["--editable", project],
        cwd=str(HERE),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        for line in pip.stdout:
            last.append(line.rstrip())
            if sys.stdout.isatty():  # one line that shows that something happens
                print(f"\r  {line.strip():<70.70}", end="", flush=True)
    if sys.stdout.isatty():
        print("\r" + 72 * " " + "\r", end="")
    if pip.returncode:
        words = "\n".join(last)
        raise Trouble(f"the installation failed. {advice(words)}\n\npip's last words:\n{words}")


def advice(words):
    """Say in words what to do about a failed installation, from pip's last lines."""
    said = words.lower()
    if shutil.disk_usage(str(HERE)).free < ROOM or "no space left" in said:
        return "The disk is nearly full: make at least 2 GB of room, then run the same command again."
    if any(word in said for word in ("connection", "timed out", "resolve", "ssl", "proxy", "network")):
        return (
            "The packages could not be downloaded: check the network (a proxy? a firewall?), then run the same\n"
            "command again; what was downloaded is not downloaded twice."
        )
    return (
        "Run the same command again. If it fails again, try another Python (this is "
        f"{sys.version.split()[0]}; allowed is\n{python_bounds()}), or conda with environment.yml (README.md)."
    )


def warm_up():
    """Let `hlp-edu check` compile the core once, and show what it says only if something is wrong."""
    print("Examining the installation and compiling the core ...", flush=True)
    done = subprocess.run(
        hlp_edu("check"), cwd=str(HERE), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if done.returncode:
        print("Something is not right; the course may still work.\n" + done.stdout)


# ------------------------------------------------------------------------------------------- commands


def hlp_edu(*words):
    """Return the command line that runs `hlp-edu ...` in the environment."""
    return [str(PYTHON), "-m", "hlp_edu.course.cli"] + list(words)


def open_course(options):
    """Copy the course to work/ and become JupyterLab."""
    prepare()
    if subprocess.run(hlp_edu("start", str(WORK)), cwd=str(HERE)).returncode:
        return 1
    command = hlp_edu("lab", str(WORK)) + options
    sys.stdout.flush()
    os.chdir(str(HERE))
    if os.name != "nt":
        return os.execv(command[0], command)  # Ctrl-C is then JupyterLab's own
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            pass


def run_checks(options):
    """Run every check, also after one has failed, and sum up."""
    prepare(extras=["test"])
    chosen = [word for word in options if not word.startswith("-") and (HERE / word.split("::")[0]).exists()]
    everything = ["tests", "hlp_edu", "lessons", "solutions"]
    paths = [] if chosen else [name for name in everything if (HERE / name).is_dir()]
    notebooks = ["--continue-on-collection-errors", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=120"]
    notebooks += ["--nbval-sanitize-with=tests/nbval_sanitize.cfg"]
    # A file a process, on all cores; if a process crashes, the run fails (with another in its place it may never end).
    at_once = [] if chosen else ["-n", "auto", "--dist", "loadfile", "--max-worker-restart=0"]
    parts = {
        "ruff check": ["-m", "ruff", "check", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "pytest": ["-m", "pytest", "--benchmark-disable"] + at_once + notebooks + paths + options,
    }
    # Progress bars would differ from run to run in the notebooks' outputs.
    environment = dict(os.environ, TQDM_DISABLE="1", JUPYTER_PREFER_ENV_PATH="1")
    failed, begun = [], time.time()
    for name, words in parts.items():
        print(f"\n== {name}", flush=True)
        if subprocess.run([str(PYTHON)] + words, cwd=str(HERE), env=environment).returncode:
            failed.append(name)
    print(f"\n== {time.time() - begun:.0f} s: ", end="")
    print(f"FAILED: {', '.join(failed)}" if failed else f"{', '.join(parts)}: all passed")
    return 1 if failed else 0


def parse(words):
    """Return the function that was asked for, and the options that it hands on."""
    parser = argparse.ArgumentParser(
        prog="course.py",
        usage="python3 course.py [--no-browser] [--port N] [--Name=value ...]\n"
        "       python3 course.py test [options of pytest]",
        description="Open the course in JupyterLab, with everything it needs; or test it.",
        epilog="Other options, as --Name=value, are handed on to JupyterLab.",
    )
    parser.add_argument("--no-browser", action="store_true", help="start JupyterLab and only print its address")
    parser.add_argument("--port", metavar="N", help="JupyterLab's port (default: 8888, or the next free one)")
    if words[:1] == ["test"]:
        return run_checks, words[1:]
    known, rest = parser.parse_known_args(words)
    strange = [word for word in rest if not word.startswith("--")]
    if strange:
        parser.error(f"unknown argument {strange[0]!r}: must be 'test', or an option that begins with --")
    if known.port is not None and not (known.port.isdecimal() and int(known.port) <= 65535):
        parser.error(f"--port {known.port!r}: must be a whole number from 0 to 65535 (0: any free one)")
    options = ["--no-browser"] if known.no_browser else []
    options += ["--port", known.port] if known.port is not None else []
    return open_course, options + rest


def main(words):
    """Run the command line and return the exit code."""
    command, options = parse(words)
    try:
        check_python(sys.version_info[:2], python_bounds())
        return command(options)
    except Trouble as trouble:
        print(f"\ncourse.py: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. To go on, run the same command again.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
