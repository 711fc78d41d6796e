"""Make an exercise from its solutions: nbgrader's own steps, without its database.

Solution regions become a comment, outputs go, the test cells are locked and get checksums; "Run All" goes on behind
one that fails. The file depends on nothing but the solutions, byte for byte, and runs without nbgrader.
"""

from pathlib import Path

__all__ = []  # for the commands alone

# What `nbgrader generate_assignment` has to be told to make the same.
SETTINGS = {"ClearSolutions": {"code_stub": {"python": "# your code here"}, "text_stub": "*Your answer here.*"}}
STEPS = [
    "LockCells",
    "ClearSolutions",
    "ClearOutput",
    "CheckCellMetadata",
    "ComputeChecksums",
    "ClearHiddenTests",
    "ClearMarkScheme",
    "ComputeChecksums",
    "CheckCellMetadata",
]


def exercise(solution):
    """The text of the exercise notebook that belongs to a solution notebook."""
    import nbformat
    from nbgrader import preprocessors
    from traitlets.config import Config

    path = Path(solution)
    try:
        notebook = nbformat.read(path, as_version=4)
        for step in STEPS:
            notebook, _ = getattr(preprocessors, step)(config=Config(SETTINGS)).preprocess(notebook, {})
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade"):  # "Run All" goes on behind a test that fails
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
        nbformat.validate(notebook)
    except OSError:
        raise
    except Exception as error:  # nbgrader raises RuntimeError, nbformat and traitlets their own
        raise ValueError(f"solution = {str(path)!r}: cannot be released: {error}") from error
    return nbformat.writes(notebook) + "\n"
