"""The draft outlives the window; presets, settings files and runs fill the form."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from kescape_gui.runs.order import By
from kescape_gui.runs.runs_table import COLUMNS
from kescape_gui.setup.draft_file import draft_path, read_draft, write_draft
from kescape_gui.setup.preset_dialog import PresetDialog
from kescape_gui.setup.preset_files import name_problem, preset_names, preset_path, presets_folder, read_settings
from kescape_gui.setup.setup import Setup
from kescape_gui.setup.setup_view import SetupView
from kescape_gui.setup.taken_values import differences, settings_of
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QDialog, QFileDialog, QLineEdit, QMenu, QWidget

from kescape.config import SETTINGS, ConfigError, RunConfig
from tests.gui.recorded import CONFIG, engine_run, record

pytestmark = pytest.mark.qt_log_ignore("does not support")
NAME = COLUMNS.index(By.NAME)
DEFAULTS = {name: setting.default for name, setting in SETTINGS.items()}


def find(window, name, kind=QWidget):
    found = window.findChildren(kind, name)
    assert len(found) == 1, name
    return found[0]


def told(window):
    return find(window, "messageLabel").text()


def presets_menu(window):
    """As it is when somebody opens it."""
    menu = find(window, "presetsMenu", QMenu)
    menu.aboutToShow.emit()
    return menu


def choose(menu, text):
    action = next(action for action in menu.actions() if action.text() == text)
    action.trigger()


def texts(menu):
    return [action.text() for action in menu.actions()]


# On disk.


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.one_of(st.integers(), st.text(max_size=9)),
        "eta_max": st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.text(max_size=9)),
        "cycles": st.one_of(st.none(), st.integers()),
        "nesterov": st.booleans(),
        "schedule": st.sampled_from(["sgdr", "cosine"]),
        "dataset": st.text(),
        "target": st.one_of(st.none(), st.text()),
    },
)


@given(VALUES)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_was_typed_is_read_back_as_it_was(tmp_path, values):
    path = tmp_path / "some" / "draft.json"
    write_draft(path, values)

    draft = read_draft(path)

    assert (draft.values, draft.note) == (values, "")
    assert [type(value) for value in draft.values.values()] == [type(value) for value in values.values()]
    assert [found.name for found in path.parent.iterdir()] == ["draft.json"]


def test_without_a_draft_nothing_is_said(tmp_path):
    draft = read_draft(tmp_path / "none" / "draft.json")

    assert (draft.values, draft.note) == ({}, "")


def test_what_a_draft_of_another_version_says_is_taken_as_far_as_it_is_known(tmp_path):
    path = tmp_path / "draft.json"
    unknown = {"lookahead": 3, "schedule": "spiral", "momentum": True, "eta_min": float("nan"), "seed": 10**400}
    write_draft(path, {"epochs": 5, **unknown})

    draft = read_draft(path)

    assert draft.values == {"epochs": 5}
    assert draft.note == (
        "Left out, because this version does not know it: lookahead, schedule, momentum, eta_min, seed."
    )


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[1]", b'{"epochs": 5}', b"\xff\xfe\x00",
        b"[" * 100_000, b'{"kescape draft": ' + b"9" * 5000 + b"}", b" " * 1_000_001,
    ],
)  # fmt: skip
def test_a_file_that_is_no_draft_is_set_aside(tmp_path, content):
    path = tmp_path / "draft.json"
    path.write_bytes(content)

    draft = read_draft(path)

    assert draft.values == {}
    assert draft.note.startswith("The last draft is damaged: it is kept as ")
    assert (tmp_path / "draft-unreadable.json").read_bytes() == content
    assert read_draft(path).note == ""


@given(st.binary(max_size=200))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_in_a_file_reading_it_ends_with_values_or_a_sentence(tmp_path, content):
    path = tmp_path / "draft.json"
    for whole in (content, b'{"kescape draft": 1, "epochs": ' + content + b"}"):
        path.write_bytes(whole)
        draft = read_draft(path)
        assert draft.values or draft.note or json.loads(whole) == {"kescape draft": 1}
    settings_file = tmp_path / "a.toml"
    settings_file.write_bytes(b'model = "mlp"\nepochs = ' + content)
    sentence = ""
    try:
        read = read_settings(settings_file)
    except ConfigError as error:
        sentence = str(error)
    assert sentence.startswith(str(settings_file)) or set(read) == set(SETTINGS)


@given(VALUES)
@hypothesis_settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_was_typed_is_shown_again_and_sends_nothing_back(qtbot, values):
    """Names of data would be looked for on this disk, so they are left out here."""
    values.pop("dataset", None)
    setup = Setup(values=values)
    view = SetupView(setup)
    qtbot.addWidget(view)
    sent = []
    view.edited.connect(lambda name, value: sent.append(name))
    view.refresh()

    assert sent == []
    for name in ("epochs", "eta_max"):
        if isinstance(values.get(name), str):
            # A line shows what it can: a line break becomes a space or a sign.
            assert len(view.field(name).text()) == len(values[name])
    assert (setup.config is None) == bool(setup.errors)


def test_two_writers_never_leave_half_a_draft(tmp_path):
    """Two windows write 300 times each while a third reads: it always finds the whole of the one or the other."""
    path = tmp_path / "draft.json"
    first, second = {"dataset": "a" * 4000}, {"dataset": "b" * 4000}
    write_draft(path, first)

    def write(values):
        for _ in range(300):
            write_draft(path, values)

    writers = [threading.Thread(target=write, args=(values,)) for values in (first, second)]
    for writer in writers:
        writer.start()
    seen = []
    while any(writer.is_alive() for writer in writers):
        seen.append(read_draft(path).values)
    for writer in writers:
        writer.join()

    assert seen
    assert all(values in (first, second) for values in seen)


# In the window.


def test_a_draft_with_a_fault_is_there_again_at_the_next_start(make_window):
    window = make_window()
    find(window, "etaMaxBox").lineEdit().setText("0.3x")
    find(window, "t0Box").setValue(5)
    window.leave()

    again = make_window()

    assert find(again, "etaMaxBox").text() == "0.3x"
    assert find(again, "t0Box").value() == 5
    assert not find(again, "undoAction", QAction).isEnabled()


def test_a_window_that_is_killed_loses_a_second_at_most(tmp_path):
    """kill -9 right after the draft was written; there was time for that once a second."""
    code = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
app = QApplication(sys.argv[:1])
from kescape_gui.main_window import MainWindow
settings = QSettings(sys.argv[1] + "/s.ini", QSettings.Format.IniFormat)
window = MainWindow(Path(sys.argv[1]) / "runs", settings, spare_engine=False)
window.show()
box = window.findChild(object, "batchSizeBox")
QTimer.singleShot(100, lambda: (box.setValue(77), print("typed", flush=True)))
app.exec()
"""
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "typed\n"
        path, end = draft_path(), time.monotonic() + 20
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

    assert read_draft(path).values["batch_size"] == 77


