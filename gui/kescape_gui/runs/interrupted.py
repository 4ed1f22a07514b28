"""The runs that were cut off and can go on, in words; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kescape.run.errors import RunError
from kescape.run.listing import RunSummary
from kescape.run.reader import open_run
from kescape.run.status import RunStatus
from kescape_gui.continuation import continuation_of

_NAMED = 2
"""More runs than this are counted, not named."""


@dataclass(frozen=True)
class Interrupted:
    """A run that was cut off: where it is, and how far it came."""

    path: Path
    steps: int
    place: str
    """In words, for example `epoch 31 of 70`."""

    @property
    def key(self) -> str:
        """Stands for the run as it is now: another one once it has gone on."""
        return f"{self.steps}@{self.path}"


def interrupted_runs(summaries: list[RunSummary]) -> list[Interrupted]:
    """Those of the runs that were cut off and can go on, the last one first."""
    cut_off = [run for run in summaries if run.status is RunStatus.INTERRUPTED and run.steps]
    cut_off.sort(key=lambda run: -run.last_seen)
    return [Interrupted(run.path, run.steps, _place(run)) for run in cut_off if _can_go_on(run.path)]


def banner_text(runs: list[Interrupted]) -> str:
    """What the banner says of them.

    Example:
        >>> banner_text([Interrupted(Path("/runs/spirals-mlp-sgdr"), 3_000, "epoch 31 of 70")])
        'spirals-mlp-sgdr was interrupted at epoch 31 of 70.'
    """
    if len(runs) == 1:
        return f"{runs[0].path.name} was interrupted at {runs[0].place}."
    named = [f"{run.path.name} at {run.place}" for run in runs[:_NAMED]]
    more = len(runs) - len(named)
    ending = f" and {more} more" if more else ""
    return f"{len(runs)} runs were interrupted: {', '.join(named)}{ending}."


def _place(run: RunSummary) -> str:
    if run.epochs_total:
        return f"epoch {min(run.epochs_done + 1, run.epochs_total)} of {run.epochs_total}"
    return f"step {run.steps:,}"


def _can_go_on(path: Path) -> bool:
    try:
        with open_run(path) as run:
            return continuation_of(run).problem is None
    except RunError:
        return False
