"""Bars of how often each method escapes, with what chance leaves open."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kescape.landscape.escape_rate import EscapeRate
from kescape.landscape.race import METHODS
from kescape_gui import theme
from kescape_gui.playground.survey import percent
from kescape_gui.words import tr

_ROW, _LEAST_ROW, _BAR = 46, 34, 13
_APART = 12
_NUMBERS = [method.name for method in METHODS]


class RateBars(QWidget):
    """Draws escape rates. Holds no data but what it was shown, and takes no decisions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rates: Sequence[EscapeRate] = ()
        self.setMaximumHeight(_ROW * len(METHODS))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Escape rates"))

    def show_rates(self, rates: Sequence[EscapeRate]) -> None:
        """Draw these, one below the other."""
        self._rates = list(rates)
        self.setAccessibleDescription("; ".join(f"{tr(rate.method.title)} {_words(rate)}" for rate in rates))
        self.setVisible(bool(rates))
        self.update()

    @property
    def rates(self) -> list[EscapeRate]:
        """What is shown."""
        return list(self._rates)

    def sizeHint(self) -> QSize:
        """As little as they need; what there is more of makes them higher."""
        return QSize(260, _LEAST_ROW * len(METHODS))

    def minimumSizeHint(self) -> QSize:
        """Names and bars just above each other."""
        return QSize(180, _LEAST_ROW * len(METHODS))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A name, a bar on its track, and a line from the lowest to the highest share that chance leaves open."""
        now, painter = theme.colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, row = self.fontMetrics(), min(_ROW, self.height() / max(1, len(self._rates)))
        wide = self.width() - 2.0
        for place, rate in enumerate(self._rates):
            top = place * row
            text = QRectF(1, top, wide, metrics.height())
            painter.setPen(QColor(now.text))
            title = tr(rate.method.title)
            painter.drawText(text, Qt.AlignmentFlag.AlignLeft, title)
            painter.drawText(text, Qt.AlignmentFlag.AlignRight, self.words_beside(title, rate))
            track = QRectF(1, top + metrics.height() + 2, wide, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.grid))
            painter.drawRect(track)
            painter.setBrush(QColor(now.racers[_NUMBERS.index(rate.method.name)]))
            painter.drawRect(QRectF(track.topLeft(), QPointF(track.left() + rate.share * wide, track.bottom())))
            self._draw_interval(painter, track, rate, now)
        painter.end()

    def words_beside(self, title: str, rate: EscapeRate) -> str:
        """The share and its interval; the share alone where both would run into the name: the line shows the rest."""
        words, metrics = _words(rate), self.fontMetrics()
        fits = metrics.horizontalAdvance(title) + metrics.horizontalAdvance(words) + _APART <= self.width()
        return words if fits else percent(rate.share)

    @staticmethod
    def _draw_interval(painter: QPainter, track: QRectF, rate: EscapeRate, now: theme.Colours) -> None:
        low, high = (track.left() + share * track.width() for share in (rate.low, rate.high))
        middle = track.center().y()
        lines = [QLineF(low, middle, high, middle)] + [QLineF(x, middle - 4, x, middle + 4) for x in (low, high)]
        # The rim keeps it readable on the bar and beside it.
        for colour, width in ((now.base, 4.0), (now.text, 1.6)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLines(lines)


def _words(rate: EscapeRate) -> str:
    return f"{percent(rate.share)}  ({percent(rate.low)} – {percent(rate.high)})"
