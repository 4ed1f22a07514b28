"""Engine processes to do damage to, some of them warmed up ahead, so that no trial waits for TensorFlow's import."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kescape.config import RunConfig
from kescape.engine.launch import Engine, prepare_run, spawn_engine

SECONDS = 120.0
"""How long something may take before it counts as not happening: the machine may be busy."""

_spares: list[Engine] = []
_goes_on = False


def warm(number: int = 1, *, always: bool = False) -> None:
    """Have so many spares warming up; with `always`, from now on another one for each that is taken."""
    global _goes_on
    _goes_on = always
    _warm(number)


def engine() -> Engine:
    """A spare engine, warm or soon so; a new one if there is none."""
    _warm(1)
    taken = _spares.pop(0)
    if _goes_on:
        _warm(1)
    return taken


def _warm(number: int) -> None:
    while len(_spares) < number:
        _spares.append(spawn_engine())


def dismiss() -> None:
    """End the spares that nobody wanted."""
    while _spares:
        spare = _spares.pop()
        spare.close()
        spare.wait(SECONDS)


def start(runs: Path, name: str, **settings: Any) -> tuple[Engine, Path]:
    """Train these settings in an engine; by default long enough to be broken in the middle."""
    config = RunConfig(**{"dataset": "spirals", "epochs": 100_000, "eta_max": 0.05, "t_0": 5.0, **settings})
    folder = prepare_run(config, runs, name)
    taken = engine()
    taken.start(folder)
    return taken, folder


def wait_until(fact: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Wait until it is so; AssertionError with `what` if that takes too long."""
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.02)
