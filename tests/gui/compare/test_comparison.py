"""What is compared, in the real window."""

import shutil

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.run_state import Verb
from kescape_gui.runs.order import By
from kescape_gui.runs.runs_table import COLUMNS
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QTableView, QTabWidget

from tests.gui.compare.compared import LENGTH, ended_run, grow, writer_of
from tests.gui.recorded import record


@pytest.fixture
def runs(tmp_path):
    """Two repeats and a run with another momentum."""
    root = tmp_path / "runs"
    return {
        "a": ended_run(root / "a", seed=1),
        "b": ended_run(root / "b", seed=2),
        "other": ended_run(root / "other", momentum=0.5),
    }


@pytest.fixture
def window(make_window):
    return make_window()


def table_of(window):
    window.show_tab("compare")
    model = window.findChild(QTableView, "compareTable").model()
    return [[model.index(row, at).data() for at in range(model.columnCount())] for row in range(model.rowCount())]


def drawn(window):
    shown = window.curves.shown
    return [other.name for other in shown.others], [band.name for band in shown.bands]


def read(qtbot, window):
    qtbot.waitUntil(lambda: not window.comparison.is_reading)


def test_a_band_is_smoothed_as_chosen(qtbot, window, tmp_path):
    """Of 63 steps without restarts, 30 have a loss of 1 and then 33 one of 3.

    With w = 2**(-1 / half-life), the 30 have w**33 + ... + w**62 of all weights, 1 + ... + w**62.
    """
    losses = np.repeat([1.0, 3.0], [30, 33])
    for seed in (1, 2):
        run = ended_run(tmp_path / "runs" / str(seed), losses, seed=seed, schedule="constant")
        window.comparison.compare(run, True)
    read(qtbot, window)
    qtbot.waitUntil(lambda: drawn(window)[1] == ["1, 2 repeats"])
    box = window.findChild(QComboBox, "smoothingBox")

    for half_life in (10, 1000):
        box.setCurrentIndex(box.findData(half_life))

        w = 2 ** (-1 / half_life)
        assert window.curves.shown.bands[0].middle[-1] == pytest.approx(3 - 2 * (w**33 - w**63) / (1 - w**63))


def test_ticked_runs_are_drawn_and_stand_in_the_tab(qtbot, window, runs):
    window.show_run(runs["other"])
    window.show_tab("compare")
    for name in ("a", "b"):
        window.comparison.compare(runs[name], True)
    read(qtbot, window)

    qtbot.waitUntil(lambda: drawn(window) == ([], ["a, 2 repeats"]))
    rows = [
        ["other", "✓ Finished", "63"],
        ["2 repeats: median", "", "63"],
        *(["\u2003" + name, "✓ Finished", "63"] for name in "ab"),
    ]
    qtbot.waitUntil(lambda: [row[1:4] for row in table_of(window)] == rows, timeout=1500)

    window.findChild(QCheckBox, "bandsBox").click()
    assert drawn(window) == (["a", "b"], [])
    window.comparison.compare(runs["a"], False)
    assert drawn(window) == (["b"], [])


def test_they_are_still_there_when_the_app_is_started_again(qtbot, make_window, runs):
    window = make_window()
    window.comparison.compare(runs["a"], True)
    window.comparison.pin(runs["other"])
    read(qtbot, window)
    window.leave()

    again = make_window()
    read(qtbot, again)

    qtbot.waitUntil(lambda: drawn(again) == (["a", "other"], []))
    assert (again.comparison.paths, again.comparison.baseline) == ([runs["a"], runs["other"]], runs["other"])


def test_a_live_run_grows_without_being_in_view(qtbot, window, runs, tmp_path):
    writer = writer_of(tmp_path / "runs" / "live")
    grow(writer, [1.0] * 5)
    window.show_run(runs["other"])
    window.comparison.compare(tmp_path / "runs" / "live", True)
    qtbot.waitUntil(lambda: [len(other.curve) for other in window.curves.shown.others] == [5])

    grow(writer, [1.0] * 7)

    qtbot.waitUntil(lambda: [len(other.curve) for other in window.curves.shown.others] == [12])
    writer.end("finished")
    writer.close()


