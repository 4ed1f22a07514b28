"""The wrapped train step on TensorFlow: table (rates, momenta), ring and position are variables of the traced step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from kescape.step_tap.attachment import Attachment
from kescape.step_tap.wrapped_step import COLUMNS


class TensorFlowStep:
    """Table, ring and position as variables of the tap, never of the model, which would save them."""

    reason: str | None = None

    def __init__(self, model: Any, size: int) -> None:
        self.size = 0
        self.loss_kind = "batch loss"
        self._loss = threading.local()  # each replica runs the step in a thread of its own
        self._attachment = Attachment(
            model, {"train_step": self._wrap_train_step, "compute_loss": self._wrap_compute_loss}
        )
        self._make_variables(size)

    def _make_variables(self, size: int) -> None:
        self.size = size
        self._attachment.forget()
        with tf.init_scope(), self._attachment.model.distribute_strategy.scope():

            def variable(value: Any, name: str) -> tf.Variable:
                return tf.Variable(
                    value,
                    trainable=False,
                    name=f"kescape_{name}",
                    aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
                )

            # Counted up first and read in the same operation: every operation of a step costs some microseconds.
            self._position = variable(np.int64(-1), "position")
            self._rates = variable(np.full(size, np.nan, np.float32), "rates")
            self._momenta = variable(np.full(size, np.nan, np.float32), "momenta")
            self._ring = variable(np.zeros((size, len(COLUMNS)), np.float32), "ring")

    # -- install and uninstall -----------------------------------------------------------------------------------

    def install(self, most_steps: int | None) -> None:
        self._attachment.check()
        model = self._attachment.model
        _refuse_what_keras_cannot(model, in_fit=most_steps is None)
        steps = most_steps or model.steps_per_execution
        if self.size < 2 * steps:
            self._make_variables(2 * steps)
        self._attachment.attach()

    def uninstall(self) -> None:
        self._attachment.detach()

    # -- the step ------------------------------------------------------------------------------------------------

    def _wrap_compute_loss(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def compute_loss(*args: Any, **kwargs: Any) -> Any:
            loss = original(*args, **kwargs)
            if kwargs.get("training", True):
                self._loss.value = loss
            return loss

        return compute_loss

    def _wrap_train_step(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def train_step(data: Any) -> Any:
            inputs = [t for t in tf.nest.flatten(data, expand_composites=True) if tf.is_tensor(t)]
            # The last call of an epoch of unknown length has no data, yet runs whatever does not need it.
            with tf.control_dependencies(inputs):
                slot = self._position.assign_add(1, read_value=True) % self.size
                found = self._set_rate(slot)
            self._loss.value = None
            logs = original(data)
            rate = self._current_rate() if self._settable() else found
            row = tf.stack([found, rate, self._captured_loss(logs)])
            self._ring.scatter_update(tf.IndexedSlices(row, slot))
            return logs

        return train_step

    def _set_rate(self, slot: tf.Tensor) -> tf.Tensor:
        """Give the optimizer the table's rate and momentum; returns the rate that it had."""
        optimizer = self._attachment.model.optimizer
        found = self._current_rate()
        if self._settable():
            _assign(optimizer.learning_rate, tf.gather(self._rates, slot), found)
            momentum = getattr(getattr(optimizer, "inner_optimizer", optimizer), "momentum_variable", None)
            if momentum is not None:
                _assign(momentum, tf.gather(self._momenta, slot), tf.cast(momentum.value, tf.float32))
        return found

    def _settable(self) -> bool:
        """Whether the rate is a variable (and no schedule or callable)."""
        return hasattr(self._attachment.model.optimizer.learning_rate, "assign")

    def _current_rate(self) -> tf.Tensor:
        return tf.cast(tf.convert_to_tensor(self._attachment.model.optimizer.learning_rate), tf.float32)

    def _captured_loss(self, logs: Any) -> tf.Tensor:
        loss = self._loss.value
        self._loss.value = None
        if loss is None:
            self.loss_kind = "running mean"
            shown = logs.get("loss") if isinstance(logs, dict) else None
            return tf.constant(np.nan) if shown is None else tf.cast(shown, tf.float32)
        self.loss_kind = "batch loss"
        loss = tf.cast(loss, tf.float32)
        context = tf.distribute.get_replica_context()
        if context is not None and context.num_replicas_in_sync > 1:
            loss = context.all_reduce(tf.distribute.ReduceOp.SUM, loss)
        return loss

    def carrying(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    # -- between steps -------------------------------------------------------------------------------------------

    def begin_epoch(self, first_batch: int) -> None:
        self._position.assign(first_batch - 1)

    def fill(self, rows: np.ndarray) -> None:
        rates, momenta = rows.T.astype(np.float32)
        self._rates.assign(rates)
        self._momenta.assign(momenta)

    def before_batch(self, batch: int) -> None:
        pass

    def after_batch(self, batch: int, logs: dict[str, Any] | None) -> None:
        pass

    def read(self) -> tuple[int, np.ndarray]:
        return int(_local(self._position)) + 1, _local(self._ring)


def _assign(variable: Any, planned: tf.Tensor, current: tf.Tensor) -> None:
    variable.assign(tf.cast(tf.where(tf.math.is_nan(planned), current, planned), variable.dtype))


def _local(variable: tf.Variable) -> np.ndarray:
    return np.asarray(variable.read_value())


def _refuse_what_keras_cannot(model: Any, *, in_fit: bool) -> None:
    """Bare Keras fails in these cases with an error of TensorFlow's inside; say it in a sentence instead."""
    replicas = model.distribute_strategy.num_replicas_in_sync
    if replicas == 1:
        return
    if in_fit and model.steps_per_execution > 1:
        raise ValueError(
            f"steps_per_execution must be 1 under a strategy with {replicas} replicas, because Keras cannot run "
            f"several distributed steps in one execution; got steps_per_execution={model.steps_per_execution}"
        )
    accumulation = getattr(
        getattr(model.optimizer, "inner_optimizer", model.optimizer),
        "gradient_accumulation_steps",
        None,
    )
    if accumulation:
        raise ValueError(
            f"gradient_accumulation_steps must be None under a strategy with {replicas} replicas, because Keras "
            f"cannot accumulate gradients across replicas; got gradient_accumulation_steps={accumulation}"
        )
