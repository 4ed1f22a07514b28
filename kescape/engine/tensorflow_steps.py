"""The engine's steps on TensorFlow: a compiled loop around the model's own step, on one device or on several."""

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
        if model.distribute_strategy.num_replicas_in_sync > 1:
            _add_gradients_up_first(model.optimizer)

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
            _take_step(model, step, (tf.gather(inputs, chosen), tf.gather(targets, chosen)))
            return batch + 1

        tf.while_loop(lambda batch: batch < first + count, take, [first])
        return tf.convert_to_tensor(model.optimizer.iterations)

    number = tf.TensorSpec((), tf.int32)
    # Traced now: TensorFlow takes the first calls of several trainings in one process for one function that is traced
    # again and again, and warns of that.
    return run.get_concrete_function(tf.TensorSpec((rows,), tf.int32), number, number)


def _take_step(model: Any, step: str, batch: tuple[tf.Tensor, tf.Tensor]) -> None:
    """Take the model's step on a batch, divided evenly among the devices that the model is on.

    Keras takes the mean over the losses of the devices, which is that of the batch where all have as many rows. So a
    batch that cannot be divided evenly, the last of an epoch, is gone through whole on each device; metrics count it
    once.
    """
    strategy = model.distribute_strategy
    devices = strategy.num_replicas_in_sync
    if devices == 1:
        # Looked up when it is traced: by then the step tap has put its own step in place.
        getattr(model, step)(batch)
        return
    rows = tf.shape(batch[0])[0]
    is_even = rows % devices == 0
    # Divided here: else the whole batch would go to each device.
    firsts = [tf.where(is_even, number * (rows // devices), 0) for number in range(devices)]
    count = tf.where(is_even, rows // devices, rows)
    shares = [tuple(part[first : first + count] for part in batch) for first in firsts]

    def on_device() -> None:
        number = tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group)
        metrics = [variable.value for variable in model.metrics_variables] if number else []
        before = [tf.identity(metric) for metric in metrics]
        getattr(model, step)(shares[number])
        for metric, value in zip(metrics, before, strict=True):
            metric.assign(tf.where(is_even, metric, value))

    strategy.run(on_device)


def _add_gradients_up_first(optimizer: Any) -> None:
    """Let an optimizer add up the gradients of all devices before anything else, once.

    Keras does so last: it would clip, and look for what is not finite, in the gradient of each device.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    apply = optimizer.apply

    def apply_sum(gradients: Any, variables: Any = None) -> None:
        there = [one for one in gradients if one is not None]
        context = tf.distribute.get_replica_context()
        sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, there) if there else ())
        apply([one if one is None else next(sums) for one in gradients], variables)

    # Past Keras' attribute tracking.
    vars(optimizer)["apply"] = apply_sum
    vars(inner)["_all_reduce_sum_gradients"] = lambda gradients_and_variables: gradients_and_variables
