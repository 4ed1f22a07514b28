"""What is drawn of a comparison: a line and a band for each arm, over the epochs or over the share of a cycle; no Qt.

All numbers are those of the report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kescape.compare.report import ArmReport, OverEpochs, Report
from kescape.config import RunConfig
from kescape_gui.compare.series import MOST, Places, swatch_at
from kescape_gui.runs.swatch import Swatch
from kescape_gui.words import tr

_MOST_CYCLES = 16
"""So many lines are laid on top of each other, and two cycles of each arm in any case."""

_FADED = 0.75
"""How much of the ground the oldest cycle is drawn with."""

Values = NDArray[np.float64]


class Mode(StrEnum):
    """What is drawn over what."""

    ANYTIME = "anytime"
    """The best finished minimum so far, over the epochs."""
    EPOCHS = "epochs"
    """The measure itself, over the epochs."""
    CYCLES = "cycles"
    """The measure itself, over the share of a cycle: the cycles of an arm on top of each other."""


@dataclass(frozen=True, eq=False)
class ArmLine:
    """One line.

    Attributes:
        title: The arm in words.
        swatch: Its colour and dashes.
        faded: How much of the ground it is drawn with, from 0; older cycles stand back.
        x: Epochs, or percent of a cycle, ascending.
        median: Values there; NaN where there is none.
        low: The lower end of the band.
        high: The upper end of the band.
        steps: Whether a value holds until the next one.
    """

    title: str
    swatch: Swatch
    faded: float
    x: Values
    median: Values
    low: Values
    high: Values
    steps: bool = False

    @property
    def is_newest(self) -> bool:
        """Whether it is the only line of its arm, or the one of its newest cycle."""
        return self.faded == 0


@dataclass(frozen=True, eq=False)
class Picture:
    """All that is drawn.

    Attributes:
        lines: In the order in which they are drawn: what stands back first, the best last.
        extent: The first and the last place on the x axis.
        restarts: Epochs at which all arms that have restarts have one.
        target: The value that was asked to be reached, if one was.
        words: What is not drawn, and why.
    """

    lines: tuple[ArmLine, ...]
    extent: tuple[float, float]
    restarts: tuple[float, ...] = ()
    target: float | None = None
    words: str = ""

    @property
    def newest(self) -> list[ArmLine]:
        """The line of each arm that tells how it stands now, the best first."""
        return [line for line in reversed(self.lines) if line.is_newest]

    @property
    def values(self) -> Values:
        """All finite values that are drawn, of lines and bands."""
        parts = [each for line in self.lines for each in (line.median, line.low, line.high)]
        joined: Values = np.concatenate([*parts, np.empty(0)])
        return np.asarray(joined[np.isfinite(joined)], np.float64)


class Swatches:
    """Gives the arms that are drawn their colours: an arm keeps its own as long as it is drawn."""

    def __init__(self) -> None:
        self._places = Places()
        self._drawn: list[str] = []

    def of(self, report: Report, series: Sequence[str]) -> dict[str, Swatch]:
        """The swatches of the best arms, by name, in the order in which they were asked for.

        Args:
            report: At most `MOST` of its arms can be told apart: the best of them.
            series: The colours of the theme.
        """
        best = {arm.arm.name for arm in report.ranking[:MOST]}
        for name in self._drawn:
            if name not in best:
                self._places.leave(Path(name))
        self._drawn = [arm.arm.name for arm in report.arms if arm.arm.name in best]
        return {name: swatch_at(self._places.take(Path(name)), series) for name in self._drawn}


def picture_of(report: Report, mode: Mode, swatches: Mapping[str, Swatch]) -> Picture:
    """What is drawn of a report.

    Args:
        report: What the runs say so far.
        mode: What is drawn over what.
        swatches: Of the arms that are drawn, by name.
    """
    arms = [arm for arm in reversed(report.ranking) if arm.arm.name in swatches]
    lines: list[ArmLine] = []
    for arm in arms:
        swatch = swatches[arm.arm.name]
        if mode is Mode.CYCLES:
            lines += _cycles(arm, swatch, max(2, _MOST_CYCLES // len(arms)))
        else:
            lines += _over_epochs(arm, mode, swatch)
    lines.sort(key=lambda line: -line.faded)
    epochs = report.comparison.base.epochs
    return Picture(
        tuple(lines),
        (0.0, 100.0) if mode is Mode.CYCLES else (0.0, float(epochs)),
        () if mode is Mode.CYCLES else _common_restarts([arm.arm.config for arm in arms]),
        report.comparison.target,
        _left_out(report, arms, lines),
    )


def _over_epochs(arm: ArmReport, mode: Mode, swatch: Swatch) -> list[ArmLine]:
    found: OverEpochs = arm.anytime if mode is Mode.ANYTIME else arm.each_epoch
    if not found.runs.any():
        return []
    x = found.epochs.astype(np.float64)
    return [ArmLine(arm.title, swatch, 0.0, x, found.median, found.low, found.high, steps=mode is Mode.ANYTIME)]


def _cycles(arm: ArmReport, swatch: Swatch, most: int) -> list[ArmLine]:
    """A line for each of the newest cycles that has begun; what has no cycles is one."""
    known = arm.each_epoch
    trained = int(known.epochs[known.runs > 0].max(initial=0))
    lines = []
    stretches = [each for each in cycles_of(arm.arm.config) if each[0] < trained][-most:]
    for number, (start, length) in enumerate(stretches):
        # An epoch's measure is taken at its end: that of the last one of a cycle at 100 %.
        inside = (known.epochs > start) & (known.epochs <= start + length)
        share = np.asarray(100 * (known.epochs[inside] - start) / length, np.float64)
        last = len(stretches) - 1
        faded = _FADED * (0.5 + 0.5 * (last - number) / last) if number < last else 0.0
        median, low, high = known.median[inside], known.low[inside], known.high[inside]
        lines.append(ArmLine(arm.title, swatch, faded, share, median, low, high))
    return lines


def cycles_of(config: RunConfig) -> list[tuple[float, float]]:
    """Where each cycle starts and how long it is, in epochs, as far as the training goes; without restarts it is one.

    What comes before the first cycle or after the last is none.

    Example:
        >>> cycles_of(RunConfig(epochs=60, t_0=10.0, t_mult=2.0)), cycles_of(RunConfig(schedule="cosine", epochs=60))
        ([(0.0, 10.0), (10.0, 20.0), (30.0, 40.0)], [(0.0, 60.0)])
        >>> cycles_of(RunConfig(epochs=25, t_0=10.0, t_mult=1.0, cycles=2))
        [(0.0, 10.0), (10.0, 10.0)]
    """
    if config.schedule != "sgdr":
        return [(0.0, float(config.epochs))]
    plan = config.plan()
    return [(start, plan.cycle_at(start).length) for start in (config.warmup, *plan.restarts(config.epochs))]


def _common_restarts(configs: Sequence[RunConfig]) -> tuple[float, ...]:
    plans = [tuple(config.plan().restarts(config.epochs)) for config in configs if config.schedule == "sgdr"]
    return plans[0] if plans and all(plan == plans[0] for plan in plans) else ()


def _left_out(report: Report, arms: Sequence[ArmReport], lines: Sequence[ArmLine]) -> str:
    said = []
    if len(arms) < len(report.arms):
        words = tr("The best {count} of {arms} arms are drawn.")
        said.append(words.format(count=len(arms), arms=len(report.arms)))
    gone = sum(line.is_newest and bool(np.isinf(line.median).any()) for line in lines)
    if gone:
        words = tr("Where half of the runs of an arm have diverged, its line ends ({count} of them).")
        said.append(words.format(count=gone))
    return " ".join(said)
