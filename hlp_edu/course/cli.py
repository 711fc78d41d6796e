"""The console command ``hlp-edu``: copy the course (start), open it (lab), examine it (check), and more.

A new command is a function that takes the parsed arguments and returns an exit code, and three
lines in `_parser`. What only one command needs is imported inside it, so that each starts at once.
"""

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path

from hlp_edu._version import __version__
from hlp_edu.course.deliver import FULL, deliver, refuse_bad_target
from hlp_edu.course.files import DEFAULT_DIR, FIRST_PAGE, CourseError, course_source, to_install
from hlp_edu.course.installation import CHECKS, cache_explained
from hlp_edu.course.jupyter import become, environment
from hlp_edu.storage import atomic_write

__all__ = ["main"]

IN_A_CONTAINER = """\
Where the system cannot keep strangers' code apart (grade says so when it begins), grade in a container,
made from Containerfile in a clone with: podman build -t hlp_edu .

    podman run --rm --network none --read-only --tmpfs /tmp:size=4g --memory 8g --pids-limit 1000 \\
        -v ./submissions:/in:ro -v ./grading:/work/grading hlp_edu hlp-edu grade /in"""


@contextlib.contextmanager
def explained(option, value, options=None, extra=""):
    """Say in words what the user can mend: what cannot be written there, or is wrong with one of ``options``.

    They are {name of the argument inside: name of the option}.
    """
    try:
        yield
    except ImportError as error:
        if not extra:
            raise
        install = f'"{sys.executable}" -m pip install {to_install(extra)}'
        raise CourseError(f"this needs the extra {extra!r} ({error}). Install it with: {install}") from error
    except ValueError as error:
        if not options:
            raise
        name, equals, rest = str(error).partition(" =")
        raise CourseError(options.get(name, name) + equals + rest) from error
    except BrokenPipeError:  # the program that read our output has ended: that is for `main`
        raise
    except OSError as error:
        raise CourseError(f"{option} = {value!r}: cannot write there ({error.strerror or error})") from error


def path_of(option, text):
    """The path that an option gives; a CourseError if it is none, or cannot be looked at."""
    try:
        if not text:
            raise ValueError("it is empty")
        path = Path(text).expanduser()
        os.stat(os.path.join(path, "."))  # "." fails also where a folder may not be entered
    except (FileNotFoundError, NotADirectoryError):
        for one in (path, *path.parents):
            if one.is_symlink() and not one.exists():
                raise CourseError(f"{option} = {text!r}: {str(one)!r} is a link to a place that is not there") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(f"{option} = {text!r}: cannot be used ({reason}); must be a path that you may use") from None
    return path


def say(words):
    """Print at once."""
    print(words, flush=True)


# ---------------------------------------------------------------------------- start: copy the course


def start(arguments):
    """``hlp-edu start [DIR]``: copy lessons and exercises, and never overwrite the learner's work."""
    source, target = course_source(), path_of("DIR", arguments.dir)
    refuse_bad_target(source, target)
    try:
        news = deliver(source, target)
    except OSError as error:
        if error.errno in FULL:
            raise CourseError(
                f"DIR = {arguments.dir!r}: the disk is full ({error.strerror}). Nothing of yours was lost; make some "
                "room, then run the same command again."
            ) from error
        raise CourseError(
            f"DIR = {arguments.dir!r}: cannot write there ({error.strerror}: {error.filename}). "
            "Choose a folder that you may write to: hlp-edu start ANOTHER_DIR"
        ) from error

    copied = sum(kind in ("new", "refreshed") for kind, _, _ in news)
    print(f"The course (version {__version__}) is in {target.resolve()}: ", end="")
    print(f"{copied} new or renewed files." if copied else "nothing new.")
    for kind, name, more in news:
        if kind == "restored":
            print(f"  {name} had been deleted; here it is again.")
        elif kind == "beside":
            print(f"  You have changed {name}: it stays as it is. The new version is beside it: {more}")
        elif kind == "blocked":
            print(f"  {more} and stays; {name} was not copied. Rename or mend what is in the way to get it.")
        elif kind == "failed":
            print(f"  {name} cannot be brought up to date ({more}): it stays as it is.")
        elif kind == "dropped":
            print(f"  {name} is no longer part of the course; your copy stays.")
    return 0


