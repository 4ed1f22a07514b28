"""The engine's ledger: judges each restart of a run at the end of its cycle, also in a run that went on."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from kescape.engine.checkpoint import Kept
from kescape.evidence.escape import Escape
from kescape.evidence.judge import EscapeJudge, rows_for, sample
from kescape.evidence.loss_of_weights import Weights
from kescape.run.escapes import note_escape
from kescape.run.reader import open_run
from kescape.run.restarts import WINDOW_STEPS
from kescape.run.writer import RunWriter

__all__ = ["EngineLedger", "weights_in"]


class EngineLedger:
    """Judges the restarts of an engine's run and notes what it found.

    Args:
        model: Compiled and built.
        writer: The open run.
        x: Inputs of the training part.
        y: Its targets.
        seed: The run's; decides which rows are looked at.
        steps_per_epoch: Of the run.
    """

    def __init__(self, model: Any, writer: RunWriter, x: Any, y: Any, seed: int, steps_per_epoch: int) -> None:
        self._model = model
        self._writer = writer
        self._judge = EscapeJudge(model, *sample(x, y, rows_for(model, len(y)), seed))
        self._steps_per_epoch = steps_per_epoch

    def judge(self, before: Kept, after: Kept, cycle: int, previous_start: int) -> Escape:
        """Judge the restart that began `cycle`.

        Args:
            before: The state at the end of the cycle before.
            after: The state now, at the end of the cycle.
            cycle: From 1.
            previous_start: The step that the cycle before began with.
        """
        began = time.perf_counter()
        lead = min(WINDOW_STEPS, before.step - previous_start)
        self._writer.flush()
        with open_run(self._writer.folder) as run:
            # Read back: this process may have gone on in the middle of the cycle.
            curves = run.curves(before.step - lead, ["loss", "time"], numbered=False)
        steps = np.diff(curves["time"])
        weights = [weights_in(self._model, kept) for kept in (before, after)]
        row = self._judge.judge(
            *weights,
            cycle=cycle,
            step=before.step,
            losses=curves["loss"],
            lead=lead,
            seconds_per_epoch=float(np.median(steps)) * self._steps_per_epoch if len(steps) else None,
            seconds_before=time.perf_counter() - began,
        )
        note_escape(self._writer, row)
        return row


def weights_in(model: Any, kept: Kept) -> Weights:
    """The weights of a kept state, as `model.get_weights()` would give them."""
    places = {id(variable): place for place, variable in enumerate(model.variables)}
    values = kept.state["model"]
    return [values[places[id(variable)]] for variable in model.weights]
