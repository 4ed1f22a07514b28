"""The window of a run's landscape: a real run, trained by a real engine, and the real process that computes."""

import csv
import shutil

import numpy as np
import psutil
import pytest
from kescape_gui import theme
from kescape_gui.landscape.computation import Stage
from kescape_gui.landscape.landscape_window import LandscapeWindow
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from kescape.config import RunConfig
from kescape.engine.trainer import train
from kescape.landscape.store import write_landscape
from tests.gui.landscape.known import known_landscape, run_with_snapshots
from tests.gui.recorded import record
from tests.landscape import here

pytestmark = [
    pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise"),
    pytest.mark.timeout(180),
]

COMPUTE_MILLISECONDS = 120_000


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three cycles of logistic regression on wine: 13 inputs and 3 classes are 42 weights."""
    config = RunConfig(dataset="wine", model="logistic", batch_size=16, epochs=360, t_0=120.0, t_mult=1.0, eta_max=0.1)
    with train(config, runs=tmp_path_factory.mktemp("runs"), name="first") as run:
        return run.path


@pytest.fixture
def open_window(qtbot):
    windows = []

    def make(run):
        window = LandscapeWindow(run)
        windows.append(window)
        window.show()
        return window

    yield make
    for window in windows:
        if isValid(window):
            window.close()


def find(window, name):
    return window.findChild(QWidget, name)


def choose(window, kind, *, points=9, rows=64, steps=()):
    """As a hand does in the form."""
    form = window._form
    find(window, "landscapeKindBox").setValue(kind)
    form._surface_points.setValue(str(points))
    form._line_points.setValue("13")
    form._rows.setText(str(rows))
    for pick, step in zip(form._picks, steps, strict=False):
        pick.setCurrentIndex(pick.findData(step))


def compute(qtbot, window):
    button = find(window, "computeButton")
    assert button.text() == "&Compute"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "&Cancel"
    qtbot.waitUntil(lambda: not window._computation.stage.is_active, timeout=COMPUTE_MILLISECONDS)
    assert window._computation.stage is Stage.DONE, window._computation.failure


def children():
    """The processes that compute."""
    found = []
    for child in psutil.Process().children():
        try:
            if "kescape.landscape" in child.cmdline():
                found.append(child)
        except psutil.Error:
            pass
    return found


def test_a_plane_is_computed_shown_kept_and_exported(trained, open_window, qtbot, tmp_path):
    window = open_window(trained)
    choose(window, "plane")
    words = find(window, "landscapeWords")
    assert not find(window, "landscapeExportButton").isEnabled()

    compute(qtbot, window)
    grid = window._map._grid
    assert np.isfinite(grid.z).all()
    assert grid.z.shape == (9, 9)
    assert words.text().startswith("All three minima lie exactly in this plane: cycle 1, cycle 2 and cycle 3.")
    assert "42 dimensions" in find(window, "landscapeLimits").text()
    assert "64 rows of the training data" in find(window, "landscapeLimits").text()
    assert [mark.text for mark in window._map._on_top.marks] == ["cycle 1", "cycle 2", "cycle 3"]
    (path,) = window._map._on_top.paths
    assert np.isfinite(path.z).all()
    assert list((trained / "landscapes").iterdir())

    again = open_window(trained)
    choose(again, "plane")
    assert again._computation.stage is Stage.DONE
    assert children() == []
    assert np.array_equal(again._map._grid.z, grid.z)
    assert not find(again, "computeButton").isEnabled()

    state = find(again, "landscapeState")
    again.export_to(tmp_path / "plane.csv")
    again.export_to(tmp_path / "plane.png")
    qtbot.waitUntil(lambda: state.text() == "Saved plane.png.", timeout=20_000)
    with (tmp_path / "plane.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 81
    assert float(rows[0]["loss"]) == pytest.approx(grid.z[0, 0])


def test_what_cannot_be_written_is_said(trained, open_window, qtbot, tmp_path):
    window = open_window(trained)
    choose(window, "plane")
    if window._computation.stage is not Stage.DONE:
        compute(qtbot, window)
    state = find(window, "landscapeState")
    (tmp_path / "folder.png").mkdir()
    window.export_to(tmp_path / "folder.png")
    qtbot.waitUntil(lambda: state.text().startswith("Export failed: "), timeout=20_000)
    window.export_to(tmp_path / "picture.bmp")
    qtbot.waitUntil(lambda: "picture.bmp" in state.text(), timeout=20_000)


def test_all_lines_of_a_run(trained, open_window, qtbot):
    """They are known already."""
    window = open_window(trained)
    choose(window, "lines")
    here.compute(trained, window._form.request)
    window._on_changed()

    assert window._computation.stage is Stage.DONE
    lines = window._lines._lines
    assert [(line.start, line.end) for line in lines] == [("cycle 1", "cycle 2"), ("cycle 2", "cycle 3")]
    # One line ends where the next one begins.
    assert lines[0].chord[1] == pytest.approx(lines[1].chord[0])
    # Logistic regression is convex: between two weights the loss is never above that of the higher one.
    assert max(line.peak.rise for line in lines) == pytest.approx(0.0, abs=1e-5)
    assert not any(line.has_barrier for line in lines)
    assert find(window, "landscapeWords").text().startswith("On none of the 2 lines does the loss rise above both")


def test_the_scale_is_as_the_values_ask_for_until_somebody_chooses(open_window, qtbot, tmp_path):
    """The hill from 0.3 to 0.8 needs no log scale, the bowl from 0.2 to 13 does."""
    run = run_with_snapshots(tmp_path / "first")
    window = open_window(run)
    log = find(window, "landscapeLogBox")
    for kind, wanted in (("line", False), ("plane", True)):
        choose(window, kind)
        write_landscape(run, known_landscape(run, window._form.request))
        window._on_changed()
        assert log.isChecked() is wanted
    assert window._map.scale.log
    assert window._surface._scale.log

    qtbot.mouseClick(log, Qt.MouseButton.LeftButton, pos=QPoint(8, log.height() // 2))
    assert not log.isChecked()
    assert not window._map.scale.log
    assert not window._surface._scale.log
    choose(window, "line")
    assert not window._lines._losses.log
    qtbot.mouseClick(log, Qt.MouseButton.LeftButton, pos=QPoint(8, log.height() // 2))
    assert log.isChecked()
    assert window._lines._losses.log


def test_cancel_ends_the_process_and_keeps_what_is_known(trained, open_window, qtbot):
    window = open_window(trained)
    choose(window, "random", points=51, rows=142)
    qtbot.mouseClick(find(window, "computeButton"), Qt.MouseButton.LeftButton)
    assert len(children()) == 1
    assert not find(window, "landscapeKindBox").isEnabled()
    qtbot.waitUntil(lambda: window._computation.known > 0, timeout=COMPUTE_MILLISECONDS)
    qtbot.mouseClick(find(window, "computeButton"), Qt.MouseButton.LeftButton)

    assert find(window, "computeButton").text() == "&Compute"
    qtbot.waitUntil(lambda: children() == [], timeout=30_000)
    assert find(window, "landscapeKindBox").isEnabled()


def test_closing_the_window_ends_the_process(trained, open_window, qtbot):
    window = open_window(trained)
    choose(window, "pca", points=51, rows=142)
    qtbot.mouseClick(find(window, "computeButton"), Qt.MouseButton.LeftButton)
    # Until it has a name of its own, it has that of the process it comes from.
    qtbot.waitUntil(lambda: len(children()) == 1)
    window.close()

    qtbot.waitUntil(lambda: children() == [], timeout=30_000)


@pytest.mark.parametrize("rows", ["0", "many", "", "1.5"])
def test_what_is_no_number_of_rows_is_said_and_not_computed(trained, open_window, rows):
    window = open_window(trained)
    choose(window, "plane", rows=rows)

    assert find(window, "landscapeProblem").text().startswith("Rows must be a whole number from 1 to 100,000; got ")
    assert not find(window, "computeButton").isEnabled()


def test_two_minima_must_differ(trained, open_window):
    window = open_window(trained)
    choose(window, "line", steps=(1080, 1080))

    assert "Pick different snapshots" in find(window, "landscapeProblem").text()


def test_a_run_with_few_snapshots_offers_what_it_can(open_window, tmp_path):
    """None at all: nothing can be had, and it is said why."""
    window = open_window(record(tmp_path / "first", outcome="finished"))

    assert find(window, "landscapeProblem").text() == "This takes 2 snapshots; the run has 0."
    assert not find(window, "computeButton").isEnabled()


def test_what_cannot_be_computed_is_told_in_a_sentence(trained, open_window, qtbot, tmp_path):
    """The run has been deleted meanwhile."""
    gone = tmp_path / "gone"
    shutil.copytree(trained, gone, ignore=shutil.ignore_patterns("landscapes"))
    window = open_window(gone)
    choose(window, "plane")
    shutil.rmtree(gone)
    qtbot.mouseClick(find(window, "computeButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window._computation.stage.is_active, timeout=COMPUTE_MILLISECONDS)

    assert window._computation.stage is Stage.FAILED
    assert find(window, "landscapeState").text().startswith("The landscape could not be computed: ")
    assert "Traceback" not in find(window, "landscapeState").text()
    assert find(window, "computeButton").isEnabled()


@pytest.mark.parametrize("appearance", [theme.Appearance.DARK, theme.Appearance.LIGHT])
def test_the_palette_can_change_under_it(trained, open_window, qapp, appearance):
    window = open_window(trained)
    choose(window, "plane")
    theme.apply_appearance(qapp, appearance)
    qapp.processEvents()
    window.grab()
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)


def test_the_menu_offers_it_for_a_run_with_minima(trained, make_window, qtbot, tmp_path):
    window = make_window()
    action = window.findChild(QAction, "landscapeAction")
    window.poll()
    assert not action.isEnabled()
    assert action.toolTip() == "A landscape is that of a run: choose one first."

    window.show_run(record(tmp_path / "runs" / "plain", outcome="finished"))
    assert not action.isEnabled()
    assert action.toolTip().startswith("A landscape needs two snapshots; “plain” has 0.")

    window.show_run(trained)
    assert action.isEnabled()
    action.trigger()
    action.trigger()
    (opened,) = window.findChildren(LandscapeWindow)
    assert opened.windowTitle() == "Landscape of first"
    window.leave()
    assert not isValid(opened) or not opened.isVisible()
