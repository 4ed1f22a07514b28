"""The window of a comparison: real folders of real runs, and one comparison that it really starts."""

import csv
import json
import shutil

import pytest
from kescape_gui import theme
from kescape_gui.comparison import following
from kescape_gui.comparison.comparison_window import ComparisonWindow
from kescape_gui.comparison.design import Base
from kescape_gui.keys import comparison_keys
from kescape_gui.setup.setup import Setup
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from shiboken6 import isValid

from kescape.compare.cluster import ray_place
from kescape.compare.comparison import Comparison
from kescape.compare.folder import new_comparison, read_comparison, stop_is_wanted, working_on
from kescape.compare.launch import spawn_comparison
from kescape.config import RunConfig
from kescape.engine.launch import prepare_run
from kescape.run.errors import ClusterUnusable
from tests.gui.comparison.trained import train
from tests.gui.test_whole_window import clipped, contrast, inputs, named, seen

pytestmark = [
    pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise"),
    pytest.mark.timeout(240),
]

BASE = RunConfig(dataset="wine", model="logistic", epochs=3, batch_size=32, t_0=1.0, eta_max=0.05, escapes=False)
SETTINGS = {name: getattr(BASE, name) for name in type(BASE).model_fields}
LONG = 120_000


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    """So that no test waits for seconds."""
    monkeypatch.setattr(following, "_SECONDS", 0.1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A cosine and restarts, from two seeds each."""
    comparison = Comparison(BASE, {"schedule": ("cosine", "sgdr")}, repeats=2)
    folder = new_comparison(comparison, tmp_path_factory.mktemp("runs"), "wine", "unused")
    train(folder)
    return folder


@pytest.fixture
def copied(trained, tmp_path):
    """The same, to be changed."""
    shutil.copytree(trained.parent, tmp_path / "runs")
    return tmp_path / "runs" / trained.name


class Spawned:
    """Stands for the process that trains: it does nothing, until it is told how it has ended."""

    def __init__(self):
        self.asked = []
        self.code = None
        self.complaint = ""

    def __call__(self, folder, workers, cluster):
        self.asked.append((folder, workers, cluster))
        self.code = None
        return self

    def poll(self):
        return self.code


@pytest.fixture
def setup():
    """The form of the main window."""
    return Setup(values=SETTINGS)


@pytest.fixture
def spawned():
    return Spawned()


@pytest.fixture
def open_window(qtbot, qapp, settings, tmp_path, setup, spawned):
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)
    windows = []

    def make(folder=None, *, spawn=spawned, runs=None):
        runs = runs or (folder.parent if folder is not None else tmp_path / "runs")
        window = ComparisonWindow(folder, runs, lambda: Base.of(setup), lambda _: None, spawn, settings)
        windows.append(window)
        window.show()
        if folder is not None:
            # What is shown last.
            words = find(window, "comparisonWords")
            qtbot.waitUntil(lambda: words.toPlainText() != "", timeout=20_000)
        else:
            settle(qtbot, window)
        return window

    yield make
    for window in windows:
        if isValid(window):
            window.close()
    qapp.sendPostedEvents()
    qapp.processEvents()


def find(window, name):
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def settle(qtbot, window):
    """Until what stands in the fields is judged."""
    page = window._design
    qtbot.waitUntil(lambda: not page._is_judging and page._judged[0] == page._form.design)


def type_into(qtbot, window, name, text):
    field = find(window, name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    settle(qtbot, window)


def fault(window, name):
    """What is said under a field; empty if nothing is."""
    shown = find(window, f"{name}Fault")
    return shown._words.text() if not shown.isHidden() else ""


def rows(table):
    """The texts of the arms."""
    model = table.model()
    return [[model.index(row, column).data() for column in range(model.columnCount())]
            for row in range(model.rowCount())]  # fmt: skip


# Setting up.


def test_what_would_be_trained_is_told_while_it_is_set_up(open_window, qtbot):
    window = open_window()
    start = find(window, "compareStartButton")
    assert find(window, "comparisonSettings").text() == "Wine, Logistic regression, 3 epochs, batches of 32, rate 0.05"
    assert find(window, "comparisonSize").text() == "2 arms × 5 repeats = 10 runs of 3 epochs"
    assert start.isEnabled()

    qtbot.mouseClick(find(window, "compareConstantBox"), Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    type_into(qtbot, window, "momentaEdit", "0, 0.9")
    find(window, "repeatsBox").setValue(3)
    settle(qtbot, window)

    assert find(window, "comparisonSize").text() == "6 arms × 3 repeats = 18 runs of 3 epochs"
    arms = rows(find(window, "armsTable"))
    assert [arm for arm, _ in arms][:2] == ["constant, momentum 0", "constant, momentum 0.9"]
    assert arms[4] == ["sgdr, momentum 0", "2 cycles of 1, 2 epochs; the last one ends at the lowest rate"]
    pairs = rows(find(window, "pairsTable"))
    assert ["sgdr, momentum 0.9", "cosine, momentum 0.9"] in pairs
    assert len(pairs) == 2 * 2 + 3
    assert start.isEnabled()


def test_what_is_wrong_is_said_under_its_field_and_start_waits(open_window, qtbot):
    window = open_window()
    start = find(window, "compareStartButton")

    type_into(qtbot, window, "momentaEdit", "0, 1.5")
    assert fault(window, "momentum").startswith("Must be < 1, because a velocity that is kept whole never dies down")
    assert not start.isEnabled()
    assert find(window, "comparisonSize").text() == "Not ready to start"

    type_into(qtbot, window, "momentaEdit", "0, 0.5")
    assert fault(window, "momentum") == ""
    assert start.isEnabled()

    find(window, "halvingBox").setValue("2")
    settle(qtbot, window)
    assert fault(window, "halving").startswith("Needs schedules that do not depend on the last epoch")
    find(window, "halvingBox").setValue("")
    find(window, "repeatsBox").setText("some")
    settle(qtbot, window)
    assert fault(window, "repeats") == "“some” is not a whole number."


@pytest.mark.parametrize("typed", ["0; 0,9", "0, 0.9", "0 0.9"])
def test_momenta_can_be_typed_with_either_decimal_mark(open_window, qtbot, typed):
    window = open_window()
    type_into(qtbot, window, "momentaEdit", typed)

    assert [arm for arm, _ in rows(find(window, "armsTable"))][-1] == "sgdr, momentum 0.9"


def test_a_comma_that_is_not_clear_is_asked_about(open_window, qtbot):
    window = open_window()
    type_into(qtbot, window, "momentaEdit", "0,9")

    assert fault(window, "momentum").startswith("“0,9” could be one number or two")
    assert not find(window, "compareStartButton").isEnabled()


def test_further_settings_are_added_line_by_line(open_window, qtbot):
    window = open_window()
    qtbot.mouseClick(find(window, "addSettingButton"), Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert find(window, "gridTable").value() == (("eta_max", ""),)
    assert QApplication.focusWidget() is find(window, "gridValuesEdit0")
    type_into(qtbot, window, "gridValuesEdit0", "0.05, 0.1")
    assert find(window, "comparisonSize").text().startswith("4 arms")

    find(window, "gridSettingBox0").setValue("batch_size")
    settle(qtbot, window)
    assert find(window, "gridTable")._rows[0].fault._words.text() == "“0.05” is not a whole number."
    qtbot.mouseClick(find(window, "gridRemoveButton0"), Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert find(window, "comparisonSize").text().startswith("2 arms")


def test_the_settings_are_those_of_the_form_when_they_are_taken(open_window, qtbot, setup):
    window = open_window()
    setup.set_many({"epochs": 7, "momentum": 0.5})
    assert "3 epochs" in find(window, "comparisonSettings").text()

    qtbot.mouseClick(find(window, "takeSettingsButton"), Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert find(window, "comparisonSize").text().endswith("of 7 epochs")
    assert find(window, "momentaEdit").placeholderText() == "0.5, as in the form"

    setup.set("epochs", "many")
    qtbot.mouseClick(find(window, "takeSettingsButton"), Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert fault(window, "base").startswith("The form has a fault, in Epochs: “many” is not a whole number")
    assert not find(window, "compareStartButton").isEnabled()


def test_a_place_has_to_be_complete(open_window, qtbot):
    window = open_window()
    find(window, "enginesBox").setText("none")
    settle(qtbot, window)
    assert fault(window, "place") == (
        "Must be a whole number from 1 to 64, because each is an engine process of this machine; got 'none'."
    )
    assert not find(window, "compareStartButton").isEnabled()

    find(window, "placeBox").setValue("cluster")
    settle(qtbot, window)
    assert fault(window, "place") == "Must be HOST:PORT, ray://HOST:PORT, auto or local; got ''."


def test_a_cluster_needs_ray(open_window, qtbot, monkeypatch):
    def not_installed(address):
        raise ClusterUnusable("A cluster needs Ray, which is not installed: pip install 'kescape[cluster]'.")

    window = open_window()
    find(window, "placeBox").setValue("cluster")
    monkeypatch.setattr(ray_place, "check_cluster", not_installed)
    qtbot.keyClicks(find(window, "clusterEdit"), "local")
    settle(qtbot, window)
    assert fault(window, "place").startswith("A cluster needs Ray, which is not installed")
    assert not find(window, "compareStartButton").isEnabled()

    monkeypatch.setattr(ray_place, "check_cluster", lambda _: None)
    qtbot.keyClicks(find(window, "clusterEdit"), " ")
    settle(qtbot, window)
    assert fault(window, "place") == ""
    assert find(window, "compareStartButton").isEnabled()


# Starting.


@pytest.mark.parametrize(("place", "asked"), [("here", (None, None)), ("two", (2, None)), ("cluster", (None, "local"))])
def test_start_makes_the_folder_and_starts_the_process(
    open_window, qtbot, spawned, place, asked, tmp_path, monkeypatch
):
    # Whether Ray is installed here does not matter.
    monkeypatch.setattr(ray_place, "check_cluster", lambda _: None)
    window = open_window()
    if place == "two":
        find(window, "enginesBox").setValue(2)
    elif place == "cluster":
        find(window, "placeBox").setValue("cluster")
        qtbot.keyClicks(find(window, "clusterEdit"), "local")
    find(window, "repeatsBox").setValue(1)
    settle(qtbot, window)
    qtbot.mouseClick(find(window, "compareStartButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: spawned.asked != [])

    folder = tmp_path / "runs" / "wine-logistic-compared"
    assert spawned.asked == [(folder, *asked)]
    assert read_comparison(folder) == Comparison(
        BASE.changed(schedule="cosine"), {"schedule": ("cosine", "sgdr")}, repeats=1
    )
    assert window.windowTitle() == "Comparison wine-logistic-compared"
    qtbot.waitUntil(lambda: window.report is not None)
    assert find(window, "comparisonState").text() == "Starting the process that trains the runs…"
    assert not find(window, "compareGoOnButton").isVisible()


def test_a_name_that_is_taken_is_told_and_nothing_is_started(open_window, qtbot, spawned, tmp_path):
    """A run has the name that one of the comparison's would have."""
    prepare_run(BASE.changed(epochs=9), tmp_path / "runs", "try-cosine-1")
    window = open_window()
    type_into(qtbot, window, "comparisonNameEdit", "try")
    qtbot.mouseClick(find(window, "compareStartButton"), Qt.MouseButton.LeftButton)
    state = find(window, "comparisonSetupState")
    qtbot.waitUntil(lambda: "another run has" in state.text())

    assert spawned.asked == []
    assert not (tmp_path / "runs" / "try").exists()
    assert find(window, "compareStartButton").isEnabled()
    assert find(window, "comparisonNameEdit").isEnabled()


def test_a_process_that_ends_at_once_says_why(open_window, qtbot, spawned, copied):
    shutil.rmtree(copied.parent / "wine-sgdr-2")
    window = open_window(copied)
    qtbot.mouseClick(find(window, "compareGoOnButton"), Qt.MouseButton.LeftButton)
    spawned.code, spawned.complaint = 1, "Traceback\nThe folder cannot be written: no space left."
    problem = find(window, "comparisonProblem")
    qtbot.waitUntil(lambda: problem.text() == "The folder cannot be written: no space left.", timeout=5000)

    assert find(window, "compareGoOnButton").isVisible()


def test_a_comparison_is_started_for_real_and_goes_on_without_its_window(open_window, qtbot, tmp_path):
    """Two arms of one run each; the window is closed while they train, and another one sees them done."""
    window = open_window(spawn=spawn_comparison)
    find(window, "repeatsBox").setValue(1)
    find(window, "enginesBox").setValue(1)
    settle(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.report is not None)
    process = window._process
    stop = find(window, "compareStopButton")
    qtbot.waitUntil(stop.isEnabled, timeout=LONG)
    state = find(window, "comparisonState")
    qtbot.waitUntil(lambda: state.text().startswith("Training on "), timeout=LONG)
    folder = window.folder
    window.close()

    again = open_window(folder)
    qtbot.waitUntil(lambda: again.report.is_complete, timeout=LONG)
    counts = find(again, "comparisonCounts")
    qtbot.waitUntil(lambda: counts.text() == "2 of 2 runs done · 6 of 6 epochs")
    bar = find(again, "comparisonProgress")
    qtbot.waitUntil(lambda: find(again, "comparisonState").text() == "All runs have come to their end.", timeout=LONG)
    assert (bar.value(), bar.maximum()) == (6, 6)
    assert process.wait(60) == 0
    assert {arm.n for arm in again.report.arms} == {1}


# Following.


def test_what_was_cut_off_is_offered_to_go_on(open_window, qtbot, spawned, copied):
    shutil.rmtree(copied.parent / "wine-sgdr-2")
    window = open_window(copied)
    assert find(window, "comparisonCounts").text() == "3 of 4 runs done · 9 of 12 epochs"
    assert find(window, "comparisonState").text().startswith("Nobody trains what is missing.")
    go_on = find(window, "compareGoOnButton")
    assert go_on.isVisible()
    assert not find(window, "compareStopButton").isVisible()

    find(window, "enginesBox").setValue(1)
    qtbot.mouseClick(go_on, Qt.MouseButton.LeftButton)
    assert spawned.asked == [(copied, 1, None)]
    assert not go_on.isVisible()


def test_a_comparison_that_is_trained_elsewhere_can_be_stopped(open_window, qtbot, copied):
    """Its lock is held here, as the process of a command line would hold it."""
    shutil.rmtree(copied.parent / "wine-sgdr-2")
    with working_on(copied):
        window = open_window(copied)
        stop = find(window, "compareStopButton")
        assert stop.isVisible()
        assert stop.isEnabled()
        qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: stop_is_wanted(copied))
        qtbot.waitUntil(lambda: stop.text() == "Stopping…")
        assert not stop.isEnabled()
    qtbot.waitUntil(lambda: find(window, "compareGoOnButton").isVisible(), timeout=5000)


