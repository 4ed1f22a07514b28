"""Model and data of a run that the engine has trained, put together anew."""

from __future__ import annotations

from typing import Any

from kescape.config import RunConfig
from kescape.data.errors import DataError
from kescape.data.load import Split
from kescape.data.preprocessing import Preprocessing
from kescape.engine.assemble import compiled_model, loaded_data
from kescape.run.folder import PREPROCESSING
from kescape.run.reader import Run

__all__ = ["rebuilt"]


def rebuilt(run: Run) -> tuple[Any, Split]:
    """The model, compiled and with weights of no account, and the data as it was split and scaled.

    Raises:
        ValueError: The run was recorded in a script.
        DataError: The data cannot be had, or has changed since.
        ModelUnusable: The model cannot be built, or nobody has said yes to running its Python file.
    """
    if not run.sessions or run.sessions[-1].kind != "engine":
        raise ValueError(
            f"the run {run.name!r} was recorded in a script, and only the script knows its model and data; there, "
            "kescape.Ensemble((model, run)) has the run's snapshots as its members"
        )
    config = RunConfig(**{**run.config, "start_from": None})
    data = loaded_data(config)
    known = run.path / PREPROCESSING
    before = Preprocessing.load(known).fingerprint if known.is_file() else None
    if before is not None and data.preprocessing is not None and data.preprocessing.fingerprint != before:
        raise DataError(f"the data has changed since the run {run.name!r} began; its weights belong to that of then")
    return compiled_model(config, data, lambda _: None), data
