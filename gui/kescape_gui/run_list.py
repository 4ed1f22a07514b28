"""Lists the runs every other second, and offers once to let interrupted ones go on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from kescape.run.listing import RunSummary
from kescape.run.status import RunStatus
from kescape_gui.background import Background
from kescape_gui.banner import Banner
from kescape_gui.runs.interrupted import Interrupted, interrupted_runs
from kescape_gui.runs.lister import Answer, Lister

_MILLISECONDS = 2000
_DISMISSED = 100
"""So many interrupted runs are remembered as not to be offered again."""


class RunList(QObject):
    """What runs there are, and which of them were cut off."""

    listed = Signal()
    """`summaries` are new."""
    found_live = Signal(object)
    """Training went on without a window: the path of the run to take up, told once after the start."""
    offered = Signal()
    """The banner has got something to offer."""

    def __init__(
        self, runs: Path, settings: QSettings, background: Background, banner: Banner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.summaries: list[RunSummary] = []
        self.was_listed = False
        """Whether the runs are known."""
        self.home = runs
        """Where new runs go."""
        self.folder = runs
        """Where those runs are."""
        self.problem: str | None = None
        """Why that folder cannot be read, in a sentence."""
        self._settings = settings
        self._background = background
        self._banner = banner
        banner.dismissed.connect(self._remember_dismissed)
        self._lister = Lister(runs, self)
        self._lister.listed.connect(self._on_listed)
        self._timer = QTimer(self)
        self._timer.setInterval(_MILLISECONDS)
        self._timer.timeout.connect(self._lister.ask)

    def start(self) -> None:
        """List them now, and again and again."""
        self._timer.start()
        self._lister.ask()

    def ask(self) -> None:
        """Something has changed: list them soon."""
        self._lister.ask()

    def look_in(self, folder: Path) -> None:
        """List the runs in another folder from now on."""
        self._lister.look_in(folder)

    def replace(self, old: Path, new: Path | None) -> None:
        """A run has moved, or is gone: list it so at once, and as it really is soon."""
        self.summaries = [
            replace(run, path=new, name=new.name) if run.path == old and new is not None else run
            for run in self.summaries
            if new is not None or run.path != old
        ]
        self._banner.forget(old)
        self.listed.emit()
        self._lister.ask()

    def close(self) -> None:
        """Wait for the answer that is under way, and ask no more."""
        self._timer.stop()
        self._lister.wait()

    def _on_listed(self, answer: Answer) -> None:
        self.folder, self.summaries, self.problem = answer.folder, answer.runs, answer.problem
        if not self.was_listed:
            self.was_listed = True
            live = [summary for summary in answer.runs if summary.status.is_live]
            # One that trains is more likely the one to be seen than one that may never begin.
            live.sort(key=lambda summary: summary.status is RunStatus.STARTING)
            self._background.do(partial(interrupted_runs, answer.runs), self._offer)
            if live:
                self.found_live.emit(live[0].path)
        self.listed.emit()

    def _offer(self, runs: list[Interrupted]) -> None:
        dismissed = self._dismissed()
        self._banner.offer([run for run in runs if run.key not in dismissed])
        self.offered.emit()

    def _remember_dismissed(self, runs: list[Interrupted]) -> None:
        keys = [*self._dismissed(), *(run.key for run in runs)]
        self._settings.setValue("banner/dismissed", "\n".join(keys[-_DISMISSED:]))

    def _dismissed(self) -> list[str]:
        return str(self._settings.value("banner/dismissed", "")).splitlines()
