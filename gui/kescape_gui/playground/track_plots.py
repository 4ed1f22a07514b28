"""Loss and learning rate of the racers over the steps, one above the other, in step with the race."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kescape.landscape.race import METHODS
from kescape_gui import theme
from kescape_gui.curves.axes import PlaceAxis, ValueAxis
from kescape_gui.curves.end_labels import EndLabel, EndLabels
from kescape_gui.curves.line import Line
from kescape_gui.curves.pens import faded, pen
from kescape_gui.curves.still_plot import make_still, paint_axes
from kescape_gui.playground.playground import Playground, method_titles, sharing
from kescape_gui.surface.colour_scale import ColourScale
from kescape_gui.words import tr

_AXIS = 58
_DASH = 5.0
"""Length of the dashes by which racers share a line, in widths of it."""
_ROOM = 0.06
_LOWEST = 1e-8
"""Lower than this part of the surface's highest value, the loss is drawn as if it were so low."""
_BEYOND = 10.0
"""Higher than this many times that value, likewise; that is above the plot."""


class _TrackPlot(pg.PlotWidget):
    """A plot over the steps of a race, without mouse or menu."""

    def __init__(self, title: str, name: str) -> None:
        self.places, self.values = PlaceAxis(), ValueAxis()
        super().__init__(axisItems={"bottom": self.places, "left": self.values})
        self.setObjectName(name)
        self.setAccessibleName(title)
        make_still(self)
        self.setMinimumHeight(64)
        self.values.setWidth(_AXIS)
        self.values.setStyle(tickLength=0, tickTextOffset=8, hideOverlappingLabels=False)
        self.values.setZValue(-100)
        self.values.setGrid(255)
        self.places.setStyle(tickLength=4, tickTextOffset=4, hideOverlappingLabels=False)
        self.plotItem.layout.setContentsMargins(0, 4, 14, 0)
        self.now = pg.InfiniteLine(angle=90, movable=False)
        self.now.setZValue(-50)
        self.plotItem.vb.addItem(self.now, ignoreBounds=True)

    def recolour(self, now: theme.Colours) -> None:
        """Take the colours of the palette that the app has now."""
        paint_axes(self, now)
        self.values.setGrid(255)
        self.now.setPen(pen(now.rule))


