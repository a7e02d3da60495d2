"""The house style: vector figures that read on a desktop and a phone, on white and on black.

Theory is drawn as lines, simulation as points with error bars. Colours are those of Okabe and Ito, in an
order whose first four keep a contrast of at least 3 : 1 on white, and on near-black after the CSS filter
``invert(1) hue-rotate(180deg)`` by which the dark theme shows the same file.
"""

import io

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogFormatterSciNotation, LogLocator, NullFormatter
from numpy.typing import ArrayLike

from renorm.report.output import emit
from renorm.report.tables import figure_rows, given_rows, to_csv

COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "pink": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
}

# Inches and points. A phone shows the page's column 360 px wide, so the wide figure needs the larger letters.
_WIDTHS = {"column": (4.8, 10.0), "wide": (6.8, 11.5)}

_STYLE = {
    "axes.prop_cycle": matplotlib.cycler(color=list(COLOURS.values())),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "image.cmap": "viridis",
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.0,
    "savefig.transparent": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "renorm",
}


def figure(
    nrows: int = 1, ncols: int = 1, *, width: str = "column", height: float | None = None, **subplots_kw
) -> tuple[Figure, Axes | np.ndarray]:
    """A figure in the house style, and its axes.

    Args:
        nrows: rows of panels.
        ncols: columns of panels.
        width: ``"column"`` (4.8 inches, 10 pt) for one panel, ``"wide"`` (6.8 inches, 11.5 pt) for two.
        height: inches; by default 0.68 times a panel's width, 0.85 times where panels stand abreast.
        **subplots_kw: as for :meth:`~matplotlib.figure.Figure.subplots`.

    Returns:
        The figure and its axes, an array of them if there is more than one panel.

    Raises:
        ValueError: if ``width`` is neither of the two.

    Example:
        >>> fig, ax = figure()
        >>> ax.plot([1, 2], [3, 4], label="theory")  # doctest: +ELLIPSIS
        [<matplotlib...>]
        >>> show(fig)
        figure of 1 panel: theory
    """
    if width not in _WIDTHS:
        raise ValueError(f"width is {width!r}; allowed are {', '.join(_WIDTHS)}")
    inches, size = _WIDTHS[width]
    matplotlib.rcParams.update(_STYLE | {"font.size": size, "axes.titlesize": size, "legend.fontsize": size})
    height = height or nrows * inches / ncols * (0.68 if ncols == 1 else 0.85)
    fig = Figure(figsize=(inches, height), layout="constrained")
    return fig, fig.subplots(nrows, ncols, **subplots_kw)


def points(
    ax: Axes,
    x: ArrayLike,
    mean: ArrayLike,
    stderr: ArrayLike | None,
    label: str,
    *,
    color: str | None = None,
    **style,
) -> ErrorbarContainer:
    """Draw a simulation: points with bars of one standard error.

    Args:
        ax: where to draw.
        x: (n,) abscissae.
        mean: (n,) means over the draws.
        stderr: (n,) their standard errors, or None for none.
        label: the series' name; with a leading underscore it stays out of the legend but not out of the data.
        color: by default the next of the cycle; give the colour of the theory's line.
        **style: as for :meth:`~matplotlib.axes.Axes.errorbar`.

    Example:
        >>> fig, ax = figure()
        >>> bars = points(ax, [1, 2], [3.0, 4.0], [0.1, 0.1], "simulation", color=COLOURS["blue"])
        >>> show(fig)
        figure of 1 panel: simulation
    """
    style = {"fmt": "o", "elinewidth": 1.2, "zorder": 3} | style
    return ax.errorbar(x, mean, yerr=stderr, label=label, color=color, **style)


def show(fig: Figure, *, data: dict[str, tuple] | None = None) -> None:
    """Display ``fig`` as SVG, together with its data as CSV.

    The CSV has the columns ``panel, series, x, y`` and, where there are any, ``error`` and ``value``; it is
    read off the labelled artists. The SVG depends on nothing but the figure: no date, no random identifiers.

    Args:
        fig: a figure made by :func:`figure`.
        data: what to write instead, ``{series: (x, y)}`` or ``{series: (x, y, error)}``, each an (n,) array.

    Raises:
        ValueError: if ``data`` is missing and no artist is labelled, or the data of one cannot be read.
    """
    rows = figure_rows(fig) if data is None else given_rows(data)
    for ax in fig.axes:
        _label_sparsely(ax.xaxis)
        _label_sparsely(ax.yaxis)
    svg = io.StringIO()
    fig.savefig(svg, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    series = ", ".join(dict.fromkeys(row["series"] for row in rows))
    panels = f"{len(fig.axes)} panel{'s' if len(fig.axes) > 1 else ''}"
    emit(
        {
            "image/svg+xml": svg.getvalue(),
            "text/csv": to_csv(rows),
            "text/plain": f"figure of {panels}: {series}",
        }
    )


def _label_sparsely(axis: Axis) -> None:
    """On a logarithmic axis of less than two decades label 1, 2 and 5, on a longer one decades only."""
    if axis.get_scale() != "log" or isinstance(axis.get_major_locator(), FixedLocator):
        return
    low, high = sorted(axis.get_view_interval())
    if high >= 100 * low:
        axis.set_minor_formatter(NullFormatter())
        return
    axis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
    if low >= 1e-3 and high <= 1e5:
        plain = FuncFormatter(lambda value, _: f"{value:g}")
        axis.set_major_formatter(plain)
        axis.set_minor_formatter(plain)
    else:
        axis.set_minor_formatter(LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf)))
