"""A callback that joins the tap and keeps all it says, with rates whose every effect can be computed by hand.

Step s has the rate (s + 1) / 1024. Of the falling weight (loss w, gradient 1) that starts at 1, step s therefore has
the loss 1 - s * (s + 1) / 2048. All are multiples of 1/1024, so float32 holds them and all sums of them exactly.
"""

import keras
import numpy as np

from kescape.step_tap import StepTap


def rate_of(step):
    return (np.asarray(step, np.float64) + 1) / 1024


def loss_of(step):
    return 1 - np.asarray(step) * (np.asarray(step) + 1) / 2048


class Rising:
    """A source of rates: step s of the fit has (s + 1) / 1024, in epochs of `length` steps."""

    def __init__(self, length):
        self.length = length

    def rates(self, epoch, first_batch, count):
        return rate_of(epoch * self.length + first_batch + np.arange(count))

    def momenta(self, epoch, first_batch, count):
        return None


class Watcher(keras.callbacks.Callback):
    """Follows `source`, if one is given, and keeps blocks and foreign hands."""

    def __init__(self, source=None):
        super().__init__()
        self.source = source

    def on_train_begin(self, logs=None):
        self.blocks = []
        self.hands = []
        self.tap = StepTap.of(self.model)
        self.tap.join(self)
        self.tap.listen(self.blocks.append, self.hands.append)
        if self.source is not None:
            self.tap.follow(self.source)

    def on_epoch_begin(self, epoch, logs=None):
        self.tap.begin_epoch(epoch)

    def on_train_batch_begin(self, batch, logs=None):
        self.tap.begin_batch(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.tap.end_batch(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.tap.end_epoch()

    def on_train_end(self, logs=None):
        self.tap.leave(self)

    def column(self, name):
        return np.concatenate([getattr(block, name) for block in self.blocks])

    def assert_exact(self, steps):
        """So many steps ran, each with its rate and its loss."""
        assert len(self.column("loss")) == steps
        np.testing.assert_array_equal(self.column("learning_rate"), rate_of(np.arange(steps)))
        np.testing.assert_array_equal(self.column("loss"), loss_of(np.arange(steps)))
        assert self.hands == []
