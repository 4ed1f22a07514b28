"""The tab of escapes in a real window, over a real run's file."""

import pytest
from kescape_gui.escapes.escapes import Escapes, barrier_words, empty_sentence
from kescape_gui.escapes.suggestion import Suggesting
from kescape_gui.run_state import Verb
from kescape_gui.watched_run import WatchedRun
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from kescape.run.escapes import note_escape
from kescape.run.writer import RunWriter
from tests.gui.recorded import record
from tests.run.test_escapes import escape


@pytest.fixture
def judged(tmp_path):
    """A run of 700 steps with restarts at 100 and 300, the first of which was judged; the second is still out."""
    path = record(tmp_path / "runs" / "first", outcome="finished")
    writer = RunWriter.open(path, kind="recorder", resume=True)
    note_escape(writer, escape(step=100, end_step=300, cycle=1))
    writer.close()
    return path


def test_a_judged_restart_is_told_in_numbers_and_in_words(make_window, qtbot, judged):
    window = make_window()
    window.show_run(judged)
    window.show_tab("escapes")
    model = window.findChild(object, "escapesTable").model()
    heads = [model.headerData(c, Qt.Orientation.Horizontal).strip() for c in range(model.columnCount())]
    cells = dict(zip(heads, [model.index(0, c).data() for c in range(model.columnCount())], strict=True))

    assert cells["Verdict"] == "∩ ↓ crossed, better"
    assert cells["Barrier"] == "0.25 (0.2 to 0.3)"
    assert (cells["Loss before"], cells["Loss after"]) == ("0.5", "0.4")
    assert (cells["Distance"], cells["Cosine"], cells["Differ on"]) == ("50 %", "0.900", "12.5 %")
    assert cells["In words"] == "A barrier separates the two minima, and the new one is lower."
    assert model.index(1, 2).data() == ""
    plot = window.findChild(object, "linePlot")
    assert plot.accessibleDescription().startswith("barrier 0.25. Barrier 0.25, 95 % interval 0.2 to 0.3")


def test_choosing_a_restart_shows_its_cycle(make_window, qtbot, judged):
    window = make_window()
    window.show_run(judged)
    window.show_tab("escapes")
    view = window.findChild(object, "escapesTable")
    view.activated.emit(view.model().index(0, 0))
    low, high = window.curves.rate_plot.steps_in_view()
    assert low == pytest.approx(100 - 8)
    assert high == pytest.approx(300 + 8)


def test_a_verdict_that_comes_while_the_window_looks_is_shown(make_window, qtbot, tmp_path):
    path = record(tmp_path / "runs" / "first", outcome="finished")
    run = WatchedRun(path)
    run.poll()
    assert run.escapes == []
    writer = RunWriter.open(path, kind="recorder", resume=True)
    note_escape(writer, escape(step=100))
    writer.flush()
    run.poll()
    assert [row.step for row in run.escapes] == [100]
    writer.close()
    run.close()


def test_advice_to_go_back_offers_a_branch_from_the_best_minimum(make_window, qtbot, judged):
    """Worse beyond noise: back to the end of the first cycle, step 100, at half the peak of the plan."""
    writer = RunWriter.open(judged, kind="recorder", resume=True)
    worse = escape(step=100, loss_before=0.5, loss_after=0.9, change_low=0.3, change_high=0.5, verdict="crossed, worse")
    note_escape(writer, worse)
    writer.close()
    window = make_window()
    window.show_run(judged)
    window.show_tab("escapes")
    button = window.findChild(QPushButton, "adviceButton")
    label = window.findChild(QLabel, "adviceLabel")
    assert "go back to the end of cycle 1" in label.text()
    suggestion = Suggesting().of(window.shown_run)
    if suggestion.verb is Verb.BRANCH:
        assert suggestion.step == 100
        assert button.text().startswith("Branch at")
    else:
        assert suggestion.eta_max is None


def test_runs_without_verdicts_say_why(make_window, qtbot, tmp_path):
    window = make_window()
    window.show_run(record(tmp_path / "runs" / "first", outcome="finished"))
    window.show_tab("escapes")
    note = window.findChild(QLabel, "escapesNote").text()
    assert "kescape.EscapeLedger(x, y)" in note or "No restart was judged" in note


def test_words_of_barriers():
    assert barrier_words(escape(barrier=float("inf"))) == "loss not finite"
    assert barrier_words(escape(verdict="stuck", barrier=0.0, low=0.0, high=0.01)) == "none seen (0 to 0.01)"


def test_before_the_first_verdict_it_says_when():
    assert empty_sentence(10.0, 30.0).endswith("first verdict after cycle 2, epoch 30.")


def test_the_way_back_is_told_while_it_lasts():
    """Loss 1 before, 5 at the peak, 2 now: three of the four that were lost are regained."""
    from tests.gui.test_words import curve_of

    curve = curve_of([1.0] * 100 + [5.0] * 40 + [2.0] * 40)
    curve.set_restarts([100])
    (line,) = Escapes().lines(curve, grows=True)
    assert line.recovered == "75 % of the way back"
