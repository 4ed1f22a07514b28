"""A folder that TensorBoard opens: the value of every step, the metrics of every epoch, and what happened, as text.

As Keras' own callback has it, the metrics of an epoch are called `epoch_loss` and so on, and those of the validation
data have the same names in a folder of their own, so that TensorBoard draws both into one chart. What a restart did
stands at the last step of its cycle, as `escape/barrier` and so on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kescape.run.errors import NothingToExport
from kescape.run.event_file import text_event, version_event, write_records, write_scalars
from kescape.run.export.options import Part
from kescape.run.export.tables import step_table

if TYPE_CHECKING:
    from kescape.run.reader import EpochRow, Run

VALIDATION = "validation"
"""The folder of the validation metrics."""

_NO_CURVES = ("step", "epoch", "time")
_OF_RESTARTS = ("barrier", "disagreement", "loss_after", "relative_distance")
"""What of an `Escape` is drawn; its verdict in words is among the events."""


def write_tensorboard(run: Run, folder: Path) -> None:
    """Write event files into an empty folder.

    `learning_rate`, `momentum`, `loss` and whatever else was recorded have an entry a step, `cycle` too where a plan is
    known; event files hold numbers as float32.
    """
    table = step_table(run)
    rows = run.epochs()
    if not len(table["step"]) and not rows:
        raise _nothing(run)
    created = run.created
    texts = [text_event(created, 0, "settings", _as_markdown(run.config))]
    texts += [text_event(created + event.time, event.step, "events", event.text) for event in run.events()]
    with _event_file(folder, created).open("wb") as file:
        write_records(file, [version_event(created), *texts])
        times = table["time"] if "time" in table else np.zeros(len(table["step"]))
        curves = {name: values for name, values in table.items() if name not in _NO_CURVES}
        write_scalars(file, created + times, table["step"], curves)
        for tag, points in _of_restarts(run).items():
            ends, numbers = (np.array(column) for column in zip(*points, strict=True))
            known = times[np.minimum(ends, len(times) - 1)] if len(times) else np.zeros(len(ends))
            write_scalars(file, created + known, ends, {tag: numbers})
        _write_epochs(file, created, rows, validation=False)
    if any(name.startswith("val_") for row in rows for name in row.values):
        (folder / VALIDATION).mkdir()
        with _event_file(folder / VALIDATION, created).open("wb") as file:
            write_records(file, [version_event(created)])
            _write_epochs(file, created, rows, validation=True)


def tensorboard_tags(run: Run) -> list[tuple[str, str, int]]:
    """What `write_tensorboard` writes: each tag, the folder that it is in, and how many points it has.

    Raises:
        NothingToExport: There is none.
    """
    steps, rows = run.steps, run.epochs()
    names = [name for name in step_table(run, Part(0, 0)) if name not in _NO_CURVES] if steps else []
    found = [(name, "", steps) for name in names]
    counts: dict[str, int] = {}
    for row in rows:
        for name in row.values:
            counts[name] = counts.get(name, 0) + 1
    for name, count in sorted(counts.items()):
        folder = VALIDATION if name.startswith("val_") else ""
        found.append((f"epoch_{name.removeprefix('val_')}", folder, count))
    if not found:
        raise _nothing(run)
    return found + [(tag, "", len(points)) for tag, points in _of_restarts(run).items()]


def _of_restarts(run: Run) -> dict[str, list[tuple[int, float]]]:
    """The last step of each restart's cycle, and what it did, by tag; what is not known of one is left out."""
    rows = run.escapes()
    found = {
        f"escape/{name}": [(row.end_step - 1, value) for row in rows if (value := getattr(row, name)) is not None]
        for name in _OF_RESTARTS
    }
    return {tag: points for tag, points in found.items() if points}


def _nothing(run: Run) -> NothingToExport:
    return NothingToExport(f"The run {run.name!r} has no recorded step or epoch yet, so there is nothing to write.")


def _event_file(folder: Path, created: float) -> Path:
    """TensorBoard knows its files by the word tfevents in their names."""
    return folder / f"events.out.tfevents.{int(created)}.kescape"


def _write_epochs(file: Any, created: float, rows: list[EpochRow], *, validation: bool) -> None:
    metrics: dict[str, list[tuple[int, float, float]]] = {}
    numbers = _epoch_numbers(rows)
    for number, row in zip(numbers, rows, strict=True):
        for name, value in row.values.items():
            if name.startswith("val_") == validation:
                metrics.setdefault(f"epoch_{name.removeprefix('val_')}", []).append((number, row.time, value))
    for tag, entries in sorted(metrics.items()):
        steps, times, values = (np.array(column) for column in zip(*entries, strict=True))
        write_scalars(file, created + times.astype(np.float64), steps.astype(np.int64), {tag: values})


def _epoch_numbers(rows: list[EpochRow]) -> npt.NDArray[np.int64]:
    """The epochs as they were counted, or, where a later fit counted from 0 again, one after the other."""
    numbers = np.array([row.epoch for row in rows], np.int64)
    return numbers if (np.diff(numbers) > 0).all() else np.arange(len(rows))


def _as_markdown(config: dict[str, Any]) -> str:
    """The settings as a table."""
    return "\n".join(
        ["| setting | value |", "| --- | --- |", *(f"| {key} | {value} |" for key, value in config.items())]
    )
