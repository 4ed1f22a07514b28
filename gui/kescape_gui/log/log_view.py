"""What happened in a run and what somebody noted, beside what its engine printed."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFontDatabase, QTextCursor
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from kescape.run.reader import Event
from kescape_gui import theme
from kescape_gui.clock import clock
from kescape_gui.rows import Column, Row, RowsModel, RowsView
from kescape_gui.run_state import Offer
from kescape_gui.steering import note_problem

_NOTE = "note"


class LogView(QWidget):
    """Events and notes to the left, with a line for another note; the engine's own output to the right."""

    note_wanted = Signal(str)
    """A line that somebody wrote for the run in view."""
    step_wanted = Signal(int)
    """The step of an event that somebody chose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._events: list[Event] = []
        self._listed = (0, False)
        self._model = RowsModel(
            (
                Column(self.tr("Time"), self.tr("Since the run was created"), number=True),
                Column(self.tr("Step"), number=True),
                Column(self.tr("What happened")),
            ),
            self,
        )
        self.table = RowsView(self._model, (76, 80, 160))
        self.table.setObjectName("eventsTable")
        self.table.setAccessibleName(self.tr("Events of the run"))
        self.table.clicked.connect(self._on_chosen)
        self.table.activated.connect(self._on_chosen)
        self._output = QPlainTextEdit()
        self._output.setObjectName("engineLog")
        self._output.setReadOnly(True)
        self._output.setFrameShape(QFrame.Shape.NoFrame)
        self._output.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._output.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._output.setAccessibleName(self.tr("Output of the engine"))
        self._output.setPlaceholderText(self.tr("What the engine prints appears here."))
        self._output.setTabChangesFocus(True)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._note_row())
        column.addWidget(self.table, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self._output)
        splitter.setSizes([560, 400])
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self.offer_note(Offer("", enabled=False, visible=True, reason=""))

    def show_events(self, events: list[Event]) -> None:
        """Show these events, oldest first, and follow the newest."""
        notes_only = self._notes_only.isChecked()
        listed = (len(events), notes_only)
        if events is self._events and listed == self._listed:
            # To make thousands of rows at each look would hold up the window.
            return
        self._events, self._listed = events, listed
        shown = [event for event in events if event.kind == _NOTE or not notes_only]
        rows = [Row(event.id, (clock(event.time, 1), f"{event.step:,}", event.text)) for event in shown]
        if self._model.show_rows(rows):
            self.table.scrollToBottom()

    def show_output(self, text: str) -> None:
        """Show the end of the engine's output, and follow it unless somebody has scrolled up."""
        shown, bar = self._output.toPlainText(), self._output.verticalScrollBar()
        if text == shown:
            return
        follows = bar.value() == bar.maximum()
        if shown and text.startswith(shown):
            # What somebody reads or has selected there stays as it is.
            cursor = QTextCursor(self._output.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(shown) :])
        else:
            self._output.setPlainText(text)
            follows = True
        if follows:
            bar.setValue(bar.maximum())

    def offer_note(self, offer: Offer) -> None:
        """Say whether a note can be written now, and if not, why."""
        self._line.setEnabled(offer.enabled)
        self._line.setToolTip(offer.reason)
        self._add.setToolTip(offer.reason)
        self._judge()

    def give_back(self, text: str) -> None:
        """Put a note back that could not be written, unless somebody is at the next one."""
        if not self._line.text():
            self._line.setText(text)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._output, theme.colours().text)
        theme.paint_text(self._fault, theme.colours().error)

    def _note_row(self) -> QHBoxLayout:
        self._notes_only = QCheckBox(self.tr("N&otes only"))
        self._notes_only.setObjectName("notesOnlyBox")
        self._notes_only.setToolTip(self.tr("List what somebody noted, and nothing else"))
        self._notes_only.toggled.connect(lambda: self.show_events(self._events))
        self._line = QLineEdit()
        self._line.setObjectName("noteLine")
        self._line.setAccessibleName(self.tr("A note for the run in view"))
        self._line.setPlaceholderText(self.tr("Add a note…"))
        self._line.textChanged.connect(self._judge)
        self._line.returnPressed.connect(self._write)
        self._add = QPushButton(self.tr("Note"))
        self._add.setObjectName("addNoteButton")
        self._add.clicked.connect(self._write)
        self._fault = QLabel()
        self._fault.setObjectName("logNoteFault")
        self._fault.hide()
        row = QHBoxLayout()
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(8)
        row.addWidget(self._notes_only)
        row.addWidget(self._line, 1)
        row.addWidget(self._fault)
        row.addWidget(self._add)
        return row

    def _judge(self) -> None:
        problem = note_problem(self._line.text())
        self._add.setEnabled(self._line.isEnabled() and problem is None)
        self._fault.setText((problem or "") if self._line.text() else "")
        self._fault.setVisible(bool(self._fault.text()))

    def _write(self) -> None:
        if self._add.isEnabled():
            text = self._line.text().strip()
            self._line.clear()
            self.note_wanted.emit(text)

    def _on_chosen(self, index: QModelIndex) -> None:
        number = self._model.rows[index.row()].key
        self.step_wanted.emit(next(event.step for event in self._events if event.id == number))
