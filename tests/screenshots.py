"""Makes the pictures of the README: `python -m tests.screenshots [--scale 2]`.

Opens the real window offscreen, trains the default for real, and writes `assets/screenshots/window.png` and
`window-dark.png` while it trains, and `curves.png`, the exported figure, when it has ended.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "screenshots"
SHARE = 0.5
"""How much of the training is done when the window is grabbed."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--scale", type=int, default=1, help="pixels a point; 2 writes window@2x.png")
    scale = parser.parse_args().scale
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = str(scale)
    with tempfile.TemporaryDirectory() as home:
        os.environ["KESCAPE_HOME"] = home
        return _make(Path(home), "" if scale == 1 else f"@{scale}x")


def _make(home: Path, suffix: str) -> int:
    from kescape_gui import theme
    from kescape_gui.main_window import MainWindow
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication, QPushButton

    from kescape.run.reader import open_run

    app = QApplication(["kescape"])
    app.setStyle("Fusion")
    theme.apply_appearance(app, theme.Appearance.LIGHT)
    settings = QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(home / "runs", settings)
    window.show()

    def wait(until: Callable[[], bool], seconds: float = 180) -> None:
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise TimeoutError("the window did not get there in time")
            app.processEvents()
            time.sleep(0.005)

    def grab(name: str) -> None:
        moment = time.monotonic() + 0.8
        wait(lambda: time.monotonic() > moment)
        FOLDER.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(FOLDER / f"{name}{suffix}.png"))

    try:
        wait(lambda: window.engines.is_warm)
        window.findChild(QPushButton, "startButton").click()
        run = window.shown_run
        assert run is not None, "Start shows the run"
        wait(lambda: run.total_steps > 0 and len(run.curve) > SHARE * run.total_steps)
        window.show_tab("escapes")
        grab("window")
        window.set_appearance(theme.Appearance.DARK)
        grab("window-dark")
        wait(lambda: not window.state.is_active)
        if not suffix:
            with open_run(run.path) as finished:
                finished.export(FOLDER / "curves.png")
        print(f"{window.state.value} after {len(run.curve):,} steps; pictures in {FOLDER}")
    finally:
        wait(lambda: window.engines.training is None)
        window.leave()
        window.deleteLater()
        app.sendPostedEvents()
        app.processEvents()
        window.engines.wait_for_ended()
    return 0


if __name__ == "__main__":
    sys.exit(main())
