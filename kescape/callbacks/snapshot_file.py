"""Writes a model's weights into a run's folder."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from kescape.run.errors import RunUnwritable
from kescape.run.folder import SNAPSHOTS
from kescape.step_tap import sync_variables

__all__ = ["save_snapshot"]


def save_snapshot(model: Any, folder: Path, step: int) -> str:
    """Keep the weights after `step` steps; returns the file's path in the run's folder.

    `model.load_weights` reads it: weights, statistics of batch normalisation, and the optimizer's velocity.

    Raises:
        RunUnwritable: It cannot be written; nothing is left behind.
    """
    path = folder / SNAPSHOTS / f"step-{step:09d}.weights.h5"
    temporary = path.with_name(f".{path.name}")
    sync_variables(model)
    try:
        path.parent.mkdir(exist_ok=True)
        model.save_weights(temporary, overwrite=True)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise RunUnwritable(f"The snapshot {str(path)!r} cannot be written: {error.strerror or error}.") from error
    return f"{SNAPSHOTS}/{path.name}"
