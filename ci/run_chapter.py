"""One chapter in a process of its own: ``python -m ci.run_chapter '{"root": ..., "name": ..., ...}'``.

papermill writes ``<chapter>.partial.ipynb`` as it goes; only a complete run becomes ``<chapter>.ipynb``, with
its key. The last line printed by a run that failed says why.
"""

import hashlib
import json
import os
import re
import sys
import time
import traceback
from pathlib import Path

import nbformat
import papermill

from ci import BookError, chapters, keys, probe


def main(root: Path, chapter: chapters.Chapter, folder: Path, overrides: dict, cell_limit: float) -> None:
    """Execute the chapter and put the result into ``folder``."""
    notebook = chapters.read(root, chapter)
    defaults, source = chapters.defaults(notebook, chapter), keys.digest(root / chapter.path)
    code, parameters = chapters.code_digest(notebook), chapters.parameters(notebook, chapter, overrides)
    changed = {name: value for name, value in parameters.items() if value != defaults[name]}
    for place, source_of in ((0, probe.BEFORE), (len(notebook.cells) + 1, probe.AFTER)):
        text = source_of.replace("ROOT", repr(str(root)))
        notebook.cells.insert(place, nbformat.v4.new_code_cell(text, metadata={"tags": ["probe"]}))
    partial, began = folder / f"{chapter.name}.partial.ipynb", time.time()
    options = {"parameters": changed, "cwd": (root / chapter.path).parent, "execution_timeout": cell_limit}
    notebook = execute(notebook, partial, kernel_name="python3", progress_bar=False, **options)
    run = {"chapter": chapter.name, "profile": parameters["profile"], "parameters": parameters}
    run |= {"seconds": round(time.time() - began, 1), **json.loads(notebook.cells[-1].outputs[0].text)}
    notebook.cells = notebook.cells[1:-1]
    files = ["requirements.lock", *run.pop("files")]
    if edited := [file for file in files if (p := root / file).is_file() and p.stat().st_mtime > began]:
        raise BookError(f"{', '.join(edited)} changed during the run; run it again")
    parts = keys.parts(root, code, parameters, files)
    run["key"] = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    notebook.metadata = {**notebook.metadata, "papermill": {}, "renorm": run}
    publish(root, folder, chapter.name, notebook, {"source": source, "parts": parts})
    partial.unlink()


def execute(notebook, partial: Path, **options):
    """papermill; once more when kernels that start side by side raced for a port."""
    try:
        return papermill.execute_notebook(notebook, partial, **options)
    except (RuntimeError, OSError) as error:
        if not re.search("Address already in use|Kernel didn't respond", str(error)):
            raise
        return papermill.execute_notebook(notebook, partial, **options)


def publish(root: Path, folder: Path, name: str, notebook, record: dict) -> None:
    """Put notebook and key in place, the key last: interrupted, a result is stale, never wrong."""
    for count, cell in enumerate([cell for cell in notebook.cells if cell.cell_type == "code"], start=1):
        cell.execution_count = count  # the probe was the first
        for output in cell.outputs:
            output.update({"execution_count": count} if "execution_count" in output else {})
    text = nbformat.writes(notebook)
    for path, word in ((root, "."), (Path(sys.prefix), "python"), (Path.home(), "~")):
        text = text.replace(f"{path}/", f"{word}/")  # no path of this machine in what is published
    (folder / f"{name}.key.json").unlink(missing_ok=True)
    for end, content in (("ipynb", text), ("key.json", json.dumps(record, indent=1))):
        (folder / f"{name}.tmp").write_text(content)
        os.replace(folder / f"{name}.tmp", folder / f"{name}.{end}")


def explain(error: Exception) -> str:
    """The error in one line."""
    kind, text = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", error)
    return f"{kind}: {text}".splitlines()[0]


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    chapter = chapters.Chapter(task["name"], task["path"])
    try:
        main(Path(task["root"]), chapter, Path(task["folder"]), task["overrides"], task["cell_limit"])
    except Exception as error:
        traceback.print_exc()
        sys.exit(explain(error))
