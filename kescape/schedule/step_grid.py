"""The cycles of a plan on whole steps: which step belongs to which cycle.

A boundary lies on the step nearest to its exact position, half a step counting upwards, and every
cycle has at least one step: start[i + 1] = max(round(exact[i + 1]), start[i] + 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from kescape.schedule.timeline import EXACT, GeometricCycles, Timeline, largest

__all__ = ["CycleBlock", "StepGrid"]

_HALF = Decimal("0.5")
_FAR_AWAY = 2**62
"""Stands for every later step in an array: nobody trains that long, and int64 can still add."""


@dataclass(frozen=True)
class CycleBlock:
    """The cycles that a range of steps runs through; each array has one entry a cycle."""

    index: NDArray[np.int64]
    """The cycle: -1 for the warm-up, the number of cycles for what comes after the last."""
    start: NDArray[np.int64]
    """Its first step."""
    length: NDArray[np.int64]
    """Its number of steps; 1 for what comes after the last cycle, which has none."""
    count: NDArray[np.int64]
    """How many of its steps are in the range."""


class StepGrid:
    """A timeline placed on whole steps.

    Every answer comes from a closed form, so that a step number may be as large as it likes.

    Args:
        timeline: Where the cycles lie, in epochs.
        steps_per_epoch: How many steps one epoch has, >= 1.
    """

    def __init__(self, timeline: Timeline, steps_per_epoch: int) -> None:
        self.timeline = timeline
        self.steps_per_epoch = steps_per_epoch
        self.count = timeline.count
        """How many cycles there are; None: they go on for ever."""
        self.lead = self._nearest(0)
        """How many steps of warm-up come before cycle 0."""
        cycles = timeline.cycles
        self._shrinks_at: int | None = None
        self._listed: list[int] | None = None
        if not isinstance(cycles, GeometricCycles):
            self._listed = [self.lead]
            for cycle in range(1, (cycles.count or 0) + 1):
                self._listed.append(max(self._nearest(cycle), self._listed[-1] + 1))
        elif cycles.t_mult < 1:
            # From this cycle on every cycle is shorter than a step, so that each gets one.
            self._shrinks_at = cycles.at_least(EXACT.divide(Decimal(1), Decimal(steps_per_epoch)))

    def steps_in(self, epochs: Decimal) -> int:
        """Return the whole number of steps nearest to a length in epochs."""
        return int(EXACT.add(EXACT.multiply(epochs, Decimal(self.steps_per_epoch)), _HALF))

    def _nearest(self, cycle: int) -> int:
        return self.steps_in(self.timeline.start(cycle))

    def start(self, cycle: int) -> int:
        """Return the first step of a cycle; for the number of cycles: the first step after all."""
        if cycle < 0:
            return 0
        if self._listed is not None:
            return self._listed[cycle]
        if self._shrinks_at is not None:
            whole = min(cycle, self._shrinks_at)
            return self._nearest(whole) + cycle - whole
        # Where lengths do not shrink, cycles of one step can only come first.
        return max(self.lead + cycle, self._nearest(cycle))

    def cycle_of(self, step: int) -> int:
        """Return the cycle of a step."""
        if step < self.lead:
            return -1
        last = self.count
        if self._shrinks_at is not None:
            settled = step - self.start(self._shrinks_at)
            if settled >= 0:
                cycle = self._shrinks_at + settled
                return cycle if last is None else min(cycle, last)
            last = self._shrinks_at if last is None else min(last, self._shrinks_at)
        timeline = self.timeline
        epochs = EXACT.divide(Decimal(step), Decimal(self.steps_per_epoch))
        guess = timeline.cycles.guess(EXACT.subtract(epochs, timeline.warmup))
        return largest(lambda k: self.start(k) <= step, min(guess, step - self.lead), last)

    def bounds(self, cycle: int) -> tuple[int, int | None]:
        """Return the first step of a cycle and the first step after it, None if it never ends."""
        if cycle == self.count:
            return self.start(cycle), None
        return self.start(cycle), self.start(cycle + 1)

    def starts(self, first: int, stop: int) -> NDArray[np.int64]:
        """Return the first steps of the cycles `first`, ..., `stop - 1`."""
        if first < 0:
            return np.concatenate(([0], self.starts(0, stop)))
        cycles = self.timeline.cycles
        if isinstance(cycles, GeometricCycles):
            if self._shrinks_at is not None and first >= self._shrinks_at:
                begin = self.start(first)
                return np.arange(begin, begin + stop - first, dtype=np.int64)
            if cycles.t_mult == 1:
                return self._equal_starts(first, stop)
            if self._shrinks_at is not None and stop > self._shrinks_at:
                parts = (self.starts(first, self._shrinks_at), self.starts(self._shrinks_at, stop))
                return np.concatenate(parts)
        starts = [min(self.start(cycle), _FAR_AWAY) for cycle in range(first, stop)]
        return np.array(starts, dtype=np.int64)

    def _equal_starts(self, first: int, stop: int) -> NDArray[np.int64]:
        """Starts of equally long cycles: the same rounding in whole numbers, all at once."""
        steps_per_epoch = Decimal(self.steps_per_epoch)
        offset = EXACT.multiply(self.timeline.start(0), steps_per_epoch)
        length = EXACT.multiply(self.timeline.cycles.length(0), steps_per_epoch)
        p, q = offset.as_integer_ratio()
        r, s = length.as_integer_ratio()
        # round(p / q + cycle * r / s), half upwards, over the common denominator 2 * q * s
        constant, slope, denominator = 2 * p * s + q * s, 2 * r * q, 2 * q * s
        if constant + stop * slope < _FAR_AWAY:
            cycles = np.arange(first, stop, dtype=np.int64)
            nearest = (constant + cycles * slope) // denominator
        else:
            whole = [(constant + cycle * slope) // denominator for cycle in range(first, stop)]
            nearest = np.array([min(start, _FAR_AWAY) for start in whole], dtype=np.int64)
        return np.maximum(nearest, self.lead + np.arange(first, stop, dtype=np.int64))

    def block(self, first: int, count: int) -> CycleBlock:
        """Return the cycles that steps `first`, ..., `first + count - 1` run through."""
        low, high = self.cycle_of(first), self.cycle_of(first + count - 1)
        if high == self.count:
            starts = self.starts(low, high + 1)
            ends = np.append(starts[1:], starts[-1] + 1)
            reach = np.append(starts[1:], first + count)
        else:
            edges = self.starts(low, high + 2)
            starts, ends = edges[:-1], edges[1:]
            reach = np.minimum(ends, first + count)
        return CycleBlock(
            index=np.arange(low, high + 1, dtype=np.int64),
            start=starts,
            length=ends - starts,
            count=reach - np.maximum(starts, first),
        )
