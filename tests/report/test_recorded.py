"""Recorded evidence: written with its origin, loaded with suspicion."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from renorm import report
from renorm.report import recorded
from renorm.report.record import MIME
from renorm.report.recorded import EvidenceError

GRID = {"depth": (2, 3), "objective": ("mse", "xent"), "gamma": np.logspace(-2, 2, 5), "rate": (0.1, 0.3)}
WHAT = {"chapter": "toy", "name": "planes", "vector": ("gamma", "rate"), "tolerance": 1e-4}


def planes(factor=1.0, count=7, bad=0.3):
    """A measurement whose numbers can be changed without a change of the code."""

    def measure(depth, objective, gamma, rate):
        value = gamma[:, None] * rate * depth * np.asarray(factor)[..., None, None]
        value = np.where(rate == bad, np.nan, np.squeeze(value))
        return xr.Dataset({"loss": (("gamma", "rate"), value.reshape(len(gamma), -1)), "count": ((), count)})

    return measure


@pytest.fixture
def home(book, monkeypatch):
    """A book with recorded evidence; the working directory is a chapter's."""
    (book / "book" / "evidence").mkdir()
    monkeypatch.chdir(book / "book" / "part1")
    report.evidence(measure=planes(), grid=GRID, record=True, **WHAT)
    return book


def files(home):
    return [home / "book" / "evidence" / f"toy-planes.{end}" for end in ("nc", "json")]


def load(measure=None, grid=GRID, **change):
    return report.evidence(measure=measure or planes(), grid=grid, **WHAT | change)


def test_a_record_holds_the_data_and_their_origin(home):
    data, about = xr.load_dataset(files(home)[0]), json.loads(files(home)[1].read_text())
    assert data.loss.dims == ("depth", "objective", "gamma", "rate")
    assert data.loss.sel(depth=3, objective="mse", rate=0.1)[-1] == pytest.approx(30)
    assert (about["device"], about["commit"], about["dirty"], about["seed"]) == ("cpu", "unknown", False, 0)
    assert about["grid"]["objective"] == ["mse", "xent"]
    assert {"driver", "dtype", "matmul_precision", "platform", "date", "seconds", "code"} <= about.keys()
    assert {"numpy", "xarray", "python"} <= about["versions"].keys()


def test_loads_what_was_recorded_and_says_so_in_one_line(home, capsys):
    found = load()
    xr.testing.assert_equal(found.data, xr.load_dataset(files(home)[0]))
    assert found.data.loss.dtype == float
    assert not found.stale
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "evidence toy-planes: recorded 20" in out
    assert "2 points rerun, largest relative difference 0, allowed 0.0001" in out


def test_a_part_of_the_grid_may_be_asked_for(home):
    data = load(grid=GRID | {"depth": (3,), "gamma": (100.0 * (1 + 1e-13), 0.01)}).data
    assert dict(data.sizes) == {"depth": 1, "objective": 2, "gamma": 2, "rate": 2}
    assert data.loss.sel(objective="mse", rate=0.1).values == pytest.approx(np.array([[30, 3e-3]]))
    with pytest.raises(EvidenceError, match=r"holds depth = \[2, 3\], not all of \[2, 4\]"):
        load(grid=GRID | {"depth": (2, 4)})


def test_a_rerun_that_differs_is_an_error_with_its_place(home):
    with pytest.raises(
        EvidenceError, match=r"toy-planes at \{'depth': .*: loss was recorded as .* and is now"
    ):
        load(planes(factor=1.001), rerun=20)
    assert load(planes(factor=1.00001), rerun=20).data.sizes["depth"] == 2


def test_integers_and_nan_must_be_the_same(home):
    with pytest.raises(EvidenceError, match="count was recorded as 7 and is now 8"):
        load(planes(count=8))
    with pytest.raises(EvidenceError, match=r"loss was recorded as .* relative difference of inf"):
        load(planes(bad=0.2), rerun=40)
    assert load(planes(count=8), compare=("loss",)).data.sizes["depth"] == 2


def test_small_numbers_are_measured_by_the_size_of_the_variable():
    everywhere = np.array([1.0, 1.0, 1e-9, np.inf, np.nan])
    assert recorded._difference(np.array([1e-9]), np.array([2e-9]), everywhere) == pytest.approx(1e-6)
    assert recorded._difference(np.array([1.0]), np.array([1.5]), everywhere) == pytest.approx(0.5)
    assert recorded._difference(np.array([np.inf, 1]), np.array([-np.inf, 1]), everywhere) == np.inf
    assert recorded._difference(np.zeros(2), np.zeros(2), np.zeros(2)) == 0


def test_another_seed_reruns_other_points(home):
    seen = []

    def spy(**point):
        seen.append((point["depth"], point["objective"], point["gamma"].item(), point["rate"].item()))
        return planes()(**point)

    for seed in range(4):
        load(spy, seed=seed, rerun=3)
    assert len(set(seen)) > 3
    assert len(set(seen[:3])) == 3


def test_changed_code_is_marked_never_hidden(home, capsys, shown):
    def measure(depth, objective, gamma, rate):
        return planes()(depth, objective, gamma, rate).assign(new=1)

    found = load(measure)
    assert found.stale
    assert "stale: the code has changed since" in found.origin
    assert "stale: the code has changed since" in shown[-1][0]["text/plain"]


