"""From coarse to fine: which points of a grid are looked at first, and the picture that those give; pure NumPy.

A coarse level is made of points of the finest grid, so none is ever looked at twice. Of 51 points an axis, 9 are those at
0, 6, 12, 19, 25, ...: not quite even, but all of them are wanted later on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVELS", "filled", "levels_of", "places_of"]

LEVELS = (9, 17, 33, 51)
"""Points along each axis of one level after the other, as far as the finest grid has more."""

Floats = NDArray[np.float64]


def levels_of(points: int) -> list[int]:
    """The levels of a grid with so many points along an axis.

    Example:
        >>> levels_of(51), levels_of(20), levels_of(5)
        ([9, 17, 33, 51], [9, 17, 20], [5])
    """
    return [*(level for level in LEVELS if level < points), points]


def places_of(level: int, points: int) -> NDArray[np.int64]:
    """Which of the places of an axis belong to a level; the two ends always do.

    Example:
        >>> places_of(9, 51).tolist()
        [0, 6, 12, 19, 25, 31, 38, 44, 50]
    """
    return np.rint(np.linspace(0, points - 1, min(level, points))).astype(np.int64)


def filled(alpha: Floats, beta: Floats, loss: Floats, level: int) -> Floats:
    """The picture that a finished level gives: what is not known yet lies between its neighbours, linearly.

    Args:
        alpha: The places of the columns.
        beta: The places of the rows; empty for a line.
        loss: Shape (len(beta), len(alpha)), or (len(alpha),); NaN where it is not known.
        level: The finest level that is known in full; 0 if none is, then nothing can be filled in.

    Example:
        >>> places, none = np.arange(5.0), np.empty(0)
        >>> filled(places, none, np.array([0, np.nan, 2, np.nan, 8]), 3).tolist()
        [0.0, 1.0, 2.0, 5.0, 8.0]
    """
    if not level:
        return loss
    across = places_of(level, len(alpha))
    if not len(beta):
        between = np.interp(alpha, alpha[across], loss[across])
    else:
        up = places_of(level, len(beta))
        rows = np.stack([np.interp(alpha, alpha[across], loss[row, across]) for row in up])
        between = np.stack([np.interp(beta, beta[up], column) for column in rows.T], axis=1)
    return np.where(np.isnan(loss), between, loss)
