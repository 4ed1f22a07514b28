"""Trains one configured run with Keras, here and now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from kescape.callbacks.follow_plan import FollowPlan
from kescape.config import ConfigError, RunConfig
from kescape.data.load import Split
from kescape.engine.assemble import compiled_model, keep_preprocessing, loaded_data
from kescape.engine.backend import check_backend, describe_backend, make_deterministic
from kescape.engine.checkpoint import Checkpoint
from kescape.engine.devices import Devices
from kescape.engine.engine_controller import EngineController
from kescape.engine.engine_ledger import EngineLedger
from kescape.engine.engine_recorder import EngineRecorder, LossNotFinite
from kescape.engine.go_on import GoOn, ask_to_go_on, read_request, withdraw_request
from kescape.engine.launch import prepare_run, write_config
from kescape.engine.loop import TrainingLoop
from kescape.engine.range_recorder import RangeRecorder
from kescape.engine.range_request import Sweep, read_sweep
from kescape.engine.running_ensemble import RunningEnsemble
from kescape.models.choice import content_of, find_model
from kescape.models.consent import allow, check_allowed
from kescape.models.python_file import PythonFile
from kescape.run.errors import RunError
from kescape.run.folder import CONFIG, find_run, runs_folder
from kescape.run.reader import Run, open_run
from kescape.run.writer import RunWriter

__all__ = ["resume", "train", "train_folder"]


def train(
    config: RunConfig, *, runs: str | Path | None = None, name: str | None = None, allow_code: bool = False
) -> Run:
    """Train a configuration in this process, as `kescape train` does in one of its own.

    Seeds Python's, NumPy's and Keras' random generators; `config.deterministic` also sets
    TensorFlow's determinism, for the rest of the process. `config.backend` must be the one that
    Keras has been loaded with here.

    Args:
        config: What to train.
        runs: The folder that runs are kept in; by default `$KESCAPE_RUNS`, else `~/KEscape/runs`.
        name: The run's name; by default made of data, model and schedule.
        allow_code: Say yes to running the Python file that builds the model, as it is now; noted for later runs.

    Returns:
        The run, open for reading.

    Raises:
        ConfigError: Keras has been loaded on another backend, or has not the devices that are asked for.
        LossNotFinite: The loss became NaN or infinite.

    Example:
        >>> config = RunConfig(dataset="wine", model="logistic", epochs=3, batch_size=32, t_0=1)
        >>> with train(config, runs=getfixture("tmp_path"), name="first") as run:
        ...     str(run.status), run.steps, len(run.epochs())
        ('finished', 15, 3)
    """
    check_backend(config)
    Devices.of(config)  # refused before there is a folder
    model = find_model(config.model)
    if isinstance(model, PythonFile):
        if allow_code:
            allow(model.path)
        check_allowed(model.path)
    folder = prepare_run(config, runs_folder(runs), name)
    train_folder(folder)
    return open_run(folder)


def resume(run: str | Path, *, runs: str | Path | None = None, **changes: Any) -> Run:
    """Let a run that has ended go on in this process, as `kescape resume` does in one of its own.

    It goes on from its newest checkpoint, in the middle of an epoch too, as if it had never ended.

    Args:
        run: Its name, or its folder.
        runs: The folder that runs are kept in; by default `$KESCAPE_RUNS`, else `~/KEscape/runs`.
        changes: `epochs` or `cycles` from now on; they cannot change what has been trained.

    Returns:
        The run, open for reading.

    Raises:
        RunNotFound: There is no such run.
        CannotGoOn: It is live, was recorded by a script, has nothing left to train, or would get another past.
        ConfigError: A changed setting is wrong, or Keras has been loaded on another backend, or has not the devices
            that the run is trained on.
        LossNotFinite: The loss became NaN or infinite.

    Example:
        >>> config = RunConfig(dataset="wine", model="logistic", epochs=3, batch_size=32, t_0=1)
        >>> train(config, runs=getfixture("tmp_path"), name="first").close()
        >>> with resume("first", runs=getfixture("tmp_path"), epochs=7) as run:
        ...     str(run.status), run.steps, len(run.epochs())
        ('finished', 35, 7)
    """
    folder = find_run(run, runs_folder(runs))
    ask_to_go_on(folder, **changes)
    train_folder(folder)
    return open_run(folder)


def train_folder(folder: Path) -> None:
    """Train the run whose settings lie in `folder`, let it go on, or test its rates; write down there how it ended.

    Raises:
        ConfigError: The settings cannot be trained.
        CannotGoOn: The run was asked to go on, and cannot.
        RunUnreadable: It is a range test, but not one that can be understood.
        RunLocked: Another process records into this run.
        RunExists: The run has been trained already, and nobody asked that it goes on.
        LossNotFinite: The loss became NaN or infinite.
    """
    try:
        going_on = read_request(folder)
        if going_on is not None:
            _go_on(folder, going_on)
            return
    finally:
        withdraw_request(folder)
    try:
        config = RunConfig.from_toml(folder / CONFIG)
        check_backend(config)
        devices = Devices.of(config)
        sweep = read_sweep(folder)
    except (ConfigError, RunError):
        with _recording(folder):
            raise
    if sweep is not None:
        _test_range(folder, config, devices, sweep)
        return
    with _recording(folder, **_facts(config, devices)) as writer:
        if config.start_from is not None:
            writer.event("branch", 0, f"Starts from the weights in {config.start_from}.")
        recorder = EngineRecorder(writer)
        content = content_of(config.model)
        if content is not None:
            recorder.tell(f"The model is built from {config.model}, SHA-256 {content[:12]}....", sha256=content)
        _fit(config, devices, FollowPlan(config.plan()), recorder)


def _go_on(folder: Path, how: GoOn) -> None:
    checkpoint, config = how.checkpoint, how.config
    check_backend(config)
    devices = Devices.of(config)
    # What is trained again begins with these weights; what goes on does not need them.
    recorded = config.model_copy(update={"start_from": how.started_from})
    facts = _facts(recorded, devices) | {
        "plan_step": how.session.plan_step,
        "resume": True,
        "go_on_at": (checkpoint.step, checkpoint.epoch),
    }
    with _recording(folder, **facts) as writer:
        withdraw_request(folder)  # not before the session has begun, so that who looks sees it starting
        write_config(folder, recorded)
        for problem in how.problems:
            writer.event("checkpoint_unusable", checkpoint.step, problem)
        follow = FollowPlan(how.placed.plan, edits=how.placed.edits)
        if checkpoint.state:
            _fit(config, devices, follow, EngineRecorder(writer, checkpoint), checkpoint)
        else:
            _fit(recorded, devices, follow, EngineRecorder(writer))


def _test_range(folder: Path, config: RunConfig, devices: Devices, sweep: Sweep) -> None:
    """Train with a rate that rises until the loss explodes; only the curve is kept."""
    rows = config.facts().parts(config.validation_fraction)[0]
    # Whole batches only, so that every loss tells as much as the others.
    steps_per_epoch = max(1, rows // config.batch_size)
    plan = sweep.plan(steps_per_epoch)
    facts = _facts(config, devices) | {"plan": plan.to_dict(), "steps_per_epoch": steps_per_epoch}
    with _recording(folder, **facts) as writer:
        recorder = RangeRecorder(writer, sweep.steps)
        _prepare_chance(config)
        recorder.begin("Reading the data")
        data = loaded_data(config)
        kept = min(rows, steps_per_epoch * config.batch_size)
        data = replace(
            data,
            x_train=data.x_train[:kept],
            y_train=data.y_train[:kept],
            x_val=data.x_val[:0],  # nothing is judged
            y_val=data.y_val[:0],
        )
        recorder.begin("Building the model")
        _, loop = _ready(config, devices, data, recorder)
        recorder.begin("Compiling the first step")
        loop.run(sweep.epochs(steps_per_epoch), [FollowPlan(plan), recorder])


def _facts(config: RunConfig, devices: Devices) -> dict[str, Any]:
    """What a run's file says about a training with these settings."""
    return {
        "config": config.model_dump(),
        "plan": config.plan().to_dict(),
        "steps_per_epoch": config.steps_per_epoch(),
        "backend": describe_backend(devices),
    }


