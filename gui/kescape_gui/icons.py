"""The icons of the verbs and states, drawn in the colour asked for, sharp at every scale.

They are drawn rather than loaded because they must follow the palette, light or dark, without a style sheet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

_SIZES = (16, 20, 24, 32, 48)


def _play(painter: QPainter, _pen: QPen) -> None:
    painter.drawPolygon(QPolygonF([QPointF(5, 3), QPointF(13.5, 8), QPointF(5, 13)]))


def _pause(painter: QPainter, _pen: QPen) -> None:
    painter.drawRect(QRectF(4, 3, 3, 10))
    painter.drawRect(QRectF(9, 3, 3, 10))


def _go_on(painter: QPainter, _pen: QPen) -> None:
    painter.drawRect(QRectF(3, 3, 2.6, 10))
    painter.drawPolygon(QPolygonF([QPointF(7, 3), QPointF(14, 8), QPointF(7, 13)]))


def _stop(painter: QPainter, _pen: QPen) -> None:
    painter.drawRect(QRectF(4, 4, 8, 8))


def _stop_after_cycle(painter: QPainter, pen: QPen) -> None:
    """A falling cosine that ends at a bar."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    path = QPainterPath(QPointF(2, 3.5))
    path.cubicTo(QPointF(6, 3.5), QPointF(6, 12), QPointF(11, 12))
    painter.drawPath(path)
    painter.drawLine(QPointF(13, 3), QPointF(13, 13))


def _restart(painter: QPainter, pen: QPen) -> None:
    """The rate falls, jumps up and falls again."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    path = QPainterPath(QPointF(1.5, 3.5))
    path.cubicTo(QPointF(4, 3.5), QPointF(4, 12.5), QPointF(7, 12.5))
    path.lineTo(QPointF(7, 3.5))
    path.cubicTo(QPointF(11, 3.5), QPointF(10.5, 12.5), QPointF(14.5, 12.5))
    painter.drawPath(path)


def _warning(painter: QPainter, pen: QPen) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawPolygon(QPolygonF([QPointF(8, 2), QPointF(14.5, 13.5), QPointF(1.5, 13.5)]))
    painter.drawLine(QPointF(8, 6.2), QPointF(8, 9.4))
    painter.drawPoint(QPointF(8, 11.5))


def _error(painter: QPainter, pen: QPen) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawEllipse(QRectF(1.8, 1.8, 12.4, 12.4))
    painter.drawLine(QPointF(5.5, 5.5), QPointF(10.5, 10.5))
    painter.drawLine(QPointF(10.5, 5.5), QPointF(5.5, 10.5))


def _waits(painter: QPainter, _pen: QPen) -> None:
    for x in (3.0, 8.0, 13.0):
        painter.drawEllipse(QPointF(x, 8), 1.5, 1.5)


def _export(painter: QPainter, pen: QPen) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawPolyline(QPolygonF([QPointF(2.5, 9.5), QPointF(2.5, 13.5), QPointF(13.5, 13.5), QPointF(13.5, 9.5)]))
    painter.drawLine(QPointF(8, 2.5), QPointF(8, 10))
    painter.drawPolyline(QPolygonF([QPointF(5, 5.3), QPointF(8, 2.3), QPointF(11, 5.3)]))


def _good(painter: QPainter, pen: QPen) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawPolyline(QPolygonF([QPointF(2.8, 8.6), QPointF(6.4, 12.2), QPointF(13.4, 4.2)]))


def _pin(painter: QPainter, pen: QPen) -> None:
    """A drawing pin, seen from the side."""
    painter.drawPolygon(
        QPolygonF(
            [QPointF(5, 2), QPointF(11, 2), QPointF(10.2, 7), QPointF(12.5, 9.6), QPointF(3.5, 9.6), QPointF(5.8, 7)]
        )
    )
    painter.setPen(pen)
    painter.drawLine(QPointF(8, 9.6), QPointF(8, 14.4))


_DRAWINGS: dict[str, Callable[[QPainter, QPen], None]] = {
    "error": _error,
    "export": _export,
    "go_on": _go_on,
    "good": _good,
    "pause": _pause,
    "pin": _pin,
    "play": _play,
    "restart": _restart,
    "stop": _stop,
    "stop_after_cycle": _stop_after_cycle,
    "waits": _waits,
    "warning": _warning,
}


def pixmap(name: str, colour: str, size: int, scale: float = 1.0) -> QPixmap:
    """One drawing, `size` points wide, for a screen with `scale` pixels a point."""
    image = QPixmap(math.ceil(size * scale), math.ceil(size * scale))
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size / 16, size / 16)
    pen = QPen(QColor(colour), 1.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    _DRAWINGS[name](painter, pen)
    painter.end()
    return image


def icon(name: str, colour: str, disabled: str | None = None) -> QIcon:
    """The drawing as an icon; `disabled` is its colour where it cannot be used."""
    result = QIcon()
    for size in _SIZES:
        result.addPixmap(pixmap(name, colour, size), QIcon.Mode.Normal)
        if disabled is not None:
            result.addPixmap(pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return result


def asset(name: str) -> Path | None:
    """A file of `assets/`, from an installed wheel or from a checkout; None where it is in neither."""
    here = Path(__file__).resolve().parent
    for folder in (here / "assets", here.parents[1] / "assets"):
        if (folder / name).is_file():
            return folder / name
    return None
