"""The engine's controller: acts on the verdicts of a run whose settings ask for it, also in a run that went on."""

from __future__ import annotations

import dataclasses
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


class EngineController:
    """Goes back to the best end of a cycle, or changes the next peaks, as the verdicts say.

    Args:
        model: Compiled and built.
        writer: The open run.
    """

    def __init__(self, model: Any, writer: RunWriter) -> None:
        self._model = model
        self._writer = writer

    def act(self, kept: dict[str, Kept], last: str, source: FollowPlan, step: int, *, goes_on: bool) -> None:
        """Decide at the end of a cycle, and do it.

        Args:
            kept: The states that are kept: under `last` that of this end of a cycle, which is replaced where the
                training goes back.
            last: Its name.
            source: The plan that is followed.
            step: The step of the plan that comes next.
            goes_on: Whether the training does.
        """
        now = kept[last]
        incumbent = kept.setdefault(INCUMBENT, now)
        with open_run(self._writer.folder) as run:
            rows = run.escapes()
        if not rows or rows[-1].end_step != now.step:
            return
        if best_minimum(rows).step == now.step:
            incumbent = kept[INCUMBENT] = now
        advice = decide(source, rows)
        if advice is None:
            return
        if advice.back_to is not None:
            incumbent.put_weights_into(self._model)
            still(self._model)
            # What comes next is compared with where it begins.
            label = f"{now.label}, put back to the {incumbent.label}"
            kept[last] = dataclasses.replace(incumbent, step=now.step, epoch=now.epoch, label=label)
        eta_max = None
        if goes_on and source.placed is not None and source.placed.next_restart(step - 1) is not None:
            eta_max = advice.eta_max
        if eta_max is not None:
            source.change_eta_max(eta_max)
        back_to = None if advice.back_to is None else advice.back_to.cycle
        note_decision(self._writer, advice.sentence(), {"eta_max": eta_max, "back_to": back_to})
