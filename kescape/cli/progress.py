"""The progress of `kescape train`: a live picture in a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Protocol, Self

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kescape.cli.console import number, out
from kescape.cli.cycles import val_metrics
from kescape.cli.follow import Look
from kescape.cli.sparkline import sparkline
from kescape.cli.verdicts import verdict_line
from kescape.run.reader import EpochRow

__all__ = ["Progress", "progress_for", "time_left"]

LABEL = 10
"""Columns for the word at the start of a line."""

NUMBER = 12
"""Columns for the value after it."""


class Progress(Protocol):
    """Shows how a run goes."""

    def show(self, look: Look) -> None:
        """Show what is known now."""

    def say(self, sentence: str) -> None:
        """Say something above the progress."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def progress_for(epochs: int) -> Progress:
    """The display that suits where the output goes."""
    return LiveProgress(epochs) if out().is_terminal else PlainProgress(epochs)


class PlainProgress:
    """A line per epoch, or per tenth of a long run."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._every = 1 if epochs <= 20 else math.ceil(epochs / 10)
        self._is_paused = False

    def show(self, look: Look) -> None:
        """Print the epochs and cycles that have ended since the last look, and where it is held."""
        for note in look.new_notes:
            self.say(note)
        for row in look.new_epochs:
            done = row.epoch + 1
            if done % self._every == 0 or done == self._epochs:
                out().print(f"epoch {done}/{self._epochs}  {_metrics(row)}", soft_wrap=True)
        for escape in look.new_escapes:
            self.say(verdict_line(escape))
        if look.is_paused != self._is_paused:
            self._is_paused = look.is_paused
            self.say(f"{'paused' if look.is_paused else 'goes on'} at step {look.steps:,}")

    def say(self, sentence: str) -> None:
        """Print a line."""
        out().print(sentence, soft_wrap=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class LiveProgress:
    """Bar, time left, loss and rate as sparklines, redrawn in place."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._live = Live(Text("Starting TensorFlow ...", style="dim"), console=out(), auto_refresh=False)

    def show(self, look: Look) -> None:
        """Redraw, below a line for each note and verdict that is new."""
        for note in look.new_notes:
            self.say(note)
        for escape in look.new_escapes:
            self.say(verdict_line(escape))
        if look.steps:
            self._live.update(self._picture(look), refresh=True)

    def say(self, sentence: str) -> None:
        """Print a line above the picture."""
        out().print(sentence)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _picture(self, look: Look) -> Group:
        width = max(10, min(out().width, 110))
        bar = Table.grid(padding=(0, 2, 0, 0))
        bar.add_row(
            Text(f"epoch {min(math.floor(look.epoch) + 1, self._epochs)} of {self._epochs}", style="bold"),
            Text("" if look.cycle is None else _cycle(look)),
            ProgressBar(look.total_steps, look.steps, width=max(10, width - 52)),
            Text(f"{100 * look.steps / look.total_steps:.0f} %"),
            Text("paused", style="bold yellow") if look.is_paused else Text(time_left(look.seconds_left), style="dim"),
        )
        columns = width - LABEL - NUMBER
        done = max(1, columns * look.steps // look.total_steps)
        loss = sparkline(look.losses, done, log=True)
        past, future = _rates(look, columns, done)
        lines = [
            _line("loss", number(look.loss), (loss, "cyan")),
            _line("rate", f"{look.learning_rate:.4g}", (past, "yellow"), (future, "dim")),
        ]
        if look.last_epoch is not None:
            values = look.last_epoch.values
            words = [f"{n.replace('_', ' ')} {number(values[n])}" for n in val_metrics(values)]
            if words:
                lines.append(Text(f"{'held out':<{LABEL}}" + "   ".join(words)))
        return Group(bar, *lines)


def _line(label: str, value: str, *curve: tuple[str, str]) -> Text:
    return Text.assemble((f"{label:<{LABEL}}", "dim"), (f"{value:<{NUMBER}}", "bold"), *curve)


def _rates(look: Look, columns: int, done: int) -> tuple[str, str]:
    """The learning rate so far and as planned, as one curve over the whole run in two parts."""
    steps = [int((column + 0.5) / columns * look.total_steps) for column in range(columns)]
    past = [float(look.learning_rates[min(step, look.steps - 1)]) for step in steps[:done]]
    planned = [] if look.plan is None else [look.plan.learning_rate(s) for s in steps[done:]]
    curve = sparkline([*past, *planned], len(past) + len(planned))
    return curve[:done], curve[done:]


def _cycle(look: Look) -> str:
    return "warm-up" if look.cycle == 0 else f"cycle {look.cycle} of {look.cycles}"


def _metrics(row: EpochRow) -> str:
    values = row.values
    words = []
    if "cycle" in values:
        words.append(f"cycle {int(values['cycle']) + 1}")
    if "learning_rate" in values:
        words.append(f"rate {values['learning_rate']:.4g}")
    named = [name for name in values if name not in ("cycle", "learning_rate", "restart")]
    named.sort(key=lambda name: (name.startswith("val_"), not name.endswith("loss")))
    return "  ".join([*words, *(f"{name} {number(values[name])}" for name in named)])


def time_left(seconds: float | None) -> str:
    """How long it still takes, on a clock; nothing where that is not known.

    Example:
        >>> time_left(75.2), time_left(3601), time_left(None)
        ('1:16 left', '1:00:01 left', '')
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{clock} left"
