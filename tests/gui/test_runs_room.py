"""What is done with runs in the real window: names, labels, the trash, other folders."""

import shutil

import numpy as np
import pytest
from kescape_gui.run_state import RunState, Verb
from kescape_gui.runs.order import By
from kescape_gui.runs.runs_table import COLUMNS
from kescape_gui.runs.trash_bin import TrashBin
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QTableView, QWidget

import kescape.run.trash
from kescape.run.errors import RunUnwritable
from kescape.run.folder import known_runs, remember_run
from kescape.run.labels import Labels, read_labels, write_labels
from kescape.run.trash import set_aside
from kescape.run.writer import RunWriter
from tests.gui.recorded import engine_run, record

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

NAME = COLUMNS.index(By.NAME)


@pytest.fixture(autouse=True)
def system_trash(monkeypatch, tmp_path):
    """A trash of the system, so that no test fills a real one."""
    place = tmp_path / "trash"
    place.mkdir()
    monkeypatch.setattr("send2trash.send2trash", lambda path: path.rename(place / path.name))
    return place


@pytest.fixture
def runs(tmp_path):
    """Three runs, of which `third` is the newest."""
    for name in ("first", "second", "third"):
        record(tmp_path / "runs" / name, epochs=1, outcome="finished")
    return tmp_path / "runs"


@pytest.fixture
def window(make_window, runs, qtbot):
    window = make_window()
    qtbot.waitUntil(lambda: len(names(window)) == 3)
    return window


def table(window):
    return window.findChild(QTableView, "runsTable")


def names(window):
    model = table(window).model()
    return [model.index(row, NAME).data() for row in range(model.rowCount())]


def select(window, *wanted):
    table(window).clearSelection()
    for name in wanted:
        index = table(window).model().index(names(window).index(name), NAME)
        flags = table(window).selectionModel().SelectionFlag
        table(window).selectionModel().setCurrentIndex(index, flags.Select | flags.Rows)


def do(window, name):
    action = window.findChild(QAction, name)
    assert action.isEnabled()
    action.trigger()


def said(window):
    return window.findChild(QLabel, "messageLabel").text()


def undo(window):
    window.findChild(QLabel, "messageLabel").linkActivated.emit("offer:")


def answer(window, text):
    """Type into the dialog that is open, and confirm."""
    window.findChild(QLineEdit, "lineEdit").setText(text)
    window.findChild(QPushButton, "lineOkButton").click()


def test_a_renamed_run_stays_in_view(window, runs, qtbot):
    select(window, "second")
    do(window, "renameRunAction")
    answer(window, "better name")

    assert window.shown_run.path == runs / "better name"
    assert len(window.shown_run.curve) == 100
    assert said(window) == "second is now better name."
    assert names(window) == ["third", "better name", "first"]
    window.poll()
    assert window.state is RunState.FINISHED
    qtbot.wait(50)
    assert names(window) == ["third", "better name", "first"]


@pytest.mark.parametrize(
    ("action", "mover"), [("renameRunAction", "labelling.rename_run"), ("trashRunAction", "trash_bin.set_aside")]
)
def test_the_run_in_view_is_let_go_before_it_moves(window, runs, monkeypatch, action, mover):
    """Some systems move no folder in which somebody has a file open; where it stays, it is in view again."""
    held = []

    def refuse(path, *_name):
        held.append(window.shown_run)
        raise RunUnwritable(f"{path.name!r} cannot be moved: in use.")

    monkeypatch.setattr(f"kescape_gui.runs.{mover}", refuse)
    select(window, "second")
    do(window, action)
    if action == "renameRunAction":
        answer(window, "other")

    assert held == [None]
    assert said(window) == "'second' cannot be moved: in use."
    assert window.shown_run.path == runs / "second"
    assert names(window) == ["third", "second", "first"]


def test_another_run_is_renamed_beside_the_one_in_view(window, runs):
    window.show_run(runs / "first")
    window.findChild(QWidget, "runsTable")
    window._runs_view.rename_wanted.emit(runs / "third")
    answer(window, "last")

    assert window.shown_run.path == runs / "first"
    assert names(window)[0] == "last"


def test_a_name_that_is_taken_is_told_while_it_is_typed(window, runs):
    select(window, "second")
    do(window, "renameRunAction")

    line = window.findChild(QLineEdit, "lineEdit")
    line.setText("first")
    assert window.findChild(QLabel, "lineFault").text() == "There is a run or a folder 'first' already."
    assert not window.findChild(QPushButton, "lineOkButton").isEnabled()
    line.setText("a/b")
    assert window.findChild(QLabel, "lineFault").text().startswith("The name of a run must not contain '/'")
    window.findChild(QDialog).reject()
    assert (runs / "second").is_dir()


