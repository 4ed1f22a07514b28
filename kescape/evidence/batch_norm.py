"""Finds the layers of batch normalisation in a model, wherever they are nested.

Keras lists the layers of a layer publicly for models only; `_flatten_layers` also goes into layers of the user's own.
`tests/evidence/test_loss_of_weights.py` fails clearly if it changes.
"""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["batch_norm_layers"]


def batch_norm_layers(model: Any) -> list[Any]:
    """The layers whose statistics follow the data in training, each once."""
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.built and layer.trainable and layer.momentum < 1
    ]