def test_data_that_is_gone_is_said_under_its_field(make_window, qtbot, tmp_path):
    write_draft(draft_path(), {"dataset": str(tmp_path / "gone.csv"), "epochs": 3})

    window = make_window()

    qtbot.waitUntil(lambda: window._setup.first_fault == "dataset")
    assert find(window, "datasetBox").currentText() == "gone.csv"
    assert find(window, "epochsBox").value() == 3


def test_a_damaged_draft_is_said_once(make_window):
    draft_path().parent.mkdir(parents=True)
    draft_path().write_text("{")
    window = make_window()
    assert told(window).startswith("The last draft is damaged: it is kept as ")
    assert find(window, "epochsBox").value() == 70
    window.leave()

    assert told(make_window()) == ""


def test_a_folder_in_the_way_of_the_draft_is_said_and_nothing_is_left_behind(make_window):
    draft_path().mkdir(parents=True)
    (draft_path() / "a").write_text("")
    window = make_window()
    assert told(window).startswith("The last draft cannot be read: ")
    find(window, "epochsBox").setValue(3)
    window._keeper.write()

    assert told(window).startswith("The draft cannot be kept in ")
    assert [path.name for path in draft_path().parent.iterdir()] == ["draft.json"]


# Presets.


def test_a_draft_is_kept_as_a_preset_that_the_command_line_reads(make_window, qtbot):
    window = make_window()
    find(window, "epochsBox").setValue(30)
    find(window, "cyclesBox").setValue(3)
    find(presets_menu(window), "savePresetAction", QAction).trigger()
    dialog = find(window, "presetDialog", QDialog)
    find(dialog, "presetNameEdit", QLineEdit).setText("short & sweet é")
    find(dialog, "presetOkButton", QAbstractButton).click()
    assert told(window) == "Preset “short & sweet é” is saved."
    assert RunConfig.from_toml(preset_path("short & sweet é")) == RunConfig(epochs=30, cycles=3)

    find(window, "epochsBox").setValue(7)
    find(window, "etaMaxBox").lineEdit().setText("wrong")
    choose(presets_menu(window), "short && sweet é")

    assert window._setup.config == RunConfig(epochs=30, cycles=3)
    assert find(window, "undoAction", QAction).text() == "&Undo Preset short && sweet é"
    find(window, "undoAction", QAction).trigger()
    assert (find(window, "epochsBox").value(), find(window, "etaMaxBox").text()) == (7, "wrong")


