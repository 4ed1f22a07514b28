"""Asks what there is to remember of a run."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from kescape.run.labels import LONGEST_NOTE
from kescape_gui import theme


class NoteDialog(QDialog):
    """`chosen` carries the note, which may be empty."""

    chosen = Signal(str)

    def __init__(self, name: str, note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Note"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        # With a field beside it, an & would be the sign of a key.
        asked = QLabel(self.tr("What is there to remember of {name}?").format(name=name.replace("&", "&&")))
        asked.setTextFormat(Qt.TextFormat.PlainText)
        asked.setWordWrap(True)
        self._text = QPlainTextEdit(note)
        self._text.setObjectName("noteEdit")
        self._text.setAccessibleName(self.tr("Note"))
        self._text.setTabChangesFocus(True)
        asked.setBuddy(self._text)
        self._fault = QLabel()
        self._fault.setObjectName("noteFault")
        self._fault.setMinimumHeight(self._fault.fontMetrics().lineSpacing())
        theme.paint_text(self._fault, theme.colours().error)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._save = QPushButton(self.tr("Save"))
        self._save.setObjectName("noteOkButton")
        buttons.addButton(self._save, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self._save.setDefault(True)
        self._save.setToolTip(self.tr("Ctrl+Return"))
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self._on_accepted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for part in (asked, self._text, self._fault, buttons):
            layout.addWidget(part)
        self.resize(460, 260)
        self._text.textChanged.connect(self._judge)

    def _judge(self) -> None:
        over = len(self._text.toPlainText().strip()) - LONGEST_NOTE
        said = self.tr("{over} characters too many: a note has at most {most}.")
        self._fault.setText(said.format(over=f"{over:,}", most=f"{LONGEST_NOTE:,}") if over > 0 else "")
        self._save.setEnabled(over <= 0)

    def _on_accepted(self) -> None:
        if self._save.isEnabled():
            self.accept()
            self.chosen.emit(self._text.toPlainText().strip())
