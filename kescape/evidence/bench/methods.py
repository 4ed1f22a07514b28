"""The methods that are compared: a constant rate, one cosine or warm restarts, each without and with momentum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape.schedule import Constant, CosineRestarts, Plan, single_cosine

__all__ = ["CYCLES", "METHODS", "MOMENTUM", "T_MULT", "Method"]

MOMENTUM = 0.9
CYCLES = 4
T_MULT = 2.0


@dataclass(frozen=True)
class Method:
    """A way to train: the momentum, and the plan of the learning rate.

    Attributes:
        name: As shown in a table.
        momentum: 0 for plain gradient descent.
        plan: Makes the plan from the budget in steps and the highest learning rate.
    """

    name: str
    momentum: float
    plan: Callable[[int, float], Plan]

    def rates(self, steps: int, eta_max: float) -> NDArray[np.float64]:
        """The learning rate of every step of the budget.

        Example:
            >>> METHODS[3].name, METHODS[3].rates(15, 1.0).round(2).tolist()[:8]
            ('SGDR', [1.0, 1.0, 0.5, 1.0, 0.85, 0.5, 0.15, 1.0])
        """
        return self.plan(steps, eta_max).on_steps(1).learning_rates(0, steps)


def _constant(steps: int, eta_max: float) -> Plan:
    return Constant(eta_max)


def _restarts(steps: int, eta_max: float) -> Plan:
    """Cycles that fill the budget: the last one ends with it."""
    first = steps * (T_MULT - 1) / (T_MULT**CYCLES - 1)
    return CosineRestarts(first, T_MULT, eta_max, cycles=CYCLES)


METHODS = (
    Method("plain SGD", 0.0, _constant),
    Method("momentum", MOMENTUM, _constant),
    Method("single cosine", 0.0, single_cosine),
    Method("SGDR", 0.0, _restarts),
    Method("momentum + cosine", MOMENTUM, single_cosine),
    Method("momentum + SGDR", MOMENTUM, _restarts),
)
"""In the order of the tables. Momentum with one cosine is there so that the restarts can be told from the momentum."""
