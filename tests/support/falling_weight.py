"""A model whose weight shows the learning rate of every step.

One weight w, inputs of 1, loss w: the gradient is 1, so without momentum each step changes w by exactly -rate, and the
loss of a step is the weight before it.
"""

import keras
import numpy as np


def weight_as_loss(y_true, y_pred):
    return y_pred[:, 0]


def falling_weight(optimizer=None, **compile_options) -> keras.Model:
    """The model, compiled; by default with plain SGD at a rate of 0.5."""
    model = keras.Sequential(
        [keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")]
    )
    model.compile(optimizer or keras.optimizers.SGD(0.5), loss=weight_as_loss, **compile_options)
    return model


def ones(batches: int, batch_size: int = 2) -> np.ndarray:
    """Data of so many batches; inputs and targets alike."""
    return np.ones((batches * batch_size, 1), np.float32)


class Weights(keras.callbacks.Callback):
    """Keeps the weight after each batch; `rates()` is how far each step moved it."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def on_train_begin(self, logs=None):
        self.weights = [self._weight()]

    def on_train_batch_end(self, batch, logs=None):
        self.weights.append(self._weight())

    def _weight(self) -> float:
        return float(self.model.get_weights()[0].item())

    def rates(self) -> np.ndarray:
        return -np.diff(self.weights)


def fit(model, callbacks, *, batches=4, epochs=1, batch_size=2, **options):
    """A fit of `batches` batches an epoch, silent and in order; returns the History."""
    data = ones(batches, batch_size)
    return model.fit(
        data, data, batch_size=batch_size, epochs=epochs, callbacks=callbacks, verbose=0, shuffle=False, **options
    )
