"""The workshop pack: whole or not at all, and enough to install and run the course without a network."""

import ast
import base64
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from hlp_edu.course import cli
from hlp_edu.course.files import CourseError
from hlp_edu.course.teaching import pack as packing
from hlp_edu.course.teaching import start as starting
from hlp_edu.course.teaching.pack import LIST, Target, close, fetch, targets
from hlp_edu.course.teaching.place import refuse

HERE = Target(starting.this_machine()[0] or "linux", starting.this_machine()[1])
WINDOWS = Target("windows", "3.12")


def make_wheel(folder, name, version="1.0", needs=(), python="py3", abi="none", platform="any"):
    """Write a wheel that holds nothing but its name and what it needs."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": "\n".join(
            [
                "Metadata-Version: 2.1",
                f"Name: {name}",
                f"Version: {version}",
                *(f"Requires-Dist: {one}" for one in needs),
            ]
        ),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {python}-{abi}-{platform}\n",
    }
    record = []
    path = folder / f"{name}-{version}-{python}-{abi}-{platform}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            record.append(f"{inside},sha256={digest},{len(text)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]))
    return path


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder that pip takes all packages from, in place of the registry."""
    shop = tmp_path / "shop"
    shop.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shop))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return shop


# -------------------------------------------------------------------------------------- what is asked for


def test_the_names_of_platforms_and_pythons():
    assert targets(None, None) == [HERE]
    assert targets(["windows", "macos"], ["3.12", "3.13"]) == [
        Target(name, version) for name in ("windows", "macos") for version in ("3.12", "3.13")
    ]
    assert targets(["windows", "windows"], ["3.12", "3.12"]) == [WINDOWS]
    words = ["pack", "out", "--platform", "linux", "windows", "--platform", "macos"]
    assert cli._parser().parse_args(words).platform == ["linux", "windows", "macos"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--platform", "beos"], "--platform = 'beos': must be one of 'linux', 'linux-arm', 'macos'"),
        (["--python", "3.9"], "--python = '3.9': must be one of '3.11', '3.12', '3.13', '3.14'"),
    ],
)
def test_an_unknown_name_is_refused_with_what_is_allowed(tmp_path, capsys, words, said):
    assert cli.main(["pack", str(tmp_path / "out"), *words]) == 1
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_the_pythons_are_those_of_the_project():
    wanted = importlib.metadata.metadata("hlp_edu")["Requires-Python"]
    from packaging.specifiers import SpecifierSet

    assert packing.PYTHONS == tuple(SpecifierSet(wanted).filter(f"3.{minor}" for minor in range(8, 20)))


def occupied(out, kind):
    out.mkdir()
    if kind == "a stranger's folder":
        (out / "thesis.txt").write_text("years of work")
        return "'thesis.txt'"
    (out / "start.py").write_text("ours")
    digest = hashlib.sha256(b"ours").hexdigest()
    (out / "pack.json").write_text(json.dumps({"files": {"start.py": 4}, "sha256": {"start.py": digest}}))
    if kind == "a pack in use":
        (out / "my_course").mkdir()
        (out / "my_course" / "mine.ipynb").write_text("mine")
        return "'my_course/mine.ipynb'"
    if kind.startswith("a pack with a changed file"):
        (out / "start.py").write_text("mine" if kind.endswith("of the same length") else "changed")
        return "'start.py'"
    (out / "pack.json").write_text("{" if kind == "a damaged list" else "[1]")
    return "'start.py'"


