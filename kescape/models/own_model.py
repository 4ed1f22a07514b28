"""Checks that a model of the user's own can be trained on the data."""

from __future__ import annotations

from typing import Any

import keras

from kescape.data.targets import Task
from kescape.models.errors import ModelUnusable
from kescape.models.fit import unfit_inputs, unfit_outputs

__all__ = ["checked", "output_shape"]


def checked(model: Any, called: str, input_shape: tuple[int, ...], outputs: int, task: Task) -> keras.Model:
    """The model, if it takes the data's inputs and gives an output for each class or number.

    Args:
        model: What a file held, or a function returned.
        called: The file or function, for the error.
        input_shape: Shape of one input of the data, without the batch.
        outputs: Numbers that have to be said about an input.
        task: What the data asks for.

    Raises:
        ModelUnusable: It is no model, not built, or its shapes are not those of the data.
    """
    if not isinstance(model, keras.Model):
        raise ModelUnusable(f"{called} must give a keras.Model; got {_kind(model)}")
    if not model.built:
        raise ModelUnusable(
            f"{called} must give a model that is built, because its first weights are where training starts; begin it "
            "with keras.Input(input_shape), or call it once: model(keras.Input(input_shape))"
        )
    if not model.trainable_variables:
        raise ModelUnusable(
            f"{called} has no weights that can be trained; a model that is a class is called once: "
            "model(keras.Input(input_shape))"
        )
    expected = _input_shape(model, called)
    problem = unfit_inputs(expected, input_shape) if expected is not None else None
    if problem is None:
        try:
            problem = unfit_outputs(output_shape(model, input_shape), outputs, task)
        except ModelUnusable as error:
            raise ModelUnusable(f"{called} {error}") from None
        except Exception as error:  # whatever the layers of a user raise
            raise ModelUnusable(f"{called} cannot take inputs of shape {input_shape}: {_one_line(error)}") from error
    if problem is not None:
        raise ModelUnusable(f"{called} {problem}, which the data has")
    try:
        model.to_json()
    except Exception as error:
        raise ModelUnusable(
            f"{called} could not be saved after its training, because Keras cannot write it down; give each of its "
            f"classes a get_config: {_one_line(error)}"
        ) from error
    return model


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _input_shape(model: keras.Model, called: str) -> tuple[int | None, ...] | None:
    """What the model says it takes, without the batch; None if it says nothing."""
    try:
        shape = model.input_shape
    except (AttributeError, ValueError):  # a subclass that was built by a call
        return None
    if not (isinstance(shape, tuple) and shape and all(length is None or isinstance(length, int) for length in shape)):
        raise ModelUnusable(f"{called} must have one input, because data has one; got inputs of shapes {shape!r:.100}")
    if shape[0] is not None:
        raise ModelUnusable(
            f"{called} was made for batches of exactly {shape[0]} rows, but the last batch of an epoch may be smaller; "
            "begin it with keras.Input(input_shape)"
        )
    return shape[1:]


def output_shape(model: keras.Model, input_shape: tuple[int, ...]) -> tuple[int | None, ...]:
    """Shape of what a model with one output says about one input of this shape."""
    spec = model.compute_output_spec(keras.KerasTensor((None, *input_shape), dtype="float32"))
    if not isinstance(spec, keras.KerasTensor):
        raise ModelUnusable(f"must have one output, because data has one target; got {_kind(spec)}")
    return tuple(spec.shape[1:])


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    size = f" of {len(value)}" if isinstance(value, (list, tuple, dict)) else ""
    return f"a {type(value).__name__}{size}"
