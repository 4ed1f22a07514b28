"""In which order an epoch goes through the training data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["epoch_order"]


def epoch_order(rows: int, seed: int, epoch: int) -> NDArray[np.int32]:
    """The rows 0 ... rows - 1 in a random order: a function of seed and epoch alone, the same on every Keras backend.

    `model.fit(shuffle=True)` does not give this: after `keras.utils.set_random_seed`, Keras 3.15 on TensorFlow repeats
    the order of the first epoch in every epoch. And an order drawn from a global generator depends on who else drew
    from it, so that two runs with different models, or a resumed one, could not be compared.

    Args:
        rows: How many there are, >= 0.
        seed: Of the run, >= 0.
        epoch: Counted from 0.

    Example:
        >>> sorted(epoch_order(5, seed=1, epoch=0).tolist())
        [0, 1, 2, 3, 4]
    """
    # Named, not `default_rng`: the default may become another generator, and a resumed run another order with it.
    generator = np.random.Generator(np.random.PCG64([seed, epoch]))
    return generator.permutation(np.arange(rows, dtype=np.int32))
