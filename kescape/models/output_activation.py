"""Whether a model's outputs are probabilities already."""

from __future__ import annotations

from typing import Any, Literal

import keras
import numpy as np

__all__ = ["output_activation"]

_PASSES_ON = ("Flatten", "Reshape", "Dropout", "Identity")
"""Layers after which numbers are what they were."""


def output_activation(model: keras.Model, input_shape: tuple[int, ...]) -> Literal["softmax", "sigmoid"] | None:
    """What the model ends in; None if its outputs are logits, or other plain numbers.

    A model whose layers cannot be followed, as a subclass of `keras.Model`, is asked with random numbers whether its
    outputs are shares that add up to one.

    Args:
        model: Built.
        input_shape: Shape of one input, without the batch.
    """
    try:
        last = _last_operation(model)
    except AttributeError:  # a model that is code has no layers in an order
        return "softmax" if _adds_up_to_one(model, input_shape) else None
    kind = type(last).__name__.lower()
    activation = getattr(getattr(last, "activation", None), "__name__", "")
    if "softmax" in (kind, activation):
        return "softmax"
    return "sigmoid" if "sigmoid" in (kind, activation) else None


def _last_operation(model: keras.Model) -> Any:
    """The layer, or operation, that makes the numbers which come out."""
    (tensor,) = model.outputs
    while True:
        operation = tensor._keras_history.operation  # as Keras' own documentation follows a graph
        if isinstance(operation, keras.Model):
            return _last_operation(operation)
        kind = type(operation).__name__
        is_linear = kind == "Activation" and operation.activation.__name__ == "linear"
        if kind not in _PASSES_ON and not is_linear:
            return operation
        tensor = operation.input


def _adds_up_to_one(model: keras.Model, input_shape: tuple[int, ...]) -> bool:
    inputs = np.random.default_rng(0).normal(size=(8, *input_shape)).astype(np.float32)
    outputs = keras.ops.convert_to_numpy(model(inputs, training=False))
    return outputs.shape[-1] > 1 and bool((outputs >= 0).all()) and np.allclose(outputs.sum(axis=-1), 1, atol=1e-3)
