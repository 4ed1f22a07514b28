"""Snapshots in real fits: of the right moment, with what is known of them, in memory, in files and in a run.

Holds on TensorFlow and on JAX; there run with KERAS_BACKEND=jax pytest -m backend.
"""

import errno
import json
import os

import keras
import numpy as np
import pytest

import kescape
from kescape.run.errors import RunUnwritable

pytestmark = [] if keras.backend.backend() == "tensorflow" else [pytest.mark.backend]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")
STEPS = 4


def model(**optimizer):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(6, "relu"), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    built = keras.Sequential([keras.layers.Input((4,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    built.compile(kescape.sgd_momentum(0.1, **optimizer), loss=loss)
    return built


def fit(trained, callbacks, epochs, **more):
    return trained.fit(X, Y, batch_size=16, epochs=epochs, verbose=0, callbacks=callbacks, **more)


class Keep(keras.callbacks.Callback):
    """Keeps the weights at the ends of the epochs."""

    def on_train_begin(self, logs=None):
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append([np.array(value) for value in self.model.get_weights()])


def assert_equal(one, other):
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


def test_weights_and_facts_are_those_of_the_ends_of_the_cycles(tmp_path):
    """Cycles of 1, 2 and 4 epochs; at the fit's end Keras puts the moving average into the model, not into these."""
    trained, keep, snapshots = model(use_ema=True), Keep(), kescape.Snapshots(tmp_path / "deep" / "kept")
    sgdr = kescape.SGDR(t_0=1, t_mult=2)
    history = fit(trained, [keep, snapshots, sgdr], 7, validation_data=(X, Y)).history

    rates = kescape.CosineRestarts(1, 2, 0.1).on_steps(STEPS).learning_rates(0, 28)
    with pytest.raises(AssertionError):
        assert_equal(trained.get_weights(), keep.weights[6])
    written = json.loads((tmp_path / "deep" / "kept" / "snapshots.json").read_text("utf-8"))
    assert len(snapshots.rows) == len(snapshots.weights) == len(written) == 3
    for cycle, epoch in enumerate((1, 3, 7)):
        row = snapshots.rows[cycle]
        assert_equal(snapshots.weights[cycle], keep.weights[epoch - 1])
        assert (row.cycle, row.epoch, row.step) == (cycle, epoch, epoch * STEPS)
        assert row.learning_rate == pytest.approx(rates[epoch * STEPS - 1])
        assert (row.loss, row.val_loss) == (history["loss"][epoch - 1], history["val_loss"][epoch - 1])
        assert written[cycle] == vars(row)
        loaded = model(use_ema=True)
        loaded.optimizer.build(loaded.trainable_variables)
        loaded.load_weights(tmp_path / "deep" / "kept" / row.file)
        assert_equal(loaded.get_weights(), keep.weights[epoch - 1])
    assert len(list((tmp_path / "deep" / "kept").iterdir())) == 4


def test_they_become_snapshots_of_the_run_that_is_recorded(tmp_path):
    """As the engine's are: of kind `cycle`, with the run's steps, also in a second fit of the same recorder."""
    trained, recorder, snapshots = model(), kescape.RunRecorder(tmp_path / "run"), kescape.Snapshots()
    callbacks = [recorder, kescape.SGDR(t_0=2, t_mult=1), snapshots]
    fit(trained, callbacks, 4)
    fit(trained, callbacks, 2)

    with kescape.open_run(recorder.folder) as run:
        rows = run.snapshots()
    assert [(row.kind, row.step, row.epoch, row.data["cycle"]) for row in rows] == [
        ("cycle", 8, 2, 0),
        ("cycle", 16, 4, 1),
        ("cycle", 24, 2, 0),
    ]
    assert [(row.step, row.file) for row in snapshots.rows] == [(24, rows[2].file)]
    loaded = model()
    loaded.optimizer.build(loaded.trainable_variables)
    loaded.load_weights(tmp_path / "run" / rows[2].file)
    assert_equal(loaded.get_weights(), trained.get_weights())


def test_without_a_plan_every_so_many_epochs_make_a_cycle_and_only_the_last_are_kept():
    keep, snapshots = Keep(), kescape.Snapshots(every=2, keep=2)
    fit(model(), [keep, snapshots], 7)

    assert [(row.cycle, row.epoch, row.file) for row in snapshots.rows] == [(1, 4, None), (2, 6, None)]
    assert_equal(snapshots.weights[0], keep.weights[3])
    assert_equal(snapshots.weights[1], keep.weights[5])


def test_a_cycle_that_ends_inside_an_epoch():
    """After 6 of 4 steps an epoch; no loss of the epoch is known there."""
    snapshots = kescape.Snapshots()
    fit(model(), [snapshots, kescape.SGDR(t_0=1.5, t_mult=1)], 3)

    assert [(row.step, row.epoch, row.loss is None) for row in snapshots.rows] == [(6, 1, True), (12, 3, False)]


def test_a_fit_that_goes_on_adds_to_the_list(tmp_path):
    for epochs, first in ((2, 0), (4, 2)):
        snapshots = kescape.Snapshots(tmp_path)
        trained = model()
        trained.optimizer.iterations.assign(first * STEPS)
        fit(trained, [snapshots, kescape.SGDR(t_0=1, t_mult=1, eta_max=0.1)], epochs, initial_epoch=first)

    rows = json.loads((tmp_path / "snapshots.json").read_text("utf-8"))
    assert [row["step"] for row in rows] == [4, 8, 12, 16]
    assert sorted(path.name for path in tmp_path.glob("*.h5")) == [row["file"] for row in rows]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(RunUnwritable, match=r"step-000000004\.weights\.h5' cannot be written: No space left on device"):
        fit(model(), [kescape.Snapshots(tmp_path / "kept"), kescape.SGDR(t_0=1)], 1)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_list_of_something_else_is_not_written_over(tmp_path):
    (tmp_path / "snapshots.json").write_text('{"mine": 1}', "utf-8")
    with pytest.raises(RunUnwritable, match="is not one of snapshots, and is not written over"):
        fit(model(), [kescape.Snapshots(tmp_path), kescape.SGDR(t_0=1)], 1)
    assert (tmp_path / "snapshots.json").read_text("utf-8") == '{"mine": 1}'


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"path": ""}, "path must name a folder"),
        ({"every": 0}, "every must be .*>= 1.*got every=0"),
        ({"keep": 0}, "keep must be >= 1.*got keep=0"),
    ],
)
def test_wrong_use(wrong, error):
    with pytest.raises(ValueError, match=error):
        kescape.Snapshots(**wrong)


def test_a_fit_without_cycles_is_refused():
    with pytest.raises(ValueError, match="Snapshots needs cycles"):
        fit(model(), [kescape.Snapshots()], 1)
