"""The order in which the engine goes through its data: a new one each epoch, given by seed and epoch alone.

`model.fit(shuffle=True)` does not give this: after `keras.utils.set_random_seed`, Keras 3.15 on TensorFlow repeats the
order of the first epoch in every epoch. And an order drawn from a global generator depends on who else drew from it,
so that two runs with different models, or a resumed one, could not be compared.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf


def shuffled_batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, seed: int, first_epoch: int = 0
) -> tuple[tf.data.Dataset, int]:
    """Endless batches of shuffled rows, and how many make an epoch; each epoch holds every row once.

    Args:
        x: Inputs, a row an example.
        y: Targets, as many rows.
        batch_size: Rows in a batch, >= 1; the last batch of an epoch holds what is left.
        seed: The order of epoch e is a function of (seed, e) only.
        first_epoch: The epoch that the first batch belongs to.
    """
    rows = len(x)
    inputs, targets = tf.convert_to_tensor(x), tf.convert_to_tensor(y)

    def batches(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(rows), seed=[tf.cast(seed, tf.int64), epoch])
        return tf.data.Dataset.from_tensor_slices(order).batch(batch_size)

    dataset = (
        tf.data.Dataset.counter(first_epoch)
        .flat_map(batches)
        .map(lambda rows: (tf.gather(inputs, rows), tf.gather(targets, rows)))
        .prefetch(2)
    )
    return dataset, math.ceil(rows / batch_size)
