"""The tab with the escape rates: the bars, what they mean, and how far the race of many starts is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from kescape.landscape.escape_rate import STARTS, EscapeRate
from kescape_gui import theme
from kescape_gui.playground.rate_bars import RateBars


class RateView(QScrollArea):
    """Shows nothing yet, a race under way, or its answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars = RateBars()
        self._words = QLabel()
        self._words.setObjectName("rateWords")
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._progress.setRange(0, 100)
        self._progress.setAccessibleName(self.tr("Progress of the many starts"))
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(self._progress)
        layout.addWidget(self.bars, 1)
        layout.addWidget(self._words)
        layout.addStretch(0)
        inside.setBackgroundRole(self.palette().ColorRole.Base)
        # A window may be lower than the words and bars are high.
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Escape rates"))
        self.show_nothing()

    def show_nothing(self) -> None:
        """There is no answer for these figures."""
        self.bars.show_rates([])
        self._progress.hide()
        self._words.setText(
            self.tr(
                "“Escape rate” races all methods from {starts} random starts and counts who finds the goal."
            ).format(starts=STARTS)
        )

    def show_progress(self, share: float, starts: int) -> None:
        """So much of the race is done."""
        self.bars.show_rates([])
        self._progress.setValue(round(100 * share))
        self._progress.show()
        self._words.setText(self.tr("Racing from {starts} random starts…").format(starts=starts))

    def show_answer(self, rates: Sequence[EscapeRate], meaning: str) -> None:
        """Who escaped how often, and what it means."""
        self._progress.hide()
        self.bars.show_rates(rates)
        self._words.setText(meaning)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._words, theme.colours().text)
        self.bars.update()
