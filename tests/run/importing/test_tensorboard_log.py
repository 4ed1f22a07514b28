"""TensorBoard folders: Keras' own, PyTorch's way, our own, several of them, and damaged ones."""

import numpy as np
import pytest

from kescape.run.errors import ImportRefused
from kescape.run.event_file import version_event, write_records, write_scalars
from kescape.run.importing import import_run
from kescape.run.reader import open_run


def write_log(folder, tags, name="events.out.tfevents.1700000000.host", began=1.7e9):
    """An event file with entries (step, value) for each tag, a second after each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("wb") as file:
        write_records(file, [version_event(began)])
        for tag, entries in tags.items():
            for place, (step, value) in enumerate(entries):
                write_scalars(file, np.array([began + place]), np.array([step]), {tag: np.array([value])})


def test_what_keras_writes(tmp_path):
    """Train and validation are one run: epochs from History, steps with the running mean that Keras logs."""
    import keras

    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(
        x,
        x[:, :1],
        epochs=3,
        batch_size=8,
        validation_split=0.2,
        verbose=0,
        callbacks=[
            keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1)),
            keras.callbacks.TensorBoard(tmp_path / "first", update_freq="batch", write_graph=True),
        ],
    ).history

    with import_run(tmp_path / "first", runs=tmp_path / "runs") as run:
        assert (run.name, str(run.status), run.steps, run.loss_kind) == ("first", "finished", 12, "running mean")
        curves, epochs = run.curves(), run.epochs()
    assert [(row.epoch, row.last_step) for row in epochs] == [(0, 3), (1, 7), (2, 11)]
    for name in ("loss", "mae", "val_loss", "val_mae", "learning_rate"):
        expected = np.array([float(value) for value in history[name]], np.float32)
        np.testing.assert_array_equal([row.values[name] for row in epochs], expected)
    assert curves["epoch"].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert (np.diff(curves["time"]) >= 0).all()
    # The running mean over an epoch ends at its loss.
    np.testing.assert_allclose(curves["loss"][3::4], [float(value) for value in history["loss"]], rtol=1e-6)


def test_what_kescape_exports_comes_back(recorded, tmp_path):
    """Every value, as the float32 that event files hold."""
    with open_run(recorded) as run:
        run.export(tmp_path / "a", format="tensorboard")
        curves, epochs, created = run.curves(), run.epochs(), run.created

    with import_run(tmp_path / "a", runs=tmp_path / "runs") as run:
        again = run.curves()
        assert [(r.epoch, r.last_step, r.values) for r in run.epochs()] == [
            (r.epoch, r.last_step, {name: np.float32(value) for name, value in r.values.items()}) for r in epochs
        ]
        assert run.created == pytest.approx(created)
        assert "logged_step" not in again
    for name in ("epoch", "loss", "learning_rate", "momentum"):
        np.testing.assert_array_equal(again[name], curves[name].astype(np.float32))
    np.testing.assert_allclose(again["time"], curves["time"], atol=1e-6)


def test_other_tools_names(tmp_path):
    """PyTorch's tutorials log Loss/train and Loss/val along the steps; only every tenth is there."""
    train = [(10 * index, 1 / (index + 1)) for index in range(6)]
    write_log(tmp_path / "log", {"Loss/train": train, "lr": train[::2], "Loss/val": [(25, 9.0), (50, 8.0)]})

    with import_run(tmp_path / "log", runs=tmp_path / "runs", name="torch") as run:
        curves, epochs = run.curves(), run.epochs()
        assert run.name == "torch"
    assert curves["logged_step"].tolist() == [0, 10, 20, 30, 40, 50]
    np.testing.assert_array_equal(curves["loss"], np.array([value for _, value in train], np.float32))
    np.testing.assert_array_equal(np.isnan(curves["learning_rate"]), [False, True] * 3)
    # Each at the last logged step that is not later than it.
    assert [(row.last_step, row.values) for row in epochs] == [(2, {"val_loss": 9.0}), (5, {"val_loss": 8.0})]


