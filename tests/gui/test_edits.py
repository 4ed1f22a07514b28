"""Edits of the draft, a step at a time, undone and redone."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from kescape_gui.run_state import Verb
from kescape_gui.setup.edits import Edits
from kescape_gui.setup.run_chip import RunChip
from kescape_gui.setup.setup import Setup
from kescape_gui.setup.setup_view import SetupView
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget

from kescape.config import SETTINGS
from tests.gui.recorded import CONFIG, engine_run

NUMBERS = st.one_of(
    st.integers(-3, 200), st.floats(-1, 300, allow_nan=False), st.sampled_from(["", "0.3x", "1e", None])
)
TYPED = [name for name, setting in SETTINGS.items() if setting.kind in ("int", "float")]
TYPING = st.tuples(st.just("type"), st.sampled_from(TYPED), NUMBERS)
FILLING = st.tuples(st.just("fill"), st.dictionaries(st.sampled_from(TYPED), NUMBERS, min_size=1), st.none())
CHOOSING = st.tuples(st.just("data"), st.sampled_from(["wine", "digits", "spirals", "no such data"]), st.none())
CLOSING = st.tuples(st.just("close"), st.none(), st.none())
GOING = st.tuples(st.sampled_from(["undo", "redo"]), st.none(), st.none())


pytestmark = pytest.mark.qt_log_ignore("does not support")


def identical(first, second):
    return first == second and [type(value) for value in first.values()] == [type(value) for value in second.values()]


@pytest.fixture
def edits(qapp):
    return Edits(Setup())


@given(st.lists(st.one_of(TYPING, FILLING, CHOOSING, CLOSING, GOING), max_size=25))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_undoing_everything_returns_the_identical_settings(qapp, done):
    setup = Setup()
    edits = Edits(setup)
    before = setup.values
    for what, first, second in done:
        if what == "type":
            edits.type(first, second)
        elif what == "fill":
            edits.set_many(first, "Preset")
        elif what == "data":
            edits.choose_data(first)
        elif what == "close":
            edits.close_step()
        else:
            getattr(edits.stack, what)()
    while edits.stack.canRedo():
        edits.stack.redo()
    after = setup.values

    while edits.stack.canUndo():
        edits.stack.undo()
    assert identical(setup.values, before)
    while edits.stack.canRedo():
        edits.stack.redo()
    assert identical(setup.values, after)


def test_keys_typed_into_one_field_are_one_step(edits):
    for typed in (1, 12, 120):
        edits.type("epochs", typed)
    edits.type("batch_size", 16)
    edits.type("epochs", 12)

    assert [edits.stack.text(place) for place in range(edits.stack.count())] == ["Epochs", "Batch size", "Epochs"]
    edits.stack.undo()
    assert edits.setup.values["epochs"] == 120
    edits.stack.undo()
    edits.stack.undo()
    assert edits.setup.values["epochs"] == SETTINGS["epochs"].default


def test_what_is_typed_after_the_field_was_left_or_an_undo_is_a_step_of_its_own(edits):
    edits.type("epochs", 1)
    edits.close_step()
    edits.type("epochs", 2)
    edits.stack.undo()
    edits.type("epochs", 3)

    assert edits.stack.count() == 2
    edits.stack.undo()
    assert edits.setup.values["epochs"] == 1


def test_what_was_typed_and_taken_back_leaves_nothing_to_undo(edits):
    edits.type("epochs", 7)
    edits.type("epochs", SETTINGS["epochs"].default)

    assert not edits.stack.canUndo()


def test_choosing_data_is_one_step_with_what_it_resets(edits):
    edits.set_many({"task": "regression"}, "Task")
    edits.choose_data("wine")
    assert edits.setup.values["task"] == "auto"

    edits.stack.undo()

    assert (edits.setup.values["dataset"], edits.setup.values["task"]) == ("spirals", "regression")


# In the window.


def find(window, name, kind=QWidget):
    found = window.findChildren(kind, name)
    assert len(found) == 1, name
    return found[0]


def undo(window):
    return find(window, "undoAction", QAction)


def redo(window):
    return find(window, "redoAction", QAction)


def test_the_windows_undo_wins_over_that_of_the_line(make_window, qtbot):
    """Ctrl+Z with the cursor in a field undoes the step before as well, in another field."""
    window = make_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    momentum, epochs = find(window, "momentumBox"), find(window, "epochsBox")
    momentum.setFocus()
    momentum.selectAll()
    qtbot.keyClicks(momentum, "0.5")
    epochs.setFocus()
    epochs.selectAll()
    qtbot.keyClicks(epochs, "33")
    assert undo(window).text() == "&Undo Epochs"

    QTest.keyClick(epochs, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (epochs.value(), momentum.value()) == (70, 0.5)
    QTest.keyClick(epochs, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert momentum.value() == 0.9
    assert not undo(window).isEnabled()
    redo(window).trigger()
    assert momentum.value() == 0.5


def test_text_that_is_no_number_comes_back(make_window, qtbot):
    window = make_window()
    peak = find(window, "etaMaxBox")
    peak.lineEdit().setText("0.3x")
    undo(window).trigger()
    assert peak.text() == "0.05"

    redo(window).trigger()

    assert peak.text() == "0.3x"


def test_an_undo_in_the_fold_is_shown(make_window):
    window = make_window()
    fold = find(window, "moreButton")
    find(window, "clipnormBox").setValue(1.0)
    assert not fold.isChecked()

    undo(window).trigger()

    assert fold.isChecked()
    assert not find(window, "clipnormBox").visibleRegion().isEmpty()


def test_a_fault_in_the_fold_is_said_on_its_line(make_window, qtbot):
    window = make_window()
    fold = find(window, "moreButton")
    assert fold.text() == "More settings"
    find(window, "warmupBox").lineEdit().setText("-1")
    assert fold.text() == "More settings · 1 needs a look"

    find(window, "startButton").click()

    assert fold.isChecked()
    assert fold.text() == "More settings"
    assert not find(window, "warmupBox").visibleRegion().isEmpty()


def test_what_is_set_in_the_fold_is_said_on_its_line(make_window):
    """A start from other weights, or a clipped gradient, holds without being seen."""
    window = make_window()
    fold = find(window, "moreButton")
    find(window, "clipnormBox").setValue(1.0)

    assert fold.text() == "More settings · 1 not the default"
    assert fold.toolTip() == f"Not the default: {SETTINGS['clipnorm'].title}"
    fold.setChecked(True)
    assert fold.text() == "More settings"
    undo(window).trigger()
    fold.setChecked(False)
    assert fold.text() == "More settings"
    assert fold.toolTip() == ""


def test_the_fold_is_as_it_was_left(make_window):
    window = make_window()
    find(window, "moreButton").setChecked(True)
    window.leave()

    assert find(make_window(), "moreButton").isChecked()


def test_a_field_goes_back_to_its_default_from_its_menu(make_window, qtbot):
    window = make_window()
    box = find(window, "etaMaxBox")
    label = next(label for label in find(window, "setupDock").findChildren(QWidget) if _buddy(label) is box)
    assert "•" not in label.text()
    box.setValue(0.2)
    assert "•" in label.text()
    assert label.toolTip().endswith("• Not the default, which is 0.05.")

    box.customContextMenuRequested.emit(box.rect().center())
    menu = next(menu for menu in window.findChildren(QMenu) if menu.findChild(QAction, "defaultAction"))
    # The line's own undo would fight the form's.
    assert not [action for action in menu.actions() if "Undo" in action.text()]
    assert "Paste" in " ".join(action.text() for action in menu.actions())
    menu.findChild(QAction, "defaultAction").trigger()
    menu.close()

    assert box.value() == 0.05
    undo(window).trigger()
    assert box.value() == 0.2


def _buddy(widget):
    return widget.buddy() if hasattr(widget, "buddy") else None


def test_showing_a_draft_is_no_edit(qtbot):
    """A form that shows 20 new values at once sends none of them back."""
    setup = Setup()
    view = SetupView(setup)
    qtbot.addWidget(view)
    sent = []
    view.edited.connect(lambda name, value: sent.append(name))
    setup.set_many({"epochs": 5, "dataset": "wine", "schedule": "cosine", "nesterov": True, "start_from": "/a.npz"})
    view.refresh()

    assert sent == []


def test_a_cure_is_one_step(make_window):
    window = make_window()
    find(window, "epochsBox").setValue(120)
    landing = find(window, "landingLabel")
    assert landing.text().startswith("Epoch 120 is 62 % into cycle 4: <a href='70'")

    landing.linkActivated.emit("70")

    assert find(window, "epochsBox").value() == 70
    undo(window).trigger()
    assert find(window, "epochsBox").value() == 120


def test_a_branch_is_one_step(make_window, qtbot, tmp_path):
    folder = engine_run(tmp_path / "runs" / "done", steps=63, checkpoint=63, outcome="finished")
    window = make_window()
    before = window._setup.values
    window.show_run(folder)
    window.controls.verbs[Verb.BRANCH].trigger()
    find(find(window, "branchDialog"), "fillFormButton").click()
    qtbot.waitUntil(lambda: find(window, "startFromBox").text() != "")
    assert find(window, "momentumBox").value() == CONFIG.momentum

    undo(window).trigger()

    assert identical(window._setup.values, before)


def test_the_chip_says_whether_the_run_trains(qtbot, edits):
    chip = RunChip(edits)
    qtbot.addWidget(chip)
    chip.show_run("first", CONFIG.model_dump(), trains=True)
    assert (chip.text(), chip.isVisible()) == ("Running: first", True)
    chip.show_run("first", CONFIG.model_dump())
    assert chip.text() == "Shown: first"
    edits.set_many(CONFIG.model_dump(), "Settings of first")
    chip.refresh()
    assert not chip.isVisible()
