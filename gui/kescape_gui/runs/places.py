"""Other folders of runs to look in, and the way back to those of this window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

_REMEMBERED = 8


class Places(QObject):
    """Where the list of runs looks. New runs go to the window's own folder, wherever that is."""

    wanted = Signal(object)
    """The folder to look in."""

    def __init__(self, home: Path, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self.home = home
        self._settings = settings
        self._window = window

    @property
    def recent(self) -> list[Path]:
        """Folders that were looked in, the last one first."""
        return [Path(text) for text in str(self._settings.value("runs/places", "")).splitlines() if text]

    def ask(self) -> None:
        """Let the user look for a folder of runs."""
        start = self.recent[0] if self.recent else self.home
        title = self.tr("Open a folder of runs; new runs still go to {home}").format(home=self.home)
        dialog = QFileDialog(self._window, title, str(start))
        dialog.setObjectName("placesDialog")
        if QApplication.platformName() in ("offscreen", "minimal"):
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.look_in(Path(chosen)))
        dialog.open()

    def look_in(self, folder: Path) -> None:
        """Look in a folder, and remember it."""
        if folder != self.home:
            places = [folder, *(place for place in self.recent if place != folder)]
            self._settings.setValue("runs/places", "\n".join(str(place) for place in places[:_REMEMBERED]))
        self.wanted.emit(folder)

    def go_home(self) -> None:
        """Look at the runs of this window again."""
        self.wanted.emit(self.home)
