"""The operating system's lock on `engine.lock`: who holds it is recording into the run.

The lock goes with its process, however that ends, so that it can be believed where a stored flag
would rot.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import filelock

from kescape.run.errors import RunUnwritable

LOCK_FILE = "engine.lock"

# Someone who probes the lock holds it for some microseconds; an engine that starts just then tries
# again.
_ACQUIRE_SECONDS = 0.5


class EngineLock:
    """The lock of one run folder, as seen by the process that wants to record into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Not bound to a thread: a recorder may be closed by another thread than the one that opened
        # it.
        self._lock = filelock.FileLock(folder / LOCK_FILE, thread_local=False)

    def acquire(self) -> bool:
        """Take the lock; False if another process has it."""
        try:
            self._lock.acquire(timeout=_ACQUIRE_SECONDS, poll_interval=0.01)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise RunUnwritable(
                f"The run in {str(self._folder)!r} cannot be written: {error.strerror or error}."
            ) from error
        return True

    def release(self) -> None:
        """Give the lock back; without effect if it is not held."""
        self._lock.release()


def lock_is_held(folder: Path) -> bool | None:
    """Whether some process, this one included, holds the lock of `folder`.

    None where that cannot be told, because the file system keeps no locks or the file cannot be
    opened. Creates no file and does not keep an engine from starting at the same moment.
    """
    path = folder / LOCK_FILE
    if sys.platform == "win32":
        if not path.exists():
            return False
        try:
            with filelock.FileLock(path, thread_local=False).acquire(timeout=0):
                return False
        except filelock.Timeout:
            return True
        except OSError:
            return None

    import fcntl  # POSIX only

    try:
        with path.open("rb") as file:
            # Shared, so that two readers probing at once do not take each other for an engine.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError:
        return None
