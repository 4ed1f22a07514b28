"""The baseline that lowers the rate at given epochs."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.schedule.checks import checked_number
from kescape.schedule.cycled_plan import CycledPlan, checked_position
from kescape.schedule.step_grid import StepGrid
from kescape.schedule.timeline import ListedCycles, Timeline, exact

__all__ = ["StepDecay"]


@dataclass(frozen=True)
class StepDecay(CycledPlan):
    """A rate that is multiplied by `factor` at each milestone.

    Args:
        eta_max: Learning rate at the start, > 0.
        factor: What it is multiplied by at each milestone, in (0, 1).
        milestones: Where that happens, in epochs, > 0 and ascending.

    Example:
        >>> plan = StepDecay(0.1, factor=0.2, milestones=(60, 120, 160))
        >>> [round(plan.learning_rate(epoch), 4) for epoch in (59.9, 60, 120, 160)]
        [0.1, 0.02, 0.004, 0.0008]
    """

    eta_max: float
    factor: float = 0.1
    milestones: Sequence[float] = ()

    def __post_init__(self) -> None:
        eta_max = checked_number("eta_max", self.eta_max, "> 0", lambda eta: eta > 0, "at rate 0 nothing is learned")
        factor = checked_number("factor", self.factor, "> 0 and < 1", lambda f: 0 < f < 1, "each step lowers the rate")
        milestones = tuple(
            checked_number(f"milestones[{i}]", epoch, "> 0 epochs", lambda e: e > 0, "the start has eta_max")
            for i, epoch in enumerate(self.milestones)
        )
        if any(a >= b for a, b in pairwise(milestones)):
            raise ValueError(
                f"milestones must ascend, because each lowers the rate once; got milestones={milestones!r}"
            )
        object.__setattr__(self, "eta_max", eta_max)
        object.__setattr__(self, "factor", factor)
        object.__setattr__(self, "milestones", milestones)

    def _make_timeline(self) -> Timeline:
        return Timeline(ListedCycles([]))

    def _after(self, milestones: int) -> float:
        return self.eta_max * self.factor**milestones

    def learning_rate(self, epoch: float) -> float:
        """Return the learning rate at a position in epochs; a milestone has the lower one."""
        epoch = checked_position("epoch", epoch)
        return self._after(bisect_right(self.milestones, math.nextafter(epoch, math.inf)))

    def _rate_before(self, epochs: float, complete: bool) -> float:
        return self._after(bisect_left(self.milestones, math.nextafter(epochs, 0.0)))

    def placed_rates(self, grid: StepGrid, first: int, count: int) -> NDArray[np.float64]:
        """Return the rates of `count` steps from `first` on, milestones on their nearest steps."""
        milestones = [grid.steps_in(exact(epoch)) for epoch in self.milestones]
        rates = np.array([self._after(passed) for passed in range(len(milestones) + 1)])
        steps = np.arange(first, first + count, dtype=np.int64)
        return rates[np.searchsorted(milestones, steps, side="right")]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary, from which `plan_from_dict` makes an equal plan."""
        return {
            "kind": "step_decay",
            "eta_max": self.eta_max,
            "factor": self.factor,
            "milestones": list(self.milestones),
        }
