"""Reads CSV logs: what `keras.callbacks.CSVLogger` writes, a row an epoch, and tables with a row a step."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kescape.run.errors import ImportRefused
from kescape.run.importing.logged import LARGEST_EPOCH, Logged, LoggedEpoch, counted
from kescape.run.importing.repeats import without_repeats

__all__ = ["read_csv_log"]

_SEPARATORS = (",", ";", "\t", "|", " ")
_MISSING = ("", "NA")
"""Keras writes NA for what an epoch that was stopped does not have."""

_RATES = ("lr", "learning_rate")
_NO_METRICS = ("epoch", "time", "last_step")
"""What KEscape's own tables name beside the metrics."""

Rows = list[tuple[int, list[float | None]]]


def read_csv_log(path: Path) -> Logged:
    """Read a CSV file with a column `epoch`, a row an epoch, or a column `step`, a row a step.

    The separator is found: Keras' comma or any other character that follows the first name. Whoever appends to an
    existing file may log an epoch twice; see `without_repeats` for which one counts.

    Raises:
        ImportRefused: It is no such file; the message names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            separator = _separator(first, path)
            file.seek(0)
            reader = csv.reader(file, delimiter=separator)
            header = [name.strip() for name in next(reader)]
            names, rows, notes = _numbers(path, header, reader)
    except UnicodeDecodeError as error:
        raise ImportRefused(f"{str(path)!r} cannot be imported: it is no text in UTF-8 ({error.reason}).") from error
    except csv.Error as error:
        raise ImportRefused(f"{str(path)!r} cannot be imported as CSV: {error}.") from error
    if not rows:
        raise ImportRefused(f"{str(path)!r} cannot be imported: it has a header, but no row yet.")
    counter = "step" if "step" in names else "epoch"
    numbers = [_whole(path, line, counter, values[names.index(counter)]) for line, values in rows]
    kept = without_repeats(numbers)
    if len(kept) < len(rows):
        again = len(rows) - len(kept)
        notes.append(f"{again} of {len(rows)} rows were logged again later, by a continued training; the later count.")
    created = path.stat().st_mtime
    if counter == "step":
        return _by_step(path, names, [rows[index] for index, _ in kept], notes, created)
    metrics = [
        (at, "learning_rate" if name in _RATES else name) for at, name in enumerate(names) if name not in _NO_METRICS
    ]
    epochs = []
    for place, (index, _) in enumerate(kept):
        values = rows[index][1]
        known = {name: value for at, name in metrics if (value := values[at]) is not None}
        epochs.append(LoggedEpoch(numbers[index], place, _seconds(names, values), known))
    return Logged("CSVLogger of Keras", created, epochs, notes=notes)


def _seconds(names: list[str], values: list[float | None]) -> float:
    """When an epoch ended; Keras does not say."""
    found = values[names.index("time")] if "time" in names else None
    return found if found is not None and math.isfinite(found) and found >= 0 else 0.0


def _separator(header: str, path: Path) -> str:
    name = header.strip().lstrip('"')
    for start in ("epoch", "step"):
        after = name.removeprefix(start).lstrip('"')[:1]
        if name.startswith(start) and after and not (after.isalnum() or after in "_-./"):
            return after
    for separator in _SEPARATORS:
        if {"epoch", "step"} & {part.strip().strip('"') for part in header.split(separator)}:
            return separator
    raise ImportRefused(
        f"{str(path)!r} cannot be imported: line 1 must name the columns, with epoch or step among them, as Keras' "
        f"CSVLogger writes it; got {header.strip()[:60]!r}."
    )


def _numbers(path: Path, header: list[str], reader: Iterator[list[str]]) -> tuple[list[str], Rows, list[str]]:
    """The columns that hold numbers, and the rows with their lines."""
    if twice := next((name for name in header if header.count(name) > 1), None):
        raise ImportRefused(f"{str(path)!r} cannot be imported: line 1 names the column {twice!r} twice.")
    if "" in header:
        raise ImportRefused(f"{str(path)!r} cannot be imported: column {header.index('') + 1} of line 1 has no name.")
    lists: set[int] = set()
    rows: Rows = []
    for row in reader:
        line = reader.line_num  # type: ignore[attr-defined]  # a reader is more than an iterator
        if not row or [cell.strip() for cell in row] == header:  # files that were put together repeat it
            continue
        if len(row) != len(header):
            problem = f"line {line} has {len(row)} values, where line 1 names {len(header)}"
            raise ImportRefused(f"{str(path)!r} cannot be imported: {problem}.")
        values: list[float | None] = []
        for at, cell in enumerate(row):
            text = cell.strip()
            if text.startswith("["):  # how Keras writes a metric of several numbers
                lists.add(at)
            values.append(None if text in _MISSING or text.startswith("[") else _number(path, line, header[at], text))
        rows.append((line, values))
    notes = [f"The column {header[at]!r} holds several numbers in each row and was left out." for at in sorted(lists)]
    wanted = [at for at in range(len(header)) if at not in lists]
    return [header[at] for at in wanted], [(line, [values[at] for at in wanted]) for line, values in rows], notes


def _number(path: Path, line: int, name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        problem = f"line {line}: {name} must be a number; got {text[:40]!r}"
        raise ImportRefused(f"{str(path)!r} cannot be imported: {problem}.") from None


def _whole(path: Path, line: int, name: str, value: float | None) -> int:
    if value is None or not math.isfinite(value) or value != int(value) or not 0 <= value <= LARGEST_EPOCH:
        shown = "nothing" if value is None else f"{value:g}"
        problem = f"line {line}: {name} must be a whole number >= 0 and <= {LARGEST_EPOCH}; got {shown}"
        raise ImportRefused(f"{str(path)!r} cannot be imported: {problem}.")
    return int(value)


def _by_step(path: Path, names: list[str], rows: Rows, notes: list[str], created: float) -> Logged:
    columns = {
        "learning_rate" if name in _RATES else name: np.array(
            [math.nan if values[at] is None else values[at] for _, values in rows], np.float64
        )
        for at, name in enumerate(names)
    }
    steps = columns.pop("step").astype(np.int64)
    for name in {"epoch", "cycle"} & columns.keys():
        at = names.index(name)
        columns[name] = np.array([_whole_or_before(path, line, name, values[at]) for line, values in rows], np.int64)
    if "time" in columns and not (np.diff(columns["time"]) >= 0).all():
        del columns["time"]
        notes = [*notes, "The times in the log go back, so they were left out."]
    own, more = counted(steps)
    if not columns:
        raise ImportRefused(f"{str(path)!r} cannot be imported: it names no column beside step.")
    kind = "batch loss" if "loss" in columns else None
    return Logged("CSV file", created, [], {**columns, **own}, kind, [*notes, *more])


def _whole_or_before(path: Path, line: int, name: str, value: float | None) -> int:
    """A cycle of -1 is a warm-up."""
    return -1 if value == -1 else _whole(path, line, name, value)
