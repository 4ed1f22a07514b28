"""A table of texts for a `QTableView`: what the runs and the escapes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

_Index = QModelIndex | QPersistentModelIndex

_MARGIN = 8
"""Room to both sides of a cell's text: a number must not touch the words beside it."""
_PAD = "\u2002"
"""As wide, in the headings, which know no margin."""


@dataclass(frozen=True)
class Column:
    """One column: its heading, and what it means."""

    title: str
    help: str = ""
    number: bool = False
    """Numbers stand to the right."""


@dataclass(frozen=True)
class Row:
    """One row: its texts, and what identifies it."""

    key: object
    texts: tuple[str, ...]
    help: str = ""
    colour: str | None = None
    """Of the first text."""


class RowsModel(QAbstractTableModel):
    """Hands rows to a view. `show_rows` keeps what is selected where the rows stay the same ones."""

    def __init__(self, columns: tuple[Column, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> bool:
        """Show these rows; True if other rows, or in another order, stand there now."""
        if rows == self.rows:
            return False
        same = [row.key for row in rows] == [row.key for row in self.rows]
        if same:
            self.rows = rows
            last = self.index(len(rows) - 1, len(self._columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        return not same

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Qt asks."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Qt asks."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt asks."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.help or row.texts[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0 and row.colour:
            return QColor(row.colour)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt asks."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{_PAD}{self._columns[section].title}{_PAD}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._columns[section].help
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if self._columns[column].number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class _Cell(QStyledItemDelegate):
    """A cell with room to both sides."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The ground over the whole cell, the text inside its margins."""
        self.initStyleOption(option, index)
        ground, text = QStyleOptionViewItem(option), QStyleOptionViewItem(option)
        ground.text = ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, ground, painter)
        role = QPalette.ColorRole.Text
        if text.state & QStyle.StateFlag.State_Selected:
            role = QPalette.ColorRole.HighlightedText
        painter.setPen(text.palette.color(role))
        room = text.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        shown = text.fontMetrics.elidedText(text.text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, text.displayAlignment, shown)


class RowsView(QTableView):
    """A quiet table: whole rows, no grid, headings that line up with their columns."""

    def __init__(self, model: RowsModel, widths: tuple[int, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_Cell(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(40)
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)
