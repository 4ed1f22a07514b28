"""What happened in a run, beside what its engine printed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from kescape.run.reader import Event
from kescape_gui import theme
from kescape_gui.rows import Column, Row, RowsModel, RowsView


class LogView(QWidget):
    """Events to the left, the engine's own output to the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RowsModel(
            (
                Column(self.tr("Time"), self.tr("Since the run was created"), number=True),
                Column(self.tr("Step"), number=True),
                Column(self.tr("What happened")),
            ),
            self,
        )
        self.table = RowsView(self._model, (76, 80, 400))
        self.table.setObjectName("eventsTable")
        self.table.setAccessibleName(self.tr("Events of the run"))
        self._output = QPlainTextEdit()
        self._output.setObjectName("engineLog")
        self._output.setReadOnly(True)
        self._output.setFrameShape(QFrame.Shape.NoFrame)
        self._output.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._output.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._output.setAccessibleName(self.tr("Output of the engine"))
        self._output.setPlaceholderText(self.tr("What the engine prints appears here."))
        self._output.setTabChangesFocus(True)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.table)
        splitter.addWidget(self._output)
        splitter.setSizes([560, 400])
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def show_events(self, events: list[Event]) -> None:
        """Show these events, oldest first, and follow the newest."""
        rows = [Row(event.id, (_clock(event.time), f"{event.step:,}", event.text)) for event in events]
        if self._model.show_rows(rows):
            self.table.scrollToBottom()

    def show_output(self, text: str) -> None:
        """Show the end of the engine's output."""
        if text != self._output.toPlainText():
            self._output.setPlainText(text)
            bar = self._output.verticalScrollBar()
            bar.setValue(bar.maximum())

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._output, theme.colours().text)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0.0, seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
