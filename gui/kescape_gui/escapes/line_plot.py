"""The loss on the straight line between the two minima of a restart."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from kescape.evidence.escape import Escape
from kescape_gui import theme
from kescape_gui.curves.axes import ValueAxis
from kescape_gui.curves.pens import pen
from kescape_gui.curves.still_plot import make_still, paint_axes
from kescape_gui.escapes.escapes import barrier_words

_OVERHANG = 32
"""Pixels."""

_CAP = 0.018
"""Half the width of the ends of an interval, as a share of the line."""


class LinePlot(pg.PlotWidget):
    """Draws what the ledger saw of one restart. Holds no data and takes no decisions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._escape: Escape | None = None
        self._losses = ValueAxis()
        self._bottom = pg.AxisItem("bottom")
        super().__init__(parent, axisItems={"bottom": self._bottom, "left": self._losses})
        self.setObjectName("linePlot")
        self.setAccessibleName(self.tr("Loss on the straight line between the two minima"))
        make_still(self)
        # The names of the minima reach beyond the ends of the line.
        self._bottom.setStyle(tickLength=0, tickTextOffset=4, hideOverlappingLabels=_OVERHANG)
        self._losses.setWidth(46)
        self._losses.setStyle(tickLength=0, tickTextOffset=6)
        self._losses.setZValue(-100)
        self.plotItem.layout.setContentsMargins(0, 4, _OVERHANG - 12, 2)
        view = self.plotItem.vb
        self._chord = pg.PlotCurveItem()
        self._level = pg.PlotCurveItem()
        self._line = pg.PlotCurveItem(antialias=True, connect="finite", skipFiniteCheck=False)
        self._points = pg.ScatterPlotItem(size=5, pxMode=True)
        self._minima = pg.ScatterPlotItem(size=10, pxMode=True)
        self._height = pg.PlotCurveItem()
        self._interval = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False)
        self._words = pg.TextItem(anchor=(0.5, 1.0))
        for z, item in enumerate((
            self._chord, self._level, self._line, self._points, self._minima, self._height, self._interval,
            self._words,
        )):  # fmt: skip
            item.setZValue(z)
            view.addItem(item, ignoreBounds=True)
        self.recolour()

    def show_escape(self, escape: Escape | None) -> None:
        """Draw what was seen of this restart; nothing for None."""
        if escape != self._escape:
            self._escape = escape
            self._draw()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        paint_axes(self, now)
        self._losses.setGrid(255)
        self._chord.setPen(pen(now.planned, 1.0, Qt.PenStyle.DashLine))
        self._level.setPen(pen(now.planned, 1.0, Qt.PenStyle.DotLine))
        self._line.setPen(pen(now.loss, 2.0))
        self._points.setPen(pen(now.loss))
        self._points.setBrush(pg.mkBrush(now.base))
        self._minima.setPen(pen(now.base, 1.5))
        self._minima.setBrush(pg.mkBrush(now.loss))
        self._height.setPen(pen(now.validation, 2.0))
        self._interval.setPen(pen(now.text, 1.0))
        self._words.setColor(QColor(now.text))
        self._draw()

    def _draw(self) -> None:
        escape = self._escape
        for item in (
            self._chord, self._level, self._line, self._points, self._minima, self._height, self._interval, self._words,
        ):  # fmt: skip
            item.setVisible(escape is not None)
        self._losses.setStyle(showValues=escape is not None)
        if escape is None:
            self._bottom.setTicks([[]])
            self.setAccessibleDescription("")
            self.setToolTip("")
            return
        cycle = self.tr("cycle {number}")
        names = [cycle.format(number=number) for number in (escape.cycle, escape.cycle + 1)]
        self._bottom.setTicks([list(zip((0.0, 1.0), names, strict=True))])
        at, losses = np.array(escape.positions), np.array(escape.losses)
        finite = np.isfinite(losses)
        self._line.setData(at, np.where(finite, losses, np.nan))
        self._points.setData(at[finite], losses[finite])
        ends = finite[[0, -1]]
        self._minima.setData(at[[0, -1]][ends], losses[[0, -1]][ends])
        self._chord.setVisible(bool(ends.all()))
        if ends.all():
            self._chord.setData(at[[0, -1]], losses[[0, -1]])
        has_barrier = math.isfinite(escape.barrier) and escape.verdict.startswith("crossed")
        for item in (self._level, self._height, self._interval):
            item.setVisible(has_barrier)
        reached = losses[finite]
        if has_barrier:
            self._draw_height(escape, at, losses)
            level = float(losses[[0, -1]].max())
            reached = np.append(reached, (level + escape.low, level + escape.high))
        low, high = (float(reached.min()), float(reached.max())) if len(reached) else (0.0, 1.0)
        span = (high - low) or abs(high) or 1.0
        self.plotItem.vb.setXRange(-0.04, 1.04, padding=0)
        self.plotItem.vb.setYRange(low - 0.08 * span, high + 0.28 * span, padding=0)
        words = self.tr("barrier {height}") if has_barrier else "{height}"
        self._words.setText(words.format(height=barrier_words(escape)))
        # In the middle it has room, wherever the highest point lies.
        self._words.setPos(0.5, high + 0.02 * span)
        self._tell(escape, names)

    def _tell(self, escape: Escape, names: list[str]) -> None:
        what = self.tr("The loss on the straight line from the end of {first} to the end of {last}. {barrier}.")
        told = what.format(first=names[0], last=names[1], barrier=escape.barrier_words(self.tr))
        dashes = self.tr("Dashed: the chord between the two. Dotted: the higher of the two minima.")
        self.setAccessibleDescription(told)
        self.setToolTip(f"<p>{told} {dashes}</p>")

    def _draw_height(self, escape: Escape, at: NDArray[np.float64], losses: NDArray[np.float64]) -> None:
        """From the level of the higher minimum up to the highest loss between, with its interval."""
        level = float(losses[[0, -1]].max())
        inner = 1 + int(np.argmax(losses[1:-1])) if len(losses) > 2 else 0
        place = float(at[inner])
        self._level.setData([0.0, 1.0], [level, level])
        self._height.setData([place, place], [level, level + escape.barrier])
        low, high = level + escape.low, level + escape.high
        left, right = place - _CAP, place + _CAP
        self._interval.setData(
            [left, right, np.nan, place, place, np.nan, left, right], [low, low, np.nan, low, high, np.nan, high, high]
        )
