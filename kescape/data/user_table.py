"""A CSV, TSV or Parquet file of the user's, as data to train on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kescape.data.columns import find_inputs, find_target
from kescape.data.errors import DataError
from kescape.data.facts import Facts
from kescape.data.memory import check_fits
from kescape.data.source import Source
from kescape.data.table import ColumnKind, read_table
from kescape.data.targets import AskedTask, find_targets
from kescape.data.words import counted

if TYPE_CHECKING:
    import polars as pl

__all__ = ["table_source"]


def table_source(path: Path, target: str | None, task: AskedTask) -> Source:
    """Read a table: which column is learned, which are inputs, and what is left out.

    Raises:
        DataError: It cannot be read or trained on.
    """
    table = read_table(path)
    name, how = find_target(table, target, path.name)
    notes = [*table.notes, how]
    frame, kind = table.frame, table.kinds[name]
    if kind == "other":
        raise DataError(
            f"column {name!r} of {path.name} holds {frame[name].dtype}, which is neither numbers nor text", "target"
        )
    without = frame[name].null_count()
    if without:
        frame = frame.filter(frame[name].is_not_null())
        notes.append(f"{counted(without, 'row')} without a target left out.")
    if len(frame) < 2:
        raise DataError(f"{path} has {counted(len(frame), 'row')} with a target; training needs at least 2", "dataset")
    found = find_targets(_raw_targets(frame[name], kind), task, f"column {name!r} of {path.name}")
    inputs = frame.drop(name)
    if not inputs.width:
        raise DataError(f"{path.name} has no column to learn from beside its target {name!r}")
    columns, about = find_inputs(inputs, table.kinds, path.name)
    shape = (sum(column.width for column in columns),)
    check_fits(path.name, len(frame), shape, "fewer columns of categories, or fewer rows, will do")
    facts = Facts(
        dataset=str(path),
        title=path.name,
        kind="table",
        rows=len(frame),
        shape=shape,
        task=found.task,
        outputs=found.outputs,
        class_names=found.class_names,
        class_counts=found.class_counts,
        target=name,
        columns=tuple(columns),
        notes=(*notes, found.note, *about),
    )
    return Source(facts, inputs.select(column.name for column in columns), found.values)


def _raw_targets(column: pl.Series, kind: ColumnKind) -> NDArray[Any]:
    if kind == "boolean":
        return np.where(column.to_numpy() == 1, "true", "false").astype(object)
    return column.to_numpy()
