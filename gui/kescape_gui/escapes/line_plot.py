"""The loss on the straight line between the two minima of a restart."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QFrame, QWidget

from kescape.evidence.escape import Escape
from kescape_gui import theme
from kescape_gui.curves.axes import ValueAxis
from kescape_gui.curves.pens import pen


class LinePlot(pg.PlotWidget):
    """Draws what the ledger saw of one restart. Holds no data and takes no decisions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._escape: Escape | None = None
        self._losses = ValueAxis()
        bottom = pg.AxisItem("bottom")
        super().__init__(parent, axisItems={"bottom": bottom, "left": self._losses})
        self.setObjectName("linePlot")
        self.setAccessibleName(self.tr("Loss on the straight line between the two minima"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self._bottom = bottom
        bottom.setTicks([[(0.0, self.tr("before")), (0.5, self.tr("straight line")), (1.0, self.tr("after"))]])
        bottom.setStyle(tickLength=0, tickTextOffset=4, hideOverlappingLabels=False)
        self._losses.setWidth(52)
        self._losses.setStyle(tickLength=0, tickTextOffset=6)
        self.plotItem.layout.setContentsMargins(0, 8, 18, 4)
        view = self.plotItem.vb
        view.disableAutoRange()
        self._ends = pg.PlotCurveItem()
        self._line = pg.PlotCurveItem(antialias=True, connect="finite", skipFiniteCheck=False)
        self._points = pg.ScatterPlotItem(size=6, pxMode=True)
        self._minima = pg.ScatterPlotItem(size=11, pxMode=True)
        self._height = pg.PlotCurveItem(antialias=True)
        self._words = pg.TextItem(anchor=(0.5, 1.3))
        for z, item in enumerate((self._ends, self._height, self._line, self._points, self._minima, self._words)):
            item.setZValue(z)
            view.addItem(item, ignoreBounds=True)
        self.recolour()

    def show_escape(self, escape: Escape | None) -> None:
        """Draw what was seen of this restart; nothing for None."""
        if escape == self._escape:
            return
        self._escape = escape
        self._draw()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        self.setBackground(QColor(now.base))
        for axis in (self._bottom, self._losses):
            axis.setPen(QPen(QColor(now.border), 1))
            axis.setTextPen(QPen(QColor(now.muted)))
            axis.setTickPen(QPen(QColor(now.grid), 1))
        self._losses.setGrid(255)
        ends = pen(now.rule, 1.0)
        ends.setStyle(Qt.PenStyle.DashLine)
        self._ends.setPen(ends)
        self._line.setPen(pen(now.loss, 2.0))
        self._points.setPen(pen(now.loss))
        self._points.setBrush(pg.mkBrush(now.base))
        self._minima.setPen(pen(now.base, 1.5))
        self._minima.setBrush(pg.mkBrush(now.learning_rate))
        self._height.setPen(pen(now.warning, 2.0))
        self._words.setColor(QColor(now.text))
        self._draw()

    def _draw(self) -> None:
        escape = self._escape
        for item in (self._ends, self._height, self._line, self._points, self._minima, self._words):
            item.setVisible(escape is not None)
        if escape is None:
            self.setAccessibleDescription("")
            return
        at, losses = np.array(escape.positions), np.array(escape.losses)
        finite = np.isfinite(losses)
        self._line.setData(at, np.where(finite, losses, np.nan))
        self._points.setData(at[finite], losses[finite])
        ends = finite[[0, -1]]
        self._minima.setData(at[[0, -1]][ends], losses[[0, -1]][ends])
        level = float(losses[[0, -1]].max())
        self._ends.setData([0.0, 1.0], [level, level])
        shown = losses[finite]
        low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
        span = (high - low) or abs(high) or 1.0
        self.plotItem.vb.setXRange(-0.04, 1.04, padding=0)
        self.plotItem.vb.setYRange(low - 0.06 * span, high + 0.3 * span, padding=0)
        has_barrier = escape.verdict.startswith("crossed") and np.isfinite(escape.barrier)
        self._height.setVisible(bool(has_barrier))
        highest = int(np.argmax(np.where(finite, losses, -np.inf)))
        words = self.tr("no barrier")
        if has_barrier:
            self._height.setData([at[highest]] * 2, [level, losses[highest]])
            words = self.tr("barrier {height}").format(height=f"{escape.barrier:.3g}")
        elif not np.isfinite(escape.barrier):
            words = self.tr("loss not finite")
        self._words.setText(words)
        self._words.setPos(float(at[highest]) if has_barrier else 0.5, high)
        self.setAccessibleDescription(f"{words}. {escape.barrier_words(self.tr)}.")
