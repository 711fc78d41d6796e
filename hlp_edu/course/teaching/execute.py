"""Run one submission's notebook, inside the folder and the limits of `contained`; a program of its own."""

import contextlib
import os
import signal
import sys
from pathlib import Path

from hlp_edu.course.teaching.contained import limit_myself, lock_myself_in

__all__ = []  # for the commands alone

OUTPUT = 1_000_000  # characters of output that are kept of a cell
PRINTED = 10_000_000  # characters that a cell may print before it is stopped: what waits to be sent fills the memory


def load_ipython_extension(shell):
    """In the kernel of a submission: a cell that prints too much gets an error, and the next ones go on."""
    printed = 0

    def begin(_):
        nonlocal printed
        printed = 0

    def counted(write):
        def within(text):
            nonlocal printed
            printed += len(text)
            if printed > PRINTED:
                raise RuntimeError(f"printed more than {PRINTED // 1_000_000} million characters")
            return write(text)

        return within

    shell.events.register("pre_run_cell", begin)
    for stream in (sys.stdout, sys.stderr):
        stream.write = counted(stream.write)


def main(sandbox, cell_limit, memory, alone):
    """Run notebook.ipynb in the folder, and write outputs.json: what each cell gave."""
    import json

    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    class Run(NotebookClient):
        """A run that goes on after errors, and puts an end to what a cell may print."""

        seen = (None, 0)

        def process_message(self, msg, cell, cell_index):
            if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data"):
                size = self.seen[1] if self.seen[0] == cell_index else 0
                self.seen = (cell_index, size + len(repr(msg["content"])))
                if self.seen[1] > OUTPUT:
                    return None
            return super().process_message(msg, cell, cell_index)

        def on_cell_executed(self, cell, cell_index, execute_reply):
            said = execute_reply["content"]  # an error that is not among the outputs: the time is up, or it was hidden
            if said["status"] == "error" and all(output.output_type != "error" for output in cell.outputs):
                words = {key: said[key] for key in ("ename", "evalue", "traceback")}
                cell.outputs.append(nbformat.v4.new_output("error", **words))

    config = Config()
    config.KernelManager.transport = "ipc" if alone else "tcp"
    over = {"ename": "CellTimeoutError", "evalue": "", "traceback": ["CellTimeoutError: no answer in time"]}
    notebook = nbformat.read(sandbox / "notebook.ipynb", as_version=4)
    Run(
        notebook,
        config=config,
        extra_arguments=["--IPKernelApp.extra_extensions=hlp_edu.course.teaching.execute"],
        timeout=cell_limit,
        interrupt_on_timeout=True,
        error_on_timeout=over,
        iopub_timeout=max(4, cell_limit),
        raise_on_iopub_timeout=True,
        allow_errors=True,
        resources={"metadata": {"path": str(sandbox)}},
    ).execute()
    found = {cell.id: (cell.get("execution_count"), cell.get("outputs", [])) for cell in notebook.cells}
    if alone and os.getppid() == 1:  # in a world of its own: what a cell left running there could write that file, too
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
    (sandbox / "outputs.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    place, seconds, gigabytes = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    os.chdir(place)
    limit_myself(gigabytes)
    lock_myself_in(place)
    main(place, seconds, gigabytes, sys.argv[4] == "alone")
