"""Reads the list of runs in a thread of its own: a hundred of them must not hold up the window."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from kescape.run.listing import RunSummary, list_runs
from kescape_gui.words import tr


@dataclass(frozen=True)
class Answer:
    """What there is in a folder.

    Attributes:
        folder: Where was looked.
        runs: What was found, the newest first.
        problem: Why the folder cannot be read, in one sentence; else None.
    """

    folder: Path
    runs: list[RunSummary]
    problem: str | None = None


def look(folder: Path, *, home: bool) -> Answer:
    """List the runs in a folder.

    Args:
        folder: Where to look.
        home: Whether it is where new runs go: it may not be there yet, and runs that were recorded elsewhere belong
            to it.
    """
    problem = None
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        if not (home and isinstance(error, FileNotFoundError)):
            problem = tr("{folder} cannot be read: {why}.").format(folder=folder, why=error.strerror or error)
    return Answer(folder, list_runs(folder, remembered=home), problem)


class _Task(QRunnable):
    def __init__(self, look_there: Callable[[], Answer], done: Callable[[Answer], None]) -> None:
        super().__init__()
        self._look, self._done = look_there, done

    def run(self) -> None:
        self._done(self._look())


class Lister(QObject):
    """Lists the runs when asked; questions that come before the last answer are answered together, after it.

    Args:
        runs: Where new runs go, and where it looks at first.
        parent: Who owns it.
    """

    listed = Signal(object)
    """An `Answer`, in the window's thread."""

    _arrived = Signal(object)

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = runs
        self._folder = runs
        self._busy = False
        self._asked_again = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._arrived.connect(self._on_arrived)

    @property
    def folder(self) -> Path:
        """Where it looks."""
        return self._folder

    def look_in(self, folder: Path) -> None:
        """List the runs in another folder from now on."""
        self._folder = folder
        self.ask()

    def ask(self) -> None:
        """List them; the answer comes by `listed`."""
        if self._busy:
            self._asked_again = True
            return
        self._busy = True
        folder = self._folder
        self._pool.start(_Task(partial(look, folder, home=folder == self._home), self._arrived.emit))

    def wait(self) -> None:
        """Wait for the answer that is under way."""
        self._pool.waitForDone()

    def _on_arrived(self, answer: Answer) -> None:
        self._busy = False
        if answer.folder == self._folder:
            self.listed.emit(answer)
        if self._asked_again:
            self._asked_again = False
            self.ask()
