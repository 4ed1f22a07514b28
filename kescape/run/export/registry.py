"""Which formats there are, and the way from a run to a file or folder."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kescape.run.errors import ExportError, ExportUnwritable, NothingToExport
from kescape.run.export.csv import write_csv
from kescape.run.export.drawn import nothing_in
from kescape.run.export.figure import write_figure
from kescape.run.export.json import write_json
from kescape.run.export.npz import write_npz
from kescape.run.export.options import Options
from kescape.run.export.parquet import write_parquet
from kescape.run.export.script import write_script
from kescape.run.export.tables import Table, epoch_table, restart_table, step_table
from kescape.run.export.tensorboard import write_tensorboard
from kescape.run.export.zip import write_zip
from kescape.run.folder import expanded

if TYPE_CHECKING:
    from kescape.run.reader import Run

_TABLE = ("level", "steps")
_FIGURE = ("steps", "size", "theme")
_ROWS = {"step": step_table, "epoch": epoch_table, "restart": restart_table}


@dataclass(frozen=True)
class Format:
    """One way to write a run.

    Attributes:
        suffix: Of the file or folder, without its dot.
        write: Writes a run to a path where nothing is yet, or, for a folder, into an empty one.
        takes: What can be chosen for it, by the names that `Options.chosen` gives.
        is_folder: Whether it is a folder of several files.
    """

    suffix: str
    write: Callable[[Run, Path, Options], None]
    takes: tuple[str, ...] = ()
    is_folder: bool = False


def table_of(run: Run, options: Options) -> Table:
    """The table that was asked for.

    Raises:
        NothingToExport: It would have no row.
    """
    level, part = options.level, options.part
    table = _ROWS[level](run, part)
    if not len(next(iter(table.values()))):
        if not part.is_all and run.steps:
            raise NothingToExport(nothing_in(run, part, run.steps, level))
        if level == "restart":
            raise NothingToExport(f"The run {run.name!r} has no verdict on a restart yet, so there is no row.")
        other = "; level epoch has a row for each of its epochs" if level == "step" and run.epochs() else ""
        raise NothingToExport(f"The run {run.name!r} has no recorded {level} yet, so there is no row{other}.")
    return table


TABLES: dict[str, Callable[[Table, Path], None]] = {"csv": write_csv, "npz": write_npz, "parquet": write_parquet}
"""What writes a table, by the name of its format."""


def _table(kind: str) -> Format:
    return Format(kind, lambda run, path, options: TABLES[kind](table_of(run, options), path), _TABLE)


def _figure(kind: str, *more: str) -> Format:
    return Format(
        kind,
        lambda run, path, options: write_figure(run, path, kind, options.figure, options.part),
        (*_FIGURE, *more),
    )


FORMATS: dict[str, Format] = {
    "csv": _table("csv"),
    "json": Format("json", lambda run, path, options: write_json(run, path)),
    "npz": _table("npz"),
    "parquet": _table("parquet"),
    "pdf": _figure("pdf"),
    "png": _figure("png", "dpi"),
    "script": Format("py", lambda run, path, options: write_script(run, path)),
    "svg": _figure("svg"),
    "tensorboard": Format("tensorboard", lambda run, path, options: write_tensorboard(run, path), is_folder=True),
    "zip": Format("zip", lambda run, path, options: write_zip(run, path)),
}
"""The formats by their names."""


def export_run(run: Run, path: Path, format: str | None = None, options: Options | None = None) -> Path:  # noqa: A002
    """Write a run to `path`, which appears whole or not at all; returns the path.

    Args:
        run: An open run.
        path: The file, or the folder for tensorboard. An existing file is replaced, a folder must be new or empty.
        format: One of `FORMATS`; by default what the suffix of `path` says.
        options: Which part of it, in which rows, and how a figure looks.

    Raises:
        ExportError: The format is unknown or does not take what was chosen, or the run has nothing that it could
            hold, or the path cannot be written.
    """
    options = options or Options()
    name = _name_of(path, format)
    chosen = FORMATS[name]
    for option, value in options.chosen().items():
        if option not in chosen.takes:
            able = ", ".join(other for other, known in FORMATS.items() if option in known.takes)
            raise ExportError(f"{option} can be chosen for {able}, but not for {name}; got {option}={value!r}")
    path = expanded(path).absolute()
    with (_whole_folder if chosen.is_folder else whole_file)(path) as temporary:
        chosen.write(run, temporary, options)
    return path


def _name_of(path: Path, format_name: str | None) -> str:
    """Which of the formats was said, or is meant by the suffix."""
    if format_name is not None:
        asked, found = f"format {format_name!r}", format_name.lower()
        if found in FORMATS:
            return found
    else:
        asked, suffix = f"suffix {path.suffix!r} of {path.name!r}", path.suffix.lstrip(".").lower()
        for name, known in FORMATS.items():
            if known.suffix == suffix:
                return name
    raise ExportError(f"The {asked} is none that KEscape writes: choose {', '.join(FORMATS)}.")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when all went well."""
    with _writable(path):
        temporary = _beside(path)
        if path.is_dir():
            raise ExportError(f"{str(path)!r} is a folder; give the name of a file.")
        try:
            yield temporary
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` that takes its place when all went well."""
    with _writable(path):
        temporary = _beside(path)
        # What lies in a folder is never deleted for an export.
        if path.exists() and not (path.is_dir() and next(path.iterdir(), None) is None):
            raise ExportError(f"{str(path)!r} exists already; give the name of a new folder.")
        try:
            temporary.mkdir()
            yield temporary
            if path.exists():
                path.rmdir()
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _beside(path: Path) -> Path:
    if not path.parent.is_dir():
        raise ExportError(f"The folder {str(path.parent)!r} does not exist.")
    return path.parent / f".{uuid.uuid4().hex}.tmp"


@contextlib.contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportUnwritable(f"{str(path)!r} cannot be written: {error.strerror or error}.") from error
