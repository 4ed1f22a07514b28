"""The sheet of keys says what the window does, all of it, and nothing else."""

import pytest
from kescape_gui.keys import plot_keys
from kescape_gui.keys_dialog import KeysDialog, key_groups
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from tests.gui.recorded import record

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise")

NAMED_IN_THE_SHEET = {
    "Home",
    "Left",
    "Right",
    "F",
    "L",
    "Shift+L",
    "1",
    "2",
    "3",
    "4",
    "[",
    "]",
    "+",
    "-",
    "M",
    "R",
    "?",
}
OPEN_A_DIALOG = {"?", "R"}


def press(plot, key):
    """What becomes of a key that a plot gets: True if the plot, or a shortcut of it, takes it."""
    pressed = QKeySequence(key)[0]
    letter = key.removeprefix("Shift+")
    text = "" if len(letter) > 1 else letter if letter != key else letter.lower()
    event = QKeyEvent(QEvent.Type.KeyPress, pressed.key(), pressed.keyboardModifiers(), text)
    return QApplication.sendEvent(plot, event) and event.isAccepted()


def test_each_key_of_an_action_is_in_the_sheet_and_does_what_it_says(make_window):
    window = make_window()
    listed = {(key, line.does) for group in key_groups(window) for line in group.lines for key in line.keys}

    for action in window.findChildren(QAction):
        for shortcut in action.shortcuts():
            key = shortcut.toString(QKeySequence.SequenceFormat.PortableText)
            assert (key, action.text().replace("&", "").removesuffix("…")) in listed, key


def test_the_plots_know_the_keys_of_the_sheet(make_window, tmp_path):
    window = make_window()
    window.show_run(record(tmp_path / "runs" / "first", outcome="finished"))
    plot = window.findChild(QWidget, "lossPlot")
    plot.setFocus()
    listed = {key for line in plot_keys().lines for key in line.keys}

    assert listed >= NAMED_IN_THE_SHEET
    assert {key for key in listed - OPEN_A_DIALOG if not press(plot, key)} == set()


def test_the_sheet_names_every_single_key_that_the_plots_know(make_window, tmp_path):
    """A key that is added to the plots must be added to the sheet."""
    window = make_window()
    window.show_run(record(tmp_path / "runs" / "first", outcome="finished"))
    plot = window.findChild(QWidget, "lossPlot")
    plot.setFocus()
    listed = {QKeySequence(key)[0].key() for line in plot_keys().lines for key in line.keys}
    # The same key as + on most keyboards.
    listed.add(Qt.Key.Key_Equal)

    signs = [
        *range(Qt.Key.Key_Space, Qt.Key.Key_QuoteLeft + 1),
        *range(Qt.Key.Key_BraceLeft, Qt.Key.Key_AsciiTilde + 1),
    ]
    for code in (*signs, Qt.Key.Key_End, Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        if Qt.Key(code) not in listed:
            assert not press(plot, QKeySequence(code).toString()), QKeySequence(code).toString()


def test_f1_opens_the_sheet(make_window, qtbot):
    window = make_window()

    qtbot.keyClick(window.findChild(QWidget, "epochsBox"), Qt.Key.Key_F1)

    sheet = window.findChild(KeysDialog)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    assert words >= {"Ctrl+Return", "F6", "Shift+F6", "Ctrl+,", "F   Home"}
    assert not sheet.isModal()
    qtbot.keyClick(window.findChild(QWidget, "epochsBox"), Qt.Key.Key_F1)
    assert window.findChildren(KeysDialog) == [sheet]


def test_a_question_mark_opens_the_sheet_on_a_plot_and_nowhere_else(make_window, qtbot):
    window = make_window()
    table, plot = window.findChild(QWidget, "runsTable"), window.findChild(QWidget, "learningRatePlot")
    table.setFocus()
    qtbot.keyClick(table, "?")
    assert window.findChild(KeysDialog) is None

    plot.setFocus()
    qtbot.keyClick(plot, "?")

    assert window.findChild(KeysDialog) is not None


def test_f6_goes_through_form_plots_tables_and_bar_and_back(make_window, qtbot):
    window = make_window()
    panes = [window._dock, window._plots, window._tables, window._controls]
    window.findChild(QWidget, "epochsBox").setFocus()

    def where():
        return next(at for at, pane in enumerate(panes) if pane.isAncestorOf(QApplication.focusWidget()))

    seen = []
    for _ in range(4):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        seen.append(where())
    assert seen == [1, 2, 3, 0]
    assert QApplication.focusWidget() is window.findChild(QWidget, "epochsBox")

    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert where() == 3
    window._dock.hide()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
    assert where() == 1