def test_a_run_that_is_deleted_leaves_plots_tab_and_memory(qtbot, window, runs, settings):
    window.comparison.compare(runs["a"], True)
    read(qtbot, window)

    shutil.rmtree(runs["a"])

    qtbot.waitUntil(lambda: window.comparison.paths == [])
    assert drawn(window) == ([], [])
    assert str(runs["a"]) not in str(settings.value("compare"))


def test_a_run_that_moves_is_followed_and_one_that_is_thrown_away_is_not(qtbot, window, runs):
    window.comparison.compare(runs["a"])
    read(qtbot, window)
    new = runs["a"].rename(runs["a"].with_name("renamed"))

    window.comparison.follow(runs["a"], new)
    qtbot.waitUntil(lambda: drawn(window)[0] == ["renamed"])
    window.comparison.follow(new, None)

    assert drawn(window)[0] == []


def test_the_view_moves_between_compared_runs_and_no_line_is_lost(qtbot, window, runs):
    for path in runs.values():
        window.comparison.compare(path, True)
    window.show_tab("compare")
    window.findChild(QCheckBox, "bandsBox").click()
    read(qtbot, window)

    for name, others in (("a", ["b", "other"]), ("other", ["a", "b"]), ("b", ["a", "other"])):
        window.show_run(runs[name])
        qtbot.waitUntil(lambda others=others: drawn(window)[0] == others)
        assert len(window.shown_run.curve) == 7 * LENGTH


def test_colours_follow_the_appearance(qtbot, qapp, window, runs):
    window.show_run(runs["other"])
    window.comparison.compare(runs["a"], True)
    read(qtbot, window)
    qtbot.waitUntil(lambda: [other.colour for other in window.curves.shown.others] == [theme.LIGHT.series[0]])

    window.set_appearance(theme.Appearance.DARK)

    assert [other.colour for other in window.curves.shown.others] == [theme.DARK.series[0]]
    assert window.comparison.swatches()[runs["a"]].colour == theme.DARK.series[0]
    window.set_appearance(theme.Appearance.LIGHT)


def test_compare_is_a_tab_beside_the_runs(window):
    tabs = window.findChild(QTabWidget, "tabs")

    assert [tabs.tabText(at) for at in range(tabs.count())][:2] == ["Runs", "Compare"]


# From the list of runs.


def listed(qtbot, window, count):
    """The list, once so many runs stand in it."""
    table = window.findChild(QTableView, "runsTable")
    qtbot.waitUntil(lambda: table.model().rowCount() == count)
    return table


def ticked(table):
    model = table.model()
    name = COLUMNS.index(By.NAME)
    boxes = {model.index(row, name).data(): model.index(row, 0) for row in range(model.rowCount())}
    return {key for key, box in boxes.items() if box.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked}


def choose(table, wanted):
    name = COLUMNS.index(By.NAME)
    row = next(row for row in range(table.model().rowCount()) if table.model().index(row, name).data() == wanted)
    flags = QItemSelectionModel.SelectionFlag
    # Not selectRow, which asks what keys are held: those of a test before may still count.
    table.selectionModel().setCurrentIndex(table.model().index(row, name), flags.ClearAndSelect | flags.Rows)
    table.setFocus()


def test_the_space_key_in_the_list_draws_a_run_along_and_again_takes_it_out(qtbot, window, runs):
    window.show_run(runs["other"])
    table = listed(qtbot, window, 3)
    choose(table, "a")

    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert ticked(table) == {"a"}
    assert window.comparison.paths == [runs["a"]]

    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert (ticked(table), window.comparison.paths) == (set(), [])


