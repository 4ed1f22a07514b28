"""What an open window costs a training: the real app follows a real engine, or is held still, in turn.

One engine trains the app's default run all along. A process that is held uses no processor, so that engine, machine and
run are the same in both arms.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console

from kescape.config import RunConfig
from kescape.engine.launch import prepare_run, spawn_engine
from kescape.run.commands import send_command
from kescape.run.folder import DATABASE
from kescape.run.reader import Run, open_run
from tests.benchmarks.measure import Arm, Took, interleave, ratios, table

STEPS = 1000
"""What the figures are for; a slice has more of them."""

_SETTLE_SECONDS = 0.5
_START_SECONDS = 120.0


def run(small: bool, console: Console) -> dict[str, object]:
    """Measure, print the table, return what the JSON keeps."""
    rounds, seconds = (2, 1.0) if small else (10, 4.0)
    home = Path(tempfile.mkdtemp(prefix="kescape-benchmark-"))
    config = RunConfig(epochs=50_000)
    folder = prepare_run(config, home / "runs")
    engine = spawn_engine(folder)
    window = None
    try:
        with open_run(folder) as training:
            _wait_for_steps(training, 2000)
            window = _open_window(home)
            _wait_until_it_follows(window, folder)
            follow = _Slices(training, psutil.Process(engine.pid), window, seconds)
            arms = [Arm("the engine alone", follow.alone), Arm("a window open, following", follow.followed)]
            interleave(arms, rounds)
            steps = training.steps
            send_command(folder, "stop")
        engine.wait(60)
    finally:
        if window is not None:
            window.resume()
            window.kill()
            window.wait()
        if engine.poll() is None:
            engine.kill()
        shutil.rmtree(home, ignore_errors=True)
    rows = ratios(arms)
    title = f"{STEPS} steps of the default run, {rounds} rounds of {seconds:g} s, up to step {steps:,}; lower quartiles"
    console.print(table(title, rows, STEPS))
    share = sum(follow.shares[1:]) / len(follow.shares[1:])
    console.print(f"The window itself takes {share:.0%} of one processor while it follows.")
    console.print("Target S3: 1.10x or less.\n")
    return {"rows": rows, "window_share_of_a_processor": share, "target": {"S3": 1.10}}


class _Slices:
    """Stretches of one training, with the window awake or held."""

    def __init__(self, training: Run, engine: psutil.Process, window: psutil.Process, seconds: float) -> None:
        self._training = training
        self._engine = engine
        self._window = window
        self._seconds = seconds
        self.shares: list[float] = []
        """Processor time of the window by the clock, in each slice that it followed."""

    def alone(self) -> Took:
        """The window is there, but held."""
        self._window.suspend()
        return self._slice()

    def followed(self) -> Took:
        """The window reads and draws."""
        self._window.resume()
        time.sleep(_SETTLE_SECONDS)  # catches up with what it has missed
        before, began = sum(self._window.cpu_times()[:2]), time.perf_counter()
        took = self._slice()
        self.shares.append((sum(self._window.cpu_times()[:2]) - before) / (time.perf_counter() - began))
        return took

    def _slice(self) -> Took:
        """Wall and CPU seconds that `STEPS` steps took the engine, by its own clock."""
        time.sleep(_SETTLE_SECONDS)
        since, cpu = self._training.steps, sum(self._engine.cpu_times()[:2])
        time.sleep(self._seconds)
        cpu = sum(self._engine.cpu_times()[:2]) - cpu
        times = self._training.curves(since, ["time"])["time"]
        a_step = float(times[-1] - times[0]) / (len(times) - 1)
        return Took(a_step * STEPS, cpu / len(times) * STEPS)


def _wait_for_steps(training: Run, steps: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while training.steps < steps:
        if time.monotonic() > end:
            raise TimeoutError(f"the engine has not trained {steps} steps in {_START_SECONDS:g} s")
        time.sleep(0.1)


def _open_window(home: Path) -> psutil.Process:
    """The app as users start it, without a screen and with settings of its own; it takes up what trains."""
    started = subprocess.Popen(
        [sys.executable, "-m", "kescape_gui", "--runs", str(home / "runs")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(home / "settings")},
        stdout=subprocess.DEVNULL,
    )
    return psutil.Process(started.pid)


def _wait_until_it_follows(window: psutil.Process, folder: Path) -> None:
    """The window keeps the run's file open, and has done all that comes with its start."""
    database = str((folder / DATABASE).resolve())
    end = time.monotonic() + _START_SECONDS
    seen = 0
    while seen < 10:
        if time.monotonic() > end:
            raise TimeoutError("the window does not show the run in time")
        time.sleep(0.3)
        seen = seen + 1 if any(file.path == database for file in window.open_files()) else 0
