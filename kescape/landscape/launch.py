"""Starts the process that computes a landscape, and follows it. No Keras and no Qt."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kescape.landscape.request import LandscapeRequest

__all__ = ["LandscapeProcess"]


class LandscapeProcess:
    """A process that computes a landscape of the run in `folder`; what it knows is read with `read_landscape`.

    It ends when it is closed, and with the process that started it.

    Args:
        folder: The run's folder.
        request: What it computes.
    """

    def __init__(self, folder: Path, request: LandscapeRequest) -> None:
        handle, name = tempfile.mkstemp(prefix="kescape-landscape-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(request.to_json())
        self._asked = Path(name)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process is followed)
        options: dict[str, Any] = {}
        if sys.platform == "win32":
            options["creationflags"] = subprocess.CREATE_NO_WINDOW
        self._process = subprocess.Popen(
            # -P: a random.py or keras.py in the folder one happens to be in must not be imported.
            [sys.executable, "-P", "-m", "kescape.landscape", str(folder.absolute()), name],
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            **options,
        )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def wait(self, timeout: float) -> int | None:
        """Its exit code, see `kescape.landscape.process`; None if it does not end within so many seconds."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """Let it end if it has not; what it has written stays."""
        self._asked.unlink(missing_ok=True)
        self._process.wait()
        self._said.close()

    @property
    def complaint(self) -> str:
        """The sentence in which it said why it failed."""
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it left no message"
