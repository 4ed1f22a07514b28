"""Keeps the computer from falling asleep while an engine process trains.

The engine is the one that asks the system, since it trains on without a window. The environment variable
`KESCAPE_KEEP_AWAKE` says whether: `1`, the default, or `0`. The screen may still turn off and lock.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping

__all__ = ["KEEP_AWAKE", "is_wanted", "kept_awake"]

KEEP_AWAKE = "KESCAPE_KEEP_AWAKE"

_PATIENCE_SECONDS = 2.0
"""A desktop that does not answer is not waited for any longer when the training has ended."""


def is_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the computer is to be kept awake.

    Example:
        >>> is_wanted({}), is_wanted({"KESCAPE_KEEP_AWAKE": "0"})
        (True, False)
    """
    return environment.get(KEEP_AWAKE, "1") != "0"


@contextlib.contextmanager
def kept_awake() -> Iterator[None]:
    """Ask the system to stay awake, if that is wanted; where it cannot be, one line on stderr says so.

    It is asked in a thread of its own: the training does not wait for the answer of a desktop.
    """
    if not is_wanted():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_hold, args=(done,), name="keeps the computer awake", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(_PATIENCE_SECONDS)


def _hold(done: threading.Event) -> None:
    from wakepy import keep

    # Never wakepy's own warning: it is the whole report of what was tried.
    with keep.running(on_fail="pass") as mode:
        if not mode.active and not done.is_set():
            print(
                "The computer may fall asleep while this trains: its system or desktop offers no way to prevent it.",
                file=sys.stderr,
            )
        done.wait()