def test_what_happens_elsewhere_appears(open_window, qtbot, trained, copied):
    """A run that was missing is there, and then somebody asks for another measure."""
    shutil.move(copied.parent / "wine-sgdr-2", copied.parent.parent / "aside")
    window = open_window(copied)
    shutil.move(copied.parent.parent / "aside", copied.parent / "wine-sgdr-2")
    counts = find(window, "comparisonCounts")
    qtbot.waitUntil(lambda: counts.text() == "4 of 4 runs done · 12 of 12 epochs", timeout=5000)

    known = json.loads((copied / "comparison.json").read_text())
    (copied / "comparison.json").write_text(json.dumps({**known, "measure": "val_accuracy"}))
    model = find(window, "rankingTable").model()
    qtbot.waitUntil(
        lambda: model.headerData(2, Qt.Orientation.Horizontal).strip() == "Validation accuracy", timeout=5000
    )


def test_a_comparison_that_goes_away_is_told(open_window, qtbot, copied):
    window = open_window(copied)
    aside = copied.rename(copied.parent / "aside")
    state = find(window, "comparisonState")
    qtbot.waitUntil(lambda: state.text().startswith("There is no comparison in"), timeout=5000)
    # The drive is back.
    aside.rename(copied)
    qtbot.waitUntil(lambda: state.text() == "All runs have come to their end.", timeout=5000)


