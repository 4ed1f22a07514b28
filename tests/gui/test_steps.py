"""The table of all steps."""

import tracemalloc

import numpy as np
import pytest
from kescape_gui.curves.curve import Curve
from kescape_gui.steps.steps import COLUMNS, as_tsv, asked_step, copy_problem, text
from kescape_gui.steps.steps_view import StepsView
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

STEP, EPOCH, TIME, RATE, LOSS, SMOOTHED, VALIDATION = range(7)


def curve_of(count, *, steps_per_epoch=10):
    curve = Curve(steps_per_epoch)
    grow(curve, count)
    return curve


def grow(curve, count):
    steps = np.arange(len(curve), len(curve) + count)
    curve.append({"step": steps, "time": steps / 4, "learning_rate": 0.1 / (steps + 3), "loss": 1 / (steps + 1)})


@pytest.fixture
def view(qtbot):
    view = StepsView()
    qtbot.addWidget(view)
    view.resize(800, 300)
    view.show()
    return view


def test_a_row_is_a_step_with_what_was_recorded():
    curve = curve_of(25)
    curve.set_validation([9, 19], [0.5, 0.25])

    assert [text(curve, 19, column) for column in range(7)][:5] == ["19", "1.900", "0:04.750", "0.00454545", "0.05"]
    assert [text(curve, row, VALIDATION) for row in (8, 9, 19, 20)] == ["", "0.5", "0.25", ""]


def test_what_was_not_recorded_is_empty_and_a_loss_that_is_no_number_is_said():
    curve = Curve()
    curve.append({"step": np.arange(2), "loss": np.array([np.nan, np.inf])})

    assert [text(curve, 0, column) for column in (EPOCH, TIME, RATE)] == ["", "", ""]
    assert [text(curve, row, LOSS) for row in (0, 1)] == ["nan", "inf"]


def test_while_a_long_curve_is_smoothed_anew_a_step_that_waits_has_no_smoothed_loss():
    """A million steps are smoothed at once, the others soon."""
    curve = Curve()
    curve.append({"step": np.arange(1_000_002), "loss": np.ones(1_000_002)})

    curve.set_half_life(100)

    assert [text(curve, row, SMOOTHED) for row in (999_999, 1_000_001)] == ["1", ""]
    assert as_tsv(curve, [1_000_001]).splitlines()[1].split("\t")[4:6] == ["1.0", ""]


def test_a_copy_has_every_digit():
    curve = curve_of(3, steps_per_epoch=3)
    curve.set_validation([2], [0.1])

    heading, *rows = as_tsv(curve, [1, 2]).splitlines()

    assert heading.split("\t") == [column.name for column in COLUMNS]
    cells = [row.split("\t") for row in rows]
    assert [float(row[LOSS]) for row in cells] == [1 / 2, 1 / 3]
    assert [float(row[RATE]) for row in cells] == [0.1 / 4, 0.1 / 5]
    assert [row[EPOCH] for row in cells] == [repr(1 / 3), repr(2 / 3)]
    assert [row[VALIDATION] for row in cells] == ["", "0.1"]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("7", 7),
        (" 1,2 ", 12),
        ("twelve", "“twelve” is not a step; write a whole number like 1200."),
        ("-3", "“-3” is not a step; write a whole number like 1200."),
        ("", "“” is not a step; write a whole number like 1200."),
        ("25", "There is no step 25: the last one is 24."),
        ("9" * 5000, "There is no step 999,999,999,999,999,999: the last one is 24."),
    ],
)
def test_a_step_is_asked_for_by_its_number(typed, answer):
    assert asked_step(typed, 25) == answer


def test_the_table_follows_the_end_unless_one_scrolls_up(view):
    curve = curve_of(100)
    bar, model = view.table.verticalScrollBar(), view.table.model()
    view.show_curve(curve)
    assert bar.value() == bar.maximum() > 0

    grow(curve, 50)
    view.show_curve(curve)
    assert model.rowCount() == 150
    assert bar.value() == bar.maximum()

    bar.setValue(10)
    grow(curve, 50)
    view.show_curve(curve)
    assert (model.rowCount(), bar.value()) == (200, 10)


def test_steps_that_are_trained_again_replace_those_that_were_cut(view):
    curve = curve_of(100)
    view.show_curve(curve)
    curve.cut(40)
    curve.append({"step": np.arange(40, 42), "loss": np.array([7.0, 8.0])})
    view.show_curve(curve)

    model = view.table.model()
    assert model.rowCount() == 42
    assert model.index(41, LOSS).data() == "8"


def test_selected_rows_are_copied_as_tsv(view, qtbot):
    view.show_curve(curve_of(100))
    view.go_to(5)
    qtbot.keyClick(view.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)

    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["step", "5", "6"]
    assert view.findChild(type(view._said), "stepsSaid").text() == "2 rows copied."


def test_too_many_rows_leave_the_clipboard_as_it_is(view, qtbot):
    QGuiApplication.clipboard().setText("mine")
    view.show_curve(curve_of(200_001))
    view.table.selectAll()

    view.table.copy()

    assert QGuiApplication.clipboard().text() == "mine"
    assert copy_problem(200_001) == view.findChild(type(view._said), "stepsSaid").text()
    assert copy_problem(200_000) is None


def test_going_to_a_step_shows_it_and_a_wrong_number_is_said(view, qtbot):
    view.show_curve(curve_of(1000))
    line = view.findChild(type(view._line), "goToStepLine")
    line.setText("500")

    with qtbot.waitSignal(view.step_wanted) as wanted:
        qtbot.keyClick(line, Qt.Key.Key_Return)

    assert wanted.args == [500]
    assert view.table.currentIndex().row() == 500
    assert view.table.rowAt(view.table.viewport().height() // 2) in range(497, 504)
    line.setText("1000")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert view.findChild(type(view._said), "stepsSaid").text() == "There is no step 1,000: the last one is 999."
    assert view.table.currentIndex().row() == 500


def test_ten_million_steps_cost_only_what_is_in_view(view, qapp):
    curve = Curve(1000)
    loss = np.linspace(2, 0.1, 10_000_000)
    curve.append({"step": np.arange(10_000_000), "loss": loss})
    view.show_curve(curve)
    qapp.processEvents()
    grow(curve, 100)
    tracemalloc.start()
    view.show_curve(curve)
    view.go_to(5_000_000)
    qapp.processEvents()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert view.table.model().rowCount() == 10_000_100
    assert view.table.currentIndex().siblingAtColumn(LOSS).data() == f"{loss[5_000_000]:.6g}"
    assert peak < 2_000_000