# ------------------------------------------------------------------------------- lab: open JupyterLab


def lab(arguments):
    """``hlp-edu lab [DIR]``: open JupyterLab on the learner's folder."""
    folder = path_of("DIR", arguments.dir).resolve()
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
        command += ["--allow-root"]  # in a container the user is root, and JupyterLab would refuse
    _make_runtime_folder()
    print("Starting JupyterLab; to end it, press Control-C here, twice.")
    return become(command + arguments.rest, environment())


def _make_runtime_folder():
    """Make the folder in which Jupyter keeps its connections, or say why there is none."""
    from jupyter_core.paths import jupyter_runtime_dir

    try:
        os.makedirs(jupyter_runtime_dir(), mode=0o700, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"JupyterLab cannot write to {jupyter_runtime_dir()} ({error.strerror}). Set the environment variable HOME "
            "to a folder that you may write to, or JUPYTER_RUNTIME_DIR"
        ) from error


# -------------------------------------------------------------------- check: is the installation sound?


def check(arguments):
    """``hlp-edu check``: examine the installation, and warm the compiled code while doing so."""
    problems = 0
    for title, examine in CHECKS.items():
        try:
            print(f"  ok       {title}: {examine()}", flush=True)
        except Exception as error:  # whatever it is, the user is told in one line
            problems += 1
            reason = str(error) if isinstance(error, CourseError) else f"{type(error).__name__}: {error}"
            print(f"  PROBLEM  {title}: {reason}", flush=True)
    print(f"{problems} of {len(CHECKS)} checks found a problem." if problems else "The installation is sound.")
    return 1 if problems else 0


# ------------------------------------------------------------------ study: compute again what takes long


def study(arguments):
    """``hlp-edu study [NAME]``: compute a study anew and write its CSV here; without a name, list them."""
    from hlp_edu.studies import STUDIES, write_study

    if arguments.name is None:
        for name, plan in STUDIES.items():
            print(f"{name}: {plan.__doc__.splitlines()[0]}")
        return 0
    if arguments.name not in STUDIES:
        raise CourseError(f"NAME = {arguments.name!r}: must be one of {', '.join(map(repr, STUDIES))}")
    folder = path_of("--dir", arguments.dir)
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"--dir = {arguments.dir!r}: is a file; must be a folder")
    os.environ.setdefault("TQDM_DISABLE", "1")
    with explained("--dir", arguments.dir):
        path = write_study(arguments.name, folder, say)
    print(f"written: {path}")
    return 0


# ------------------------------------------------------------------ page: an instrument as a page of its own


def page(arguments):
    """``hlp-edu page NAME FILE``: write an instrument as one self-contained page."""
    from hlp_edu.widgets import page as write_page

    file = path_of("FILE", arguments.file)
    with explained("FILE", arguments.file, {"path": "FILE"}):
        try:
            path = write_page(file, arguments.name)
        except FileExistsError:
            raise CourseError(f"FILE = {arguments.file!r}: exists already; choose another name") from None
    print(f"written: {path}; open it in any browser, it needs no network")
    return 0


# --------------------------------------------------------------------------- release: make the exercises


