"""Reads the steps of a long run in a thread of its own, so that the window stays awake; no Qt."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from kescape.run.cycles import cycle_starts
from kescape.run.errors import RunError, RunUnreadable
from kescape.run.reader import EpochRow, Run, open_run
from kescape_gui.curves.curve import Curve
from kescape_gui.words import tr

_COLUMNS = (("loss", "time"), ("learning_rate",))
"""As they are read, half and half."""


class CurveReader:
    """Begins to read at once. The curve is handed over whole, and never touched here again.

    Args:
        path: The run's folder.
        steps_per_epoch: How long an epoch is, if that is known.
        steps: How many steps there are to read, about.
    """

    def __init__(self, path: Path, steps_per_epoch: int | None, steps: int) -> None:
        self.steps = steps
        self.epochs: list[EpochRow] = []
        """Those that have ended, once the curve is there."""
        self._path = path
        self._curve = Curve(steps_per_epoch)
        self._error: RunError | None = None
        self._is_wanted = True
        self._was_taken = False
        self._thread = threading.Thread(target=self._work, name=f"reads {path.name}", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether there is more to read."""
        return self._thread.is_alive()

    @property
    def is_awaited(self) -> bool:
        """Whether the curve, or why there is none, has not been taken yet."""
        return not self._was_taken

    def take(self) -> Curve | None:
        """The curve, or None while it is being read.

        Raises:
            RunError: The run cannot be read.
        """
        if self.is_busy:
            return None
        self._was_taken = True
        if self._error is not None:
            raise self._error
        return self._curve

    def abandon(self) -> None:
        """Nobody wants the curve any more: stop at the next opportunity."""
        self._is_wanted = False

    def _work(self) -> None:
        try:
            with open_run(self._path) as run:
                self._read(run)
        except RunError as error:
            self._error = error
        except MemoryError:
            words = tr("{steps} steps of {path!r} do not fit into the memory.")
            self._error = RunUnreadable(words.format(steps=f"{self.steps:,}", path=str(self._path)))

    def _read(self, run: Run) -> None:
        recorded = {column.name for column in run.columns}
        wanted = [[name for name in names if name in recorded] for names in _COLUMNS]
        # Memory that is touched for the first time is what takes long: two processors do so at the same time.
        with ThreadPoolExecutor(1, thread_name_prefix=f"reads {self._path.name}") as beside:
            other = beside.submit(self._read_columns, wanted[1])
            columns = run.curves(names=wanted[0], numbered=False) | other.result()
        if not self._is_wanted:
            return
        # A live run may have grown between one column and the next.
        count = min(map(len, columns.values()), default=0)
        self._curve.set_restarts([start.step for start in cycle_starts(run, count) if start.is_restart])
        self._curve.append({name: values[:count] for name, values in columns.items()})
        self.epochs = run.epochs()

    def _read_columns(self, names: list[str]) -> dict[str, NDArray[Any]]:
        """By a connection of its own, as SQLite wants it."""
        with open_run(self._path) as run:
            return run.curves(names=names, numbered=False) if names else {}
