"""Scripts: they really run, in a process of their own, and record the curves of the run that they were made of."""

import ast
import os
import runpy
import subprocess
import sys

import numpy as np
import pytest

from kescape.config import SETTINGS, RunConfig
from kescape.run.errors import ExportError
from kescape.run.export.script import KNOWN
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from kescape.schedule import CosineRestarts

SOFT = {"t_0": 0.5, "t_mult": 1.5, "warmup": 0.25, "restart_warmup": 0.1, "eta_max_decay": 0.9, "eta_min": 1e-4}
REGULAR = {"nesterov": True, "weight_decay": 1e-3, "clipnorm": 1.0, "validation_fraction": 0.3}
EXACT = {"deterministic": True}
CONFIGS = {
    # First, since determinism is set for the rest of a process.
    "numbers": REGULAR
    | {"dataset": "DATA.csv", "target": "price", "model": "mlp", "epochs": 3, "batch_size": 16, "schedule": "cosine"},
    # A model of the user's with one output for two classes: its loss is another one.
    "own": EXACT | {"dataset": "moons", "model": "OWN.keras", "epochs": 2, "batch_size": 64},
    # Convolutions and a partial last batch.
    "plain": EXACT | SOFT | {"dataset": "digits", "model": "cnn", "epochs": 2, "batch_size": 100, "seed": 7},
    "steered": EXACT | {"dataset": "digits", "model": "mlp", "epochs": 8, "batch_size": 32, "t_0": 2.0},
    # From the weights and the velocity at the end of a cycle of the run before.
    "branched": EXACT
    | {"dataset": "digits", "model": "mlp", "epochs": 2, "batch_size": 32, "t_0": 2.0, "start_from": "*.weights.h5"},
    # From the state at which that run was stopped.
    "continued": EXACT
    | {"dataset": "digits", "model": "mlp", "epochs": 1, "batch_size": 32, "t_0": 2.0, "start_from": "*.npz"},
    "resumed": EXACT | {"dataset": "wine", "model": "mlp", "epochs": 6, "batch_size": 8, "t_0": 2.0, "seed": 5},
}


def steer(monkeypatch, commands):
    """Leave commands for the engine: at (epoch, batch) or soon after, each by its kind and arguments."""
    from kescape.engine.engine_recorder import EngineRecorder
    from kescape.run.commands import send_command

    usual = EngineRecorder.on_train_batch_end
    waiting = list(commands)

    def on_train_batch_end(self, batch, logs=None):
        if waiting and (self._position[0], batch) >= waiting[0][0]:
            _, kind, arguments = waiting.pop(0)
            send_command(self.folder, kind, **arguments)
            self._tap.look()
        usual(self, batch, logs)

    monkeypatch.setattr(EngineRecorder, "on_train_batch_end", on_train_batch_end)


