"""The base of the callbacks that look at the end of each cycle."""

from __future__ import annotations

import warnings
from typing import Any

import keras

from kescape.callbacks import siblings
from kescape.callbacks.follow_plan import FollowPlan
from kescape.step_tap import StepTap, sync_variables

__all__ = ["CycleCallback"]


class CycleCallback(keras.callbacks.Callback):
    """Calls `on_cycle_end` when the last step of a cycle has run, before any step of the next.

    The cycles are those of the plan that the fit follows (`SGDR`, `FollowPlan`), with what is done to it by hand; a
    warm-up is none of them. Where a fit follows no plan, `every` epochs make a cycle.

    Args:
        every: Epochs to a cycle where there is no plan, >= 1.

    Raises:
        ValueError: When training begins: there is neither a plan nor `every`.
    """

    def __init__(self, every: int | None = None) -> None:
        super().__init__()
        self.every = every

    def on_cycle_end(self, cycle: int, epoch: int, logs: dict[str, Any]) -> None:
        """The last step of a cycle has run; the model's weights are those of its end.

        Args:
            cycle: The cycle, from 0.
            epoch: How many whole epochs have been trained.
            logs: The epoch's, where the cycle ends with one; else empty.
        """

    # -- hooks ---------------------------------------------------------------------------------------------------

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Meet the plan."""
        self._tap = StepTap.of(self.model)
        self._tap.join(self)
        siblings.watch(self._tap.guard)
        self._position = (0, 0)
        self._ended = -1
        self._current: int | None = None
        if not isinstance(self._tap.source, FollowPlan) and self.every is None:
            name = type(self).__name__
            self._tap.leave(self)
            raise ValueError(
                f"{name} needs cycles, because it looks at their ends: add kescape.SGDR to the callbacks, or give "
                f"{name} every=10 to look every 10 epochs; got every=None and no plan"
            )

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """An epoch begins, perhaps with another cycle."""
        self._tap.begin_epoch(epoch)
        self._position = (epoch, self._tap.next_batch)
        self._note_cycle(epoch, self._position[1])

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """A step is about to run, perhaps the first after a restart by hand."""
        self._tap.begin_batch(batch)
        self._note_cycle(self._position[0], batch)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at a cycle that ends inside an epoch."""
        self._tap.end_batch(batch, logs)
        (epoch, first), steps = self._position, (self.params or {}).get("steps")
        # Where several steps are executed together, Keras counts on past the end of the epoch.
        done = batch + 1 if steps is None else min(batch + 1, steps)
        self._position = (epoch, done)
        source = self._tap.source
        if not isinstance(source, FollowPlan) or source.per == "epoch" or source.placed is None or not source.length:
            return
        left = source.steps_to_cycle_end(epoch, first)
        if left is None or first + left > done or first + left >= source.length:
            return  # the end of the epoch tells of the cycle that ends with it
        if first + left < done:
            warnings.warn(
                f"{type(self).__name__} looks at a cycle {done - first - left} steps after its end, because it "
                f"ends inside an execution of {self.model.steps_per_execution} steps: let cycles end with epochs",
                UserWarning,
                stacklevel=2,
            )
        self._end(source.placed.cycle_of(source.steps_until(epoch, first + left) - 1), epoch, {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at a cycle that ends with the epoch."""
        self._tap.end_epoch()
        source, batch = self._tap.source, self._position[1]
        self._position = (epoch + 1, 0)
        if not isinstance(source, FollowPlan):
            steps = (self.params or {}).get("steps")
            is_whole = steps is None or batch >= steps  # else it was stopped inside the epoch
            if self.every is not None and (epoch + 1) % self.every == 0 and is_whole:
                self._end((epoch + 1) // self.every - 1, epoch + 1, logs or {})
            return
        if source.placed is None:
            return
        last = source.plan_step(epoch, batch - 1)
        length = source.length
        if last is None or (source.per == "batch" and (length is None or batch < length)):
            return  # stopped inside the epoch
        if source.placed.cycle_bounds(last)[1] == last + 1:
            self._end(source.placed.cycle_of(last), epoch + 1, logs or {})

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Let the tap go."""
        self._tap.leave(self)

    # -- inside --------------------------------------------------------------------------------------------------

    def _note_cycle(self, epoch: int, batch: int) -> None:
        """A cycle that was cut short by hand has ended before this batch."""
        source = self._tap.source
        if not isinstance(source, FollowPlan) or source.placed is None:
            return
        step = source.plan_step(epoch, batch)
        if step is None:
            return
        now = source.placed.cycle_of(step)
        before, self._current = self._current, now
        if before is not None and now > before > self._ended:
            self._end(before, epoch, {})

    def _end(self, cycle: int, epoch: int, logs: dict[str, Any]) -> None:
        if cycle <= self._ended or cycle < 0:
            return
        self._ended = cycle
        self._tap.look()
        sync_variables(self.model)
        self.on_cycle_end(cycle, epoch, logs)
