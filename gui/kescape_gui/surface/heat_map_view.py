"""Draws a surface from above: colours, contour lines, and paths and marks on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QLabel, QStyleOptionGraphicsItem, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.curves.axes import ValueAxis, nice_spacing
from kescape_gui.curves.message import Message
from kescape_gui.curves.still_plot import make_still, paint_axes
from kescape_gui.curves.whole_view import WholeView
from kescape_gui.surface.colour_bar import WIDTH, ColourBar
from kescape_gui.surface.colour_map import picture
from kescape_gui.surface.colour_scale import ColourScale, value_text
from kescape_gui.surface.contours import ContourLines, contours_of
from kescape_gui.surface.drawn import Labels, draw_dot, draw_dots, draw_line, draw_text, label_colours, small_font
from kescape_gui.surface.grid import Grid, Mark, Path, finer

_LEFT, _BOTTOM, _TOP, _HANG = 54, 42, 8, 6
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Down: (0, -1),
    Qt.Key.Key_Up: (0, 1),
}
_STEPS_ACROSS = 100
"""So many presses of an arrow key take the cross hair from one side to the other; a tenth of it with Shift."""


class _BottomAxis(ValueAxis):
    def __init__(self) -> None:
        pg.AxisItem.__init__(self, "bottom")
        self.log = False

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Round numbers, some 48 pixels apart."""
        if not high > low or not math.isfinite(high - low):
            return []
        spacing = nice_spacing(high - low, max(2.0, size / 48))
        first, last = math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9)
        return [(spacing, [number * spacing for number in range(first, last + 1)])]


