"""The runs that a comparison needs, and how far each is, read from its folder. No Keras and no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np

from kescape.compare.comparison import GROWING, Arm, Comparison
from kescape.config import ConfigError, RunConfig
from kescape.run.errors import RunError, RunExists
from kescape.run.folder import check_run_name, is_run_folder
from kescape.run.lock import lock_is_held
from kescape.run.reader import Run, open_run
from kescape.run.status import RunStatus

__all__ = ["Job", "JobState", "Progress", "check_names_are_free", "has_begun", "jobs_of", "progress_of"]


class JobState(StrEnum):
    """How far one run of a comparison is. Compares equal to its plain word."""

    MISSING = "missing"
    """It has not been asked for, or was deleted since."""
    LIVE = "live"
    """A process trains it."""
    UNFINISHED = "unfinished"
    """It was stopped or cut off, and can go on."""
    DONE = "done"
    DIVERGED = "diverged"
    """Its loss became NaN or infinite: that is a result, too, and the worst."""
    FAILED = "failed"
    """Something else went wrong with it; what goes wrong after the epochs that it shall have does not count."""
    FOREIGN = "foreign"
    """Its folder holds a run with other settings, or one that cannot be read."""


@dataclass(frozen=True)
class Job:
    """One run of a comparison: an arm from one seed.

    Attributes:
        arm: What it shares with the other runs of the arm.
        seed: What it shares with the runs of other arms.
        folder: Its folder, which need not be there yet.
        config: Its settings.
        budgets: How many epochs it may have been asked to train: more than one where arms are left behind.
    """

    arm: Arm
    seed: int
    folder: Path
    config: RunConfig
    budgets: tuple[int, ...]

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.folder.name


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        state: In a word.
        epochs: How many epochs it has trained.
        problem: Why it failed or cannot be used, in a sentence.
        metrics: Those of its last epoch, by name.
    """

    state: JobState
    epochs: int = 0
    problem: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


def jobs_of(comparison: Comparison, folder: Path) -> list[Job]:
    """The runs of the comparison in `folder`: all arms from the first seed, then from the next, and so on.

    In this order a comparison that is ended early has whole pairs.
    """
    budgets = comparison.rungs
    return [
        Job(arm, seed, folder.parent / f"{folder.name}-{arm.name}-{seed}", comparison.config_of(arm, seed), budgets)
        for seed in comparison.seeds
        for arm in comparison.arms
    ]


def check_names_are_free(comparison: Comparison, folder: Path) -> None:
    """Refuse a new comparison whose runs would have the names of others, or names that no folder can have.

    Raises:
        ConfigError: A name is too long.
        RunExists: There is such a run.
    """
    for job in jobs_of(comparison, folder):
        try:
            check_run_name(job.name)
        except ValueError as error:
            raise ConfigError(
                {"name": f"name must be a shorter one, because its runs are named after it: {error}"}
            ) from None
        progress = progress_of(job, comparison.base.epochs)
        if progress.state == JobState.FOREIGN:
            raise RunExists(
                f"The comparison {folder.name!r} needs the name {job.name!r}, which another run has; choose another "
                "name for the comparison."
            )


def progress_of(job: Job, epochs: int) -> Progress:
    """How far a run is on its way to so many epochs.

    Args:
        job: The run.
        epochs: How many it shall have in all; less than its budget where arms are left behind.
    """
    try:
        if not is_run_folder(job.folder):
            if job.folder.exists() and (not job.folder.is_dir() or any(job.folder.iterdir())):
                return Progress(JobState.FOREIGN, 0, f"{str(job.folder)!r} holds something else than a run.")
            return Progress(JobState.MISSING)
        with open_run(job.folder) as run:
            if not _is_of(job, run):
                return Progress(JobState.FOREIGN, 0, f"The run {job.name!r} has other settings than its arm.")
            return _progress(run, epochs)
    except (RunError, ValueError, TypeError, OSError, ArithmeticError) as error:
        # Settings that cannot be trained (any more), or values that no writer of ours leaves, are no run of ours.
        return Progress(JobState.FOREIGN, 0, f"The run {job.name!r} cannot be used: {error}")


def _progress(run: Run, epochs: int) -> Progress:
    status, (done, metrics), problem = run.status, run.epoch_state(), None
    if status == RunStatus.STARTING and not lock_is_held(run.path):
        state = JobState.UNFINISHED  # asked for, and nobody has begun
    elif status.is_live:
        state = JobState.LIVE
    elif status == RunStatus.FAILED and not (done >= epochs and run.config["epochs"] > epochs):
        state, problem = (JobState.DIVERGED if has_diverged(run) else JobState.FAILED), run.error
    elif status == RunStatus.UNKNOWN:
        state, problem = JobState.LIVE, "Another computer trains it, or did."
    else:
        state = JobState.DONE if done >= epochs and run.end is not None else JobState.UNFINISHED
    return Progress(state, done, problem, metrics)


def has_begun(folder: Path) -> bool:
    """Whether a process has ever recorded into the run in `folder`."""
    with open_run(folder) as run:
        return bool(run.sessions)


def has_diverged(run: Run) -> bool:
    """Whether the loss of a run is no number at its last step."""
    if not run.steps:
        return False
    last = run.curves(run.steps - 1, ["loss"], numbered=False)["loss"]
    return not np.isfinite(last[-1])


def _is_of(job: Job, run: Run) -> bool:
    """Whether a run has the settings of a job, with the epochs that a rung asks for, or more that change nothing."""
    known = {name: value for name, value in run.config.items() if name in RunConfig.model_fields}
    epochs = known.get("epochs", 0)
    if epochs not in job.budgets and not (job.config.schedule in GROWING and epochs > job.config.epochs):
        return False
    return RunConfig(**{**known, "epochs": job.config.epochs}) == job.config
