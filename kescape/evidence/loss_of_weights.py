"""The loss of a model as a function of its weights, without touching the model.

Weights are plain arrays in the order of `model.get_weights()`. A point is given by coefficients c, for an origin w and
directions d: w + c_0 * d_0 + c_1 * d_1 + ...; all points see the same rows of data. Nothing is assigned: the values are
handed to the model as arguments, so that it can be asked in the middle of its training.
"""

from __future__ import annotations

import contextlib
import inspect
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray

from kescape.evidence.batch_norm import batch_norm_layers
from kescape.evidence.rows import rows_in
from kescape.step_tap import sync_variables

__all__ = ["LossOfWeights", "Weights", "batch_rows", "check_weights", "loss_of_rows"]

Weights = list[NDArray[Any]]
"""As `model.get_weights()` gives them and `model.set_weights()` takes them."""

_BATCH_ROWS = 512
_BATCH_NUMBERS = 2**22
"""So many numbers of one input are evaluated together at the most: 512 rows of small images, 27 of 224 x 224 x 3."""
_LEAST_BLOCKS = 50
"""Where a loss cannot be had row by row, it is had for so many blocks of rows, each of which then stands for a row."""


class LossOfWeights:
    """A model's loss on fixed rows of data, for any weights of the model.

    The statistics of batch normalisation are found anew for each point, by a pass in training mode over the same rows:
    those of the two ends, mixed, belong to none of the points between them.

    Args:
        model: Built, and compiled with a loss.
        x: Inputs, an array or what the model takes (a list or dictionary of arrays), rows first.
        y: Targets, likewise.
        renew_statistics: Whether the statistics of batch normalisation are found anew; else they are mixed like
            weights.
        kept: What `between_with_kept` keeps of the outputs of rows, int32: a function of tensors. The outputs
            themselves may be large.

    Raises:
        ValueError: The model has no loss, or there are no rows.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.compile(loss="mse")
        >>> loss = LossOfWeights(model, np.ones((4, 1)), np.zeros((4, 1)))
        >>> loss.at([[np.array([[0.0]])], [np.array([[3.0]])]]).mean(axis=1).tolist()
        [0.0, 9.0]
    """

    def __init__(
        self,
        model: Any,
        x: Any,
        y: Any,
        *,
        renew_statistics: bool = True,
        kept: Callable[[Any], Any] | None = None,
    ) -> None:
        if getattr(model, "loss", None) is None:
            raise ValueError("model must be compiled with a loss, because the loss is what is looked at; got loss=None")
        self._model = model
        arrays = keras.tree.map_structure(np.asarray, (x, y))
        self.rows = rows_in(*arrays)
        size = batch_rows(arrays)
        self._batches = [
            keras.tree.map_structure(lambda array: ops.convert_to_tensor(array[first : first + size]), arrays)  # noqa: B023
            for first in range(0, self.rows, size)
        ]
        self._kept = kept
        self._norms = batch_norm_layers(model) if renew_statistics else []
        self._in_blocks = keras.tree.is_nested(y) or not _is_one_loss(model)
        self._places = {id(variable): place for place, variable in enumerate(model.weights)}
        self._mixed = [keras.backend.is_float_dtype(variable.dtype) for variable in model.weights]
        self._statistics_of = _compiled(self._statistics, any_rows=True)
        self._judged_by = _compiled(self._judged, any_rows=not self._in_blocks)

    def at(self, points: Sequence[Weights]) -> NDArray[np.float64]:
        """The loss of each row at each of these points, shape (points, rows)."""
        none = np.zeros((1, 0))
        return np.concatenate([self.along(weights, [], none) for weights in points])

    def between(self, first: Weights, last: Weights, positions: ArrayLike) -> NDArray[np.float64]:
        """The loss of each row along the straight line from `first` (0) to `last` (1), shape (positions, rows)."""
        return self.between_with_kept(first, last, positions)[0]

    def between_with_kept(
        self, first: Weights, last: Weights, positions: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.int32] | None]:
        """The same, and what is kept of the outputs: positions first, then rows.

        None where nothing is, where the losses are those of blocks of rows, or where an end has weights that are not
        finite.
        """
        for values in (first, last):
            check_weights(self._model, values)
        direction = [
            np.asarray(b, np.float64) - a if mixed else a for a, b, mixed in zip(first, last, self._mixed, strict=True)
        ]
        at = np.asarray(positions, np.float64)
        if all(np.isfinite(values).all() for values, mixed in zip(direction, self._mixed, strict=True) if mixed):
            return self._judge(first, [direction], at[:, None])
        # 0 times what is not finite is not 0: the ends themselves have losses, what lies between them has none.
        ends = self.at([first, last])
        losses = np.full((len(at), ends.shape[1]), np.nan)
        losses[at == 0], losses[at == 1] = ends
        return losses, None

    def along(self, origin: Weights, directions: Sequence[Weights], coefficients: ArrayLike) -> NDArray[np.float64]:
        """The loss of each row at each point.

        Args:
            origin: Where all coefficients are 0. What is not a floating-point number is taken from here, unmixed.
            directions: As many as there are coefficients to a point, each of the shapes of the weights.
            coefficients: Shape (points, directions).

        Returns:
            Shape (points, rows), float64; fewer than `rows` where the loss cannot be had row by row (a model with
            several outputs, weights on its losses, or a `compute_loss` of its own): a block of rows each then. Losses
            of regularisers are in.
        """
        return self._judge(origin, directions, coefficients)[0]

    def refreshed(self, weights: Weights) -> Weights:
        """The same weights with the statistics of batch normalisation that they have on these rows."""
        none = ops.convert_to_tensor(np.zeros((1, 0), np.float32))
        found = self._renewed(self._arguments(weights, []), none)
        renewed = list(weights)
        for (mean, variance), layer in zip(found, self._norms, strict=True):
            for variable, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
                renewed[self._places[id(variable)]] = ops.convert_to_numpy(value)[0].astype(variable.dtype)
        return renewed

    # -- what is compiled ----------------------------------------------------------------------------------------

    def _statistics(self, origin: Any, directions: Any, coefficients: Any, batch: Any) -> Any:
        """Mean and variance at each layer of batch normalisation for each point, of one batch."""

        def of_point(point: Any) -> Any:
            trainable, others = self._values(origin, directions, point)
            model = self._model
            mapping = zip(
                [*model.trainable_variables, *model.non_trainable_variables], [*trainable, *others], strict=True
            )
            values = {id(variable): (variable, value) for variable, value in mapping}
            kept = [(norm.moving_mean, norm.moving_variance) for norm in self._norms]
            still = {id(variable): values[id(variable)][1] for pair in kept for variable in pair}
            for variable in (variable for pair in kept for variable in pair):
                values[id(variable)] = (variable, ops.zeros_like(still[id(variable)]))
            with _CountingScope(state_mapping=list(values.values())) as scope, _random_numbers_kept():
                model(batch[0], **_in_training(model.call, True))

            def found(variable: Any, momentum: float) -> Any:
                calls = scope.updates[id(variable)]
                if not calls:  # a layer that works with its statistics as they are, in training, too
                    return ops.cast(still[id(variable)], "float32")
                # Each call keeps momentum * old + (1 - momentum) * batch; the first old is 0 here.
                return ops.cast(scope.get_current_value(variable), "float32") / (1 - momentum**calls)

            return [
                tuple(found(variable, norm.momentum) for variable in pair)
                for norm, pair in zip(self._norms, kept, strict=True)
            ]

        return _map(of_point, coefficients, [("float32", "float32")] * len(self._norms))

    def _judged(self, origin: Any, directions: Any, coefficients: Any, statistics: Any, batch: Any) -> Any:
        """Losses, and what is kept of the outputs, for each point."""
        keeps = self._kept is not None and not self._in_blocks

        def of_point(point_and_statistics: Any) -> Any:
            trainable, others = self._with_statistics(origin, directions, *point_and_statistics)
            if self._in_blocks:
                return (self._losses_of_blocks(trainable, others, *batch),)
            return self._losses_of_rows(trainable, others, *batch)

        return _map(of_point, (coefficients, statistics), ("float32", "int32") if keeps else ("float32",))

    # -- inside --------------------------------------------------------------------------------------------------

    def _judge(
        self, origin: Weights, directions: Sequence[Weights], coefficients: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.int32] | None]:
        arguments = self._arguments(origin, directions)
        chosen = ops.convert_to_tensor(np.asarray(coefficients, np.float32))
        statistics = self._renewed(arguments, chosen)
        parts = [self._judged_by(*arguments, chosen, statistics, batch) for batch in self._batches]
        found = [
            np.concatenate([ops.convert_to_numpy(part) for part in of_all], axis=1)
            for of_all in zip(*parts, strict=True)
        ]
        return found[0].astype(np.float64), found[1] if len(found) > 1 else None

    def _arguments(self, origin: Weights, directions: Sequence[Weights]) -> tuple[Any, Any]:
        weights = self._model.weights
        for values in (origin, *directions):
            check_weights(self._model, values)
        sync_variables(self._model)
        stacked = [
            ops.convert_to_tensor(np.stack([np.asarray(d[place]) for d in directions]).astype(variable.dtype))
            if directions and mixed
            else None
            for place, (variable, mixed) in enumerate(zip(weights, self._mixed, strict=True))
        ]
        return [ops.convert_to_tensor(value, v.dtype) for value, v in zip(origin, weights, strict=True)], stacked

    def _values(self, origin: Any, directions: Any, point: Any) -> tuple[list[Any], list[Any]]:
        """The values of the model's trainable and other variables at a point."""

        def value(variable: Any) -> Any:
            place = self._places.get(id(variable))
            if place is None:
                return variable.value  # the state of a random generator, the same for all points
            if directions[place] is None:
                return origin[place]
            share = ops.tensordot(ops.cast(point, variable.dtype), directions[place], axes=1)
            return origin[place] + share

        model = self._model
        return [value(v) for v in model.trainable_variables], [value(v) for v in model.non_trainable_variables]

    def _with_statistics(
        self, origin: Any, directions: Any, point: Any, statistics: Any
    ) -> tuple[list[Any], list[Any]]:
        trainable, others = self._values(origin, directions, point)
        index = {id(variable): place for place, variable in enumerate(self._model.non_trainable_variables)}
        for norm, (mean, variance) in zip(self._norms, statistics, strict=True):
            others[index[id(norm.moving_mean)]] = ops.cast(mean, norm.moving_mean.dtype)
            others[index[id(norm.moving_variance)]] = ops.cast(variance, norm.moving_variance.dtype)
        return trainable, others

    def _renewed(self, arguments: tuple[Any, Any], coefficients: Any) -> Any:
        """The statistics of all rows: the mean over the batches, by their rows.

        Source: Izmailov et al., "Averaging Weights Leads to Wider Optima", UAI 2018, https://arxiv.org/abs/1803.05407
        """
        if not self._norms:
            return []
        found = [self._statistics_of(*arguments, coefficients, batch) for batch in self._batches]
        shares = [keras.tree.flatten(batch)[0].shape[0] / self.rows for batch in self._batches]
        return keras.tree.map_structure(
            lambda *of_batches: sum(share * part for share, part in zip(shares, of_batches, strict=True)), *found
        )

    def _losses_of_rows(self, trainable: list[Any], others: list[Any], x: Any, y: Any) -> Any:
        model = self._model
        training = _in_training(model.call, False)
        outputs, _, added = model.stateless_call(trainable, others, x, return_losses=True, **training)
        (outputs,) = keras.tree.flatten(outputs)  # a model may put its one output into a list
        of_rows = loss_of_rows(model, outputs, y)
        losses = of_rows + ops.cast(sum(added), "float32") if added else of_rows
        return (losses,) if self._kept is None else (losses, self._kept(outputs))

    def _losses_of_blocks(self, trainable: list[Any], others: list[Any], x: Any, y: Any) -> Any:
        model = self._model
        values = zip([*model.trainable_variables, *model.non_trainable_variables], [*trainable, *others], strict=True)
        size = max(1, min(_BATCH_ROWS, self.rows // _LEAST_BLOCKS))
        # Blocks of fewer rows weigh less, so that the mean over the blocks is the mean over the rows.
        count = sum(-(-keras.tree.flatten(batch)[0].shape[0] // size) for batch in self._batches)
        rows = keras.tree.flatten(x)[0].shape[0]
        losses = []
        # The class's own: the step tap has put one in its place on the model.
        compute_loss = type(model).compute_loss
        mapping = list(values)
        for first in range(0, rows, size):
            part, wanted = keras.tree.map_structure(lambda a: a[first : first + size], (x, y))  # noqa: B023
            # In a scope of its own: what the losses of several outputs count goes nowhere, and what layers add to the
            # loss is that of this block.
            with keras.StatelessScope(state_mapping=mapping, collect_losses=True):
                outputs = model(part, training=False)
                loss = compute_loss(model, x=part, y=wanted, y_pred=outputs, **_in_training(compute_loss, False))
            losses.append(loss * (min(size, rows - first) * count / self.rows))
        return ops.cast(ops.stack(losses), "float32")


def check_weights(model: Any, weights: Weights) -> None:
    """Refuse weights that are not a model's.

    Raises:
        ValueError: Their shapes are others.
    """
    wanted = [tuple(variable.shape) for variable in model.weights]
    found = [tuple(np.shape(value)) for value in weights]
    if found != wanted:
        raise ValueError(f"weights must have the shapes of model.get_weights(), {wanted}; got {found}")


def batch_rows(arrays: Any) -> int:
    """How many rows of arrays are evaluated together: fewer where a row holds much, so that there is memory for it.

    Example:
        >>> batch_rows(np.zeros((600, 64))), batch_rows((np.zeros((2, 224, 224, 3)), np.zeros(2)))
        (512, 27)
    """
    largest: int = max(array[:1].size for array in keras.tree.flatten(arrays))
    return max(1, min(_BATCH_ROWS, _BATCH_NUMBERS // max(1, largest)))


def loss_of_rows(model: Any, outputs: Any, y: Any) -> Any:
    """The loss of each row's outputs, as the model is compiled: with one loss, for its one output.

    Where outputs carry a mask of Keras, their loss is the mean over the positions that it leaves, of all rows together.
    """
    loss = keras.losses.get(model.loss)
    dtype = getattr(loss, "dtype", None) or keras.backend.floatx()
    predicted, wanted = ops.convert_to_tensor(outputs, dtype), ops.cast(y, dtype)
    if len(wanted.shape) == len(predicted.shape) - 1 and predicted.shape[-1] == 1:
        wanted = ops.expand_dims(wanted, -1)
    call = loss.call if isinstance(loss, keras.losses.Loss) else loss
    of_rows = ops.cast(call(wanted, predicted), "float32")
    if len(of_rows.shape) > 1:
        axes = tuple(range(1, len(of_rows.shape)))
        counts = _Positions(of_rows)(wanted, outputs)
        of_rows = ops.sum(of_rows * counts, axis=axes) / ops.mean(ops.sum(counts, axis=axes))
    return of_rows


class _Positions(keras.losses.Loss):
    """1 for each position that has a loss, 0 where a mask hides it: masks reach a loss, and nobody else publicly."""

    def __init__(self, losses: Any) -> None:
        super().__init__(reduction="none", dtype="float32")
        self._ones = ops.ones_like(losses)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._ones


class _CountingScope(keras.StatelessScope):
    """Counts how often each variable gets a value: a layer may be called several times, or not in training mode."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.updates: Counter[int] = Counter()

    def add_update(self, update: Any) -> None:
        self.updates[id(update[0])] += 1
        super().add_update(update)


def _random_numbers_kept() -> contextlib.AbstractContextManager[None]:
    """Lets what is drawn inside be drawn again: the same at all points of a line, and later by the training.

    With TensorFlow and JAX a layer's random generator is a variable of the model. On PyTorch `Dropout` draws from the
    generator of the process.
    """
    if keras.backend.backend() != "torch":
        return contextlib.nullcontext()
    import torch

    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    kept: contextlib.AbstractContextManager[None] = torch.random.fork_rng(devices)
    return kept


def _in_training(method: Callable[..., Any], is_training: bool) -> dict[str, bool]:
    """What is handed on to a `call` or `compute_loss`, which may be a user's own and take no `training`."""
    return {"training": is_training} if "training" in inspect.signature(method).parameters else {}


def _is_one_loss(model: Any) -> bool:
    weights = model.get_compile_config().get("loss_weights")
    is_known = type(model).compute_loss is keras.Model.compute_loss
    return is_known and (isinstance(model.loss, str) or callable(model.loss)) and weights is None


def _map(function: Callable[[Any], Any], points: Any, dtypes: Any) -> Any:
    """The function of each point, one after the other; `dtypes` are those of what it returns."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # Keras' own would trace the function once more, to see what it returns.
        return tf.map_fn(function, points, fn_output_signature=keras.tree.map_structure(tf.dtypes.as_dtype, dtypes))
    return ops.map(function, points)


def _compiled(function: Callable[..., Any], *, any_rows: bool) -> Callable[..., Any]:
    """A function of tensors, the last argument of which is a batch and the third the points, compiled by the backend.

    With `any_rows` it is compiled once for all sizes of a batch, where the backend can do that.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _TensorFlowFunction(function, any_rows)
    if backend == "jax":
        import jax

        return jax.jit(function)  # type: ignore[no-any-return]
    return function


class _TensorFlowFunction:
    """Traces once for each shape, without TensorFlow's warning that it takes several models for one function."""

    def __init__(self, function: Callable[..., Any], any_rows: bool) -> None:
        import tensorflow as tf

        self._function = tf.function(function, autograph=False)
        self._any_rows = any_rows
        self._traced: dict[Any, Any] = {}

    def __call__(self, origin: Any, directions: Any, coefficients: Any, *others: Any) -> Any:
        import tensorflow as tf

        *statistics, batch = others
        # Told from the shapes alone: to make specifications takes longer than to run a small model.
        key = (
            tuple((tuple(a.shape), a.dtype) for a in keras.tree.flatten((origin, directions)) if a is not None),
            tuple((tuple(a.shape[1:]), a.dtype) for a in keras.tree.flatten((coefficients, statistics))),
            tuple((tuple(a.shape[self._any_rows :]), a.dtype) for a in keras.tree.flatten(batch)),
        )
        if key in self._traced:
            return self._traced[key](origin, directions, coefficients, *others)
        batch_spec = keras.tree.map_structure(lambda a: tf.TensorSpec([None, *a.shape[1:]], a.dtype), batch)
        points = keras.tree.map_structure(
            lambda a: tf.TensorSpec([None, *a.shape[1:]], a.dtype), (coefficients, *statistics)
        )
        fixed = keras.tree.map_structure(
            lambda a: a if a is None else tf.TensorSpec(a.shape, a.dtype), (origin, directions)
        )
        specs = (*fixed, *points, batch_spec if self._any_rows else batch)
        self._traced[key] = self._function.get_concrete_function(*specs)
        return self._traced[key](origin, directions, coefficients, *others)