def test_a_preset_is_replaced_only_after_it_was_said(make_window):
    presets_folder().mkdir(parents=True)
    preset_path("mine").write_text(RunConfig(epochs=5).to_toml())
    window = make_window()
    find(presets_menu(window), "savePresetAction", QAction).trigger()
    dialog = find(window, "presetDialog", QDialog)
    name, words, ok = (find(dialog, child) for child in ("presetNameEdit", "presetWords", "presetOkButton"))
    assert (name.text(), ok.text(), words.text()) == ("spirals-mlp-sgdr", "Save", "")

    name.setText("mine")
    assert (ok.text(), words.text()) == ("Replace", "You have a preset “mine”; it will be replaced.")
    name.setText("Two spirals")
    assert not ok.isEnabled()
    for wrong in ("", "a/b", ".a", "nul", "x" * 300):
        name.setText(wrong)
        assert not ok.isEnabled()
    name.setText("mine")
    ok.click()

    assert RunConfig.from_toml(preset_path("mine")) == RunConfig()


def test_a_preset_that_is_another_to_us_alone_is_not_replaced_without_a_word(qtbot):
    """To the file systems of Windows and macOS, “Mine” is “mine”."""
    dialog = PresetDialog("Mine", lambda name: name.lower() == "mine", [])
    qtbot.addWidget(dialog)

    assert find(dialog, "presetOkButton").text() == "Replace"


def test_a_preset_is_deleted_after_a_yes(make_window, qtbot):
    presets_folder().mkdir(parents=True)
    for name in ("b", "A"):
        preset_path(name).write_text(RunConfig().to_toml())
    window = make_window()
    menu = presets_menu(window)
    assert texts(menu)[-5:] == ["A", "b", "", "&Save draft as preset…", "&Delete preset"]
    deleting = next(action.menu() for action in menu.actions() if action.text() == "&Delete preset")
    assert texts(deleting) == ["A", "b"]

    choose(deleting, "A")
    find(window, "deletePresetBox", QDialog).reject()
    assert preset_names() == ["A", "b"]
    qtbot.waitUntil(lambda: not window.findChildren(QDialog, "deletePresetBox"))
    choose(deleting, "A")
    find(window, "deletePresetButton", QAbstractButton).click()

    assert preset_names() == ["b"]
    assert told(window) == "Preset “A” is deleted."
    assert "A" not in texts(presets_menu(window))


