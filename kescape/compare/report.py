"""What the runs of a comparison say: each arm, each pair of arms, and what can be concluded. No Keras and no Qt."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kescape.compare import report_words
from kescape.compare.comparison import Arm, Comparison, higher_is_better
from kescape.compare.halving import survivors_of
from kescape.compare.jobs import JobState, jobs_of
from kescape.compare.outcome import Outcome, outcome_of, worst
from kescape.compare.statistics import FEWEST, bootstrap_median, bootstrap_medians, sign_test

__all__ = ["Anytime", "ArmReport", "Interval", "OverEpochs", "PairReport", "Report", "Verdict"]

Verdict = Literal["better", "worse", "no difference seen", "too few"]


class Interval(NamedTuple):
    """A median and its interval at 95 %; with fewer than 3 values that is from -inf to inf."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class OverEpochs:
    """What the runs of an arm have after each epoch.

    Attributes:
        epochs: 1, 2, ... as far as the comparison trains.
        median: Of the runs that have a value there; NaN where none has.
        low: Lower end of the band: the interval of the median of 3 runs or more, the range of fewer.
        high: Its upper end.
        runs: How many have a value there.
    """

    epochs: NDArray[np.int64]
    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    runs: NDArray[np.int64]


class Anytime(OverEpochs):
    """The best finished minimum so far: what an arm has to show if it is ended there."""


@dataclass(frozen=True)
class ArmReport:
    """What came of one arm.

    A run counts once it has come to its end, unless it was steered by hand. One that diverged counts as the worst
    possible: its value is infinite (-inf for an accuracy).

    Attributes:
        arm: Its name, title and settings.
        outcomes: Of all its runs, those among them that are missing, in the order of the seeds.
        epochs: After how many it is judged: all, or where halving left it behind.
        left_behind_at: After how many epochs halving left it behind; None if it did not.
        finals: The measure at the last finished minimum, by seed, of the runs that count.
        final: Median of these, and its interval; None if there are none.
        epochs_to_target: After how many epochs a finished minimum reached the target: median of the runs that count,
            and its interval; infinite for a run that did not reach it; None without runs or target.
        reached: How many of them reached it.
        anytime: The best finished minimum so far over the epochs, of all runs that have one.
        each_epoch: The measure itself over the epochs, of all runs that have come so far.
    """

    arm: Arm
    outcomes: tuple[Outcome, ...]
    epochs: int
    left_behind_at: int | None
    finals: dict[int, float]
    final: Interval | None
    epochs_to_target: Interval | None
    reached: int
    anytime: Anytime
    each_epoch: OverEpochs

    @property
    def settings(self) -> dict[str, Any]:
        """The values of the varied settings."""
        return self.arm.settings

    @property
    def title(self) -> str:
        """In words, such as `sgdr, momentum 0.9`."""
        return self.arm.title

    @property
    def n(self) -> int:
        """How many runs count."""
        return len(self.finals)

    @property
    def of(self) -> int:
        """How many runs it shall have."""
        return len(self.outcomes)

    @property
    def runs(self) -> tuple[str, ...]:
        """The names of all its runs."""
        return tuple(outcome.job.name for outcome in self.outcomes)

    @property
    def diverged(self) -> int:
        """How many of the runs that count diverged."""
        return sum(math.isinf(value) for value in self.finals.values())

    @property
    def missing(self) -> tuple[Outcome, ...]:
        """The runs that still have to be trained, or are."""
        return tuple(
            outcome
            for outcome in self.outcomes
            if outcome.progress.state in (JobState.MISSING, JobState.LIVE, JobState.UNFINISHED)
            and (self.left_behind_at is None or outcome.after(self.epochs) is None)
        )


