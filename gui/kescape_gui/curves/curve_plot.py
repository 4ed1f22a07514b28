"""One plot of a run: the frame, the axes, and the rules and marks that all plots share."""

from __future__ import annotations

import math
import time

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from kescape_gui import theme
from kescape_gui.curves.along import Along, Stretch
from kescape_gui.curves.axes import PlaceAxis, ValueAxis
from kescape_gui.curves.line import Line
from kescape_gui.curves.marks import Marks
from kescape_gui.curves.mouse import MouseBox
from kescape_gui.curves.pens import pen
from kescape_gui.curves.rules import Rules
from kescape_gui.curves.series import Series
from kescape_gui.curves.still_plot import paint_axes

AXIS_WIDTH = 64
"""The same in every plot, so that what is above one another belongs together."""

_PARTS, _DRAFT_PARTS = 16, 8
"""Where steps lie unevenly, each of so many parts of the axis is thinned out for itself."""

Values = NDArray[np.float64]

Range = tuple[float, float]


class CurvePlot(pg.PlotWidget):
    """A plot along the training. Dragging and the wheel move along it; the height fits what is in view."""

    hovered = Signal(object)
    """The place under the mouse, or None when it leaves."""
    panned = Signal()
    """The user chose what is in view."""
    double_clicked = Signal()
    rule_clicked = Signal(int)
    """A restart, counted from 0."""
    mark_clicked = Signal(object)

    def __init__(self, *, numbered: bool, parent: QWidget | None = None) -> None:
        self.place_axis = PlaceAxis()
        self.value_axis = ValueAxis()
        axes = {"bottom": self.place_axis, "left": self.value_axis}
        super().__init__(parent, axisItems=axes, viewBox=MouseBox())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.value_axis.setWidth(AXIS_WIDTH)
        self.value_axis.setStyle(tickLength=0, tickTextOffset=8, hideOverlappingLabels=False)
        self.place_axis.setStyle(tickLength=4, tickTextOffset=4, hideOverlappingLabels=False)
        # Rules of the grid belong under the curves.
        self.value_axis.setZValue(-100)
        self.plotItem.layout.setContentsMargins(0, 4, 14, 0)
        view = self.plotItem.vb
        view.sigRangeChangedManually.connect(self._on_panned)
        view.values_zoomed.connect(self._on_values_zoomed)
        self.rules = Rules(numbered=numbered)
        self.marks = Marks(labelled=numbered)
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setZValue(20)
        self._cross.hide()
        for item in (self.rules, self.marks, self._cross):
            view.addItem(item, ignoreBounds=True)
        self._pointed_at: QPointF | None = None
        self._value_range = (0.0, 1.0)
        self._value_height = 0.0
        self._values_by_hand = False
        self._shows_values = True
        self.paint_seconds = 0.0
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.scene().sigMouseClicked.connect(self._on_mouse_clicked)

    def add_line(self, *, z: float = 0.0, smooth: bool = True, jagged: bool = True) -> Line:
        """A new line of the plot; its pen comes later."""
        line = Line(z=z, smooth=smooth, jagged=jagged)
        self.plotItem.vb.addItem(line, ignoreBounds=True)
        return line

    def steps_in_view(self) -> Range:
        """The first and last place of the axis."""
        low, high = self.plotItem.vb.viewRange()[0]
        return float(low), float(high)

    def pixels(self) -> int:
        """How wide the drawing is, in pixels of the screen."""
        return max(64, int(self.plotItem.vb.width() * self.devicePixelRatioF()))

    def draw(
        self,
        line: Line,
        series: Series,
        along: Along,
        stretch: Stretch,
        *,
        log: bool = False,
        points_a_pixel: float = 1.0,
        draft: bool = False,
    ) -> Range | None:
        """Show the part of a series in view, reduced; returns the lowest and highest value drawn."""
        low, high = self.steps_in_view()
        pixels = self.pixels()
        spans = along.spans(stretch, low, high, _DRAFT_PARTS if draft else _PARTS)
        points = int(points_a_pixel * pixels / max(1, len(spans)))
        parts = [series.reduced(first, end, max(points, least)) for first, end, least in _joined(spans, points)]
        if not any(len(steps) for steps, _ in parts):
            line.clear_points()
            return None
        steps, y = parts[0] if len(parts) == 1 else (np.concatenate(column) for column in zip(*parts, strict=True))
        if along.folds:
            # Neighbours of another cycle are none.
            inside = (steps >= stretch.first) & (steps < stretch.end)
            steps, y = steps[inside], y[inside]
        if log:
            # A value that has no logarithm leaves a gap.
            y = np.log10(y, out=np.full(len(y), math.nan), where=y > 0)
        x = along.places(steps, stretch)
        if along.log:
            x, y = x[np.isfinite(x)], y[np.isfinite(x)]
        line.show_points(x, y, pixel=(high - low) / max(1.0, self.plotItem.vb.width()), draft=draft)
        finite = y[np.isfinite(y)]
        return (float(finite.min()), float(finite.max())) if len(finite) else None

    def show_steps(self, low: float, high: float) -> None:
        """Bring a stretch of the axis into view."""
        self.plotItem.vb.setXRange(low, high, padding=0)

    def show_values(self, low: float, high: float) -> None:
        """Bring a range of values into view, with a little room; small changes do not shake the picture."""
        if self._values_by_hand:
            return
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

    def fit_values(self) -> None:
        """Let the values in view be what is drawn again."""
        self._values_by_hand = False
        self._value_range = (0.0, 0.0)

    def bottom(self) -> float:
        """The lowest value in view."""
        return float(self.plotItem.vb.viewRange()[1][0])

    def show_value_axis(self, shown: bool) -> None:
        """Label the values and rule the plot at them, or not: without values there is nothing to label."""
        if shown == self._shows_values:
            return
        self._shows_values = shown
        self.value_axis.setStyle(showValues=shown)
        self.value_axis.setGrid(255 if shown else False)

    def point_at(self, place: float | None) -> None:
        """Draw the cross hair at a place, or none."""
        self._cross.setVisible(place is not None)
        if place is not None:
            self._cross.setPos(place)

    def settle(self) -> None:
        """Have the scene move to where it is in view now: left to the painting, it would ask for another one."""
        self.scene().prepareForPaint()

    def rule_at(self, place: float) -> int | None:
        """The restart whose rule is at a place, or whose number the mouse is on."""
        return self.rules.near(place, self._pointed_at)

    def offer(self, words: str) -> None:
        """Say what a click does where the mouse is; nothing if it does nothing."""
        self.setToolTip(words)
        shape = Qt.CursorShape.PointingHandCursor if words else Qt.CursorShape.ArrowCursor
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    def recolour(self, colours: theme.Colours) -> None:
        """Take the colours of the palette that the app has now."""
        paint_axes(self, colours)
        self.value_axis.setGrid(255 if self._shows_values else False)
        self.rules.set_colours(colours.rule, colours.text, colours.window)
        self.marks.set_colours(colours.planned, colours.muted, colours.window, colours.warning)
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

    def _on_values_zoomed(self) -> None:
        self._values_by_hand = True

    def _on_mouse_moved(self, place: QPointF) -> None:
        view = self.plotItem.vb
        self._pointed_at = place
        if view.sceneBoundingRect().contains(place):
            self.hovered.emit(view.mapSceneToView(place).x())
        else:
            self.hovered.emit(None)

    def _on_mouse_clicked(self, event: object) -> None:
        view = self.plotItem.vb
        if event.button() != Qt.MouseButton.LeftButton or event.double():  # type: ignore[attr-defined]
            return
        at = event.scenePos()  # type: ignore[attr-defined]
        if not view.sceneBoundingRect().contains(at):
            return
        place = view.mapSceneToView(at).x()
        marks = self.marks.near(place)
        self._pointed_at = at
        rule = self.rule_at(place)
        if marks:
            self.mark_clicked.emit(marks[0])
        elif rule is not None:
            self.rule_clicked.emit(rule)


def _joined(spans: list[tuple[int, int]], points: int) -> list[tuple[int, int, int]]:
    """The same steps; neighbours that are drawn whole become one. Each comes with how many points it has at least."""
    joined: list[tuple[int, int, int]] = []
    for first, end in spans:
        least = end - first if end - first <= points else 0
        if least and joined and joined[-1][2]:
            first = joined.pop()[0]
            least = end - first
        joined.append((first, end, least))
    return joined
