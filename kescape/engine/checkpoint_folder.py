"""Where a run's checkpoints are: written while it trains, found again when it shall go on."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from kescape.engine.checkpoint import Checkpoint, CheckpointUnusable, Kept
from kescape.run.errors import RunUnwritable
from kescape.run.folder import CHECKPOINTS
from kescape.run.reader import Run
from kescape.run.writer import RunWriter

__all__ = ["CHECKPOINT_SECONDS", "CheckpointFolder", "newest_checkpoint"]

CHECKPOINT_SECONDS = 30.0
"""How much training a crash can cost at the most."""

NEWEST = 2
"""Checkpoints that are kept: the newest, and one more in case that one was damaged."""

LARGEST_SHARE = 0.05
"""Where cycles are so short that a checkpoint at the end of each would take more of the time, some are left out."""


class CheckpointFolder:
    """Writes a run's checkpoints and removes the old ones."""

    def __init__(self, writer: RunWriter) -> None:
        self._writer = writer
        self._files = sorted((writer.folder / CHECKPOINTS).glob("step-*.npz"))
        self._last = time.monotonic()
        self._cost = 0.0
        self.step: int | None = None
        self._position: tuple[int, int, int] | None = None
        """The step of the last one that was written here."""

    @property
    def is_due(self) -> bool:
        """Whether the last one is so old that a crash would cost too much."""
        return time.monotonic() - self._last >= CHECKPOINT_SECONDS

    @property
    def is_affordable(self) -> bool:
        """Whether one more, and a snapshot beside it, would not take too much of the time."""
        return (time.monotonic() - self._last) * LARGEST_SHARE >= self._cost

    def save(
        self, model: Any, epoch: int, batch: int, reason: str, kept: dict[str, Kept], *, again: bool = False
    ) -> None:
        """Keep the state of a training whose next step is `batch` of `epoch`; nothing twice unless asked `again`."""
        step = self._writer.steps
        position = (step, epoch, batch)  # the end of an epoch and the start of the next are one step
        if self._position == position and not again:
            return
        began = time.monotonic()
        # First the steps, then the file, then its row: a row never promises what is not there.
        self._writer.flush()
        path = self._writer.folder / CHECKPOINTS / f"step-{step:09d}.npz"
        try:
            Checkpoint.of(model, step, epoch, batch, kept).save(path)
        except OSError as error:
            raise RunUnwritable(
                f"The checkpoint {str(path)!r} cannot be written: {error.strerror or error}."
            ) from error
        self._writer.checkpoint(step, epoch, batch, reason, f"{CHECKPOINTS}/{path.name}")
        self._files = [*(file for file in self._files if file != path), path]
        while len(self._files) > NEWEST:
            with contextlib.suppress(OSError):
                self._files.pop(0).unlink(missing_ok=True)
        self.step, self._position = step, position
        self._last = time.monotonic()
        if reason != "start":  # that one costs no training
            self._cost = self._last - began


def newest_checkpoint(run: Run) -> tuple[Checkpoint | None, list[str]]:
    """The newest state from which a run can go on, and what is wrong with newer ones.

    None if there is none.
    """
    problems: list[str] = []
    for row in reversed(run.checkpoints()):
        path = run.path / row.file
        if not path.exists() or row.step > run.steps:
            continue
        try:
            return Checkpoint.load(path), problems
        except CheckpointUnusable as error:
            problems.append(str(error))
    return None, problems
