"""Notices comparisons that have ended, so that not each of their runs is told of; no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kescape.compare.folder import comparison_of, is_worked_on
from kescape.run.listing import RunSummary


class ComparisonEnds:
    """Remembers which comparisons were at work."""

    def __init__(self) -> None:
        self._at_work: set[Path] = set()

    def new(self, summaries: Sequence[RunSummary], ended: Sequence[RunSummary]) -> tuple[list[RunSummary], list[Path]]:
        """Sort what has ended since the last time.

        Args:
            summaries: All runs.
            ended: Those that have ended since the last time.

        Returns:
            The ended runs that are not part of a comparison at work, and the comparisons that have ended.
        """
        for run in summaries:
            comparison = comparison_of(run.path) if run.status.is_live else None
            if comparison is not None and comparison not in self._at_work and is_worked_on(comparison):
                self._at_work.add(comparison)
        others = [run for run in ended if comparison_of(run.path) not in self._at_work]
        over = sorted(comparison for comparison in self._at_work if not is_worked_on(comparison))
        self._at_work.difference_update(over)
        return others, over
