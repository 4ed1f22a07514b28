"""The way from a file or folder to a run: which reader it needs, and a run folder that appears whole or not at all."""

from __future__ import annotations

import contextlib
import re
import shutil
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

from kescape.run.errors import ImportRefused, RunUnwritable
from kescape.run.folder import DATABASE, check_run_name, expanded, new_run_folder, runs_folder
from kescape.run.importing.csv_log import read_csv_log
from kescape.run.importing.logged import write_logged
from kescape.run.importing.tensorboard_log import event_files, read_tensorboard_log, run_folder_of
from kescape.run.importing.zip_file import extract_run
from kescape.run.reader import Run, open_run

__all__ = ["import_run"]


def import_run(path: str | Path, *, runs: str | Path | None = None, name: str | None = None) -> Run:
    r"""Make a run of what another tool has logged, or of a run that was handed on.

    Args:
        path: A CSV file as Keras' CSVLogger writes it, a folder or file of TensorBoard, or a zip that KEscape exported.
        runs: The folder that runs are kept in; by default `$KESCAPE_RUNS`, else `~/KEscape/runs`.
        name: The run's name; by default that of the file or folder.

    Returns:
        The run, open for reading. A log becomes a finished run, with its epochs, and with its steps if it has them.

    Raises:
        ImportRefused: It cannot be understood; nothing was written.
        RunUnwritable: The runs folder cannot be written.
        ValueError: The name cannot be that of a folder.

    Example:
        >>> log = getfixture("tmp_path") / "training.csv"
        >>> _ = log.write_text("epoch,loss,val_loss\n0,1.5,1.7\n1,0.5,0.9\n")
        >>> with import_run(log, runs=getfixture("tmp_path") / "runs") as run:
        ...     run.name, str(run.status), [row.values["val_loss"] for row in run.epochs()]
        ('training', 'finished', [1.7, 0.9])
    """
    source = expanded(path).absolute()
    if name is not None:
        check_run_name(name)
    if not source.exists():
        raise ImportRefused(f"{str(source)!r} cannot be imported: there is no such file or folder.")
    home = runs_folder(runs)
    wanted = name or _usual_name(source)
    try:
        if source.is_file() and (source.suffix.lower() == ".zip" or zipfile.is_zipfile(source)):
            with _whole_run(home, wanted) as (stage, folder):
                extract_run(source, stage)
            return open_run(folder)
        read = read_tensorboard_log if _is_tensorboard(source) else read_csv_log
        logged = read(source)
    except OSError as error:
        raise ImportRefused(f"{str(source)!r} cannot be read: {error.strerror or error}.") from error
    config = {"imported": source.name, "epochs": len(logged.epochs) or None}
    with _whole_run(home, wanted) as (stage, folder):
        write_logged(logged, stage, folder.name, config)
    return open_run(folder)


def _is_tensorboard(source: Path) -> bool:
    return source.is_dir() or "tfevents" in source.name


def _usual_name(source: Path) -> str:
    """The name of the source as far as it can be that of a run."""
    files = event_files(source) if _is_tensorboard(source) else []
    plain = run_folder_of(files[0]).name if files else source.stem
    usable = re.sub(r"[/\\:*?\"<>|\x00-\x1f]", "-", plain).strip(" .")
    try:
        check_run_name(usable)
    except ValueError:
        return "imported"
    return usable


@contextlib.contextmanager
def _whole_run(runs: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """An empty folder to write into, whose files become a new run's when all went well; and that run's folder."""
    was_there = runs.exists()
    folder = new_run_folder(runs, name, name)
    stage = folder / f".{uuid.uuid4().hex}.tmp"
    try:
        stage.mkdir()
        yield stage, folder
        # The database first: with it the folder is a run.
        for entry in sorted(stage.iterdir(), key=lambda entry: entry.name != DATABASE):
            entry.rename(folder / entry.name)
        stage.rmdir()
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if not was_there:
            with contextlib.suppress(OSError):
                runs.rmdir()
        if isinstance(error, OSError):
            raise RunUnwritable(
                f"The run folder {str(folder)!r} cannot be written: {error.strerror or error}."
            ) from error
        raise
