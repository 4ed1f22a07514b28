"""A closer look at the model: what it takes and gives, and the source of a Python file."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.code_view import CodeView
from kescape_gui.dialogs import fit_height
from kescape_gui.setup.found_model import ModelFacts


class ModelDialog(QDialog):
    """What is known of one model before it is built."""

    def __init__(self, known: ModelFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelDialog")
        self.setWindowTitle(known.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        now, letter = theme.colours(), self.fontMetrics().averageCharWidth()
        title = QLabel(known.title)
        title.setTextFormat(Qt.TextFormat.PlainText)
        theme.font(title, scale=1.25, bold=True)
        told = QLabel(known.told)
        told.setTextFormat(Qt.TextFormat.PlainText)
        told.setWordWrap(True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for row, (name, fact) in enumerate(known.facts):
            heading, words = QLabel(name), QLabel(fact)
            theme.paint_text(heading, now.muted)
            words.setTextFormat(Qt.TextFormat.PlainText)
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(heading, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(words, row, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(title)
        layout.addWidget(told)
        layout.addLayout(grid)
        if known.source is not None:
            code = CodeView(known.source)
            code.setObjectName("modelCode")
            layout.addWidget(code, 1)
            self.resize(92 * letter, 560)
            code.show_line(known.line)
            layout.addWidget(buttons)
        else:
            layout.addStretch(1)
            layout.addWidget(buttons)
            self.resize(66 * letter, 0)
            fit_height(self)
