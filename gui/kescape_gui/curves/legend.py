"""The legend: a sample of each line and its name, in one row."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget


@dataclass(frozen=True)
class Entry:
    """One line of a plot."""

    text: str
    colour: str
    width: float = 2.0
    style: Qt.PenStyle = Qt.PenStyle.SolidLine
    marker: bool = False


class Legend(QWidget):
    """Shows the entries from left to right; what has no room is left out whole."""

    _SAMPLE = 22
    _GAP = 16

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_entries(self, entries: list[Entry]) -> None:
        """Show these, in this order."""
        if entries != self._entries:
            self._entries = entries
            self.setAccessibleName(", ".join(entry.text for entry in entries))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Room for all entries."""
        metrics = self.fontMetrics()
        widths = [self._SAMPLE + 6 + metrics.horizontalAdvance(e.text) for e in self._entries]
        return QSize(sum(widths) + self._GAP * max(0, len(widths) - 1), metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        """Nothing: the plots matter more."""
        return QSize(0, self.fontMetrics().height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw samples and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        x, middle = 0.0, self.height() / 2
        for entry in self._entries:
            width = self._SAMPLE + 6 + metrics.horizontalAdvance(entry.text)
            if x + width > self.width() + 1:
                break
            pen = QPen(QColor(entry.colour), entry.width)
            pen.setStyle(entry.style)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, middle), QPointF(x + self._SAMPLE, middle))
            if entry.marker:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(entry.colour))
                painter.drawEllipse(QPointF(x + self._SAMPLE / 2, middle), 3, 3)
            painter.setPen(self.palette().windowText().color())
            baseline = (self.height() + metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(x + self._SAMPLE + 6, baseline), entry.text)
            x += width + self._GAP
        painter.end()
