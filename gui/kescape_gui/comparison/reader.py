"""Reads all that the folders of a comparison and of its runs say; no Qt.

To be called beside the window: forty runs take longer to read than a window may be held up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kescape.compare.comparison import Comparison
from kescape.compare.folder import ComparisonState, is_worked_on, read_comparison, read_state, stop_is_wanted
from kescape.compare.jobs import Job, Progress
from kescape.compare.outcome import Outcome, outcome_of
from kescape.compare.overview import Overview, Seen
from kescape.compare.report import Report


@dataclass(frozen=True)
class Look:
    """What is known of a comparison at one moment.

    Attributes:
        seen: How far its runs are.
        report: What they say so far.
        is_worked_on: Whether a process trains them.
        is_stopping: Whether that has been asked to end.
        state: What that process, or the last one, said of itself.
    """

    seen: Seen
    report: Report
    is_worked_on: bool
    is_stopping: bool
    state: ComparisonState

    @property
    def comparison(self) -> Comparison:
        """What is compared."""
        return self.report.comparison


class ComparisonReader:
    """Looks at one comparison, again and again; what has come to its end is read once.

    Args:
        folder: The comparison's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._comparison: Comparison | None = None
        self._overview: Overview | None = None
        self._outcomes: dict[Path, tuple[Progress, Outcome]] = {}
        self._report: Report | None = None

    def look(self) -> Look:
        """What there is to know now.

        Raises:
            RunError: The comparison is gone, or its file cannot be read.
        """
        # Before the runs: who has let go has written everything.
        at_work, stopping, state = is_worked_on(self.folder), stop_is_wanted(self.folder), read_state(self.folder)
        comparison = read_comparison(self.folder)
        if self._overview is None or comparison != self._comparison:
            # Somebody may have asked for more repeats.
            self._comparison, self._overview = comparison, Overview(comparison, self.folder)
            self._outcomes, self._report = {}, None
        seen = self._overview.look()
        changed = [self._is_new(job, seen.progress[job.name]) for job in self._overview.jobs]
        if self._report is None or any(changed):
            outcomes = [self._outcomes[job.folder][1] for job in self._overview.jobs]
            self._report = Report.from_outcomes(comparison, outcomes, self.folder.name)
            # What is computed once and then kept: of many repeats that takes too long for the window.
            _ = self._report.ranking, self._report.summary, self._report.notes
        return Look(seen, self._report, at_work, at_work and stopping, state)

    def _is_new(self, job: Job, progress: Progress) -> bool:
        """Read what came of a run if it has come further; whether that is something else than before."""
        known = self._outcomes.get(job.folder)
        if known is not None and known[0] == progress:
            return False
        assert self._comparison is not None, "it was read before"
        outcome = outcome_of(job, self._comparison.measure, self._comparison.base.epochs)
        self._outcomes[job.folder] = progress, outcome
        return known is None or known[1] != outcome
