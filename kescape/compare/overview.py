"""How far a whole comparison is, for whoever shows it. No Keras and no Qt."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kescape.compare.comparison import Comparison
from kescape.compare.jobs import Job, JobState, Progress, jobs_of, progress_of

__all__ = ["Overview", "Seen", "planned_epochs"]

_SETTLED = (JobState.DONE, JobState.DIVERGED)
_FEWEST_SECONDS = 5.0
"""A speed that was measured for less says nothing."""


@dataclass(frozen=True)
class Seen:
    """What is known of a comparison at one moment.

    Attributes:
        progress: Of every run, by name, in the order in which they are trained.
        epochs: How many epochs all runs together have trained.
        total: How many they will have, if none of them diverges.
        seconds_left: By the speed since the first look; None while that says nothing.
    """

    progress: Mapping[str, Progress]
    epochs: int
    total: int
    seconds_left: float | None

    @property
    def counts(self) -> Counter[JobState]:
        """How many runs are in each state."""
        return Counter(progress.state for progress in self.progress.values())

    def words(self) -> str:
        """The counts in words, for example `12 of 40 runs done, 2 training`.

        Example:
            >>> states = (JobState.DONE, JobState.DIVERGED, JobState.LIVE, JobState.MISSING)
            >>> Seen({state: Progress(state) for state in states}, 3, 8, None).words()
            '2 of 4 runs done, 1 of them diverged, 1 training'
        """
        counts = self.counts
        diverged, failed = counts[JobState.DIVERGED], counts[JobState.FAILED] + counts[JobState.FOREIGN]
        runs = len(self.progress)
        parts = [f"{counts[JobState.DONE] + diverged} of {runs} {'run' if runs == 1 else 'runs'} done"]
        parts += [f"{diverged} of them diverged"] if diverged else []
        parts += [f"{counts[JobState.LIVE]} training"] if counts[JobState.LIVE] else []
        parts += [f"{failed} failed"] if failed else []
        return ", ".join(parts)


class Overview:
    """Looks at the runs of a comparison; those that have come to their end are not read again.

    Args:
        comparison: What is compared.
        folder: Its folder.
    """

    def __init__(self, comparison: Comparison, folder: Path) -> None:
        # With halving, most runs end at the first rung.
        self._enough = comparison.rungs[0]
        self._halves = len(comparison.rungs) > 1
        self._jobs = jobs_of(comparison, folder)
        self._total = planned_epochs(comparison)
        self._known: dict[Path, Progress] = {}
        self._began: tuple[float, int] | None = None

    @property
    def jobs(self) -> list[Job]:
        """The runs, in the order in which they are trained."""
        return self._jobs

    def look(self) -> Seen:
        """How far everything is now."""
        for job in self._jobs:
            known = self._known.get(job.folder)
            if known is None or known.state not in _SETTLED or (self._halves and known.state == JobState.DONE):
                self._known[job.folder] = progress_of(job, self._enough)
        progress = {job.name: self._known[job.folder] for job in self._jobs}
        epochs = sum(one.epochs for one in progress.values())
        return Seen(progress, epochs, self._total, self._seconds_left(epochs, progress))

    def _seconds_left(self, epochs: int, progress: Mapping[str, Progress]) -> float | None:
        now = time.monotonic()
        if self._began is None:
            self._began = now, epochs
        seconds, trained = now - self._began[0], epochs - self._began[1]
        # What diverged trains no further.
        spared = sum(self._enough - one.epochs for one in progress.values() if one.state == JobState.DIVERGED)
        left = max(0, self._total - spared - epochs)
        return left * seconds / trained if seconds >= _FEWEST_SECONDS and trained > 0 else None


def planned_epochs(comparison: Comparison) -> int:
    """How many epochs all runs of a comparison have together, if none diverges.

    Example:
        >>> from kescape.config import RunConfig
        >>> planned_epochs(Comparison(RunConfig(epochs=70), {"momentum": (0.0, 0.5, 0.9, 0.95)}, repeats=5))
        1400
        >>> planned_epochs(Comparison(RunConfig(epochs=70), {"momentum": (0.0, 0.5, 0.9, 0.95)}, 5, halving=2))
        600
    """
    arms, before, epochs = len(comparison.arms), 0, 0
    for rung in comparison.rungs:
        epochs += arms * (rung - before)
        arms, before = math.ceil(arms / (comparison.halving or 1)), rung
    return epochs * comparison.repeats
