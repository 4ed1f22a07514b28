"""What is known so far of one run's loss and learning rate, step by step; no Qt.

Steps arrive in order and are kept whole: 40 bytes each, in buffers that grow by an eighth when they are full.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.run.smoothing import smooth

_FADED = 60
"""After so many half-lives a value counts 2**-60, which no double beside it can feel."""

_KEPT = {"learning_rate": np.float64, "loss": np.float64, "smoothed": np.float64, "time": np.float64}
_GIVEN = ("learning_rate", "loss", "time")


@dataclass(frozen=True)
class Reading:
    """What the curves say at one step; None where it is not known."""

    step: int
    epoch: float | None
    learning_rate: float | None
    loss: float | None
    smoothed: float | None
    validation: float | None = None


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
        self.cuts = 0
        """How often steps that were known have been taken back."""
        self.version = 0
        """Grows with each change, so that a view knows when there is something new to draw."""
        self._buffers = {name: np.empty(4096, dtype) for name, dtype in _KEPT.items()}
        self._steps = np.arange(4096, dtype=np.float64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def steps(self) -> NDArray[np.float64]:
        """0, 1, 2, ... as a plot wants it."""
        return self._steps[: self._count]

    @property
    def loss(self) -> NDArray[np.float64]:
        """The true loss of each step's batch."""
        return self._buffers["loss"][: self._count]

    @property
    def smoothed(self) -> NDArray[np.float64]:
        """The loss, smoothed within each cycle."""
        return self._buffers["smoothed"][: self._count]

    @property
    def learning_rate(self) -> NDArray[np.float64]:
        """The rate that each step was made with."""
        return self._buffers["learning_rate"][: self._count]

    @property
    def time(self) -> NDArray[np.float64]:
        """When each step ended, in seconds since the run was created."""
        return self._buffers["time"][: self._count]

    def append(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Take over the steps that follow the ones known so far; a column that is missing counts as unknown.

        The arrays are the curve's from now on: the first ones are kept as they are where that saves a copy.
        """
        new = len(columns["step"])
        if new == 0:
            return
        if int(columns["step"][0]) != self._count:
            raise ValueError(f"steps must follow each other; got step={columns['step'][0]} after {self._count - 1}")
        first, last = self._count, self._count + new
        if first == 0 and new > len(self._steps):
            self._adopt(columns, new)
        else:
            self._make_room(last)
            for name in _GIVEN:
                self._buffers[name][first:last] = columns.get(name, math.nan)
        loss = self._buffers["loss"][first:last]
        self.not_positive += int(np.count_nonzero(loss <= 0))
        if len(self.not_finite) < 100:
            wrong = np.flatnonzero(~np.isfinite(loss))
            if "loss" in columns:
                self.not_finite += (wrong[: 100 - len(self.not_finite)] + first).tolist()
        self._count = last
        self._smooth(first)
        self.version += 1

    def cut(self, count: int) -> None:
        """Forget all steps but the first `count`: the training goes on from there."""
        if count >= self._count:
            return
        self._count = max(0, count)
        self.cuts += 1
        self.restarts = [step for step in self.restarts if step < self._count]
        self.not_finite = [step for step in self.not_finite if step < self._count]
        self.not_positive = int(np.count_nonzero(self.loss <= 0))
        kept = self.validation_steps < self._count
        self.validation_steps, self.validation = self.validation_steps[kept], self.validation[kept]
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
        if different < self._count:
            self._smooth(different)
        self.version += 1

    def set_steps_per_epoch(self, steps_per_epoch: int) -> None:
        """Say how long an epoch is; the smoothing follows it."""
        if steps_per_epoch == self.steps_per_epoch:
            return
        self.steps_per_epoch = steps_per_epoch
        self._smooth(0)
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
            smoothed=_known(self.smoothed[index]),
            validation=_known(self.validation[before]) if before >= 0 else None,
        )

    @property
    def nbytes(self) -> int:
        """Memory that the steps take."""
        return self._steps.nbytes + sum(buffer.nbytes for buffer in self._buffers.values())

    def _half_life(self) -> float:
        return max(10.0, (self.steps_per_epoch or 200) / 20)

    def _adopt(self, columns: Mapping[str, NDArray[Any]], count: int) -> None:
        """Memory that is touched for the first time is the largest part of what a long run costs to open."""
        for name in _GIVEN:
            given = columns.get(name)
            self._buffers[name] = np.full(count, math.nan) if given is None else np.asarray(given, _KEPT[name])
        self._buffers["smoothed"] = np.empty(count, _KEPT["smoothed"])
        self._steps = np.arange(count, dtype=np.float64)

    def _make_room(self, count: int) -> None:
        if count <= len(self._steps):
            return
        room = max(count, len(self._steps) + len(self._steps) // 8)
        for name, buffer in self._buffers.items():
            grown = np.empty(room, buffer.dtype)
            grown[: self._count] = buffer[: self._count]
            self._buffers[name] = grown
        self._steps = np.arange(room, dtype=np.float64)

    def _smooth(self, first: int) -> None:
        """Smooth from step `first` on, with as much of what was before as can still be felt."""
        if first >= self._count:
            return
        half_life = self._half_life()
        begun = [step for step in self.restarts if step <= first]
        start = max(begun[-1] if begun else 0, first - math.ceil(_FADED * half_life))
        resets = [step - start for step in self.restarts if start < step < self._count]
        smoothed = smooth(self.loss[start:], half_life, resets)
        if first == 0 and self._count == len(self._steps):
            self._buffers["smoothed"] = smoothed
        else:
            self._buffers["smoothed"][first : self._count] = smoothed[first - start :]


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
