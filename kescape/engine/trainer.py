"""Trains one configured run with Keras, here and now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from kescape.callbacks.follow_plan import FollowPlan
from kescape.config import ConfigError, RunConfig
from kescape.engine.assemble import compiled_model, loaded_data
from kescape.engine.engine_recorder import EngineRecorder
from kescape.engine.launch import prepare_run
from kescape.engine.loop import TrainingLoop
from kescape.run.errors import RunError
from kescape.run.folder import CONFIG, runs_folder
from kescape.run.reader import Run, open_run
from kescape.run.writer import RunWriter

__all__ = ["train", "train_folder"]


def train(config: RunConfig, *, runs: str | Path | None = None, name: str | None = None) -> Run:
    """Train a configuration in this process, as `kescape train` does in one of its own.

    Seeds Python's, NumPy's and Keras' random generators; `config.deterministic` also sets
    TensorFlow's determinism, for the rest of the process.

    Args:
        config: What to train.
        runs: The folder that runs are kept in; by default `$KESCAPE_RUNS`, else `~/KEscape/runs`.
        name: The run's name; by default made of data, model and schedule.

    Returns:
        The run, open for reading.

    Example:
        >>> config = RunConfig(dataset="wine", model="logistic", epochs=3, batch_size=32, t_0=1)
        >>> with train(config, runs=getfixture("tmp_path"), name="first") as run:
        ...     str(run.status), run.steps, len(run.epochs())
        ('finished', 15, 3)
    """
    folder = prepare_run(config, runs_folder(runs), name)
    train_folder(folder)
    return open_run(folder)


def train_folder(folder: Path) -> None:
    """Train the run whose settings lie in `folder`, and write down there how it ended.

    Raises:
        ConfigError: The settings cannot be trained.
        RunLocked: Another process records into this run.
        RunExists: The run has been trained already.
        LossNotFinite: The loss became NaN or infinite.
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "KERAS_BACKEND must be tensorflow for this, because the engine's loop is compiled by TensorFlow; "
            f"got KERAS_BACKEND={keras.backend.backend()}"
        )
    try:
        config = RunConfig.from_toml(folder / CONFIG)
    except ConfigError:
        with _recording(folder):
            raise
    plan = config.plan()
    with _recording(
        folder,
        config=config.model_dump(),
        plan=plan.to_dict(),
        steps_per_epoch=config.steps_per_epoch(),
        backend=_backend(),
    ) as writer:
        _fit(config, [FollowPlan(plan), EngineRecorder(writer)])


def _fit(config: RunConfig, callbacks: list[keras.callbacks.Callback]) -> None:
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    data = loaded_data(config)
    model = compiled_model(config, data)
    TrainingLoop(model, data, config.batch_size, config.seed).run(config.epochs, callbacks)


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


def _backend() -> str:
    device = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    return f"TensorFlow {tf.__version__}, Keras {keras.__version__}, {device}"
