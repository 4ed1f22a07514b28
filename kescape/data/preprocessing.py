"""Raw rows into what a network takes, and its answers back into classes or numbers.

What has to be known for that, medians, means, deviations, categories, is found on the training part alone and kept
beside the model as `preprocessing.json`, so that a program that never saw the data can use the model:

    model = keras.saving.load_model("RUN/model.keras")
    preprocessing = Preprocessing.load("RUN/preprocessing.json")
    preprocessing.labels(model.predict(preprocessing.inputs(rows)))
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import TypeAdapter

from kescape.data.columns import Column
from kescape.data.errors import DataError
from kescape.data.fingerprint import fingerprint
from kescape.data.table import ColumnKind
from kescape.data.words import reason_of, shown

if TYPE_CHECKING:
    import polars as pl

    from kescape.data.source import Source

__all__ = ["ColumnScale", "Preprocessing"]

VERSION = 1


@dataclass(frozen=True)
class ColumnScale:
    """How one column of a table becomes numbers."""

    name: str
    kind: ColumnKind
    median: float = 0.0
    """Takes the place of a missing number."""
    mean: float = 0.0
    deviation: float = 1.0
    categories: tuple[str, ...] = ()
    """One input each; all are zero for a value that is missing or not among them."""
    unseen: tuple[str, ...] = ()
    """Categories that no row trained on has: they stay zero, for nothing was learned about them."""


@dataclass(frozen=True)
class Preprocessing:
    """What was found on the training part: how inputs are scaled, and what the targets mean.

    Example:
        >>> from kescape.data.load import load
        >>> preprocessing = load("wine", seed=1, validation_fraction=0.2).preprocessing
        >>> preprocessing.labels([[0.1, 2.0, -1.0]]).tolist()
        ['class_1']
    """

    shape: tuple[int, ...]
    """Shape of one input, without the batch."""
    columns: tuple[ColumnScale, ...] = ()
    """The columns of a table, in the order in which the network gets them; empty for arrays."""
    divisor: float | None = None
    """What images are divided by; None for anything else."""
    mean: tuple[float, ...] = ()
    """Of each number along an input's last axis; empty where arrays are not standardised."""
    deviation: tuple[float, ...] = ()
    median: tuple[float, ...] = ()
    """Takes the place of a missing number."""
    class_names: tuple[str, ...] = ()
    """In the order of the class numbers; empty for a regression."""
    target_mean: tuple[float, ...] = ()
    """Of each number that is learned; empty for classes."""
    target_deviation: tuple[float, ...] = ()
    fingerprint: str = ""
    """Of the data that it was found on, see `kescape.data.fingerprint`; empty for a named set."""

    @classmethod
    def fit(cls, source: Source, rows: NDArray[np.int64]) -> Self:
        """Find it on the rows that are trained on.

        Args:
            source: The data.
            rows: Row numbers of the training part.
        """
        facts = source.facts
        found: dict[str, Any] = {
            "shape": facts.shape,
            "class_names": facts.class_names,
            "fingerprint": fingerprint(facts),
        }
        if facts.columns:
            training = source.inputs[rows]
            found["columns"] = tuple(_column_scale(training[column.name], column) for column in facts.columns)
        elif source.divisor is not None:
            found["divisor"] = source.divisor
        else:
            found |= _array_scale(source.inputs[rows])
        if facts.task == "regression":
            targets = source.targets[rows]
            found["target_mean"] = _floats(targets.mean(axis=0))
            found["target_deviation"] = _floats(_one_for_zero(targets.std(axis=0)))
        return cls(**found)

    def inputs(self, raw: Any) -> NDArray[np.float32]:
        """What the network takes, of shape (rows, ...), made of raw rows.

        Args:
            raw: For a table: a polars or pandas frame, or a mapping from column names to values; columns that were
                left out need not be there. Else an array of shape (rows, ...), as in the data.

        Raises:
            DataError: A column is missing or holds something else than it did, or the shape differs.
        """
        x = self._of_a_table(raw) if self.columns else self._of_an_array(np.asarray(raw))
        if not np.all(np.isfinite(x)):
            row = int(np.argwhere(~np.isfinite(x))[0][0])
            raise DataError(f"row {row + 1} holds a number too large for the range that was trained on")
        return x

    def targets(self, values: NDArray[Any]) -> NDArray[Any]:
        """Targets as they are trained on: class numbers as they are, numbers standardised."""
        if self.class_names:
            return values
        standardised: NDArray[Any] = ((values - self.target_mean) / self.target_deviation).astype(np.float32)
        return standardised

    def labels(self, predictions: ArrayLike) -> NDArray[Any]:
        """What a network's answers mean.

        Args:
            predictions: Of shape (rows, outputs), as `model.predict` gives them.

        Returns:
            For classes, the name of the likeliest one of each row, of shape (rows,). For a regression, numbers in the
            target's own units, of shape (rows,), or (rows, outputs) if several are learned.
        """
        answers = np.asarray(predictions)
        outputs = len(self.class_names or self.target_mean)
        if answers.ndim != 2 or answers.shape[1] != outputs:
            raise ValueError(f"predictions must have the shape (rows, {outputs}); got {answers.shape}")
        if self.class_names:
            names: NDArray[Any] = np.array(self.class_names)[answers.argmax(axis=1)]
            return names
        numbers: NDArray[Any] = answers * np.array(self.target_deviation) + np.array(self.target_mean)
        return numbers[:, 0] if outputs == 1 else numbers

    def save(self, path: str | Path) -> None:
        """Write it as JSON; a file that is there is replaced at once, never half-written."""
        path = Path(path)
        values = {"version": VERSION, **asdict(self)}
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(json.dumps(values, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        temporary.replace(path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote.

        Raises:
            DataError: It is no preprocessing, or one of a later version.
        """
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
            version = values.pop("version")
            if version == VERSION:
                return TypeAdapter(cls).validate_python(values)
        except (ValueError, AttributeError, KeyError, TypeError) as error:  # pydantic's error is a ValueError
            raise DataError(f"{path} is not a preprocessing of KEscape: {reason_of(error)}") from None
        raise DataError(f"{path} has version {shown(version)}; this KEscape reads version {VERSION}")

    def _of_a_table(self, raw: Any) -> NDArray[np.float32]:
        import polars as pl

        from kescape.data.table import as_kind

        names = list(raw.keys()) if isinstance(raw, Mapping) else list(raw.columns)
        parts: list[NDArray[np.float32]] = []
        for column in self.columns:
            if column.name not in names:
                raise DataError(
                    f"the rows must have a column {column.name!r}; their columns are {', '.join(map(str, names))}"
                )
            values = raw[column.name]
            series = values if isinstance(values, pl.Series) else pl.Series(column.name, list(values), strict=False)
            cells = as_kind(series, column.kind)
            parts.extend(_one_hot(cells, column) if column.kind == "text" else [_standardised(cells, column)])
        return np.stack(parts, axis=1)

    def _of_an_array(self, x: NDArray[Any]) -> NDArray[np.float32]:
        if x.shape[1:] != self.shape:
            x = _with_shape(x, self.shape)
        if self.divisor is not None:
            # Bytes in single precision: a folder of images would not fit into memory in double.
            precision = np.float32 if x.dtype == np.uint8 else np.float64
            pixels: NDArray[np.float32] = np.divide(x, self.divisor, dtype=precision).astype(np.float32, copy=False)
            return pixels
        if self.median and x.dtype.kind == "f":
            missing = ~np.isfinite(x)
            if missing.any():
                x = np.where(missing, np.array(self.median), x)
        scaled: NDArray[np.float32] = ((x - np.array(self.mean)) / np.array(self.deviation)).astype(np.float32)
        return scaled


def _with_shape(x: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The same numbers with a last axis of one, where only that is missing."""
    if (*x.shape[1:], 1) != shape:
        raise DataError(f"an input must have the shape {shape}; got {x.shape[1:]}")
    return x[..., None]


def _column_scale(cells: pl.Series, column: Column) -> ColumnScale:
    if column.kind == "text":
        seen = set(cells.drop_nulls().unique().to_list())
        unseen = tuple(name for name in column.categories if name not in seen)
        return ColumnScale(column.name, column.kind, categories=column.categories, unseen=unseen)
    values = cells.drop_nulls().to_numpy()
    if not len(values):
        return ColumnScale(column.name, column.kind)
    median = float(np.median(values))
    filled = cells.fill_null(median).to_numpy()
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = float(filled.mean()), float(filled.std())
    if not np.isfinite(deviation):
        raise DataError(
            f"column {column.name!r} holds numbers too large to be standardised, up to {np.abs(filled).max():g}"
        )
    return ColumnScale(column.name, column.kind, median, mean, deviation if deviation > 0 else 1.0)


def _standardised(cells: pl.Series, column: ColumnScale) -> NDArray[np.float32]:
    values = cells.fill_null(column.median).to_numpy()
    with np.errstate(over="ignore"):
        scaled: NDArray[np.float32] = ((values - column.mean) / column.deviation).astype(np.float32)
    return scaled


def _one_hot(cells: pl.Series, column: ColumnScale) -> list[NDArray[np.float32]]:
    unseen = set(column.unseen)
    nothing = np.zeros(len(cells), np.float32)
    return [
        nothing if name in unseen else (cells == name).fill_null(value=False).to_numpy().astype(np.float32)
        for name in column.categories
    ]


def _array_scale(x: NDArray[Any]) -> dict[str, tuple[float, ...]]:
    """Mean, deviation and median of each number along the last axis, in double precision."""
    axes = tuple(range(x.ndim - 1))
    found: dict[str, tuple[float, ...]] = {}
    missing = ~np.isfinite(x) if x.dtype.kind == "f" else np.zeros((), np.bool_)
    if missing.any():
        columns = [column[there] for column, there in zip(x.T, ~missing.T, strict=True)]
        found["median"] = tuple(float(np.median(column)) if len(column) else 0.0 for column in columns)
        x = np.where(missing, np.array(found["median"]), x)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = x.mean(axis=axes, dtype=np.float64), x.std(axis=axes, dtype=np.float64)
    if not np.all(np.isfinite(deviation)):
        column = int(np.argmin(np.isfinite(deviation)))
        raise DataError(f"column {column} of the inputs holds numbers too large to be standardised")
    return found | {"mean": _floats(mean), "deviation": _floats(_one_for_zero(deviation))}


def _one_for_zero(deviation: NDArray[Any]) -> NDArray[Any]:
    return np.where(deviation > 0, deviation, 1.0)


def _floats(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
