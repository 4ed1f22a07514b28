"""What happens when the window is closed while a run trains: the training goes on, unless the user wants otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape.run.commands import send_command
from kescape.run.errors import RunError
from kescape.run.reader import open_run
from kescape_gui.engine_session import EngineSession
from kescape_gui.in_view import InView
from kescape_gui.leave_box import LeaveBox


class Leaving(QObject):
    """Asks before the window goes away from a run that it trains, unless `closing` says what is always wanted."""

    decided = Signal()
    """The window can close now."""
    complained = Signal(str)
    always_wanted = Signal(str)
    """What `closing` is to say from now on."""

    def __init__(self, in_view: InView, engines: EngineSession, closing: Callable[[], str], window: QWidget) -> None:
        super().__init__(window)
        self._closing = closing
        self._in_view = in_view
        self._engines = engines
        self._window = window

    def must_ask(self) -> bool:
        """Whether a run trains and the user has no general answer; if so, the question is put."""
        training = self._live_training()
        closing = self._closing()
        if training is None or closing == "background":
            return False
        if closing == "stop":
            return not self._stops_after_cycle(training)
        self._ask(training)
        return True

    def _live_training(self) -> Path | None:
        """The run that our engine trains, unless its folder says that it has ended: the process may still tidy up."""
        training = self._engines.training
        if training is None:
            return None
        if self._in_view.path == training:
            return training if self._in_view.state.is_active else None
        try:
            with open_run(training) as run:
                return training if run.status.is_live else None
        except RunError:
            return training

    def _ask(self, training: Path) -> None:
        asked = self._window.findChild(LeaveBox)
        if asked is not None:
            asked.raise_()
            return
        box = LeaveBox(training.name, self._window)
        box.always_wanted.connect(self.always_wanted)
        box.keep_wanted.connect(self.decided)
        box.stop_wanted.connect(partial(self._stop_after_cycle, training))
        box.open()

    def _stop_after_cycle(self, training: Path) -> None:
        if self._stops_after_cycle(training):
            self.decided.emit()

    def _stops_after_cycle(self, training: Path) -> bool:
        """Tell the run; False, and a complaint, if it cannot be told."""
        try:
            send_command(training, "stop_after_cycle")
        except RunError as error:
            self.complained.emit(str(error))
            return False
        return True
