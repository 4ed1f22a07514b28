"""A table of texts for a `QTableView`: what the runs and the escapes share."""

from __future__ import annotations

import contextlib
import html
import statistics
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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

MARGIN = 8
"""Room to both sides of a cell's text: a number must not touch the words beside it."""
_PAD = "\u2002"
"""As wide, in the headings, which know no margin."""


def plain_tip(text: str) -> str:
    """A tip that shows a text as it stands; what looks like markup in it may come with somebody else's run.

    Example:
        >>> plain_tip("a note"), plain_tip("<img src='file://elsewhere/a.png'>")[:39]
        ('a note', "<p style='white-space: pre-wrap'>&lt;im")
    """
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>" if "<" in text else text


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

    key: Hashable
    texts: tuple[str, ...]
    help: str = ""
    colour: str | None = None
    """Of one of the texts."""
    coloured: int = field(default=0, kw_only=True)
    """Which one that is."""
    helps: tuple[str, ...] = field(default=(), kw_only=True)
    """What each text means, where that is more than one `help` for all; an empty one leaves it at that."""


class RowsModel(QAbstractTableModel):
    """Hands rows to a view, and tells it what has become of each: what is selected or edited stays with its row."""

    def __init__(self, columns: tuple[Column, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self.rows: list[Row] = []

    def show_rows(self, rows: Sequence[Row]) -> bool:
        """Show these rows, each with a key of its own; True if other ones, or in another order, stand there now."""
        if list(rows) == self.rows:
            return False
        before = [row.key for row in self.rows]
        place = {row.key: number for number, row in enumerate(rows)}
        self._remove(place)
        self._arrange(place)
        self._insert(rows)
        changed = [number for number, row in enumerate(rows) if row != self.rows[number]]
        self.rows = list(rows)
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(self._columns) - 1))
        return before != list(place)

    def _remove(self, kept: dict[Hashable, int]) -> None:
        gone = [number for number, row in enumerate(self.rows) if row.key not in kept]
        for first, last in reversed(list(_stretches(gone))):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self.rows[first : last + 1]
            self.endRemoveRows()

    def _arrange(self, place: dict[Hashable, int]) -> None:
        before = self.rows
        after = sorted(before, key=lambda row: place[row.key])
        if after == before:
            return
        self.layoutAboutToBeChanged.emit()
        now = {row.key: number for number, row in enumerate(after)}
        old = self.persistentIndexList()
        self.rows = after
        self.changePersistentIndexList(old, [self.index(now[before[index.row()].key], index.column()) for index in old])
        self.layoutChanged.emit()

    def _insert(self, rows: Sequence[Row]) -> None:
        known = {row.key for row in self.rows}
        new = [number for number, row in enumerate(rows) if row.key not in known]
        # From the top, so that what stands above is in its place already.
        for first, last in _stretches(new):
            self.beginInsertRows(QModelIndex(), first, last)
            self.rows[first:first] = rows[first : last + 1]
            self.endInsertRows()

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
            own = row.helps[index.column()] if row.helps else ""
            return plain_tip(own or row.help or row.texts[index.column()])
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == row.coloured and row.colour:
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
            # A heading that has no room for all of it can be read there.
            return self._columns[section].help or self._columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if self._columns[column].number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


def _stretches(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch of numbers that follow one another."""
    first = last = None
    for number in numbers:
        if last is None or number != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last


class Cell(QStyledItemDelegate):
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
        beside = 0 if text.icon.isNull() else text.decorationSize.width() + 4
        room = text.rect.adjusted(MARGIN + beside, 0, -MARGIN, 0)
        shown = text.fontMetrics.elidedText(text.text, text.textElideMode, room.width())
        painter.drawText(room, text.displayAlignment, shown)


def make_quiet(table: QTableView) -> None:
    """Whole rows, no grid, cells with room to both sides; a table that is read, not edited."""
    table.setItemDelegate(Cell(table))
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setMinimumSectionSize(40)


class RowsView(QTableView):
    """A quiet table: whole rows, no grid, headings that line up with their columns."""

    def __init__(self, model: RowsModel, widths: tuple[int, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        make_quiet(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for column, width in enumerate(widths):
            self.setColumnWidth(column, max(width, header.sectionSizeHint(column)))

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Change the rows without moving what is seen: rows that come above it push nothing away.

        At the very top the newest rows come into sight.
        """
        bar = self.verticalScrollBar()
        seen = [(QPersistentModelIndex(index), self.visualRect(index).top()) for index in self._seen()]
        if not bar.value():
            seen.clear()
        yield
        # A row may have been put elsewhere by its own value; what most of the rows in sight do is what counts.
        shifts = [self.rowViewportPosition(index.row()) - top for index, top in seen if index.isValid()]
        if shifts:
            bar.setValue(bar.value() + statistics.median_low(shifts))

    def _seen(self) -> Iterator[QModelIndex]:
        """The first cells of the rows in sight."""
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        if first >= 0:
            for row in range(first, (last if last >= 0 else self.model().rowCount() - 1) + 1):
                yield self.model().index(row, 0)
