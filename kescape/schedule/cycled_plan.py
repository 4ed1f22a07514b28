"""What all plans of this package share: the answers that follow from where the cycles lie."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.schedule.checks import checked_number
from kescape.schedule.placed_plan import PlacedPlan
from kescape.schedule.plan import CyclePosition, Landing, NewPeak, Plan
from kescape.schedule.step_grid import StepGrid
from kescape.schedule.timeline import Timeline

__all__ = ["CycledPlan", "checked_position"]

_JUST_BELOW_ONE = math.nextafter(1.0, 0.0)


def checked_position(name: str, epoch: Any) -> float:
    """Return a position in epochs as a float, or raise an error that names it."""
    return checked_number(name, epoch, ">= 0 epochs", lambda e: e >= 0, "a training starts at 0")


class CycledPlan(ABC):
    """A plan made of a warm-up, cycles and what comes after them; subclasses say the rates."""

    @cached_property
    def timeline(self) -> Timeline:
        """Where the cycles lie, exactly."""
        return self._make_timeline()

    @abstractmethod
    def _make_timeline(self) -> Timeline: ...

    @abstractmethod
    def learning_rate(self, epoch: float) -> float:
        """Return the learning rate at a position in epochs; 2.5 is half-way through the third."""

    @abstractmethod
    def _rate_before(self, epochs: float, complete: bool) -> float:
        """Return the rate just before a position > 0; `complete`: a cycle ends there, or did."""

    @abstractmethod
    def placed_rates(self, grid: StepGrid, first: int, count: int) -> NDArray[np.float64]:
        """Return the rates of `count` steps from `first` on, cycles placed as in `grid`."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary, from which `plan_from_dict` makes an equal plan."""

    def with_peaks(self, new_peaks: Sequence[NewPeak]) -> Plan:
        """Return the plan with other peaks from some cycles on; only a plan that restarts has any."""
        raise ValueError(
            f"kind must be 'restart' for a {type(self).__name__} plan, because it has no restarts from which a new "
            "peak could hold; got kind='eta_max'"
        )

    def cycle_at(self, epoch: float) -> CyclePosition:
        """Return the cycle at a position in epochs.

        A position that is one double away from a boundary counts as on it: `epoch + batch / steps`
        can be so much off.
        """
        epoch = checked_position("epoch", epoch)
        timeline = self.timeline
        index = timeline.cycle_at(epoch)
        if timeline.is_over(index):
            return CyclePosition(index, float(timeline.start(index)), math.inf, 0.0)
        if index < 0:
            start, length = 0.0, float(timeline.warmup)
        else:
            start, length = float(timeline.start(index)), float(timeline.cycles.length(index))
        offset = 0.0 if abs(epoch - start) <= math.ulp(epoch) else epoch - start
        fraction = min(offset / length, _JUST_BELOW_ONE)
        return CyclePosition(index, start, length, fraction)

    def restarts(self, until: float) -> list[float]:
        """Return where cycles 1, 2, ... start, in epochs, as far as that is before `until`."""
        until = checked_position("until", until)
        starts = []
        cycle = 1
        while not self.timeline.is_over(cycle):
            start = float(self.timeline.start(cycle))
            if start >= until:
                break
            starts.append(start)
            cycle += 1
        return starts

    def landing(self, epochs: float) -> Landing:
        """Return how a training of `epochs` epochs ends.

        Where nothing is cut off, because all cycles are over or the plan has none, the landing is
        complete.
        """
        epochs = checked_number("epochs", epochs, "> 0", lambda e: e > 0, "a training has at least one step")
        timeline = self.timeline
        position = self.cycle_at(epochs)
        index = position.index
        over = timeline.is_over(index)
        at_end = index > 0 and abs(epochs - position.start) <= math.ulp(epochs)
        complete = at_end or over
        if at_end:
            next_end = position.start
        elif over:
            next_end = math.inf
        else:
            next_end = float(timeline.start(max(index, 0) + 1))
        return Landing(
            complete=complete,
            last_end=position.start if index > 0 else 0.0,
            next_end=next_end,
            learning_rate=self._rate_before(epochs, complete),
            cycle=max(index - 1, 0) if complete else index,
            fraction=1.0 if complete else position.fraction,
        )

    def on_steps(self, steps_per_epoch: int) -> PlacedPlan:
        """Place the plan on whole steps.

        Args:
            steps_per_epoch: How many steps one epoch has, >= 1.
        """
        return PlacedPlan(self, steps_per_epoch)