def test_a_damaged_comparison_is_told(open_window, qtbot, copied, settings, setup, spawned):
    (copied / "comparison.json").write_text("{")
    window = ComparisonWindow(copied, copied.parent, lambda: Base.of(setup), lambda _: None, spawned, settings)
    window.show()
    state = find(window, "comparisonState")
    qtbot.waitUntil(lambda: "is damaged" in state.text())
    assert not find(window, "comparisonExportButton").isEnabled()
    window.close()


# Reporting.


def test_the_report_ranks_the_arms_and_tells_of_the_pairs(open_window, trained):
    window = open_window(trained)
    report = window.report
    ranked = rows(find(window, "rankingTable"))

    assert [row[0] for row in ranked] == [arm.title for arm in report.ranking]
    assert {row[1] for row in ranked} == {"2 / 2"}
    assert {row[-1] for row in ranked} == {"done"}
    words = find(window, "comparisonWords").toPlainText()
    assert report.pairs[0].sentence in words
    assert all(note in words for note in report.notes)
    assert len(find(window, "comparisonPlot").picture.lines) == 2
    assert not find(window, "compareGoOnButton").isVisible()
    assert not find(window, "compareStopButton").isVisible()


def test_an_arm_unfolds_to_its_runs_and_a_run_can_be_looked_at(open_window, qtbot, trained):
    window = open_window(trained)
    table = find(window, "rankingTable")
    wanted = []
    window.run_wanted.connect(wanted.append)
    first = table.model().index(0, 0)
    table.setFocus()
    table.setCurrentIndex(first)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert table.isExpanded(first)
    assert [table.model().index(row, 0, first).data() for row in range(2)] == ["seed 1", "seed 2"]

    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    name = window.report.ranking[0].arm.name
    assert wanted == [trained.parent / f"wine-{name}-1"]
    # What is unfolded and chosen stays so when something changes.
    window._report._show_ranking()
    assert table.isExpanded(first)
    assert table.currentIndex().data() == "seed 1"


