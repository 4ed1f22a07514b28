"""Puts together what a configuration asks for: its data, and its model compiled for them."""

from __future__ import annotations

from pathlib import Path

import keras

from kescape.config import RunConfig
from kescape.data.load import Split
from kescape.engine.load_data import load_data
from kescape.engine.start import start_from
from kescape.models.build import build_model
from kescape.models.objective import objective
from kescape.optimizers import sgd_momentum

__all__ = ["compiled_model", "loaded_data"]


def loaded_data(config: RunConfig) -> Split:
    """The data of a run, split and scaled.

    Raises:
        DataError: It cannot be trained on.
    """
    return load_data(config)


def compiled_model(config: RunConfig, data: Split) -> keras.Model:
    """The model of a run with its first weights, ready to train.

    Raises:
        StartUnusable: It cannot start from the weights that it shall start from.
    """
    model = build_model(config.model, data.shape, data.outputs, config.seed)
    model.compile(
        optimizer=sgd_momentum(
            config.eta_max,
            config.momentum,
            nesterov=config.nesterov,
            weight_decay=config.weight_decay or None,
            clipnorm=config.clipnorm,
        ),
        **objective(data.task),
    )
    if config.start_from is not None:
        start_from(model, Path(config.start_from))
    return model
