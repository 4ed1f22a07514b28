"""The engine's steps on JAX: the model's pure train step, compiled with the data as its arguments.

The state, `(trainable, non-trainable, optimizer, metric variables)`, stays on the device from execution to execution,
as it does in `model.fit`: the model's variables get it back when somebody calls `model.jax_state_sync()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as Parts
from numpy.typing import NDArray

from kescape.data.load import Split
from kescape.engine.steps import VALIDATION_BATCH
from kescape.step_tap import StepTap

__all__ = ["JaxSteps"]

_State = tuple[list[jax.Array], ...]

_PARTS = ("trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables")
"""The state of a training in the order of `model.train_step`, by the names that Keras knows its parts by."""


class JaxSteps:
    """Data and order as arrays on the device; many steps in one compiled `jax.lax.while_loop`, or one by one.

    One by one is faster where a model with convolutions trains on a CPU: XLA finds its fast convolutions in a whole
    program, but not in the body of a loop (https://github.com/jax-ml/jax/issues/12868), where a small CNN takes five
    times as long. Which way is taken depends on the model alone and never on a measured time, as the two may differ in
    the last bit.
    """

    def __init__(self, model: Any, data: Split, batch_size: int, *, deterministic: bool) -> None:
        self._model = model
        self._batch_size = batch_size
        self._rows = len(data.y_train)
        # Where there are several devices, the model's variables are on all of them.
        self._mesh = getattr(model.optimizer.iterations.value.sharding, "mesh", None)
        self._training = self._on_devices(data.x_train), self._on_devices(data.y_train)
        self._validation = self._on_devices(data.x_val), self._on_devices(data.y_val)
        on_gpu = jax.default_backend() == "gpu"
        self._options: dict[str, Any] = {}
        if deterministic and on_gpu:
            self._options["compiler_options"] = {"xla_gpu_deterministic_ops": True}
        if self._mesh is not None:
            # Else each function is compiled anew for what has not been on all devices yet.
            self._options |= dict.fromkeys(("in_shardings", "out_shardings"), NamedSharding(self._mesh, Parts()))
        self._functions: dict[bool, tuple[Callable[..., Any], Callable[..., Any]]] = {}
        self._judge_batch: Any = None
        self._one_by_one = jax.default_backend() == "cpu" and _has_convolutions(model, self._training[0])

    def begin_epoch(self, order: NDArray[np.int32]) -> None:
        self._order = self._on_devices(order)

    def train(self, first: int, count: int) -> None:
        model = self._model
        tapped = "train_step" in vars(model)
        if tapped not in self._functions:
            self._functions[tapped] = self._compile(tapped)
        one, several = self._functions[tapped]
        state = self._take_state(_PARTS)
        until = first + count
        whole = min(until, self._rows // self._batch_size)
        if not self._one_by_one and whole > first:
            _, state = several(state, self._training, self._order, np.int32(first), np.int32(whole))
            first = whole
        for batch in range(first, until):
            start = batch * self._batch_size
            size = min(self._batch_size, self._rows - start)
            _, state = one(state, self._training, self._order, np.int32(start), size)
        self._keep_state(_PARTS, state)
        jax.block_until_ready(state)

    def judge(self) -> None:
        if self._judge_batch is None:
            self._judge_batch = self._compile_judge()
        parts = tuple(part for part in _PARTS if part != "optimizer_variables")
        state = self._take_state(parts)
        rows = len(self._validation[1])
        for start in range(0, rows, VALIDATION_BATCH):
            state = self._judge_batch(state, self._validation, np.int32(start), min(VALIDATION_BATCH, rows - start))
        self._keep_state(parts, state)
        self._model.jax_state_sync()

    # -- the state -----------------------------------------------------------------------------------------------

    def _take_state(self, parts: tuple[str, ...]) -> _State:
        """The state, which a compiled function will use up; None is left with the model, as in a fit that dies."""
        model = self._model
        if model._jax_state_synced:
            owners = {"optimizer_variables": model.optimizer.variables}
            state = [[v.value for v in owners.get(part) or getattr(model, part)] for part in parts]
        else:
            state = [model._jax_state[part] for part in parts]
        vars(model)["_jax_state"] = None
        return tuple(state)

    def _keep_state(self, parts: tuple[str, ...], state: _State) -> None:
        """Where Keras finds it when the model's variables are to have it."""
        # Past Keras' attribute tracking, which would look at every array.
        vars(self._model).update(_jax_state=dict(zip(parts, state, strict=True)), _jax_state_synced=False)

    # -- several devices -----------------------------------------------------------------------------------------

    def _on_devices(self, values: NDArray[Any]) -> jax.Array:
        """An array that is whole on each device."""
        return jnp.asarray(values) if self._mesh is None else jax.device_put(values, NamedSharding(self._mesh, Parts()))

    def _divided(self, batch: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        """A batch, each device with its part; whole on each where it cannot be divided evenly.

        What is computed of it is the same in both cases: XLA lets each device do what it has the rows for.
        """
        if self._mesh is None or len(batch[0]) % self._mesh.size:
            return batch
        of_rows = NamedSharding(self._mesh, Parts(*self._mesh.axis_names))
        return tuple(jax.lax.with_sharding_constraint(part, of_rows) for part in batch)

    # -- compiled functions --------------------------------------------------------------------------------------

    def _compile(self, tapped: bool) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """One step on `size` rows, and the steps of the whole batches from `first` until `until`."""
        model, batch_size = self._model, self._batch_size

        def one(state: Any, data: Any, order: Any, start: Any, size: int) -> Any:
            rows = jax.lax.dynamic_slice_in_dim(order, start, size)
            # Looked up when it is traced: by then the step tap has put its own step in place.
            batch = tuple(part.at[rows].get(mode="promise_in_bounds") for part in data)
            logs, after = model.train_step(state, self._divided(batch))
            return logs, _shaped_like(state, after)

        def several(state: Any, data: Any, order: Any, first: Any, until: Any) -> Any:
            def take(position: Any) -> Any:
                batch, state = position
                return batch + 1, one(state, data, order, batch * batch_size, batch_size)[1]

            return {}, jax.lax.while_loop(lambda position: position[0] < until, take, (first, state))[1]

        functions = (
            jax.jit(one, static_argnames="size", donate_argnums=0, **self._options),
            jax.jit(several, donate_argnums=0, **self._options),
        )
        if not tapped:
            return functions
        tap = StepTap.of(model)
        return tap.carrying(functions[0]), tap.carrying(functions[1])

    def _compile_judge(self) -> Any:
        def judge(state: Any, data: Any, start: Any, size: int) -> Any:
            batch = tuple(jax.lax.dynamic_slice_in_dim(part, start, size) for part in data)
            _, after = self._model.test_step(state, self._divided(batch))
            return _shaped_like(state, after)

        return jax.jit(judge, static_argnames="size", **self._options)


def _has_convolutions(model: Any, inputs: jax.Array) -> bool:
    values = [[variable.value for variable in getattr(model, part)] for part in _PARTS[:2]]
    return "conv_general_dilated" in str(jax.make_jaxpr(model.stateless_call)(*values, inputs[:1]))


def _shaped_like(state: Any, after: Any) -> Any:
    """`after` in the containers of `state`: a loop wants lists where it had lists."""
    return jax.tree.unflatten(jax.tree.structure(state), jax.tree.leaves(after))
