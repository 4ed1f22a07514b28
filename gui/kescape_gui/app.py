"""Starts the app: `kescape-app`, or `python -m kescape_gui`."""

from __future__ import annotations

import argparse
import locale
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from types import TracebackType

from kescape_gui.display import display_problem

DESKTOP_NAME = "kescape"
"""The name of the desktop entry, by which a Linux desktop knows whose window it is."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    arguments = _parse(sys.argv[1:] if argv is None else argv)
    problem = display_problem()
    if problem is not None:
        print(problem, file=sys.stderr)
        return 2
    # Looking for plugins of pydantic, of which there are none, takes a twentieth of the time to the first paint.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from PySide6.QtCore import QCoreApplication, QLocale, QSettings
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from kescape.run.folder import runs_folder
    from kescape_gui import icons, theme, words
    from kescape_gui.preferences import PreferenceFile

    _name_the_process()
    app = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(app, QApplication)
    # Qt takes over the system's decimal comma for C, which breaks parsers in this process.
    locale.setlocale(locale.LC_NUMERIC, "C")
    QLocale.setDefault(QLocale.c())
    words.translate_by(lambda text: QCoreApplication.translate("KEscape", text))
    app.setApplicationName("KEscape")
    app.setApplicationDisplayName("KEscape")
    app.setOrganizationName("KEscape")
    app.setDesktopFileName(DESKTOP_NAME)
    if sys.platform not in ("win32", "darwin"):
        app.setStyle("Fusion")
    settings = QSettings()
    preferences = PreferenceFile()
    theme.apply_appearance(app, theme.Appearance(preferences.value.appearance))
    from kescape_gui.main_window import MainWindow

    window = MainWindow(runs_folder(arguments.runs), settings, preferences=preferences)
    _tell_of_our_mistakes(window)
    icon = icons.asset("icons/kescape.svg")
    if icon is not None:
        app.setWindowIcon(QIcon(str(icon)))
    window.show()
    try:
        return int(app.exec())
    finally:
        # A plot that is alive when the interpreter ends can crash it.
        window.leave()
        window.deleteLater()
        app.sendPostedEvents()
        app.processEvents()


def _name_the_process() -> None:
    """On Windows, the task bar would show the window as one of Python's, with Python's icon."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID("KEscape.KEscape")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kescape-app", description="The desktop trainer of KEscape.")
    parser.add_argument("--runs", metavar="DIR", help="the folder that runs are kept in")
    return parser.parse_args(argv)


def _tell_of_our_mistakes(window: object) -> None:
    """An exception nobody caught goes to stderr and into a box; training goes on in its own process."""
    from kescape_gui.main_window import MainWindow
    from kescape_gui.mistake_box import show_mistake

    assert isinstance(window, MainWindow)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(text)
        if issubclass(kind, KeyboardInterrupt):
            window.close()
        elif threading.current_thread() is threading.main_thread():
            show_mistake(window, text)

    sys.excepthook = hook
    threading.excepthook = lambda failed: hook(
        failed.exc_type, failed.exc_value or failed.exc_type(), failed.exc_traceback
    )
