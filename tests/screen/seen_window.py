"""The app as users start it, in a process that also says where on the screen its widgets are.

It is driven from outside only: by X events. Nothing here touches the window but to look at it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

_MILLISECONDS = 100


def _facts() -> dict[str, object]:
    from kescape_gui.main_window import MainWindow
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

    places, texts = {}, {}
    for top in QApplication.topLevelWidgets():
        for widget in (top, *top.findChildren(QWidget)):
            name = widget.objectName()
            if name and not name.startswith("qt_") and widget.isVisible():
                corner = widget.mapToGlobal(QPoint(0, 0))
                places[name] = [corner.x(), corner.y(), widget.width(), widget.height()]
                if isinstance(widget, QLabel | QAbstractButton):
                    texts[name] = widget.text()
    facts: dict[str, object] = {"places": places, "texts": texts}
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow):
            run = window.shown_run
            low, high = window.curves.rate_plot.steps_in_view()
            focus = QApplication.focusWidget()
            facts |= {
                "state": window.state.value,
                "run": None if run is None else str(run.path),
                "drawn_steps": window.curves.drawn_steps,
                "follows": window.curves.follows,
                "steps_in_view": [low, high],
                "focus": None if focus is None else focus.objectName(),
            }
    return facts


def _main(runs: str, report: str) -> int:
    from kescape_gui import app
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    application = QApplication(["kescape"])

    def tell() -> None:
        written = Path(f"{report}.part")
        written.write_text(json.dumps(_facts()))
        os.replace(written, report)  # noqa: PTH105 (whole or not at all)

    timer = QTimer()
    timer.timeout.connect(tell)
    timer.start(_MILLISECONDS)
    code = app.main(["--runs", runs])
    del application
    return code


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
