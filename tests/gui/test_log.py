"""What happened in a run, and what somebody noted."""

import json
import shutil

import pytest
from kescape_gui.log import log_view
from kescape_gui.log.log_view import LogView
from kescape_gui.rows import Row
from kescape_gui.run_state import RunState, Verb, offers
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QTableView

from kescape.run.commands import LONGEST_NOTE
from kescape.run.reader import Event
from kescape.run.writer import RunWriter
from tests.gui.recorded import record

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")


@pytest.fixture
def noted_run(tmp_path, monkeypatch):
    """A live run, with a note among its events."""
    path = record(tmp_path / "runs" / "first", epochs=3)
    writer = RunWriter.open(path, kind="recorder", resume=True, steps_per_epoch=100)
    writer.event("warning", 50, "Something to know.")
    writer.event("note", 120, "odd batch")
    writer.close()
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: True)
    return path


def texts(window, column=2):
    model = window.findChild(QTableView, "eventsTable").model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_notes_can_be_read_alone_and_lead_to_their_step(make_window, qtbot, noted_run):
    window = make_window()
    window.show_run(noted_run)
    window.show_tab("log")
    assert {"Something to know.", "odd batch"} <= set(texts(window))

    window.findChild(QCheckBox, "notesOnlyBox").setChecked(True)

    assert texts(window) == ["odd batch"]
    table = window.findChild(QTableView, "eventsTable")
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.model().index(0, 2)).center()
    )
    assert window.findChild(QTableView, "stepsTable").currentIndex().row() == 120
    readout = window.findChild(QLabel, "readoutLabel")
    assert readout.isVisible()
    assert "odd batch" in readout.text()


def test_a_step_out_of_view_is_brought_into_it(make_window, noted_run):
    window = make_window()
    window.show_run(noted_run)
    window.curves.rate_plot.show_steps(0, 20)

    window._tables.go_to_step(250)

    low, high = window.curves.rate_plot.steps_in_view()
    assert low < 250 < high
    assert not window.curves.follows


def test_a_line_becomes_a_note_of_the_live_run(make_window, qtbot, noted_run):
    window = make_window()
    window.show_run(noted_run)
    window.show_tab("log")
    line = window.findChild(QLineEdit, "noteLine")

    qtbot.keyClicks(line, "  looks better  ")
    qtbot.keyClick(line, Qt.Key.Key_Return)

    (command,) = [json.loads(file.read_text()) for file in (noted_run / "commands").glob("*.json")]
    assert "looks better" in json.dumps(command)
    assert line.text() == ""


def test_a_note_that_cannot_be_written_is_given_back(make_window, qtbot, noted_run):
    window = make_window()
    window.show_run(noted_run)
    window.show_tab("log")
    line = window.findChild(QLineEdit, "noteLine")
    shutil.rmtree(noted_run / "commands", ignore_errors=True)
    (noted_run / "commands").write_text("a file in the way")

    qtbot.keyClicks(line, "looks better")
    qtbot.keyClick(line, Qt.Key.Key_Return)

    assert line.text() == "looks better"
    assert "cannot" in window.findChild(QLabel, "messageLabel").text()


def test_who_reads_or_selects_what_the_engine_printed_keeps_the_place(qtbot):
    view = LogView()
    qtbot.addWidget(view)
    view.resize(900, 200)
    view.show()
    output = view.findChild(QPlainTextEdit, "engineLog")
    bar = output.verticalScrollBar()
    text = "".join(f"line {number}\n" for number in range(100))
    view.show_output(text)
    assert bar.value() == bar.maximum() > 0

    output.find("line 33")
    bar.setValue(20)
    selected = output.textCursor().selectedText()
    view.show_output(text + "one more\n")

    assert output.toPlainText() == text + "one more\n"
    assert (bar.value(), output.textCursor().selectedText()) == (20, selected)
    assert selected

    bar.setValue(bar.maximum())
    view.show_output(text + "one more\nand another\n")
    assert bar.value() == bar.maximum()


def test_no_note_is_lost_or_empty_or_too_long(qtbot):
    view = LogView()
    qtbot.addWidget(view)
    sent = []
    view.note_wanted.connect(sent.append)
    line, button = view.findChild(QLineEdit, "noteLine"), view.findChild(QPushButton, "addNoteButton")
    view.offer_note(offers(RunState.RUNNING)[Verb.NOTE])
    for text, fault in (("   ", "A note needs a word."), ("x" * (LONGEST_NOTE + 1), "A note has at most")):
        line.setText(text)
        qtbot.keyClick(line, Qt.Key.Key_Return)
        assert not button.isEnabled()
        assert view.findChild(QLabel, "logNoteFault").text().startswith(fault)
        assert line.text() == text

    # The run ends while somebody writes: what was written stays, and the line says why it cannot be sent.
    line.setText("nearly done")
    view.offer_note(offers(RunState.FINISHED)[Verb.NOTE])

    assert (line.isEnabled(), button.isEnabled(), line.text()) == (False, False, "nearly done")
    assert line.toolTip() == "No training is running in this view"
    assert sent == []


def test_no_row_is_made_again_without_news(qtbot, monkeypatch):
    """A run has thousands of events, and is looked at twice a second."""
    made = []
    monkeypatch.setattr(log_view, "Row", lambda *args: made.append(args[0]) or Row(*args))
    view = LogView()
    qtbot.addWidget(view)
    events = [Event(1, 5, 0.1, "session", "restart", "Cycle 2 begins.", None)]

    view.show_events(events)
    view.show_events(events)
    assert made == [1]

    events.append(Event(2, 9, 0.2, "session", "note", "odd batch", None))
    view.show_events(events)
    assert texts(view) == ["Cycle 2 begins.", "odd batch"]
    view.findChild(QCheckBox, "notesOnlyBox").setChecked(True)
    assert texts(view) == ["odd batch"]