@pytest.mark.parametrize("suffix", ["json", "csv", "md", "txt", "png", "svg", "pdf"])
def test_the_report_is_exported_as_its_suffix_says(open_window, qtbot, trained, tmp_path, suffix):
    window = open_window(trained)
    window.export_to(tmp_path / f"report.{suffix}")
    state = find(window, "comparisonState")
    qtbot.waitUntil(lambda: state.text() == f"Saved report.{suffix}.", timeout=30_000)

    content = (tmp_path / f"report.{suffix}").read_bytes()
    if suffix == "json":
        assert len(json.loads(content)["arms"]) == 2
    elif suffix == "csv":
        assert {row["seed"] for row in csv.DictReader(content.decode().splitlines())} >= {"1", "2"}
    else:
        start = {"md": b"# wine", "txt": b"wine:", "png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
        assert content.startswith(start)


def test_where_to_is_asked_for(open_window, qtbot, trained, tmp_path, settings):
    """By Ctrl+E; a name without a suffix gets that of the chosen kind, and the folder is remembered."""
    window = open_window(trained)
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(QFileDialog, "comparisonFileDialog")
    assert dialog.selectedFiles()[0].endswith("wine.png")
    dialog.selectNameFilter("Markdown (*.md)")
    window._on_chosen(tmp_path / "found", dialog.selectedNameFilter())
    dialog.close()
    qtbot.waitUntil(lambda: find(window, "comparisonState").text() == "Saved found.md.", timeout=30_000)

    assert (tmp_path / "found.md").is_file()
    assert settings.value("comparison/export") == str(tmp_path)


def test_what_cannot_be_written_is_said(open_window, qtbot, trained, tmp_path):
    window = open_window(trained)
    state = find(window, "comparisonState")
    (tmp_path / "folder.csv").mkdir()
    window.export_to(tmp_path / "folder.csv")
    qtbot.waitUntil(lambda: state.text().startswith("Export failed: "), timeout=30_000)
    window.export_to(tmp_path / "report.docx")
    qtbot.waitUntil(lambda: "report.docx" in state.text() and "failed" in state.text(), timeout=30_000)


def test_sentences_table_and_plot_can_be_copied(open_window, trained):
    window = open_window(trained)
    clipboard = QGuiApplication.clipboard()
    window.findChild(QAction, "copySentencesAction").trigger()
    assert clipboard.text().startswith(window.report.summary)
    assert window.report.pairs[0].sentence in clipboard.text()

    window.findChild(QAction, "copyTableAction").trigger()
    assert clipboard.text().startswith("Arm\tRuns\tValidation loss\t")
    assert len(clipboard.text().splitlines()) == 1 + 2 * 3

    window.findChild(QAction, "copyPlotAction").trigger()
    assert clipboard.pixmap().width() == window._report._panel.width()
    assert find(window, "comparisonModeBox").isVisible()


# The window itself.


@pytest.mark.parametrize("size", [(1000, 640), (1300, 800)])
@pytest.mark.parametrize("page", ["set up", "report"])
def test_no_text_is_cut_off(open_window, qtbot, trained, size, page):
    window = open_window(trained if page == "report" else None)
    if page == "set up":
        type_into(qtbot, window, "momentaEdit", "0, 1.5")
        find(window, "gridTable").setValue([("eta_max", "0.05, fast"), ("t_0", "1")])
        settle(qtbot, window)
    window.resize(*size)
    qtbot.wait(50)

    assert clipped(window) == []
    assert (window.width(), window.height()) == size


@pytest.mark.parametrize("page", ["set up", "report"])
def test_every_input_has_a_name_and_tab_gets_to_it(open_window, qtbot, copied, page):
    shutil.rmtree(copied.parent / "wine-sgdr-2")
    window = open_window(copied if page == "report" else None)
    window.activateWindow()
    if page == "set up":
        find(window, "gridTable").setValue([("eta_max", "0.05, 0.1"), ("t_0", "1")])
        settle(qtbot, window)
    buddies = {label.buddy() for label in window.findChildren(QLabel)}
    nameless = [
        named(each) for each in inputs(window)
        if not each.accessibleName() and each not in buddies and not (hasattr(each, "text") and each.text().strip())
    ]  # fmt: skip
    assert nameless == []

    policy = Qt.FocusPolicy.TabFocus
    wanted = {each for each in inputs(window) if each.isEnabled() and each.focusPolicy() & policy == policy
              and each.focusProxy() is None}  # fmt: skip
    start = find(window, "compareCosineBox" if page == "set up" else "comparisonExportButton")
    start.setFocus()
    visited = {start}
    for _ in range(4 * len(wanted)):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        visited.add(QApplication.focusWidget())
    assert [named(each) for each in wanted - visited] == []


@pytest.mark.parametrize("appearance", [theme.Appearance.DARK, theme.Appearance.LIGHT])
@pytest.mark.parametrize("page", ["set up", "report"])
def test_every_label_stands_out_from_its_ground(open_window, qapp, trained, appearance, page):
    window = open_window(trained if page == "report" else None)
    theme.apply_appearance(qapp, appearance)
    qapp.processEvents()
    faint = [
        named(part) for part in seen(window, QLabel) if part.isEnabled() and part.text()
        and contrast(part.palette().color(part.foregroundRole()), part.palette().color(part.backgroundRole())) < 4.5
    ]  # fmt: skip
    window.grab()
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)

    assert faint == []


