"""The workshop pack: one folder from which a laptop installs the course and runs it, without a network.

pip fetches the wheels for each kind of computer that is named. It judges a requirement's conditions ("only on
Windows") by the computer that it runs on; so what a wheel needs is read again here, for the computer it is meant for.
"""

import base64
import hashlib
import importlib.metadata
import shutil
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from typing import NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from hlp_edu._version import __version__
from hlp_edu.course.files import DELIVERED, PACKAGE, CourseError, course_source
from hlp_edu.course.teaching import start
from hlp_edu.course.teaching.place import make, sizes

__all__ = []  # for the commands alone

LIST = "pack.json"  # written last: the folder is whole, and ours
STRANGE = "exists, and {strange!r} in it is not as a pack has it; nothing was changed. Choose another folder"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GLIBC = 28  # of the C library on Linux, 2.28: Debian 10, Ubuntu 20.04, Red Hat 8 and later
MACOS = "macosx_13_0"
LOCAL = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}  # what an installation adds to a wheel
PAGES = {"site": "everything to read, in a browser: open index.html", "slides": "the slides"}  # commands of ours
README = """\
The course hlp_edu {version}, without a network
{rule}

You need: Python, and 1.5 GB of room on your disk. This pack is for
{targets}

1. Copy this whole folder from the stick to your disk. On Windows a short place is best: C:\\hlp_edu
2. Open a terminal in the folder and type

       python3 start.py          Linux and macOS
       py start.py               Windows

The first start takes a few minutes, the next ones a few seconds. It makes the folder environment/, copies the course
to my_course/ and opens it in your browser. Begin with lessons/00_start_here. What you write in my_course/ is never
overwritten. To end, press Control-C in the terminal, twice. To get rid of everything, delete the folder.

If something goes wrong, start.py says in words what to do. Nothing leaves your computer.

notebooks/   the lessons and exercises, to look at elsewhere
{pages}wheels/      what is installed
"""


class Target(NamedTuple):
    """A kind of computer, by name, and the version of its Python."""

    platform: str
    python: str

    @property
    def tags(self):
        """The names that pip has for the platform."""
        return PLATFORMS[self.platform][0]

    @property
    def environment(self):
        """What the conditions of requirements are judged by there; of a Python, the first release."""
        names = ("os_name", "sys_platform", "platform_system", "platform_machine")
        there = dict(zip(names, PLATFORMS[self.platform][1], strict=True))
        python = {"python_version": self.python, "python_full_version": f"{self.python}.0"}
        return default_environment() | there | python | {"platform_release": "", "platform_version": ""}


def _linux(machine):
    return [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 4, -1)] + [f"manylinux2014_{machine}"]


PLATFORMS = {
    "linux": (_linux("x86_64"), ("posix", "linux", "Linux", "x86_64")),
    "linux-arm": (_linux("aarch64"), ("posix", "linux", "Linux", "aarch64")),
    "macos": ([f"{MACOS}_arm64"], ("posix", "darwin", "Darwin", "arm64")),
    "macos-intel": ([f"{MACOS}_x86_64"], ("posix", "darwin", "Darwin", "x86_64")),
    "windows": (["win_amd64"], ("nt", "win32", "Windows", "AMD64")),
}


# ------------------------------------------------------------------------------------------- the folder


def targets(platforms, pythons):
    """Each platform with each Python; without names, those of this computer. A name that is none is refused."""
    machine, python = start.this_machine()
    if not platforms and not machine:
        raise CourseError(f"--platform: this computer has no name here; give one of {', '.join(map(repr, PLATFORMS))}")
    for option, names, known in (("--platform", platforms, PLATFORMS), ("--python", pythons, PYTHONS)):
        for name in names or ():
            if name not in known:
                raise CourseError(f"{option} = {name!r}: must be one of {', '.join(map(repr, known))}")
    names, versions = dict.fromkeys(platforms or [machine]), dict.fromkeys(pythons or [python])  # each once
    return [Target(name, version) for name in names for version in versions]


def pack(out, wanted, say):
    """Write the pack for these targets to ``out``, whole or not at all; an untouched pack there is replaced.

    Site and slides are left out if they cannot be made, and it is said why. Returns the size of each file.
    """

    def build(new):
        (new / "wheels").mkdir()
        (new.parent / "wheel").mkdir()
        say("Making the wheel of hlp_edu ...")
        wheel = own_wheel(new.parent / "wheel")
        for target in wanted:
            say(f"Fetching the wheels for {target.platform}, Python {target.python} ...")
            for path in fetch(wheel, target, new.parent / "-".join(target)):
                path.replace(new / "wheels" / path.name)
        for part in DELIVERED:
            hidden = shutil.ignore_patterns(".*", "__pycache__")
            shutil.copytree(course_source() / part, new / "notebooks" / part, ignore=hidden)
        written = [name for name in PAGES if write_pages(name, new / name, say)]
        shutil.copyfile(start.__file__, new / "start.py")
        (new / "README.txt").write_text(_readme(wanted, written), encoding="utf-8")

    make(out, "pack", build, LIST, STRANGE, {"hlp_edu": __version__, "targets": wanted})
    return sizes(out)


