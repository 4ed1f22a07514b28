"""What the residual networks share: their convolution and their normalisation."""

from __future__ import annotations

from collections.abc import Iterator

import keras

__all__ = ["convolution", "normalisation"]


def convolution(
    x: keras.KerasTensor, filters: int, seeds: Iterator[int], *, size: int = 3, stride: int = 1
) -> keras.KerasTensor:
    """A convolution without bias, for the normalisation after it has one.

    With a stride it looks at the pixels 0, 2, 4, ..., as the papers' code and the shortcuts do. Keras' own "same"
    would look at 1, 3, 5, ... in an image of even size.
    """
    if size > 1:
        x = keras.layers.ZeroPadding2D(size // 2)(x)
    initializer = keras.initializers.HeNormal(seed=next(seeds))
    return keras.layers.Conv2D(filters, size, stride, use_bias=False, kernel_initializer=initializer)(x)


def normalisation(x: keras.KerasTensor) -> keras.KerasTensor:
    """Batch normalisation whose running mean follows within some 10 steps, as in the papers' code.

    Keras' own takes some 100 steps, and a validation in a short training would judge it by statistics of the start.
    """
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
