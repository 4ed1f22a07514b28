"""What a plot draws as one line: values at steps, thinned out for the screen; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kescape_gui.curves.reduction import Extremes, extremes, visible

Line = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps, and the values at them."""

NOTHING: Line = (np.empty(0), np.empty(0))


class Series(Protocol):
    """Values at ascending steps."""

    def reduced(self, first: int, end: int, points: int) -> Line:
        """About `points` of the points at steps `first` to before `end`, which draw the same as all."""
        ...


@dataclass(frozen=True, eq=False)
class Recorded:
    """A value at each step from 0 on."""

    values: NDArray[np.floating]
    extremes: Extremes
    """Those of the values."""

    def reduced(self, first: int, end: int, points: int) -> Line:
        """The lowest and highest of each column, and both ends."""
        first, end = max(0, first), min(end, len(self.values))
        if first >= end:
            return NOTHING
        kept = self.extremes.between(self.values, first, end, points)
        return kept.astype(np.float64), self.values[kept].astype(np.float64)


@dataclass(frozen=True, eq=False)
class Sparse:
    """Values at some steps, such as the ends of epochs; a line leads on from one to the next."""

    steps: NDArray[np.float64]
    values: NDArray[np.float64]

    def reduced(self, first: int, end: int, points: int) -> Line:
        """Those in the stretch with one neighbour to each side."""
        part = visible(self.steps, first, end - 1)
        steps, values = self.steps[part], self.values[part]
        kept = extremes(values, points)
        return steps[kept], values[kept]

    def before(self, step: int) -> Sparse:
        """Those at the steps before `step`."""
        kept = self.steps < step
        return Sparse(self.steps[kept], self.values[kept])
