"""Writing files so that nothing is lost: a new file replaces an old one in one step, or not at all."""

import os
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