def _fit(
    config: RunConfig, devices: Devices, follow: FollowPlan, recorder: EngineRecorder, goes_on: Checkpoint | None = None
) -> None:
    if devices.note is not None:
        recorder.writer.event("devices", recorder.writer.steps, devices.note)
    _prepare_chance(config)
    recorder.begin("Reading the data")
    data = loaded_data(config)
    assert recorder.folder is not None, "the engine's recorder has a run from the start"
    keep_preprocessing(data, recorder.folder)
    recorder.begin("Building the model")
    model, loop = _ready(config, devices, data, recorder)
    if config.escapes:
        writer = recorder.writer
        ledger = EngineLedger(model, writer, data.x_train, data.y_train, config.seed, config.steps_per_epoch())
        recorder.judge_with(ledger, EngineController(model, writer) if config.control else None)
    if len(data.y_val):
        recorder.follow_ensemble(RunningEnsemble(model, recorder.writer, data.x_val, data.y_val))
    recorder.begin("Compiling the first step")
    try:
        loop.run(config.epochs, [follow, recorder], goes_on)
    except LossNotFinite:
        recorder.keep_models(or_as_it_is=False)
        raise


def _ready(
    config: RunConfig, devices: Devices, data: Split, recorder: EngineRecorder | RangeRecorder
) -> tuple[keras.Model, TrainingLoop]:
    """The compiled model, on its devices, and what trains it."""
    with devices.scope():
        model = compiled_model(config, data, recorder.tell)
        loop = TrainingLoop(model, data, config.batch_size, config.seed, deterministic=config.deterministic)
    return model, loop


def _prepare_chance(config: RunConfig) -> None:
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        make_deterministic()


@contextlib.contextmanager
def _recording(folder: Path, **facts: Any) -> Iterator[RunWriter]:
    """The run, open for writing; what ends the training too early is written down as its end."""
    writer = RunWriter.open(folder, kind="engine", **facts)
    try:
        yield writer
    except BaseException as error:
        # If the run cannot be written either, e.g. on a full disk, the first error counts.
        with contextlib.suppress(RunError):
            if isinstance(error, KeyboardInterrupt):
                writer.end("stopped")
            else:
                writer.end("failed", error=str(error).strip() or type(error).__name__)
        raise
    finally:
        with contextlib.suppress(RunError):
            writer.close()
