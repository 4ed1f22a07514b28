"""Vertical rules through a plot at the restarts, numbered at the top; one item for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class Rules(pg.GraphicsObject):
    """Rules at some steps. Those from `upcoming_from` on have not been reached yet and are drawn dotted."""

    def __init__(self, *, numbered: bool) -> None:
        super().__init__()
        self._numbered = numbered
        self._word = self.tr("restart")
        self._steps = np.empty(0)
        self._upcoming_from = 0.0
        self._pen = QPen()
        self._text = QColor()
        self._back = QColor()
        self.setZValue(-5)

    def set_steps(self, steps: Sequence[int], upcoming_from: float) -> None:
        """Rule the plot at these steps."""
        if (
            len(steps) == len(self._steps)
            and np.array_equal(steps, self._steps)
            and upcoming_from == self._upcoming_from
        ):
            return
        self._steps = np.asarray(steps, dtype=np.float64)
        self._upcoming_from = upcoming_from
        self.update()

    def set_colours(self, rule: str, text: str, back: str) -> None:
        """Take new colours."""
        self._pen = QPen(QColor(rule), 1)
        self._pen.setCosmetic(True)
        self._text = QColor(text)
        self._back = QColor(back)
        self.update()

    def boundingRect(self) -> QRectF:
        """All that is in view: rules end nowhere."""
        return self.viewRect() if self.getViewBox() is not None else QRectF()

    def viewRangeChanged(self) -> None:
        """What is in view is our size."""
        self.prepareGeometryChange()
        super().viewRangeChanged()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the rules in view, and as many numbers as have room."""
        view = self.viewRect()
        inside = np.flatnonzero((self._steps >= view.left()) & (self._steps <= view.right()))
        if not len(inside):
            return
        transform = painter.transform()
        painter.save()
        painter.resetTransform()
        font = QFont(painter.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        free_from = -1e9
        places = [transform.map(QPointF(float(self._steps[index]), 0)).x() for index in inside]
        wide = min((b - a for a, b in itertools.pairwise(places)), default=1e9)
        # More rules than this in view would be a grey wall; then every n-th is drawn.
        every = max(1, len(inside) // 200)
        for index in inside[::every]:
            step = float(self._steps[index])
            top = transform.map(QPointF(step, view.bottom()))
            bottom = transform.map(QPointF(step, view.top()))
            if top.y() > bottom.y():
                top, bottom = bottom, top
            pen = QPen(self._pen)
            pen.setStyle(Qt.PenStyle.DotLine if step >= self._upcoming_from else Qt.PenStyle.DashLine)
            x = round(top.x()) + 0.5
            painter.setPen(pen)
            painter.drawLine(QPointF(x, top.y()), QPointF(x, bottom.y()))
            if not self._numbered:
                continue
            label = f"{self._word} {int(index) + 1}"
            width = metrics.horizontalAdvance(label) + 10
            if wide < 1.3 * width:
                label = str(int(index) + 1)
                width = metrics.horizontalAdvance(label) + 8
            if x - width / 2 < free_from:
                continue
            box = QRectF(x - width / 2, top.y() + 3, width, metrics.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._back)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(self._text)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)
            free_from = box.right() + 2
        painter.restore()
