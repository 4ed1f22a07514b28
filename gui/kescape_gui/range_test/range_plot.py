"""The plot of a range test: loss over learning rate, and the rate that would be used as a line to be dragged."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from kescape.evidence.range_test import RangeTest, loss_range
from kescape_gui import theme
from kescape_gui.curves.axes import ValueAxis
from kescape_gui.curves.pens import pen
from kescape_gui.curves.still_plot import make_still, paint_axes
from kescape_gui.setup.numbers import format_number, next_in_decade

_LABEL_PIXELS = 52
"""A rate below the axis takes so much room."""

_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}


class _RateAxis(ValueAxis):
    """Below the plot; its places are powers of ten."""

    def __init__(self) -> None:
        pg.AxisItem.__init__(self, "bottom")
        self.log = True

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Decades, as many as have room beside one another; 2 and 5 between them where that is much."""
        span = high - low
        if span <= 0 or not math.isfinite(span):
            return []
        every = max(1, math.ceil(_LABEL_PIXELS * span / size))
        digits = (1, 2, 5) if size / span > 4 * _LABEL_PIXELS else (1,)
        decades = range(math.floor(low), math.ceil(high) + 1)
        places = [decade + math.log10(digit) for decade in decades if decade % every == 0 for digit in digits]
        return [(1.0, [place for place in places if low - 1e-9 <= place <= high + 1e-9])]


class _Stretch(pg.LinearRegionItem):
    """A shaded stretch of rates with its name at the top, where there is room for it."""

    def __init__(self, name: str) -> None:
        super().__init__(movable=False)
        self._name = name
        self.label = pg.TextItem(anchor=(0, 0))
        self.hide()
        self.label.hide()

    def show_between(self, low: float | None, high: float | None, plot: RangePlot) -> None:
        """Shade the rates from `low` to `high`, or none."""
        shown = low is not None and high is not None and high > low
        self.setVisible(shown)
        self.label.setVisible(shown)
        if low is None or high is None or not shown:
            return
        first, last = math.log10(low), math.log10(high)
        self.setRegion((first, last))
        view = plot.plotItem.vb
        pixels = (last - first) / max(view.viewPixelSize()[0], 1e-12)
        self.label.setVisible(self.label.boundingRect().width() < pixels)
        self.label.setPos(first, view.viewRange()[1][1])

    def paint_in(self, colour: str, text: str, strength: int) -> None:
        """Take new colours."""
        shade = QColor(colour)
        shade.setAlpha(strength)
        self.setBrush(shade)
        for line in self.lines:
            line.setPen(QPen(Qt.PenStyle.NoPen))
        self.label.setText(self._name, color=QColor(text))
        # The line may pass behind it: the same colour, but not to be seen through.
        base, share = QColor(theme.colours().base), strength / 255
        pairs = ((shade.red(), base.red()), (shade.green(), base.green()), (shade.blue(), base.blue()))
        mixed = [round(share * above + (1 - share) * below) for above, below in pairs]
        self.label.fill = pg.mkBrush(*mixed)


