"""The console command ``hlp-edu``: copy the course (start), open it (lab), examine it (check), and more.

A new command is a function that takes the parsed arguments and returns an exit code, and three
lines in `_parser`. What only one command needs is imported inside it, so that each starts at once.
"""

import argparse
import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from hlp_edu import __version__

DEFAULT_DIR = "hlp_edu_course"
FIRST_PAGE = "lessons/00_start_here.ipynb"
DELIVERED = ("lessons", "exercises")  # the solutions stay in the package
MANIFEST = ".hlp_edu.json"
PACKAGE = Path(__file__).resolve().parent


class CourseError(Exception):
    """Something that the user can mend; the message says how."""


# ---------------------------------------------------------------------------- start: copy the course


def course_source():
    """Where the course's notebooks lie: inside the installed wheel, or at the top of a clone.

    Returns
    -------
    pathlib.Path
        A folder that contains ``lessons``.

    Raises
    ------
    CourseError
        If the installation carries no lessons.
    """
    for source in (PACKAGE / "_course", PACKAGE.parent):
        if (source / "lessons").is_dir():
            return source
    raise CourseError("this installation carries no lessons. Install hlp_edu again, from its wheel or a clone.")


def start(arguments):
    """``hlp-edu start [DIR]``: copy lessons and exercises, and never overwrite the learner's work.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``dir``.

    Returns
    -------
    int
        Exit code 0.
    """
    source, target = course_source(), Path(arguments.dir).expanduser()
    _refuse_bad_target(source, target)
    try:
        news = deliver(source, target)
    except OSError as error:
        raise CourseError(
            f"DIR = {arguments.dir!r}: cannot write there ({error.strerror}: {error.filename}). "
            "Choose a folder that you may write to: hlp-edu start ANOTHER_DIR"
        ) from error

    copied = sum(kind in ("new", "refreshed") for kind, _, _ in news)
    print(f"The course (version {__version__}) is in {target.resolve()}: ", end="")
    print(f"{copied} new or renewed files." if copied else "nothing new.")
    for kind, name, beside in news:
        if kind == "restored":
            print(f"  {name} had been deleted; here it is again.")
        elif kind == "beside":
            print(f"  You have changed {name}: it stays as it is. The new version lies beside it: {beside}")
        elif kind == "dropped":
            print(f"  {name} is no longer part of the course; your copy stays.")
    return 0


def _refuse_bad_target(source, target):
    if target.exists() and not target.is_dir():
        raise CourseError(f"DIR = {str(target)!r}: is a file; must be a folder, new or from an earlier start")
    place = target.resolve()
    originals = [(source / part).resolve() for part in (*DELIVERED, "solutions")]
    if place.is_relative_to(PACKAGE) or any(
        (place / original.name).resolve().is_relative_to(original) for original in originals
    ):
        raise CourseError(
            f"DIR = {str(target)!r}: is where the course itself lives; must be a folder of your own, "
            f"for example {str(Path.home() / DEFAULT_DIR)!r}"
        )


def deliver(source, target):
    """Copy lessons and exercises; what the learner wrote always survives.

    A manifest in the target remembers each file as it was delivered. A file that is still what was
    delivered is replaced by a new version; one that the learner changed stays, and the new version
    is laid beside it, once. A notebook that was only run counts as unchanged.

    Parameters
    ----------
    source, target : pathlib.Path
        The course, and the learner's folder (made if missing).

    Returns
    -------
    list of (str, str, str)
        What happened ("new", "refreshed", "restored", "beside", "dropped"), to which file, and the
        name of the file laid beside it, if any. A file to which nothing happened is not listed.

    Raises
    ------
    OSError
        If the target cannot be read or written.
    """
    target.mkdir(parents=True, exist_ok=True)
    manifest = _read_manifest(target)
    news, delivered = [], set()
    try:
        for path in _course_files(source):
            name = path.relative_to(source).as_posix()
            delivered.add(name)
            new, have, known = path.read_bytes(), _read(target / name), manifest.get(name)
            entry = {"sha256": hashlib.sha256(new).hexdigest(), "written": _written(new, name)}
            if have is None:
                _write(target / name, new)
                news.append(("restored" if known else "new", name, ""))
            elif known and known["sha256"] == entry["sha256"]:
                continue  # no new version: whatever the file is by now, it is the learner's
            elif known and _written(have, name) in (known["written"], entry["written"]):
                _write(target / name, new)
                news.append(("refreshed", name, ""))
            elif _written(have, name) != entry["written"]:
                beside = _lay_beside(target, name, new, entry, manifest)
                news.append(("beside", name, beside))
            manifest[name] = entry
        for name in [name for name in manifest if name not in delivered and "beside" not in manifest[name]]:
            del manifest[name]
            news.append(("dropped", name, ""))
    finally:  # also when the disk is full half-way: what was delivered is remembered
        _write(target / MANIFEST, json.dumps({"version": __version__, "files": manifest}, indent=1).encode())
    return news


