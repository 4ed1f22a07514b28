"""Exports runs: asks where to, writes beside the window, and says how it went."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QUrl, Signal
from PySide6.QtWidgets import QWidget

from kescape_gui import theme
from kescape_gui.export.export import Exporter, Outcome
from kescape_gui.export.export_dialog import ExportDialog


class Exporting(QObject):
    """Exports one run at a time."""

    told = Signal(str)
    complained = Signal(str)

    def __init__(self, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._settings = settings
        self._window = window
        self._exporter = Exporter(self)
        self._exporter.finished.connect(self._on_exported)

    def ask(self, run: Path) -> None:
        """Ask where a run is to be exported to."""
        folder = str(self._settings.value("export/folder", str(Path.home())))
        dialog = ExportDialog(run.name, folder, self._window)
        dialog.chosen.connect(partial(self.export, run))
        dialog.open()

    def export(self, run: Path, target: Path) -> None:
        """Write a run to a file."""
        self._settings.setValue("export/folder", str(target.parent))
        self.told.emit(self.tr("Exporting {name}…").format(name=target.name))
        self._exporter.export(run, target)

    def wait(self) -> None:
        """Wait until all that was asked for is written."""
        self._exporter.wait()

    def _on_exported(self, outcome: Outcome) -> None:
        if outcome.problem is not None:
            self.complained.emit(self.tr("Export failed: {why}").format(why=outcome.problem))
            return
        link = QUrl.fromLocalFile(str(outcome.target.parent)).toString()
        saved = self.tr("Saved {name} · <a href='{link}' style='color:{colour}'>Show in folder</a>")
        self.told.emit(saved.format(name=outcome.target.name, link=link, colour=theme.colours().accent))
