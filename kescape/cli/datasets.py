"""`kescape datasets [DATA]`: the data that can be trained on, or a look at one of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from kescape.cli import console
from kescape.cli.console import out, plain_table

if TYPE_CHECKING:
    from rich.table import Table

    from kescape.data.columns import Column
    from kescape.data.facts import Facts
    from kescape.data.preview import Preview
    from kescape.data.targets import AskedTask

__all__ = ["datasets"]

BAR = 24
"""Columns of the longest bar of the classes."""

MOST_LINES = 20
"""Classes, or columns, that are shown."""

CELL = 20
"""Columns of the widest cell of the first rows."""

TASKS: tuple[AskedTask, ...] = ("auto", "classification", "regression")


def datasets(
    data: Annotated[
        str | None,
        typer.Argument(metavar="[DATA]", help="A name of the list, or the path of a file or folder, to look at."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of a table that is learned.", show_default=False)
    ] = None,
    task: Annotated[str, typer.Option(metavar="TASK", help=f"One of {', '.join(TASKS)}.")] = "auto",
    image_size: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", min=1, max=4096, help="Height and width that a folder's images are resized to."),
    ] = None,
) -> None:
    """List the data sets and what files are understood, or show what DATA holds."""
    if data is None:
        _list()
        return
    asked = next((known for known in TASKS if known == task), None)
    if asked is None:
        console.leave(console.WRONG_USE, f"--task must be one of {', '.join(TASKS)}; got {task!r}")
    _show(data, target, asked, image_size)


def _list() -> None:
    from kescape.data.catalogue import DATASETS
    from kescape.data.download import is_cached

    table = plain_table("--dataset", "rows", "input", "classes", "what it is", numbers=("rows", "classes"))
    for data in DATASETS.values():
        shape = " x ".join(map(str, data.shape))
        words = f"{data.title}. {data.description}"
        if data.download:
            words += " Keras has it here." if is_cached(data.name) else " Keras downloads it."
        table.add_row(data.name, f"{data.rows:,}", shape, str(data.classes), words)
    out().print(table)
    out().print()
    own = plain_table("--dataset PATH", "what is expected")
    own.add_row(
        ".csv .tsv .parquet",
        "A header and a row a line: numbers, dates, true and false, categories. --target names the column that is "
        "learned; else it is the one called target, label, class or y, else the last.",
    )
    own.add_row(
        ".npz",
        "Arrays x and y, or x_train and y_train; with x_val and y_val, or x_test and y_test, where the validation part "
        "is given.",
    )
    own.add_row("folder", "Images, with a sub-folder for each class; or train and val, each with such sub-folders.")
    out().print(own)
    out().print()
    out().print("kescape datasets PATH shows what a file or folder holds.", style="dim")


def _show(data: str, target: str | None, task: AskedTask, image_size: int | None) -> None:
    from kescape.data.facts import facts
    from kescape.data.preview import preview

    known = facts(data, target=target, task=task, image_size=image_size)
    _print_facts(known)
    if known.kind == "download":
        out().print("Keras downloads it when it is first trained on.")
        return
    look = preview(data, target=target, task=task, image_size=image_size)
    tables = []
    if look.class_counts:
        tables.append(_class_table(known.class_names, look.class_counts))
    if known.columns:
        tables.append(_column_table(known.columns))
    if look.first_rows:
        tables.append(_row_table(look))
    for table in tables:
        out().print()
        out().print(table)


def _print_facts(known: Facts) -> None:
    from rich.text import Text

    from kescape.data.words import counted

    shape = " x ".join(map(str, known.shape))
    if known.task == "classification":
        task = counted(known.outputs, "class", "classes")
    else:
        task = f"regression of {counted(known.outputs, 'number')}"
    parts = [counted(known.rows, "row"), f"inputs of {shape}", task]
    if known.validation_rows is not None:
        parts.insert(1, f"{known.validation_rows:,} of them for validation")
    out().print(Text.assemble((known.title, "bold"), "  " + ", ".join(parts)), soft_wrap=True)
    if known.kind not in ("bundled", "download"):
        out().print(known.dataset, style="dim", soft_wrap=True)
    for note in known.notes:
        out().print(note, soft_wrap=True)


def _class_table(names: tuple[str, ...], counts: tuple[int, ...]) -> Table:
    table = plain_table("class", "rows", "", numbers=("rows",))
    largest = max(counts)
    shown = sorted(zip(names, counts, strict=True), key=lambda row: -row[1])[:MOST_LINES]
    for name, count in shown:
        table.add_row(_cut(name), f"{count:,}", "▇" * round(BAR * count / largest))
    if len(counts) > len(shown):
        table.add_row(f"{len(counts) - len(shown):,} more", f"{sum(counts) - sum(c for _, c in shown):,}", "")
    return table


def _column_table(columns: tuple[Column, ...]) -> Table:
    table = plain_table("input", "holds", "missing", "inputs", "values", numbers=("missing", "inputs"))
    for column in columns[:MOST_LINES]:
        missing = f"{column.missing:,}" if column.missing else ""
        table.add_row(_cut(column.name), _HOLDS[column.kind], missing, str(column.width), _values(column))
    if len(columns) > MOST_LINES:
        rest = columns[MOST_LINES:]
        table.add_row(f"{len(rest):,} more", "", "", str(sum(column.width for column in rest)), "")
    return table


_HOLDS = {"number": "numbers", "boolean": "true, false", "date": "dates", "text": "categories"}


def _values(column: Column) -> str:
    from kescape.data.words import listed

    if column.kind == "text":
        return listed(column.categories, 5)
    if column.kind == "boolean":
        return ""
    ends = [_day(end) if column.kind == "date" else f"{end:g}" for end in (column.low, column.high)]
    return " to ".join(ends)


def _day(days: float) -> str:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days)).date().isoformat()


def _row_table(look: Preview) -> Table:
    """The first rows, as many columns as there is room for, the target first."""
    target = look.column_names.index(str(look.facts.target))
    order = [target, *(i for i in range(len(look.column_names)) if i != target)]
    widths = [max(len(_cut(row[i])) for row in (look.column_names, *look.first_rows)) + 3 for i in order]
    room = out().width if sum(widths) <= out().width else out().width - len("...   ")
    fits = max(1, sum(1 for i in range(len(order)) if sum(widths[: i + 1]) <= room))
    left = len(order) - fits
    table = plain_table(*[_cut(look.column_names[i]) for i in order[:fits]], *(["..."] if left else []))
    for row in look.first_rows:
        table.add_row(*[_cut(row[i]) for i in order[:fits]], *(["..."] if left else []))
    return table


def _cut(text: str) -> str:
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= CELL else text[: CELL - 1] + "…"