@pytest.mark.parametrize(
    ("end", "damage", "message"),
    [
        (0, lambda raw: raw[:-5], "toy-planes.nc is truncated, or not the file"),
        (0, lambda raw: raw.replace(b"mse", b"mae"), "truncated, or not"),
        (0, lambda raw: None, r"toy-planes.nc is missing: restore it .* SET=record=true"),
        (1, lambda raw: None, "toy-planes.json is missing"),
    ],
)
def test_damaged_and_missing_files_are_named(home, end, damage, message):
    raw = damage(files(home)[end].read_bytes())
    files(home)[end].unlink() if raw is None else files(home)[end].write_bytes(raw)
    with pytest.raises(EvidenceError, match=message):
        load()


def test_large_files_are_refused_and_nothing_is_written(home, monkeypatch):
    before = [file.read_bytes() for file in files(home)]
    monkeypatch.setattr(recorded, "LARGEST", 1000)
    with pytest.raises(EvidenceError, match="bytes; at most 1000 are kept: reduce inside measure"):
        load(planes(factor=2.0), record=True)
    assert [file.read_bytes() for file in files(home)] == before


def test_what_cannot_be_rerun_is_not_recorded(home):
    def random(depth, objective, gamma, rate):
        return planes(factor=np.random.default_rng().random())(depth, objective, gamma, rate)

    before = files(home)[1].read_text()
    with pytest.raises(EvidenceError, match="relative difference"):
        load(random, record=True)
    assert files(home)[1].read_text() == before


def test_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EvidenceError, match="run inside the repository, or pass folder="):
        load()


@pytest.mark.parametrize("profile", ["laptop", "gpu"])
def test_records_on_evidence_say_so(home, shown, profile):
    """What was recorded on a CPU is a laptop's, also in a run on a GPU."""
    load().ledger(report.ledger("toy", profile=profile, seed=3)).record("1/a", 2.0)
    record = shown[-1][0][MIME]
    assert record["recorded"].endswith(" on cpu")
    assert (record["profile"], record["device"], record["scale"]) == ("laptop", "cpu", "smaller")


@pytest.mark.parametrize(("profile", "counts_as"), [("laptop", "gpu"), ("gpu", "gpu"), ("smoke", "smoke")])
def test_evidence_of_a_gpu_counts_as_such(home, shown, profile, counts_as):
    about = json.loads(files(home)[1].read_text()) | {"platform": "gpu", "device": "NVIDIA H100"}
    files(home)[1].write_text(json.dumps(about))
    ledger = load().ledger(report.ledger("toy", profile=profile, seed=3))
    ledger.record("1/a", 2.0)
    ledger.record("1/b", 2.0, scale="paper")
    found = [bundle[MIME] for bundle, _ in shown[-2:]]
    assert [record["profile"] for record in found] == [counts_as] * 2
    assert [record["scale"] for record in found] == ["smaller", "paper"]
    assert found[0]["device"] == "NVIDIA H100"


def test_the_build_sees_the_files_that_were_read(home):
    """The hook that collects what an execution depends on."""
    from ci.probe import BEFORE

    script = f"""{BEFORE}
import xarray as xr
from renorm import report
def measure(depth, objective, gamma, rate):
    return xr.Dataset({{"count": (("gamma", "rate"), [[7]])}})
grid = dict(depth=(2,), objective=("mse",), gamma=(0.01,), rate=(0.1,))
report.evidence("toy", "planes", measure, grid, vector=("gamma", "rate"), tolerance=0.1, rerun=0)
print(*sorted(file for file in _files_read("", ()) if "evidence" in file))
"""
    (home / "script.py").write_text(script)
    out = subprocess.check_output(
        [sys.executable, home / "script.py"], text=True, cwd=home / "book" / "part1"
    )
    assert out.split()[-2:] == sorted(str(file) for file in files(home))


def test_evidence_that_nobody_could_record_yet_is_said_to_be_missing(home, capsys):
    assert load(name="large", required=False) is None
    assert "evidence toy-large: not recorded yet" in capsys.readouterr().out
    with pytest.raises(EvidenceError, match=r"toy-large\.nc is missing"):
        load(name="large")
    files(home)[0].unlink()
    with pytest.raises(EvidenceError, match=r"toy-planes\.nc is missing"):  # half a record is damaged
        load(required=False)


def test_points_to_be_rerun_can_be_chosen_among_cheap_ones(home):
    seen = []

    def measure(depth, objective, gamma, rate):
        seen.append((depth, round(float(gamma[0]), 9)))
        return planes()(depth, objective, gamma, rate)

    found = load(measure, again={"depth": (3,), "gamma": (0.1, 100.0)}, rerun=99)
    assert found.data.sizes["depth"] == 2
    assert len(seen) == 8  # two gammas, two objectives, two rates
    assert set(seen) == {(3, 0.1), (3, 100.0)}
    with pytest.raises(EvidenceError, match=r"holds depth = \[2, 3\], not all of \[4\]"):
        load(again={"depth": [4]})
    allowed = "allowed are the dimensions depth, objective, gamma, rate"
    with pytest.raises(ValueError, match=rf"again names \['width'\]; {allowed}"):
        load(again={"width": [4]})
