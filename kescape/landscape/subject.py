"""What of a run is looked at: its model, rows of its data, and the weights of its snapshots."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kescape.config import RunConfig
from kescape.data.preprocessing import Preprocessing
from kescape.engine.assemble import compiled_model, loaded_data
from kescape.evidence.judge import sample
from kescape.landscape.request import LandscapeImpossible, LandscapeRequest, check_known, kept_weights
from kescape.landscape.store import Fingerprint, fingerprint_of
from kescape.run.folder import PREPROCESSING
from kescape.run.reader import open_run

__all__ = ["Subject"]

_FAILURES = (OSError, ValueError, KeyError, TypeError, AttributeError, UserWarning)
"""What Keras and HDF5 raise at a file that is damaged, or of another model."""


@dataclass(frozen=True)
class Subject:
    """What is looked at.

    Attributes:
        model: Compiled.
        x: Inputs of the rows.
        y: Their targets.
        weights: Those of each snapshot, by its step.
        labels: What each is, in words.
        fingerprint: Of the files that it was read from.
    """

    model: Any
    x: Any
    y: Any
    weights: Mapping[int, list[NDArray[Any]]]
    labels: Mapping[int, str]
    fingerprint: Fingerprint

    @classmethod
    def of(cls, folder: Path, request: LandscapeRequest) -> Subject:
        """Read it from the run in `folder`.

        Raises:
            LandscapeImpossible: The run has not, or no longer, what it takes.
            ConfigError, DataError, ModelUnusable: Its model or data cannot be had.
        """
        with open_run(folder) as run:
            check_known(run, request)
            kept = {snapshot.step: snapshot for snapshot in kept_weights(run)}
            missing = [step for step in request.steps if step not in kept]
            if missing:
                raise LandscapeImpossible(f"The run {run.name!r} has no snapshot of step {missing[0]} any more.")
            if request.has_no_path:
                kept = {step: kept[step] for step in request.steps}
            given = [file for file in (request.model, request.data) if file is not None]
            # Before they are read: what changes from now on counts as changed.
            fingerprint = fingerprint_of(folder, [*(snapshot.file for snapshot in kept.values()), *given])
            config = None if request.model is not None else RunConfig(**{**run.config, "start_from": None})
        model, x, y = _given(request) if config is None else _configured(config, folder, request)
        weights = {step: _weights(model, folder / snapshot.file) for step, snapshot in kept.items()}
        labels = {step: snapshot.label for step, snapshot in kept.items()}
        x, y = sample(x, y, request.rows, request.seed)
        return cls(model, x, y, weights, labels, fingerprint)


def _configured(config: RunConfig, folder: Path, request: LandscapeRequest) -> tuple[Any, Any, Any]:
    """The model and the data that the run's settings name."""
    data = loaded_data(config)
    before = folder / PREPROCESSING
    known = Preprocessing.load(before).fingerprint if before.is_file() else None
    if known is not None and data.preprocessing is not None and data.preprocessing.fingerprint != known:
        raise LandscapeImpossible("The data has changed since the run was trained on it, so its loss would be another.")
    x, y = (data.x_train, data.y_train) if request.part == "training" else (data.x_val, data.y_val)
    if not len(x):
        raise LandscapeImpossible("The run holds no validation data out; look at the training data.")
    return compiled_model(config, data, tell=lambda sentence: None), x, y


def _given(request: LandscapeRequest) -> tuple[Any, Any, Any]:
    """The model and the data from files of the user's."""
    assert request.model is not None
    assert request.data is not None
    try:
        model = keras.saving.load_model(request.model, safe_mode=True)
    except _FAILURES as error:
        raise LandscapeImpossible(f"The model {request.model!r} cannot be loaded: {_short(error)}.") from error
    if getattr(model, "loss", None) is None:
        raise LandscapeImpossible(f"The model {request.model!r} must be compiled with a loss, as that is looked at.")
    try:
        with np.load(request.data, allow_pickle=False) as stored:
            return model, stored["x"], stored["y"]
    except _FAILURES as error:
        raise LandscapeImpossible(
            f"The data {request.data!r} must be an .npz file with x and y, as the model takes them: {_short(error)}."
        ) from error


def _weights(model: Any, file: Path) -> list[NDArray[Any]]:
    try:
        with warnings.catch_warnings():
            # Keras leaves out what does not fit and warns; half a model has no loss of interest.
            warnings.simplefilter("error", UserWarning)
            # The velocity is not looked at.
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer", UserWarning)
            model.load_weights(file)
    except _FAILURES as error:
        raise LandscapeImpossible(f"The snapshot {str(file)!r} cannot be read: {_short(error)}.") from error
    return [np.array(value) for value in model.get_weights()]


def _short(error: BaseException) -> str:
    return (" ".join(str(error).split())[:300] or type(error).__name__).rstrip(".")
