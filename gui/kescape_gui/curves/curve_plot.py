"""One plot of a run: the frame, the axes and the rules that the loss and the learning rate share."""

from __future__ import annotations

import math
import time

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QWidget

from kescape_gui import theme
from kescape_gui.curves.axes import StepAxis, ValueAxis
from kescape_gui.curves.marks import Marks
from kescape_gui.curves.reduction import extremes, visible
from kescape_gui.curves.rules import Rules

AXIS_WIDTH = 64
"""The same in every plot, so that what is above one another belongs together."""

Values = NDArray[np.float64]


class CurvePlot(pg.PlotWidget):
    """A plot along the training. Dragging and the wheel move along it; the height fits what is in view."""

    hovered = Signal(object)
    """The step under the mouse, or None when it leaves."""
    panned = Signal()
    """The user chose what is in view."""
    double_clicked = Signal()

    def __init__(self, *, numbered: bool, parent: QWidget | None = None) -> None:
        self.step_axis = StepAxis()
        self.value_axis = ValueAxis()
        super().__init__(parent, axisItems={"bottom": self.step_axis, "left": self.value_axis})
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=True, y=False)
        self.value_axis.setWidth(AXIS_WIDTH)
        self.value_axis.setStyle(tickLength=0, tickTextOffset=8, hideOverlappingLabels=False)
        self.step_axis.setStyle(tickLength=4, tickTextOffset=4, hideOverlappingLabels=False)
        # Rules of the grid belong under the curves.
        self.value_axis.setZValue(-100)
        self.plotItem.layout.setContentsMargins(0, 4, 14, 0)
        view = self.plotItem.vb
        view.setDefaultPadding(0.0)
        view.disableAutoRange()
        view.sigRangeChangedManually.connect(self._on_panned)
        self.rules = Rules(numbered=numbered)
        view.addItem(self.rules, ignoreBounds=True)
        self.marks = Marks(labelled=numbered)
        view.addItem(self.marks, ignoreBounds=True)
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setZValue(20)
        self._cross.hide()
        view.addItem(self._cross, ignoreBounds=True)
        self._value_range = (0.0, 1.0)
        self._value_height = 0.0
        self._shows_values = True
        self.paint_seconds = 0.0
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    def add_line(self, *, z: float = 0.0, smooth: bool = True, dashed: bool = False) -> pg.PlotCurveItem:
        """A new line of the plot; its pen comes later. Edges of a noisy one are better left sharp."""
        line = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False, antialias=smooth)
        # A thick line as one path costs several times as much, but dashes only show along a path.
        line.setSegmentedLineMode("off" if dashed else "on")
        line.setZValue(z)
        self.plotItem.vb.addItem(line, ignoreBounds=True)
        return line

    def steps_in_view(self) -> tuple[float, float]:
        """The first and last place of the axis."""
        low, high = self.plotItem.vb.viewRange()[0]
        return float(low), float(high)

    def pixels(self) -> int:
        """How wide the drawing is, in pixels of the screen."""
        return max(64, int(self.plotItem.vb.width() * self.devicePixelRatioF()))

    def draw(
        self, line: pg.PlotCurveItem, x: Values, y: Values, *, log: bool = False, points_a_pixel: int = 1
    ) -> tuple[float, float] | None:
        """Show the part of a series in view, reduced; returns the lowest and highest value drawn."""
        part = visible(x, *self.steps_in_view())
        x, y = x[part], y[part]
        kept = extremes(y, points_a_pixel * self.pixels())
        x, y = x[kept], y[kept]
        if log:
            # A value that has no logarithm leaves a gap.
            y = np.log10(y, out=np.full(len(y), math.nan), where=y > 0)
        line.setData(x, y)
        finite = y[np.isfinite(y)]
        return (float(finite.min()), float(finite.max())) if len(finite) else None

    def show_steps(self, low: float, high: float) -> None:
        """Bring a stretch of the training into view."""
        self.plotItem.vb.setXRange(low, high, padding=0)

    def show_values(self, low: float, high: float) -> None:
        """Bring a range of values into view, with a little room; small changes do not shake the picture."""
        # A label needs half its height between its value and the edge.
        share = max(0.06, 10 / max(20.0, self.plotItem.vb.height()))
        room = share * (high - low) or 0.5 * (abs(high) or 1.0)
        low, high = low - room, high + room
        span = high - low
        old_low, old_high = self._value_range
        still_fits = old_low <= low + 0.8 * room and high - 0.8 * room <= old_high
        same_height = abs(self.plotItem.vb.height() - self._value_height) < 1
        if same_height and still_fits and (old_high - old_low) < 1.25 * span:
            return
        self._value_range, self._value_height = (low, high), self.plotItem.vb.height()
        self.plotItem.vb.setYRange(low, high, padding=0)

    def show_value_axis(self, shown: bool) -> None:
        """Label the values and rule the plot at them, or not: without values there is nothing to label."""
        if shown == self._shows_values:
            return
        self._shows_values = shown
        self.value_axis.setStyle(showValues=shown)
        self.value_axis.setGrid(255 if shown else False)

    def point_at(self, step: float | None) -> None:
        """Draw the cross hair at a step, or none."""
        self._cross.setVisible(step is not None)
        if step is not None:
            self._cross.setPos(step)

    def recolour(self, colours: theme.Colours) -> None:
        """Take the colours of the palette that the app has now."""
        self.setBackground(QColor(colours.base))
        for axis in (self.step_axis, self.value_axis):
            axis.setPen(QPen(QColor(colours.border), 1))
            axis.setTextPen(QPen(QColor(colours.muted)))
            axis.setTickPen(QPen(QColor(colours.grid), 1))
        self.value_axis.setGrid(255 if self._shows_values else False)
        self.rules.set_colours(colours.rule, colours.text, colours.window)
        self.marks.set_colours(colours.planned, colours.muted, colours.window)
        self._cross.setPen(pen(colours.muted))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws, and notes how long that took."""
        began = time.perf_counter()
        super().paintEvent(event)
        self.paint_seconds = time.perf_counter() - began

    def leaveEvent(self, event: object) -> None:
        """The cross hair goes with the mouse."""
        super().leaveEvent(event)
        self.hovered.emit(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click shows everything again."""
        super().mouseDoubleClickEvent(event)
        self.double_clicked.emit()

    def _on_panned(self, _axes: object) -> None:
        self.panned.emit()

    def _on_mouse_moved(self, place: object) -> None:
        view = self.plotItem.vb
        if view.sceneBoundingRect().contains(place):
            self.hovered.emit(view.mapSceneToView(place).x())
        else:
            self.hovered.emit(None)


def pen(colour: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen whose width does not grow with the zoom."""
    result = QPen(QColor(colour), width)
    result.setCosmetic(True)
    result.setStyle(style)
    return result