def test_the_keys_are_shown_by_one_of_them(open_window, qtbot, trained):
    window = open_window(trained)
    with qtbot.waitSignal(window.keys_wanted):
        qtbot.keyClick(window, Qt.Key.Key_F1)
    plot = find(window, "comparisonPlot")
    plot.setFocus()
    listed = {key for line in comparison_keys().lines for key in line.keys}
    assert listed - {"Ctrl+Return", "Ctrl+E", "F1"} == {"F", "Home", "L", "Left", "Right", "+", "-"}
    for key in listed & {"F", "Home", "L", "Left", "Right", "+", "-"}:
        pressed = QKeyEvent(QEvent.Type.KeyPress, QKeySequence(key)[0].key(), Qt.KeyboardModifier.NoModifier, key)
        assert QApplication.sendEvent(plot, pressed)
        assert pressed.isAccepted(), key


def test_size_and_place_are_remembered(open_window, trained):
    window = open_window(trained)
    window.resize(1011, 677)
    window.close()

    # The screen of these tests is not as wide.
    assert open_window(trained).height() == 677


def test_the_menu_opens_what_is_there_and_sets_up_what_is_new(make_window, qtbot, copied):
    window = make_window(runs=copied.parent)
    menu = window._menus.compare
    assert [action.text() for action in menu.actions()][-1] == "No comparison yet"
    menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: [action.text() for action in menu.actions()][-1] == "wine")
    menu.actions()[-1].trigger()
    menu.actions()[-1].trigger()
    (opened,) = window.findChildren(ComparisonWindow)
    qtbot.waitUntil(lambda: opened.report is not None)
    assert opened.folder == copied

    opened.run_wanted.emit(copied.parent / "wine-sgdr-1")
    assert window.shown_run.path == copied.parent / "wine-sgdr-1"

    window.findChild(QAction, "newComparisonAction").trigger()
    (new,) = (each for each in window.findChildren(ComparisonWindow) if each is not opened)
    settle(qtbot, new)
    assert new.windowTitle() == "New comparison"
    assert "Two spirals" in find(new, "comparisonSettings").text()
    window.leave()
    assert not any(isValid(each) and each.isVisible() for each in (opened, new))
