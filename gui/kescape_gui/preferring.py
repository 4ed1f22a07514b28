"""Lets the user choose what is preferred, and carries it out: what is chosen holds at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape_gui.dialogs import show_one
from kescape_gui.engine_session import EngineSession
from kescape_gui.notifier import Notifier
from kescape_gui.preferences import PreferenceFile, Preferences, PreferencesUnwritable

if TYPE_CHECKING:
    from kescape_gui.preferences_dialog import PreferencesDialog


class Preferring(QObject):
    """The preferences of one window."""

    appearance_changed = Signal(str)
    complained = Signal(str)
    """Why the preferences could not be read or kept."""

    def __init__(
        self, file: PreferenceFile, runs: Path, engines: EngineSession, notifier: Notifier, window: QWidget
    ) -> None:
        super().__init__(window)
        self._file = file
        self._runs = runs
        self._engines = engines
        self._notifier = notifier
        self._window = window
        self._dialog: PreferencesDialog | None = None
        self._carry_out()

    @property
    def value(self) -> Preferences:
        """What holds now."""
        return self._file.value

    def say_problem(self) -> None:
        """Complain if the file of the preferences does not count."""
        if self._file.problem is not None:
            self.complained.emit(self._file.problem)

    def ask(self) -> None:
        """Open the settings, or bring them to the front."""
        # The first paint does not need it.
        from kescape_gui.preferences_dialog import PreferencesDialog

        def make() -> PreferencesDialog:
            dialog = self._dialog = PreferencesDialog(self.value, self._runs, self._file.problem, self._window)
            dialog.changed.connect(self.prefer)
            dialog.destroyed.connect(self._forget_dialog)
            return dialog

        show_one(self._window, PreferencesDialog, make)

    def prefer(self, name: str, value: Any) -> None:
        """Prefer something else from now on, and remember it."""
        before = self.value.appearance
        try:
            self._file.change(**{name: value})
        except PreferencesUnwritable as problem:
            self.complained.emit(str(problem))
            if self._dialog is not None:
                self._dialog.tell(str(problem))
        self._carry_out()
        if self.value.appearance != before:
            if self._dialog is not None:
                self._dialog.show_appearance(self.value.appearance)
            self.appearance_changed.emit(self.value.appearance)

    def _carry_out(self) -> None:
        self._engines.keep_awake(self.value.keep_awake)
        self._notifier.wanted = self.value.notify
        if not self.value.spare_engine:
            self._engines.dismiss_spare()

    def _forget_dialog(self) -> None:
        self._dialog = None
