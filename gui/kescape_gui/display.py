"""Finds out whether a window can be shown: without a usable display, QApplication ends the process."""

from __future__ import annotations

import os
import subprocess
import sys

_NONE = (
    "KEscape needs a display to open its window, and there is none. "
    "Without one, use the commands: kescape train, kescape runs, kescape show, kescape export."
)
_UNUSABLE = (
    "KEscape cannot open a window on this display ({display}): {why}. "
    "Without one, use the commands: kescape train, kescape runs, kescape show, kescape export."
)
_PROBE = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
_SELF_CONTAINED = ("offscreen", "minimal", "vnc")


def display_problem() -> str | None:
    """Why no window can be shown, in one sentence; None if one can."""
    if sys.platform in ("win32", "darwin"):
        return None
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _SELF_CONTAINED:
        return None
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not wayland and not x11:
        return _NONE
    if x11 and not wayland and (why := _x11_problem()) is not None:
        return _UNUSABLE.format(display=x11, why=why)
    if wayland and not x11 and not _socket_exists(wayland):
        # Rare, so it may cost what a start of Qt costs.
        return _probed(wayland)
    return None


def _x11_problem() -> str | None:
    """Connects as Qt's xcb plugin does; a few milliseconds."""
    import ctypes

    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return "the library libxcb is missing"
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if failed:
        return "it does not answer"
    try:
        # Qt's wheels bring all they need but this one.
        ctypes.CDLL("libxcb-cursor.so.0")
    except OSError:
        return "the library libxcb-cursor is missing (on Debian and Ubuntu: apt-get install libxcb-cursor0)"
    return None


def _socket_exists(name: str) -> bool:
    return os.path.exists(os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), name))  # noqa: PTH110, PTH118


def _probed(display: str) -> str | None:
    probe = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, check=False, timeout=20)
    return None if probe.returncode == 0 else _UNUSABLE.format(display=display, why="it does not answer")
