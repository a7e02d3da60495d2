"""Numbers read back off a figure are those that were drawn."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from renorm.report.style import figure, points
from renorm.report.tables import figure_rows, to_csv

X, Y = np.array([1.0, 2.0, 4.0]), np.array([3.0, -1.0, 0.5])


def columns(fig, *names):
    return np.array([[row.get(name, np.nan) for name in names] for row in figure_rows(fig)], dtype=float)


def test_line():
    fig, ax = figure()
    ax.loglog(X, Y, label="theory")
    assert np.array_equal(columns(fig, "x", "y"), np.c_[X, Y])
    assert {row["series"] for row in figure_rows(fig)} == {"theory"}


def test_error_bars_give_half_their_length():
    fig, ax = figure()
    points(ax, X, Y, [0.1, 0.2, 0.3], "simulation")
    np.testing.assert_allclose(columns(fig, "x", "y", "error"), np.c_[X, Y, [0.1, 0.2, 0.3]])


def test_missing_error_bars_are_missing():
    fig, ax = figure()
    points(ax, X, Y, [0.1, np.nan, 0.3], "simulation")
    np.testing.assert_allclose(columns(fig, "x", "y", "error"), np.c_[X, Y, [0.1, np.nan, 0.3]])


def test_points_without_bars():
    fig, ax = figure()
    points(ax, X, Y, None, "one draw")
    assert np.array_equal(columns(fig, "x", "y"), np.c_[X, Y])
    assert "error" not in to_csv(figure_rows(fig))


def test_bars_without_points():
    fig, ax = figure()
    ax.errorbar(X, Y, yerr=0.5, fmt="none", label="bars")
    np.testing.assert_allclose(columns(fig, "x", "y", "error"), np.c_[X, Y, [0.5] * 3])


@pytest.mark.parametrize("draw", ["stairs", "hist", "bar"])
def test_histograms_give_centres_and_heights(draw):
    fig, ax = figure()
    heights, edges = np.array([2, 0, 3]), np.array([0.0, 1.0, 2.0, 3.0])
    match draw:
        case "stairs":
            ax.stairs(heights, edges, label="sampled")
        case "hist":
            ax.hist([0.5, 0.5, 2.5, 2.5, 2.5], edges, label="sampled")
        case "bar":
            ax.bar([0.5, 1.5, 2.5], heights, label="sampled")
    np.testing.assert_allclose(columns(fig, "x", "y"), np.c_[[0.5, 1.5, 2.5], heights])


def test_scatter():
    fig, ax = figure()
    ax.scatter(X, Y, label="eigenvalues")
    assert np.array_equal(columns(fig, "x", "y"), np.c_[X, Y])


@pytest.mark.parametrize("draw", ["fill", "fill_between", "vlines"])
def test_bands_and_segments_give_their_corners(draw):
    fig, ax = figure()
    match draw:
        case "fill":
            ax.fill(X, Y, label="band")
        case "fill_between":
            ax.fill_between(X, Y, Y + 1, label="band")
        case "vlines":
            ax.vlines(X, 0, Y, label="band")
    corners = {tuple(row) for row in columns(fig, "x", "y")}
    assert set(zip(X, Y, strict=True)) <= corners


@pytest.mark.parametrize(("rule", "axis"), [("axvline", "x"), ("axhline", "y")])
def test_rules_give_their_one_coordinate(rule, axis):
    fig, ax = figure()
    getattr(ax, rule)(2.5, label="edge")
    assert figure_rows(fig) == [{"panel": "1", "series": "edge", axis: 2.5}]


@pytest.mark.parametrize("origin", ["lower", "upper"])
def test_image_cells(origin):
    fig, ax = figure()
    ax.imshow(np.ma.array([[1, 2, 3], [4, 5, 6]]), origin=origin)
    assert columns(fig, "x", "y", "value").tolist() == [
        [0, 0, 1], [1, 0, 2], [2, 0, 3], [0, 1, 4], [1, 1, 5], [2, 1, 6]
    ]  # fmt: skip


def test_mesh_cells():
    fig, ax = figure()
    mesh = ax.pcolormesh([0, 2, 4], [0, 1, 2], [[1, 2], [3, 4]], label="risk")
    fig.colorbar(mesh)
    assert columns(fig, "x", "y", "value").tolist() == [[1, 0.5, 1], [3, 0.5, 2], [1, 1.5, 3], [3, 1.5, 4]]
    assert {(row["panel"], row["series"]) for row in figure_rows(fig)} == {("1", "risk")}


def test_panels_are_named_by_title_or_number():
    fig, axes = figure(1, 2)
    for ax in axes:
        ax.plot(X, Y, label="theory")
    axes[0].set_title("(a) risk")
    assert list(dict.fromkeys(row["panel"] for row in figure_rows(fig))) == ["(a) risk", "2"]


def test_underscore_hides_from_the_legend_only():
    fig, ax = figure()
    ax.plot(X, Y, label="theory")
    points(ax, X, Y, Y**2, "_simulation")
    ax.plot(X, Y)
    assert [text.get_text() for text in ax.legend().get_texts()] == ["theory"]
    assert {row["series"] for row in figure_rows(fig)} == {"theory", "simulation"}


def test_refuses_a_labelled_artist_that_it_cannot_read():
    fig, ax = figure()
    ax.text(0, 0, "a", label="note")
    with pytest.raises(ValueError, match="cannot read Text 'note' off the figure: pass its data"):
        figure_rows(fig)


@given(arrays(float, st.tuples(st.integers(1, 5), st.just(2)), elements=st.floats(-1e6, 1e6)))
def test_csv_keeps_eight_digits(numbers):
    rows = [{"panel": "a, b", "series": "s", "x": x, "y": y} for x, y in numbers]
    read = list(csv.DictReader(io.StringIO(to_csv(rows))))
    np.testing.assert_allclose([[float(row["x"]), float(row["y"])] for row in read], numbers, rtol=1e-7)
    assert {row["panel"] for row in read} == {"a, b"}
