"""`kescape datasets`: the data that can be trained on."""

from __future__ import annotations

from kescape.cli.console import out, plain_table

__all__ = ["datasets"]


def datasets() -> None:
    """List the data sets."""
    from kescape.data.catalogue import DATASETS

    table = plain_table("--dataset", "", "rows", "input", "classes", "what it is", numbers=("rows", "classes"))
    for data in DATASETS.values():
        shape = " x ".join(map(str, data.shape))
        table.add_row(data.name, data.title, f"{data.rows:,}", shape, str(data.classes), data.description)
    out().print(table)
