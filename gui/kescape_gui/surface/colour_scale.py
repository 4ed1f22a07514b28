"""Which colour a value has, which round values get a contour line, and how they are written; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kescape_gui.setup.numbers import format_number
from kescape_gui.surface.grid import Floats

_MOST_DECADES = 6
"""A single point that hits a minimum of 0 almost exactly must not take all colours."""
_LOG_FROM = 30.0
"""How many times a usual low value the highest is, before a log scale shows more."""


@dataclass(frozen=True)
class ColourScale:
    """Takes values to shares of a colour map, from 0 to 1.

    Attributes:
        low: The value that has the first colour.
        high: That of the last.
        log: Whether equal ratios, not equal differences, are as far apart.
        is_cut: Whether values below `low` have its colour too.
    """

    low: float
    high: float
    log: bool
    is_cut: bool = False

    @classmethod
    def of(cls, z: Floats, log: bool | None = None) -> ColourScale:
        """The scale that all finite values fit on.

        Args:
            z: The values; NaN where nothing is known.
            log: Log scale or linear; None takes log if the values span decades.

        Raises:
            ValueError: If there is no finite value, or none above 0 for a log scale.

        Example:
            >>> ColourScale.of(np.array([0.1, 1.0, 10.0]), log=True).share(np.array([0.1, 1.0, 10.0]))
            array([0. , 0.5, 1. ])
        """
        finite = z[np.isfinite(z)]
        if not len(finite):
            raise ValueError("z must have a finite value, because colours need a lowest and a highest one; got none")
        low, high = float(finite.min()), float(finite.max())
        if log is None:
            log = spans_decades(z)
        if not log:
            return cls(low, high, log=False)
        if high <= 0:
            raise ValueError(
                f"z must have a value > 0, because a log scale has no place for others; got at most {high}"
            )
        lowest = max(float(finite[finite > 0].min()), high / 10.0**_MOST_DECADES)
        return cls(lowest, high, log=True, is_cut=low < lowest)

    def share(self, z: Floats) -> Floats:
        """How far up the colours each value is, from 0 to 1; NaN stays NaN."""
        if self.high <= self.low:
            return np.where(np.isnan(z), np.nan, 0.5)
        if self.log:
            span = math.log(self.high / self.low)
            return np.clip(np.log(np.maximum(z, self.low) / self.low) / span, 0.0, 1.0)
        return np.clip((z - self.low) / (self.high - self.low), 0.0, 1.0)

    def value(self, share: float) -> float:
        """The value that is so far up the colours."""
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + share * (self.high - self.low)

    def levels(self, most: int = 12) -> list[float]:
        """Round values inside the scale, at most so many, for contour lines and for the ticks of a colour bar."""
        return contour_levels(self.low, self.high, log=self.log, most=most)


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
    return [round(number * step, places) for number in numbers][:most]


def _log_levels(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [float(f"{digit}e{decade}") for decade in range(first, last + 1) for digit in digits]
        found = [level for level in found if low < level < high]
        if len(found) <= most:
            return found
    return found[:: -(-len(found) // most)]


def value_text(value: float) -> str:
    """A value in three digits.

    Example:
        >>> [value_text(value) for value in (0.12345, 1234.5, 2.0, 0.00001, math.inf)]
        ['0.123', '1230', '2', '1e-5', '∞']
    """
    return format_number(float(f"{value:.3g}")) if math.isfinite(value) else str(value).replace("inf", "∞")
