"""Asks where a run is to be exported to, and in which format."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from kescape_gui.export.export import filters, with_suffix


class ExportDialog(QFileDialog):
    """The system's own dialog, with our formats."""

    chosen = Signal(object)
    """The path, with the suffix of the format."""

    def __init__(self, name: str, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, "", folder)
        self.setWindowTitle(self.tr("Export {name}").format(name=name))
        self.setObjectName("exportDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if QApplication.platformName() in ("offscreen", "minimal"):
            self.setOption(QFileDialog.Option.DontUseNativeDialog)
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setFileMode(QFileDialog.FileMode.AnyFile)
        self.setNameFilters(filters())
        # With the suffix known to it, the dialog itself asks before an existing file is replaced.
        self._take_suffix(filters()[0])
        self.filterSelected.connect(self._take_suffix)
        self.selectFile(name)
        self.fileSelected.connect(lambda path: self.chosen.emit(with_suffix(Path(path), self.selectedNameFilter())))

    def _take_suffix(self, chosen: str) -> None:
        self.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")"))
