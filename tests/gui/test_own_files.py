"""Data and models of the user's in the window: opened, dropped, looked at, and run only after a yes."""

import json
import threading
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from kescape_gui.dropped import understood
from kescape_gui.run_state import RunState, Verb
from kescape_gui.setup.choice_box import PathBox
from kescape_gui.setup.data_pictures import Images
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QFileDialog, QLabel, QListWidget, QPlainTextEdit, QWidget

from kescape.config import RunConfig
from kescape.models.consent import is_allowed
from tests.gui.recorded import CONFIG, LENGTH, engine_run

NET = """
import keras

def helper(x):
    return x

def net(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])
"""

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")


def find(window, name, kind=QWidget):
    found = window.findChildren(kind, name)
    assert len(found) == 1, name
    return found[0]


@pytest.fixture
def flowers(tmp_path):
    path = tmp_path / "flowers é.csv"
    rows = "\n".join(f"{i},{i % 7}.5,{'abc'[i % 3]},{i * 0.25}" for i in range(60))
    path.write_text(f"id,length,species,price\n{rows}\n", encoding="utf-8")
    return path


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "nets.py"
    path.write_text(NET)
    return path


def choose(qtbot, window, path, name="dataset"):
    """As from the dialog that the last line of the box opens."""
    window.findChild(PathBox, f"{name}Box").browse_wanted.emit("file")
    dialog = find(window, "browseDialog", QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.done(QDialog.DialogCode.Accepted)
    qtbot.waitUntil(lambda: not window.findChildren(QWidget, "browseDialog"))


def shown_faults(window):
    return " ".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())


def drop(window, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    some = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(9, 9), *some)
    window.dragEnterEvent(enter)
    if enter.isAccepted():
        window.dropEvent(QDropEvent(QPointF(9, 9), *some))
    return enter.isAccepted()


def test_a_table_is_opened_and_its_target_and_task_are_chosen(make_window, qtbot, flowers):
    window = make_window()
    target, task = find(window, "targetBox"), find(window, "taskBox")
    assert not target.isVisible()
    assert find(window, "dataLine").text().startswith("2,000 rows of 2 numbers, 2 classes")

    choose(qtbot, window, flowers)
    qtbot.waitUntil(lambda: "60 rows of 4 numbers, the number price" in find(window, "dataLine").text())

    assert find(window, "datasetBox").currentText() == "flowers é.csv"
    assert find(window, "datasetBox").value() == str(flowers)
    assert target.isVisible()
    assert [target.itemText(i) for i in range(target.count())] == [
        "Found: price", "id", "length", "species", "price",
    ]  # fmt: skip
    target.setValue("species")
    qtbot.waitUntil(lambda: "3 classes of species" in find(window, "dataLine").text())
    task.setValue("regression")
    qtbot.waitUntil(lambda: "species" in shown_faults(window) and find(window, "dataLine").isHidden())

    find(window, "datasetBox").setValue("wine")
    assert not target.isVisible()
    assert find(window, "dataLine").text().startswith("178 rows of 13 numbers, 3 classes")


def test_a_closer_look_shows_classes_columns_and_notes(make_window, qtbot, flowers):
    window = make_window()
    choose(qtbot, window, flowers)
    find(window, "targetBox").setValue("species")
    qtbot.waitUntil(lambda: "species" in find(window, "dataLine").text())
    find(window, "dataLine").linkActivated.emit("look")

    dialog = find(window, "dataDialog", QDialog)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert "60 rows of 2 numbers, 3 classes of species." in texts
    assert any(text.startswith("'id' left out") for text in texts)
    assert any(widget.accessibleName() == "a 20, b 20, c 20" for widget in dialog.findChildren(QWidget))
    model = find(dialog, "columnsTable").model()
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["length", "price"]

    # What only reading it all tells comes a little later.
    qtbot.waitUntil(lambda: bool(dialog.findChildren(QWidget, "firstRowsTable")), timeout=20_000)
    first = find(dialog, "firstRowsTable").model()
    assert [first.index(1, column).data() for column in range(4)] == ["1", "1.5", "b", "0.25"]
    assert any(widget.accessibleName().startswith("60 points") for widget in dialog.findChildren(QWidget))


