"""A curve in one line of text."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["sparkline"]

BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: ArrayLike, width: int, *, log: bool = False) -> str:
    """The values as `width` bars: means where there are more values, stretched where there are fewer.

    Values that are not finite are shown as ``!``.

    Args:
        values: In the order of time.
        width: Number of characters.
        log: Draw the logarithm, as for a loss that falls over decades. Values <= 0 count as the
            smallest positive one.

    Example:
        >>> sparkline([0, 1, 2, 3, 4, 5, 6, 7], width=8)
        '▁▂▃▄▅▆▇█'
        >>> sparkline([1, 1, 10, 10, 100, 100], width=3, log=True)
        '▁▅█'
    """
    array = np.asarray(values, dtype=float)
    if array.size == 0 or width < 1:
        return ""
    if log:
        positive = array[np.isfinite(array) & (array > 0)]
        array = np.log(np.maximum(array, positive.min() if positive.size else 1.0))
    if array.size < width:
        array = array[np.arange(width) * array.size // width]
    bins = np.array_split(array, width)
    heights = [float(part.mean()) for part in bins]
    finite = [height for height in heights if math.isfinite(height)]
    if not finite:
        return "!" * len(heights)
    low, span = min(finite), max(finite) - min(finite)
    top = len(BARS) - 1
    return "".join(
        BARS[round((height - low) / span * top) if span else 0] if math.isfinite(height) else "!" for height in heights
    )
