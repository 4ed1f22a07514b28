"""Which files a training can start from instead of fresh weights."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["STARTS", "branch_name", "located_start", "start_problem"]

_OF_A_RUN = re.compile(r"step-(\d+)\.")

STARTS = (".weights.h5", ".keras", ".npz")
"""Suffixes: weights as Keras saves them, a whole model, a checkpoint of a run."""


def located_start(start: str, base: str | Path = "") -> str:
    """The absolute path; a relative one starts from the folder `base`, by default the current one."""
    return os.path.abspath(os.path.join(base, os.path.expanduser(start))) if start else start  # noqa: PTH100, PTH111, PTH118 (a NUL may be in it)


def start_problem(start: str) -> str | None:
    """Why a training cannot start from this file, as far as its name and place tell, or None.

    Example:
        >>> start_problem("old.txt")
        "start_from must be a .weights.h5, .keras or .npz file, because these hold weights; got start_from='old.txt'"
    """
    if not start.endswith(STARTS):
        return (
            f"start_from must be a {STARTS[0]}, {STARTS[1]} or {STARTS[2]} file, because these hold weights; got "
            f"start_from={start!r}"
        )
    if not os.path.isfile(start):  # noqa: PTH113 (a NUL may be in it)
        return (
            f"start_from must be a file that exists, because training starts from its weights; got start_from={start!r}"
        )
    return None


def branch_name(start: str) -> str | None:
    """What a run is called that starts from weights which another run has kept; None for any other file.

    Example:
        >>> branch_name("/runs/first/snapshots/step-000006000.weights.h5")
        'first-from-6000'
    """
    file = Path(start)
    step = _OF_A_RUN.match(file.name)
    if step is None or file.parent.name not in ("snapshots", "checkpoints") or not file.parent.parent.name:
        return None
    return f"{file.parent.parent.name}-from-{int(step[1])}"
