"""P1: kill -9 of the engine at any moment: the run opens, is interrupted, lacks at most 200 ms of steps, and goes on.

How much is missing is measured on one clock: from the end of the last step in run.db to the kill. Where the machine is
busy the engine may have stood still meanwhile, and then it has lost less: never more than the processor time that it
has used since that step.
"""

from __future__ import annotations

import bisect
import io
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import h5py
import psutil

from kescape.engine.go_on import ask_to_go_on
from kescape.engine.launch import Engine
from kescape.run.folder import BEST_VALIDATION, GO_ON, MODEL
from kescape.run.reader import open_run
from tests.faults import engines
from tests.faults.report import Report

MOST_SECONDS = 0.2

SETTINGS: tuple[dict[str, Any], ...] = (
    {"dataset": "spirals", "model": "mlp", "batch_size": 8, "epochs": 30, "t_0": 2.0, "t_mult": 1.5},
    {"dataset": "digits", "model": "cnn", "batch_size": 64, "epochs": 7, "t_0": 1.0, "eta_max": 0.02},
    {"dataset": "wine", "model": "mlp", "batch_size": 16, "epochs": 200, "t_0": 3.0, "momentum": 0.5, "nesterov": True},
)


@dataclass
class Losses:
    """What the kills of a sweep have cost."""

    kills: int = 0
    missing: list[float] = field(default_factory=list)
    """Seconds of steps, for each kill after a step had been recorded."""
    before_first_step: int = 0


def check(folder: Path, full: bool) -> Report:
    """Kill trainings again and again, let them go on, and compare what comes out with trainings nobody touched."""
    report = Report("P1", "kill -9 of the engine, then resume")
    chance = Random(1)
    kills = 5 if full else 2
    losses = Losses()
    engines.warm(2, always=full)
    compared, trainings = 0, 10 if full else 1
    for number in range(trainings):
        settings = SETTINGS[number % len(SETTINGS)] | ({} if full else {"epochs": 12})
        whole = folder / f"whole-{number % len(SETTINGS)}"
        if not whole.exists():
            engine, _ = engines.start(folder, whole.name, **settings, deterministic=True, seed=7)
            assert engine.wait(engines.SECONDS) == 0
        killed = _train_under_kills(whole, folder, f"killed-{number}", settings, kills, chance, losses, report)
        same = outcome(killed) == outcome(whole)
        compared += report.expect(same, f"{killed.name}, killed {kills} times, is not bit for bit the run without")
    worst = max(losses.missing, default=0.0)
    report.expect(worst <= MOST_SECONDS, f"{1000 * worst:.0f} ms of steps were missing")
    middle = sorted(losses.missing)[len(losses.missing) // 2] if losses.missing else 0.0
    report.tried = (
        f"{losses.kills} kills at random moments, {losses.before_first_step} of them before a first step; "
        f"{trainings} {'training' if trainings == 1 else 'trainings'}, resumed after each kill"
    )
    report.lost = (
        f"{1000 * middle:.0f} ms of steps (median); {compared} of {trainings} ended bit for bit as without a kill"
    )
    report.worst = f"{1000 * worst:.0f} ms of steps missing"
    return report


def _train_under_kills(
    whole: Path,
    runs: Path,
    name: str,
    settings: dict[str, Any],
    kills: int,
    chance: Random,
    losses: Losses,
    report: Report,
) -> Path:
    """Train to the end, however often the engine is killed on the way."""
    engine, folder = engines.start(runs, name, **settings, deterministic=True, seed=7)
    for number in range(kills):
        if number % 5 != 4:  # else it may be killed before it has taken up what it was asked
            _wait_for_next_session(engine, folder)
        _kill(engine, folder, chance.uniform(0, _seconds_left(whole, folder)), losses, report)
        with open_run(folder) as run:
            status = str(run.status)
        if status == "finished":
            return folder
        if status == "interrupted":
            ask_to_go_on(folder)
        engine = engines.engine()
        engine.start(folder)
    report.expect(engine.wait(engines.SECONDS) == 0, f"{name} did not go on: {engine.complaint}")
    with open_run(folder) as run:
        report.expect(str(run.status) == "finished", f"{name} is {run.status} in the end: {run.error}")
    return folder


def _wait_for_next_session(engine: Engine, folder: Path) -> None:
    def has_begun() -> bool:
        with open_run(folder) as run:
            sessions = run.sessions
        return bool(sessions) and sessions[-1].pid == engine.pid

    engines.wait_until(lambda: has_begun() or engine.poll() is not None, f"{folder.name} begins")


def _seconds_left(whole: Path, folder: Path) -> float:
    """How long a training of the same settings took from the checkpoint on that this one goes on from."""
    with open_run(folder) as run, open_run(whole) as model:
        assert model.end is not None
        step = max((row.step for row in run.checkpoints()), default=0)
        at = model.curves(names=["time"])["time"]
        return float(model.end.time - at[min(step, len(at) - 1)] + at[0])


def _kill(engine: Engine, folder: Path, after: float, losses: Losses, report: Report) -> None:
    at, used = _watch(engine, after)
    engine.kill()
    killed = time.time()
    losses.kills += 1
    with open_run(folder) as run:
        status, sessions, steps = str(run.status), run.sessions, run.steps
        asked = not sessions or (folder / GO_ON).exists()
        expected = ("starting",) if asked else ("interrupted", "finished")
        report.expect(status in expected, f"after the kill {folder.name} is {status}")
        if status == "finished":
            return
        if asked or steps == sessions[-1].first_step:
            losses.before_first_step += 1
            return
        ended = run.created + float(run.curves(names=["time"])["time"][-1])
        # The system counts processor time in hundredths of a second.
        busy = used[-1] - used[max(0, bisect.bisect_right(at, ended) - 1)] + 0.02
        losses.missing.append(max(0.0, min(killed - ended, busy)))


def _watch(engine: Engine, seconds: float) -> tuple[list[float], list[float]]:
    """For so long, from moment to moment, how much processor time the engine has used."""
    process = psutil.Process(engine.pid)
    at, used = [], []
    until = time.monotonic() + seconds
    while True:
        try:
            spent = process.cpu_times()
        except psutil.NoSuchProcess:
            return at or [0.0], used or [0.0]  # it has ended
        at.append(time.time())
        used.append(spent.user + spent.system)
        if time.monotonic() >= until:
            return at, used
        time.sleep(0.01)


def outcome(folder: Path) -> tuple[Any, ...]:
    """All that a run killed and resumed must share with one that was not, bit for bit."""
    with open_run(folder) as run:
        curves = run.curves()
        measured = {name: values.tobytes() for name, values in curves.items() if name != "time"}
        epochs = [(row.epoch, row.last_step, row.values) for row in run.epochs()]
        return measured, epochs, run.cycles(), _weights(folder / MODEL), _weights(folder / BEST_VALIDATION)


def _weights(path: Path) -> dict[str, bytes]:
    """The arrays of a .keras file by name."""
    found: dict[str, bytes] = {}

    def take(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].tobytes()

    with zipfile.ZipFile(path) as parts, h5py.File(io.BytesIO(parts.read("model.weights.h5"))) as weights:
        weights.visititems(take)
    return found


def test_the_engine_killed(problems):
    assert problems(check) == []
