"""Data of the user's, trained on for real: what is kept is enough to use the model where the data never was."""

import gzip
import json
import subprocess
import sys

import keras
import numpy as np
import polars as pl
import pytest

import kescape
from kescape.config import RunConfig
from kescape.data import download
from kescape.data.errors import DataError, DataUnreachable
from kescape.data.load import load
from kescape.data.preprocessing import Preprocessing
from kescape.engine.assemble import keep_preprocessing
from kescape.engine.go_on import ask_to_go_on, withdraw_request
from kescape.engine.load_data import load_data
from kescape.run.errors import CannotGoOn

RANDOM = np.random.default_rng(5)


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    """A table of 240 flowers: the kind follows from colour and length, some lengths are missing."""
    path = tmp_path_factory.mktemp("data") / "flowers é.csv"
    kind = RANDOM.integers(0, 3, 240)
    length = np.where(RANDOM.random(240) < 0.1, None, (kind * 2 + RANDOM.normal(0, 0.5, 240)).round(3))
    colour = np.where(RANDOM.random(240) < 0.8, np.array(["red", "blue", "white"])[kind], "none")
    frame = pl.DataFrame(
        {"length": length.tolist(), "colour": colour, "kind": [f"kind {k}" for k in kind]}, strict=False
    )
    frame.write_csv(path)
    return path


@pytest.fixture(scope="module")
def heights(tmp_path_factory):
    """A table of 200 numbers: y = 1000 + 50 a - 20 b, and a little noise."""
    path = tmp_path_factory.mktemp("data") / "heights.csv"
    a, b = RANDOM.normal(10, 4, 200), RANDOM.normal(-3, 0.1, 200)
    frame = pl.DataFrame({"a": a, "b": b, "y": 1000 + 50 * a - 20 * b + RANDOM.normal(0, 5, 200)})
    frame.write_csv(path)
    return path


USE = """
import sys, json
import keras, polars
from kescape import Preprocessing
folder, table = sys.argv[1:]
model = keras.saving.load_model(folder + "/model.keras")
preprocessing = Preprocessing.load(folder + "/preprocessing.json")
rows = polars.read_csv(table)
print(json.dumps(preprocessing.labels(model.predict(preprocessing.inputs(rows), verbose=0)).tolist()))
"""


