"""The recorder of the engine: records into a run that was asked for, and watches over its loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kescape.callbacks.run_recorder import RunRecorder
from kescape.run.folder import MODEL
from kescape.run.writer import RunWriter
from kescape.step_tap import StepBlock

__all__ = ["EngineRecorder", "LossNotFinite"]


class LossNotFinite(ArithmeticError):  # noqa: N818 (says what is the case, like the run's own errors)
    """The loss became NaN or infinite; from there on no step learns anything."""


class EngineRecorder(RunRecorder):
    """Records into an open run; stops a training whose loss is not finite; keeps the trained model.

    Whoever opened the run says how it ended if the training does not end by itself.
    """

    kind = "engine"

    def __init__(self, writer: RunWriter) -> None:
        super().__init__()
        self.folder = writer.folder
        self._opened = writer

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Keep the model, then say that the run has ended, so that who waits for that finds it."""
        # Written aside first: a model.keras that is there is whole.
        temporary = self._opened.folder / f".{MODEL}"
        self.model.save(temporary)
        temporary.replace(self._opened.folder / MODEL)
        super().on_train_end(logs)

    def close_segment(self, session: str) -> None:
        """A failed fit leaves the run open, for its failure to be written."""

    def _open(self) -> RunWriter:
        self._opened.describe_columns(self._columns())
        return self._opened

    def _on_steps(self, block: StepBlock) -> None:
        first = self._opened.steps
        super()._on_steps(block)
        bad = np.flatnonzero(~np.isfinite(block.loss))
        if bad.size:
            at = int(bad[0])
            what = "NaN" if math.isnan(block.loss[at]) else "infinite"
            raise LossNotFinite(
                f"loss became {what} at step {first + at}, learning rate "
                f"{block.learning_rate[at]:.4g}; a lower highest rate or a clipped gradient may help"
            )
