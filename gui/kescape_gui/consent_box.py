"""Asks whether a user's Python file may be run, with what it is and how it begins in sight."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kescape.models.python_file import PythonFile
from kescape_gui import icons, theme
from kescape_gui.code_view import CodeView


class ConsentBox(QDialog):
    """`allowed` says yes to exactly what is shown. No is the default, and so is closing the box."""

    allowed = Signal()

    def __init__(self, file: PythonFile, source: bytes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("consentBox")
        self.setWindowTitle(self.tr("Run this file?"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        now = theme.colours()
        sign = QLabel()
        sign.setPixmap(icons.pixmap("warning", now.warning, 28, self.devicePixelRatioF()))
        headline = QLabel(self.tr("This file's code will run with your rights"))
        theme.font(headline, scale=1.2, bold=True)
        why = QLabel(
            self.tr(
                "To build the model, the engine runs the file. It can then do whatever you can: read, change and send "
                "your files. Say yes only if you know where it comes from. You are asked again when it changes."
            )
        )
        why.setWordWrap(True)
        lines = source.decode("utf-8", errors="replace").splitlines()
        facts = QLabel(
            self.tr("{path}\n{size} bytes, {lines} lines; {function} begins in line {line}").format(
                path=file.path, size=f"{len(source):,}", lines=f"{len(lines):,}", function=file.function, line=file.line
            )
        )
        facts.setObjectName("consentFacts")
        facts.setWordWrap(True)
        facts.setTextFormat(Qt.TextFormat.PlainText)
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        theme.paint_text(facts, now.muted)
        code = CodeView(source)
        code.setObjectName("consentCode")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        yes = QPushButton(self.tr("Run this file"))
        yes.setObjectName("allowCodeButton")
        yes.setAutoDefault(False)
        buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
        no = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        no.setDefault(True)
        buttons.accepted.connect(self._on_yes)
        buttons.rejected.connect(self.reject)
        layout = QGridLayout()
        layout.setHorizontalSpacing(14)
        layout.setVerticalSpacing(8)
        layout.addWidget(sign, 0, 0, 3, 1, Qt.AlignmentFlag.AlignTop)
        for row, part in enumerate((headline, why, facts)):
            layout.addWidget(part, row, 1)
        layout.setColumnStretch(1, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(18, 16, 18, 14)
        outer.setSpacing(12)
        outer.addLayout(layout)
        outer.addWidget(code, 1)
        outer.addWidget(buttons)
        self.resize(640, 520)
        no.setFocus()

    def _on_yes(self) -> None:
        self.accept()
        self.allowed.emit()
