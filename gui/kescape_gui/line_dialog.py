"""Asks for one line: a number or a text, judged while it is typed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from kescape_gui import theme


class LineDialog(QDialog):
    """`chosen` carries the text.

    Args:
        title: Of the window.
        question: Above the line.
        button: What is done with it.
        problem: Says what is wrong with a text, or None if it can be taken.
        text: What stands there at first.
        goes_on: Whether what is typed is added to it; else it replaces it.
    """

    chosen = Signal(str)

    def __init__(
        self,
        title: str,
        question: str,
        button: str,
        problem: Callable[[str], str | None],
        text: str = "",
        parent: QWidget | None = None,
        *,
        goes_on: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._problem = problem
        # With a field beside it, an & would be the sign of a key. Names may come with somebody else's run.
        asked = QLabel(question.replace("&", "&&"))
        asked.setTextFormat(Qt.TextFormat.PlainText)
        asked.setWordWrap(True)
        self._line = QLineEdit(text)
        self._line.setObjectName("lineEdit")
        self._line.setAccessibleName(title)
        asked.setBuddy(self._line)
        self._fault = QLabel()
        self._fault.setObjectName("lineFault")
        self._fault.setWordWrap(True)
        self._fault.setMinimumHeight(self._fault.fontMetrics().lineSpacing())
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._do = QPushButton(button)
        self._do.setObjectName("lineOkButton")
        self._buttons.addButton(self._do, QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self._do.setDefault(True)
        self._buttons.accepted.connect(self._on_accepted)
        self._buttons.rejected.connect(self.reject)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(18, 16, 18, 14)
        self._column.setSpacing(10)
        for part in (asked, self._line, self._fault, self._buttons):
            self._column.addWidget(part)
        self.setMinimumWidth(420)
        theme.paint_text(self._fault, theme.colours().error)
        self._line.textChanged.connect(self._judge)
        if not goes_on:
            self._line.selectAll()
        self._judge()

    def _judge(self) -> None:
        problem = self._problem(self._line.text())
        self._do.setEnabled(problem is None)
        self._fault.setText((problem or "") if self._line.text() else "")
        # A sentence of several lines makes the dialog higher, as a window does not by itself.
        height = self._column.totalHeightForWidth(self.width())
        if height > self.height():
            self.resize(self.width(), height)

    def _on_accepted(self) -> None:
        text = self._line.text()
        if self._problem(text) is None:
            self.accept()
            self.chosen.emit(text)
