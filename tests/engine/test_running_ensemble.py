"""The ensemble of the snapshots so far, in runs of the engine.

Holds on TensorFlow and on JAX; there run with KERAS_BACKEND=jax pytest -m backend.
"""

import dataclasses
import json

import keras
import numpy as np
import pytest

from kescape.config import RunConfig
from kescape.engine.assemble import compiled_model, loaded_data
from kescape.engine.go_on import ask_to_go_on
from kescape.engine.launch import prepare_run
from kescape.engine.trainer import train, train_folder
from kescape.run.errors import RunUnreadable
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter

BACKEND = keras.backend.backend()
pytestmark = [] if BACKEND == "tensorflow" else [pytest.mark.backend]

CONFIG = RunConfig(
    dataset="wine", model="mlp", batch_size=32, eta_max=0.05, t_0=2, t_mult=1, epochs=6, seed=3, backend=BACKEND
)


@pytest.fixture(autouse=True)
def _all_snapshots(monkeypatch):
    """Cycles of milliseconds keep theirs, too."""
    monkeypatch.setattr("kescape.engine.checkpoint_folder.LARGEST_SHARE", 1e9)


def by_keras(run, config):
    """Each snapshot's shares on the validation part, from Keras' own predictions with the weights of its file."""
    data = loaded_data(config)
    model = compiled_model(config, data)
    shares = []
    for row in run.snapshots():
        if row.kind == "cycle":
            model.optimizer.build(model.trainable_variables)
            model.load_weights(run.path / row.file)
            logits = model.predict(data.x_val, verbose=0).astype(float)
            exp = np.exp(logits - logits.max(axis=1, keepdims=True))
            shares.append(exp / exp.sum(axis=1, keepdims=True))
    return shares, data.y_val


def test_it_is_the_mean_of_the_snapshots_probabilities(tmp_path):
    """At the end of cycles 1 and 2: loss and accuracy of each snapshot and of all so far."""
    with train(CONFIG, runs=tmp_path, name="first") as run:
        rows = run.ensembles()
        shares, y = by_keras(run, CONFIG)
        val_losses = [row.data["val_loss"] for row in run.snapshots() if row.kind == "cycle"]
        run.export(tmp_path / "first.json")

    assert [(row.cycle, row.step, row.epoch, row.score.members) for row in rows] == [
        (1, 20, 4, (0, 1)),
        (2, 30, 6, (0, 1, 2)),
    ]
    right = [share.argmax(axis=1) == y for share in shares]
    for count, row in zip((2, 3), rows, strict=True):
        mean, score = np.mean(shares[:count], axis=0), row.score
        assert score.loss == pytest.approx(-np.log(mean[np.arange(len(y)), y]).mean(), rel=1e-5)
        assert score.accuracy == (mean.argmax(axis=1) == y).mean()
        assert score.losses == pytest.approx(val_losses[:count], rel=1e-5)
        assert score.accuracies == tuple(one.mean() for one in right[:count])
        assert score.best == max(range(count), key=lambda k: (right[k].mean(), -val_losses[k]))
        assert score.rows == len(y)
        assert score.won - score.lost == (mean.argmax(axis=1) == y).sum() - right[score.best].sum()
    written = json.loads((tmp_path / "first.json").read_text("utf-8"))["ensembles"]
    assert written[1]["score"]["members"] == [0, 1, 2]
    assert written[1]["score"]["loss"] == rows[1].score.loss


def test_a_run_that_goes_on_has_the_ensemble_of_one_that_never_ended(tmp_path):
    """To the last bit, and so have its weights: looking leaves the training as it is."""
    whole, short = (prepare_run(CONFIG.changed(epochs=e), tmp_path, name) for e, name in ((6, "whole"), (4, "short")))
    train_folder(whole)
    train_folder(short)
    ask_to_go_on(short, epochs=6)
    train_folder(short)

    found, models = [], []
    for folder in (whole, short):
        with open_run(folder) as run:
            found.append([dataclasses.replace(row, seconds=0.0) for row in run.ensembles()])
        models.append([v.numpy().tobytes() for v in keras.saving.load_model(folder / "model.keras").variables])
    assert found[0] == found[1]
    assert len(found[0]) == 2
    assert models[0] == models[1]


def test_a_snapshot_that_is_gone_or_damaged_is_left_out_and_that_is_said(tmp_path):
    folder = prepare_run(CONFIG.changed(epochs=6), tmp_path, "first")
    train_folder(folder)
    first, second, _ = sorted((folder / "snapshots").glob("*.h5"))
    first.unlink()
    second.write_bytes(b"no weights")
    ask_to_go_on(folder, epochs=8)
    train_folder(folder)

    with open_run(folder) as run:
        assert run.ensembles()[-1].score.members == (2, 3)
        (event,) = [event for event in run.events() if event.kind == "snapshot_unusable"]
        assert str(second) in event.text


def test_one_cycle_or_no_held_out_rows_are_no_ensemble(tmp_path):
    for name, changes in {"one": {"epochs": 2}, "all": {"validation_fraction": 0.0, "epochs": 4}}.items():
        with train(CONFIG.changed(**changes), runs=tmp_path, name=name) as run:
            assert (run.status, run.ensembles()) == ("finished", [])


@pytest.mark.parametrize(
    "data",
    ['{"ensemble": 3}', '{"ensemble": {"loss": 1}}', '{"ensemble": {"best": 7}}'],
)
def test_what_is_no_ensemble_is_said_so(tmp_path, data):
    writer = RunWriter.open(tmp_path / "first", kind="engine")
    writer.snapshot(1, 1, "cycle", "snapshots/a.h5", "", json.loads(data))
    writer.close()

    with open_run(tmp_path / "first") as run, pytest.raises(RunUnreadable, match="ensemble is not understood"):
        run.ensembles()


def test_numbers_are_averaged(tmp_path):
    x = np.random.default_rng(0).normal(size=(80, 3))
    table = tmp_path / "numbers.csv"
    np.savetxt(table, np.c_[x, x @ [1.0, -2.0, 0.5]], delimiter=",", header="a,b,c,y", comments="")
    config = CONFIG.changed(dataset=str(table), task="regression", epochs=4)
    with train(config, runs=tmp_path, name="first") as run:
        (row,) = run.ensembles()
        data = loaded_data(config)
        model = compiled_model(config, data)
        outputs = []
        for snapshot in run.snapshots():
            if snapshot.kind == "cycle":
                model.optimizer.build(model.trainable_variables)
                model.load_weights(run.path / snapshot.file)
                outputs.append(model.predict(data.x_val, verbose=0))

    assert row.score.loss == pytest.approx(((np.mean(outputs, axis=0) - data.y_val) ** 2).mean(), rel=1e-5)
    assert (row.score.accuracy, row.score.accuracies, row.score.won) == (None, None, None)
