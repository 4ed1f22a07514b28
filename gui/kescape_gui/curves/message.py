"""Words in place of a loss that is not there yet."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from kescape_gui import theme


class Message(QWidget):
    """A headline and a line under it, in the middle of a plot; the mouse goes through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = QLabel()
        theme.font(self._title, scale=1.45, bold=True)
        self._text = QLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 14, 28, 14)
        layout.setSpacing(8)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._left, self._right, self._height = 0, 0, 0
        self.hide()

    def show_message(self, message: tuple[str, str] | None) -> None:
        """Show headline and line, or nothing."""
        self.setVisible(message is not None)
        if message is not None:
            self._title.setText(message[0])
            self._text.setText(message[1])
            self._centre()

    def place(self, left: int, right: int, height: int) -> None:
        """Stand in the middle between these."""
        self._left, self._right, self._height = left, right, height
        self._centre()

    def recolour(self, colours: theme.Colours) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._text, colours.muted)

    def _centre(self) -> None:
        self.adjustSize()
        self.move((self._left + self._right - self.width()) // 2, (self._height - self.height()) // 2)
