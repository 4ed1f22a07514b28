"""`find_learning_rate`: a range test of a compiled model, which is as it was afterwards."""

from __future__ import annotations

import contextlib
import random
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state

from kescape.callbacks import siblings
from kescape.callbacks.follow_plan import check_optimizer, inner_optimizer
from kescape.engine.checkpoint import Kept
from kescape.evidence.range_test import LEAST_STEPS, RangeTest, explosion, half_life_for, judge
from kescape.schedule import ExponentialRise, PlacedPlan
from kescape.schedule.checks import checked_number, checked_whole, refuse
from kescape.step_tap import StepBlock, StepTap

__all__ = ["find_learning_rate"]


def find_learning_rate(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 200,
    batch_size: int = 32,
    sample_weight: Any = None,
    seed: int = 0,
) -> RangeTest:
    """Find the rates that a model can be trained at, by a short training whose rate rises at every step.

    The loss of every step is the true one of its batch, and the test ends when it explodes. Then everything is as it
    was, also after an exception or Ctrl+C: weights, optimizer, counters, and the random generators of Python, NumPy and
    Keras, so that a fit gives what it would have given without the test. (On JAX the first fit of a model goes through
    the data once more than others, to look at it; the test is the first then, and the order of the next fit another.)

    Args:
        model: Compiled; one that is not built yet is built.
        x: Inputs as arrays, in one, a list or a dictionary; or a `tf.data.Dataset` or `keras.utils.PyDataset` of
            batches, which is gone through again when it ends, if it does.
        y: Targets, likewise; None where `x` brings them.
        low: Learning rate of the first step, > 0.
        high: Learning rate of the last step, > low.
        steps: How many steps the rate takes from `low` to `high`, >= 20; some 40 a decade tell more of noisy losses.
        batch_size: Rows of a batch, >= 1; for arrays only. All batches are whole ones.
        sample_weight: Weight of each row; for arrays only.
        seed: Decides the order of the rows of arrays.

    Returns:
        Rates, losses and what they tell: `suggestion`, `low` and `high` for the peak of a cycle, `rules`, `sentence`,
        and `plot(path)`.

    Raises:
        ValueError: The model is not compiled, or its optimizer has no rate that can be set; or an argument is wrong.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile(kescape.sgd_momentum(0.1), loss="mse")
        >>> x = np.linspace(-1, 1, 64)[:, None]
        >>> found = kescape.find_learning_rate(model, x, 3 * x)
        >>> 0.01 < found.suggestion < 1
        True
        >>> float(model.layers[0].kernel.numpy()[0, 0])
        1.0
    """
    steps = checked_whole("steps", steps, LEAST_STEPS, "fewer tell nothing")
    low = checked_number("low", low, "> 0", lambda rate: rate > 0, "a rate of 0 times any factor is 0")
    high = checked_number("high", high, f"> low={low:g}", lambda rate: rate > low, "the rate rises")
    batch_size = checked_whole("batch_size", batch_size, 1, "a step needs at least one row")
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"model must be compiled, because the test trains it with its own loss and optimizer; got {model!r}"
        )
    check_optimizer("find_learning_rate", model.optimizer)
    batches = _batches(x, y, sample_weight, steps, batch_size, seed)
    if not model.built:
        # Its weights are drawn now instead of in the first fit; from what, was decided when its layers were made.
        model._symbolic_build(data_batch=_first(batches))
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    sweep = _Sweep(ExponentialRise(1, low, high).on_steps(steps), steps)
    with _as_it_was(model):
        model.fit(batches, epochs=1, steps_per_epoch=steps, callbacks=[sweep], verbose=0, shuffle=False)
    losses = np.concatenate(sweep.losses) if sweep.losses else np.empty(0)
    return judge(sweep.placed.learning_rates(0, len(losses)), losses, half_life_for(steps))


