"""Runs that ended are offered to go on: by a banner, by the verbs and for longer. No engine comes here."""

import json

import pytest
from kescape_gui.epochs_dialog import EpochsDialog, proposed_epochs
from kescape_gui.line_dialog import LineDialog
from kescape_gui.run_state import RunState, Verb
from kescape_gui.runs.note_dialog import NoteDialog
from kescape_gui.status_strip import StatusStrip
from kescape_gui.steering import Steering
from PySide6.QtCore import QPointF
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from kescape.engine.go_on import GoOn
from kescape.run.errors import CannotGoOn
from kescape.schedule import Constant, CosineRestarts
from tests.gui.recorded import CONFIG, LENGTH, append, engine_run, go_on, record

PLACED = CONFIG.plan().on_steps(LENGTH)


def find(window, name, kind=QWidget):
    found = window.findChildren(kind, name)
    assert len(found) == 1, name
    return found[0]


@pytest.fixture
def asked(monkeypatch):
    """What runs were asked, in place of reading a checkpoint; a sentence in `refuse` is the answer instead."""
    questions = []

    class Asked(list):
        refuse = None

        def __call__(self, folder, **changes):
            questions.append((folder.name, changes))
            if self.refuse:
                raise CannotGoOn(self.refuse)
            (folder / "go-on.json").write_text(json.dumps({"session": "", "settings": changes}))
            return GoOn(CONFIG.changed(**changes), None, PLACED, None, [])

    double = Asked()
    monkeypatch.setattr("kescape_gui.going_on.ask_to_go_on", double)
    double.questions = questions
    return double


@pytest.fixture
def given(monkeypatch):
    """The folders that were given an engine."""
    folders = []
    monkeypatch.setattr("kescape_gui.engine_session.EngineSession.train", lambda self, folder: folders.append(folder))
    return folders


@pytest.fixture
def three(tmp_path):
    runs = tmp_path / "runs"
    engine_run(runs / "first", steps=20, checkpoint=9)
    engine_run(runs / "second", steps=30, checkpoint=18)
    engine_run(runs / "hopeless", steps=30)
    record(runs / "of-a-script")
    return runs


def test_interrupted_runs_that_can_go_on_are_offered_at_the_start(make_window, qtbot, three, asked, given):
    window = make_window()
    banner = find(window, "interruptedBanner")
    qtbot.waitUntil(banner.isVisible)
    text = find(window, "interruptedLabel").text()
    assert text == "2 runs were interrupted: second at epoch 4 of 7, first at epoch 3 of 7."
    assert find(window, "resumeInterruptedButton").text() == "Resume second"

    find(window, "resumeInterruptedButton").click()
    qtbot.waitUntil(lambda: bool(given))

    assert given == [three / "second"]
    assert asked.questions == [("second", {})]
    assert window.shown_run.path == three / "second"
    assert window.state is RunState.STARTING
    assert find(window, "interruptedLabel").text() == "first was interrupted at epoch 3 of 7."


def test_not_now_is_remembered_until_the_run_has_changed(make_window, qtbot, three):
    window = make_window()
    qtbot.waitUntil(find(window, "interruptedBanner").isVisible)
    find(window, "notNowButton").click()
    assert not find(window, "interruptedBanner").isVisible()
    writer = go_on(three / "first", 9)
    append(writer, PLACED, [1.0] * 4)
    writer.close()

    again = make_window()

    qtbot.waitUntil(find(again, "interruptedBanner").isVisible)
    assert find(again, "interruptedLabel").text() == "first was interrupted at epoch 2 of 7."


def test_an_interrupted_run_in_view_offers_to_resume_in_every_place(make_window, qtbot, three, asked, given):
    window = make_window()
    window.show_run(three / "first")

    qtbot.waitUntil(find(window, "resumeButton").isVisible)
    assert find(window, "resumeButton").isEnabled()
    assert find(window, "resumeCardButton").isVisible()
    assert any(
        "goes on from its newest checkpoint, at step 9;" in label.text() for label in window.findChildren(QLabel)
    )
    find(window, "resumeButton").click()
    qtbot.waitUntil(lambda: given == [three / "first"])
    qtbot.waitUntil(lambda: not find(window, "resumeButton").isVisible())
    assert "waiting for the engine" in " ".join(label.text() for label in window.findChildren(QLabel))

    window.show_run(three / "hopeless")
    assert not find(window, "resumeButton").isVisible()
    assert not find(window, "resumeCardButton").isVisible()
    assert any("has no checkpoint to go on from" in label.text() for label in window.findChildren(QLabel))


