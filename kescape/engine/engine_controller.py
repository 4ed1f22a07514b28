"""The engine's controller: acts on the verdicts of a run whose settings ask for it, also in a run that went on."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from kescape.callbacks.escape_controller import decide, still
from kescape.callbacks.follow_plan import FollowPlan
from kescape.engine.checkpoint import Kept
from kescape.evidence.advice import best_minimum
from kescape.run.escapes import note_decision
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter

__all__ = ["INCUMBENT", "EngineController"]

INCUMBENT = "best_cycle"
"""By this name the best end of a cycle is kept, in each checkpoint too."""

MOST_TIMES = 10.0
"""So many times the highest rate of the settings, and no more: where nothing is left to gain, raising would not end."""


class EngineController:
    """Goes back to the best end of a cycle, or changes the next peaks, as the verdicts say.

    Args:
        model: Compiled and built.
        writer: The open run.
    """

    def __init__(self, model: Any, writer: RunWriter) -> None:
        self._model = model
        self._writer = writer

    def act(self, kept: dict[str, Kept], last: str, source: FollowPlan, step: int) -> None:
        """Decide at the end of a cycle, and do it.

        The new peak is set where the training ends with the cycle, too: it may be asked to go on.

        Args:
            kept: The states that are kept: under `last` that of this end of a cycle, which is replaced where the
                training goes back.
            last: Its name.
            source: The plan that is followed.
            step: The step of the plan that comes next.
        """
        now = kept[last]
        incumbent = kept.setdefault(INCUMBENT, now)
        with open_run(self._writer.folder) as run:
            rows = run.escapes()
        if not rows or rows[-1].end_step != now.step:
            return
        if best_minimum(rows).step == now.step:
            incumbent = kept[INCUMBENT] = now
        advice = decide(source, rows, most=MOST_TIMES * float(getattr(source.plan, "eta_max", math.inf)))
        if advice is None:
            return
        if advice.back_to is not None:
            incumbent.put_weights_into(self._model)
            still(self._model)
            # What comes next is compared with where it begins.
            label = f"{now.label}, put back to the {incumbent.label}"
            kept[last] = dataclasses.replace(incumbent, step=now.step, epoch=now.epoch, label=label)
        placed = source.placed
        assert placed is not None, "a cycle has ended, so the steps are known"
        following = placed.next_restart(step - 1)
        eta_max = None if following is None else advice.eta_max
        # A run that goes on from the very end of the cycle has been told before.
        if following is not None and eta_max is not None and placed.peak(placed.cycle_of(following)) != eta_max:
            source.change_eta_max(eta_max)
        back_to = None if advice.back_to is None else advice.back_to.cycle
        note_decision(self._writer, advice.sentence(), {"eta_max": eta_max, "back_to": back_to})
