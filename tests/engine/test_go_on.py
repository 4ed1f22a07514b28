"""Runs that go on from their newest checkpoint: exactly, for longer, or not at all.

Holds on TensorFlow and on JAX; there run with KERAS_BACKEND=jax pytest -m backend.
"""

import json
import math
import re
import shutil

import keras
import numpy as np
import pytest

from kescape.config import RunConfig
from kescape.engine.branch import branched
from kescape.engine.checkpoint import Checkpoint
from kescape.engine.engine_recorder import EngineRecorder
from kescape.engine.go_on import ask_to_go_on, read_request
from kescape.engine.launch import prepare_run
from kescape.engine.start import StartUnusable
from kescape.engine.trainer import train, train_folder
from kescape.run.commands import send_command
from kescape.run.errors import CannotGoOn
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from kescape.step_tap import StepTap
from tests.support.what_counts import what_counts

BACKEND = keras.backend.backend()
pytestmark = [] if BACKEND == "tensorflow" else [pytest.mark.backend]

SMALL = {
    "dataset": "wine",
    "model": "mlp",
    "batch_size": 32,
    "eta_max": 0.05,
    "t_0": 2.0,
    "seed": 3,
    "backend": BACKEND,
}
STEPS = 5  # 142 rows to train on, the last batch of an epoch has 14


