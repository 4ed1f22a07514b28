"""The bundled models as plain facts, so that a form or a check needs no Keras.

The networks themselves are made by `kescape.models.build`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["CNN_FILTERS", "MLP_UNITS", "MODELS", "Model"]

MLP_UNITS = (64, 64)
"""Width of the MLP's hidden layers."""

CNN_FILTERS = (16, 32)
"""Filters of the CNN's 3 by 3 convolutions; the first is followed by a 2 by 2 maximum."""


@dataclass(frozen=True)
class Model:
    """What is known of a model before it is built."""

    name: str
    """As written in a configuration, for example ``"mlp"``."""
    title: str
    """As shown to people, for example ``"MLP 64-64"``."""
    needs_images: bool
    """True if an input must have the shape (height, width, channels)."""
    description: str
    count_parameters: Callable[[tuple[int, ...], int], int]
    """Number of trainable weights for an input shape and a number of classes."""

    def problem_with(self, shape: tuple[int, ...]) -> str | None:
        """Why the model cannot take inputs of this shape, or None if it can.

        Example:
            >>> MODELS["mlp"].problem_with((2,)) is None
            True
            >>> MODELS["cnn"].problem_with((2,))
            'needs images of shape (height, width, channels), not inputs of shape (2,)'
        """
        if self.needs_images and len(shape) != 3:
            return f"needs images of shape (height, width, channels), not inputs of shape {shape}"
        return None


def _dense(*widths: int) -> int:
    return sum((before + 1) * after for before, after in itertools.pairwise(widths))


def _logistic_parameters(shape: tuple[int, ...], classes: int) -> int:
    return _dense(math.prod(shape), classes)


def _mlp_parameters(shape: tuple[int, ...], classes: int) -> int:
    return _dense(math.prod(shape), *MLP_UNITS, classes)


def _cnn_parameters(shape: tuple[int, ...], classes: int) -> int:
    height, width, channels = shape
    first, second = CNN_FILTERS
    convolutions = _dense(9 * channels, first) + _dense(9 * first, second)
    return convolutions + _dense((height // 2) * (width // 2) * second, classes)


MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            "mlp",
            "MLP 64-64",
            needs_images=False,
            description="Two hidden layers of 64 units; learns anything in this list.",
            count_parameters=_mlp_parameters,
        ),
        Model(
            "cnn",
            "Small CNN",
            needs_images=True,
            description="Two convolutions and one dense layer, for images.",
            count_parameters=_cnn_parameters,
        ),
        Model(
            "logistic",
            "Logistic regression",
            needs_images=False,
            description="One dense layer: a convex loss with a single minimum, nothing to escape.",
            count_parameters=_logistic_parameters,
        ),
    )
}
"""Every bundled model by name, in the order in which they are offered."""
