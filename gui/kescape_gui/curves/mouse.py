"""What dragging and the wheel do in a plot."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal

_FARTHEST = 1e12


class MouseBox(pg.ViewBox):
    """Dragging moves along the axis, with Shift it draws a box; the wheel zooms the axis, with Ctrl the values."""

    values_zoomed = Signal()
    """The user chose which values are in view."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self._draws_box = False
        self.setMouseEnabled(x=True, y=False)
        self.setDefaultPadding(0.0)
        self.disableAutoRange()
        # Nothing is farther away or closer together, and doubles still tell the pixels apart.
        self.setLimits(
            xMin=-_FARTHEST, xMax=_FARTHEST, minXRange=1e-3, maxXRange=_FARTHEST,
            yMin=-_FARTHEST, yMax=_FARTHEST, minYRange=1e-9, maxYRange=_FARTHEST,
        )  # fmt: skip

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        """Zoom around the mouse."""
        if axis == 1 or (axis is None and event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            factor = 1.02 ** (event.delta() * self.state["wheelScaleFactor"])
            self.scaleBy(y=factor, center=self.mapToView(event.pos()))
            event.accept()
            self.values_zoomed.emit()
        else:
            super().wheelEvent(event, axis)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Move along, or draw the box that is to be brought into view."""
        left = event.button() == Qt.MouseButton.LeftButton
        if event.isStart():
            self._draws_box = left and axis is None and bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not self._draws_box:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        if not event.isFinish():
            self.updateScaleBox(event.buttonDownPos(), event.pos())
            return
        self._draws_box = False
        self.rbScaleBox.hide()
        corners = [self.mapToView(place) for place in (event.buttonDownPos(), event.pos())]
        (left_x, right_x), (bottom, top) = (sorted(pair) for pair in zip(*(c.toTuple() for c in corners), strict=True))
        if left_x < right_x and bottom < top:
            self.values_zoomed.emit()
            self.setRange(xRange=(left_x, right_x), yRange=(bottom, top), padding=0)
            self.sigRangeChangedManually.emit([True, True])
