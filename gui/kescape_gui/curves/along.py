"""Where the steps of a run lie along the x axis: by epoch, step, time or share of their cycle; no Qt.

A plot knows places, a curve knows steps, and this maps each to the other. Everything along the axis goes through it:
lines, rules, marks, the cross hair and what is in view.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kescape_gui.curves.curve import Curve

Places = npt.NDArray[np.float64]

MOST_CYCLES = 16
"""So many of the newest cycles are laid on top of each other; more would be a grey wall."""

_UNEVEN = 1.5
"""A part may hold so many times the mean number of steps, and all are even still."""


class Unit(Enum):
    """What the axis counts in."""

    EPOCHS = "epochs"
    STEPS = "steps"
    TIME = "time"
    CYCLE = "cycle"


@dataclass(frozen=True)
class Stretch:
    """Steps that are drawn as one line.

    Attributes:
        first: The first step.
        end: The step after the last that is planned.
        cycle: Which cycle it is, counted from 0; None where it is the whole training.
    """

    first: int
    end: int
    cycle: int | None = None


class Along:
    """The places of one run's steps.

    Places are steps, seconds or percent of a cycle, or their decimal logarithms. Epochs lie where the steps of the run
    in view lie; only their labels count differently. Without times, places are steps.

    Args:
        curve: The run.
        unit: What the axis counts in.
        log: Whether places are logarithms; a share of a cycle has none.
        restarts: First steps of the cycles after the first one, planned ones among them, ascending.
        end: The step after the last one that is planned.
        cycle_end: The step after the last one of the last cycle, where that is planned to be longer than the training.
        epoch: How many places an epoch takes on the axis, where that is another number than that of the run's steps.
    """

    def __init__(
        self,
        curve: Curve,
        unit: Unit,
        *,
        log: bool = False,
        restarts: Sequence[int] = (),
        end: int = 0,
        cycle_end: int = 0,
        epoch: int | None = None,
    ) -> None:
        self.unit = Unit.STEPS if unit is Unit.TIME and not curve.has_times else unit
        self.log = log and unit is not Unit.CYCLE
        self.end = max(end, len(curve), 1)
        self._curve = curve
        self._step = epoch / curve.steps_per_epoch if unit is Unit.EPOCHS and epoch and curve.steps_per_epoch else 1.0
        self._starts = [0, *restarts]
        self._cycle_end = max(cycle_end, self.end, self._starts[-1] + 1)

    @property
    def folds(self) -> bool:
        """Whether cycles lie on top of each other."""
        return self.unit is Unit.CYCLE

    @property
    def counts_steps(self) -> bool:
        """Whether places follow from steps alone."""
        return self.unit in (Unit.STEPS, Unit.EPOCHS)

    @property
    def extent(self) -> tuple[float, float]:
        """The first and last place of the whole training."""
        if self.folds:
            return 0.0, 100.0
        last = float(self._curve.time[-1]) if self.unit is Unit.TIME else self._step * self.end
        if not self.log:
            return 0.0, last
        first = self._step
        if self.unit is Unit.TIME:
            hidden = self.hidden
            first = float(self._curve.time[hidden]) if hidden < len(self._curve) else 1.0
        return math.log10(first), math.log10(max(last, 1.001 * first))

    @property
    def hidden(self) -> int:
        """How many steps have no place, because their number has no logarithm."""
        if not self.log or not len(self._curve):
            return 0
        return int(np.searchsorted(self._curve.time, 0.0, side="right")) if self.unit is Unit.TIME else 1

    def stretches(self, most: int = MOST_CYCLES) -> list[Stretch]:
        """The lines that the known steps are drawn as, at most so many, the newest last."""
        if not self.folds:
            return [Stretch(0, self.end)]
        newest = max(0, bisect_right(self._starts, max(0, len(self._curve) - 1)) - 1)
        return [self._cycle(number) for number in range(max(0, newest - most + 1), newest + 1)]

    def cycle_of(self, step: float) -> Stretch:
        """The cycle that a step is part of, whatever the axis counts in."""
        return self._cycle(max(0, bisect_right(self._starts, step) - 1))

    def share(self, step: float) -> float:
        """How far into its cycle a step is, from 0 to 1."""
        cycle = self.cycle_of(step)
        return (step - cycle.first) / (cycle.end - cycle.first)

    def places(self, steps: npt.ArrayLike, stretch: Stretch | None = None) -> Places:
        """Where steps lie, NaN for those that have no place; `stretch` saves looking for theirs."""
        at = np.asarray(steps, dtype=np.float64)
        if self.folds:
            return self._shares(at, stretch)
        values = self._times(at) if self.unit is Unit.TIME else self._step * at
        if not self.log:
            return values
        return np.log10(values, out=np.full(values.shape, math.nan), where=values > 0)

    def steps(self, places: npt.ArrayLike, stretch: Stretch | None = None) -> Places:
        """The steps, whole or not, at these places; of the newest cycle where cycles lie on top of each other."""
        at = np.asarray(places, dtype=np.float64)
        if self.folds:
            stretch = stretch or self.stretches()[-1]
            return stretch.first + at / 100.0 * (stretch.end - stretch.first)
        if self.log:
            at = 10.0 ** np.minimum(at, 300.0)
        return self._steps_at(at) if self.unit is Unit.TIME else at / self._step

    def step_at(self, place: float) -> int | None:
        """The known step nearest to a place; of the newest cycle that has got there, where there are several."""
        for stretch in reversed(self.stretches(2)):
            step = round(float(self.steps(place, stretch)))
            if stretch.first <= step < min(stretch.end, len(self._curve)):
                return step
        return None

    def spans(self, stretch: Stretch, low: float, high: float, parts: int = 16) -> list[tuple[int, int]]:
        """The steps of a stretch between two places, and one to each side so that lines reach the edge.

        They come as first steps and ends of equal parts of the axis; as one where all lie about evenly.
        """
        if self.folds or (self.counts_steps and not self.log):
            length = (stretch.end - stretch.first) / 100.0 if self.folds else 1.0 / self._step
            origin = stretch.first if self.folds else 0
            edges = [origin + low * length, origin + high * length]
        else:
            places = self.steps(np.linspace(low, high, parts + 1), stretch)
            widths = np.diff(places)
            edges = (places[[0, -1]] if widths.max() <= _UNEVEN * widths.mean() else places).tolist()
        borders = [math.floor(min(max(edge, stretch.first - 1), stretch.end)) for edge in edges]
        borders[-1] += 2
        borders = [max(stretch.first, min(border, stretch.end)) for border in borders]
        return [(first, end) for first, end in pairwise(borders) if first < end]

    def _cycle(self, number: int) -> Stretch:
        first = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else self._cycle_end
        return Stretch(first, end, number)

    def _shares(self, steps: Places, stretch: Stretch | None) -> Places:
        if stretch is not None:
            return np.asarray(100.0 * (steps - stretch.first) / (stretch.end - stretch.first))
        starts = np.array(self._starts, dtype=np.float64)
        ends = np.append(starts[1:], float(self._cycle_end))
        number = np.maximum(0, np.searchsorted(starts, steps, side="right") - 1)
        return np.asarray(100.0 * (steps - starts[number]) / (ends[number] - starts[number]))

    def _times(self, steps: Places) -> Places:
        """Known times, and what would follow at the mean pace."""
        known = self._curve.time
        last = len(known) - 1
        inside = known[np.clip(steps, 0, last).astype(np.int64)].astype(np.float64)
        return inside + np.maximum(0.0, steps - last) * self._pace()

    def _steps_at(self, seconds: Places) -> Places:
        known = self._curve.time
        last = len(known) - 1
        after = np.clip(np.searchsorted(known, seconds, side="left"), min(1, last), last)
        before = np.maximum(after - 1, 0)
        gap = known[after] - known[before]
        share = np.divide(seconds - known[before], gap, out=np.zeros(seconds.shape), where=gap > 0)
        inside = before + np.clip(share, 0.0, 1.0)
        pace = self._pace()
        beyond = np.maximum(0.0, seconds - float(known[last])) / pace if pace else 0.0
        return np.asarray(inside + beyond)

    def _pace(self) -> float:
        known = self._curve.time
        return float(known[-1] - known[0]) / (len(known) - 1) if len(known) > 1 else 0.0
