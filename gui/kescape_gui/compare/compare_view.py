"""The table of compared runs, with what is to be kept in mind under it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QMenu, QStackedLayout, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.compare.table import Key, Line, Table
from kescape_gui.rows import MARGIN, Column, Row, RowsModel, RowsView
from kescape_gui.runs.swatch import Swatch
from kescape_gui.short_label import ShortLabel

_SOLID, _DASHED = "━━━", "╍╍╍"
_WIDEST = 300
"""Longer texts end in dots."""
_SLACK = 4
"""A text whose width is told in whole pixels may be a little wider."""


class CompareView(QWidget):
    """One row a run. Holds the order of the rows and no data."""

    chosen = Signal(object)
    """The path of the run that the user wants to see."""
    baseline_wanted = Signal(object)
    """The path of the run that the others are to be held against, or None."""
    left_out = Signal(object)
    """The path of the run that is to be compared no longer."""
    bands_wanted = Signal(bool)
    wanted = Signal()
    """The table is seen, or is to show other settings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Table()
        self._samples: Mapping[Key, Swatch] = {}
        self._compared: Collection[Path] = ()
        self._baseline: Path | None = None
        self._sorted_by = ""
        self._descending = False
        self._columns: tuple[Column, ...] = ()
        self._needed: dict[int, int] = {}
        self._lines: list[Line] = []
        self._model = RowsModel((), self)
        self.table = RowsView(self._model, ())
        self.table.setObjectName("compareTable")
        self.table.setAccessibleName(self.tr("Compared runs"))
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.table.activated.connect(lambda index: self.chosen.emit(self._lines[index.row()].path))
        header = self.table.horizontalHeader()
        header.setSectionsClickable(True)
        # A lone number at the far end of the window would stand apart from its row.
        header.setStretchLastSection(False)
        header.sectionClicked.connect(self._on_heading_clicked)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        copy.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        copy.activated.connect(self.copy)
        self._words = ShortLabel()
        self._words.setObjectName("compareWords")
        self._bands_box = QCheckBox(self.tr("Repeats as &bands"))
        self._bands_box.setObjectName("bandsBox")
        self._bands_box.setToolTip(
            self.tr("Draw runs that differ in nothing but the seed as one band: their median and range")
        )
        self._bands_box.toggled.connect(self.bands_wanted)
        self._all_box = QCheckBox()
        self._all_box.setObjectName("allSettingsBox")
        self._all_box.setToolTip(self.tr("Show the settings, too, that do not differ"))
        self._all_box.toggled.connect(lambda: self.wanted.emit())
        self._empty = QLabel(self.tr("Tick runs in the list to draw them together here."))
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._lay_out()
        self.recolour()

    @property
    def all_settings(self) -> bool:
        """Whether the settings that are the same are to have columns, too."""
        return self._all_box.isChecked()

    def show_table(
        self,
        table: Table,
        samples: Mapping[Key, Swatch],
        *,
        compared: Collection[Path] = (),
        baseline: Path | None = None,
        bands: bool = True,
    ) -> None:
        """Show these runs; the order that the user chose is kept.

        Args:
            table: What is said of them.
            samples: How each line of it is drawn.
            compared: Those that can be left out again.
            baseline: The one among them that the others are held against.
            bands: Whether repeats are drawn as bands.
        """
        self._shown, self._samples, self._compared, self._baseline = table, samples, compared, baseline
        self._stack.setCurrentWidget(self._filled if table.blocks else self._empty)
        self._words.setText(" ".join(table.sentences))
        self._bands_box.blockSignals(True)
        self._bands_box.setChecked(bands)
        self._bands_box.blockSignals(False)
        words = self.tr("&All settings ({count} are the same)") if table.same else self.tr("&All settings")
        self._all_box.setText(words.format(count=table.same))
        self._all_box.setEnabled(bool(table.same))
        self._fill()

    def copy(self) -> None:
        """Put the table on the clipboard, for a sheet."""
        QGuiApplication.clipboard().setText(self._shown.as_tsv(self._lines))

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        for label in (self._empty, self._words):
            theme.paint_text(label, theme.colours().muted)

    def showEvent(self, event: QShowEvent) -> None:
        """What has changed unseen is shown now."""
        super().showEvent(event)
        self.wanted.emit()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 4, 12, 4)
        foot.setSpacing(16)
        foot.addWidget(self._words, 1)
        foot.addWidget(self._bands_box)
        foot.addWidget(self._all_box)
        self._filled = QWidget()
        layout = QVBoxLayout(self._filled)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table, 1)
        layout.addLayout(foot)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._filled)

    def _fill(self) -> None:
        titles = [heading.title for heading in self._shown.headings]
        by = titles.index(self._sorted_by) if self._sorted_by in titles else None
        self._lines = self._shown.lines(by, descending=self._descending)
        rows = [self._row(line) for line in self._lines]
        columns = (
            Column("", self.tr("How it is drawn")),
            *(Column(heading.title, heading.help, heading.number) for heading in self._shown.headings),
        )
        chosen = self.table.currentIndex().row()
        key = self._model.rows[chosen].key if chosen >= 0 else None
        if columns != self._columns:
            self._take_columns(columns)
        if self._model.show_rows(rows):
            self._choose(key)
        order = Qt.SortOrder.DescendingOrder if self._descending else Qt.SortOrder.AscendingOrder
        self.table.horizontalHeader().setSortIndicator(-1 if by is None else by + 1, order)
        self._fit(rows, by)

    def _take_columns(self, columns: tuple[Column, ...]) -> None:
        replaced = self.table.selectionModel(), self._model
        self._model, self._columns, self._needed = RowsModel(columns, self), columns, {}
        self.table.setModel(self._model)
        for each in replaced:
            each.deleteLater()

    def _choose(self, key: object) -> None:
        """The row that was chosen before may stand elsewhere now."""
        number = next((number for number, line in enumerate(self._lines) if line.key == key), None)
        if number is None:
            self.table.clearSelection()
        else:
            self.table.selectRow(number)

    def _row(self, line: Line) -> Row:
        texts = [cell.text for cell in line.cells]
        swatch = self._samples.get(line.key)
        if swatch is None:
            return Row(line.key, ("", *texts), help=line.help)
        sample = _DASHED if swatch.dashed else _SOLID
        return Row(line.key, (sample, *texts), help=line.help, colour=swatch.colour)

    def _fit(self, rows: list[Row], by: int | None) -> None:
        """Give each column the room that its heading and its texts need, when that is another than before."""
        header, metrics = self.table.horizontalHeader(), self.table.fontMetrics()
        for number in range(len(self._columns)):
            widest = max(metrics.horizontalAdvance(row.texts[number]) for row in rows) if rows else 0
            # A header keeps room for the sign that tells the order at each of its headings, or at none.
            header.setSortIndicatorShown(by is not None and number == by + 1)
            needed = max(min(_WIDEST, widest + 2 * MARGIN + _SLACK), header.sectionSizeHint(number))
            if self._needed.get(number) != needed:
                # Not else: the user may have chosen another width.
                self._needed[number] = needed
                self.table.setColumnWidth(number, needed)
        header.setSortIndicatorShown(by is not None)

    def _on_heading_clicked(self, number: int) -> None:
        """Sort by a column, then the other way round; the samples stand for the order in which runs were ticked."""
        title = self._columns[number].title
        self._descending = title == self._sorted_by and not self._descending
        self._sorted_by = title
        self._fill()

    def _open_menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid():
            # The key that opens menus knows no place.
            index = self.table.currentIndex()
        if not index.isValid():
            return
        line = self._lines[index.row()]
        path = line.path
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if not line.is_median:
            menu.addAction(self.tr("Show"), lambda: self.chosen.emit(path))
            if path == self._baseline:
                menu.addAction(self.tr("No longer the baseline"), lambda: self.baseline_wanted.emit(None))
            else:
                menu.addAction(self.tr("Pin as the baseline"), lambda: self.baseline_wanted.emit(path))
            if path in self._compared:
                menu.addAction(self.tr("Leave out"), lambda: self.left_out.emit(path))
            menu.addSeparator()
        menu.addAction(self.tr("Copy the table"), self.copy)
        menu.popup(self.table.viewport().mapToGlobal(place))
