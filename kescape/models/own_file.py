"""Loads a model from a `.keras` file, in Keras' safe mode; what runs code is refused before."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from kescape.models.errors import ModelUnusable
from kescape.models.keras_file import KerasFile

__all__ = ["load_keras_file"]


def load_keras_file(file: KerasFile, seeds: Iterator[int]) -> keras.Model:
    """The model with the weights of the file, not compiled.

    Args:
        file: As `read_keras_file` has checked it.
        seeds: For what the model draws while it trains, such as dropout: a file brings a state along that would be the
            same in every run.

    Raises:
        ModelUnusable: Keras cannot make a model of it.
    """
    try:
        model = keras.saving.load_model(file.path, compile=False, safe_mode=True)
    except Exception as error:  # whatever a malformed configuration makes Keras raise
        raise ModelUnusable(f"{file.path} cannot be loaded by Keras {keras.__version__}: {_cause(error)}") from error
    for variable in getattr(model, "variables", []):
        if variable.name == "seed_generator_state":
            variable.assign([next(seeds), 0])
    return model


def _cause(error: BaseException) -> str:
    """The innermost cause, in one line: Keras puts whole configurations around it."""
    text = str(error).rpartition("Exception encountered: ")[2]
    return f"{type(error).__name__}: {' '.join(text.split())[:200]}".removesuffix(": ")
