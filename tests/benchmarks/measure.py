"""Side by side: arms are run in turn, so that a machine that grows slower slows all of them."""

from __future__ import annotations

import contextlib
import time
import unittest.mock
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from rich.table import Table


@dataclass(frozen=True)
class Took:
    """What a work in another process took there, in seconds."""

    wall: float
    cpu: float


@dataclass
class Arm:
    """One way of doing the same work; work that is done in another process returns what it `Took` there."""

    name: str
    work: Callable[[], object]
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def interleave(arms: list[Arm], rounds: int) -> None:
    """Run each arm once to warm up, then all in turn, the order reversed every other round."""
    for arm in arms:
        arm.work()
    for turn in range(rounds):
        for arm in arms if turn % 2 == 0 else reversed(arms):
            wall, cpu = time.perf_counter(), time.process_time()
            answer = arm.work()
            took = Took(time.perf_counter() - wall, time.process_time() - cpu)
            if isinstance(answer, Took):
                took = answer
            arm.wall.append(took.wall)
            arm.cpu.append(took.cpu)


def quartile(seconds: list[float]) -> float:
    """The lower quartile: what the work costs where nothing else disturbed it."""
    return float(np.quantile(seconds, 0.25))


def ratios(arms: list[Arm]) -> list[dict[str, object]]:
    """Each arm against the first, by lower quartiles of wall and CPU time."""
    base = arms[0]
    return [
        {
            "name": arm.name,
            "wall_seconds": quartile(arm.wall),
            "cpu_seconds": quartile(arm.cpu),
            "wall_ratio": quartile(arm.wall) / quartile(base.wall),
            "cpu_ratio": quartile(arm.cpu) / quartile(base.cpu),
            "rounds": len(arm.wall),
        }
        for arm in arms
    ]


@contextlib.contextmanager
def never_looking() -> Iterator[None]:
    """Python looks into a training at the end of an epoch only: what is left is what the compiled step does."""
    with unittest.mock.patch("kescape.step_tap.step_tap.LOOK_SECONDS", float("inf")):
        yield


def shares(whole: dict[str, object], parts: list[tuple[str, dict[str, object]]]) -> str:
    """What the CPU time of `whole` is made of: each part is more work than the one before, the rest is the last."""
    total, before, words = float(str(whole["cpu_seconds"])), 0.0, []
    for name, row in [*parts, ("looks from Python, the plan and the run's file", whole)]:
        seconds = float(str(row["cpu_seconds"]))
        words.append(f"{name} {(seconds - before) / total:.0%}")
        before = seconds
    return f"Of its CPU time: {', '.join(words)}."


def table(title: str, rows: list[dict[str, object]], steps: int, what: str = "step") -> Table:
    """The rows for a terminal: milliseconds a step, or whatever there are `steps` of, and ratios to the first row."""
    shown = Table(title=title, title_justify="left")
    shown.add_column("", no_wrap=True)
    for heading in (f"wall, ms a {what}", f"CPU, ms a {what}", "wall", "CPU"):
        shown.add_column(heading, justify="right")
    for row in rows:
        shown.add_row(
            str(row["name"]),
            f"{row['wall_seconds'] / steps * 1e3:.3f}",
            f"{row['cpu_seconds'] / steps * 1e3:.3f}",
            f"{row['wall_ratio']:.3f}x",
            f"{row['cpu_ratio']:.3f}x",
        )
    return shown
