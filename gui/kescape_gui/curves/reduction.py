"""Fewer points that draw the same picture: the lowest and highest of each pixel column; no Qt.

pyqtgraph's own reduction drops the newest points and blanks a column that holds a NaN; this one keeps both ends
of the line and steps over NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

_reduce = MinMaxDownsampler()


def extremes(y: NDArray[np.generic], points: int) -> NDArray[np.intp]:
    """Indices of about `points` points that keep every spike, ascending; all of them if there are fewer."""
    count = len(y)
    if count <= max(points, 4):
        return np.arange(count)
    wanted = points - points % 2
    inner = np.asarray(_reduce.downsample(np.ascontiguousarray(y), n_out=wanted), dtype=np.intp)
    return np.unique(np.concatenate([[0], inner, [count - 1]]))


def visible(x: NDArray[np.generic], low: float, high: float) -> slice:
    """The part of an ascending `x` inside the range, with one neighbour to each side so that lines reach the edge."""
    first = int(np.searchsorted(x, low, side="left"))
    last = int(np.searchsorted(x, high, side="right"))
    return slice(max(0, first - 1), min(len(x), last + 1))