class _Sweep(keras.callbacks.Callback):
    """Hands the rates to the step tap, collects the losses, and ends the fit when they explode."""

    def __init__(self, placed: PlacedPlan, steps: int) -> None:
        super().__init__()
        self.placed = placed
        self.losses: list[Any] = []
        self._half_life = half_life_for(steps)

    def rates(self, _epoch: int, first_batch: int, count: int) -> Any:
        """Learning rates of `count` batches; there is one epoch."""
        return self.placed.learning_rates(first_batch, count)

    def momenta(self, _epoch: int, _first_batch: int, count: int) -> Any:
        """With `cycle_momentum` the lowest, which it has at the peak that is looked for."""
        momentum_range = getattr(inner_optimizer(self.model.optimizer), "cycle_momentum", None)
        return None if momentum_range is None else np.full(count, momentum_range[0])

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        tap = self._tap = StepTap.of(self.model)
        tap.join(self)
        siblings.watch(tap.guard)
        tap.follow(self)
        tap.listen(self._on_steps)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._tap.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._tap.begin_batch(batch)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._tap.end_batch(batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._tap.end_epoch()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._tap.leave(self)

    def _on_steps(self, block: StepBlock) -> None:
        if not self.losses and self._tap.loss_kind != "batch loss":
            warnings.warn(
                "the model's own train step shows no loss of its batch, so the range test reads the running mean that "
                "it returns, which lags behind: take a lower rate than the one suggested",
                UserWarning,
                stacklevel=2,
            )
        self.losses.append(block.loss.astype(np.float64))
        if explosion(np.concatenate(self.losses), self._half_life) is not None:
            self.model.stop_training = True


# -- data ------------------------------------------------------------------------------------------------------------


class _Rows(keras.utils.PyDataset):
    """Whole batches of arrays, in an order that is drawn anew each time all rows have had their turn.

    The order has a generator of its own: the global ones are the user's.
    """

    def __init__(self, arrays: tuple[Any, ...], rows: int, steps: int, batch_size: int, seed: int) -> None:
        super().__init__()
        self._arrays = arrays
        size = min(batch_size, rows)
        generator = np.random.default_rng(seed)
        rounds = -(-steps * size // rows)
        self._order = np.concatenate([generator.permutation(rows) for _ in range(rounds)])
        self._steps, self._size = steps, size

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Any:
        chosen = self._order[step * self._size : (step + 1) * self._size]
        return keras.tree.map_structure(lambda array: array[chosen], self._arrays)


class _Again(keras.utils.PyDataset):
    """The batches of a user's data set, from the start again when they end."""

    def __init__(self, batches: keras.utils.PyDataset, steps: int) -> None:
        super().__init__()
        self._batches, self._steps = batches, steps
        count = batches.num_batches
        if count == 0:
            refuse("x", 0, "at least one batch long", "a step needs one")
        self._count = steps if count is None else count

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Any:
        return self._batches[step % self._count]


def _batches(x: Any, y: Any, sample_weight: Any, steps: int, batch_size: int, seed: int) -> Any:
    brings_targets = isinstance(x, keras.utils.PyDataset) or hasattr(x, "element_spec")
    if brings_targets and (y is not None or sample_weight is not None):
        raise ValueError("y and sample_weight must be None where x is a data set, because its batches bring them")
    if isinstance(x, keras.utils.PyDataset):
        return _Again(x, steps)
    if brings_targets:
        return x.repeat()
    arrays = keras.tree.map_structure(_array, tuple(part for part in (x, y, sample_weight) if part is not None))
    if y is None:
        raise ValueError("y must hold the targets, because x is no data set that brings them; got y=None")
    lengths = [len(array) for array in keras.tree.flatten(arrays)]
    if min(lengths) < 1:
        refuse("x", 0, "at least one row long", "a step needs one")
    if len(set(lengths)) > 1:
        raise ValueError(
            f"x, y and sample_weight must have as many rows, because they belong together; got {lengths} rows"
        )
    return _Rows(arrays, lengths[0], steps, batch_size, seed)


def _array(values: Any) -> Any:
    array = keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else np.asarray(values)
    if array.ndim == 0 or array.dtype == object:
        raise TypeError(
            "x and y must be arrays, a tf.data.Dataset or a keras.utils.PyDataset, because a range test goes through "
            f"them as often as it needs; got {type(values).__name__}"
        )
    return array


def _first(batches: Any) -> Any:
    return batches[0] if isinstance(batches, keras.utils.PyDataset) else next(iter(batches))


# -- nothing is left behind ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _as_it_was(model: Any) -> Iterator[None]:
    """Whatever happens inside, the model and the random generators are as before."""
    state = Kept.of(model, 0, 0, "before the range test")
    history, stop_training = vars(model).get("history"), model.stop_training
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 (what users may draw from)
    generator = global_state.get_global_attribute("global_seed_generator")
    of_keras = None if generator is None else np.array(generator.state.numpy())
    try:
        yield
    finally:
        StepTap.of(model).died()  # without effect after a fit that came to its end
        state.put_into(model)
        model.reset_metrics()
        model.history, model.stop_training = history, stop_training
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if generator is None:
            global_state.set_global_attribute("global_seed_generator", None)
        else:
            generator.state.assign(of_keras)
