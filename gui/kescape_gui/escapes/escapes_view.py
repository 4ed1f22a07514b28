"""The table of restarts: the loss before, at its peak and after."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.escapes.escapes import EscapeLine
from kescape_gui.rows import Column, Row, RowsModel, RowsView


class EscapesView(QWidget):
    """One row a restart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RowsModel(
            (
                Column(self.tr("#"), number=True),
                Column(self.tr("Epoch"), number=True),
                Column(self.tr("Step"), number=True),
                Column(self.tr("Loss before"), self.tr("Mean of the last 20 steps before the restart"), number=True),
                Column(self.tr("Peak"), self.tr("Highest mean of 20 steps after the restart"), number=True),
                Column(self.tr("Loss after"), self.tr("Mean of the last 20 steps of the cycle"), number=True),
                Column(self.tr("Back at the loss before"), self.tr("How many steps it took to be as low as before")),
                Column(self.tr("In words")),
            ),
            self,
        )
        self.table = RowsView(self._model, (44, 70, 80, 92, 80, 92, 170, 260))
        self.table.setObjectName("escapesTable")
        self.table.setAccessibleName(self.tr("Restarts and what they did to the loss"))
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._note = QLabel(
            self.tr(
                "Loss before and after each restart. Whether two minima are separated is not judged by these numbers."
            )
        )
        self._note.setContentsMargins(8, 6, 8, 4)
        self._note.setWordWrap(True)
        stack = QWidget()
        self._stack = QStackedLayout(stack)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._note)
        layout.addWidget(stack, 1)
        self.recolour()

    def show_lines(self, lines: list[EscapeLine], empty: str) -> None:
        """Show these restarts, or the sentence if there are none."""
        self._empty.setText(empty)
        self._stack.setCurrentWidget(self.table if lines else self._empty)
        self._note.setVisible(bool(lines))
        self._model.show_rows(
            [
                Row(
                    line.number,
                    (
                        str(line.number),
                        line.epoch,
                        line.step,
                        line.before,
                        line.peak,
                        line.after,
                        line.recovered,
                        line.change,
                    ),
                )
                for line in lines
            ]
        )

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._empty, theme.colours().muted)
        theme.paint_text(self._note, theme.colours().muted)
        self._empty.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