def test_images_are_looked_at_class_by_class(make_window, qtbot, tmp_path):
    for name, grey in (("cats", 30), ("dogs", 200)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(6):
            Image.new("RGB", (20, 10), (grey, number, 0)).save(tmp_path / "pets" / name / f"{number}.png")
    window = make_window()
    choose(qtbot, window, tmp_path / "pets")
    qtbot.waitUntil(lambda: "12 images of 10 × 20 × 3, 2 classes" in find(window, "dataLine").text())
    assert find(window, "imageSizeBox").isVisible()
    find(window, "dataLine").linkActivated.emit("look")
    dialog = find(window, "dataDialog", QDialog)
    qtbot.waitUntil(lambda: bool(dialog.findChildren(Images)), timeout=20_000)
    pictures = dialog.findChild(Images)

    assert pictures.accessibleName() == "cats, dogs"
    assert pictures.heightForWidth(60) == 2 * pictures.heightForWidth(400)
    seen = {pictures.grab().toImage().pixelColor(36 + 82 * number, 60).red() for number in (0, 1)}
    assert seen == {30, 200}


def test_a_large_file_is_read_beside_the_window(make_window, qtbot, flowers, monkeypatch):
    go, threads = threading.Event(), []

    def slow(path):
        threads.append(threading.current_thread())
        go.wait(20)
        return ("length", "price")

    monkeypatch.setattr("kescape_gui.setup.found_data.column_names", slow)
    window = make_window()
    choose(qtbot, window, flowers)
    assert find(window, "dataLine").text() == "Reading…"
    window.poll()
    assert window.curves.shown.message == ("Reading the data…", "flowers é.csv")
    assert find(window, "landingLabel").text() == "Waiting for the data."
    find(window, "startButton").click()
    assert find(window, "messageLabel").text() == "The data is still being read."
    assert window.state is RunState.DRAFT

    find(window, "datasetBox").setValue("wine")
    assert find(window, "landingLabel").text().startswith("3 cycles")
    go.set()
    qtbot.wait(100)

    assert threads[0] is not threading.main_thread()
    assert find(window, "dataLine").text().startswith("178 rows")


def test_what_is_wrong_with_a_file_is_said_under_its_box(make_window, qtbot, tmp_path):
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("a,b,y\n1,2,x\n4,y\n")
    window = make_window()
    choose(qtbot, window, ragged)

    qtbot.waitUntil(lambda: "line 3: has only 2 cells, but the first line has 3" in shown_faults(window))
    ragged.write_text("a,b,y\n" + "1,2,x\n4,5,y\n" * 10)
    choose(qtbot, window, ragged)
    qtbot.waitUntil(lambda: "20 rows of 2 numbers" in find(window, "dataLine").text())


def test_keys_walk_past_the_lines_that_open_a_dialog(make_window, qtbot):
    window = make_window()
    box = find(window, "datasetBox")
    box.setFocus()
    for _ in range(20):
        QTest.keyClick(box, Qt.Key.Key_Down)
    qtbot.wait(20)

    assert box.value() == "cifar100"
    assert not window.findChildren(QFileDialog)
    box.keyPressEvent(QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier))
    assert box.value() == "cifar100"
    box.setCurrentIndex(box.count() - 1)
    qtbot.waitUntil(lambda: bool(window.findChildren(QFileDialog)))
    assert box.value() == "cifar100"


def test_what_is_dropped_is_told_apart(tmp_path, flowers, net):
    run = engine_run(tmp_path / "run", steps=3)
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    (tmp_path / "images").mkdir()
    (tmp_path / "b.txt").write_text("")

    def meant(path):
        dropped = understood(Path(path))
        return dropped and (dropped.what, dropped.value)

    assert meant(run) == ("run", str(run))
    assert meant(flowers) == ("dataset", str(flowers))
    assert meant(tmp_path / "a.parquet") == ("dataset", str(tmp_path / "a.parquet"))
    assert meant(tmp_path / "images") == ("dataset", str(tmp_path / "images"))
    assert meant(net) == ("model", f"{net}:net")
    assert meant(tmp_path / "none.py") == ("model", f"{tmp_path / 'none.py'}:build_model")
    assert meant(tmp_path / "b.txt") is None


def test_files_and_runs_are_dropped_on_the_window(make_window, qtbot, tmp_path, flowers, net):
    run = engine_run(tmp_path / "run", steps=30, outcome="stopped")
    window = make_window()

    assert drop(window, run)
    assert window.shown_run.path == run
    assert drop(window, flowers)
    assert window.shown_run is None
    qtbot.waitUntil(lambda: "60 rows" in find(window, "dataLine").text())
    assert drop(window, net)
    assert find(window, "modelBox").currentText() == "nets.py:net"
    assert not drop(window, flowers, net)
    assert not drop(window, tmp_path / "letter.txt")
    assert find(window, "messageLabel").text().startswith("Drop one run, a .csv")


@pytest.fixture
def started(monkeypatch):
    """The configurations that would have been trained."""
    configs = []

    def start(self, config, name=None):
        configs.append(config)
        return engine_run(self._runs / f"run-{len(configs)}", steps=1)

    monkeypatch.setattr("kescape_gui.engine_session.EngineSession.start", start)
    return configs


