"""The bundled models as plain facts, so that a form or a check needs no Keras.

The networks themselves are made by `kescape.models.build`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kescape.data.targets import Task

__all__ = [
    "CNN_FILTERS",
    "LSTM_UNITS",
    "MLP_UNITS",
    "MODELS",
    "RESNET_BLOCKS",
    "RESNET_FILTERS",
    "WIDE_RESNET_BLOCKS",
    "WIDE_RESNET_FILTERS",
    "Model",
]

MLP_UNITS = (64, 64)
"""Width of the MLP's hidden layers."""

CNN_FILTERS = (16, 32)
"""Filters of the CNN's 3 by 3 convolutions; the first is followed by a 2 by 2 maximum."""

RESNET_FILTERS = (16, 32, 64)
"""Filters of ResNet-20's three stages; the first convolution has those of the first stage."""

RESNET_BLOCKS = 3
"""Blocks of two convolutions in each stage of ResNet-20: 1 + 3 * 3 * 2 convolutions and a dense layer make 20."""

WIDE_RESNET_FILTERS = (16, 64, 128, 256)
"""Filters of WRN-16-4's first convolution, and of its three stages: 4 times 16, 32 and 64."""

WIDE_RESNET_BLOCKS = 2
"""Blocks of two convolutions in each stage of WRN-16-4."""

LSTM_UNITS = 64
"""Width of the LSTM's state."""

Inputs = Literal["any", "images", "sequences"]


@dataclass(frozen=True)
class Model:
    """What is known of a model before it is built."""

    name: str
    """As written in a configuration, for example ``"mlp"``."""
    title: str
    """As shown to people, for example ``"MLP 64-64"``."""
    inputs: Inputs
    """``"images"`` have the shape (height, width, channels), ``"sequences"`` (steps, features) or that of an image."""
    description: str
    count_parameters: Callable[[tuple[int, ...], int], int]
    """Number of trainable weights for an input shape and a number of outputs."""
    least: int = 1
    """Smallest height and width of an image."""

    @property
    def expects(self) -> str:
        """What it takes in, in a few words.

        Example:
            >>> MODELS["resnet20"].expects
            'images, at least 4 x 4'
        """
        return f"{_KINDS[self.inputs]}{self._at_least}"

    @property
    def _at_least(self) -> str:
        return f", at least {self.least} x {self.least}" if self.least > 1 else ""

    def problem_with(
        self, shape: tuple[int, ...], outputs: int | None = None, task: Task = "classification"
    ) -> str | None:
        """Why the model cannot take inputs of this shape, or None if it can; it has as many outputs as are wanted.

        Example:
            >>> MODELS["mlp"].problem_with((2,)) is None
            True
            >>> MODELS["resnet20"].problem_with((2,))
            'needs images of shape (height, width, channels), at least 4 x 4, not inputs of shape (2,)'
        """
        if self.inputs == "images" and not (len(shape) == 3 and min(shape[:2]) >= self.least):
            return f"needs images of shape (height, width, channels){self._at_least}, not inputs of shape {shape}"
        if self.inputs == "sequences" and len(shape) not in (2, 3):
            return f"needs sequences of shape (steps, features), or images, read by rows, not inputs of shape {shape}"
        return None


_KINDS: dict[Inputs, str] = {"any": "any shape", "images": "images", "sequences": "sequences, images by rows"}


def _dense(*widths: int) -> int:
    return sum((before + 1) * after for before, after in itertools.pairwise(widths))


def _logistic_parameters(shape: tuple[int, ...], outputs: int) -> int:
    return _dense(math.prod(shape), outputs)


def _mlp_parameters(shape: tuple[int, ...], outputs: int) -> int:
    return _dense(math.prod(shape), *MLP_UNITS, outputs)


def _cnn_parameters(shape: tuple[int, ...], outputs: int) -> int:
    height, width, channels = shape
    first, second = CNN_FILTERS
    convolutions = _dense(9 * channels, first) + _dense(9 * first, second)
    return convolutions + _dense((height // 2) * (width // 2) * second, outputs)


def _resnet_parameters(shape: tuple[int, ...], outputs: int) -> int:
    """Convolutions have no biases; a batch normalisation trains a scale and a shift for each filter."""
    filters = RESNET_FILTERS[0]
    count = 9 * shape[2] * filters + 2 * filters
    for wanted in RESNET_FILTERS:
        for _ in range(RESNET_BLOCKS):
            count += 9 * filters * wanted + 9 * wanted * wanted + 4 * wanted
            filters = wanted
    return count + _dense(filters, outputs)


def _wide_resnet_parameters(shape: tuple[int, ...], outputs: int) -> int:
    filters, *stages = WIDE_RESNET_FILTERS
    count = 9 * shape[2] * filters
    for wanted in stages:
        for _ in range(WIDE_RESNET_BLOCKS):
            count += 2 * filters + 9 * filters * wanted + 2 * wanted + 9 * wanted * wanted
            if filters != wanted:
                count += filters * wanted  # the shortcut
            filters = wanted
    return count + 2 * filters + _dense(filters, outputs)


def _lstm_parameters(shape: tuple[int, ...], outputs: int) -> int:
    features = math.prod(shape[1:])
    return 4 * _dense(features + LSTM_UNITS, LSTM_UNITS) + _dense(LSTM_UNITS, outputs)


MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            "mlp",
            "MLP 64-64",
            inputs="any",
            description="Two hidden layers of 64 units, for data of any kind.",
            count_parameters=_mlp_parameters,
        ),
        Model(
            "cnn",
            "Small CNN",
            inputs="images",
            least=2,
            description="Two convolutions and one dense layer, for images.",
            count_parameters=_cnn_parameters,
        ),
        Model(
            "resnet20",
            "ResNet-20",
            inputs="images",
            least=4,
            description="He et al., 2016, as for CIFAR: 19 convolutions, shortcuts without weights.",
            count_parameters=_resnet_parameters,
        ),
        Model(
            "wrn16-4",
            "WRN-16-4",
            inputs="images",
            least=4,
            description="Zagoruyko & Komodakis, 2016: fewer layers, four times as wide; wants a GPU.",
            count_parameters=_wide_resnet_parameters,
        ),
        Model(
            "lstm",
            "LSTM",
            inputs="sequences",
            description="64 units that read step by step; the last state decides.",
            count_parameters=_lstm_parameters,
        ),
        Model(
            "logistic",
            "Logistic regression",
            inputs="any",
            description="One dense layer: a convex loss with a single minimum, nothing to escape.",
            count_parameters=_logistic_parameters,
        ),
    )
}
"""Every bundled model by name, in the order in which they are offered."""
