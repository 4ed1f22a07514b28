"""The list of runs in words; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from kescape.run.folder import DATABASE
from kescape.run.listing import RunSummary
from kescape_gui.run_state import Facts, RunState, derive_state
from kescape_gui.setup.numbers import format_number
from kescape_gui.words import tr

_LONGEST_NOTE = 600
"""Of a tip: who wants to read more opens the note."""


@dataclass(frozen=True)
class RunLine:
    """One run as the list shows it."""

    summary: RunSummary
    state: RunState
    progress: str
    loss: str
    val_loss: str
    val_accuracy: str
    tags: str
    started: str

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.summary.path

    @property
    def name(self) -> str:
        """The run's name."""
        return self.summary.name

    @property
    def state_words(self) -> str:
        """The state's sign and word."""
        return f"{self.state.symbol} {tr(self.state.value)}"

    @cached_property
    def help(self) -> str:
        """What there is to know beside what stands in the columns: what is wrong with it, and what somebody noted."""
        labels, problem = self.summary.labels, self.summary.problem or self.summary.error
        note = labels.note if len(labels.note) <= _LONGEST_NOTE else labels.note[:_LONGEST_NOTE].rstrip() + "…"
        return "\n\n".join(text for text in (problem, labels.problem, note) if text)

    @cached_property
    def searched(self) -> str:
        """What a filter looks for words in, a line for each thing."""
        labels, config = self.summary.labels, self.summary.config
        settings = [str(config[name]) for name in ("dataset", "model", "schedule") if config.get(name)]
        return "\n".join([self.name, *labels.tags, labels.note, tr(self.state.value), *settings])

    @cached_property
    def folded(self) -> str:
        """The same without upper case."""
        return self.searched.casefold()


class RunLines:
    """Puts runs into words; one that is the same as the last time, as most are, is the same line again."""

    def __init__(self) -> None:
        self._known: dict[Path, RunLine] = {}
        self._day: date | None = None

    def lines(self, summaries: list[RunSummary], today: datetime) -> list[RunLine]:
        """The runs as the list shows them, in the order given."""
        if today.date() != self._day:
            self._known.clear()
            self._day = today.date()
        before, lines = self._known, []
        for summary in summaries:
            line = before.get(summary.path)
            lines.append(line if line is not None and line.summary is summary else _line(summary, today))
        self._known = {line.path: line for line in lines}
        return lines


def run_lines(summaries: list[RunSummary], today: datetime) -> list[RunLine]:
    """The runs as the list shows them, in the order given."""
    return RunLines().lines(summaries, today)


def _line(summary: RunSummary, today: datetime) -> RunLine:
    return RunLine(
        summary=summary,
        state=derive_state(Facts(str(summary.status))),
        progress=_progress(summary),
        loss=_number(summary.metrics.get("loss")),
        val_loss=_number(summary.metrics.get("val_loss")),
        val_accuracy=_percent(summary.metrics.get("val_accuracy")),
        tags=_tags(summary),
        started=_when(datetime.fromtimestamp(summary.created), today),  # noqa: DTZ006 (shown in local time)
    )


def _progress(summary: RunSummary) -> str:
    if summary.problem:
        # The name of the run stands beside it.
        return summary.problem.replace(repr(str(summary.path / DATABASE)), DATABASE)
    if summary.epochs_total:
        return tr("{done} of {total} epochs").format(done=summary.epochs_done, total=summary.epochs_total)
    return tr("{steps} steps").format(steps=f"{summary.steps:,}")


def _tags(summary: RunSummary) -> str:
    labels = summary.labels
    if labels.problem:
        return "⚠"
    return "  ".join([*labels.tags, *(["✎"] if labels.note else [])])


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return format_number(float(f"{value:.3g}")) if math.isfinite(value) else tr("not finite")


def _percent(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def _when(moment: datetime, today: datetime) -> str:
    if moment.date() == today.date():
        return moment.strftime("%H:%M")
    if moment.year == today.year:
        return moment.strftime("%d %b %H:%M")
    return moment.strftime("%d %b %Y")
