"""What the training loop asks of a Keras backend: to train and judge batches of data that it holds."""

from __future__ import annotations

from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from kescape.data.load import Split

__all__ = ["VALIDATION_BATCH", "Steps", "steps_for"]

VALIDATION_BATCH = 1024
"""Rows judged at once; only speed depends on it."""


class Steps(Protocol):
    """Compiled steps of one model on one data set, both on the device.

    What is compiled is the model's own step, or the one that the step tap has put in its place. All variables of the
    model, its optimizer and its metrics have been made before.
    """

    def begin_epoch(self, order: NDArray[np.int32]) -> None:
        """The epoch that begins takes its rows in this order."""

    def train(self, first: int, count: int) -> None:
        """Train on `count` batches from batch `first` on; returns when they are done, not when they are queued."""

    def judge(self) -> None:
        """Add the whole validation part to the model's metrics."""


def steps_for(model: Any, data: Split, batch_size: int, *, deterministic: bool = False) -> Steps:
    """The steps on the backend that Keras has been loaded with.

    Args:
        model: Built and compiled.
        data: Training and validation part.
        batch_size: Rows in a batch, >= 1; the last batch of an epoch holds what is left.
        deterministic: Whether two runs must give the same bits, even where that is slower. On TensorFlow this is a
            matter of the whole process and done elsewhere.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from kescape.engine.tensorflow_steps import TensorFlowSteps

        return TensorFlowSteps(model, data, batch_size)
    if backend == "jax":
        from kescape.engine.jax_steps import JaxSteps

        return JaxSteps(model, data, batch_size, deterministic=deterministic)
    raise ValueError(
        "KERAS_BACKEND must be tensorflow or jax for this, because the engine's loop is compiled by one of these; "
        f"got KERAS_BACKEND={backend}"
    )
