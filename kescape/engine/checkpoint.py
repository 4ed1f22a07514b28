"""A checkpoint: everything from which a training goes on as if it had never been interrupted.

Weights, velocity, statistics of batch normalisation, random state of dropout, metrics of the epoch so far, and the
position. The order of the data needs no state: it is a function of seed and epoch. What was done to the plan by hand
is in `run.db`. One `.npz` file of plain arrays, which any NumPy reads and nothing in it can run.
"""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Checkpoint", "CheckpointUnusable", "Kept"]

FORMAT = 1
"""What is written into each file; a file of another number is refused."""

_GROUPS = ("model", "optimizer", "metrics")


class CheckpointUnusable(ValueError):  # noqa: N818 (says what is the case, like the run's own errors)
    """A checkpoint that is damaged, of another version, or of another model."""


@dataclass(frozen=True)
class Kept:
    """A copy of a model's state that is kept because it is the best in some way.

    Attributes:
        step: How many steps had been trained.
        epoch: How many whole epochs had been trained.
        label: In which way it is the best, in words.
        value: The figure that it is judged by; None where there is none.
        state: The values of all variables of model and optimizer.
    """

    step: int
    epoch: int
    label: str
    value: float | None
    state: dict[str, list[NDArray[Any]]] = field(repr=False)

    @classmethod
    def of(cls, model: Any, step: int, epoch: int, label: str, value: float | None = None) -> Kept:
        """A copy of the model as it is now."""
        return cls(step, epoch, label, value, {group: _values(_variables(model, group)) for group in _GROUPS[:2]})

    def put_weights_into(self, model: Any) -> None:
        """Give a model these weights and statistics; its optimizer and what draws its dropout stay as they are."""
        variables, weights = _variables(model, "model"), {id(weight) for weight in model.weights}
        values = self.state["model"]
        chosen = [(one, value) for one, value in zip(variables, values, strict=True) if id(one) in weights]
        _assign("model", [one for one, _ in chosen], [value for _, value in chosen])

    def put_into(self, model: Any) -> None:
        """Give a model this state."""
        for group, values in self.state.items():
            _assign(group, _variables(model, group), values)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training between two steps.

    Attributes:
        step: How many steps have been trained; the next one has this number.
        epoch: The epoch of the next step.
        batch: Its batch in that epoch.
        state: The values of all variables of model, optimizer and metrics.
        kept: Copies that are the best so far, by name.
    """

    step: int
    epoch: int
    batch: int
    state: dict[str, list[NDArray[Any]]] = field(repr=False)
    kept: dict[str, Kept] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, model: Any, step: int, epoch: int, batch: int, kept: dict[str, Kept] | None = None) -> Checkpoint:
        """The state of a model in training, as it is now."""
        state = {group: _values(_variables(model, group)) for group in _GROUPS}
        return cls(step, epoch, batch, state, dict(kept or {}))

    @classmethod
    def of_nothing(cls) -> Checkpoint:
        """Where nothing has been trained yet: without a state, since the seed decides it."""
        return cls(0, 0, 0, {})

    def restore(self, model: Any) -> None:
        """Give a built and compiled model this state.

        Raises:
            CheckpointUnusable: The model has other variables.
        """
        for group in _GROUPS:
            variables = _variables(model, group)
            if group == "metrics" and self.batch == 0:
                continue  # an epoch begins with empty metrics
            _assign(group, variables, self.state[group])

    def as_start(self) -> Kept:
        """Its weights and velocity, for another training to start from."""
        return Kept(
            self.step, self.epoch, f"step {self.step}", None, {group: self.state[group] for group in _GROUPS[:2]}
        )

    def save(self, path: Path) -> None:
        """Write it to `path`, where it appears whole or not at all."""
        facts = {
            "format": FORMAT,
            "step": self.step,
            "epoch": self.epoch,
            "batch": self.batch,
            "dtypes": {group: [str(value.dtype) for value in values] for group, values in self.state.items()},
            "kept": {
                name: {key: value for key, value in vars(kept).items() if key != "state"}
                for name, kept in self.kept.items()
            },
        }
        arrays: dict[str, NDArray[Any]] = {"facts": np.array(json.dumps(facts))}
        for prefix, state in [("", self.state), *((f"{name}/", kept.state) for name, kept in self.kept.items())]:
            for group, values in state.items():
                arrays |= {f"{prefix}{group}/{number}": value for number, value in enumerate(values)}
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_name(f".{path.name}")
        try:
            with temporary.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read what `save` wrote.

        Raises:
            CheckpointUnusable: The file is missing, damaged, or of another version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                facts = json.loads(str(file["facts"]))
                _check_format(path, facts["format"])
                dtypes = facts["dtypes"]
                kept = {
                    name: Kept(**known, state=_read_state(file, f"{name}/", dtypes, _GROUPS[:2]))
                    for name, known in facts["kept"].items()
                }
                state = _read_state(file, "", dtypes, _GROUPS)
                return cls(facts["step"], facts["epoch"], facts["batch"], state, kept)
        except CheckpointUnusable:
            raise
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CheckpointUnusable(f"The checkpoint {str(path)!r} cannot be read: {reason}.") from error


def _check_format(path: Path, number: Any) -> None:
    if number != FORMAT:
        raise CheckpointUnusable(
            f"The checkpoint {str(path)!r} has the format {number!r}, which this KEscape does not read; "
            f"it reads {FORMAT}."
        )


def _read_state(
    file: Any, prefix: str, dtypes: dict[str, list[str]], groups: Sequence[str]
) -> dict[str, list[NDArray[Any]]]:
    return {
        # NumPy stores what it does not know, such as bfloat16, as bytes without a meaning.
        group: [file[f"{prefix}{group}/{i}"].view(np.dtype(name)) for i, name in enumerate(dtypes[group])]
        for group in groups
    }


def _variables(model: Any, group: str) -> list[Any]:
    from kescape.step_tap import sync_variables

    sync_variables(model)  # to read what is there, and so that what is set here is not overwritten
    if group == "model":
        return list(model.variables)
    if group == "optimizer":
        return list(model.optimizer.variables)
    # On several devices TensorFlow lets each add up its own metrics, to be added when they are read.
    return [part for variable in model.metrics_variables for part in getattr(variable.value, "values", [variable])]


def _values(variables: Sequence[Any]) -> list[NDArray[Any]]:
    # Copied: on a CPU the array may share its memory with the variable, which trains on.
    return [np.array(variable.numpy()) for variable in variables]


def _assign(group: str, variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    if len(variables) != len(values):
        raise CheckpointUnusable(
            f"The checkpoint is of another model: its {group} has {len(values)} variables, this one's {len(variables)}."
        )
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape) != value.shape:
            name = getattr(variable, "path", variable.name)  # Keras' own, or one of TensorFlow's
            raise CheckpointUnusable(
                f"The checkpoint is of another model: {name} has the shape {tuple(variable.shape)}, "
                f"in the checkpoint {value.shape}."
            )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