@pytest.mark.qt_log_ignore("does not support propagateSizeHints")
def test_a_run_whose_loss_exploded_offers_a_branch_since_the_same_would_happen_again(make_window, qtbot, tmp_path):
    folder = engine_run(tmp_path / "runs" / "bad", steps=30, checkpoint=18)
    writer = go_on(folder, 18)
    append(writer, PLACED, [float("nan")])
    writer.end("failed", error="loss became NaN at step 18")
    writer.close()
    window = make_window()
    window.show_run(folder)

    assert find(window, "branchCardButton").isVisible()
    assert not find(window, "resumeCardButton").isVisible()
    # Resume can be had, but is not the next thing to do.
    assert find(window, "resumeButton").isEnabled()
    assert not find(window, "resumeButton").font().bold()
    find(window, "branchCardButton").click()
    assert find(window, "branchDialog").isVisible()


def test_why_a_run_cannot_go_on_is_a_sentence(make_window, qtbot, three, asked, given):
    asked.refuse = "The run 'first' cannot go on, because its data have changed."
    window = make_window()
    window.show_run(three / "first")
    find(window, "resumeButton").click()

    qtbot.waitUntil(lambda: find(window, "errorCause").text() == asked.refuse)
    window.poll()
    assert find(window, "errorHeadline").text() == "This run cannot go on"
    assert given == []
    assert window.state is RunState.INTERRUPTED


def test_a_resume_that_is_given_up_leaves_the_run_as_it_was(make_window, qtbot, three, asked, given, monkeypatch):
    window = make_window()
    window.show_run(three / "first")
    monkeypatch.setattr(type(window.engines), "training", property(lambda self: three / "first"))
    find(window, "resumeButton").click()
    qtbot.waitUntil(lambda: window.state is RunState.STARTING)

    find(window, "stopNowButton").click()
    window.poll()

    assert window.state is RunState.INTERRUPTED
    assert not (three / "first" / "go-on.json").exists()


@pytest.mark.qt_log_ignore("does not support propagateSizeHints")
def test_a_finished_run_is_trained_on_to_the_end_of_its_next_cycle(make_window, qtbot, tmp_path, asked, given):
    folder = engine_run(tmp_path / "runs" / "done", steps=63, checkpoint=63, outcome="finished")
    window = make_window()
    window.show_run(folder)
    qtbot.waitUntil(find(window, "trainOnButton").isVisible)
    assert not find(window, "resumeButton").isVisible()
    find(window, "trainOnButton").click()
    dialog = find(window, "epochsDialog", EpochsDialog)
    box, words = find(dialog, "epochsInAllBox"), find(dialog, "epochsWords")
    assert box.value() == 15
    assert words.text() == "4 cycles of 1, 2, 4, 8 epochs; the last one ends at the lowest rate"

    box.setValue(20)
    assert "Epoch 20 is 31 % into cycle 5" in words.text()
    assert "stop at 15" in words.text()
    box.setValue(7)
    assert words.text() == "Needs a whole number from 8 to 100,000."
    assert not find(dialog, "trainOnOkButton").isEnabled()

    box.setValue(20)
    asked.refuse = "The run 'done' cannot go on with epochs=20."
    find(dialog, "trainOnOkButton").click()
    qtbot.waitUntil(lambda: words.text() == asked.refuse)
    asked.refuse = None
    words.linkActivated.emit("15")
    window.findChild(StatusStrip).tell("Stopped at step 63.")
    find(dialog, "trainOnOkButton").click()
    qtbot.waitUntil(lambda: given == [folder])

    assert asked.questions[-1] == ("done", {"epochs": 15})
    assert find(window, "messageLabel").text() == "", "what was said of the run before is not so any more"
    assert window.state is RunState.STARTING


def test_the_epochs_proposed_end_a_cycle():
    """By hand: cycles of 1, 2, 4, 8 epochs end at 1, 3, 7, 15; a plan of three cycles has no fourth end."""
    plan = CosineRestarts(1, 2, 0.1)

    assert [proposed_epochs(plan, epochs) for epochs in (1, 3, 5, 7)] == [3, 7, 7, 15]
    assert proposed_epochs(CosineRestarts(1, 2, 0.1, cycles=3), 7) == 14
    assert proposed_epochs(Constant(0.1), 20) == 40