@dataclass(frozen=True)
class PairReport:
    """An arm against its control, which differs from it in one setting, seed by seed.

    Attributes:
        arm: The one that is judged.
        control: The one that it is held against.
        setting: The name of the setting in which they differ.
        measure: What they are judged by.
        epochs: After how many they are judged: all, or where halving left the first of them behind.
        differences: By seed: the arm's value less the control's, of the seeds that count in both. Infinite where one
            of them diverged, 0 where both did.
        diverged: On how many of these seeds the arm and its control diverged.
        difference: Median of the differences, and its interval; None if there are none.
        chance: Of as many of one sign, or more, if there were no difference (sign test, both sides).
    """

    arm: Arm
    control: Arm
    setting: str
    measure: str
    epochs: int
    differences: dict[int, float]
    diverged: tuple[int, int]
    difference: Interval | None
    chance: float

    @property
    def n(self) -> int:
        """How many seeds count in both."""
        return len(self.differences)

    @property
    def values(self) -> tuple[Any, Any]:
        """What the setting is in the arm and in its control."""
        return self.arm.settings[self.setting], self.control.settings[self.setting]

    @property
    def better(self) -> int:
        """On how many seeds the arm is better."""
        sign = 1 if higher_is_better(self.measure) else -1
        return sum(sign * difference > 0 for difference in self.differences.values())

    @property
    def worse(self) -> int:
        """On how many seeds the arm is worse."""
        return sum(difference != 0 for difference in self.differences.values()) - self.better

    @property
    def verdict(self) -> Verdict:
        """Better or worse where the interval of the difference excludes 0; nothing is said of fewer than 3 seeds."""
        if self.difference is None or self.n < FEWEST:
            return "too few"
        if self.difference.low <= 0 <= self.difference.high:
            return "no difference seen"
        return "better" if (self.difference.low > 0) == higher_is_better(self.measure) else "worse"

    @property
    def title(self) -> str:
        """In words, such as `sgdr against cosine (momentum 0.9)`."""
        return report_words.title_of(self)

    @property
    def sentence(self) -> str:
        """The verdict in plain words, with the numbers that it rests on."""
        return report_words.sentence_of(self)


