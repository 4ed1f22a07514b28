"""Asks for a run: its folder and settings first, then an engine process that trains it.

No Keras and no Qt: the window and the command line share this.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path
from typing import IO, Any

from kescape.config import ConfigError, RunConfig, toml_file
from kescape.config.backends import BACKENDS, backend_problem, check_installed
from kescape.engine.keep_awake import KEEP_AWAKE
from kescape.run.errors import RunUnwritable
from kescape.run.folder import CONFIG, new_run_folder

__all__ = ["SPARE_BACKEND", "Engine", "EngineGone", "backend_for", "prepare_run", "spawn_engine", "write_config"]

SPARE_BACKEND = "tensorflow"
"""What a spare engine has loaded; a run on another backend needs an engine of its own."""


class EngineGone(RuntimeError):  # noqa: N818 (says what is the case, like the run's own errors)
    """The engine process ended before it could be told which run to train."""


def prepare_run(config: RunConfig, runs: Path, name: str | None = None) -> Path:
    """Create the folder of a new run and write its settings there, for an engine to find.

    Args:
        config: What to train.
        runs: The folder that runs are kept in.
        name: The folder's name; by default made of data, model and schedule. An existing run is
            never touched: `first`, then `first-2`.

    Raises:
        ConfigError: The run's backend is not installed here.
        RunError: The folder cannot be made.
    """
    check_installed(config.backend)
    folder = new_run_folder(runs, name, config.default_name())
    write_config(folder, config)
    return folder


def write_config(folder: Path, config: RunConfig) -> None:
    """Write the settings of a run into its folder, where they appear whole or not at all."""
    temporary = folder / f".{CONFIG}.tmp"
    try:
        temporary.write_text(config.to_toml(), encoding="utf-8")
        temporary.replace(folder / CONFIG)
    except OSError as error:
        raise RunUnwritable(f"The run folder {str(folder)!r} cannot be written: {error.strerror or error}.") from error


def backend_for(folder: Path) -> str:
    """The backend that Keras is to be loaded with for the run in `folder`.

    Where its settings cannot be read or need what is not installed, the one that the trainer can say so with.
    """
    try:
        backend = toml_file.read(folder / CONFIG).values.get("backend")
    except ConfigError:
        return SPARE_BACKEND
    return backend if backend in tuple(BACKENDS) and backend_problem(backend) is None else SPARE_BACKEND


class Engine:
    """An engine process, as seen by the process that started it.

    It belongs to no one: it trains on when its starter ends, and everything it says about the run is
    in the run's folder. Made by `spawn_engine`.
    """

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes], folder: Path | None) -> None:
        self._process = process
        self._said = said
        weakref.finalize(self, _let_go, process.stdin, said)
        self.folder = folder
        """The run that it trains, or None while it is a spare."""

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def start(self, folder: Path) -> None:
        """Tell a spare engine which run to train; the run's backend must be `SPARE_BACKEND`.

        Raises:
            EngineGone: It has ended meanwhile; start another one.
        """
        if self.folder is not None:
            raise RuntimeError(f"this engine already trains {str(self.folder)!r}")
        path = str(folder.absolute())
        if "\n" in path:
            raise ValueError(f"a run folder's path must be one line; got {path!r}")
        assert self._process.stdin is not None, "a spare engine has a pipe"
        try:
            with self._process.stdin as line:
                line.write(os.fsencode(path) + b"\n")
        except OSError:
            raise EngineGone(self._why_gone()) from None
        self.folder = folder

    def poll(self) -> int | None:
        """The exit code, or None while it runs: 0 trained or dismissed, 1 failed, 2 no such run."""
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; `subprocess.TimeoutExpired` if it does not within `timeout` seconds."""
        return self._process.wait(timeout)

    def close(self) -> None:
        """Dismiss a spare engine; one that trains goes on, unnoticed by this."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def kill(self) -> None:
        """End it at once, without a last word; what it recorded stays readable."""
        self._process.kill()
        self._process.wait()

    @property
    def complaint(self) -> str:
        """What it said before it had a run to write its log into; empty if all went well."""
        # Not `seek`: the child writes through the same file position.
        size = os.fstat(self._said.fileno()).st_size
        if sys.platform != "win32":
            text = os.pread(self._said.fileno(), min(size, 20_000), max(0, size - 20_000))
        else:
            self._said.seek(max(0, size - 20_000))
            text = self._said.read()
        return text.decode("utf-8", errors="replace").strip()

    def _why_gone(self) -> str:
        last = self.complaint.splitlines()[-1:] or ["it left no message"]
        return f"the engine process {self.pid} ended with code {self.poll()}: {last[0]}"


class _Unowned(subprocess.Popen[bytes]):
    """A process that may go on when nobody looks at it any more, without a warning about that."""

    def __del__(self) -> None:
        super().__del__(_warn=_say_nothing)  # type: ignore[call-arg]


def _say_nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


def _let_go(*files: IO[bytes] | None) -> None:
    """Close what a forgotten engine was held by; a spare ends when its input does."""
    for file in files:
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


def spawn_engine(folder: Path | None = None, *, keep_awake: bool | None = None) -> Engine:
    """Start an engine process for a run, or a spare one that imports TensorFlow and then waits.

    A spare works at low priority and ends by itself when its starter closes it or ends.

    Args:
        folder: The run, or None for a spare.
        keep_awake: Whether the computer is kept awake while it trains; None for what `KESCAPE_KEEP_AWAKE` says.
    """
    said = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the engine is watched)
    # -P: a random.py or keras.py in the folder one happens to be in must not be imported.
    arguments = [sys.executable, "-P", "-m", "kescape.engine"]
    options: dict[str, Any] = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    else:
        # Of its own session: neither Ctrl+C nor the end of the terminal reaches it.
        options["start_new_session"] = True
    if keep_awake is not None:
        options["env"] = {**os.environ, KEEP_AWAKE: "1" if keep_awake else "0"}
    process = _Unowned(
        arguments if folder is None else [*arguments, str(folder.absolute())],
        stdin=subprocess.PIPE if folder is None else subprocess.DEVNULL,
        # A file, never a pipe: the engine must be able to write when nobody reads any more.
        stdout=said,
        stderr=said,
        **options,
    )
    return Engine(process, said, folder)
