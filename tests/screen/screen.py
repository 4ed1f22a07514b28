"""A screen of our own: Xvfb with a window manager where there is one, and a hand that moves its mouse and types."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NEEDED = ("Xvfb", "xdotool")

_SECONDS = 90.0
_STILL_SECONDS = 0.6
_MOVE_SECONDS = 0.03


class Screen:
    """The window on its screen: what it shows, and what is done to it."""

    def __init__(self, display: str, report: Path, process: subprocess.Popen[bytes]) -> None:
        self._environment = {**os.environ, "DISPLAY": display}
        self._report = report
        self.process = process

    def facts(self) -> dict[str, Any]:
        """What the window shows: states, texts and places of its widgets, some ten times a second."""
        try:
            return dict(json.loads(self._report.read_text()))
        except (OSError, ValueError):
            return {}

    def wait_until(self, fact: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        """Look until it is so."""
        until = time.monotonic() + _SECONDS
        while not ((facts := self.facts()) and fact(facts)):
            assert self.process.poll() is None, f"{what}: the app has ended with code {self.process.returncode}"
            assert time.monotonic() < until, f"{what}: not within {_SECONDS:.0f} s; the window shows {facts}"
            time.sleep(0.05)
        return facts

    def wait_for_a_still_window(self) -> None:
        """A window manager moves a new window once more, and only then gives it the keyboard."""
        place: object = None
        since = time.monotonic()

        def is_still(facts: dict[str, Any]) -> bool:
            nonlocal place, since
            now = facts["places"].get("startButton")
            if now != place or facts.get("focus") is None:
                place, since = now, time.monotonic()
            return time.monotonic() - since > _STILL_SECONDS

        self.wait_until(is_still, "the window is open and stands still")

    def press(self, *keys: str) -> None:
        """Press keys, as `xdotool` names them."""
        self._xdotool("key", "--clearmodifiers", *keys)

    def write(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "20", text)

    def click(self, name: str, at: tuple[float, float] = (0.5, 0.5), times: int = 1) -> None:
        """Click on a widget, by its name, at a share of its width and height."""
        x, y = self._place(name, at)
        self._xdotool("mousemove", x, y, "click", "--repeat", str(times), "--delay", "60", "1")

    def drag(self, name: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag across a widget with the left button."""
        places = [
            self._place(name, tuple(a + share / 5 * (b - a) for a, b in zip(start, end, strict=True)))
            for share in range(6)
        ]
        self._xdotool("mousemove", *places[0], "mousedown", "1")
        for place in places:
            # As fast as a hand: plots look at the mouse a hundred times a second, no more.
            time.sleep(_MOVE_SECONDS)
            self._xdotool("mousemove", *place)
        self._xdotool("mouseup", "1")

    def turn_wheel(self, name: str, clicks: int) -> None:
        """Turn the wheel over a widget: away from the hand if positive."""
        self._xdotool("mousemove", *self._place(name, (0.5, 0.5)))
        self._xdotool("click", "--repeat", str(abs(clicks)), "4" if clicks > 0 else "5")

    def _place(self, name: str, at: tuple[float, ...]) -> tuple[str, str]:
        x, y, width, height = self.wait_until(lambda facts: name in facts["places"], f"{name} is seen")["places"][name]
        return str(round(x + at[0] * width)), str(round(y + at[1] * height))

    def _xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self._environment, check=True, timeout=_SECONDS)


@contextlib.contextmanager
def opened(home: Path, size: tuple[int, int] = (1400, 900)) -> Iterator[Screen]:
    """The app on a screen of its own, until the block ends."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    others: list[subprocess.Popen[bytes]] = []
    try:
        with os.fdopen(read) as number:
            display = f":{number.readline().strip()}"
        environment = {
            **os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": str(home / "settings"),
        }  # fmt: skip
        if shutil.which("openbox") is not None:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            others.append(subprocess.Popen(["openbox"], env=environment, **quiet))
        with (home / "window.log").open("wb") as log:
            report = home / "window.json"
            app = subprocess.Popen(
                [sys.executable, "-m", "tests.screen.seen_window", str(home / "runs"), str(report)],
                env=environment,
                stderr=log,
                cwd=Path(__file__).parents[2],
            )
            others.append(app)
            yield Screen(display, report, app)
    finally:
        for process in reversed(others):
            if process.poll() is None:
                process.kill()
            process.wait()
        server.terminate()
        server.wait()