def test_a_live_run_is_neither_renamed_nor_thrown_away(window, runs, monkeypatch, qtbot):
    """It is refused in a sentence, and stays in view."""
    RunWriter.open(runs / "second", kind="recorder", resume=True).close()
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: folder.name == "second")
    select(window, "second")

    for action in ("renameRunAction", "trashRunAction"):
        do(window, action)
        assert said(window) == "'second' is running; stop it first, or wait until it ends."
        assert (runs / "second").is_dir()
        assert window.shown_run.path == runs / "second"
        assert window.findChild(QLineEdit, "lineEdit") is None


def test_a_remembered_run_is_found_after_it_was_renamed(make_window, tmp_path, qtbot):
    remember_run(record(tmp_path / "own" / "elsewhere", epochs=1, outcome="finished"))
    window = make_window()
    qtbot.waitUntil(lambda: names(window) == ["elsewhere"])

    select(window, "elsewhere")
    do(window, "renameRunAction")
    answer(window, "mine")

    assert known_runs() == [tmp_path / "own" / "mine"]
    qtbot.wait(100)
    assert names(window) == ["mine"]


def test_tags_and_notes_are_given_and_found(window, runs, qtbot):
    write_labels(runs / "first", Labels(("own",)))
    select(window, "third", "first")
    do(window, "tagRunAction")
    answer(window, "keep lr-test")
    assert read_labels(runs / "first") == Labels(("own", "keep", "lr-test"))
    assert read_labels(runs / "third") == Labels(("keep", "lr-test"))

    select(window, "third")
    do(window, "noteRunAction")
    window.findChild(QPlainTextEdit, "noteEdit").setPlainText("  Two\nlines. ")
    window.findChild(QPushButton, "noteOkButton").click()
    assert read_labels(runs / "third") == Labels(("keep", "lr-test"), "Two\nlines.")

    window.findChild(QLineEdit, "filterEdit").setText("lines tag=keep")
    qtbot.waitUntil(lambda: names(window) == ["third"])
    assert table(window).model().index(0, COLUMNS.index(By.TAGS)).data() == "keep  lr-test  ✎"


def test_tags_that_all_have_are_taken_from_all(window, runs, qtbot):
    write_labels(runs / "first", Labels(("a", "own")))
    write_labels(runs / "third", Labels(("a", "b")))
    select(window, "third", "first")
    do(window, "tagRunAction")
    line = window.findChild(QLineEdit, "lineEdit")
    qtbot.keyClicks(line, "d")
    assert line.text() == "a d"
    answer(window, "c")

    assert read_labels(runs / "first").tags == ("own", "c")
    assert read_labels(runs / "third").tags == ("b", "c")


def test_a_tag_or_note_that_is_too_long_is_told_while_it_is_typed(window, runs):
    select(window, "third")
    do(window, "tagRunAction")
    window.findChild(QLineEdit, "lineEdit").setText("x" * 41)
    assert window.findChild(QLabel, "lineFault").text().startswith("A tag must have at most 40 characters")
    window.findChild(QDialog).reject()

    do(window, "noteRunAction")
    window.findChild(QPlainTextEdit, "noteEdit").setPlainText("x" * 4003)
    assert window.findChild(QLabel, "noteFault").text() == "3 characters too many: a note has at most 4,000."
    assert not window.findChild(QPushButton, "noteOkButton").isEnabled()


def test_tags_that_are_too_many_with_those_of_another_window_are_told(window, runs):
    """The other run gets its tag all the same."""
    select(window, "third", "first")
    do(window, "tagRunAction")
    theirs = Labels(tuple(f"t{number}" for number in range(20)))
    write_labels(runs / "third", theirs)
    answer(window, "keep")

    assert said(window) == "third: a run can have at most 20 tags; got 21."
    assert read_labels(runs / "third") == theirs
    assert read_labels(runs / "first").tags == ("keep",)


def test_a_name_in_a_question_is_no_markup(make_window, tmp_path, qtbot):
    """It may come with somebody else's run."""
    name = "run <b>7<b>"
    record(tmp_path / "runs" / name, epochs=1, outcome="finished")
    window = make_window()
    qtbot.waitUntil(lambda: names(window) == [name])
    select(window, name)
    do(window, "tagRunAction")

    line = window.findChild(QLineEdit, "lineEdit")
    (question,) = [label for label in line.parent().findChildren(QLabel) if label.buddy() is line]
    assert question.text().startswith(f"Tags of {name}, ")
    assert question.textFormat() is Qt.TextFormat.PlainText


