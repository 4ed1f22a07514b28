"""A look at data before it is trained on: points for a scatter plot, first images, first rows, rows of each class.

Nothing here imports Keras. Points in the plane need NumPy only and come at once; other bundled sets load scikit-learn,
which takes about a second; a file of the user's is read as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.data.errors import DataError
from kescape.data.facts import Facts, facts
from kescape.data.source import Source
from kescape.data.targets import AskedTask

__all__ = ["Preview", "preview"]

POINTS = 400
ROWS = 8
MOST_IMAGES = 20

_FOR_DIRECTIONS = 2000
"""Rows that the two directions of largest variance are found from."""


@dataclass(frozen=True)
class Preview:
    """What a picture of a data set needs."""

    facts: Facts
    """What is known of the data, and what was found and done, in sentences."""
    points: NDArray[np.float32]
    """Shape (n, 2), in [-1, 1]."""
    labels: NDArray[Any]
    """The class of each point; for a regression the number that is learned, the first of several."""
    projected: bool
    """True if the points are the first two principal components, not the inputs themselves."""
    images: NDArray[np.float32] | None
    """The first image of each of the first 20 classes, in 0 ... 1, of shape (classes, height, width) or, in colour,
    (classes, height, width, 3); None if the inputs are no images."""
    class_counts: tuple[int, ...]
    """Rows of each class, those of the validation part too; empty for a regression."""
    column_names: tuple[str, ...]
    """The columns of a table, in the order of the file; empty for anything else."""
    first_rows: tuple[tuple[str, ...], ...]
    """The first rows of a table, cell by cell as they are written."""


def preview(
    dataset: str, *, target: str | None = None, task: AskedTask = "auto", image_size: int | None = None
) -> Preview:
    """At most 400 points of a data set, its first rows or images, and how many rows each class has.

    Arguments and errors as of `kescape.data.facts.facts`. A set that Keras downloads has no preview.

    Example:
        >>> preview("spirals").points.shape
        (400, 2)
    """
    known = facts(dataset, target=target, task=task, image_size=image_size)
    if known.kind == "download":
        raise DataError(f"dataset={known.dataset!r} has no preview, because Keras downloads it when it is trained on")
    if known.kind == "images":
        from kescape.data.user_images import images_sample

        x, y, first = images_sample(Path(known.dataset), known, POINTS, MOST_IMAGES)
        return _preview(known, x.reshape(len(x), -1), y, (first / 255).astype(np.float32))
    from kescape.data.load import read_source

    source = read_source(dataset, target=target, task=task, image_size=image_size)
    some = _evenly(len(source.targets), _FOR_DIRECTIONS)
    return _preview(known, _numbers(source, some), source.targets[some], _first_images(source), source.targets)


def _preview(
    known: Facts,
    x: NDArray[Any],
    y: NDArray[Any],
    images: NDArray[np.float32] | None,
    targets: NDArray[Any] | None = None,
) -> Preview:
    projected = x.shape[1] > 2
    points = _principal_components(x) if projected else x
    if points.shape[1] == 1:
        points = np.column_stack([points, np.zeros(len(points))])
    some = _evenly(len(points), POINTS)
    points = points[some] - (points.max(axis=0) + points.min(axis=0)) / 2
    points = points / max(float(np.abs(points).max()), 1e-12)
    counts = known.class_counts
    if known.class_names and not counts and targets is not None:
        counts = tuple(int(count) for count in np.bincount(targets, minlength=len(known.class_names)))
    names, rows = _first_rows(known)
    labels = y[some] if y.ndim == 1 else y[some, 0]
    return Preview(known, points.astype(np.float32), labels, projected, images, counts, names, rows)


def _numbers(source: Source, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Inputs as rows of numbers: as they are if they are points in the plane, else scaled."""
    if source.facts.kind == "bundled":
        x: NDArray[Any] = source.inputs[rows]
    else:
        from kescape.data.preprocessing import Preprocessing

        x = Preprocessing.fit(source, rows).inputs(source.inputs[rows])
    return x.reshape(len(x), -1)


def _first_images(source: Source) -> NDArray[np.float32] | None:
    if len(source.facts.shape) != 3 or source.divisor is None or source.facts.shape[2] not in (1, 3):
        return None
    present = np.unique(source.targets, return_index=True)[1] if source.facts.task == "classification" else np.arange(1)
    images: NDArray[np.float32] = (source.inputs[present[:MOST_IMAGES]] / source.divisor).astype(np.float32)
    return images[..., 0] if images.shape[3] == 1 else images


def _first_rows(known: Facts) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    if known.kind != "table":
        return (), ()
    from kescape.data.table import read_head

    return read_head(Path(known.dataset), ROWS)


def _evenly(rows: int, most: int) -> NDArray[np.int64]:
    return np.linspace(0, rows - 1, min(most, rows)).astype(np.int64)


def _principal_components(x: NDArray[Any]) -> NDArray[Any]:
    """The two directions of largest variance of the standardised columns."""
    x = x.astype(np.float64)
    deviation = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    _, _, directions = np.linalg.svd(x, full_matrices=False)
    components: NDArray[np.float64] = x @ directions[:2].T
    return components
