"""What an export would look like, and what of it goes on the clipboard; no Qt.

It runs in a process of its own beside the window (`worker.py`), so it only gives facts: words for them are the
window's.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from kescape.run.errors import ExportError
from kescape.run.export import Options
from kescape.run.export.csv import texts
from kescape.run.export.figure import write_figure
from kescape.run.export.json import json_head, json_size, write_json
from kescape.run.export.registry import TABLES, table_of
from kescape.run.export.script import script_text
from kescape.run.export.tables import Table
from kescape.run.export.tensorboard import tensorboard_tags
from kescape.run.export.zip import zip_members
from kescape.run.reader import Run, open_run
from kescape_gui.export.job import Job

MOST_CELLS = 1_000_000
"""More than this is no good on a clipboard: other programs would stand still over it."""

_ROWS = 200
"""The first ones of a table, which are shown."""
_SAMPLE = 20_000
"""So many rows are written to know how much all of them take."""
_CHARACTERS = 100_000
"""Of a text, which are shown."""


@dataclass(frozen=True)
class Preview:
    """What is shown of an export.

    Attributes:
        kind: A picture, a table of rows, the files of a zip, the tags of TensorBoard, or a text.
        steps: How many steps the run has.
        is_live: Whether more will come.
        columns: Headings.
        rows: The first rows.
        count: How many rows, files or tags there are.
        size: About how many bytes it takes; None where that is not known.
        text: The text, or as much of it as is shown.
    """

    kind: Literal["figure", "table", "zip", "tensorboard", "text"]
    steps: int
    is_live: bool
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    count: int = 0
    size: int | None = None
    text: str = ""


def preview(job: Job, width: int) -> tuple[Preview, bytes]:
    """What a job would write, and for a figure the picture, so many dots wide.

    Raises:
        RunError: It cannot be written, and why.
    """
    options = job.options
    with open_run(job.run) as run:
        facts: dict[str, Any] = {"steps": run.steps, "is_live": run.status.is_live}
        if job.is_figure:
            return Preview("figure", **facts), _picture(run, job, 25.4 * width / options.figure.look.width_mm)
        if job.is_table:
            return Preview("table", **facts, **_table(run, job, options)), b""
        if job.format == "zip":
            members = zip_members(run)
            rows = tuple((m.name, m.words, "" if m.size is None else str(m.size)) for m in members)
            return Preview("zip", **facts, rows=rows, count=len(rows)), b""
        if job.format == "tensorboard":
            rows = tuple((tag, folder, str(points)) for tag, folder, points in tensorboard_tags(run))
            return Preview("tensorboard", **facts, rows=rows, count=len(rows)), b""
        text = script_text(run) if job.format == "script" else json_head(run)
        size = len(text.encode()) if job.format == "script" else json_size(run)
        return Preview("text", **facts, text=text[:_CHARACTERS], size=size), b""


def copied(job: Job) -> bytes:
    """What a job puts on the clipboard: a PNG of a figure, else text in UTF-8.

    Raises:
        RunError: There is nothing, or too much.
    """
    options = job.options
    with open_run(job.run) as run:
        if job.is_figure:
            return _picture(run, job, job.dpi)
        if job.format == "script":
            return script_text(run).encode()
        if job.format == "json":
            check_cells(run.steps * (len(run.columns) + 1), json=True)
            return _written(partial(write_json, run))
        table = table_of(run, options)
        check_cells(sum(len(values) for values in table.values()))
        return tsv(table).encode()


def check_cells(count: int, *, json: bool = False) -> None:
    """Refuse what is too much for a clipboard."""
    if count > MOST_CELLS:
        less = "save it as a file instead" if json else "save it as a file, or copy only what is in view"
        raise ExportError(
            f"{count:,} numbers are too many for a clipboard, which takes at most {MOST_CELLS:,} here: {less}."
        )


def tsv(table: Table) -> str:
    r"""A table as spreadsheets take it from the clipboard; every number round-trips.

    Example:
        >>> import numpy as np
        >>> tsv({"step": np.array([0, 1]), "loss": np.array([0.5, 3.2e-11])})
        'step\tloss\n0\t0.5\n1\t3.2e-11\n'
    """
    columns = [texts(values) for values in table.values()]
    return "".join("\t".join(row) + "\n" for row in (tuple(table), *zip(*columns, strict=True)))


def _picture(run: Run, job: Job, dpi: float) -> bytes:
    options, buffer = job.options, io.BytesIO()
    write_figure(run, buffer, "png", options.figure, options.part, dpi=dpi)
    return buffer.getvalue()


def _table(run: Run, job: Job, options: Options) -> dict[str, Any]:
    table = table_of(run, options)
    count = len(next(iter(table.values())))
    head = [texts(values[:_ROWS]) for values in table.values()]
    middle = max(0, (count - _SAMPLE) // 2)
    sample = {name: values[middle : middle + _SAMPLE] for name, values in table.items()}
    written = len(_written(partial(TABLES[job.format], sample)))
    return {
        "columns": tuple(table),
        "rows": tuple(zip(*head, strict=True)),
        "count": count,
        "size": round(written * count / min(count, _SAMPLE)),
    }


def _written(write: Callable[[Path], None]) -> bytes:
    """What is written into a file, which is gone then."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "sample"
        write(path)
        return path.read_bytes()
