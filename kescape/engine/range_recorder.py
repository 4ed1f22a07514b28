"""Records a range test: every step, and nothing that a run could go on from."""

from __future__ import annotations

from typing import Any

import numpy as np

from kescape.callbacks.follow_plan import FollowPlan
from kescape.callbacks.run_recorder import RunRecorder
from kescape.evidence.range_test import explosion, half_life_for
from kescape.run.writer import RunWriter
from kescape.step_tap import StepBlock

__all__ = ["RangeRecorder"]


class RangeRecorder(RunRecorder):
    """Records into an open run; ends the test with its last step, or when the loss explodes.

    Whoever opened the run says how it ended if it does not end by itself.

    Args:
        writer: The open run.
        steps: How many steps the test has.
    """

    kind = "engine"

    def __init__(self, writer: RunWriter, steps: int) -> None:
        super().__init__()
        self.folder = writer.folder
        self._opened = writer
        self._steps = steps
        self._losses: list[Any] = []

    def tell(self, sentence: str) -> None:
        """Note something about the model, in words."""
        self._opened.event("model", self._opened.steps, sentence)

    def begin(self, stage: str) -> None:
        """Note what is being done before there is a step to show, in words."""
        self._opened.event("stage", self._opened.steps, stage)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Look once more where the plan ends: its last step is the last of the test."""
        super().on_train_batch_end(batch, logs)
        source = self._tap.source
        if isinstance(source, FollowPlan) and source.steps_until(self._position[0], batch + 1) >= self._steps:
            self._tap.look()
            self.model.stop_training = True

    def close_segment(self, session: str) -> None:
        """A failed fit leaves the run open, for its failure to be written."""

    def _open(self) -> RunWriter:
        self._opened.describe_columns(self._columns())
        return self._opened

    def _on_steps(self, block: StepBlock) -> None:
        super()._on_steps(block)
        self._losses.append(block.loss.astype(np.float64))
        if explosion(np.concatenate(self._losses), half_life_for(self._steps)) is not None:
            self.model.stop_training = True
