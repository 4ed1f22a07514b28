"""Run > Find learning rate, in the real window; once with a real engine."""

import time

import pytest
from kescape_gui.range_test.range_test_dialog import RangeTestDialog
from kescape_gui.run_state import RunState
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QWidget

from kescape.engine.range_request import RANGE_TESTS
from kescape.run.listing import list_runs
from tests.gui.recorded import record

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")


def dialogs(window):
    return window.findChildren(RangeTestDialog)


def find(window, name):
    return window.findChild(QWidget, name)


def said(window):
    return [label.text() for label in window.statusBar().findChildren(QLabel)]


@pytest.mark.timeout(180)
def test_a_rate_is_found_by_the_spare_engine_and_goes_into_the_form(make_window, qtbot, tmp_path):
    """By its key; nothing of the test is left, no run is made of it, and the next spare warms up afterwards."""
    window = make_window(spare_engine=True)
    find(window, "batchSizeBox").setValue(64)
    qtbot.waitUntil(lambda: window.engines.is_warm, timeout=60_000)

    began = time.perf_counter()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    (dialog,) = dialogs(window)
    assert not dialog.isModal()
    assert not window.engines.is_warming
    qtbot.waitUntil(lambda: find(dialog, "rangeTestCloseButton").text() == "Close", timeout=60_000)
    seconds = time.perf_counter() - began

    rate = find(dialog, "rangeTestBox").value()
    assert 0.001 < rate < 2
    assert list((tmp_path / "runs").iterdir()) == list_runs(tmp_path / "runs") == []
    before, changes = find(window, "etaMaxBox").value(), []
    find(window, "etaMaxBox").valueChanged.connect(changes.append)
    qtbot.mouseClick(find(dialog, "useRateButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialogs(window))
    assert find(window, "etaMaxBox").value() == rate
    assert changes == [rate]
    assert any("The highest rate is" in text for text in said(window))
    assert window.state is RunState.DRAFT
    window.findChild(QAction, "undoAction").trigger()
    assert find(window, "etaMaxBox").value() == before
    qtbot.waitUntil(lambda: window.engines.is_warming, timeout=10_000)
    # A spare had TensorFlow loaded: without one this takes as long as its import alone.
    assert seconds < 15


@pytest.mark.qt_log_ignore("does not support raise", "does not support propagateSizeHints", extend=True)
def test_asking_twice_is_asking_once_and_closing_the_window_ends_the_test(make_window, qtbot, tmp_path):
    window = make_window()
    action = window.findChild(QAction, "findRateAction")
    assert action.shortcut().toString() == "Ctrl+Shift+F"
    action.trigger()
    action.trigger()
    assert len(dialogs(window)) == 1
    assert len(list((tmp_path / "runs" / RANGE_TESTS).iterdir())) == 1
    engine = window.engines._testing
    window.leave()

    assert engine.poll() is not None
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_cancelled_test_ends_its_engine(make_window, qtbot, tmp_path):
    """And the form stays as it was."""
    window = make_window()
    before = find(window, "etaMaxBox").value()
    window.findChild(QAction, "findRateAction").trigger()
    engine = window.engines._testing
    (dialog,) = dialogs(window)
    qtbot.mouseClick(find(dialog, "rangeTestCloseButton"), Qt.MouseButton.LeftButton)

    assert engine.poll() is not None
    assert list((tmp_path / "runs").iterdir()) == []
    assert find(window, "etaMaxBox").value() == before
    qtbot.waitUntil(lambda: not dialogs(window))
    window.findChild(QAction, "findRateAction").trigger()
    assert len(dialogs(window)) == 1


def test_a_fault_in_the_form_comes_first(make_window, qtbot):
    window = make_window()
    find(window, "momentumBox").lineEdit().setText("2")
    window.findChild(QAction, "findRateAction").trigger()

    assert not dialogs(window)
    qtbot.waitUntil(lambda: find(window, "momentumBox").hasFocus())


def test_while_a_run_trains_no_rate_is_looked_for(make_window, qtbot, tmp_path):
    """It says which; of a run that has ended it does not care."""
    from kescape.run.writer import RunWriter

    window = make_window()
    writer = RunWriter.open(tmp_path / "runs" / "live", kind="recorder")
    window.show_run(tmp_path / "runs" / "live")
    assert window.state.is_active
    window.findChild(QAction, "findRateAction").trigger()
    assert not dialogs(window)
    assert any("“live” is being trained; a rate can be looked for when that has ended." in t for t in said(window))

    writer.close()
    window.show_run(record(tmp_path / "runs" / "over", outcome="finished"))
    window.findChild(QAction, "findRateAction").trigger()
    assert len(dialogs(window)) == 1


def test_the_dialog_at_its_smallest_shows_all_its_words(make_window, qtbot, tmp_path):
    """Nothing is cut off, and the colours follow the app."""
    from kescape_gui import theme

    window = make_window()
    window.findChild(QAction, "findRateAction").trigger()
    (dialog,) = dialogs(window)
    dialog.resize(dialog.minimumSizeHint())
    window.set_appearance(theme.Appearance.DARK)
    qtbot.wait(50)

    for button in ("useRateButton", "rangeTestCloseButton", "testAgainButton"):
        shown = find(dialog, button)
        assert shown.width() >= shown.sizeHint().width()
    plot = find(dialog, "rangeTestPlot")
    assert plot.backgroundBrush().color().name() == theme.DARK.base
