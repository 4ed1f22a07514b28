"""What only JAX has: pure train steps, a state that leaves the model during an epoch, distributions."""

import os
import subprocess
import sys

import jax
import keras
import numpy as np
import pytest

from tests.step_tap.watcher import Rising, Watcher, loss_of, rate_of
from tests.support.falling_weight import falling_weight, fit, weight_as_loss

pytestmark = pytest.mark.backend


def own_step(step, **members):
    """The falling weight with `step` as its train step."""
    model = type("OwnStep", (keras.Sequential,), {"train_step": step, **members})(
        [keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")]
    )
    model.compile(keras.optimizers.SGD(0.5), loss=weight_as_loss, metrics=["mae"])
    return model


def step_of_the_keras_guide(self, state, data):
    """The custom train step of keras.io, which walks over the metrics and their variables."""
    trainable, others, optimizer, metrics = state
    x, y = data

    def loss_and_updates(trainable, others):
        y_pred, others = self.stateless_call(trainable, others, x, training=True)
        return self.compute_loss(x, y, y_pred), (y_pred, others)

    (loss, (y_pred, others)), grads = jax.value_and_grad(loss_and_updates, has_aux=True)(trainable, others)
    trainable, optimizer = self.optimizer.stateless_apply(optimizer, grads, trainable)
    after, logs = [], {}
    for metric in self.metrics:
        own = metrics[len(after) : len(after) + len(metric.variables)]
        own = metric.stateless_update_state(own, *((loss,) if metric.name == "loss" else (y, y_pred)))
        logs[metric.name] = metric.stateless_result(own)
        after += own
    return logs, (trainable, others, optimizer, after)


@pytest.mark.parametrize("own_metrics", [False, True])
def test_the_custom_step_of_the_keras_guide_is_exact(own_metrics):
    """Also where the model lists its metrics itself."""
    mean = keras.metrics.Mean(name="loss")
    members = {"metrics": property(lambda self: [mean])} if own_metrics else {}
    watcher = Watcher(Rising(4))

    history = fit(own_step(step_of_the_keras_guide, **members), [watcher], epochs=2)

    watcher.assert_exact(8)
    assert watcher.tap.loss_kind == "batch loss"
    np.testing.assert_allclose(history.history["loss"], [loss_of(np.arange(4)).mean(), loss_of(np.arange(4, 8)).mean()])


def raw_loss_step(self, state, data):
    """Updates no metric and shows ten times its own loss."""
    trainable, others, optimizer, metrics = state

    def loss_of_batch(trainable):
        return self.stateless_call(trainable, others, data[0])[0].mean()

    loss, grads = jax.value_and_grad(loss_of_batch)(trainable)
    trainable, optimizer = self.optimizer.stateless_apply(optimizer, grads, trainable)
    return {"loss": 10 * loss}, (trainable, others, optimizer, metrics)


def test_a_custom_step_with_a_loss_of_its_own_shows_what_it_returns():
    watcher = Watcher(Rising(4))

    history = fit(own_step(raw_loss_step), [watcher])

    np.testing.assert_array_equal(watcher.column("learning_rate"), rate_of(np.arange(4)))
    np.testing.assert_array_equal(watcher.column("loss"), 10 * loss_of(np.arange(4)))
    assert watcher.tap.loss_kind == "running mean"
    assert history.history["loss"] == [10 * loss_of(3)]


def test_a_mean_that_the_model_updates_in_compute_loss_is_exact():
    """As in the docstring of `keras.Model.compute_loss`: inside the gradient, where no value can leave."""
    mean = keras.metrics.Mean(name="loss")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = keras.ops.mean(y_pred)
        mean.update_state(loss)
        return loss

    members = {"compute_loss": compute_loss, "metrics": property(lambda self: [mean])}
    watcher = Watcher(Rising(4))

    history = fit(own_step(keras.Model.train_step, **members), [watcher])

    watcher.assert_exact(4)
    np.testing.assert_allclose(history.history["loss"], [loss_of(np.arange(4)).mean()])


def test_a_loss_that_is_not_a_number_is_recorded_so():
    def loss(y_true, y_pred):
        return keras.ops.where(y_pred[:, 0] < loss_of(2) + 1e-6, np.nan, y_pred[:, 0])

    model = falling_weight()
    model.compile(keras.optimizers.SGD(0.5), loss=loss)
    watcher = Watcher(Rising(4))

    history = fit(model, [watcher])

    np.testing.assert_array_equal(watcher.column("loss"), [1, loss_of(1), np.nan, np.nan])
    assert np.isnan(history.history["loss"]).all()


def test_looks_do_not_pull_the_state_out_of_the_device():
    """Keras takes the state from the model again after each sync; the tap must not cause any."""
    model = falling_weight()
    synced = []

    class Counts(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            synced.append(self._model._jax_state_synced)

    fit(model, [Watcher(Rising(4)), Counts()])

    assert synced == [False] * 4


def test_a_train_step_that_keras_takes_from_the_class_is_followed_by_batch_hooks(monkeypatch):
    """So Keras does on Flax NNX; the switch alone is what the tap asks."""
    monkeypatch.setattr(keras.config, "is_nnx_enabled", lambda: True)
    watcher = Watcher(Rising(4))

    fit(falling_weight(), [watcher])

    watcher.assert_exact(4)
    assert "NNX" in watcher.tap.fallback_reason


def test_a_distribution_is_followed_by_batch_hooks():
    """Two devices, batches split between them; a process of its own, because a distribution is global."""
    done = subprocess.run(
        [sys.executable, "-c", DISTRIBUTED],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
    )

    assert done.returncode == 0, done.stderr[-3000:]


DISTRIBUTED = """
import keras
keras.distribution.set_distribution(keras.distribution.DataParallel())
from tests.step_tap.watcher import Rising, Watcher
from tests.support.falling_weight import falling_weight, fit
watcher = Watcher(Rising(4))
fit(falling_weight(), [watcher], epochs=2)
watcher.assert_exact(8)
assert "keras.distribution" in watcher.tap.fallback_reason
"""
