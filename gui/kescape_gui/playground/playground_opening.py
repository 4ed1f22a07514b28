"""Opens the playground's window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from kescape_gui.playground.playground_window import PlaygroundWindow


class PlaygroundOpening(QObject):
    """One window, beside the one that trains.

    Args:
        settings: Where its size and place are remembered.
        window: The one that trains.
    """

    keys_wanted = Signal()

    def __init__(self, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._settings = settings
        self._window = window
        self._open: PlaygroundWindow | None = None

    def ask(self) -> None:
        """Open it, or bring it to the front."""
        if self._open is not None:
            self._open.raise_()
            self._open.activateWindow()
            return
        # Its libraries would hold up the first paint of the main window.
        from kescape_gui.playground.playground_window import PlaygroundWindow

        opened = self._open = PlaygroundWindow(self._settings, self._window)
        opened.keys_wanted.connect(self.keys_wanted)
        opened.closed.connect(self._forget)
        opened.show()

    def close(self) -> None:
        """The main window goes, and this one with it."""
        if self._open is not None:
            self._open.close()

    def _forget(self) -> None:
        self._open = None
