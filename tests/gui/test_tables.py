"""The tabs under the curves, in the whole window."""

import gc
import weakref

from kescape_gui.escapes.escapes_view import EscapesView
from PySide6.QtWidgets import QComboBox, QLabel, QTableView, QWidget

from kescape import import_run
from tests.gui.recorded import engine_run, record


def test_a_run_that_was_stopped_before_its_first_restart_still_has_one_planned(make_window, tmp_path):
    """The plan restarts at epochs 1 and 3, of nine steps each; five steps were trained."""
    window = make_window()
    window.show_run(engine_run(tmp_path / "short", steps=5, outcome="stopped"))

    window.show_tab("escapes")

    tab = window.findChild(EscapesView)
    said = [label.text() for label in tab.findChildren(QLabel) if label.isVisibleTo(tab)]
    assert said == [
        "After each restart, what it did appears here. The first restart is at epoch 1. Whether it left the basin is "
        "judged at the end of its cycle: first verdict after cycle 2, epoch 3."
    ]


def test_nothing_is_kept_of_a_run_that_is_no_longer_in_view(make_window, tmp_path):
    """Its steps may take hundreds of megabytes, and no tab that looked at them lies in front any more."""
    window = make_window()
    window.show_run(record(tmp_path / "before", outcome="finished"))
    for tab in ("escapes", "data", "runs"):
        window.show_tab(tab)
    curve = weakref.ref(window.shown_run.curve)

    window.show_run(record(tmp_path / "after", outcome="finished"))
    window.findChild(QWidget, "lossPlot").grab()
    gc.collect()

    assert curve() is None


def test_a_log_of_epochs_is_told_in_epochs_and_knows_no_times(make_window, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss,val_loss\n0,2.0,2.5\n1,1.0,1.25\n", "utf-8")
    with import_run(log, runs=tmp_path / "runs") as run:
        folder = run.path
    window = make_window()
    window.show_run(folder)
    window.show_tab("data")

    window.curves.show_step(1)

    readout = window.findChild(QLabel, "readoutLabel").text()
    assert ">epoch<" in readout
    assert ">step<" not in readout
    assert not window.shown_run.curve.has_times
    rows = window.findChild(QTableView, "stepsTable").model()
    assert [rows.index(1, column).data() for column in (1, 2, 4, 6)] == ["1.000", "", "1", "1.25"]
    legend, smoothing = window.findChild(QWidget, "lossPlotLegend"), window.findChild(QComboBox, "smoothingBox")
    assert legend.toolTip().splitlines()[:2] == ["every epoch", "validation"]
    smoothing.setCurrentIndex(smoothing.findData(10))
    assert "smoothed, half-life 10 epochs" in legend.toolTip().splitlines()
