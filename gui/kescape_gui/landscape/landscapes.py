"""Opens the windows of the landscapes of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from kescape_gui.landscape.landscape_window import LandscapeWindow


class Landscapes(QObject):
    """One window for each run that somebody looks at."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._open: dict[Path, LandscapeWindow] = {}

    def ask(self, run: Path) -> None:
        """Open the window of a run, or bring it to the front."""
        known = self._open.get(run)
        if known is not None:
            known.raise_()
            known.activateWindow()
            return
        # Its libraries would hold up the first paint of the main window.
        from kescape_gui.landscape.landscape_window import LandscapeWindow

        opened = self._open[run] = LandscapeWindow(run, self._window)
        opened.closed.connect(lambda: self._open.pop(run, None))
        opened.show()

    def close(self) -> None:
        """The main window goes, and these with it."""
        for opened in list(self._open.values()):
            opened.close()
