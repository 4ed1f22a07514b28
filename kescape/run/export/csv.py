"""CSV: a header, then a row a step, an epoch or a restart; every number round-trips bit for bit."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kescape.run.export.tables import Table

# Rows turned into text at once: little memory, whatever the length of the run.
_CHUNK = 50_000


def write_csv(table: Table, path: Path) -> None:
    """Write a table: whole numbers as such, others by `repr`, so 3.2e-11, nan and inf come back as they were."""
    rows = len(next(iter(table.values()))) if table else 0
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(table)
        for first in range(0, rows, _CHUNK):
            columns = [_cells(values[first : first + _CHUNK]) for values in table.values()]
            file.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))


def texts(values: npt.NDArray[Any]) -> list[str]:
    """Each number of a column as it is written; words as they are."""
    if values.dtype.kind == "U":
        return [str(word) for word in values]
    # A float32 is written as the double that it equals, so that it is right under either type.
    kind = np.float64 if values.dtype.kind == "f" else np.int64
    return [repr(value) for value in values.astype(kind).tolist()]


def _cells(values: npt.NDArray[Any]) -> list[str]:
    """Words between quotes, since a comma may be in them."""
    if values.dtype.kind != "U":
        return texts(values)
    return ['"' + word.replace('"', '""') + '"' for word in texts(values)]