def command_at(monkeypatch, step, *commands):
    """Leave commands in the run's folder as soon as so many steps are recorded; the engine obeys at its next look."""
    look = StepTap.look
    left = list(commands)

    def look_and_command(tap):
        look(tap)
        for listener in tap._listeners:
            recorder = getattr(listener, "__self__", None)
            while left and recorder is not None and recorder._writer is not None and recorder._writer.steps >= step:
                command = left.pop(0)
                kind, args = command if isinstance(command, tuple) else (command, {})
                send_command(recorder.folder, kind, session=recorder._writer.session, **args)

    monkeypatch.setattr(StepTap, "look", look_and_command)
    monkeypatch.setattr("kescape.step_tap.step_tap.LOOK_SECONDS", 0.0)  # each execution is looked at
    monkeypatch.setattr("kescape.engine.pace.MOST_STEPS", 1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What counts of six epochs that nobody interrupted."""
    return what_counts(train(RunConfig(**SMALL, epochs=6), runs=tmp_path_factory.mktemp("runs"), name="whole").path)


@pytest.mark.parametrize(
    "commands",
    [
        ("stop",),
        ("restart", "stop"),
        (("restart", {"eta_max": 0.02}), "stop"),
        (("eta_max", {"value": 0.08}), "stop"),
    ],
)
def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(tmp_path, monkeypatch, whole, commands):
    """In the middle of an epoch, also behind what was done to its plan by hand: the same losses, rates and models."""
    config = RunConfig(**SMALL, epochs=6)
    with monkeypatch.context() as patch:
        command_at(patch, 12, *commands)
        stopped = train(config, runs=tmp_path, name="stopped").path
    with open_run(stopped) as run:
        assert str(run.status) == "stopped"
        cut = run.steps
        assert 12 <= cut < 15
    if len(commands) > 1:
        with monkeypatch.context() as patch:
            command_at(patch, cut, commands[0])
            whole = what_counts(train(config, runs=tmp_path, name="whole").path)

    ask_to_go_on(stopped)
    assert str(open_run(stopped).status) == "starting"
    train_folder(stopped)

    assert what_counts(stopped) == whole
    with open_run(stopped) as run:
        assert str(run.status) == "finished"
        np.testing.assert_array_equal(run.placed.learning_rates(0, 30), run.curves()["learning_rate"])
        assert [event.kind for event in run.events() if event.kind == "resumed"] == ["resumed"]
    assert not (stopped / "go-on.json").exists()


@pytest.mark.parametrize(("killed_at", "goes_on_at"), [(13, 10), (4, 0)])
def test_a_killed_run_goes_on_from_its_last_checkpoint(tmp_path, monkeypatch, whole, killed_at, goes_on_at):
    """The process is gone without a word: what is recorded behind the checkpoint is trained again, the same bits.

    The first checkpoint is the start, the next the end of the first cycle.
    """
    config = RunConfig(**SMALL, epochs=6)

    class Killed(BaseException):
        pass

    saved = []
    save = Checkpoint.save

    def save_and_count(checkpoint, path):
        save(checkpoint, path)
        saved.append(checkpoint.step)

    def look_or_die(tap, look=StepTap.look):
        look(tap)
        if tap.steps >= killed_at:
            raise Killed

    folder = prepare_run(config, tmp_path, "killed")
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_count)
        patch.setattr(StepTap, "look", look_or_die)
        patch.setattr("kescape.step_tap.step_tap.LOOK_SECONDS", 0.0)
        patch.setattr("kescape.engine.pace.MOST_STEPS", 1)
        patch.setattr(RunWriter, "end", lambda *_args, **_facts: None)
        with pytest.raises(Killed):
            train_folder(folder)
    with open_run(folder) as run:
        assert str(run.status) == "interrupted"
        recorded = run.steps
    assert saved[-1] == goes_on_at

    ask_to_go_on(folder)
    train_folder(folder)

    assert what_counts(folder) == whole
    with open_run(folder) as run:
        assert [(cut.step, cut.steps) for cut in run.cuts()] == [(goes_on_at, recorded - goes_on_at)]


@pytest.mark.parametrize(
    ("where", "steps"),
    [("kescape.engine.trainer.compiled_model", 0), ("kescape.engine.trainer.EngineRecorder.keep_models", 30)],
)
def test_a_run_killed_before_its_first_step_or_after_its_last_goes_on(tmp_path, monkeypatch, whole, where, steps):
    """While the model is made there is no checkpoint yet; while the models are written nothing is left to train."""
    config = RunConfig(**SMALL, epochs=6)

    class Killed(BaseException):
        pass

    def die(*_given, **_named):
        raise Killed

    folder = prepare_run(config, tmp_path, "killed")
    with monkeypatch.context() as patch:
        patch.setattr(where, die)
        patch.setattr(RunWriter, "end", lambda *_args, **_facts: None)
        with pytest.raises(Killed):
            train_folder(folder)
    with open_run(folder) as run:
        assert (str(run.status), run.steps) == ("interrupted", steps)

    ask_to_go_on(folder)
    train_folder(folder)

    assert what_counts(folder) == whole
    with open_run(folder) as run:
        assert str(run.status) == "finished"


def test_a_finished_run_goes_on_for_longer(tmp_path):
    """Six epochs and then eight more are fourteen at once."""
    whole = train(RunConfig(**SMALL, epochs=14), runs=tmp_path, name="whole").path
    folder = train(RunConfig(**SMALL, epochs=6), runs=tmp_path, name="longer").path

    with pytest.raises(CannotGoOn, match=r"has finished 6 epochs; say how many it shall have in all.*--epochs 12"):
        ask_to_go_on(folder)
    ask_to_go_on(folder, epochs=14)
    train_folder(folder)

    assert what_counts(folder) == what_counts(whole)
    with open_run(folder) as run:
        assert run.config["epochs"] == 14
    assert RunConfig.from_toml(folder / "config.toml").epochs == 14


def test_a_run_cannot_get_another_past(tmp_path):
    """A single cosine of six epochs is no part of one of ten; nothing is asked for then."""
    folder = train(RunConfig(**SMALL, epochs=6, schedule="cosine"), runs=tmp_path, name="cosine").path

    with pytest.raises(
        CannotGoOn, match=re.escape("cannot go on with epochs=10, because step 1 was trained at the rate")
    ):
        ask_to_go_on(folder, epochs=10)

    assert read_request(folder) is None


def test_a_run_keeps_its_backend(tmp_path, monkeypatch):
    """Another one would go on with other bits."""
    monkeypatch.setattr("kescape.config.backends.find_spec", lambda name: name)
    other = "jax" if BACKEND == "tensorflow" else "tensorflow"
    folder = train(RunConfig(**SMALL, epochs=2), runs=tmp_path, name="first").path

    with pytest.raises(CannotGoOn, match=rf"cannot go on with backend={other}, because .* branch from it instead"):
        ask_to_go_on(folder, epochs=4, backend=other)

    assert read_request(folder) is None


def test_a_request_for_an_older_session_is_not_obeyed(tmp_path):
    """It was written before the run went on by other means."""
    folder = train(RunConfig(**SMALL, epochs=2), runs=tmp_path, name="first").path
    (folder / "go-on.json").write_text(json.dumps({"session": "0" * 32, "settings": {"epochs": 4}}))

    with pytest.raises(CannotGoOn, match="another session"):
        train_folder(folder)

    with open_run(folder) as run:
        assert (str(run.status), run.steps) == ("finished", 2 * STEPS)
    assert not (folder / "go-on.json").exists()


def test_a_damaged_checkpoint_costs_only_itself(tmp_path, monkeypatch):
    """The one before it is taken, and the run says so."""
    with monkeypatch.context() as patch:
        command_at(patch, 12, "stop")
        folder = train(RunConfig(**SMALL, epochs=6), runs=tmp_path, name="damaged").path
    newest = sorted((folder / "checkpoints").glob("*.npz"))[-1]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 0xFF
    newest.write_bytes(content)

    ask_to_go_on(folder)
    train_folder(folder)

    with open_run(folder) as run:
        assert str(run.status) == "finished"
        assert run.cuts()[0].step == 10
        told = [event.text for event in run.events() if event.kind == "checkpoint_unusable"]
    assert len(told) == 1
    assert newest.name in told[0]


def test_model_keras_is_the_last_finished_cycle(tmp_path, monkeypatch):
    """Stopped in the second cycle: the weights at the end of the first, labelled, beside the best by validation."""
    config = RunConfig(**SMALL, epochs=6)
    short = train(config.changed(epochs=2), runs=tmp_path, name="short").path
    with monkeypatch.context() as patch:
        command_at(patch, 12, "stop")
        folder = train(config, runs=tmp_path, name="stopped").path

    kept = [keras.saving.load_model(path / "model.keras") for path in (folder, short)]

    for one, other in zip(kept[0].variables, kept[1].variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert float(kept[0].optimizer.learning_rate.numpy()) == np.float32(0.05)  # not the plan's lowest
    with open_run(folder) as run:
        labels = {snapshot.kind: (snapshot.step, snapshot.label) for snapshot in run.snapshots()}
    assert labels["last_cycle"] == (10, "end of cycle 1")
    assert labels["best_validation"][1].startswith("lowest validation loss")
    assert labels["cycle"][0] == 10


@pytest.mark.parametrize("which", ["snapshots/step-000000010.weights.h5", "checkpoints/step-000000010.npz"])
def test_a_branch_starts_with_weights_and_velocity(tmp_path, which):
    """At a rate of nearly nothing and half the momentum, the first step moves the weights by half the old velocity."""
    source = train(RunConfig(**SMALL, epochs=2), runs=tmp_path, name="source").path
    before = keras.saving.load_model(source / "model.keras")
    start, config = branched(source, 10, {"epochs": 1, "batch_size": 143, "eta_max": 1e-12, "momentum": 0.5})
    assert (start.step, start.words) == (10, "step 10, end of cycle 1")
    config = config.changed(start_from=str(source / which), validation_fraction=0.2)

    after = keras.saving.load_model(train(config, runs=tmp_path, name="branch").path / "model.keras")

    velocity = before.optimizer.variables[2:]
    for old, moved, new in zip(before.trainable_variables, velocity, after.trainable_variables, strict=True):
        np.testing.assert_allclose(new.numpy(), old.numpy() + 0.5 * moved.numpy(), rtol=0, atol=1e-7)


def test_a_branch_may_have_momentum_that_its_source_had_not(tmp_path):
    """The weights are taken, the velocity begins at rest."""
    source = train(RunConfig(**SMALL, epochs=2, momentum=0.0), runs=tmp_path, name="source").path
    _, config = branched(source, 10, {"epochs": 1, "eta_max": 1e-12, "momentum": 0.9})

    after = keras.saving.load_model(train(config, runs=tmp_path, name="branch").path / "model.keras")

    before = keras.saving.load_model(source / "model.keras")
    for old, new in zip(before.trainable_variables, after.trainable_variables, strict=True):
        np.testing.assert_allclose(new.numpy(), old.numpy(), rtol=0, atol=1e-9)


def test_what_a_branch_cannot_start_from_is_said(tmp_path):
    """A step that was not kept, and weights of a model with other shapes."""
    source = train(RunConfig(**SMALL, epochs=2), runs=tmp_path, name="source").path
    with pytest.raises(CannotGoOn, match=re.escape("has no weights of step 7; it has those of these steps: 0, 10.")):
        branched(source, 7)
    for file in ("snapshots/step-000000010.weights.h5", "checkpoints/step-000000010.npz", "model.keras"):
        _, config = branched(source, 10, {"model": "logistic"})
        with pytest.raises(StartUnusable, match=f"cannot start from .*{file}"):
            train(config.changed(start_from=str(source / file)), runs=tmp_path)


def test_a_branched_run_goes_on_without_its_source(tmp_path):
    """Its own checkpoints have all it needs."""
    source = train(RunConfig(**SMALL, epochs=2), runs=tmp_path, name="source").path
    _, config = branched(source, 10)
    folder = train(config, runs=tmp_path, name="branch").path
    shutil.rmtree(source)

    ask_to_go_on(folder, epochs=6)
    train_folder(folder)

    with open_run(folder) as run:
        assert run.steps == 6 * STEPS
        assert next(event.text for event in run.events() if event.kind == "branch").startswith(
            "Starts from the weights"
        )


def test_it_is_not_forgotten_what_a_run_began_with(tmp_path):
    """A branch that has gone on still names its first weights, which who repeats it needs; they may be gone."""
    source = train(RunConfig(**SMALL, epochs=2), runs=tmp_path, name="source").path
    start, config = branched(source, 10)
    folder = train(config, runs=tmp_path, name="branch").path
    shutil.rmtree(source)
    for epochs in (3, 4):
        ask_to_go_on(folder, epochs=epochs)
        train_folder(folder)

    with open_run(folder) as run:
        assert run.config["start_from"] == str(start.file)
        assert run.steps == 4 * STEPS
    assert str(start.file) in (folder / "config.toml").read_text("utf-8")
    assert branched(folder)[1].start_from is not None


def test_a_peak_that_is_changed_and_changed_back_is_kept(tmp_path, monkeypatch):
    """While the run is held; later resumes follow the last word, too, and note nothing twice."""
    peaks = [0.02, 0.03, 0.02]
    with monkeypatch.context() as patch:
        command_at(patch, 6, "pause", *(("eta_max", {"value": peak}) for peak in peaks), "resume", "stop")
        folder = train(RunConfig(**SMALL, epochs=6), runs=tmp_path, name="first").path
    for stop in (("stop",), ()):
        with monkeypatch.context() as patch:
            command_at(patch, 8, *stop)
            ask_to_go_on(folder)
            train_folder(folder)

    with open_run(folder) as run:
        sessions = [session.id for session in run.sessions]
        assert len(sessions) == 3
        for session in sessions:
            assert [edit.value for edit in run.plan_edits() if edit.session == session] == peaks
        assert run.curves()["learning_rate"][10] == 0.02
        np.testing.assert_array_equal(run.placed.learning_rates(0, 30), run.curves()["learning_rate"])


@pytest.mark.parametrize("held", [(), ("pause", "resume")])
def test_a_cycle_that_is_cut_short_by_hand_is_kept(tmp_path, monkeypatch, held):
    """As it is in a run that goes on from before the restart or from there: the same models."""
    config = RunConfig(**SMALL, epochs=4)
    commands = (*held[:1], "restart", *held[1:])
    with monkeypatch.context() as patch:
        command_at(patch, 12, *commands)
        whole = train(config, runs=tmp_path, name="whole").path
    with monkeypatch.context() as patch:
        command_at(patch, 12, *commands, "stop")
        stopped = train(config, runs=tmp_path, name="stopped").path
    earlier = shutil.copytree(stopped, tmp_path / "earlier")
    (earlier / "checkpoints" / "step-000000012.npz").unlink()
    for folder in (stopped, earlier):
        ask_to_go_on(folder)
        train_folder(folder)

    for folder in (whole, stopped, earlier):
        assert what_counts(folder) == what_counts(whole)
        with open_run(folder) as run:
            kept = [(row.step, row.label) for row in run.snapshots() if row.kind == "last_cycle"]
            assert kept == [(12, "end of cycle 2")]


@pytest.mark.parametrize("step", [5, 12])
def test_a_stop_after_the_cycle_waits_for_the_one_that_a_restart_begins(tmp_path, monkeypatch, step):
    """At the end of an epoch and in the middle of one."""
    with monkeypatch.context() as patch:
        command_at(patch, step, "stop_after_cycle", "restart")
        folder = train(RunConfig(**SMALL, epochs=12), runs=tmp_path, name="stopped").path

    with open_run(folder) as run:
        assert str(run.status) == "stopped"
        assert run.restarts()[-1] == step
        assert run.placed.cycle_bounds(step) == (step, run.steps)


def test_fewer_cycles_than_there_were_restarts_are_refused(tmp_path, monkeypatch):
    """In a sentence; nothing is asked for then. Neither is a request obeyed that is none."""
    with monkeypatch.context() as patch:
        command_at(patch, 7, "restart", "stop")
        folder = train(RunConfig(**SMALL, epochs=6), runs=tmp_path, name="stopped").path

    with pytest.raises(CannotGoOn, match="cannot go on with cycles=1, because what was done to its plan by hand"):
        ask_to_go_on(folder, cycles=1)
    assert read_request(folder) is None

    (folder / "go-on.json").write_text("[]")
    with pytest.raises(CannotGoOn, match="ask again"):
        read_request(folder)


def test_an_epoch_whose_validation_loss_is_nan_is_not_the_best(tmp_path, monkeypatch):
    """The first one is NaN here; nothing is lower than that."""
    recorded = EngineRecorder._on_epoch_recorded

    def first_is_nan(recorder, epoch, values):
        recorded(recorder, epoch, values if epoch else {**values, "val_loss": math.nan})

    monkeypatch.setattr(EngineRecorder, "_on_epoch_recorded", first_is_nan)
    with train(RunConfig(**SMALL, epochs=3), runs=tmp_path) as run:
        [best] = [row for row in run.snapshots() if row.kind == "best_validation"]
        assert best.data["val_loss"] == min(row.values["val_loss"] for row in run.epochs()[1:])


def test_only_more_epochs_or_cycles_can_be_asked_for(tmp_path):
    """Another seed or model would have given what is trained another past; nothing is written."""
    folder = train(RunConfig(**SMALL, epochs=2), runs=tmp_path, name="first").path
    for name, value in (("seed", 9), ("model", "logistic"), ("eta_max", 0.01)):
        with pytest.raises(CannotGoOn, match=f"cannot go on with {name}={value}, because only epochs and cycles"):
            ask_to_go_on(folder, epochs=4, **{name: value})
    assert not (folder / "go-on.json").exists()
