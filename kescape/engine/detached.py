"""Processes that outlive the one that started them: how they are started, and what they do first. No Keras, no Qt.

Such a process says what happens in a folder of its own, and prints into a file there. Until it has got so far, what it
says is kept for its starter.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

__all__ = ["Detached", "outlive_the_parent", "print_into", "print_to", "printed"]


class Detached:
    """A process that belongs to no one, as seen by the one that starts it.

    Args:
        arguments: Of Python, for example `["-m", "kescape.engine"]`.
        environment: Variables that it gets besides those of this process.
        listens: Whether it is told more on stdin, which ends when this object is forgotten.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], *, listens: bool = False) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process is watched)
        options: dict[str, Any] = {}
        if sys.platform == "win32":
            options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        else:
            # Of its own session: neither Ctrl+C nor the end of the terminal reaches it.
            options["start_new_session"] = True
        self._process = _Unowned(
            # -P: a random.py or keras.py in the folder one happens to be in must not be imported.
            [sys.executable, "-P", *arguments],
            stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
            # A file, never a pipe: it must be able to write when nobody reads any more.
            stdout=self._said,
            stderr=self._said,
            env={**os.environ, **environment},
            **options,
        )
        weakref.finalize(self, _let_go, self._process.stdin, self._said)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; `subprocess.TimeoutExpired` if it does not within `timeout` seconds."""
        return self._process.wait(timeout)

    def kill(self) -> None:
        """End it at once, without a last word; what it recorded stays readable."""
        self._process.kill()
        self._process.wait()

    @property
    def complaint(self) -> str:
        """What it said before it had a file to write its log into; empty if all went well."""
        return printed(self._said)

    def _stop_telling(self) -> None:
        _let_go(self._process.stdin)


def printed(file: IO[bytes]) -> str:
    """The end of what a process prints into a file that was given to it; of some 20,000 characters at most."""
    # Not `seek`: the child writes through the same file position.
    size = os.fstat(file.fileno()).st_size
    if sys.platform != "win32":
        text = os.pread(file.fileno(), min(size, 20_000), max(0, size - 20_000))
    else:
        file.seek(max(0, size - 20_000))
        text = file.read()
    return text.decode("utf-8", errors="replace").strip()


class _Unowned(subprocess.Popen[bytes]):
    """A process that may go on when nobody looks at it any more, without a warning about that."""

    def __del__(self) -> None:
        super().__del__(_warn=_say_nothing)  # type: ignore[call-arg]


def _say_nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


def _let_go(*files: IO[bytes] | None) -> None:
    """Close what a forgotten process was held by; one that listens ends when its input does."""
    for file in files:
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


def outlive_the_parent() -> None:
    """Go on when the window, the terminal or the shell that started this process goes away."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def print_into(path: Path) -> None:
    """Send what this process and its libraries print to a file, crashes included."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    print_to(log, log)
    os.close(log)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable(file=2)


def print_to(out: int, err: int) -> None:
    """Send what this process prints to two open files."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(out, 1)
    os.dup2(err, 2)
