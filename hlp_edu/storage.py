"""Writing files so that nothing is lost: a new file replaces an old one in one step, or not at all."""

import glob
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

LARGEST = 16e9  # bytes of the arrays in a file that is read


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

    name = _npz(path)
    name = os.fspath(path) if os.path.exists(path) else name
    with open(name, "rb") as file:
        try:
            with zipfile.ZipFile(file) as parts:
                if sum(part.file_size for part in parts.infolist()) > LARGEST:
                    raise ValueError
            with np.load(file, allow_pickle=False) as found:
                return json.loads(str(found[entry])), {name: found[name] for name in names}
        except Exception:  # zipfile, zlib, numpy and json each have errors of their own for what is damaged
            raise ValueError(f"path = {name!r}: holds no {what}") from None


def refuse_file(path, what, error):
    """A ValueError about a file whose parts do not fit together."""
    return ValueError(f"path = {os.fspath(path)!r}: holds no {what}: {error}")


def _npz(path):
    """The path as text, with the ending .npz."""
    if not isinstance(path, (str, os.PathLike)) or "\0" in os.fspath(path):
        raise ValueError(f"path = {path!r}: must be the name of a file")
    path = os.fspath(path)
    return path if path.endswith(".npz") else path + ".npz"


def check_rows(kept, neurons, arcs, outputs):
    """Refuse rows of a trajectory that do not fit its network, or facts that are none."""
    import numpy as np

    from hlp_edu.validate import kind, number, one_of

    record = one_of("record", kept["record"], ("all", "output"))
    rows, wide = len(kept["t"]), (neurons, arcs) if record == "all" else (0, 0)
    shapes = dict(t=(rows,), lagrangian=(rows,), hamiltonian=(rows,), target=(rows, outputs))
    shapes |= dict(x=(rows, wide[0] if record == "all" else outputs), p_x=(rows, wide[0]))
    shapes |= dict(w=(rows, wide[1]), p_w=(rows, wide[1]))
    for name, shape in shapes.items():
        if kept[name].shape != shape or kept[name].dtype != np.float64:
            raise ValueError(
                f"{name} has shape {kept[name].shape} and kind {kept[name].dtype}: must be {shape}, float64"
            )
    sign = kept["sign"]
    if sign.shape not in ((rows,), (rows, wide[1])) or sign.dtype.kind not in "if":
        raise ValueError(f"sign has shape {sign.shape} and kind {sign.dtype}: must be ({rows},) or ({rows}, {wide[1]})")
    if not rows or not np.isfinite(kept["t"]).all() or (np.diff(kept["t"]) < 0).any():
        raise ValueError("t: must be finite times that increase, at least one")
    kind("cost", kept["cost"], (int, float), "a number")
    if kept["diverged_at"] is not None:
        number("diverged_at", kept["diverged_at"])
        kind("reason", kept["reason"], str, "a text")
    kind("about", kept["about"], dict, "a dict")
