"""Runs for the windows of these tests, written as recorders and engines leave them."""

import numpy as np

from kescape.config import RunConfig
from kescape.engine.launch import write_config
from kescape.run.writer import Column, RunWriter
from kescape.schedule import CosineRestarts

COLUMNS = [
    *(Column(name, "float64", "", name) for name in ("time", "learning_rate")),
    Column("loss", "float32", "", "loss"),
]


def record(folder, *, epochs=7, steps_per_epoch=100, outcome=None, loss=None):
    """A run as a recorder leaves it: cycles of 1, 2 and 4 epochs."""
    plan = CosineRestarts(1, 2, 0.1)
    count = epochs * steps_per_epoch if loss is None else len(loss)
    writer = RunWriter.open(
        folder,
        kind="recorder",
        config={"epochs": epochs},
        plan=plan.to_dict(),
        steps_per_epoch=steps_per_epoch,
    )
    writer.describe_columns(COLUMNS)
    append(writer, plan.on_steps(steps_per_epoch), np.geomspace(2, 0.01, count) if loss is None else np.asarray(loss))
    if outcome is not None:
        writer.end(outcome, error="loss became NaN at step 3" if outcome == "failed" else None)
    writer.close()
    return folder


def append(writer, placed, loss):
    """Steps that follow those of the run, with the epochs that end in them."""
    first, count, length = writer.steps, len(loss), placed.steps_per_epoch
    steps = np.arange(first, first + count)
    writer.append(
        {
            "time": steps / 200,
            "learning_rate": placed.learning_rates(first, count),
            "loss": np.asarray(loss, np.float32),
        }
    )
    for last in steps[(steps + 1) % length == 0].tolist():
        value = float(loss[last - first])
        writer.epoch(last // length, last, {"loss": value, "val_loss": value * 1.1})


CONFIG = RunConfig(dataset="wine", model="logistic", batch_size=16, epochs=7, t_0=1.0, eta_max=0.1)
"""Nine steps an epoch; cycles of 1, 2 and 4 epochs."""
LENGTH = CONFIG.steps_per_epoch()


def engine_run(folder, *, steps, checkpoint=None, outcome=None, config=CONFIG):
    """A run as an engine leaves it that trained `steps` steps; its checkpoint file is only there, not whole."""
    folder.mkdir(parents=True)
    write_config(folder, config)
    writer = RunWriter.open(folder, kind="engine", **_facts(config))
    writer.describe_columns(COLUMNS)
    append(writer, config.plan().on_steps(LENGTH), np.geomspace(2, 1, steps))
    if checkpoint is not None:
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / "there.npz").write_bytes(b"")
        writer.checkpoint(checkpoint, checkpoint // LENGTH, checkpoint % LENGTH, "time", "checkpoints/there.npz")
    if outcome is not None:
        writer.end(outcome)
    writer.close()
    return folder


def go_on(folder, step, *, config=CONFIG):
    """A writer that trains the run on from `step`."""
    facts = _facts(config) | {"resume": True, "plan_step": 0, "go_on_at": (step, step // LENGTH)}
    writer = RunWriter.open(folder, kind="engine", **facts)
    writer.describe_columns(COLUMNS)
    return writer


def _facts(config):
    return {
        "config": config.model_dump(),
        "plan": config.plan().to_dict(),
        "steps_per_epoch": LENGTH,
        "backend": "TensorFlow 2.21.0, CPU",
    }
