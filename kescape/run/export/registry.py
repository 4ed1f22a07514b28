"""Which formats there are, and the way from a run to a file or folder."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kescape.run.errors import ExportError, ExportUnwritable, NothingToExport
from kescape.run.export.csv import write_csv
from kescape.run.export.figure import write_figure
from kescape.run.export.json import write_json
from kescape.run.export.parquet import write_parquet
from kescape.run.export.script import write_script
from kescape.run.export.tables import epoch_table, step_table
from kescape.run.export.tensorboard import write_tensorboard
from kescape.run.export.zip import write_zip

if TYPE_CHECKING:
    from kescape.run.reader import Run

Level = Literal["step", "epoch"]


@dataclass(frozen=True)
class Format:
    """One way to write a run.

    Attributes:
        suffix: Of the file or folder, without its dot.
        write: Writes a run to a path where nothing is yet, or, for a folder, into an empty one.
        is_folder: Whether it is a folder of several files.
    """

    suffix: str
    write: Callable[[Run, Path, Level], None]
    is_folder: bool = False


def _table(write: Callable[..., None]) -> Callable[[Run, Path, Level], None]:
    def write_table(run: Run, path: Path, level: Level) -> None:
        table = step_table(run) if level == "step" else epoch_table(run)
        if not len(next(iter(table.values()))):
            other = "; level epoch has a row for each of its epochs" if level == "step" and run.epochs() else ""
            raise NothingToExport(f"The run {run.name!r} has no recorded {level} yet, so there is no row{other}.")
        write(table, path)

    return write_table


def _figure(kind: str) -> Callable[[Run, Path, Level], None]:
    return lambda run, path, level: write_figure(run, path, kind)


FORMATS: dict[str, Format] = {
    "csv": Format("csv", _table(write_csv)),
    "json": Format("json", lambda run, path, level: write_json(run, path)),
    "parquet": Format("parquet", _table(write_parquet)),
    "pdf": Format("pdf", _figure("pdf")),
    "png": Format("png", _figure("png")),
    "script": Format("py", lambda run, path, level: write_script(run, path)),
    "svg": Format("svg", _figure("svg")),
    "tensorboard": Format("tensorboard", lambda run, path, level: write_tensorboard(run, path), is_folder=True),
    "zip": Format("zip", lambda run, path, level: write_zip(run, path)),
}
"""The formats by their names."""


def export_run(run: Run, path: Path, format: str | None = None, level: Level = "step") -> Path:  # noqa: A002
    """Write a run to `path`, which appears whole or not at all; returns the path.

    Args:
        run: An open run.
        path: The file, or the folder for tensorboard. An existing file is replaced, a folder must be new or empty.
        format: One of `FORMATS`; by default what the suffix of `path` says.
        level: For csv and parquet: one row a step, or one row an epoch.

    Raises:
        ExportError: The format is unknown, or the run has nothing that it could hold, or the path cannot be written.
    """
    if format is None:
        suffix = path.suffix.lstrip(".").lower()
        chosen = next((known for known in FORMATS.values() if known.suffix == suffix), None)
    else:
        chosen = FORMATS.get(format.lower())
    if chosen is None:
        asked = f"format {format!r}" if format is not None else f"suffix {path.suffix!r} of {path.name!r}"
        raise ExportError(f"The {asked} is none that KEscape writes: choose {', '.join(FORMATS)}.")
    if level not in ("step", "epoch"):
        raise ExportError(f"level must be 'step' or 'epoch', one row for each; got {level!r}")
    path = path.expanduser().absolute()
    with (_whole_folder if chosen.is_folder else whole_file)(path) as temporary:
        chosen.write(run, temporary, level)
    return path


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when all went well."""
    temporary = _beside(path)
    if path.is_dir():
        raise ExportError(f"{str(path)!r} is a folder; give the name of a file.")
    with _writable(path):
        try:
            yield temporary
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` that takes its place when all went well."""
    temporary = _beside(path)
    with _writable(path):
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
