"""The box that shows a mistake of ours, with all that helps to mend it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

_open: list[QMessageBox] = []


def show_mistake(parent: QWidget, report: str) -> None:
    """Show the report, unless one is open already: a mistake in a timer would open one at each tick."""
    if _open:
        return
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(parent.tr("A mistake in KEscape"))
    box.setText(parent.tr("Something went wrong in the window. A training in progress is not touched by this."))
    box.setDetailedText(report)
    copy = box.addButton(parent.tr("Copy report"), QMessageBox.ButtonRole.ActionRole)
    box.addButton(QMessageBox.StandardButton.Close)
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.finished.connect(lambda _code: _open.clear())
    _open.append(box)
    box.open()
