"""P9: paths with spaces, é, 200 characters; decimal-comma locales; a clock that jumps back."""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kescape.config import RunConfig
from kescape.engine.go_on import ask_to_go_on
from kescape.engine.launch import Engine, prepare_run, spawn_engine
from kescape.run.commands import send_command
from kescape.run.reader import open_run
from tests.faults import engines, means
from tests.faults.report import Report
from tests.faults.window import Window, losses_digest

HOUR = 3600.0


def check(folder: Path, full: bool) -> Report:
    """Train, look and export under a long path in German, with a clock that is set back meanwhile."""
    report = Report("P9", "long path with spaces and é, decimal comma, clock set back, all at once")
    clock = means.Clock(folder)
    comma = means.decimal_comma(folder)
    works = clock.works
    environment = {**comma, **(clock.environment if works else {})}
    runs = folder / "my runs é"
    name = "a long name, with é and ' " + "x" * 174
    assert len(name) == 200
    jumps = _train(runs, name, environment, clock, 6 if full else 2, report)
    _look(runs, runs / name, folder, comma, report)
    if full:
        _go_on(runs / name, environment, clock, report)
    tried = ["a name of 200 characters"]
    tried.append("German" if comma else "no German here to try a decimal comma with")
    tried.append(f"clock set back {jumps} times by an hour" if works else "no compiler here to make a clock that jumps")
    report.tried = ", ".join(tried) + ("; resumed with a clock that stands before the start" if full and works else "")
    report.lost = "nothing: times never fall, the CSV's floats are those of the run, the window shows all points"
    return report


@contextlib.contextmanager
def _in(environment: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ |= environment
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _start(folder: Path, environment: dict[str, str]) -> Engine:
    """No spare: those have the environment that we have."""
    with _in(environment):
        return spawn_engine(folder)


def _train(runs: Path, name: str, environment: dict[str, str], clock: means.Clock, jumps: int, report: Report) -> int:
    folder = prepare_run(RunConfig(dataset="spirals", epochs=100_000, eta_max=0.05, t_0=5.0), runs, name)
    engine = _start(folder, environment)
    with open_run(folder) as run:
        for jump in range(jumps):
            have = run.steps
            engines.wait_until(
                lambda have=have: run.steps > have + 500 or engine.poll() is not None, "the engine trains"
            )
            clock.set(-HOUR * (jump + 1))
        have = run.steps
        engines.wait_until(lambda: run.steps > have + 500 or engine.poll() is not None, "the engine trains on")
        report.expect(str(run.status) == "running", f"after the jumps the run is {run.status}: {run.error}")
        send_command(folder, "stop")
        code = engine.wait(engines.SECONDS)
        report.expect((code, str(run.status)) == (0, "stopped"), f"the engine ended with {code}, {run.status}")
        at = run.curves()["time"]
        steps = np.diff(at)
        report.expect((steps >= 0).all(), f"times fall by {steps.min():.3g} s")
        report.expect(steps.max() < HOUR / 2, f"times jump by {steps.max():.3g} s")
        happened = [event.time for event in run.events()] + [row.time for row in run.epochs()]
        report.expect(max(happened) < HOUR / 2, f"something happened after {max(happened):.0f} s")
        report.worst = f"{1000 * steps.max():.0f} ms between two steps; no time fell"
    return jumps


def _look(runs: Path, folder: Path, home: Path, comma: dict[str, str], report: Report) -> None:
    """The command line and the window of a computer that writes 0,05."""
    with open_run(folder) as run:
        curves, steps = run.curves(), run.steps
    target = home / "curves é.csv"
    for arguments in (("show", folder), ("runs", "--runs", runs), ("export", folder, "--output", target)):
        done = subprocess.run(
            [sys.executable, "-c", "from kescape.cli.main import main; main()", *map(str, arguments)],
            env={**os.environ, **comma}, capture_output=True, check=False,
        )  # fmt: skip
        problem = f"`kescape {arguments[0]}` ended with {done.returncode}: {done.stderr.decode(errors='replace')}"
        report.expect(done.returncode == 0 and not done.stderr, problem)
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for name in ("loss", "learning_rate", "time"):
        same = [float(row[name]) for row in rows] == curves[name].tolist()
        report.expect(same, f"the CSV's {name} is not that of the run")
    with Window(runs, home / "settings", **comma) as window:
        window.tell("set", "etaMaxBox", "0.25")
        facts = window.tell("show", folder)
        facts = window.wait_until(lambda facts: facts["points"] == steps, "the window shows all points")
        report.expect(facts["losses"] == losses_digest(curves["loss"]), "the window shows other points")
        report.expect(facts["etaMax"] == 0.25, f"the form has made {facts['etaMax']} of 0.25")
        report.expect(window.leave() == 0, "the window did not end well")
        report.expect(not window.complaints, f"the window complained: {window.complaints[-300:]}")


def _go_on(folder: Path, environment: dict[str, str], clock: means.Clock, report: Report) -> None:
    """On a computer whose clock stands an hour before the run began."""
    ask_to_go_on(folder)
    clock.set(-20 * HOUR)
    engine = _start(folder, environment)
    with open_run(folder) as run:
        have = run.steps
        engines.wait_until(lambda: run.steps > have + 500 or engine.poll() is not None, "the run goes on")
        report.expect(engine.poll() is None, f"it does not go on: {run.error}")
        at = run.curves()["time"]
        report.expect((np.diff(at) >= 0).all(), "times fall where the run goes on")
        send_command(folder, "stop")
        engine.wait(engines.SECONDS)


def test_odd_places(problems):
    assert problems(check) == []
