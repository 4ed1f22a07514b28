"""The small convolutional network."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from kescape.models.catalogue import CNN_FILTERS
from kescape.models.dense import output_layer

__all__ = ["cnn"]


def cnn(inputs: keras.KerasTensor, outputs: int, seeds: Iterator[int]) -> keras.KerasTensor:
    """Two convolutions with a maximum between them, then a dense layer."""
    first, second = CNN_FILTERS
    x = _convolution(first, seeds)(inputs)
    x = keras.layers.MaxPooling2D(2)(x)
    x = _convolution(second, seeds)(x)
    return output_layer(outputs, seeds)(keras.layers.Flatten()(x))


def _convolution(filters: int, seeds: Iterator[int]) -> keras.Layer:
    initializer = keras.initializers.HeNormal(seed=next(seeds))
    return keras.layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer=initializer)
