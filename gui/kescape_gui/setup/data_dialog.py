"""A closer look at data: its classes, its columns, and what was found and left out."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kescape.data.facts import Facts
from kescape.data.preview import Preview
from kescape_gui import theme
from kescape_gui.rows import Column, Row, RowsModel, RowsView
from kescape_gui.setup.data_pictures import Images, Points
from kescape_gui.setup.found_data import summary

_KINDS = {"number": "number", "boolean": "yes or no", "date": "date", "text": "category"}
_MOST_CLASSES = 100
_MOST_COLUMNS = 50


class DataDialog(QDialog):
    """What is known of one data set."""

    def __init__(self, known: Facts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataDialog")
        self.dataset = known.dataset
        self.setWindowTitle(self.tr(known.title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(18, 14, 18, 8)
        layout.setSpacing(6)
        title = QLabel(self.tr(known.title))
        title.setTextFormat(Qt.TextFormat.PlainText)
        theme.font(title, scale=1.25, bold=True)
        layout.addWidget(title)
        told = QLabel(f"{summary(known)[:1].upper()}{summary(known)[1:]}.")
        told.setTextFormat(Qt.TextFormat.PlainText)
        told.setWordWrap(True)
        layout.addWidget(told)
        if known.validation_rows is not None:
            layout.addWidget(self._grey(self.tr("It brings its own validation part.")))
        for note in known.notes:
            layout.addWidget(self._grey(note))
        self._pictures = QVBoxLayout()
        self._pictures.setSpacing(6)
        layout.addLayout(self._pictures)
        self._classes = _Classes(known.class_names[:_MOST_CLASSES])
        if known.class_names:
            layout.addWidget(self._heading(self.tr("Classes")))
            layout.addWidget(self._classes)
            self._classes.count(known.class_counts[:_MOST_CLASSES])
            if len(known.class_names) > _MOST_CLASSES:
                more = self.tr("and {count} more").format(count=f"{len(known.class_names) - _MOST_CLASSES:,}")
                layout.addWidget(self._grey(more))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        if known.columns:
            layout.addWidget(self._heading(self.tr("Inputs")))
            layout.addWidget(self._columns(known))
        layout.addLayout(self._rows)
        layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(18, 0, 18, 14)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll, 1)
        outer.addWidget(buttons)
        self.resize(80 * self.fontMetrics().averageCharWidth(), 620)

    def show_preview(self, seen: Preview) -> None:
        """Add what only reading the data tells: points or images, the first rows, how many rows a class has."""
        self._classes.count(seen.class_counts[:_MOST_CLASSES])
        if seen.images is not None:
            self._pictures.addWidget(Images(seen.images, seen.facts.class_names))
        else:
            self._pictures.addWidget(Points(seen))
            if seen.projected:
                self._pictures.addWidget(self._grey(self.tr("The first two principal components of the inputs.")))
        if seen.first_rows:
            self._rows.addWidget(self._heading(self.tr("First rows")))
            self._rows.addWidget(self._first_rows(seen))

    def _first_rows(self, seen: Preview) -> RowsView:
        names, rows = seen.column_names[:_MOST_COLUMNS], seen.first_rows
        model = RowsModel(tuple(Column(name) for name in names), self)
        model.show_rows([Row(number, row[:_MOST_COLUMNS]) for number, row in enumerate(rows)])
        table = RowsView(model, (13 * self.fontMetrics().averageCharWidth(),) * len(names))
        table.setObjectName("firstRowsTable")
        table.setAccessibleName(self.tr("First rows"))
        table.setFixedHeight((len(rows) + 1) * (self.fontMetrics().height() + 8) + 20)
        return table

    def _heading(self, text: str) -> QLabel:
        heading = QLabel(text)
        theme.font(heading, bold=True)
        heading.setContentsMargins(0, 10, 0, 0)
        return heading

    def _grey(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        theme.paint_text(label, theme.colours().muted)
        return label

    def _columns(self, known: Facts) -> RowsView:
        headings = (
            Column(self.tr("Column")),
            Column(self.tr("Holds")),
            Column(self.tr("Missing"), self.tr("Rows without a value"), number=True),
            Column(self.tr("Categories"), number=True),
        )
        model = RowsModel(headings, self)
        model.show_rows(
            [
                Row(
                    column.name,
                    (
                        column.name,
                        self.tr(_KINDS.get(column.kind, column.kind)),
                        f"{column.missing:,}" if column.missing else "–",
                        f"{len(column.categories):,}" if column.categories else "–",
                    ),
                    help=", ".join(column.categories[:20]),
                )
                for column in known.columns
            ]
        )
        letter = self.fontMetrics().averageCharWidth()
        table = RowsView(model, (26 * letter, 16 * letter, 12 * letter, 13 * letter))
        table.setObjectName("columnsTable")
        table.setAccessibleName(self.tr("Inputs"))
        table.setFixedHeight((min(9, len(known.columns)) + 1) * (self.fontMetrics().height() + 8) + 6)
        return table


class _Classes(QWidget):
    """A bar for each class, as long as it has rows."""

    _NAME, _COUNT, _GAP = 150, 70, 10

    def __init__(self, names: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = names
        self._counts: tuple[int, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(names))

    def count(self, counts: tuple[int, ...]) -> None:
        """Say how many rows each class has, once somebody has counted."""
        if counts:
            self._counts = counts
            words = [f"{name} {count:,}" for name, count in zip(self._names, counts, strict=True)]
            self.setAccessibleName(", ".join(words))
            self.update()

    def sizeHint(self) -> QSize:
        """A line for each class; names alone where nobody has counted."""
        return QSize(400, self._line() * len(self._names) + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw names, bars and counts."""
        now, metrics, line = theme.colours(), self.fontMetrics(), self._line()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = max(self._counts, default=1) or 1
        left = self._NAME + self._GAP
        room = max(40, self.width() - left - self._COUNT - self._GAP)
        for number, name in enumerate(self._names):
            box = QRectF(0, number * line, self._NAME, line)
            painter.setPen(QColor(now.text))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, self._NAME)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            if not self._counts:
                continue
            width = max(2.0, room * self._counts[number] / top)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.loss_raw if not now.dark else now.loss))
            painter.drawRoundedRect(QRectF(left, number * line + 4, width, line - 8), 2, 2)
            painter.setPen(QColor(now.muted))
            place = QRectF(left + width + 6, number * line, self._COUNT, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"{self._counts[number]:,}")
        painter.end()

    def _line(self) -> int:
        return self.fontMetrics().height() + 6
