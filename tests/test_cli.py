"""The console command: nothing that a learner wrote is ever lost, and every problem is said in words."""

import errno
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import hlp_edu
from hlp_edu import checks
from hlp_edu.course import cli, installation, jupyter
from hlp_edu.course import files as places

LESSON = "lessons/01_first.ipynb"
BESIDE = "lessons/01_first.new.ipynb"


def notebook(*sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    return nbformat.v4.new_notebook(cells=cells)


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else nbformat.writes(content))


def run_it(path):
    """What running a notebook in JupyterLab leaves behind: outputs, counts, metadata, an empty last cell."""
    book = nbformat.read(path, as_version=4)
    for count, cell in enumerate(book.cells, 1):
        cell.execution_count = count
        cell.outputs = [nbformat.v4.new_output("stream", text="a number\n")]
        cell.metadata["execution"] = {"iopub.execute_input": "now"}
    book.cells.append(nbformat.v4.new_code_cell("", id="empty"))
    book.metadata["language_info"] = {"name": "python", "version": "3.11.0"}
    put(path, book)
    return path.read_bytes()


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A small course in place of the real one."""
    source = tmp_path / "source"
    put(source / LESSON, notebook("version = 1"))
    put(source / "lessons/data/signal.csv", "1,2\n")
    put(source / "lessons/.ipynb_checkpoints/01_first-checkpoint.ipynb", notebook("old"))
    put(source / "exercises/01_first/01_first.ipynb", notebook("# your code"))
    put(source / "solutions/01_first/01_first.ipynb", notebook("answer = 42"))
    monkeypatch.setattr(cli, "course_source", lambda: source)
    return source


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


@pytest.fixture
def start(work, capsys):
    """Run ``hlp-edu start`` and return what it printed."""

    def start(code=0):
        assert cli.main(["start", str(work)]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    return start


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_start_copies_lessons_and_exercises_and_nothing_else(source, work, start):
    said = start()
    made = [".hlp_edu.json", "README.md", "exercises/01_first/01_first.ipynb", LESSON, "lessons/data/signal.csv"]
    assert files(work) == made
    assert (work / LESSON).read_bytes() == (source / LESSON).read_bytes()
    assert "4 new or renewed files" in said and str(work) in said


def test_a_copy_has_a_readme_of_its_own(source, work, start):
    put(source / "exercises/README.md", "for authors")
    start()
    text = (work / "README.md").read_text(encoding="utf-8")
    assert not (work / "exercises/README.md").exists()
    commands = set(re.findall(r"`hlp-edu (?!-)(\w+)", text))
    assert {"start", "lab", "progress", "check"} <= commands <= set(cli._parser()._subparsers._group_actions[0].choices)
    assert "tasks.change.hint()" in text and "tasks.change.solution()" in text
    task = checks.lessons()["01_optimal_control"].change
    assert all(hasattr(task, name) for name in re.findall(r"tasks\.change\.(\w+)", text))
    assert max(map(len, text.splitlines())) <= 120


def test_a_readme_with_notes_of_the_learner_stays(source, work, start, monkeypatch):
    put(work / "README.md", "my notes")
    assert "README.md: it stays as it is. The new version is beside it: README.new.md" in start()
    assert (work / "README.md").read_text() == "my notes"
    (work / "README.md").unlink()
    start()
    put(work / "README.md", "notes again")
    monkeypatch.setattr("hlp_edu.course.deliver.WELCOME", "# Version 2")
    start()
    assert (work / "README.md").read_text() == "notes again"
    assert (work / "README.new.md").read_text() == "# Version 2"


def test_a_second_start_does_nothing(source, work, start):
    start()
    before = {name: (work / name).stat().st_mtime_ns for name in files(work) if name != places.MANIFEST}
    assert "nothing new" in start()
    assert {name: (work / name).stat().st_mtime_ns for name in before} == before


def test_an_untouched_file_is_refreshed(source, work, start):
    start()
    put(source / LESSON, notebook("version = 2"))
    put(source / "lessons/02_second.ipynb", notebook("new"))
    assert "2 new or renewed files" in start()
    assert "version = 2" in (work / LESSON).read_text()
    assert (work / "lessons/02_second.ipynb").exists()


def test_a_notebook_that_was_only_run_stays_until_there_is_a_new_version(source, work, start):
    start()
    ran = run_it(work / LESSON)
    start()
    assert (work / LESSON).read_bytes() == ran
    put(source / LESSON, notebook("version = 2"))
    assert "1 new or renewed" in start()
    assert "version = 2" in (work / LESSON).read_text()
    assert not (work / BESIDE).exists()


def change_source(book):
    book.cells[0].source += "\nmine = True"


def add_cell(book):
    book.cells.append(nbformat.v4.new_markdown_cell("my note"))


def remove_cell(book):
    del book.cells[0]


def change_type(book):
    book.cells[0] = nbformat.v4.new_raw_cell(book.cells[0].source)


def attach_picture(book):
    book.cells.append(nbformat.v4.new_markdown_cell(" ", attachments={"a.png": {"image/png": "iVBO"}}))


@pytest.mark.parametrize("change", [change_source, add_cell, remove_cell, change_type, attach_picture])
def test_a_changed_file_survives_and_the_new_version_lies_beside_it(source, work, start, change):
    start()
    book = nbformat.read(work / LESSON, as_version=4)
    change(book)
    put(work / LESSON, book)
    mine = (work / LESSON).read_bytes()
    assert "nothing new" in start()  # as long as the course has no new version

    put(source / LESSON, notebook("version = 2"))
    said = start()
    assert (work / LESSON).read_bytes() == mine
    assert (work / BESIDE).read_bytes() == (source / LESSON).read_bytes()
    assert f"You have changed {LESSON}: it stays as it is" in said and BESIDE in said


def test_the_same_version_is_not_laid_beside_twice(source, work, start):
    start()
    put(work / LESSON, notebook("mine"))
    put(source / LESSON, notebook("version = 2"))
    start()
    assert "nothing new" in start()
    (work / BESIDE).unlink()  # read, and done with it
    start()
    assert not (work / BESIDE).exists()


def test_the_next_version_replaces_the_one_beside_only_if_that_is_untouched(source, work, start):
    start()
    put(work / LESSON, notebook("mine"))
    put(source / LESSON, notebook("version = 2"))
    start()
    run_it(work / BESIDE)
    put(source / LESSON, notebook("version = 3"))
    start()
    assert "version = 3" in (work / BESIDE).read_text()

    put(work / BESIDE, notebook("mine, too"))
    put(source / LESSON, notebook("version = 4"))
    said = start()
    assert "mine, too" in (work / BESIDE).read_text()
    assert "version = 4" in (work / "lessons/01_first.new2.ipynb").read_text()
    assert "lessons/01_first.new2.ipynb" in said
    assert '"mine"' in (work / LESSON).read_text()


def test_a_file_of_the_learner_that_happens_to_have_the_name_survives(source, work, start):
    put(work / LESSON, "no notebook at all")
    start()
    assert (work / LESSON).read_text() == "no notebook at all"
    assert (work / BESIDE).read_bytes() == (source / LESSON).read_bytes()


def test_a_file_that_is_no_notebook_counts_byte_by_byte(source, work, start):
    start()
    put(work / "lessons/data/signal.csv", "1,2\n3,4\n")
    put(source / "lessons/data/signal.csv", "5,6\n")
    start()
    assert (work / "lessons/data/signal.csv").read_text() == "1,2\n3,4\n"
    assert (work / "lessons/data/signal.new.csv").read_text() == "5,6\n"


def test_a_deleted_file_is_restored_and_said_so(source, work, start):
    start()
    (work / LESSON).unlink()
    assert f"{LESSON} had been deleted; here it is again" in start()
    assert (work / LESSON).read_bytes() == (source / LESSON).read_bytes()


def test_a_file_that_left_the_course_stays(source, work, start):
    start()
    (source / LESSON).unlink()
    assert f"{LESSON} is no longer part of the course; your copy stays" in start()
    assert (work / LESSON).exists()
    assert "nothing new" in start()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"files": {"lessons/01_first.ipynb": {}}}'])
def test_without_its_manifest_nothing_is_overwritten(source, work, start, damage):
    start()
    put(work / LESSON, notebook("mine"))
    ran = run_it(work / "exercises/01_first/01_first.ipynb")
    put(work / places.MANIFEST, damage)
    start()
    assert "mine" in (work / LESSON).read_text()
    assert (work / "exercises/01_first/01_first.ipynb").read_bytes() == ran
    assert files(work).count(BESIDE) == 1 and len(files(work)) == 6


def test_a_full_disk_half_way_loses_nothing(source, work, start, monkeypatch):
    start()
    put(work / LESSON, notebook("mine"))
    put(source / "exercises/01_first/01_first.ipynb", notebook("version = 2"))
    put(source / LESSON, notebook("version = 2"))
    whole = Path.write_bytes

    def half(path, data):
        if BESIDE.split("/")[-1] not in path.name:
            return whole(path, data)
        whole(path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_bytes", half)
    said = start(code=1)
    assert "the disk is full" in said and "No space left" in said
    monkeypatch.undo()
    assert '"mine"' in (work / LESSON).read_text()
    assert not (work / BESIDE).exists() and not list(work.rglob("*.tmp"))
    monkeypatch.setattr(cli, "course_source", lambda: source)
    start()
    assert "version = 2" in (work / BESIDE).read_text()
    assert "version = 2" in (work / "exercises/01_first/01_first.ipynb").read_text()


def test_start_refuses_a_file(source, work, start):
    put(work, "a file")
    assert "is a file; must be a folder" in start(code=1)
    assert work.read_text() == "a file"


def test_start_explains_a_place_where_it_cannot_write(source, tmp_path, capsys):
    put(tmp_path / "file", "")
    assert cli.main(["start", str(tmp_path / "file" / "work")]) == 1
    assert "cannot write there" in capsys.readouterr().err


@pytest.mark.parametrize("inside", [".", "lessons", "solutions/mine", "exercises"])
def test_start_refuses_the_course_itself(source, inside, capsys):
    before = files(source)
    assert cli.main(["start", str(source / inside)]) == 1
    assert "where the course itself lives" in capsys.readouterr().err
    assert files(source) == before


def test_start_refuses_the_package(source, capsys):
    assert cli.main(["start", str(Path(hlp_edu.__file__).parent / "work")]) == 1
    assert "where the course itself lives" in capsys.readouterr().err


def test_start_refuses_a_link_to_the_course(source, work, start):
    work.mkdir()
    (work / "lessons").symlink_to(source / "lessons", target_is_directory=True)
    assert "where the course itself lives" in start(code=1)


def test_start_delivers_the_real_course(root, work, start):
    start()
    delivered = {name for name in files(work) if name != places.MANIFEST}
    lessons = {f"lessons/{path.name}" for path in (root / "lessons").glob("*.ipynb")}
    assert "lessons/00_start_here.ipynb" in lessons
    assert delivered >= lessons
    assert "nothing new" in start()


# ------------------------------------------------------------------------------------------------ lab


@pytest.fixture
def launched(monkeypatch):
    """The command that would have become JupyterLab, and its environment."""
    launched = []
    monkeypatch.setattr(cli, "become", lambda command, environment: launched.extend([command, environment]) or 0)
    return launched


def test_lab_opens_the_first_page_and_hands_options_on(source, work, launched):
    put(work / places.FIRST_PAGE, notebook("hello"))
    assert cli.main(["lab", str(work), "--no-browser", "--port", "9999", "--LabApp.collaborative=False"]) == 0
    command, environment = launched
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert {f"--ServerApp.root_dir={work}", "--no-browser", "--ServerApp.port=9999"} <= set(command)
    assert f"--LabApp.default_url=/lab/tree/{places.FIRST_PAGE}" in command
    assert command[-1] == "--LabApp.collaborative=False"
    assert environment["JUPYTER_PREFER_ENV_PATH"] == "1"


def test_lab_without_options_opens_a_browser(work, launched):
    work.mkdir()
    assert cli.main(["lab", str(work)]) == 0
    assert not any(
        word.startswith(("--no-browser", "--ServerApp.port", "--LabApp.default_url")) for word in launched[0]
    )


def test_lab_explains_a_missing_folder(work, launched, capsys):
    assert cli.main(["lab", str(work)]) == 1
    assert f"hlp-edu start {work}" in capsys.readouterr().err and not launched


def test_lab_names_the_variables_where_jupyter_cannot_write(work, launched, monkeypatch, capsys):
    put(work / "file", "")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(work / "file" / "runtime"))
    assert cli.main(["lab", str(work)]) == 1
    assert re.search("Not a directory.*HOME .*JUPYTER_RUNTIME_DIR", capsys.readouterr().err) and not launched


@pytest.mark.skipif(os.name == "nt", reason="there is no exec")
def test_lab_begins_also_where_there_is_no_output(monkeypatch):
    def execve(*_):
        raise SystemExit

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(os, "execve", execve)
    with pytest.raises(SystemExit):
        jupyter.become(["jupyter"], {})


# ---------------------------------------------------------------------------------- check, and mistakes


def test_check_finds_this_environment_sound(capsys):
    code = cli.main(["check"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert "The installation is sound." in said and "rmse 0.0" in said
    assert said.count("  ok  ") == len(cli.CHECKS)


def test_check_goes_on_after_a_problem(monkeypatch, capsys):
    def broken():
        raise places.CourseError("the kernel does not start. Buy a new one.")

    def crashing():
        raise KeyError("what")

    monkeypatch.setattr(cli, "CHECKS", {"kernel": broken, "cellar": crashing, "Python": installation.check_python})
    assert cli.main(["check"]) == 1
    said = capsys.readouterr().out
    assert "PROBLEM  kernel: the kernel does not start. Buy a new one." in said
    assert "PROBLEM  cellar: KeyError: 'what'" in said
    assert "ok       Python" in said and "2 of 3 checks found a problem" in said


def declare(monkeypatch, python=">=3.11", packages=()):
    from email.message import Message

    metadata = Message()
    metadata["Requires-Python"] = python
    for package in packages:
        metadata["Requires-Dist"] = package
    monkeypatch.setattr(installation, "_metadata", lambda: metadata)


def test_check_names_packages_outside_their_bounds(monkeypatch):
    declare(monkeypatch, packages=["numpy<1.5", "no-such-package>=2", "tqdm", "absent; extra == 'test'"])
    with pytest.raises(places.CourseError) as problem:
        installation.check_packages()
    said = str(problem.value)
    assert "needed is <1.5" in said and "no-such-package missing, needed is >=2" in said
    assert "pip install" in said and "tqdm" not in said and "absent" not in said


def test_check_names_a_wrong_python(monkeypatch):
    declare(monkeypatch, python="<3.0")
    with pytest.raises(places.CourseError, match=r"needed is <3\.0"):
        installation.check_python()


def test_check_notices_a_kernel_of_another_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(places.CourseError, match="instead of"):
        installation.check_kernel()


def test_check_notices_missing_sliders(monkeypatch, tmp_path):
    import jupyter_core.paths

    monkeypatch.setattr(jupyter_core.paths, "jupyter_path", lambda *parts: [str(tmp_path)])
    with pytest.raises(places.CourseError, match="jupyterlab_widgets is missing: what moves would not show"):
        installation.check_sliders()


def test_check_notices_wrong_numbers(monkeypatch):
    from hlp_edu.trajectory import Trajectory

    monkeypatch.setattr(Trajectory, "rmse", lambda self, after=0: 0.5)
    with pytest.raises(places.CourseError, match=r"error of 0\.500"):
        installation.check_computing()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "required"),
        (["begin"], "invalid choice"),
        (["start", "a", "b"], "unknown arguments: b"),
        (["start", "--port=1"], "unknown arguments: --port=1"),
        (["lab", ".", "strange"], "unknown arguments: strange"),
        (["lab", "--port", "x"], "from 0 to 65535"),
        (["lab", "--port", "65536"], "from 0 to 65535"),
        (["grade", "class", "--bank", "secret", "--course", "mine"], "not allowed with"),
        (["pack", "--platform", "linux", "OUT"], "usage: hlp-edu pack OUT [--platform"),
    ],
)
def test_mistakes_on_the_command_line(words, said, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert stop.value.code == 2 and said in capsys.readouterr().err


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def impatient():
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "course_source", impatient)
    assert cli.main(["start", "anywhere"]) == 130
    assert "interrupted" in capsys.readouterr().err


PLACES = [
    ("start ?", "DIR"), ("lab ?", "DIR"), ("progress ?", "DIR"), ("study optimality --dir ?", "--dir"),
    ("page live ?", "FILE"), ("release --dir ?", "--dir"), ("release --bank ?", "--bank"), ("grade ?", "SUBMISSIONS"),
    ("grade . --out ?", "--out"), ("grade . --course ?", "--course"), ("grade . --bank ?", "--bank"),
    ("site ?", "OUT"), ("slides ?", "OUT"), ("pack ?", "OUT"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "option"), PLACES)
def test_a_path_that_cannot_be_used_is_told_by_every_command(tmp_path, launched, monkeypatch, capsys, words, option):
    monkeypatch.chdir(tmp_path)
    for name, goal in {"loop": "loop", "gone": "away"}.items():
        Path(name).symlink_to(goal)
    Path("closed").mkdir(mode=0)
    closed = [] if os.access("closed/.", os.F_OK) else ["closed", "closed/x"]  # nothing is closed to root
    for place in ["", "~nobody_of_this_name/x", "x" * 300, "loop", "gone", "gone/x", *closed]:
        assert cli.main([place if word == "?" else word for word in words.split()]) == 1
        assert capsys.readouterr().err.startswith(f"hlp-edu: {option} = {place!r}: ")
    assert files(tmp_path) == []


def test_a_working_folder_that_was_deleted_is_told(monkeypatch, capsys):
    def gone():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr(os, "getcwd", gone)
    assert cli.main(["study"]) == 1
    assert "the folder that you are in was deleted" in capsys.readouterr().err


@pytest.mark.parametrize(("reader", "code", "said"), [("gone", 141, ""), ("full", 1, "cannot be written (No space")])
def test_output_that_cannot_be_written_is_no_traceback(source, work, monkeypatch, capsys, reader, code, said):
    if reader == "full" and not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    ear, mouth = os.pipe()
    os.close(ear)
    with open(mouth, "w") if reader == "gone" else open("/dev/full", "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert cli.main(["start", str(work)]) == code
    assert said in capsys.readouterr().err
    with pytest.raises(BrokenPipeError), cli.explained("--out", "marks"):
        raise BrokenPipeError


def test_a_name_that_the_terminal_cannot_show_is_written_in_codes(source, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    assert cli.main(["start", str(tmp_path / "szkoła")]) == 0
    assert rb"szko\u0142a: 4 new" in sys.stdout.buffer.getvalue()


def test_a_missing_place_for_compiled_code_is_told(monkeypatch, capsys):
    def numba():
        raise RuntimeError("cannot cache function 'sine': no locator available for file 'x'")

    monkeypatch.setattr(cli, "course_source", numba)
    assert cli.main(["start", "anywhere"]) == 1
    assert "NUMBA_CACHE_DIR" in capsys.readouterr().err


def test_the_version(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0 and capsys.readouterr().out.strip() == f"hlp_edu {hlp_edu.__version__}"


def test_the_manifest_remembers_each_file(source, work, start):
    start()
    manifest = json.loads((work / places.MANIFEST).read_text())
    assert manifest["version"] == hlp_edu.__version__ and len(manifest["files"]) == 4


def test_starting_is_quick():
    """The command line loads no numpy, no numba: `start` must not make a learner wait."""
    slow = "('numpy', 'numba', 'jupyter_client')"
    code = f"import sys, hlp_edu.course.cli; print([name for name in {slow} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


# --- damage of all kinds -----------------------------------------------------------------------------------


def test_an_up_to_date_course_needs_no_room_on_the_disk(source, work, start, monkeypatch):
    start()

    def full(path, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr("hlp_edu.course.deliver.atomic_write", full)
    assert "nothing new" in start()
    put(source / LESSON, notebook("version = 2"))
    assert "the disk is full" in start(code=1)


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, '{"cells": 3}', '{"cells": "abc"}', "", "\x00", "[]"])
def test_a_damaged_notebook_or_manifest_ends_in_a_sentence(source, work, start, text):
    start()
    put(work / LESSON, text)
    put(source / LESSON, notebook("version = 2"))
    assert f"You have changed {LESSON}" in start()
    put(work / places.MANIFEST, text)
    start()
    assert (work / LESSON).read_text() == text


@pytest.mark.parametrize("entry", ["3", "null", '{"sha256": 1}', '{"sha256": [], "written": {}}'])
def test_damage_in_one_entry_of_the_manifest_is_its_own(source, work, start, entry):
    start()
    manifest = json.loads((work / places.MANIFEST).read_text())
    manifest["files"]["../../x"] = manifest["files"][LESSON] = json.loads(entry)
    put(work / places.MANIFEST, json.dumps(manifest))
    put(source / "exercises/01_first/01_first.ipynb", notebook("# anew"))
    assert "new or renewed" in start()
    assert "anew" in (work / "exercises/01_first/01_first.ipynb").read_text()


def test_a_folder_in_the_place_of_a_notebook_stops_only_its_own_update(source, work, start):
    start()
    (work / LESSON).unlink()
    put(work / LESSON / "mine.txt", "mine")
    put(source / "lessons/data/signal.csv", "3,4\n")
    put(source / LESSON, notebook("version = 2"))
    said = start()
    assert f"{LESSON} is a folder and stays" in said and "1 new or renewed" in said
    assert (work / LESSON / "mine.txt").read_text() == "mine"
    assert (work / "lessons/data/signal.csv").read_text() == "3,4\n"


def test_a_file_in_the_place_of_a_folder_stops_only_what_belongs_there(source, work, start):
    put(work / "exercises", "mine")
    said = start()
    assert "exercises is a file where a folder belongs and stays" in said and "3 new or renewed" in said


def test_drafts_of_a_killed_run_are_tidied_up(source, work, start):
    start()
    dead, alive = work / "lessons/.01_first.ipynb.999999999.tmp", work / f"lessons/.01_first.ipynb.{os.getpid()}.tmp"
    mine, beside = work / "lessons/.notes.12.tmp", work / "lessons/.01_first.new.ipynb.999999999.tmp"
    for path in (dead, alive, mine, beside):
        put(path, "half")
    start()
    assert not dead.exists() and alive.exists() and mine.exists()
    put(work / LESSON, notebook("mine"))
    put(source / LESSON, notebook("version = 2"))
    start()
    assert not beside.exists()


@pytest.mark.parametrize("name", [LESSON, "exercises"])
def test_a_link_stays_and_what_it_leads_to_is_brought_up_to_date(source, work, start, tmp_path, name):
    start()
    stick, away = tmp_path / "stick", tmp_path / "away"
    (work / name).rename(stick)
    (work / name).symlink_to(stick)
    for path in (LESSON, "exercises/01_first/01_first.ipynb"):
        put(source / path, notebook("version = 2"))
    stick.rename(away)
    assert f"{name} is a link to a place that is not there and stays" in start()
    assert (work / name).is_symlink() and not stick.exists()
    away.rename(stick)
    assert "1 new or renewed" in start()
    assert (work / name).is_symlink() and not list(tmp_path.rglob("*.tmp"))
    assert "version = 2" in (stick if stick.is_file() else stick / "01_first/01_first.ipynb").read_text()


def test_a_file_that_cannot_be_read_stops_only_its_own_update(source, work, start, monkeypatch):
    start()
    read = Path.read_bytes

    def denied(path):
        if path == (work / LESSON).resolve():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert "nothing new" in start() and "Permission" not in start()
    for path in (LESSON, "exercises/01_first/01_first.ipynb"):
        put(source / path, notebook("version = 2"))
    said = start()
    assert f"{LESSON} cannot be brought up to date (Permission denied)" in said and "1 new or renewed" in said