def test_the_thirteenth_tick_is_refused_in_the_foot_of_the_window_and_its_box_stays_empty(qtbot, window, tmp_path):
    for number in range(13):
        ended_run(tmp_path / "runs" / f"run-{number}", momentum=number / 100)
    table = listed(qtbot, window, 13)
    for number in range(12):
        window.comparison.compare(tmp_path / "runs" / f"run-{number}")
    choose(table, "run-12")

    qtbot.keyClick(table, Qt.Key.Key_Space)

    assert "run-12" not in ticked(table)
    assert len(ticked(table)) == 12
    words = [label.text() for label in window.statusBar().findChildren(QLabel)]
    assert "12 runs are compared, and no more can be told apart; untick one to compare run-12." in words


def test_the_baseline_is_pinned_from_the_list(qtbot, window, runs):
    table = listed(qtbot, window, 3)
    choose(table, "b")

    window.findChild(QAction, "pinRunAction").trigger()

    assert window.comparison.baseline == runs["b"]
    assert ticked(table) == {"b"}


# Run again without restarts.


@pytest.fixture
def started(window, monkeypatch, tmp_path):
    """Settings and names of the runs that would be trained; their folders are made, and no engine started."""
    asked = []

    def start(config, name=None):
        asked.append((config, name))
        return ended_run(tmp_path / "runs" / name, schedule="cosine", outcome="finished")

    monkeypatch.setattr(window.engines, "start", start)
    return asked


def test_run_again_without_restarts_trains_the_control_and_compares_both(qtbot, window, runs, started):
    window.show_run(runs["b"])

    window.controls.verbs[Verb.WITHOUT_RESTARTS].trigger()
    qtbot.waitUntil(lambda: bool(started))

    [(config, name)] = started
    assert (name, config.schedule, config.seed, config.epochs) == ("b-no-restarts", "cosine", 2, 7)
    assert window.shown_run.name == "b-no-restarts"
    assert [path.name for path in window.comparison.paths] == ["b", "b-no-restarts"]
    qtbot.waitUntil(lambda: drawn(window)[0] == ["b"])


def test_a_run_without_restarts_says_why_it_has_no_control(window, tmp_path):
    action = window.controls.verbs[Verb.WITHOUT_RESTARTS]
    assert (action.isEnabled(), action.toolTip()) == (False, "There is no run in view to train again")

    window.show_run(ended_run(tmp_path / "runs" / "constant", schedule="constant"))
    assert (action.isEnabled(), action.toolTip()) == (False, "It has no restarts: its schedule is “Constant”")
    window.show_run(record(tmp_path / "runs" / "script", outcome="finished"))
    assert not action.isEnabled()
    window.show_run(ended_run(tmp_path / "runs" / "sgdr"))
    assert action.isEnabled()
    assert action.toolTip().startswith("Train a new run with the same settings, seed and order of the data")


def test_while_a_run_trains_its_control_has_to_wait(window, tmp_path):
    writer = writer_of(tmp_path / "runs" / "live")
    grow(writer, [1.0] * 5)

    window.show_run(tmp_path / "runs" / "live")

    action = window.controls.verbs[Verb.WITHOUT_RESTARTS]
    assert not action.isEnabled()
    assert action.toolTip().startswith("Wait until this run has ended")
    writer.end("stopped")
    writer.close()


def test_data_that_is_gone_is_one_sentence_and_nothing_starts(qtbot, window, started, tmp_path):
    data = tmp_path / "flowers.csv"
    data.write_text("a,b,label\n" + "".join(f"{n},{n % 7},{n % 2}\n" for n in range(200)))
    folder = ended_run(tmp_path / "runs" / "own", dataset=str(data))
    window.show_run(folder)
    data.unlink()
    strip = window.statusBar()

    window.controls.verbs[Verb.WITHOUT_RESTARTS].trigger()

    def told():
        return [label.text() for label in strip.findChildren(QLabel) if "flowers.csv" in label.text()]

    qtbot.waitUntil(lambda: bool(told()))
    assert len(told()) == 1
    assert "\n" not in told()[0]
    assert started == []
    assert window.comparison.paths == []
