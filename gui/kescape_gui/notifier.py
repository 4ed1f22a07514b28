"""Tells through the desktop that a run has ended, if the window is not what the user looks at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from kescape.run.listing import RunSummary
from kescape.run.status import RunStatus
from kescape_gui.comparison.ends import ComparisonEnds
from kescape_gui.run_ends import RunEnds, end_words


class Notifier(QObject):
    """Looks at each listing of the runs. Without a tray, the window's entry in the task bar asks for attention."""

    told = Signal(str)
    """The sentence that the desktop was given."""

    def __init__(self, window: QWidget, *, wanted: bool = True) -> None:
        super().__init__(window)
        self.wanted = wanted
        self._window = window
        self._ends = RunEnds()
        self._comparisons = ComparisonEnds()
        self._tray: QSystemTrayIcon | None = None

    def look(self, summaries: Sequence[RunSummary]) -> None:
        """Tell of the runs that have ended since the last time; of those of a comparison, once all have."""
        ended, over = self._comparisons.new(summaries, self._ends.new(summaries))
        if self.wanted and QApplication.activeWindow() is None:
            for run in ended:
                self._tell(end_words(run), failed=run.status is RunStatus.FAILED)
            for comparison in over:
                words = self.tr("The comparison {name} has ended").format(name=comparison.name)
                self._tell(words, failed=False)

    def close(self) -> None:
        """Take the sign off the tray."""
        if self._tray is not None:
            self._tray.hide()

    def _tell(self, words: str, *, failed: bool) -> None:
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            icon = QSystemTrayIcon.MessageIcon.Warning if failed else QSystemTrayIcon.MessageIcon.Information
            self._sign().showMessage("KEscape", words, icon)
        self.told.emit(words)

    def _sign(self) -> QSystemTrayIcon:
        """A sign on the tray, without which no message can be shown; clicked, it brings the window."""
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
            self._tray.setToolTip("KEscape")
            self._tray.activated.connect(self._come)
            self._tray.messageClicked.connect(self._come)
            # Once the user has come, there is nothing more to tell.
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            app.applicationStateChanged.connect(self._on_state_changed)
        self._tray.show()
        return self._tray

    def _come(self) -> None:
        if self._window.isMinimized():
            self._window.showNormal()
        self._window.raise_()
        self._window.activateWindow()

    def _on_state_changed(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self.close()
