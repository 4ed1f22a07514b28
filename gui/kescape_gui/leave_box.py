"""The question when the window is closed while a run trains."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QMessageBox, QWidget


class LeaveBox(QMessageBox):
    """Keep training in background, stop after this cycle, or stay."""

    keep_wanted = Signal()
    stop_wanted = Signal()
    always_wanted = Signal(str)
    """What is to be done from now on without a question: "background" or "stop"."""

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
        self._always = QCheckBox(self.tr("Do the same from now on, without asking"))
        self._always.setObjectName("alwaysLeaveBox")
        self._always.setToolTip(self.tr("File, Settings can change that again"))
        self.setCheckBox(self._always)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.buttonClicked.connect(self._on_clicked)

    def _on_clicked(self, button: QAbstractButton) -> None:
        if button is not self._keep and button is not self._stop:
            return
        if self._always.isChecked():
            self.always_wanted.emit("background" if button is self._keep else "stop")
        if button is self._keep:
            self.keep_wanted.emit()
        else:
            self.stop_wanted.emit()
