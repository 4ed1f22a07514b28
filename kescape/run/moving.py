"""Moves the folder of a run that nobody records into: what renaming it and throwing it away share."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from kescape.run.errors import RunError, RunLocked, RunNotFound, RunUnwritable
from kescape.run.folder import is_run_folder
from kescape.run.lock import lock_is_held
from kescape.run.reader import open_run

__all__ = ["check_at_rest", "move_folder"]

_PATIENCE_SECONDS = 1.0
"""On Windows a folder stays where it is as long as somebody reads a file in it, as a list of runs does for moments."""


def check_at_rest(folder: Path) -> None:
    """Raise unless there is a run in `folder` and no process is at work on it.

    Raises:
        RunNotFound: There is none.
        RunLocked: It is live, or its engine still writes its models.
    """
    if not is_run_folder(folder):
        raise RunNotFound(f"There is no run in {str(folder)!r}.")
    try:
        with open_run(folder) as run:
            status = run.status
            is_live, doing = status.is_live, str(status)
    except (RunError, ValueError, TypeError, ArithmeticError):
        # What cannot be read can be moved; only its lock tells whether somebody is at work there.
        is_live, doing = False, ""
    if not is_live and lock_is_held(folder):
        is_live, doing = True, "still being written"
    if is_live:
        raise RunLocked(f"{folder.name!r} is {doing}; stop it first, or wait until it ends.")


def move_folder(folder: Path, target: Path, what: str) -> None:
    """Rename a folder; `target` must not be there.

    Args:
        folder: What is moved.
        target: Where it is afterwards, on the same file system.
        what: What cannot be done if it cannot, in words, for example `renamed`.

    Raises:
        RunUnwritable: The file system does not let it go; it stays where it is.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            folder.rename(target)
        except PermissionError as error:
            if sys.platform == "win32" and time.monotonic() < until:
                time.sleep(0.05)
                continue
            raise _stays(folder, what, error) from error
        except OSError as error:
            raise _stays(folder, what, error) from error
        return


def _stays(folder: Path, what: str, error: OSError) -> RunUnwritable:
    return RunUnwritable(f"{folder.name!r} cannot be {what}: {error.strerror or error}.")
