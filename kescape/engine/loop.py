"""The engine's training loop: what `model.fit` does, on data in memory, with many steps to an execution.

`model.fit` fetches each batch through a pipeline and comes back to Python after each step, which costs more than a
step of a small network does. Here data and shuffled order are tensors, a compiled loop takes its batches from them, and
Python looks in some 40 times a second. Callbacks see what they see in a fit; an execution ends where a cycle ends, so
that a training can be stopped exactly there.
"""

from __future__ import annotations

import math
import time
from typing import Any

import keras
import tensorflow as tf

from kescape.callbacks.follow_plan import FollowPlan
from kescape.data.load import Split
from kescape.engine.checkpoint import Checkpoint
from kescape.engine.epoch_order import epoch_order
from kescape.engine.pace import MOST_STEPS, Pace
from kescape.step_tap import StepTap

__all__ = ["TrainingLoop"]

VALIDATION_BATCH = 1024
"""Rows judged at once; only speed depends on it."""


class TrainingLoop:
    """Trains a compiled model on data in memory.

    Args:
        model: Built and compiled; on TensorFlow.
        data: Training and validation part.
        batch_size: Rows in a batch, >= 1; the last batch of an epoch holds what is left.
        seed: Decides the order of the data, see `epoch_order`.
    """

    def __init__(self, model: Any, data: Split, batch_size: int, seed: int) -> None:
        self._model = model
        self._seed = seed
        self._batch_size = batch_size
        self._rows = len(data.y_train)
        self._steps = math.ceil(self._rows / batch_size)
        self._data = data
        self._compiled: dict[bool, Any] = {}
        self._judge = None
        if len(data.y_val):
            self._judge = _batches_in_a_loop(model, "test_step", data.x_val, data.y_val, VALIDATION_BATCH)
            self._judged_rows = tf.range(len(data.y_val))
            self._judged_batches = math.ceil(len(data.y_val) / VALIDATION_BATCH)

    def run(self, epochs: int, callbacks: list[keras.callbacks.Callback], goes_on: Checkpoint | None = None) -> None:
        """Train for so many epochs, or until a callback sets `model.stop_training`.

        Args:
            epochs: How many epochs the training has in all.
            callbacks: They see what they see in a fit.
            goes_on: Where an earlier training of this model with these data was; nothing before it is trained again.
        """
        model = self._model
        # No variable may be made inside the compiled loop.
        model.optimizer.build(model.trainable_variables)
        listeners = keras.callbacks.CallbackList(callbacks, model=model, epochs=epochs, steps=self._steps)
        plan = next((callback for callback in callbacks if isinstance(callback, FollowPlan)), None)
        pace = Pace()
        model.stop_training = False
        steps_per_execution = model.steps_per_execution
        # The step tap keeps room for so many; only this attribute is set, not what is saved with the model.
        model.steps_per_execution = MOST_STEPS
        try:
            first_epoch, first_batch = 0, 0
            if goes_on is not None:
                # Metrics get their variables with the first batch that they see.
                model.test_on_batch(self._data.x_train[: self._batch_size], self._data.y_train[: self._batch_size])
                goes_on.restore(model)
                first_epoch, first_batch = goes_on.epoch, goes_on.batch
            listeners.on_train_begin()
            logs: dict[str, Any] = {}
            for epoch in range(first_epoch, epochs):
                logs = self._run_epoch(epoch, first_batch, listeners, plan, pace)
                first_batch = 0
                listeners.on_epoch_end(epoch, logs)
                if model.stop_training:
                    break
            model.optimizer.finalize_variable_values(model.trainable_weights)
        except BaseException:
            StepTap.of(model).abandon()
            raise
        finally:
            model.steps_per_execution = steps_per_execution
        listeners.on_train_end(logs)

    def _run_epoch(
        self,
        epoch: int,
        batch: int,
        listeners: keras.callbacks.CallbackList,
        plan: FollowPlan | None,
        pace: Pace,
    ) -> dict[str, Any]:
        model = self._model
        if batch:
            StepTap.of(model).go_on_at(batch)
        else:
            model.reset_metrics()
        listeners.on_epoch_begin(epoch)
        train = self._train_function()
        order = tf.constant(epoch_order(self._rows, self._seed, epoch))
        while batch < self._steps and not model.stop_training:
            count = min(pace.steps, self._steps - batch)
            if plan is not None:
                count = min(count, plan.steps_to_cycle_end(epoch, batch) or count)
            listeners.on_train_batch_begin(batch)
            began = time.perf_counter()
            # Asking for a value waits for a GPU, which else would still be at work when the time is taken.
            train(order, tf.constant(batch), tf.constant(count)).numpy()
            pace.took(count, time.perf_counter() - began)
            batch += count
            listeners.on_train_batch_end(batch - 1, {})
        logs = dict(model.get_metrics_result())
        if self._judge is not None:
            model.reset_metrics()
            listeners.on_test_begin()
            self._judge(self._judged_rows, tf.constant(0), tf.constant(self._judged_batches))
            logs |= {f"val_{name}": value for name, value in model.get_metrics_result().items()}
            listeners.on_test_end()
        return logs

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

    @tf.function(reduce_retracing=True, autograph=False)
    def run(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        def take(batch: tf.Tensor) -> tf.Tensor:
            chosen = order[batch * batch_size : tf.minimum((batch + 1) * batch_size, rows)]
            # Looked up when it is traced: by then the step tap has put its own step in place.
            getattr(model, step)((tf.gather(inputs, chosen), tf.gather(targets, chosen)))
            return batch + 1

        tf.while_loop(lambda batch: batch < first + count, take, [first])
        return tf.convert_to_tensor(model.optimizer.iterations)

    return run
