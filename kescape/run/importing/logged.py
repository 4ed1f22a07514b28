"""What a log of another tool says of a training, and how it becomes a run.

A run counts its steps from 0 without a gap. A log may hold the epochs alone, every step, or every hundredth step; in
the last case a step of the run is one entry of the log, and its number there is kept in a column of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kescape.run.writer import Column, RunWriter

__all__ = ["LARGEST_EPOCH", "LATEST", "Logged", "LoggedEpoch", "counted", "write_logged"]

LATEST = 4_102_444_800.0
"""The year 2100 in Unix seconds: a log from later has a broken clock, and calendars have an end."""

LARGEST_EPOCH = 2**31 - 2
"""What the column of epochs holds, with one to spare."""

LOGGED_STEP = "logged_step"
"""The column with the steps as the log counts them, where that is not 0, 1, 2, ..."""

_DTYPES = {"epoch": "int32", LOGGED_STEP: "int64", "loss": "float32"}
_WORDS = {
    "epoch": ("epochs", "epoch of the step, from 0"),
    "time": ("s", "end of the step since the first entry of the log"),
    "learning_rate": ("", "learning rate as logged"),
    "loss": ("", "loss as logged"),
    LOGGED_STEP: ("steps", "the step as the log counts it"),
}


@dataclass(frozen=True)
class LoggedEpoch:
    """An epoch's number, the index of its last step, when it ended in seconds since the start, and its metrics."""

    epoch: int
    last_step: int
    time: float
    values: dict[str, float]


@dataclass(frozen=True)
class Logged:
    """A training as a log tells it.

    Attributes:
        source: What wrote the log, in words.
        created: When it began, in Unix seconds.
        epochs: In their order.
        curves: A value a step for each column; empty where no steps were logged. `epoch` and `time` are columns too.
        loss_kind: What the loss of a step is: "batch loss" or "running mean"; None without steps.
        notes: What a reader should know.
    """

    source: str
    created: float
    epochs: list[LoggedEpoch]
    curves: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    loss_kind: str | None = None
    notes: list[str] = field(default_factory=list)


def counted(steps: npt.NDArray[np.int64]) -> tuple[dict[str, npt.NDArray[np.int64]], list[str]]:
    """A column with the log's own count of the steps, and a note about it, where the count is not one by one.

    Example:
        >>> counted(np.array([1, 2, 3]))
        ({}, [])
        >>> columns, notes = counted(np.array([0, 50, 100]))
        >>> columns["logged_step"].tolist()
        [0, 50, 100]
        >>> notes
        ['Not every step was logged: a step of this run is an entry of the log, whose own count is in logged_step.']
    """
    if (np.diff(steps) == 1).all():
        return {}, []
    note = f"Not every step was logged: a step of this run is an entry of the log, whose own count is in {LOGGED_STEP}."
    return {LOGGED_STEP: steps}, [note]


def write_logged(logged: Logged, folder: Path, name: str, config: Mapping[str, Any]) -> None:
    """Write a run into an empty folder, as finished as its log."""
    count = len(next(iter(logged.curves.values()), ()))
    writer = RunWriter.open(
        folder, kind="imported", name=name, config=config, backend=logged.source, created=logged.created
    )
    try:
        writer.stand_at(0.0)
        for note in logged.notes:
            writer.event("imported", 0, note)
        if logged.loss_kind is not None and logged.loss_kind != "batch loss":
            writer.event("loss_kind", 0, f"The loss of a step is a {logged.loss_kind}.", {"loss": logged.loss_kind})
        if count:
            writer.describe_columns([_column(column, values) for column, values in logged.curves.items()])
            writer.append(logged.curves)
        latest = float(logged.curves["time"][-1]) if count and "time" in logged.curves else 0.0
        for row in _in_time(logged.epochs):
            latest = max(latest, row.time)
            writer.stand_at(row.time)
            writer.epoch(row.epoch, row.last_step, row.values)
        writer.stand_at(latest)
        writer.end("finished", count)
    finally:
        writer.close()


def _in_time(epochs: Sequence[LoggedEpoch]) -> list[LoggedEpoch]:
    """The same with times that never decrease, whatever the logging computer's clock did."""
    times = np.maximum.accumulate([row.time for row in epochs] or [0.0]).tolist()
    return [LoggedEpoch(row.epoch, row.last_step, at, row.values) for row, at in zip(epochs, times, strict=False)]


def _column(name: str, values: npt.NDArray[Any]) -> Column:
    unit, words = _WORDS.get(name, ("", f"{name} as logged"))
    usual = "int64" if values.dtype.kind == "i" else "float64"
    return Column(name, _DTYPES.get(name, usual), unit, words)
