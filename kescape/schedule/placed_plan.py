"""A plan on whole steps, with what was done to it by hand: training and preview follow it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kescape.schedule.checks import checked_whole
from kescape.schedule.plan import NewPeak, PlanEdit
from kescape.schedule.step_grid import StepGrid

if TYPE_CHECKING:
    from kescape.schedule.plan import Plan

__all__ = ["PlacedPlan"]

_CHUNK = 1 << 16
"""Steps computed at once: what the arrays in between need stays in the processor's cache."""


@dataclass(frozen=True)
class PlacedPlan:
    """A plan placed on whole steps; steps are counted from 0 over the whole run.

    A restart is the first step of a cycle 1, 2, ... and has exactly that cycle's peak (or, with
    `restart_warmup`, starts to rise to it). Boundaries lie on the nearest step, and every cycle
    has at least one step.

    Args:
        plan: The plan in epochs.
        steps_per_epoch: How many steps one epoch has, >= 1.
        edits: What is done by hand, by rising step; steps to come are allowed. A "restart" shifts
            the plan: the next cycle begins at the edit's step, and everything after it follows on.
            Where a cycle begins there by itself, nothing changes. An "eta_max" gives the first
            cycle that begins at the edit's step or later another peak, and so those after it.

    Example:
        >>> from kescape.schedule import CosineRestarts
        >>> placed = CosineRestarts(t_0=1, t_mult=2, eta_max=0.1).on_steps(100)
        >>> placed.restarts(until=1000)
        [100, 300, 700]
        >>> placed.cycle_of(250), placed.cycle_bounds(250), placed.learning_rate(300)
        (1, (100, 300), 0.1)
        >>> sooner = placed.with_edit(PlanEdit(250))
        >>> sooner.restarts(until=1000), sooner.cycle_bounds(249)
        ([100, 250, 650], (100, 250))
        >>> higher = placed.with_edit(PlanEdit(250, "eta_max", 0.2))
        >>> [higher.learning_rate(step) for step in (100, 300, 700)]
        [0.1, 0.2, 0.2]
    """

    plan: Plan
    steps_per_epoch: int
    edits: tuple[PlanEdit, ...] = ()

    def __post_init__(self) -> None:
        steps_per_epoch = checked_whole("steps_per_epoch", self.steps_per_epoch, 1, "an epoch has at least one step")
        object.__setattr__(self, "steps_per_epoch", steps_per_epoch)
        object.__setattr__(self, "edits", tuple(self.edits))
        self._steered  # noqa: B018  (refuses edits that cannot be made)

    @cached_property
    def _grid(self) -> StepGrid:
        return StepGrid(self.plan.timeline, self.steps_per_epoch)

    @cached_property
    def _segments(self) -> tuple[list[int], list[int]]:
        """First steps from which on a shift holds, and the shifts: position = step + shift."""
        firsts, shifts = [0], [0]
        latest = 0
        for edit in self.edits:
            step = edit.step
            if step < latest:
                raise ValueError(
                    f"step must be >= {latest}, because edits are in the order of their steps; got step={step}"
                )
            latest = step
            if edit.kind != "restart":
                continue
            shift = shifts[-1]
            following = self._first_cycle_from(step + shift)
            if following == -1:
                following = 0
            if self._grid.count is not None and following >= self._grid.count:
                raise ValueError(
                    "step must lie before the plan's last cycle, because a restart begins the next "
                    f"cycle and here there is none; got step={step}"
                )
            firsts.append(step)
            shifts.append(self._grid.start(following) - step)
        return firsts, shifts

    def _first_cycle_from(self, position: int) -> int:
        """Return the first cycle (-1: the warm-up) that begins at a position of the unedited plan, or after it."""
        cycle = self._grid.cycle_of(position)
        return cycle if position == self._grid.start(cycle) else cycle + 1

    @cached_property
    def _peak_changes(self) -> list[tuple[int, NewPeak]]:
        """Where each new peak begins to hold, and what it comes to, in their order."""
        changes = []
        for edit in self.edits:
            if edit.kind != "eta_max":
                continue
            assert edit.value is not None
            _, shift, cut = self._segment(edit.step)
            # Cycles come one after the other whatever the restarts by hand: their numbers say where a peak holds.
            cycle = self._first_cycle_from(edit.step + shift)
            if self._grid.count is not None and cycle >= self._grid.count:
                self.plan.with_peaks([NewPeak(cycle, edit.value)])  # says so where a plan has no peaks at all
                raise ValueError(
                    "step must lie before the plan's last cycle, because a new peak holds from the next "
                    f"cycle on and here there is none; got step={edit.step}"
                )
            start = self._grid.start(cycle) - shift
            changes.append((start if cut is None else min(start, cut), NewPeak(cycle, edit.value)))
        return changes

    @cached_property
    def _steered(self) -> Plan:
        """The plan with its new peaks."""
        self._segments  # noqa: B018  (the order is checked first)
        new_peaks = [new for _, new in self._peak_changes]
        return self.plan.with_peaks(new_peaks) if new_peaks else self.plan

    def _segment(self, step: int) -> tuple[int, int, int | None]:
        """Return first step, shift and end (None: no end) of the segment that a step lies in."""
        firsts, shifts = self._segments
        i = bisect_right(firsts, step) - 1
        return firsts[i], shifts[i], firsts[i + 1] if i + 1 < len(firsts) else None

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        step = _checked_step("step", step)
        return float(self.learning_rates(step, 1)[0])

    def learning_rates(self, first: int, count: int) -> NDArray[np.float64]:
        """Return the learning rates of `count` steps from `first` on."""
        first = _checked_step("first", first)
        count = checked_whole("count", count, 0, "it is a number of steps")
        rates = np.empty(count)
        step, stop = first, first + count
        while step < stop:
            _, shift, end = self._segment(step)
            until = min(stop, step + _CHUNK)
            if end is not None:
                until = min(until, end)
            rates[step - first : until - first] = self._steered.placed_rates(self._grid, step + shift, until - step)
            step = until
        return rates

    def cycle_of(self, step: int) -> int:
        """Return the cycle of a step: -1 in the warm-up, the number of cycles after the last."""
        step = _checked_step("step", step)
        return self._grid.cycle_of(step + self._segment(step)[1])

    def peak(self, cycle: int) -> float | None:
        """Return the highest rate of a cycle, new peaks counted in; None for a plan whose cycles have no peaks.

        Example:
            >>> from kescape.schedule import Constant, CosineRestarts
            >>> placed = CosineRestarts(1, 2, 0.1).on_steps(100).with_edit(PlanEdit(250, "eta_max", 0.2))
            >>> placed.peak(1), placed.peak(2), Constant(0.1).on_steps(100).peak(0)
            (0.1, 0.2, None)
        """
        peak = getattr(self._steered, "peak", None)
        return None if peak is None else float(peak(cycle))

    def cycle_bounds(self, step: int) -> tuple[int, int | None]:
        """Return the first step of this step's cycle and the first after it (None: no end)."""
        step = _checked_step("step", step)
        _, shift, cut = self._segment(step)
        start, end = self._grid.bounds(self._grid.cycle_of(step + shift))
        if end is None:
            return start - shift, None
        return start - shift, end - shift if cut is None else min(end - shift, cut)

    def cycle_starts(self, until: int) -> NDArray[np.int64]:
        """Return the first steps before `until` of everything: warm-up, cycles, what comes after.

        The first is always 0; `cycle_of` names each.

        Example:
            >>> from kescape.schedule import CosineRestarts
            >>> placed = CosineRestarts(1, 1, 0.1, warmup=0.5, cycles=2).on_steps(10)
            >>> placed.cycle_starts(1000).tolist()
            [0, 5, 15, 25]
        """
        until = checked_whole("until", until, 0, "steps are counted from 0")
        parts: list[NDArray[np.int64]] = []
        step = 0
        while step < until:
            first, shift, cut = self._segment(step)
            end = until if cut is None else min(cut, until)
            if end > first:
                parts.append(self._grid.block(first + shift, end - first).start - shift)
            step = end
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def restarts(self, until: int) -> list[int]:
        """Return the first steps of cycles 1, 2, ..., as far as they are before `until`."""
        starts: list[int] = self.cycle_starts(until).tolist()
        # The cycles come in their order, one after the other, whatever the edits.
        first, count = self.cycle_of(0), self._grid.count
        return starts[1 - first : None if count is None else count - first]

    def next_restart(self, step: int) -> int | None:
        """Return the first restart after a step, None if there is none.

        Example:
            >>> from kescape.schedule import single_cosine, CosineRestarts
            >>> CosineRestarts(1, 2, 0.1).on_steps(100).next_restart(100)
            300
            >>> single_cosine(10, 0.1).on_steps(100).next_restart(0) is None
            True
        """
        end = self.cycle_bounds(step)[1]
        while end is not None:
            cycle = self.cycle_of(end)
            if cycle == self._grid.count:
                return None
            if cycle >= 1:
                return end
            end = self.cycle_bounds(end)[1]
        return None

    def eta_max_changes(self) -> list[tuple[int, float]]:
        """Return from which step on eta_max is another, and the new one, for each edit "eta_max" in order.

        Example:
            >>> from kescape.schedule import CosineRestarts
            >>> placed = CosineRestarts(1, 2, 0.1).on_steps(100)
            >>> placed.with_edit(PlanEdit(250, "eta_max", 0.2)).eta_max_changes()
            [(300, 0.2)]
        """
        return [(start, new.eta_max) for start, new in self._peak_changes]

    def with_edit(self, edit: PlanEdit) -> PlacedPlan:
        """Return the plan with one more thing done to it by hand; edits of later steps stay.

        Raises:
            ValueError: There is no next cycle to begin, or none that a new peak could hold for, here or at an edit
                of a later step; or the new peak is not above the plan's lowest rate.
        """
        at = bisect_right(self.edits, edit.step, key=lambda known: known.step)
        return replace(self, edits=(*self.edits[:at], edit, *self.edits[at:]))


def _checked_step(name: str, step: Any) -> int:
    return checked_whole(name, step, 0, "steps are counted from 0 over the whole run")
