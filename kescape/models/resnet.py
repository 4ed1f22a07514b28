"""ResNet-20 as He et al. made it for CIFAR-10.

Source: He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, section 4.2,
https://arxiv.org/abs/1512.03385
"""

from __future__ import annotations

from collections.abc import Iterator

import keras

from kescape.models.catalogue import RESNET_BLOCKS, RESNET_FILTERS
from kescape.models.dense import output_layer
from kescape.models.residual import convolution, normalisation

__all__ = ["resnet20"]


def resnet20(inputs: keras.KerasTensor, outputs: int, seeds: Iterator[int]) -> keras.KerasTensor:
    """Three stages, each with half the pixels and twice the filters of the one before, and the mean over all pixels.

    The shortcuts are the paper's option A, as in its experiments on CIFAR: they have no weights.
    """
    x = convolution(inputs, RESNET_FILTERS[0], seeds)
    x = keras.layers.ReLU()(normalisation(x))
    for stage, filters in enumerate(RESNET_FILTERS):
        for block in range(RESNET_BLOCKS):
            x = _block(x, filters, seeds, stride=2 if stage > 0 and block == 0 else 1)
    return output_layer(outputs, seeds)(keras.layers.GlobalAveragePooling2D()(x))


def _block(x: keras.KerasTensor, filters: int, seeds: Iterator[int], stride: int) -> keras.KerasTensor:
    shortcut = x
    if stride > 1:
        # Every second pixel, and zeros for the filters that the stage before did not have.
        shortcut = keras.layers.MaxPooling2D(1, stride)(shortcut)
        shortcut = keras.ops.pad(shortcut, [[0, 0], [0, 0], [0, 0], [0, filters - x.shape[-1]]])
    x = normalisation(convolution(x, filters, seeds, stride=stride))
    x = keras.layers.ReLU()(x)
    x = normalisation(convolution(x, filters, seeds))
    return keras.layers.ReLU()(keras.layers.Add()([x, shortcut]))
