"""The line at the foot of the window."""

import pytest
from kescape_gui.short_label import ShortLabel
from PySide6.QtGui import QAction, QStatusTipEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from tests.gui.recorded import record

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise")


def test_the_tip_of_a_menu_hides_neither_state_nor_progress(make_window, tmp_path):
    """It takes the place of what was just done, which is there again when nothing is pointed at."""
    path = record(tmp_path / "runs" / "first", outcome="finished")
    window = make_window()
    window.show_run(path)
    undone = []
    window.resize(960, 600)
    QApplication.processEvents()
    words = window.findChildren(ShortLabel)
    before = [label.width() for label in words if label.isVisible()]
    strip = window.findChild(QLabel, "statusLabel").parentWidget()
    strip.offer("first is deleted", "Undo", lambda: undone.append(True))
    action = next(each for each in window.findChildren(QAction) if each.objectName() == "exportAction")

    # As Qt does it when the pointer or an arrow key comes to an entry, and when it leaves it.
    action.showStatusText(window.menuBar())

    seen = {name: window.findChild(QWidget, name).isVisible() for name in ("statusLabel", "progressBar")}
    assert seen == {"statusLabel": True, "progressBar": True}
    tip, message = window.findChild(QLabel, "tipLabel"), window.findChild(QLabel, "messageLabel")
    assert (tip.isVisible(), message.isVisible()) == (True, False)
    assert tip.text() == action.statusTip() != ""
    QApplication.processEvents()
    assert [label.width() for label in words if label.isVisible()] == before
    assert tip.width() > 100

    QApplication.sendEvent(window.menuBar(), QStatusTipEvent(""))
    assert (tip.isVisible(), message.isVisible()) == (False, True)
    message.linkActivated.emit("offer:")
    assert undone == [True]
