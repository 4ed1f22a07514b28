"""How the command line speaks: results on stdout, one sentence on stderr when something is wrong."""

from __future__ import annotations

import functools
import math
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NoReturn

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table

__all__ = [
    "DONE", "FAILED", "INTERRUPTED", "WRONG_USE", "complain", "fitting_table", "leave", "number", "out", "plain_table",
]  # fmt: skip

DONE = 0
FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130

PIPE_WIDTH = 200
"""Columns where nobody looks: wide enough that no line of a table is broken."""

_ANY_WIDTH = 10_000

_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal obeys instead of showing it, but for line ends and tabs."""


class _PlainConsole(Console):
    """Shows as `?` what a terminal would obey: notes, names and settings may come with somebody else's run."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else _OBEYED.sub("?", text), style, control)


@functools.cache
def out() -> Console:
    """The console that results go to."""
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    # Names are the user's and may hold brackets: no markup.
    return _PlainConsole(highlight=False, markup=False, width=PIPE_WIDTH if piped else None)


def complain(sentence: str) -> None:
    """Say on stderr what is wrong."""
    for line in sentence.splitlines() or [""]:
        print(f"kescape: {_OBEYED.sub('?', line)}", file=sys.stderr)


def leave(code: int, sentence: str = "") -> NoReturn:
    """End the command, with a word about why if there is one."""
    import typer

    if sentence:
        complain(sentence)
    raise typer.Exit(code)


def plain_table(*columns: str, numbers: tuple[str, ...] = (), gap: int = 3) -> Table:
    """A table without frames; `numbers` are set to the right, the last column may be broken, `gap` is between two."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", no_wrap=column != columns[-1])
    return table


def fitting_table(
    rows: Sequence[Mapping[str, RenderableType]],
    choices: Iterable[Sequence[str]],
    *,
    numbers: tuple[str, ...],
    gap: int = 3,
) -> Table:
    """The table with the first of the `choices` of columns that the terminal has room for, or with the last one.

    In a narrow terminal whole columns go: a name or a number that is cut off is of no use.
    """
    for shown in choices:
        table = plain_table(*shown, numbers=numbers, gap=gap)
        for row in rows:
            table.add_row(*(row[column] for column in shown))
        if Measurement.get(out(), out().options.update_width(_ANY_WIDTH), table).maximum <= out().width:
            break
    return table


def number(value: float) -> str:
    """A loss or a metric in a table: four decimals, or a power of ten where these would say too much or nothing.

    Example:
        >>> number(0.25), number(2.5e29), number(3e-7), number(0.0)
        ('0.2500', '2.500e+29', '3.000e-07', '0.0000')
    """
    ordinary = value == 0 or 1e-4 <= abs(value) < 1e6 or not math.isfinite(value)
    return f"{value:.4f}" if ordinary else f"{value:.3e}"
