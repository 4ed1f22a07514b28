"""Where the window is and how its rooms share it: kept from one start to the next."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtWidgets import QMainWindow, QSplitter

from kescape_gui.setup.setup_dock import SetupDock

_VERSION = 1
_SIZE = QSize(1300, 800)
_FRAME = QSize(4, 36)
"""What the desktop puts around a window."""
_DOCK_LETTERS = 54
_SHARES = [500, 220]
"""Of curves and tables."""


class Layout:
    """Size and place of one window, its dock and its splitter."""

    def __init__(self, window: QMainWindow, dock: SetupDock, splitter: QSplitter, settings: QSettings) -> None:
        self._window = window
        self._dock = dock
        self._splitter = splitter
        self._settings = settings

    def restore(self) -> None:
        """As it was when the window was last closed, or as it is meant to be."""
        self.reset()
        geometry, state = self._settings.value("geometry"), self._settings.value("state")
        if isinstance(geometry, QByteArray):
            self._window.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self._window.restoreState(state, _VERSION)
        splitter = self._settings.value("splitter")
        if isinstance(splitter, QByteArray):
            self._splitter.restoreState(splitter)
        self._dock.take_looks(
            {name: bool(self._settings.value(f"setup/{name}", False, bool)) for name in self._dock.looks}
        )

    def save(self) -> None:
        """Remember how it is now."""
        self._settings.setValue("geometry", self._window.saveGeometry())
        self._settings.setValue("state", self._window.saveState(_VERSION))
        self._settings.setValue("splitter", self._splitter.saveState())
        for name, value in self._dock.looks.items():
            self._settings.setValue(f"setup/{name}", value)

    def reset(self) -> None:
        """As it is meant to be."""
        letter = self._window.fontMetrics().averageCharWidth()
        self._window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self._dock)
        self._window.resizeDocks([self._dock], [_DOCK_LETTERS * letter], Qt.Orientation.Horizontal)
        self._splitter.setSizes(_SHARES)
        # A screen may be smaller, and what is below its edge is never found.
        room = self._window.screen().availableSize() - _FRAME
        self._window.resize(_SIZE.boundedTo(room))
