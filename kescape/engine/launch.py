"""Asks for a run: its folder and settings first, then an engine process that trains it, alone or after others.

No Keras and no Qt: the window and the command line share this.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from kescape.config import ConfigError, RunConfig, toml_file
from kescape.config.backends import BACKENDS, backend_problem, check_installed
from kescape.engine.detached import Detached
from kescape.engine.keep_awake import KEEP_AWAKE
from kescape.run.errors import RunUnwritable
from kescape.run.folder import CONFIG, new_run_folder

__all__ = [
    "SPARE_BACKEND",
    "Engine",
    "EngineGone",
    "Worker",
    "backend_for",
    "prepare_run",
    "spare_can_train",
    "spawn_engine",
    "spawn_worker",
    "thread_limits",
    "write_config",
]

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


def spare_can_train(folder: Path) -> bool:
    """Whether a spare engine, which has loaded a backend and taken the CPU as one device, can train this run."""
    try:
        devices = toml_file.read(folder / CONFIG).values.get("devices", 1)
    except ConfigError:
        return True
    return devices == 1 and backend_for(folder) == SPARE_BACKEND


class Engine(Detached):
    """An engine process, as seen by the process that started it.

    It belongs to no one: it trains on when its starter ends, and everything it says about the run is
    in the run's folder. Made by `spawn_engine`. Its exit codes: 0 trained or dismissed, 1 failed, 2 no such run.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path | None) -> None:
        run = [] if folder is None else [str(folder.absolute())]
        super().__init__(["-m", "kescape.engine", *arguments, *run], environment, listens=folder is None)
        self.folder = folder
        """The run that it trains, or None while it is a spare."""

    def start(self, folder: Path) -> None:
        """Tell a spare engine which run to train; see `spare_can_train`.

        Raises:
            EngineGone: It has ended meanwhile; start another one.
        """
        if self.folder is not None:
            raise RuntimeError(f"this engine already trains {str(self.folder)!r}")
        self._tell(folder)
        self.close()
        self.folder = folder

    def close(self) -> None:
        """Dismiss a spare engine; one that trains goes on, unnoticed by this, and a worker ends when it has trained."""
        self._stop_telling()

    def _tell(self, folder: Path) -> None:
        path = str(folder.absolute())
        if "\n" in path:
            raise ValueError(f"a run folder's path must be one line; got {path!r}")
        assert self._process.stdin is not None, "an engine that waits for a run has a pipe"
        try:
            self._process.stdin.write(os.fsencode(path) + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise EngineGone(self._why_gone()) from None

    def _why_gone(self) -> str:
        last = self.complaint.splitlines()[-1:] or ["it left no message"]
        return f"the engine process {self.pid} ended with code {self.poll()}: {last[0]}"


class Worker(Engine):
    """An engine process that trains one run after the other; made by `spawn_worker`.

    Whether a run has ended is told by the run's folder. Where it cannot be told there, the process ends.
    """

    def start(self, folder: Path) -> None:
        """Tell it which run to train next; it begins when the one before has ended.

        Raises:
            EngineGone: It has ended meanwhile; start another one.
        """
        self._tell(folder)
        self.folder = folder


def spawn_engine(folder: Path | None = None, *, keep_awake: bool | None = None) -> Engine:
    """Start an engine process for a run, or a spare one that imports TensorFlow and then waits.

    A spare works at low priority and ends by itself when its starter closes it or ends.

    Args:
        folder: The run, or None for a spare.
        keep_awake: Whether the computer is kept awake while it trains; None for what `KESCAPE_KEEP_AWAKE` says.
    """
    environment = {} if keep_awake is None else {KEEP_AWAKE: "1" if keep_awake else "0"}
    return Engine([], environment, folder)


def spawn_worker(
    *,
    backend: str = SPARE_BACKEND,
    threads: int | None = None,
    environment: Mapping[str, str] | None = None,
    mortal: bool = False,
) -> Worker:
    """Start an engine process that trains one run after the other, each as if it were alone.

    It trains on when this process ends, until it has no run left; so nothing that was trained is lost.

    Args:
        backend: The one that all its runs are trained on.
        threads: How many threads compute at a time, >= 1; None for as many as there are processors.
        environment: Further variables of its environment.
        mortal: It ends at once when this process does, in the middle of a run, too.
    """
    variables = {"KERAS_BACKEND": backend, **({} if threads is None else thread_limits(threads)), **(environment or {})}
    arguments = ["--worker", *([str(os.getpid())] if mortal else [])]
    return Worker(arguments, variables, None)


def thread_limits(threads: int) -> dict[str, str]:
    """The variables of an environment in which TensorFlow and JAX compute with so many threads.

    Example:
        >>> thread_limits(1)["TF_NUM_INTRAOP_THREADS"]
        '1'
    """
    flags = os.environ.get("XLA_FLAGS", "")
    return {
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "NPROC": str(threads),  # which JAX asks for
        **({"XLA_FLAGS": f"{flags} --xla_cpu_multi_thread_eigen=false".strip()} if threads == 1 else {}),
    }
