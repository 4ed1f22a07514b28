"""Trains runs on a node of a cluster, one after the other. Runs there; knows neither Ray nor Keras."""

from __future__ import annotations

import contextlib
import platform
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kescape.compare.attempt import Attempt
from kescape.compare.cluster.mirror import Changes, Original
from kescape.compare.cluster.versions import installed_versions
from kescape.engine.launch import Worker, backend_for, spawn_worker
from kescape.run.folder import COMMANDS
from kescape.run.lock import LOCK_FILE, EngineLock, lock_is_held

__all__ = ["Look", "RemoteSlot", "SlotFacts"]

LOOK_SECONDS = 0.2
"""The shortest time from one look to the next."""
_END_SECONDS = 0.02
"""How soon an end is seen, since another run may wait for its processor."""
_LARGEST_SHARE = 0.1
"""Looks that take long are rarer, so that the training gets at least the rest of the time."""

_HOME = "kescape-slot-"
_STALE_SECONDS = 3600.0


@dataclass(frozen=True)
class SlotFacts:
    """What a slot says of itself: the name of its computer, and the versions that are installed there."""

    host: str
    versions: dict[str, str | None]


@dataclass(frozen=True)
class Look:
    """What a look at a run shows.

    Attributes:
        changes: What has changed in its folder since the last look.
        ended: Whether it is not trained any more, and these are the last changes.
        lost: Why its process went away without a last word, in a sentence.
    """

    changes: Changes
    ended: bool = False
    lost: str | None = None


class RemoteSlot:
    """An engine process on a node, and the folder of the run that it trains; the actor that Ray starts.

    The process ends at once when this one does, however that ends.

    Args:
        threads: How many threads it computes with.
        gpu: Whether it may use the GPUs that it sees.
    """

    def __init__(self, threads: int, gpu: bool) -> None:
        self._threads = threads
        self._environment = {} if gpu else {"CUDA_VISIBLE_DEVICES": "-1"}
        _remove_what_others_left()
        self._home = Path(tempfile.mkdtemp(prefix=_HOME))
        self._lock = EngineLock(self._home)
        self._lock.acquire()
        self._worker: tuple[str, Worker] | None = None
        self._attempt: Attempt | None = None
        self._original: Original | None = None
        self._is_told = False
        self._next = 0.0

    def facts(self) -> SlotFacts:
        """What this computer is called, and what is installed here."""
        return SlotFacts(platform.node(), installed_versions())

    def train(self, name: str, files: Mapping[str, bytes]) -> Look:
        """Begin to train a run; looks then tell how it goes.

        Args:
            name: The name of its folder.
            files: What is in there, by the names in the folder.
        """
        folder = self._home / name
        for file, content in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        worker = self._worker_for(backend_for(folder))
        self._original = Original(folder)
        self._attempt = Attempt(folder, worker)
        self._is_told = False
        worker.start(folder)
        return Look(Changes())

    def look(self, commands: Mapping[str, bytes], stop: bool) -> Look:
        """What has changed in the run's folder since the last look, a moment ago at least.

        Args:
            commands: Files for the folder that the run finds its commands in, by their names.
            stop: Whether the run is to stop after the step that it is in.
        """
        assert self._attempt is not None, "a look is at a run"
        assert self._original is not None, "a look is at a run"
        attempt = self._attempt
        for name, content in commands.items():
            _drop(attempt.folder / COMMANDS, name, content)
        while time.monotonic() < self._next and not attempt.has_ended:
            time.sleep(_END_SECONDS)
        if attempt.has_ended:
            return self._last_look(None)
        code = attempt.worker.poll()
        if code is not None:
            return self._last_look(_why_lost(attempt, code))
        if stop and not self._is_told:
            self._is_told = attempt.tell_to_stop()
            if not self._is_told:
                return self._last_look(None)  # nothing has been trained yet
        began = time.monotonic()
        changes = self._original.changes()
        now = time.monotonic()
        self._next = now + max(LOOK_SECONDS, (now - began) / _LARGEST_SHARE)
        return Look(changes)

    def end(self) -> None:
        """End the process at once, and leave nothing behind."""
        self._let_go_of_run()
        if self._worker is not None:
            self._worker[1].kill()
            self._worker = None
        self._lock.release()
        shutil.rmtree(self._home, ignore_errors=True)

    def _worker_for(self, backend: str) -> Worker:
        """The engine process, or a new one where it trains on another backend, or is gone."""
        if self._worker is not None and (self._worker[0] != backend or self._worker[1].poll() is not None):
            self._worker[1].kill()
            self._worker = None
        if self._worker is None:
            worker = spawn_worker(backend=backend, threads=self._threads, environment=self._environment, mortal=True)
            self._worker = backend, worker
        return self._worker[1]

    def _last_look(self, lost: str | None) -> Look:
        """All that is still to be brought of a run that is not trained any more."""
        assert self._attempt is not None, "a look is at a run"
        assert self._original is not None, "a look is at a run"
        if not self._attempt.has_ended:
            self._attempt.worker.kill()
        elif self._attempt.has_failed:
            time.sleep(LOOK_SECONDS)  # why is printed last
        changes = self._original.changes(last=True)
        self._let_go_of_run()
        return Look(changes, ended=True, lost=lost)

    def _let_go_of_run(self) -> None:
        if self._original is not None:
            self._original.close()
        if self._attempt is not None:
            shutil.rmtree(self._attempt.folder, ignore_errors=True)
        self._original = self._attempt = None


def _why_lost(attempt: Attempt, code: int) -> str:
    if code == -getattr(signal, "SIGKILL", 0):
        return f"Its engine process on {platform.node()} was killed."
    return f"Its engine process on {platform.node()} ended with code {code}: {attempt.last_words}."


def _drop(inbox: Path, name: str, content: bytes) -> None:
    """Leave a command for the run; its name is that of a file, whatever it says."""
    inbox.mkdir(exist_ok=True)
    temporary = inbox / f".{Path(name).name}"
    temporary.write_bytes(content)
    temporary.replace(inbox / Path(name).name)


def _remove_what_others_left() -> None:
    """Remove the folders of slots whose process was killed; each holds a lock on its own."""
    for home in Path(tempfile.gettempdir()).glob(f"{_HOME}*"):
        with contextlib.suppress(OSError):
            is_old = time.time() - (home / LOCK_FILE).stat().st_mtime > _STALE_SECONDS
            if is_old and lock_is_held(home) is False:
                shutil.rmtree(home, ignore_errors=True)
