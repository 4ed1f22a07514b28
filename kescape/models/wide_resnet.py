"""WRN-16-4: a residual network with fewer layers, four times as wide.

Source: Zagoruyko & Komodakis, "Wide Residual Networks", BMVC 2016, https://arxiv.org/abs/1605.07146
"""

from __future__ import annotations

from collections.abc import Iterator

import keras

from kescape.models.catalogue import WIDE_RESNET_BLOCKS, WIDE_RESNET_FILTERS
from kescape.models.dense import output_layer
from kescape.models.residual import convolution, normalisation

__all__ = ["wrn16_4"]


def wrn16_4(inputs: keras.KerasTensor, outputs: int, seeds: Iterator[int]) -> keras.KerasTensor:
    """Three stages of blocks that normalise first, without dropout, and the mean over all pixels."""
    first, *stages = WIDE_RESNET_FILTERS
    x = convolution(inputs, first, seeds)
    for stage, filters in enumerate(stages):
        for block in range(WIDE_RESNET_BLOCKS):
            x = _block(x, filters, seeds, stride=2 if stage > 0 and block == 0 else 1)
    x = keras.layers.ReLU()(normalisation(x))
    return output_layer(outputs, seeds)(keras.layers.GlobalAveragePooling2D()(x))


def _block(x: keras.KerasTensor, filters: int, seeds: Iterator[int], stride: int) -> keras.KerasTensor:
    shortcut = x
    x = keras.layers.ReLU()(normalisation(x))
    if shortcut.shape[-1] != filters:
        shortcut = convolution(x, filters, seeds, size=1, stride=stride)
    x = convolution(x, filters, seeds, stride=stride)
    x = keras.layers.ReLU()(normalisation(x))
    return keras.layers.Add()([convolution(x, filters, seeds), shortcut])
