"""The engine on JAX: one run from end to end, and what only JAX has."""

import os
import subprocess
import sys
import time
from pathlib import Path

import jax
import keras
import numpy as np
import pytest

import kescape
from kescape.config import ConfigError, RunConfig
from kescape.data.load import Split
from kescape.engine import jax_steps
from kescape.engine.epoch_order import epoch_order
from kescape.engine.jax_steps import JaxSteps
from kescape.engine.launch import prepare_run, spawn_engine, spawn_worker
from kescape.engine.loop import TrainingLoop
from kescape.engine.range_request import Sweep, prepare_range_test
from kescape.engine.trainer import train, train_folder
from kescape.run.reader import open_run
from kescape.step_tap import sync_variables

pytestmark = pytest.mark.backend

ROWS, BATCH = 22, 4  # the sixth batch has two rows


def network(*layers):
    model = keras.Sequential([keras.layers.Input((6, 6, 1)), *layers, keras.layers.Flatten(), keras.layers.Dense(2)])
    model.compile(
        kescape.sgd_momentum(0.1, 0.9),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def convolutions():
    keras.utils.set_random_seed(3)
    return network(keras.layers.Conv2D(3, 3, activation="relu"), keras.layers.Dropout(0.3, seed=2))


def images():
    x = np.random.default_rng(0).normal(size=(ROWS + 6, 6, 6, 1)).astype(np.float32)
    y = (x.sum((1, 2, 3)) > 0).astype(np.int64)
    return Split(x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:], (6, 6, 1), 2)


def test_convolutions_on_a_cpu_train_as_in_a_fit():
    """Step by step, as XLA is slow with convolutions in a loop; same weights, metrics and validation as `fit`."""
    split, looped, fitted = images(), convolutions(), convolutions()
    plan, history = kescape.CosineRestarts(1.5, 2, 0.1), keras.callbacks.History()
    TrainingLoop(looped, split, BATCH, seed=7).run(3, [kescape.FollowPlan(plan), history])

    def batches():
        for epoch in range(3):
            order = epoch_order(ROWS, 7, epoch)
            for first in range(0, ROWS, BATCH):
                rows = order[first : first + BATCH]
                yield split.x_train[rows], split.y_train[rows]

    expected = fitted.fit(
        batches(),
        steps_per_epoch=6,
        epochs=3,
        validation_data=(split.x_val, split.y_val),
        callbacks=[kescape.FollowPlan(plan)],
        shuffle=False,
        verbose=0,
    ).history
    for name, values in expected.items():
        assert history.history[name] == pytest.approx(values, rel=1e-5), name
    for one, other in zip(looped.get_weights(), fitted.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layers", "one_by_one"),
    [([], False), ([keras.layers.MaxPooling2D()], False), ([keras.layers.DepthwiseConv2D(3)], True)],
)
def test_only_convolutions_are_taken_one_by_one(layers, one_by_one):
    """By what the model computes, not by the names of its layers."""
    assert jax.default_backend() == "cpu", "a GPU is as fast in a loop"
    assert JaxSteps(network(*layers), images(), BATCH, deterministic=False)._one_by_one is one_by_one


