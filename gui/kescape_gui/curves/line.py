"""One line of a plot, drawn at a cost that does not depend on how jagged it is."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.graphicsItems.PlotCurveItem import arrayToLineSegments
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kescape_gui.curves.whole_view import WholeView

Values = NDArray[np.float64]

_DASH, _PERIOD = 8.0, 13.0
"""Pixels of the screen."""

_REACH = 3.0
"""Pixels to both sides of a lone point."""

_FEW = 100
"""So many points are dashed along the line, whatever it looks like."""


class Line(WholeView):
    """A line of up to a few points for each pixel; a value that is no number leaves a gap.

    It does what pyqtgraph's curve does, without all that a few dozen of them in motion have no time for.

    Args:
        z: What it lies above.
        smooth: Whether its edges are smoothed; those of a band are better left sharp.
        jagged: Whether it goes up and down from point to point.
    """

    def __init__(self, *, z: float = 0.0, smooth: bool = True, jagged: bool = True) -> None:
        super().__init__()
        self._is_smooth = smooth
        self._is_jagged = jagged
        self._pen = QPen()
        self._drawn_pen = QPen()
        self._antialias = smooth
        self._points: tuple[Values, Values] = (np.empty(0), np.empty(0))
        self._path: QPainterPath | None = None
        self._segments = arrayToLineSegments(*self._points, "finite", finiteCheck=True)
        self.setZValue(z)

    @property
    def points(self) -> tuple[Values, Values]:
        """Where its points lie, and their values."""
        return self._points

    def set_pen(self, pen: QPen) -> None:
        """Draw with this pen, dashes included, from the next points on."""
        self._pen = pen

    def show_points(self, x: Values, y: Values, *, pixel: float, draft: bool = False) -> None:
        """Draw these.

        Args:
            x: Where the points lie, ascending.
            y: Their values.
            pixel: How wide a pixel is on the x axis.
            draft: Whether speed matters more than looks.
        """
        self._points = (x, y)
        if len(x) == 1:
            # A line from a point to itself would not be seen.
            x, y = x + pixel * np.array([-_REACH, _REACH]), np.repeat(y, 2)
        self._drawn_pen = self._pen
        self._antialias = self._is_smooth and not draft
        self._path = None
        if self._pen.style() != Qt.PenStyle.DashLine:
            pass
        elif self._is_jagged and len(x) > _FEW:
            # The outline of a jagged path costs a hundred times as much as its parts one by one, which know no dashes.
            x, y = dashes(x, y, pixel)
            self._drawn_pen = QPen(self._pen)
            self._drawn_pen.setStyle(Qt.PenStyle.SolidLine)
        else:
            self._path = pg.arrayToQPath(x, y, connect="finite")
        if self._path is None:
            self._segments = arrayToLineSegments(x, y, "finite", finiteCheck=True, out=self._segments)
        self.setVisible(len(x) > 0)
        self.update()

    def clear_points(self) -> None:
        """Draw nothing."""
        self._points = (np.empty(0), np.empty(0))
        self.setVisible(False)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the line."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._antialias)
        painter.setPen(self._drawn_pen)
        if self._path is not None:
            painter.drawPath(self._path)
        else:
            painter.drawLines(*self._segments.drawargs())


def dashes(x: Values, y: Values, pixel: float) -> tuple[Values, Values]:
    """The points of a line with gaps in it, at places that stay where they are when the line moves.

    Example:
        >>> x, y = dashes(np.array([0.0, 20.0]), np.array([0.0, 20.0]), 1.0)
        >>> x.tolist(), y.tolist()
        ([0.0, 8.0, 8.0, 13.0, 20.0], [0.0, 8.0, nan, 13.0, 20.0])
    """
    period, share = _PERIOD * pixel, _DASH / _PERIOD
    numbers = np.arange(math.floor(x[0] / period), math.floor(x[-1] / period) + 1)
    begins, ends = numbers * period, (numbers + share) * period
    begins, ends = (each[(each > x[0]) & (each < x[-1])] for each in (begins, ends))
    at = np.concatenate([x, begins, ends, ends])
    values = np.concatenate([y, np.interp(begins, x, y), np.interp(ends, x, y), np.full(len(ends), math.nan)])
    order = np.argsort(at, kind="stable")
    at, values = at[order], values[order]
    # A hair more, so that the ends of the dashes stay.
    values[at / period - np.floor(at / period + 1e-9) > share + 1e-9] = math.nan
    return at, values
