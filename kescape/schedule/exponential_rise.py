"""The plan of a range test: a rate that rises from almost nothing until the loss explodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.schedule.checks import checked_number, refuse
from kescape.schedule.cycled_plan import CycledPlan
from kescape.schedule.step_grid import StepGrid
from kescape.schedule.timeline import ListedCycles, Timeline, exact

__all__ = ["ExponentialRise"]


@dataclass(frozen=True)
class ExponentialRise(CycledPlan):
    """One rise of the learning rate, by the same factor at every step.

    Of E epochs, the rate at epoch t is

        eta = eta_min * (eta_max / eta_min)**(t / E)

    and placed on N steps, step k has eta_min * (eta_max / eta_min)**(k / (N - 1)): the first step has exactly
    `eta_min`, the last exactly `eta_max`. After it the rate stays.

    Args:
        epochs: How long the rise is, in epochs, > 0; fractions are meant.
        eta_min: The learning rate of the first step, > 0.
        eta_max: The learning rate of the last step, > eta_min.

    Example:
        >>> placed = ExponentialRise(epochs=2.5, eta_min=1e-4, eta_max=1.0).on_steps(2)
        >>> [float(f"{rate:.3g}") for rate in placed.learning_rates(0, 6)]
        [0.0001, 0.001, 0.01, 0.1, 1.0, 1.0]

    Source: Smith, "Cyclical Learning Rates", 2017, section 3.3, https://arxiv.org/abs/1506.01186, there along a line;
    along a geometric series as in fastai's `Learner.lr_find`.
    """

    epochs: float
    eta_min: float
    eta_max: float

    def __post_init__(self) -> None:
        def number(name: str, rule: str, why: str) -> None:
            value = checked_number(name, getattr(self, name), rule, lambda number: number > 0, why)
            object.__setattr__(self, name, value)

        number("epochs", "> 0", "a rise has at least one step")
        number("eta_min", "> 0", "a rate of 0 times any factor is 0")
        number("eta_max", "> 0", "at rate 0 nothing is learned")
        if not self.eta_max > self.eta_min:
            refuse("eta_max", self.eta_max, f"> eta_min={self.eta_min:g}", "the rate rises")

    def _make_timeline(self) -> Timeline:
        return Timeline(ListedCycles([exact(self.epochs)]))

    def learning_rate(self, epoch: float) -> float:
        """Return the learning rate at a position in epochs."""
        position = self.cycle_at(epoch)
        return float(self._rates(np.array([1.0 if position.index > 0 else position.fraction]))[0])

    def _rate_before(self, epochs: float, complete: bool) -> float:
        return self.eta_max if complete else self.learning_rate(epochs)

    def placed_rates(self, grid: StepGrid, first: int, count: int) -> NDArray[np.float64]:
        """Return the learning rates of `count` steps from `first` on."""
        steps = np.arange(first, first + count, dtype=np.float64)
        return self._rates(np.minimum(steps / max(grid.start(1) - 1, 1), 1.0))

    def _rates(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        # In logarithms: the factor from one end to the other may be too large for a double.
        low, high = math.log(self.eta_min), math.log(self.eta_max)
        rates = np.exp(low + share * (high - low))
        return np.where(share == 0, self.eta_min, np.where(share == 1, self.eta_max, rates))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary, from which `plan_from_dict` makes an equal plan."""
        return {
            "kind": "exponential_rise",
            "epochs": self.epochs,
            "eta_min": self.eta_min,
            "eta_max": self.eta_max,
        }
