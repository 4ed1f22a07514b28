"""A small picture of each data set: points for a scatter plot, and the first images if it has any.

Nothing here imports Keras. Points in the plane need NumPy only and come at once; the other sets
load scikit-learn, which takes about a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape.data.bundled import raw_arrays
from kescape.data.catalogue import DATASETS

__all__ = ["Preview", "preview"]

POINTS = 400


@dataclass(frozen=True)
class Preview:
    """What a picture of a data set needs."""

    points: NDArray[np.float32]
    """Shape (n, 2), in [-1, 1]."""
    labels: NDArray[np.int64]
    """The class of each point."""
    projected: bool
    """True if the points are the first two principal components, not the inputs themselves."""
    images: NDArray[np.float32] | None
    """The first image of each class, of shape (classes, height, width), in 0 ... 1."""


def preview(name: str) -> Preview:
    """At most 400 points of a data set, and one image of each class if it has images.

    Example:
        >>> preview("spirals").points.shape
        (400, 2)
    """
    dataset = DATASETS[name]
    x, y = raw_arrays(name)
    images = None
    if dataset.has_images:
        first = [int(np.flatnonzero(y == label)[0]) for label in range(dataset.classes)]
        images = (x[first, ..., 0] / x.max()).astype(np.float32)
    flat = x.reshape(len(x), -1)
    projected = flat.shape[1] > 2
    points = _principal_components(flat) if projected else flat
    some = np.linspace(0, len(points) - 1, min(POINTS, len(points))).astype(int)
    points = points[some] - (points.max(axis=0) + points.min(axis=0)) / 2
    points = points / max(float(np.abs(points).max()), 1e-12)
    return Preview(points.astype(np.float32), y[some], projected, images)


def _principal_components(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The two directions of largest variance of the standardised columns."""
    deviation = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    _, _, directions = np.linalg.svd(x, full_matrices=False)
    components: NDArray[np.float64] = x @ directions[:2].T
    return components