def train_all(folder):
    """Trains what `CONFIGS` says; "steered" and "resumed" are told what to do on the way."""
    import keras

    from kescape.engine.go_on import ask_to_go_on
    from kescape.engine.trainer import train, train_folder

    generator = np.random.default_rng(0)
    rows = generator.normal(size=(90, 3))
    lines = [f"{a},{b},{'red' if c > 0 else 'blue'},{a * 2 - b + c}" for a, b, c in rows.tolist()]
    (folder / "DATA.csv").write_text("width,height,colour,price\n" + "\n".join(lines) + "\n")
    layers = keras.layers
    keras.Sequential([layers.Input((2,)), layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")]).save(
        folder / "OWN.keras"
    )
    for name, settings in CONFIGS.items():
        files = {key: str(folder / value) for key, value in settings.items() if value in ("DATA.csv", "OWN.keras")}
        if "start_from" in settings:
            files["start_from"] = str(min((folder / "steered").rglob(settings["start_from"])))
        with pytest.MonkeyPatch.context() as monkeypatch:
            if name == "steered":
                text = 'looks flat"""\nimport os; os.abort()'
                hands = [
                    ((1, 5), "note", {"text": text}),
                    ((1, 20), "restart", {}),
                    ((2, 1), "eta_max", {"value": 0.2}),
                ]
                steer(monkeypatch, [*hands, ((4, 0), "restart", {"eta_max": 0.03}), ((6, 10), "stop", {})])
            if name == "resumed":
                steer(monkeypatch, [((1, 3), "restart", {}), ((3, 5), "stop", {})])
            train(RunConfig(**settings | files), runs=folder, name=name).close()
        if name == "resumed":
            ask_to_go_on(folder / name)
            train_folder(folder / name)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder with the runs, and the runs that their scripts recorded, all made in one process."""
    folder = tmp_path_factory.mktemp("trained")
    train_all(folder)
    for name in CONFIGS:
        with open_run(folder / name) as run:
            run.export(folder / f"{name}.py")
    code = "import runpy, sys\nfor path in sys.argv[1:]:\n    runpy.run_path(path, run_name='__main__')\n"
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code, *(str(folder / f"{name}.py") for name in CONFIGS)],
        env=os.environ | {"KESCAPE_RUNS": str(folder / "again"), "KESCAPE_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Recorded in") == len(CONFIGS)
    return folder


@pytest.mark.parametrize("name", CONFIGS)
def test_the_script_records_the_curves_of_the_run(trained, name):
    """Rates exactly; losses to the last bit with determinism, else up to rounding.

    Engine and fit compute the same batches with the same operations. Without determinism threads may add in another
    order: 1e-7 of a loss at first, which a dozen steps of a small net keep below 1e-5.
    """
    with open_run(trained / name) as run, open_run(trained / "again" / f"{name}-again") as again:
        curves, curves_again = run.curves(), again.curves()
        epochs, epochs_again = run.epochs(), again.epochs()
        assert run.restarts() == again.restarts()
    assert len(curves["step"]) == len(curves_again["step"]) > 10
    for column in ("epoch", "learning_rate", "momentum"):
        np.testing.assert_array_equal(curves_again[column], curves[column])
    tolerance = 0 if CONFIGS[name].get("deterministic") else 1e-5
    np.testing.assert_allclose(curves_again["loss"], curves["loss"], rtol=tolerance)
    assert [(row.epoch, row.last_step) for row in epochs_again] == [(row.epoch, row.last_step) for row in epochs]
    for row, row_again in zip(epochs, epochs_again, strict=True):
        assert row.values.keys() == row_again.values.keys()
        for metric, value in row.values.items():
            assert row_again.values[metric] == pytest.approx(value, rel=10 * tolerance or 1e-6), metric


def test_data_that_have_changed_are_noticed(trained, tmp_path):
    """A row more in the user's file would give other curves, without a word."""
    text = (trained / "numbers.py").read_text("utf-8")
    (tmp_path / "DATA.csv").write_text((trained / "DATA.csv").read_text("utf-8") + "1,2,red,3\n", "utf-8")
    script = written(tmp_path, text.replace(str(trained / "DATA.csv"), str(tmp_path / "DATA.csv")))

    with pytest.raises(SystemExit, match="The data have changed since the run"):
        runpy.run_path(str(script))


def test_what_was_done_by_hand_stands_in_the_script(trained):
    """As edits of the plan, in the order of the steps, and as comments; the words of others stay comments."""
    with open_run(trained / "steered") as run:
        edits, stopped = run.plan_edits(), run.steps
    text = (trained / "steered.py").read_text("utf-8")
    assert [edit.kind for edit in edits][:2] == ["restart", "eta_max"]
    for edit in edits:
        value = "" if edit.value is None else f", {edit.value!r}"
        assert f'    kescape.PlanEdit({edit.step}, "{edit.kind}"{value}),  # at epoch ' in text
    assert f"STEPS = {stopped}  # where the run ended" in text
    assert f"# The run ended after {stopped:,} of its 360 steps, and so does this script.\n" in text
    assert "): Restart by hand: the next cycle begins at step " in text
    assert '): note: looks flat""" import os; os.abort()\n' in text
    assert not any("os.abort" in ast.unparse(node) for node in ast.parse(text).body)


def test_a_resumed_run_gives_one_script(trained):
    """Both its parts, with what was done by hand in the first."""
    with open_run(trained / "resumed") as run:
        assert len(run.sessions) == 2
        assert str(run.status) == "finished"
        [edit] = run.placed.edits
    text = (trained / "resumed.py").read_text("utf-8")
    assert f'kescape.PlanEdit({edit.step}, "restart"),' in text
    assert "STEPS" not in text
    assert "): Stopped at step " in text


def test_a_script_names_only_what_is_public(trained):
    """So that a person can look everything up."""
    import kescape

    for name in CONFIGS:
        tree = ast.parse((trained / f"{name}.py").read_text("utf-8"))
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "kescape"
        }
        assert used <= set(kescape.__all__)
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert imported == {"math", "os", "keras", "kescape"} | (
            {"tensorflow"} if CONFIGS[name].get("deterministic") else set()
        )


