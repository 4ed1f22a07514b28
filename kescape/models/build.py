"""Builds a model with Keras: a bundled one, or one of the user's. What is known without Keras is in `choice`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras

from kescape.data.targets import Task
from kescape.models.catalogue import Model
from kescape.models.choice import find_model
from kescape.models.cnn import cnn
from kescape.models.dense import logistic, mlp
from kescape.models.errors import ModelUnusable
from kescape.models.keras_file import KerasFile
from kescape.models.lstm import lstm
from kescape.models.own_code import call_build_model
from kescape.models.own_file import load_keras_file
from kescape.models.own_model import checked
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


def build_model(
    model: str, input_shape: tuple[int, ...], outputs: int, seed: int = 1, *, task: Task = "classification"
) -> keras.Model:
    """A model with its first weights; bundled ones give logits and are not compiled.

    Args:
        model: One of the bundled models, as `kescape models` lists them; a `.keras` file, loaded in Keras' safe mode,
            with the weights it holds; or `file.py:function`, where the function takes `input_shape` and `outputs`, and
            the user has said yes to the file, see `kescape.models.consent`.
        input_shape: Shape of one input, without the batch.
        outputs: Numbers that it has to say about an input, >= 1: one a class, or one for each number to be
            met by a regression.
        seed: Decides the first weights, >= 0. Before a function is called, it seeds Python, NumPy and Keras.
        task: What the outputs are for, ``"classification"`` or ``"regression"``: a file's model with one output can
            tell two classes apart.

    Raises:
        ModelUnusable: A ValueError: there is no such model, or its shapes are not these.
        CodeNotAllowed: The Python file has changed since the user said yes to it, or nobody has.

    Example:
        >>> model = build_model("resnet20", (32, 32, 3), 10, seed=1)
        >>> sum(weights.shape.num_elements() for weights in model.trainable_variables)
        269722
    """
    shape = tuple(input_shape)
    found = find_model(model)
    problem = found.problem_with(shape, outputs, task)
    if problem is not None:
        raise ModelUnusable(f"model {model!r} {problem}, which the data has")
    if isinstance(found, Model):
        inputs = keras.Input(shape)
        return keras.Model(inputs, _LAYERS[model](inputs, outputs, seeds(seed)), name=model)
    if isinstance(found, KerasFile):
        return checked(load_keras_file(found, seeds(seed)), f"model {model!r}", shape, outputs, task)
    return checked(call_build_model(found, shape, outputs, seed), f"model {model!r}", shape, outputs, task)
