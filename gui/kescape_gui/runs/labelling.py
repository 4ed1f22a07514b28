"""Gives runs names, tags and notes, as the user wants."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape.run.errors import RunError
from kescape.run.labels import Labels, read_labels, split_tags, write_labels
from kescape.run.moving import check_at_rest
from kescape.run.rename import name_problem, rename_run
from kescape_gui.line_dialog import LineDialog
from kescape_gui.runs.note_dialog import NoteDialog

_NAMED = 12
"""More tags than this are not offered."""


class Labelling(QObject):
    """Asks, and writes what was answered."""

    leaving = Signal(object)
    """The path of a run that is about to move: whoever has a file of it open lets go."""
    moved = Signal(object, object)
    """Where a run was, and where it is now; the same where it could not be moved."""
    labelled = Signal()
    told = Signal(str)
    complained = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def ask_name(self, path: Path) -> None:
        """Ask for another name of a run."""
        if not self._is_at_rest(path):
            return
        dialog = LineDialog(
            self.tr("Rename"),
            self.tr("Another name for {name}; its folder is renamed, too.").format(name=path.name),
            self.tr("Rename"),
            partial(name_problem, path),
            path.name,
            self._window,
        )
        dialog.chosen.connect(partial(self.rename, path))
        dialog.open()

    def rename(self, path: Path, name: str) -> None:
        """Give a run another name."""
        # What would keep it from moving is found out before anybody has let go of it.
        if name == path.name or not self._is_at_rest(path):
            return
        self.leaving.emit(path)
        now = path
        try:
            now = rename_run(path, name)
        except (RunError, ValueError) as error:
            self.complained.emit(str(error))
        else:
            self.told.emit(self.tr("{old} is now {new}.").format(old=path.name, new=now.name))
        self.moved.emit(path, now)

    def ask_tags(self, paths: list[Path], in_use: list[str]) -> None:
        """Ask for the tags of some runs.

        Args:
            paths: Their folders.
            in_use: Tags that other runs have.
        """
        before = {path: read_labels(path) for path in paths}
        shared = [tag for tag in before[paths[0]].tags if all(tag in labels.tags for labels in before.values())]
        if len(paths) == 1:
            question = self.tr("Tags of {name}, separated by spaces.").format(name=paths[0].name)
        else:
            question = self.tr("Tags that all {count} runs have; what else each has, stays.").format(count=len(paths))
        if in_use:
            question += "\n" + self.tr("In use: {tags}").format(tags=", ".join(in_use[:_NAMED]))
        dialog = LineDialog(
            self.tr("Tags"),
            question,
            self.tr("Save"),
            partial(_tags_problem, before, shared),
            "".join(f"{tag} " for tag in shared),
            self._window,
            goes_on=True,
        )
        dialog.chosen.connect(partial(self._tag, before, shared))
        dialog.open()

    def ask_note(self, path: Path) -> None:
        """Ask for the note of a run."""
        dialog = NoteDialog(path.name, read_labels(path).note, self._window)
        dialog.chosen.connect(partial(self._note, path))
        dialog.open()

    def _tag(self, before: dict[Path, Labels], shared: list[str], text: str) -> None:
        for path in before:
            # What somebody else has written meanwhile stays.
            try:
                labels = _retagged(read_labels(path), shared, text)
            except ValueError as error:  # with theirs there would be too many
                self.complained.emit(f"{path.name}: {error}.")
            else:
                self._write(path, labels)
        self.labelled.emit()

    def _note(self, path: Path, note: str) -> None:
        self._write(path, replace(read_labels(path), note=note, problem=None))
        self.labelled.emit()

    def _write(self, path: Path, labels: Labels) -> None:
        try:
            write_labels(path, labels)
        except RunError as error:
            self.complained.emit(str(error))

    def _is_at_rest(self, path: Path) -> bool:
        try:
            check_at_rest(path)
        except RunError as error:
            self.complained.emit(str(error))
            return False
        return True


def _tags_problem(before: dict[Path, Labels], shared: list[str], text: str) -> str | None:
    try:
        for labels in before.values():
            _retagged(labels, shared, text)
    except ValueError as error:
        said = str(error)
        return f"{said[0].upper()}{said[1:]}."
    return None


def _retagged(labels: Labels, shared: list[str], text: str) -> Labels:
    wanted = split_tags(text)
    return labels.with_tags(wanted, [tag for tag in shared if tag not in wanted])
