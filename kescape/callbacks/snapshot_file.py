"""Writes a model's weights into a file, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from kescape.run.errors import RunUnwritable
from kescape.run.folder import SNAPSHOTS
from kescape.step_tap import sync_variables

__all__ = ["save_snapshot", "save_weights", "snapshot_name"]


def save_snapshot(model: Any, folder: Path, step: int) -> str:
    """Keep the weights after `step` steps; returns the file's path in the run's folder.

    `model.load_weights` reads it: weights, statistics of batch normalisation, and the optimizer's velocity.

    Raises:
        RunUnwritable: It cannot be written; nothing is left behind.
    """
    path = folder / SNAPSHOTS / snapshot_name(step)
    save_weights(model, path)
    return f"{SNAPSHOTS}/{path.name}"


def snapshot_name(step: int) -> str:
    """What the file of the weights after `step` steps is called."""
    return f"step-{step:09d}.weights.h5"


def save_weights(model: Any, path: Path) -> None:
    """Write a model's weights, and its optimizer's velocity, to `path`; its folder is made if need be.

    Raises:
        RunUnwritable: It cannot be written; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}")
    sync_variables(model)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_room(model, temporary)
        model.save_weights(temporary, overwrite=True)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        # HDF5's own words are of addresses and offsets.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunUnwritable(f"The snapshot {str(path)!r} cannot be written: {reason}.") from error


def _check_room(model: Any, path: Path) -> None:
    """An OSError if the weights do not fit on the disk: HDF5 that runs out of it crashes when the process ends."""
    variables = [*model.variables, *model.optimizer.variables]
    # With names and shapes, each variable takes up to 3 kB more than its values.
    size = sum(variable.numpy().nbytes + 4096 for variable in variables) + 16_384
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.write(bytes(size))
