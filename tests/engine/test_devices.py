"""Runs on two devices of one machine: the same curves, the same resume, and what they cannot have.

There is no GPU here, so these are two devices of the CPU, which only a process can have that has computed nothing yet:
`two_devices.py` trains in processes of its own. Holds on TensorFlow and on JAX; there run with KERAS_BACKEND=jax pytest
-m backend.
"""

import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kescape.config import ConfigError, RunConfig
from kescape.engine.go_on import ask_to_go_on
from kescape.engine.launch import prepare_run, spare_can_train, spawn_engine
from kescape.engine.trainer import train, train_folder
from kescape.run.folder import CONFIG
from kescape.run.reader import open_run
from tests.engine.two_devices import SMALL
from tests.support.what_counts import what_counts

BACKEND = keras.backend.backend()
NAME = {"tensorflow": "TensorFlow", "jax": "JAX"}[BACKEND]
pytestmark = [] if BACKEND == "tensorflow" else [pytest.mark.backend]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """What `two_devices.py` has trained; the last run was killed, and went on in an engine process."""
    folder = tmp_path_factory.mktemp("runs")
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.two_devices", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]
    with open_run(folder / "killed") as run:
        assert str(run.status) == "interrupted"
        assert 21 <= run.steps < 80
    ask_to_go_on(folder / "killed")
    assert spawn_engine(folder / "killed").wait(timeout=240) == 0
    return folder


@pytest.mark.parametrize(("name", "steps", "verdicts"), [("", 80, 2), (", one left", 8, 0)])
def test_the_curves_are_those_of_one_device(runs, name, steps, verdicts):
    """Rates exactly, losses and metrics to rounding, also of a last batch that cannot be divided evenly."""
    with open_run(runs / f"one{name}") as one, open_run(runs / f"two{name}") as two:
        expected, curves = one.curves(), two.curves()
        assert (str(two.status), len(curves["loss"])) == ("finished", steps)
        for column in ("epoch", "learning_rate", "momentum"):
            np.testing.assert_array_equal(curves[column], expected[column])
        np.testing.assert_allclose(curves["loss"], expected["loss"], rtol=1e-4, atol=1e-6)
        for row, wanted in zip(two.epochs(), one.epochs(), strict=True):
            assert row.last_step == wanted.last_step
            assert row.values == pytest.approx(wanted.values, rel=1e-4, abs=1e-6)
        assert len(one.escapes()) == verdicts
        for row, wanted in zip(two.escapes(), one.escapes(), strict=True):
            assert (row.cycle, row.step, row.verdict) == (wanted.cycle, wanted.step, wanted.verdict)
            assert row.losses == pytest.approx(wanted.losses, rel=1e-3, abs=1e-6)


def test_each_device_gets_half_of_a_batch(runs):
    assert (runs / "is divided").read_text() == "True"


def test_the_run_says_what_it_was_trained_on(runs):
    with open_run(runs / "two") as two, open_run(runs / "one") as one:
        assert two.sessions[0].backend.endswith(", 2 devices of the CPU")
        assert one.sessions[0].backend.endswith(", CPU")
        said = [event.text for event in two.events() if event.kind == "devices"]
        assert said == ["There is no GPU, so the CPU is taken as 2 devices: the same curves, but no faster."]
        assert "devices" not in {event.kind for event in one.events()}


def test_models_and_snapshots_are_those_of_one_device(runs):
    """Plain Keras loads them, on one device."""
    one, two = (keras.saving.load_model(runs / f"{name}" / "model.keras") for name in ("one", "two"))
    for expected, found in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert getattr(getattr(two, "distribute_strategy", None), "num_replicas_in_sync", 1) == 1
    with open_run(runs / "two") as run:
        ends = [row for row in run.snapshots() if row.kind == "cycle"]
    assert [row.step for row in ends] == [21, 42, 62]
    two.load_weights(runs / "two" / ends[0].file)
    two.set_weights([np.zeros_like(values) for values in two.get_weights()])
    two.load_weights(runs / "two" / ends[-1].file)
    for expected, found in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_a_killed_run_goes_on_bit_for_bit(runs):
    """Killed in its fourth epoch, it goes on from the end of a cycle inside an epoch, whose metrics it has kept."""
    with open_run(runs / "killed") as run:
        [cut] = run.cuts()
        assert cut.step in (21, 42)
    assert what_counts(runs / "killed") == what_counts(runs / "two")


def test_commands_are_obeyed(runs):
    with open_run(runs / "steered") as run:
        assert str(run.status) == "stopped"
        assert [(ack.command, ack.outcome) for ack in run.acks()] == [
            (command, "done") for command in ("restart", "snapshot", "pause", "resume", "stop")
        ]
        assert {edit.kind for edit in run.plan_edits()} == {"restart", "eta_max"}
        np.testing.assert_array_equal(run.curves()["learning_rate"], run.placed.learning_rates(0, run.steps))
        assert {"hand", "last_cycle"} <= {row.kind for row in run.snapshots()}


def test_a_process_that_has_computed_cannot_divide_its_cpu(tmp_path):
    """Nothing is written; where an engine was asked, the sentence is the run's end."""
    float(keras.ops.ones(()))
    config = RunConfig(**SMALL, devices=2)
    sentence = (
        f"devices must be 1 in this process, because {NAME} has begun to use the CPU as one device; got devices=2: "
        "use kescape train, or a new Python process"
    )
    with pytest.raises(ConfigError) as refusal:
        train(config, runs=tmp_path)
    assert str(refusal.value) == sentence
    assert list(tmp_path.iterdir()) == []

    folder = prepare_run(config, tmp_path)
    assert not spare_can_train(folder)
    with pytest.raises(ConfigError):
        train_folder(folder)
    with open_run(folder) as run:
        assert (str(run.status), run.error) == ("failed", sentence)


def test_fewer_gpus_than_were_asked_for_are_refused(tmp_path, monkeypatch):
    if BACKEND == "tensorflow":
        monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [f"a {kind}"] * 2)
    else:
        monkeypatch.setattr("jax.default_backend", lambda: "gpu")
        monkeypatch.setattr("jax.local_device_count", lambda: 2)
    folder = prepare_run(RunConfig(**SMALL | {"batch_size": 9}, devices=3), tmp_path)
    with pytest.raises(ConfigError):
        train_folder(folder)

    with open_run(folder) as run:
        assert run.error == "devices must be <= 2, because this machine has no more GPUs; got devices=3"


def test_a_spare_trains_what_is_for_one_device_on_its_backend(tmp_path):
    """It says what is wrong with settings that cannot be read, as any engine would."""
    settings = {"": True, "devices = 1": True, "devices = 2": False, 'backend = "tensorflow"': True, "devices = ": True}
    for text, expected in settings.items():
        (tmp_path / CONFIG).write_text(text)
        assert spare_can_train(tmp_path) is expected, text
