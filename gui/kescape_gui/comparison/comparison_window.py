"""The window of a comparison: sets it up and starts it, then follows and reports it.

What it starts belongs to no window: closing this one ends nothing, and another one follows it from its folder.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QByteArray, QEvent, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from kescape.compare.folder import ask_to_stop, new_comparison
from kescape.compare.report import Report
from kescape.compare.where import Where
from kescape_gui.background import Background
from kescape_gui.comparison.design import Base, Judged
from kescape_gui.comparison.design_page import DesignPage, SpeedOf
from kescape_gui.comparison.following import Following
from kescape_gui.comparison.reader import Look
from kescape_gui.comparison.report_page import ReportPage
from kescape_gui.comparison.standing import Standing, standing_of
from kescape_gui.export.export import with_suffix
from kescape_gui.own_code import OwnCode

_SIZE = QSize(1180, 800)
_LEAST = QSize(900, 600)
_FORMATS = {"png": "PNG", "svg": "SVG", "pdf": "PDF", "md": "Markdown", "txt": "Text", "csv": "CSV", "json": "JSON"}


class Process(Protocol):
    """A process that trains the runs of a comparison, as far as it is watched here; its folder tells the rest."""

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""

    @property
    def complaint(self) -> str:
        """What it said that could not be written into the folder; empty if nothing."""


Spawn = Callable[[Path, int | None, str | None], Process]
"""Starts it for a folder, with so many engines, or on a cluster."""


class ComparisonWindow(QWidget):
    """Shows one comparison, or the fields for a new one.

    Args:
        folder: The comparison's folder; None to set up a new one.
        runs: Where new runs go.
        form: Gives the settings of the main window's form as they are now.
        speed_of: How fast runs like these have trained.
        spawn: Starts the process that trains the runs.
        settings: Where size and place are remembered.
        parent: The window that trains.
    """

    closed = Signal()
    keys_wanted = Signal()
    run_wanted = Signal(object)
    """The path of a run that the user wants to see."""

    def __init__(
        self,
        folder: Path | None,
        runs: Path,
        form: Callable[[], Base],
        speed_of: SpeedOf,
        spawn: Spawn,
        settings: QSettings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.folder = folder
        self._runs = runs
        self._form = form
        self._settings = settings
        self._background = Background(self)
        self._writer = Background(self)
        self._own_code = OwnCode(self)
        self._own_code.refused.connect(self._complain)
        self._spawn_process = spawn
        self._process: Process | None = None
        self._look: Look | None = None
        self._following: Following | None = None
        self._design: DesignPage | None = None
        self._report: ReportPage | None = None
        self.setObjectName("comparisonWindow")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(_LEAST)
        self._pages = QStackedWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        for keys, slot in (
            (QKeySequence(QKeySequence.StandardKey.Close), self.close),
            (QKeySequence("Ctrl+E"), self._ask_where),
            (QKeySequence("F1"), self.keys_wanted.emit),
        ):
            QShortcut(keys, self).activated.connect(slot)
        self.resize(_SIZE.boundedTo(self.screen().availableSize() - QSize(4, 36)))
        geometry = settings.value("comparison/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if folder is None:
            self._set_up(speed_of)
        else:
            self._follow(folder)

    @property
    def report(self) -> Report | None:
        """What is reported; None before the first look."""
        return self._look.report if self._look is not None else None

    def speeds_changed(self) -> None:
        """How fast runs like these are may be known now."""
        if self._design is not None:
            self._design.speeds_changed()

    # Setting up.

    def _set_up(self, speed_of: SpeedOf) -> None:
        self.setWindowTitle(self.tr("New comparison"))
        page = self._design = DesignPage(self._background, speed_of)
        page.settings_wanted.connect(lambda: page.take_base(self._form()))
        page.start_wanted.connect(self._on_start)
        self._pages.addWidget(page)
        page.take_base(self._form())
        page.focus()

    def _on_start(self, judged: Judged, where: Where) -> None:
        comparison = judged.comparison
        assert comparison is not None, "Start cannot be pressed before"
        models = list(dict.fromkeys(arm.config.model for arm in comparison.arms))
        self._allow_then(models, partial(self._start, judged, where))

    def _allow_then(self, models: list[str], begin: Callable[[], None]) -> None:
        """Begin once the user has said yes to each model that brings code."""
        if models:
            self._own_code.allow_then(models[0], partial(self._allow_then, models[1:], begin))
        else:
            begin()

    def _start(self, judged: Judged, where: Where) -> None:
        assert self._design is not None, "it was pressed there"
        self._design.tell_starting()
        self._background.do(partial(_make, judged, self._runs), partial(self._on_made, where))

    def _on_made(self, where: Where, answer: Path | Exception) -> None:
        if isinstance(answer, Exception):
            self._complain(str(answer))
            return
        self.folder = answer
        self._follow(answer)
        self._spawn(where)

    # Following.

    def _follow(self, folder: Path) -> None:
        self.setWindowTitle(self.tr("Comparison {name}").format(name=folder.name))
        page = self._report = ReportPage(folder.name)
        page.stop_wanted.connect(self._on_stop)
        page.go_on_wanted.connect(self._on_go_on)
        page.export_wanted.connect(self._ask_where)
        page.run_wanted.connect(self.run_wanted)
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        self._following = Following(folder, self._background, self)
        self._following.looked.connect(self._on_looked)
        self._following.failed.connect(page.tell_unreadable)
        self._following.look()

    def _on_looked(self, look: Look) -> None:
        self._look = look
        assert self._report is not None, "it is looked at for that page"
        self._report.show_look(look, self._standing(look))

    def _standing(self, look: Look) -> Standing:
        code = self._process.poll() if self._process is not None else 0
        said = self._process.complaint.splitlines() if self._process is not None and code else []
        return standing_of(look, is_starting=code is None, complaint=said[-1] if said else "")

    def _spawn(self, where: Where) -> None:
        assert self.folder is not None, "it is known by now"
        self._process = self._spawn_process(self.folder, where.workers, where.cluster)
        if self._look is not None:
            self._on_looked(self._look)

    def _on_go_on(self, where: Where) -> None:
        if self._look is not None:
            models = list(dict.fromkeys(arm.config.model for arm in self._look.comparison.arms))
            self._allow_then(models, partial(self._spawn, where))

    def _on_stop(self) -> None:
        assert self.folder is not None, "there is something to stop"
        self._background.do(partial(ask_to_stop, self.folder), self._on_asked_to_stop)

    def _on_asked_to_stop(self, answer: Exception | None) -> None:
        if answer is not None:
            self._complain(str(answer))
        if self._following is not None:
            self._following.look()

    def _complain(self, why: str) -> None:
        if self._report is not None:
            self._report.tell(why, is_problem=True)
        elif self._design is not None:
            self._design.tell_problem(why)

    # Export.

    def _ask_where(self) -> None:
        if self._look is None or self.folder is None:
            return
        folder = str(self._settings.value("comparison/export", str(Path.home())))
        dialog = QFileDialog(self, self.tr("Save the report as"), folder)
        dialog.setObjectName("comparisonFileDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if QApplication.platformName() in ("offscreen", "minimal"):
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilters([f"{name} (*.{suffix})" for suffix, name in _FORMATS.items()])
        dialog.setDefaultSuffix("png")
        dialog.selectFile(f"{self.folder.name}.png")
        dialog.fileSelected.connect(lambda chosen: self._on_chosen(Path(chosen), dialog.selectedNameFilter()))
        dialog.open()

    def _on_chosen(self, chosen: Path, name_filter: str) -> None:
        self._settings.setValue("comparison/export", str(chosen.parent))
        suffix = next(suffix for suffix, name in _FORMATS.items() if name_filter.startswith(name))
        if chosen.suffix.lower().lstrip(".") not in _FORMATS:
            chosen = with_suffix(chosen, suffix)
        self.export_to(chosen)

    def export_to(self, target: Path) -> None:
        """Write the report to a file, in the format that its suffix says; the state line says how it went."""
        if self._look is not None and self._report is not None:
            self._report.tell(self.tr("Exporting {name}…").format(name=target.name))
            self._writer.do(partial(_write, self._look.report, target), partial(self._on_written, target))

    def _on_written(self, target: Path, answer: Exception | None) -> None:
        assert self._report is not None, "it was exported there"
        if answer is None:
            self._report.tell(self.tr("Saved {name}.").format(name=target.name))
        else:
            self._complain(self.tr("Export failed: {why}").format(why=answer))

    # The window itself.

    def showEvent(self, event: QShowEvent) -> None:
        """What has changed unseen is shown now."""
        super().showEvent(event)
        if self._following is not None:
            self._following.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """What nobody sees is not looked at."""
        super().hideEvent(event)
        if self._following is not None:
            self._following.pause()

    def changeEvent(self, event: QEvent) -> None:
        """With the palette of the app, what is coloured here changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_pages"):
            for page in (self._design, self._report):
                if page is not None:
                    page.recolour()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The comparison goes on without the window."""
        self._settings.setValue("comparison/geometry", self.saveGeometry())
        if self._following is not None:
            self._following.pause()
        self._background.close()
        self._writer.close()
        super().closeEvent(event)
        self.closed.emit()


def _make(judged: Judged, runs: Path) -> Path:
    assert judged.comparison is not None, "nothing is wrong with it"
    # What exists is never touched: with a name that is taken it becomes name-2.
    return new_comparison(judged.comparison, runs, judged.name, judged.name)


def _write(report: Report, target: Path) -> None:
    # Its library would hold up the first paint of the window.
    from kescape.compare.report_files import write_report

    write_report(report, target)
