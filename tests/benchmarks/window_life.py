"""The real app from its launch to the end of a training, in a process of its own, by the clock.

`measure` starts it. The process is this file: it opens the app as users do, presses Start, and prints what it saw.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

_SECONDS = 180.0
_TICK_MILLISECONDS = 5


def measure(home: Path, *, epochs: int) -> dict[str, float]:
    """Seconds and milliseconds of one life of the window: see `_Life.figures`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.window_life", str(home / "runs"), str(epochs)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(home / "settings")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=2 * _SECONDS,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if "steps" not in figures:
        raise TimeoutError(f"the window has not come to the end of its training in {_SECONDS:g} s; got {figures}")
    return figures


# What follows runs in the window's process.


class _Life:
    """Watches the window: waits for what comes next on a timer, never in a loop that would hold it up."""

    def __init__(self, epochs: int) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.figures: dict[str, float] = {}
        self._epochs = epochs
        self._window: Any = None
        self._started = 0.0
        self._ticks: list[float] = []
        self._drawn: list[tuple[float, int]] = []
        self._until = time.monotonic() + _SECONDS
        self._stage = self._wait_for_the_window
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MILLISECONDS)

    def _tick(self) -> None:
        self._ticks.append(time.perf_counter())
        if time.monotonic() > self._until:
            self._timer.stop()
            if self._window is not None:
                self._window.leave()
            else:
                from PySide6.QtWidgets import QApplication

                QApplication.quit()
            return
        self._stage()

    def _wait_for_the_window(self) -> None:
        from kescape_gui.main_window import MainWindow
        from PySide6.QtWidgets import QApplication, QWidget

        found = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)]
        if found and found[0].findChild(QWidget, "lossPlot") is not None and found[0].curves.planned_line()[0].size:
            # The plan of the draft is drawn, and the event loop is awake: this tick came through it.
            import psutil

            self.figures["launch_s"] = time.time() - psutil.Process().create_time()
            self._window = found[0]
            # Offscreen, Qt's own screen is lower than the window is meant to be.
            self._window.resize(1300, 800)
            self._stage = self._wait_for_the_engine

    def _wait_for_the_engine(self) -> None:
        if self._window.engines.is_warm:
            from PySide6.QtWidgets import QWidget

            find = self._window.findChild
            find(QWidget, "epochsBox").setValue(self._epochs)
            self._ticks.clear()
            self._started = time.perf_counter()
            find(QWidget, "startButton").click()
            self._stage = self._watch

    def _watch(self) -> None:
        drawn = self._window.curves.drawn_steps
        if drawn and (not self._drawn or drawn != self._drawn[-1][1]):
            # A tick comes after the paint that a redraw asked for.
            self._drawn.append((time.time(), drawn))
            self.figures.setdefault("first_point_s", time.perf_counter() - self._started)
        if not self._window.state.is_active:
            self._stage = self._leave

    def _leave(self) -> None:
        run = self._window.shown_run
        from kescape.run.reader import open_run

        with open_run(run.path) as read:
            ended = read.created + read.curves(names=["time"])["time"]
        before, waits = 0, []
        for moment, drawn in self._drawn:
            waits.append(moment - ended[before:drawn])
            before = drawn
        gaps = np.diff(self._ticks)
        self.figures |= {
            "steps": float(before),
            "pixel_p95_ms": 1000 * float(np.quantile(np.concatenate(waits), 0.95)),
            "gap_max_ms": 1000 * float(gaps.max()),
            "gap_p99_ms": 1000 * float(np.quantile(gaps, 0.99)),
        }
        self._timer.stop()
        self._window.leave()


def _main(runs: str, epochs: str) -> int:
    from kescape_gui import app
    from PySide6.QtWidgets import QApplication

    # Made here so that a timer can look on from the start; the app takes it over.
    application = QApplication(["kescape"])
    life = _Life(int(epochs))
    code = app.main(["--runs", runs])
    del application
    print(json.dumps(life.figures))
    return code


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
