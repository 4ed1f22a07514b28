"""The loss along straight lines from one minimum to the next, as it is drawn; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """One line between two minima.

    Attributes:
        start: What the first minimum is called.
        end: What the second is.
        positions: Rising; 0 is the first minimum, 1 the second.
        losses: The loss at each, NaN where it is not known yet.
    """

    start: str
    end: str
    positions: Floats
    losses: Floats

    @property
    def known(self) -> tuple[Floats, Floats]:
        """The positions whose loss is known, and those losses."""
        there = np.isfinite(self.losses)
        return self.positions[there], self.losses[there]

    @property
    def chord(self) -> tuple[float, float] | None:
        """The losses at both minima; None while one is not known."""
        at, losses = self.known
        if not len(at) or at[0] > 0 or at[-1] < 1 or not (np.isin((0.0, 1.0), at).all()):
            return None
        first, last = np.interp((0.0, 1.0), at, losses)
        return float(first), float(last)

    @property
    def peak(self) -> Peak | None:
        """Where the loss rises farthest above the chord between the minima; None while that is not known.

        Example:
            >>> line = Line("a", "b", np.array([0.0, 0.5, 1.0]), np.array([1.0, 3.0, 2.0]))
            >>> line.peak
            Peak(position=0.5, loss=3.0, chord=1.5)
        """
        ends = self.chord
        if ends is None:
            return None
        at, losses = self.known
        between = (at >= 0) & (at <= 1)
        at, losses = at[between], losses[between]
        above = losses - (ends[0] + at * (ends[1] - ends[0]))
        place = int(np.argmax(above))
        return Peak(float(at[place]), float(losses[place]), float(losses[place] - above[place]))


@dataclass(frozen=True)
class Peak:
    """The barrier of a line: at `position`, from the chord up to the loss."""

    position: float
    loss: float
    chord: float

    @property
    def height(self) -> float:
        """How far the loss rises above the chord, >= 0."""
        return max(0.0, self.loss - self.chord)
