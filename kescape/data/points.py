"""Points in the plane, made by NumPy alone: spirals, moons and XOR.

The points of a set are always the same; a run's seed decides only which of them are held out.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["POINT_SETS", "make_moons", "make_spirals", "make_xor"]

Points = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Coordinates of shape (rows, 2) and the class of each row."""


def make_spirals(rows: int, *, turns: float = 1.75, noise: float = 0.05) -> Points:
    """Two Archimedean spirals of radius up to 1, the second half a turn behind the first.

    The points lie evenly along the radius, r = 0.1 ... 1, at the angle 2 * pi * turns * r.

    Args:
        rows: Number of points, half of them on each arm.
        turns: Revolutions of each arm.
        noise: Standard deviation of the Gaussian noise on both coordinates.
    """
    labels = _halves(rows)
    radius = np.concatenate([np.linspace(0.1, 1.0, n) for n in np.bincount(labels)])
    angle = 2 * math.pi * turns * radius + math.pi * labels
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return points + _generator().normal(scale=noise, size=points.shape), labels


def make_moons(rows: int, *, noise: float = 0.15) -> Points:
    """Two half circles of radius 1, placed as in `sklearn.datasets.make_moons`."""
    labels = _halves(rows)
    upper, lower = (np.linspace(0, math.pi, n) for n in np.bincount(labels))
    points = np.concatenate(
        [
            np.stack([np.cos(upper), np.sin(upper)], axis=1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
        ]
    )
    return points + _generator().normal(scale=noise, size=points.shape), labels


def make_xor(rows: int, *, noise: float = 0.05) -> Points:
    """Points spread evenly over the square [-1, 1]²; class 1 where the signs differ.

    The noise moves the points after they got their class, so a few lie on the wrong side.
    """
    generator = _generator()
    points = generator.uniform(-1, 1, size=(rows, 2))
    labels = (points[:, 0] * points[:, 1] < 0).astype(np.int64)
    return points + generator.normal(scale=noise, size=points.shape), labels


POINT_SETS: dict[str, Callable[[int], Points]] = {
    "spirals": make_spirals,
    "moons": make_moons,
    "xor": make_xor,
}
"""The maker of each point set by its name in the catalogue."""


def _halves(rows: int) -> NDArray[np.int64]:
    return np.repeat(np.array([0, 1], dtype=np.int64), [rows - rows // 2, rows // 2])


def _generator() -> np.random.Generator:
    return np.random.default_rng(0)
