"""Vertical rules through a plot at the restarts, numbered at the top; one item for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kescape_gui.curves.shown import Finding
from kescape_gui.curves.whole_view import WholeView

_NEAR_PIXELS = 4.0


class Rules(WholeView):
    """Rules at some places. Those from `upcoming` on have not been reached yet and are drawn dotted."""

    def __init__(self, *, numbered: bool) -> None:
        super().__init__()
        self._numbered = numbered
        self._word = self.tr("restart")
        self._places: NDArray[np.float64] = np.empty(0)
        self._upcoming = 0
        self._found: list[Finding | None] = []
        self._boxes: list[tuple[QRectF, int]] = []
        self._pen = QPen()
        self._text = QColor()
        self._back = QColor()
        self.setZValue(-5)

    def set_places(self, places: NDArray[np.float64], upcoming: int, found: Sequence[Finding | None] = ()) -> None:
        """Rule the plot at these, which ascend; what came of each stands behind its number where it has room."""
        same = np.array_equal(places, self._places, equal_nan=True) and upcoming == self._upcoming
        if same and list(found) == self._found:
            return
        self._places, self._upcoming, self._found = places, upcoming, list(found)
        self.update()

    def near(self, place: float, at: QPointF | None = None) -> int | None:
        """The rule that a place in the plot stands on, as far as a hand can tell, or whose number is at a point."""
        view = self.getViewBox()
        if view is None or not len(self._places):
            return None
        if at is not None:
            for box, number in self._boxes:
                if box.contains(at):
                    return number
        nearest = int(np.nanargmin(np.abs(self._places - place))) if np.isfinite(self._places).any() else 0
        is_near = abs(self._places[nearest] - place) <= _NEAR_PIXELS * float(view.viewPixelSize()[0])
        return nearest if is_near else None

    def set_colours(self, rule: str, text: str, back: str) -> None:
        """Take new colours."""
        self._pen = QPen(QColor(rule), 1)
        self._pen.setCosmetic(True)
        self._text = QColor(text)
        self._back = QColor(back)
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the rules in view, and as many numbers as have room."""
        view = self.viewRect()
        self._boxes = []
        inside = np.flatnonzero((self._places >= view.left()) & (self._places <= view.right()))
        if not len(inside):
            return
        transform = painter.transform()
        to_scene = transform.inverted()[0] * self.sceneTransform()
        painter.save()
        painter.resetTransform()
        font = QFont(painter.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        free_from = -1e9
        places = [transform.map(QPointF(float(self._places[index]), 0)).x() for index in inside]
        left, right = (transform.map(QPointF(edge, 0)).x() for edge in (view.left(), view.right()))
        wide = min((b - a for a, b in itertools.pairwise(places)), default=1e9)
        # More rules than this in view would be a grey wall; then every n-th is drawn.
        every = max(1, len(inside) // 200)
        for at, index in enumerate(inside[::every]):
            place = float(self._places[index])
            top = transform.map(QPointF(place, view.bottom()))
            bottom = transform.map(QPointF(place, view.top()))
            if top.y() > bottom.y():
                top, bottom = bottom, top
            pen = QPen(self._pen)
            pen.setStyle(Qt.PenStyle.DotLine if index >= self._upcoming else Qt.PenStyle.DashLine)
            x = round(top.x()) + 0.5
            painter.setPen(pen)
            painter.drawLine(QPointF(x, top.y()), QPointF(x, bottom.y()))
            if not self._numbered:
                continue
            # As much to the right as leaves its half to the next one.
            next_at = (at + 1) * every
            room = (places[next_at] - x) / 2 if next_at < len(places) else right - x
            label, width = self._label(int(index), metrics, wide, min(room, x - max(left, free_from)))
            if x - width / 2 < free_from:
                continue
            box = QRectF(x - width / 2, top.y() + 3, width, metrics.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._back)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(self._text)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)
            free_from = box.right() + 2
            self._boxes.append((to_scene.mapRect(box), int(index)))
        painter.restore()

    def _label(self, index: int, metrics: QFontMetricsF, apart: float, room: float) -> tuple[str, float]:
        """The label of a rule and its width: the longest with room to both sides; named only if all can be."""
        number = str(index + 1)
        named = f"{self._word} {number}"
        if apart < 1.3 * (metrics.horizontalAdvance(named) + 10):
            named = number
        found = self._found[index] if index < len(self._found) else None
        said = [] if found is None else [f"{named}: {found.words}", f"{named} {found.sign}"]
        for label in said:
            width = metrics.horizontalAdvance(label) + 10
            if width / 2 <= room:
                return label, width
        return named, metrics.horizontalAdvance(named) + (8 if named == number else 10)
