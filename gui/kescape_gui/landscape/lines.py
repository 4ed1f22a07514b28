"""The loss along straight lines from one minimum to the next, as it is drawn; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape.landscape.store import LineBarrier

Floats = NDArray[np.float64]

_ROUNDING = 1e-6
"""Losses in float32 differ by so much, as a share of the largest, where they should be equal."""


@dataclass(frozen=True)
class Peak:
    """The highest loss between two minima: at `position`, `rise` above `foot`, the loss of the higher one."""

    position: float
    loss: float
    foot: float

    @property
    def rise(self) -> float:
        """How far the loss rises above both minima, >= 0."""
        return max(0.0, self.loss - self.foot)


@dataclass(frozen=True, eq=False)
class Line:
    """One line between two minima.

    Attributes:
        start: What the first minimum is called.
        end: What the second is.
        positions: Rising; 0 is the first minimum, 1 the second.
        losses: The loss at each, NaN where it is not known yet.
        barrier: What stands between the two, once that was judged.
    """

    start: str
    end: str
    positions: Floats
    losses: Floats
    barrier: LineBarrier | None = None

    @property
    def known(self) -> tuple[Floats, Floats]:
        """The positions whose loss is known, and those losses."""
        there = ~np.isnan(self.losses)
        return self.positions[there], self.losses[there]

    @property
    def chord(self) -> tuple[float, float] | None:
        """The losses at both minima; None while one is not known, or where one is infinite."""
        at, losses = self.known
        ends = [losses[at == place] for place in (0.0, 1.0)]
        if not all(len(end) and np.isfinite(end[0]) for end in ends):
            return None
        return float(ends[0][0]), float(ends[1][0])

    @property
    def peak(self) -> Peak | None:
        """Where between the minima the loss is highest; None while that is not known.

        Example:
            >>> line = Line("a", "b", np.array([0.0, 0.5, 1.0]), np.array([1.0, 3.0, 2.0]))
            >>> line.peak
            Peak(position=0.5, loss=3.0, foot=2.0)
        """
        ends = self.chord
        if ends is None:
            return None
        at, losses = self.known
        between = (at >= 0) & (at <= 1)
        place = int(np.argmax(losses[between]))
        return Peak(float(at[between][place]), float(losses[between][place]), max(ends))

    @property
    def has_barrier(self) -> bool:
        """Whether the loss rises above both minima by more than chance and rounding do, as far as that is known."""
        peak = self.peak
        if peak is None or not math.isfinite(peak.rise):
            return peak is not None
        if self.barrier is not None:
            return self.barrier.is_above_noise
        losses = self.known[1]
        return peak.rise > _ROUNDING * float(np.abs(losses[np.isfinite(losses)]).max(initial=0.0))
