"""Writes a run to a file without keeping the window waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from kescape.run.errors import ExportError
from kescape.run.export import FORMATS
from kescape_gui.export.beside import Beside
from kescape_gui.export.job import Job


def with_suffix(path: Path, suffix: str) -> Path:
    """The path with a suffix, unless it has it already.

    Example:
        >>> with_suffix(Path("v1.2"), "svg").name, with_suffix(Path("first.SVG"), "svg").name
        ('v1.2.svg', 'first.SVG')
    """
    return path if path.suffix.lower() == f".{suffix}" else path.with_name(f"{path.name}.{suffix}")


def job_for(run: Path, target: Path) -> Job:
    """All of a run as usual, in the format that a file's suffix says.

    Raises:
        ExportError: It says none.

    Example:
        >>> job_for(Path("first"), Path("first.py")).format
        'script'
    """
    suffix = target.suffix.lower().lstrip(".")
    for name, known in FORMATS.items():
        if known.suffix == suffix:
            return Job(str(run), name)
    raise ExportError(
        f"The suffix {target.suffix!r} of {target.name!r} is none that KEscape writes: choose {', '.join(FORMATS)}."
    )


@dataclass(frozen=True)
class Outcome:
    """How an export ended."""

    run: Path
    target: Path
    problem: str | None


class _Task(QRunnable):
    def __init__(self, job: Job, target: Path, done: Callable[[Outcome], None]) -> None:
        super().__init__()
        self._job, self._target, self._done = job, target, done

    def run(self) -> None:
        beside, problem = Beside(), None
        try:
            beside.write(self._job, self._target)
        except (ExportError, OSError) as error:
            problem = str(error)
        finally:
            beside.close()
        self._done(Outcome(Path(self._job.run), self._target, problem))


class Exporter(QObject):
    """Exports one run at a time, in a process beside the window."""

    finished = Signal(object)
    """An `Outcome`, in the window's thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def export(self, job: Job, target: Path) -> None:
        """Write a job to `target`; the file appears whole or not at all."""
        self._pool.start(_Task(job, target, self.finished.emit))

    def wait(self) -> None:
        """Wait until all that was asked for is written."""
        self._pool.waitForDone()
