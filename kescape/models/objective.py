"""What a model is trained for: the loss that falls, and the metrics that are watched."""

from __future__ import annotations

from typing import Any

import keras

from kescape.data.targets import Task

__all__ = ["objective"]


def objective(task: Task) -> dict[str, Any]:
    """Loss and metrics as `model.compile` takes them."""
    if task == "regression":
        return {"loss": keras.losses.MeanSquaredError(), "metrics": ["mean_absolute_error"]}
    return {"loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "metrics": ["accuracy"]}
