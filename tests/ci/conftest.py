"""Toy books: a root folder with everything that the pipeline looks for, and chapters of a cell or two."""

import shutil
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]

HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A toy
"""

PARAMETERS = ':tags: [parameters]\n\nprofile = "laptop"\nseed = 0'


class Toy:
    """A book in a folder."""

    def __init__(self, root: Path):
        self.root = root
        for folder in ("book/claims", "src", "_build/html"):
            (root / folder).mkdir(parents=True)
        for name in ("requirements.lock", "pyproject.toml"):
            shutil.copy(REPOSITORY / name, root)
        self.write("src/toylib.py", "VALUE = 1\n")
        self.write("_build/html/index.html", "the last good site")

    def write(self, path: str, text: str) -> None:
        """Write a file below the root."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a piece of a file, which must be there."""
        text = (self.root / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new))

    def page(self, name: str, *cells: str, text: str = "") -> None:
        """Write a file with the header of a chapter, code cells, and prose below a heading."""
        code = "".join(f"\n```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
        self.write(f"book/{name}.md", f"{HEADER}{code}\n## End\n\n{text}\n")

    def chapter(self, name: str, *cells: str, text: str = "") -> None:
        """Write a chapter with the standard parameters and these cells."""
        self.page(name, PARAMETERS, *cells, text=text)

    def site(self) -> None:
        """Write what Sphinx needs: the book's own configuration, an index, one part with all chapters."""
        config = yaml.safe_load((REPOSITORY / "_config.yml").read_text())
        config["sphinx"]["local_extensions"] = {"ci.reader": str(REPOSITORY)}
        self.write("_config.yml", yaml.safe_dump(config))
        shutil.copytree(REPOSITORY / "book" / "_static", self.root / "book" / "_static")
        self.write("book/references.bib", "")
        self.write("book/index.md", "# Toys\n\nA book of toys.\n")
        files = sorted(path.stem for path in (self.root / "book").glob("[0-9]*.md"))
        parts = [{"caption": "Toys", "chapters": [{"file": f"book/{name}"} for name in files]}]
        self.write("_toc.yml", yaml.safe_dump({"format": "jb-book", "root": "book/index", "parts": parts}))

    @property
    def published(self) -> str:
        """The published index page."""
        return (self.root / "_build/html/index.html").read_text()


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """Makes toy books, and lets chapters import their ``src``."""
    with pytest.MonkeyPatch.context() as patch:

        def make(name: str) -> Toy:
            root = tmp_path_factory.mktemp(name)
            patch.setenv("PYTHONPATH", str(root / "src"))
            return Toy(root)

        yield make
