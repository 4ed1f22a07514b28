"""Keeps the draft on disk while it changes: at most once a second, and when the window closes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from kescape_gui.setup.draft_file import write_draft
from kescape_gui.setup.setup import Setup

_MILLISECONDS = 1000


class DraftKeeper(QObject):
    """Writes the draft to its file.

    Args:
        setup: The draft.
        path: Of its file.
    """

    told = Signal(str)
    """What the user should know about the draft's file."""

    def __init__(self, setup: Setup, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._setup = setup
        self._path = path
        self._has_failed = False
        self._written = setup.values
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_MILLISECONDS)
        self._timer.timeout.connect(self.write)

    def on_changed(self) -> None:
        """The draft is another now."""
        if not self._timer.isActive():
            self._timer.start()

    def close(self) -> None:
        """Write what is not written yet."""
        self._timer.stop()
        self.write()

    def write(self) -> None:
        """Write the draft if it is not the one on disk; that it cannot be written is said once."""
        values = self._setup.values
        if values == self._written:
            return
        try:
            write_draft(self._path, values)
        except OSError as error:
            if not self._has_failed:
                self._has_failed = True
                self.told.emit(
                    self.tr("The draft cannot be kept in {folder}: {why}").format(
                        folder=self._path.parent, why=error.strerror or error
                    )
                )
            return
        self._written, self._has_failed = values, False
