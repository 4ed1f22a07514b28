"""Builds the bundled models with Keras. Their facts are in `kescape.models.catalogue`."""

from __future__ import annotations

from collections.abc import Callable

import keras

from kescape.models.catalogue import CNN_FILTERS, MLP_UNITS, MODELS

__all__ = ["build"]


def build(name: str, shape: tuple[int, ...], outputs: int, seed: int) -> keras.Model:
    """A fresh model, not yet compiled, whose outputs are logits.

    Args:
        name: A name in `MODELS`.
        shape: Shape of one input, without the batch.
        outputs: Numbers it has to say about an input: one a class, or one for a regression.
        seed: Decides the first weights; the same seed gives the same weights.
    """
    problem = MODELS[name].problem_with(shape)
    if problem is not None:
        raise ValueError(f"model {name!r} {problem}")
    return keras.Sequential([keras.Input(shape), *_LAYERS[name](outputs, seed)], name=name)


def _logistic(outputs: int, seed: int) -> list[keras.Layer]:
    return [keras.layers.Flatten(), _dense(outputs, seed)]


def _mlp(outputs: int, seed: int) -> list[keras.Layer]:
    hidden = [_dense(units, seed + i, "relu") for i, units in enumerate(MLP_UNITS)]
    return [keras.layers.Flatten(), *hidden, _dense(outputs, seed + len(MLP_UNITS))]


def _cnn(outputs: int, seed: int) -> list[keras.Layer]:
    first, second = CNN_FILTERS
    return [
        _convolution(first, seed),
        keras.layers.MaxPooling2D(2),
        _convolution(second, seed + 1),
        keras.layers.Flatten(),
        _dense(outputs, seed + 2),
    ]


_LAYERS: dict[str, Callable[[int, int], list[keras.Layer]]] = {
    "logistic": _logistic,
    "mlp": _mlp,
    "cnn": _cnn,
}


def _dense(units: int, seed: int, activation: str | None = None) -> keras.Layer:
    # He's spread suits relu; the last layer keeps Keras' own, which starts near even odds.
    kind = keras.initializers.HeNormal if activation else keras.initializers.GlorotUniform
    return keras.layers.Dense(units, activation=activation, kernel_initializer=kind(seed=seed))


def _convolution(filters: int, seed: int) -> keras.Layer:
    initializer = keras.initializers.HeNormal(seed=seed)
    return keras.layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer=initializer)
