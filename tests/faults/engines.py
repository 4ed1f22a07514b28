"""Engine processes to do damage to. A spare is always warming up, so that no trial waits for TensorFlow's import."""

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


def warm(number: int = 1) -> None:
    """Have so many spares warming up."""
    while len(_spares) < number:
        _spares.append(spawn_engine())


def engine() -> Engine:
    """A spare engine, warm or soon so; the next begins to warm up."""
    warm()
    taken = _spares.pop(0)
    warm()
    return taken


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
