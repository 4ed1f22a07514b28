"""Pens and colours of the lines."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen


def pen(colour: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen whose width does not grow with the zoom."""
    result = QPen(QColor(colour), width)
    result.setCosmetic(True)
    result.setStyle(style)
    return result


def line_style(*, dashed: bool) -> Qt.PenStyle:
    """Dashes, or none."""
    return Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine


def faded(colour: str, ground: str, share: float) -> str:
    """The colour with that share of the ground in it; opaque, because what shines through costs time.

    Example:
        >>> faded("#000000", "#ffffff", 0.5)
        '#808080'
    """
    one, other = QColor(colour), QColor(ground)
    parts = [
        round(a * (1 - share) + b * share)
        for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)  # type: ignore[index]
    ]
    return QColor(*parts).name()
