"""The five racers, one below the other: drawn or not, their colour, and how it is with them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from kescape.landscape.race import METHODS
from kescape_gui import theme
from kescape_gui.playground.playground import method_titles


class _Swatch(QWidget):
    """A piece of the line that a racer is drawn with."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.setFixedSize(QSize(26, 18))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The line and the dot at its end."""
        painter, colour = QPainter(self), QColor(theme.colours().racers[self._number])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dashes = Qt.PenStyle.DashLine if METHODS[self._number].restarts else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, 2.4, dashes))
        painter.drawLine(QPointF(1, 9), QPointF(20, 9))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(21, 9), 4.2, 4.2)
        painter.end()


class MethodRows(QWidget):
    """`changed` says that another choice of racers is to be drawn."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.setVerticalSpacing(1)
        layout.setColumnStretch(1, 1)
        self._boxes: list[QCheckBox] = []
        self._words: list[QLabel] = []
        for number, (method, title) in enumerate(zip(METHODS, method_titles(), strict=True)):
            box, words = QCheckBox(title), QLabel()
            box.setObjectName(f"{method.name}Check")
            box.setChecked(True)
            box.setToolTip(self.tr("Draw this racer; it runs in any case, with the same noise as the others"))
            box.toggled.connect(self.changed)
            words.setObjectName(f"{method.name}Words")
            words.setIndent(22)
            words.setTextFormat(Qt.TextFormat.PlainText)
            theme.font(words, scale=0.92)
            layout.addWidget(box, 2 * number, 0, 1, 2)
            layout.addWidget(_Swatch(number), 2 * number, 2)
            layout.addWidget(words, 2 * number + 1, 0, 1, 3)
            self._boxes.append(box)
            self._words.append(words)
        self.recolour()

    @property
    def chosen(self) -> list[int]:
        """The racers to draw."""
        return [number for number, box in enumerate(self._boxes) if box.isChecked()]

    def show_words(self, words: list[str]) -> None:
        """Say how it is with each."""
        for label, text in zip(self._words, words, strict=True):
            if label.text() != text:
                label.setText(text)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        for label in self._words:
            theme.paint_text(label, theme.colours().muted)
