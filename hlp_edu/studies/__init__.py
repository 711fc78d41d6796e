"""Studies: what takes longer than a lesson may. One module and one CSV each.

`study` reads the result that ships with the package, ``hlp-edu study NAME`` computes it anew, and a test recomputes
rows of it.
"""

import csv
import io
import time
from pathlib import Path

from hlp_edu._version import __version__
from hlp_edu.storage import atomic_write
from hlp_edu.studies.bound import Bound
from hlp_edu.studies.claims import Claims
from hlp_edu.studies.contest import Contest
from hlp_edu.studies.optimality import Optimality
from hlp_edu.studies.recall import Recall
from hlp_edu.studies.settings import Settings
from hlp_edu.studies.shelf import shipped
from hlp_edu.studies.situations import Situations
from hlp_edu.studies.streams import Streams
from hlp_edu.validate import one_of

__all__ = ["STUDIES", "study", "write_study"]

STUDIES = {"optimality": Optimality, "bound": Bound, "settings": Settings, "streams": Streams, "contest": Contest}
STUDIES |= {"recall": Recall, "situations": Situations, "claims": Claims}


def study(name):
    """The result of a study, as it ships with the package.

    Parameters
    ----------
    name : str
        One of STUDIES.

    Returns
    -------
    Table
        Its ``about`` holds the parameters and the version of hlp_edu that computed it.

    Raises
    ------
    ValueError
        If there is no such study, or its file is missing.

    Examples
    --------
    >>> len(study("optimality"))
    240
    """
    return shipped(one_of("name", name, STUDIES))


def write_study(name, folder=".", say=print):
    """Compute a study and write its CSV; takes minutes.

    Parameters
    ----------
    name : str
        One of STUDIES.
    folder : str or path, optional
        Where to.
    say : callable
        Told about every row.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If there is no such study.
    """
    plan = STUDIES[one_of("name", name, STUDIES)]
    rows, begun = [], time.perf_counter()
    for case in plan.cases:
        rows.append(plan.compute(*case))
        say(f"{len(rows)} of {len(plan.cases)}: {rows[-1]}, after {time.perf_counter() - begun:.0f} s")
    path = Path(folder) / f"{name}.csv"
    head, text = {"study": name, "version": __version__} | plan.parameters, io.StringIO()
    text.writelines(f"# {key} = {value}\n" for key, value in head.items())
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    atomic_write(path, text.getvalue().encode())
    return path
