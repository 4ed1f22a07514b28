"""What a model is trained for: the loss that falls, and the metrics that are watched."""

from __future__ import annotations

from typing import Any

import keras

from kescape.data.targets import Task
from kescape.models.output_activation import output_activation
from kescape.models.own_model import output_shape

__all__ = ["objective", "understood_loss"]

_CLASSES = {"SparseCategoricalCrossentropy"}
_TWO_CLASSES = {"BinaryCrossentropy", "BinaryFocalCrossentropy"}
_NUMBERS = {
    "MeanSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "Huber",
    "LogCosh",
}

_BY_NAME = {
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "binary_crossentropy": "BinaryCrossentropy",
    "bce": "BinaryCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "mean_squared_error": "MeanSquaredError",
    "mse": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "mae": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mape": "MeanAbsolutePercentageError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "msle": "MeanSquaredLogarithmicError",
    "huber": "Huber",
    "log_cosh": "LogCosh",
    "logcosh": "LogCosh",
}
"""Keras' short names of the losses that can fit."""


def objective(task: Task, model: keras.Model, input_shape: tuple[int, ...], loss: Any = None) -> dict[str, Any]:
    """Loss and metrics as `model.compile` takes them.

    Args:
        task: What the data asks for.
        model: Built. A last softmax or sigmoid decides whether its outputs are taken as probabilities or as logits;
            one output for two classes is the share of the second.
        input_shape: Shape of one input, without the batch.
        loss: The model's own, see `understood_loss`; used if it fits the task and the outputs.
    """
    one_output = output_shape(model, input_shape) == (1,)
    if task == "regression":
        fitting, own = _NUMBERS, loss
        standard: keras.Loss = keras.losses.MeanSquaredError()
        metrics: list[Any] = ["mean_absolute_error"]
    else:
        logits = output_activation(model, input_shape) is None
        fitting = _TWO_CLASSES if one_output else _CLASSES
        # With the wrong one of the two, the loss would be of numbers that nobody sees.
        own = loss if getattr(loss, "from_logits", logits) == logits else None
        if one_output:
            standard = keras.losses.BinaryCrossentropy(from_logits=logits)
            metrics = [keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0 if logits else 0.5)]
        else:
            standard = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
            metrics = ["accuracy"]
    fits = own is not None and (type(own).__name__ in fitting or not type(own).__module__.startswith("keras."))
    return {"loss": own if fits else standard, "metrics": metrics}


def understood_loss(written: Any) -> Any:
    """The loss that a model was compiled with, or None if it is none that can be used here.

    Args:
        written: A name, a loss, a function, or what Keras writes of one into a `.keras` file.
    """
    if isinstance(written, keras.Loss):
        return written
    if callable(written):
        by_name = written.__module__.startswith("keras.") and _BY_NAME.get(written.__name__)
        return getattr(keras.losses, by_name)() if by_name else written
    if isinstance(written, dict):
        name = written.get("class_name")
        if written.get("module") != "keras.losses" or name not in _CLASSES | _TWO_CLASSES | _NUMBERS:
            return None
        return keras.losses.deserialize(written)
    name = _BY_NAME.get(written) if isinstance(written, str) else None
    return None if name is None else getattr(keras.losses, name)()
