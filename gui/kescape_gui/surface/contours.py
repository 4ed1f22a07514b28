"""Contour lines of a surface with their values, drawn into a plot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import contourpy
import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kescape_gui.curves.whole_view import WholeView
from kescape_gui.surface.colour_map import colour_at
from kescape_gui.surface.colour_scale import ColourScale, value_text
from kescape_gui.surface.drawn import draw_text, lightness, line_pen, small_font
from kescape_gui.surface.grid import Floats, Grid

_APART = 46.0
"""So far from one another are labels, in pixels."""
_STRAIGHT = 0.94
"""A line may bend so much under its label: the chord by the arc."""


@dataclass(frozen=True)
class Contour:
    """All lines of one value: (points, 2) each, in the places of the grid."""

    level: float
    lines: list[Floats]


@dataclass(frozen=True)
class _Label:
    text: str
    width: float
    at: QPointF
    angle: float
    """In degrees."""
    ink: QColor
    under: QColor


def contours_of(grid: Grid, scale: ColourScale) -> list[Contour]:
    """The contour lines at the round values of a scale; none crosses what is not known."""
    levels = scale.levels()
    if grid.is_empty or not levels:
        return []
    # In shares a line lies where the colour of its value is: between the points both go by the same measure.
    maker = contourpy.contour_generator(
        grid.x, grid.y, np.ma.masked_invalid(scale.share(grid.z)), line_type=contourpy.LineType.Separate
    )
    shares = scale.share(np.array(levels))
    # What it returns hangs on the type of line, and this one asks for plain points.
    lines = [cast("list[Floats]", maker.lines(share)) for share in shares.tolist()]
    return [Contour(level, found) for level, found in zip(levels, lines, strict=True)]


class ContourLines(WholeView):
    """Draws contour lines, and at the longest line of each value the value."""

    def __init__(self) -> None:
        super().__init__()
        self._contours: list[Contour] = []
        self._paths: list[tuple[QPainterPath, QColor]] = []
        self._scale: ColourScale | None = None
        self._placed: tuple[object, list[_Label]] | None = None

    def show_contours(self, contours: list[Contour], scale: ColourScale | None) -> None:
        """Draw these, in colours that stand out a little from those of the scale."""
        self._contours, self._scale = contours, scale
        self._paths, self._placed = [], None
        for contour in contours:
            path = QPainterPath()
            for line in contour.lines:
                path.addPath(pg.arrayToQPath(line[:, 0], line[:, 1], connect="all"))
            self._paths.append((path, self._ink(contour.level)))
        self.update()

    def _ink(self, level: float) -> QColor:
        assert self._scale is not None
        under = colour_at(float(self._scale.share(np.array(level))))
        ink = QColor("#ffffff") if lightness(under) < 0.55 else QColor("#000000")
        ink.setAlpha(120)
        return ink

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the lines, then the values."""
        if not self._paths or self._scale is None:
            return
        transform = painter.transform()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for path, ink in self._paths:
            pen = line_pen(ink, 1.0)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPath(path)
        painter.resetTransform()
        metrics = small_font(painter, 0.82)
        corners = [transform.map(point) for point in (self.viewRect().topLeft(), self.viewRect().bottomRight())]
        inside = QRectF(*corners).normalized().adjusted(8, 8, -8, -8)
        where = (transform.m11(), transform.m22(), transform.dx(), transform.dy(), metrics.height())
        if self._placed is None or self._placed[0] != where:
            self._placed = where, self._place_labels(transform, metrics, inside)
        for label in self._placed[1]:
            painter.save()
            painter.translate(label.at)
            painter.rotate(label.angle)
            box = QRectF(-label.width / 2, -metrics.height() / 2, label.width, metrics.height())
            # The rim has the colour that is there anyway, so it hides the line and nothing else.
            draw_text(painter, box, label.text, label.ink, label.under, 4.5)
            painter.restore()
        painter.restore()

    def _place_labels(self, transform: QTransform, metrics: QFontMetricsF, inside: QRectF) -> list[_Label]:
        assert self._scale is not None
        labels: list[_Label] = []
        for contour in self._contours:
            text = value_text(contour.level)
            width = metrics.horizontalAdvance(text) + 6
            found = _label_place(contour, transform, width, inside, [label.at for label in labels])
            if found is not None:
                under = colour_at(float(self._scale.share(np.array(contour.level))))
                ink = QColor("#ffffff") if lightness(under) < 0.55 else QColor("#10151a")
                labels.append(_Label(text, width, *found, ink, under))
        return labels


def _label_place(
    contour: Contour, transform: QTransform, width: float, inside: QRectF, taken: list[QPointF]
) -> tuple[QPointF, float] | None:
    """The straightest stretch of a line, longest line first, that is free; and its slope in degrees."""
    right = np.array([[transform.m11(), transform.m12()], [transform.m21(), transform.m22()]])
    shift = np.array([transform.dx(), transform.dy()])
    on_screen = [line @ right + shift for line in contour.lines if len(line) > 2]
    lengths = [float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in on_screen]
    for index in sorted(range(len(on_screen)), key=lambda index: -lengths[index])[:3]:
        if lengths[index] < 2.5 * width:
            return None
        line = on_screen[index]
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        middles = np.arange(width / 2, along[-1] - width / 2, 9.0)
        ends = [
            np.stack([np.interp(middles + half, along, line[:, part]) for part in (0, 1)], axis=-1)
            for half in (-width / 2, width / 2)
        ]
        chords = ends[1] - ends[0]
        straight = np.hypot(chords[:, 0], chords[:, 1]) / width
        centres = (ends[0] + ends[1]) / 2
        for place in np.argsort(-np.round(straight, 2), kind="stable").tolist():
            if straight[place] < _STRAIGHT:
                break
            at = QPointF(float(centres[place, 0]), float(centres[place, 1]))
            if inside.contains(at) and all(math.dist(at.toTuple(), other.toTuple()) > _APART for other in taken):
                angle = math.degrees(math.atan2(chords[place, 1], chords[place, 0]))
                # Nobody reads upside down.
                return at, angle - 180 if angle > 90 else angle + 180 if angle < -90 else angle
    return None
