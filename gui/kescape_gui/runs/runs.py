"""The list of runs in words; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kescape.run.folder import DATABASE
from kescape.run.listing import RunSummary
from kescape_gui.run_state import Facts, RunState, derive_state
from kescape_gui.setup.numbers import format_number


@dataclass(frozen=True)
class RunLine:
    """One run as the list shows it."""

    path: Path
    state: RunState
    name: str
    progress: str
    loss: str
    val_loss: str
    val_accuracy: str
    started: str
    problem: str
    """Why it cannot be read or how it failed; else empty."""

    @property
    def state_words(self) -> str:
        """The state's sign and word."""
        return f"{self.state.symbol} {self.state.value}"


def run_lines(summaries: list[RunSummary], today: datetime) -> list[RunLine]:
    """The runs as the list shows them, in the order given."""
    return [_line(summary, today) for summary in summaries]


def _line(summary: RunSummary, today: datetime) -> RunLine:
    state = derive_state(Facts(str(summary.status)))
    return RunLine(
        path=summary.path,
        state=state,
        name=summary.name,
        progress=_progress(summary),
        loss=_number(summary.metrics.get("loss")),
        val_loss=_number(summary.metrics.get("val_loss")),
        val_accuracy=_percent(summary.metrics.get("val_accuracy")),
        started=_when(datetime.fromtimestamp(summary.created), today),  # noqa: DTZ006 (shown in local time)
        problem=summary.problem or summary.error or "",
    )


def _progress(summary: RunSummary) -> str:
    if summary.problem:
        # The name of the run stands beside it.
        return summary.problem.replace(repr(str(summary.path / DATABASE)), DATABASE)
    if summary.epochs_total:
        return f"{summary.epochs_done} of {summary.epochs_total} epochs"
    return f"{summary.steps:,} steps"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return format_number(float(f"{value:.3g}")) if math.isfinite(value) else "not finite"


def _percent(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def _when(moment: datetime, today: datetime) -> str:
    if moment.date() == today.date():
        return moment.strftime("%H:%M")
    if moment.year == today.year:
        return moment.strftime("%d %b %H:%M")
    return moment.strftime("%d %b %Y")
