"""File > Recent runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QMenu, QWidget

from kescape.run.folder import is_run_folder
from kescape_gui.recent_runs import RecentRuns

_KEY = "recent/runs"


class RecentMenu(QMenu):
    """The runs that were looked at last. It is filled when it opens: a run may have been deleted meanwhile."""

    chosen = Signal(object)
    """The path of a run."""

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("&Recent runs"))
        self.setObjectName("recentRunsMenu")
        self.setToolTipsVisible(True)
        self._settings = settings
        self.aboutToShow.connect(lambda: self._fill(is_run_folder))
        # Whether they are there is looked up when somebody wants to know: a drive may answer slowly.
        self._fill(lambda _: True)

    def add(self, path: Path) -> None:
        """A run is being looked at."""
        recent = self._recent()
        recent.add(path)
        self._settings.setValue(_KEY, str(recent))

    def _fill(self, is_run: Callable[[Path], bool]) -> None:
        self.clear()
        entries = self._recent().entries(is_run)
        for number, entry in enumerate(entries, start=1):
            # A name may hold the sign that marks a letter.
            action = self.addAction(f"&{number % 10}  {entry.path.name.replace('&', '&&')}")
            action.setEnabled(entry.is_there)
            pattern = self.tr("Show {path}") if entry.is_there else self.tr("{path} is not there any more")
            action.setToolTip(pattern.format(path=entry.path))
            action.setStatusTip(action.toolTip())
            action.triggered.connect(partial(self.chosen.emit, entry.path))
        self.addSeparator()
        forget = self.addAction(self.tr("&Forget these"))
        forget.setToolTip(self.tr("Empty this list; the runs themselves stay"))
        forget.setStatusTip(forget.toolTip())
        forget.setEnabled(bool(entries))
        forget.triggered.connect(self._forget)

    def _forget(self) -> None:
        self._settings.setValue(_KEY, "")

    def _recent(self) -> RecentRuns:
        """The list as it is by now: another window may have added to it."""
        return RecentRuns(str(self._settings.value(_KEY, "")))
