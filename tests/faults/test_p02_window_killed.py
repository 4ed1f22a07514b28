"""P2: kill -9 of the window: the training goes on in the same process, and a new window shows every point."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import psutil

from kescape.run.reader import Run, open_run
from tests.faults.engines import wait_until
from tests.faults.report import Report
from tests.faults.window import Window, losses_digest


def check(folder: Path, full: bool) -> Report:
    """Start a training in a window, kill the window, and open another one."""
    report = Report("P2", "kill -9 of the window while it trains")
    kills = 5 if full else 1
    pauses: list[float] = []
    points = 0
    for number in range(kills):
        # Every other time right after Start, while TensorFlow is still loading.
        points += _kill_one(folder / f"runs {number}", folder, number % 2 == 1, pauses, report)
    report.tried = f"{kills} {'kill' if kills == 1 else 'kills'}, the engine's process and session looked at"
    report.lost = f"nothing: all {points:,} points are in the second window, bit for bit"
    report.worst = f"{1000 * max(pauses):.0f} ms between two steps around a kill"
    return report


def _kill_one(runs: Path, home: Path, at_once: bool, pauses: list[float], report: Report) -> int:
    with Window(runs, home / "settings", spare=True) as first:
        first.tell("set", "epochsBox", 50_000)
        first.tell("click", "startButton")
        folder = Path(first.wait_until(lambda facts: facts["run"], "the window starts a run")["run"])
        if not at_once:
            first.wait_until(lambda facts: facts["points"] > 300, "the window shows points")
        first.kill()
        killed = time.time()
    with open_run(folder) as run:
        wait_until(lambda: run.steps > 0, "the engine trains")
        before = run.steps
        wait_until(lambda: run.steps > before + 500, "the engine trains on")
        sessions = run.sessions
        report.expect(len(sessions) == 1, f"{len(sessions)} processes have trained, not one")
        engine = psutil.Process(sessions[0].pid)
        same = abs(engine.create_time() - sessions[0].process_start) < 1
        report.expect(same, "the engine is another process now")
        report.expect(str(run.status) == "running", f"the run is {run.status}")
        if not at_once:
            pauses.append(_longest_pause(run, killed))
        with Window(runs, home / "settings") as second:
            second.tell("show", folder)
            second.wait_until(lambda facts: facts["state"] == "Running", "a second window shows the run")
            second.tell("click", "stopNowButton")
            wait_until(lambda: run.end is not None, "the run is stopped from the second window")
            facts = second.wait_until(lambda facts: facts["points"] == run.steps, "the second window shows all points")
            losses = losses_digest(run.curves()["loss"])
            report.expect(facts["losses"] == losses, "the second window shows other points")
            code = second.leave()
            report.expect(code == 0, f"the second window's process ended with code {code}")
            report.expect(not second.complaints, f"the second window complained: {second.complaints[-300:]}")
        report.expect(str(run.status) == "stopped", f"the run is {run.status} in the end")
        _wait_for_the_end(engine)
        return run.steps


def _longest_pause(run: Run, killed: float) -> float:
    """Between two steps within a second of the kill."""
    at = run.created + run.curves(names=["time"])["time"]
    near = at[np.abs(at - killed) < 1.0]
    return float(np.diff(near).max()) if len(near) > 1 else 0.0


def _wait_for_the_end(engine: psutil.Process) -> None:
    """Its parent is gone: in a container whose first process takes no care of orphans it stays a zombie."""
    wait_until(
        lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, "the engine ends after the stop"
    )


def test_the_window_killed(problems):
    assert problems(check) == []
