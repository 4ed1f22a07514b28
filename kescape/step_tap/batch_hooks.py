"""Rate and loss by Keras' ordinary batch hooks, where no compiled step can be wrapped: PyTorch, and odd models.

The rate is assigned before each batch. The loss of a batch is what it added to the running mean called `loss`: the
difference of two float32 sums, so its error grows with an epoch's total (5e-4 after a million samples at a loss of 1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kescape.step_tap.attachment import Attachment
from kescape.step_tap.sync import sync_variables
from kescape.step_tap.wrapped_step import COLUMNS


class BatchHooks:
    """Table and ring in host memory; `reason` says why, and goes into the record of the run."""

    def __init__(self, model: Any, size: int, *, reason: str) -> None:
        self.reason: str | None = reason
        self.size = size
        self.loss_kind = "batch loss"
        self._attachment = Attachment(model)
        self._table = np.full((self.size, 2), np.nan)
        # float32 as the optimizer's rate, so that rate set and rate found can be compared.
        self._ring = np.zeros((self.size, len(COLUMNS)), np.float32)
        self._position = 0
        self._found = np.nan
        self._sums = (0.0, 0.0)

    def install(self, most_steps: int | None) -> None:
        steps = most_steps or self._attachment.model.steps_per_execution
        if steps > 1:
            raise ValueError(
                f"steps_per_execution must be 1 where rate and loss are taken by batch hooks ({self.reason}), "
                f"because hooks see only the last step of each execution; got steps_per_execution={steps}"
            )
        self._attachment.attach()

    def uninstall(self) -> None:
        self._attachment.detach()

    def carrying(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def begin_epoch(self, first_batch: int) -> None:
        self._position = first_batch

    def fill(self, rows: np.ndarray) -> None:
        self._table = rows

    def before_batch(self, batch: int) -> None:
        sync_variables(self._attachment.model)
        optimizer = self._attachment.model.optimizer
        self._found = self._rate()
        rate, momentum = self._table[batch % self.size]
        if not np.isnan(rate):
            optimizer.learning_rate = float(rate)
        variable = getattr(getattr(optimizer, "inner_optimizer", optimizer), "momentum_variable", None)
        if variable is not None and not np.isnan(momentum):
            variable.assign(float(momentum))
        self._sums = self._loss_sums()

    def after_batch(self, batch: int, logs: dict[str, Any] | None) -> None:
        sync_variables(self._attachment.model)
        used = self._rate() if hasattr(self._attachment.model.optimizer.learning_rate, "assign") else self._found
        self._ring[batch % self.size] = self._found, used, self._loss(logs)
        self._position = batch + 1

    def read(self) -> tuple[int, np.ndarray]:
        return self._position, self._ring

    def _rate(self) -> float:
        return _number(self._attachment.model.optimizer.learning_rate)

    def _loss_sums(self) -> tuple[float, float]:
        """Total and count of the running mean called `loss`."""
        for metric in self._attachment.model.metrics:
            if metric.name == "loss" and isinstance(metric, keras.metrics.Mean):
                return _number(metric.total), _number(metric.count)
        return 0.0, 0.0

    def _loss(self, logs: dict[str, Any] | None) -> float:
        total, count = self._loss_sums()
        old_total, old_count = self._sums
        if count > old_count:
            self.loss_kind = "batch loss"
            return (total - old_total) / (count - old_count)
        self.loss_kind = "running mean"
        return _number((logs or {}).get("loss", np.nan))


def _number(value: Any) -> float:
    return float(keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(value)))
