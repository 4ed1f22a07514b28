"""The menu bar. It only says what was chosen; the window does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QUndoStack
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar

from kescape_gui.run_state import Verb
from kescape_gui.theme import Appearance


class Menus(QObject):
    """File, Edit, Run, View, Compare, Landscape and Help of one window."""

    draft_wanted = Signal()
    settings_wanted = Signal()
    """The form shall have the settings of the run in view."""
    open_settings_wanted = Signal()
    save_settings_wanted = Signal()
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
    comparison_wanted = Signal()
    """A new comparison is to be set up."""
    landscape_wanted = Signal()
    """The landscape of the run in view."""
    playground_wanted = Signal()
    curves_only = Signal(bool)
    appearance_wanted = Signal(object)
    preferences_wanted = Signal()
    pane_wanted = Signal(int)
    """The next part of the window, or the one before for -1."""
    keys_wanted = Signal()
    about_wanted = Signal()
    reset_wanted = Signal()

    def __init__(
        self,
        window: QMainWindow,
        verbs: Mapping[Verb, QAction],
        edits: QUndoStack,
        show_setup: QAction,
        recent: QMenu,
        appearance: str,
    ) -> None:
        super().__init__(window)
        bar = window.menuBar()
        self._fill_file(bar.addMenu(self.tr("&File")), recent, window)
        self._fill_edit(bar.addMenu(self.tr("&Edit")), edits)
        self._fill_run(bar.addMenu(self.tr("&Run")), verbs)
        self._fill_view(bar.addMenu(self.tr("&View")), show_setup, appearance)
        self.compare = bar.addMenu(self.tr("&Compare"))
        self._fill_compare(self.compare)
        self._fill_landscape(bar.addMenu(self.tr("&Landscape")))
        self._fill_help(bar.addMenu(self.tr("&Help")))
        for action in actions_in(bar):
            # What a hand that rests on it is told, the foot of the window tells.
            action.setStatusTip(action.statusTip() or action.toolTip())

    def enable_run(self, shown: bool) -> None:
        """Offer what can be done with a run, if one is in view."""
        for action in (self._export, self._folder, self._settings):
            action.setEnabled(shown)

    def offer_landscape(self, why_not: str) -> None:
        """Offer the landscape of the run in view, or say why there is none."""
        tip = why_not or self.tr("The true loss on lines and planes through the minima of the run in view")
        self._landscape.setEnabled(not why_not)
        self._landscape.setToolTip(tip)
        self._landscape.setStatusTip(tip)

    def show_places(self, places: Sequence[Path]) -> None:
        """Offer the folders of runs that were looked in."""
        self._places.clear()
        self._places.setEnabled(bool(places))
        for place in places:
            _add(
                self._places,
                str(place).replace("&", "&&"),
                None,
                partial(self.place_wanted.emit, place),
                self.tr("List the runs of this folder"),
            )

    def show_all_rooms(self) -> None:
        """No longer the curves only."""
        self._curves_only.setChecked(False)

    def show_appearance(self, chosen: str) -> None:
        """Mark the appearance that holds now."""
        for value, action in self._appearances.items():
            action.setChecked(value == chosen)

    def _fill_file(self, file: QMenu, recent: QMenu, window: QMainWindow) -> None:
        keys = QKeySequence.StandardKey
        _add(
            file,
            self.tr("&New draft"),
            "Ctrl+N",
            self.draft_wanted.emit,
            self.tr("Go back to the form and the plan of what is trained next"),
        )
        self.presets = file.addMenu(self.tr("Draft from &preset"))
        self.presets.setObjectName("presetsMenu")
        self._settings = _add(
            file,
            self.tr("Draft from the &run in view"),
            "Ctrl+D",
            self.settings_wanted.emit,
            self.tr("Fill the form with the settings of the run in view"),
        )
        self._settings.setObjectName("draftFromRunAction")
        _add(
            file,
            self.tr("Open se&ttings…"),
            None,
            self.open_settings_wanted.emit,
            self.tr("Fill the form from a TOML file"),
        )
        save = _add(
            file,
            self.tr("&Save settings as TOML…"),
            keys.Save,
            self.save_settings_wanted.emit,
            self.tr("Write the settings of the form to a file that “kescape train” reads, too"),
        )
        save.setObjectName("saveSettingsAction")
        file.addSeparator()
        _add(
            file,
            self.tr("&Open run…"),
            keys.Open,
            self.open_wanted.emit,
            self.tr("Look for the folder of a run, and show it"),
        )
        file.addMenu(recent)
        _add(
            file,
            self.tr("Open folder of &runs…"),
            "Ctrl+Shift+O",
            self.runs_folder_wanted.emit,
            self.tr("List the runs of another folder"),
        )
        self._places = file.addMenu(self.tr("Recent f&olders of runs"))
        self._places.setEnabled(False)
        _add(
            file,
            self.tr("&Import a log…"),
            "Ctrl+I",
            self.import_wanted.emit,
            self.tr("Make a run of what another tool has logged, or of a run that was handed on as a zip"),
        )
        file.addSeparator()
        self._export = _add(
            file,
            self.tr("&Export…"),
            "Ctrl+E",
            self.export_wanted.emit,
            self.tr("Write the run in view to a file: figure, table, script or the whole run"),
        )
        self._export.setObjectName("exportAction")
        self._folder = _add(
            file,
            self.tr("Open run &folder"),
            None,
            self.folder_wanted.emit,
            self.tr("Show the files of the run in view"),
        )
        file.addSeparator()
        settings = _add(
            file,
            self.tr("&Settings…"),
            "Ctrl+,",
            self.preferences_wanted.emit,
            self.tr("Appearance, engine, sleep, notifications, and where runs are kept"),
        )
        settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        # Desktops that have no key of their own for it mean this one.
        leave = _add(
            file,
            self.tr("&Quit"),
            keys.Quit if QKeySequence.keyBindings(keys.Quit) else "Ctrl+Q",
            window.close,
            self.tr("Close the window; what becomes of a training is asked, or set under Settings"),
        )
        leave.setMenuRole(QAction.MenuRole.QuitRole)

    def _fill_edit(self, edit: QMenu, edits: QUndoStack) -> None:
        undo, redo = edits.createUndoAction(self, self.tr("&Undo")), edits.createRedoAction(self, self.tr("&Redo"))
        for action, shortcuts, name, tip in (
            (undo, ("Ctrl+Z",), "undoAction", self.tr("Take back the last change of the form")),
            # Both are at home on one platform or another.
            (redo, ("Ctrl+Y", "Ctrl+Shift+Z"), "redoAction", self.tr("Make that change again")),
        ):
            action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
            action.setObjectName(name)
            action.setToolTip(tip)
            edit.addAction(action)

    def _fill_run(self, run: QMenu, verbs: Mapping[Verb, QAction]) -> None:
        for verb in Verb:
            if verb in (Verb.STOP_AFTER_CYCLE, Verb.RESTART_NOW):
                run.addSeparator()
            run.addAction(verbs[verb])
        run.addSeparator()
        find_rate = _add(run, self.tr("Find &learning rate…"), "Ctrl+Shift+F", self.rate_wanted.emit)
        find_rate.setObjectName("findRateAction")
        find_rate.setToolTip(self.tr("A short test of the draft: at which rates does the loss fall?"))
        run.setToolTipsVisible(True)

    def _fill_view(self, view: QMenu, show_setup: QAction, appearance: str) -> None:
        keys = QKeySequence.StandardKey
        view.addAction(show_setup)
        show_setup.setToolTip(self.tr("Show the form to the left, or hide it"))
        _add(
            view,
            self.tr("&Follow the training"),
            None,
            self.follow_wanted.emit,
            self.tr("Show the whole training again, and keep it in view as it grows"),
        )
        _add(
            view,
            self.tr("Fi&lter the runs"),
            keys.Find,
            self.filter_wanted.emit,
            self.tr("Go to the line that filters the list of runs"),
        )
        self._curves_only = view.addAction(self.tr("Curves &only"))
        self._curves_only.setShortcut(QKeySequence("F11"))
        self._curves_only.setCheckable(True)
        self._curves_only.setToolTip(self.tr("Hide all but the curves, or show it again"))
        self._curves_only.toggled.connect(self.curves_only)
        view.addSeparator()
        for title, key_of_pane, by, help_text in (
            (self.tr("Next &pane"), "F6", 1, self.tr("Go on with the keyboard in the next part of the window")),
            (self.tr("Pre&vious pane"), "Shift+F6", -1, self.tr("Go back to the part of the window before")),
        ):
            _add(view, title, key_of_pane, partial(self.pane_wanted.emit, by), help_text)
        view.addSeparator()
        self._add_appearances(view.addMenu(self.tr("&Appearance")), appearance)
        _add(
            view,
            self.tr("&Reset layout"),
            None,
            self.reset_wanted.emit,
            self.tr("Put every part of the window back to its place"),
        )

    def _fill_compare(self, compare: QMenu) -> None:
        compare.setToolTipsVisible(True)
        compare.setObjectName("compareMenu")
        new = _add(
            compare,
            self.tr("&New comparison…"),
            "Ctrl+Shift+C",
            self.comparison_wanted.emit,
            self.tr("Train several schedules, momenta or other settings from the same seeds, and see what differs"),
        )
        new.setObjectName("newComparisonAction")

    def _fill_landscape(self, landscape: QMenu) -> None:
        landscape.setToolTipsVisible(True)
        self._landscape = _add(landscape, self.tr("Landscape of this &run"), None, self.landscape_wanted.emit)
        self._landscape.setObjectName("landscapeAction")
        playground_help = self.tr("Race SGD, momentum and warm restarts on toy surfaces, and count who escapes")
        playground = _add(landscape, self.tr("&Playground"), None, self.playground_wanted.emit, playground_help)
        playground.setObjectName("playgroundAction")

    def _fill_help(self, help_menu: QMenu) -> None:
        keys_help = self.tr("All keys of the window and of its plots")
        _add(help_menu, self.tr("&Keys"), "F1", self.keys_wanted.emit, keys_help)
        about_help = self.tr("Versions, licence, how to cite, and a report to copy")
        about = _add(help_menu, self.tr("&About KEscape"), None, self.about_wanted.emit, about_help)
        about.setMenuRole(QAction.MenuRole.AboutRole)

    def _add_appearances(self, menu: QMenu, chosen: str) -> None:
        group = QActionGroup(self)
        self._appearances: dict[str, QAction] = {}
        for each, title, help_text in (
            (Appearance.SYSTEM, self.tr("As the &system"), self.tr("Light or dark, as the system is")),
            (Appearance.LIGHT, self.tr("&Light"), self.tr("Dark on light")),
            (Appearance.DARK, self.tr("&Dark"), self.tr("Light on dark")),
        ):
            action = _add(menu, title, None, partial(self.appearance_wanted.emit, each), help_text)
            action.setCheckable(True)
            group.addAction(action)
            self._appearances[each.value] = action
        self.show_appearance(chosen)


def actions_in(menu: QMenu | QMenuBar) -> list[QAction]:
    """What a menu and those in it offer."""
    found: list[QAction] = []
    for action in menu.actions():
        below = action.menu()
        if isinstance(below, QMenu):
            found += actions_in(below)
        elif not action.isSeparator():
            found.append(action)
    return found


def _add(
    menu: QMenu,
    title: str,
    shortcut: str | QKeySequence | QKeySequence.StandardKey | None,
    slot: Callable[[], object],
    help_text: str = "",
) -> QAction:
    action = menu.addAction(title)
    action.triggered.connect(lambda: slot())
    if shortcut is not None:
        action.setShortcut(QKeySequence(shortcut))
    action.setToolTip(help_text)
    action.setStatusTip(help_text)
    return action
