"""The menu bar. It only says what was chosen; the window does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from kescape.config import PRESETS
from kescape_gui.help_boxes import show_about, show_keys
from kescape_gui.run_state import Verb
from kescape_gui.theme import Appearance


class Menus(QObject):
    """File, Run, View and Help of one window."""

    draft_wanted = Signal()
    preset_wanted = Signal(object)
    open_wanted = Signal()
    import_wanted = Signal()
    runs_folder_wanted = Signal()
    """Another folder of runs is to be looked for."""
    place_wanted = Signal(object)
    """The path of a folder of runs to look in."""
    filter_wanted = Signal()
    export_wanted = Signal()
    folder_wanted = Signal()
    rate_wanted = Signal()
    follow_wanted = Signal()
    curves_only = Signal(bool)
    appearance_wanted = Signal(object)
    reset_wanted = Signal()

    def __init__(
        self, window: QMainWindow, verbs: Mapping[Verb, QAction], show_setup: QAction, appearance: str
    ) -> None:
        super().__init__(window)
        bar = window.menuBar()
        keys = QKeySequence.StandardKey
        file = bar.addMenu(self.tr("&File"))
        _add(file, self.tr("&New draft"), "Ctrl+N", self.draft_wanted.emit)
        presets = file.addMenu(self.tr("Draft from &preset"))
        for title, values in PRESETS.items():
            _add(presets, self.tr(title), None, partial(self.preset_wanted.emit, values))
        _add(file, self.tr("&Open run…"), keys.Open, self.open_wanted.emit)
        _add(file, self.tr("Open folder of &runs…"), "Ctrl+Shift+O", self.runs_folder_wanted.emit)
        self._places = file.addMenu(self.tr("Recent f&olders of runs"))
        self._places.setEnabled(False)
        _add(file, self.tr("&Import a log…"), "Ctrl+I", self.import_wanted.emit)
        file.addSeparator()
        self._export = _add(file, self.tr("&Export…"), "Ctrl+E", self.export_wanted.emit)
        self._export.setObjectName("exportAction")
        self._folder = _add(file, self.tr("Open run &folder"), None, self.folder_wanted.emit)
        file.addSeparator()
        leave = _add(file, self.tr("&Quit"), keys.Quit, window.close)
        leave.setMenuRole(QAction.MenuRole.QuitRole)

        run = bar.addMenu(self.tr("&Run"))
        for verb in Verb:
            if verb in (Verb.STOP_AFTER_CYCLE, Verb.RESTART_NOW):
                run.addSeparator()
            run.addAction(verbs[verb])
        run.addSeparator()
        find_rate = _add(run, self.tr("Find &learning rate…"), "Ctrl+Shift+F", self.rate_wanted.emit)
        find_rate.setObjectName("findRateAction")
        find_rate.setToolTip(self.tr("A short test of the draft: at which rates does the loss fall?"))
        run.setToolTipsVisible(True)

        view = bar.addMenu(self.tr("&View"))
        view.addAction(show_setup)
        _add(view, self.tr("&Follow the training"), None, self.follow_wanted.emit)
        _add(view, self.tr("Fi&lter the runs"), keys.Find, self.filter_wanted.emit)
        self._curves_only = view.addAction(self.tr("Curves &only"))
        self._curves_only.setShortcut(QKeySequence("F11"))
        self._curves_only.setCheckable(True)
        self._curves_only.toggled.connect(self.curves_only)
        self._add_appearances(view.addMenu(self.tr("&Appearance")), appearance)
        _add(view, self.tr("&Reset layout"), None, self.reset_wanted.emit)

        help_menu = bar.addMenu(self.tr("&Help"))
        _add(help_menu, self.tr("&Keys of the plots"), keys.HelpContents, partial(show_keys, window))
        about = _add(help_menu, self.tr("&About KEscape"), None, partial(show_about, window))
        about.setMenuRole(QAction.MenuRole.AboutRole)

    def enable_run(self, shown: bool) -> None:
        """Offer what can be done with a run, if one is in view."""
        for action in (self._export, self._folder):
            action.setEnabled(shown)

    def show_places(self, places: Sequence[Path]) -> None:
        """Offer the folders of runs that were looked in."""
        self._places.clear()
        self._places.setEnabled(bool(places))
        for place in places:
            _add(self._places, str(place).replace("&", "&&"), None, partial(self.place_wanted.emit, place))

    def show_all_rooms(self) -> None:
        """No longer the curves only."""
        self._curves_only.setChecked(False)

    def _add_appearances(self, menu: QMenu, chosen: str) -> None:
        group = QActionGroup(self)
        for each, title in (
            (Appearance.SYSTEM, self.tr("As the system")),
            (Appearance.LIGHT, self.tr("Light")),
            (Appearance.DARK, self.tr("Dark")),
        ):
            action = _add(menu, title, None, partial(self.appearance_wanted.emit, each))
            action.setCheckable(True)
            action.setChecked(each.value == chosen)
            group.addAction(action)


def _add(
    menu: QMenu, title: str, shortcut: str | QKeySequence.StandardKey | None, slot: Callable[[], object]
) -> QAction:
    action = menu.addAction(title)
    action.triggered.connect(lambda: slot())
    if shortcut is not None:
        action.setShortcut(QKeySequence(shortcut))
    return action
