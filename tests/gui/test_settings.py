"""The settings in the window: what is chosen holds at once."""

import os

import pytest
from kescape_gui.preferences import PreferenceFile, Preferences
from kescape_gui.preferences_dialog import PreferencesDialog
from kescape_gui.theme import DARK, Appearance, colours
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QMessageBox, QPushButton, QWidget

from kescape.run.folder import preferences_path
from kescape.run.reader import open_run
from tests.gui.recorded import record

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise")


def settings_of(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    return window.findChild(PreferencesDialog)


def test_every_preference_can_be_set_and_is_explained(make_window, qtbot):
    dialog = settings_of(make_window(), qtbot)

    for name in set(Preferences.model_fields) - {"runs_folder"}:
        assert dialog.findChild(QWidget, f"{name}Preference").toolTip(), name
    assert dialog.findChild(QLineEdit, "runsFolderLine").text()
    assert not dialog.isModal()


def test_the_window_is_dark_at_once_and_next_time(make_window, qtbot):
    window = make_window()
    dialog = settings_of(window, qtbot)
    box = dialog.findChild(QComboBox, "appearancePreference")

    box.setCurrentIndex(box.findData("dark"))

    assert colours() is DARK
    assert PreferenceFile().value.appearance == "dark"
    marked = [action.text() for action in window._menus._appearances.values() if action.isChecked()]
    assert marked == ["&Dark"]


def test_two_settings_dialogs_are_one(make_window, qtbot):
    window = make_window()
    first = settings_of(window, qtbot)

    window._preferring.ask()

    assert window.findChildren(PreferencesDialog) == [first]


def test_a_spare_engine_that_is_not_wanted_is_dismissed(make_window, qtbot, monkeypatch):
    spares = []

    class Spare:
        pid = 0

        def __init__(self, **_how):
            self.closed = False
            spares.append(self)

        def poll(self):
            return None

        def close(self):
            self.closed = True

        def wait(self, _timeout):
            return 0

    monkeypatch.setattr("kescape_gui.engine_session.spawn_engine", Spare)
    monkeypatch.setattr("kescape_gui.engine_session.EngineSession._look_at_spare", lambda _self: None)
    window = make_window(spare_engine=None)
    qtbot.waitUntil(lambda: len(spares) == 1)

    settings_of(window, qtbot).findChild(QCheckBox, "spare_enginePreference").setChecked(False)

    assert spares[0].closed
    window.poll()
    assert len(spares) == 1
    assert not PreferenceFile().value.spare_engine


def test_another_runs_folder_holds_from_the_next_start_on(make_window, qtbot, tmp_path, monkeypatch):
    monkeypatch.delenv("KESCAPE_RUNS")
    window = make_window()
    dialog = settings_of(window, qtbot)
    note = next(label for label in dialog.findChildren(QLabel, "preferenceNote") if "next start" in label.text())

    dialog._choose_runs(str(tmp_path / "elsewhere é"))

    assert PreferenceFile().value.runs_folder == str(tmp_path / "elsewhere é")
    assert dialog.findChild(QLineEdit, "runsFolderLine").text() == str(tmp_path / "elsewhere é")
    assert note.text() == f"Holds from the next start on; this window keeps its runs in {tmp_path / 'runs'}."
    qtbot.mouseClick(dialog.findChild(QPushButton, "runsFolderDefaultButton"), Qt.MouseButton.LeftButton)
    assert PreferenceFile().value.runs_folder == ""


def test_what_would_make_another_runs_folder_a_bad_choice_is_said(qtbot, tmp_path, monkeypatch):
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    note = dialog._runs_note

    dialog._choose_runs(str(tmp_path / "Dropbox" / "runs"))

    assert f"KESCAPE_RUNS is set and counts for more: {os.environ['KESCAPE_RUNS']}" in note.text()
    assert "seems to be synced by 'Dropbox'" in note.text()


def test_the_settings_follow_the_palette_while_they_are_open(make_window, qtbot):
    window = make_window()
    dialog = settings_of(window, qtbot)
    note = dialog._runs_note

    window.set_appearance(Appearance.DARK)

    qtbot.waitUntil(lambda: note.palette().color(note.foregroundRole()).name() == DARK.muted)
    assert dialog.findChild(QComboBox, "appearancePreference").currentData() == "dark"


def test_a_damaged_file_is_said_in_the_window_and_in_the_dialog(make_window, qtbot):
    preferences_path().parent.mkdir(parents=True)
    preferences_path().write_text("closing = 3")
    window = make_window()

    said = window.findChild(QLabel, "messageLabel").text()

    assert "closing must be 'ask', 'background' or 'stop'; got 3" in said
    assert settings_of(window, qtbot).findChild(QLabel, "preferencesProblem").text() == said


def test_a_change_that_cannot_be_kept_is_said_and_holds_for_now(make_window, qtbot):
    preferences_path().parent.parent.mkdir(parents=True, exist_ok=True)
    preferences_path().parent.write_text("a file")
    window = make_window()
    dialog = settings_of(window, qtbot)

    dialog.findChild(QCheckBox, "notifyPreference").setChecked(False)

    assert "cannot be written" in dialog.findChild(QLabel, "preferencesProblem").text()
    assert window._notifier.wanted is False


@pytest.mark.parametrize(("closing", "command"), [("background", None), ("stop", "stop_after_cycle")])
def test_who_has_said_what_closing_does_is_not_asked(make_window, tmp_path, monkeypatch, closing, command):
    PreferenceFile().change(closing=closing)
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: True)
    path = record(tmp_path / "runs" / "first", epochs=3)
    window = make_window()
    monkeypatch.setattr(type(window.engines), "training", property(lambda self: path))
    window.show_run(path)

    assert window.close()

    sent = [file.read_text() for file in (path / "commands").glob("*.json")]
    assert [command in text for text in sent] == ([] if command is None else [True])


@pytest.mark.parametrize(
    ("button", "always", "closing"),
    [
        ("keepTrainingButton", True, "background"),
        ("keepTrainingButton", False, "ask"),
        ("stopAfterCycleButton", True, "stop"),
        ("cancel", True, "ask"),
    ],
)
def test_closing_asks_a_new_user_who_may_answer_for_good(
    make_window, qtbot, tmp_path, monkeypatch, button, always, closing
):
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: True)
    path = record(tmp_path / "runs" / "first", epochs=3)
    window = make_window()
    monkeypatch.setattr(type(window.engines), "training", property(lambda self: path))
    window.show_run(path)

    assert not window.close()
    box = window.findChild(QMessageBox, "leaveBox")
    box.checkBox().setChecked(always)
    pressed = next(each for each in box.buttons() if button in (each.objectName(), each.text().lower()))

    qtbot.mouseClick(pressed, Qt.MouseButton.LeftButton)

    assert PreferenceFile().value.closing == closing
    assert window.isVisible() == (button == "cancel")


def test_a_training_that_cannot_be_told_to_stop_keeps_the_window(make_window, tmp_path, monkeypatch):
    PreferenceFile().change(closing="stop")
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: True)
    path = record(tmp_path / "runs" / "first", epochs=3)
    window = make_window()
    monkeypatch.setattr(type(window.engines), "training", property(lambda self: path))
    window.show_run(path)
    (path / "commands").rmdir() if (path / "commands").is_dir() else None
    (path / "commands").write_text("not a folder")

    assert not window.close()

    assert window.isVisible()
    assert "commands" in window.findChild(QLabel, "messageLabel").text()
    with open_run(path) as run:
        assert run.end is None
