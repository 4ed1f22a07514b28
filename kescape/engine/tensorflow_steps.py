"""The engine's steps on TensorFlow: a compiled loop around the model's own step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kescape.data.load import Split
from kescape.engine.steps import VALIDATION_BATCH

__all__ = ["TensorFlowSteps"]


class TensorFlowSteps:
    """Data and order as tensors; a `tf.while_loop` takes its batches from them."""

    def __init__(self, model: Any, data: Split, batch_size: int) -> None:
        self._model = model
        self._data = data
        self._batch_size = batch_size
        self._compiled: dict[bool, Any] = {}
        self._judge: Any = None

    def begin_epoch(self, order: NDArray[np.int32]) -> None:
        self._order = tf.constant(order)

    def train(self, first: int, count: int) -> None:
        # Asking for a value waits for a GPU, which else would still be at work when the time is taken.
        self._train_function()(self._order, tf.constant(first), tf.constant(count)).numpy()

    def judge(self) -> None:
        rows = len(self._data.y_val)
        if self._judge is None:
            self._judge = _batches_in_a_loop(
                self._model, "test_step", self._data.x_val, self._data.y_val, VALIDATION_BATCH
            )
        self._judge(tf.range(rows), tf.constant(0), tf.constant(math.ceil(rows / VALIDATION_BATCH)))

    def _train_function(self) -> Any:
        """The compiled loop around the model's step, or around the step that the tap has put in its place."""
        tapped = "train_step" in vars(self._model)
        if tapped not in self._compiled:
            data = self._data
            self._compiled[tapped] = _batches_in_a_loop(
                self._model, "train_step", data.x_train, data.y_train, self._batch_size
            )
        return self._compiled[tapped]


def _batches_in_a_loop(model: Any, step: str, x: Any, y: Any, batch_size: int) -> Any:
    """A compiled function (order, first, count) that takes the model's step on so many batches.

    It returns how many steps the optimizer has taken.
    """
    inputs, targets = tf.constant(x), tf.constant(y)
    rows = len(y)

    @tf.function(autograph=False)
    def run(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        def take(batch: tf.Tensor) -> tf.Tensor:
            chosen = order[batch * batch_size : tf.minimum((batch + 1) * batch_size, rows)]
            # Looked up when it is traced: by then the step tap has put its own step in place.
            getattr(model, step)((tf.gather(inputs, chosen), tf.gather(targets, chosen)))
            return batch + 1

        tf.while_loop(lambda batch: batch < first + count, take, [first])
        return tf.convert_to_tensor(model.optimizer.iterations)

    number = tf.TensorSpec((), tf.int32)
    # Traced now: TensorFlow takes the first calls of several trainings in one process for one function that is traced
    # again and again, and warns of that.
    return run.get_concrete_function(tf.TensorSpec((rows,), tf.int32), number, number)
