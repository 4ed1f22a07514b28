"""The table of runs: which are drawn along, how they are doing, and in what order they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget

from kescape_gui import icons, theme
from kescape_gui.rows import MARGIN, Cell, Column, Row, RowsModel, RowsView, plain_tip
from kescape_gui.runs.order import By, Order
from kescape_gui.runs.runs import RunLine
from kescape_gui.runs.swatch import Swatch
from kescape_gui.state_colour import state_colour

_Index = QModelIndex | QPersistentModelIndex

COLUMNS = tuple(By)

_WIDTHS = {
    By.COMPARED: (72, 74, 0),
    By.STATE: (90, 114, 0),
    By.NAME: (108, 180, 3),
    By.PROGRESS: (66, 124, 0),
    By.LOSS: (64, 68, 0),
    By.VAL_LOSS: (64, 78, 0),
    By.VAL_ACCURACY: (58, 108, 0),
    By.TAGS: (36, 130, 2),
    By.STARTED: (52, 104, 0),
}
"""How narrow a column can be, how wide it likes to be, and its share of what is left."""

_BOX = 15
_LINE = 22
_PIN = 12


@dataclass(frozen=True)
class RunRow(Row):
    """A row, and how its run is drawn along, if it is."""

    swatch: Swatch | None = None
    can_be_drawn: bool = True


class RunsModel(RowsModel):
    """Hands the runs to the table. A click asks for a run to be drawn along; whether it is, it is told."""

    compare_toggled = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        columns = {
            By.COMPARED: Column(self.tr("Compare"), self.tr("The runs that are drawn along with the one in view")),
            By.STATE: Column(self.tr("State")),
            By.NAME: Column(self.tr("Run")),
            By.PROGRESS: Column(self.tr("Progress")),
            By.LOSS: Column(self.tr("Loss"), self.tr("Mean over the last epoch"), number=True),
            By.VAL_LOSS: Column(
                self.tr("Val. loss"), self.tr("Loss on the held-out data after the last epoch"), number=True
            ),
            By.VAL_ACCURACY: Column(
                self.tr("Val. accuracy"), self.tr("Share of the held-out data classified rightly"), number=True
            ),
            By.TAGS: Column(self.tr("Tags"), self.tr("Words that were given to it; ✎ where there is a note")),
            By.STARTED: Column(self.tr("Started")),
        }
        super().__init__(tuple(columns[by] for by in COLUMNS), parent)

    def row_of(self, line: RunLine, swatch: Swatch | None) -> RunRow:
        """What the table shows of a run."""
        texts = (
            "", line.state_words, line.name, line.progress, line.loss, line.val_loss, line.val_accuracy, line.tags,
            line.started,
        )  # fmt: skip
        return RunRow(line.path, texts, line.help, state_colour(line.state), swatch, line.summary.problem is None)

    def run_row(self, index: _Index) -> RunRow:
        """The row that an index stands in."""
        row = self.rows[index.row()]
        assert isinstance(row, RunRow), "they are made here"
        return row

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Qt asks."""
        flags = super().flags(index)
        if index.column() == 0 and self.run_row(index).can_be_drawn:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt asks."""
        row = self.run_row(index)
        if index.column() == 0:
            if role == Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if row.swatch is not None else Qt.CheckState.Unchecked
            if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
                return self._compare_words(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            # There may be no room for all of it in the cell.
            return plain_tip("\n\n".join(text for text in (row.texts[index.column()], row.help) if text))
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(row.colour) if row.colour and COLUMNS[index.column()] is By.STATE else None
        return super().data(index, role)

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Somebody wants a run drawn along, or no longer."""
        if role != Qt.ItemDataRole.CheckStateRole or not self.flags(index) & Qt.ItemFlag.ItemIsUserCheckable:
            return False
        self.compare_toggled.emit(self.run_row(index).key, Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def _compare_words(self, row: RunRow) -> str:
        if not row.can_be_drawn:
            return self.tr("What cannot be read cannot be drawn")
        if row.swatch is None:
            return self.tr("Not compared; click or press Space to draw this run along")
        if row.swatch.is_baseline:
            return self.tr("The baseline: the other runs are held against it")
        return self.tr("Compared: drawn along; click or press Space to take it out")


class _CompareCell(Cell):
    """A check box, a sample of the line, and a pin at the baseline."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The ground first, then what there is of the three."""
        self.initStyleOption(option, index)
        option.features &= ~QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
        option.text = ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter)
        model = index.model()
        assert isinstance(model, RunsModel), "it is the cell of this table"
        row = model.run_row(index)
        if not row.can_be_drawn:
            return
        left = option.rect.left() + MARGIN
        place = QRect(left, option.rect.center().y() - _BOX // 2 + 1, _BOX, _BOX)
        self._draw_box(painter, place, checked=row.swatch is not None)
        if row.swatch is not None:
            selected = bool(option.state & QStyle.StateFlag.State_Selected)
            self._draw(painter, row.swatch, QPointF(left + _BOX + 5, option.rect.center().y() + 0.5), selected)

    def _draw_box(self, painter: QPainter, place: QRect, *, checked: bool) -> None:
        """Not by the style, which makes it out of the palette of a window: on a dark ground it is not to be seen."""
        now = theme.colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(now.rule), 1))
        painter.setBrush(QColor(now.base))
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 2.5, 2.5)
        painter.restore()
        if checked:
            scale = painter.device().devicePixelRatioF()
            painter.drawPixmap(place.topLeft() + QPoint(2, 2), icons.pixmap("good", now.text, _BOX - 4, scale))

    def _draw(self, painter: QPainter, swatch: Swatch, start: QPointF, selected: bool) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = theme.colours()
        if selected:
            # On the ground of a selection no colour of a line is sure to be seen.
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.base))
            width = _LINE + (_PIN + 5 if swatch.is_baseline else 0)
            painter.drawRoundedRect(QRect(int(start.x()) - 3, int(start.y()) - 8, width + 6, 16), 3, 3)
        pen = QPen(QColor(swatch.colour), 3.0 if swatch.is_baseline else 2.0)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if swatch.dashed:
            pen.setDashPattern([2.5, 1.5])
        painter.setPen(pen)
        painter.drawLine(start, QPointF(start.x() + _LINE, start.y()))
        painter.restore()
        if swatch.is_baseline:
            scale = painter.device().devicePixelRatioF()
            place = QPointF(start.x() + _LINE + 4, start.y() - _PIN / 2)
            painter.drawPixmap(place, icons.pixmap("pin", now.text, _PIN, scale))


