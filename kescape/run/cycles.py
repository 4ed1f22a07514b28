"""Where the cycles of a run began, according to its plan or to its events."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from kescape.run.reader import Run, Session
    from kescape.schedule import PlacedPlan, Plan


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

    Each segment of a run has a plan of its own, whose cycles are counted from 0 again. Where a
    segment's plan cannot be placed on steps, the restarts are those that were recorded as events.
    """
    sessions = run.sessions
    starts: list[CycleStart] = []
    for number, session in enumerate(sessions):
        # A later session may have gone on from before this one began.
        end = min([until, *(later.first_step for later in sessions[number + 1 :])])
        if session.first_step >= end or session.plan is None:
            continue
        placed = run.placed_for(session)
        if placed is None:
            starts += _recorded(run, session, session.plan, end)
        else:
            starts += _planned(session, placed, end)
    return starts


def _planned(session: Session, placed: PlacedPlan, end: int) -> list[CycleStart]:
    shift = session.plan_step
    restarts = set(placed.restarts(end - shift))
    return [
        CycleStart(step + shift, placed.cycle_of(step), step in restarts)
        for step in placed.cycle_starts(end - shift).tolist()
        # Where a session goes on within a cycle, the one before has told of its start.
        if step + shift >= session.first_step
    ]


def _recorded(run: Run, session: Session, plan: Plan, end: int) -> list[CycleStart]:
    found = [
        CycleStart(event.step, int(event.data["cycle"]), is_restart=True)
        for event in run.events()
        if event.kind == "restart"
        and event.session == session.id
        and event.step < end
        and event.data
        and "cycle" in event.data
    ]
    if not found or found[0].step > session.first_step:
        first = found[0].cycle - 1 if found else plan.cycle_at(0).index
        found.insert(0, CycleStart(session.first_step, first, is_restart=False))
    _correct_by_epochs(run, session, found, end)
    return found


def _correct_by_epochs(run: Run, session: Session, starts: list[CycleStart], end: int) -> None:
    """Add what no restart tells: the end of a warm-up or of all cycles, and the cycle that a later epoch is in."""
    begin = session.first_step
    for row in run.epochs(begin):
        if row.last_step >= end:
            break
        at = bisect_right(starts, row.last_step, key=lambda start: start.step) - 1
        cycle = int(row.values.get("cycle", starts[at].cycle))
        if cycle != starts[at].cycle and starts[at].step <= begin:
            first = at if starts[at].step == begin else at + 1  # in the place of a start there, else behind it
            starts[first : at + 1] = [CycleStart(begin, cycle, is_restart=False)]
        begin = row.last_step + 1


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
