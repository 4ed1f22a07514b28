"""The real thing: the real window starts a real engine, and everything goes through the run folder."""

import csv
import time

import numpy as np
import pytest
from kescape_gui.run_state import RunState, Verb
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from kescape.run.reader import open_run


def click(qtbot, window, name):
    button = window.findChild(QWidget, name)
    assert button.isEnabled(), (name, button.toolTip())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.timeout(180)
def test_start_pause_resume_stop_after_cycle_and_export(make_window, qtbot, tmp_path, capsys):
    window = make_window(spare_engine=True)
    field = {name: window.findChild(QWidget, name) for name in ("epochsBox", "t0Box", "tMultBox", "batchSizeBox")}
    field["epochsBox"].setValue(4000)
    field["t0Box"].setValue(2)
    field["tMultBox"].setValue(1)
    field["batchSizeBox"].setValue(100)
    qtbot.waitUntil(lambda: window.engines.is_warm, timeout=60_000)

    ticks = [time.perf_counter()]
    timer = QTimer(window)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    began = time.perf_counter()
    click(qtbot, window, "startButton")
    assert window.state is RunState.STARTING
    assert not window.findChild(QWidget, "startButton").isEnabled()

    qtbot.waitUntil(lambda: window.curves.drawn_steps > 0, timeout=60_000)
    first_point = time.perf_counter() - began
    timer.start(5)
    qtbot.waitUntil(lambda: window.state is RunState.RUNNING)
    run = window.shown_run
    qtbot.waitUntil(lambda: len(run.curve) > 200 and len(ticks) > 20, timeout=30_000)
    timer.stop()
    gap = max(np.diff(ticks[1:]))

    click(qtbot, window, "pauseButton")
    qtbot.waitUntil(lambda: window.state is RunState.PAUSED, timeout=10_000)
    held = len(run.curve)
    qtbot.wait(300)
    assert len(run.curve) == held
    assert window.findChild(QWidget, "statusLabel").text() == "‖ Paused"

    click(qtbot, window, "pauseButton")
    qtbot.waitUntil(lambda: len(run.curve) > held + 50, timeout=10_000)
    assert window.state is RunState.RUNNING

    click(qtbot, window, "restartButton")
    qtbot.waitUntil(lambda: bool(run.placed.edits), timeout=10_000)

    click(qtbot, window, "stopButton")
    assert window.state is RunState.FINISHING_CYCLE
    qtbot.waitUntil(lambda: window.state is RunState.STOPPED, timeout=60_000)
    window.poll()

    # It stopped where a cycle ends: the next step would have been a restart.
    steps = len(run.curve)
    assert run.placed.cycle_bounds(steps - 1)[1] == steps
    assert run.placed.edits[0].step in run.curve.restarts
    planned = run.placed.learning_rates(0, steps)
    assert np.array_equal(run.curve.learning_rate, planned)

    target = tmp_path / "curve.csv"
    window.export_to(run.path, target)
    qtbot.waitUntil(lambda: "Saved curve.csv" in window.findChild(QWidget, "messageLabel").text(), timeout=20_000)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == run.curve.loss.tolist()
    assert [float(row["learning_rate"]) for row in rows] == run.curve.learning_rate.tolist()

    with open_run(run.path) as read:
        assert read.status == "stopped"
        assert [ack.command for ack in read.acks()] == ["pause", "resume", "restart", "stop_after_cycle"]

    # It goes on in another process, is steered, and is stopped for good.
    before = run.curve.loss.copy()
    qtbot.waitUntil(window.findChild(QWidget, "resumeButton").isVisible)
    click(qtbot, window, "resumeButton")
    qtbot.waitUntil(lambda: window.state is RunState.RUNNING, timeout=60_000)
    qtbot.waitUntil(lambda: len(run.curve) > steps + 100, timeout=30_000)
    assert np.array_equal(run.curve.loss[:steps], before)
    assert [mark.label for mark in run.marks] == [f"resumed at step {steps:,}"]
    message = window.findChild(QWidget, "messageLabel")
    run.send("eta_max", value=0.02)
    qtbot.waitUntil(lambda: message.text().startswith("Another peak by hand"), timeout=10_000)
    assert not window.findChild(QWidget, "resumeButton").isVisible()
    window.controls.verbs[Verb.SNAPSHOT].trigger()
    qtbot.waitUntil(lambda: message.text().startswith("Snapshot of the weights after step"), timeout=10_000)
    run.send("note", text="looks good")
    qtbot.waitUntil(lambda: message.text().startswith("Noted at step"), timeout=10_000)
    click(qtbot, window, "stopNowButton")
    qtbot.waitUntil(lambda: window.state is RunState.STOPPED, timeout=30_000)
    window.poll()
    assert [mark.text for mark in run.marks][1:] == ["looks good"]
    assert run.curve.learning_rate[run.curve.restarts[-1]] == 0.02
    assert np.array_equal(run.curve.learning_rate, run.placed.learning_rates(0, len(run.curve)))
    assert list((run.path / "snapshots").glob("*.h5"))
    with capsys.disabled():
        print(f"\nStart to first point {first_point:.2f} s, longest gap of the event loop {1000 * gap:.0f} ms")