def release(arguments):
    """``hlp-edu release [NAME ...]``: make DIR/exercises from DIR/solutions; with --bank draw DIR/bank's tasks."""
    from hlp_edu.course.teaching.release import exercise

    folder = path_of("--dir", arguments.dir)
    if arguments.bank is not None:
        return _release_bank(arguments, folder / "bank")
    if arguments.seed is not None:
        raise CourseError("--seed: is for --bank alone; the exercises are the same for all")
    found = _notebooks(folder, "solutions")
    if not found:
        raise CourseError(
            f"--dir = {arguments.dir!r}: holds no solutions/NAME/NAME.ipynb; must be a clone of the course, or a "
            "folder with solutions of your own"
        )
    for name in arguments.names or found:
        if name not in found:
            raise CourseError(f"NAME = {name!r}: must be one of {', '.join(map(repr, found))}")
        path = folder / "exercises" / name / f"{name}.ipynb"
        with explained("--dir", arguments.dir, {"folder": "--dir"}, "teach"):
            text = exercise(found[name]).encode()
            known = path.is_file() and path.read_bytes() == text
            atomic_write(path, text)
        say(f"exercises/{name}/{name}.ipynb: {'as it was' if known else 'made'}")
    return 0


def _notebooks(folder, part):
    """The exercises or the solutions in a folder, by their names."""
    paths = sorted(folder.glob(f"{part}/*/*.ipynb"))
    return {path.stem: path for path in paths if path.stem == path.parent.name}


def _release_bank(arguments, source):
    """Draw the tasks of a teacher's bank: a notebook a lesson for students, and a secret folder."""
    import secrets

    out = path_of("--bank", arguments.bank)
    if not source.is_dir():
        raise CourseError(f"--dir = {arguments.dir!r}: must hold a folder bank: a clone of the course, or your own")
    os.environ.setdefault("TQDM_DISABLE", "1")
    options = {"out": "--bank", "lessons": "NAME", "folder": "--dir"}
    with explained("--bank", arguments.bank, options, "teach"):
        from hlp_edu.course.teaching.bank import release as draw

        draw(source, out, arguments.seed or secrets.token_hex(8), arguments.names, say)
    print(f"Hand out {out / 'students'}. Keep {out / 'secret'}: it has solutions, right values and your seed.")
    return 0


# ------------------------------------------------------------------------ grade: mark what was handed in


def grade(arguments):
    """``hlp-edu grade SUBMISSIONS``: mark a class with nbgrader, and give every submission a row."""
    folder, out = path_of("SUBMISSIONS", arguments.submissions).resolve(), path_of("--out", arguments.out).resolve()
    option, place = ("--course", arguments.course) if arguments.bank is None else ("--bank", arguments.bank)
    course = course_source() if place is None else path_of(option, place).resolve()
    if not folder.is_dir():
        raise CourseError(f"SUBMISSIONS = {arguments.submissions!r}: must be a folder with a folder for each student")
    if out.is_relative_to(folder) or folder.is_relative_to(out):
        raise CourseError(f"--out = {arguments.out!r}: must be beside the submissions, not in or around them")
    solved = _notebooks(course, "solutions")
    exercises = {name: path for name, path in _notebooks(course, "exercises").items() if name in solved}
    if not exercises:
        raise CourseError(f"{option} = {str(course)!r}: holds no exercises with solutions")
    with explained(option, place, {"folder": option}, "teach"):
        import nbgrader  # noqa: F401

        from hlp_edu.course.teaching.bank import Bank
        from hlp_edu.course.teaching.contained import how
        from hlp_edu.course.teaching.grading import find_submissions, grade_class, read_released

        bank = Bank(course) if option == "--bank" else None
    released = {name: read_released(path) for name, path in exercises.items()}
    others = [*course_source().glob("lessons/*.ipynb"), *course_source().glob("exercises/*/*.ipynb")] if bank else []
    others += course.glob("lessons/*.ipynb")
    submissions = find_submissions(folder, released, {path.stem for path in others})
    if not submissions:
        raise CourseError(f"SUBMISSIONS = {arguments.submissions!r}: holds no notebook and no student's folder")
    waiting = sum(one.status == "to grade" for one in submissions)
    say(f"{len(submissions)} submissions, {waiting} to grade. {how()}")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup: a loop without end would ignore its limit
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings = {name: getattr(arguments, name) for name in ("limit", "cell_limit", "memory", "again", "workers")}
    with explained("--out", arguments.out):
        try:
            grade_class(submissions, course / "solutions", out, say=_say_marks, bank=bank, **settings)
        except RuntimeError as error:
            raise CourseError(str(error)) from error
    graded = sum(one.status == "graded" for one in submissions)
    print(
        f"{graded} graded, {len(submissions) - graded} not. In {out}: grades.csv, tasks.csv, feedback for each student."
    )
    return 0


