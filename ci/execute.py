"""Executes chapters side by side, each in a process of its own, and explains what failed."""

import json
import os
import subprocess
import sys
import time
from collections import namedtuple
from contextlib import suppress
from pathlib import Path

from ci import chapters, keys

Limits = namedtuple("Limits", "cell chapter at_once")  # seconds, seconds, chapters
Run = namedtuple("Run", "chapter process began")

PROFILES = {"smoke": Limits(60, 120, 2), "laptop": Limits(300, 600, 2), "gpu": Limits(900, 1800, 1)}
RECORDING = Limits(9000, 18000, 1)  # in any profile
HIDDEN = {"probe", "injected-parameters"}  # tags of cells that the chapter's text does not have
REPRODUCIBLE = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0"}
XLA_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "XLA_FLAGS": XLA_ONE_THREAD}


def execute(root: Path, build: Path, todo: list, overrides: dict) -> list[str]:
    """Execute the chapters; a failure does not stop the others. What failed, one text each.

    Raises:
        BookError: a chapter's parameters are wrong; nothing has been started then.
    """
    for chapter in todo:
        chapters.parameters(chapters.read(root, chapter), chapter, overrides)
    limits = RECORDING if overrides.get("record") else PROFILES[overrides["profile"]]
    folder = keys.store(build, overrides)
    for path in (folder, build / "cache" / "ipython"):
        path.mkdir(parents=True, exist_ok=True)
    memory = folder / "seconds.json"
    seconds = json.loads(memory.read_text()) if memory.is_file() else {}
    waiting, running, failures = list(todo), [], []
    try:
        while waiting or running:
            while waiting and len(running) < limits.at_once:
                running.append(start(root, build, waiting.pop(0), overrides, limits.cell))
            time.sleep(0.05)
            for run in list(running):
                took = time.monotonic() - run.began
                if run.process.poll() is None and took < limits.chapter:
                    continue
                running.remove(run)
                if run.process.poll() == 0:
                    seconds[run.chapter.name] = round(took, 1)
                    memory.write_text(json.dumps(seconds))
                else:
                    failures.append(failure(root, folder, run, limits))
                state = "ok" if run.process.returncode == 0 else "FAILED after"
                left = time_left(seconds, waiting, running, limits)
                count = f"[{len(todo) - len(waiting) - len(running)}/{len(todo)}]"
                print(f"{count} {run.chapter.name} {state} {took:.1f} s{left}", flush=True)
    finally:
        for run in running:
            kill(run.process)
    return failures


def start(root: Path, build: Path, chapter: chapters.Chapter, overrides: dict, cell_limit: float) -> Run:
    """Start a chapter, in a session of its own: Ctrl-C reaches the parent only, which ends its children."""
    folder, cache = keys.store(build, overrides), build / "cache"
    environment = os.environ | REPRODUCIBLE
    if overrides["profile"] != "gpu":
        environment |= ONE_THREAD | {"JAX_PLATFORMS": "cpu"}
    environment |= {"IPYTHONDIR": str(cache / "ipython"), "JAX_COMPILATION_CACHE_DIR": str(cache / "jax")}
    task = {"root": str(root), "name": chapter.name, "path": chapter.path, "folder": str(folder)}
    task |= {"overrides": overrides, "cell_limit": cell_limit}
    command = [sys.executable, "-m", "ci.run_chapter", json.dumps(task)]
    options = {"cwd": Path(__file__).parents[1], "env": environment, "start_new_session": True}
    (folder / f"{chapter.name}.partial.ipynb").unlink(missing_ok=True)
    with (folder / f"{chapter.name}.log").open("w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
    return Run(chapter, process, time.monotonic())


def kill(process: subprocess.Popen) -> None:
    """End a run with its kernel, which lives in yet another session."""
    import psutil

    with suppress(psutil.NoSuchProcess):  # it may end by itself just now
        for member in [process, *psutil.Process(process.pid).children(recursive=True)]:
            member.kill()
    process.wait()


def failure(root: Path, folder: Path, run: Run, limits: Limits) -> str:
    """What happened, where, in which code. A chapter that fails keeps no result, not even an older one."""
    name, path = run.chapter.name, run.chapter.path
    for end in ("ipynb", "key.json"):
        (folder / f"{name}.{end}").unlink(missing_ok=True)
    log = folder / f"{name}.log"
    reason = (log.read_text().strip().splitlines() or ["it ended without a word"])[-1]
    if run.process.returncode is None:
        kill(run.process)
        reason = f"the chapter took longer than its limit of {limits.chapter:g} s"
    number, cells = last_cell(folder / f"{name}.partial.ipynb")
    if number == 0:
        return f"{name} ({path}): {reason}\n    log: {log}"
    line = (root / path).read_text().partition(cells[number - 1])[0].count("\n") + 1
    excerpt = "\n".join(f"    | {row}" for row in cells[number - 1].splitlines())
    return f"{name}, cell {number} of {len(cells)} ({path}:{line}): {reason}\n{excerpt}\n    log: {log}"


def last_cell(partial: Path) -> tuple[int, list[str]]:
    """Number of the last code cell that was started, 0 for none, and the chapter's code cells."""
    cells = json.loads(partial.read_text())["cells"] if partial.is_file() else []
    own = [one for one in cells if one["cell_type"] == "code" and not HIDDEN & {*one["metadata"]["tags"]}]
    begun = [i for i, one in enumerate(own, 1) if one["metadata"]["papermill"]["status"] != "pending"]
    return max(begun, default=0), ["".join(one["source"]) for one in own]


def time_left(seconds: dict, waiting: list, running: list[Run], limits: Limits) -> str:
    """The end of a progress line; a chapter that never ran is expected to take the mean of the others."""
    if not seconds or not (waiting or running):
        return ""
    mean, now = sum(seconds.values()) / len(seconds), time.monotonic()
    rest = [max(1, seconds.get(run.chapter.name, mean) - now + run.began) for run in running]
    total = sum(rest) + sum(seconds.get(chapter.name, mean) for chapter in waiting)
    return f", about {max(total / limits.at_once, *rest, 1):.0f} s left"
