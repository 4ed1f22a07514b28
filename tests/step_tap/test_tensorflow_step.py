"""What only TensorFlow has: XLA, its own data, its own ways to save, custom train steps with a gradient tape."""

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.step_tap.watcher import Rising, Watcher, loss_of, rate_of
from tests.support.falling_weight import falling_weight, fit, ones, weight_as_loss


def own_step(step, *, compute_loss=None, optimizer=None):
    """The falling weight with `step` as its train step."""
    members = {"train_step": step} | ({"compute_loss": compute_loss} if compute_loss else {})
    model = type("OwnStep", (keras.Sequential,), members)(
        [keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")]
    )
    model.compile(optimizer or keras.optimizers.SGD(0.5), loss=weight_as_loss)
    return model


@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_steps_compiled_by_xla_are_as_exact(steps_per_execution):
    model = falling_weight(jit_compile=True, steps_per_execution=steps_per_execution)
    watcher = Watcher(Rising(5))

    fit(model, [watcher], batches=5, epochs=2)

    watcher.assert_exact(10)


# -- train steps of the model's own ---------------------------------------------------------------------------------


def test_a_custom_step_that_calls_compute_loss_is_exact():
    def step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True)
        )
        return {"loss": loss}

    watcher = Watcher(Rising(4))

    fit(own_step(step), [watcher], epochs=2)

    watcher.assert_exact(8)
    assert watcher.tap.loss_kind == "batch loss"


def test_a_custom_step_with_a_loss_of_its_own_shows_what_it_returns():
    def step(self, data):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self(data[0]))
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True)
        )
        return {"loss": 10 * loss}

    watcher = Watcher(Rising(4))

    fit(own_step(step), [watcher])

    np.testing.assert_array_equal(watcher.column("learning_rate"), rate_of(np.arange(4)))
    np.testing.assert_array_equal(watcher.column("loss"), 10 * loss_of(np.arange(4)))
    assert watcher.tap.loss_kind == "running mean"


def test_a_step_that_shows_no_loss_at_all_records_none():
    def step(self, data):
        self.optimizer.apply_gradients([(tf.ones((1, 1)), self.trainable_weights[0])])
        return {"norm": 1.0}

    model = own_step(step)
    watcher = Watcher(Rising(4))

    fit(model, [watcher])

    assert np.isnan(watcher.column("loss")).all()
    assert model.get_weights()[0].item() == loss_of(4)


def test_several_updates_in_one_step_are_one_row_with_the_last_loss():
    """Two updates a step at the rate of that step; the second one's loss is one rate lower."""

    def step(self, data):
        x, y = data
        for _ in range(2):
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            self.optimizer.apply_gradients(
                zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True)
            )
        return {"loss": loss}

    watcher = Watcher(Rising(4))

    fit(own_step(step), [watcher])

    rates = rate_of(np.arange(4))
    np.testing.assert_array_equal(watcher.column("learning_rate"), rates)
    np.testing.assert_array_equal(watcher.column("loss"), 1 - 2 * np.cumsum([0, *rates[:-1]]) - rates)


