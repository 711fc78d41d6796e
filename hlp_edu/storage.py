"""Writing files so that nothing is lost: a new file replaces an old one in one step, or not at all."""

import io
import json
import os
import zipfile
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


def save_arrays(path, entry, facts, arrays):
    """Write arrays, and facts as JSON under the name ``entry``, to a new npz file; return its name."""
    import numpy as np  # here, because the commands that only move notebooks do without it

    path = _npz(path)
    entries = {entry: np.array(json.dumps(facts))} | arrays
    with open(path, "xb") as file:  # "x" refuses an existing file
        np.savez_compressed(file, **entries)
    return path


def replace_arrays(path, entry, facts, arrays, what):
    """Write as `save_arrays` does, in one step; a file may be there already if it holds the same ``what``."""
    import numpy as np

    path = _npz(path)
    if os.path.exists(path):
        try:
            load_arrays(path, entry, arrays, what)
        except ValueError:
            raise FileExistsError(f"path = {path!r}: exists, and holds no {what}") from None
    buffer = io.BytesIO()
    np.savez(buffer, **{entry: np.array(json.dumps(facts))}, **arrays)
    atomic_write(path, buffer.getvalue())
    return path


def load_arrays(path, entry, names, what):
    """Facts and {name: array} of what `save_arrays` or `replace_arrays` wrote; a ValueError if it is another file."""
    import numpy as np

    path = os.fspath(path)
    path = path if os.path.exists(path) else _npz(path)
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as found:
            return json.loads(str(found[entry])), {name: found[name] for name in names}
    except (zipfile.BadZipFile, KeyError, IndexError, TypeError, ValueError, EOFError):
        raise ValueError(f"path = {path!r}: holds no {what}") from None


def _npz(path):
    """The path as text, with the ending .npz."""
    path = os.fspath(path)
    return path if path.endswith(".npz") else path + ".npz"
