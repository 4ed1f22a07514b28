"""The sentence about what is wrong with a field, under it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from kescape_gui import icons, theme


class Fault(QWidget):
    """What is wrong with the field above, with a sign beside the words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel(self)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(6)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._words, 1)
        self.hide()

    def tell(self, sentence: str | None) -> None:
        """Show a sentence, or nothing."""
        if sentence is not None:
            colour = theme.colours().error
            self._sign.setPixmap(icons.pixmap("error", colour, 14, self.devicePixelRatioF()))
            self._words.setText(sentence)
            theme.paint_text(self._words, colour)
        self.setVisible(sentence is not None)
