"""The table of all steps: what the plots draw, to be read and copied."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from kescape_gui import theme
from kescape_gui.curves.curve import Curve
from kescape_gui.rows import make_quiet
from kescape_gui.short_label import ShortLabel
from kescape_gui.steps.steps import COLUMNS, as_tsv, asked_step, copy_problem, text
from kescape_gui.words import tr

_Index = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WIDTHS = (90, 90, 90, 120, 120, 120, 110)
_PAD = "\u2002"


class StepsModel(QAbstractTableModel):
    """Hands the steps of a curve to a view, each when it is asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curve = Curve()
        self._count = 0
        self._version = (0, 0)

    def show_curve(self, curve: Curve) -> None:
        """Take over what the curve holds now."""
        version = (curve.version, curve.cuts)
        if curve is self.curve and version == self._version:
            return
        grows = curve is self.curve and curve.cuts == self._version[1] and len(curve) >= self._count
        if not grows:
            self.beginResetModel()
            self.curve, self._count = curve, len(curve)
            self.endResetModel()
        else:
            before = self._count
            if len(curve) > before:
                self.beginInsertRows(QModelIndex(), before, len(curve) - 1)
                self._count = len(curve)
                self.endInsertRows()
            if before:
                # A restart learned of late smooths again what was there; validation comes after its step.
                self.dataChanged.emit(self.index(0, 0), self.index(before - 1, len(COLUMNS) - 1))
        self._version = version

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Qt asks."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Qt asks."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt asks, for what can be seen."""
        if role == Qt.ItemDataRole.DisplayRole and index.row() < len(self.curve):
            return text(self.curve, index.row(), index.column())
        return _RIGHT if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt asks."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{_PAD}{tr(COLUMNS[section].title)}{_PAD}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(COLUMNS[section].help)
        return _RIGHT if role == Qt.ItemDataRole.TextAlignmentRole else None


class _Table(QTableView):
    """Copies whole rows."""

    copied = Signal(str)
    """What was copied, or why it was not."""

    def __init__(self, model: StepsModel) -> None:
        super().__init__()
        self._steps = model
        self.setModel(model)
        make_quiet(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        # By rows, not pixels: of these there may be more than a scroll bar can count.
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, max(width, self.sizeHintForColumn(column), header.sectionSizeHint(column)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C copies the selected rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Put the selected rows on the clipboard, with a heading."""
        selection = self.selectionModel().selection()
        ranges = sorted((each.top(), each.bottom()) for each in map(selection.at, range(selection.count())))
        count = sum(last - first + 1 for first, last in ranges)
        if not count:
            self.copied.emit(self.tr("Nothing is selected."))
            return
        problem = copy_problem(count)
        if problem is None:
            rows = (row for first, last in ranges for row in range(first, last + 1))
            QGuiApplication.clipboard().setText(as_tsv(self._steps.curve, rows))
        words = self.tr("1 row copied.") if count == 1 else self.tr("{count} rows copied.")
        self.copied.emit(problem or words.format(count=f"{count:,}"))


class StepsView(QWidget):
    """A row a step, the newest at the end; it stays at the end while the run grows, unless one scrolls up."""

    step_wanted = Signal(int)
    """A step that somebody went to: in the table, or by its number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nothing = Curve()
        self._model = StepsModel(self)
        self.table = _Table(self._model)
        self.table.setObjectName("stepsTable")
        self.table.setAccessibleName(self.tr("All steps of the run"))
        self.table.activated.connect(lambda index: self.step_wanted.emit(index.row()))
        self.table.copied.connect(self._say)
        self._line = QLineEdit()
        self._line.setObjectName("goToStepLine")
        self._line.setPlaceholderText(self.tr("e.g. 1200"))
        self._line.setMaximumWidth(140)
        self._line.setToolTip(self.tr("Type the number of a step and press Enter"))
        self._line.returnPressed.connect(self._go)
        title = QLabel(self.tr("&Go to step"))
        title.setBuddy(self._line)
        self._said = ShortLabel()
        self._said.setObjectName("stepsSaid")
        tools = QHBoxLayout()
        tools.setContentsMargins(8, 5, 12, 5)
        tools.setSpacing(8)
        tools.addWidget(title)
        tools.addWidget(self._line)
        tools.addSpacing(8)
        tools.addWidget(self._said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(tools)
        layout.addWidget(self.table, 1)
        self.recolour()

    def show_curve(self, curve: Curve | None, *, by_epoch: bool = False) -> None:
        """Show the steps of a run, or none; `by_epoch` where a row is an epoch, since no steps are known."""
        curve = self._nothing if curve is None else curve
        bar = self.table.verticalScrollBar()
        other = curve is not self._model.curve
        was_at_end = bar.value() >= bar.maximum()
        count = self._model.rowCount()
        self._model.show_curve(curve)
        self.table.setColumnHidden(0, by_epoch)
        if other:
            self._say(self.tr("Double-click a row to see its place in the curves; Ctrl+C copies rows with all digits."))
        if self._model.rowCount() != count and (was_at_end or other):
            self.table.scrollToBottom()

    def go_to(self, step: int) -> None:
        """Select a step and bring it into view."""
        self.table.selectRow(step)
        self.table.scrollTo(self._model.index(step, 0), QAbstractItemView.ScrollHint.PositionAtCenter)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._said, theme.colours().muted)

    def _go(self) -> None:
        asked = asked_step(self._line.text(), self._model.rowCount())
        if isinstance(asked, str):
            self._say(asked, error=True)
            return
        self._say("")
        self.go_to(asked)
        self.step_wanted.emit(asked)

    def _say(self, words: str, *, error: bool = False) -> None:
        now = theme.colours()
        self._said.setText(words)
        theme.paint_text(self._said, now.error if error else now.muted)