def test_a_training_that_was_continued_replaces_what_it_repeats(tmp_path):
    """A second file that goes on from step 2."""
    write_log(tmp_path / "log", {"loss": [(0, 4.0), (1, 3.0), (2, 2.0), (3, 1.0)]})
    write_log(tmp_path / "log", {"loss": [(2, 2.5), (3, 1.5)]}, "events.out.tfevents.1700000100.host", 1.7e9 + 100)

    with import_run(tmp_path / "log", runs=tmp_path / "runs") as run:
        assert run.curves()["loss"].tolist() == [4.0, 3.0, 2.5, 1.5]


def test_two_tags_that_mean_the_same_are_kept_apart(tmp_path):
    write_log(tmp_path / "log", {"loss": [(0, 1.0)], "train/loss": [(0, 2.0)], "epoch": [(0, 7.0)], "": [(0, 8.0)]})

    with import_run(tmp_path / "log", runs=tmp_path / "runs") as run:
        values = {name: values.tolist() for name, values in run.curves().items()}
    assert values == {
        "step": [0],
        "time": [0.0],
        "loss": [1.0],
        "train/loss": [2.0],
        "log/epoch": [7.0],
        "unnamed": [8.0],
    }


def test_a_log_that_was_cut_off_is_imported_up_to_there(tmp_path):
    write_log(tmp_path / "log", {"loss": [(0, 1.0), (1, 2.0)]})
    [file] = (tmp_path / "log").iterdir()
    file.write_bytes(file.read_bytes()[:-5])

    with import_run(file, runs=tmp_path / "runs") as run:
        assert run.name == "log"
        assert run.curves()["loss"].tolist() == [1.0]
        assert "was cut off and left out" in run.events()[0].text


def test_a_folder_of_several_trainings_is_refused(tmp_path):
    for name in ("a", "b"):
        write_log(tmp_path / "logs" / name / "train", {"epoch_loss": [(0, 1.0)]})

    with pytest.raises(ImportRefused, match=r"logs' holds 2 trainings \(a, b\): import one of them."):
        import_run(tmp_path / "logs", runs=tmp_path / "runs")
    with import_run(tmp_path / "logs" / "a", runs=tmp_path / "runs") as run:
        assert run.name == "a"
    with import_run(tmp_path / "logs" / "b" / "train", runs=tmp_path / "runs") as run:
        assert run.name == "b"


@pytest.mark.parametrize(
    ("tags", "began", "sentence"),
    [
        ({}, 1.7e9, "it holds no scalars"),
        ({"loss": [(-1, 1.0)]}, 1.7e9, "'loss' was logged at the step -1"),
        ({"loss": [(0, 1.0)]}, np.nan, "'loss' was logged at a time that there is not"),
        ({"loss": [(0, 1.0)]}, 1e300, "'loss' was logged at a time that there is not"),
        ({"epoch_loss": [(2**40, 1.0)]}, 1.7e9, "'epoch_loss' was logged at the epoch 1099511627776"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, tags, began, sentence):
    write_log(tmp_path / "log", tags, began=began)

    with pytest.raises(ImportRefused, match=sentence):
        import_run(tmp_path / "log", runs=tmp_path / "runs")
    assert [entry.name for entry in tmp_path.iterdir()] == ["log"]


def test_damaged_and_foreign_files_are_refused(tmp_path):
    write_log(tmp_path / "log", {"loss": [(0, 1.0), (1, 2.0)]})
    [file] = (tmp_path / "log").iterdir()
    data = bytearray(file.read_bytes())
    data[60] ^= 1
    file.write_bytes(data)
    (tmp_path / "empty").mkdir()
    (tmp_path / "tfevents.txt").write_text("nothing of the kind, but long enough")

    for path, sentence in (
        (tmp_path / "log", "host' cannot be imported: the checksum of the record at byte 40 is wrong."),
        (tmp_path / "empty", "empty' cannot be imported: it holds no event file of TensorBoard."),
        (tmp_path / "tfevents.txt", "the checksum of the length at byte 0 is wrong"),
        (tmp_path / "none", "none' cannot be imported: there is no such file or folder."),
    ):
        with pytest.raises(ImportRefused) as refusal:
            import_run(path, runs=tmp_path / "runs")
        assert sentence in str(refusal.value)
    assert not (tmp_path / "runs").exists()
