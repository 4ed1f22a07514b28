"""Tells whether data is still what it was: a run that goes on needs the rows that it began with."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from kescape.data.facts import Facts

__all__ = ["fingerprint"]


def fingerprint(known: Facts) -> str:
    """The same text for the same data: of a file its content, of a folder the names and sizes of its files.

    Empty for a named set, which never changes.
    """
    if known.kind in ("bundled", "download"):
        return ""
    if known.kind != "images":
        with Path(known.dataset).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(known.dataset):
        folders.sort()
        for name in sorted(files):
            path = Path(folder, name)
            digest.update(
                f"{path.relative_to(known.dataset).as_posix()}\0{path.stat().st_size}\0".encode(errors="replace")
            )
    return digest.hexdigest()
