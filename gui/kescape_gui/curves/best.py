"""The best validation losses: of each cycle, and of the whole training; no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def best_of_cycles(steps: NDArray[np.float64], values: NDArray[np.float64], restarts: Sequence[int]) -> list[int]:
    """Indices of the lowest value of each cycle that has one; the first of equal ones.

    Args:
        steps: The last step of each epoch, ascending.
        values: Their validation losses.
        restarts: First steps of the cycles after the first.

    Example:
        >>> best_of_cycles(np.array([9.0, 19, 29, 39]), np.array([3.0, 2, np.nan, 5]), [20])
        [1, 3]
    """
    known = np.where(np.isfinite(values), values, np.inf)
    borders = [0, *np.searchsorted(steps, restarts, side="left").tolist(), len(steps)]
    found = [first + int(known[first:end].argmin()) for first, end in pairwise(borders) if first < end]
    return [index for index in found if np.isfinite(values[index])]
