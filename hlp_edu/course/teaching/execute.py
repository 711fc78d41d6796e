"""Run one submission's notebook, inside the folder and the limits of `contained`; a program of its own."""

import os
import sys
from pathlib import Path

from hlp_edu.course.teaching.contained import limit_myself, lock_myself_in

__all__ = []  # for the commands alone

OUTPUT = 1_000_000  # characters of output that a cell may have


def main(room, cell_limit, memory, alone):
    """Run notebook.ipynb in the folder, and write outputs.json: what each cell gave."""
    import json

    import nbformat
    from nbgrader.preprocessors import Execute
    from traitlets.config import Config

    class Run(Execute):
        """nbgrader's own way to run a notebook, with an end to what a cell may print."""

        seen = (None, 0)

        def process_message(self, msg, cell, cell_index):
            size = self.seen[1] if self.seen[0] == cell_index else 0
            kind = msg["msg_type"]
            if kind in ("stream", "display_data", "execute_result", "update_display_data"):
                size += len(repr(msg["content"]))
                self.seen = (cell_index, size)
                if size > OUTPUT:
                    return None
            return super().process_message(msg, cell, cell_index)

    config = Config()
    config.Execute.timeout = cell_limit
    config.Execute.raise_on_iopub_timeout = False
    config.KernelManager.transport = "ipc" if alone else "tcp"
    notebook = nbformat.read(room / "notebook.ipynb", as_version=4)
    Run(config=config).preprocess(notebook, {"metadata": {"path": str(room)}})
    found = {cell.id: (cell.get("execution_count"), cell.get("outputs", [])) for cell in notebook.cells}
    (room / "outputs.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    place, seconds, gigabytes = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    os.chdir(place)
    limit_myself(gigabytes)
    lock_myself_in(place)
    main(place, seconds, gigabytes, sys.argv[4] == "alone")
