"""NPZ: the same table as in CSV, an array a column, as `numpy.load` reads it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from kescape.run.export.tables import Table


def write_npz(table: Table, path: Path) -> None:
    """Write a table with its types; nothing in it needs pickle.

    `numpy.savez` takes the columns as keyword arguments, among which one called `file` would be its own.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, values in table.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(values), allow_pickle=False)
