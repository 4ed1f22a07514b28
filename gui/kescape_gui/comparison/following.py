"""Looks at a comparison about once a second, beside the window."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from kescape_gui.background import Background
from kescape_gui.comparison.reader import ComparisonReader, Look

_SECONDS = 1.0
_SHARE = 0.25
"""Of the time that looking takes at most: of a comparison with thousands of runs, each look takes seconds."""


class Following(QObject):
    """Tells what is new. One look begins after the one before has been shown.

    Args:
        folder: The comparison's folder.
        background: Where it is read.
        parent: Who owns it.
    """

    looked = Signal(object)
    """A `Look`."""
    failed = Signal(str)
    """Why there is nothing to see, in a sentence: the folder is gone."""

    def __init__(self, folder: Path, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._reader = ComparisonReader(folder)
        self._background = background
        self._is_looking = False
        self._asked_again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)

    def look(self) -> None:
        """Look now, or after the look that is under way."""
        if self._is_looking:
            self._asked_again = True
            return
        self._is_looking = True
        self._timer.stop()
        began = time.monotonic()
        self._background.do(self._reader.look, lambda answer: self._on_looked(answer, time.monotonic() - began))

    def pause(self) -> None:
        """Look no more until asked."""
        self._timer.stop()
        self._asked_again = False

    def _on_looked(self, answer: Look | Exception, seconds: float) -> None:
        self._is_looking = False
        if isinstance(answer, Exception):
            self.failed.emit(str(answer))
        else:
            self.looked.emit(answer)
        if self._asked_again:
            self._asked_again = False
            self.look()
        else:
            self._timer.start(round(1000 * max(_SECONDS, seconds / _SHARE)))