def _say_marks(one):
    points = f"{one.points:g} of {one.possible:g}" if one.status == "graded" else "not graded"
    say(f"  {one.student:20}  {one.lesson or '?':32}  {points:>10}  {'; '.join(one.notes)}".rstrip())


# -------------------------------------------------------------- site and slides: the course to look at


def site(arguments):
    """``hlp-edu site OUT``: write the course as a web site that needs no network."""
    from hlp_edu.course.teaching.site import build_site

    for line in _write_folder(arguments, build_site):
        print(f"  {line}")
    print(f"written: {arguments.out}; open index.html in any browser, it needs no network")
    return 0


def slides(arguments):
    """``hlp-edu slides OUT``: write the lessons as decks of slides that need no network."""
    from hlp_edu.course.teaching.slides import build_slides

    counts = _write_folder(arguments, build_slides)
    print(f"written: {arguments.out}, {len(counts)} decks with {sum(counts.values())} slides; open index.html")
    return 0


def _write_folder(arguments, build):
    from hlp_edu.course.teaching.place import make

    out = path_of("OUT", arguments.out)
    with explained("OUT", arguments.out, extra="site"):
        return make(out, arguments.run.__name__, lambda new: build(course_source(), new))


# ---------------------------------------------------------------- pack: the course for rooms without a network


def pack(arguments):
    """``hlp-edu pack OUT``: write a folder from which laptops install the course without a network."""
    from hlp_edu.course.teaching import pack as packing

    out = path_of("OUT", arguments.out).resolve()
    wanted = packing.targets(arguments.platform, arguments.python)
    with explained("OUT", arguments.out):
        files = packing.pack(out, wanted, say)
    print(f"written: {out}, {len(files)} files, {sum(files.values()) / 1e6:.0f} MB; README.txt says how to start")
    return 0


# ----------------------------------------------------------------------------- progress: what is solved


def progress(arguments):
    """``hlp-edu progress [DIR]``: a table of what you have solved, read from your own notebooks."""
    from hlp_edu.course.progress import progress as table

    folder = None if arguments.dir is None else path_of("DIR", arguments.dir)
    with explained("DIR", arguments.dir, {"folder": "DIR"}):
        found = table(folder)
    print(found)
    print(f"\nRead from the notebooks in {found.about['folder']}, as they were last saved.")
    return 0


# --------------------------------------------------------------------------------------- command line


def _port(text):
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 0 to 65535 (0: any free one)")
    return int(text)


def _count(text):
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number, at least 1 and at most 1000000")
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

    sub = command(page, "Write a live instrument as one page that needs no server: five neurons that follow your hand.")
    sub.add_argument(
        "name", choices=("live", "spiral"), metavar="NAME", help="live, or spiral (a saddle that becomes one)"
    )
    sub.add_argument("file", metavar="FILE", help="for example live.html; nothing is overwritten")

    sub = command(progress, "What you have solved so far, from your own notebooks; nothing leaves this computer.")
    sub.add_argument("dir", nargs="?", metavar="DIR", help="your copy of the course; by default it is found")
    _for_teachers(command)
    return parser