class RangePlot(pg.PlotWidget):
    """Draws a range test. Holds no data and takes no decisions."""

    chosen = Signal(float)
    """The rate that the user moved the line to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        # Before anything else: a plot is resized while it is made.
        self._found: RangeTest | None = None
        self._chosen: float | None = None
        self._ends = (1e-6, 10.0)
        self._rates = _RateAxis()
        self._losses = ValueAxis()
        super().__init__(parent, axisItems={"bottom": self._rates, "left": self._losses})
        self.setObjectName("rangeTestPlot")
        self.setAccessibleName(self.tr("Loss over learning rate"))
        self.setAccessibleDescription(self.tr("Left and right move the chosen rate."))
        self.setToolTip(self.tr("Drag the line, click, or press ← and → to choose a rate"))
        make_still(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._losses.setWidth(56)
        self._losses.setStyle(tickLength=0, tickTextOffset=8, hideOverlappingLabels=False)
        self._losses.setZValue(-100)
        self._rates.setStyle(tickLength=4, tickTextOffset=4, hideOverlappingLabels=False)
        self._rates.setLabel(self.tr("learning rate"))
        self._losses.setLabel(self.tr("loss"))
        # The name of an axis hangs some pixels out of it.
        self.plotItem.layout.setContentsMargins(0, 6, 14, 6)
        view = self.plotItem.vb
        self._range = _Stretch(self.tr("range to try"))
        self._exploded = _Stretch(self.tr("explodes"))
        self._raw = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False)
        self._smoothed = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False, antialias=True)
        self._line = pg.InfiniteLine(angle=90, movable=True, label="", labelOpts={"position": 0.82, "anchors": _SIDES})
        self._line.setCursor(Qt.CursorShape.SizeHorCursor)
        self._line.hide()
        self._line.sigDragged.connect(self._on_dragged)
        names = (self._exploded.label, self._range.label)
        for z, item in enumerate((self._exploded, self._range, self._raw, self._smoothed, self._line, *names)):
            item.setZValue(z - 5)
            view.addItem(item, ignoreBounds=True)
        self.scene().sigMouseClicked.connect(self._on_clicked)
        self.recolour()

    def show_test(self, found: RangeTest, chosen: float | None, low: float, high: float) -> None:
        """Draw what a test over the rates from `low` to `high` has told so far, and the chosen rate."""
        self._found, self._chosen, self._ends = found, chosen, (low, high)
        view = self.plotItem.vb
        measured = len(found.rates) > 0
        self._losses.setStyle(showValues=measured)
        self._losses.setGrid(255 if measured else False)
        view.setXRange(math.log10(low), math.log10(high), padding=0)
        view.setYRange(*loss_range(found), padding=0)
        places = np.log10(found.rates)
        self._raw.setData(places, found.losses)
        self._smoothed.setData(places, found.smoothed)
        self._range.show_between(found.low, found.high, self)
        self._exploded.show_between(found.edge, None if found.edge is None else high, self)
        self._line.setVisible(chosen is not None)
        self._line.setBounds((math.log10(low), math.log10(high)))
        if chosen is not None:
            self._line.setValue(math.log10(chosen))
            self._line.label.setFormat(format_number(chosen))

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        paint_axes(self, now)
        self._losses.setGrid(255 if self._found is not None and len(self._found.rates) else False)
        self._raw.setPen(pen(now.loss_raw))
        self._smoothed.setPen(pen(now.loss, 2.0))
        self._range.paint_in(now.learning_rate, now.muted, 38)
        self._exploded.paint_in(now.error, now.muted, 46)
        self._line.setPen(pen(now.learning_rate, 2.4))
        self._line.setHoverPen(pen(now.learning_rate, 4.0))
        self._line.label.setColor(QColor(now.text))
        self._line.label.fill = pg.mkBrush(now.window)
        self._line.label.border = pg.mkPen(now.learning_rate)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows go through 1, 2, 5, 10, ..."""
        step = _KEYS.get(Qt.Key(event.key()))
        if step is None or self._chosen is None:
            super().keyPressEvent(event)
            return
        low, high = self._ends
        rate = next_in_decade(self._chosen, step, lowest=min(low, 1e-6))
        if low <= rate <= high:
            self.chosen.emit(rate)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names have room, or no longer."""
        super().resizeEvent(event)
        if self._found is not None:
            self.show_test(self._found, self._chosen, *self._ends)

    def _on_dragged(self, line: pg.InfiniteLine) -> None:
        self._choose_place(float(line.value()))

    def _on_clicked(self, event: Any) -> None:
        view = self.plotItem.vb
        place = event.scenePos()
        if self._chosen is not None and view.sceneBoundingRect().contains(place):
            self._choose_place(view.mapSceneToView(place).x())

    def _choose_place(self, place: float) -> None:
        # No hand is more exact than two digits.
        self.chosen.emit(float(f"{10.0**place:.2g}"))


_SIDES = ((0, 0.5), (1, 0.5))
"""The value stands beside the line, on the side that has room."""
