"""Gives a model the weights that a training starts from."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from kescape.engine.checkpoint import Checkpoint, CheckpointUnusable

__all__ = ["StartUnusable", "start_from"]


class StartUnusable(ValueError):  # noqa: N818 (says what is the case, like the run's own errors)
    """A file of weights that cannot be read, or that is of another model."""


def start_from(model: Any, path: str | Path) -> None:
    """Give a compiled model the weights, and the velocity if there is one, that a file holds.

    Args:
        model: Built and compiled.
        path: A `.weights.h5` or `.keras` file of Keras, or a checkpoint of a run (`.npz`).

    Raises:
        StartUnusable: The file cannot be read, or the model in it has other shapes.

    Example:
        >>> import keras, kescape
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile(kescape.sgd_momentum(0.1), loss="mse")
        >>> model.save_weights(getfixture("tmp_path") / "one.weights.h5")
        >>> _ = model.layers[0].kernel.assign([[5.0]])
        >>> start_from(model, getfixture("tmp_path") / "one.weights.h5")
        >>> float(model.layers[0].kernel.numpy()[0, 0])
        1.0
    """
    path = Path(path)
    rate = float(model.optimizer.learning_rate.numpy())
    # Else Keras leaves the velocity out, with a warning.
    model.optimizer.build(model.trainable_variables)
    try:
        if path.suffix == ".npz":
            Checkpoint.load(path).as_start().put_into(model)
        else:
            with warnings.catch_warnings():
                # Keras leaves out what does not fit and warns; half a model is no start.
                warnings.simplefilter("error", UserWarning)
                # Without momentum there is no velocity to go on with.
                warnings.filterwarnings("ignore", "Skipping variable loading for optimizer", UserWarning)
                model.load_weights(path)
    except (CheckpointUnusable, OSError, ValueError, KeyError, UserWarning) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise StartUnusable(f"The training cannot start from {str(path)!r}: {reason.rstrip('.')}.") from error
    model.optimizer.learning_rate = rate  # the file has the rate of its last step
