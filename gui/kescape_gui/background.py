"""Does one thing after the other beside the window, and brings the answers back into its thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from kescape.config import ConfigError
from kescape.data.errors import DataError
from kescape.run.errors import RunError

_EXPECTED = (RunError, ConfigError, DataError, OSError)
"""What the user can mend. Anything else is a mistake of ours and reaches the thread's own hook."""

_Answer = tuple[Callable[[Any], None], Any]


class _Task(QRunnable):
    def __init__(
        self, work: Callable[[], Any], done: Callable[[Any], None], answered: Callable[[object], None]
    ) -> None:
        super().__init__()
        self._work, self._done, self._answered = work, done, answered

    def run(self) -> None:
        try:
            result = self._work()
        except _EXPECTED as problem:
            result = problem
        self._answered((self._done, result))


class Background(QObject):
    """A thread of its own for what may take long: a large file, a checkpoint of a large model."""

    _answered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._is_wanted = True
        self._answered.connect(self._on_answered)

    def do(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Call `work` there, then `done` here with what it returned, or with the error that the user can mend."""
        self._pool.start(_Task(work, done, self._answered.emit))

    def close(self) -> None:
        """Wait for what is under way; its answer is dropped."""
        self._is_wanted = False
        self._pool.clear()
        self._pool.waitForDone()

    def _on_answered(self, answer: _Answer) -> None:
        done, result = answer
        if self._is_wanted:
            done(result)
