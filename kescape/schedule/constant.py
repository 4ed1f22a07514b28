"""The baseline without any schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.schedule.checks import checked_number
from kescape.schedule.cycled_plan import CycledPlan, checked_position
from kescape.schedule.step_grid import StepGrid
from kescape.schedule.timeline import ListedCycles, Timeline

__all__ = ["Constant"]


@dataclass(frozen=True)
class Constant(CycledPlan):
    """The same learning rate all along.

    Args:
        eta_max: The learning rate, > 0.

    Example:
        >>> Constant(0.1).learning_rate(12.5)
        0.1
    """

    eta_max: float

    def __post_init__(self) -> None:
        eta_max = checked_number("eta_max", self.eta_max, "> 0", lambda eta: eta > 0, "at rate 0 nothing is learned")
        object.__setattr__(self, "eta_max", eta_max)

    def _make_timeline(self) -> Timeline:
        return Timeline(ListedCycles([]))

    def learning_rate(self, epoch: float) -> float:
        """Return the learning rate, the same at every position."""
        checked_position("epoch", epoch)
        return self.eta_max

    def _rate_before(self, epochs: float, complete: bool) -> float:
        return self.eta_max

    def placed_rates(self, grid: StepGrid, first: int, count: int) -> NDArray[np.float64]:
        """Return the learning rates of `count` steps."""
        return np.full(count, self.eta_max)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary, from which `plan_from_dict` makes an equal plan."""
        return {"kind": "constant", "eta_max": self.eta_max}
