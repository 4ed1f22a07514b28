"""Draws a surface in space, to be turned by hand. Painted without OpenGL, which remote desktops often lack."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from kescape_gui import theme
from kescape_gui.curves.axes import nice_spacing
from kescape_gui.curves.message import Message
from kescape_gui.surface.colour_map import COLOURS, colour_table, places_of
from kescape_gui.surface.colour_scale import ColourScale, value_text
from kescape_gui.surface.drawn import (
    Labels,
    draw_dot,
    draw_dots,
    draw_line,
    draw_text,
    halo_of,
    label_colours,
    line_pen,
    seen_points,
    small_font,
)
from kescape_gui.surface.grid import Floats, Grid, Mark, Path
from kescape_gui.surface.projection import HEIGHT, Camera, far_to_near, is_hidden

_STILL, _TURNING = 72, 50
"""At most so many cells a side are drawn; fewer while it is turned, so that it follows the hand."""
_SETTLED_MILLISECONDS = 140
_SHADES = 16
_LIGHT = np.array([-0.45, -0.4, 0.8]) / np.linalg.norm([-0.45, -0.4, 0.8])
_TURN = 5.0
"""Degrees that an arrow key turns."""
_START = Camera()
_NO_HEIGHTS = 78.0
"""From so steep above, heights are not told apart."""
_ROUND = (64.0, 34.0)
"""Pixels for what is written around the box, to each side and above and below."""
_FINE = 2.0
_MOST_DOTS = 150
_PIN = 26.0
"""Pixels from a place of the surface up to its label."""


@dataclass(frozen=True, eq=False)
class _Mesh:
    """The cells of a grid in the box that `Camera` sees.

    Attributes:
        points: (m, n, 3), NaN where not known.
        colours: Of each cell, its place in the colour table.
        shades: Of each cell, how much light falls on it, from 0 to `_SHADES` - 1.
    """

    points: Floats
    colours: NDArray[np.intp]
    shades: NDArray[np.intp]


@functools.cache
def _inks() -> tuple[list[QBrush], list[QPen]]:
    """A brush and a pen for each colour in each shade."""
    brushes, pens = [], []
    for shade in range(_SHADES):
        light = 0.68 + 0.42 * shade / (_SHADES - 1)
        for red, green, blue in colour_table().tolist():
            lit = [min(255, round(part * light)) for part in (red, green, blue)]
            brushes.append(QBrush(QColor(*lit)))
            pens.append(QPen(QColor(*(round(part * 0.88) for part in lit)), 0.0))
    return brushes, pens


class Surface3DView(QWidget):
    """Draws a grid of values as a surface. Holds no data but what it was shown, and takes no decisions.

    Args:
        x_name: What one side of the floor is.
        y_name: What the other is.
        z_name: What goes up, and what the colours mean.
        parent: The widget it lies in.
    """

    def __init__(self, x_name: str = "x", y_name: str = "y", z_name: str = "z", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid: Grid | None = None
        self._log: bool | None = None
        self._scale: ColourScale | None = None
        self._meshes: dict[int, _Mesh] = {}
        self._painted: tuple[object, QImage] | None = None
        self._paths: Sequence[Path] = ()
        self._marks: Sequence[Mark] = ()
        self._camera = _START
        self._held: QPointF | None = None
        self._empty = ("", "")
        self._message = Message(self)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLED_MILLISECONDS)
        self._settling.timeout.connect(self.update)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.name_axes(x_name, y_name, z_name)
        self.recolour()

    def name_axes(self, x_name: str, y_name: str, z_name: str) -> None:
        """Say what the sides of the floor are, and what goes up."""
        self._names = (x_name, y_name, z_name)
        self.setAccessibleName(self.tr("Surface of {z} over {x} and {y}").format(z=z_name, x=x_name, y=y_name))
        self.setAccessibleDescription(
            self.tr("The arrow keys turn it, plus and minus zoom, Home shows it as at first.")
        )
        self.setToolTip(self.tr("Drag or press the arrow keys to turn, wheel to zoom, Home to reset"))
        self.update()

    def show_grid(self, grid: Grid | None) -> None:
        """Draw a surface in place of the one before, with holes where it is NaN."""
        self._grid = grid
        self._meshes, self._painted = {}, None
        self._scale = None
        if grid is not None and not grid.is_empty:
            log = self._log and bool(np.nanmax(grid.z) > 0) if self._log is not None else None
            self._scale = ColourScale.of(grid.z, log=log)
        self._show_message()
        self.update()

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Lay these lines on the surface."""
        self._paths = list(paths)
        self.update()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Pin these labels to the surface."""
        self._marks = list(marks)
        self.update()

    def set_log(self, log: bool | None) -> None:
        """Heights and colours on a log scale or a linear one; None takes log if the values span decades.

        A surface that is nowhere above 0 is drawn on a linear scale.
        """
        self._log = log
        self.show_grid(self._grid)

    def set_empty_words(self, headline: str, text: str) -> None:
        """What stands in the middle as long as there is no surface."""
        self._empty = (headline, text)
        self._show_message()

    @property
    def camera(self) -> Camera:
        """Where the surface is seen from."""
        return self._camera

    def look_from(self, camera: Camera) -> None:
        """See the surface from there."""
        if camera != self._camera:
            self._camera = camera
            self._settling.start()
            self.update()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        self._message.recolour(theme.colours())
        self.update()

    # The hand.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It turns with the hand."""
        if self._held is not None:
            moved = event.position() - self._held
            self._held = event.position()
            self.look_from(self._camera.turned(0.5 * moved.x(), 0.5 * moved.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = None
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self._settling.start()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """As at first."""
        self.look_from(_START)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nearer or farther."""
        self.look_from(self._camera.zoomed(1.0015 ** event.angleDelta().y()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows turn, plus and minus zoom, Home resets."""
        key = event.key()
        turns = {
            Qt.Key.Key_Left: (-_TURN, 0.0),
            Qt.Key.Key_Right: (_TURN, 0.0),
            Qt.Key.Key_Up: (0.0, _TURN),
            Qt.Key.Key_Down: (0.0, -_TURN),
        }
        if key in turns:
            self.look_from(self._camera.turned(*turns[Qt.Key(key)]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.look_from(self._camera.zoomed(1.15))
        elif key == Qt.Key.Key_Minus:
            self.look_from(self._camera.zoomed(1 / 1.15))
        elif key == Qt.Key.Key_Home:
            self.look_from(_START)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """A new palette recolours what we paint ourselves."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_message"):
            self.recolour()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The words stay in the middle."""
        super().resizeEvent(event)
        self._message.place(0, self.width(), self.height())

    # Drawing.

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the box, the surface in it, and what lies on it."""
        now = theme.colours()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(now.base))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        grid, scale = self._grid, self._scale
        if grid is not None and scale is not None:
            self._draw_box(painter, grid, scale, now)
            self._draw_surface(painter, grid, scale)
            self._draw_paths(painter, grid, scale)
            known = self._draw_pins(painter, grid)
            self._draw_dots(painter, grid, scale)
            self._draw_labels(painter, known)
        if self.hasFocus():
            painter.setPen(QPen(QColor(now.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def on_screen(self, points: Floats) -> Floats:
        """Where points of the box are seen in this widget: right, down, and how far away."""
        seen = self._camera.project(points)
        middle, size = self._fit()
        return np.stack([self.width() / 2 + size * seen[..., 0], middle - size * seen[..., 1], seen[..., 2]], axis=-1)

    def _fit(self) -> tuple[float, float]:
        """How far down the middle of the box is, and how many pixels a unit has: whatever the turn, all fits in."""
        right, top, bottom = _extent(self._camera.elevation)
        size = max(1.0, min((self.width() / 2 - _ROUND[0]) / right, (self.height() - 2 * _ROUND[1]) / (top + bottom)))
        return (self.height() + size * (top - bottom)) / 2, size

    def _in_box(self, x: Floats, y: Floats, z: Floats) -> Floats:
        grid, scale = self._grid, self._scale
        assert grid is not None
        assert scale is not None
        across, up = (2 * (at - places[0]) / (places[-1] - places[0]) - 1 for at, places in ((x, grid.x), (y, grid.y)))
        return np.stack([across, up, HEIGHT * (2 * scale.share(z) - 1)], axis=-1)

    def _mesh(self, grid: Grid, scale: ColourScale, most: int) -> _Mesh:
        every = -(-(max(grid.z.shape) - 1) // most)
        if every not in self._meshes:
            columns, rows = (_thinned(len(places), every) for places in (grid.x, grid.y))
            x, y = np.meshgrid(grid.x[columns], grid.y[rows])
            points = self._in_box(x, y, grid.z[np.ix_(rows, columns)])
            heights = points[..., 2]
            middle = (heights[:-1, :-1] + heights[1:, :-1] + heights[:-1, 1:] + heights[1:, 1:]) / 4
            sides = points[1:, 1:] - points[:-1, :-1], points[1:, :-1] - points[:-1, 1:]
            normals = np.cross(*sides)
            normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
            light = np.clip(np.nan_to_num(normals @ _LIGHT), 0.0, 1.0)
            self._meshes[every] = _Mesh(
                points, places_of(middle / (2 * HEIGHT) + 0.5), (light * (_SHADES - 1) + 0.5).astype(np.intp)
            )
        return self._meshes[every]

    def _draw_box(self, painter: QPainter, grid: Grid, scale: ColourScale, now: theme.Colours) -> None:
        """The floor and the two walls behind, with lines at round values, and the values at the near edges."""
        metrics = small_font(painter)
        far_x, far_y = self._far_sides()
        floor = -HEIGHT
        x_ticks, y_ticks = _ticks(grid.x), _ticks(grid.y)
        z_ticks = [
            (HEIGHT * (2 * float(scale.share(np.array(level))) - 1), value_text(level)) for level in scale.levels(7)
        ]
        low, high = np.array([-1.0, -1.0, -HEIGHT]), np.array([1.0, 1.0, HEIGHT])
        painter.setPen(Qt.PenStyle.NoPen)
        for axis, at, shade in ((2, floor, now.window), (0, far_x, now.alternate), (1, far_y, now.alternate)):
            painter.setBrush(QColor(shade))
            painter.drawPolygon(self._polygon(_panel(axis, at, low, high)))
        lines = [((x, -1, floor), (x, 1, floor)) for x, _ in x_ticks] + [
            ((x, far_y, floor), (x, far_y, HEIGHT)) for x, _ in x_ticks
        ]
        lines += [((-1, y, floor), (1, y, floor)) for y, _ in y_ticks] + [
            ((far_x, y, floor), (far_x, y, HEIGHT)) for y, _ in y_ticks
        ]
        lines += [((far_x, -1, z), (far_x, 1, z)) for z, _ in z_ticks] + [
            ((-1, far_y, z), (1, far_y, z)) for z, _ in z_ticks
        ]
        painter.setPen(QPen(QColor(now.grid if not now.dark else now.border), 1))
        self._draw_lines(painter, lines)
        painter.setPen(QPen(QColor(now.rule), 1))
        side = self._left_edge(far_x, far_y)
        self._draw_lines(
            painter,
            [
                ((-1, -far_y, floor), (1, -far_y, floor)),
                ((-far_x, -1, floor), (-far_x, 1, floor)),
                ((*side, floor), (*side, HEIGHT)),
            ],
        )
        painter.setPen(QColor(now.muted))
        for x, text in x_ticks:
            self._draw_label(painter, metrics, text, (x, -far_y, floor), (x, -far_y * 1.13, floor))
        for y, text in y_ticks:
            self._draw_label(painter, metrics, text, (-far_x, y, floor), (-far_x * 1.13, y, floor))
        if self._camera.elevation < _NO_HEIGHTS:
            for z, text in z_ticks:
                self._draw_label(painter, metrics, text, (*side, z), (side[0] * 1.13, side[1] * 1.13, z))
        painter.setPen(QColor(now.text))
        x_name, y_name, z_name = self._names
        self._draw_label(painter, metrics, x_name, (0, -far_y, floor), (0, -far_y * 1.34, floor))
        self._draw_label(painter, metrics, y_name, (-far_x, 0, floor), (-far_x * 1.34, 0, floor))
        if self._camera.elevation < _NO_HEIGHTS:
            z_name = self.tr("{name}, log scale").format(name=z_name) if scale.log else z_name
            top = self.on_screen(np.array([*side, HEIGHT]))
            left = max(4.0, float(top[0]) - metrics.horizontalAdvance(z_name))
            painter.drawText(QPointF(left, max(metrics.ascent() + 2, float(top[1]) - 12)), z_name)

    def _draw_surface(self, painter: QPainter, grid: Grid, scale: ColourScale) -> None:
        is_turning = self._held is not None or self._settling.isActive()
        # Where only what lies on it has moved, the surface is the one before.
        seen_as = (self._camera, self.size().toTuple(), self.devicePixelRatioF(), is_turning)
        if self._painted is None or self._painted[0] != seen_as:
            self._painted = seen_as, self._paint_surface(grid, scale, is_turning=is_turning)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(self.rect()), self._painted[1])

    def _paint_surface(self, grid: Grid, scale: ColourScale, *, is_turning: bool) -> QImage:
        mesh = self._mesh(grid, scale, _TURNING if is_turning else _STILL)
        seen = self.on_screen(mesh.points)
        corners = np.stack([seen[:-1, :-1], seen[:-1, 1:], seen[1:, 1:], seen[1:, :-1]], axis=2).reshape(-1, 4, 3)
        order = far_to_near(corners[..., 2].mean(axis=1))
        cells = corners[order, :, :2].reshape(-1, 8).tolist()
        inks = (mesh.shades * COLOURS + np.minimum(mesh.colours, COLOURS - 1)).ravel()[order].tolist()
        # Twice as fine and not smoothed, then made smaller: smoothed cells would show seams between them.
        fine = self.devicePixelRatioF() if is_turning else max(_FINE, self.devicePixelRatioF())
        image = QImage(
            round(self.width() * fine), round(self.height() * fine), QImage.Format.Format_ARGB32_Premultiplied
        )
        image.fill(Qt.GlobalColor.transparent)
        within = QPainter(image)
        within.scale(fine, fine)
        brushes, pens = _inks()
        within.setPen(Qt.PenStyle.NoPen)
        # Some thousand cells a frame: even looking up a method counts.
        set_brush, set_pen, draw, point = within.setBrush, within.setPen, within.drawConvexPolygon, QPointF
        for (a, b, c, d, e, f, g, h), ink in zip(cells, inks, strict=True):
            if not is_turning:
                set_pen(pens[ink])
            set_brush(brushes[ink])
            draw((point(a, b), point(c, d), point(e, f), point(g, h)))
        within.end()
        return image

    def _draw_paths(self, painter: QPainter, grid: Grid, scale: ColourScale) -> None:
        """What the surface hides of a path shines through faintly."""
        relief = Grid(
            np.linspace(-1.0, 1.0, len(grid.x)),
            np.linspace(-1.0, 1.0, len(grid.y)),
            HEIGHT * (2 * scale.share(grid.z) - 1),
        )
        for path in self._paths:
            points = self._on_surface(path, grid)
            if not len(points):
                continue
            seen = self.on_screen(points)
            drawn = seen_points(seen[:, 0], seen[:, 1])
            points, seen = points[drawn], seen[drawn]
            covered = is_hidden(points, self._camera.eye, relief)
            behind, before = seen.copy(), seen.copy()
            before[covered] = np.nan
            # The point where a line goes out of sight belongs to both.
            behind[~(covered | np.roll(covered, 1) | np.roll(covered, -1))] = np.nan
            painter.setOpacity(0.3)
            draw_line(painter, behind[:, 0], behind[:, 1], path)
            painter.setOpacity(1.0)
            draw_line(painter, before[:, 0], before[:, 1], path)

    def _draw_dots(self, painter: QPainter, grid: Grid, scale: ColourScale) -> None:
        for path in self._paths:
            if len(path.x) > _MOST_DOTS:
                z = None if path.z is None else path.z[-1:]
                path = Path(path.name, path.x[-1:], path.y[-1:], z, path.colour)
            own = self.on_screen(self._points_of(path, grid))
            draw_dots(painter, own[:, 0], own[:, 1], path, scale)

    def _draw_pins(self, painter: QPainter, grid: Grid) -> list[tuple[Mark, QPointF]]:
        """The dot of each mark on the surface, and a stem; returns where they are."""
        known = []
        for mark in self._marks:
            z = grid.at(mark.x, mark.y)
            if np.isnan(z):
                continue
            x, y, _ = self.on_screen(self._in_box(np.array(mark.x), np.array(mark.y), z)).tolist()
            at, colour = QPointF(x, y), QColor(mark.colour)
            for pen in (line_pen(halo_of(colour), 3.4), line_pen(colour, 1.4)):
                painter.setPen(pen)
                painter.drawLine(at, at - QPointF(0, _PIN))
            draw_dot(painter, at, colour)
            known.append((mark, at))
        return known

    def _draw_labels(self, painter: QPainter, known: Sequence[tuple[Mark, QPointF]]) -> None:
        metrics = small_font(painter, 1.0)
        labels = Labels(QRectF(self.rect()).adjusted(2, 2, -2, -2), [at for _, at in known])
        for mark, at in known:
            size = metrics.horizontalAdvance(mark.text) + 4, metrics.height()
            box = labels.beside(at - QPointF(0, _PIN), *size, gap=3.0)
            draw_text(painter, box, mark.text, *label_colours())

    def _points_of(self, path: Path, grid: Grid) -> Floats:
        return self._in_box(path.x, path.y, grid.at(path.x, path.y) if path.z is None else path.z)

    def _on_surface(self, path: Path, grid: Grid) -> Floats:
        """The line of a path in the box, which follows the surface between the points, too."""
        if len(path.x) < 2:
            return self._in_box(path.x, path.y, grid.at(path.x, path.y))
        longest = max(float(grid.x[1] - grid.x[0]), float(grid.y[1] - grid.y[0]))
        lengths = np.hypot(np.diff(path.x), np.diff(path.y))
        pieces = np.clip(np.ceil(np.nan_to_num(lengths) / longest), 1, 60).astype(int)
        ends = np.concatenate([[0], np.cumsum(pieces)])
        places = np.arange(ends[-1] + 1)
        x, y = (np.interp(places, ends, values) for values in (path.x, path.y))
        return self._in_box(x, y, grid.at(x, y))

    def _far_sides(self) -> tuple[float, float]:
        """On which side the walls behind are: of x and of y, -1 or 1."""
        eye = self._camera.eye
        return (-1.0 if eye[0] > 0 else 1.0), (-1.0 if eye[1] > 0 else 1.0)

    def _left_edge(self, far_x: float, far_y: float) -> tuple[float, float]:
        """The upright edge of the walls that is seen farthest left."""
        edges = [(far_x, -far_y), (-far_x, far_y)]
        return min(edges, key=lambda edge: float(self.on_screen(np.array([*edge, 0.0]))[0]))

    def _polygon(self, points: Floats) -> QPolygonF:
        return QPolygonF([QPointF(x, y) for x, y, _ in self.on_screen(points).tolist()])

    def _draw_lines(self, painter: QPainter, lines: Sequence[tuple[Sequence[float], Sequence[float]]]) -> None:
        ends = self.on_screen(np.array(lines, dtype=np.float64))
        painter.drawLines([QLineF(*start[:2], *end[:2]) for start, end in ends.tolist()])

    def _draw_label(
        self, painter: QPainter, metrics: QFontMetricsF, text: str, at: Sequence[float], beyond: Sequence[float]
    ) -> None:
        """A text as far out of the box as its own size asks for."""
        (x, y, _), (out_x, out_y, _) = self.on_screen(np.array([at, beyond], dtype=np.float64)).tolist()
        length = max(1e-6, float(np.hypot(out_x - x, out_y - y)))
        width = metrics.horizontalAdvance(text)
        right, down = (out_x - x) / length, (out_y - y) / length
        box = QRectF(0, 0, width + 2, metrics.height())
        box.moveCenter(QPointF(out_x + right * width / 2, out_y + down * metrics.height() / 3))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _show_message(self) -> None:
        empty = self._scale is None and any(self._empty)
        self._message.show_message(self._empty if empty else None)


@functools.lru_cache(maxsize=64)
def _extent(elevation: float) -> tuple[float, float, float]:
    """How far the box reaches to a side, up and down at most, whatever its turn."""
    corners = np.stack(np.meshgrid([-1.0, 1.0], [-1.0, 1.0], [-HEIGHT, HEIGHT]), axis=-1).reshape(-1, 3)
    seen = np.stack([Camera(turn, elevation).project(corners) for turn in (0.0, 22.5, 45.0)])
    return float(np.abs(seen[..., 0]).max()), float(seen[..., 1].max()), float(-seen[..., 1].min())


def _thinned(count: int, every: int) -> NDArray[np.intp]:
    """Each so many of the points, and the last."""
    places = np.arange(0, count, every)
    return places if places[-1] == count - 1 else np.append(places, count - 1)


def _panel(axis: int, at: float, low: Floats, high: Floats) -> Floats:
    """The corners of the side of the box where one coordinate is `at`."""
    first, second = (other for other in range(3) if other != axis)
    corners = np.empty((4, 3))
    corners[:, axis] = at
    corners[:, first] = [low[first], high[first], high[first], low[first]]
    corners[:, second] = [low[second], low[second], high[second], high[second]]
    return corners


def _ticks(places: Floats) -> list[tuple[float, str]]:
    """Some five round values of one side: where in the box, and what is written there."""
    low, high = float(places[0]), float(places[-1])
    spacing = nice_spacing(high - low, 5)
    numbers = range(math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9) + 1)
    return [(2 * (number * spacing - low) / (high - low) - 1, value_text(number * spacing)) for number in numbers]