def answers_of_another_process(folder, table):
    done = subprocess.run([sys.executable, "-c", USE, folder, table], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def held_out_rows(path, target, split):
    """The raw rows of the validation part, found again by what they look like once scaled."""
    frame = pl.read_csv(path)
    scaled = split.preprocessing.inputs(frame)
    places = {row.tobytes(): number for number, row in enumerate(scaled)}
    return frame[[places[row.tobytes()] for row in split.x_val]]


def test_a_classifier_is_used_on_raw_rows_where_the_data_never_was(flowers, tmp_path):
    """The share of right answers on the held-out rows is the accuracy that the training ended with."""
    config = RunConfig(dataset=str(flowers), epochs=3, t_0=1, batch_size=16, eta_max=0.1)
    with kescape.train(config, runs=tmp_path) as run:
        assert (run.name, str(run.status)) == ("flowers-é-mlp-sgdr", "finished")
        assert run.steps == 3 * config.steps_per_epoch() == 3 * 12
        accuracy = run.epochs()[-1].values["val_accuracy"]

        rows = held_out_rows(flowers, "kind", load_data(config))
        rows.write_csv(tmp_path / "new.csv")
        answers = answers_of_another_process(run.path, tmp_path / "new.csv")
        assert set(answers) <= {"kind 0", "kind 1", "kind 2"}
        assert np.mean(np.array(answers) == rows["kind"].to_numpy()) == pytest.approx(accuracy)
        assert accuracy > 0.8


def test_a_regression_is_learned_in_standardised_units_and_answers_in_its_own(heights, tmp_path):
    """Mean squared error of the answers, in the target's units, is val_loss times the target's variance."""
    config = RunConfig(dataset=str(heights), model="logistic", epochs=7, t_0=1, batch_size=16, eta_max=0.05)
    with kescape.train(config, runs=tmp_path) as run:
        values = run.epochs()[-1].values
        assert set(values) >= {"loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error"}
        assert np.mean(run.curves()["loss"][-10:]) < 0.1  # 1 is what the mean alone gives

        split = load_data(config)
        rows = held_out_rows(heights, "y", split)
        kept = Preprocessing.load(run.path / "preprocessing.json")
        answers = kept.labels(keras.saving.load_model(run.path / "model.keras").predict(kept.inputs(rows), verbose=0))
        error = np.mean((answers - rows["y"].to_numpy()) ** 2)
        assert error == pytest.approx(values["val_loss"] * split.preprocessing.target_deviation[0] ** 2, rel=1e-3)


def test_a_run_that_goes_on_needs_the_rows_that_it_began_with(heights, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(heights.read_bytes())
    keep_preprocessing(load(str(copy), seed=1, validation_fraction=0.2), tmp_path)
    keep_preprocessing(load(str(copy), seed=1, validation_fraction=0.2), tmp_path)

    lines = copy.read_text().splitlines(keepends=True)
    copy.write_text("".join([lines[0], lines[2], lines[1], *lines[3:]]))
    with pytest.raises(DataError, match="the data has changed since this run began"):
        keep_preprocessing(load(str(copy), seed=1, validation_fraction=0.2), tmp_path)


def test_nobody_asks_a_run_to_go_on_with_other_rows(heights, tmp_path):
    """As many rows as before, two of them exchanged: said before anything is started, and the run stays as it ended."""
    copy = tmp_path / "copy.csv"
    copy.write_bytes(heights.read_bytes())
    config = RunConfig(dataset=str(copy), model="logistic", epochs=1, t_0=1, batch_size=64, eta_max=0.01)
    with kescape.train(config, runs=tmp_path) as run:
        ask_to_go_on(run.path, epochs=3)
        withdraw_request(run.path)

        lines = copy.read_text().splitlines(keepends=True)
        copy.write_text("".join([lines[0], lines[2], lines[1], *lines[3:]]))
        with pytest.raises(
            CannotGoOn, match=r"its data have changed: .*copy\.csv is not what it was when the run began"
        ):
            ask_to_go_on(run.path, epochs=3)
        assert str(run.status) == "finished"


def test_load_data_takes_a_configuration_or_a_path(heights):
    first = load_data(RunConfig(dataset=str(heights), seed=4, validation_fraction=0.25))
    second = load_data(heights, seed=4, validation_fraction=0.25)

    assert np.array_equal(first.x_train, second.x_train)
    assert len(second.y_val) == 50
    with pytest.raises(ValueError, match=r"validation_fraction must be >= 0 and <= 0\.9"):
        load_data(heights, validation_fraction=1)


def test_preprocessing_comes_back_from_its_file_as_it_was(flowers, tmp_path):
    preprocessing = load_data(flowers).preprocessing
    preprocessing.save(tmp_path / "preprocessing.json")

    assert Preprocessing.load(tmp_path / "preprocessing.json") == preprocessing
    assert [file.name for file in tmp_path.iterdir()] == ["preprocessing.json"]


def idx(values, dimensions):
    head = bytes([0, 0, 8, len(dimensions)]) + b"".join(n.to_bytes(4, "big") for n in dimensions)
    return gzip.compress(head + values.tobytes(), compresslevel=1)


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    return tmp_path / "datasets" / "fashion-mnist"


def cache_clothes(folder, training):
    """Keras' four files of Fashion-MNIST, with pictures that are as bright as their class number."""
    folder.mkdir(parents=True)
    for part, rows in (("train", training), ("t10k", 10_000)):
        labels = (np.arange(rows) % 10).astype(np.uint8)
        pixels = np.repeat(labels, 28 * 28)
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(labels, [rows]))
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(pixels, [rows, 28, 28]))


def test_a_set_that_keras_has_downloaded_needs_no_network(keras_home):
    cache_clothes(keras_home, 60_000)
    split = load_data("fashion_mnist")

    assert (split.x_train.shape, split.x_val.shape) == ((60_000, 28, 28, 1), (10_000, 28, 28, 1))
    assert split.preprocessing.class_names[8] == "Bag"
    assert split.x_val[8].max() == pytest.approx(8 / 255)
    assert split.y_val[:3].tolist() == [0, 1, 2]


def test_a_set_that_is_not_whole_is_refused(keras_home):
    cache_clothes(keras_home, 600)

    with pytest.raises(DataError, match=r"must have 70,000 rows, .* has 10,600 and 10,000; delete it there"):
        load_data("fashion_mnist")


def test_without_a_network_it_is_said_where_the_data_would_come_from(keras_home, monkeypatch):
    """A server that does not exist; the answer comes at once, and nothing is downloaded."""
    missing = download._Download("https://kescape.invalid/mnist.npz", ("mnist.npz",))
    monkeypatch.setitem(download._DOWNLOADS, "mnist", missing)

    with pytest.raises(DataUnreachable, match=r"has to be downloaded once, and kescape\.invalid cannot be reached: "):
        load_data("mnist")
