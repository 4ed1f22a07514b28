"""The dialog of a range test, by mouse and keyboard; no process is started here."""

import math

import pytest
from kescape_gui.range_test.range_test_dialog import RangeTestDialog
from kescape_gui.range_test.rate_search import RateSearch, Stage
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from kescape.config import RunConfig
from kescape.engine.range_request import Sweep
from tests.gui.tested import Engines, losses_of

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

SWEEP = Sweep(steps=120)
LOSSES = losses_of(SWEEP)


@pytest.fixture
def engines(tmp_path):
    return Engines(tmp_path)


@pytest.fixture
def search(engines):
    search = RateSearch(engines)
    search.begin(RunConfig(dataset="digits", batch_size=32), SWEEP)
    return search


@pytest.fixture
def dialog(qtbot, search):
    dialog = RangeTestDialog(search)
    dialog.show()
    yield dialog
    if isValid(dialog):
        dialog.close()


def find(dialog, name):
    return dialog.findChild(QWidget, name)


def finish(qtbot, engines, search):
    engines.begin()
    engines.write(LOSSES)
    engines.end()
    qtbot.waitUntil(lambda: search.stage is Stage.DONE)
    qtbot.wait(20)


def place_of(plot, rate_log):
    """Where a rate lies on the screen, half-way up."""
    view = plot.plotItem.vb
    middle = sum(view.viewRange()[1]) / 2
    return plot.mapFromScene(view.mapViewToScene(QPointF(rate_log, middle)))


def move(plot, spot, held):
    """As a hand does; qtbot's own moves do not say that a button is held."""
    at, kind = QPointF(spot), QEvent.Type.MouseMove
    where = QPointF(plot.viewport().mapToGlobal(spot))
    button = Qt.MouseButton.NoButton
    event = QMouseEvent(kind, at, where, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(plot.viewport(), event)


def test_every_promised_name_is_there(dialog):
    assert dialog.objectName() == "rangeTestDialog"
    for name in ("rangeTestPlot", "rangeTestBox", "useRateButton", "rangeTestStepsBox", "testAgainButton"):
        assert len(dialog.findChildren(QWidget, name)) == 1
    for name in ("rangeTestPlot", "rangeTestBox", "rangeTestStepsBox"):
        assert find(dialog, name).accessibleName()


def test_the_curve_grows_and_its_rate_is_taken_over_once(dialog, qtbot, engines, search):
    box, use, close = (find(dialog, name) for name in ("rangeTestBox", "useRateButton", "rangeTestCloseButton"))
    chosen = []
    dialog.rate_chosen.connect(chosen.append)
    assert not use.isEnabled()
    assert close.text() == "Cancel"

    engines.begin()
    engines.write(LOSSES[:60])
    qtbot.waitUntil(lambda: search.stage is Stage.RUNNING)
    qtbot.waitUntil(lambda: "Step 60 of 120" in find(dialog, "rangeTestWords").text())
    engines.write(LOSSES[60:])
    engines.end()
    qtbot.waitUntil(lambda: close.text() == "Close")
    assert box.value() == search.found.suggestion
    assert find(dialog, "rangeTestWords").text() == search.found.sentence

    qtbot.mouseClick(use, Qt.MouseButton.LeftButton)
    assert chosen == [search.found.suggestion]
    assert not dialog.isVisible()


def test_the_line_is_dragged(dialog, qtbot, engines, search):
    """To a place between 0.1 and 1: two digits, in the box too."""
    finish(qtbot, engines, search)
    plot = find(dialog, "rangeTestPlot")
    start, end = place_of(plot, math.log10(search.chosen)), place_of(plot, -0.5)
    move(plot, start, Qt.MouseButton.NoButton)
    qtbot.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.6, 1.0):
        qtbot.wait(30)  # pyqtgraph takes no more moves than a screen shows
        move(plot, start + (end - start) * share, Qt.MouseButton.LeftButton)
    qtbot.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=end)

    assert search.chosen == pytest.approx(10**-0.5, rel=0.1)
    assert find(dialog, "rangeTestBox").value() == search.chosen == float(f"{search.chosen:.2g}")


def test_the_arrows_step_through_one_two_five(dialog, qtbot, engines, search):
    finish(qtbot, engines, search)
    plot = find(dialog, "rangeTestPlot")
    search.choose(0.05)
    dialog._show()
    seen = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Up):
        qtbot.keyClick(plot, key)
        seen.append(search.chosen)
    assert seen == [0.1, 0.2, 0.1, 0.05, 0.1]

    search.choose(10.0)
    dialog._show()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert search.chosen == 10  # no rate above was tested


def test_a_click_on_a_rule_takes_its_rate(dialog, qtbot, engines, search):
    finish(qtbot, engines, search)
    rule = search.found.rules[0]
    label = find(dialog, "rangeTestRules")
    assert rule.name in label.text()
    assert rule.how in label.toolTip()
    label.linkActivated.emit(f"{rule.learning_rate:.2g}")

    assert find(dialog, "rangeTestBox").value() == float(f"{rule.learning_rate:.2g}")


@pytest.mark.parametrize("typed", ["abc", "-1", "0"])
def test_what_is_no_rate_cannot_be_used(dialog, qtbot, engines, search, typed):
    """What was typed stays as it is; a rate again can be used."""
    finish(qtbot, engines, search)
    box, use = find(dialog, "rangeTestBox"), find(dialog, "useRateButton")
    box.lineEdit().setText(typed)
    assert box.lineEdit().text() == typed
    assert not use.isEnabled()

    box.lineEdit().setText("0,03")
    assert use.isEnabled()
    assert search.chosen == 0.03


def test_a_rate_beyond_the_plot_can_be_typed(dialog, qtbot, engines, search):
    finish(qtbot, engines, search)
    find(dialog, "rangeTestBox").lineEdit().setText("25")

    assert find(dialog, "useRateButton").isEnabled()
    assert search.chosen == 25


def test_where_nothing_is_suggested_there_is_nothing_to_use(dialog, qtbot, engines, search):
    engines.begin()
    engines.write([2.0] * 120)
    engines.end()
    qtbot.waitUntil(lambda: find(dialog, "rangeTestCloseButton").text() == "Close")

    assert not find(dialog, "useRateButton").isEnabled()
    assert find(dialog, "rangeTestWords").text().startswith("The loss never fell")
    assert find(dialog, "rangeTestRules").text() == ""


def test_another_test_of_more_steps(dialog, qtbot, engines, search):
    again, steps = find(dialog, "testAgainButton"), find(dialog, "rangeTestStepsBox")
    wanted = []
    dialog.again_wanted.connect(wanted.append)
    assert not again.isEnabled()  # one is going on
    finish(qtbot, engines, search)
    for text, allowed in (("19", False), ("many", False), ("10001", False), ("500", True)):
        steps.lineEdit().setText(text)
        assert again.isEnabled() == allowed, text
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)

    assert wanted == [500]


def test_escape_cancels_and_leaves_nothing(dialog, qtbot, engines, search, tmp_path):
    engines.begin()
    engines.write(LOSSES[:60])
    qtbot.waitUntil(lambda: search.stage is Stage.RUNNING)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    assert not dialog.isVisible()
    assert list(tmp_path.iterdir()) == []
