"""Where the cycles of a run began, also in a run of several segments."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from kescape.run.reader import Run


@dataclass(frozen=True)
class CycleStart:
    """A step at which a cycle began.

    Attributes:
        step: The step of the run.
        cycle: Its number in its segment's plan: -1 for the warm-up, else counted from 0.
        is_restart: Whether the rate jumped up: not at the start of cycle 0, the warm-up or the
            tail.
    """

    step: int
    cycle: int
    is_restart: bool


def cycle_starts(run: Run, until: int) -> list[CycleStart]:
    """The starts of all cycles before step `until`; empty where no plan is known.

    Each segment of a run has a plan of its own, whose cycles are counted from 0 again.
    """
    sessions = run.sessions
    ends = [session.first_step for session in sessions[1:]] + [until]
    starts: list[CycleStart] = []
    for session, end in zip(sessions, ends, strict=True):
        first, end = session.first_step, min(end, until)
        placed = run.placed_for(session)
        if placed is None or end <= first:
            continue
        shift = session.plan_step
        restarts = set(placed.restarts(end - shift))
        starts += [
            CycleStart(step + shift, placed.cycle_of(step), step in restarts)
            for step in placed.cycle_starts(end - shift).tolist()
            # Where a session goes on within a cycle, the one before has told of its start.
            if step + shift >= first
        ]
    return starts


def cycle_of_steps(starts: list[CycleStart], steps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The cycle of each of `steps`, which rise.

    Example:
        >>> starts = [CycleStart(0, 0, False), CycleStart(3, 1, True)]
        >>> cycle_of_steps(starts, np.arange(5)).tolist()
        [0, 0, 0, 1, 1]
    """
    cycles = np.full(len(steps), -1, np.int64)
    borders = [*(int(i) for i in np.searchsorted(steps, [s.step for s in starts])), len(steps)]
    for start, (begin, end) in zip(starts, pairwise(borders), strict=True):
        cycles[begin:end] = start.cycle
    return cycles
