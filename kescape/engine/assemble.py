"""Puts together what a configuration asks for: its data, and its model compiled for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from kescape.config import RunConfig
from kescape.data.errors import DataError
from kescape.data.load import Split
from kescape.data.preprocessing import Preprocessing
from kescape.engine.load_data import load_data
from kescape.engine.start import start_from
from kescape.models.build import build_model
from kescape.models.choice import find_model
from kescape.models.keras_file import KerasFile
from kescape.models.objective import objective, understood_loss
from kescape.optimizers import sgd_momentum
from kescape.run.folder import PREPROCESSING

__all__ = ["compiled_model", "keep_preprocessing", "loaded_data"]


def loaded_data(config: RunConfig) -> Split:
    """The data of a run, split and scaled.

    Raises:
        DataError: It cannot be trained on.
    """
    return load_data(config)


def keep_preprocessing(data: Split, folder: Path) -> None:
    """Write beside the model how raw rows become its inputs; nothing for a run that goes on, which has it already.

    Raises:
        DataError: The run goes on, and its data is not what it was.
    """
    if data.preprocessing is None:
        return
    path = folder / PREPROCESSING
    if not path.exists():
        data.preprocessing.save(path)
    elif Preprocessing.load(path).fingerprint != data.preprocessing.fingerprint:
        raise DataError("the data has changed since this run began; to go on it needs the rows that it began with")


def compiled_model(config: RunConfig, data: Split, tell: Callable[[str], None] = print) -> keras.Model:
    """The model of a run with its first weights, ready to train.

    Args:
        config: What to train.
        data: What it is trained on.
        tell: Gets a sentence where a model of the user's is not trained as it was compiled.

    Raises:
        ModelUnusable: The model cannot be built, or does not fit the data.
        StartUnusable: It cannot start from the weights that it shall start from.
    """
    model = build_model(config.model, data.shape, data.outputs, config.seed, task=data.task)
    written = _own_loss(config.model, model)
    own = understood_loss(written)
    aim = objective(data.task, model, data.shape, own)
    if written is not None and aim["loss"] is not own:
        tell(
            f"The loss that {config.model} was compiled with does not fit the data or the model's outputs; it is "
            f"trained with {type(aim['loss']).__name__}."
        )
    model.compile(
        optimizer=sgd_momentum(
            config.eta_max,
            config.momentum,
            nesterov=config.nesterov,
            weight_decay=config.weight_decay or None,
            clipnorm=config.clipnorm,
        ),
        **aim,
    )
    if config.start_from is not None:
        start_from(model, Path(config.start_from))
    return model


def _own_loss(choice: str, model: keras.Model) -> Any:
    """What a model of the user's was compiled with, as it was written; None if it was not."""
    found = find_model(choice)
    if isinstance(found, KerasFile):
        return found.loss
    return getattr(model, "loss", None) if model.compiled else None
