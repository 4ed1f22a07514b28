"""Throws runs away so that they can be had back: aside at once, into the system's trash when nobody wants them back.

A run that is thrown away is moved to `.deleted/` beside it, where no list finds it. From there it comes back as it was,
or goes to the trash, by way of its own place: there the trash brings it back to. What a process that was killed left
aside goes to the trash later. Nothing is ever erased.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kescape.run.errors import RunMixed, RunNotFound, RunUnwritable
from kescape.run.folder import CHECKPOINTS, COMMANDS, LANDSCAPES, SNAPSHOTS, is_run_folder, noted_runs, remember_run
from kescape.run.moving import check_at_rest, move_folder

__all__ = ["Deleted", "check_disposable", "leftovers", "put_back", "send_to_trash", "set_aside"]

DELETED = ".deleted"

_FOLDERS = (CHECKPOINTS, COMMANDS, LANDSCAPES, SNAPSHOTS)

LEFT_SECONDS = 120.0
"""What lies aside for so long, no window that is open offers to bring back."""


@dataclass(frozen=True)
class Deleted:
    """A run that lies aside.

    Attributes:
        path: Where it was.
        aside: Where it is.
    """

    path: Path
    aside: Path

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name


def check_disposable(folder: Path) -> None:
    """Raise unless there is a run in `folder` that can be thrown away, and not a project of the user's around it.

    Raises:
        RunNotFound: There is no run.
        RunLocked: It is live.
        RunMixed: There are folders in it that no run has.
    """
    check_at_rest(folder)
    with contextlib.suppress(OSError):
        foreign = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in _FOLDERS)
        if foreign:
            raise RunMixed(
                f"{folder.name!r} cannot be moved to the trash, because it holds more than a run: "
                f"the folder {foreign[0]!r}; take that out first."
            )


def set_aside(folder: Path) -> Deleted:
    """Take a run out of its runs folder; `put_back` undoes it.

    Raises:
        RunNotFound: There is no run in `folder`.
        RunLocked: It is live.
        RunMixed: There are folders in it that no run has.
        RunUnwritable: It cannot be moved; it stays where it is.
    """
    check_disposable(folder)
    moment = time.time_ns() // 1_000_000
    try:
        while True:
            # A folder for each: runs of one name may follow each other, and the trash shall show the name.
            place = folder.parent / DELETED / str(moment)
            place.parent.mkdir(exist_ok=True)
            try:
                place.mkdir()
                break
            except FileExistsError:
                moment += 1
    except OSError as error:
        raise RunUnwritable(f"{folder.name!r} cannot be moved to the trash: {error.strerror or error}.") from error
    deleted = Deleted(folder, place / folder.name)
    try:
        move_folder(folder, deleted.aside, "moved to the trash")
    except RunUnwritable:
        _tidy(place)
        raise
    return deleted


def put_back(deleted: Deleted) -> Path:
    """Bring a run back; where its name is taken by now, it becomes `name-2`. Returns where it is.

    Raises:
        RunNotFound: It is no longer there.
        RunUnwritable: It cannot be moved; it stays aside.
    """
    if not os.path.lexists(deleted.aside):
        raise RunNotFound(f"{deleted.name!r} cannot be brought back: it is in the trash of the system by now.")
    return _moved_back(deleted, "brought back")


def _moved_back(deleted: Deleted, what: str) -> Path:
    target, number = deleted.path, 1
    while os.path.lexists(target):
        number += 1
        target = deleted.path.with_name(f"{deleted.name}-{number}")
    move_folder(deleted.aside, target, what)
    if target != deleted.path and deleted.path in noted_runs():
        remember_run(target)
    _tidy(deleted.aside.parent)
    return target


def send_to_trash(deleted: Deleted) -> None:
    """Move a run that lies aside into the trash of the system.

    Raises:
        RunUnwritable: There is no trash, or it does not take it; the run is back where it was, or at `name-2`.
        RunLocked: Somebody has begun to record into it; it is back likewise.
    """
    import send2trash

    if not os.path.lexists(deleted.aside):
        return  # another window has done it
    back = _moved_back(deleted, "moved to the trash")
    check_at_rest(back)
    try:
        send2trash.send2trash(back)
    except OSError as error:
        if not os.path.lexists(back):
            return  # another window has thrown it away, too
        why = (error.strerror or str(error)).rstrip(".")
        raise RunUnwritable(
            f"{deleted.name!r} cannot be moved to the trash: {why}. It is in the list again"
            + ("." if back == deleted.path else f" as {back.name!r}.")
        ) from error


def leftovers(folders: Iterable[Path]) -> list[Deleted]:
    """What lies aside in these folders of runs, and beside the remembered runs, since a window was killed."""
    found = []
    for folder in sorted({*folders, *(path.parent for path in noted_runs())}):
        with contextlib.suppress(OSError):
            for place in sorted((folder / DELETED).iterdir()):
                if place.name.isdecimal() and time.time() - int(place.name) / 1000 > LEFT_SECONDS:
                    found += [Deleted(folder / run.name, run) for run in place.iterdir() if is_run_folder(run)]
    return found


def _tidy(place: Path) -> None:
    """Remove the empty folders around what lay aside; others stay."""
    with contextlib.suppress(OSError):
        place.rmdir()
        place.parent.rmdir()
