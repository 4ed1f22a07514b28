"""What came of one run of a comparison, epoch by epoch. No Keras and no Qt.

A *finished minimum* is what a training comes down to: the end of a cycle, where the rate is lowest. A single cosine and
1cycle have one, at the end of the training. A constant rate and step decay have no cycles: each of their epochs counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kescape.compare.comparison import higher_is_better
from kescape.compare.jobs import Job, JobState, Progress, progress_of
from kescape.config import RunConfig
from kescape.run.errors import RunError
from kescape.run.reader import open_run

__all__ = ["Outcome", "finished_minima", "outcome_of", "worst"]


@dataclass(frozen=True)
class Outcome:
    """What came of one run.

    Attributes:
        job: The run.
        progress: How far it is.
        measure: What it is judged by.
        values: The measure at the end of each epoch that was trained, by number, counted from 1.
        minima: After how many epochs a minimum was finished, rising, as far as it has trained.
        steered: Whether somebody changed its plan by hand, so that it is not what its arm says.
    """

    job: Job
    progress: Progress
    measure: str
    values: Mapping[int, float] = field(default_factory=dict)
    minima: tuple[int, ...] = ()
    steered: bool = False

    def after(self, epochs: int) -> float | None:
        """The measure after so many epochs; the worst possible if it had diverged by then, None if it is not known."""
        value = self.values.get(epochs, math.nan if self.progress.state == JobState.DIVERGED else None)
        # Weights that only the last step of an epoch has blown up show in what is validated, not yet in the loss.
        return worst(self.measure) if value is not None and math.isnan(value) else value

    @property
    def final(self) -> float | None:
        """The measure at its last finished minimum; None while the run has not come to its end."""
        if self.progress.state == JobState.DIVERGED:
            return worst(self.measure)
        return self.after(self.minima[-1]) if self.progress.state == JobState.DONE and self.minima else None

    def anytime(self, epochs: int) -> NDArray[np.float64]:
        """The best finished minimum so far after each of the epochs 1 to `epochs`; NaN before there is one.

        After the last epoch that was trained the best one stays what it was if the run has ended, else it is NaN.
        """
        best = np.full(epochs, np.nan)
        for end in self.minima:
            value = self.after(end)
            if value is not None and end <= epochs:
                best[end - 1] = value
        choose = np.fmax if higher_is_better(self.measure) else np.fmin
        best = choose.accumulate(best)
        if self.progress.state not in (JobState.DONE, JobState.DIVERGED):
            best[self.progress.epochs :] = np.nan
        return best

    def epochs_to(self, target: float) -> float:
        """After how many epochs a finished minimum was at least as good as `target`; infinite if none was."""
        for end in self.minima:
            value = self.after(end)
            if value is not None and (value >= target if higher_is_better(self.measure) else value <= target):
                return end
        return math.inf


def worst(measure: str) -> float:
    """What nothing is worse than."""
    return -math.inf if higher_is_better(measure) else math.inf


def finished_minima(config: RunConfig, epochs: int) -> tuple[int, ...]:
    """After how many whole epochs a training of `epochs` epochs has finished a minimum.

    Where a cycle ends within an epoch, the end of the epoch before is the last measure of it.

    Example:
        >>> finished_minima(RunConfig(t_0=10.0, t_mult=2.0), 70), finished_minima(RunConfig(t_0=10.0, t_mult=2.0), 50)
        ((10, 30, 70), (10, 30))
        >>> finished_minima(RunConfig(schedule="cosine"), 70), finished_minima(RunConfig(schedule="constant"), 3)
        ((70,), (1, 2, 3))
    """
    if config.schedule in ("constant", "step"):
        return tuple(range(1, epochs + 1))
    plan = config.plan()
    ends = {math.floor(end) for end in plan.restarts(epochs) if end >= 1}
    # A first cycle that is never finished leaves nothing else to judge.
    if plan.landing(epochs).complete or not ends:
        ends.add(epochs)
    return tuple(sorted(ends))


def outcome_of(job: Job, measure: str, epochs: int) -> Outcome:
    """What came of a run, as its folder tells it now.

    Args:
        job: The run.
        measure: What it is judged by.
        epochs: How many it shall have in all.
    """
    progress = progress_of(job, epochs)
    if progress.state in (JobState.MISSING, JobState.FOREIGN):
        return Outcome(job, progress, measure)
    try:
        with open_run(job.folder) as run:
            values = {row.epoch + 1: row.values[measure] for row in run.epochs() if measure in row.values}
            steered = bool(run.plan_edits()) and not job.config.control
    except RunError as error:  # it went while it was read
        return Outcome(job, Progress(JobState.FOREIGN, 0, str(error)), measure)
    trained = max(values, default=0)
    minima = tuple(end for end in finished_minima(job.config, epochs) if end <= trained)
    return Outcome(job, progress, measure, values, minima, steered)
