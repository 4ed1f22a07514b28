"""The 1cycle baseline, as PyTorch defines it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.schedule.checks import checked_number
from kescape.schedule.cycled_plan import CycledPlan
from kescape.schedule.step_grid import StepGrid
from kescape.schedule.timeline import ListedCycles, Timeline, exact

__all__ = ["OneCycle"]


@dataclass(frozen=True)
class OneCycle(CycledPlan):
    """One rise and one long fall of the learning rate, both along a cosine.

    The rate starts at eta_max / div_factor, reaches eta_max after the share `pct_start` of the
    training, and ends at eta_max / div_factor / final_div_factor. Placed on steps it is PyTorch's
    OneCycleLR: of N steps, step pct_start * N - 1 would have the peak and step N - 1, the last,
    has the end value.

    Args:
        epochs: How long the training is, in epochs, > 0; after it the rate stays at its end value.
        eta_max: The highest learning rate, > 0.
        pct_start: The share of the training in which the rate rises, > 0 and < 1.
        div_factor: How many times lower than eta_max the start is, >= 1.
        final_div_factor: How many times lower than the start the end is, >= 1.

    Example:
        >>> placed = OneCycle(epochs=10, eta_max=0.1).on_steps(100)
        >>> [float(f"{placed.learning_rate(step):.3g}") for step in (0, 299, 999)]
        [0.004, 0.1, 4e-07]

    Source: Smith & Topin, "Super-Convergence", 2018, https://arxiv.org/abs/1708.07120;
    torch.optim.lr_scheduler.OneCycleLR, anneal_strategy="cos"
    """

    epochs: float
    eta_max: float
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        def number(name: str, rule: str, holds: Any, why: str) -> None:
            value = checked_number(name, getattr(self, name), rule, holds, why)
            object.__setattr__(self, name, value)

        number("epochs", "> 0", lambda e: e > 0, "a training has at least one step")
        number("eta_max", "> 0", lambda eta: eta > 0, "at rate 0 nothing is learned")
        number("pct_start", "> 0 and < 1", lambda p: 0 < p < 1, "the rate first rises, then falls")
        number("div_factor", ">= 1", lambda d: d >= 1, "the start is not above the peak")
        number("final_div_factor", ">= 1", lambda d: d >= 1, "the end is not above the start")

    @property
    def eta_start(self) -> float:
        """The learning rate at the start."""
        return self.eta_max / self.div_factor

    @property
    def eta_end(self) -> float:
        """The learning rate at the end."""
        return self.eta_start / self.final_div_factor

    def _make_timeline(self) -> Timeline:
        return Timeline(ListedCycles([exact(self.epochs)]))

    def learning_rate(self, epoch: float) -> float:
        """Return the learning rate at a position in epochs."""
        position = self.cycle_at(epoch)
        if position.index > 0:
            return self.eta_end
        elapsed = np.array([position.fraction])
        return float(self._rates(elapsed, peak=self.pct_start, end=1.0)[0])

    def _rate_before(self, epochs: float, complete: bool) -> float:
        return self.eta_end if complete else self.learning_rate(epochs)

    def _rates(self, elapsed: NDArray[np.float64], peak: float, end: float) -> NDArray[np.float64]:
        rising = elapsed <= peak
        origin = np.where(rising, 0.0, peak)
        share = (elapsed - origin) / np.where(rising, max(peak, math.ulp(0.0)), end - peak)
        low = np.where(rising, self.eta_start, self.eta_end)
        toward_low = np.where(rising, 1 - share, share)
        weight = (1 + np.cos(math.pi * np.minimum(toward_low, 1))) / 2
        return np.where(weight == 1, self.eta_max, low + (self.eta_max - low) * weight)

    def placed_rates(self, grid: StepGrid, first: int, count: int) -> NDArray[np.float64]:
        """Return the learning rates of `count` steps from `first` on."""
        total = grid.start(1)
        steps = np.arange(first, first + count, dtype=np.float64)
        return self._rates(np.minimum(steps, total - 1), self.pct_start * total - 1, total - 1)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary, from which `plan_from_dict` makes an equal plan."""
        return {
            "kind": "one_cycle",
            "epochs": self.epochs,
            "eta_max": self.eta_max,
            "pct_start": self.pct_start,
            "div_factor": self.div_factor,
            "final_div_factor": self.final_div_factor,
        }
