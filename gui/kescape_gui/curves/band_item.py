"""The range between two lines, filled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.graphicsItems.PlotCurveItem import arrayToLineSegments
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kescape_gui.curves.pens import pen
from kescape_gui.curves.whole_view import WholeView

Values = NDArray[np.float64]


class BandItem(WholeView):
    """Fills column of pixels by column: a polygon with a noisy edge would cost a hundred times as much."""

    def __init__(self, z: float) -> None:
        super().__init__()
        self._segments = arrayToLineSegments(np.empty(0), np.empty(0), "pairs", finiteCheck=False)
        self._colour = QColor()
        self.setZValue(z)

    def show_band(self, x: Values, low: Values, high: Values, colour: str) -> None:
        """Fill between these, a value a column of pixels; columns without a value are left open."""
        there = np.isfinite(low) & np.isfinite(high)
        ends = np.column_stack([low[there], high[there]]).ravel()
        self._segments = arrayToLineSegments(
            np.repeat(x[there], 2), ends, "pairs", finiteCheck=False, out=self._segments
        )
        self._colour = QColor(colour)
        self.setVisible(bool(there.any()))
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the columns."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen(self._colour.name()))
        painter.drawLines(*self._segments.drawargs())


def columns(x: Values, values: Values, edges: Values, *, lowest: bool) -> Values:
    """The lowest (or highest) that a line through the points gets to between each two edges; NaN beyond its ends."""
    middles = (edges[1:] + edges[:-1]) / 2
    if not len(x):
        return np.full(len(middles), np.nan)
    between = np.interp(middles, x, values, left=np.nan, right=np.nan)
    begins = np.searchsorted(x, edges)
    full = np.flatnonzero(begins[1:] > begins[:-1])
    if len(full):
        reduce = np.fmin if lowest else np.fmax
        inside = reduce.reduceat(values[: begins[-1]], begins[full])
        between[full] = reduce(between[full], inside)
    return between
