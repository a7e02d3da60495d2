"""What happens to chapters that run, fail, hang, die, or are interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import psutil
import pytest

from ci import build, execute, keys
from ci.chapters import discover

REPOSITORY = Path(__file__).parents[2]
LAPTOP = {"profile": "laptop"}
OPTIONAL = """\
try:
    open('evidence/later.txt')
except FileNotFoundError:
    pass
"""


def run(toy, *words: str) -> int:
    return build.main([*words, "--root", str(toy.root)])


def stale(toy, name: str) -> str:
    return keys.stale(toy.root, discover(toy.root)[name], LAPTOP, toy.root / "_build" / "executed")


@pytest.fixture(scope="module")
def faulty(toys):
    """A book whose chapters fail in every way, built: the toy, the exit status, what was said."""
    toy = toys("faulty")
    toy.chapter("01_sound", f"{OPTIONAL}import toylib\nopen('evidence/data.txt').read(), toylib.VALUE")
    toy.write("book/evidence/data.txt", "1")
    toy.chapter("02_wrong", "1 + 1", "value = 2\nassert value == 3, 'two is not three'")
    toy.chapter("03_slow", "import time\ntime.sleep(60)")
    toy.chapter("04_killed", "import os", "os.kill(os.getpid(), 9)")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as said, redirect_stderr(said):
        patch.setitem(execute.PROFILES, "laptop", execute.Limits(2, 60, 2))
        status = run(toy, "book")
    return toy, status, said.getvalue()


def test_a_failure_stops_the_book_but_not_the_other_chapters(faulty):
    toy, status, said = faulty
    assert status == 1
    assert len(re.findall(r"^\[\d/4\] \w+ (ok|FAILED after) \d+\.\d s", said, re.M)) == 4
    assert "sound ok" in said
    assert re.search(r", about \d+ s left$", said, re.M)
    assert toy.published == "the last good site"


@pytest.mark.parametrize(
    ("name", "place", "reason", "code"),
    [
        ("wrong", "cell 3 of 3 (book/02_wrong.md:", "AssertionError: two is not three", "assert value == 3"),
        ("slow", "cell 2 of 2 (book/03_slow.md:", "CellTimeoutError", "time.sleep(60)"),
        ("killed", "cell 3 of 3 (book/04_killed.md:", "DeadKernelError", "os.kill(os.getpid(), 9)"),
    ],
)
def test_a_failing_chapter_is_named_with_its_cell_and_leaves_no_result(faulty, name, place, reason, code):
    toy, _, said = faulty
    report = next(part for part in said.split("\n\n") if part.startswith(f"{name}, "))
    assert place in report
    assert reason in report
    assert f"| {code}" in report
    line = int(re.search(r"\.md:(\d+)\)", report)[1])
    source = next((toy.root / "book").glob(f"*_{name}.md")).read_text().splitlines()
    assert source[line - 1] == re.search(r"\| (.*)", report)[1]
    assert not (toy.root / f"_build/executed/{name}.ipynb").exists()
    assert stale(toy, name) == "it has not been executed"


def test_a_result_holds_the_run_and_no_path_of_the_machine(faulty):
    text = (faulty[0].root / "_build/executed/sound.ipynb").read_text()
    notebook = json.loads(text)
    assert str(faulty[0].root) not in text
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == [1, 2]
    about = notebook["metadata"]["renorm"]
    assert about["parameters"] == {"profile": "laptop", "seed": 0}
    assert about["modules"] == ["toylib"]
    assert about["versions"]["python"].startswith("3.")


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        ("src/toylib.py", "VALUE = 1", "VALUE = 2", "src/toylib.py has changed"),
        ("book/evidence/data.txt", "1", "2", "book/evidence/data.txt has changed"),
        ("requirements.lock", "numpy==", "numpy===", "requirements.lock has changed"),
        ("book/01_sound.md", "import toylib\n", "import toylib as toylib\n", "its code has changed"),
        ("book/01_sound.md", "# A toy", "# Another toy", ""),
    ],
)
def test_what_makes_a_result_stale(faulty, path, old, new, reason):
    toy = faulty[0]
    before = (toy.root / path).read_text()
    try:
        toy.edit(path, old, new)
        assert stale(toy, "sound") == reason
    finally:
        toy.write(path, before)
    assert stale(toy, "sound") == ""


def test_evidence_that_arrives_later_makes_a_result_stale(faulty):
    toy = faulty[0]
    toy.write("book/evidence/later.txt", "1")
    assert stale(toy, "sound") == "book/evidence/later.txt has changed"
    (toy.root / "book/evidence/later.txt").unlink()
    assert stale(toy, "sound") == ""


def test_other_parameters_and_another_python_make_a_result_stale(faulty, monkeypatch):
    toy = faulty[0]
    folder = toy.root / "_build" / "executed"
    chapter = discover(toy.root)["sound"]
    assert keys.stale(toy.root, chapter, {"profile": "gpu"}, folder) == "its choice of parameters has changed"
    monkeypatch.setattr(sys, "version_info", (3, 99))
    assert keys.stale(toy.root, chapter, LAPTOP, folder) == "the version of Python has changed"


def test_a_chapter_beyond_its_limit_is_ended_and_its_cell_named(toys, monkeypatch, capsys):
    toy = toys("late")
    toy.chapter("01_late", "import time\nfor _ in range(60):\n    time.sleep(1)")
    monkeypatch.setitem(execute.PROFILES, "laptop", execute.Limits(60, 10, 1))
    assert run(toy, "execute") == 1
    assert "late, cell 2 of 2" in (said := capsys.readouterr().err)
    assert "the chapter took longer than its limit of 10 s" in said
    assert not psutil.Process().children(recursive=True)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["1 + 1"], "0 cells are tagged `parameters`"),
        ([":tags: [parameters]\n\nprofile = 'laptop'\nseed = 0"] * 2, "2 cells are tagged `parameters`"),
        ([":tags: [parameters]\n\nprofile = 'laptop'"], "does not set seed"),
        ([":tags: [parameters]\n\nprofile = 'laptop'\nseed = int(0)"], "literal values only"),
    ],
)
def test_a_wrong_parameters_cell_is_refused_before_anything_runs(toys, capsys, cells, reason):
    toy = toys("parameters")
    toy.page("01_toy", *cells)
    assert run(toy, "book") == 1
    assert reason in (said := capsys.readouterr().err)
    assert "toy (book/01_toy.md)" in said
    assert not (toy.root / "_build/executed").exists()
    assert toy.published == "the last good site"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["toy", "--set", "size=3"], "unknown parameter size; its parameters are: profile, seed"),
        (["toy", "--profile", "lapdog"], "unknown profile 'lapdog'; the profiles are: smoke, laptop, gpu"),
        (["toi"], "unknown chapter toi; the chapters are: toy"),
        ([], "no chapter is named (make chapter CH=...); the chapters are: toy"),
    ],
)
def test_a_refusal_names_what_is_allowed(toys, capsys, words, reason):
    toy = toys("refusal")
    toy.chapter("01_toy", "1 + 1")
    assert run(toy, "chapter", *words) == 1
    assert reason in capsys.readouterr().err
    assert not (toy.root / "_build/executed").exists()


def test_a_rerun_with_other_parameters_has_a_place_of_its_own(toys, capsys):
    toy = toys("rerun")
    toy.chapter("01_toy", "print(profile, seed)")
    assert run(toy, "chapter", "toy", "--profile", "smoke", "--set", "seed=3") == 0
    path = toy.root / "_build/runs/smoke-seed=3/toy.ipynb"
    assert str(path) in capsys.readouterr().out
    assert json.loads(path.read_text())["cells"][-2]["outputs"][0]["text"] == ["smoke 3\n"]
    assert not (toy.root / "_build/executed").exists()


def test_ctrl_c_ends_the_kernels_and_keeps_what_is_finished(toys):
    toy = toys("interrupted")
    toy.chapter("01_quick", "1 + 1")
    toy.chapter("02_long", "import os, time\ntime.sleep(0 if os.path.exists('go') else 60)")
    command = [sys.executable, "-m", "ci.build", "execute", "--root", str(toy.root)]
    first = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert first.stdout.readline().startswith("[1/2] quick ok")
    children = psutil.Process(first.pid).children(recursive=True)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=20)
    assert first.returncode == 130
    assert "finished chapters are kept" in said
    _, alive = psutil.wait_procs(children, timeout=5)
    assert children
    assert not alive
    toy.write("book/go", "")
    second = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, env=os.environ)
    assert second.returncode == 0
    assert second.stdout.startswith("1 of 2 chapters are up to date\n[1/1] long ok")


def test_evidence_is_recorded_by_the_chapters_that_can(toys, monkeypatch):
    toy = toys("recording")
    toy.chapter("01_plain", "1")
    settings = ':tags: [parameters]\n\nprofile = "laptop"\nseed = 0\nrecord = False'
    slow = "import time\nassert record\ntime.sleep(2)\nopen('evidence.txt', 'w').write(profile)"
    toy.page("02_recorder", settings, slow)
    monkeypatch.setitem(execute.PROFILES, "smoke", execute.Limits(1, 60, 1))  # not those of a recording
    assert run(toy, "evidence", "--profile", "smoke") == 0
    assert (toy.root / "book/evidence.txt").read_text() == "smoke"
    assert [file.stem for file in toy.root.glob("_build/runs/smoke-record=True/*.ipynb")] == ["recorder"]


def test_the_wheels_for_a_machine_with_a_gpu_are_those_of_the_lock():
    pins = [
        set(re.findall(r"(?m)^[\w.-]+==[\w.]+", (REPOSITORY / name).read_text()))
        for name in ("requirements-gpu.lock", "requirements.lock")
    ]
    assert pins[0] < pins[1]
    assert not {"jax", "jaxlib", "numpy"} & {pin.partition("==")[0] for pin in pins[0]}
