"""Hands the runs of a comparison out to be trained, until none is missing. No Keras and no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from kescape.compare.comparison import Comparison
from kescape.compare.folder import ComparisonState, read_comparison, stop_is_wanted, write_state
from kescape.compare.halving import survivors
from kescape.compare.jobs import Job, JobState, Progress, has_begun, jobs_of, progress_of
from kescape.compare.place import Place
from kescape.data.fingerprint import fingerprint
from kescape.data.preprocessing import Preprocessing
from kescape.data.words import counted
from kescape.engine.go_on import ask_to_go_on, check_model, withdraw_request
from kescape.engine.launch import prepare_run
from kescape.run.errors import CannotGoOn, RunError
from kescape.run.folder import PREPROCESSING
from kescape.run.labels import LONGEST_TAG, read_labels, split_tags, write_labels
from kescape.run.reader import open_run

__all__ = ["MOST_LOSSES", "Conductor"]

LOOK_SECONDS = 0.05
ELSEWHERE_SECONDS = 0.5
"""How often runs are looked at that another process trains."""
MOST_LOSSES = 3
"""A run whose process is lost more often than this is given up: it may itself be what ends it."""


class Conductor:
    """Trains what a comparison misses, at one place.

    What has been trained is left as it is, what was stopped goes on, and what is lost is started again from its last
    checkpoint. What another process trains is waited for: an engine whose conductor was killed ends its run. All it
    knows is in the folders, so that it can be ended at any moment and begun again.

    Args:
        folder: The comparison's folder; the caller is `working_on` it.
        place: Where the runs are trained.
        tell: Gets a sentence where something happened that the folders of the runs do not tell.
    """

    def __init__(self, folder: Path, place: Place, tell: Callable[[str], None] = lambda _: None) -> None:
        self._folder = folder
        self._comparison: Comparison = read_comparison(folder)
        self._place = place
        self._tell = tell
        self._losses: dict[Path, int] = {}
        self._running: dict[Path, Job] = {}
        self._elsewhere: list[Job] = []
        self._looked_elsewhere = 0.0
        self._stopping = False
        self._tag = tag_of(folder.name)
        self.problems: dict[str, str] = {}
        """Runs that could not be trained, by name, and why."""

    def run(self, watch: Callable[[], bool] = lambda: False) -> bool:
        """Train until nothing is missing; False if it was ended before.

        Raises:
            CannotGoOn: Data or a model have changed since a run was trained.

        Args:
            watch: Called some 20 times a second; True asks for an end, as does `ask_to_stop`.
        """
        jobs = jobs_of(self._comparison, self._folder)
        _check_unchanged(self._comparison, jobs)
        for rung in self._comparison.rungs:
            arms = survivors(self._comparison, self._folder, rung)
            if not self._train([job for job in jobs if job.arm in arms], rung, watch):
                return False
        return True

    def _train(self, jobs: Sequence[Job], epochs: int, watch: Callable[[], bool]) -> bool:
        waiting = [job for job in jobs if self._needs_training(job, epochs)]
        said = None
        while waiting or self._running or self._elsewhere:
            wanted = watch() or stop_is_wanted(self._folder)
            if wanted and not self._stopping:
                self._stopping = True
                self._place.stop()
            while waiting and not self._stopping and self._place.has_room():
                self._start(waiting.pop(0), epochs)
            over = self._place.ended()
            for ended in over:
                job = self._running.pop(ended.folder)
                if self._stopping:
                    continue
                if ended.lost is None:
                    self._note_trouble(job, epochs)
                elif self._may_go_on(job, ended.lost):
                    waiting.insert(0, job)
            if self._stopping and not self._running:
                return False
            waiting += self._back_from_elsewhere(epochs)
            state = ComparisonState(self._place.at_once, self._place.where)
            if state != said:
                write_state(self._folder, state)
                said = state
            if not over:  # else there is room for the next one
                time.sleep(LOOK_SECONDS)
        return not self._stopping

    def _needs_training(self, job: Job, epochs: int) -> bool:
        progress = progress_of(job, epochs)
        if progress.state == JobState.LIVE:
            self._leave_elsewhere(job, progress)
        elif progress.state in (JobState.FAILED, JobState.FOREIGN) and progress.problem:
            self.problems[job.name] = progress.problem
        # A run that failed is tried again: the disk may have room now.
        return progress.state in (JobState.MISSING, JobState.UNFINISHED, JobState.FAILED)

    def _leave_elsewhere(self, job: Job, progress: Progress) -> None:
        """Another process trains a run; nobody can tell here when another computer does not do so any more."""
        if progress.problem is not None:
            self.problems[job.name] = f"The run {job.name!r} is not waited for: {progress.problem}"
            return
        self._elsewhere.append(job)
        self._tell(f"The run {job.name!r} is trained by another process; it is waited for.")

    def _back_from_elsewhere(self, epochs: int) -> list[Job]:
        """The runs that other processes do not train any more, and have not brought to their end."""
        if not self._elsewhere or time.monotonic() - self._looked_elsewhere < ELSEWHERE_SECONDS:
            return []
        self._looked_elsewhere = time.monotonic()
        over = [job for job in self._elsewhere if progress_of(job, epochs).state != JobState.LIVE]
        self._elsewhere = [job for job in self._elsewhere if job not in over]
        return [job for job in over if self._needs_training(job, epochs)]

    def _start(self, job: Job, epochs: int) -> None:
        config = job.config.changed(epochs=epochs)
        progress = progress_of(job, epochs)
        if progress.state == JobState.LIVE:  # an engine that had been told to train it has begun meanwhile
            self._leave_elsewhere(job, progress)
            return
        try:
            if progress.state == JobState.MISSING:
                prepare_run(config, job.folder.parent, job.name)
                write_labels(job.folder, read_labels(job.folder).with_tags([self._tag]))
            else:
                withdraw_request(job.folder)  # one that nobody has obeyed
                if has_begun(job.folder):
                    ask_to_go_on(job.folder, epochs=epochs)
            self._place.start(job.folder)
        except CannotGoOn as error:
            self._give_up(job, str(error))
        except RunError as error:
            self._give_up(job, str(error))
            raise
        else:
            self.problems.pop(job.name, None)
            self._running[job.folder] = job

    def _note_trouble(self, job: Job, epochs: int) -> None:
        """A run that has ended without having come to its end is a problem, and is left to the user."""
        progress = progress_of(job, epochs)
        if progress.state == JobState.UNFINISHED:
            self._give_up(job, f"The run {job.name!r} was stopped after {counted(progress.epochs, 'epoch')}.")
        elif progress.state not in (JobState.DONE, JobState.DIVERGED):
            self._give_up(job, f"The run {job.name!r} failed: {progress.problem or progress.state}")

    def _may_go_on(self, job: Job, why: str) -> bool:
        self._losses[job.folder] = self._losses.get(job.folder, 0) + 1
        if self._losses[job.folder] > MOST_LOSSES:
            self._give_up(job, f"The run {job.name!r} was lost {MOST_LOSSES + 1} times: {why}")
            return False
        self._tell(f"{job.name}: {why} It goes on from its last checkpoint.")
        return True

    def _give_up(self, job: Job, why: str) -> None:
        self.problems[job.name] = why
        self._tell(why)


def _check_unchanged(comparison: Comparison, jobs: Sequence[Job]) -> None:
    """Refuse to set runs against each other that were trained on other rows, or with another file of a model.

    Raises:
        CannotGoOn: Data or a model have changed since a run was trained.
    """
    today = fingerprint(comparison.base.facts())
    for job in jobs:
        kept = job.folder / PREPROCESSING
        if not kept.exists():
            continue
        if Preprocessing.load(kept).fingerprint != today:
            raise CannotGoOn(
                f"The comparison cannot go on, because its data have changed: {comparison.base.dataset} is not what it "
                f"was when {job.name!r} was trained; give another name, and compare anew."
            )
        with open_run(job.folder) as run:
            check_model(run, job.config)


def tag_of(name: str) -> str:
    """The tag that the runs of a comparison get, by which a list of runs finds them.

    Example:
        >>> tag_of("digits, first try")
        'digits-first-try'
    """
    return "-".join(split_tags(name))[:LONGEST_TAG]