def test_both_ways_train_alike(monkeypatch):
    one_by_one, in_a_loop = convolutions(), convolutions()
    TrainingLoop(one_by_one, images(), BATCH, seed=7).run(2, [])
    monkeypatch.setattr(jax_steps, "_has_convolutions", lambda model, inputs: False)
    TrainingLoop(in_a_loop, images(), BATCH, seed=7).run(2, [])

    for one, other in zip(one_by_one.get_weights(), in_a_loop.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_batch_may_be_larger_than_the_data():
    """One step an epoch, on all rows."""
    model = network()
    TrainingLoop(model, images(), 100, seed=1).run(3, [])

    assert int(model.optimizer.iterations.value) == 3


def test_an_execution_of_another_length_is_not_compiled_anew():
    """The count is an argument of the compiled loop."""
    model, split = network(), images()
    model._symbolic_build(data_batch=(split.x_train[:1], split.y_train[:1]))
    steps = JaxSteps(model, split, 1, deterministic=False)
    steps.begin_epoch(epoch_order(ROWS, 1, 0))
    for first, count in [(0, 1), (1, 2), (3, 8), (11, 11)]:
        steps.train(first, count)

    assert steps._functions[False][1]._cache_size() == 1
    sync_variables(model)
    assert int(model.optimizer.iterations.value) == 22


def test_weights_can_be_read_and_set_between_two_executions(monkeypatch):
    """After a sync: what is read is what the steps have made, and what is set is what they go on from."""
    monkeypatch.setattr("kescape.engine.pace.MOST_STEPS", 1)

    class Resets(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.at_start, self.seen = self.model.get_weights(), []

        def on_train_batch_end(self, batch, logs=None):
            sync_variables(self.model)
            self.seen.append(np.array(self.model.get_weights()[0]))
            self.model.set_weights(self.at_start)
            for velocity in self.model.optimizer.variables[2:]:
                velocity.assign(keras.ops.zeros(velocity.shape))

    x, y = images().x_train[:1].repeat(8, axis=0), images().y_train[:1].repeat(8)
    resets = Resets()
    TrainingLoop(network(), Split(x, y, x[:0], y[:0], (6, 6, 1), 2), 2, seed=1).run(1, [resets])

    assert len(resets.seen) == 4
    for weights in resets.seen:
        np.testing.assert_array_equal(weights, resets.seen[0])
        assert not np.array_equal(weights, resets.at_start[0])


CONFIG = RunConfig(
    dataset="digits", model="cnn", epochs=3, batch_size=100, t_0=1.3, t_mult=1, backend="jax", deterministic=True
)
"""1,438 rows to train on: 15 steps an epoch, the last on 38 rows."""

ENGINE = """
import sys
from kescape.engine.process import main
sys.exit(main(sys.argv[1:]) or 10 * ("tensorflow" in sys.modules))
"""


def test_the_engine_trains_on_jax_bit_for_bit_and_without_tensorflow(tmp_path):
    """Two processes, whatever KERAS_BACKEND says: every step at the plan's rate, the same bits in both runs."""
    first, second = (prepare_run(CONFIG, tmp_path, name) for name in ("first", "second"))
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    with subprocess.Popen([sys.executable, "-c", ENGINE, str(first)], env=environment) as process:
        assert spawn_engine(second).wait(timeout=240) == 0
        assert process.wait(timeout=240) == 0, "it failed, or TensorFlow was imported"

    with open_run(first) as run, open_run(second) as again:
        curves = run.curves()
        assert (run.status, run.error, run.steps) == ("finished", None, 45)
        assert run.sessions[0].backend == f"JAX {jax.__version__}, Keras {keras.__version__}, CPU"
        assert curves["learning_rate"].tolist() == CONFIG.plan().on_steps(15).learning_rates(0, 45).tolist()
        assert [event.step for event in run.events() if event.kind == "restart"] == [20, 39]  # 19.5, 39
        assert curves["loss"].tolist() == again.curves()["loss"].tolist()
        assert [epoch.values for epoch in run.epochs()] == [epoch.values for epoch in again.epochs()]
    one, other = (keras.saving.load_model(folder / "model.keras") for folder in (first, second))
    for left, right in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(left.numpy(), right.numpy())


def test_a_run_on_tensorflow_is_refused_where_keras_is_on_jax(tmp_path, monkeypatch):
    monkeypatch.setattr("kescape.config.backends.find_spec", lambda name: name)

    with pytest.raises(ConfigError, match=r"backend must be 'jax' in this process, .*; got backend='tensorflow'"):
        train(RunConfig(), runs=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_exported_script_repeats_a_run(tmp_path):
    """By plain `fit` on JAX, with a partial last batch: rates and losses to the last bit on a CPU."""
    config = RunConfig(dataset="wine", model="mlp", epochs=2, batch_size=50, t_0=1.0, backend="jax", deterministic=True)
    with train(config, runs=tmp_path, name="first") as run:
        run.export(tmp_path / "first.py")
        curves = run.curves()

    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "KESCAPE_RUNS": str(tmp_path / "again")}
    subprocess.run([sys.executable, str(tmp_path / "first.py")], env=environment, check=True)

    with open_run(tmp_path / "again" / "first-again") as again:
        for name in ("learning_rate", "loss"):
            np.testing.assert_array_equal(again.curves()[name], curves[name])


def test_a_range_test(tmp_path):
    """Sixty steps, at the rates of the plan; whole batches only."""
    config = RunConfig(dataset="wine", model="logistic", batch_size=16, backend="jax")
    folder = prepare_range_test(config, tmp_path, Sweep(1e-5, 1e-1, 60))
    train_folder(folder)

    with open_run(folder) as run:
        assert (run.status, run.error, run.steps, run.steps_per_epoch) == ("finished", None, 60, 8)
        np.testing.assert_allclose(run.curves()["learning_rate"], np.geomspace(1e-5, 1e-1, 60), rtol=1e-12)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have names there")
def test_a_worker_trains_run_after_run_with_as_many_threads_as_it_was_told(tmp_path):
    """More than there are processors, so that it was no default; the second run is bit for bit the first."""
    config = RunConfig(dataset="wine", model="mlp", epochs=2, batch_size=32, backend="jax", deterministic=True)
    folders = [prepare_run(config, tmp_path, name) for name in ("first", "second")]
    endless = prepare_run(config.changed(epochs=100_000), tmp_path, "endless")
    threads = (os.cpu_count() or 1) + 3
    worker = spawn_worker(backend="jax", threads=threads)
    for folder in (*folders, endless):
        worker.start(folder)
    with open_run(endless) as run:
        while not run.steps:
            assert worker.poll() is None, worker.complaint
            time.sleep(0.05)
    names = [task.joinpath("comm").read_text("utf-8") for task in Path(f"/proc/{worker.pid}/task").iterdir()]
    worker.kill()

    assert names.count("tf_XLAEigen\n") == threads
    losses = []
    for folder in folders:
        with open_run(folder) as run:
            assert str(run.status) == "finished"
            losses.append(run.curves()["loss"])
    assert np.array_equal(*losses)
