"""The learning rate that an optimizer was compiled with.

While a plan runs, the optimizer's rate is the plan's. So that a second fit starts from the same peak, the compiled
rate is read before anything restores the optimizer, kept with it, and given back when training ends.
"""

from __future__ import annotations

from typing import Any

import keras

_ATTRIBUTE = "_kescape_rate_during_fit"


def compiled_rate(model: Any) -> float | None:
    """The rate `model` was compiled with; None if the optimizer was loaded, so that its rate may be any of a plan's.

    To be called when a callback meets its model, before `on_train_begin`, where `BackupAndRestore` restores.
    """
    optimizer = model.optimizer
    kept = vars(optimizer).get(_ATTRIBUTE)
    if kept is not None:
        # A fit under a plan that never reached its end (an exception, Ctrl+C) left the plan's rate behind.
        return float(kept)
    loaded = int(optimizer.iterations) > 0 and model.train_function is None
    return None if loaded else read_rate(optimizer)


def keep(optimizer: Any, rate: float | None) -> None:
    """A plan begins to move the rate of `optimizer`, compiled with `rate`."""
    if rate is not None:
        # Past Keras' attribute tracking: a number that is not part of the saved optimizer.
        vars(optimizer)[_ATTRIBUTE] = rate


def give_back(optimizer: Any) -> None:
    """The plan has ended: the optimizer has its compiled rate again."""
    kept = vars(optimizer).pop(_ATTRIBUTE, None)
    if kept is not None:
        optimizer.learning_rate = kept


def read_rate(optimizer: Any) -> float:
    """The optimizer's rate at this moment, as it is stored (float32)."""
    return float(keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(optimizer.learning_rate)))
