"""Drafts from elsewhere, and where this one goes: presets, settings files, runs. Each filling of the form is a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox, QWidget

from kescape.config import PRESETS, SETTINGS, ConfigError, RunConfig
from kescape_gui.setup.edits import Edits
from kescape_gui.setup.preset_dialog import PresetDialog
from kescape_gui.setup.preset_files import SUFFIX, is_preset, preset_names, preset_path, read_settings, save_settings
from kescape_gui.setup.taken_values import dropped_words, settings_of


class Drafts(QObject):
    """Fills the form, and keeps what it says under a name."""

    filled = Signal()
    """The form has been filled: it is what one wants to see next."""
    told = Signal(str)
    complained = Signal(str)
    """Why something cannot be done, in a line."""

    def __init__(self, edits: Edits, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._edits = edits
        self._settings = settings
        self._window = window

    # Presets.

    def fill_menu(self, menu: QMenu) -> None:
        """List the presets, those of the user too, each time that the menu is opened."""
        delete = QMenu(self.tr("&Delete preset"), menu)
        menu.aboutToShow.connect(partial(self._list_presets, menu, delete))
        self._list_presets(menu, delete)

    def _list_presets(self, menu: QMenu, delete: QMenu) -> None:
        menu.clear()
        delete.clear()
        fills = self.tr("Fill the form with it")
        for title, values in PRESETS.items():
            _add(menu, self.tr(title), fills, partial(self.take_preset, title, values))
        own = preset_names()
        if own:
            menu.addSeparator()
        for name in own:
            _add(menu, _plain(name), fills, partial(self._take_own, name))
        menu.addSeparator()
        keeps = self.tr("Keep the settings of the form under a name")
        save = _add(menu, self.tr("&Save draft as preset…"), keeps, self.ask_save_preset)
        save.setObjectName("savePresetAction")
        menu.addMenu(delete)
        delete.setEnabled(bool(own))
        for name in own:
            _add(delete, _plain(name), self.tr("Forget this preset"), partial(self._ask_delete, name))

    def take_preset(self, title: str, values: Mapping[str, Any], _checked: bool = False) -> None:
        """Fill the form with a preset; what it does not name gets its default."""
        defaults = {name: setting.default for name, setting in SETTINGS.items()}
        name = self.tr(title)
        self._fill({**defaults, **values}, self.tr("Preset {name}").format(name=name))
        self.told.emit(self.tr("The form has the preset {name}.").format(name=name))

    def _take_own(self, name: str, _checked: bool = False) -> None:
        self._take_file(preset_path(name), self.tr("Preset {name}").format(name=name))

    def ask_save_preset(self) -> None:
        """Ask for a name, and keep the draft under it."""
        config = self._whole_draft()
        if config is not None:
            dialog = PresetDialog(config.default_name(), is_preset, PRESETS, self._window)
            dialog.chosen.connect(partial(self._save_preset, config))
            dialog.open()

    def _save_preset(self, config: RunConfig, name: str) -> None:
        self._save(preset_path(name), config, self.tr("Preset “{name}” is saved.").format(name=name))

    def _ask_delete(self, name: str, _checked: bool = False) -> None:
        box = QMessageBox(self._window)
        box.setObjectName("deletePresetBox")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(self.tr("Delete preset"))
        box.setText(self.tr("Delete the preset “{name}”?").format(name=name))
        box.setInformativeText(self.tr("Its file is removed; runs that were made with it stay."))
        delete = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        delete.setObjectName("deletePresetButton")
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        delete.clicked.connect(partial(self._delete, name))
        box.open()

    def _delete(self, name: str, _checked: bool = False) -> None:
        try:
            preset_path(name).unlink(missing_ok=True)
        except OSError as error:
            self.complained.emit(
                self.tr("Preset “{name}” cannot be deleted: {why}").format(name=name, why=error.strerror or error)
            )
            return
        self.told.emit(self.tr("Preset “{name}” is deleted.").format(name=name))

    # Settings files.

    def ask_open(self) -> None:
        """Let the user look for a settings file."""
        dialog = self._file_dialog(self.tr("Open settings"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self.take_file(Path(chosen)))
        dialog.open()

    def ask_save(self) -> None:
        """Let the user choose where the draft is written to, as `kescape train` reads it."""
        config = self._whole_draft()
        if config is None:
            return
        dialog = self._file_dialog(self.tr("Save settings as TOML"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX)
        dialog.selectFile(f"{config.default_name()}{SUFFIX}")
        dialog.fileSelected.connect(lambda chosen: self._save_file(config, Path(chosen)))
        dialog.open()

    def take_file(self, path: Path) -> None:
        """Fill the form with a settings file."""
        self._settings.setValue("settings/folder", str(path.parent))
        self._take_file(path, self.tr("Settings of {name}").format(name=path.name))

    def _save_file(self, config: RunConfig, path: Path) -> None:
        self._settings.setValue("settings/folder", str(path.parent))
        self._save(path, config, self.tr("Saved {name}").format(name=path.name))

    # Runs.

    def use_settings(self, name: str, config: Mapping[str, Any]) -> None:
        """Fill the form with the settings of a run."""
        if "dataset" not in config:
            self.complained.emit(
                self.tr("“{name}” was not started by KEscape's engine: its settings are not known.").format(name=name)
            )
            return
        values, dropped = settings_of(config)
        self._fill(values, self.tr("Settings of {name}").format(name=name))
        words = self.tr("The form has the settings of {name}.").format(name=name)
        self.told.emit(" ".join(filter(None, (words, dropped_words(dropped)))))

    def _fill(self, values: dict[str, Any], words: str) -> None:
        self._edits.set_many(values, words)
        self.filled.emit()

    def _take_file(self, path: Path, words: str) -> None:
        try:
            values = read_settings(path)
        except ConfigError as error:
            self.complained.emit(next(iter(error.errors.values())))
            return
        self._fill(values, words)
        self.told.emit(self.tr("The form has the settings of {name}.").format(name=path.name))

    def _save(self, path: Path, config: RunConfig, words: str) -> None:
        try:
            save_settings(path, config)
        except OSError as error:
            self.complained.emit(
                self.tr("{path} cannot be written: {why}").format(path=path, why=error.strerror or error)
            )
            return
        self.told.emit(words)

    def _whole_draft(self) -> RunConfig | None:
        config = self._edits.setup.config
        if config is None:
            self.complained.emit(self.tr("Something in the form needs a look first: only what can be trained is kept."))
        return config

    def _file_dialog(self, title: str) -> QFileDialog:
        folder = str(self._settings.value("settings/folder", str(Path.home())))
        dialog = QFileDialog(self._window, title, folder)
        dialog.setObjectName("settingsDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if QApplication.platformName() in ("offscreen", "minimal"):
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setNameFilter(self.tr("Settings of a run (*{suffix})").format(suffix=SUFFIX))
        return dialog


def _add(menu: QMenu, title: str, tip: str, do: Callable[..., object]) -> QAction:
    action = menu.addAction(title)
    action.setToolTip(tip)
    action.setStatusTip(tip)
    action.triggered.connect(do)
    return action


def _plain(name: str) -> str:
    """A name as the text of a menu, where an & is the sign of a key."""
    return name.replace("&", "&&")
