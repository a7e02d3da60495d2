"""Recorded evidence that does not fit is named."""

import hashlib
import json

import pytest

from renorm.report.evidence_check import evidence_problems
from renorm.report.harvest import Run


@pytest.fixture
def folder(tmp_path):
    """A repository with one recorded result."""
    found = tmp_path / "book" / "evidence"
    found.mkdir(parents=True)
    (found / "toy-planes.nc").write_bytes(b"data")
    (found / "toy-planes.json").write_text(json.dumps({"sha256": hashlib.sha256(b"data").hexdigest()}))
    return found


def problems(folder, **change):
    used = {"name": "toy-planes", "sha256": hashlib.sha256(b"data").hexdigest(), "stale": False} | change
    run = Run("toy", "laptop", 1.0, "cpu", {}, (), (), (used,), ())
    return evidence_problems(folder.parents[1], [run])


def test_what_fits_passes(folder):
    assert problems(folder) == []


def test_evidence_of_other_code_is_refused(folder):
    assert problems(folder, stale=True) == [
        "toy-planes was made by code that has changed since: make chapter CH=toy SET=record=true"
    ]
    about = folder / "toy-planes.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"platform": "gpu"}))
    assert problems(folder, stale=True) == [
        "toy-planes was made by code that has changed since: make gpu CH=toy"
    ]


def test_a_file_that_no_chapter_uses_is_refused(folder):
    assert problems(folder, name="toy-other") == ["toy-planes is used by no executed chapter"]


def test_a_chapter_that_saw_another_file_must_run_again(folder):
    assert "executed with another" in problems(folder, sha256="0")[0]


def test_a_truncated_file_is_refused(folder):
    (folder / "toy-planes.nc").write_bytes(b"dat")
    assert "truncated" in problems(folder)[0]


def test_data_without_an_origin_are_refused(folder):
    (folder / "toy-stray.nc").write_bytes(b"data")
    assert problems(folder) == ["toy-stray.nc has no .json that tells its origin"]