def _course_files(source):
    for part in DELIVERED:
        for path in sorted((source / part).rglob("*")):
            inside = path.relative_to(source).parts
            if path.is_file() and not any(name.startswith(".") or name == "__pycache__" for name in inside):
                yield path


def _written(data, name):
    """Fingerprint of what a person wrote: of a notebook, the text of its cells, not what running it left."""
    if name.endswith(".ipynb"):
        try:
            cells = json.loads(data)["cells"]
            texts = [[cell["cell_type"], "".join(cell["source"]), cell.get("attachments")] for cell in cells]
            # JupyterLab appends an empty cell when the last one is run.
            data = json.dumps([text for text in texts if text[1].strip() or text[2]], sort_keys=True).encode()
        except (ValueError, KeyError, TypeError):
            pass  # no notebook (any more): every byte counts
    return hashlib.sha256(data).hexdigest()


def _lay_beside(target, name, new, entry, manifest):
    path = Path(name)
    for number in itertools.count(1):
        beside = path.with_name(f"{path.stem}.new{number if number > 1 else ''}{path.suffix}").as_posix()
        have = _read(target / beside)
        if have is not None:
            fingerprint = _written(have, name)
            if fingerprint == entry["written"]:
                return beside  # it lies there already
            if fingerprint != manifest.get(beside, {}).get("written"):
                continue  # the learner has written in this one, too
        _write(target / beside, new)
        manifest[beside] = {**entry, "beside": name}
        return beside


def _read_manifest(target):
    """Return the files as delivered; without a readable manifest every difference counts as the learner's."""
    try:
        files = json.loads(_read(target / MANIFEST) or "{}").get("files", {})
        return {name: entry for name, entry in files.items() if {"sha256", "written"} <= entry.keys()}
    except (ValueError, AttributeError):
        return {}


def _read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path, data):
    """Write in one step: a full disk or a Ctrl-C leaves the old file, never half of a new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


# ------------------------------------------------------------------------------- lab: open JupyterLab


def lab(arguments):
    """``hlp-edu lab [DIR]``: open JupyterLab on the learner's folder.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``dir``, ``no_browser``, ``port`` and ``rest`` (handed on to JupyterLab).

    Returns
    -------
    int
        JupyterLab's exit code.
    """
    folder = Path(arguments.dir).expanduser().resolve()
    if not folder.is_dir():
        raise CourseError(f"DIR = {arguments.dir!r}: no such folder. Make it with: hlp-edu start {arguments.dir}")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += ["--Application.log_level=WARN"]  # the address, and what goes wrong
    if (folder / FIRST_PAGE).is_file():
        command += [f"--LabApp.default_url=/lab/tree/{FIRST_PAGE}"]
    if arguments.no_browser:
        command += ["--no-browser"]
    if arguments.port is not None:
        command += [f"--ServerApp.port={arguments.port}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command += ["--allow-root"]  # in a container everybody is root, and JupyterLab would refuse
    print("Starting JupyterLab; to end it, press Control-C here, twice.")
    return _become(command + arguments.rest, _environment())


def _environment():
    """Return the environment variables for Jupyter; the user's own configuration stays as it is."""
    # `_jupyter` silences JupyterLab's question about news, and its look for updates: no network is needed.
    paths = [str(PACKAGE / "_jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    return {
        **os.environ,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths)),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel `python3` is this Python, whatever is registered elsewhere
    }