@pytest.mark.qt_log_ignore("does not support propagateSizeHints")
def test_steering_asks_for_what_it_needs_and_sends_it(make_window, qtbot, tmp_path, monkeypatch):
    folder = engine_run(tmp_path / "run", steps=30, checkpoint=9)
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: True)
    window = make_window()
    window.show_run(folder)
    assert window.state is RunState.RUNNING
    sent = []
    monkeypatch.setattr(
        "kescape_gui.watched_run.send_command", lambda path, kind, **args: sent.append((kind, args)) or str(len(sent))
    )
    actions = {verb: action for verb, action in window.controls.verbs.items() if action.isEnabled()}
    assert find(window, "steerButton").isEnabled()

    actions[Verb.NEW_PEAK].trigger()
    dialog = find(window, "peakDialog", LineDialog)
    line, ok = find(dialog, "lineEdit", QLineEdit), find(dialog, "lineOkButton", QAbstractButton)
    assert line.text() == "0.1"
    line.setText("-1")
    assert (ok.isEnabled(), find(dialog, "lineFault").text()) == (
        False,
        "A negative rate climbs instead of descending.",
    )
    line.setText("0,25")
    ok.click()
    actions[Verb.SNAPSHOT].trigger()
    actions[Verb.NOTE].trigger()
    dialog = find(window, "noteDialog", LineDialog)
    find(dialog, "lineEdit", QLineEdit).setText(" odd ")
    find(dialog, "lineOkButton", QAbstractButton).click()

    assert sent == [("eta_max", {"value": 0.25}), ("snapshot", {}), ("note", {"text": "odd"})]


def test_the_banner_leaves_out_the_run_whose_card_says_the_same(make_window, qtbot, tmp_path):
    """And has it back when it is out of view."""
    folder = engine_run(tmp_path / "runs" / "first", steps=30, checkpoint=9)
    window = make_window()
    banner = find(window, "interruptedBanner")
    qtbot.waitUntil(banner.isVisible)

    window.show_run(folder)
    assert find(window, "errorCard").isVisible()
    assert not banner.isVisible()

    window._show_draft()
    assert banner.isVisible()


@pytest.mark.qt_log_ignore("does not support propagateSizeHints")
def test_a_note_that_cannot_be_sent_is_asked_for_again_as_it_was_written(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    answers, sent = [False, True], []
    steering = Steering(window)
    steering.ask(Verb.NOTE, "first", None, lambda kind, **args: sent.append((kind, args)) or answers.pop(0))

    dialog = window.findChild(LineDialog)
    find(dialog, "lineEdit", QLineEdit).setText("odd batch")
    find(dialog, "lineOkButton", QAbstractButton).click()
    again = next(each for each in window.findChildren(LineDialog) if each is not dialog)
    assert find(again, "lineEdit", QLineEdit).text() == "odd batch"
    find(again, "lineOkButton", QAbstractButton).click()

    assert sent == [("note", {"text": "odd batch"})] * 2
    assert not any(each.isVisible() for each in window.findChildren(LineDialog))


@pytest.mark.parametrize(
    "make",
    [
        lambda: LineDialog("Rename", "Another name for a & b?", "Rename", lambda text: None),
        lambda: NoteDialog("a & b", ""),
    ],
)
def test_a_name_with_an_ampersand_is_shown_as_it_is(qtbot, make):
    """A label beside its field would take it for the sign of a key, and draw “a _b”."""
    dialog = make()
    qtbot.addWidget(dialog)
    (asked,) = [label for label in dialog.findChildren(QLabel) if label.buddy() is not None]

    assert asked.text().endswith(" a && b?")
    assert QKeySequence.mnemonic(asked.text()).isEmpty()


def test_where_the_run_went_on_and_what_was_noted_is_ruled_on_the_curves(make_window, qtbot, tmp_path):
    folder = engine_run(tmp_path / "run", steps=30, checkpoint=13)
    writer = go_on(folder, 13)
    append(writer, PLACED, [1.0] * 20)
    writer.event("note", 25, "<b>odd</b> & " + "long " * 30)
    writer.end("stopped")
    writer.close()
    window = make_window()
    window.show_run(folder)
    plot = window.curves.loss_plot

    assert [(mark.step, mark.label) for mark in window.curves.shown.marks] == [(13, "resumed at step 13"), (25, "")]
    plot.hovered.emit(25.0)
    readout = find(window, "readoutLabel").text()
    assert "&lt;b&gt;odd&lt;/b&gt; &amp; long" in readout
    plot.hovered.emit(20.0)
    assert "odd" not in find(window, "readoutLabel").text()
    # The cross hair is a line, however few steps there are in view.
    image = plot.grab().toImage()
    left, right = (plot.mapFromScene(plot.plotItem.vb.mapViewToScene(QPointF(x, 0))).x() for x in (19.6, 20.4))
    ground = image.pixelColor(left, 60)
    assert right - left > 5
    assert 1 <= sum(image.pixelColor(x, 60) != ground for x in range(left, right)) <= 2
