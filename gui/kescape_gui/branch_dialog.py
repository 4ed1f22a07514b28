"""Asks from which weights of a run a new one shall start."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QPushButton, QVBoxLayout, QWidget

from kescape.engine.branch import Start


class BranchDialog(QDialog):
    """`chosen` carries the step of the weights."""

    chosen = Signal(int)

    def __init__(self, name: str, starts: list[Start], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("branchDialog")
        self.setWindowTitle(self.tr("Branch"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        told = QLabel(
            self.tr(
                "A new run with the settings of “{name}” that starts from its weights. The form is filled; change what "
                "you like there, then press Start."
            ).format(name=name)
        )
        told.setWordWrap(True)
        self._starts = list(reversed(starts))
        self._list = QListWidget()
        self._list.setObjectName("startsList")
        self._list.setAccessibleName(self.tr("Weights of the run"))
        self._list.addItems([start.words for start in self._starts])
        self._list.setCurrentRow(0)
        self._list.itemDoubleClicked.connect(self._on_accepted)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        fill = QPushButton(self.tr("Fill the form"))
        fill.setObjectName("fillFormButton")
        buttons.addButton(fill, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        fill.setDefault(True)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for part in (told, self._list, buttons):
            layout.addWidget(part)
        self.resize(460, 260)

    def _on_accepted(self) -> None:
        self.accept()
        self.chosen.emit(self._starts[self._list.currentRow()].step)
