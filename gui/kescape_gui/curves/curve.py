"""What is known so far of one run's loss and learning rate, step by step; no Qt.

Steps arrive in order and are kept whole: at most 33 bytes each, in buffers that grow by an eighth when they are full.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.run.smoothing import hide_beginnings, smooth
from kescape_gui.curves.reduction import Extremes
from kescape_gui.curves.series import Recorded, Sparse

_FADED = 60
"""After so many half-lives a value counts 2**-60, which no double beside it can feel."""

_SMOOTHED_AT_ONCE = 1_000_000
"""So many steps are smoothed within 10 ms; the rest of a long curve waits for `smooth_on`."""

VALIDATION = "val_"
"""What Keras begins the name of a metric of the validation data with."""

_GIVEN = ("learning_rate", "loss", "time")
_DRAWN = ("learning_rate", "loss", "smoothed")


@dataclass(frozen=True)
class Reading:
    """What the curves say at one step; None where it is not known."""

    step: int
    epoch: float | None
    learning_rate: float | None
    loss: float | None
    smoothed: float | None
    validation: float | None = None
    time: float | None = None
    """In seconds since the run was created."""
    cycle: int = 0
    """Counted from 0."""


class Curve:
    """The recorded steps of one run."""

    def __init__(self, steps_per_epoch: int | None = None) -> None:
        self.steps_per_epoch = steps_per_epoch
        self.restarts: list[int] = []
        """First steps of the cycles that have begun, ascending."""
        self.not_finite: list[int] = []
        """Steps whose loss is NaN or infinite, the first hundred of them."""
        self.not_positive = 0
        """How many losses have no logarithm."""
        self.validation_steps: NDArray[np.float64] = np.empty(0)
        self.validation: NDArray[np.float64] = np.empty(0)
        self.accuracies: dict[str, Sparse] = {}
        """Each kind of accuracy that epochs have, by its name."""
        self.cuts = 0
        """How often steps that were known have been taken back."""
        self.version = 0
        """Grows with each change, so that a view knows when there is something new to draw."""
        self._buffers: dict[str, NDArray[np.floating]] = {name: np.empty(4096) for name in (*_GIVEN, "smoothed")}
        # A loss is mostly recorded in single precision; it is kept as it comes.
        self._buffers["loss"] = np.empty(4096, dtype=np.float32)
        self._extremes = {name: Extremes() for name in _DRAWN}
        self._count = 0
        self._smooth_count = 0
        self._chosen_half_life: float | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def steps(self) -> NDArray[np.float64]:
        """0, 1, 2, ...; made when it is asked for."""
        return np.arange(self._count, dtype=np.float64)

    @property
    def loss(self) -> NDArray[np.floating]:
        """The true loss of each step's batch."""
        return self._buffers["loss"][: self._count]

    @property
    def smoothed(self) -> NDArray[np.floating]:
        """The loss, smoothed within each cycle, as far as that has been done."""
        return self._buffers["smoothed"][: self._smooth_count]

    @property
    def learning_rate(self) -> NDArray[np.floating]:
        """The rate that each step was made with."""
        return self._buffers["learning_rate"][: self._count]

    @property
    def time(self) -> NDArray[np.floating]:
        """When each step ended, in seconds since the run was created; never less than before."""
        return self._buffers["time"][: self._count]

    @property
    def has_times(self) -> bool:
        """Whether it is known when the steps ended."""
        return self._count > 0 and math.isfinite(self.time[0])

    @property
    def half_life(self) -> float:
        """After so many steps a loss counts half in what is smoothed; 0 where all is left as it is.

        That is so by itself where a step is an epoch: its loss is an average already.
        """
        automatic = 0.0 if self.steps_per_epoch == 1 else max(10.0, (self.steps_per_epoch or 200) / 20)
        return self._chosen_half_life or automatic

    @property
    def is_smooth(self) -> bool:
        """Whether all steps are smoothed as they should be."""
        return self._smooth_count == self._count

    def series(self, name: str) -> Recorded:
        """`loss`, `smoothed` or `learning_rate` as a plot draws it."""
        count = self._smooth_count if name == "smoothed" else self._count
        return Recorded(self._buffers[name][:count], self._extremes[name])

    @property
    def validation_series(self) -> Sparse:
        """The validation losses as a plot draws them."""
        return Sparse(self.validation_steps, self.validation)

    def append(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Take over the steps that follow the ones known so far; a column that is missing counts as unknown.

        Where the steps are numbered, by a column `step`, they must be the next ones. The arrays are the curve's from
        now on: the first ones are kept as they are where that saves a copy.
        """
        new = max(map(len, columns.values()), default=0)
        if new == 0:
            return
        if "step" in columns and int(columns["step"][0]) != self._count:
            raise ValueError(f"steps must follow each other; got step={columns['step'][0]} after {self._count - 1}")
        first, last = self._count, self._count + new
        if first == 0 and new > len(self._buffers["loss"]):
            self._adopt(columns, new)
        else:
            self._make_room(last)
            for name in _GIVEN:
                self._put(name, first, last, columns.get(name))
        self._keep_time_ascending(first, last)
        loss = self._buffers["loss"][first:last]
        self.not_positive += int(np.count_nonzero(loss <= 0))
        if len(self.not_finite) < 100:
            wrong = np.flatnonzero(~np.isfinite(loss))
            if "loss" in columns:
                self.not_finite += (wrong[: 100 - len(self.not_finite)] + first).tolist()
        self._count = last
        if self._smooth_count == first:
            self._smooth(_SMOOTHED_AT_ONCE)
        for name in ("loss", "learning_rate"):
            self._extremes[name].take(self._buffers[name][:last])
        self.version += 1

    def cut(self, count: int) -> None:
        """Forget all steps but the first `count`: the training goes on from there."""
        if count >= self._count:
            return
        self._count = max(0, count)
        self._smooth_count = min(self._smooth_count, self._count)
        for each in self._extremes.values():
            each.cut(self._count)
        self.cuts += 1
        self.restarts = [step for step in self.restarts if step < self._count]
        self.not_finite = [step for step in self.not_finite if step < self._count]
        self.not_positive = int(np.count_nonzero(self.loss <= 0))
        kept = self.validation_steps < self._count
        self.validation_steps, self.validation = self.validation_steps[kept], self.validation[kept]
        self.accuracies = {name: each.before(self._count) for name, each in self.accuracies.items()}
        self.version += 1

    def set_restarts(self, restarts: list[int]) -> None:
        """Say where the cycles begin; what is smoothed across a restart learned of late is smoothed anew."""
        if restarts == self.restarts:
            return
        different = next(
            (pair[0] for pair in zip(restarts, self.restarts, strict=False) if pair[0] != pair[1]),
            (restarts + self.restarts)[min(len(restarts), len(self.restarts))],
        )
        self.restarts = list(restarts)
        self._smooth_anew(different)
        self.version += 1

    def set_half_life(self, half_life: float | None) -> None:
        """Smooth with this many steps, > 0, or by the length of an epoch; a long curve is smoothed by `smooth_on`."""
        if half_life == self._chosen_half_life:
            return
        before, self._chosen_half_life = self.half_life, half_life
        if before != self.half_life:
            self._smooth_anew(0)
            self.version += 1

    def smooth_on(self, most: int) -> None:
        """Smooth at most that many steps more that wait for it."""
        if not self.is_smooth:
            self._smooth(most)
            self.version += 1

    def set_steps_per_epoch(self, steps_per_epoch: int) -> None:
        """Say how long an epoch is; the smoothing follows it."""
        if steps_per_epoch == self.steps_per_epoch:
            return
        before, self.steps_per_epoch = self.half_life, steps_per_epoch
        if before != self.half_life:
            self._smooth_anew(0)
        self.version += 1

    def set_validation(self, steps: list[int], values: list[float]) -> None:
        """Say the validation losses, each at the last step of its epoch."""
        new_steps, new_values = np.array(steps, dtype=np.float64), np.array(values, dtype=np.float64)
        if np.array_equal(new_steps, self.validation_steps) and np.array_equal(
            new_values, self.validation, equal_nan=True
        ):
            return
        self.validation_steps, self.validation = new_steps, new_values
        self.version += 1

    def set_accuracies(self, values: Mapping[str, tuple[list[int], list[float]]]) -> None:
        """Say the accuracies, each kind with the last steps of its epochs and its values there."""
        if values or self.accuracies:
            self.accuracies = {name: Sparse(*map(np.array, each)) for name, each in values.items()}
            self.version += 1

    def at(self, step: float) -> Reading | None:
        """What is known at the step nearest to a place on the axis; None beyond both ends."""
        index = round(step)
        if not 0 <= index < self._count:
            return None
        before = int(np.searchsorted(self.validation_steps, index, side="right")) - 1
        return Reading(
            step=index,
            epoch=None if not self.steps_per_epoch else index / self.steps_per_epoch,
            learning_rate=_known(self.learning_rate[index]),
            loss=float(self.loss[index]),
            smoothed=_known(self.smoothed[index]) if index < self._smooth_count else None,
            validation=_known(self.validation[before]) if before >= 0 else None,
            time=_known(self.time[index]),
            cycle=bisect_right(self.restarts, index),
        )

    @property
    def nbytes(self) -> int:
        """Memory that the steps take."""
        buffers, extremes = self._buffers.values(), self._extremes.values()
        return sum(buffer.nbytes for buffer in buffers) + sum(each.nbytes for each in extremes)

    def _adopt(self, columns: Mapping[str, NDArray[Any]], count: int) -> None:
        """Memory that is touched for the first time is the largest part of what a long run costs to open."""
        for name in _GIVEN:
            given = columns.get(name)
            if given is None:
                self._buffers[name] = np.full(count, math.nan)
            else:
                self._buffers[name] = np.asarray(given, np.promote_types(self._buffers[name].dtype, given.dtype))
        self._buffers["smoothed"] = np.empty(0)

    def _put(self, name: str, first: int, last: int, given: NDArray[Any] | None) -> None:
        buffer = self._buffers[name]
        if given is not None and not np.can_cast(given.dtype, buffer.dtype, "safe"):
            self._buffers[name] = np.empty(len(buffer), np.float64)
            self._buffers[name][:first] = buffer[:first]
            buffer = self._buffers[name]
        buffer[first:last] = math.nan if given is None else given

    def _make_room(self, count: int) -> None:
        if count <= len(self._buffers["loss"]):
            return
        room = max(count, len(self._buffers["loss"]) + len(self._buffers["loss"]) // 8)
        for name, buffer in self._buffers.items():
            grown = np.empty(room, buffer.dtype)
            grown[: self._count] = buffer[: self._count]
            self._buffers[name] = grown

    def _keep_time_ascending(self, first: int, last: int) -> None:
        """A clock may have jumped back; a place along the time must not."""
        since = max(0, first - 1)
        times = self._buffers["time"][since:last]
        if not (times[1:] >= times[:-1]).all():
            self._buffers["time"][since:last] = np.fmax.accumulate(times)

    def _smooth_anew(self, first: int) -> None:
        if first < self._smooth_count:
            self._smooth_count = first
            self._extremes["smoothed"].cut(first)
        self._smooth(_SMOOTHED_AT_ONCE)

    def _smooth(self, most: int) -> None:
        """Smooth the next steps, with as much of what was before as can still be felt."""
        first, end = self._smooth_count, min(self._count, self._smooth_count + most)
        if first >= end:
            return
        half_life = self.half_life
        begun = bisect_right(self.restarts, first)
        start = max(self.restarts[begun - 1] if begun else 0, first - math.ceil(_FADED * half_life))
        resets = [step - start for step in self.restarts[begun:] if step < end]
        losses = self.loss[start:end].astype(np.float64)
        smoothed = smooth(losses, half_life, resets) if half_life else np.where(np.isfinite(losses), losses, math.nan)
        if self.steps_per_epoch != 1:
            # A cycle that began before may still be at its beginning. Epochs are averages already.
            hide_beginnings(smoothed, half_life, [0, *self.restarts][begun:], start)
        if first == 0 and end == self._count and len(self._buffers["smoothed"]) <= end:
            self._buffers["smoothed"] = smoothed
        else:
            if len(self._buffers["smoothed"]) < end:
                # A long run was taken over as it was read; nothing of it has been smoothed before.
                self._buffers["smoothed"] = np.empty(len(self._buffers["loss"]))
            self._buffers["smoothed"][first:end] = smoothed[first - start :]
        self._smooth_count = end
        self._extremes["smoothed"].take(self.smoothed)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
