"""Sphinx extension: shows a chapter's ``.md`` with the outputs of its execution, and refuses stale ones.

myst-nb hands every ``.md`` page to :func:`read` (``nb_custom_formats``). The text stays the source: edit
links and warnings point to it. Code cells get the outputs of the executed notebook if its key matches.

This rides on internals of myst-nb 1.4: ``nb_custom_formats``, ``env.myst_config``, the two functions imported
here. ``tests/ci/test_reader.py`` fails when they move. The way out is then a staged tree: copy the sources to
``_build/src``, put the executed ``.ipynb`` in place of each chapter's ``.md`` and build that with
``execute_notebooks: "off"``; edit links and the line numbers of warnings are lost that way.
"""

from pathlib import Path

import nbformat
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from sphinx.errors import ExtensionError

from ci import chapters, colab, keys

OURS = "application/vnd.renorm."
DATA = "\n{{download}}`data (CSV) </_build/generated/data/{}.csv>`"
BANNER = '<div class="admonition warning"><p class="admonition-title">Old results, or none: {}</p></div>'

_sphinx = None  # myst-nb gives its readers the text alone; which page it is must be asked here


def read(text: str):
    """A page as a notebook; a chapter with its outputs and with a first cell that installs the library."""
    page = read_myst_markdown_notebook(text, config=_sphinx.env.myst_config, add_source_map=True)
    if is_myst_markdown_notebook(text) and any(cell.cell_type == "code" for cell in page.cells):
        executed, problem = execution(_sphinx.env.docname)
        if problem and not _sphinx.config.renorm_preview:
            raise ExtensionError(f"{_sphinx.env.docname}: no execution stands for this page: {problem}")
        if executed and executed.is_file():
            merge(page, nbformat.read(executed, as_version=4), _sphinx.env.docname)
    return page


def execution(docname: str) -> tuple[Path | None, str]:
    """Where the executed notebook of a page lies, and why it does not stand for the page, if so."""
    root, path = Path(_sphinx.srcdir), _sphinx.env.doc2path(docname, False)
    chapter = next((one for one in chapters.discover(root).values() if one.path == path), None)
    if chapter is None:
        return None, "a page with code cells must be named NN_name.md"
    overrides = {"profile": _sphinx.config.renorm_profile}
    folder = keys.store(root / "_build", overrides)
    return folder / f"{chapter.name}.ipynb", keys.stale(root, chapter, overrides, folder)


def merge(page, run, docname: str) -> None:
    """Give the page's code cells the outputs of the run, and add the cells that only the run has."""
    repository = _sphinx.config.html_theme_options["repository_url"]
    install = colab.install_cell(Path(_sphinx.srcdir), run.metadata.renorm.modules, repository)
    cells = [(0, nbformat.v4.new_code_cell(install, metadata={"tags": ["remove-cell"]}))]
    results = [cell for cell in run.cells if cell.cell_type == "code"]
    for line, cell in zip(page.metadata.source_map, page.cells, strict=True):
        if cell.cell_type == "code":
            while results and "injected-parameters" in results[0].metadata.tags:
                cells.append((line, results.pop(0)))
            same = [i for i, one in enumerate(results) if one.source.strip() == cell.source.strip()]
            if same:
                show(cell, results[same[0]])
                del results[: same[0] + 1]
            elif not _sphinx.config.renorm_preview:
                raise ExtensionError(f"{docname}: line {line}: the execution has no cell like this")
        cells.append((line, cell))
    page.metadata.source_map, page.cells = map(list, zip(*cells, strict=True))
    page.metadata |= {"language_info": run.metadata.language_info, "renorm": run.metadata.renorm}


def show(cell, result) -> None:
    """Copy the outputs as they are shown: our own kinds as lines, figures with a link to their data."""
    cell.execution_count, cell.outputs = result.execution_count, []
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    for output in result.outputs:
        data = output.get("data", {})
        if OURS in " ".join(data):  # myst-nb would make a figure of all that a figure's cell displays
            output = nbformat.v4.new_output("stream", text=f"{data['text/plain']}\n")
        if data.pop("text/csv", "") and "caption" in figure:
            figure["caption"] = figure["caption"].rstrip() + DATA.format(figure["name"])
        cell.outputs.append(output)


def reread(app, env, added, changed, removed) -> set[str]:
    """The chapters are always read again: their text does not tell that their execution changed."""
    paths = {chapter.path for chapter in chapters.discover(Path(app.srcdir)).values()}
    return {name for name in env.found_docs if env.doc2path(name, False) in paths}


def finish(app, pagename, templatename, context, doctree) -> None:
    """Colab opens the published notebook; no Thebe; in a preview, a chapter without its results says so."""
    for button in [button for group in context["header_buttons"] for button in group.get("buttons", [])]:
        if button["text"] == "Colab":
            start = button["url"].partition("/blob/")[0]
            button["url"] = f"{start}/blob/gh-pages/_sources/{pagename}.ipynb"
    context["script_files"] = [js for js in context["script_files"] if "thebe" not in repr(vars(js)).lower()]
    if app.config.renorm_preview and "kernelspec" in app.env.metadata[pagename]:
        problem = execution(pagename)[1]
        context["body"] = (BANNER.format(problem) if problem else "") + context["body"]


def setup(app) -> dict:
    """Register with Sphinx."""
    global _sphinx
    _sphinx = app
    app.add_config_value("renorm_profile", "laptop", "env")
    app.add_config_value("renorm_preview", False, "env")
    app.connect("env-get-outdated", reread)
    app.connect("html-page-context", finish, priority=900)  # after the theme has made its buttons
    return {"parallel_read_safe": False}