def test_a_wrong_preset_says_file_and_line_and_changes_nothing(make_window):
    presets_folder().mkdir(parents=True)
    preset_path("odd").write_text("epochs = 5\nt_0 = -1.0\n")
    window = make_window()
    find(window, "epochsBox").setValue(7)

    choose(presets_menu(window), "odd")

    assert told(window).startswith(f"{preset_path('odd')}, line 2: t_0 must be > 0 epochs")
    assert find(window, "epochsBox").value() == 7


def test_a_draft_with_a_fault_is_no_preset(make_window):
    window = make_window()
    find(window, "epochsBox").lineEdit().setText("many")

    find(presets_menu(window), "savePresetAction", QAction).trigger()

    assert told(window) == "Something in the form needs a look first: only what can be trained is kept."
    assert not window.findChildren(QDialog, "presetDialog")


def test_names_that_cannot_be_files_are_no_names():
    assert name_problem("Ümlaut 2 (old)") is None
    assert all(name_problem(name) for name in ("", " ", "a:b", "a\nb", "con", "a.", "\ud800"))


# Settings files.


def test_settings_are_saved_and_opened(make_window, qtbot, tmp_path):
    window = make_window()
    find(window, "datasetBox").setValue("wine")
    find(window, "saveSettingsAction", QAction).trigger()
    dialog = find(window, "settingsDialog", QFileDialog)
    assert dialog.selectedFiles()[0].endswith("wine-mlp-sgdr.toml")
    dialog.fileSelected.emit(str(tmp_path / "a.toml"))
    dialog.done(QDialog.DialogCode.Accepted)
    assert RunConfig.from_toml(tmp_path / "a.toml") == RunConfig(dataset="wine")

    find(window, "datasetBox").setValue("digits")
    drop(window, tmp_path / "a.toml")

    assert find(window, "datasetBox").value() == "wine"
    assert told(window) == "The form has the settings of a.toml."


