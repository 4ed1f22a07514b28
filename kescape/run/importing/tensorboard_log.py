"""Reads TensorBoard's event files: those of Keras' TensorBoard callback, of `tf.summary`, of PyTorch, and our own."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kescape.run.errors import ImportRefused
from kescape.run.event_file import BrokenEventFile, Scalar, read_scalars
from kescape.run.importing.logged import LARGEST_EPOCH, LATEST, Logged, LoggedEpoch, counted
from kescape.run.importing.repeats import without_repeats

__all__ = ["event_files", "read_tensorboard_log", "run_folder_of"]

_TRAINING = ("train", "training")
_VALIDATION = ("validation", "val", "valid", "eval", "test")
_EPOCH = "epoch_"
_BATCH = "batch_"
# What Keras logs a second time, along the steps.
_SECOND = "_vs_iterations"
_NAMES = {
    "loss": "loss",
    "train_loss": "loss",
    "train/loss": "loss",
    "loss/train": "loss",
    "training/loss": "loss",
    "loss/training": "loss",
    "lr": "learning_rate",
    "train/lr": "learning_rate",
    "train/learning_rate": "learning_rate",
    "loss/val": "val_loss",
    "loss/validation": "val_loss",
    "val/loss": "val_loss",
    "validation/loss": "val_loss",
}
"""What other tools call the loss and the rate, in small letters."""

_KEPT_APART = ("step", "epoch", "time")
"""Columns that a run makes itself; a tag of that name is called after its folder."""


_Place = tuple[int, int]
"""The segment of a log and the epoch or step in it: rises through a training that was taken up again."""


@dataclass
class _Series:
    """The entries of one tag, in the order of logging."""

    steps: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, scalar: Scalar) -> None:
        self.steps.append(scalar.step)
        self.times.append(scalar.wall_time)
        self.values.append(scalar.value)

    def places(self) -> dict[_Place, int]:
        """Where each entry that counts belongs, with its index."""
        return {(segment, self.steps[index]): index for index, segment in without_repeats(self.steps)}


@dataclass
class _Row:
    """The metrics of one epoch, and when the last of them was logged."""

    time: float = 0.0
    values: dict[str, float] = field(default_factory=dict)


def event_files(source: Path) -> list[Path]:
    """The event files of a folder and those in it, or the file itself."""
    if source.is_file():
        return [source]
    return sorted(file for file in source.rglob("*tfevents*") if file.is_file())


def run_folder_of(file: Path) -> Path:
    """The folder of the training that a file belongs to: a file in `train/` or `validation/` tells of a part of it."""
    parent = file.parent
    return parent.parent if parent.name in (*_TRAINING, *_VALIDATION) else parent


def read_tensorboard_log(source: Path) -> Logged:
    """Read the scalars of one training from an event file, or a folder of them.

    Tags that begin with `epoch_` tell of an epoch, all others of a step; those of a folder `validation/` get the prefix
    `val_`. Entries that were logged again by a continued training replace the earlier ones.

    Raises:
        ImportRefused: It holds no scalars, or those of several trainings, or is damaged.
    """
    files = event_files(source)
    if not files:
        raise ImportRefused(f"{str(source)!r} cannot be imported: it holds no event file of TensorBoard.")
    trainings = sorted({run_folder_of(file) for file in files})
    if len(trainings) > 1:
        names = ", ".join(str(folder.relative_to(source)) for folder in trainings[:5])
        raise ImportRefused(
            f"{str(source)!r} holds {len(trainings)} trainings ({names}{', ...' if len(trainings) > 5 else ''}): "
            "import one of them."
        )
    series: dict[tuple[Path, str], _Series] = {}
    notes = []
    for file in files:
        scalars, cut = _read(file)
        if cut:
            notes.append(f"The last entry of {file.name} was cut off and left out.")
        for scalar in scalars:
            if not scalar.tag.endswith(_SECOND):
                series.setdefault((file.parent, scalar.tag), _Series()).add(scalar)
    if not series:
        raise ImportRefused(f"{str(source)!r} cannot be imported: it holds no scalars.")
    for (_, tag), entries in series.items():
        _check(source, tag, entries)
    return _logged(_named(series), min(min(entries.times) for entries in series.values()), notes)


def _read(file: Path) -> tuple[list[Scalar], bool]:
    try:
        return read_scalars(file)
    except BrokenEventFile as error:
        raise ImportRefused(f"{str(file)!r} cannot be imported: {error}.") from error


def _check(source: Path, tag: str, entries: _Series) -> None:
    problem = None
    if not all(0 <= at <= LATEST for at in entries.times):
        problem = "a time that there is not"
    elif min(entries.steps) < 0:
        problem = f"the step {min(entries.steps)}"
    elif tag.startswith(_EPOCH) and max(entries.steps) > LARGEST_EPOCH:
        problem = f"the epoch {max(entries.steps)}"
    if problem is not None:
        raise ImportRefused(f"{str(source)!r} cannot be imported: {tag[:60]!r} was logged at {problem}.")


def _named(series: dict[tuple[Path, str], _Series]) -> dict[tuple[bool, str], _Series]:
    """What was logged, by whether it tells of epochs and by its name in a run."""
    named: dict[tuple[bool, str], _Series] = {}
    # The plain names first: what else might be called so keeps its own name.
    for folder, tag in sorted(series, key=lambda key: (key[1].removeprefix(_EPOCH).lower() in _NAMES, key)):
        of_epochs = tag.startswith(_EPOCH)
        own = tag.removeprefix(_EPOCH) or "unnamed"
        name = _NAMES.get(own.lower(), own)
        if folder.name in _VALIDATION:
            name, own = (f"val_{word.removeprefix('val_')}" for word in (name, own))
        candidates = (name, own, f"{folder.name}/{own}", f"{folder.name}/{own} {len(named)}")
        free = (word for word in candidates if word not in _KEPT_APART and (of_epochs, word) not in named)
        named[of_epochs, next(free)] = series[folder, tag]
    return named


def _logged(named: dict[tuple[bool, str], _Series], created: float, notes: list[str]) -> Logged:
    by_epoch = {name: entries for (of_epochs, name), entries in named.items() if of_epochs}
    by_step = {name: entries for (of_epochs, name), entries in named.items() if not of_epochs}
    # Keras' value of a batch is its mean over the epoch so far.
    kind = "running mean" if f"{_BATCH}loss" in by_step and "loss" not in by_step else "batch loss"
    for tag in [tag for tag in by_step if tag.startswith(_BATCH) and tag.removeprefix(_BATCH) not in by_step]:
        by_step[tag.removeprefix(_BATCH)] = by_step.pop(tag)
    # What was judged on held-out data along the steps stands where a run has the metrics of its epochs.
    judged = {name: by_step.pop(name) for name in list(by_step) if name.startswith("val_")}
    places, curves, more = _curves(by_step, created)
    rows = _rows(by_epoch or judged, created)
    if not by_epoch:
        epochs = _judged_epochs(rows, places)
    else:
        if judged:
            more.append(f"Left out, since there are metrics of epochs: {', '.join(sorted(judged))} along the steps.")
        ends = _last_steps(list(rows.values()), curves.get("time"))
        epochs = [
            LoggedEpoch(number, end, row.time, row.values)
            for ((_, number), row), end in zip(rows.items(), ends, strict=True)
        ]
        if places:
            curves["epoch"] = _epoch_of_steps(epochs, len(places))
    return Logged("TensorBoard", created, epochs, curves, kind if places else None, [*notes, *more])


def _curves(by_step: dict[str, _Series], created: float) -> tuple[list[_Place], dict[str, npt.NDArray[Any]], list[str]]:
    """The values along the steps of the loss, or of what was logged most often; and those steps."""
    if not by_step:
        return [], {}, []
    base = by_step["loss"] if "loss" in by_step else max(by_step.values(), key=lambda series: len(series.steps))
    known = base.places()
    times = np.array([base.times[index] for index in known.values()]) - created
    own, notes = counted(np.array([step for _, step in known], np.int64))
    curves: dict[str, npt.NDArray[Any]] = {"time": np.maximum.accumulate(times)}
    for name, series in sorted(by_step.items()):
        at = series.places()
        curves[name] = np.array([series.values[at[place]] if place in at else np.nan for place in known])
    return list(known), {**curves, **own}, notes


def _rows(by_name: dict[str, _Series], created: float) -> dict[_Place, _Row]:
    rows: dict[_Place, _Row] = {}
    for name, series in sorted(by_name.items()):
        for place, index in series.places().items():
            row = rows.setdefault(place, _Row())
            row.time = max(row.time, series.times[index] - created)
            row.values[name] = series.values[index]
    return dict(sorted(rows.items()))


def _last_steps(rows: list[_Row], times: npt.NDArray[np.float64] | None) -> list[int]:
    """The last step of each epoch: the last one that was logged before it, or, where clocks say nothing, its share."""
    if times is None:
        return list(range(len(rows)))
    ends = np.searchsorted(times, [row.time for row in rows], "right") - 1
    if ends[0] < 0 or (np.diff(ends) <= 0).any():
        ends = np.arange(1, len(rows) + 1) * max(len(times), len(rows)) // len(rows) - 1
    last_steps: list[int] = ends.tolist()
    return last_steps


def _epoch_of_steps(epochs: list[LoggedEpoch], count: int) -> npt.NDArray[np.int64]:
    """The epoch of each step; what comes after the last metrics belongs to an epoch that was not finished."""
    numbers = np.array([*(epoch.epoch for epoch in epochs), epochs[-1].epoch + 1])
    of_steps: npt.NDArray[np.int64] = numbers[
        np.searchsorted([epoch.last_step for epoch in epochs], np.arange(count), "left")
    ]
    return of_steps


def _judged_epochs(rows: dict[_Place, _Row], places: list[_Place]) -> list[LoggedEpoch]:
    """Metrics that were logged at steps, each at the last step of the run that is not later; the later one counts."""
    epochs: dict[int, LoggedEpoch] = {}
    for number, (place, row) in enumerate(rows.items()):
        at = max(0, bisect_right(places, place) - 1) if places else number
        epochs[at] = LoggedEpoch(number, at, row.time, row.values)
    return list(epochs.values())