class _ProgressCell(Cell):
    """Where there is no room, the unit goes first."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """Take the text that fits."""
        super().initStyleOption(option, index)
        model = index.model()
        assert isinstance(model, RunsModel), "it is the cell of this table"
        room = option.rect.width() - 2 * MARGIN
        if model.run_row(index).can_be_drawn and option.fontMetrics.horizontalAdvance(option.text) > room:
            option.text = option.text.rpartition(" ")[0]


class _NameCell(Cell):
    """Cut in the middle: names of runs that belong together begin alike."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """Say where it is cut."""
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


class RunsTable(RowsView):
    """The columns share the width, until somebody draws one wider or narrower."""

    order_clicked = Signal(object)
    """The `By` of a heading."""

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(model, tuple(_WIDTHS[by][1] for by in COLUMNS), parent)
        self._model = model
        self.setItemDelegateForColumn(0, _CompareCell(self))
        self.setItemDelegateForColumn(COLUMNS.index(By.NAME), _NameCell(self))
        self.setItemDelegateForColumn(COLUMNS.index(By.PROGRESS), _ProgressCell(self))
        self.setSelectionMode(RowsView.SelectionMode.ExtendedSelection)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(min(least for least, _, _ in _WIDTHS.values()))
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setStretchLastSection(False)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.sectionClicked.connect(lambda column: self.order_clicked.emit(COLUMNS[column]))
        header.sectionHandleDoubleClicked.connect(self._share_again)
        header.sectionResized.connect(self._on_resized)
        self._is_sharing = False
        self._is_shared = True

    def show_order(self, order: Order) -> None:
        """Mark the column that the runs are ordered by."""
        direction = Qt.SortOrder.DescendingOrder if order.descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(COLUMNS.index(order.by), direction)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or less room for the columns."""
        super().resizeEvent(event)
        if self._is_shared:
            self._share()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a check box chooses what is compared, not what is shown."""
        if not self._toggle(event):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two clicks on a check box are two clicks."""
        if not self._toggle(event):
            super().mouseDoubleClickEvent(event)

    def _toggle(self, event: QMouseEvent) -> bool:
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid() or index.column() != 0:
            return False
        wanted = Qt.CheckState.Checked if self._model.run_row(index).swatch is None else Qt.CheckState.Unchecked
        if not self._model.setData(index, wanted, Qt.ItemDataRole.CheckStateRole):
            return False
        event.accept()
        return True

    def _share(self) -> None:
        widths = shared(self.viewport().width(), [_WIDTHS[by] for by in COLUMNS])
        self._is_sharing = True
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)
        self._is_sharing = False

    def _share_again(self) -> None:
        self._is_shared = True
        self._share()

    def _on_resized(self) -> None:
        if not self._is_sharing:
            self._is_shared = False


def shared(room: int, columns: list[tuple[int, int, int]]) -> list[int]:
    """The widths of columns that share a room; where it is too small for all, each is as narrow as it can be.

    Args:
        room: Pixels in all.
        columns: How narrow each can be, how wide it likes to be, and its share of what is left then.

    Example:
        >>> columns = [(50, 100, 1), (50, 70, 0)]
        >>> shared(200, columns), shared(135, columns), shared(60, columns)
        ([130, 70], [75, 60], [50, 50])
    """
    least, liked = sum(column[0] for column in columns), sum(column[1] for column in columns)
    shares = sum(column[2] for column in columns)
    if room >= liked:
        widths = [wish + (room - liked) * share // shares for _, wish, share in columns]
    else:
        part = max(0.0, (room - least) / (liked - least))
        widths = [int(low + (wish - low) * part) for low, wish, _ in columns]
    if room > least:
        # What whole pixels leave over.
        widths[max(range(len(columns)), key=lambda at: columns[at][2])] += room - sum(widths)
    return widths
