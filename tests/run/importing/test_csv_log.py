"""CSV logs: Keras' own, with every separator, appended to, stopped; and what is no such file."""

import numpy as np
import pytest

from kescape.run.errors import ImportRefused
from kescape.run.importing import import_run


@pytest.fixture
def imported(tmp_path):
    """Imports a text as a CSV log; the run is closed again."""
    opened = []

    def import_text(text, name="log.csv"):
        (tmp_path / name).write_text(text, "utf-8")
        opened.append(import_run(tmp_path / name, runs=tmp_path / "runs"))
        return opened[-1]

    yield import_text
    for run in opened:
        run.close()


def rows(run):
    return [(row.epoch, row.last_step, row.values) for row in run.epochs()]


def test_what_keras_writes(tmp_path):
    """The file of a real fit gives the numbers of its History, bit for bit, whatever separates them."""
    import keras

    x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    separators = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "colon": ":"}
    rate = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    logs = [keras.callbacks.CSVLogger(tmp_path / f"{name}.csv", separator) for name, separator in separators.items()]
    fitted = model.fit(x, x[:, :1], epochs=3, validation_split=0.25, verbose=0, callbacks=[rate, *logs])
    history = fitted.history

    for name in separators:
        with import_run(tmp_path / f"{name}.csv", runs=tmp_path / "runs") as run:
            assert (run.name, str(run.status), run.steps) == (name, "finished", 0)
            assert run.path == tmp_path / "runs" / name
            assert [session.kind for session in run.sessions] == ["imported"]
            assert run.config == {"imported": f"{name}.csv", "epochs": 3}
            found = rows(run)
        assert [(epoch, step) for epoch, step, _ in found] == [(0, 0), (1, 1), (2, 2)]
        for metric in ("loss", "mae", "val_loss", "val_mae", "learning_rate"):
            assert [values[metric] for _, _, values in found] == [float(value) for value in history[metric]]


def test_a_training_that_was_continued_replaces_what_it_repeats(imported):
    """Killed after epoch 3, taken up from a checkpoint of epoch 2: the later rows count, and that is said."""
    run = imported("epoch,loss\n0,4\n1,3\n2,2\n3,1.9\n2,2.5\n3,1.5\n4,1\n")

    assert rows(run) == [(epoch, epoch, {"loss": loss}) for epoch, loss in enumerate([4, 3, 2.5, 1.5, 1])]
    assert [event.text for event in run.events()] == [
        "2 of 7 rows were logged again later, by a continued training; the later count."
    ]


def test_a_second_fit_follows_the_first(imported):
    run = imported("epoch,loss\n0,4\n1,3\n0,2\n1,1\n")

    assert rows(run) == [(0, 0, {"loss": 4}), (1, 1, {"loss": 3}), (0, 2, {"loss": 2}), (1, 3, {"loss": 1})]


def test_gaps_and_lists(imported):
    """An epoch that was stopped has NA; a metric of several numbers is left out, and that is said."""
    run = imported('epoch,lr,loss,recall,val_loss\n0,0.1,nan,"[0.1, 0.2]",inf\n1,0.1,1e-40,"[0.3, 0.4]",NA\n')

    (first, second) = rows(run)
    assert first[2].keys() == {"learning_rate", "loss", "val_loss"}
    assert np.isnan(first[2]["loss"])
    assert first[2]["val_loss"] == np.inf
    assert second[2] == {"learning_rate": 0.1, "loss": 1e-40}
    assert [event.text for event in run.events()] == [
        "The column 'recall' holds several numbers in each row and was left out."
    ]


def test_a_table_with_a_row_a_step(imported):
    """The columns are curves; a log of every fiftieth step keeps its own count."""
    every = imported("step,epoch,loss,learning_rate\n0,0,3,0.1\n1,0,2,0.05\n2,1,1,0.1\n")
    some = imported("step;loss;acc\n0;3;NA\n50;2;0.5\n", "some.csv")

    assert {name: values.tolist() for name, values in every.curves().items()} == {
        "step": [0, 1, 2],
        "epoch": [0, 0, 1],
        "loss": [3, 2, 1],
        "learning_rate": [0.1, 0.05, 0.1],
    }
    assert some.steps == 2
    assert some.curves()["logged_step"].tolist() == [0, 50]
    np.testing.assert_array_equal(some.curves()["acc"], [np.nan, 0.5])
    assert "Not every step was logged" in some.events()[0].text


@pytest.mark.parametrize("level", ["step", "epoch"])
def test_what_kescape_exports_comes_back(recorded, tmp_path, level):
    from kescape.run.reader import open_run

    with open_run(recorded) as run:
        run.export(tmp_path / "a.csv", level=level)
        curves, epochs = run.curves(), run.epochs()
    with import_run(tmp_path / "a.csv", runs=tmp_path / "runs") as run:
        if level == "step":
            again = run.curves()
            for name, values in curves.items():
                np.testing.assert_array_equal(again[name], values)
            assert again["cycle"].tolist() == [0] * 10 + [1] * 20 + [2] * 40
        else:
            for row, before in zip(run.epochs(), epochs, strict=True):
                assert (row.epoch, row.time) == (before.epoch, before.time)
                assert before.values.items() <= row.values.items()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1 must name the columns, with epoch or step among them"),
        ("loss,accuracy\n1,2\n", "got 'loss,accuracy'"),
        ("epoch,loss\n", "it has a header, but no row yet"),
        ("epoch,loss\n0,1\n1\n", "line 3 has 1 values, where line 1 names 2"),
        ("epoch,loss\n0,1\n1,zwei\n", "line 3: loss must be a number; got 'zwei'"),
        ("epoch;loss\n0;0,5\n", "line 2: loss must be a number; got '0,5'"),
        ("epoch,loss\n0.5,1\n", "line 2: epoch must be a whole number >= 0 and <= 2147483646; got 0.5"),
        ("epoch,loss\n-1,1\n", "line 2: epoch must be a whole number"),
        ("epoch,loss\n1e99,1\n", "got 1e+99"),
        ("epoch,loss\nNA,1\n", "got nothing"),
        ("epoch,loss,loss\n0,1,1\n", "line 1 names the column 'loss' twice"),
        ("epoch,,loss\n0,1,1\n", "column 2 of line 1 has no name"),
        ("step\n0\n", "it names no column beside step"),
        ("epoch,loss\n0,\x00\n", "cannot be imported"),
    ],
)
def test_what_is_no_log_is_refused_by_line(tmp_path, text, sentence):
    (tmp_path / "log.csv").write_text(text, "utf-8")

    with pytest.raises(ImportRefused) as refusal:
        import_run(tmp_path / "log.csv", runs=tmp_path / "runs")
    assert sentence in str(refusal.value)
    assert str(refusal.value).startswith(f"{str(tmp_path / 'log.csv')!r} cannot be imported")
    assert "\n" not in str(refusal.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.csv"]


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "log.csv").write_bytes(b"epoch,loss\n0,\xff\xfe\n")

    with pytest.raises(ImportRefused, match="it is no text in UTF-8"):
        import_run(tmp_path / "log.csv", runs=tmp_path / "runs")
