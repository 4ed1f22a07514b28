"""Builds the bundled models with Keras. Their facts are in `kescape.models.catalogue`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras

from kescape.models.catalogue import MODELS
from kescape.models.cnn import cnn
from kescape.models.dense import logistic, mlp
from kescape.models.lstm import lstm
from kescape.models.resnet import resnet20
from kescape.models.seeds import seeds
from kescape.models.wide_resnet import wrn16_4

__all__ = ["build_model"]

_LAYERS: dict[str, Callable[[keras.KerasTensor, int, Iterator[int]], keras.KerasTensor]] = {
    "logistic": logistic,
    "mlp": mlp,
    "cnn": cnn,
    "resnet20": resnet20,
    "wrn16-4": wrn16_4,
    "lstm": lstm,
}


def build_model(name: str, input_shape: tuple[int, ...], outputs: int, seed: int = 1) -> keras.Model:
    """A fresh model, not yet compiled, whose outputs are logits.

    Args:
        name: One of the bundled models, as `kescape models` lists them.
        input_shape: Shape of one input, without the batch.
        outputs: Numbers that it has to say about an input, >= 1: one a class, or one for a regression.
        seed: Decides the first weights, alone; >= 0.

    Raises:
        ValueError: There is no such model, or it cannot take inputs of this shape.

    Example:
        >>> model = build_model("resnet20", (32, 32, 3), 10, seed=1)
        >>> sum(weights.shape.num_elements() for weights in model.trainable_variables)
        269722
    """
    if name not in MODELS:
        raise ValueError(f"name must be one of {', '.join(MODELS)}, because these come with KEscape; got name={name!r}")
    problem = MODELS[name].problem_with(tuple(input_shape))
    if problem is not None:
        raise ValueError(f"model {name!r} {problem}")
    inputs = keras.Input(tuple(input_shape))
    return keras.Model(inputs, _LAYERS[name](inputs, outputs, seeds(seed)), name=name)
