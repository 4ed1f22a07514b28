"""The bench: every method at a learning rate of its own on the same starts, and who reached the goal; no Keras.

The rule for the rates is one for all: of the same rates for every method, the one with which most of
`TUNING_SEEDS` reach the goal; of several such, the one that needs the fewest steps on average, where a start that
does not reach the goal counts with the whole budget. Then other seeds are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kescape.compare.statistics import median_interval, wilson_interval
from kescape.evidence.bench.methods import METHODS, Method
from kescape.evidence.bench.problem import Problem, Trial

__all__ = ["FEWEST_SEEDS", "MOST_SEEDS", "RULE", "TUNING_SEEDS", "Outcome", "Result", "run_problem"]

FEWEST_SEEDS = 3
MOST_SEEDS = 10_000
TUNING_SEEDS = range(1_000_000, 1_000_020)
"""The seeds that the rates are chosen on: none of them is ever judged."""

RULE = (
    f"Each method trains at its own rate: of the same rates for all, the one at which most of {len(TUNING_SEEDS)} "
    "other seeds reach the goal, and of several such the one that needs the fewest steps on average."
)


@dataclass(frozen=True)
class Outcome:
    """What came of one method on one problem.

    Attributes:
        method: Its name.
        learning_rate: The rate that was chosen for it, the highest of its plan.
        is_at_an_end: Whether that is the lowest or highest of the rates to choose from: a better one may lie outside.
        steps: Of each seed in turn: how many until the goal, infinite where it was not reached.
    """

    method: str
    learning_rate: float
    is_at_an_end: bool
    steps: tuple[float, ...]

    @cached_property
    def escaped(self) -> tuple[bool, ...]:
        """Of each seed: whether it reached the goal."""
        return tuple(bool(np.isfinite(steps)) for steps in self.steps)

    @property
    def count(self) -> int:
        """How many seeds reached the goal."""
        return sum(self.escaped)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share that reaches the goal."""
        return wilson_interval(self.count, len(self.steps))

    @property
    def median(self) -> tuple[float, float, float]:
        """Median of the steps to the goal over all seeds, with the ends of its 95 % interval; infinite: not reached."""
        return median_interval(self.steps)


@dataclass(frozen=True)
class Result:
    """What came of all methods on one problem, in the order of `METHODS`; the same seeds in the same order in each."""

    problem: str
    title: str
    goal: str
    budget: int
    outcomes: tuple[Outcome, ...]

    @property
    def seeds(self) -> int:
        """How many were judged."""
        return len(self.outcomes[0].steps)


def run_problem(problem: Problem, seeds: int, watch: Callable[[float], None] = lambda _: None) -> Result:
    """Choose each method's rate, then train all methods from `seeds` starts.

    Args:
        problem: What is trained on.
        seeds: How many starts are judged, `FEWEST_SEEDS` to `MOST_SEEDS`: seeds 0, 1, ...
        watch: Told how much is done, from 0 to 1.
    """
    if not FEWEST_SEEDS <= seeds <= MOST_SEEDS:
        raise ValueError(
            f"seeds must be between {FEWEST_SEEDS} and {MOST_SEEDS:,}, because fewer show nothing and more take "
            f"hours; got seeds={seeds}"
        )
    tuning = [
        Trial(method, rate, seed) for method in METHODS for rate in problem.learning_rates for seed in TUNING_SEEDS
    ]
    judged = len(METHODS) * seeds
    share = len(tuning) / (len(tuning) + judged)
    steps = problem.steps_to_goal(tuning, lambda done: watch(share * done))
    found = steps.reshape(len(METHODS), len(problem.learning_rates), len(TUNING_SEEDS))
    chosen = [best_rate(of_method, problem.steps) for of_method in found]
    rates = [problem.learning_rates[index] for index in chosen]
    trials = [Trial(method, rate, seed) for method, rate in zip(METHODS, rates, strict=True) for seed in range(seeds)]
    steps = problem.steps_to_goal(trials, lambda done: watch(share + (1 - share) * done))
    outcomes = [
        _outcome(method, problem.learning_rates, index, of_method)
        for method, index, of_method in zip(METHODS, chosen, steps.reshape(len(METHODS), seeds), strict=True)
    ]
    return Result(problem.name, problem.title, problem.goal, problem.steps, tuple(outcomes))


def best_rate(steps: NDArray[np.float64], budget: int) -> int:
    """Which rate the rule chooses.

    Args:
        steps: Shape (rates, seeds): steps to the goal, infinite where it was not reached.
        budget: How many there were.

    Example:
        >>> best_rate(np.array([[10, 20, np.inf], [30, 30, 30], [20, 20, 20]]), budget=100)
        2
    """
    reached = np.isfinite(steps).sum(axis=1)
    mean = np.minimum(steps, budget).mean(axis=1)
    return int(np.lexsort((mean, -reached))[0])


def _outcome(method: Method, rates: Sequence[float], index: int, steps: NDArray[np.float64]) -> Outcome:
    return Outcome(method.name, rates[index], index in (0, len(rates) - 1), tuple(steps.tolist()))
