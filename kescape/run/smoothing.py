"""Smoothing of a noisy curve that does not wash away what a restart did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

# How far the weights may grow within one chunk: 2**500, with room for large values below 2**1023.
_DOUBLINGS = 500.0
_FEW = 10


def smooth(
    values: npt.ArrayLike, half_life: float, resets: Sequence[int] | npt.NDArray[np.int64] = ()
) -> npt.NDArray[np.float64]:
    """Exponential moving average, unbiased from the first value on.

    The average at i is

        sum(w**(i - j) * values[j]) / sum(w**(i - j)),   w = 2**(-1 / half_life)

    over all j <= i since the last reset that have a finite value. Where the value itself is not
    finite the result is NaN, and the average goes on after it.

    Args:
        values: One value a step.
        half_life: After so many steps a value counts half, > 0.
        resets: Positions in `values` at which the average starts afresh, in any order.

    Example:
        >>> smooth([4.0, 1.0, 1.0, 7.0], half_life=1, resets=[3]).round(3).tolist()
        [4.0, 2.0, 1.429, 7.0]
    """
    if not half_life > 0:
        raise ValueError(f"half_life must be > 0 steps, because it says how slowly a value fades; got {half_life!r}")
    data = np.asarray(values)
    finite = np.isfinite(data)
    whole = bool(finite.all())
    smoothed = np.empty(len(data))
    inner = {int(reset) for reset in resets if 0 < reset < len(data)}
    borders = [0, *sorted(inner), len(data)]
    # Below, a value's neighbour counts less than rounding does, and its weight would not fit a double.
    half_life = max(half_life, 0.01)
    chunk = max(1, int(min(_DOUBLINGS * half_life, len(data))))
    # The same in every chunk, and dear.
    growths = np.exp2(np.arange(1, chunk + 1) / half_life)
    sums = np.cumsum(growths)
    for first, last in pairwise(borders):
        total = weight = 0.0
        for begin in range(first, last, chunk):
            part = slice(begin, min(begin + chunk, last))
            growth = growths[: part.stop - begin]
            counted = growth if whole else np.where(finite[part], growth, 0.0)
            # Doubles of one chunk only: a copy of a long series costs more than all the rest.
            exact = data[part].astype(np.float64, copy=False)
            totals = total + np.cumsum(counted * (exact if whole else np.where(finite[part], exact, 0.0)))
            weights = weight + (sums[: len(growth)] if whole else np.cumsum(counted))
            with np.errstate(invalid="ignore"):  # 0 / 0 before the first finite value
                smoothed[part] = totals / weights
            total, weight = totals[-1] / growth[-1], weights[-1] / growth[-1]
    if not whole:
        smoothed[~finite] = np.nan
    return smoothed


def hide_beginnings(
    smoothed: npt.NDArray[np.floating], half_life: float, starts: Iterable[int], first: int = 0
) -> None:
    """Blank, in place, what is an average of too few values to be one.

    Where an average starts afresh it begins with a single value, which may be far from all that follow. So the first
    half of a half-life of each cycle is left out, at most ten values.

    Args:
        smoothed: From position `first` on.
        half_life: What it was smoothed with, in steps.
        starts: Where the average started afresh, the beginning among them.
        first: Position of the first value.

    Example:
        >>> values = np.arange(8.0)
        >>> hide_beginnings(values, half_life=4, starts=[0, 5])
        >>> values.tolist()
        [nan, nan, 2.0, 3.0, 4.0, nan, nan, 7.0]
    """
    few = min(_FEW, int(half_life // 2))
    for start in starts:
        smoothed[max(0, start - first) : max(0, start + few - first)] = np.nan
