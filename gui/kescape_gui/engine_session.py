"""The engine processes that belong to this window: a spare one that warms up, the one that trains, and one that tests.

What a run is doing is read from its folder, never from here. This class only starts processes, and notices when one
ends before it could leave a word in the folder.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psutil

from kescape.config import RunConfig
from kescape.engine.launch import Engine, EngineGone, prepare_run, spare_can_train, spawn_engine
from kescape.engine.range_request import Sweep, prepare_range_test, remove_range_test
from kescape_gui.engine_end import EngineEnd

_IDLE_SECONDS = 0.6
"""A spare that used no processor time for so long has imported all it needs and waits."""


class EngineSession:
    """Starts engines. Spare and range test are ended when the window closes; a training goes on without it."""

    def __init__(self, runs: Path, *, keep_awake: bool = True) -> None:
        self._runs = runs
        self._keep_awake = keep_awake
        self._spare: Engine | None = None
        self._spare_started = 0.0
        self._busy_at = 0.0
        self._cpu_seconds = 0.0
        self._is_warm = False
        self._training: Engine | None = None
        self._testing: Engine | None = None
        self._ended: list[Engine] = []
        self._was_killed = False

    @property
    def is_warm(self) -> bool:
        """Whether a spare has loaded TensorFlow and waits for a run."""
        return self._spare is not None and self._is_warm

    @property
    def is_warming(self) -> bool:
        """Whether a spare is loading TensorFlow."""
        return self._spare is not None and not self._is_warm

    @property
    def training(self) -> Path | None:
        """The folder of the run that our engine trains now."""
        return self._training.folder if self._training is not None else None

    def warm_up(self) -> None:
        """Start a spare, unless there is one, or a range test needs the processor; it works at low priority."""
        if self._spare is not None or (self._testing is not None and self._testing.poll() is None):
            return
        self._spare = spawn_engine(keep_awake=self._keep_awake)
        self._is_warm = False
        self._spare_started = self._busy_at = time.monotonic()
        self._cpu_seconds = 0.0

    def start(self, config: RunConfig, name: str | None = None) -> Path:
        """Ask for a run and hand it to the spare, or to a new engine if there is none; returns its folder.

        Without a name it is called after its data, model and schedule, or after the run that it starts from.

        Raises:
            RunError: The folder cannot be made.
        """
        folder = prepare_run(config, self._runs, name)
        self.train(folder)
        return folder

    def train(self, folder: Path) -> None:
        """Hand a run that was asked for, or asked to go on, to the spare, or to a new engine if there is none."""
        engine = self._engine_for(folder)
        if self._training is not None:
            # Its run has ended; it may still be writing the model.
            self._ended.append(self._training)
        self._training = engine
        self._was_killed = False

    def _engine_for(self, folder: Path) -> Engine:
        """The spare, told to train what lies in `folder`, or a new engine if there is none that could."""
        engine = None
        if spare_can_train(folder):
            engine, self._spare = self._spare, None
        if engine is not None:
            try:
                engine.start(folder)
            except EngineGone:
                engine.close()
                engine = None
        return engine or spawn_engine(folder, keep_awake=self._keep_awake)

    # Range tests.

    def start_range_test(self, config: RunConfig, sweep: Sweep) -> Path:
        """Test the rates of a configuration, in place of a test that was going on; returns the test's folder.

        Raises:
            ConfigError: The backend is not installed here.
            RunError: The folder cannot be made.
        """
        self.end_range_test()
        folder = prepare_range_test(config, self._runs, sweep)
        self._testing = self._engine_for(folder)
        return folder

    def range_test_ended(self) -> EngineEnd | None:
        """How the engine that tests has ended, once it has."""
        engine = self._testing
        if engine is None or (code := engine.poll()) is None:
            return None
        assert engine.folder is not None
        return EngineEnd(engine.folder, code, engine.complaint)

    def end_range_test(self) -> None:
        """End the test, if there is one, at once; nothing of it stays."""
        engine, self._testing = self._testing, None
        if engine is None:
            return
        if engine.poll() is None:
            engine.kill()
        assert engine.folder is not None
        remove_range_test(engine.folder)

    def poll(self) -> EngineEnd | None:
        """Look after the processes; the end of a training that has ended since."""
        self._look_at_spare()
        self._ended = [engine for engine in self._ended if engine.poll() is None]
        engine = self._training
        if engine is None or (code := engine.poll()) is None:
            return None
        self._training = None
        assert engine.folder is not None
        return EngineEnd(engine.folder, code, engine.complaint, was_wanted=self._was_killed)

    def kill_training(self) -> None:
        """End our training at once: for one that has not begun to listen, or does not answer."""
        if self._training is not None:
            self._was_killed = self._training.poll() is None
            self._training.kill()

    def keep_awake(self, wanted: bool) -> None:
        """Say whether the computer is to be kept awake by the trainings that begin from now on."""
        if wanted != self._keep_awake:
            self._keep_awake = wanted
            # The spare was told something else.
            self.dismiss_spare()

    def close(self) -> None:
        """The window goes: dismiss the spare and end a range test; a training goes on."""
        self.end_range_test()
        self.dismiss_spare()

    def dismiss_spare(self) -> None:
        """Let the spare go, if there is one."""
        if self._spare is not None:
            self._spare.close()
            self._ended.append(self._spare)
            self._spare = None

    def wait_for_ended(self, timeout: float = 10.0) -> None:
        """Wait until the engines that have nothing more to do are gone."""
        for engine in self._ended:
            engine.wait(timeout)
        self._ended.clear()

    def _look_at_spare(self) -> None:
        spare = self._spare
        if spare is None or self._is_warm:
            return
        if spare.poll() is not None:
            # It said why on its own; the next Start begins a fresh engine, whose log will tell.
            spare.close()
            self._spare = None
            return
        now = time.monotonic()
        with contextlib.suppress(psutil.Error):
            used = psutil.Process(spare.pid).cpu_times()
            total = used.user + used.system
            if total > self._cpu_seconds + 0.015:
                self._cpu_seconds, self._busy_at = total, now
        self._is_warm = total_is_plausible(self._cpu_seconds) and now - self._busy_at > _IDLE_SECONDS


def total_is_plausible(cpu_seconds: float) -> bool:
    """Whether a process that used so much processor time can have imported TensorFlow."""
    return cpu_seconds > 1.0
