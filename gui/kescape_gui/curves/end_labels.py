"""Names at the ends of lines, where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kescape_gui.curves.whole_view import WholeView

_LONGEST = 140.0
_APART = 6.0


@dataclass(frozen=True)
class EndLabel:
    """A name at a point, in the colour of its line."""

    text: str
    x: float
    y: float
    colour: str


class EndLabels(WholeView):
    """Draws names beside the ends of lines, the first ones first; one that would cover another is left out."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: tuple[EndLabel, ...] = ()
        self._back = QColor()
        self.setZValue(10)

    def set_labels(self, labels: Sequence[EndLabel]) -> None:
        """Draw these."""
        if tuple(labels) != self._labels:
            self._labels = tuple(labels)
            self.update()

    def set_ground(self, colour: str) -> None:
        """Take a new colour to write on."""
        self._back = QColor(colour)
        self._back.setAlpha(215)
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Write the names that have room."""
        if not self._labels:
            return
        transform = painter.transform()
        view = transform.mapRect(self.viewRect())
        painter.save()
        painter.resetTransform()
        font = QFont(painter.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.9))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        taken: list[QRectF] = []
        for label in self._labels:
            text = metrics.elidedText(label.text, Qt.TextElideMode.ElideMiddle, _LONGEST)
            box = self._place(transform.map(QPointF(label.x, label.y)), metrics.horizontalAdvance(text), metrics, view)
            if box is None or any(box.intersects(other) for other in taken):
                continue
            taken.append(box)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._back)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(QColor(label.colour))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    @staticmethod
    def _place(end: QPointF, width: float, metrics: QFontMetricsF, view: QRectF) -> QRectF | None:
        """Behind the end; above it, where there is nothing left behind it."""
        width, height = width + 6, metrics.height()
        if not view.adjusted(-1, -1, 1, 1).contains(end):
            return None
        box = QRectF(end.x() + _APART, end.y() - height / 2, width, height)
        if box.right() > view.right():
            box = QRectF(view.right() - width - 2, end.y() - height - _APART, width, height)
        if box.top() < view.top():
            box.moveTop(end.y() + _APART)
        if box.bottom() > view.bottom():
            box.moveBottom(view.bottom())
        return box
