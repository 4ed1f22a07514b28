"""Writes a run to a file without keeping the window waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from kescape.run.errors import RunError
from kescape.run.reader import open_run

FORMATS = {
    "csv": "Table, one row a step",
    "parquet": "Table for polars, pandas and DuckDB",
    "json": "Everything as JSON",
    "png": "Figure as an image",
    "svg": "Figure as vectors",
    "pdf": "Figure for a paper",
    "py": "Script that trains the run again",
    "zip": "Everything, to hand on",
    "tensorboard": "Folder for TensorBoard",
}
"""What can be written, by its suffix, and in words."""


def filters() -> list[str]:
    """The formats as a file dialog wants them."""
    return [f"{words} (*.{suffix})" for suffix, words in FORMATS.items()]


def with_suffix(path: Path, chosen_filter: str) -> Path:
    """The path with the suffix of the chosen format, unless it has one that says a format."""
    if path.suffix.lower().lstrip(".") in FORMATS:
        return path
    suffix = chosen_filter.rpartition("*.")[2].rstrip(")")
    return path.with_name(f"{path.name}.{suffix}")


@dataclass(frozen=True)
class Outcome:
    """How an export ended."""

    run: Path
    target: Path
    problem: str | None


class _Task(QRunnable):
    def __init__(self, run: Path, target: Path, done: Callable[[Outcome], None]) -> None:
        super().__init__()
        self._run, self._target, self._done = run, target, done

    def run(self) -> None:
        problem = None
        try:
            with open_run(self._run) as run:
                run.export(self._target)
        except (RunError, OSError, ValueError, ImportError) as error:
            problem = str(error) or type(error).__name__
        self._done(Outcome(self._run, self._target, problem))


class Exporter(QObject):
    """Exports one run at a time, in a thread of its own."""

    finished = Signal(object)
    """An `Outcome`, in the window's thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def export(self, run: Path, target: Path) -> None:
        """Write the run at `run` to `target`; the file appears whole or not at all."""
        self._pool.start(_Task(run, target, self.finished.emit))

    def wait(self) -> None:
        """Wait until all that was asked for is written."""
        self._pool.waitForDone()
