"""The room of the runs: what the list offers is done here, by those who know how."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QWidget

from kescape_gui.background import Background
from kescape_gui.in_view import InView
from kescape_gui.run_list import RunList
from kescape_gui.runs.labelling import Labelling
from kescape_gui.runs.places import Places
from kescape_gui.runs.runs_view import RunsView
from kescape_gui.runs.trash_bin import TrashBin


class RunsRoom(QObject):
    """Puts names, labels, the trash and other folders behind the list of runs.

    Args:
        view: What the user sees of it.
        runs: What there is to list.
        in_view: Which run is shown; one that moves is let go first, and shown again where it is then.
        settings: Where folders that were looked in are remembered.
        background: Where what takes long is done.
        window: Whose dialogs they are.
    """

    draft_wanted = Signal()
    """The run in view is about to move."""
    run_wanted = Signal(object)
    """The path of a run to show."""
    moved = Signal(object, object)
    """Where a run was, and where it is now; None for one that lies aside."""
    told = Signal(str)
    complained = Signal(str)
    undoable = Signal(str, str, object)
    """What was done, what undoes it, and how."""
    places_changed = Signal(object)
    """The folders of runs that were looked in, the last one first."""

    def __init__(
        self,
        view: RunsView,
        runs: RunList,
        in_view: InView,
        settings: QSettings,
        background: Background,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._view = view
        self._runs = runs
        self._in_view = in_view
        self._was_shown = False
        self.places = Places(runs.home, settings, window)
        self.places.wanted.connect(self._look_in)
        self._labelling = Labelling(window)
        self._labelling.labelled.connect(runs.ask)
        self._labelling.told.connect(self.told)
        self._trash = TrashBin(background, self)
        self._trash.done.connect(self._on_done)
        self._trash.offered.connect(view.let_undo)
        self._trash.brought_back.connect(self._on_brought_back)
        self._trash.returned.connect(runs.ask)
        for mover in (self._labelling, self._trash):
            mover.leaving.connect(self._let_go)
            mover.moved.connect(self._on_moved)
            mover.complained.connect(self.complained)
        view.rename_wanted.connect(self._labelling.ask_name)
        view.tags_wanted.connect(self._ask_tags)
        view.note_wanted.connect(self._labelling.ask_note)
        view.trash_wanted.connect(self._trash.throw_away)
        view.undo_wanted.connect(self._trash.undo)
        view.home_wanted.connect(self.places.go_home)
        runs.listed.connect(lambda: view.show_folder(runs.folder, runs.home, runs.problem))

    def start(self) -> None:
        """Tidy up after a window that was killed."""
        self._trash.start([self._runs.home, *self.places.recent])
        self.places_changed.emit(self.places.recent)

    def go_home(self) -> None:
        """A run was begun here: it must be in sight."""
        if self._runs.folder != self._runs.home:
            self.places.go_home()

    def close(self) -> None:
        """No offer to bring runs back outlives the window."""
        self._trash.close()

    def _ask_tags(self, paths: list[Path]) -> None:
        used = Counter(tag for run in self._runs.summaries for tag in run.labels.tags)
        self._labelling.ask_tags(paths, [tag for tag, _ in used.most_common()])

    def _let_go(self, path: Path) -> None:
        self._was_shown = self._in_view.path == path
        if self._was_shown:
            self.draft_wanted.emit()

    def _on_moved(self, old: Path, new: Path | None) -> None:
        if new != old:
            self._runs.replace(old, new)
            self.moved.emit(old, new)
        if self._was_shown and new is not None:
            self.run_wanted.emit(new)

    def _on_brought_back(self, path: Path) -> None:
        self._runs.ask()
        self.run_wanted.emit(path)

    def _on_done(self, words: str, verb: str) -> None:
        if verb:
            self.undoable.emit(words, verb, self._trash.undo)
        else:
            self.told.emit(words)

    def _look_in(self, folder: Path) -> None:
        self._runs.look_in(folder)
        self.places_changed.emit(self.places.recent)
