"""Notices runs that have ended since they were last listed, and says so in a sentence; no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kescape.run.listing import RunSummary
from kescape.run.status import RunStatus
from kescape_gui.words import tr


class RunEnds:
    """Remembers which runs were live."""

    def __init__(self) -> None:
        self._live: set[Path] = set()

    def new(self, summaries: Sequence[RunSummary]) -> list[RunSummary]:
        """Those that have ended since the last time. One that was deleted or cannot be read has not ended."""
        ended = [
            run
            for run in summaries
            if run.path in self._live and not run.status.is_live and run.status is not RunStatus.UNKNOWN
        ]
        # One that cannot be read for a moment may be live still.
        unknown = {run.path for run in summaries if run.status is RunStatus.UNKNOWN}
        self._live = {run.path for run in summaries if run.status.is_live} | (self._live & unknown)
        return ended


def end_words(run: RunSummary) -> str:
    """How a run ended, in one sentence.

    Example:
        >>> ended = RunSummary("first", Path("first"), RunStatus.FINISHED, None, 0, 0, epochs_done=70)
        >>> end_words(ended)
        'first has finished: 70 epochs'
    """
    if run.status is RunStatus.FAILED:
        return tr("{name} has failed: {why}").format(name=run.name, why=run.error or tr("see its log"))
    pattern = {
        RunStatus.FINISHED: tr("{name} has finished: {epochs}"),
        RunStatus.STOPPED: tr("{name} has stopped: {epochs}"),
    }.get(run.status, tr("{name} was cut off: {epochs}"))
    words = pattern.format(name=run.name, epochs=_epochs(run))
    validation = run.metrics.get("val_loss")
    if validation is None:
        return words
    return tr("{sentence}, val. loss {value}").format(sentence=words, value=f"{validation:.3g}")


def _epochs(run: RunSummary) -> str:
    done, total = run.epochs_done, run.epochs_total
    if total is not None and done < total:
        return tr("{done} of {total} epochs").format(done=done, total=total)
    return tr("1 epoch") if done == 1 else tr("{done} epochs").format(done=done)
