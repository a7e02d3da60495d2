"""Renders the site from the executed chapters: strictly, from nothing, and in place only when it is sound."""

import gc
import hashlib
import json
import os
import shutil
from pathlib import Path

from ci import BookError, chapters, colab, keys, site
from renorm.report import gate, pages
from renorm.sweep.store import put

SOURCES = ("_config.yml", "_toc.yml", "requirements.lock", "pyproject.toml", "book", "ci", "src")


def book(root: Path, build: Path, overrides: dict) -> str:
    """Make ``_build/html``; returns the ledger's summary and the path of the index page.

    Everything is made in ``_build/render``, from nothing: a second strict run of Sphinx would not repeat the
    warnings of pages that it knows. Then it takes the place of the last site.

    Raises:
        BookError: a problem of the ledger, a warning of Sphinx, a fault of the site. The last site stays.
    """
    public, work, stamp = build / "html", build / "render", build / "html.json"
    state = fingerprint(root, keys.store(build, overrides))
    last = json.loads(stamp.read_text()) if stamp.is_file() and public.is_dir() else {}
    if last.get("state") != state:
        made = fragments(root, build, overrides)
        if made.problems:
            raise BookError("\n  ".join(["the ledger does not allow this build:", *made.problems]))
        shutil.rmtree(work, ignore_errors=True)
        sphinx(root, build, work / "html", overrides["profile"], strict=True)
        if faults := site.check(root, work / "html"):
            raise BookError("\n  ".join(["the rendered site has faults:", *faults]))
        stamp.unlink(missing_ok=True)
        shutil.rmtree(build / "html.old", ignore_errors=True)
        if public.exists():
            os.replace(public, build / "html.old")
        os.replace(work / "html", public)
        last = {"state": state, "summary": made.text}
        stamp.write_text(json.dumps(last))
    return f"{last['summary']}\n{public / 'index.html'}"


def preview(root: Path, build: Path, overrides: dict) -> str:
    """Render what there is into ``_build/preview``, which nothing publishes; problems do not stop it."""
    made, html = fragments(root, build, overrides), build / "preview" / "html"
    sphinx(root, build, html, overrides["profile"], strict=False)
    return "\n".join([*made.problems, made.text, str(html / "index.html")])


def baseline(root: Path, build: Path, overrides: dict) -> str:
    """Make the verdicts of the executed chapters the baseline."""
    made = fragments(root, build, overrides)
    gate.write_baseline(root, made.verdicts)
    return made.text


def check(root: Path, build: Path, overrides: dict) -> str:
    """Check the site in place, and that no claim was changed without a word since the last commit."""
    if faults := site.check(root, build / "html") + gate.amendment_problems(root, "HEAD~1"):
        raise BookError("\n  ".join(["faults:", *faults]))
    return "the site is sound"


def fragments(root: Path, build: Path, overrides: dict):
    """Write the parts of pages that come from the records of the executed chapters."""
    folder = keys.store(build, overrides)
    for chapter in chapters.discover(root).values():
        if (executed := folder / f"{chapter.name}.ipynb").is_file():
            refresh(executed, chapters.read(root, chapter))
    shutil.rmtree(build / "generated", ignore_errors=True)
    try:
        return pages.write(root, folder, build / "generated")
    except ValueError as error:  # a file of claims breaks the schema
        raise BookError(str(error)) from error


def refresh(executed: Path, source) -> None:
    """Bring captions and alternative texts up to date: they are prose, no reason to execute again."""
    notebook = json.loads(executed.read_text())
    options = {cell.source: cell.metadata for cell in source.cells}
    for cell in notebook["cells"]:
        cell["metadata"] = options.get("".join(cell["source"]), cell["metadata"])
    put(executed, json.dumps(notebook, indent=1).encode())


def sphinx(root: Path, build: Path, html: Path, profile: str, *, strict: bool) -> None:
    """Run Sphinx as ``jupyter-book build . -W -n --keep-going`` does, a preview without ``-W -n``; finish."""
    from jupyter_book.sphinx import build_sphinx

    gc.disable()  # a build keeps nearly all that it makes: looking for garbage takes a sixth of its time
    changes = {"renorm_profile": profile, "renorm_preview": not strict, "nitpicky": strict}
    changes |= {"external_toc_path": "_toc.yml", "latex_individualpages": False}
    if not strict:
        changes["html_theme_options"] = {"announcement": "A preview: unchecked, not for publication."}
    config = {"noconfig": True, "path_config": root / "_config.yml", "confoverrides": changes}
    if build_sphinx(root, html, **config, warningiserror=strict, keep_going=strict, quiet=True):
        raise BookError("Sphinx has complaints: see above")
    (html / "index.html").write_text('<meta http-equiv="refresh" content="0; url=book/index.html">\n')
    (html / ".nojekyll").touch()
    shutil.copy(build / "generated" / "ledger.json", html)
    for unused in [*html.glob("_static/**/*.map"), *html.glob("_static/*webpack-macros.html")]:
        unused.unlink()


def fingerprint(root: Path, executed: Path) -> str:
    """Hash of all that the site is made of."""
    files = [file for name in SOURCES for file in (root / name, *sorted((root / name).rglob("*")))]
    files = [file for file in files if file.is_file() and "__pycache__" not in file.parts]
    state = [(str(file), keys.digest(file)) for file in [*files, *sorted(executed.glob("*.key.json"))]]
    return hashlib.sha256(repr((state, colab.commit(root))).encode()).hexdigest()
