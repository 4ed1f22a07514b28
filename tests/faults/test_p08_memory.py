"""P8: memory is flat over a million steps and over 200 openings of each view; the processes end with code 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil

from kescape.engine.launch import Engine
from kescape.run.commands import send_command
from kescape.run.reader import Run, open_run
from tests.faults import engines
from tests.faults.broken_runs import whole_run
from tests.faults.report import Report
from tests.faults.window import Window

MOST_PER_MILLION = 32e6
"""Bytes by which an engine may grow in a million steps, and a window beside the steps that it draws: some tables grow
with each epoch."""

MOST_PER_POINT = 48
"""Bytes that a window may keep of each step that it draws."""

MOST_PER_OPENING = 10_000
"""Bytes that one opening of one view may leave behind."""

VIEWS = (
    "export",
    "keys",
    "about",
    "open run",
    "draft",
    "compare",
    "comparison",
    "run",
    "runs",
    "escapes",
    "data",
    "log",
    "setup",
    "curves only",
    "settings",
)


def check(folder: Path, full: bool) -> Report:
    """Train long with a window that looks on, and open every view of a window again and again."""
    report = Report("P8", "a million steps; every view opened again and again")
    steps, engine, window, per_point = _train_long(folder, 1_000_000 if full else 20_000, report)
    openings, left = _open_views(folder, 200 if full else 6, report)
    report.tried = f"{steps:,} steps with a window looking on; {openings} openings of each of {len(VIEWS)} views"
    report.lost = (
        f"engine {engine / 1e6:+.1f} MB a million steps, window {window / 1e6:+.1f} MB beside {per_point:.0f} bytes "
        "for each step that it draws"
    )
    report.worst = f"{left / 1000:.1f} kB left by an opening; all processes ended with code 0"
    if not full:
        # So few steps and openings say that it is tried, not how flat it is.
        report.lost, report.worst = "too short to measure", "all processes ended with code 0"
    return report


def _train_long(folder: Path, wanted: int, report: Report) -> tuple[int, float, float, float]:
    """Steps trained; bytes by which engine and window grew in a million of them; bytes the window keeps of each."""
    settings = {"dataset": "spirals", "model": "logistic", "batch_size": 8, "t_0": 10.0}
    engine, run_folder = engines.start(folder / "runs", "long", **settings)
    with Window(folder / "runs", folder / "settings") as window, open_run(run_folder) as run:
        window.tell("show", run_folder)
        looks = _look_until(wanted, engine, run, window)
        send_command(run_folder, "stop")
        report.expect(engine.wait(engines.SECONDS) == 0, "the engine did not end with code 0")
        steps = run.steps
        window.wait_until(lambda facts: facts["points"] == steps, "the window shows all steps")
        report.expect(window.leave() == 0, "the window did not end with code 0")
        report.expect(not window.complaints, f"the window complained: {window.complaints[-300:]}")
    at, engine_bytes, window_bytes, kept = (np.array(column, float) for column in zip(*looks, strict=True))
    late = at > wanted / 10
    grown, beside = (
        float(np.polyfit(at[late], used[late], 1)[0]) * 1e6 for used in (engine_bytes, window_bytes - kept)
    )
    per_point = kept[-1] / at[-1]
    if wanted >= 1_000_000:
        for who, more in (("engine", grown), ("window", beside)):
            report.expect(more < MOST_PER_MILLION, f"the {who} grows by {more / 1e6:.0f} MB in a million steps")
        report.expect(per_point <= MOST_PER_POINT, f"the window keeps {per_point:.0f} bytes of each step")
    return steps, grown, beside, per_point


def _look_until(wanted: int, engine: Engine, run: Run, window: Window) -> list[tuple[int, int, int, int]]:
    """Now and then: the steps so far, the memory of engine and window, and what of it the window's curve takes."""
    process = psutil.Process(engine.pid)
    looks: list[tuple[int, int, int, int]] = []

    def look() -> bool:
        steps = run.steps
        if not looks or steps - looks[-1][0] >= wanted / 200:
            facts = window.tell("look")
            looks.append((steps, process.memory_info().rss, facts["memory"], facts["kept"]))
        return steps >= wanted

    engines.wait_until(look, f"{wanted:,} steps", 60 + wanted / 500)
    return looks


def _open_views(folder: Path, wanted: int, report: Report) -> tuple[int, float]:
    """Openings of each view, and bytes that one left behind."""
    runs = folder / "other runs"
    run = whole_run(runs / "whole")
    memory: list[float] = []
    with Window(runs, folder / "settings") as window:
        window.tell("show", run)
        for _ in range(wanted):
            for view in VIEWS:
                window.tell("open", view, run)
                facts = window.tell("close")
                report.expect(not facts["dialogs"], f"{view} is still open: {facts['dialogs']}")
            memory.append(facts["memory"])
        report.expect(window.leave() == 0, "the window did not end with code 0")
        report.expect(not window.complaints, f"the window complained: {window.complaints[-300:]}")
    late = memory[len(memory) // 4 :]
    left = float(np.polyfit(np.arange(len(late)), late, 1)[0]) / len(VIEWS)
    if wanted >= 200:
        report.expect(left < MOST_PER_OPENING, f"an opening leaves {left / 1000:.0f} kB behind")
    return wanted, left


def test_memory(problems):
    assert problems(check) == []
