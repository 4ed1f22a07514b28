"""Makes the settings of a run's control, beside the window: a user's data may take a while to be looked at."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from kescape.config import RunConfig
from kescape_gui.background import Background
from kescape_gui.compare.baseline import without_restarts
from kescape_gui.watched_run import WatchedRun


class Control(QObject):
    """Takes the settings from the run's folder, not from the form."""

    made = Signal(object, object)
    """The folder of the run, and the settings that repeat it without restarts."""
    refused = Signal(str)
    """Why the run cannot be repeated, e.g. because its data is gone."""

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background

    def make(self, run: WatchedRun) -> None:
        """Make the settings; the answer comes by `made` or `refused`."""
        self._background.do(partial(_control, dict(run.config)), partial(self._on_made, run.path))

    def _on_made(self, path: Path, answer: RunConfig | Exception) -> None:
        if isinstance(answer, Exception):
            self.refused.emit(str(answer).splitlines()[0])
        else:
            self.made.emit(path, answer)


def _control(settings: dict[str, Any]) -> RunConfig:
    return without_restarts(RunConfig(**settings))
