"""The LSTM, for sequences.

Source: Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 1997
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import keras

from kescape.models.catalogue import LSTM_UNITS
from kescape.models.dense import output_layer

__all__ = ["lstm"]


def lstm(inputs: keras.KerasTensor, outputs: int, seeds: Iterator[int]) -> keras.KerasTensor:
    """One layer that reads step by step; its last state decides. An image is read row by row, from the top."""
    steps, *features = inputs.shape[1:]
    x = inputs if len(features) == 1 else keras.layers.Reshape((steps, math.prod(features)))(inputs)
    x = keras.layers.LSTM(
        LSTM_UNITS,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
    )(x)
    return output_layer(outputs, seeds)(x)
