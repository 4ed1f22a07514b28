"""Thin rules at steps where something else than a restart happened: the run went on there, or somebody noted it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kescape_gui.curves.shown import Mark
from kescape_gui.curves.whole_view import WholeView

_FLAG = 5.0
_NEAR_PIXELS = 5.0


class Marks(WholeView):
    """Rules the plot at marks; those with words in sight have them at the foot of the rule, the others a small flag.

    Args:
        labelled: Whether words and flags are drawn, which one of two plots above one another does.
    """

    def __init__(self, *, labelled: bool) -> None:
        super().__init__()
        self._labelled = labelled
        self._marks: list[tuple[float, Mark]] = []
        self._pen = QPen()
        self._text = QColor()
        self._back = QColor()
        self._warning = QColor()
        self.setZValue(-4)

    def set_marks(self, marks: Sequence[Mark], places: Iterable[float]) -> None:
        """Rule the plot at these, each at its place."""
        wanted = sorted(zip(places, marks, strict=True), key=lambda pair: pair[0])
        if wanted != self._marks:
            self._marks = wanted
            self.update()

    def near(self, place: float) -> list[Mark]:
        """The marks that a place in the plot stands on, as far as a hand can tell."""
        view = self.getViewBox()
        pixel = float(view.viewPixelSize()[0]) if view is not None else 0.0
        return [mark for at, mark in self._marks if abs(at - place) <= _NEAR_PIXELS * pixel]

    def set_colours(self, rule: str, text: str, back: str, warning: str) -> None:
        """Take new colours."""
        self._pen = QPen(QColor(rule), 1)
        self._pen.setCosmetic(True)
        self._text, self._back, self._warning = QColor(text), QColor(back), QColor(warning)
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the rules in view, and what stands at their feet where there is room."""
        view = self.viewRect()
        inside = [(at, mark) for at, mark in self._marks if view.left() <= at <= view.right()]
        if not inside:
            return
        transform = painter.transform()
        painter.save()
        painter.resetTransform()
        font = QFont(painter.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        corners = [transform.map(point).toTuple() for point in (view.topLeft(), view.bottomRight())]
        (left, right), (top, bottom) = (sorted(pair) for pair in zip(*corners, strict=True))
        free_from = left
        for place, mark in inside:
            x = round(transform.map(QPointF(place, 0)).x()) + 0.5
            colour = self._warning if mark.warns else self._text
            pen = QPen(self._pen)
            if mark.warns:
                pen.setColor(colour)
            pen.setStyle(Qt.PenStyle.SolidLine if mark.label else Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
            if not self._labelled:
                continue
            if not mark.label:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                foot = QPointF(x, bottom)
                painter.drawPolygon(QPolygonF([foot, foot + QPointF(_FLAG, -_FLAG), foot + QPointF(0, -2 * _FLAG)]))
                continue
            width = metrics.horizontalAdvance(mark.label) + 10
            at = x + 4 if x + 4 + width <= right else x - 4 - width
            if at < free_from:
                continue
            box = QRectF(at, bottom - metrics.height() - 5, width, metrics.height() + 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._back)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(colour)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark.label)
            free_from = box.right() + 2
        painter.restore()
