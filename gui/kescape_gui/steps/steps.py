"""The steps of a run as rows of a table: each value is looked up when it is shown, nothing is copied; no Qt."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from kescape_gui.clock import clock
from kescape_gui.curves.curve import Curve
from kescape_gui.setup.numbers import format_number
from kescape_gui.words import tr

_MOST_COPIED = 200_000
"""Rows; more than that, some 20 MB of text, is what an export is for."""
_DIGITS = 6
"""Significant ones that are shown; a copy has them all."""

_Value = float | int | None


@dataclass(frozen=True)
class StepColumn:
    """One column.

    Attributes:
        name: As in an export.
        title: Its heading, in the source language.
        help: What it means, in the source language.
        value: What a row holds there: exact, or None where nothing is known.
        show: The value as it is shown.
    """

    name: str
    title: str
    help: str
    value: Callable[[Curve, int], _Value]
    show: Callable[[float], str]


def _epoch(curve: Curve, row: int) -> _Value:
    return row / curve.steps_per_epoch if curve.steps_per_epoch else None


def _smoothed(curve: Curve, row: int) -> _Value:
    """None, too, while a long curve is smoothed anew and that has not got there yet."""
    return float(curve.smoothed[row]) if row < len(curve.smoothed) else None


def _validation(curve: Curve, row: int) -> _Value:
    at = int(np.searchsorted(curve.validation_steps, row))
    known = at < len(curve.validation_steps) and curve.validation_steps[at] == row
    return float(curve.validation[at]) if known else None


def _short(value: float) -> str:
    return format_number(float(f"{value:.{_DIGITS}g}")) if math.isfinite(value) else str(value)


COLUMNS = (
    StepColumn("step", "Step", "One train step on one batch, counted from 0", lambda _, row: row, lambda n: f"{n:,}"),
    StepColumn("epoch", "Epoch", "Position in epochs, counted from 0", _epoch, lambda x: f"{x:,.3f}"),
    StepColumn(
        "time",
        "Time",
        "Since the run was created",
        lambda curve, row: float(curve.time[row]),
        lambda seconds: clock(seconds, 3),
    ),
    StepColumn(
        "learning_rate",
        "Learning rate",
        "The rate that the step was made with",
        lambda curve, row: float(curve.learning_rate[row]),
        _short,
    ),
    StepColumn("loss", "Loss", "Of the step's batch", lambda curve, row: float(curve.loss[row]), _short),
    StepColumn(
        "smoothed",
        "Smoothed",
        "The loss, smoothed within each cycle",
        _smoothed,
        _short,
    ),
    StepColumn("val_loss", "Val. loss", "Loss on the held-out data, where an epoch ends", _validation, _short),
)

_UNKNOWN_IF_NAN = ("time", "learning_rate", "smoothed")
"""A loss that is not a number is a fact; these are so only where nothing was recorded."""


def value(curve: Curve, row: int, column: int) -> _Value:
    """What stands in a cell, exactly; None if it is not known."""
    which = COLUMNS[column]
    found = which.value(curve, row)
    if found is not None and which.name in _UNKNOWN_IF_NAN and math.isnan(found):
        return None
    return found


def text(curve: Curve, row: int, column: int) -> str:
    """What stands in a cell, as it is shown."""
    found = value(curve, row, column)
    return "" if found is None else COLUMNS[column].show(found)


def as_tsv(curve: Curve, rows: Iterable[int]) -> str:
    """These rows with a heading, apart by tabs, every number with all its digits."""
    lines = ["\t".join(column.name for column in COLUMNS)]
    for row in rows:
        cells = (value(curve, row, column) for column in range(len(COLUMNS)))
        lines.append("\t".join("" if cell is None else repr(cell) for cell in cells))
    return "\n".join(lines) + "\n"


def copy_problem(rows: int) -> str | None:
    """Why so many rows are not copied, or None."""
    if rows <= _MOST_COPIED:
        return None
    words = tr("{rows} rows are too many for the clipboard, which takes {most}; export the run as CSV instead.")
    return words.format(rows=f"{rows:,}", most=f"{_MOST_COPIED:,}")


def asked_step(typed: str, count: int) -> int | str:
    """The step that somebody typed, or why there is none such, in one sentence.

    Example:
        >>> asked_step(" 12,000", 14_000), asked_step("14000", 14_000)
        (12000, 'There is no step 14,000: the last one is 13,999.')
    """
    digits = re.sub(r"[\s,.'’_]", "", typed)
    if not (digits.isascii() and digits.isdigit()):
        return tr("“{typed}” is not a step; write a whole number like 1200.").format(typed=typed.strip()[:24])
    if not count:
        return tr("There are no steps yet.")
    step = int(digits[:18])
    if step >= count:
        return tr("There is no step {step}: the last one is {last}.").format(step=f"{step:,}", last=f"{count - 1:,}")
    return step
