"""Reads the list of runs in a thread of its own: a hundred of them must not hold up the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from kescape.run.listing import RunSummary, list_runs


class _Task(QRunnable):
    def __init__(self, runs: Path, done: Callable[[list[RunSummary]], None]) -> None:
        super().__init__()
        self._runs, self._done = runs, done

    def run(self) -> None:
        self._done(list_runs(self._runs, remembered=True))


class Lister(QObject):
    """Lists the runs when asked; a question that comes before the last answer is dropped."""

    listed = Signal(object)
    """The summaries, in the window's thread."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._busy = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._arrived.connect(self._on_arrived)

    _arrived = Signal(object)

    def ask(self) -> None:
        """List them; the answer comes by `listed`."""
        if not self._busy:
            self._busy = True
            self._pool.start(_Task(self._runs, self._arrived.emit))

    def wait(self) -> None:
        """Wait for the answer that is under way."""
        self._pool.waitForDone()

    def _on_arrived(self, summaries: list[RunSummary]) -> None:
        self._busy = False
        self.listed.emit(summaries)
