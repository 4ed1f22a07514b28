"""The wrapped train step on JAX.

There a train step is pure, `train_step(state, data) -> logs, state`, and the function that Keras compiles of it passes
the state on without looking inside. So table, ring and position travel beside Keras' own state: they stay on the
device without being variables of anything, no model saves them, and reading them needs no sync of the model.

A value inside `jax.grad` cannot leave by a side effect. So the loss is read from where Keras puts it, the running mean
called `loss`: the step gets that mean empty, what it holds afterwards is the loss of this batch alone, and the true
running mean is put together again behind the step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np

from kescape.step_tap.attachment import Attachment
from kescape.step_tap.wrapped_step import COLUMNS, CannotWrap


class _Carry(NamedTuple):
    """What travels beside Keras' state."""

    position: jax.Array
    table: jax.Array
    ring: jax.Array


class JaxStep:
    """Table, ring and position as arrays of the tap, given to the train function with each call."""

    reason: str | None = None

    def __init__(self, model: Any, size: int) -> None:
        self.size = size
        self.loss_kind = "batch loss"
        self._loss_computed = False
        self._attachment = Attachment(
            model,
            {"train_step": self._wrap_train_step, "compute_loss": self._wrap_compute_loss},
            adapt=self.carrying,
        )
        self._carry = self._fresh_carry()

    def _fresh_carry(self) -> _Carry:
        return _Carry(
            position=jnp.zeros((), jnp.int32),
            table=jnp.full((self.size, 2), jnp.nan, jnp.float32),
            ring=jnp.zeros((self.size, len(COLUMNS)), jnp.float32),
        )

    # -- install and uninstall -----------------------------------------------------------------------------------

    def install(self, most_steps: int | None) -> None:
        self._attachment.check()
        if keras.distribution.distribution() is not None:
            raise CannotWrap("a keras.distribution fixes the shape of the state that a compiled step passes on")
        if keras.config.is_nnx_enabled():
            raise CannotWrap("Keras on Flax NNX compiles the train step of the model's class")
        self.size = max(self.size, 2 * (most_steps or self._attachment.model.steps_per_execution))
        # New arrays: a fit that ended in an exception may have used up its own, as Keras donates the state.
        self._carry = self._fresh_carry()
        self._attachment.attach()

    def uninstall(self) -> None:
        self._attachment.detach()

    # -- the step ------------------------------------------------------------------------------------------------

    def carrying(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def with_carry(state: Any, *data: Any) -> Any:
            logs, (state, self._carry) = function((state, self._carry), *data)
            return logs, state

        return with_carry

    def _wrap_compute_loss(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def compute_loss(*args: Any, **kwargs: Any) -> Any:
            self._loss_computed = True
            return original(*args, **kwargs)

        return compute_loss

    def _wrap_train_step(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def train_step(state_and_carry: Any, data: Any) -> Any:
            (trainable, others, optimizer, metrics), carry = state_and_carry
            slot = carry.position % carry.ring.shape[0]
            found, place = self._rate(optimizer)
            optimizer = self._planned(optimizer, place, carry.table[slot])
            self._loss_computed = False
            logs, state = original((trainable, others, optimizer, self._without_loss(metrics)), data)
            trainable, others, optimizer, after = state
            used = found if place is None else optimizer[place].astype(jnp.float32)
            loss, logs, after = self._take_loss(logs, metrics, after)
            row = jnp.stack([found, used, loss])
            carry = _Carry(carry.position + 1, carry.table, carry.ring.at[slot].set(row))
            return logs, ((trainable, others, optimizer, after), carry)

        return train_step

    def _rate(self, values: Any) -> tuple[jax.Array, int | None]:
        """The optimizer's rate with these values of its variables, and its place among them.

        None where it is no variable, but a schedule or a function.
        """
        optimizer = self._attachment.model.optimizer
        with keras.StatelessScope(state_mapping=list(zip(optimizer.variables, values, strict=True))):
            rate = optimizer.learning_rate
            return jnp.asarray(rate, jnp.float32), _index(optimizer.variables, rate)

    def _planned(self, values: Any, place: int | None, planned: jax.Array) -> list[jax.Array]:
        """The optimizer's values with the table's rate and momentum; NaN leaves what is there."""
        optimizer = self._attachment.model.optimizer
        momentum = getattr(getattr(optimizer, "inner_optimizer", optimizer), "momentum_variable", None)
        changed = list(values)
        for index, value in ((place, planned[0]), (_index(optimizer.variables, momentum), planned[1])):
            if index is not None:
                old = changed[index]
                changed[index] = jnp.where(jnp.isnan(value), old, value.astype(old.dtype))
        return changed

    # -- the loss ------------------------------------------------------------------------------------------------

    def _loss_places(self) -> tuple[int, int] | None:
        """Where total and count of the mean called `loss` are among the metrics' variables."""
        model = self._attachment.model
        for metric in model.metrics:
            if metric.name == "loss" and isinstance(metric, keras.metrics.Mean):
                total = _index(model.metrics_variables, metric.total)
                count = _index(model.metrics_variables, metric.count)
                if total is not None and count is not None:
                    return total, count
        return None

    def _without_loss(self, metrics: Any) -> list[jax.Array]:
        places = self._loss_places() or ()
        return [jnp.zeros_like(value) if index in places else value for index, value in enumerate(metrics)]

    def _take_loss(self, logs: Any, before: Any, after: Any) -> tuple[jax.Array, Any, list[jax.Array]]:
        """The loss of this batch; logs and metrics as they are without a tap."""
        after = list(after)
        shown = logs.get("loss") if isinstance(logs, dict) else None
        loss = jnp.asarray(np.nan if shown is None else shown, jnp.float32)
        places = self._loss_places()
        if places is not None:
            total, count = places
            updated = after[count] > 0
            of_batch = (after[total] / after[count]).astype(jnp.float32)
            after[total] += before[total]
            after[count] += before[count]
            if shown is not None:
                # A step of the model's own may show something else than the mean.
                is_mean = updated & ((loss == of_batch) | (jnp.isnan(loss) & jnp.isnan(of_batch)))
                mean = (after[total] / after[count]).astype(jnp.asarray(shown).dtype)
                logs = {**logs, "loss": jnp.where(is_mean, mean, shown)}
            if self._loss_computed:
                loss = jnp.where(updated, of_batch, loss)
            else:
                loss = loss if shown is None else logs["loss"].astype(jnp.float32)
        self.loss_kind = "batch loss" if self._loss_computed else "running mean"
        return loss, logs, after

    # -- between steps -------------------------------------------------------------------------------------------

    def begin_epoch(self, first_batch: int) -> None:
        self._carry = self._carry._replace(position=jnp.asarray(first_batch, jnp.int32))

    def fill(self, rows: np.ndarray) -> None:
        self._carry = self._carry._replace(table=jnp.array(rows, jnp.float32))

    def before_batch(self, batch: int) -> None:
        pass

    def after_batch(self, batch: int, logs: dict[str, Any] | None) -> None:
        pass

    def read(self) -> tuple[int, np.ndarray]:
        # A copy: the next step writes into the same memory.
        return int(self._carry.position), np.array(self._carry.ring)


def _index(variables: Any, wanted: Any) -> int | None:
    return next((index for index, variable in enumerate(variables) if variable is wanted), None)
