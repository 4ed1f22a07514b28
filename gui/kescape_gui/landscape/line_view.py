"""Draws the loss along straight lines between minima, one after the other, with the chord and the barrier of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QLabel, QStyleOptionGraphicsItem, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.curves.axes import ValueAxis
from kescape_gui.curves.message import Message
from kescape_gui.curves.pens import pen
from kescape_gui.curves.still_plot import make_still, paint_axes
from kescape_gui.curves.whole_view import WholeView
from kescape_gui.landscape.lines import Line
from kescape_gui.surface.colour_scale import value_text
from kescape_gui.surface.drawn import draw_dot, draw_text, label_colours, small_font
from kescape_gui.words import tr

_MOST_DOTS = 140


class _MinimaAxis(ValueAxis):
    """Below the plot: a tick at each minimum, with its name."""

    def __init__(self) -> None:
        pg.AxisItem.__init__(self, "bottom")
        self.log = False
        self.names: list[tuple[float, str]] = []

    def tickValues(self, _low: float, _high: float, _size: float) -> list[tuple[float, list[float]]]:
        """The minima."""
        return [(1.0, [place for place, _ in self.names])]

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """Their names."""
        known = dict(self.names)
        return [known.get(value, "") for value in values]


class _Barriers(WholeView):
    """The chords, the barriers above them, and the dots of the minima."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Sequence[Line] = ()
        self.log = False

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw them in pixels."""
        now = theme.colours()
        transform = painter.transform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = small_font(painter, 0.95)
        corners = [transform.map(point) for point in (self.viewRect().topLeft(), self.viewRect().bottomRight())]
        inside = QRectF(*corners).normalized()

        def on_screen(place: float, loss: float) -> QPointF:
            height = math.log10(loss) if self.log and loss > 0 else loss
            return QPointF(transform.map(QPointF(place, height)))

        labels = []
        for number, line in enumerate(self.lines):
            ends, peak = line.chord, line.peak
            if ends is None or peak is None:
                continue
            painter.setPen(QPen(QColor(now.rule), 1.2, Qt.PenStyle.DashLine))
            # On a log scale a straight chord is a curve.
            shares = np.linspace(0.0, 1.0, 33 if self.log else 2).tolist()
            painter.drawPolyline([on_screen(number + share, ends[0] + share * (ends[1] - ends[0])) for share in shares])
            text = tr("no barrier") if not line.has_barrier else _rise_text(line)
            foot = on_screen(number + peak.position, peak.foot)
            if not math.isfinite(peak.loss):
                # Nothing is drawn up to there; the words stand above the gap.
                labels.append((QPointF(foot.x(), inside.top() + 24), text))
                continue
            top = on_screen(number + peak.position, peak.loss)
            if line.has_barrier and foot.y() - top.y() > 3:
                painter.setPen(QPen(QColor(now.validation), 1.2, Qt.PenStyle.DotLine))
                painter.drawLine(on_screen(number, peak.foot), on_screen(number + 1, peak.foot))
                painter.setPen(QPen(QColor(now.validation), 1.8))
                painter.drawLine(foot, top)
                for end in (foot, top):
                    painter.drawLine(end + QPointF(-4, 0), end + QPointF(4, 0))
            if not line.has_barrier:
                middle = float(np.interp(0.5, *line.known))
                top = on_screen(number + 0.5, middle) if math.isfinite(middle) else top
            labels.append((top, text))
        for number, line in enumerate(self.lines):
            ends = line.chord
            if ends is not None:
                for place, loss in zip((number, number + 1), ends, strict=True):
                    draw_dot(painter, on_screen(place, loss), QColor(now.loss))
        for top, text in labels:
            width = metrics.horizontalAdvance(text) + 4
            box = QRectF(top.x() - width / 2, top.y() - metrics.height() - 5, width, metrics.height())
            draw_text(painter, box, text, *label_colours())
        painter.restore()


class LineView(QWidget):
    """Draws lines. Holds no data but what it was shown, and takes no decisions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Sequence[Line] = ()
        self._minima = _MinimaAxis()
        self._losses = ValueAxis()
        self._plot = pg.PlotWidget(axisItems={"bottom": self._minima, "left": self._losses})
        make_still(self._plot)
        self._losses.setWidth(58)
        self._losses.setStyle(tickLength=0, tickTextOffset=8, hideOverlappingLabels=False)
        self._losses.setZValue(-100)
        self._minima.setStyle(tickLength=4, tickTextOffset=4, hideOverlappingLabels=False)
        self._losses.setLabel(self.tr("loss"))
        self._plot.plotItem.layout.setContentsMargins(4, 8, 24, 6)
        view = self._plot.plotItem.vb
        self._curve = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False, antialias=True)
        self._dots = pg.ScatterPlotItem(size=5, pxMode=True)
        self._barriers = _Barriers()
        # Added in the order in which they are drawn.
        for item in (self._curve, self._dots, self._barriers):
            view.addItem(item, ignoreBounds=True)
        self._readout = QLabel()
        self._readout.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._readout.setContentsMargins(0, 0, 24, 0)
        theme.font(self._readout, scale=0.92)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._readout)
        layout.addWidget(self._plot, 1)
        self._message = Message(self)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(self.palette().ColorRole.Base)
        self.setAccessibleName(self.tr("Loss on straight lines between minima"))
        self._plot.scene().sigMouseMoved.connect(self._on_moved)
        self._plot.viewport().installEventFilter(self)
        self.recolour()
        self.show_lines([])

    def show_lines(self, lines: Sequence[Line], *, log: bool = False) -> None:
        """Draw lines one after the other, each as wide as the others.

        Args:
            lines: Each begins at the minimum where the one before ends.
            log: Whether losses are on a log scale, if all are > 0.
        """
        self._lines = lines
        places, losses = _joined(lines)
        finite = losses[np.isfinite(losses)]
        self._plot.setVisible(len(finite) > 0)
        if not len(finite):
            return
        log = log and bool((finite > 0).all())
        heights = np.log10(losses) if log else losses
        self._losses.log = self._barriers.log = log
        known = np.isfinite(heights)
        self._curve.setData(places, heights)
        self._dots.setData(places[known], heights[known])
        self._dots.setVisible(int(known.sum()) <= _MOST_DOTS)
        low, high = float(heights[known].min()), float(heights[known].max())
        room = max(high - low, 1e-3 * max(abs(high), 1e-9))
        view = self._plot.plotItem.vb
        least = min(0.0, *(float(line.positions.min()) for line in lines[:1]))
        most = max(float(line.positions.max()) for line in lines[-1:]) + len(lines) - 1
        margin = 0.06 * (most - least)
        view.setRange(
            xRange=(least - margin, most + margin),
            yRange=(low - 0.08 * room, high + 0.16 * room),
            padding=0,
            disableAutoRange=True,
        )
        self._minima.names = _named(lines)
        self._minima.picture = None
        self._minima.update()
        self._barriers.lines = lines
        self._barriers.update()
        self._losses.setGrid(255)
        self.setAccessibleDescription("\n".join(_told(line) for line in lines))

    def show_message(self, message: tuple[str, str] | None) -> None:
        """Show words in place of lines, or none."""
        self._message.show_message(message)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        paint_axes(self._plot, now)
        self._curve.setPen(pen(now.loss, 2.0))
        self._dots.setPen(pen(now.base, 1.0))
        self._dots.setBrush(pg.mkBrush(now.loss))
        theme.paint_text(self._readout, now.muted)
        self._message.recolour(now)
        self._barriers.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The words stay in the middle."""
        super().resizeEvent(event)
        self._message.place(0, self.width(), self.height())

    def changeEvent(self, event: QEvent) -> None:
        """A new palette recolours what we paint ourselves."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_message"):
            self.recolour()

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """The mouse has gone, and what it read off with it."""
        if event.type() == QEvent.Type.Leave:
            self._readout.setText("")
        return super().eventFilter(watched, event)

    def _on_moved(self, at: QPointF) -> None:
        view = self._plot.plotItem.vb
        places, losses = _joined(self._lines)
        known = np.isfinite(losses)
        words = ""
        if known.any() and view.sceneBoundingRect().contains(at):
            place = float(view.mapSceneToView(at).x())
            nearest = int(np.argmin(np.where(known, np.abs(places - place), np.inf)))
            number = min(max(0, math.floor(places[nearest] - 1e-9)), len(self._lines) - 1)
            line = self._lines[number]
            words = self.tr("{share} of the way from {start} to {end}: loss {loss}").format(
                share=f"{100 * (places[nearest] - number):.0f} %",
                start=line.start,
                end=line.end,
                loss=value_text(float(losses[nearest])),
            )
        self._readout.setText(words)


