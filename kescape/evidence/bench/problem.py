"""What a problem of the bench is, and what one trial on it is; no Keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kescape.evidence.bench.methods import Method

__all__ = ["Problem", "Trial", "Watch"]

Watch = Callable[[float], None]
"""Told from time to time how much is done, from 0 to 1."""


class Trial(NamedTuple):
    """One training: a method at a learning rate, from the start that belongs to a seed."""

    method: Method
    learning_rate: float
    seed: int
    """Decides where it starts and in which order it sees the data, whatever the method and its rate."""


class Problem(Protocol):
    """Something with a goal that a training may miss."""

    @property
    def name(self) -> str:
        """As written on the command line."""

    @property
    def title(self) -> str:
        """As shown in a table."""

    @property
    def goal(self) -> str:
        """What is trained, and when the goal is reached, in a sentence or two."""

    @property
    def steps(self) -> int:
        """Every trial's budget."""

    @property
    def learning_rates(self) -> tuple[float, ...]:
        """Those that each method's own is chosen from, rising."""

    def steps_to_goal(self, trials: Sequence[Trial], watch: Watch) -> NDArray[np.float64]:
        """How many steps each trial took until it reached the goal; infinite if it did not within the budget."""
