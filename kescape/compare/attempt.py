"""One training of a run by an engine process that trains others before and after it. No Keras and no Qt.

How it goes is told by the run's folder, as everywhere; these functions ask that.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from kescape.engine.launch import Worker
from kescape.run.commands import send_command
from kescape.run.errors import RunError
from kescape.run.folder import ENGINE_LOG
from kescape.run.lock import lock_is_held
from kescape.run.reader import open_run
from kescape.run.status import RunStatus

__all__ = ["Attempt"]


class Attempt:
    """What becomes of a run that an engine process is told to train now.

    Args:
        folder: The run's folder.
        worker: The process.
    """

    def __init__(self, folder: Path, worker: Worker) -> None:
        self.folder, self.worker = folder, worker
        self._before = 0
        with contextlib.suppress(RunError), open_run(folder) as run:
            self._before = len(run.sessions)
        self._log_size = _size_of(folder / ENGINE_LOG)

    @property
    def has_begun(self) -> bool:
        """Whether it has begun to record."""
        with contextlib.suppress(RunError), open_run(self.folder) as run:
            return len(run.sessions) > self._before
        return False

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, and let go of the folder."""
        if lock_is_held(self.folder):
            return False
        with contextlib.suppress(RunError), open_run(self.folder) as run:
            return len(run.sessions) > self._before and run.end is not None
        return False

    @property
    def has_failed(self) -> bool:
        """Whether it has ended with an error, which is in the run's log in a moment."""
        with contextlib.suppress(RunError), open_run(self.folder) as run:
            return run.status == RunStatus.FAILED
        return False

    def tell_to_stop(self) -> bool:
        """Have it stop after the step that it is in; False as long as it has not begun."""
        with contextlib.suppress(RunError), open_run(self.folder) as run:
            if len(run.sessions) > self._before:
                send_command(self.folder, "stop", session=run.sessions[-1].id)
                return True
        return False

    @property
    def last_words(self) -> str:
        """The last line that the process has printed: about the run, or else where it had none."""
        text, log = "", self.folder / ENGINE_LOG
        # With code 1 it ended because nothing could be told in the folder.
        if self.worker.poll() != 1 and _size_of(log) > self._log_size:
            with contextlib.suppress(OSError):
                text = log.read_text("utf-8", errors="replace")
        text = text or self.worker.complaint
        return (text.strip().splitlines()[-1:] or ["it left no message"])[0].rstrip(".")


def _size_of(log: Path) -> int:
    with contextlib.suppress(OSError):
        return log.stat().st_size
    return 0
