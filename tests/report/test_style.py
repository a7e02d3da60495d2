"""The house style: sizes, colours in both themes, and files that depend on nothing but the figure."""

import numpy as np
import pytest

from renorm.report.style import COLOURS, figure, points, show

_NEAR_BLACK = np.full(3, 0x12 / 255)
# hue-rotate(180deg) of the CSS filter-effects specification.
_HUE_TURN = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]])


def rgb(colour):
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def contrast(a, b):
    """The contrast ratio of WCAG 2."""

    def luminance(colour):
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", list(COLOURS)[:4])
def test_colours_are_seen_in_both_themes(name):
    colour = rgb(COLOURS[name])
    filtered = np.clip(_HUE_TURN @ (1 - colour), 0, 1)
    assert contrast(colour, np.ones(3)) >= 3
    assert contrast(filtered, _NEAR_BLACK) >= 3


@pytest.mark.parametrize(("width", "inches", "least"), [("column", 4.8, 9), ("wide", 6.8, 11)])
def test_letters_are_large_enough(width, inches, least):
    fig, ax = figure(width=width)
    ax.plot([0, 1], label="line")
    legend = ax.legend()
    fig.canvas.draw()
    assert fig.get_figwidth() == inches
    texts = [ax.xaxis.label, ax.title, *ax.get_xticklabels(), *legend.get_texts()]
    assert min(text.get_fontsize() for text in texts) >= least


def test_lines_take_the_cycle():
    _, ax = figure()
    lines = [ax.plot([0, 1])[0] for _ in COLOURS]
    assert [line.get_color() for line in lines] == list(COLOURS.values())


def test_height_follows_the_panels():
    one, two = figure()[0], figure(2, 1)[0]
    assert two.get_figheight() == pytest.approx(2 * one.get_figheight())
    assert figure(height=3.0)[0].get_figheight() == 3


def test_refuses_an_unknown_width():
    with pytest.raises(ValueError, match="width is 'poster'; allowed are column, wide"):
        figure(width="poster")


def drawing():
    fig, axes = figure(1, 2, width="wide")
    axes[0].plot([1, 2], [3, 4], label=r"theory $\kappa$")
    points(axes[1], [1, 2], [3, 4], [0.1, 0.2], "simulation", color=COLOURS["blue"])
    axes[1].legend()
    return fig


def test_show_displays_one_bundle_that_repeats(shown):
    show(drawing())
    show(drawing())
    (first, _), (second, _) = shown
    assert first == second
    assert set(first) == {"image/svg+xml", "text/csv", "text/plain"}
    assert first["text/plain"] == r"figure of 2 panels: theory $\kappa$, simulation"


def test_svg_is_transparent_and_undated(shown):
    show(drawing())
    svg = shown[0][0]["image/svg+xml"]
    assert "<metadata>" not in svg
    assert "fill: #ffffff" not in svg
    assert "<text" not in svg


def test_points_are_points_with_bars():
    _, ax = figure()
    line, _, (bars,) = points(ax, [1, 2], [3, 4], [0.1, 0.2], "simulation", color=COLOURS["pink"])
    assert line.get_linestyle() == "None"
    assert line.get_color() == COLOURS["pink"]
    assert len(bars.get_paths()) == 2


def test_show_takes_other_data(shown):
    fig, ax = figure()
    ax.plot([1, 2], [3, 4])
    show(fig, data={"a": ([1.0], [2.0]), "b": ([3.0], [4.0], [0.5])})
    assert shown[0][0]["text/csv"] == "panel,series,x,y,error\n1,a,1,2,\n1,b,3,4,0.5\n"


def test_show_refuses_a_figure_without_data(shown):
    fig, ax = figure()
    ax.plot([1, 2], [3, 4])
    with pytest.raises(ValueError, match="no labelled artist: give each series a label"):
        show(fig)
    assert not shown


def labels(axis):
    return {
        text.get_text()
        for which in ("major", "minor")
        for text in axis.get_ticklabels(which=which)
        if text.get_text()
    }


@pytest.mark.parametrize(
    ("span", "wanted", "unwanted"),
    [((30, 480), {"50", "100", "200"}, {"30", "40"}), ((1, 1e4), set(), {"2", "20"})],
)
def test_short_logarithmic_axes_label_one_two_and_five(span, wanted, unwanted):
    fig, ax = figure()
    ax.plot(span, [1, 2], label="line")
    ax.set_xscale("log")
    show(fig)
    assert wanted <= labels(ax.xaxis)
    assert not unwanted & labels(ax.xaxis)


def test_chosen_ticks_stay():
    fig, ax = figure()
    ax.plot([25, 400], [1, 2], label="line")
    ax.set_xscale("log")
    ax.set_xticks([25, 400], labels=["a", "b"])
    ax.set_xticks([], minor=True)
    show(fig)
    assert labels(ax.xaxis) == {"a", "b"}
