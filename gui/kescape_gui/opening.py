"""Opens a run's folder, and makes runs of logs that other tools have written."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from kescape.run.importing import import_run
from kescape_gui.background import Background


class Opening(QObject):
    """Asks for a run, or imports one."""

    opened = Signal(object)
    """The path of a run to show."""
    told = Signal(str)
    complained = Signal(str)

    def __init__(self, runs: Path, background: Background, window: QWidget) -> None:
        super().__init__(window)
        self._runs = runs
        self._background = background
        self._window = window

    def ask(self) -> None:
        """Let the user look for a run's folder."""
        dialog = QFileDialog(self._window, self.tr("Open run"), str(self._runs))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.opened.emit(Path(chosen)))
        dialog.open()

    def import_log(self, path: Path) -> None:
        """Make a run of a log or of a run that was handed on."""
        self.told.emit(self.tr("Importing {name}…").format(name=path.name))
        self._background.do(partial(_imported, path, self._runs), self._on_imported)

    def _on_imported(self, answer: Path | Exception) -> None:
        if isinstance(answer, Exception):
            self.complained.emit(str(answer))
            return
        self.told.emit(self.tr("Imported as {name}.").format(name=answer.name))
        self.opened.emit(answer)


def open_folder(path: Path) -> None:
    """Show a folder in the system's own file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _imported(path: Path, runs: Path) -> Path:
    """The folder of the run that was made of a log."""
    with import_run(path, runs=runs) as run:
        return run.path