def test_a_python_file_is_run_only_after_a_yes_to_what_is_shown(
    make_window, qtbot, net, started, monkeypatch, tmp_path
):
    monkeypatch.setenv("KESCAPE_HOME", str(tmp_path / "home"))
    window = make_window()
    choose(qtbot, window, net, "model")
    start = find(window, "startButton")

    start.click()
    box = find(window, "consentBox", QDialog)
    assert "begins in line 7" in find(box, "consentFacts").text()
    assert str(net) in find(box, "consentFacts").text()
    assert find(box, "consentCode", QPlainTextEdit).toPlainText() == NET.rstrip("\n")
    assert not find(box, "allowCodeButton", QAbstractButton).isDefault()
    box.reject()
    qtbot.waitUntil(lambda: not window.findChildren(QDialog, "consentBox"))
    assert started == []
    assert not is_allowed(net)

    start.click()
    find(find(window, "consentBox", QDialog), "allowCodeButton").click()
    assert [config.model for config in started] == [f"{net}:net"]
    assert is_allowed(net)
    qtbot.waitUntil(lambda: not window.findChildren(QDialog, "consentBox"))

    start.click()
    assert len(started) == 2
    net.write_text(NET + "# another\n")
    start.click()
    assert len(started) == 2
    assert find(window, "consentBox", QDialog).isVisible()


def test_an_interrupted_run_with_a_python_file_asks_before_it_goes_on(make_window, qtbot, net, monkeypatch, tmp_path):
    """The banner asks as the button does; without a yes nothing is asked of the run."""
    monkeypatch.setenv("KESCAPE_HOME", str(tmp_path / "home"))
    folder = engine_run(tmp_path / "runs" / "cut", steps=20, checkpoint=9, config=CONFIG.changed(model=f"{net}:net"))
    window = make_window()
    qtbot.waitUntil(find(window, "interruptedBanner").isVisible)

    find(window, "resumeInterruptedButton").click()

    assert find(window, "consentBox", QDialog).isVisible()
    assert window.shown_run.path == folder
    assert not (folder / "go-on.json").exists()


def test_a_model_that_does_not_fit_is_said_under_its_box(make_window, qtbot, tmp_path):
    (tmp_path / "a.py").write_text("def build_model(input_shape):\n    pass\n")
    window = make_window()
    choose(qtbot, window, tmp_path / "a.py", "model")

    assert "build_model must take two arguments" in shown_faults(window)
    find(window, "modelBox").setValue("cnn")
    assert "which dataset='spirals' has" in shown_faults(window)


def test_a_branch_fills_the_form_with_settings_and_weights(make_window, qtbot, tmp_path, started):
    folder = engine_run(tmp_path / "runs" / "done", steps=63, checkpoint=63, outcome="finished")
    window = make_window()
    window.show_run(folder)
    window.controls.verbs[Verb.BRANCH].trigger()
    dialog = find(window, "branchDialog", QDialog)
    assert find(dialog, "startsList", QListWidget).currentItem().text() == "step 63"
    find(dialog, "fillFormButton").click()
    qtbot.waitUntil(lambda: window.shown_run is None)

    assert find(window, "startFromBox").isVisible()
    assert "done, step 63" in find(window, "messageLabel").text()
    find(window, "etaMaxBox").setValue(0.01)
    find(window, "startButton").click()

    expected = CONFIG.changed(eta_max=0.01, start_from=str(folder / "checkpoints" / "there.npz"))
    assert started == [RunConfig(**expected.model_dump())]
    assert expected.steps_per_epoch() == LENGTH


def test_a_log_is_imported_and_shown_and_what_is_none_is_a_sentence(make_window, qtbot, tmp_path):
    log = tmp_path / "training.csv"
    log.write_text("epoch,loss,val_loss\n0,1.5,1.7\n1,0.5,0.9\n")
    (tmp_path / "none.zip").write_bytes(b"PK")
    window = make_window()
    next(action for action in window.findChildren(QAction) if action.text() == "&Import a log…").trigger()
    dialog = find(window, "browseDialog", QFileDialog)
    dialog.fileSelected.emit(str(log))
    dialog.done(QDialog.DialogCode.Accepted)
    qtbot.waitUntil(lambda: window.shown_run is not None)

    assert window.shown_run.path == tmp_path / "runs" / "training"
    assert window.shown_run.curve.loss.tolist() == [1.5, 0.5]
    assert not window.controls.verbs[Verb.BRANCH].isEnabled()
    assert window.controls.verbs[Verb.BRANCH].toolTip() == "It was imported: only its curves are here"

    assert drop(window, tmp_path / "none.zip")
    qtbot.waitUntil(
        lambda: "cannot" in find(window, "messageLabel").text() or "no " in find(window, "messageLabel").text()
    )
    assert not (tmp_path / "runs" / "none").exists()


