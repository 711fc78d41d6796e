"""course.py: whatever happens on the way, the machine is left in a state that can be explained."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import types

import pytest

INSTALLED = "installed.txt"  # what the stand-in for pip leaves behind


def load(clone):
    spec = importlib.util.spec_from_file_location("course_under_test", clone / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(root, tmp_path):
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("course.py", "pyproject.toml"):
        shutil.copy(root / name, clone)
    return clone


@pytest.fixture
def course(clone, monkeypatch):
    """The script in a clone of its own, with stand-ins for the two slow steps: `python -m venv` and pip."""
    return stand_in(load(clone), monkeypatch)


def stand_in(course, monkeypatch):
    def make(command, **_):
        assert command[1:3] == ["-m", "venv"]
        course.PYTHON.parent.mkdir(parents=True)
        course.PYTHON.touch()
        return subprocess.CompletedProcess(command, 0, "")

    def install(extras):
        course.installs.append(extras)
        (course.VENV / INSTALLED).touch()

    def fail(extras):
        raise course.Trouble("the installation failed.")

    course.installs, course.fail = [], fail
    monkeypatch.setattr(course, "subprocess", types.SimpleNamespace(run=make, PIPE=-1, STDOUT=-2))
    monkeypatch.setattr(course, "install", install)
    monkeypatch.setattr(course, "warm_up", lambda: None)
    return course


def interrupted(*_, **__):
    raise KeyboardInterrupt


# --------------------------------------------------------------------------------------- which Python


def test_an_old_python_can_read_the_script(root):
    ast.parse((root / "course.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("version", [(3, 6), (3, 10), (3, 15), (4, 0)])
def test_a_python_outside_the_bounds_is_named_with_what_is_allowed(course, version):
    with pytest.raises(course.Trouble, match=rf"this is Python {version[0]}\.{version[1]}, .* 3\.11 to 3\.14"):
        course.check_python(version, ">=3.11,<3.15")


@pytest.mark.parametrize("version", [(3, 11), (3, 14)])
def test_a_python_within_the_bounds_is_fine(course, version):
    course.check_python(version, ">=3.11,<3.15")


def test_the_bounds_are_those_of_the_project(course, root):
    import tomllib

    assert course.python_bounds() == tomllib.loads((root / "pyproject.toml").read_text())["project"]["requires-python"]


@pytest.mark.parametrize("missing", ["ensurepip", "venv"])
def test_a_python_without_venv_names_the_debian_package(course, monkeypatch, capsys, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    assert course.main(["test"]) == 1
    assert "sudo apt install python3-venv" in capsys.readouterr().err
    assert not course.VENV.exists()


# ------------------------------------------------------------------------------------ the environment


def test_the_second_time_nothing_is_installed(course):
    course.prepare()
    course.prepare()
    assert course.installs == [[]]


def test_test_tools_are_added_once_and_stay(course):
    course.prepare()
    course.prepare(["test"])
    course.prepare()
    course.prepare(["test"])
    assert course.installs == [[], ["test"]]


def test_a_changed_project_is_installed_over_the_old_one(course, clone):
    course.prepare(["test"])
    with open(clone / "pyproject.toml", "a") as file:
        file.write("# a git pull\n")
    (course.VENV / "kept").touch()
    course.prepare()
    assert course.installs == [["test"], ["test"]] and (course.VENV / "kept").exists()


def test_a_moved_clone_makes_its_environment_again(course, clone, monkeypatch, capsys):
    course.prepare()
    (course.VENV / "old").touch()
    moved = clone.rename(clone.with_name("elsewhere"))
    course = stand_in(load(moved), monkeypatch)
    course.prepare()
    assert course.installs == [[]] and not (course.VENV / "old").exists()
    assert "was moved, or made by another Python" in capsys.readouterr().out


@pytest.mark.parametrize("breakage", ["python", "interpreter"])
def test_another_python_makes_the_environment_again(course, breakage):
    course.prepare()
    (course.VENV / "old").touch()
    if breakage == "python":
        course.STAMP.write_text(course.STAMP.read_text().replace("3.", "2."))
    else:
        course.PYTHON.unlink()  # the system's Python was removed: a dangling link
    course.prepare()
    assert course.installs == [[], []] and not (course.VENV / "old").exists()


@pytest.mark.parametrize("stamp", [None, "", "{"])
def test_an_interrupted_installation_is_recognised_and_made_again(course, capsys, stamp):
    course.VENV.mkdir()
    course.MARK.touch()
    (course.VENV / "half").touch()
    if stamp is not None:
        course.STAMP.write_text(stamp)
    course.prepare()
    assert not (course.VENV / "half").exists() and (course.VENV / INSTALLED).exists()
    assert "was never finished" in capsys.readouterr().out


def test_a_failed_installation_leaves_nothing(course, monkeypatch, capsys):
    monkeypatch.setattr(course, "install", course.fail)
    assert course.main([]) == 1
    assert "the installation failed" in capsys.readouterr().err
    assert not course.VENV.exists()


@pytest.mark.parametrize("code", [1, 130])
def test_a_failed_or_interrupted_update_leaves_the_working_environment(course, monkeypatch, code):
    course.prepare()
    with monkeypatch.context() as patch:
        patch.setattr(course, "install", course.fail if code == 1 else interrupted)
        assert course.main(["test"]) == code
    course.prepare()  # still complete, as it was
    assert course.installs == [[]]
    course.prepare(["test"])  # and tried again
    assert course.installs == [[], ["test"]]


def test_ctrl_c_while_installing_leaves_nothing(course, monkeypatch, capsys):
    monkeypatch.setattr(course, "install", interrupted)
    assert course.main([]) == 130
    assert "Stopped" in capsys.readouterr().err and not course.VENV.exists()


def test_ctrl_c_while_making_the_environment_leaves_nothing(course, monkeypatch):
    monkeypatch.setattr(course.subprocess, "run", interrupted)
    assert course.main([]) == 130
    assert not course.VENV.exists()


def test_venv_failing_leaves_nothing_and_says_why(course, monkeypatch, capsys):
    done = subprocess.CompletedProcess([], 1, "Error: no space left")
    monkeypatch.setattr(course.subprocess, "run", lambda *_, **__: done)
    assert course.main([]) == 1
    assert "no space left" in capsys.readouterr().err and not course.VENV.exists()


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_an_environment_of_somebody_else_is_never_touched(course, capsys, kind, tmp_path):
    if kind == "folder":
        course.VENV.mkdir()
        (course.VENV / "pyvenv.cfg").write_text("mine")
    elif kind == "file":
        course.VENV.write_text("mine")
    else:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "pyvenv.cfg").write_text("mine")
        course.VENV.symlink_to(tmp_path / "mine")
    assert course.main([]) == 1
    said = capsys.readouterr().err
    assert "this script did not make it" in said and "Rename or delete it" in said
    assert (course.VENV if kind == "file" else course.VENV / "pyvenv.cfg").read_text() == "mine"
    assert course.installs == []


def test_a_link_is_left_alone_for_good_whatever_is_behind_it(course, capsys, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    course.VENV.symlink_to(tmp_path / "elsewhere")
    for _ in range(2):
        assert course.main([]) == 1
        assert "Rename or delete it" in capsys.readouterr().err
        for name in ("mine.txt", course.MARK.name):
            (tmp_path / "elsewhere" / name).write_text("mine")
    course.remove_environment()
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == [course.MARK.name, "mine.txt"]


def test_a_whole_environment_behind_a_link_serves_but_is_not_updated(course, clone, capsys, tmp_path):
    course.prepare()
    course.VENV.rename(tmp_path / "elsewhere")
    course.VENV.symlink_to(tmp_path / "elsewhere")
    course.prepare()
    before = course.STAMP.read_text()
    with open(clone / "pyproject.toml", "a") as file:
        file.write("# a git pull\n")
    assert course.main([]) == 1
    assert "Rename or delete it" in capsys.readouterr().err
    assert course.STAMP.read_text() == before and course.installs == [[]]


def test_an_empty_folder_is_nobody_s(course):
    course.VENV.mkdir()
    course.prepare()
    assert course.installs == [[]]


def test_a_real_installation_without_a_network_leaves_nothing(clone):
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    environment.pop("PIP_FIND_LINKS", None)
    done = subprocess.run(
        [sys.executable, str(clone / "course.py"), "--no-browser"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "the installation failed" in done.stderr and "pip's last words" in done.stderr
    assert "Traceback" not in done.stderr and "hatchling" in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize(
    ("pip", "said"),
    [
        ("ERROR: [Errno 28] No space left on device", "at least 2 GB"),
        ("NewConnectionError: Temporary failure in name resolution", "check the network"),
        ("error: metadata-generation-failed", "another Python"),
    ],
)
def test_advice(course, monkeypatch, pip, said):
    monkeypatch.setattr(course.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1e11))
    assert said in course.advice(pip)


def test_advice_on_a_full_disk(course, monkeypatch):
    monkeypatch.setattr(course.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1e8))
    assert "at least 2 GB" in course.advice("error")


# ------------------------------------------------------------------------------------------- commands


@pytest.fixture
def calls(course, monkeypatch):
    """The commands that would have been run; those that contain a word of ``calls.failing`` fail."""
    calls = types.SimpleNamespace(words=[], failing=(), environment={})

    def run(command, env=None, **_):
        calls.words.append(command[1:])
        calls.environment = env or {}
        return subprocess.CompletedProcess(command, int(any(word in command for word in calls.failing)))

    monkeypatch.setattr(course, "prepare", lambda extras=(): None)
    monkeypatch.setattr(course.subprocess, "run", run)
    monkeypatch.setattr(course.os, "chdir", lambda _: None)
    monkeypatch.setattr(course.os, "execv", lambda _, command: calls.words.append(command[1:]) or 0)
    return calls


def test_the_course_is_copied_and_opened(course, calls):
    assert course.main(["--no-browser", "--port", "8899", "--LabApp.collaborative=False"]) == 0
    work = str(course.WORK)
    assert calls.words == [
        ["-m", "hlp_edu.course.cli", "start", work],
        ["-m", "hlp_edu.course.cli", "lab", work, "--no-browser", "--port", "8899", "--LabApp.collaborative=False"],
    ]


def test_a_copy_that_fails_is_not_opened(course, calls):
    calls.failing = ("start",)
    assert course.main([]) == 1
    assert len(calls.words) == 1


def test_every_check_is_run_once(course, calls, clone, capsys):
    for name in ("tests", "hlp_edu", "lessons", "exercises"):
        (clone / name).mkdir()
    assert course.main(["test", "-x", "-k", "flow"]) == 0
    ruff, formatting, pytest_words = calls.words
    assert ruff == ["-m", "ruff", "check", "."] and formatting == ["-m", "ruff", "format", "--check", "."]
    assert {"--nbval", "--nbval-current-env", "--benchmark-disable"} <= set(pytest_words)
    assert pytest_words[-6:] == ["tests", "hlp_edu", "lessons", "-x", "-k", "flow"]
    assert calls.environment["TQDM_DISABLE"] == "1"
    assert "all passed" in capsys.readouterr().out


def test_a_chosen_test_replaces_the_list(course, calls, clone):
    (clone / "tests").mkdir()
    (clone / "tests" / "test_flow.py").touch()
    course.main(["test", "tests/test_flow.py::test_order"])
    assert calls.words[-1][-1] == "tests/test_flow.py::test_order" and "tests" not in calls.words[-1]


@pytest.mark.parametrize("part", ["check", "--check", "pytest"])
def test_one_failure_fails_the_whole_but_everything_is_run(course, calls, capsys, part):
    calls.failing = (part,)
    assert course.main(["test"]) == 1
    assert len(calls.words) == 3
    assert "FAILED: " in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tset"], "'tset': must be 'test'"),
        (["--port", "high"], "'high'"),
        (["--port", "70000"], "65535"),
        (["--port", "²"], "65535"),
        (["-x"], "'-x'"),
    ],
)
def test_mistakes_on_the_command_line(course, capsys, words, said):
    with pytest.raises(SystemExit) as stop:
        course.main(words)
    assert stop.value.code == 2 and said in capsys.readouterr().err
    assert not course.VENV.exists()