def test_labels_that_cannot_be_written_are_told(window, runs):
    select(window, "third")
    do(window, "tagRunAction")
    shutil.rmtree(runs / "third")
    answer(window, "keep")

    assert said(window).startswith("The labels of 'third' cannot be written: ")


def test_a_run_goes_to_the_trash_without_a_question_and_comes_back(window, runs, qtbot):
    """The one under it is shown next; undone, it is in view again as it was."""
    select(window, "second")
    before = sorted(path.name for path in (runs / "second").iterdir())

    do(window, "trashRunAction")

    assert not (runs / "second").exists()
    assert names(window) == ["third", "first"]
    assert window.shown_run.path == runs / "first"
    assert said(window).startswith("Moved second to the trash · <a href='offer:'")

    undo(window)

    assert sorted(path.name for path in (runs / "second").iterdir()) == before
    assert window.shown_run.path == runs / "second"
    assert said(window) == "second is back"
    qtbot.waitUntil(lambda: names(window) == ["third", "second", "first"])
    assert not (runs / ".deleted").exists()


def test_what_is_said_next_takes_the_link_away_but_not_the_offer(window, runs):
    select(window, "second")
    do(window, "trashRunAction")
    window._strip.tell("Snapshot kept.")

    undo(window)
    assert not (runs / "second").exists()

    do(window, "undoTrashAction")
    assert (runs / "second").exists()


def test_several_deletions_are_undone_one_by_one(window, runs, qtbot):
    window.show_run(runs / "third")
    table(window).setFocus()
    for _ in range(3):
        qtbot.keyClick(table(window), Qt.Key.Key_Delete)
    assert names(window) == []
    assert window.shown_run is None

    window.findChild(QLabel, "noRunsLabel").setFocus()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.shown_run.name == "first"
    assert "first is back · " in said(window)
    assert "Bring back second" in said(window)
    undo(window)
    qtbot.waitUntil(lambda: names(window) == ["second", "first"])
    select(window, "second")
    do(window, "undoTrashAction")
    assert said(window) == "third is back"
    qtbot.waitUntil(lambda: names(window) == ["third", "second", "first"])


def test_several_runs_at_once(window, runs):
    select(window, "third", "first")
    do(window, "trashRunAction")

    assert said(window).startswith("Moved 2 runs to the trash · ")
    assert names(window) == ["second"]


def test_a_name_that_was_given_again_becomes_another(window, runs, qtbot):
    select(window, "second")
    do(window, "trashRunAction")
    record(runs / "second", epochs=2, outcome="finished")

    undo(window)

    assert said(window) == "second is back, as second-2"
    assert window.shown_run.path == runs / "second-2"
    assert len(window.shown_run.curve) == 100


def test_when_the_offer_is_gone_it_is_in_the_trash_of_the_system(window, runs, system_trash, qtbot):
    window.findChild(TrashBin)._offer.setInterval(30)
    select(window, "second")
    do(window, "trashRunAction")

    qtbot.waitUntil(lambda: (system_trash / "second" / "run.db").exists())

    qtbot.waitUntil(lambda: not (runs / ".deleted").exists())
    assert not window.findChild(QAction, "undoTrashAction").isEnabled()
    # A click that comes too late does nothing.
    undo(window)
    assert (system_trash / "second").exists()


def test_a_window_that_is_closed_takes_the_offer_with_it(window, runs, system_trash):
    select(window, "second")
    do(window, "trashRunAction")
    window.leave()

    assert (system_trash / "second" / "run.db").exists()
    assert not (runs / ".deleted").exists()


def test_where_there_is_no_trash_the_run_is_back(window, runs, monkeypatch, qtbot):
    def refuse(path):
        raise OSError(38, "no trash on this file system")

    monkeypatch.setattr("send2trash.send2trash", refuse)
    window.findChild(TrashBin)._offer.setInterval(30)
    select(window, "second")
    do(window, "trashRunAction")

    sentence = "'second' cannot be moved to the trash: no trash on this file system. It is in the list again."
    qtbot.waitUntil(lambda: said(window) == sentence)
    qtbot.waitUntil(lambda: names(window) == ["third", "second", "first"])


