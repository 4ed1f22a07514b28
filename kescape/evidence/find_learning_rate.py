"""`find_learning_rate`: a range test of a compiled model, which is as it was afterwards."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np

from kescape.callbacks import siblings
from kescape.callbacks.follow_plan import check_optimizer, inner_optimizer
from kescape.evidence.as_it_was import as_it_was
from kescape.evidence.batches import batches_of, first_of
from kescape.evidence.range_test import LEAST_STEPS, RangeTest, explosion, half_life_for, judge
from kescape.schedule import ExponentialRise, PlacedPlan
from kescape.schedule.checks import checked_number, checked_whole
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
    batches = batches_of(x, y, sample_weight, steps, batch_size, seed)
    if not model.built:
        # Its weights are drawn now instead of in the first fit; from what, was decided when its layers were made.
        model._symbolic_build(data_batch=first_of(batches))
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    sweep = _Sweep(ExponentialRise(1, low, high).on_steps(steps), steps)
    with as_it_was(model):
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