def _joined(lines: Sequence[Line]) -> tuple[Any, Any]:
    """All lines in one curve; only the first and the last may reach beyond their minima."""
    places, losses = [], []
    for number, line in enumerate(lines):
        at, values = line.positions, line.losses
        wanted = ((at >= 0) | (number == 0)) & ((at <= 1) | (number == len(lines) - 1)) & ~np.isnan(values)
        places.append(at[wanted] + number)
        # An infinite loss is a gap.
        losses.append(np.where(np.isfinite(values[wanted]), values[wanted], np.nan))
        if number < len(lines) - 1 and not (wanted.any() and at[wanted][-1] == 1):
            # What is not known yet is not drawn across.
            places.append(np.array([number + 1.0]))
            losses.append(np.array([np.nan]))
    if not lines:
        return np.empty(0), np.empty(0)
    return np.concatenate(places), np.concatenate(losses)


def _named(lines: Sequence[Line]) -> list[tuple[float, str]]:
    return [(0.0, lines[0].start), *((number + 1.0, line.end) for number, line in enumerate(lines))]


def _told(line: Line) -> str:
    if line.peak is None:
        return f"{line.start} – {line.end}"
    return f"{line.start} – {line.end}: {_rise_text(line) if line.has_barrier else tr('no barrier')}"


def _rise_text(line: Line) -> str:
    """How far the loss rises above both minima, and between what that lies."""
    peak = line.peak
    assert peak is not None, "it is asked for where there is one"
    if line.barrier is None:
        return f"+{value_text(peak.rise)}"
    return f"+{value_text(peak.rise)} ({value_text(line.barrier.low)}–{value_text(line.barrier.high)})"
