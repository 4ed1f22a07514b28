"""One line of a plot, drawn at a cost that does not depend on how jagged it is."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPen

Values = NDArray[np.float64]

_DASH, _PERIOD = 8.0, 13.0
"""Pixels of the screen."""

_FEW = 100
"""So many points are dashed along the line, whatever it looks like."""


class Line(pg.PlotCurveItem):
    """A line of up to a few points for each pixel; a value that is no number leaves a gap.

    Args:
        z: What it lies above.
        smooth: Whether its edges are smoothed; those of a band are better left sharp.
        jagged: Whether it goes up and down from point to point.
    """

    def __init__(self, *, z: float = 0.0, smooth: bool = True, jagged: bool = True) -> None:
        super().__init__(connect="finite", skipFiniteCheck=False, antialias=smooth)
        self._is_smooth = smooth
        self._is_jagged = jagged
        self._line_pen = QPen()
        self.setZValue(z)

    def set_pen(self, pen: QPen) -> None:
        """Draw with this pen, dashes included, from the next points on."""
        self._line_pen = pen

    def show_points(self, x: Values, y: Values, *, pixel: float, draft: bool = False) -> None:
        """Draw these.

        Args:
            x: Where the points lie, ascending.
            y: Their values.
            pixel: How wide a pixel is on the x axis.
            draft: Whether speed matters more than looks.
        """
        if len(x) == 1:
            # A line from a point to itself would not be seen.
            x, y = x + np.array([-pixel, pixel]), np.repeat(y, 2)
        pen = self._line_pen
        dashed = pen.style() == Qt.PenStyle.DashLine
        if dashed and self._is_jagged and len(x) > _FEW:
            # The outline of a jagged path costs a hundred times as much as its parts one by one, which know no dashes.
            x, y = dashes(x, y, pixel)
            pen = QPen(pen)
            pen.setStyle(Qt.PenStyle.SolidLine)
            dashed = False
        if pen != self.opts["pen"]:
            self.setPen(pen)
        self.setSegmentedLineMode("off" if dashed else "on")
        self.setData(x, y, antialias=self._is_smooth and not draft)
        self.setVisible(len(x) > 0)

    def boundingRect(self) -> QRectF:
        """All that is in view: looking for the bounds of the points costs more than it saves."""
        return self.viewRect() if self.getViewBox() is not None else QRectF()

    def clear_points(self) -> None:
        """Draw nothing."""
        self.setVisible(False)
        if self.xData is None or len(self.xData):
            self.setData(np.empty(0), np.empty(0))


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
