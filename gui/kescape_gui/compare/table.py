"""A table of compared runs: sorted by a column with repeats kept together, and as text for a sheet; no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kescape_gui.words import tr


@dataclass(frozen=True)
class Heading:
    """One column."""

    title: str
    help: str = ""
    number: bool = False
    has_difference: bool = False
    """Whether the difference to the baseline has a column of its own in a sheet."""


@dataclass(frozen=True)
class Cell:
    """What stands in one place."""

    text: str
    order: float | str | None = None
    """What it is sorted by; None comes last."""
    copied: str = ""
    """For a sheet: a number with all its digits."""
    difference: str = ""
    """To the baseline, likewise."""


Key = tuple[Path, bool]
"""Of a line: the run's folder, and whether it is the median of the run and others."""


@dataclass(frozen=True)
class Line:
    """One run, or the median of several."""

    path: Path
    """The run's folder; of a median, that of the first run."""
    cells: tuple[Cell, ...]
    is_median: bool = False
    help: str = ""

    @property
    def key(self) -> Key:
        """What identifies it."""
        return self.path, self.is_median


@dataclass(frozen=True)
class Table:
    """The whole of it."""

    headings: tuple[Heading, ...] = ()
    blocks: tuple[tuple[Line, ...], ...] = ()
    """Lines that stay together: a run alone, or the median of repeats and then each of them."""
    same: int = 0
    """How many settings are the same in all runs that have them."""
    sentences: tuple[str, ...] = ()
    """What is to be kept in mind."""

    def lines(self, column: int | None = None, *, descending: bool = False) -> list[Line]:
        """The lines, sorted by a column, or in their own order."""
        blocks = [list(block) for block in self.blocks]
        if column is not None:
            for block in blocks:
                first = int(block[0].is_median)
                block[first:] = _joined(_sorted([[line] for line in block[first:]], column, descending))
            blocks = _sorted(blocks, column, descending)
        return _joined(blocks)

    def as_tsv(self, lines: Sequence[Line]) -> str:
        """Lines for a sheet: full digits, and differences to the baseline in columns of their own."""
        titles: list[str] = []
        for heading in self.headings:
            titles.append(heading.title)
            if heading.has_difference:
                titles.append(tr("{title}, to baseline").format(title=heading.title))
        rows = [titles]
        for line in lines:
            row: list[str] = []
            for heading, cell in zip(self.headings, line.cells, strict=True):
                row.append(cell.copied)
                if heading.has_difference:
                    row.append(cell.difference)
            rows.append(row)
        # What separates cells and rows cannot stand in one.
        return "".join("\t".join(" ".join(text.split()) for text in row) + "\n" for row in rows)


def _joined(blocks: list[list[Line]]) -> list[Line]:
    return [line for block in blocks for line in block]


def _sorted(blocks: list[list[Line]], column: int, descending: bool) -> list[list[Line]]:
    """The blocks in the order of their first ones: numbers, then texts; unknown ones last in any case."""

    def order(block: list[Line]) -> tuple[bool, float, str]:
        value = block[0].cells[column].order
        return (True, 0.0, value) if isinstance(value, str) else (False, value or 0.0, "")

    known = [block for block in blocks if block[0].cells[column].order is not None]
    unknown = [block for block in blocks if block[0].cells[column].order is None]
    return [*sorted(known, key=order, reverse=descending), *unknown]
