"""The real app in a process of its own, which does what it is told: it can be killed, held, and looked at.

`Window` is the handle; the process is this file. A line of JSON goes in, one with what the window shows comes out.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tests.faults.engines import SECONDS

_OF_OFFSCREEN = "This plugin does not support propagateSizeHints()"
"""What Qt says of each dialog where nothing is really shown."""


class Window:
    """An app with its window, on a runs folder; `with` closes it.

    Args:
        runs: The folder that runs are kept in.
        home: Where it keeps its settings.
        spare: Whether an engine warms up beside it, as it does for users; who starts no training saves its time.
        environment: What else its process finds in its environment.
    """

    def __init__(self, runs: Path, home: Path, *, spare: bool = False, **environment: str) -> None:
        home.mkdir(exist_ok=True)
        own = {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(home), "PYTHONFAULTHANDLER": "1"}
        if not spare:
            own["KESCAPE_HOME"] = str(home)
            (home / "preferences.toml").write_text("spare_engine = false\n")
        self._complaints = (home / "window.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.window", str(runs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            env={**os.environ, **own, **environment},
            cwd=Path(__file__).parents[2],
        )

    def tell(self, verb: str, *words: object) -> dict[str, Any]:
        """Have it do something; returns what it shows then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([verb, *map(str, words)]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the window's process ended with code {self.process.wait()}: {self.complaints[-2000:]}"
        facts: dict[str, Any] = json.loads(line)
        assert "mistake" not in facts, facts["mistake"]
        return facts

    def wait_until(self, fact: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        """Look until it shows that; returns what it shows then."""
        until = time.monotonic() + SECONDS
        while not fact(facts := self.tell("look")):
            assert time.monotonic() < until, f"{what}: not within {SECONDS:.0f} s; the window shows {facts}"
            time.sleep(0.05)
        return facts

    @property
    def complaints(self) -> str:
        """What it said on stderr: warnings of Qt and Python, and tracebacks."""
        self._complaints.seek(0)
        return "".join(line for line in self._complaints if _OF_OFFSCREEN not in line)

    def leave(self) -> int:
        """Close the window; returns the process's exit code."""
        if self.process.poll() is None:
            self.tell("leave")
        return self._wait()

    def kill(self) -> None:
        """End the process without a word, as the system does when memory is short."""
        self.process.kill()
        self._wait()

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.kill()
        self._complaints.close()

    def _wait(self) -> int:
        code = self.process.wait(SECONDS)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return code


def losses_digest(losses: np.ndarray) -> str:
    """What two processes compare curves by."""
    return hashlib.sha256(np.ascontiguousarray(losses, dtype="<f8").tobytes()).hexdigest()


# What follows runs in the window's process.


class _Hand:
    """Takes one order after the other, in the window's own thread."""

    def __init__(self, app: Any) -> None:
        from PySide6.QtCore import QTimer

        self._app = app
        self._window: Any = None
        self._orders: queue.Queue[list[str]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._timer = QTimer()
        self._timer.timeout.connect(self._work)
        self._timer.start(10)

    def _read(self) -> None:
        for line in sys.stdin:
            self._orders.put(json.loads(line))

    def _work(self) -> None:
        from kescape_gui.main_window import MainWindow

        if self._window is None:
            found = [each for each in self._app.topLevelWidgets() if isinstance(each, MainWindow)]
            if not found or not found[0].isVisible():
                return
            self._window = found[0]
        if self._orders.empty():
            return
        verb, *words = self._orders.get()
        try:
            getattr(self, f"_{verb}")(*words)
            answer = self._facts()
        except Exception as error:  # noqa: BLE001 (told to who asked)
            answer = {"mistake": repr(error)}
        print(json.dumps(answer), flush=True)
        if verb == "leave":
            self._timer.stop()
            self._window.leave()

    def _look(self) -> None:
        self._window.poll()

    def _leave(self) -> None:
        """Done after the answer."""

    def _show(self, path: str) -> None:
        self._window.show_run(Path(path))

    def _set(self, name: str, value: str) -> None:
        from PySide6.QtWidgets import QWidget

        box = self._window.findChild(QWidget, name)
        box.setValue(type(box.value())(float(value)))

    def _click(self, name: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QWidget

        button = self._window.findChild(QWidget, name)
        if not button.isEnabled():
            raise RuntimeError(f"{name} is not enabled: {button.toolTip()}")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def _row(self, number: str) -> None:
        """Choose a row of the list of runs, as a click does."""
        from PySide6.QtWidgets import QTableView

        self._window.findChild(QTableView, "runsTable").selectRow(int(number))

    def _open(self, view: str, run: str) -> None:
        """Open a view as its menu does."""
        from PySide6.QtGui import QAction

        if view == "run":
            self._window.show_run(Path(run))
        elif view == "compare":
            comparison = self._window.comparison
            self._window.show_tab(view)
            comparison.compare(Path(run))
            comparison.poll()
            comparison.compare(Path(run), False)
        elif view in ("runs", "escapes", "data", "log"):
            self._window.show_tab(view)
        else:
            words = {
                "keys": "Keys",
                "about": "About KEscape",
                "draft": "New draft",
                "setup": "Setup of the next run",
                "comparison": "New comparison",
            }
            wanted = words.get(view, view.capitalize())
            actions = {each.text().replace("&", "").rstrip("…"): each for each in self._window.findChildren(QAction)}
            actions[wanted].trigger()
            if actions[wanted].isCheckable():
                actions[wanted].trigger()
        self._window.poll()

    def _close(self) -> None:
        """Close whatever stands before the window."""
        from PySide6.QtWidgets import QDialog, QWidget

        for dialog in self._window.findChildren(QDialog):
            dialog.reject()
        for beside in self._window.findChildren(QWidget, "comparisonWindow"):
            beside.close()

    def _facts(self) -> dict[str, Any]:
        from PySide6.QtWidgets import QDialog, QLabel, QTableView, QWidget

        window = self._window
        run = window.shown_run
        rows = window.findChild(QTableView, "runsTable").model()
        return {
            "state": window.state.value,
            "status": window.findChild(QLabel, "statusLabel").text(),
            "run": str(run.path) if run else None,
            "points": len(run.curve) if run else 0,
            "losses": losses_digest(run.curve.loss) if run else "",
            "rows": rows.rowCount(),
            "problem": run.problem if run else None,
            "etaMax": window.findChild(QWidget, "etaMaxBox").value(),
            "dialogs": [each.windowTitle() for each in window.findChildren(QDialog) if each.isVisible()],
            "kept": run.curve.nbytes if run else 0,
            "memory": psutil.Process().memory_info().rss,
        }


def main(runs: str) -> int:
    """Open the app and wait for orders; returns its exit code."""
    from kescape_gui import app
    from PySide6.QtWidgets import QApplication

    made = QApplication(["kescape-faults"])
    hand = _Hand(made)
    try:
        return app.main(["--runs", runs])
    finally:
        del hand


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
