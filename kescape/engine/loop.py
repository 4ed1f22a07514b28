"""The engine's training loop: what `model.fit` does, on data in memory, with many steps to an execution.

`model.fit` fetches each batch through a pipeline and comes back to Python after each step, which costs more than a
step of a small network does. Here data and shuffled order are on the device, compiled steps take their batches from
them, and Python looks in some 40 times a second; how a Keras backend does that is in `tensorflow_steps.py` and
`jax_steps.py`. Callbacks see what they see in a fit; an execution ends where a cycle ends, so that a training can be
stopped exactly there.
"""

from __future__ import annotations

import math
import time
from typing import Any

import keras

from kescape.callbacks.follow_plan import FollowPlan
from kescape.data.load import Split
from kescape.engine.checkpoint import Checkpoint
from kescape.engine.epoch_order import epoch_order
from kescape.engine.pace import MOST_STEPS, Pace
from kescape.engine.steps import steps_for
from kescape.step_tap import StepTap, sync_variables

__all__ = ["TrainingLoop"]


class TrainingLoop:
    """Trains a compiled model on data in memory.

    Args:
        model: Built and compiled; Keras runs on TensorFlow or JAX.
        data: Training and validation part.
        batch_size: Rows in a batch, >= 1; the last batch of an epoch holds what is left.
        seed: Decides the order of the data, see `epoch_order`.
        deterministic: See `steps_for`.
    """

    def __init__(self, model: Any, data: Split, batch_size: int, seed: int, *, deterministic: bool = False) -> None:
        self._model = model
        self._seed = seed
        self._rows = len(data.y_train)
        self._steps = math.ceil(self._rows / batch_size)
        self._judges = len(data.y_val) > 0
        # All variables of optimizer and metrics, as `fit` makes them: none may be made inside a compiled step.
        model._symbolic_build(data_batch=(data.x_train[:1], data.y_train[:1]))
        self._device = steps_for(model, data, batch_size, deterministic=deterministic)

    def run(self, epochs: int, callbacks: list[keras.callbacks.Callback], goes_on: Checkpoint | None = None) -> None:
        """Train for so many epochs, or until a callback sets `model.stop_training`.

        Args:
            epochs: How many epochs the training has in all.
            callbacks: They see what they see in a fit.
            goes_on: Where an earlier training of this model with these data was; nothing before it is trained again.
        """
        model = self._model
        listeners = keras.callbacks.CallbackList(callbacks, model=model, epochs=epochs, steps=self._steps)
        plan = next((callback for callback in callbacks if isinstance(callback, FollowPlan)), None)
        pace = Pace()
        model.stop_training = False
        tap = StepTap.of(model)
        tap.most_steps = MOST_STEPS
        try:
            first_epoch, first_batch = 0, 0
            if goes_on is not None:
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
            tap.died()
            raise
        finally:
            tap.most_steps = None
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
        self._device.begin_epoch(epoch_order(self._rows, self._seed, epoch))
        while batch < self._steps and not model.stop_training:
            count = min(pace.steps, self._steps - batch)
            if plan is not None:
                count = min(count, plan.steps_to_cycle_end(epoch, batch) or count)
            listeners.on_train_batch_begin(batch)
            began = time.perf_counter()
            self._device.train(batch, count)
            pace.took(count, time.perf_counter() - began)
            batch += count
            listeners.on_train_batch_end(batch - 1, {})
        sync_variables(model)
        logs = dict(model.get_metrics_result())
        if self._judges:
            model.reset_metrics()
            listeners.on_test_begin()
            self._device.judge()
            logs |= {f"val_{name}": value for name, value in model.get_metrics_result().items()}
            listeners.on_test_end()
        return logs
