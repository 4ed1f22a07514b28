"""Whether a model's shapes are those of the data, said with both shapes."""

from __future__ import annotations

from kescape.data.targets import Task

__all__ = ["unfit_inputs", "unfit_outputs"]


def unfit_inputs(expected: tuple[int | None, ...], shape: tuple[int, ...]) -> str | None:
    """Why inputs of this shape cannot go into a model, or None if they can.

    Args:
        expected: What the model takes, without the batch; None in it is any length.
        shape: Of one input, without the batch.

    Example:
        >>> unfit_inputs((None, None, 1), (8, 8, 1)) is None
        True
        >>> unfit_inputs((28, 28, 1), (8, 8, 1))
        'expects inputs of shape (28, 28, 1), not inputs of shape (8, 8, 1)'
    """
    if len(expected) == len(shape) and all(e in (None, s) for e, s in zip(expected, shape, strict=True)):
        return None
    return f"expects inputs of shape {expected}, not inputs of shape {shape}"


def unfit_outputs(given: tuple[int | None, ...], wanted: int, task: Task = "classification") -> str | None:
    """Why a model's outputs cannot be trained on the data, or None if they can.

    Two classes can be told apart with one output as well.

    Args:
        given: Shape of what the model says about one input.
        wanted: Numbers that have to be said: one a class, or one for each number to be met.
        task: What the data asks for.

    Example:
        >>> unfit_outputs((10,), 3)
        'has outputs of shape (10,), not one for each of 3 classes'
        >>> unfit_outputs((1,), 2) is None
        True
    """
    if given == (wanted,) or (given == (1,) and wanted == 2 and task == "classification"):
        return None
    what = "classes" if task == "classification" else "numbers to be met"
    wish = f"each of {wanted} {what}" if wanted > 1 else "the number to be met"
    return f"has outputs of shape {given}, not one for {wish}"
