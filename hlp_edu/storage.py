"""Writing files so that nothing is lost: a new file replaces an old one in one step, or not at all."""

import glob
import os
import shutil
from pathlib import Path


def atomic_write(path, data):
    """Write bytes: an interruption or a full disk leaves the old file or the new one, never half of one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def tidy(path):
    """Remove the drafts of a file or a folder that runs left behind which were killed."""
    import psutil  # Jupyter's kernel needs it, too

    for draft in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        number = draft.name.split(".")[-2]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)
