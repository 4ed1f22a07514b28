"""Where data is: a name of the catalogue, or a path; told apart by the name alone, before anything is read."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import Literal

from kescape.data.catalogue import DATASETS

__all__ = [
    "ARRAYS",
    "PARTS",
    "TABLES",
    "TRAINING_PART",
    "UNDERSTOOD",
    "VALIDATION_PARTS",
    "Kind",
    "kind_of",
    "located",
]

Kind = Literal["bundled", "download", "table", "arrays", "images"]
"""Where a data set comes from, which decides which settings it reads."""

TABLES = (".csv", ".tsv", ".parquet")
"""Suffixes of files that hold one row a line, with a column to be learned."""

ARRAYS = (".npz",)
"""Suffixes of files that hold NumPy arrays."""

TRAINING_PART = "train"
VALIDATION_PARTS = ("val", "valid", "validation", "test")
"""Sub-folders of images that hold the parts of data that is split already."""

PARTS = (TRAINING_PART, *VALIDATION_PARTS)

UNDERSTOOD = f"a {', '.join((*TABLES, *ARRAYS))} file or a folder of images"
"""What a path may lead to, in words."""


def located(dataset: str, base: str | Path = "") -> str:
    """A name of the catalogue as it is, a path as an absolute one; what is neither, unchanged.

    Args:
        dataset: As somebody wrote it.
        base: The folder that a relative path starts from; by default the current one.

    Example:
        >>> located("digits")
        'digits'
        >>> Path(located("flowers.csv", "data")) == Path.cwd() / "data" / "flowers.csv"
        True
    """
    if dataset in DATASETS:
        return dataset
    path = os.path.abspath(os.path.join(base, os.path.expanduser(dataset)))  # noqa: PTH100, PTH111, PTH118 (a NUL may be in it)
    is_path = PurePath(dataset).suffix.lower() in (*TABLES, *ARRAYS) or "/" in dataset or os.sep in dataset
    return path if dataset and (is_path or os.path.exists(path)) else dataset  # noqa: PTH110


def kind_of(dataset: str) -> Kind | None:
    """What kind of data a name or path stands for, or None if it is neither.

    Example:
        >>> [kind_of(data) for data in ("digits", "mnist", "/data/flowers.csv", "moon")]
        ['bundled', 'download', 'table', None]
    """
    if dataset in DATASETS:
        return "download" if DATASETS[dataset].download else "bundled"
    suffix = PurePath(dataset).suffix.lower()
    if suffix in TABLES:
        return "table"
    if suffix in ARRAYS:
        return "arrays"
    return "images" if os.path.isdir(dataset) else None  # noqa: PTH112 (a NUL may be in it)
