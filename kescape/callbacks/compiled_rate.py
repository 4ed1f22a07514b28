"""The learning rate that an optimizer was compiled with.

While a plan runs, the optimizer's rate is the plan's. So that a second fit starts from the same peak, the compiled
rate is read before anything restores the optimizer, kept with it, and given back when training ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

_ATTRIBUTE = "_kescape_rate_during_fit"
_GIVEN_BACK = "_kescape_rate_given_back"


@dataclass(frozen=True)
class _GivenBack:
    """How a fit under a plan ended."""

    rate: float
    """The compiled rate, which the optimizer got back."""
    last_rate: float
    """The plan's last rate."""
    steps: int
    """What the optimizer had counted."""

    def was_overwritten(self, steps: int, rate: float) -> bool:
        """Whether weights saved during that fit, or one before, brought the plan's rate of their moment back.

        Steps never count down by themselves; and where they stand as at the end, the rate that was saved with them is
        the plan's last. Any other rate was set by hand, and meant.
        """
        return steps < self.steps or (steps == self.steps and rate == self.last_rate)


def compiled_rate(model: Any) -> float | None:
    """The rate `model` was compiled with; None if the optimizer was loaded, so that its rate may be any of a plan's.

    To be called when a callback meets its model, before `on_train_begin`, where `BackupAndRestore` restores.
    """
    optimizer = model.optimizer
    kept = vars(optimizer).get(_ATTRIBUTE)
    if kept is not None:
        # A fit under a plan that never reached its end (an exception, Ctrl+C) left the plan's rate behind.
        return float(kept)
    steps, rate = int(optimizer.iterations.numpy()), read_rate(optimizer)
    given_back = vars(optimizer).get(_GIVEN_BACK)
    if given_back is not None and given_back.was_overwritten(steps, rate):
        return float(given_back.rate)
    loaded = steps > 0 and model.train_function is None
    return None if loaded else rate


def keep(optimizer: Any, rate: float | None) -> None:
    """A plan begins to move the rate of `optimizer`, compiled with `rate`."""
    if rate is not None:
        # Past Keras' attribute tracking: a number that is not part of the saved optimizer.
        vars(optimizer)[_ATTRIBUTE] = rate


def give_back(optimizer: Any) -> None:
    """The plan has ended: the optimizer has its compiled rate again."""
    kept = vars(optimizer).pop(_ATTRIBUTE, None)
    if kept is not None:
        vars(optimizer)[_GIVEN_BACK] = _GivenBack(kept, read_rate(optimizer), int(optimizer.iterations.numpy()))
        optimizer.learning_rate = kept


def forget(optimizer: Any) -> None:
    """The plan has ended, and whoever set the optimizer's rate since then meant it."""
    vars(optimizer).pop(_ATTRIBUTE, None)


def read_rate(optimizer: Any) -> float:
    """The optimizer's rate at this moment, as it is stored (float32)."""
    return float(keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(optimizer.learning_rate)))
