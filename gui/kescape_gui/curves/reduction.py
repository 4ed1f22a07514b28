"""Fewer points that draw the same picture: the lowest and highest of each pixel column; no Qt.

pyqtgraph's own reduction drops the newest points and blanks a column that holds a NaN; this one keeps both ends
of the line and steps over NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 256
"""Of so many values the positions of the lowest and the highest are remembered: 16 bytes."""


def extremes(y: NDArray[np.floating], points: int) -> NDArray[np.intp]:
    """Indices of at most `points` points that keep every spike, ascending, and both ends; all if there are fewer."""
    count = len(y)
    if count <= max(points, 4):
        return np.arange(count)
    width = -(-count // max(1, points // 2 - 2))
    rows = count // width
    inside = _extremes_of_rows(y[: rows * width].reshape(rows, width))
    rest = _extremes_of_rows(y[np.newaxis, rows * width :]) + rows * width if rows * width < count else inside[:0]
    kept = np.concatenate([[0], inside.ravel(), rest.ravel(), [count - 1]])
    # They ascend, but a row whose values are all the same gives the same one twice.
    new = np.concatenate([[True], kept[1:] != kept[:-1]])
    return np.asarray(kept[new], dtype=np.intp)


def _extremes_of_rows(rows: NDArray[np.floating]) -> NDArray[np.intp]:
    """For each row the places of its lowest and highest number, in order, counted through all rows."""
    lowest, highest = rows.argmin(axis=1), rows.argmax(axis=1)
    each = np.arange(len(rows))
    # A NaN counts as the lowest and the highest to numpy, an infinity is no place to draw.
    odd = np.flatnonzero(~(np.isfinite(rows[each, lowest]) & np.isfinite(rows[each, highest])))
    if len(odd):
        finite = np.isfinite(rows[odd])
        lowest[odd] = np.where(finite, rows[odd], np.inf).argmin(axis=1)
        highest[odd] = np.where(finite, rows[odd], -np.inf).argmax(axis=1)
    begins = each * rows.shape[1]
    return np.stack([begins + np.minimum(lowest, highest), begins + np.maximum(lowest, highest)], axis=1)


def visible(x: NDArray[np.generic], low: float, high: float) -> slice:
    """The part of an ascending `x` inside the range, with one neighbour to each side so that lines reach the edge."""
    first = int(np.searchsorted(x, low, side="left"))
    last = int(np.searchsorted(x, high, side="right"))
    return slice(max(0, first - 1), min(len(x), last + 1))


class Extremes:
    """Where the lowest and the highest of each whole block of a growing series are.

    A wide view is drawn from these, at a cost that hardly grows with the series; a narrow one from the values.
    """

    def __init__(self) -> None:
        self._positions = np.empty(0, dtype=np.intp)
        self._blocks = 0

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return self._positions.nbytes

    def take(self, y: NDArray[np.floating]) -> None:
        """Look at the blocks of `y` that have become whole; costs what is new."""
        first, blocks = self._blocks, len(y) // BLOCK
        if blocks <= first:
            return
        if 2 * blocks > len(self._positions):
            grown = np.empty(2 * max(blocks, self._blocks + self._blocks // 8), dtype=np.intp)
            grown[: 2 * first] = self._positions[: 2 * first]
            self._positions = grown
        found = _extremes_of_rows(y[first * BLOCK : blocks * BLOCK].reshape(-1, BLOCK))
        self._positions[2 * first : 2 * blocks] = found.ravel() + first * BLOCK
        self._blocks = blocks

    def cut(self, count: int) -> None:
        """Forget the blocks that hold more than the first `count` values."""
        self._blocks = min(self._blocks, count // BLOCK)

    def between(self, y: NDArray[np.floating], first: int, end: int, points: int) -> NDArray[np.intp]:
        """Indices from `first` to before `end` that draw the same as all, about `points` of them; both ends are kept.

        Args:
            y: The series, as it was taken.
            first: The first index that is drawn.
            end: The index after the last that is drawn.
            points: How many are enough.
        """
        begin, stop = -(-first // BLOCK), min(end // BLOCK, self._blocks)
        # With fewer blocks than that a column of pixels would be drawn from a block that it holds only a part of.
        if stop - begin < points:
            return extremes(y[first:end], points) + first
        whole = self._positions[2 * begin : 2 * stop]
        candidates = np.concatenate([np.arange(first, begin * BLOCK), whole, np.arange(stop * BLOCK, end)])
        if candidates[0] != first:
            candidates = np.concatenate([[first], candidates])
        if candidates[-1] != end - 1:
            candidates = np.concatenate([candidates, [end - 1]])
        return np.asarray(candidates[extremes(y[candidates], points)], dtype=np.intp)