def test_the_model_is_told_under_its_box_and_looked_at(make_window, qtbot, net):
    """64 times 2 + 64, 64 times 64 + 64 and 2 times 64 + 2 weights."""
    window = make_window()
    line = find(window, "modelLine")
    assert line.text().startswith("takes any shape, 4,482 weights&nbsp;·")
    line.linkActivated.emit("look")
    dialog = find(window, "modelDialog", QDialog)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert {"MLP 64-64", "Two hidden layers of 64 units, for data of any kind.", "4,482 weights, on Two spirals"} <= {
        *texts
    }
    dialog.reject()
    qtbot.waitUntil(lambda: not window.findChildren(QDialog, "modelDialog"))

    find(window, "modelBox").setValue("cnn")
    # Two spirals are no images: what is wrong is said, and so is what it would take.
    assert line.text().startswith("takes images, at least 2 x 2&nbsp;·")
    find(window, "modelBox").setValue(f"{net}:net")
    assert line.text().startswith("net in line 7&nbsp;·")
    line.linkActivated.emit("look")
    dialog = find(window, "modelDialog", QDialog)
    assert find(dialog, "modelCode", QPlainTextEdit).toPlainText() == NET.rstrip("\n")
    assert "not yet: Start asks before it is run" in [label.text() for label in dialog.findChildren(QLabel)]
    find(window, "modelBox").setValue(str(net.with_name("gone.keras")))
    assert not line.isVisible()


def test_a_keras_file_says_what_it_takes_and_gives(make_window, tmp_path):
    """As `kescape models PATH` does; the file is written as Keras writes it."""
    path = tmp_path / "small.keras"
    layers = [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 2]}},
        {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}},
    ]
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "small", "layers": layers}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
    window = make_window()
    drop(window, path)

    assert find(window, "modelLine").text().startswith("2 layers, takes 2, gives 2 numbers&nbsp;·")
    find(window, "modelLine").linkActivated.emit("look")
    texts = [label.text() for label in find(window, "modelDialog", QDialog).findChildren(QLabel)]
    assert str(path) in texts
    assert "Two spirals, Two moons, XOR" in texts


@pytest.mark.parametrize(
    ("name", "content", "box", "sentence"),
    [
        ("a.csv", b"", "datasetBox", "a.csv"),
        ("a.csv", b"\x00\xff" * 50, "datasetBox", "a.csv"),
        ("a.npz", b"no zip", "datasetBox", "a.npz"),
        ("a.parquet", b"PAR1", "datasetBox", "a.parquet"),
        ("a.keras", b"no zip", "modelBox", "a.keras"),
        ("a.py", b"def build_model(:\n", "modelBox", "a.py, line 1"),
        ("folder", None, "datasetBox", "folder"),
    ],
)
def test_what_is_dropped_and_cannot_be_used_is_a_sentence_under_its_box(
    make_window, qtbot, tmp_path, name, content, box, sentence
):
    path = tmp_path / name
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    window = make_window()

    assert drop(window, path)

    assert find(window, box).currentText().startswith(name)
    qtbot.waitUntil(lambda: sentence in shown_faults(window))
    find(window, "undoAction", QAction).trigger()
    assert sentence not in shown_faults(window)
    assert find(window, "landingLabel").text().startswith("3 cycles")


def test_a_dropped_zip_toml_or_run_that_cannot_be_used_is_a_sentence(make_window, qtbot, tmp_path):
    (tmp_path / "a.toml").write_text("epochs = [")
    window = make_window()
    assert drop(window, tmp_path / "a.toml")
    assert "is not a TOML file" in find(window, "messageLabel").text()
    assert not drop(window, tmp_path / "gone.h5")
    assert find(window, "messageLabel").text().endswith("a .keras or .py model, or .toml settings")
    assert not find(window, "undoAction", QAction).isEnabled()


def test_arrays_and_a_folder_of_images_are_dropped(make_window, qtbot, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(120.0).reshape(40, 3), y=np.arange(40) % 4)
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (6, 5)).save(tmp_path / "pets" / name / f"{number}.png")
    window = make_window()

    assert drop(window, tmp_path / "a.npz")
    qtbot.waitUntil(lambda: find(window, "dataLine").text().startswith("40 rows of 3 numbers, 4 classes"))
    assert drop(window, tmp_path / "pets")
    qtbot.waitUntil(lambda: find(window, "dataLine").text().startswith("8 images of 5 × 6 × 3, 2 classes"))
    find(window, "undoAction", QAction).trigger()
    qtbot.waitUntil(lambda: find(window, "dataLine").text().startswith("40 rows"))
    assert find(window, "datasetBox").currentText() == "a.npz"
