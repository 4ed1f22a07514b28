"""`kescape` alone: opens the desktop app, in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from kescape.cli import console

__all__ = ["has_no_display", "open_app"]

APP = "kescape_gui"
"""By name: the library never imports the app."""

ABORTED = (-6, 134, 0xC0000409)
"""How a process ends, here and there, when Qt finds no display it can use."""


def open_app(runs: Path | None) -> int:
    """Open the window and wait until it is closed; returns the exit code."""
    if importlib.util.find_spec(APP) is None:
        console.complain("The app is not installed here; the commands work without it.")
        return console.FAILED
    if has_no_display():
        console.complain("There is no display to open the app on; the commands work without one.")
        return console.FAILED
    where = [] if runs is None else ["--runs", str(runs)]
    try:
        code = subprocess.run([sys.executable, "-P", "-m", APP, *where], check=False).returncode
    except KeyboardInterrupt:
        return console.INTERRUPTED
    if code in ABORTED:
        console.complain("Qt could not open a window here; `kescape doctor` says what is missing.")
        return console.FAILED
    return code


def has_no_display() -> bool:
    """True where it is certain that no window can open: a Linux without X11 and Wayland."""
    if not sys.platform.startswith("linux"):
        return False
    return not any(os.environ.get(v) for v in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