@dataclass(frozen=True)
class Report:
    """What the runs of a comparison say, as far as they are trained. Made by `Report.of`.

    Attributes:
        name: Of the comparison.
        comparison: What was compared.
        arms: In the order in which they were asked for.
        pairs: Each arm against its controls.
        target: The value that `epochs_to_target` is about: what was asked for, else what the worst arm ends with in the
            median (the worse of the two middle values), so that more than half of the runs of every arm that trains to
            the end reach it; None while no run has ended.
    """

    name: str
    comparison: Comparison
    arms: tuple[ArmReport, ...]
    pairs: tuple[PairReport, ...]
    target: float | None

    @classmethod
    def of(cls, comparison: Comparison, folder: Path) -> Report:
        """The report of the comparison in `folder`, from its runs as they are now."""
        jobs = jobs_of(comparison, folder)
        epochs = comparison.base.epochs
        return cls.from_outcomes(
            comparison, [outcome_of(job, comparison.measure, epochs) for job in jobs], name=folder.name
        )

    @classmethod
    def from_outcomes(cls, comparison: Comparison, outcomes: Sequence[Outcome], name: str = "comparison") -> Report:
        """The report of these outcomes, one for each job of the comparison."""
        by_arm = {
            arm.name: tuple(outcome for outcome in outcomes if outcome.job.arm.name == arm.name)
            for arm in comparison.arms
        }
        left = _left_behind(comparison, outcomes)
        epochs = {arm: left.get(arm, comparison.base.epochs) for arm in by_arm}
        target = comparison.target
        if target is None:
            target = _worst_end(
                comparison, [_finals(by_arm[arm], comparison.base.epochs, comparison) for arm in by_arm]
            )
        return cls(
            name,
            comparison,
            tuple(
                _arm_report(arm, by_arm[arm.name], left.get(arm.name), target, comparison) for arm in comparison.arms
            ),
            tuple(_pair_report(arm, control, by_arm, epochs, comparison) for arm, control in comparison.pairs),
            target,
        )

    @property
    def measure(self) -> str:
        """What the runs are judged by."""
        return self.comparison.measure

    @cached_property
    def ranking(self) -> tuple[ArmReport, ...]:
        """The arms, best first: by the epochs that halving gave them, then by their medians."""
        sign = -1 if higher_is_better(self.measure) else 1

        def place(arm: ArmReport) -> tuple[int, bool, float]:
            return -arm.epochs, arm.final is None, sign * arm.final.median if arm.final else 0.0

        return tuple(sorted(self.arms, key=place))

    @property
    def is_complete(self) -> bool:
        """Whether no run has to be trained any more."""
        return not any(arm.missing for arm in self.arms)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know to believe neither too much nor too little of it, a sentence or two each."""
        return report_words.notes_of(self)

    @cached_property
    def summary(self) -> str:
        """What was found, in one or two sentences."""
        return report_words.summary_of(self)


def _left_behind(comparison: Comparison, outcomes: Sequence[Outcome]) -> dict[str, int]:
    """After how many epochs halving left arms behind, by their names, as far as that is settled."""
    left: dict[str, int] = {}
    for end, following in pairwise(comparison.rungs):
        training = [outcome for outcome in outcomes if outcome.job.arm.name not in left]
        if any(_may_come_to(outcome, end) for outcome in training):
            break
        kept = {arm.name for arm in survivors_of(comparison, outcomes, following)}
        left |= {outcome.job.arm.name: end for outcome in training if outcome.job.arm.name not in kept}
    return left


def _may_come_to(outcome: Outcome, epochs: int) -> bool:
    """Whether a run that has not come so far may still do so."""
    given_up = outcome.progress.state in (JobState.FAILED, JobState.FOREIGN)
    return outcome.after(epochs) is None and not given_up


def _value(outcome: Outcome, epochs: int, comparison: Comparison) -> float | None:
    """What a run is judged by after so many epochs; None if it does not count."""
    if outcome.steered:
        return None
    return outcome.final if epochs == comparison.base.epochs else outcome.after(epochs)


def _finals(outcomes: Sequence[Outcome], epochs: int, comparison: Comparison) -> dict[int, float]:
    values = {outcome.job.seed: _value(outcome, epochs, comparison) for outcome in outcomes}
    return {seed: value for seed, value in values.items() if value is not None}


def _worst_end(comparison: Comparison, finals: Sequence[Mapping[int, float]]) -> float | None:
    """What more than half of the runs of every arm reach, but for arms that diverge as often."""
    up = higher_is_better(comparison.measure)
    middle = statistics.median_low if up else statistics.median_high
    finite = [end for end in (middle(of_arm.values()) for of_arm in finals if of_arm) if math.isfinite(end)]
    return (min if up else max)(finite, default=None)


def _arm_report(
    arm: Arm, outcomes: tuple[Outcome, ...], left_behind_at: int | None, target: float | None, comparison: Comparison
) -> ArmReport:
    epochs = left_behind_at or comparison.base.epochs
    finals = _finals(outcomes, epochs, comparison)
    counted = [outcome for outcome in outcomes if outcome.job.seed in finals]
    needed = [outcome.epochs_to(target) for outcome in counted] if target is not None else []
    unsteered = [outcome for outcome in outcomes if not outcome.steered]
    return ArmReport(
        arm,
        outcomes,
        epochs,
        left_behind_at,
        finals,
        Interval(*bootstrap_median([*finals.values()])) if finals else None,
        Interval(*bootstrap_median(needed)) if needed else None,
        sum(math.isfinite(epoch) for epoch in needed),
        _anytime(unsteered, comparison),
        _each_epoch(unsteered, comparison),
    )


def _anytime(outcomes: Sequence[Outcome], comparison: Comparison) -> Anytime:
    epochs = comparison.base.epochs
    best = np.array([outcome.anytime(epochs) for outcome in outcomes]).reshape(-1, epochs)
    known = ~np.isnan(best)
    # One that diverged before its first minimum has nothing to show where the others have.
    diverged = np.array([outcome.progress.state == JobState.DIVERGED for outcome in outcomes], bool)
    best[diverged[:, np.newaxis] & ~known & known.any(axis=0)] = worst(comparison.measure)
    return Anytime(*_over_epochs(best))


def _each_epoch(outcomes: Sequence[Outcome], comparison: Comparison) -> OverEpochs:
    epochs = comparison.base.epochs
    values = np.array([[outcome.after(epoch) for epoch in range(1, epochs + 1)] for outcome in outcomes], np.float64)
    return OverEpochs(*_over_epochs(values.reshape(-1, epochs)))


def _over_epochs(values: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
    """The attributes of `OverEpochs` of values, a row a run; NaN where it has none."""
    known = ~np.isnan(values)
    median, low, high = np.full((3, values.shape[1]), np.nan)
    for rows in np.unique(known, axis=1).T:
        columns = (known == rows[:, np.newaxis]).all(axis=0)
        if rows.any():
            some = values[rows][:, columns]
            median[columns], low[columns], high[columns] = bootstrap_medians(some)
            if rows.sum() < FEWEST:
                low[columns], high[columns] = some.min(axis=0), some.max(axis=0)
    return np.arange(1, values.shape[1] + 1), median, low, high, known.sum(axis=0)


def _pair_report(
    arm: Arm, control: Arm, by_arm: Mapping[str, Sequence[Outcome]], epochs: Mapping[str, int], comparison: Comparison
) -> PairReport:
    both = min(epochs[arm.name], epochs[control.name])
    ours = _finals(by_arm[arm.name], both, comparison)
    theirs = _finals(by_arm[control.name], both, comparison)
    seeds = [seed for seed in ours if seed in theirs]
    # Where both diverged neither is better; infinite less infinite would be nan.
    differences = {seed: 0.0 if ours[seed] == theirs[seed] else ours[seed] - theirs[seed] for seed in seeds}
    return PairReport(
        arm,
        control,
        next(name for name in arm.settings.keys() & control.settings if arm.settings[name] != control.settings[name]),
        comparison.measure,
        both,
        differences,
        (sum(math.isinf(ours[seed]) for seed in seeds), sum(math.isinf(theirs[seed]) for seed in seeds)),
        Interval(*bootstrap_median([*differences.values()])) if differences else None,
        sign_test([*differences.values()]),
    )
