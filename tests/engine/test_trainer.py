"""Training a configuration in this process: what is recorded is what was asked for.

Holds on TensorFlow and on JAX; there run with KERAS_BACKEND=jax pytest -m backend.
"""

import keras
import numpy as np
import pytest

import kescape
from kescape.config import ConfigError, RunConfig
from kescape.data.load import load
from kescape.engine.engine_recorder import LossNotFinite
from kescape.engine.launch import prepare_run
from kescape.engine.trainer import train, train_folder
from kescape.run.errors import RunExists
from kescape.run.reader import open_run

BACKEND = keras.backend.backend()
pytestmark = [] if BACKEND == "tensorflow" else [pytest.mark.backend]

SMALL = RunConfig(dataset="xor", epochs=3, t_0=1, batch_size=64, eta_max=0.1, backend=BACKEND)
"""640 rows to train on: 10 steps an epoch."""


def test_a_run_has_every_step_at_the_rate_of_the_plan(tmp_path):
    with kescape.train(SMALL, runs=tmp_path, name="first") as run:
        curves, epochs = run.curves(), run.epochs()

        assert (run.status, run.error, run.steps) == ("finished", None, 30)
        assert RunConfig(**run.config) == SMALL
        assert run.plan == SMALL.plan()
        assert curves["learning_rate"].tolist() == SMALL.plan().on_steps(10).learning_rates(0, 30).tolist()
        assert curves["learning_rate"][[0, 10]].tolist() == [0.1, 0.1]
        assert set(curves["momentum"]) == {0.9}
        assert run.sessions[0].kind == "engine"
        assert {"tensorflow": "TensorFlow", "jax": "JAX"}[BACKEND] in run.sessions[0].backend
        assert [event.step for event in run.events() if event.kind == "restart"] == [10]
        stages = [event.text for event in run.events() if event.kind == "stage"]
        assert stages == ["Reading the data", "Building the model", "Compiling the first step"]

        # The model that is kept is the one that was judged last.
        data = load("xor", seed=1, validation_fraction=0.2)
        model = keras.saving.load_model(run.path / "model.keras")
        loss, accuracy = model.evaluate(data.x_val, data.y_val, verbose=0)
        assert epochs[-1].values["val_loss"] == pytest.approx(loss, rel=1e-5)
        assert epochs[-1].values["val_accuracy"] == pytest.approx(accuracy)
        assert np.mean(curves["loss"][20:]) == pytest.approx(epochs[-1].values["loss"], rel=1e-4)


@pytest.mark.parametrize("schedule", ["cosine", "step", "constant", "1cycle"])
def test_each_baseline_is_followed(tmp_path, schedule):
    config = RunConfig(
        backend=BACKEND,
        dataset="wine",
        model="logistic",
        epochs=2,
        batch_size=32,
        schedule=schedule,
        validation_fraction=0.0,
    )
    with train(config, runs=tmp_path) as run:
        expected = config.plan().on_steps(6).learning_rates(0, 12)

        assert run.name == f"wine-logistic-{schedule}"
        assert run.curves()["learning_rate"].tolist() == expected.tolist()
        assert "val_loss" not in run.epochs()[-1].values


def test_the_optimizer_gets_every_setting(tmp_path):
    config = RunConfig(
        dataset="digits", model="cnn", epochs=1, batch_size=512, momentum=0.5, nesterov=True, weight_decay=0.01,
        clipnorm=1.5, backend=BACKEND,
    )  # fmt: skip
    with train(config, runs=tmp_path) as run:
        optimizer = keras.saving.load_model(run.path / "model.keras").optimizer

        assert (optimizer.momentum, optimizer.nesterov) == (0.5, True)
        assert (optimizer.weight_decay, optimizer.clipnorm) == (0.01, 1.5)


def test_a_loss_that_is_not_finite_fails_the_run_by_step_and_rate(tmp_path):
    """At a rate of 1e9 the weights explode within a few steps."""
    config = SMALL.changed(eta_max=1e9)
    with pytest.raises(LossNotFinite):
        train(config, runs=tmp_path, name="wild")
    with open_run(tmp_path / "wild") as run:
        curves = run.curves()
        step = int(np.flatnonzero(~np.isfinite(curves["loss"]))[0])
        rate = curves["learning_rate"][step]

        assert run.status == "failed"
        assert f"at step {step}, learning rate {rate:.4g};" in run.error
        assert run.error.startswith(("loss became NaN", "loss became infinite"))
        assert not (run.path / "model.keras").exists()


def test_settings_that_cannot_be_trained_fail_the_run_with_their_sentence(tmp_path):
    folder = prepare_run(SMALL, tmp_path, "broken")
    (folder / "config.toml").write_text("t_0 = 0\n")

    with pytest.raises(ConfigError):
        train_folder(folder)
    with open_run(folder) as run:
        assert run.status == "failed"
        assert "config.toml, line 1: t_0 must be > 0 epochs" in run.error


def test_a_run_is_trained_once(tmp_path):
    with train(SMALL.changed(epochs=1), runs=tmp_path, name="first") as run:
        before = run.curves()["loss"].tolist()
        with pytest.raises(RunExists):
            train_folder(run.path)

        assert run.curves()["loss"].tolist() == before
        assert run.status == "finished"


def test_preparing_a_run_never_touches_another(tmp_path):
    first, second = (prepare_run(SMALL, tmp_path, "first") for _ in range(2))

    assert (first.name, second.name) == ("first", "first-2")
    assert RunConfig.from_toml(second / "config.toml") == SMALL
    assert [path.name for path in second.iterdir()] == ["config.toml"]
    assert prepare_run(SMALL, tmp_path).name == "xor-mlp-sgdr"
