"""Lets an ended run go on: as it was planned, or for longer."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape.engine.go_on import GoOn, ask_to_go_on, withdraw_request
from kescape_gui.background import Background
from kescape_gui.epochs_dialog import EpochsDialog
from kescape_gui.watched_run import WatchedRun


class GoingOn(QObject):
    """Asks in the run's folder, beside the window: reading a checkpoint may take a while."""

    asked = Signal(object)
    """The folder of a run that has been asked to go on and waits for an engine."""
    refused = Signal(str)
    """Why a run cannot go on."""

    def __init__(self, background: Background, window: QWidget) -> None:
        super().__init__(window)
        self._background = background
        self._window = window
        self._dialog: EpochsDialog | None = None

    def resume(self, folder: Path) -> None:
        """Let a run go on to the end that was planned."""
        self._background.do(partial(ask_to_go_on, folder), partial(self._on_asked, folder))

    def ask_for_longer(self, run: WatchedRun) -> None:
        """Ask how long a run shall be, and let it go on."""
        epochs, plan = run.config.get("epochs"), run.placed.plan if run.placed else None
        assert isinstance(epochs, int), "an engine's run has a number of epochs"
        assert plan is not None, "and a plan"
        dialog = self._dialog = EpochsDialog(run.name, plan, epochs, self._window)
        dialog.chosen.connect(partial(self._train_on, run.path))
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    def _train_on(self, folder: Path, epochs: int) -> None:
        self._background.do(partial(ask_to_go_on, folder, epochs=epochs), partial(self._on_asked_for_longer, folder))

    def _on_dialog_finished(self) -> None:
        self._dialog = None

    def _on_asked(self, folder: Path, answer: GoOn | Exception) -> None:
        if isinstance(answer, Exception):
            self.refused.emit(str(answer))
        else:
            self.asked.emit(folder)

    def _on_asked_for_longer(self, folder: Path, answer: GoOn | Exception) -> None:
        dialog = self._dialog
        if isinstance(answer, Exception):
            if dialog is not None:
                dialog.refuse(str(answer))
        elif dialog is None:
            # The user has thought better of it meanwhile.
            withdraw_request(folder)
        else:
            dialog.accept()
            self.asked.emit(folder)
