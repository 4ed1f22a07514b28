"""The table of runs. Selecting one shows it; the menu offers what can be done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QLabel, QMenu, QStackedLayout, QWidget

from kescape_gui import theme
from kescape_gui.rows import Column, Row, RowsModel, RowsView
from kescape_gui.run_state import RunState
from kescape_gui.runs.runs import RunLine


class RunsView(QWidget):
    """The runs, newest first."""

    chosen = Signal(object)
    """The path of the run that the user wants to see."""
    export_wanted = Signal(object)
    folder_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[RunLine] = []
        self._shown: Path | None = None
        self._model = RowsModel(
            (
                Column(self.tr("State")),
                Column(self.tr("Run")),
                Column(self.tr("Progress")),
                Column(self.tr("Loss"), self.tr("Mean over the last epoch"), number=True),
                Column(self.tr("Val. loss"), self.tr("Loss on the held-out data after the last epoch"), number=True),
                Column(self.tr("Val. accuracy"), self.tr("Share of the held-out data classified rightly"), number=True),
                Column(self.tr("Started")),
            ),
            self,
        )
        self.table = RowsView(self._model, (130, 210, 150, 80, 80, 104, 110))
        self.table.setObjectName("runsTable")
        self.table.setAccessibleName(self.tr("Runs"))
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self._empty = QLabel(self.tr("Your runs will be listed here, those of scripts with a RunRecorder too."))
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.table)
        self._selecting = False
        self.recolour()

    def show_lines(self, lines: list[RunLine], shown: Path | None) -> None:
        """List these runs and mark the one that is shown."""
        self._lines = lines
        self._stack.setCurrentWidget(self.table if lines else self._empty)
        self._selecting = True
        replaced = self._model.show_rows([self._row(line) for line in lines])
        if replaced or shown != self._shown:
            self._select(shown)
        self._shown = shown
        self._selecting = False

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._empty, theme.colours().muted)
        self._model.show_rows([self._row(line) for line in self._lines])

    def _row(self, line: RunLine) -> Row:
        now = theme.colours()
        colour = {
            RunState.RUNNING: now.good,
            RunState.FINISHED: now.good,
            RunState.FAILED: now.error,
            RunState.INTERRUPTED: now.warning,
            RunState.UNKNOWN: now.warning,
        }.get(line.state)
        texts = (
            line.state_words, line.name, line.progress, line.loss, line.val_loss, line.val_accuracy, line.started,
        )  # fmt: skip
        return Row(line.path, texts, help=line.problem, colour=colour)

    def _select(self, path: Path | None) -> None:
        for number, line in enumerate(self._lines):
            if line.path == path:
                self.table.selectRow(number)
                return
        self.table.clearSelection()
        self.table.setCurrentIndex(self._model.index(-1, -1))

    def _on_current_changed(self) -> None:
        row = self.table.currentIndex().row()
        if not self._selecting and 0 <= row < len(self._lines):
            self._shown = self._lines[row].path
            self.chosen.emit(self._lines[row].path)

    def _open_menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid():
            return
        path = self._lines[index.row()].path
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Show"), lambda: self.chosen.emit(path))
        menu.addAction(self.tr("Export…"), lambda: self.export_wanted.emit(path))
        menu.addAction(self.tr("Open folder"), lambda: self.folder_wanted.emit(path))
        menu.popup(self.table.viewport().mapToGlobal(place))
