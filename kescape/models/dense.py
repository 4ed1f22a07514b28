"""Models of dense layers alone: logistic regression and the MLP."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from kescape.models.catalogue import MLP_UNITS

__all__ = ["logistic", "mlp", "output_layer"]


def logistic(inputs: keras.KerasTensor, outputs: int, seeds: Iterator[int]) -> keras.KerasTensor:
    """One dense layer."""
    return output_layer(outputs, seeds)(keras.layers.Flatten()(inputs))


def mlp(inputs: keras.KerasTensor, outputs: int, seeds: Iterator[int]) -> keras.KerasTensor:
    """Hidden layers with relu, then a dense layer."""
    x = keras.layers.Flatten()(inputs)
    for units in MLP_UNITS:
        # He's spread suits relu.
        initializer = keras.initializers.HeNormal(seed=next(seeds))
        x = keras.layers.Dense(units, activation="relu", kernel_initializer=initializer)(x)
    return output_layer(outputs, seeds)(x)


def output_layer(outputs: int, seeds: Iterator[int]) -> keras.Layer:
    """The last layer of every bundled model: it keeps Keras' own initial spread, which starts near even odds."""
    return keras.layers.Dense(outputs, kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)))