KINDS = ["a stranger's folder", "a pack in use", "a pack with a changed file", "a damaged list", "a strange list"]
KINDS += ["a pack with a changed file of the same length"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_an_untouched_pack_is_refused_and_left_as_it_is(tmp_path, capsys, kind):
    name = occupied(tmp_path / "out", kind)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert cli.main(["pack", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert f"{name} in it is not as a pack has it" in said and "nothing was changed" in said
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_a_file_and_a_link_are_refused_and_an_empty_folder_is_not(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("file", "link"):
        with pytest.raises(CourseError, match="OUT = .*is a file or a link"):
            refuse(tmp_path / name, "pack", LIST)
    refuse(tmp_path / "empty", "pack", LIST)
    refuse(tmp_path / "new", "pack", LIST)


@pytest.mark.parametrize("out", [".", ".."])
def test_the_folder_that_you_are_in_is_refused(tmp_path, monkeypatch, out):
    (tmp_path / "out" / "inside").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "out" / "inside")
    with pytest.raises(CourseError, match="OUT = .*is where you are"):
        refuse(Path(out), "pack", LIST)


# --------------------------------------------------------------------------------------------- the wheels


def test_what_is_needed_is_judged_for_the_other_computer(tmp_path):
    root = make_wheel(
        tmp_path,
        "hlp_edu",
        needs=[
            "Shell ; os_name != 'nt'",
            "colours>=1 ; sys_platform == 'win32'",
            "schema[formats]>=1",
            "new_words ; python_version < '3.12'",
        ],
    )
    make_wheel(tmp_path, "shell")
    make_wheel(tmp_path, "schema", needs=["uri ; extra == 'formats'", "never ; extra == 'other'"])
    make_wheel(tmp_path, "uri")
    found = {}
    for target in (WINDOWS, Target("linux", "3.12"), Target("linux", "3.11")):
        needed, missing = close(tmp_path, root, target.environment)
        found[target] = ({path.name.split("-")[0] for path in needed}, missing)
    core = {"hlp_edu", "schema", "uri"}
    assert found[WINDOWS] == (core, ["colours>=1"])
    assert found[Target("linux", "3.12")] == (core | {"shell"}, [])
    assert found[Target("linux", "3.11")] == (core | {"shell"}, ["new_words"])


def test_pip_fetches_for_the_other_computer_and_what_only_that_needs(shop, tmp_path):
    root = make_wheel(
        tmp_path, "hlp_edu", needs=["core", "colours ; sys_platform == 'win32'", "shell ; os_name != 'nt'"]
    )
    make_wheel(shop, "core", python="cp312", abi="cp312", platform="win_amd64")
    make_wheel(shop, "core", python="cp312", abi="cp312", platform="manylinux_2_28_x86_64")
    make_wheel(shop, "shell")
    make_wheel(shop, "colours", needs=["terminal ; os_name == 'nt'"])
    make_wheel(shop, "terminal")
    names = {path.name for path in fetch(root, WINDOWS, tmp_path / "windows")}
    assert names == {
        "hlp_edu-1.0-py3-none-any.whl",
        "core-1.0-cp312-cp312-win_amd64.whl",
        "colours-1.0-py3-none-any.whl",
        "terminal-1.0-py3-none-any.whl",
    }
    names = {path.name for path in fetch(root, Target("linux", "3.12"), tmp_path / "linux")}
    assert "core-1.0-cp312-cp312-manylinux_2_28_x86_64.whl" in names and "shell-1.0-py3-none-any.whl" in names
    assert len(names) == 3
    with pytest.raises(CourseError, match="exists for that platform and Python.*\n.*core"):
        fetch(root, Target("macos", "3.12"), tmp_path / "macos")


def test_wheels_that_do_not_fit_each_other_are_noticed(tmp_path):
    root = make_wheel(tmp_path, "hlp_edu", needs=["core>=2"])
    make_wheel(tmp_path, "core", version="1.5")
    with pytest.raises(CourseError, match="hlp-edu needs core>=2, and pip chose core 1.5"):
        close(tmp_path, root, WINDOWS.environment)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Our own wheel, made as the pack makes it in a clone."""
    return packing.own_wheel(tmp_path_factory.mktemp("wheel"))


def test_an_installation_gives_back_its_wheel(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    site = tmp_path / "site"
    (site / "hlp_edu" / "__pycache__").mkdir()
    (site / "hlp_edu" / "__pycache__" / "flow.cpython-311.pyc").write_bytes(b"compiled")
    (info,) = site.glob("*.dist-info")
    for name in ("INSTALLER", "REQUESTED"):  # as pip leaves them
        (info / name).write_text("pip\n")
    with open(info / "RECORD", "a") as record:
        record.write(
            f"../../../bin/hlp-edu,sha256=x,1\nhlp_edu/__pycache__/flow.cpython-311.pyc,,\n{info.name}/INSTALLER,,\n"
        )
    installed = importlib.metadata.Distribution.at(info)
    again = packing.remake_wheel(installed, tmp_path)
    assert again.name == wheel.name
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())
        for name in one.namelist():
            if not name.endswith("/RECORD"):
                assert one.read(name) == other.read(name), name
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", tmp_path / "new", again]
    assert subprocess.run(pip, capture_output=True).returncode == 0  # pip accepts what stands in the new RECORD
    (site / "hlp_edu" / "flow.py").write_text("changed = True\n")
    with pytest.raises(CourseError, match="flow.py was changed after hlp_edu was installed"):
        packing.remake_wheel(installed, tmp_path)


# ------------------------------------------------------------------------------------------ whole or not


def fake_parts(monkeypatch, root):
    """Stand-ins for our own wheel and the pages: what is tested is the folder."""
    monkeypatch.setattr(packing, "own_wheel", lambda folder: make_wheel(folder, "hlp_edu", needs=["core"]))
    monkeypatch.setattr(packing, "course_source", lambda: root)


def test_a_download_that_breaks_off_leaves_nothing_or_the_old_pack(shop, root, tmp_path, monkeypatch, capsys):
    fake_parts(monkeypatch, root)
    monkeypatch.setattr(packing, "write_pages", lambda *_: False)
    out = tmp_path / "place" / "out"
    assert cli.main(["pack", str(out)]) == 1  # core is not there
    assert "no pack was written" in capsys.readouterr().err
    assert list(out.parent.iterdir()) == []
    core = make_wheel(shop, "core")
    assert cli.main(["pack", str(out)]) == 0
    assert "MB; README.txt says how to start" in capsys.readouterr().out
    before = sorted(out.rglob("*"))
    core.unlink()
    assert cli.main(["pack", str(out)]) == 1
    assert sorted(out.rglob("*")) == before and list(out.parent.iterdir()) == [out]
    make_wheel(shop, "core", version="2.0")
    assert cli.main(["pack", str(out)]) == 0  # an untouched pack is replaced
    assert (out / "wheels" / "core-2.0-py3-none-any.whl").exists() and list(out.parent.iterdir()) == [out]
    listed = json.loads((out / "pack.json").read_text())["files"]
    assert listed == {
        path.relative_to(out).as_posix(): path.stat().st_size
        for path in out.rglob("*")
        if path.is_file() and path.name != "pack.json"
    }
    readme = (out / "README.txt").read_text()
    assert f"{HERE.platform}, Python {HERE.python}" in readme and "site/" not in readme


def test_pages_that_cannot_be_made_are_left_out_and_it_is_said_why(tmp_path):
    said = []
    assert not packing.write_pages("page", tmp_path / "page", said.append)  # page wants two arguments
    assert said[0] == "Making page/ ..." and "Left out: page/." in said[1] and "invalid choice" in said[1]


# ------------------------------------------------------------------------------- the participant's side


def test_an_old_python_can_read_the_start_script():
    ast.parse(Path(starting.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))
    tree = ast.parse(Path(starting.__file__).read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A pack as a participant has it, as far as the start script looks before it installs."""
    for name, value in dict(ENVIRONMENT="environment", MARK="environment/made", STAMP="environment/done").items():
        monkeypatch.setattr(starting, name, tmp_path / value)
    monkeypatch.setattr(starting, "HERE", tmp_path)
    (tmp_path / "part").write_text("1234")
    (tmp_path / "pack.json").write_text(json.dumps({"hlp_edu": "1.0", "targets": [HERE], "files": {"part": 4}}))
    return tmp_path


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        ((HERE.platform, "3.99"), f"this is Python 3.99, and the pack has what Python {HERE.python} needs"),
        (("amiga", "3.12"), f"made for {HERE.platform} with Python {HERE.python}. This is amiga with Python 3.12"),
    ],
)
def test_another_computer_is_told_so(room, monkeypatch, capsys, machine, said):
    monkeypatch.setattr(starting, "this_machine", lambda: machine)
    assert starting.main([]) == 1
    assert said in capsys.readouterr().err and not (room / "environment").exists()


@pytest.mark.parametrize(
    "damage", ["short", "gone", "{", "{}", "[]", "null", '{"hlp_edu": "1.0", "targets": [1], "files": {}}']
)
def test_a_pack_that_was_copied_in_part_is_noticed(room, capsys, damage):
    if damage == "short":
        (room / "part").write_text("12")
    elif damage == "gone":
        (room / "part").unlink()
    else:
        (room / "pack.json").write_text(damage)
    assert starting.main([]) == 1
    assert "copy the whole folder again" in capsys.readouterr().err


def test_a_folder_of_somebody_else_stays(room, capsys):
    (room / "environment").mkdir()
    (room / "environment" / "mine").write_text("mine")
    assert starting.main([]) == 1
    assert "this script did not make it" in capsys.readouterr().err
    assert (room / "environment" / "mine").read_text() == "mine"


@pytest.mark.parametrize("trouble", [starting.Trouble("no"), KeyboardInterrupt()])
def test_an_installation_that_fails_leaves_no_environment(room, monkeypatch, trouble):
    def install(_):
        (room / "environment").mkdir()
        raise trouble

    monkeypatch.setattr(starting, "install", install)
    assert starting.main([]) in (1, 130)
    assert not (room / "environment").exists()


@pytest.mark.parametrize("code", [0, 1])
def test_a_failed_check_is_told_and_a_failed_copy_ends_it(room, monkeypatch, capsys, code):
    def run(command, failure):
        if "check" in command:
            raise starting.Trouble(failure)

    monkeypatch.setattr(starting, "run", run)
    monkeypatch.setattr(starting, "COURSE", room)  # it is there already
    monkeypatch.setattr(starting.subprocess, "run", lambda command: subprocess.CompletedProcess(command, code))
    assert starting.main([] if code else ["--no-lab"]) == code
    assert "the course may still work" in capsys.readouterr().err and (room / "environment" / "done").exists()


# ------------------------------------------------------------------------------ from end to end, for real

LOOPBACK = """\
import fcntl, os, socket, sys
fcntl.ioctl(socket.socket(), 0x8914, b"lo".ljust(16, b"\\0") + (65).to_bytes(2, sys.byteorder) + bytes(14))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def without_network():
    """The words that start a command in a world whose only network is the computer itself; [] where there is none."""
    words = ["unshare", "--map-root-user", "--net", sys.executable, "-c", LOOPBACK]
    try:
        works = subprocess.run([*words, "true"], capture_output=True, timeout=20).returncode == 0
    except OSError:
        works = False
    return words if works else []


def test_from_a_pack_to_a_lesson_without_a_network(tmp_path, monkeypatch, record_property, capsys):
    monkeypatch.setattr(packing, "PAGES", {})
    begun = time.perf_counter()
    files = packing.pack(tmp_path / "out", targets(None, None), say=lambda _: None)
    packed = time.perf_counter() - begun
    names = [name.removeprefix("wheels/") for name in files if name.startswith("wheels/")]
    assert any(name.startswith("hlp_edu-") for name in names) and any(name.startswith("jupyterlab-") for name in names)
    room = shutil.move(tmp_path / "out", tmp_path / "a laptop's disk")  # a pack works at any place
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    environment |= {"HOME": str(tmp_path), "TQDM_DISABLE": "1"}
    apart = without_network()

    def run(*command):
        begun = time.perf_counter()
        done = subprocess.run(
            [*apart, *map(str, command)], cwd=room, env=environment, capture_output=True, text=True, errors="replace"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout, time.perf_counter() - begun

    said, installed = run(sys.executable, "start.py", "--no-lab")
    assert "new or renewed files" in said
    python = starting.PYTHON.relative_to(starting.HERE)
    code = "import hlp_edu, sys; print(hlp_edu.__file__.startswith(sys.prefix))"
    assert run(room / python, "-I", "-c", code)[0].strip() == "True"
    lesson = room / "my_course" / "lessons" / "01_optimal_control.ipynb"
    shipped = lesson.read_bytes()
    _, ran = run((room / python).with_name("jupyter-execute"), "--inplace", lesson)
    cells = [cell for cell in json.loads(lesson.read_text())["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in cells) and lesson.read_bytes() != shipped
    records = {record: record.stat().st_mtime_ns for record in (room / python).parents[1].rglob("RECORD")}
    run(sys.executable, "start.py", "--no-lab")
    assert records and all(record.stat().st_mtime_ns == when for record, when in records.items())  # no second time
    size = sum(files.values()) / 1e6
    line = f"pack {size:.0f} MB in {packed:.0f} s; installed in {installed:.0f} s; lesson 01 in {ran:.0f} s"
    record_property("pack", line + ("" if apart else "; with the network at hand"))
    with capsys.disabled():
        print(f"\n{line}{'' if apart else '; no namespace without network could be had'}")
