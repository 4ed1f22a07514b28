"""The ranking of the arms: a row an arm, which unfolds to a row for each of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeySequence, QPainter, QPen, QPixmap, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTreeView, QWidget

from kescape_gui import theme
from kescape_gui.comparison.ranking import Heading, RankedArm, RankedRun, as_tsv
from kescape_gui.rows import Cell, plain_tip
from kescape_gui.runs.swatch import Swatch

_Index = QModelIndex | QPersistentModelIndex
_SAMPLE = QSize(24, 12)
"""Of the line that shows how an arm is drawn."""
_DASHES = [2.2, 1.4]
_PAD = "\u2002"
"""As wide as the margins of the cells."""
_SLACK = 24
_WIDEST = 300


class _RankingModel(QAbstractItemModel):
    """Arms, and their runs below them. The id of a run's index is the number of its arm, counted from 1."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ratio = parent.devicePixelRatioF()
        self._row = QSize(0, parent.fontMetrics().height() + 8)
        self.headings: tuple[Heading, ...] = ()
        self.arms: list[RankedArm] = []

    def show(self, headings: tuple[Heading, ...], arms: list[RankedArm]) -> bool:
        """Show these; True if other ones stand there now, or in another order, so that all is to be looked up anew."""
        before, titles = self.arms, self.headings
        if len(headings) != len(titles) or _keys(arms) != _keys(before):
            self.beginResetModel()
            self.headings, self.arms = headings, arms
            self.endResetModel()
            return True
        self.headings, self.arms = headings, arms
        last = len(headings) - 1
        for number, (old, new) in enumerate(zip(before, arms, strict=True)):
            if old == new:
                continue
            above = self.index(number, 0)
            self.dataChanged.emit(above, self.index(number, last))
            self.dataChanged.emit(self.index(0, 0, above), self.index(len(new.runs) - 1, last, above))
        if headings != titles:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, last)
        return False

    def line_at(self, index: _Index) -> RankedArm | RankedRun:
        """What stands in a row."""
        if index.internalId():
            return self.arms[index.internalId() - 1].runs[index.row()]
        return self.arms[index.row()]

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008 (Qt's own)
        """Qt asks."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: _Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008 (two in one)
        """Qt asks."""
        if not index.isValid() or not index.internalId():
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Qt asks."""
        if not parent.isValid():
            return len(self.arms)
        return 0 if parent.internalId() or parent.column() else len(self.arms[parent.row()].runs)

    def columnCount(self, _parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Qt asks."""
        return len(self.headings)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt asks."""
        line = self.line_at(index)
        first = index.column() == 0
        if role == Qt.ItemDataRole.DisplayRole:
            return line.texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(line.help or line.texts[index.column()])
        if role == Qt.ItemDataRole.DecorationRole and first and isinstance(line, RankedArm):
            return _sample(line.swatch, self._ratio) if line.swatch is not None else None
        if role == Qt.ItemDataRole.ForegroundRole and isinstance(line, RankedRun):
            now = theme.colours()
            return QColor(now.error if line.is_problem else now.muted)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role == Qt.ItemDataRole.SizeHintRole:
            return self._row
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt asks."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.headings):
            return None
        heading = self.headings[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{_PAD}{heading.title}{_PAD}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return heading.help
        return self._alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if self.headings[column].is_number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class RankingView(QTreeView):
    """Shows the arms, best first. What is unfolded and chosen stays so while they change."""

    run_wanted = Signal(object)
    """The path of the run that the user wants to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ranked = _RankingModel(self)
        self._needed: list[int] = []
        self.setModel(self._ranked)
        self.setObjectName("rankingTable")
        self.setAccessibleName(self.tr("Ranking of the arms"))
        self.setAccessibleDescription(
            self.tr("Right unfolds an arm to its runs; Enter shows a run; Ctrl+C copies the table.")
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(True)
        self.setIconSize(_SAMPLE)
        self.setItemDelegate(Cell(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionsMovable(False)
        header.setHighlightSections(False)
        self.activated.connect(self._on_activated)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        copy.activated.connect(self.copy)

    def show_ranking(self, headings: tuple[Heading, ...], arms: list[RankedArm]) -> None:
        """Show these arms."""
        unfolded = {arm.name for number, arm in enumerate(self._ranked.arms) if self.isExpanded(self._at(number))}
        chosen = self._key_of(self.currentIndex())
        if self._ranked.show(headings, arms):
            for number, arm in enumerate(arms):
                at = self._at(number)
                self.setExpanded(at, arm.name in unfolded)
                if chosen is not None and chosen[0] == arm.name:
                    self.setCurrentIndex(at if chosen[1] is None else self._ranked.index(chosen[1], 0, at))
        self._fit()

    def copy(self) -> None:
        """Put the whole table on the clipboard, for a sheet."""
        QGuiApplication.clipboard().setText(as_tsv(self._ranked.headings, self._ranked.arms))

    def _at(self, number: int) -> QModelIndex:
        return self._ranked.index(number, 0)

    def _key_of(self, index: QModelIndex) -> tuple[str, int | None] | None:
        """The name of an arm, and which of its runs."""
        if not index.isValid():
            return None
        parent = index.parent()
        return (
            (self._ranked.arms[parent.row()].name, index.row())
            if parent.isValid()
            else (self._ranked.arms[index.row()].name, None)
        )

    def _on_activated(self, index: QModelIndex) -> None:
        line = self._ranked.line_at(index)
        if isinstance(line, RankedRun) and line.is_there:
            self.run_wanted.emit(line.path)

    def _fit(self) -> None:
        """Give each column the room that its heading and its texts need, when that is another than before."""
        metrics, header, arms = self.fontMetrics(), self.header(), self._ranked.arms
        for number in range(len(self._ranked.headings)):
            texts = [arm.texts[number] for arm in arms] + [run.texts[number] for arm in arms for run in arm.runs]
            widest = max(map(metrics.horizontalAdvance, texts), default=0) + _SLACK
            if number == 0:
                widest += _SAMPLE.width() + self.indentation() + 8
            needed = max(min(_WIDEST, widest), header.sectionSizeHint(number))
            if number >= len(self._needed):
                self._needed.append(0)
            if self._needed[number] != needed:
                # Not else: the user may have chosen another width.
                self._needed[number] = needed
                self.setColumnWidth(number, needed)


def _keys(arms: Sequence[RankedArm]) -> list[object]:
    return [(arm.name, [run.path for run in arm.runs]) for arm in arms]


def _sample(swatch: Swatch, ratio: float) -> QPixmap:
    """A piece of the line that an arm is drawn with."""
    pixmap = QPixmap(_SAMPLE * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    pen = QPen(QColor(swatch.colour), 2.6)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if swatch.dashed:
        pen.setDashPattern(_DASHES)
    painter.setPen(pen)
    middle = _SAMPLE.height() / 2
    painter.drawLine(QPointF(0, middle), QPointF(_SAMPLE.width(), middle))
    painter.end()
    return pixmap
