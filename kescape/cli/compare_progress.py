"""The progress of `kescape compare`: one picture of all runs in a terminal, a line a run elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kescape.cli.console import number, out
from kescape.cli.progress import time_left
from kescape.compare.comparison import Comparison
from kescape.compare.jobs import JobState, Progress
from kescape.compare.overview import Overview, Seen

__all__ = ["CompareProgress"]

_LOOK_SECONDS = 0.5
_MOST_LINES = 16
"""Runs that are shown while they train; more would push the rest out of a window."""


class CompareProgress:
    """Shows how far the runs of a comparison are.

    Args:
        comparison: What is compared.
        folder: Its folder.
    """

    def __init__(self, comparison: Comparison, folder: Path) -> None:
        self._measure = comparison.measure
        self._epochs = comparison.base.epochs
        self._halves = comparison.halving is not None
        self._overview = Overview(comparison, folder)
        self._seen: Seen | None = None
        self._next = 0.0
        self._said: set[str] = set()
        self._live = Live(console=out(), auto_refresh=False) if out().is_terminal else None

    @property
    def is_complete(self) -> bool:
        """Whether every run had come to its end at the last look, so that nothing is left to train."""
        return self._seen is not None and all(
            one.state in (JobState.DONE, JobState.DIVERGED)
            and (one.epochs >= self._epochs or one.state != JobState.DONE)
            for one in self._seen.progress.values()
        )

    def look(self, *, at_once: bool = False) -> None:
        """Show what is known now; what is called more often than twice a second does nothing in between."""
        now = time.monotonic()
        if now < self._next and not at_once:
            return
        before, self._seen = self._seen, self._overview.look()
        self._next = time.monotonic() + _LOOK_SECONDS
        if self._live is not None:
            self._live.update(self._picture(self._seen), refresh=True)
        elif before is not None:
            self._say_what_ended(before, self._seen)

    def say(self, sentence: str) -> None:
        """Say something above the picture."""
        out().print(sentence, soft_wrap=True)

    def say_once(self, sentence: str) -> None:
        """Say something that has not been said before."""
        if sentence not in self._said:
            self._said.add(sentence)
            self.say(sentence)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        self.look()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.look(at_once=True)
        if self._live is not None:
            self._live.stop()

    def _say_what_ended(self, before: Seen, seen: Seen) -> None:
        ended = (JobState.DONE, JobState.DIVERGED, JobState.FAILED)
        counts = seen.counts
        done = counts[JobState.DONE] + counts[JobState.DIVERGED]
        for name, progress in seen.progress.items():
            was = before.progress[name]
            if progress.state in ended and (was.state != progress.state or was.epochs != progress.epochs):
                # With halving a run may train on after it is done.
                count = "" if self._halves else f"  ({done} of {len(seen.progress)})"
                self.say(f"{name}  {progress.state}  {self._value(progress)}{count}")

    def _value(self, progress: Progress) -> str:
        value = progress.metrics.get(self._measure)
        epochs = f"epoch {progress.epochs} of {self._epochs}"
        return epochs if value is None else f"{epochs}  {self._measure} {number(value)}"

    def _picture(self, seen: Seen) -> RenderableType:
        width = max(20, min(out().width, 110))
        words = seen.words()
        bar = Table.grid(padding=(0, 2, 0, 0))
        left = time_left(seen.seconds_left) if not self.is_complete else ""
        share = f"{100 * seen.epochs / max(1, seen.total):.0f} %"
        bar.add_row(
            ProgressBar(max(1, seen.total), seen.epochs, width=max(10, width - len(share) - len(left) - 6)),
            Text(share),
            Text(left, style="dim"),
        )
        live = [(name, one) for name, one in seen.progress.items() if one.state == JobState.LIVE]
        lines = Table.grid(padding=(0, 2, 0, 0))
        for name, progress in live[:_MOST_LINES]:
            value = progress.metrics.get(self._measure)
            lines.add_row(
                Text(name, no_wrap=True, overflow="ellipsis"),
                Text(f"epoch {progress.epochs} of {self._epochs}", style="dim"),
                Text("" if value is None else f"{self._measure} {number(value)}"),
            )
        more = [Text(f"and {len(live) - _MOST_LINES} more", style="dim")] if len(live) > _MOST_LINES else []
        return Group(Text(words, style="bold"), bar, lines, *more)
