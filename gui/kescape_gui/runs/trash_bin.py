"""Moves runs to the trash without a question, and brings them back as long as that is offered."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from kescape.run.errors import RunError
from kescape.run.trash import Deleted, check_disposable, leftovers, put_back, send_to_trash, set_aside
from kescape_gui.background import Background
from kescape_gui.status_strip import MESSAGE_MILLISECONDS


class TrashBin(QObject):
    """What lies aside goes to the trash of the system when the offer to bring it back is gone."""

    leaving = Signal(object)
    """The path of a run that is about to move: whoever has a file of it open lets go."""
    moved = Signal(object, object)
    """Where a run was, and where it is now; None for a run that lies aside."""
    brought_back = Signal(object)
    """Where a run is that was brought back, to be seen again."""
    offered = Signal(object)
    """The name of the run that would be brought back next, or None."""
    done = Signal(str, str)
    """What was done, and what a link is called that undoes it; empty if nothing is left to undo."""
    complained = Signal(str)
    returned = Signal()
    """The trash did not take a run, which is in its folder again."""

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._aside: list[Deleted] = []
        self._offer = QTimer(self)
        self._offer.setSingleShot(True)
        self._offer.setInterval(MESSAGE_MILLISECONDS)
        self._offer.timeout.connect(self._send)

    def start(self, folders: list[Path]) -> None:
        """Send to the trash what a window that was killed has left aside in these folders of runs."""
        self._background.do(partial(leftovers, folders), self._on_leftovers)

    def throw_away(self, paths: list[Path]) -> None:
        """Set runs aside."""
        gone = [path.name for path in paths if self._set_aside(path)]
        if len(gone) == 1:
            self._tell(self.tr("Moved {name} to the trash").format(name=gone[0]), self.tr("Undo"))
        elif gone:
            self._tell(self.tr("Moved {count} runs to the trash").format(count=len(gone)), self.tr("Undo"))

    def undo(self) -> None:
        """Bring back the run that was set aside last."""
        if not self._aside:
            return
        deleted = self._aside.pop()
        try:
            back = put_back(deleted)
        except RunError as error:
            self.complained.emit(str(error))
            self.offered.emit(self._next)
            return
        words = self.tr("{name} is back") if back == deleted.path else self.tr("{name} is back, as {now}")
        self.brought_back.emit(back)
        verb = self.tr("Bring back {name}").format(name=self._next) if self._next is not None else ""
        self._tell(words.format(name=deleted.name, now=back.name), verb)

    def close(self) -> None:
        """Send to the trash what lies aside."""
        self._offer.stop()
        _send_all(self._aside)
        self._aside = []

    @property
    def _next(self) -> str | None:
        return self._aside[-1].name if self._aside else None

    def _set_aside(self, path: Path) -> bool:
        try:
            # What would keep it from moving is found out before anybody has let go of it.
            check_disposable(path)
        except RunError as error:
            self.complained.emit(str(error))
            return False
        self.leaving.emit(path)
        try:
            deleted = set_aside(path)
        except RunError as error:
            self.complained.emit(str(error))
            self.moved.emit(path, path)
            return False
        self._aside.append(deleted)
        self.moved.emit(path, None)
        return True

    def _tell(self, words: str, verb: str) -> None:
        self._offer.start()
        self.offered.emit(self._next)
        self.done.emit(words, verb)

    def _on_leftovers(self, found: list[Deleted] | Exception) -> None:
        if not isinstance(found, Exception) and found:
            self._background.do(partial(_send_all, found), self._on_sent)

    def _send(self) -> None:
        going, self._aside = self._aside, []
        self.offered.emit(None)
        self._background.do(partial(_send_all, going), self._on_sent)

    def _on_sent(self, problems: list[str] | Exception) -> None:
        said = [str(problems)] if isinstance(problems, Exception) else problems
        for problem in said:
            self.complained.emit(problem)
        if said:
            self.returned.emit()


def _send_all(runs: list[Deleted]) -> list[str]:
    """Send runs to the trash; why some are back in their folders."""
    problems = []
    for deleted in runs:
        try:
            send_to_trash(deleted)
        except RunError as error:
            problems.append(str(error))
    return problems
