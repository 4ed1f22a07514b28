"""Which formats there are, and the way from a run to a file."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kescape.run.errors import ExportError
from kescape.run.export.csv import write_csv
from kescape.run.export.figure import write_figure
from kescape.run.export.json import write_json
from kescape.run.export.parquet import write_parquet
from kescape.run.export.tables import epoch_table, step_table

if TYPE_CHECKING:
    from kescape.run.reader import Run

Level = Literal["step", "epoch"]


def _table(write: Callable[..., None]) -> Callable[[Run, Path, Level], None]:
    def write_table(run: Run, path: Path, level: Level) -> None:
        write(step_table(run) if level == "step" else epoch_table(run), path)

    return write_table


def _figure(kind: str) -> Callable[[Run, Path, Level], None]:
    return lambda run, path, level: write_figure(run, path, kind)


FORMATS: dict[str, Callable[[Run, Path, Level], None]] = {
    "csv": _table(write_csv),
    "json": lambda run, path, level: write_json(run, path),
    "parquet": _table(write_parquet),
    "pdf": _figure("pdf"),
    "png": _figure("png"),
    "svg": _figure("svg"),
}
"""What writes each format: a function of the run, the file and the level."""


def export_run(run: Run, path: Path, format: str | None = None, level: Level = "step") -> Path:  # noqa: A002
    """Write a run to `path`, which appears whole or not at all; returns the path.

    Args:
        run: An open run.
        path: The file. An existing one is replaced.
        format: One of `FORMATS`; by default what the suffix of `path` says.
        level: For csv and parquet: one row a step, or one row an epoch.

    Raises:
        ExportError: The format is unknown, or the file cannot be written.
    """
    kind = (path.suffix.lstrip(".") if format is None else format).lower()
    if kind not in FORMATS:
        asked = f"format {format!r}" if format is not None else f"suffix {path.suffix!r} of {path.name!r}"
        raise ExportError(f"The {asked} is none that KEscape writes: choose {', '.join(FORMATS)}.")
    if level not in ("step", "epoch"):
        raise ExportError(f"level must be 'step' or 'epoch', one row for each; got {level!r}")
    path = path.expanduser().absolute()
    with _whole_file(path) as temporary:
        FORMATS[kind](run, temporary, level)
    return path


@contextlib.contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when all went well."""
    if not path.parent.is_dir():
        raise ExportError(f"The folder {str(path.parent)!r} does not exist.")
    if path.is_dir():
        raise ExportError(f"{str(path)!r} is a folder; give the name of a file.")
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise ExportError(f"{str(path)!r} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
