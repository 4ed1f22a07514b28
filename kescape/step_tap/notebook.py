"""Tells when the cell of a notebook is over: at the latest then every fit that began in it has ended, too."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["once_the_cell_is_over"]


def once_the_cell_is_over(call: Callable[[], None]) -> None:
    """Call a function when the cell that runs now has ended; do nothing outside of IPython.

    A cell waits for what runs in the main thread only.
    """
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or threading.current_thread() is not threading.main_thread():
        return

    def over(*_result: Any) -> None:
        shell.events.unregister("post_run_cell", over)
        call()

    shell.events.register("post_run_cell", over)
