"""What a comparison that is being set up would train: how much, which arms, which pairs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from kescape.compare.comparison import Comparison
from kescape.config.landing_words import landing_words
from kescape_gui import theme
from kescape_gui.comparison.design import halving_words, landing_warnings, size_words
from kescape_gui.plan_preview.plan_preview import time_words
from kescape_gui.rows import MARGIN, Column, Row, RowsModel, RowsView
from kescape_gui.words import tr

_MOST_ROWS = 500
"""Nobody reads more lines, and they take their time."""
_NARROWEST, _WIDEST = 150, 320


class DesignPreview(QWidget):
    """Shows one comparison, or that there is none yet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = _label("comparisonSize")
        theme.font(self._size, scale=1.25, bold=True)
        self._time = _label("comparisonTime")
        self._halving = _label("comparisonHalving")
        self._warnings = _label("comparisonWarnings")
        self._arms_title = QLabel(self.tr("Arms"))
        arm = Column(self.tr("Arm"), self.tr("One combination of the settings that are varied"))
        rate = Column(self.tr("Learning rate"), self.tr("How it moves in the training"))
        self._arms, self._arms_table = self._table((arm, rate), "armsTable", self.tr("Arms"))
        self._pairs_title = QLabel(self.tr("Pairs that will be looked at"))
        control = Column(self.tr("Held against"), self.tr("The arm that differs from it in one setting only"))
        self._pairs, self._pairs_table = self._table((arm, control), "pairsTable", self._pairs_title.text())
        for title in (self._arms_title, self._pairs_title):
            theme.font(title, bold=True)
            title.setContentsMargins(0, 8, 0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (self._size, self._time, self._halving, self._warnings, self._arms_title):
            layout.addWidget(part)
        layout.addWidget(self._arms_table, 1)
        layout.addWidget(self._pairs_title)
        layout.addWidget(self._pairs_table, 1)
        self.recolour()
        self.show_comparison(None, None)

    def show_comparison(self, comparison: Comparison | None, seconds: float | None) -> None:
        """Show what would be trained.

        Args:
            comparison: None while something is wrong with it, which is said elsewhere.
            seconds: How long it takes on one engine, if that is known.
        """
        self._size.setText(size_words(comparison) if comparison else self.tr("Not ready to start"))
        time = ""
        if seconds is not None:
            time = self.tr("About {time} on one engine, by the speed of earlier runs; less on several.")
            time = time.format(time=time_words(seconds))
        self._tell(self._time, time)
        self._tell(self._halving, halving_words(comparison) if comparison else "")
        self._tell(self._warnings, "\n".join(landing_warnings(comparison)) if comparison else "")
        arms = comparison.arms if comparison else ()
        pairs = comparison.pairs if comparison else ()
        self._arms.show_rows(
            [
                Row(arm.name, (arm.title, landing_words(arm.config.plan(), arm.config.epochs, tr).text))
                for arm in arms[:_MOST_ROWS]
            ]
        )
        self._pairs.show_rows(
            [Row((arm.name, control.name), (arm.title, control.title)) for arm, control in pairs[:_MOST_ROWS]]
        )
        self._arms_title.setText(self.tr("Arms ({count})").format(count=len(arms)))
        self._pairs_title.setText(self.tr("Pairs that will be looked at ({count})").format(count=len(pairs)))
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(arm.title) for arm in arms[:_MOST_ROWS]), default=0)
        for table in (self._arms_table, self._pairs_table):
            table.setColumnWidth(0, min(_WIDEST, max(_NARROWEST, widest + 2 * MARGIN + 8)))

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        for label in (self._time, self._halving):
            theme.paint_text(label, now.muted)
        theme.paint_text(self._warnings, now.warning)

    def _table(self, columns: tuple[Column, ...], name: str, title: str) -> tuple[RowsModel, RowsView]:
        model = RowsModel(columns, self)
        table = RowsView(model, (200, 200))
        table.setObjectName(name)
        table.setAccessibleName(title)
        return model, table

    @staticmethod
    def _tell(label: QLabel, words: str) -> None:
        label.setText(words)
        label.setVisible(bool(words))


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
