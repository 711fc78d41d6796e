"""By hand: random sequences of edits and updates, some killed half-way; no byte that a learner wrote is lost.

``python tests/kill_delivery.py SEQUENCES KILLS [SEED]``. A learner's text is unique, so that it can be found again.
"""

import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hlp_edu.course.deliver import deliver

CODE = "import sys, pathlib; from hlp_edu.course import deliver as d; d.deliver(*map(pathlib.Path, sys.argv[1:]))"
NAMES = [f"lessons/{k:02}_x.ipynb" for k in range(12)] + ["lessons/data/a.csv", "exercises/01/01.ipynb"]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}) if path.suffix == ".ipynb" else text)


def sequence(dice, kills):
    """One learner; how many deliveries were killed, and which texts are lost."""
    top = Path(tempfile.mkdtemp(prefix="hlp-kill-"))
    source, work, mine, killed = top / "source", top / "work", set(), 0
    for name in NAMES:
        write(source / name, f"{name} version 0")
    deliver(source, work)
    for step in range(8):
        for name in dice.sample(NAMES, 4):
            write(source / name, f"{name} version {step}.{dice.random()}" + " " * 100_000)
        for name in dice.sample(NAMES, 3):
            path = work / dice.choice([name, name.replace(".", ".new.", 1)])
            if path.is_file() and (old := [text for text in mine if text in path.read_text()]):
                mine -= set(old)  # the learner's own change
            text = f"mine {dice.random()}"
            write(path, text)
            mine.add(text)
        if killed < kills:
            child = subprocess.Popen([sys.executable, "-c", CODE, str(source), str(work)])
            time.sleep(dice.uniform(0.05, 0.16))
            child.send_signal(signal.SIGKILL)
            killed += child.wait() == -signal.SIGKILL
        else:
            deliver(source, work)
    deliver(source, work)
    everything = "".join(path.read_text() for path in work.rglob("*") if path.is_file())
    drafts = list(work.rglob("*.tmp"))
    shutil.rmtree(top)
    return killed, [text for text in mine if text not in everything], drafts


if __name__ == "__main__":
    sequences, kills, number = (int(word) for word in [*sys.argv[1:], "0"][:3])
    dice, killed, lost, drafts = random.Random(number), 0, [], []
    for _ in range(sequences):
        more, missing, left = sequence(dice, min(4, kills - killed))
        killed, lost, drafts = killed + more, lost + missing, drafts + left
    print(f"{sequences} sequences, {killed} kills, {len(lost)} texts lost, {len(drafts)} drafts left")
    sys.exit(bool(lost or drafts))