class TrackPlots(QWidget):
    """Draws what a playground has seen so far. Holds no data and takes no decisions."""

    def __init__(self, playground: Playground, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playground = playground
        self._chosen: list[int] = []
        self._scale: ColourScale | None = None
        self._shown = -1
        self.loss = _TrackPlot(self.tr("Loss over steps"), "playgroundLoss")
        self.rate = _TrackPlot(self.tr("Learning rate over steps"), "playgroundRate")
        self.rate.setXLink(self.loss)
        self.loss.places.setStyle(showValues=False)
        self.loss.places.setHeight(6)
        self._lines = [Line(z=number) for number in range(len(METHODS))]
        self._labels = EndLabels()
        for item in (*self._lines, self._labels):
            self.loss.plotItem.vb.addItem(item, ignoreBounds=True)
        self._plans = [pg.PlotCurveItem() for _ in METHODS]
        self._rates = [pg.PlotCurveItem() for _ in METHODS]
        for item in (*self._plans, *self._rates):
            self.rate.plotItem.vb.addItem(item, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(0)
        self._words = QLabel()
        self._words.setObjectName("playgroundStep")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setIndent(14)
        theme.font(self._words, scale=0.95)
        for plot, title, share in ((self.loss, self.tr("Loss"), 3), (self.rate, self.tr("Learning rate"), 2)):
            heading = QLabel(title)
            heading.setIndent(14)
            theme.font(heading, scale=0.95, bold=True)
            line = QHBoxLayout()
            line.addWidget(heading)
            if plot is self.loss:
                line.addStretch(1)
                line.addWidget(self._words)
                line.addSpacing(14)
            layout.addLayout(line)
            layout.addWidget(plot, share)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(self.palette().ColorRole.Base)
        self.recolour()

    def choose(self, racers: list[int], scale: ColourScale | None) -> None:
        """Draw these racers; the loss on a log scale if the colours of the surface are on one."""
        self._chosen, self._scale = racers, scale
        self._shown = -1
        self.redraw()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        self.loss.recolour(now)
        self.rate.recolour(now)
        self._labels.set_ground(now.base)
        theme.paint_text(self._words, now.muted)
        self._shown = -1
        self.redraw()

    def show_words(self, words: str) -> None:
        """Say where the race is."""
        self._words.setText(words)

    def redraw(self) -> None:
        """Show the race as it is now."""
        playground = self._playground
        if playground.version != self._shown:
            self._shown = playground.version
            # A little room behind the last step, where the names at the ends are.
            self.loss.setXRange(0, playground.steps, padding=0)
            self._draw_plans()
        self._draw_losses()
        self._draw_rates()
        for plot in (self.loss, self.rate):
            plot.now.setValue(playground.step)

    def _draw_losses(self) -> None:
        now, scale, log = theme.colours(), self._scale, self._scale is not None and self._scale.log
        self.loss.values.log = log
        steps = np.arange(self._playground.step + 1.0)
        pixel = self._playground.steps / max(1.0, self.loss.plotItem.vb.width())
        ends, ranges = [], []
        for number, (line, title) in enumerate(zip(self._lines, method_titles(), strict=True)):
            if number not in self._chosen:
                line.clear_points()
                continue
            losses = self._playground.losses(number)
            # Who leaves the surface would take the picture along; its line leaves the plot at the top.
            high = scale.high if scale else math.inf
            losses = np.where(np.isfinite(losses), np.minimum(losses, _BEYOND * high), math.nan)
            if log and scale is not None:
                losses, high = np.log10(np.maximum(losses, high * _LOWEST)), math.log10(high)
            line.set_pen(pen(now.racers[number], 2.0))
            line.show_points(steps, losses, pixel=pixel)
            known = np.flatnonzero(np.isfinite(losses))
            if len(known):
                ranges.append((float(losses[known].min()), min(high, float(losses[known].max()))))
                end = min(high, float(losses[known[-1]]))
                ends.append((title, float(steps[known[-1]]), end, now.racers[number]))
        if ranges:
            low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
            room = _ROOM * (high - low) or 0.5 * (abs(high) or 1.0)
            self.loss.setYRange(low - room, high + room, padding=0)
            apart = self.fontMetrics().height() * (high - low + 2 * room) / max(1.0, self.loss.plotItem.vb.height())
            self._labels.set_labels(_grouped(ends, apart))
        else:
            self._labels.set_labels([])

    def _draw_plans(self) -> None:
        rates, now = self._playground.rates, theme.colours()
        highest = max((float(rates[number].max()) for number in self._chosen), default=1.0)
        self.rate.setYRange(0, 1.12 * highest, padding=0)
        for item in (*self._plans, *self._rates):
            item.setData([], [])
        for group in sharing(rates, self._chosen):
            for place, number in enumerate(group):
                colour = now.racers[number]
                for item, ink, width in ((self._plans, faded(colour, now.base, 0.72), 1.4), (self._rates, colour, 2.2)):
                    item[number].setPen(_shared(ink, width, place, len(group)))
                self._plans[number].setData(np.arange(float(self._playground.steps)), rates[number])

    def _draw_rates(self) -> None:
        step = self._playground.step
        for number in self._chosen:
            self._rates[number].setData(np.arange(float(step)), self._playground.rates[number, :step])


def _grouped(ends: list[tuple[str, float, float, str]], apart: float) -> list[EndLabel]:
    """Names at the ends of lines; ends at the same step and nearer than `apart` share one."""
    groups: list[list[tuple[str, float, float, str]]] = []
    for end in ends:
        for group in groups:
            if group[0][1] == end[1] and abs(group[0][2] - end[2]) < apart:
                group.append(end)
                break
        else:
            groups.append([end])
    labels = []
    for group in groups:
        first, x, y, colour = group[0]
        if len(group) > 1:
            # More names than two have no room beside a line.
            names = [title for title, *_ in group]
            first = ", ".join(names) if len(group) == 2 else tr("{count} methods").format(count=len(group))
            colour = theme.colours().text
        labels.append(EndLabel(first, x, y, colour))
    return labels


def _shared(colour: str, width: float, place: int, of: int) -> QPen:
    """A pen whose dashes fall into the gaps of the others that draw the same line."""
    result = pen(colour, width)
    if of > 1:
        result.setCapStyle(Qt.PenCapStyle.FlatCap)
        result.setDashPattern([_DASH, (of - 1) * _DASH])
        result.setDashOffset(-place * _DASH)
    return result
