"""`kescape ensemble` on a real run: what it says, what it saves, and wrong use."""

import json

import keras
import numpy as np
import pytest

import kescape
from kescape.cli.main import run
from kescape.config import RunConfig
from kescape.engine.assemble import loaded_data
from tests.gui.recorded import record

CONFIG = RunConfig(dataset="digits", model="logistic", epochs=4, batch_size=64, eta_max=0.05, t_0=1, t_mult=3, seed=2)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of two cycles, whose loss is convex: both lie in one valley."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kescape.engine.checkpoint_folder.LARGEST_SHARE", 1e9)
        kescape.train(CONFIG, runs=folder, name="first").close()
    return folder


def test_numbers_for_a_script(runs, capfd):
    """As `Ensemble` has them from the run; cycles are counted from 0."""
    assert run(["ensemble", "first", "--runs", str(runs), "--json"]) == 0
    printed = capfd.readouterr()
    found, data = json.loads(printed.out), loaded_data(CONFIG)
    with kescape.open_run(runs / "first") as opened:
        together = kescape.Ensemble(opened)
        steps = [row.step for row in opened.snapshots() if row.kind == "cycle"]
    expected = together.evaluate(data.x_val, data.y_val)

    assert printed.err == ""
    assert (found["rows"], found["part"]) == (len(data.y_val), "validation")
    assert [(row["cycle"], row["step"], row["epoch"]) for row in found["members"]] == [
        (0, steps[0], 1),
        (1, steps[1], 4),
    ]
    assert [row["loss"] for row in found["members"]] == [row["loss"] for row in expected["members"]]
    assert found["ensemble"] == {"loss": expected["loss"], "accuracy": expected["accuracy"]}
    assert found["best_single"]["cycle"] == expected["best_single"]["cycle"]
    assert found["disagreement"] == together.disagreement(data.x_val).tolist()
    assert found["combined"]["groups"] == [{"cycles": [0, 1], "barrier": None, "low": None, "high": None}]
    assert found["sentence"] == expected["sentence"]


def test_a_table_and_the_average_as_a_model(runs, tmp_path, capsys):
    """The saved model is the mean of the two snapshots' weights: a logistic regression has nothing else."""
    saved = tmp_path / "average.keras"
    assert run(["ensemble", "first", "--runs", str(runs), "--save", str(saved), "--part", "training"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == "first: 2 snapshots on the 1,438 rows trained on"
    assert [line.split()[:3] for line in lines[3:5]] == [["cycle", "1", "1"], ["cycle", "2", "4"]]
    assert lines[5].startswith("ensemble of 2  ")
    assert lines[6].startswith("averaged  ")
    assert any(line.startswith("different class, % of rows") for line in lines)
    assert lines[-3].startswith("On 1,438 rows the ensemble of 2 is right on ")
    assert lines[-2].endswith(": 1 and 2 averaged.")
    assert lines[-1] == f"Saved the average as {saved}."
    model = keras.saving.load_model(saved, safe_mode=True)
    average, each = [value.copy() for value in model.get_weights()], []
    for file in sorted((runs / "first" / "snapshots").iterdir()):
        model.load_weights(file)
        each.append(model.get_weights())
    for value, *both in zip(average, *each, strict=True):
        np.testing.assert_allclose(value, np.mean(both, axis=0), rtol=1e-5, atol=1e-6)


def test_the_last_one_alone(runs, capsys):
    assert run(["ensemble", "first", "--runs", str(runs), "--last", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "One snapshot is no ensemble yet."


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--last", "0"], "--last must be >= 1"),
        (["--last", "3"], "last must be <= 2"),
        (["--part", "test"], "--part must be validation or training; got 'test'"),
        (["--save", "a.h5"], "--save must end with .keras"),
        (["--save", "/nowhere/a.keras"], "The folder '/nowhere' does not exist."),
    ],
)
def test_wrong_use(runs, capsys, options, sentence):
    assert run(["ensemble", "first", "--runs", str(runs), *options]) == 2
    assert sentence in capsys.readouterr().err


def test_a_run_of_a_script_and_one_without_held_out_rows(tmp_path, capsys):
    record(tmp_path / "script", outcome="finished")
    assert run(["ensemble", "script", "--runs", str(tmp_path)]) == 2
    assert "was recorded in a script" in capsys.readouterr().err

    kescape.train(CONFIG.changed(validation_fraction=0.0, epochs=1), runs=tmp_path, name="all").close()
    assert run(["ensemble", "all", "--runs", str(tmp_path)]) == 2
    assert "holds no rows out; --part training judges the others" in capsys.readouterr().err


def test_data_that_has_changed_since_is_refused(tmp_path, capsys):
    """Weights that were trained on other numbers would be judged on these."""
    rows = np.random.default_rng(0).normal(size=(60, 3))
    table = tmp_path / "numbers.csv"
    for factor in (1.0, 2.0):
        np.savetxt(table, factor * rows, delimiter=",", header="a,b,y", comments="")
        if factor == 1:
            config = CONFIG.changed(dataset=str(table), task="regression", epochs=1)
            kescape.train(config, runs=tmp_path, name="numbers").close()

    assert run(["ensemble", "numbers", "--runs", str(tmp_path)]) == 2
    assert "the data has changed since the run 'numbers' began" in capsys.readouterr().err
