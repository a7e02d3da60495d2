"""Where numbers come from."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from renorm.report.provenance import commit, device, file_at


@pytest.fixture
def repository(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "a.txt").write_text("one\n")
    git("add", ".")
    git("commit", "-m", "one")
    return tmp_path


def test_device_is_that_of_jax_if_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    assert device() == "cpu"
    card = SimpleNamespace(device_kind="a card")
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(devices=lambda: [card]))
    assert device() == "a card"


def test_commit_tells_local_changes(repository):
    clean = commit(repository)
    (repository / "a.txt").write_text("two\n")
    assert len(clean) == 12
    assert commit(repository) == f"{clean} with local changes"


def test_changes_in_one_folder_need_not_count(repository):
    (repository / "book").mkdir()
    (repository / "book" / "b.txt").write_text("new\n")
    assert commit(repository).endswith("with local changes")
    assert len(commit(repository, apart_from="book")) == 12


def test_commit_without_git(tmp_path):
    assert commit(tmp_path / "nowhere") == "unknown"


def test_file_at_a_revision(repository):
    (repository / "a.txt").write_text("two\n")
    assert file_at(repository, "HEAD", "a.txt") == "one\n"
    assert file_at(repository, "HEAD", "b.txt") is None
