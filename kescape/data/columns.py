"""What the columns of a table are used for: the target, the inputs, and what is left out."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kescape.data.errors import DataError
from kescape.data.table import ColumnKind, Table
from kescape.data.words import counted, listed, shown

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MOST_CATEGORIES", "TARGET_NAMES", "Column", "find_inputs", "find_target"]

TARGET_NAMES = ("target", "label", "class", "y")
"""A column of such a name is the target if nobody names one."""

MOST_CATEGORIES = 50
"""A text column with more different values is an identity or free text, no category."""

IDENTITY_NAMES = ("", "id", "index", "row", "row_id", "rownames", "unnamed: 0")
"""What a column is called that only names the rows."""


@dataclass(frozen=True)
class Column:
    """A column that is an input."""

    name: str
    kind: ColumnKind
    missing: int
    """Rows without a value."""
    categories: tuple[str, ...]
    """Every value of a text column, sorted; empty for numbers."""
    low: float = 0.0
    """The smallest number, for a date in days since 1970."""
    high: float = 0.0

    @property
    def width(self) -> int:
        """Numbers that the network gets for it."""
        return len(self.categories) or 1


def find_target(table: Table, asked: str | None, title: str) -> tuple[str, str]:
    """The name of the target's column, and how it was found, in a sentence."""
    names = table.frame.columns
    if asked is not None:
        if asked not in names:
            near = difflib.get_close_matches(asked, names, n=1) or [n for n in names if n.lower() == asked.lower()]
            ending = f"; did you mean {near[0]}?" if near else ""
            raise DataError(
                f"target must be one of the columns of {title}, {listed(names, 12)}; got target={shown(asked)}{ending}",
                "target",
            )
        return asked, f"The target is {asked!r}, as asked."
    for wanted in TARGET_NAMES:
        for name in names:
            if name.strip().lower() == wanted:
                return name, f"The target is {name!r}, by its name."
    return names[-1], f"The target is {names[-1]!r}, the last column."


def find_inputs(frame: pl.DataFrame, kinds: dict[str, ColumnKind], title: str) -> tuple[list[Column], list[str]]:
    """The columns that are inputs, in the order of the file, and what was found about all of them.

    Args:
        frame: The columns beside the target.
        kinds: What each holds.
        title: The file's name, for messages.
    """
    inputs: list[Column] = []
    constant: list[str] = []
    notes: list[str] = []
    for column in frame.get_columns():
        name, kind = column.name, kinds[column.name]
        if kind == "other":
            notes.append(f"{name!r} left out: {column.dtype} is neither a number nor text.")
        elif column.drop_nulls().n_unique() < 2:
            constant.append(repr(name))
        elif kind == "text":
            categories = column.drop_nulls().unique().sort().to_list()
            if len(categories) <= min(MOST_CATEGORIES, max(2, len(column) // 2)):
                inputs.append(Column(name, kind, column.null_count(), tuple(categories)))
            else:
                notes.append(_too_many(column, len(categories)))
        elif name.strip().lower() in IDENTITY_NAMES and _names_rows(column):
            notes.append(f"{name!r} left out: another whole number in each row, which only names the rows.")
        else:
            low, high = (float(end) for end in (column.min(), column.max()))  # type: ignore[arg-type]
            inputs.append(Column(name, kind, column.null_count(), (), low, high))
    if constant:
        notes.append(f"{listed(constant)} left out: the same in every row.")
    if not inputs:
        why = " ".join(notes) or "There is no other column."
        raise DataError(f"{title} has no column to learn from beside its target. {why}")
    return inputs, [*_used(inputs), *notes]


def _used(inputs: list[Column]) -> list[str]:
    notes = []
    plain = [c for c in inputs if c.kind == "number"]
    if plain:
        notes.append(f"{counted(len(plain), 'column')} of numbers, standardised: {listed([c.name for c in plain])}.")
    for kind, words in (("boolean", "of true and false, as 1 and 0"), ("date", "of dates, as days")):
        some = [c.name for c in inputs if c.kind == kind]
        if some:
            notes.append(f"{counted(len(some), 'column')} {words}, standardised: {listed(some)}.")
    text = [c for c in inputs if c.kind == "text"]
    if text:
        named = listed([f"{c.name} ({len(c.categories)})" for c in text])
        notes.append(f"{counted(len(text), 'column')} of categories, one input for each value: {named}.")
    filled = [f"{c.name} ({c.missing:,})" for c in inputs if c.missing and c.kind != "text"]
    if filled:
        notes.append(f"Missing numbers take the median of the rows trained on: {listed(filled)}.")
    zeros = [f"{c.name} ({c.missing:,})" for c in inputs if c.missing and c.kind == "text"]
    if zeros:
        notes.append(f"Missing categories are all zeros: {listed(zeros)}.")
    return notes


def _too_many(column: pl.Series, values: int) -> str:
    """Why a text column is no category; if it is nearly all numbers, which cell is none."""
    import polars as pl

    bad = column.is_not_null() & column.cast(pl.Float64, strict=False).is_null()
    start = f"{column.name!r} left out: "
    if 0 < bad.sum() <= len(column) / 10:
        first = shown(column[int(bad.arg_true()[0])])
        return (
            f"{start}no number in {counted(int(bad.sum()), 'row')} of an else numeric column, but {first} and the like."
        )
    return f"{start}text with {values:,} different values, an identity or free text."


def _names_rows(column: pl.Series) -> bool:
    return column.null_count() == 0 and column.n_unique() == len(column) and bool((column % 1 == 0).all())