def _for_teachers(command):
    sub = command(release, "For teachers: make the exercises from the solutions. Without NAME: all of them.")
    sub.add_argument("names", nargs="*", metavar="NAME", help="for example 01_optimal_control")
    sub.add_argument("--dir", default=".", metavar="DIR", help="the folder that holds solutions/; default: here")
    sub.add_argument("--bank", metavar="OUT", help="draw further tasks from DIR/bank: OUT/students and OUT/secret")
    sub.add_argument("--seed", metavar="WORD", help="of the bank's tasks, to draw the same again; default: a new one")

    sub = command(grade, "For teachers: mark what a class handed in, with nbgrader. Nothing in SUBMISSIONS is changed.")
    sub.formatter_class, sub.epilog = argparse.RawDescriptionHelpFormatter, IN_A_CONTAINER
    sub.add_argument("submissions", metavar="SUBMISSIONS", help="STUDENT/.../NAME.ipynb, or STUDENT_LESSON.ipynb")
    sub.add_argument("--out", default="grading", metavar="DIR", help="marks and feedback; default: %(default)s")
    one = sub.add_mutually_exclusive_group()
    one.add_argument("--course", metavar="DIR", help="with exercises/ and solutions/; default: this course")
    one.add_argument("--bank", metavar="SECRET", help="the secret folder of release --bank: grade its tasks instead")
    sub.add_argument(
        "--limit", type=_count, default=300, metavar="S", help="seconds a submission; default: %(default)s"
    )
    sub.add_argument("--cell-limit", type=_count, default=20, metavar="S", help="seconds a cell; default: %(default)s")
    sub.add_argument("--memory", type=_count, default=4, metavar="GB", help="for a submission; default: %(default)s")
    sub.add_argument("--workers", type=_count, metavar="N", help="how many at a time; default: all cores")
    sub.add_argument("--again", action="store_true", help="mark also what has not changed since the last time")

    sub = command(site, "For teachers: write the course as a web site that works from a folder, without a network.")
    sub.add_argument("out", metavar="OUT", help="a new folder; one that this command made is replaced")

    sub = command(slides, "For teachers: write the lessons as slides, one deck each and one for the workshop.")
    sub.add_argument("out", metavar="OUT", help="a new folder; one that this command made is replaced")

    sub = command(pack, "For workshops: write a folder from which laptops install the course without a network.")
    sub.add_argument("out", metavar="OUT", help="a new folder; an untouched pack of an earlier time is replaced")
    sub.usage = "hlp-edu pack OUT [--platform NAME ...] [--python X.Y ...]"  # OUT first: behind NAME it would be one
    kinds = "linux, linux-arm, macos, macos-intel, windows; default: this computer's"
    versions = "for example 3.12 3.13; default: this Python's"
    sub.add_argument("--platform", nargs="+", action="extend", metavar="NAME", help=kinds)
    sub.add_argument("--python", nargs="+", action="extend", metavar="X.Y", help=versions)


def _refuse_no_folder():
    """Refuse to work where the folder that the user stands in is gone."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise CourseError("the folder that you are in was deleted; go to another one, then try again") from None


def _say_no_more():
    """Send what is still to be said nowhere, or Python would complain when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    arguments.rest = rest
    if arguments.rest and (arguments.run is not lab or not all(word.startswith("-") for word in arguments.rest)):
        parser.error(f"unknown arguments: {' '.join(arguments.rest)}")
    try:
        with cache_explained():
            _refuse_no_folder()
            code = arguments.run(arguments)
        print(end="", flush=True)  # what cannot be said is noticed here
        return code
    except BrokenPipeError:  # the program that read our output has ended, such as `head`
        _say_no_more()
        return 141  # as of a program that the system ended for it
    except OSError as error:
        if error.errno not in FULL or error.filename is not None:
            raise
        _say_no_more()
        print(f"hlp-edu: what is said cannot be written ({error.strerror}).", file=sys.stderr)
        return 1
    except CourseError as error:
        print(f"hlp-edu: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nhlp-edu: interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
