"""A training that goes on from a checkpoint against one that was never interrupted, bit for bit.

Holds on TensorFlow and on JAX; there run with KERAS_BACKEND=jax pytest -m backend.
"""

import keras
import numpy as np
import pytest

import kescape
from kescape.engine.checkpoint import Checkpoint
from kescape.engine.loop import TrainingLoop
from tests.engine.test_loop import BATCH, STEPS, callbacks, data, network

pytestmark = [] if keras.backend.backend() == "tensorflow" else [pytest.mark.backend]


class Watch(keras.callbacks.Callback):
    """The tap's loss and rate of each step, and each epoch's logs."""

    def __init__(self):
        super().__init__()
        self.steps, self.epochs = [], []

    def on_train_begin(self, logs=None):
        self.tap = kescape.step_tap.StepTap.of(self.model)
        self.tap.join(self)
        self.tap.listen(lambda block: self.steps.extend(zip(block.loss, block.learning_rate, strict=True)))

    def on_epoch_begin(self, epoch, logs=None):
        self.tap.begin_epoch(epoch)

    def on_train_batch_begin(self, batch, logs=None):
        self.tap.begin_batch(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.tap.end_batch(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.tap.end_epoch()
        self.epochs.append((epoch, dict(logs)))

    def on_train_end(self, logs=None):
        self.tap.leave(self)


class Interrupt(Exception):  # noqa: N818 (nothing is wrong: it ends a training)
    pass


class CheckpointAt(keras.callbacks.Callback):
    """Takes a checkpoint when so many steps have run, and lets the training die some steps later."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at = epoch, batch
        self.taken = None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        if (epoch, 0) == self.at:
            self.take()

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch + 1) == self.at:
            self.take()
        elif self.taken is not None:
            raise Interrupt

    def take(self):
        epoch, batch = self.at
        self.taken = Checkpoint.of(self.model, epoch * STEPS + batch, epoch, batch)


def weights(model):
    return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]


@pytest.fixture(scope="module")
def never_stopped():
    """The weights of a training that nobody interrupted, and who watched it."""
    whole, watch = network(), Watch()
    TrainingLoop(whole, data(), BATCH, seed=7).run(5, [*callbacks(), watch])
    return weights(whole), watch


@pytest.mark.parametrize(("epoch", "batch"), [(0, 1), (1, 3), (2, 0), (3, 5)])
def test_going_on_from_a_checkpoint_equals_never_stopping(never_stopped, tmp_path, monkeypatch, epoch, batch):
    """Weights, velocity, batch statistics, dropout, losses, rates and validation metrics: the same bits."""
    monkeypatch.setattr("kescape.engine.loop.MOST_STEPS", 1)  # so that a checkpoint can be taken after any step
    monkeypatch.setattr("kescape.engine.pace.MOST_STEPS", 1)
    whole, watch = never_stopped
    taker = CheckpointAt(epoch, batch)
    with pytest.raises(Interrupt):
        TrainingLoop(network(), data(), BATCH, seed=7).run(5, [*callbacks(), taker])
    taker.taken.save(tmp_path / "at.npz")

    keras.utils.set_random_seed(99)  # nothing may come from a global generator
    resumed, later = network(), Watch()
    goes_on = Checkpoint.load(tmp_path / "at.npz")
    TrainingLoop(resumed, data(), BATCH, seed=7).run(5, [*callbacks(), later], goes_on)

    assert goes_on.step == epoch * STEPS + batch
    assert later.steps == watch.steps[goes_on.step :]
    assert later.epochs == watch.epochs[epoch:]
    for one, other in zip(weights(resumed), whole, strict=True):
        np.testing.assert_array_equal(one, other)
