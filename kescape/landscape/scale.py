"""Whether values want a log scale, and which round ones get a contour line; pure NumPy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["contour_levels", "lowest_on_log", "spans_decades"]

_LOG_FROM = 10.0
"""How many times a usual low value the highest is, before a log scale shows more."""
_MOST_DECADES = 6
"""A single point that hits a minimum of 0 almost exactly must not take all colours."""

Floats = NDArray[np.float64]


def spans_decades(z: Floats) -> bool:
    """Whether no value is below 0 and the highest is many times a low one, so that a linear scale would hide most.

    Example:
        >>> [spans_decades(np.array(values)) for values in ([1.0, 2.0, 3.0], [0.0, 0.1, 100.0], [-1.0, 0.1, 100.0])]
        [False, True, False]
    """
    finite = z[np.isfinite(z)]
    positive = finite[finite > 0]
    if not len(positive) or finite.min() < 0:
        return False
    return bool(positive.max() > _LOG_FROM * np.percentile(positive, 5, method="lower"))


def lowest_on_log(values: Floats) -> float:
    """Where a log scale of values, of which one is above 0, begins: at the lowest of those, six decades at the most.

    Example:
        >>> lowest_on_log(np.array([0.0, 1e-30, 1.0, 100.0])), lowest_on_log(np.array([np.nan, 0.01, 1.0]))
        (0.0001, 0.01)
    """
    positive = values[np.isfinite(values) & (values > 0)]
    return max(float(positive.min()), float(positive.max()) / 10.0**_MOST_DECADES)


def contour_levels(low: float, high: float, *, log: bool, most: int = 12) -> list[float]:
    """Round values between `low` and `high`, neither of them included.

    On a log scale they are 1, 2, 5 in each decade, or 1, 3, or powers of ten alone, or each so many; where that would
    be fewer than four, they are evenly spaced, as on a linear scale.

    Args:
        low: Lowest value of the surface; > 0 on a log scale.
        high: Highest value; nothing lies between if it is not above `low`.
        log: Whether the values span decades.
        most: At most so many, >= 4.

    Example:
        >>> contour_levels(0.0, 1.05, log=False)
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
        >>> contour_levels(0.05, 300.0, log=True)
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0]
        >>> contour_levels(0.05, 30_000.0, log=True)
        [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0]
    """
    if not high > low:
        return []
    if log:
        found = _log_levels(low, high, most)
        if len(found) >= 4:
            return found
    wanted = (high - low) / most
    exponent = math.floor(math.log10(wanted))
    # Written in decimals: 3 * 0.1 is 0.30000000000000004 as a double.
    steps = [float(f"{digit}e{exponent}") for digit in (1, 2, 5, 10)]
    step = next(step for step in steps if step >= wanted * 0.999)
    numbers = range(math.floor(low / step) + 1, math.ceil(high / step))
    places = max(0, 1 - exponent)
    # Between neighbouring doubles there is no round value.
    return sorted({level for number in numbers if low < (level := round(number * step, places)) < high})[:most]


def _log_levels(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [float(f"{digit}e{decade}") for decade in range(first, last + 1) for digit in digits]
        found = [level for level in found if low < level < high]
        if len(found) <= most:
            return found
    return found[:: -(-len(found) // most)]
