"""One submission harms itself alone: a class of strangers, graded; their pages, opened in a browser."""

import csv
import os
import time

import psutil
import pytest
from hostile import MARK, hand_in

from hlp_edu.course import cli
from hlp_edu.course.teaching import contained

pytestmark = pytest.mark.skipif(not contained.apart() or not contained.landlock(), reason="Linux with namespaces")
CHROMIUM = "/usr/bin/chromium"


def bytes_of(folder):
    """Every ordinary file and its bytes (of a huge one the size)."""
    found = {}
    for place, _, names in os.walk(folder):
        for path in (os.path.join(place, name) for name in names):
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    found[path] = os.path.getsize(path), file.read(10**6)
    return found


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade the class once; (rows, what was wanted, folder of the results, seconds)."""
    top = tmp_path_factory.mktemp("hostile")
    folder, out = top / "in", top / "out"
    folder.mkdir()
    wanted = hand_in(folder, quick=os.environ.get("HLP_EDU_HOSTILE") != "all")
    before, processes, begun = bytes_of(folder), set(psutil.pids()), time.monotonic()
    assert cli.main(["grade", str(folder), "--out", str(out), "--cell-limit", "25", "--limit", "150"]) == 0
    seconds = time.monotonic() - begun
    assert bytes_of(folder) == before
    left = [process for process in psutil.process_iter(["cmdline"]) if str(MARK) in (process.info["cmdline"] or [])]
    children = [child for child in psutil.Process().children(recursive=True) if child.pid not in processes]
    assert left == [] and children == []
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["student"].lstrip("'"): row for row in csv.DictReader(file)}
    return rows, wanted, out, seconds


def test_every_row_is_there_and_right(graded):
    rows, wanted, _, seconds = graded
    wrong = []
    for student, (kind, wants) in wanted.items():
        row = rows[student]
        points, words = wants if isinstance(wants, tuple) else (wants, "")
        if isinstance(wants, str):
            good = row["status"] == "not graded" and (wants in row["notes"] or wants == "not graded")
        else:
            good = (row["status"], row["points"], row["possible"]) == ("graded", f"{points:g}", "10")
        print(f"{kind:26} {student:28} {row['points'] or '-':>3} {row['seconds']:>4} s  {row['notes'][:150]}")
        if not good or words not in row["notes"]:
            wrong.append((student, wants, row))
    print(f"{len(wanted)} submissions, {sum(k == 'honest' for k, _ in wanted.values())} honest, {seconds:.0f} s")
    assert wrong == []
    assert all(row["feedback"] for row in rows.values() if row["status"] == "graded")
    assert rows.keys() == wanted.keys()
    assert all(float(row["seconds"]) < 180 for row in rows.values())


@pytest.mark.browser
@pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="no chromium")
def test_no_script_of_a_student_runs_in_the_teachers_browser(graded):
    from playwright.sync_api import sync_playwright

    rows, _, out, _ = graded
    page_of = out / rows["scripts"]["feedback"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        asked, dialogs = [], []
        page.on("response", lambda answer: asked.append(answer.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(page_of.as_uri())
        page.wait_for_timeout(500)
        assert page.title() == "01_optimal_control" and dialogs == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert "Score: 1.0 / 1.0" in page.content()
        for link in page.locator("a[href^=javascript]").all():
            link.click()
        # The same attack pasted raw into the page: the rule at its top alone stops it.
        text = page_of.read_text(encoding="utf-8")
        attack = '<script>document.title="stolen"</script><img src=x onerror="document.title=1"></body>'
        (out / "attack.html").write_text(text.replace("</body>", attack), encoding="utf-8")
        page.goto((out / "attack.html").as_uri())
        page.wait_for_timeout(500)
        assert page.title() == "01_optimal_control" and dialogs == []
        (out / "attack.html").write_text("<title>x</title>" + attack, encoding="utf-8")
        page.goto((out / "attack.html").as_uri())
        page.wait_for_timeout(500)
        assert page.title() != "x"  # without the rule it would have run
        browser.close()
