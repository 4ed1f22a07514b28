"""The question when the window is closed while a run trains."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget


class LeaveBox(QMessageBox):
    """Keep training in background, stop after this cycle, or stay."""

    keep_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leaveBox")
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle(self.tr("Close the window"))
        self.setText(self.tr("“{name}” is still training.").format(name=name))
        self.setInformativeText(
            self.tr("It can go on without the window; open KEscape again to see it. Nothing is lost either way.")
        )
        self._keep = self.addButton(self.tr("Keep training in background"), QMessageBox.ButtonRole.AcceptRole)
        self._keep.setObjectName("keepTrainingButton")
        self._stop = self.addButton(self.tr("Stop after this cycle"), QMessageBox.ButtonRole.DestructiveRole)
        self._stop.setObjectName("stopAfterCycleButton")
        self.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self._keep)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.buttonClicked.connect(self._on_clicked)

    def _on_clicked(self, button: QAbstractButton) -> None:
        if button is self._keep:
            self.keep_wanted.emit()
        elif button is self._stop:
            self.stop_wanted.emit()
