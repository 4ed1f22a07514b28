"""`loss_barrier`: the loss of a Keras model on the straight line between two sets of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kescape.evidence.barrier import POINTS, Barrier, barrier_of
from kescape.evidence.loss_of_weights import LossOfWeights
from kescape.schedule.checks import checked_whole

__all__ = ["loss_barrier"]


def loss_barrier(
    model: Any,
    weights_a: Sequence[ArrayLike],
    weights_b: Sequence[ArrayLike],
    x: Any,
    y: Any,
    *,
    points: int = POINTS,
    seed: int = 0,
) -> Barrier:
    """Look for a barrier on the straight line between two sets of weights.

    All points see the same rows, and the statistics of batch normalisation are found anew at each. The model is left as
    it is.

    Args:
        model: Built, and compiled with a loss.
        weights_a: As `model.get_weights()` gives them: position 0.
        weights_b: Likewise: position 1.
        x: Inputs, rows first; 2,000 rows or more make a narrow interval.
        y: Targets.
        points: How many points of the line are looked at, >= 3, its ends among them.
        seed: Decides what the bootstrap draws.

    Returns:
        `height` above the chord with its 95 % interval `low` to `high`, `rise` above the higher end likewise, and
        `positions` and `losses` along the line; see `Barrier`.

    Raises:
        ValueError: The weights are not this model's, the model has no loss, or an argument is out of range.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.compile(loss="mse")
        >>> a, b = [np.array([[-1.0]])], [np.array([[1.0]])]
        >>> x = np.ones((8, 1))
        >>> kescape.loss_barrier(model, a, b, x, 0 * x).height  # a valley lies between the two, no barrier
        0.0

    Source: see `barrier_of` in `kescape.evidence.barrier`.
    """
    points = checked_whole("points", points, 3, "between the two ends there must be one to look at")
    first, last = ([np.asarray(value) for value in weights] for weights in (weights_a, weights_b))
    positions = np.linspace(0.0, 1.0, points)
    return barrier_of(positions, LossOfWeights(model, x, y).between(first, last, positions), seed=seed)
