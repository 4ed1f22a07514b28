"""The bar beside a heat map that says which value each colour means."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kescape_gui import theme
from kescape_gui.surface.colour_map import COLOURS, picture
from kescape_gui.surface.colour_scale import ColourScale, value_text
from kescape_gui.surface.drawn import small_font

_BAR, _GAP = 14.0, 5.0
WIDTH = 86.0


class ColourBar(pg.GraphicsWidget):
    """Has the height of the plot that it stands beside."""

    def __init__(self) -> None:
        super().__init__()
        self._scale: ColourScale | None = None
        self._name = ""
        self.setMinimumWidth(WIDTH)
        self.setMaximumWidth(WIDTH)

    def show_scale(self, scale: ColourScale | None, name: str) -> None:
        """Show which values the colours stand for, or none yet."""
        self._scale, self._name = scale, name
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the colours, the round values beside them, and what they are values of."""
        scale, now = self._scale, theme.colours()
        if scale is None:
            return
        size: QSizeF = self.size()
        bar = QRectF(12.0, 0.0, _BAR, size.height())
        shades = picture(np.linspace(1.0, 0.0, COLOURS)[:, None])
        image = QImage(shades.tobytes(), 1, COLOURS, 4, QImage.Format.Format_RGBA8888)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(now.border), 1))
        painter.drawRect(bar)
        metrics = small_font(painter)
        self._draw_ticks(painter, bar, metrics, scale, now)
        painter.setPen(QColor(now.muted))
        painter.translate(size.width() - metrics.height() / 2 - 2, size.height() / 2)
        painter.rotate(-90)
        name = metrics.elidedText(self._words(scale), Qt.TextElideMode.ElideRight, size.height())
        box = QRectF(-size.height() / 2, -metrics.height() / 2, size.height(), metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()

    def _words(self, scale: ColourScale) -> str:
        return self.tr("{name}, log scale").format(name=self._name) if scale.log else self._name

    def _draw_ticks(
        self, painter: QPainter, bar: QRectF, metrics: QFontMetricsF, scale: ColourScale, now: theme.Colours
    ) -> None:
        ticks = [(level, value_text(level)) for level in scale.levels()]
        if scale.high <= scale.low or scale.is_cut:
            ticks.insert(0, (scale.low, ("≤ " if scale.is_cut else "") + value_text(scale.low)))
        last = bar.bottom() + metrics.height()
        for level, text in ticks:
            y = bar.bottom() - float(scale.share(np.array(level))) * bar.height()
            painter.setPen(QPen(QColor(now.rule), 1))
            painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + 3, y))
            if last - y < metrics.height() * 0.95:
                continue
            last = y
            painter.setPen(QColor(now.muted))
            middle = min(max(y, metrics.height() / 2), bar.bottom() - metrics.height() / 2)
            box = QRectF(bar.right() + _GAP, middle - metrics.height() / 2, 60, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
