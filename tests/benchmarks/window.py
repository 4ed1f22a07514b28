"""What an open window costs a training, and whether the window keeps its budgets.

The cost: the real app follows a real engine, or is held still, in turn. One engine trains the app's default run all
along. A process that is held uses no processor, so that engine, machine and run are the same in both arms.

The budgets: the life of the real app from launch to the end of a training, and real plots of recorded runs, each in a
process of its own.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from kescape.config import RunConfig
from kescape.engine.launch import prepare_run, spawn_engine
from kescape.run.commands import send_command
from kescape.run.folder import DATABASE
from kescape.run.reader import Run, open_run
from tests.benchmarks import window_frames
from tests.benchmarks.measure import Arm, Took, interleave, ratios, table
from tests.benchmarks.window_life import measure

STEPS = 1000
"""What the figures are for; a slice has more of them."""

_SETTLE_SECONDS = 0.5
_START_SECONDS = 120.0


def run(small: bool, console: Console) -> dict[str, object]:
    """Measure, print the tables, return what the JSON keeps."""
    return {"cost": _cost(small, console), "budgets": _budgets(small, console)}


def _budgets(small: bool, console: Console) -> list[dict[str, object]]:
    steps, frames, lives = (20_000, 20, 1) if small else (10_000_000, 200, 3)
    home = Path(tempfile.mkdtemp(prefix="kescape-benchmark-"))
    try:
        # Of several lives the best one: what else the machine does only ever adds.
        lived = [measure(home / f"life-{number}", epochs=7 if small else 70) for number in range(lives)]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    opened = _alone(window_frames.opening, steps)
    one = _alone(window_frames.one_long_run, steps, frames)
    eight = _alone(window_frames.eight_runs, steps // 10, frames)

    def best(name: str) -> float:
        return min(life[name] for life in lived)

    rows = [
        _Budget("S4", "launch to usable window", best("launch_s"), 1.0, "s"),
        _Budget("S5", "Start to first point, engine warm", best("first_point_s"), 1.0, "s"),
        _Budget("S6", "step done to pixel, p95", best("pixel_p95_ms"), 150.0, "ms"),
        _Budget("S7", f"a frame of 1 x {steps:,} steps moving, p95", one.p95, 16.7, "ms"),
        _Budget("S7", f"a frame of 8 x {steps // 10:,} steps moving, p95", eight.p95, 16.7, "ms"),
        _Budget("S8", f"finished run of {steps:,} steps drawn", opened.seconds, 0.5, "s"),
        _Budget("S9", "memory of a step", opened.bytes_a_step, 48.0, "bytes"),
        _Budget("S10", "longest gap of the event loop, training", best("gap_max_ms"), 50.0, "ms"),
        _Budget("S10", "longest gap, that run opened", opened.longest_gap, 50.0, "ms"),
        _Budget("S10", "longest gap, 8 runs moved", eight.longest_gap, 50.0, "ms"),
    ]
    shown = Table(title=f"The window's budgets; the best of {lives} lives of the app", title_justify="left")
    for heading in ("", "what", "measured", "budget", "kept"):
        shown.add_column(heading, justify="right" if heading in ("measured", "budget") else "left", no_wrap=True)
    for row in rows:
        kept = "yes" if row.measured <= row.budget else "no"
        shown.add_row(row.promise, row.what, f"{row.measured:.3g} {row.unit}", f"{row.budget:g} {row.unit}", kept)
    console.print(shown)
    return [dataclasses.asdict(row) for row in rows]


@dataclass(frozen=True)
class _Budget:
    promise: str
    what: str
    measured: float
    budget: float
    unit: str


def _alone(work: Callable[..., Any], *arguments: object) -> Any:
    """What `work` returns in a new process: plots, memory and garbage of the one before are not in its way."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _cost(small: bool, console: Console) -> dict[str, object]:
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
