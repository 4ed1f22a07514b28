"""Draws the arms of a comparison: a line and a band each, over the epochs or over the share of a cycle."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QFrame, QStyleOptionGraphicsItem, QWidget

from kescape_gui import theme
from kescape_gui.comparison.picture import ArmLine, Picture, Values
from kescape_gui.curves.along import Unit
from kescape_gui.curves.axes import PlaceAxis, ValueAxis
from kescape_gui.curves.end_labels import EndLabel, EndLabels
from kescape_gui.curves.keys import Keys
from kescape_gui.curves.line import Line
from kescape_gui.curves.message import Message
from kescape_gui.curves.mouse import MouseBox
from kescape_gui.curves.pens import line_style, pen
from kescape_gui.curves.readout import Readout, short
from kescape_gui.curves.reduction import extremes
from kescape_gui.curves.rules import Rules
from kescape_gui.curves.still_plot import paint_axes
from kescape_gui.curves.whole_view import WholeView

_AXIS_WIDTH = 64
_ROOM = 0.05
_BEHIND = 0.02
"""Room behind the last epoch, as a share of all."""
_BAND = {False: 38, True: 56}
"""How much of a band is seen, of 255, in the light and in the dark: bands lie on top of each other."""
_POINTS = 4000
"""More points than that look the same."""
_ZOOM = 1.25


class _Bands(WholeView):
    """The ranges around the lines, and a mark at each value that stands alone."""

    def __init__(self) -> None:
        super().__init__()
        self._bands: list[tuple[QPolygonF, QColor]] = []
        self._lone: list[tuple[QPointF, float, float, QColor]] = []
        self.setZValue(-1)

    def show_parts(
        self, bands: list[tuple[QPolygonF, QColor]], lone: list[tuple[QPointF, float, float, QColor]]
    ) -> None:
        """Fill these, and mark these values, each with its range."""
        self._bands, self._lone = bands, lone
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw them."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for polygon, colour in self._bands:
            painter.setBrush(colour)
            painter.drawPolygon(polygon)
        transform = painter.transform()
        painter.save()
        painter.resetTransform()
        for at, low, high, colour in self._lone:
            place, top, bottom = (transform.map(QPointF(at.x(), y)) for y in (at.y(), high, low))
            painter.setPen(QPen(colour, 1.6))
            painter.drawLine(top, bottom)
            for end in (top, bottom):
                painter.drawLine(end + QPointF(-3, 0), end + QPointF(3, 0))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(place, 3.6, 3.6)
        painter.restore()


class ComparisonPlot(pg.PlotWidget):
    """Draws a picture. Dragging and the wheel move along it; a double click shows all again."""

    log_wanted = Signal()
    """The key for the log scale was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._places, self._values = PlaceAxis(), ValueAxis()
        super().__init__(parent, axisItems={"bottom": self._places, "left": self._values}, viewBox=MouseBox())
        self.setObjectName("comparisonPlot")
        self.setAccessibleName(self.tr("Arms of the comparison"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hideButtons()
        self.setMenuEnabled(False)
        self._values.setWidth(_AXIS_WIDTH)
        self._values.setStyle(tickLength=0, tickTextOffset=8, hideOverlappingLabels=False)
        self._values.setZValue(-100)
        self._places.setStyle(tickLength=4, tickTextOffset=4, hideOverlappingLabels=False)
        self.plotItem.layout.setContentsMargins(4, 6, 14, 2)
        self._picture = Picture((), (0.0, 1.0))
        self._log = False
        self._is_folded = False
        self._by_hand = False
        self._values_by_hand = False
        self._lines: list[Line] = []
        self._bands = _Bands()
        self._rules = Rules(numbered=False)
        self._labels = EndLabels()
        self._target = pg.InfiniteLine(angle=0, movable=False)
        self._target.setZValue(-2)
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setZValue(20)
        self._cross.hide()
        view = self.plotItem.vb
        for item in (self._bands, self._rules, self._labels, self._target, self._cross):
            view.addItem(item, ignoreBounds=True)
        self._readout = Readout(self)
        self._message = Message(self)
        view.sigRangeChangedManually.connect(self._on_moved_by_hand)
        view.values_zoomed.connect(self._on_values_zoomed)
        view.sigXRangeChanged.connect(lambda: self._fit_values())
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self._keys = Keys(
            {
                "f": self.show_all,
                Qt.Key.Key_Home: self.show_all,
                "l": self.log_wanted.emit,
                "+": lambda: self._zoom(1 / _ZOOM),
                "=": lambda: self._zoom(1 / _ZOOM),
                "-": lambda: self._zoom(_ZOOM),
                Qt.Key.Key_Left: lambda: self._step(-1),
                Qt.Key.Key_Right: lambda: self._step(1),
            },
            self,
        )
        self.installEventFilter(self._keys)
        self.recolour()

    @property
    def picture(self) -> Picture:
        """What is drawn."""
        return self._picture

    @property
    def is_log(self) -> bool:
        """Whether the values are on a log scale."""
        return self._log

    def show_picture(
        self, picture: Picture, *, log: bool, folded: bool, message: tuple[str, str] | None = None
    ) -> None:
        """Draw a picture.

        Args:
            picture: The lines.
            log: Whether values are on a log scale, if all are > 0.
            folded: Whether the x axis counts in percent of a cycle.
            message: A headline and a line under it where there is nothing to draw.
        """
        if folded != self._is_folded:
            self._by_hand = self._values_by_hand = False
        values = picture.values
        self._picture, self._is_folded = picture, folded
        self._log = log and len(values) > 0 and bool((values > 0).all())
        self._values.log = self._log
        self._places.setLabel(self.tr("share of the cycle") if folded else self.tr("epoch"))
        self._places.count_in(Unit.CYCLE if folded else Unit.STEPS, None, log=False)
        self._message.show_message(message if not len(values) else None)
        self._point_at(None)
        self._draw()
        if not self._by_hand:
            self.show_all()
        else:
            self._fit_values()
        self.setAccessibleDescription(self._described())

    def show_all(self) -> None:
        """Show the whole training again."""
        self._by_hand = self._values_by_hand = False
        first, last = self._picture.extent
        self.plotItem.vb.setXRange(first, last + _BEHIND * (last - first), padding=0)
        self._fit_values()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        paint_axes(self, now)
        self._values.setGrid(255)
        self._rules.set_colours(now.rule, now.text, now.window)
        self._labels.set_ground(now.base)
        self._target.setPen(pen(now.validation, 1.2, Qt.PenStyle.DotLine))
        self._cross.setPen(pen(now.muted))
        self._readout.recolour(now)
        self._message.recolour(now)
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words stay in the middle, and what is read off at the right."""
        super().resizeEvent(event)
        # Called first while it is being made.
        if hasattr(self, "_message"):
            self._message.place(_AXIS_WIDTH, self.width(), self.height())

    def leaveEvent(self, event: QEvent) -> None:
        """The cross hair goes with the mouse."""
        super().leaveEvent(event)
        self._point_at(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click shows everything again."""
        super().mouseDoubleClickEvent(event)
        self.show_all()

    # Drawing.

    def _height(self, values: Values) -> Values:
        """Where values lie on the axis; NaN where they have no place."""
        finite = np.where(np.isfinite(values), values, math.nan)
        if not self._log:
            return finite
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.log10(np.where(finite > 0, finite, math.nan))

    def _draw(self) -> None:
        now = theme.colours()
        view = self.plotItem.vb
        while len(self._lines) < len(self._picture.lines):
            line = Line(z=1 + 1e-3 * len(self._lines), jagged=False)
            self._lines.append(line)
            view.addItem(line, ignoreBounds=True)
        pixel = float(view.viewPixelSize()[0])
        bands, lone, labels = [], [], []
        for line, arm in zip(self._lines, self._picture.lines, strict=False):
            colour = seen_through(arm.swatch.colour, arm.faded)
            heights = self._height(arm.median)
            known = np.flatnonzero(np.isfinite(heights))
            if len(known) == 1 and arm.is_newest:
                at = QPointF(float(arm.x[known[0]]), float(heights[known[0]]))
                low, high = (self._end(each[known[0]], float(at.y())) for each in (arm.low, arm.high))
                lone.append((at, low, high, QColor(colour)))
            elif arm.is_newest:
                tint = QColor(arm.swatch.colour)
                tint.setAlpha(_BAND[now.dark])
                bands += [(polygon, tint) for polygon in self._polygons(arm)]
            x, y = _stepped(arm.x, heights) if arm.steps else (arm.x, heights)
            kept = extremes(y, _POINTS)
            line.set_pen(pen(colour, 2.0 if arm.is_newest else 1.4, line_style(dashed=arm.swatch.dashed)))
            if len(known) == 1:
                line.clear_points()
            else:
                line.show_points(x[kept], y[kept], pixel=pixel)
            if len(known) and arm.is_newest:
                labels.append(EndLabel(arm.title, float(arm.x[known[-1]]), float(heights[known[-1]]), colour))
        for line in self._lines[len(self._picture.lines) :]:
            line.clear_points()
        self._bands.show_parts(bands, lone)
        # Where two have no room beside each other, the better one is named.
        self._labels.set_labels(labels[::-1])
        self._rules.set_places(np.array(self._picture.restarts), len(self._picture.restarts))
        target = self._picture.target
        height = math.nan if target is None else float(self._height(np.array([target]))[0])
        self._target.setVisible(math.isfinite(height))
        if math.isfinite(height):
            self._target.setPos(height)

    def _end(self, value: float, otherwise: float) -> float:
        """Where the end of a lone value's range lies; where that is infinite, at the value itself."""
        height = float(self._height(np.array([value]))[0])
        return height if math.isfinite(height) else otherwise

    def _polygons(self, arm: ArmLine) -> list[QPolygonF]:
        """The band of an arm, a polygon for each stretch where both of its ends are known."""
        low, high = self._height(arm.low), self._height(arm.high)
        there = np.isfinite(low) & np.isfinite(high)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
        found = []
        for first, end in edges.reshape(-1, 2).tolist():
            x, bottom, top = arm.x[first:end], low[first:end], high[first:end]
            if len(x) > _POINTS:
                kept = np.linspace(0, len(x) - 1, _POINTS).astype(int)
                x, bottom, top = x[kept], bottom[kept], top[kept]
            if arm.steps:
                (x, bottom), (_, top) = _stepped(x, bottom), _stepped(x, top)
            if len(x) > 1:
                found.append(
                    pg.functions.arrayToQPolygonF(np.concatenate([x, x[::-1]]), np.concatenate([bottom, top[::-1]]))
                )
        return found

    def _fit_values(self) -> None:
        """Bring all values that lie in the part of the x axis in view into view."""
        if self._values_by_hand:
            return
        first, last = self.plotItem.vb.viewRange()[0]
        heights = []
        for line in self._picture.lines:
            inside = (line.x >= first) & (line.x <= last)
            heights += [self._height(each[inside]) for each in (line.median, line.low, line.high)]
        found = np.concatenate([*heights, np.empty(0)])
        found = found[np.isfinite(found)]
        if not len(found):
            return
        low, high = float(found.min()), float(found.max())
        room = _ROOM * (high - low) or 0.05 * (abs(high) or 1.0)
        self.plotItem.vb.setYRange(low - room, high + room, padding=0)

    # Reading off.

    def _on_mouse_moved(self, at: QPointF) -> None:
        view = self.plotItem.vb
        self._point_at(view.mapSceneToView(at).x() if view.sceneBoundingRect().contains(at) else None)

    def _step(self, by: int) -> None:
        """Read off at the next place, or the one before; from the keyboard."""
        places = self._known_places()
        if not len(places):
            return
        if not self._cross.isVisible():
            self._point_at(float(places[-1 if by < 0 else 0]))
            return
        number = int(np.argmin(np.abs(places - self._cross.value()))) + by
        self._point_at(float(places[min(max(0, number), len(places) - 1)]))

    def _known_places(self) -> Values:
        return np.unique(np.concatenate([*(line.x for line in self._picture.newest), np.empty(0)]))

    def _point_at(self, place: float | None) -> None:
        places = self._known_places()
        if place is None or not len(places):
            self._cross.hide()
            self._readout.hide()
            return
        place = float(places[np.argmin(np.abs(places - place))])
        self._cross.setPos(place)
        self._cross.show()
        self._readout.show_rows(self._read_off(place))
        margin = 20
        self._readout.move(max(0, self.width() - self._readout.width() - margin), 10)

    def _read_off(self, place: float) -> list[tuple[str, str, str]]:
        muted = theme.colours().muted
        if self._is_folded:
            rows = [(self.tr("share of the cycle"), f"{place:.0f} %", muted)]
        else:
            rows = [(self.tr("epoch"), f"{place:g}", muted)]
        for line in self._picture.newest:
            nearest = int(np.argmin(np.abs(line.x - place))) if len(line.x) else -1
            if nearest >= 0 and math.isclose(line.x[nearest], place):
                value = float(line.median[nearest])
                rows.append((line.title, short(None if math.isnan(value) else value), line.swatch.colour))
        return rows

    def _described(self) -> str:
        said = []
        for line in self._picture.newest:
            known = np.flatnonzero(~np.isnan(line.median))
            if len(known):
                said.append(f"{line.title}: {short(float(line.median[known[-1]]))}")
        return "; ".join(said)

    # By hand.

    def _zoom(self, factor: float) -> None:
        self.plotItem.vb.scaleBy(x=factor)
        self._by_hand = True

    def _on_moved_by_hand(self, _axes: object) -> None:
        self._by_hand = True

    def _on_values_zoomed(self) -> None:
        self._by_hand = self._values_by_hand = True


def seen_through(colour: str, share: float) -> str:
    """A colour through which that much of what lies below is seen: a band, perhaps.

    Example:
        >>> seen_through("#336699", 0.0), seen_through("#336699", 0.6)
        ('#ff336699', '#66336699')
    """
    return f"#{round(255 * (1 - share)):02x}{colour.removeprefix('#')}"


def _stepped(x: Values, y: Values) -> tuple[Values, Values]:
    """The points of a line whose values hold until the next.

    Example:
        >>> x, y = _stepped(np.array([1.0, 2.0]), np.array([5.0, 3.0]))
        >>> x.tolist(), y.tolist()
        ([1.0, 2.0, 2.0], [5.0, 5.0, 3.0])
    """
    if not len(x):
        return x, y
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