def test_what_a_killed_window_left_goes_to_the_trash_at_the_next_start(
    make_window, runs, system_trash, monkeypatch, qtbot
):
    set_aside(runs / "second")
    monkeypatch.setattr(kescape.run.trash, "LEFT_SECONDS", -1.0)

    make_window()

    qtbot.waitUntil(lambda: (system_trash / "second" / "run.db").exists())


def test_another_folder_is_listed_and_left_again(window, runs, tmp_path, qtbot):
    """Its runs are shown as any; new runs go to the window's own folder, whose list then comes back."""
    other = tmp_path / "other"
    record(other / "theirs", epochs=2, outcome="finished")
    remember_run(record(tmp_path / "own" / "elsewhere", epochs=1, outcome="finished"))

    window._runs_room.places.look_in(other)

    qtbot.waitUntil(lambda: names(window) == ["theirs"])
    assert window.findChild(QLabel, "runsFolderLabel").text() == f"Runs in {other}"
    assert window.findChild(QWidget, "runsHeading").toolTip() == f"New runs still go to {runs}"
    select(window, "theirs")
    assert len(window.shown_run.curve) == 200
    assert window._runs_room.places.recent == [other]
    offered = [action.text() for action in window._menus._places.actions()]
    assert offered == [str(other)]

    window._on_begun(runs / "first")
    qtbot.waitUntil(lambda: "first" in names(window))
    assert not window.findChild(QWidget, "runsHeading").isVisible()


def test_a_live_run_of_another_folder_can_be_steered(window, tmp_path, monkeypatch, qtbot):
    live = record(tmp_path / "other" / "live", epochs=1)
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: folder == live)
    monkeypatch.setattr("kescape.run.commands.lock_is_held", lambda folder: folder == live, raising=False)
    window._runs_room.places.look_in(tmp_path / "other")
    qtbot.waitUntil(lambda: names(window) == ["live"])
    select(window, "live")
    assert window.state is RunState.RUNNING

    window._do(Verb.PAUSE)

    assert window.state is RunState.PAUSING
    assert len(list((live / "commands").iterdir())) == 1


def test_a_folder_that_cannot_be_read_is_told_in_words(window, tmp_path, qtbot):
    window._runs_room.places.look_in(tmp_path / "gone")

    empty = window.findChild(QLabel, "noRunsLabel")
    qtbot.waitUntil(lambda: empty.text() == f"{tmp_path / 'gone'} cannot be read: No such file or directory.")
    window.findChild(QLabel, "homeLink").linkActivated.emit("home")
    qtbot.waitUntil(lambda: names(window) == ["third", "second", "first"])


def test_an_interrupted_run_is_resumed_from_the_list(window, runs, monkeypatch, qtbot):
    """The same way as from the bar."""
    engine_run(runs / "cut", steps=20, checkpoint=18)
    window._list.ask()
    qtbot.waitUntil(lambda: "cut" in names(window))
    wanted = []
    monkeypatch.setattr(window._verbs, "do", wanted.append)
    select(window, "cut")
    menu = window._runs_view.make_menu()
    do(window, "resumeRunAction")

    assert wanted == [Verb.RESUME]
    assert window.shown_run.path == runs / "cut"
    menu.deleteLater()


def test_the_banner_forgets_a_run_that_is_gone(make_window, runs, qtbot):
    engine_run(runs / "cut", steps=20, checkpoint=18)
    window = make_window()
    banner = window.findChild(QWidget, "interruptedBanner")
    qtbot.waitUntil(banner.isVisible)
    select(window, "cut")

    do(window, "trashRunAction")

    assert not banner.isVisible()


def test_the_filter_is_one_key_away(window, qtbot):
    window.show_tab("log")
    window._menus.filter_wanted.emit()

    assert window.findChild(QLineEdit, "filterEdit").hasFocus()


def test_a_refresh_in_the_midst_of_typing_and_renaming_disturbs_neither(window, runs, qtbot):
    select(window, "second")
    do(window, "renameRunAction")
    line = window.findChild(QLineEdit, "lineEdit")
    line.setText("half a na")
    box = window.findChild(QLineEdit, "filterEdit")
    box.setText("sec")
    box.setCursorPosition(1)

    record(runs / "fourth", loss=np.geomspace(1, 0.1, 10), outcome="finished")
    window._list.ask()
    qtbot.waitUntil(lambda: len(window._list.summaries) == 4)

    assert (line.text(), box.text(), box.cursorPosition()) == ("half a na", "sec", 1)
    assert names(window) == ["second"]
    window.findChild(QDialog).reject()
