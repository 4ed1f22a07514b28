"""Reads weights out of a file that `model.save_weights` wrote; the model only lends its structure."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kescape.evidence.loss_of_weights import Weights
from kescape.step_tap import sync_variables

__all__ = ["WeightsUnusable", "put_back", "read_weights"]


class WeightsUnusable(ValueError):  # noqa: N818 (says what is the case, like the run's own errors)
    """A file of weights that cannot be read, or that is of another model."""


def read_weights(model: Any, path: Path) -> Weights:
    """The weights in a file, as `model.get_weights()` would give them; the model is as it was afterwards.

    Raises:
        WeightsUnusable: The file cannot be read, or the model in it has other shapes.
    """
    with put_back(model):
        try:
            with warnings.catch_warnings():
                # Keras leaves out what does not fit and warns; half a model is none.
                warnings.simplefilter("error", UserWarning)
                # The velocity is not wanted.
                warnings.filterwarnings("ignore", "Skipping variable loading for optimizer", UserWarning)
                model.load_weights(path)
        except (OSError, ValueError, KeyError, UserWarning) as error:
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise WeightsUnusable(f"The weights in {str(path)!r} cannot be used: {reason.rstrip('.')}.") from error
        return [np.array(value) for value in model.get_weights()]


@contextlib.contextmanager
def put_back(model: Any) -> Iterator[None]:
    """Whatever is done to a model's weights and its optimizer within is undone."""
    sync_variables(model)
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer is not None else [])]
    before = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