def _become(command, environment):
    """Run a command in place of this process, so that Ctrl-C is the command's own."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execve(command[0], command, environment)
    child = subprocess.Popen(command, env=environment)
    while True:  # Windows cannot replace a process: wait, and leave Ctrl-C to the child
        try:
            return child.wait()
        except KeyboardInterrupt:
            pass


# -------------------------------------------------------------------- check: is the installation sound?


def check(arguments):
    """``hlp-edu check``: examine the installation, and warm the compiled code while doing so.

    Parameters
    ----------
    arguments : argparse.Namespace
        Not used.

    Returns
    -------
    int
        0 if all is well, 1 if there is a problem.
    """
    problems = 0
    for title, examine in CHECKS.items():
        try:
            print(f"  ok       {title}: {examine()}", flush=True)
        except Exception as error:  # whatever it is, the user should hear of it in one line
            problems += 1
            reason = str(error) if isinstance(error, CourseError) else f"{type(error).__name__}: {error}"
            print(f"  PROBLEM  {title}: {reason}", flush=True)
    print(f"{problems} of {len(CHECKS)} checks found a problem." if problems else "The installation is sound.")
    return 1 if problems else 0


def _check_python():
    from packaging.specifiers import SpecifierSet

    version = sys.version.split()[0]
    wanted = _metadata().get("Requires-Python")
    if not SpecifierSet(wanted).contains(version, prereleases=True):
        raise CourseError(f"this is Python {version}, needed is {wanted}. Install with another Python.")
    return f"{version}, {sys.executable}"


def _check_packages():
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement

    wrong, seen = [], []
    for line in _metadata().get_all("Requires-Dist", []):
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(wanted.name)
        except PackageNotFoundError:
            installed = "missing"
        seen.append(f"{wanted.name} {installed}")
        if installed == "missing" or not wanted.specifier.contains(installed, prereleases=True):
            wrong.append(f"{seen[-1]}, needed is {wanted.specifier}")
    if wrong:
        repair = f'"{sys.executable}" -m pip install --upgrade "hlp_edu"'
        if (PACKAGE.parent / "pyproject.toml").is_file():
            repair = f'"{sys.executable}" -m pip install --editable "{PACKAGE.parent}"'
        raise CourseError(f"{'; '.join(wrong)}. Repair with: {repair}")
    return ", ".join(seen)


def _metadata():
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        return metadata("hlp_edu")
    except PackageNotFoundError:
        raise CourseError(f"hlp_edu is not installed in {sys.executable}, only on its path. Use pip.") from None


def _check_kernel():
    from jupyter_client.manager import start_new_kernel

    begun = time.perf_counter()
    try:
        os.environ.update(_environment())  # where kernels are looked for
        manager, client = start_new_kernel(startup_timeout=60, kernel_name="python3", stderr=subprocess.DEVNULL)
    except Exception as error:
        raise CourseError(
            f"the kernel python3 does not start ({type(error).__name__}: {error}). Something may block "
            "connections inside this computer (a firewall?), or ipykernel is damaged: install it again with pip."
        ) from error
    try:
        said = []
        client.execute_interactive(
            "import sys; print(sys.prefix)",
            output_hook=lambda message: said.append(message["content"].get("text", "")),
            store_history=False,
            timeout=30,
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    prefix = "".join(said).strip()
    if Path(prefix).resolve() != Path(sys.prefix).resolve():
        raise CourseError(
            f"the kernel python3 runs in {prefix!r} instead of {sys.prefix!r}: a kernel of that name is "
            "registered elsewhere. See: jupyter kernelspec list"
        )
    return f"python3 starts in {time.perf_counter() - begun:.1f} s"


def _check_widgets():
    from importlib.metadata import version

    from jupyter_core.paths import jupyter_path

    extension = Path("@jupyter-widgets", "jupyterlab-manager", "package.json")
    if not any(Path(folder, extension).is_file() for folder in jupyter_path("labextensions")):
        raise CourseError(
            "JupyterLab's side of ipywidgets is missing: sliders would not show. Repair with: "
            f'"{sys.executable}" -m pip install --force-reinstall --no-deps jupyterlab_widgets'
        )
    return f"ipywidgets {version('ipywidgets')} with jupyterlab_widgets {version('jupyterlab_widgets')}"


def _check_core():
    """Run every policy, the optimum and the linear-quadratic problem once: their compiled code then lies on the disk.

    The loop in time is compiled once, for all methods and all sizes; what each policy adds is its rule.
    """
    begun = time.perf_counter()
    try:
        import hlp_edu as hlp
        from hlp_edu.linear_quadratic import LQTracking

        problem = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        raise CourseError(
            "there is no place where compiled code may be kept. Set the environment variable NUMBA_CACHE_DIR "
            "to a folder that you may write to."
        ) from error
    damped = {"dissipation_w": 30.0, "dissipation_x": 5.0}
    policies = [
        hlp.Canonical(),
        hlp.Flipped(**damped),
        hlp.Periodic(**damped),
        hlp.HamiltonianBand(**damped),
        hlp.HamiltonianServo(**damped),
        hlp.PerArc(0.03),
        hlp.GradientFlow(0.03),
        hlp.Frozen(),
    ]
    for policy in policies:
        hlp.run(problem, policy, T=0.1)
    hlp.optimum(problem, T=0.2, progress=False)
    LQTracking(-1, 1, 10, 0.1, hlp.constant(0.8)).optimal(T=0.2)
    rmse = hlp.run(problem, hlp.Flipped(**damped), T=20).rmse(after=20 / 3)
    if not rmse < 0.2:
        raise CourseError(f"five neurons follow a sinusoid with an error of {rmse:.3f}; below 0.2 is right.")
    return f"five neurons follow a sinusoid, rmse {rmse:.3f}; all in {time.perf_counter() - begun:.1f} s"


CHECKS = {
    "Python": _check_python,
    "packages": _check_packages,
    "kernel": _check_kernel,
    "sliders": _check_widgets,
    "computing": _check_core,
}


# ------------------------------------------------------------------ study: compute again what takes long


def study(arguments):
    """``hlp-edu study [NAME]``: compute a study anew and write its CSV here; without a name, list them.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``name`` and ``dir``.

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    CourseError
        If there is no such study, or its file cannot be written.
    """
    from hlp_edu.experiments import STUDIES, write_study

    if arguments.name is None:
        for name, plan in STUDIES.items():
            print(f"{name}: {plan.__doc__.splitlines()[0]}")
        return 0
    if arguments.name not in STUDIES:
        raise CourseError(f"NAME = {arguments.name!r}: must be one of {', '.join(map(repr, STUDIES))}")
    folder = Path(arguments.dir).expanduser()
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"--dir = {arguments.dir!r}: is a file; must be a folder")
    os.environ.setdefault("TQDM_DISABLE", "1")
    try:
        path = write_study(arguments.name, folder, say=lambda words: print(words, flush=True))
    except OSError as error:
        raise CourseError(f"--dir = {arguments.dir!r}: cannot write there ({error.strerror})") from error
    print(f"written: {path}")
    return 0


# --------------------------------------------------------------------------- release: make the exercises


def release(arguments):
    """``hlp-edu release [NAME ...]``: make DIR/exercises from DIR/solutions.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``names`` and ``dir``.

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    CourseError
        If nbgrader is missing, there is no such notebook, or one cannot be released.
    """
    from hlp_edu.release import exercise

    folder = Path(arguments.dir).expanduser()
    found = {
        path.parent.name: path for path in sorted(folder.glob("solutions/*/*.ipynb")) if path.stem == path.parent.name
    }
    if not found:
        raise CourseError(
            f"--dir = {arguments.dir!r}: holds no solutions/NAME/NAME.ipynb; must be a clone of the course, or a "
            "folder with solutions of your own"
        )
    for name in arguments.names or found:
        if name not in found:
            raise CourseError(f"NAME = {name!r}: must be one of {', '.join(map(repr, found))}")
        try:
            text = exercise(found[name]).encode()
        except ImportError as error:
            raise CourseError(_needs_nbgrader(error)) from error
        except ValueError as error:
            raise CourseError(str(error)) from error
        path = folder / "exercises" / name / f"{name}.ipynb"
        known = _read(path) == text
        try:
            _write(path, text)
        except OSError as error:
            raise CourseError(f"--dir = {arguments.dir!r}: cannot write there ({error.strerror})") from error
        print(f"exercises/{name}/{name}.ipynb: {'as it was' if known else 'made'}", flush=True)
    return 0


def _needs_nbgrader(error):
    clone = PACKAGE.parent
    what = f'--editable "{clone}[teach]"' if (clone / "pyproject.toml").is_file() else '"hlp_edu[teach]"'
    return f'this needs nbgrader ({error}). Install it with: "{sys.executable}" -m pip install {what}'


# ------------------------------------------------------------------------ grade: mark what was handed in


def grade(arguments):
    """``hlp-edu grade SUBMISSIONS``: mark a class with nbgrader, and give every submission a row.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``submissions``, ``out``, ``course``, ``limit``, ``cell_limit``, ``workers`` and ``again``.

    Returns
    -------
    int
        Exit code 0, also when some submissions could not be graded: the table says why.

    Raises
    ------
    CourseError
        If nbgrader is missing, a folder is not what it must be, or there is nothing to grade.
    """
    folder, out = Path(arguments.submissions).expanduser().resolve(), Path(arguments.out).expanduser().resolve()
    course = Path(arguments.course).expanduser().resolve() if arguments.course else course_source()
    if not folder.is_dir():
        raise CourseError(f"SUBMISSIONS = {arguments.submissions!r}: must be a folder with a folder for each student")
    if out.is_relative_to(folder) or folder.is_relative_to(out):
        raise CourseError(f"--out = {arguments.out!r}: must lie beside the submissions, not in or around them")
    exercises = {
        path.stem: path for path in sorted(course.glob("exercises/*/*.ipynb")) if path.stem == path.parent.name
    }
    exercises = {name: path for name, path in exercises.items() if (course / "solutions" / name / path.name).is_file()}
    if not exercises:
        raise CourseError(f"--course = {str(course)!r}: holds no exercises with solutions")
    try:
        import nbgrader  # noqa: F401

        from hlp_edu.grading import find_submissions, grade_class, read_notebook
    except ImportError as error:
        raise CourseError(_needs_nbgrader(error)) from error
    released = {name: read_notebook(path) for name, path in exercises.items()}
    submissions = find_submissions(folder, released, {path.stem for path in course.glob("lessons/*.ipynb")})
    if not submissions:
        raise CourseError(f"SUBMISSIONS = {arguments.submissions!r}: holds no notebook and no student's folder")
    waiting = sum(one.status == "to grade" for one in submissions)
    print(f"{len(submissions)} submissions, {waiting} to grade. Their code runs with your rights on this computer.")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup: a loop without end would not hear its limit
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        grade_class(
            submissions,
            course / "solutions",
            out,
            limit=arguments.limit,
            cell_limit=arguments.cell_limit,
            workers=arguments.workers,
            again=arguments.again,
            say=_say_marks,
        )
    except RuntimeError as error:
        raise CourseError(str(error)) from error
    except OSError as error:
        raise CourseError(f"--out = {arguments.out!r}: cannot write there ({error.strerror})") from error
    graded = sum(one.status == "graded" for one in submissions)
    print(
        f"{graded} graded, {len(submissions) - graded} not. In {out}: grades.csv, tasks.csv, feedback for each student."
    )
    return 0


def _say_marks(one):
    points = f"{one.points:g} of {one.possible:g}" if one.status == "graded" else "not graded"
    print(f"  {one.student:20}  {one.lesson or '?':32}  {points:>10}  {'; '.join(one.notes)}".rstrip(), flush=True)


# ----------------------------------------------------------------------------- progress: what is solved


def progress(arguments):
    """``hlp-edu progress [DIR]``: a table of what you have solved, read from your own notebooks.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``dir``.

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    CourseError
        If there is no copy of the course.
    """
    from hlp_edu.progress import progress as table

    try:
        found = table(arguments.dir)
    except ValueError as error:
        raise CourseError(str(error).replace("folder =", "DIR =")) from error
    print(found)
    print(f"\nRead from the notebooks in {found.about['folder']}, as they were last saved.")
    return 0


# --------------------------------------------------------------------------------------- command line


def _port(text):
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 0 to 65535 (0: any free one)")
    return int(text)


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number, at least 1")
    return int(text)


def _parser():
    parser = argparse.ArgumentParser(
        prog="hlp-edu",
        description="The course hlp_edu: copy it, open it, examine its installation, make its exercises.",
    )
    parser.add_argument("--version", action="version", version=f"hlp_edu {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(function, text):
        sub = commands.add_parser(function.__name__, help=text, description=text, allow_abbrev=False)
        sub.set_defaults(run=function)
        return sub

    sub = command(start, "Copy lessons and exercises to DIR. Files that you have changed are never overwritten.")
    sub.add_argument("dir", nargs="?", default=DEFAULT_DIR, metavar="DIR", help="default: %(default)s")

    sub = command(lab, "Open JupyterLab on DIR. Further options are handed on to it, as --Name=value.")
    sub.add_argument("dir", nargs="?", default=DEFAULT_DIR, metavar="DIR", help="default: %(default)s")
    sub.add_argument("--no-browser", action="store_true", help="only print the address")
    sub.add_argument("--port", type=_port, metavar="N", help="default: 8888, or the next free one")

    command(check, "Examine the installation: Python, packages, kernel, sliders, a short run.")

    sub = command(study, "Compute a long study anew and write NAME.csv. Without NAME: list the studies.")
    sub.add_argument("name", nargs="?", metavar="NAME", help="which study")
    sub.add_argument("--dir", default=".", metavar="DIR", help="where to write; default: here")

    sub = command(release, "For teachers: make the exercises from the solutions. Without NAME: all of them.")
    sub.add_argument("names", nargs="*", metavar="NAME", help="for example 01_optimal_control")
    sub.add_argument("--dir", default=".", metavar="DIR", help="the folder that holds solutions/; default: here")

    sub = command(grade, "For teachers: mark what a class handed in, with nbgrader. Nothing in SUBMISSIONS is changed.")
    sub.add_argument("submissions", metavar="SUBMISSIONS", help="STUDENT/.../NAME.ipynb, or STUDENT_LESSON.ipynb")
    sub.add_argument("--out", default="grading", metavar="DIR", help="marks and feedback; default: %(default)s")
    sub.add_argument("--course", metavar="DIR", help="with exercises/ and solutions/; default: this course")
    sub.add_argument(
        "--limit", type=_count, default=300, metavar="S", help="seconds a submission; default: %(default)s"
    )
    sub.add_argument("--cell-limit", type=_count, default=20, metavar="S", help="seconds a cell; default: %(default)s")
    sub.add_argument("--workers", type=_count, metavar="N", help="how many at a time; default: all cores")
    sub.add_argument("--again", action="store_true", help="mark also what has not changed since the last time")

    sub = command(progress, "What you have solved so far, from your own notebooks; nothing leaves this computer.")
    sub.add_argument("dir", nargs="?", metavar="DIR", help="your copy of the course; by default it is looked for")
    return parser


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, optional
        Without it, what was typed.

    Returns
    -------
    int
        Exit code: 0, or 1 for a problem that was explained.
    """
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    arguments.rest = rest
    if arguments.rest and (arguments.run is not lab or not all(word.startswith("-") for word in arguments.rest)):
        parser.error(f"unknown arguments: {' '.join(arguments.rest)}")
    try:
        return arguments.run(arguments)
    except CourseError as error:
        print(f"hlp-edu: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nhlp-edu: stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