class _SmoothImage(pg.ImageItem):
    def paint(self, painter: QPainter, *args: object) -> None:
        """Draw it without the corners of its points."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


class _OnTop(WholeView):
    """Paths, marks and the cross hair."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: Sequence[Path] = ()
        self.marks: Sequence[Mark] = ()
        self.cross: tuple[float, float] | None = None
        self.scale: ColourScale | None = None

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw them in pixels."""
        transform = painter.transform()
        view = self.viewRect()
        corners = [transform.map(point) for point in (view.topLeft(), view.bottomRight())]
        inside = QRectF(*corners).normalized()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        across, up = transform.m11(), transform.m22()
        places = [(path.x * across + transform.dx(), path.y * up + transform.dy(), path) for path in self.paths]
        for right, down, path in places:
            draw_line(painter, right, down, path)
        dots = [transform.map(QPointF(mark.x, mark.y)) for mark in self.marks]
        for mark, dot in zip(self.marks, dots, strict=True):
            draw_dot(painter, dot, QColor(mark.colour))
        for right, down, path in places:
            draw_dots(painter, right, down, path, self.scale)
        if self.cross is not None:
            self._draw_cross(painter, transform.map(QPointF(*self.cross)), inside)
        metrics = small_font(painter, 0.95)
        labels = Labels(inside.adjusted(2, 2, -2, -2), dots, [place[:2] for place in places])
        for mark, dot in zip(self.marks, dots, strict=True):
            if mark.text and inside.contains(dot):
                box = labels.beside(dot, metrics.horizontalAdvance(mark.text) + 4, metrics.height())
                draw_text(painter, box, mark.text, *label_colours())
        painter.restore()

    def _draw_cross(self, painter: QPainter, at: QPointF, inside: QRectF) -> None:
        lines = [
            QLineF(inside.left(), at.y(), inside.right(), at.y()),
            QLineF(at.x(), inside.top(), at.x(), inside.bottom()),
        ]
        for colour, width in ((QColor(255, 255, 255, 110), 3.0), (QColor(0, 0, 0, 190), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLines(lines)


class HeatMapView(QWidget):
    """Draws a grid of values. Holds no data but what it was shown, and takes no decisions.

    Args:
        x_name: What goes to the right.
        y_name: What goes up.
        z_name: What the colours are values of.
        parent: The widget it lies in.
    """

    clicked = Signal(float, float)
    """A place of the surface, by the mouse, or by Enter at the cross hair."""

    def __init__(self, x_name: str = "x", y_name: str = "y", z_name: str = "z", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid: Grid | None = None
        self._log: bool | None = None
        self._scale: ColourScale | None = None
        self._is_equal = False
        self._across = _BottomAxis()
        self._up = ValueAxis()
        self._plot = pg.PlotWidget(axisItems={"bottom": self._across, "left": self._up})
        make_still(self._plot)
        self._up.setWidth(_LEFT)
        self._across.setHeight(_BOTTOM)
        for axis in (self._across, self._up):
            axis.setStyle(tickLength=4, tickTextOffset=4, hideOverlappingLabels=False)
            axis.enableAutoSIPrefix(False)
        view = self._plot.plotItem.vb
        self._image = _SmoothImage(axisOrder="row-major")
        self._contours = ContourLines()
        self._on_top = _OnTop()
        # Added in the order in which they are drawn.
        for item in (self._image, self._contours, self._on_top):
            view.addItem(item, ignoreBounds=True)
        self._bar = ColourBar()
        self._plot.plotItem.layout.addItem(self._bar, 2, 3)
        self._readout = QLabel()
        self._readout.setObjectName("surfaceReadout")
        self._readout.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._readout.setContentsMargins(0, 0, round(WIDTH), 0)
        theme.font(self._readout, scale=0.92)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._readout)
        layout.addWidget(self._plot, 1)
        self._message = Message(self)
        self._empty = ("", "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(self.palette().ColorRole.Base)
        self.name_axes(x_name, y_name, z_name)
        self._plot.scene().sigMouseClicked.connect(self._on_clicked)
        self._plot.scene().sigMouseMoved.connect(self._on_moved)
        self._plot.viewport().installEventFilter(self)
        self.recolour()
        self.show_grid(None)

    def name_axes(self, x_name: str, y_name: str, z_name: str) -> None:
        """Say what goes right, what goes up, and what the colours mean."""
        self._names = (x_name, y_name, z_name)
        self._across.setLabel(x_name)
        self._up.setLabel(y_name)
        self._bar.show_scale(self._scale, z_name)
        self.setAccessibleName(self.tr("Map of {z} over {x} and {y}").format(z=z_name, x=x_name, y=y_name))
        self.setAccessibleDescription(
            self.tr("The arrow keys move a cross hair, with Shift in large steps; Enter chooses its place.")
        )

    def show_grid(self, grid: Grid | None) -> None:
        """Draw a surface in place of the one before; nothing is drawn where it is NaN, or without one."""
        self._grid = grid
        self._scale = None
        if grid is not None and not grid.is_empty:
            self._scale = _scale_of(grid, self._log)
            x, y = grid.x, grid.y
            shares = finer(self._scale.share(grid.z))
            self._image.setImage(picture(shares), autoLevels=False, levels=None)
            self._image.setRect(QRectF(x[0], y[0], x[-1] - x[0], y[-1] - y[0]))
            self._contours.show_contours(contours_of(grid, self._scale), self._scale)
        else:
            self._image.clear()
            self._contours.show_contours([], None)
        if grid is not None:
            self._plot.plotItem.vb.setRange(
                xRange=(grid.x[0], grid.x[-1]), yRange=(grid.y[0], grid.y[-1]), padding=0, disableAutoRange=True
            )
        self._plot.setVisible(self._scale is not None)
        self._bar.show_scale(self._scale, self._names[2])
        self._on_top.scale = self._scale
        self._show_cross(self._on_top.cross if self._scale is not None else None)
        self._show_message()
        self._place()

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Draw these lines on top, the last uppermost."""
        self._on_top.paths = list(paths)
        self._on_top.update()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Draw these labelled dots on top."""
        self._on_top.marks = list(marks)
        self._on_top.update()

    def set_log(self, log: bool | None) -> None:
        """Spread the colours on a log scale or a linear one; None takes log if the values span decades.

        A surface that is nowhere above 0 is drawn on a linear scale.
        """
        self._log = log
        self.show_grid(self._grid)

    def set_equal(self, equal: bool) -> None:
        """Draw a length to the right as long as one up, or fill the room."""
        self._is_equal = equal
        self._place()

    def set_empty_words(self, headline: str, text: str) -> None:
        """What stands in the middle as long as there is no surface."""
        self._empty = (headline, text)
        self._show_message()

    @property
    def scale(self) -> ColourScale | None:
        """How values become colours now; None while there is no surface."""
        return self._scale

    def to_widget(self, x: float, y: float) -> QPointF:
        """Where in this widget a place of the surface is."""
        on_plot = self._plot.mapFromScene(self._plot.plotItem.vb.mapViewToScene(QPointF(x, y)))
        return QPointF(self._plot.viewport().mapTo(self, on_plot))

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        paint_axes(self._plot, now, ticks=now.rule)
        theme.paint_text(self._readout, now.muted)
        self._message.recolour(now)
        self._bar.update()
        self._contours.update()
        self._on_top.update()

    # What happens.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows move the cross hair, Enter chooses, Escape takes it away."""
        way, key, cross = _ARROWS.get(Qt.Key(event.key())), event.key(), self._on_top.cross
        grid = self._grid
        if grid is None or self._scale is None:
            super().keyPressEvent(event)
        elif way is not None:
            steps = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            x, y = cross or self._middle(grid)
            x += way[0] * steps * (grid.x[-1] - grid.x[0]) / _STEPS_ACROSS
            y += way[1] * steps * (grid.y[-1] - grid.y[0]) / _STEPS_ACROSS
            self._show_cross((_within(x, grid.x), _within(y, grid.y)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and cross is not None:
            self.clicked.emit(*cross)
        elif key == Qt.Key.Key_Escape and cross is not None:
            self._show_cross(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Who comes by keyboard sees where."""
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and self._grid is not None and self._scale is not None:
            self._show_cross(self._on_top.cross or self._middle(self._grid))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The cross hair goes with the keyboard."""
        super().focusOutEvent(event)
        self._show_cross(None)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """The cross hair goes with the mouse; the proportions stay."""
        if event.type() == QEvent.Type.Leave:
            self._show_cross(None)
        elif event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The words stay in the middle."""
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        """A new palette recolours what we paint ourselves."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_message"):
            self.recolour()

    def _on_clicked(self, event: Any) -> None:
        place = self._place_at(event.scenePos())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*place)

    def _on_moved(self, at: QPointF) -> None:
        self._show_cross(self._place_at(at))

    def _place_at(self, at: QPointF) -> tuple[float, float] | None:
        view = self._plot.plotItem.vb
        if self._scale is None or not view.sceneBoundingRect().contains(at):
            return None
        place = view.mapSceneToView(at)
        return place.x(), place.y()

    def _middle(self, grid: Grid) -> tuple[float, float]:
        return float(grid.x[0] + grid.x[-1]) / 2, float(grid.y[0] + grid.y[-1]) / 2

    # Drawing.

    def _show_cross(self, cross: tuple[float, float] | None) -> None:
        if cross != self._on_top.cross:
            self._on_top.cross = cross
            self._on_top.update()
        words = ""
        if cross is not None and self._grid is not None:
            z = float(self._grid.at(*cross))
            known = value_text(z) if not math.isnan(z) else self.tr("not known")
            x, y = (_rounded(value, places) for value, places in zip(cross, (self._grid.x, self._grid.y), strict=True))
            words = f"{self._names[0]} {x}    {self._names[1]} {y}    {self._names[2]} {known}"
        self._readout.setText(words)

    def _show_message(self) -> None:
        empty = self._scale is None and any(self._empty)
        self._message.show_message(self._empty if empty else None)

    def _place(self) -> None:
        """Leave so much room around the plot that a square of the surface is one on the screen, if that is wanted."""
        size = self._plot.size()
        right, below = 0.0, 0.0
        grid = self._grid
        if self._is_equal and grid is not None:
            wide, high = size.width() - _LEFT - _HANG - WIDTH, size.height() - _BOTTOM - _TOP
            shape = (grid.x[-1] - grid.x[0]) / (grid.y[-1] - grid.y[0])
            right, below = max(0.0, wide - high * shape), max(0.0, high - wide / shape)
        self._plot.plotItem.layout.setContentsMargins(_HANG + right / 2, _TOP + below / 2, right / 2, below / 2)
        self._message.place(0, self.width(), self.height())


def _scale_of(grid: Grid, log: bool | None) -> ColourScale:
    return ColourScale.of(grid.z, log=log and bool(np.nanmax(grid.z) > 0) if log is not None else None)


def _within(value: float, places: np.ndarray[Any, Any]) -> float:
    return float(min(max(value, places[0]), places[-1]))


def _rounded(value: float, places: np.ndarray[Any, Any]) -> str:
    """A place as exactly as a pixel of some hundreds tells it."""
    digits = max(0, 3 - math.floor(math.log10(float(places[-1] - places[0]))) - 1)
    return f"{value:.{min(digits, 6)}f}"
