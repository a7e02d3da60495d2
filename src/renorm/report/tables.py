"""Read the numbers back off a figure, so that each picture comes with its data."""

import csv
import io
import re
from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.container import BarContainer, Container, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, StepPatch

_UNLABELLED = re.compile(r"_(child|container|nolegend)|$")
_COLUMNS = ("panel", "series", "x", "y", "error", "value")


def figure_rows(fig: Figure) -> list[dict]:
    """One row a datum of the labelled artists of ``fig`` and of its images.

    A label that begins with an underscore stays out of the legend; its series is listed without it.

    Raises:
        ValueError: if nothing is labelled, or the data of a labelled artist cannot be read.
    """
    rows = [
        {"panel": panel, "series": series, **datum}
        for panel, ax in _panels(fig)
        for series, artist in _labelled(ax)
        for datum in _data(artist)
    ]
    if not rows:
        raise ValueError("fig has no labelled artist: give each series a label, or pass its data to show")
    return rows


def given_rows(data: dict[str, tuple]) -> list[dict]:
    """Rows from ``{series: (x, y[, error])}``.

    Example:
        >>> given_rows({"theory": ([1.0], [2.0])})
        [{'panel': '1', 'series': 'theory', 'x': 1.0, 'y': 2.0}]
    """
    return [
        {"panel": "1", "series": series, **dict(zip(("x", "y", "error"), numbers, strict=False))}
        for series, columns in data.items()
        for numbers in zip(*columns, strict=True)
    ]


def to_csv(rows: list[dict]) -> str:
    """The rows as CSV, eight digits a number; columns that no row has are left out.

    Example:
        >>> print(to_csv([{"panel": "1", "series": "theory", "x": 1.0, "y": 1 / 3}]))
        panel,series,x,y
        1,theory,1,0.33333333
        <BLANKLINE>
    """
    columns = [name for name in _COLUMNS if any(name in row for row in rows)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_text(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue()


def _text(entry: object) -> str:
    return entry if isinstance(entry, str) else f"{entry:.8g}"


def _panels(fig: Figure) -> Iterator[tuple[str, Axes]]:
    """The panels with their titles, or their numbers where they have none; colour bars are not panels."""
    axes = [ax for ax in fig.axes if ax.get_label() != "<colorbar>"]
    for number, ax in enumerate(axes, 1):
        titles = (ax.get_title(loc=side) for side in ("left", "center", "right"))
        yield next(filter(None, titles), str(number)), ax


def _labelled(ax: Axes) -> Iterator[tuple[str, Artist | Container]]:
    """The labelled artists and the images; the parts of a container count once, as the container."""
    parts = {id(part) for container in ax.containers for part in _parts(container)}
    for artist in [*ax.containers, *ax.get_children()]:
        series = _series(artist)
        if series and id(artist) not in parts:
            yield series, artist


def _series(artist: Artist | Container) -> str:
    """The series' name, empty if the artist is not labelled; an image has one in any case."""
    if isinstance(artist, Axis):  # what it calls its label is a text
        return ""
    holders = [artist, *artist.patches[:1]] if isinstance(artist, BarContainer) else [artist]
    labels = [str(holder.get_label()) for holder in holders]  # Axes.hist labels the first bar
    default = "image" if isinstance(artist, AxesImage | QuadMesh) else ""
    return next((label.removeprefix("_") for label in labels if not _UNLABELLED.match(label)), default)


def _parts(container: tuple) -> Iterator[Artist]:
    for part in container:
        yield from part if isinstance(part, tuple) else (part,)


def _data(artist: Artist | Container) -> Iterator[dict]:
    """The numbers of one artist, as drawn."""
    match artist:
        case ErrorbarContainer():
            yield from _errorbar(artist)
        case BarContainer():
            for bar in artist.patches:
                yield {"x": bar.get_x() + bar.get_width() / 2, "y": bar.get_height()}
        case Line2D():
            yield from _line(artist)
        case StepPatch():
            values, edges, _ = artist.get_data()
            yield from _pairs((edges[:-1] + edges[1:]) / 2, values)
        case Polygon():
            yield from _pairs(*artist.get_xy().T)
        case PathCollection():
            yield from _pairs(*artist.get_offsets().T)
        case LineCollection() | PolyCollection():
            for path in artist.get_paths():
                yield from _pairs(*path.vertices.T)
        case AxesImage() | QuadMesh():
            yield from _image(artist)
        case _:
            raise ValueError(
                f"cannot read {type(artist).__name__} {artist.get_label()!r} off the figure: pass its data"
            )


def _pairs(x: np.ndarray, y: np.ndarray) -> Iterator[dict]:
    for abscissa, ordinate in zip(x, y, strict=True):
        yield {"x": abscissa, "y": ordinate}


def _line(line: Line2D) -> Iterator[dict]:
    """A line's points; of a vertical or horizontal rule only the coordinate that is a datum."""
    known = line.get_transform().contains_branch_seperately(line.axes.transData)
    if all(known):
        yield from _pairs(*line.get_xydata().T)
    elif any(known):
        axis = known.index(True)
        yield {"xy"[axis]: line.get_xydata()[0, axis]}


def _errorbar(container: ErrorbarContainer) -> Iterator[dict]:
    """Points with half the length of their vertical bars."""
    line, _, bars = container
    if not container.has_yerr:
        yield from _line(line)
        return
    ends = np.array([path.vertices for path in bars[-1].get_paths()])
    middle = ends.mean(axis=1) if line is None else line.get_xydata()
    for (x, y), (low, high) in zip(middle, ends[:, :, 1], strict=True):
        yield {"x": x, "y": y, "error": abs(high - low) / 2}


def _image(image: AxesImage | QuadMesh) -> Iterator[dict]:
    """Each cell's centre and value."""
    values = np.ma.filled(image.get_array().astype(float), np.nan)
    if isinstance(image, QuadMesh):
        corners = image.get_coordinates()
        centres = (corners[:-1, :-1] + corners[1:, 1:]) / 2
        values = values.reshape(centres.shape[:2])
    else:
        left, right, bottom, top = image.get_extent()
        rows, columns = values.shape
        x = left + (np.arange(columns) + 0.5) * (right - left) / columns
        y = bottom + (np.arange(rows) + 0.5) * (top - bottom) / rows
        y = y if image.origin == "lower" else y[::-1]
        centres = np.stack(np.meshgrid(x, y), axis=-1)
    for (x, y), value in zip(centres.reshape(-1, 2), values.ravel(), strict=True):
        yield {"x": x, "y": y, "value": value}
