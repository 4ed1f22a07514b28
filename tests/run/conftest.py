"""Runs that the tests of the run folder share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kescape.run.writer import Column, RunWriter
from kescape.schedule import CosineRestarts

COLUMNS = [
    Column("epoch", "int32", "epochs", "epoch of the step"),
    Column("time", "float64", "s", "end of the step"),
    Column("learning_rate", "float64", "", "rate of the step"),
    Column("momentum", "float64", "", "momentum of the step"),
    Column("loss", "float32", "", "true loss of the batch"),
]


@pytest.fixture
def open_writer(tmp_path) -> Callable[..., RunWriter]:
    """Opens a writer of the five columns that a recorder records; closed when the test ends."""
    opened: list[RunWriter] = []

    def open_(folder: Path | None = None, **facts: Any) -> RunWriter:
        writer = RunWriter.open(folder or tmp_path / "run", kind="recorder", **facts)
        writer.describe_columns(COLUMNS)
        opened.append(writer)
        return writer

    yield open_
    for writer in opened:
        writer.close()


@pytest.fixture
def steps() -> Callable[..., dict[str, np.ndarray]]:
    """Makes the columns of `count` steps from `first` on, ten steps an epoch."""

    def make(first: int, count: int) -> dict[str, np.ndarray]:
        step = np.arange(first, first + count)
        return {
            "epoch": (step // 10).astype(np.int32),
            "time": step * 0.25,
            "learning_rate": 0.1 / (1 + step),
            "momentum": np.full(count, 0.9),
            "loss": (3.0 / (1 + step)).astype(np.float32),
        }

    return make


@pytest.fixture
def recorded(open_writer, steps, tmp_path) -> Path:
    """The folder of a finished run of 7 epochs, 70 steps, with restarts at steps 10 and 30."""
    plan = CosineRestarts(t_0=1, t_mult=2, eta_max=0.1, eta_min=0.001)
    config = {"dataset": "spirals", "epochs": 7, "t_0": 1.0, "momentum": 0.9, "seed": 1}
    writer = open_writer(config=config, plan=plan.to_dict(), steps_per_epoch=10)
    values = steps(0, 70)
    values["learning_rate"] = plan.on_steps(10).learning_rates(0, 70)
    writer.append(values)
    for epoch in range(7):
        writer.epoch(epoch, epoch * 10 + 9, {"val_loss": 2.0 / (1 + epoch), "loss": 1.0 / (1 + epoch)})
    writer.event("note", 35, "something", {"a": 1})
    writer.end("finished")
    writer.close()
    return tmp_path / "run"
