"""Runs and streams as files: their arrays in an npz file, and facts beside them as JSON."""

import io
import json
import os
import warnings
import zipfile

import numpy as np

from hlp_edu.network import Network
from hlp_edu.state import STATE_ARRAYS, State, checked_state
from hlp_edu.storage import atomic_write
from hlp_edu.validate import kind, number, one_of, require

LARGEST = 5e9  # bytes of the arrays in a file that is read
ROWS = ("t", "x", "w", "p_x", "p_w", "target", "sign", "lagrangian", "hamiltonian")
FACTS = ("cost", "diverged_at", "reason", "record", "about")


def save_run(path, run):
    """See `Trajectory.save`."""
    network = run.network
    for label in network.labels:
        plain = isinstance(label, (str, int, float))
        require(plain, f"label {label!r}: only labels that are numbers or strings can be saved")
    facts = {name: getattr(run, name) for name in FACTS} | dict(clock=run.final.clock)
    facts |= dict(neurons=network.neurons, inputs=network.inputs, outputs=network.outputs)
    arrays = {name: getattr(run, name) for name in ROWS}
    arrays |= {"final_" + name: getattr(run.final, name) for name in STATE_ARRAYS}
    return save_arrays(path, "facts", facts, arrays | dict(heads=network.heads, tails=network.tails))


def load_run(path):
    """The parts of a trajectory, by name; see `Trajectory.load`."""
    final = ["final_" + name for name in STATE_ARRAYS]
    names, what = [*ROWS, *final, "heads", "tails"], "trajectory that hlp_edu saved"
    facts, arrays = load_arrays(path, "facts", names, what)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the dead point was explained when the network was made
            labels = (facts["neurons"], facts["inputs"], facts["outputs"])
            network = Network._from_indices(*labels, arrays["heads"], arrays["tails"])
        state = State(facts["clock"], *(arrays[name] for name in final))
        state = checked_state("final", state, len(network.neurons), len(network.heads))
        kept = {name: arrays[name] for name in ROWS} | {name: facts[name] for name in FACTS}
        check_rows(kept, len(network.neurons), len(network.heads), len(network.outputs))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise refuse_file(path, what, error) from None
    return kept | dict(final=state, network=network)


def save_arrays(path, entry, facts, arrays):
    """Write arrays, and facts as JSON under the name ``entry``, to a new npz file; return its name."""
    path = _npz(path)
    entries = {entry: np.array(json.dumps(facts))} | arrays
    with open(path, "xb") as file:  # "x" refuses an existing file
        np.savez_compressed(file, **entries)
    return path


def replace_arrays(path, entry, facts, arrays, what):
    """Write as `save_arrays` does, in one step; a file may be there already if it holds the same ``what``."""
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
    name = _npz(path)
    name = os.fspath(path) if os.path.exists(path) else name
    require(not os.path.isdir(name), f"path = {name!r}: is a folder")
    with open(name, "rb") as file:
        try:
            with zipfile.ZipFile(file) as parts:
                if sum(part.file_size for part in parts.infolist()) > LARGEST:
                    raise ValueError
            with np.load(file, allow_pickle=False) as found:
                facts = kind(entry, json.loads(str(found[entry])), dict, "a dict")
                return facts, {name: found[name] for name in names}
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
    record = one_of("record", kept["record"], ("all", "output"))
    rows, wide = kept["t"].size, (neurons, arcs) if record == "all" else (0, 0)
    shapes = dict(t=(rows,), lagrangian=(rows,), hamiltonian=(rows,), target=(rows, outputs))
    shapes |= dict(x=(rows, wide[0] if record == "all" else outputs), p_x=(rows, wide[0]))
    shapes |= dict(w=(rows, wide[1]), p_w=(rows, wide[1]))
    for name, shape in shapes.items():
        if kept[name].shape != shape or kept[name].dtype != np.float64:
            raise ValueError(
                f"{name} has shape {kept[name].shape} and kind {kept[name].dtype}: must be {shape}, float64"
            )
    ran = kept["diverged_at"] is None
    for name in shapes if ran else ():
        known = kept[name][~np.isnan(kept[name])] if name == "target" else kept[name]  # a stream may not know some
        require(np.isfinite(known).all(), f"{name}: every entry must be a finite number")
    sign = kept["sign"]
    if sign.shape not in ((rows,), (rows, wide[1])) or sign.dtype.kind not in "if":
        raise ValueError(f"sign has shape {sign.shape} and kind {sign.dtype}: must be ({rows},) or ({rows}, {wide[1]})")
    require(np.isin(sign, (-1, 0, 1)).all(), "sign: must be -1, 0 or 1")
    if ran and not rows or not np.isfinite(kept["t"]).all() or (np.diff(kept["t"]) < 0).any():
        raise ValueError("t: must be finite times that increase, at least one")
    require(outputs, "outputs: must name at least one neuron")
    kind("cost", kept["cost"], (int, float), "a number")
    if ran:
        number("cost", kept["cost"])
    else:
        number("diverged_at", kept["diverged_at"])
        kind("reason", kept["reason"], str, "a text")
    kind("about", kept["about"], dict, "a dict")
