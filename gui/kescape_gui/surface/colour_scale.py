"""Which colour a value has, and how values are written; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kescape.landscape.scale import contour_levels, lowest_on_log, spans_decades
from kescape_gui.setup.numbers import format_number
from kescape_gui.surface.grid import Floats


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
        lowest = lowest_on_log(z)
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


def value_text(value: float) -> str:
    """A value in three digits.

    Example:
        >>> [value_text(value) for value in (0.12345, 1234.5, 2.0, 0.00001, math.inf)]
        ['0.123', '1230', '2', '1e-5', '∞']
    """
    return format_number(float(f"{value:.3g}")) if math.isfinite(value) else str(value).replace("inf", "∞")