def drop(window, path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    some = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    window.dragEnterEvent(QDragEnterEvent(QPoint(9, 9), *some))
    window.dropEvent(QDropEvent(QPointF(9, 9), *some))


def test_a_settings_file_whose_data_is_gone_fills_the_form(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('dataset = "data/gone.csv"\ntarget = "y"\nepochs = 5\n')

    values = read_settings(path)

    assert values == {**DEFAULTS, "dataset": str(tmp_path / "data" / "gone.csv"), "target": "y", "epochs": 5}
    assert list(Setup(values=values).errors) == ["dataset"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("epochs = 5\nbatchsize = 3\n", "line 2: batchsize is not a setting of a run; did you mean batch_size?"),
        ("dataset = 5\n", "line 1: dataset must be"),
        ("[epochs]\n", "line 1: epochs must be a whole number"),
        ("epochs = \n", "is not a TOML file"),
        ("epochs = 5\nwarmup = 9.0\n", "line 2: warmup must be < epochs=5"),
    ],
)
def test_a_wrong_settings_file_names_file_and_line(tmp_path, text, sentence):
    path = tmp_path / "a.toml"
    path.write_text(text)

    with pytest.raises(ConfigError) as raised:
        read_settings(path)

    assert str(raised.value).startswith(str(path))
    assert sentence in str(raised.value)


# Runs.


def test_the_settings_of_a_run_are_used_and_what_is_not_known_is_named():
    values, dropped = settings_of({"epochs": 5, "lookahead": 1, "schedule": "spiral", "cycles": None})

    assert values == {**DEFAULTS, "epochs": 5}
    assert dropped == ["lookahead", "schedule"]


def test_differences_are_those_a_person_sees():
    """10 and 10.0 are the same length."""
    found = differences({**DEFAULTS, "t_0": 10, "cycles": 3}, {**DEFAULTS, "eta_max": 0.1})

    assert [(each.title, each.first, each.second) for each in found] == [
        ("Highest rate", "0.05", "0.1"),
        ("Cycles", "3", "no limit"),
    ]


def test_a_chip_names_the_run_in_view_while_its_settings_differ(make_window, qtbot, tmp_path):
    run = engine_run(tmp_path / "runs" / "first", steps=30, outcome="stopped")
    window = make_window()
    chip = find(window, "runChip", QAbstractButton)
    assert not chip.isVisible()
    window.show_run(run)
    assert chip.isVisible()
    assert chip.text() == "Shown: first"

    chip.click()
    dialog = find(window, "differencesDialog", QDialog)
    model = find(dialog, "differencesTable").model()
    shown = [[model.index(row, column).data() for column in range(3)] for row in range(model.rowCount())]
    assert shown[:2] == [["Data", "Wine", "Two spirals"], ["Model", "Logistic regression", "MLP 64-64"]]
    assert ["First cycle", "1 epoch", "10 epochs"] in shown
    find(dialog, "useSettingsButton").click()

    assert window._setup.config == CONFIG
    assert not chip.isVisible()
    find(window, "undoAction", QAction).trigger()
    assert window._setup.config == RunConfig()
    assert chip.isVisible()


def test_the_form_takes_over_the_run_in_view_by_a_key(make_window, tmp_path):
    run = engine_run(tmp_path / "runs" / "first", steps=30, outcome="stopped")
    window = make_window()
    action = find(window, "draftFromRunAction", QAction)
    assert not action.isEnabled()
    window.show_run(run)

    action.trigger()

    assert window._setup.config == CONFIG
    assert window.shown_run is None
    assert told(window) == "The form has the settings of first."


def test_a_run_of_a_script_has_no_settings_to_use(make_window, tmp_path):
    window = make_window()
    window.show_run(record(tmp_path / "runs" / "script", outcome="finished"))
    before = window._setup.values

    find(window, "draftFromRunAction", QAction).trigger()

    assert window._setup.values == before
    assert told(window) == "“script” was not started by KEscape's engine: its settings are not known."
    assert not find(window, "runChip").isVisible()


def test_json_is_what_a_draft_is(tmp_path):
    """A person who looks for it can read it."""
    write_draft(tmp_path / "draft.json", {"epochs": 5})

    assert json.loads(Path(tmp_path / "draft.json").read_text()) == {"kescape draft": 1, "epochs": 5}


def test_keys_of_list_and_menu_mean_the_one_that_has_the_focus(make_window, qtbot, tmp_path, monkeypatch):
    """Ctrl+D in the list takes the settings of the selected run, elsewhere those of the run in view; and Ctrl+Z in the
    list brings back what was thrown away, and once nothing is left there, undoes the form."""
    monkeypatch.setattr("send2trash.send2trash", lambda path: path.rename(tmp_path / f"trash-{path.name}"))
    runs = tmp_path / "runs"
    for name, epochs in (("one", 3), ("two", 7)):
        engine_run(runs / name, steps=18, outcome="stopped", config=CONFIG.changed(epochs=epochs))
    window = make_window()
    window.activateWindow()
    table, epochs_box = find(window, "runsTable"), find(window, "epochsBox")
    qtbot.waitUntil(lambda: window.isActiveWindow() and table.model().rowCount() == 2)
    window.show_run(runs / "two")

    def select(name):
        flags = table.selectionModel().SelectionFlag
        rows = range(table.model().rowCount())
        index = next(i for i in (table.model().index(row, NAME) for row in rows) if i.data() == name)
        table.clearSelection()
        table.selectionModel().setCurrentIndex(index, flags.Select | flags.Rows)
        table.setFocus()

    def press(key):
        qtbot.keyClick(window.focusWidget(), key, Qt.KeyboardModifier.ControlModifier)

    select("one")
    press(Qt.Key.Key_D)
    assert epochs_box.value() == 3
    epochs_box.setFocus()
    window.show_run(runs / "two")
    press(Qt.Key.Key_D)
    assert epochs_box.value() == 7
    select("one")
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert not (runs / "one").exists()
    press(Qt.Key.Key_Z)
    assert (runs / "one").exists()
    assert epochs_box.value() == 7
    press(Qt.Key.Key_Z)
    assert epochs_box.value() == 3
