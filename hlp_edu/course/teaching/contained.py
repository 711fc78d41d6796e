"""Run what a stranger wrote: in processes and a folder of its own, within limits, and with nothing left behind.

On Linux two means of the system keep it apart, where they are allowed: `unshare` gives it a world of processes
of its own, without a network, which ends as a whole; Landlock lets it read the installation alone and write its own
folder alone. Elsewhere the limits hold, and what it started is looked for and ended; use a container (Containerfile).
Standard library and psutil only: `execute` imports this before anything else.
"""

import contextlib
import ctypes
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from hlp_edu.course.files import PACKAGE

__all__ = []  # for the commands alone

GIGABYTE = 2**30
FILES, PROCESSES = 10_000, 200  # what a submission may have at most, at a time
KEPT = {"PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV", "CONDA_PREFIX"}
KEPT |= {"HLP_EDU_SEED"}  # the cases that a check draws, if the teacher says which


class Done(NamedTuple):
    """How a command ended: its code, what it said, and why it was ended early ("" if it was not)."""

    code: int
    said: str
    ended: str = ""


# ------------------------------------------------------------------------------- the grading process's side


@functools.cache
def apart():
    """The words that put a command into a world of processes of its own; [] where the system has none."""
    words = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--ipc"]
    # The shell is the first process there: a kernel whose parent is the first would take it for lost.
    words += ["sh", "-c", '"$@"; exit $?', "sh"]
    try:
        tried = subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return words if tried.returncode == 0 else []


def run(command, folder, limit, cancelled, environment=None, memory=4.0, sandbox=None, wrap=()):
    """Run a command for at most ``limit`` seconds; it and all that it started have ended afterwards.

    ``sandbox`` is the folder that it may fill, up to a gigabyte; ``memory`` is for all its processes, in gigabytes.
    What it says goes to a file that only it holds: no pipe that a daemon keeps open can hold us up.
    """
    with tempfile.TemporaryFile() as output:
        pipes = dict(stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        process = subprocess.Popen([*wrap, *command], cwd=folder, env=environment, start_new_session=True, **pipes)
        until, family, ended = time.monotonic() + limit, {}, ""
        try:
            while not ended and process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.2)
                ended = "cancelled" if cancelled.is_set() else _too_much(process, family, memory, sandbox, output)
                if time.monotonic() > until:
                    ended = f"took longer than {limit:g} s and was ended: a loop without end?"
        finally:
            _end(process, family)
        output.seek(max(0, output.seek(0, os.SEEK_END) - 100_000))
        return Done(process.returncode, output.read().decode("utf-8", "replace"), ended)


def _too_much(process, family, memory, sandbox, output):
    """What the family of a process takes too much of, in words; "" if nothing. It is remembered in ``family``."""
    import psutil

    used = 0
    with contextlib.suppress(psutil.Error):
        family |= {child.pid: child for child in psutil.Process(process.pid).children(recursive=True)}
    for pid, child in list(family.items()):
        try:
            used += child.memory_info().rss
        except psutil.Error:
            del family[pid]
    if len(family) > PROCESSES:
        return f"started more than {PROCESSES} processes and was ended"
    if used > 1.5 * memory * GIGABYTE:
        return f"took more than {1.5 * memory:g} GB of memory and was ended"
    if os.fstat(output.fileno()).st_size > GIGABYTE:
        return "wrote more than 1 GB and was ended"
    if sandbox is not None:
        size = count = 0
        for place, _, names in os.walk(sandbox):
            for name in names:
                with contextlib.suppress(OSError):
                    size += os.lstat(os.path.join(place, name)).st_blocks * 512 if os.name != "nt" else 0
            count += len(names) + 1
            if size > GIGABYTE or count > FILES:
                return f"wrote more than 1 GB, or {FILES} files, and was ended"
    return ""


def _end(process, family):
    """End a process and all that it started, also what it started meanwhile."""
    import psutil

    for _ in range(50):
        with contextlib.suppress(psutil.Error):
            family |= {child.pid: child for child in psutil.Process(process.pid).children(recursive=True)}
        for child in list(family.values()):
            with contextlib.suppress(psutil.Error):
                family |= {other.pid: other for other in child.children(recursive=True)}
        for member in (process, *family.values()):
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                member.kill()
        process.wait()
        _, alive = psutil.wait_procs(list(family.values()), timeout=0.2)
        family = {child.pid: child for child in alive}
        if not alive:
            return


@contextlib.contextmanager
def adopting():
    """Meanwhile processes that lost their parent become ours (on Linux); what is left of them is ended at the end."""
    import psutil

    me = psutil.Process()
    before = {child.pid for child in me.children(recursive=True)}
    _adopt(1)
    try:
        yield
    finally:
        left = [child for child in me.children(recursive=True) if child.pid not in before]
        for child in left:
            with contextlib.suppress(psutil.Error):
                child.kill()
        psutil.wait_procs(left, timeout=3)
        _adopt(0)


