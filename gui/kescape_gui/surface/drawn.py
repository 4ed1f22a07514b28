"""What both views of a surface draw on top of it, so that it is readable on any colour."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from kescape_gui import theme
from kescape_gui.surface.colour_map import colour_at
from kescape_gui.surface.colour_scale import ColourScale
from kescape_gui.surface.grid import Floats, Path

DOT = 2.6
"""Radius of the dot at a point of a path, in pixels."""
_SEEN = 0.75
"""Steps of a line that are smaller in sum, in pixels, are left out."""
_MOST_BEADS = 150
_APART = 7.0
"""Dots nearer than so many pixels would run into a thick line."""


def lightness(colour: QColor) -> float:
    """How light a colour looks, from 0 to 1.

    Source: ITU-R BT.601
    """
    return (0.299 * colour.red() + 0.587 * colour.green() + 0.114 * colour.blue()) / 255


def halo_of(colour: QColor) -> QColor:
    """What makes a colour stand out from whatever is below it: a dark rim for light ones, a light rim for dark ones."""
    rim = QColor("#101418") if lightness(colour) > 0.55 else QColor("#ffffff")
    rim.setAlpha(205)
    return rim


def line_pen(colour: QColor, width: float, *, dashed: bool = False) -> QPen:
    """A pen with round ends."""
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    return QPen(colour, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def seen_points(right: Floats, down: Floats) -> NDArray[np.intp]:
    """Which points of a line to draw: of steps much smaller than a pixel, as a long race has thousands, none is seen.

    Example:
        >>> seen_points(np.array([0.0, 0.1, 0.2, 5.0, 5.1]), np.zeros(5)).tolist()
        [0, 3, 4]
    """
    if len(right) < 3:
        return np.arange(len(right))
    steps = np.hypot(np.diff(right), np.diff(down))
    # What is not known is a gap, and stays one.
    along = np.floor(np.cumsum(np.where(np.isfinite(steps), steps, _SEEN)) / _SEEN)
    kept = np.concatenate([[True], np.diff(along, prepend=0.0) > 0])
    kept[-1] = True
    return np.flatnonzero(kept)


def draw_line(painter: QPainter, right: Floats, down: Floats, path: Path) -> None:
    """The line of a path through points of the screen.

    Args:
        painter: Draws in pixels.
        right: Where the points are, from the left; NaN leaves a gap.
        down: Where they are, from the top.
        path: Its colour and dashes.
    """
    colour = QColor(path.colour)
    seen = seen_points(right, down)
    line = pg.arrayToQPath(right[seen], down[seen], connect="finite", finiteCheck=True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line_pen(halo_of(colour), 4.2))
    painter.drawPath(line)
    painter.setPen(line_pen(colour, 2.0, dashed=path.dashed))
    painter.drawPath(line)


def draw_dots(painter: QPainter, right: Floats, down: Floats, path: Path, scale: ColourScale | None) -> None:
    """A dot at each point of a path if there is room, and a large one at the last.

    A path that has heights of its own has dots in their colours: beside that of the surface one sees how far the two
    are apart.

    Args:
        painter: Draws in pixels.
        right: Where the points are, from the left.
        down: Where they are, from the top.
        path: Its colour and heights.
        scale: The colours of heights.
    """
    colour = QColor(path.colour)
    rims, size, fills = [(halo_of(colour), 1.0)], DOT, [colour] * len(right)
    if path.z is not None and scale is not None:
        rims, size = [(halo_of(colour), 4.4), (colour, 2.2)], 1.5 * DOT
        fills = [colour_at(share) if share == share else colour for share in scale.share(path.z).tolist()]
    points = [
        (QPointF(x, y), fill)
        for x, y, fill in zip(right.tolist(), down.tolist(), fills, strict=True)
        if x == x and y == y
    ]
    length = float(np.nansum(np.hypot(np.diff(right), np.diff(down))))
    has_room = path.dotted and (path.z is not None or length > _APART * len(points))
    for number, (point, fill) in enumerate(points, start=1):
        if has_room or number == len(points):
            radius = size if number < len(points) else 1.8 * DOT
            painter.setBrush(fill)
            for rim, width in rims:
                painter.setPen(QPen(rim, width))
                painter.drawEllipse(point, radius, radius)


def draw_dot(painter: QPainter, at: QPointF, colour: QColor) -> None:
    """The dot of a mark."""
    painter.setPen(QPen(halo_of(colour), 1.6))
    painter.setBrush(colour)
    painter.drawEllipse(at, 4.6, 4.6)


def draw_text(painter: QPainter, box: QRectF, text: str, colour: QColor, rim: QColor, width: float = 3.4) -> None:
    """A line of text in the middle of a box, with a rim around each letter."""
    metrics = QFontMetricsF(painter.font())
    at = QPointF(
        box.center().x() - metrics.horizontalAdvance(text) / 2,
        box.center().y() + (metrics.ascent() - metrics.descent()) / 2,
    )
    letters = QPainterPath()
    letters.addText(at, painter.font(), text)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line_pen(rim, width))
    painter.drawPath(letters)
    painter.fillPath(letters, colour)


def small_font(painter: QPainter, scale: float = 0.9) -> QFontMetricsF:
    """Write on in a somewhat smaller font; returns its measures."""
    font = QFont(painter.font())
    font.setPointSizeF(max(7.0, font.pointSizeF() * scale))
    painter.setFont(font)
    return QFontMetricsF(font)


def _beads(right: Floats, down: Floats) -> list[tuple[float, float]]:
    """Points some pixels apart on a line, not too many of them."""
    known = np.isfinite(right) & np.isfinite(down)
    right, down = right[known], down[known]
    if len(right) < 2:
        return []
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(right), np.diff(down)))])
    places = np.linspace(0.0, along[-1], min(_MOST_BEADS, 2 + int(along[-1] / 8)))
    return list(zip(np.interp(places, along, right).tolist(), np.interp(places, along, down).tolist(), strict=True))


class Labels:
    """Finds room for labels beside their dots, so that none covers another.

    Args:
        inside: Where labels may be.
        dots: The places of all dots, which no label should cover.
        lines: The points of lines, right and down, which none should cover either.
    """

    def __init__(
        self, inside: QRectF, dots: Iterable[QPointF] = (), lines: Iterable[tuple[Floats, Floats]] = ()
    ) -> None:
        self._inside = inside
        taken = [(dot.x() - 5, dot.y() - 5, dot.x() + 5, dot.y() + 5) for dot in dots]
        for right, down in lines:
            taken += [(x - 3, y - 3, x + 3, y + 3) for x, y in _beads(right, down)]
        self._taken = np.array(taken, dtype=np.float64).reshape(-1, 4)

    def beside(self, at: QPointF, width: float, height: float, gap: float = 8.0) -> QRectF:
        """A box of that size right of a place, or left of, above or below it, where the least is covered."""
        corners = (
            (at.x() + gap, at.y() - height / 2),
            (at.x() - gap - width, at.y() - height / 2),
            (at.x() - width / 2, at.y() - gap - height),
            (at.x() - width / 2, at.y() + gap),
            (at.x() + gap, at.y() - height - 2),
            (at.x() - gap - width, at.y() - height - 2),
            (at.x() + gap, at.y() + 2),
            (at.x() - gap - width, at.y() + 2),
        )
        rightmost, lowest = self._inside.right() - width, self._inside.bottom() - height
        # Beside the edge, rather over the dot than cut off.
        boxes = [
            QRectF(max(self._inside.left(), min(x, rightmost)), max(self._inside.top(), min(y, lowest)), width, height)
            for x, y in corners
        ]
        best = min(boxes, key=self._covered)
        self._taken = np.append(self._taken, [_sides(best)], axis=0)
        return best

    def _covered(self, box: QRectF) -> float:
        seen = box.intersected(self._inside)
        hidden = box.width() * box.height() - seen.width() * seen.height()
        left, top, right, bottom = _sides(box)
        across = np.minimum(right, self._taken[:, 2]) - np.maximum(left, self._taken[:, 0])
        down = np.minimum(bottom, self._taken[:, 3]) - np.maximum(top, self._taken[:, 1])
        return 10 * hidden + float((np.maximum(across, 0) * np.maximum(down, 0)).sum())


def _sides(box: QRectF) -> tuple[float, float, float, float]:
    return box.left(), box.top(), box.right(), box.bottom()


def label_colours() -> tuple[QColor, QColor]:
    """Of the letters of a label, and of the rim around them."""
    now = theme.colours()
    rim = QColor(now.base)
    rim.setAlpha(225)
    return QColor(now.text), rim
