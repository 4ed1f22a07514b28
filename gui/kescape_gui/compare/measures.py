"""How well runs did, in numbers, and how far from the baseline; no Qt."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kescape_gui.compare.settings import UNKNOWN
from kescape_gui.compare.table import Cell, Heading
from kescape_gui.setup.numbers import format_number
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr


@dataclass(frozen=True)
class Measure:
    """One number that a run came to.

    Attributes:
        title: What it is called.
        help: What it is.
        of: The number of a run; None where it has none.
        is_share: Whether it is a share, written in percent.
    """

    title: str
    help: str
    of: Callable[[WatchedRun], float | None]
    is_share: bool = False

    def heading(self, *, has_difference: bool) -> Heading:
        """Its column."""
        return Heading(tr(self.title), tr(self.help), number=True, has_difference=has_difference)

    def values(self, runs: Sequence[WatchedRun]) -> list[float]:
        """The numbers of those runs that have one."""
        return [value for run in runs if (value := self.of(run)) is not None]

    def median(self, runs: Sequence[WatchedRun]) -> float | None:
        """The middle of several runs."""
        values = self.values(runs)
        return statistics.median(values) if values else None

    def span(self, runs: Sequence[WatchedRun]) -> str:
        """How far apart several runs are, in words."""
        values = self.values(runs)
        if not values:
            return ""
        words = tr("{title}: {low} to {high}")
        return words.format(title=tr(self.title), low=self._text(min(values)), high=self._text(max(values)))

    def cell(self, value: float | None, base: float | None = None) -> Cell:
        """A number, and how it differs from that of the baseline."""
        if value is None:
            return Cell(UNKNOWN)
        if base is None:
            return Cell(self._text(value), value, repr(value))
        return Cell(f"{self._text(value)} ({self._gap(value - base, base)})", value, repr(value), repr(value - base))

    def _text(self, value: float) -> str:
        return f"{100 * value:.1f} %" if self.is_share else format_number(float(f"{value:.3g}"))

    def _gap(self, gap: float, base: float) -> str:
        if self.is_share:
            return tr("{points} points").format(points=_signed(f"{100 * gap:+.1f}"))
        percent = _signed(f"{100 * gap / base:+.0f}") if base > 0 else ""
        return f"{_signed(f'{gap:+.2g}')}, {percent} %" if percent else _signed(f"{gap:+.2g}")


def _signed(text: str) -> str:
    """With the minus that is as wide as the plus."""
    return text.replace("-", "−")


def _best(run: WatchedRun) -> float | None:
    finite = run.curve.validation[np.isfinite(run.curve.validation)]
    return float(finite.min()) if len(finite) else None


def _last(run: WatchedRun, name: str) -> float | None:
    value = run.metrics.get(name)
    return value if value is not None and math.isfinite(value) else None


BEST = Measure("Best val. loss", "Lowest loss on the held-out data after any epoch", _best)

MEASURES = (
    BEST,
    Measure("Val. loss", "Loss on the held-out data after the last epoch", lambda run: _last(run, "val_loss")),
    Measure(
        "Val. accuracy",
        "Share of the held-out data classified rightly after the last epoch",
        lambda run: _last(run, "val_accuracy"),
        is_share=True,
    ),
)
