"""Trains runs in engine processes of this machine, as many at once as fit. No Keras and no Qt.

Each engine trains one run after the other, since to start TensorFlow takes longer than a short run. How many there are
is decided by the processors, which they share, and by the memory, which is measured while they train.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired

from kescape.compare.attempt import Attempt
from kescape.compare.place import Ended
from kescape.compare.room import (
    GIB,
    available_memory,
    fitting,
    kills_for_memory,
    memory_of,
    reserve,
    usable_cores,
    visible_gpus,
)
from kescape.config import ConfigError
from kescape.config.backends import BACKENDS
from kescape.data.words import counted
from kescape.engine.launch import SPARE_BACKEND, EngineGone, Worker, spawn_worker
from kescape.run.errors import RunError
from kescape.run.reader import open_run

__all__ = ["MOST_WORKERS", "LocalPool", "check_workers"]

MOST_WORKERS = 64

_ESTIMATE = GIB * 6 // 5
"""What an engine may need as long as none has been measured."""
_MARGIN = 1.1
"""An engine may come to need more than was measured so far."""
_MEASURE_SECONDS = 1.0
_GOODBYE_SECONDS = 10.0


def check_workers(workers: int | None) -> None:
    """Refuse a number of engines that is out of its range.

    Raises:
        ConfigError: It is.
    """
    if workers is None:
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= MOST_WORKERS:
        raise ConfigError(
            {
                "workers": f"workers must be a whole number from 1 to {MOST_WORKERS}, because each is an engine "
                f"process of this machine; got workers={workers!r}"
            }
        )


@dataclass
class _Engine:
    """An engine process of the pool."""

    worker: Worker
    threads: int
    gpu: str | None
    attempt: Attempt | None = None
    """What it trains; None while it has nothing to do."""
    is_to_stop: bool = False
    """Whether the run is still to be told to stop."""
    has_trained: bool = False
    memory: int = 0


class LocalPool:
    """Engine processes of this machine, as a place that runs are trained at.

    Without `workers` there are as many as there are processors that this process may use, or GPUs, as long as the
    memory has room for them: for the first ones that is estimated, then measured while they train.

    Args:
        workers: How many there shall be, 1 to 64, whatever the memory; None for as many as fit.
        backend: The one that all runs are trained on.
        devices: How many GPUs a run is trained on.
        tell: Gets a sentence where something happened that the folders of the runs do not tell.

    Raises:
        ConfigError: `workers` is out of its range.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        backend: str = SPARE_BACKEND,
        devices: int = 1,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        check_workers(workers)
        self._backend = backend
        self._tell = tell
        self._is_fixed = workers is not None
        self._cores = usable_cores()
        self._devices, gpus = devices, visible_gpus()
        self._gpus = [",".join(gpus[first : first + devices]) for first in range(0, len(gpus) - devices + 1, devices)]
        """Those of each engine, as `CUDA_VISIBLE_DEVICES` names them."""
        self._most = workers or len(self._gpus) or self._cores
        self._reserve = reserve()
        self._kills = kills_for_memory()
        self._need: int | None = None
        self._measured = -_MEASURE_SECONDS
        self._engines: list[_Engine] = []
        self._ended: list[Ended] = []
        self._at_once = 1
        self._measure()

    @property
    def at_once(self) -> int:
        """How many runs it trains at a time, as far as is known now."""
        return self._at_once

    @property
    def where(self) -> str:
        """Where they are trained, in words."""
        engines = counted(self._at_once, "engine")
        if self._gpus:
            engines += f" on {counted(min(self._at_once, len(self._gpus)) * self._devices, 'GPU')}"
        each = "" if self._at_once == 1 else " each"
        return f"{engines} with {counted(self._threads, 'thread')}{each}"

    @property
    def pids(self) -> list[int]:
        """The numbers of its processes."""
        return [engine.worker.pid for engine in self._engines]

    def has_room(self) -> bool:
        """Whether another run can be started now."""
        return sum(engine.attempt is not None for engine in self._engines) < self._at_once

    def start(self, folder: Path) -> None:
        """Train the run in `folder`, or let it go on."""
        while True:
            engine = next((one for one in self._engines if one.attempt is None), None) or self._spawn()
            attempt = Attempt(folder, engine.worker)
            try:
                engine.worker.start(folder)
            except EngineGone:
                self._engines.remove(engine)  # it ended while it had nothing to do
            else:
                engine.attempt, engine.is_to_stop = attempt, False
                return

    def ended(self) -> list[Ended]:
        """The runs that have ended since this was last asked."""
        for engine in list(self._engines):
            if engine.attempt is not None:
                self._look_at(engine, engine.attempt)
        if time.monotonic() - self._measured >= _MEASURE_SECONDS:
            self._measure()
        self._dismiss_what_is_too_much()
        ended, self._ended = self._ended, []
        return ended

    def stop(self) -> None:
        """Tell all runs to stop after the step that they are in; one that has not begun is told as soon as it has."""
        for engine in self._engines:
            engine.is_to_stop = True

    def close(self) -> None:
        """Let go of all processes; what still trains is ended at once, and can go on later."""
        for engine in self._engines:
            if engine.attempt is None:
                engine.worker.close()
            else:
                engine.worker.kill()
                self._ended.append(Ended(engine.attempt.folder, "Its engine process was ended."))
        until = time.monotonic() + _GOODBYE_SECONDS
        for engine in self._engines:
            try:
                engine.worker.wait(max(0.0, until - time.monotonic()))
            except TimeoutExpired:
                engine.worker.kill()
        self._engines.clear()

    @property
    def _threads(self) -> int:
        return max(1, self._cores // self._at_once)

    def _spawn(self) -> _Engine:
        gpu, environment = None, {}
        if self._gpus:
            taken = Counter(engine.gpu for engine in self._engines)
            gpu = min(self._gpus, key=lambda gpu: taken[gpu])
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        worker = spawn_worker(backend=self._backend, threads=self._threads, environment=environment)
        engine = _Engine(worker, self._threads, gpu)
        self._engines.append(engine)
        return engine

    def _look_at(self, engine: _Engine, attempt: Attempt) -> None:
        """Note whether the run of an engine has ended; tell it to stop if it still is to be told."""
        code = engine.worker.poll()
        if attempt.has_ended:
            self._ended.append(Ended(attempt.folder))
            engine.attempt = None
        elif code is not None:
            self._ended.append(Ended(attempt.folder, self._why_lost(attempt, code)))
        elif engine.is_to_stop:
            engine.is_to_stop = not attempt.tell_to_stop()
        if code is not None:
            self._engines.remove(engine)

    def _why_lost(self, attempt: Attempt, code: int) -> str:
        if code != -getattr(signal, "SIGKILL", 0):
            return f"Its engine process ended with code {code}: {attempt.last_words}."
        kills = kills_for_memory()
        if kills is not None and kills == self._kills:
            return "Its engine process was killed."
        self._kills = kills
        if self._most > 1:
            self._most = max(1, min(self._most, self._at_once) - 1)
            self._at_once = min(self._at_once, self._most)
            self._tell(f"An engine process was killed, for want of memory; from now on there are {self.where}.")
        return "Its engine process was killed, for want of memory."

    def _measure(self) -> None:
        """Find out how many engines fit."""
        self._measured = time.monotonic()
        for engine in self._engines:
            engine.memory = memory_of(engine.worker.pid)
            if engine.attempt is not None and (backend := _trains_on(engine.attempt)) is not None:
                engine.has_trained = True
                if self._gpus and backend.endswith("CPU"):
                    self._do_without_gpus()
        needs = [int(engine.memory * _MARGIN) for engine in self._engines if engine.has_trained and engine.memory]
        if needs:
            self._need = max(needs) if self._need is None else max(self._need, *needs)
        if self._is_fixed:
            self._at_once = self._most
            return
        need = self._need or _ESTIMATE
        growing = sum(max(0, need - engine.memory) for engine in self._engines if not engine.has_trained)
        free = available_memory() - self._reserve - growing
        self._at_once = min(self._most, fitting(len(self._engines), free, need))

    def _do_without_gpus(self) -> None:
        self._gpus = []
        if not self._is_fixed:
            self._most = self._cores
        self._tell(f"There is a GPU, but {BACKENDS[self._backend]} does not find it here; the processors train.")

    def _dismiss_what_is_too_much(self) -> None:
        """Let engines go that have nothing to do and are too many, or take more processors than is their share now."""
        for engine in [engine for engine in self._engines if engine.attempt is None]:
            if len(self._engines) > self._at_once or engine.threads > self._threads:
                engine.worker.close()
                self._engines.remove(engine)


def _trains_on(attempt: Attempt) -> str | None:
    """What a run is trained with, once it has taken a step; else None."""
    with contextlib.suppress(RunError), open_run(attempt.folder) as run:
        if attempt.has_begun and run.steps > run.sessions[-1].first_step:
            return run.sessions[-1].backend
    return None
