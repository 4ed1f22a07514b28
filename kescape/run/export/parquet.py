"""Parquet: the same table as in CSV, with its types."""

from __future__ import annotations

from pathlib import Path

from kescape.run.export.tables import Table


def write_parquet(table: Table, path: Path) -> None:
    """Write a table with Polars."""
    import polars as pl  # slow to import, and rarely wanted

    pl.DataFrame(table).write_parquet(path)