def test_a_compute_loss_without_the_argument_training_works():
    """As models were written before Keras 3.3; validation calls it too."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        return tf.reduce_mean(y_pred)

    watcher = Watcher(Rising(4))

    fit(own_step(keras.Model.train_step, compute_loss=compute_loss), [watcher], validation_data=(ones(1), ones(1)))

    watcher.assert_exact(4)


def test_a_model_that_makes_its_own_train_function_is_followed_by_batch_hooks():
    class OwnFunction(keras.Sequential):
        def make_train_function(self, force=False):
            @tf.function
            def one_step(data):
                return keras.Model.train_step(self, data)

            self.train_function = lambda iterator: one_step(next(iterator))

    model = OwnFunction([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.5), loss=weight_as_loss)
    watcher = Watcher(Rising(4))

    fit(model, [watcher], epochs=2)

    watcher.assert_exact(8)
    assert watcher.tap.fallback_reason == "OwnFunction makes its own train function"

    model.compile(keras.optimizers.SGD(0.5), loss=weight_as_loss, steps_per_execution=4)
    with pytest.raises(ValueError, match="steps_per_execution must be 1 where rate and loss are taken by batch hooks"):
        fit(model, [Watcher(Rising(4))])


# -- data ----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_a_dataset_of_unknown_length_is_exact():
    """Its last, empty call runs whatever in the graph needs no data: the position must not be among it."""
    data = tf.data.Dataset.from_tensor_slices((ones(5), ones(5))).batch(2).filter(lambda x, y: True)
    watcher = Watcher(Rising(5))

    falling_weight().fit(data, epochs=3, callbacks=[watcher], verbose=0, shuffle=False)

    watcher.assert_exact(15)


@pytest.mark.parametrize("kind", ["ragged", "sparse"])
def test_ragged_and_sparse_inputs(kind):
    class SumsItsInputs(keras.Model):
        def __init__(self):
            super().__init__()
            self.weight = self.add_weight(shape=(), initializer="ones")

        def call(self, inputs):
            rows = inputs.to_tensor() if kind == "ragged" else tf.sparse.to_dense(inputs)
            return self.weight * tf.reduce_sum(rows, axis=1, keepdims=True)

    row = tf.ragged.constant([[1.0]] * 8) if kind == "ragged" else tf.sparse.from_dense(ones(4))
    data = tf.data.Dataset.from_tensor_slices((row, ones(4))).batch(2)
    model = SumsItsInputs()
    model.compile(keras.optimizers.SGD(0.5), loss=weight_as_loss)
    watcher = Watcher(Rising(4))

    model.fit(data, callbacks=[watcher], verbose=0, shuffle=False)

    watcher.assert_exact(4)


# -- saving --------------------------------------------------------------------------------------------------------


def test_pickling_deep_copies_export_and_checkpoints_work_while_the_tap_is_in_place(tmp_path):
    class Saves(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                self.copies = [pickle.loads(pickle.dumps(self.model)), copy.deepcopy(self.model)]
                self.model.export(tmp_path / "exported", verbose=False)
                tf.train.Checkpoint(model=self.model).save(str(tmp_path / "checkpoint"))

    saves = Saves()
    with keras.saving.custom_object_scope({"weight_as_loss": weight_as_loss}):
        fit(falling_weight(), [Watcher(Rising(4)), saves])

    for model in saves.copies:
        assert model.get_weights()[0].item() == loss_of(2)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    assert exported.serve(ones(1)).numpy()[0, 0] == loss_of(2)
    saved = tf.train.list_variables(str(tmp_path / "checkpoint-1"))
    assert not [name for name, _ in saved if "kescape" in name]
    assert max(np.prod(shape, initial=1) for _, shape in saved) < 100


# -- what needs a process of its own ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_process():
    """What `own_process.py` found: two logical CPUs and deterministic ops cannot be had here any more."""
    script = Path(__file__).with_name("own_process.py")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, cwd=script.parents[2]
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("replicas", ["2", "1"])
def test_replicas_share_one_row_with_the_sum_of_their_losses(own_process, replicas):
    """Inputs of 1 and 3 on the two replicas: the loss of the batch, half of each, is twice the weight."""
    found = own_process[f"mirrored {replicas}"]

    rates = rate_of(np.arange(8))
    assert found["learning_rate"] == rates.tolist()
    weights = 1 - 2 * np.cumsum([0, *rates])
    np.testing.assert_allclose(found["loss"], 2 * weights[:-1], rtol=1e-6)
    np.testing.assert_allclose(found["weight"], weights[-1], rtol=1e-6)
    assert found["hands"] == 0


def test_a_plan_is_followed_on_replicas(own_process):
    """One cosine from 0.5 over 6 steps: the epochs of 2 steps end with steps 1, 3 and 5."""
    expected = [0.25 * (1 + np.cos(np.pi * step / 6)) for step in (1, 3, 5)]

    np.testing.assert_allclose(own_process["followed"], expected, rtol=1e-12)


@pytest.mark.parametrize("option", ["steps_per_execution", "gradient_accumulation_steps"])
def test_what_keras_cannot_do_on_replicas_is_refused_by_name(own_process, option):
    assert own_process[f"refused {option}"].startswith(f"ValueError: {option} must be ")


@pytest.mark.parametrize("way", ["plain", "several steps", "xla"])
def test_two_runs_under_op_determinism_are_equal_to_the_bit(own_process, way):
    first, second, bare = own_process[f"deterministic {way}"]

    assert first == second
    assert first["weights"] == bare["weights"]
