"""The ensemble of a run's snapshots so far, on its validation part, each time that a cycle has ended."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from kescape.engine.checkpoint import Kept
from kescape.engine.engine_ledger import weights_in
from kescape.evidence.classes import OutputMeaning
from kescape.evidence.ensemble_score import Rated, score_of
from kescape.evidence.loss_of_weights import Weights
from kescape.evidence.mean_of_outputs import MeanOfOutputs
from kescape.evidence.outputs_of_weights import OutputsOfWeights
from kescape.evidence.rated_outputs import rated
from kescape.evidence.weights_file import WeightsUnusable, read_weights
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter

__all__ = ["RunningEnsemble"]


class RunningEnsemble:
    """Adds each snapshot to the mean of those before it: one forward pass over the validation part for each cycle.

    The snapshots of earlier cycles that it has not seen are read from their files: in a run that goes on, and at the
    end of the second cycle, since one snapshot alone is no ensemble.

    Args:
        model: Compiled and built.
        writer: The open run.
        x: Inputs of the validation part.
        y: Its targets.
    """

    def __init__(self, model: Any, writer: RunWriter, x: Any, y: Any) -> None:
        self._model = model
        self._writer = writer
        self._x, self._y = x, y
        self._outputs = OutputsOfWeights(model)
        self._mean = MeanOfOutputs(OutputMeaning.of(model))
        self._members: list[int] = []
        self._rated: list[Rated] = []

    def take(self, now: Kept, cycle: int) -> dict[str, Any]:
        """Add the snapshot at the end of `cycle`; what belongs to its row: nothing if it is the first."""
        began = time.perf_counter()
        if not self._members:
            self._take_earlier(now.step)
            if not self._members:
                return {}
        self._add(weights_in(self._model, now), cycle)
        score = score_of(self._members, self._rated, rated(self._model, self._mean.outputs, self._y))
        return {"ensemble": dataclasses.asdict(score), "ensemble_seconds": time.perf_counter() - began}

    def _take_earlier(self, step: int) -> None:
        writer = self._writer
        with open_run(writer.folder) as run:
            rows = [row for row in run.snapshots() if row.kind == "cycle" and row.step < step]
        for row in rows:
            path = writer.folder / row.file
            if not path.exists():
                continue  # thrown away by whoever needs the room
            try:
                weights = read_weights(self._model, path)
            except WeightsUnusable as error:
                writer.event("snapshot_unusable", step, str(error))
                continue
            self._add(weights, (row.data or {})["cycle"])

    def _add(self, weights: Weights, cycle: int) -> None:
        outputs = self._outputs.at(weights, self._x)
        self._mean.add(outputs)
        self._members.append(cycle)
        self._rated.append(rated(self._model, outputs, self._y))
