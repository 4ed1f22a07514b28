"""The table of restarts, what the ledger saw of the one that is chosen, and what follows from it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QPalette, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from kescape_gui import theme
from kescape_gui.escapes.escapes import EscapeLine, as_tsv
from kescape_gui.escapes.suggestion import Suggestion
from kescape_gui.escapes.verdict import verdict_colour
from kescape_gui.rows import Column, Row, RowsModel, RowsView
from kescape_gui.short_label import ShortLabel

if TYPE_CHECKING:
    from kescape_gui.escapes.line_plot import LinePlot

_PLOT_FROM_WIDTH = 600
"""Narrower than this the table needs all the room."""

_VERDICT = 2
_OF_THE_LEDGER = (3, 8, 9, 10)
"""Columns that are empty where nothing is judged."""


class EscapesView(QWidget):
    """One row a restart."""

    suggested = Signal(object)
    """The `Suggestion` that shall be carried out."""
    restart_chosen = Signal(int)
    """The number, from 0, of the restart whose cycle somebody wants to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[EscapeLine] = []
        self._suggestion: Suggestion | None = None
        self._renews = False
        self._model = RowsModel(self._columns(), self)
        self.table = RowsView(self._model, (30, 50, 138, 168, 84, 56, 76, 112, 76, 70, 76, 360))
        self.table.setObjectName("escapesTable")
        self.table.setAccessibleName(self.tr("Restarts and what they did"))
        self.table.setAccessibleDescription(self.tr("Choosing a restart shows its cycle; Ctrl+C copies rows."))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        # What is selected, not what is current: the focus alone makes a row current.
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._on_selected())
        self.table.activated.connect(lambda index: self.restart_chosen.emit(self._lines[index.row()].number - 1))
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        copy.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        copy.activated.connect(self.copy)
        self._plot: LinePlot | None = None
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._note = ShortLabel()
        self._note.setObjectName("escapesNote")
        self._ensemble, self._advice, self._sentence = QLabel(), QLabel(), QLabel()
        self._do = QPushButton()
        self._do.setObjectName("adviceButton")
        self._do.clicked.connect(self._on_clicked)
        for widget in (self._advice, self._do):
            widget.hide()
        for label, name in (
            (self._ensemble, "ensembleLabel"),
            (self._advice, "adviceLabel"),
            (self._sentence, "verdictSentence"),
        ):
            label.setObjectName(name)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._laid_out())
        self.recolour()

    def show_lines(self, lines: list[EscapeLine], empty: str, note: str = "", ensemble: str = "") -> None:
        """Show these restarts, or the sentence if there are none; and what is to be known of them all."""
        self._lines = lines
        self._empty.setText(empty)
        self._stack.setCurrentWidget(self.table if lines else self._empty)
        for label, text in ((self._note, note), (self._ensemble, ensemble)):
            label.setText(text)
            label.setVisible(bool(text) and bool(lines))
        self.table.setColumnHidden(_VERDICT, not any(line.verdict for line in lines))
        for column in _OF_THE_LEDGER:
            self.table.setColumnHidden(column, all(line.escape is None for line in lines))
        self._renews = True
        self._model.show_rows([self._row(line) for line in lines])
        self._renews = False
        self._show_chosen()

    def suggest(self, suggestion: Suggestion | None) -> None:
        """Say what may be done, and offer it."""
        if suggestion == self._suggestion:
            return
        self._suggestion = suggestion
        self._advice.setVisible(suggestion is not None)
        self._do.setVisible(suggestion is not None and suggestion.verb is not None)
        if suggestion is not None:
            self._advice.setText(suggestion.sentence)
            self._advice.setToolTip(suggestion.numbers)
            self._do.setText(suggestion.button)
            self._do.setEnabled(suggestion.problem is None)
            self._do.setToolTip(suggestion.problem or suggestion.sentence)

    def forget(self) -> None:
        """Another run is in view from now on: what was selected belongs to none of its restarts."""
        self.show_lines([], "")
        self.suggest(None)

    def copy(self) -> None:
        """Put the selected restarts on the clipboard, or all if none is, with all digits."""
        chosen = {index.row() for index in self.table.selectionModel().selectedRows()}
        lines = [line for row, line in enumerate(self._lines) if not chosen or row in chosen]
        QGuiApplication.clipboard().setText(as_tsv(lines))

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        for label in (self._empty, self._note):
            theme.paint_text(label, now.muted)
        for label in (self._advice, self._ensemble, self._sentence):
            theme.paint_text(label, now.text)
        self._empty.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._model.show_rows([self._row(line) for line in self._lines])
        if self._plot is not None:
            self._plot.recolour()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The plot has room beside the table, or no longer."""
        super().resizeEvent(event)
        self._let_plot()

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column(self.tr("#"), self.tr("The restart, counted from 1"), number=True),
            Column(self.tr("Epoch"), self.tr("Where the restart was"), number=True),
            Column(
                self.tr("Verdict"),
                self.tr(
                    "At the end of the restart's cycle: whether a barrier separates its minimum from the one before, "
                    "on the straight line between them, and which of the two is lower"
                ),
            ),
            Column(
                self.tr("Barrier"),
                self.tr(
                    "How far the loss rises above the higher of the two minima on the straight line between them, with "
                    "its 95 % interval; on a sample of the rows. A curved path may be lower"
                ),
            ),
            Column(
                self.tr("Loss before"),
                self.tr("At the minimum before the restart; until it is judged, the mean of the last 20 steps"),
                number=True,
            ),
            Column(self.tr("Peak"), self.tr("Highest mean of 20 steps after the restart"), number=True),
            Column(
                self.tr("Loss after"),
                self.tr("At the minimum that its cycle ended in; until it is judged, the mean of the last 20 steps"),
                number=True,
            ),
            Column(
                self.tr("Recovered"),
                self.tr("How many steps it took to be as low as before, or how much of the way back is done so far"),
            ),
            Column(
                self.tr("Distance"),
                self.tr("Between the weights of the two minima, as a share of their length before"),
                number=True,
            ),
            Column(
                self.tr("Cosine"),
                self.tr("Of the angle between the weights of the two minima, seen from the origin; 1 is no angle"),
                number=True,
            ),
            Column(
                self.tr("Differ on"),
                self.tr("Share of the rows that the two minima put into different classes"),
                number=True,
            ),
            Column(self.tr("In words"), self.tr("What the verdict means, or how the loss stands so far")),
        )

    def _laid_out(self) -> QSplitter:
        advice = QHBoxLayout()
        advice.setContentsMargins(0, 0, 0, 0)
        advice.addWidget(self._advice, 1)
        advice.addWidget(self._do, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setContentsMargins(8, 4, 8, 4)
        words.setSpacing(3)
        words.addLayout(advice)
        words.addWidget(self._ensemble)
        words.addWidget(self._note)
        told = QWidget()
        below = QVBoxLayout(told)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.table)
        below.addLayout(self._stack, 1)
        below.addLayout(words)
        self._seen = QWidget()
        self._seen.setBackgroundRole(QPalette.ColorRole.Base)
        self._seen.setAutoFillBackground(True)
        self._seen.setMinimumWidth(230)
        self._seen.hide()
        self._sentence.setContentsMargins(10, 5, 10, 0)
        seen = self._seen_column = QVBoxLayout(self._seen)
        seen.setContentsMargins(0, 0, 0, 0)
        seen.setSpacing(0)
        seen.addWidget(self._sentence)
        splitter = QSplitter()
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(told)
        splitter.addWidget(self._seen)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([720, 250])
        return splitter

    def _row(self, line: EscapeLine) -> Row:
        escape = line.escape
        colour = None if escape is None else verdict_colour(escape.verdict, theme.colours())
        return Row(line.number, line.texts, line.words, colour, coloured=_VERDICT, helps=line.helps)

    def _on_selected(self) -> None:
        if self._renews:
            return
        self._show_chosen()
        rows = self.table.selectionModel().selectedRows()
        if len(rows) == 1:
            self.restart_chosen.emit(self._lines[rows[0].row()].number - 1)

    def _show_chosen(self) -> None:
        """The restart that is selected; while none is, the newest that was judged."""
        rows = [index.row() for index in self.table.selectionModel().selectedRows()]
        judged = [line for line in self._lines if line.escape is not None]
        if not judged:
            self._sentence.clear()
            self._let_plot()
            return
        line = self._lines[rows[0]] if rows else judged[-1]
        if self._plot is None:
            # What plots need takes long to load, and the window is not kept waiting for it.
            from kescape_gui.escapes.line_plot import LinePlot

            self._plot = LinePlot()
            self._seen_column.addWidget(self._plot)
        words = self.tr("Restart {number}: {sentence}")
        self._sentence.setText(words.format(number=line.number, sentence=line.words))
        self._plot.show_escape(line.escape)
        self._let_plot()

    def _let_plot(self) -> None:
        self._seen.setVisible(bool(self._sentence.text()) and self.width() >= _PLOT_FROM_WIDTH)

    def _on_clicked(self) -> None:
        if self._suggestion is not None:
            self.suggested.emit(self._suggestion)
