"""Makes the draft of a run that starts from weights of another one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape.config import RunConfig
from kescape.engine.branch import Start, branched, starts
from kescape.run.errors import RunError
from kescape.run.reader import open_run
from kescape_gui.background import Background
from kescape_gui.branch_dialog import BranchDialog


class Branching(QObject):
    """Asks from which weights, and makes the settings."""

    drafted = Signal(object, str)
    """The settings, and where they start in words."""
    refused = Signal(str)
    """Why there is nothing to start from."""

    def __init__(self, background: Background, window: QWidget) -> None:
        super().__init__(window)
        self._background = background
        self._window = window

    def ask(self, folder: Path) -> None:
        """Ask from which weights of a run the new one starts."""
        try:
            with open_run(folder) as run:
                found = starts(run)
        except RunError as error:
            self.refused.emit(str(error))
            return
        if not found:
            self.refused.emit(self.tr("{name} has no weights yet to start from.").format(name=folder.name))
            return
        dialog = BranchDialog(folder.name, found, self._window)
        dialog.chosen.connect(partial(self.draft, folder))
        dialog.open()

    def draft(self, folder: Path, step: int, changes: Mapping[str, Any] | None = None) -> None:
        """Make the settings of a run that starts from the weights of that step, with these changes."""
        self._background.do(partial(branched, folder, step, changes), partial(self._on_branched, folder))

    def _on_branched(self, folder: Path, answer: tuple[Start, RunConfig] | Exception) -> None:
        if isinstance(answer, Exception):
            self.refused.emit(str(answer))
        else:
            start, config = answer
            self.drafted.emit(config, f"{folder.name}, {start.words}")