def _adopt(yes):
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, yes, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


@contextlib.contextmanager
def new_sandbox(caches=None):
    """A new folder for one submission, with a copy of the ``caches`` of compiled code; it is gone afterwards."""
    sandbox = Path(tempfile.mkdtemp(prefix="hlp-edu-")).resolve()
    try:
        for name in ("home", "cache", "run", "tmp"):
            (sandbox / name).mkdir()
        if caches is not None and caches.is_dir():
            shutil.copytree(caches, sandbox / "cache", dirs_exist_ok=True)
        yield sandbox
    finally:
        try:
            shutil.rmtree(sandbox, ignore_errors=True)
        except RecursionError:  # folders in folders in folders
            subprocess.run(["rm", "-rf", "--", sandbox], check=False)


def environment(sandbox):
    """The environment variables of a submission: all its files in its own folder, and no secrets of ours."""
    ours = {name: value for name, value in os.environ.items() if name in KEPT}
    if "PYTHONPATH" in ours:
        ours["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, ours["PYTHONPATH"].split(os.pathsep)))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    places = {"HOME": "home", "USERPROFILE": "home", "TMPDIR": "tmp", "TEMP": "tmp", "JUPYTER_RUNTIME_DIR": "run"}
    places |= {"JUPYTER_CONFIG_DIR": "home", "JUPYTER_DATA_DIR": "home", "IPYTHONDIR": "home/ipython"}
    places |= {"NUMBA_CACHE_DIR": "cache/numba", "MPLCONFIGDIR": "cache/matplotlib"}
    fixed = dict(TQDM_DISABLE="1", MPLBACKEND="agg", JUPYTER_PREFER_ENV_PATH="1", PYTHONDONTWRITEBYTECODE="1")
    return ours | threads | fixed | {name: str(sandbox / part) for name, part in places.items()}


# ------------------------------------------------------------------------------------ the submission's side


def limit_myself(memory, size=0.25):
    """Limits that all my children inherit: memory of a process and size of a file in gigabytes; no core dumps."""
    if os.name == "nt":
        return
    import resource

    for which, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, size), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(which, (int(most * GIGABYTE),) * 2)


LIST, READ, WRITE, ALL = 1 << 3, 0b1101, 0b100_0000_0000_0110, 0b1111_1111_1111_1111  # kinds of access, as Landlock's
FOR_FILES = 0b1100_0000_0000_0111


def landlock():
    """The version of Landlock that this system has; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def lock_myself_in(sandbox):
    """Let me and my children read the installation and write the sandbox, no more. Whether the system can do that."""
    version = landlock()
    if not version:
        return False
    known = ALL if version >= 5 else ALL >> 1 if version >= 3 else ALL >> 2 if version == 2 else ALL >> 3
    call = ctypes.CDLL(None, use_errno=True).syscall
    # What is handled: files; connections by TCP (not forbidden); from version 6 on signals to others.
    handled = (ctypes.c_uint64 * 3)(known, 0, 3 if version >= 6 else 0)
    rules = call(444, handled, ctypes.c_size_t(24 if version >= 6 else 8), ctypes.c_uint32(0))

    def allow(path, access):
        with contextlib.suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = int(access & known & (-1 if os.path.isdir(path) else FOR_FILES)).to_bytes(8, sys.byteorder)
            call(445, rules, 1, rule + place.to_bytes(4, sys.byteorder), ctypes.c_uint32(0))
            os.close(place)

    for path in ("/usr", "/lib", "/lib64", "/bin", "/proc", "/sys/devices", "/etc/fonts", sys.prefix, sys.base_prefix):
        allow(path, READ)
    for name in ("ld.so.cache", "localtime", "passwd", "group", "nsswitch.conf", "mime.types"):
        allow(f"/etc/{name}", READ)
    for path in sys.path:  # where modules are looked for; in a clone the solutions are there, too
        allow(path or ".", LIST)
    for path in PACKAGE.iterdir():
        allow(path, LIST if path.name == "_course" else READ)
    for name in ("null", "zero", "urandom", "random"):
        allow(f"/dev/{name}", READ | WRITE)
    allow(sandbox, ALL & ~(1 << 0))
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(38, 1, 0, 0, 0) == 0 and call(446, rules, ctypes.c_uint32(0)) == 0


def how():
    """In words: what keeps submissions apart from the rest of this computer."""
    files, processes = bool(landlock()), bool(apart())
    if files and processes:
        return "Their code runs apart: without a network, and out of reach of your files and processes."
    part = "Your files are safe from it. " if files else "Your processes are safe from it. " if processes else ""
    container = "Grade strangers in a container (hlp-edu grade --help)."
    return f"Their code runs with your rights on this computer. {part}{container}"
