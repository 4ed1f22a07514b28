"""Exports runs: shows what that gives, asks where to, writes beside the window, and says how it went."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, QUrl, Signal
from PySide6.QtWidgets import QDialog, QWidget

from kescape.run.errors import ExportError
from kescape_gui import theme

if TYPE_CHECKING:
    from kescape_gui.export.export import Exporter, Outcome
    from kescape_gui.export.job import Job


class Exporting(QObject):
    """Exports one run at a time. What that takes is loaded when it is wanted, so that the first paint is not late."""

    told = Signal(str)
    complained = Signal(str)

    def __init__(self, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._settings = settings
        self._window = window
        self._exporter: Exporter | None = None

    def ask(self, run: Path, visible: tuple[int, int] | None = None) -> None:
        """Ask what is to be exported of a run, and where to.

        Args:
            run: The run's folder.
            visible: The first and the last step of it that the window shows, if it shows this run.
        """
        from kescape_gui.export.export_dialog import ExportDialog

        dialog = ExportDialog(run, self._settings, visible, self._window)
        dialog.save_wanted.connect(self._write)
        dialog.open()

    def export(self, run: Path, target: Path) -> None:
        """Write all of a run to a file, in the format that its suffix says."""
        from kescape_gui.export.export import job_for

        try:
            self._write(job_for(run, target), target)
        except ExportError as error:
            self._complain(str(error))

    def close(self) -> None:
        """Close what is open, and wait until all that was asked for is written."""
        for dialog in self._window.findChildren(QDialog, "exportDialog"):
            dialog.close()
        if self._exporter is not None:
            self._exporter.wait()

    def _write(self, job: Job, target: Path) -> None:
        from kescape_gui.export.export import Exporter

        if self._exporter is None:
            self._exporter = Exporter(self)
            self._exporter.finished.connect(self._on_exported)
        self.told.emit(self.tr("Exporting {name}…").format(name=target.name))
        self._exporter.export(job, target)

    def _complain(self, why: str) -> None:
        self.complained.emit(self.tr("Export failed: {why}").format(why=why))

    def _on_exported(self, outcome: Outcome) -> None:
        if outcome.problem is not None:
            self._complain(outcome.problem)
            return
        folder = QUrl.fromLocalFile(str(outcome.target.parent))
        # Encoded, it holds no quote that would end it but this one.
        link = html.escape(folder.toString(QUrl.ComponentFormattingOption.FullyEncoded).replace("'", "%27"))
        saved = self.tr("Saved {name} · <a href='{link}' style='color:{colour}'>Show in folder</a>")
        self.told.emit(saved.format(name=html.escape(outcome.target.name), link=link, colour=theme.colours().accent))
