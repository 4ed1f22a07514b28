"""The table of restarts, what the ledger saw of the one that is chosen, and what follows from it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.escapes.escapes import EscapeLine
from kescape_gui.escapes.suggestion import Suggestion
from kescape_gui.rows import Column, Row, RowsModel, RowsView

if TYPE_CHECKING:
    from kescape_gui.escapes.line_plot import LinePlot

_PLOT_FROM_WIDTH = 760
"""Narrower than this the table needs all the room."""


class EscapesView(QWidget):
    """One row a restart."""

    suggested = Signal(object)
    """The `Suggestion` that shall be carried out."""
    restart_chosen = Signal(int)
    """The number, from 0, of the restart that somebody has chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[EscapeLine] = []
        self._suggestion: Suggestion | None = None
        self._model = RowsModel(
            (
                Column(self.tr("#"), number=True),
                Column(self.tr("Epoch"), number=True),
                Column(self.tr("Verdict"), self.tr("At the end of the restart's cycle; of the straight line only")),
                Column(
                    self.tr("Barrier"),
                    self.tr(
                        "How far the loss rises above the higher of the two minima on the straight line between them, "
                        "with its 95 % interval"
                    ),
                ),
                Column(
                    self.tr("Loss before"),
                    self.tr("At the minimum before the restart; until its cycle has ended, the mean of 20 steps"),
                    number=True,
                ),
                Column(self.tr("Peak"), self.tr("Highest mean of 20 steps after the restart"), number=True),
                Column(
                    self.tr("Loss after"),
                    self.tr("At the minimum that its cycle ended in; until then, the mean of the last 20 steps"),
                    number=True,
                ),
                Column(self.tr("Back at the loss before"), self.tr("How many steps it took to be as low as before")),
                Column(
                    self.tr("Distance"),
                    self.tr("Between the weights of the two minima, as a share of their length before"),
                    number=True,
                ),
                Column(self.tr("Cosine"), self.tr("Of the angle between the weights of the two minima"), number=True),
                Column(
                    self.tr("Differ on"), self.tr("Share of rows that the two put into different classes"), number=True
                ),
                Column(self.tr("In words")),
            ),
            self,
        )
        self.table = RowsView(self._model, (40, 62, 140, 168, 88, 70, 84, 150, 80, 72, 80, 320))
        self.table.setObjectName("escapesTable")
        self.table.setAccessibleName(self.tr("Restarts and what they did"))
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_chosen())
        self.table.activated.connect(lambda index: self.restart_chosen.emit(self._lines[index.row()].number - 1))
        self._plot: LinePlot | None = None
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._note = QLabel()
        self._note.setObjectName("escapesNote")
        self._ensemble = QLabel()
        self._ensemble.setObjectName("ensembleLabel")
        self._advice = QLabel()
        self._advice.setObjectName("adviceLabel")
        for label in (self._note, self._ensemble, self._advice):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._do = QPushButton()
        self._do.setObjectName("adviceButton")
        self._do.clicked.connect(self._on_clicked)
        self._do.hide()
        advice = QHBoxLayout()
        advice.setContentsMargins(0, 0, 0, 0)
        advice.addWidget(self._advice, 1)
        advice.addWidget(self._do, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setContentsMargins(8, 4, 8, 3)
        words.setSpacing(2)
        words.addLayout(advice)
        words.addWidget(self._ensemble)
        words.addWidget(self._note)
        told = QWidget()
        beside = QVBoxLayout(told)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addLayout(words)
        beside.addWidget(self.table, 1)
        self._splitter = QSplitter()
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(told)
        self._splitter.setStretchFactor(0, 1)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._splitter)
        self.recolour()

    def show_lines(self, lines: list[EscapeLine], empty: str, note: str = "", ensemble: str = "") -> None:
        """Show these restarts, or the sentence if there are none; and what is to be known of them all."""
        self._lines = lines
        self._empty.setText(empty)
        self._stack.setCurrentWidget(self._splitter if lines else self._empty)
        for label, text in ((self._note, note), (self._ensemble, ensemble)):
            label.setText(text)
            label.setVisible(bool(text) and bool(lines))
        self._model.show_rows([Row(line.number, _texts(line), _help(line)) for line in lines])
        if lines and not self.table.currentIndex().isValid():
            # The newest that was judged, until somebody chooses another.
            judged = [number for number, line in enumerate(lines) if line.escape is not None]
            self._show_line(lines[judged[-1]] if judged else None)
        else:
            self._show_chosen()

    def suggest(self, suggestion: Suggestion | None, refusal: str | None = None) -> None:
        """Say what may be done, and offer it; `refusal` says why it cannot be done now."""
        self._suggestion = suggestion
        self._advice.setText("" if suggestion is None else suggestion.sentence)
        self._advice.setVisible(suggestion is not None)
        has_button = suggestion is not None and suggestion.verb is not None
        self._do.setVisible(has_button)
        if suggestion is not None:
            self._do.setText(suggestion.button)
            self._do.setEnabled(refusal is None)
            self._do.setToolTip(refusal or suggestion.sentence)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        theme.paint_text(self._empty, now.muted)
        theme.paint_text(self._note, now.muted)
        for label in (self._advice, self._ensemble):
            theme.paint_text(label, now.text)
        self._empty.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        if self._plot is not None:
            self._plot.recolour()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The plot has room beside the table, or no longer."""
        super().resizeEvent(event)
        if self._plot is not None:
            self._plot.setVisible(self.width() >= _PLOT_FROM_WIDTH)

    def _show_chosen(self) -> None:
        row = self.table.currentIndex().row()
        if 0 <= row < len(self._lines):
            self._show_line(self._lines[row])

    def _show_line(self, line: EscapeLine | None) -> None:
        escape = None if line is None else line.escape
        if self._plot is None and escape is not None:
            # What plots need takes long to load, and the window is not kept waiting for it.
            from kescape_gui.escapes.line_plot import LinePlot

            self._plot = LinePlot()
            self._plot.setMinimumWidth(220)
            self._splitter.addWidget(self._plot)
            self._splitter.setSizes([700, 260])
            self._plot.setVisible(self.width() >= _PLOT_FROM_WIDTH)
        if self._plot is not None:
            self._plot.show_escape(escape)

    def _on_clicked(self) -> None:
        if self._suggestion is not None:
            self.suggested.emit(self._suggestion)


def _texts(line: EscapeLine) -> tuple[str, ...]:
    return (
        str(line.number),
        line.epoch,
        line.verdict,
        line.barrier,
        line.before,
        line.peak,
        line.after,
        line.recovered,
        line.distance,
        line.cosine,
        line.disagreement,
        line.change,
    )


def _help(line: EscapeLine) -> str:
    return line.change
