"""The wheel carries the whole course: without a clone, `pip install` and `hlp-edu start` are enough."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest


def run(*command, cwd):
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, root, cwd=out)
    (wheel,) = out.glob("hlp_edu-*.whl")
    return wheel


def notebooks(root, *parts):
    """The course's notebooks as they lie in the clone, without what Jupyter hides there."""
    found = {path.relative_to(root).as_posix() for part in parts for path in (root / part).rglob("*.ipynb")}
    return {name for name in found if "/." not in name}


def test_the_wheel_carries_every_notebook_and_nothing_strange(root, wheel):
    names = zipfile.ZipFile(wheel).namelist()
    course = "hlp_edu/_course/"
    carried = {name.removeprefix(course) for name in names if name.endswith(".ipynb")}
    assert carried == notebooks(root, "lessons", "exercises", "solutions")
    assert "lessons/00_start_here.ipynb" in carried
    for shelf in ("studies", "data", "widgets", "course/teaching/templates"):
        shipped = [path.name for path in (root / "hlp_edu" / shelf).iterdir() if path.is_file()]
        assert {f"hlp_edu/{shelf}/{name}" for name in shipped} <= set(names)
    assert {f"{course}guide/{path.name}" for path in (root / "guide").glob("*.md")} <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"hlp_edu"}
    assert not [name for name in names if "checkpoints" in name or "__pycache__" in name or name.endswith(".tmp")]
    assert any(name.endswith("licenses/LICENSE-TEXT") for name in names)


def test_the_wheel_gives_a_working_course_in_an_empty_environment(root, wheel, tmp_path):
    venv.create(tmp_path / "venv", symlinks=os.name != "nt")
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=tmp_path)
    # The dependencies are lent by this environment, so that the test needs no network.
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    with open(os.path.join(site, "lent.pth"), "w") as file:
        file.write(sysconfig.get_path("purelib") + "\n")

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run(python, "-c", "import hlp_edu; print(hlp_edu.__file__)", cwd=elsewhere).startswith(site)
    run(scripts / "hlp-edu", "start", cwd=elsewhere)
    delivered = notebooks(elsewhere / "hlp_edu_course", "lessons", "exercises")
    assert delivered == notebooks(root, "lessons", "exercises")
    for name in delivered:
        assert (elsewhere / "hlp_edu_course" / name).read_bytes() == (root / name).read_bytes()
    assert "nothing new" in run(scripts / "hlp-edu", "start", cwd=elsewhere)

    code = "from hlp_edu.checks import lesson_01 as tasks; print(tasks.change.solution())"
    assert "change = " in run(python, "-W", "error", "-c", code, cwd=elsewhere)

    code = "import hlp_edu as hlp; p = hlp.Tracking(hlp.fully_connected(5), hlp.sinusoid())"
    code += "; print(hlp.run(p, hlp.Flipped(30, 5), T=0.1).x.shape)"
    assert run(python, "-W", "error", "-c", code, cwd=elsewhere).strip() == "(101, 5)"
