"""P5: two windows on one run; two engines on one run, the second refused; a stalled window never delays the engine."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time
from pathlib import Path

import numpy as np

from kescape.engine.launch import Engine
from kescape.run.folder import DATABASE, ENGINE_LOG
from kescape.run.reader import Run, open_run
from tests.faults import engines
from tests.faults.report import Report
from tests.faults.window import Window, losses_digest


def check(folder: Path, full: bool) -> Report:
    """Look at a run with two windows, train it twice, and hold up whoever looks at it."""
    report = Report("P5", "two windows and two engines on one run; windows and readers held up")
    engines.warm(2, always=full)
    with Window(folder, folder / "settings") as one, Window(folder, folder / "settings") as other:
        for window in (one, other):
            window.tell("look")
        engine, run_folder = engines.start(folder, "run")
        for window in (one, other):
            window.tell("show", run_folder)
        for window in (one, other):
            window.wait_until(lambda facts: facts["state"] == "Running", "a window shows the run")
        steps = _steer(one, other, engine, run_folder, full, report)
    report.lost = f"nothing: both windows show all {steps:,} steps; the second engine was refused"
    return report


def _steer(one: Window, other: Window, engine: Engine, run_folder: Path, full: bool, report: Report) -> int:
    """All that is done to the run, from both windows; returns its steps."""
    with open_run(run_folder) as run:
        one.tell("click", "pauseButton")
        for window in (one, other):
            window.wait_until(lambda facts: facts["state"] == "Paused", "both windows show the pause")
        refused = engines.engine()
        refused.start(run_folder)
        code = refused.wait(engines.SECONDS)
        report.expect(code == 1, f"the second engine ended with code {code}")
        log = (run_folder / ENGINE_LOG).read_text("utf-8")
        report.expect("is in use" in log, "the second engine did not say that the run is in use")
        report.expect(len(run.sessions) == 1, "the second engine has left a session")
        other.tell("click", "pauseButton")
        for window in (one, other):
            window.wait_until(lambda facts: facts["state"] == "Running", "both windows show that it goes on")

        rounds, seconds = (10, 2.0) if full else (2, 0.5)
        free, held = _hold_up(run, one, rounds, seconds)
        report.expect(min(held) > 0, "the engine stood still while a window did")
        share = float(np.median(held) / np.median(free))
        # The machine may be busy; an engine that waited for a reader would not train at all.
        report.expect(share > 0.3, f"while a window was held the engine trained at {share:.0%} of its speed")

        other.tell("click", "stopNowButton")
        report.expect(engine.wait(engines.SECONDS) == 0, "the engine did not end well")
        for window in (one, other):
            facts = window.wait_until(lambda facts: facts["points"] == run.steps, "both windows show all points")
            report.expect(facts["losses"] == losses_digest(run.curves()["loss"]), "a window shows other points")
            report.expect(window.leave() == 0, "a window did not end well")
            report.expect(not window.complaints, f"a window complained: {window.complaints[-300:]}")
        report.tried = (
            f"2 windows that steer in turn; a second engine; window stopped (SIGSTOP) and a reader that never lets go, "
            f"{rounds} times {seconds:g} s"
        )
        report.worst = (
            f"{share:.2f} x the steps per second while held (median; one round {min(held) / np.median(free):.2f})"
        )
        return run.steps


def _hold_up(run: Run, window: Window, rounds: int, seconds: float) -> tuple[list[float], list[float]]:
    """Steps a second, in turn with nobody held and with a window and a reader held."""
    free, held = [], []
    for _ in range(rounds):
        free.append(_steps_a_second(run, seconds))
        with contextlib.closing(sqlite3.connect(f"{(run.path / DATABASE).as_uri()}?mode=ro", uri=True)) as reader:
            # A transaction that nobody ends: the log cannot be merged meanwhile.
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM blocks").fetchone()
            os.kill(window.process.pid, signal.SIGSTOP)
            try:
                held.append(_steps_a_second(run, seconds))
            finally:
                os.kill(window.process.pid, signal.SIGCONT)
    return free, held


def _steps_a_second(run: Run, seconds: float) -> float:
    before, began = run.steps, time.monotonic()
    time.sleep(seconds)
    return (run.steps - before) / (time.monotonic() - began)


def test_two_of_each(problems):
    assert problems(check) == []