def test_every_setting_is_taken_over():
    """A new setting has to find its way into the script, or the script would train something else."""
    # What the verdicts led to is no part of a plan: a run that acted on them is refused by name.
    assert set(SETTINGS) <= KNOWN | {"control"}


def record(folder, kind, config, **facts):
    writer = RunWriter.open(folder, kind=kind, config=config, **facts)
    writer.end("finished")
    writer.close()
    return folder


PLAN = {"plan": CosineRestarts(1, 2, 0.1).to_dict(), "steps_per_epoch": 10}
FULL = RunConfig().model_dump()


@pytest.mark.parametrize(
    ("kind", "config", "facts", "sentence"),
    [
        ("recorder", {"script": "train.py"}, {}, "was recorded in train.py, which has its data and its model"),
        ("imported", {}, {}, "was imported from a log, which tells neither data nor model"),
        ("engine", FULL, {"steps_per_epoch": 10}, "follows no single plan from its first step on"),
        ("engine", FULL, {**PLAN, "plan_step": 5}, "follows no single plan from its first step on"),
        ("engine", {"epochs": 5}, PLAN, "does not tell its dataset, so it cannot be trained again"),
        ("engine", FULL | {"epochs": "5"}, PLAN, "has epochs='5', where a whole number has to be"),
        ("engine", FULL | {"colour": "red"}, PLAN, "has colour='red', a setting that a script cannot take over"),
        ("engine", FULL | {"backend": "tea"}, PLAN, "backend must be one of tensorflow, jax"),
        (
            "engine",
            FULL | {"model": "/a.keras"},
            PLAN,
            "whose loss a script takes from its model.keras; that cannot be",
        ),
    ],
)
def test_what_cannot_be_trained_again_is_refused(tmp_path, kind, config, facts, sentence):
    record(tmp_path / "first", kind, config, **facts)

    with open_run(tmp_path / "first") as run, pytest.raises(ExportError) as refusal:
        run.export(tmp_path / "a.py")
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["first"]


def test_a_script_says_that_it_trains_on_one_device(tmp_path):
    """Not to the last bit, then, whatever the run's settings say."""
    record(tmp_path / "first", "engine", FULL | EXACT | {"devices": 2}, **PLAN)

    with open_run(tmp_path / "first") as run:
        run.export(tmp_path / "a.py")
    text = (tmp_path / "a.py").read_text("utf-8")
    assert "# The run was trained on 2 devices, and this script trains on one: the losses\n# are the same up to" in text
    assert "to the last bit" not in text


def test_a_run_that_has_not_begun_is_refused(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "config.toml").write_text("")

    with open_run(tmp_path / "first") as run, pytest.raises(ExportError, match="has not begun to train"):
        run.export(tmp_path / "a.py")


def test_hostile_words_stay_words(tmp_path):
    """A run that was handed on may say anything; its script holds values and comments, no code of its own."""
    evil = '"; import os; os._exit(9)  #\n\r\u2028\ud800😀\\'
    config = FULL | {"dataset": evil, "target": evil, "task": "regression", "momentum": [evil]}
    writer = RunWriter.open(tmp_path / "a'b", kind="engine", config=config, backend="x\nimport os", **PLAN)
    writer.event("note", 0, "one\ntwo\r\nimport os\x00")
    writer.end("finished")
    writer.close()
    with open_run(tmp_path / "a'b") as run:
        run.export(tmp_path / "a.py")

    body = (tmp_path / "a.py").read_text("utf-8").partition("keras.utils.set_random_seed")[0]
    imports = "import keras\n\nimport kescape\n"
    names = runpy.run_path(str(written(tmp_path, body.replace(imports, "from kescape import schedule as kescape\n"))))
    assert (names["DATASET"], names["TARGET"], names["MOMENTUM"]) == (evil, evil, [evil])


def written(folder, text):
    (folder / "body.py").write_text(text, "utf-8")
    return folder / "body.py"
