"""Successive halving: which arms train on after the end of a cycle. No Keras and no Qt.

At the end of a cycle the rate is lowest in every arm, so that their losses can be compared; in the middle of one they
tell more of the rate than of the arm.

Source: Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from kescape.compare.comparison import Arm, Comparison, higher_is_better
from kescape.compare.jobs import jobs_of
from kescape.compare.outcome import Outcome, outcome_of, worst

__all__ = ["best_arms", "survivors", "survivors_of"]


def survivors(comparison: Comparison, folder: Path, rung: int) -> list[Arm]:
    """The arms that train until epoch `rung`, one of the comparison's rungs, as the runs in their folders say."""
    if comparison.halving is None:
        return list(comparison.arms)
    jobs = jobs_of(comparison, folder)
    return survivors_of(comparison, [outcome_of(job, comparison.measure, rung) for job in jobs], rung)


def survivors_of(comparison: Comparison, outcomes: Sequence[Outcome], rung: int) -> list[Arm]:
    """The arms that train until epoch `rung`, as these outcomes of the comparison's runs say."""
    arms = list(comparison.arms)
    for end in comparison.rungs:
        if end >= rung:
            break
        values: dict[str, list[float]] = {arm.name: [] for arm in arms}
        for outcome in outcomes:
            value = outcome.after(end)
            if outcome.job.arm.name in values and value is not None:
                values[outcome.job.arm.name].append(value)
        # Without halving the last epoch is the only rung, and nobody gets as far as here.
        kept = best_arms(values, comparison.halving or 1, comparison.measure)
        arms = [arm for arm in arms if arm.name in kept]
    return arms


def best_arms(values: Mapping[str, Sequence[float]], halving: int, measure: str) -> list[str]:
    """The best 1/`halving` of the arms, rounded up, by the median over their seeds; of equal ones the first.

    Example:
        >>> best_arms({"a": [0.5, 0.4], "b": [0.1, 0.3], "c": [0.2, 0.2], "d": []}, 2, "val_loss")
        ['b', 'c']
    """
    medians = {name: statistics.median(of_arm) if of_arm else worst(measure) for name, of_arm in values.items()}
    sign = -1 if higher_is_better(measure) else 1
    ranked = sorted(medians, key=lambda name: sign * medians[name])
    return ranked[: math.ceil(len(ranked) / halving)]
