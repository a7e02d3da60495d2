"""The repository's files agree with each other, and name nothing private."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
import pytest
import yaml
from sphinx_external_toc.parsing import parse_toc_yaml

from ci import chapters

ROOT = Path(__file__).parents[2]
CHAPTERS = list(chapters.discover(ROOT).values())
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PRIVATE = re.compile(
    r"file://|index-url|find-links|https?://(localhost|10\.|192\.168\.|[\w.-]+\.(local|internal|lan|corp)\b)"
)


@pytest.fixture(scope="module")
def listed() -> list[str]:
    """The files of the repository, tracked or about to be."""
    git = ["git", "ls-files", "-co", "--exclude-standard"]
    done = subprocess.run(git, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("the sources are no git repository")
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def locked() -> dict[str, str]:
    """Version by package, from the lock."""
    return dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", (ROOT / "requirements.lock").read_text()))


def toc_pages() -> set[str]:
    """All pages of the table of contents; a pattern stands for the files that it finds."""
    toc = parse_toc_yaml(ROOT / "_toc.yml")
    found = {toc.root.docname}
    for document in toc.values():
        found |= {str(name) for name in document.child_files()}
        for pattern in document.child_globs():
            found |= {
                path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.glob(f"{pattern}.md")
            }
    return found


def test_every_page_of_the_toc_exists_and_every_chapter_is_in_it():
    pages = toc_pages()
    assert [page for page in pages if not (ROOT / f"{page}.md").is_file()] == []
    assert {Path(chapter.path).with_suffix("").as_posix() for chapter in CHAPTERS} <= pages


def test_every_paper_of_the_ledger_has_its_page():
    papers = {path.stem for path in (ROOT / "book/claims").glob("[0-9]*.yml")}
    assert papers == {path.stem for path in (ROOT / "book/papers").glob("*.md")}


def test_no_two_chapters_share_a_name():
    assert len(CHAPTERS) == len(list((ROOT / "book").glob("**/[0-9][0-9]_*.md")))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
class TestChapter:
    def test_header(self, chapter):
        head = yaml.safe_load((ROOT / chapter.path).read_text().split("---\n")[1])
        assert head["jupytext"]["text_representation"] == {"extension": ".md", "format_name": "myst"}
        assert head["kernelspec"] == KERNEL

    def test_parameters(self, chapter):
        notebook = chapters.read(ROOT, chapter)
        values = chapters.defaults(notebook, chapter)
        assert (values["profile"], values["seed"]) == ("laptop", 0)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert "parameters" in first.metadata.tags

    def test_sections(self, chapter):
        """The theme's script needs a section heading."""
        assert re.search(r"(?m)^## ", (ROOT / chapter.path).read_text())

    def test_round_trip(self, chapter):
        once = jupytext.read(ROOT / chapter.path)
        twice = jupytext.reads(jupytext.writes(once, fmt="md:myst"), fmt="md:myst")
        assert [(a.cell_type, a.source, a.metadata) for a in once.cells] == [
            (b.cell_type, b.source, b.metadata) for b in twice.cells
        ]

    def test_ruff(self, chapter, tmp_path):
        notebook = tmp_path / f"{chapter.name}.ipynb"
        jupytext.write(jupytext.read(ROOT / chapter.path), notebook)
        command = [sys.executable, "-m", "ruff", "check", "--config", ROOT / "pyproject.toml", notebook]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_no_file_names_a_private_place(listed):
    texts = [name for name in listed if not name.startswith(("tests/ci/", "book/_static/mathjax/"))]
    found = {name: PRIVATE.search((ROOT / name).read_text(errors="ignore")) for name in texts}
    assert {name: match[0] for name, match in found.items() if match} == {}


def test_outputs_are_not_kept_in_the_repository(listed):
    assert [name for name in listed if name.endswith(".ipynb") or name.startswith("_build")] == []


def test_the_lock_has_a_hash_for_every_package_and_serves_all_requirements():
    text = (ROOT / "requirements.lock").read_text()
    blocks = re.split(r"(?m)^(?=[\w.-]+==)", text)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "+" not in "".join(locked().values())  # no local builds
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert extras.pop("cluster")  # for machines of one's own choice: no chapter needs it
    wanted = [*project["dependencies"], *(line for name in extras for line in extras[name])]
    names = {re.match(r"[\w-]+", line)[0].lower() for line in wanted} - {"renorm"}
    assert names <= set(locked())


def test_one_range_of_pythons():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (makefile := (ROOT / "Makefile").read_text())
    assert "for python in python3.11 python3.12 python3.13" in makefile
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["dependencies"] == ["python=3.11", "pip", {"pip": ["-r requirements.lock"]}]
    gate = yaml.safe_load((ROOT / ".github/workflows/gate.yml").read_text())
    assert gate["jobs"]["gate"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


@pytest.mark.parametrize("path", sorted(ROOT.glob(".github/workflows/*.yml")), ids=lambda path: path.stem)
def test_workflows_only_call_the_gate_or_make(path):
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    calls = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert calls
    assert all(re.fullmatch(r"\.ci/run|make \w+", call) for call in calls)


def test_the_pipeline_stays_small():
    lines = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "ci").glob("*.py")}
    assert lines["reader.py"] <= 120
    assert sum(lines.values()) <= 800
