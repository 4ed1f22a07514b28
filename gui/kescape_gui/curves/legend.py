"""The legend: a sample of each line and its name, in one row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget


class Marker(Enum):
    """What stands on a line, or in its place."""

    NONE = "none"
    CIRCLE = "circle"
    BEST = "best"
    """A diamond and a star."""


@dataclass(frozen=True)
class Entry:
    """One line of a plot."""

    text: str
    colour: str
    width: float = 2.0
    style: Qt.PenStyle = Qt.PenStyle.SolidLine
    marker: Marker = Marker.NONE


class Legend(QWidget):
    """Shows the entries from left to right, and how many of them have no room; the tooltip has all."""

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
            self.setToolTip("\n".join(entry.text for entry in entries))
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
        baseline = (self.height() + metrics.ascent() - metrics.descent()) / 2
        for number, entry in enumerate(self._entries):
            width = self._SAMPLE + 6 + metrics.horizontalAdvance(entry.text)
            rest = f"+{len(self._entries) - number}"
            is_last = number == len(self._entries) - 1
            needed = width if is_last else width + self._GAP + metrics.horizontalAdvance(rest)
            painter.setPen(self.palette().windowText().color())
            if x + needed > self.width() + 1:
                painter.drawText(QPointF(x, baseline), rest)
                break
            painter.drawText(QPointF(x + self._SAMPLE + 6, baseline), entry.text)
            self._draw_sample(painter, entry, x, middle)
            x += width + self._GAP
        painter.end()

    def _draw_sample(self, painter: QPainter, entry: Entry, x: float, middle: float) -> None:
        if entry.width:
            pen = QPen(QColor(entry.colour), entry.width)
            pen.setStyle(entry.style)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, middle), QPointF(x + self._SAMPLE, middle))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(entry.colour))
        if entry.marker is Marker.CIRCLE:
            painter.drawEllipse(QPointF(x + self._SAMPLE / 2, middle), 3, 3)
        elif entry.marker is Marker.BEST:
            painter.drawPolygon(star(QPointF(x + 5, middle), 4.5, points=2, waist=0.75))
            painter.drawPolygon(star(QPointF(x + 16, middle), 6, points=5, waist=0.4))


def star(centre: QPointF, radius: float, *, points: int, waist: float) -> QPolygonF:
    """A star whose inner corners are `waist` times as far out as its points; with two points, a diamond."""
    corners = []
    for corner in range(2 * points):
        reach = radius * (waist if corner % 2 else 1.0)
        angle = math.pi * corner / points
        corners.append(centre + QPointF(reach * math.sin(angle), -reach * math.cos(angle)))
    return QPolygonF(corners)
