"""What is to be learned: classes or numbers, found from the values or as the user says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kescape.data.errors import DataError
from kescape.data.words import counted, listed, shown

__all__ = ["MOST_CLASSES", "AskedTask", "Targets", "Task", "find_targets"]

Task = Literal["classification", "regression"]
"""Classes are told apart with logits and cross-entropy, numbers are met with the mean squared error."""

AskedTask = Literal["auto", "classification", "regression"]
"""What a user asks for; auto: found from the target."""

MOST_CLASSES = 1000
"""More than these, and the target is no class."""

FEW_NUMBERS = 20
"""As many different whole numbers are taken for classes if nobody says what they are."""


@dataclass(frozen=True)
class Targets:
    """The targets of every row."""

    values: NDArray[Any]
    """Class numbers, int64 of shape (rows,); or for a regression float64 of shape (rows, outputs)."""
    task: Task
    outputs: int
    class_names: tuple[str, ...]
    """In the order of the class numbers; empty for a regression."""
    note: str
    """What was found, in a sentence."""

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Rows of each class."""
        return (
            tuple(int(n) for n in np.bincount(self.values, minlength=len(self.class_names))) if self.class_names else ()
        )


def find_targets(values: NDArray[Any], asked: AskedTask, where: str) -> Targets:
    """Classes or numbers out of raw targets, none of them missing.

    Text and truth values are classes. Numbers are classes if they are at most 20 different whole ones and each stands,
    on average, in two rows or more.

    Args:
        values: Text, truth values or numbers, of shape (rows,); or numbers of shape (rows, outputs).
        asked: What the user says it is.
        where: Where they come from, for messages: `column 'price' of house.csv`.
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim > 2:
        raise DataError(f"{where} must hold one target a row, or a row of numbers; got shape {values.shape}", "target")
    if values.ndim == 2:
        return _several(values, asked, where)
    numbers = values.dtype.kind in "iuf"
    names, codes, counts = _distinct(values)
    if asked == "auto":
        few = (
            len(names) <= min(FEW_NUMBERS, len(values) / 2) and bool(np.all(np.mod(names, 1) == 0)) if numbers else True
        )
        task: Task = "classification" if few else "regression"
    else:
        task = asked
    if task == "regression":
        if not numbers:
            raise DataError(
                f"{where} holds {_kind_word(values)}, which a regression cannot learn; classification can", "task"
            )
        return _numbers(values[:, None], where, found=asked == "auto")
    if len(names) < 2:
        raise DataError(
            f"{where} must hold at least 2 classes, because there is nothing to tell apart; "
            f"got {shown(_name(names[0]))} in every row",
            "target",
        )
    if len(names) > MOST_CLASSES:
        cure = "; regression learns numbers" if numbers else ""
        raise DataError(
            f"{where} holds {len(names):,} different values, more than {MOST_CLASSES:,} classes{cure}", "target"
        )
    if len(names) > 2 and np.count_nonzero(counts == 1) > len(names) / 2:
        cure = "; regression learns numbers" if numbers else "; is it the right column?"
        raise DataError(
            f"{where} holds {len(names):,} different values, most of them once, which makes no classes{cure}", "target"
        )
    words = tuple(_name(name) for name in names)
    other = (
        " (set task to regression to learn them as numbers)" if numbers and asked == "auto" and len(words) > 2 else ""
    )
    note = f"Classification: {where} holds {counted(len(words), 'class', 'classes')}, {listed(words)}{other}."
    single = [word for word, count in zip(words, counts, strict=True) if count == 1]
    if single:
        note += f" A class with a single row cannot be both learned and judged: {listed(single)}."
    return Targets(codes.astype(np.int64), "classification", len(words), words, note)


def _distinct(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The different values in order, the number of each row's value among them, and how often each occurs."""
    if values.dtype.kind not in "OU":
        return np.unique(values, return_inverse=True, return_counts=True)
    import polars as pl  # sorts a million words ten times as fast as NumPy does

    words = pl.Series(values.tolist(), dtype=pl.String)
    names = words.unique().sort()
    codes = words.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    return names.to_numpy(), codes, np.bincount(codes)


def _several(values: NDArray[Any], asked: AskedTask, where: str) -> Targets:
    """Rows of numbers: one-hot classes, or several numbers to learn at once."""
    if values.dtype.kind not in "iufb":
        raise DataError(f"{where} must hold numbers in each row of several; got {_kind_word(values)}", "target")
    numbers = values.astype(np.float64)
    one_hot = bool(np.all((numbers == 0) | (numbers == 1)) and np.all(numbers.sum(axis=1) == 1))
    if asked == "classification" and not one_hot:
        raise DataError(f"{where} must hold one class a row, or rows with a single 1; got shape {values.shape}", "task")
    if one_hot and asked != "regression":
        found = find_targets(np.argmax(numbers, axis=1), "classification", where)
        if found.outputs == values.shape[1]:
            return found
        # A class without rows keeps its place.
        words = tuple(str(i) for i in range(values.shape[1]))
        return Targets(np.argmax(numbers, axis=1).astype(np.int64), "classification", len(words), words, found.note)
    return _numbers(numbers, where, found=asked == "auto")


def _numbers(values: NDArray[Any], where: str, *, found: bool) -> Targets:
    values = values.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = values.std(axis=0)
    if not np.all(np.isfinite(deviation)):
        raise DataError(f"{where} holds numbers too large to be learned; got up to {np.abs(values).max():g}", "target")
    if not np.all(deviation > 0):
        raise DataError(f"{where} is the same number in every row, {values[0, int(np.argmin(deviation))]:g}", "target")
    outputs = values.shape[1]
    hint = " (set task to classification to take them for classes)" if found else ""
    what = "numbers" if outputs == 1 else f"{outputs} numbers a row"
    low, high = float(values.min()), float(values.max())
    note = (
        f"Regression: {where} holds {what} from {low:g} to {high:g}{hint}. They are standardised: a loss of 1 is "
        "what the mean alone gives, and a highest rate of 0.01 is a good start."
    )
    return Targets(values, "regression", outputs, (), note)


def _name(value: Any) -> str:
    """A class as people write it: 3, not 3.0."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _kind_word(values: NDArray[Any]) -> str:
    return "true and false" if values.dtype.kind == "b" else "text"