def _readme(wanted, pages):
    lines = "".join(f"{name + '/':13}{PAGES[name]}\n" for name in pages)
    kinds = "\n".join(f"    {target.platform}, Python {target.python}" for target in wanted)
    return README.format(version=__version__, rule="=" * (len(__version__) + 39), targets=kinds, pages=lines)


def write_pages(name, folder, say):
    """Let ``hlp-edu NAME`` write a folder; whether it did."""
    say(f"Making {name}/ ...")
    words = [sys.executable, "-m", "hlp_edu.course.cli", name, str(folder)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        say(f"Left out: {name}/. {_last(done.stderr, 1)}")
    return done.returncode == 0


# ------------------------------------------------------------------------------------------- the wheels


def own_wheel(folder):
    """Make our own wheel in ``folder``: from the clone, or else again from the files of the installation."""
    if (PACKAGE.parent / "pyproject.toml").is_file():
        _pip("wheel", "--no-deps", "--wheel-dir", folder, PACKAGE.parent)
    else:
        remake_wheel(importlib.metadata.distribution("hlp_edu"), folder)
    (wheel,) = folder.glob("hlp_edu-*.whl")
    return wheel


def remake_wheel(installed, folder):
    """Zip the files of an installation into the wheel that it came from; a file that was changed is refused."""
    wheel = folder / f"hlp_edu-{installed.version}-py3-none-any.whl"
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(installed.files or (), key=str):
            local = file.parent.suffix == ".dist-info" and file.name in LOCAL
            if local or ".." in file.parts or file.suffix == ".pyc":
                continue
            data = file.locate().read_bytes() if file.locate().is_file() else b""
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            if file.hash is None or digest != file.hash.value:
                raise CourseError(
                    f"{file} was changed after hlp_edu was installed; install it again, then make the pack"
                )
            archive.writestr(file.as_posix(), data)
            record.append(f"{file.as_posix()},sha256={digest},{len(data)}\n")
        if not record:
            raise CourseError("hlp_edu is installed without a list of its files; install it again with pip")
        name = f"hlp_edu-{installed.version}.dist-info/RECORD"
        archive.writestr(name, "".join(record) + f"{name},,\n")
    return wheel


def fetch(wheel, target, folder):
    """Fetch into ``folder`` every wheel that ``wheel`` needs on the target; those, and itself, sorted."""
    folder.mkdir()
    shutil.copy(wheel, folder)
    flags = ["--only-binary=:all:", "--implementation=cp", f"--python-version={target.python}", f"--dest={folder}"]
    flags += [f"--platform={tag}" for tag in target.tags]
    _pip("download", *flags, wheel)
    while True:
        needed, missing = close(folder, wheel, target.environment)
        if not missing:
            return sorted(needed)
        _pip("download", "--no-deps", *flags, *missing)


def close(folder, wheel, environment):
    """The wheels of ``folder`` that ``wheel`` needs in an environment, and the requirements that none of them meets."""
    found = {}
    for path in folder.glob("*.whl"):
        name, version, _, _ = parse_wheel_filename(path.name)
        found[name] = (path, version, _requirements(path))
    needed, missing = set(), []
    waiting, seen = [(parse_wheel_filename(wheel.name)[0], "")], set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        needed.add(found[name][0])
        for one in found[name][2]:
            if one.marker and not one.marker.evaluate(environment | {"extra": extra}):
                continue
            there = found.get(canonicalize_name(one.name))
            if there and one.specifier.contains(there[1], prereleases=True):
                waiting += [(canonicalize_name(one.name), part) for part in ("", *one.extras)]
            elif there:
                raise CourseError(
                    f"{name} needs {one}, and pip chose {one.name} {there[1]}; this is a fault of the pack"
                )
            else:
                missing.append(f"{one.name}{one.specifier}")
    return needed, missing


def _requirements(path):
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA")]
        text = archive.read(name).decode("utf-8")
    return [Requirement(line) for line in HeaderParser().parsestr(text).get_all("Requires-Dist", [])]


def _pip(*words):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *map(str, words), "--quiet"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if "No module named pip" in done.stderr:
        raise CourseError(f"the pack is made with pip, which {sys.executable} lacks: install it with -m ensurepip")
    if done.returncode:
        raise CourseError(
            "pip could not get all wheels, and no pack was written. Check the network, the room on the disk, and "
            f"whether every package exists for that platform and Python. pip's last words:\n{_last(done.stderr, 6)}"
        )


def _last(words, count):
    return "\n".join(line for line in words.strip().splitlines()[-count:])
