"""The list of runs: which there are, in what order, what fits the filter, and what can be done with them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedLayout, QVBoxLayout, QWidget

from kescape.run.listing import RunSummary
from kescape_gui import theme
from kescape_gui.runs.deeds import Deed, deed_offers
from kescape_gui.runs.filter_bar import FilterBar
from kescape_gui.runs.order import By, order_from, ordered
from kescape_gui.runs.query import Query, names_in, parse_query
from kescape_gui.runs.runs import RunLine, RunLines
from kescape_gui.runs.runs_table import COLUMNS, RunRow, RunsModel, RunsTable
from kescape_gui.runs.swatch import Swatch
from kescape_gui.short_label import ShortLabel

_SHORTCUTS = {
    Deed.SHOW: "Return",
    Deed.USE_SETTINGS: "Ctrl+D",
    Deed.COMPARE: "Space",
    Deed.RENAME: "F2",
    Deed.TAGS: "Ctrl+T",
    Deed.TRASH: "Del",
    Deed.UNDO_TRASH: "Ctrl+Z",
}

_IN_THE_MENU_BAR_TOO = (Deed.USE_SETTINGS, Deed.UNDO_TRASH)
"""Their keys mean something else in the window, and in the list what the list can do."""

_BEFORE_A_LINE = (Deed.USE_SETTINGS, Deed.PIN, Deed.NOTE, Deed.FOLDER, Deed.UNDO_TRASH)


class RunsView(QWidget):
    """The runs, the newest first or as the user wants them.

    Args:
        settings: Where the order is remembered; nowhere if None.
        parent: What it is part of.
    """

    chosen = Signal(object)
    """The path of the run that the user wants to see."""
    resume_wanted = Signal(object)
    settings_wanted = Signal(object)
    """The path of the run whose settings are to fill the form."""
    compare_toggled = Signal(object, bool)
    """A path, and whether that run is to be drawn along."""
    baseline_wanted = Signal(object)
    """The path of the run that the others are to be held against; None for none."""
    rename_wanted = Signal(object)
    tags_wanted = Signal(object)
    """A list of paths."""
    note_wanted = Signal(object)
    export_wanted = Signal(object)
    folder_wanted = Signal(object)
    trash_wanted = Signal(object)
    """A list of paths."""
    undo_wanted = Signal()
    home_wanted = Signal()
    """The list is to show the runs of this window again."""

    def __init__(self, settings: QSettings | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._order = order_from(str(settings.value("runs/order", "")) if settings is not None else "")
        self._worder = RunLines()
        self._summaries: list[RunSummary] = []
        self._all: list[RunLine] = []
        self._lines: list[RunLine] = []
        self._rows: dict[Path, tuple[RunLine, Swatch | None, RunRow]] = {}
        self._query = Query()
        self._names: set[str] = set()
        self._shown: Path | None = None
        self._swatches: dict[Path, Swatch] = {}
        self._busy: str | None = None
        self._undone: str | None = None
        self._elsewhere: tuple[Path, Path] | None = None
        self._problem: str | None = None
        self._is_renewing = False
        self._build_table()
        self._build_actions()
        self._build_heading()
        self._filter = FilterBar()
        self._filter.changed.connect(self._on_filter_changed)
        self._filter.left.connect(self.table.setFocus)
        self._empty = QLabel()
        self._empty.setObjectName("noRunsLabel")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(16, 0, 16, 0)
        self._empty.linkActivated.connect(lambda _link: self._filter.clear())
        place = QWidget()
        self._stack = QStackedLayout(place)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._heading)
        layout.addWidget(self._filter)
        layout.addWidget(place, 1)
        self.recolour()
        self._renew()

    def event(self, event: QEvent) -> bool:
        """A key that the menu bar knows, too, is the list's while it can do something by it."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._meant_by(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what such a key means here."""
        deed = self._meant_by(event)
        if deed is None:
            super().keyPressEvent(event)
        else:
            self.deeds[deed].trigger()

    def _meant_by(self, event: QKeyEvent) -> Deed | None:
        pressed = QKeySequence(event.keyCombination())
        for deed in _IN_THE_MENU_BAR_TOO:
            if self.deeds[deed].isEnabled() and self.deeds[deed].shortcut() == pressed:
                return deed
        return None

    def _build_table(self) -> None:
        self._model = RunsModel(self)
        self._model.compare_toggled.connect(self.compare_toggled)
        self.table = RunsTable(self._model)
        self.table.setObjectName("runsTable")
        self.table.setAccessibleName(self.tr("Runs"))
        self.table.order_clicked.connect(self._order_by)
        self.table.show_order(self._order)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.table.horizontalHeader().setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.horizontalHeader().customContextMenuRequested.connect(self._open_order_menu)
        self.table.selectionModel().selectionChanged.connect(self._on_selection_changed)

    def _build_actions(self) -> None:
        self.deeds = {deed: self._make_action(deed) for deed in Deed}

    def _make_action(self, deed: Deed) -> QAction:
        action = QAction(self)
        action.setObjectName(deed.value)
        action.triggered.connect(lambda: self._do(deed))
        if deed in _SHORTCUTS:
            action.setShortcut(QKeySequence(_SHORTCUTS[deed]))
        if deed is Deed.UNDO_TRASH:
            # Where no run is left in the list, there is still one to bring back.
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.addAction(action)
        else:
            # Beside the list these keys mean something else.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            self.table.addAction(action)
        return action

    def _build_heading(self) -> None:
        self._heading = QWidget()
        self._heading.setObjectName("runsHeading")
        self._where = ShortLabel()
        self._where.setObjectName("runsFolderLabel")
        theme.font(self._where, bold=True)
        self._home = QLabel()
        self._home.setObjectName("homeLink")
        self._home.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._home.linkActivated.connect(lambda _link: self.home_wanted.emit())
        row = QHBoxLayout(self._heading)
        row.setContentsMargins(10, 6, 10, 0)
        row.setSpacing(12)
        row.addWidget(self._where)
        row.addWidget(self._home)
        row.addStretch(1)
        self._heading.hide()

    # What is shown.

    def show_runs(self, summaries: list[RunSummary], shown: Path | None) -> None:
        """List these runs and mark the one that is in view."""
        if summaries is self._summaries and shown == self._shown:
            return
        self._summaries = summaries
        self._all = self._worder.lines(summaries, datetime.now())  # noqa: DTZ005 (the clock on the wall)
        if self._filter.text:
            self._understand()
        self._renew(shown)

    def show_swatches(self, swatches: Mapping[Path, Swatch]) -> None:
        """Mark the runs that are drawn along."""
        if swatches != self._swatches:
            self._swatches = dict(swatches)
            self._renew(self._shown)

    def show_folder(self, folder: Path, home: Path, problem: str | None) -> None:
        """Say where the runs are, if they are not those of this window, or why nothing can be read there."""
        now = (folder, home) if folder != home else None
        if (now, problem) == (self._elsewhere, self._problem):
            return
        self._elsewhere, self._problem = now, problem
        self._heading.setVisible(now is not None)
        self._where.setText(self.tr("Runs in {folder}").format(folder=folder))
        self._heading.setToolTip(self.tr("New runs still go to {home}").format(home=home))
        self._show_empty()

    def let_resume(self, busy: str | None) -> None:
        """Offer to resume runs, or say why that cannot be done now."""
        self._busy = busy

    def let_undo(self, name: str | None) -> None:
        """Offer to bring this run back from the trash; None for no offer."""
        self._undone = name
        self._offer()

    def focus_filter(self) -> None:
        """Let the user type a filter."""
        self._filter.focus()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        theme.paint_text(self._empty, now.muted)
        theme.paint_text(self._where, now.text)
        self._filter.recolour()
        self._home.setText(f"<a href='home' style='color:{now.accent}'>{html.escape(self.tr('Back to my runs'))}</a>")
        self._rows.clear()
        self._renew(self._shown)

    def _renew(self, shown: Path | None = None) -> None:
        """Bring the table up to date, leaving what the user selected and looks at where it is."""
        fitting = [line for line in self._all if self._query.fits(line)]
        self._lines = ordered(fitting, self._order, self._swatches)
        rows = [self._row(line) for line in self._lines]
        self._rows = {line.path: known for line in self._lines if (known := self._rows.get(line.path)) is not None}
        self._is_renewing = True
        with self.table.held():
            self._model.show_rows(rows)
        is_new = shown != self._shown
        self._shown = shown
        if is_new or not self.table.selectionModel().hasSelection():
            self._select(shown)
        self._is_renewing = False
        self._filter.show_found(len(self._lines), len(self._all), self._query.problem)
        self._show_empty()
        self._offer()

    def _row(self, line: RunLine) -> RunRow:
        swatch = self._swatches.get(line.path)
        known = self._rows.get(line.path)
        if known is not None and known[0] is line and known[1] == swatch:
            return known[2]
        row = self._model.row_of(line, swatch)
        self._rows[line.path] = (line, swatch, row)
        return row

    def _show_empty(self) -> None:
        self._stack.setCurrentWidget(self.table if self._lines else self._empty)
        if self._lines:
            return
        if self._problem is not None:
            text = html.escape(self._problem)
        elif self._all:
            link = f"<a href='clear' style='color:{theme.colours().accent}'>{html.escape(self.tr('Clear filter'))}</a>"
            fits = self.tr("None of the {total} runs fits “{query}”.")
            text = f"{html.escape(fits.format(total=len(self._all), query=self._filter.text.strip()))} {link}"
        elif self._elsewhere is not None:
            text = html.escape(self.tr("There are no runs in {folder}.").format(folder=self._elsewhere[0]))
        else:
            text = html.escape(self.tr("Your runs will be listed here, those of scripts with a RunRecorder too."))
        if text != self._empty.text():
            self._empty.setText(text)

    def _select(self, path: Path | None) -> None:
        flags = QItemSelectionModel.SelectionFlag
        for number, line in enumerate(self._lines):
            if line.path == path:
                index = self._model.index(number, COLUMNS.index(By.NAME))
                self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self.table.scrollTo(index)
                return
        self.table.clearSelection()
        self.table.setCurrentIndex(self._model.index(-1, -1))

    # Filter and order.

    def _understand(self) -> None:
        """A query may name what only some run knows, so new runs can make sense of it."""
        names = names_in(self._summaries)
        if names != self._names or self._query.problem is not None:
            self._names = names
            self._query = parse_query(self._filter.text, names)

    def _on_filter_changed(self, text: str) -> None:
        self._names = names_in(self._summaries)
        self._query = parse_query(text, self._names)
        self._renew(self._shown)

    def _order_by(self, by: By) -> None:
        self._order = self._order.clicked(by)
        if self._settings is not None:
            self._settings.setValue("runs/order", str(self._order))
        self.table.show_order(self._order)
        self._renew(self._shown)

    # What the user wants.

    @property
    def selected(self) -> list[RunLine]:
        """The runs that are selected, in the order of the list."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self._lines[row] for row in rows if row < len(self._lines)]

    def _on_selection_changed(self) -> None:
        if self._is_renewing:
            return
        self._offer()
        selected = self.selected
        # Several are selected to do something with them, not to be seen.
        if len(selected) == 1 and selected[0].path != self._shown:
            self._shown = selected[0].path
            self.chosen.emit(self._shown)

    def _offer(self, *, thoroughly: bool = False) -> None:
        """Renew what can be done. Whether a run can be resumed is read in its folder, hence only when it is asked."""
        offers = deed_offers(self.selected, self._swatches, busy=self._busy, undone=self._undone, looks_into=thoroughly)
        for deed, offer in offers.items():
            action = self.deeds[deed]
            action.setText(offer.text)
            action.setEnabled(offer.enabled)
            action.setVisible(offer.visible)
            action.setToolTip(offer.reason)

    def _do(self, deed: Deed) -> None:
        lines = self.selected
        if deed is Deed.UNDO_TRASH:
            self.undo_wanted.emit()
        elif deed is Deed.TRASH:
            self._throw_away(lines)
        elif deed is Deed.TAGS:
            self.tags_wanted.emit([line.path for line in lines])
        elif deed is Deed.COMPARE:
            wanted = not all(line.path in self._swatches for line in lines)
            for line in lines:
                if (line.path in self._swatches) != wanted:
                    self.compare_toggled.emit(line.path, wanted)
        elif deed is Deed.PIN:
            pinned = self._swatches.get(lines[0].path)
            self.baseline_wanted.emit(None if pinned is not None and pinned.is_baseline else lines[0].path)
        else:
            {
                Deed.SHOW: self.chosen,
                Deed.RESUME: self.resume_wanted,
                Deed.USE_SETTINGS: self.settings_wanted,
                Deed.RENAME: self.rename_wanted,
                Deed.NOTE: self.note_wanted,
                Deed.EXPORT: self.export_wanted,
                Deed.FOLDER: self.folder_wanted,
            }[deed].emit(lines[0].path)

    def _throw_away(self, lines: list[RunLine]) -> None:
        """The run that stood under the last of them is shown next, so that the next one can be thrown away, too."""
        going = {line.path for line in lines}
        last = max(self._lines.index(line) for line in lines)
        rest = [line.path for line in [*self._lines[last:], *reversed(self._lines[:last])] if line.path not in going]
        was_shown = self._shown in going
        self.trash_wanted.emit([line.path for line in lines])
        if was_shown and self._shown is None and rest:
            self.chosen.emit(rest[0])

    def make_menu(self) -> QMenu:
        """What can be done with the runs that are selected."""
        self._offer(thoroughly=True)
        menu = QMenu(self)
        menu.setObjectName("runMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        if self.selected:
            for deed in Deed:
                menu.addAction(self.deeds[deed])
                if deed in _BEFORE_A_LINE:
                    menu.addSeparator()
        menu.addMenu(self._order_menu(menu))
        return menu

    def _open_menu(self, place: QPoint) -> None:
        self.make_menu().popup(self.table.viewport().mapToGlobal(place))

    def _open_order_menu(self, place: QPoint) -> None:
        menu = self._order_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.table.horizontalHeader().mapToGlobal(place))

    def _order_menu(self, parent: QWidget) -> QMenu:
        """The order, in reach of the keyboard; choosing the same column again turns it round."""
        menu = QMenu(self.tr("Order by"), parent)
        group = QActionGroup(menu)
        for column, by in enumerate(COLUMNS):
            title = str(self._model.headerData(column, Qt.Orientation.Horizontal)).strip()
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(by is self._order.by)
            action.triggered.connect(lambda _checked, by=by: self._order_by(by))
            group.addAction(action)
        return menu
