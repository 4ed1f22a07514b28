"""The outputs of a model with other weights than its own, without touching it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from kescape.evidence.loss_of_weights import Weights, batch_rows, check_weights
from kescape.step_tap import sync_variables

__all__ = ["OutputsOfWeights"]


class OutputsOfWeights:
    """Predicts with any weights of a model, statistics of batch normalisation as they stand among them.

    Nothing is assigned: the values are handed to the model as arguments, so that it can be asked in its training.

    Args:
        model: Built.

    Example:
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> OutputsOfWeights(model).at([np.array([[3.0]])], np.array([[1.0], [2.0]])).tolist()
        [[3.0], [6.0]]
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._functions: dict[str, Any] = {}

    def at(self, weights: Weights, x: Any) -> Any:
        """The outputs for all rows of x.

        Args:
            weights: As `model.get_weights()` gives them.
            x: An array, or what the model takes (a list or dictionary of arrays), rows first.

        Raises:
            ValueError: The weights are not this model's, or there are no rows.
        """
        arrays = keras.tree.map_structure(np.asarray, x)
        lengths = {len(array) for array in keras.tree.flatten(arrays)}
        if len(lengths) != 1 or not max(lengths):
            raise ValueError(f"x must have rows, in all of its parts as many, to be predicted; got {sorted(lengths)}")
        (rows,) = lengths
        values = self._values(weights)
        parts = []
        size = batch_rows(arrays)
        for first in range(0, rows, size):
            batch = keras.tree.map_structure(
                lambda array: ops.convert_to_tensor(array[first : first + size]),  # noqa: B023
                arrays,
            )
            parts.append(keras.tree.map_structure(ops.convert_to_numpy, self._function(batch)(*values, batch)))
        return keras.tree.map_structure(lambda *of_batches: np.concatenate(of_batches), *parts)

    def _values(self, weights: Weights) -> tuple[list[Any], list[Any]]:
        """The values of the model's trainable and other variables."""
        model = self._model
        check_weights(model, weights)
        sync_variables(model)
        given = {id(variable): value for variable, value in zip(model.weights, weights, strict=True)}

        def value(variable: Any) -> Any:
            if id(variable) not in given:
                return ops.convert_to_tensor(variable)  # the state of a random generator
            return ops.convert_to_tensor(given[id(variable)], variable.dtype)

        return [value(v) for v in model.trainable_variables], [value(v) for v in model.non_trainable_variables]

    def _function(self, batch: Any) -> Any:
        """The model's call, compiled; on TensorFlow once for all numbers of rows."""
        key = str(keras.tree.map_structure(lambda tensor: (tuple(tensor.shape[1:]), str(tensor.dtype)), batch))
        if key not in self._functions:
            self._functions[key] = self._compiled(batch)
        return self._functions[key]

    def _compiled(self, batch: Any) -> Any:
        model, backend = self._model, keras.backend.backend()

        def outputs(trainable: list[Any], others: list[Any], x: Any) -> Any:
            variables = [*model.trainable_variables, *model.non_trainable_variables]
            # `stateless_call` would hand `training` to a class whose call takes none.
            with keras.StatelessScope(state_mapping=list(zip(variables, [*trainable, *others], strict=True))):
                return model(x, training=False)

        if backend == "tensorflow":
            import tensorflow as tf

            def spec(variable: Any) -> Any:
                return tf.TensorSpec(variable.shape, variable.dtype)

            return tf.function(outputs, autograph=False).get_concrete_function(
                [spec(variable) for variable in model.trainable_variables],
                [spec(variable) for variable in model.non_trainable_variables],
                keras.tree.map_structure(lambda tensor: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype), batch),
            )
        if backend == "jax":
            import jax

            return jax.jit(outputs)
        return outputs
