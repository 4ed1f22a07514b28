"""How fast the curves move, how soon a long run is there, and how long the event loop is held up meanwhile.

Every function draws in a real window, 1300 x 800, and returns figures; none prints. A frame is all from the move of
the view to the painted picture.
"""

from __future__ import annotations

import gc
import math
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from kescape_gui import theme
from kescape_gui.curves.curve import Curve
from kescape_gui.curves.curves_view import CurvesView
from kescape_gui.curves.shown import Other, Shown
from kescape_gui.watched_run import WatchedRun
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from kescape.run.cycles import cycle_starts
from kescape.run.reader import open_run
from kescape.run.writer import Column, RunWriter
from kescape.schedule import CosineRestarts, PlacedPlan

STEPS_PER_EPOCH = 1000
_PLAN = CosineRestarts(100, 2, 0.1)
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6a3d9a", "#555555")
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Frames:
    """Milliseconds of a frame while the view is panned and zoomed, and of the careful picture afterwards."""

    median: float
    p95: float
    longest: float
    still: float
    longest_gap: float
    """The longest that the event loop was held up while the view moved and came to rest."""


@dataclass(frozen=True)
class Opening:
    """What it took until a recorded run was drawn."""

    seconds: float
    cpu_seconds: float
    """Processor time of all threads meanwhile."""
    longest_gap: float
    """In milliseconds."""
    bytes_a_step: float
    """Memory that the curve takes."""


def one_long_run(steps: int = 10_000_000, frames: int = 200) -> Frames:
    """Pan and zoom one run."""
    with _recorded([steps]) as (folder,):
        curve = _curve_of(folder)
        return _move(Shown(curve, _placed(), steps, list(curve.restarts), STEPS_PER_EPOCH), frames)


def eight_runs(steps: int = 1_000_000, frames: int = 200, runs: int = 8) -> Frames:
    """Pan and zoom runs that are drawn along with each other."""
    with _recorded([steps] * runs) as folders:
        first, *rest = (_curve_of(folder) for folder in folders)
        others = tuple(
            Other(f"run {number}", curve, _COLOURS[number % 8], dashed=number % 2 == 0, is_baseline=number == 1)
            for number, curve in enumerate(rest, start=1)
        )
        return _move(Shown(first, _placed(), steps, list(first.restarts), STEPS_PER_EPOCH, others=others), frames)


def opening(steps: int = 10_000_000) -> Opening:
    """Open a finished run as the window does, up to the painted curve."""
    with _recorded([steps]) as (folder,), _view() as view:
        shown = Shown()
        view.show_curves(shown)
        _spin(0.3)
        gaps = _Gaps()
        began, cpu = time.perf_counter(), time.process_time()
        run = WatchedRun(folder)
        try:
            while view.drawn_steps < steps:
                run.poll()
                shown.curve, shown.placed, shown.total_steps = run.curve, run.placed, len(run.curve)
                shown.restarts, shown.steps_per_epoch = list(run.curve.restarts), run.steps_per_epoch
                view.keep_up()
                if view.drawn_steps < steps:
                    _spin(_POLL_SECONDS)
            _paint(view)
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            _spin(0.2)
            return Opening(seconds, cpu, gaps.longest(), run.curve.nbytes / steps)
        finally:
            run.close()


def _move(shown: Shown, frames: int) -> Frames:
    """By the calls that a hand's events lead to, each followed by the painting that they ask for."""
    with _view() as view:
        view.show_curves(shown)
        _spin(0.3)
        took = []
        gaps = _Gaps()
        for number in range(frames):
            box = view.loss_plot.plotItem.vb
            began = time.perf_counter()
            low, high = view.loss_plot.steps_in_view()
            if number % 2:
                box.translateBy(x=0.02 * (high - low) * math.sin(number / 9))
            else:
                box.scaleBy(x=0.93 if number < frames // 2 else 1 / 0.93)
            box.sigRangeChangedManually.emit([True, False])
            _paint(view)
            took.append(1000 * (time.perf_counter() - began))
        while view.is_moving:
            _spin(0.02)
        median, p95 = np.quantile(took, [0.5, 0.95])
        still = _careful(view)
        return Frames(float(median), float(p95), max(took), still, gaps.longest())


def _careful(view: CurvesView) -> float:
    """Milliseconds of a picture with all care."""
    began = time.perf_counter()
    view.recolour()
    view.redraw()
    _paint(view)
    return 1000 * (time.perf_counter() - began)


def _paint(view: CurvesView) -> None:
    """Let everything that waits be drawn, as the loop does before it sleeps."""
    QApplication.processEvents()
    assert view.isVisible()


def _spin(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


class _Gaps:
    """Ticks every 5 ms, and notes how late the latest tick came."""

    def __init__(self) -> None:
        self._ticks = [time.perf_counter()]
        self._timer = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self._ticks.append(time.perf_counter()))
        self._timer.start()

    def longest(self) -> float:
        """Milliseconds between two ticks."""
        self._timer.stop()
        return float(1000 * np.diff(self._ticks).max())


@contextmanager
def _view() -> Iterator[CurvesView]:
    app = QApplication.instance() or QApplication(["kescape-benchmark", "-style", "Fusion"])
    theme.apply_appearance(app, theme.Appearance.LIGHT)
    view = CurvesView()
    view.resize(1300, 800)
    view.show()
    try:
        yield view
    finally:
        view.close()
        view.deleteLater()
        QApplication.sendPostedEvents()
        gc.collect()


@contextmanager
def _recorded(lengths: list[int]) -> Iterator[list[Path]]:
    """Finished runs of so many steps, as a recorder leaves them."""
    home = Path(tempfile.mkdtemp(prefix="kescape-benchmark-"))
    try:
        yield [_record(home / f"run-{number}", steps, seed=number) for number, steps in enumerate(lengths, start=1)]
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _record(folder: Path, steps: int, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    placed = _placed()
    config = {"epochs": steps // STEPS_PER_EPOCH}
    writer = RunWriter.open(
        folder, kind="recorder", config=config, plan=_PLAN.to_dict(), steps_per_epoch=STEPS_PER_EPOCH
    )
    writer.describe_columns(
        [
            *(Column(name, "float64", "", name) for name in ("time", "learning_rate")),
            Column("loss", "float32", "", "loss"),
        ]
    )
    for first in range(0, steps, 500_000):
        count = min(500_000, steps - first)
        at = np.arange(first, first + count)
        rates = placed.learning_rates(first, count)
        loss = (0.3 + 2 * np.exp(-3 * at / steps) + 8 * rates) * rng.gamma(4, 0.25, count)
        writer.append({"time": at / 2000, "learning_rate": rates, "loss": loss.astype(np.float32)})
    writer.end("finished")
    writer.close()
    return folder


def _placed() -> PlacedPlan:
    return _PLAN.on_steps(STEPS_PER_EPOCH)


def _curve_of(folder: Path) -> Curve:
    with open_run(folder) as run:
        curve = Curve(STEPS_PER_EPOCH)
        curve.set_restarts([start.step for start in cycle_starts(run, run.steps) if start.is_restart])
        curve.append(run.curves())
        return curve
