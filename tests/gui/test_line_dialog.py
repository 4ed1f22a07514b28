"""A line that is asked for: what is wrong with it is read whole."""

import pytest
from kescape_gui.line_dialog import LineDialog
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def test_a_long_sentence_about_a_mistake_is_seen_whole(qtbot):
    def problem(text):
        return "This cannot be the name of anything at all, for a reason with room. " * 4 if "/" in text else None

    question = "Another name for a run with a rather long name; its folder is renamed, too."
    dialog = LineDialog("Rename", question, "Rename", problem, "first")
    qtbot.addWidget(dialog)
    dialog.show()
    before = dialog.height()
    dialog.findChild(QLineEdit).setText("a/b")
    QApplication.processEvents()
    assert dialog.height() > before
    labels = [label for label in dialog.findChildren(QLabel) if label.text()]
    assert len(labels) == 2
    for label in labels:
        assert label.height() >= label.heightForWidth(label.width()), label.text()
