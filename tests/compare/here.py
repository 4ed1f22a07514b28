"""A place that trains in this process, one run after the other: everything of a comparison but its processes."""

from __future__ import annotations

import contextlib
from pathlib import Path

from kescape.compare.place import Ended


class Here:
    """Trains a run when it is started, so that it has ended when that returns.

    Args:
        loses: Names of runs whose process is lost before it has begun, as often as they are named.
    """

    def __init__(self, loses: tuple[str, ...] = ()) -> None:
        self.at_once, self.where = 1, "this process"
        self.started: list[str] = []
        self.stopped = False
        self._loses = list(loses)
        self._ended: list[Ended] = []

    def has_room(self) -> bool:
        return not self._ended

    def start(self, folder: Path) -> None:
        from kescape.engine.engine_recorder import LossNotFinite
        from kescape.engine.trainer import train_folder

        self.started.append(folder.name)
        if folder.name in self._loses:
            self._loses.remove(folder.name)
            self._ended.append(Ended(folder, "Its process was killed."))
            return
        with contextlib.suppress(LossNotFinite, ValueError):
            train_folder(folder)
        self._ended.append(Ended(folder))

    def ended(self) -> list[Ended]:
        ended, self._ended = self._ended, []
        return ended

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        pass
