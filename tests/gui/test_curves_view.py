"""The plots: along what they lie, what the mouse and the keys do, and what is drawn along."""

import itertools
import math

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.curves import curves_view
from kescape_gui.curves.along import Unit
from kescape_gui.curves.best import best_of_cycles
from kescape_gui.curves.curve import Curve
from kescape_gui.curves.curves_view import CurvesView
from kescape_gui.curves.legend import Legend
from kescape_gui.curves.line import Line, dashes
from kescape_gui.curves.shown import Band, Mark, Other, Shown
from pyqtgraph import ScatterPlotItem
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QPushButton, QToolTip, QWidget

from kescape.schedule import CosineRestarts

# The offscreen platform has no window manager to tell the least size of a view to, or to raise a tooltip.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

PLAN = CosineRestarts(1, 2, 0.1)
LENGTH = 100
"""Steps an epoch: cycles of 100, 200 and 400 steps."""


def curve_of(steps, *, level=1.0, loss=None, seconds=0.5, restarts=True):
    placed = PLAN.on_steps(LENGTH)
    curve = Curve(LENGTH)
    at = np.arange(steps)
    if restarts:
        curve.set_restarts(placed.restarts(steps))
    values = level * np.geomspace(2, 0.1, steps) if loss is None else np.asarray(loss)
    curve.append(
        {"step": at, "loss": values, "learning_rate": placed.learning_rates(0, steps), "time": (at + 1) * seconds}
    )
    return curve


def shown_of(curve, total=700, **more):
    placed = PLAN.on_steps(LENGTH)
    return Shown(curve, placed, total, placed.restarts(total), LENGTH, **more)


@pytest.fixture
def make_view(qtbot, qapp):
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)

    def make(shown):
        view = CurvesView()
        qtbot.addWidget(view)
        view.resize(1300, 800)
        view.show()
        view.show_curves(shown)
        settle(view, qtbot)
        return view

    return make


def settle(view, qtbot):
    qtbot.waitUntil(lambda: not view.is_moving)
    QApplication.processEvents()


def find(view, name, kind=QWidget):
    (found,) = view.findChildren(kind, name)
    return found


def press(view, qtbot, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(view.loss_plot, key, modifier)
    settle(view, qtbot)


def lines(plot):
    """The points of each line that is seen, in the order in which they lie on each other."""
    items = [item for item in plot.scene().items() if isinstance(item, Line) and item.isVisible()]
    return [item.points for item in sorted(items, key=lambda item: item.zValue())]


def point(plot, place, height=0.5):
    """Where a place of the axis is in the plot's viewport; `height` from the top, as a share."""
    box = plot.plotItem.vb
    (left, right), (bottom, top) = box.viewRange()
    scene = box.mapViewToScene(QPointF(place, top + height * (bottom - top)))
    assert left <= place <= right
    return plot.mapFromScene(scene)


def drag(plot, begin, end, modifier=Qt.KeyboardModifier.NoModifier):
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    target = plot.viewport()

    def send(kind, at, button, buttons):
        event = QMouseEvent(kind, QPointF(at), QPointF(target.mapToGlobal(at)), button, buttons, modifier)
        QApplication.sendEvent(target, event)

    send(QEvent.Type.MouseButtonPress, begin, left, left)
    for share in (0.3, 0.7, 1.0):
        at = begin + QPoint(round(share * (end - begin).x()), round(share * (end - begin).y()))
        send(QEvent.Type.MouseMove, at, none, left)
    send(QEvent.Type.MouseButtonRelease, end, left, none)


def wheel(plot, at, modifier=Qt.KeyboardModifier.NoModifier, delta=240):
    event = QWheelEvent(
        QPointF(at), QPointF(plot.viewport().mapToGlobal(at)), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton,
        modifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), event)


def test_the_keys_1_to_4_lay_the_curves_along_epochs_steps_time_and_cycles(make_view, qtbot):
    view = make_view(shown_of(curve_of(500)))
    axis = view.rate_plot.place_axis

    def labels():
        low, high = view.rate_plot.steps_in_view()
        ((spacing, places), *_) = axis.tickValues(low, high, 800)
        return axis.tickStrings(places, 1.0, spacing)

    assert labels()[:3] == ["0", "1", "2"]
    press(view, qtbot, Qt.Key.Key_2)
    assert labels()[:3] == ["0", "100", "200"]
    press(view, qtbot, Qt.Key.Key_3)
    assert labels()[:3] == ["0:00", "0:30", "1:00"]
    # Half a second a step, and nothing beyond the 500 that were trained.
    assert view.loss_plot.steps_in_view() == pytest.approx((0, 250), abs=4)
    press(view, qtbot, Qt.Key.Key_4)
    assert labels() == [f"{percent} %" for percent in range(0, 101, 20)]
    assert view.visible_steps() == (0, 499)


def test_in_the_fold_each_cycle_is_a_line_from_0_on_and_the_newest_is_on_top(make_view, qtbot):
    """Cycles of 100, 200 and 400 steps, the last one half done; restarts have no rules there."""
    view = make_view(shown_of(curve_of(500)))
    press(view, qtbot, Qt.Key.Key_4)

    smoothed = lines(view.loss_plot)[-3:]
    assert [(x[0], x[-1]) for x, _ in smoothed] == [(0, 99), (0, 99.5), (0, 49.75)]
    rates = lines(view.rate_plot)[-3:]
    assert all(y[0] == pytest.approx(0.1) for _, y in rates)
    assert view.loss_plot.rules.near(0.0) is None
    # Whatever was trained last at that place.
    view.loss_plot.hovered.emit(25.0)
    assert ">400<" in find(view, "readoutLabel").text()
    view.loss_plot.hovered.emit(75.0)
    assert ">250<" in find(view, "readoutLabel").text()
    assert "2, 75 %" in find(view, "readoutLabel").text()


def test_what_a_log_axis_hides_is_said(make_view, qtbot):
    view = make_view(shown_of(curve_of(500, loss=[0.0, *np.ones(499)])))
    press(view, qtbot, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)

    hidden = find(view, "hiddenLabel").text()
    assert hidden == "step 0 hidden by the log axis · 1 value ≤ 0 hidden by the log scale"
    low, high = view.loss_plot.steps_in_view()
    assert low == pytest.approx(0, abs=0.02)
    assert high == pytest.approx(math.log10(700), abs=0.04)
    # Rules, cross hair and what is in view know the axis, too.
    assert view.loss_plot.rules.near(math.log10(100)) == 0
    view.loss_plot.hovered.emit(2.0)
    assert ">100<" in find(view, "readoutLabel").text()
    assert view.visible_steps() == (1, 499)
    press(view, qtbot, Qt.Key.Key_4)
    assert not find(view, "logAxisBox").isEnabled()
    assert "log axis" not in find(view, "hiddenLabel").text()


def test_early_steps_are_drawn_whole_on_a_log_axis(make_view, qtbot):
    """Of a million steps the first hundred take a third of the axis: each has its point there."""
    view = make_view(shown_of(curve_of(1_000_000), total=1_000_000))
    press(view, qtbot, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)

    x, _ = lines(view.loss_plot)[0]

    assert np.allclose(x[x <= 2 + 1e-9], np.log10(np.arange(1, 101)))
    assert 10 ** x[-1] == pytest.approx(999_999)


def test_a_step_of_an_earlier_cycle_is_told_where_cycles_lie_on_top_of_each_other(make_view, qtbot):
    """Step 150 is a quarter into the second cycle; step 400, at the same place of the third, is another one."""
    view = make_view(shown_of(curve_of(700)))
    press(view, qtbot, Qt.Key.Key_4)

    view.show_step(150)

    assert ">150<" in find(view, "readoutLabel").text()
    assert "2, 25 %" in find(view, "readoutLabel").text()


def test_what_was_pointed_at_is_not_told_of_another_run(make_view):
    view = make_view(shown_of(curve_of(700)))
    view.show_step(150)
    assert find(view, "readoutLabel").isVisible()

    view.show_curves(shown_of(curve_of(700, level=5.0)))

    assert not find(view, "readoutLabel").isVisible()


def test_losses_that_are_no_numbers_from_the_first_step_on_are_marked_without_a_warning(make_view, qtbot):
    """On a logarithmic axis step 0 has no place, with which pyqtgraph would not know what to do."""
    curve = curve_of(200, loss=[math.nan, *[1.0] * 199])
    curve.set_validation([99, 199], [math.nan, math.nan])
    view = make_view(shown_of(curve))
    scatters = (item for item in view.loss_plot.scene().items() if isinstance(item, ScatterPlotItem))
    (crosses,) = (item for item in scatters if item.opts["symbol"] == "x")
    assert len(crosses.data) == 1

    press(view, qtbot, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    view.grab()

    assert len(crosses.data) == 0


def test_the_first_step_is_seen_though_a_line_of_one_point_has_no_length(make_view):
    view = make_view(shown_of(curve_of(1)))

    picture = view.loss_plot.grab().toImage()
    colour = QColor(theme.colours().loss_raw)
    places = [
        (x, y) for x in range(picture.width()) for y in range(picture.height()) if picture.pixelColor(x, y) == colour
    ]
    assert places


def test_a_run_without_a_plan_is_in_no_cycle(make_view):
    view = make_view(Shown(curve_of(200, restarts=False), None, 0, [], LENGTH))

    view.show_step(100)

    assert ">100<" in find(view, "readoutLabel").text()
    assert ">cycle<" not in find(view, "readoutLabel").text()


def test_a_plan_that_begins_within_the_training_is_drawn_from_there_on(make_view, qtbot):
    """From step 300 on, cycles of 100, 200 and 400 steps: restarts at 400 and 600."""
    placed = PLAN.on_steps(LENGTH)
    curve = curve_of(420, restarts=False)
    curve.set_restarts([400])
    view = make_view(Shown(curve, placed, 700, [400, 600], LENGTH, plan_step=300))

    steps, rates = view.planned_line()

    assert (steps[0], steps[-1]) == (300, 699)
    assert steps[np.isclose(rates, 0.1)].tolist() == [300, 400, 600]
    press(view, qtbot, Qt.Key.Key_4)
    view.show_step(410)
    # Ten of the 200 steps from the restart at 400 to the one at 600.
    assert "2, 5 %" in find(view, "readoutLabel").text()


def test_what_was_in_view_stays_in_view_along_another_unit(make_view, qtbot):
    view = make_view(shown_of(curve_of(700)))
    view.rate_plot.show_steps(200, 400)
    view.rate_plot.panned.emit()
    settle(view, qtbot)

    press(view, qtbot, Qt.Key.Key_3)

    # Step 200 ended after 100.5 seconds, step 400 after 200.5.
    assert view.rate_plot.steps_in_view() == pytest.approx((100.5, 200.5))
    assert view.visible_steps() == (200, 400)
    assert not view.follows


def test_a_draft_has_no_times_and_says_so(make_view, qtbot):
    view = make_view(shown_of(Curve(LENGTH)))
    press(view, qtbot, Qt.Key.Key_3)
    assert find(view, "xAxisBox", QComboBox).currentText() == "Epochs"

    trained = make_view(shown_of(curve_of(100)))
    press(trained, qtbot, Qt.Key.Key_3)
    trained.show_curves(shown_of(Curve(LENGTH)))

    assert "no times known" in find(trained, "hiddenLabel").text()
    assert trained.rate_plot.place_axis.unit is Unit.STEPS


def test_the_smoothing_is_chosen_in_steps_and_named_in_the_legend(make_view, qtbot):
    view = make_view(shown_of(curve_of(500)))
    legend = find(view, "lossPlotLegend")
    assert "smoothed, half-life 10 steps" in legend.accessibleName()
    press(view, qtbot, Qt.Key.Key_S)
    press(view, qtbot, Qt.Key.Key_S)

    assert view.shown.curve.half_life == 20
    assert "smoothed, half-life 20 steps" in legend.accessibleName()
    # The loss, smoothed, and nothing else.
    assert len(lines(view.loss_plot)) == 2
    box = find(view, "smoothingBox", QComboBox)
    box.setCurrentIndex(box.count() - 1)
    assert "smoothed" not in legend.accessibleName()
    assert len(lines(view.loss_plot)) == 1


def test_a_long_curve_is_smoothed_anew_while_the_window_is_awake(make_view, qtbot):
    view = make_view(shown_of(curve_of(1_500_000), total=1_500_000))
    find(view, "smoothingBox", QComboBox).setCurrentIndex(4)

    assert not view.shown.curve.is_smooth
    qtbot.waitUntil(lambda: view.shown.curve.is_smooth)
    settle(view, qtbot)
    assert lines(view.loss_plot)[1][0][-1] == 1_499_999


def test_dragging_lets_go_of_the_training_and_every_way_back_leads_back(make_view, qtbot):
    view = make_view(shown_of(curve_of(500)))
    whole = view.loss_plot.steps_in_view()
    button = find(view, "followButton", QPushButton)
    assert not button.isVisible()
    ways = (
        lambda: press(view, qtbot, Qt.Key.Key_F),
        lambda: press(view, qtbot, Qt.Key.Key_Space),
        button.click,
        lambda: qtbot.mouseDClick(view.loss_plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 200)),
    )
    for way in ways:
        drag(view.loss_plot, QPoint(600, 200), QPoint(400, 200))
        assert view.is_moving
        settle(view, qtbot)
        low, high = view.loss_plot.steps_in_view()
        assert high - low == pytest.approx(whole[1] - whole[0])
        assert low > whole[0] + 50
        assert button.isVisible()
        way()
        settle(view, qtbot)
        assert view.follows
        assert not button.isVisible()
        assert view.rate_plot.steps_in_view() == pytest.approx(whole)
    press(view, qtbot, Qt.Key.Key_Space)
    assert not view.follows


def test_a_box_drawn_with_shift_is_brought_into_view_until_it_is_fitted(make_view, qtbot):
    view = make_view(shown_of(curve_of(500)))
    plot = view.loss_plot
    whole = plot.plotItem.vb.viewRange()[1]
    begin, end = point(plot, 100, 0.25), point(plot, 300, 0.75)
    drag(plot, begin, end, Qt.KeyboardModifier.ShiftModifier)
    settle(view, qtbot)

    (left, right), (bottom, top) = plot.plotItem.vb.viewRange()
    height = whole[1] - whole[0]
    assert (left, right) == pytest.approx((100, 300), abs=1)
    assert (bottom, top) == pytest.approx((whole[0] + 0.25 * height, whole[1] - 0.25 * height), abs=0.01)
    assert view.rate_plot.steps_in_view() == pytest.approx((left, right))
    press(view, qtbot, Qt.Key.Key_F)
    assert plot.plotItem.vb.viewRange()[1] == pytest.approx(whole)


def test_the_wheel_zooms_the_axis_and_with_ctrl_the_values_of_its_plot(make_view, qtbot):
    view = make_view(shown_of(curve_of(500)))
    loss, rate = (plot.plotItem.vb.viewRange() for plot in (view.loss_plot, view.rate_plot))
    at = point(view.loss_plot, 250)
    wheel(view.loss_plot, at, Qt.KeyboardModifier.ControlModifier)
    settle(view, qtbot)

    assert view.follows
    (x, y), (_, other) = (plot.plotItem.vb.viewRange() for plot in (view.loss_plot, view.rate_plot))
    assert x == pytest.approx(loss[0])
    assert y[1] - y[0] < 0.9 * (loss[1][1] - loss[1][0])
    assert other == pytest.approx(rate[1])
    wheel(view.loss_plot, at)
    settle(view, qtbot)
    narrow = view.loss_plot.steps_in_view()
    assert narrow[1] - narrow[0] < 0.9 * (loss[0][1] - loss[0][0])
    # The values stay where the hand has put them.
    assert view.loss_plot.plotItem.vb.viewRange()[1] == pytest.approx(y)


def test_a_click_on_a_restart_shows_its_cycle(make_view, qtbot):
    view = make_view(shown_of(curve_of(700)))
    plot = view.loss_plot
    view.loss_plot.hovered.emit(100.0)
    assert plot.toolTip() == "Restart 1 at step 100: click to see its cycle"
    assert plot.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    view.loss_plot.hovered.emit(200.0)
    assert plot.toolTip() == ""

    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=point(plot, 100))
    settle(view, qtbot)

    # From restart 1 to restart 2, and a little room.
    assert view.visible_steps() == (92, 308)
    press(view, qtbot, Qt.Key.Key_BracketRight)
    assert view.visible_steps()[0] == 284
    press(view, qtbot, Qt.Key.Key_BracketRight)
    assert view.visible_steps()[0] == 284  # there is no later one
    press(view, qtbot, Qt.Key.Key_BracketLeft)
    assert view.visible_steps() == (92, 308)


def test_a_click_on_the_number_of_a_restart_does_the_same(make_view, qtbot):
    view = make_view(shown_of(curve_of(700)))
    plot = view.loss_plot
    view.grab()
    number = point(plot, 100, 0.0) + QPoint(20, 10)
    plot.scene().sigMouseMoved.emit(QPointF(plot.mapToScene(number)))
    assert plot.toolTip() == "Restart 1 at step 100: click to see its cycle"

    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=number)
    settle(view, qtbot)

    assert view.visible_steps() == (92, 308)


def test_a_click_on_a_mark_tells_what_happened(make_view, qtbot):
    marks = (Mark(250, text="looks odd"), Mark(400, text="Something else changed the learning rate.", warns=True))
    view = make_view(shown_of(curve_of(700), marks=marks))
    plot = view.loss_plot
    legends = [legend.accessibleName() for legend in view.findChildren(Legend)]
    assert any("changed by something else" in names for names in legends)

    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=point(plot, 250))

    assert QToolTip.text() == "looks odd"
    QToolTip.hideText()
    assert view.follows


def test_keys_ask_for_what_is_not_the_plots_to_do(make_view, qtbot):
    view = make_view(shown_of(curve_of(10)))

    for key, modifier, signal in (
        (Qt.Key.Key_M, Qt.KeyboardModifier.NoModifier, view.note_wanted),
        (Qt.Key.Key_R, Qt.KeyboardModifier.NoModifier, view.range_test_wanted),
        (Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier, view.keys_wanted),
    ):
        with qtbot.waitSignal(signal):
            qtbot.keyClick(view.rate_plot, key, modifier)
    with qtbot.assertNotEmitted(view.note_wanted):
        qtbot.keyClick(view.rate_plot, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)


def test_the_best_of_each_cycle_is_its_lowest_value():
    steps = np.array([99.0, 199, 299, 399, 499])
    values = np.array([3.0, 2.0, 2.5, math.nan, math.nan])

    assert best_of_cycles(steps, values, [100, 300]) == [0, 1]
    assert best_of_cycles(np.empty(0), np.empty(0), [100]) == []


def test_diamonds_stand_at_the_best_of_each_cycle_and_a_star_at_the_best_of_all(make_view):
    curve = curve_of(500)
    curve.set_validation([99, 199, 299, 399, 499], [3.0, 2.0, 2.5, 1.0, 4.0])
    view = make_view(shown_of(curve))

    by_symbol = {
        item.opts["symbol"]: item.getData()
        for item in view.loss_plot.scene().items()
        if isinstance(item, ScatterPlotItem)
    }
    assert by_symbol["d"][0].tolist() == [99, 199, 399]
    assert by_symbol["star"][0].tolist() == [399]
    assert by_symbol["star"][1] == pytest.approx([0.0])  # the logarithm of 1


def test_runs_drawn_along_have_a_line_a_rate_a_name_and_a_row(make_view, qtbot):
    others = (
        Other("long", curve_of(600, level=2.0), "#d55e00", is_baseline=True),
        Other("<short>", curve_of(50, level=0.5), "#009e73", dashed=True),
        Other("nothing yet", Curve(LENGTH), "#cc79a7"),
    )
    view = make_view(shown_of(curve_of(500), others=others))

    ends = [x[-1] for x, _ in lines(view.loss_plot)]
    # The baseline on top; a run without steps has no line.
    assert ends == [499, 49, 499, 599]
    assert sorted(x[-1] for x, _ in lines(view.rate_plot)[1:]) == [49, 499, 599]
    legend = find(view, "lossPlotLegend").accessibleName()
    assert "long (baseline)" in legend
    assert "nothing yet" not in legend
    view.loss_plot.hovered.emit(30.0)
    text = find(view, "readoutLabel").text()
    assert "&lt;short&gt;" in text
    assert "#009e73" in text
    view.loss_plot.hovered.emit(300.0)
    # Ended before: a dash in place of a value.
    assert ">–<" in find(view, "readoutLabel").text()
    press(view, qtbot, Qt.Key.Key_4)
    # Cycles of the run in view, two of the long one's four hundred and the one of the short run.
    assert len(lines(view.loss_plot)) == 1 + 3 + 3 + 1


def test_a_run_drawn_along_that_is_longer_is_seen_whole(make_view):
    longer = Other("longer", curve_of(1_000), "#d55e00")
    view = make_view(shown_of(curve_of(500), others=(longer,)))

    assert view.loss_plot.steps_in_view() == pytest.approx((0, 1_000), abs=13)
    assert view.visible_steps() == (0, 499)


def test_more_steps_of_a_run_drawn_along_are_drawn(make_view):
    other = curve_of(100)
    view = make_view(shown_of(curve_of(500), others=(Other("other", other, "#d55e00"),)))
    other.append({"step": np.arange(100, 150), "loss": np.ones(50), "time": np.arange(100, 150) / 2})

    view.redraw()

    assert 149 in [x[-1] for x, _ in lines(view.loss_plot)]


def test_runs_with_other_batches_are_drawn_along_by_epoch_and_by_step(make_view, qtbot):
    """Both train five epochs: the one in view in 500 steps, the others in 250."""
    other = Curve(50)
    other.append({"step": np.arange(250), "loss": np.ones(250)})
    steps, level = np.arange(250.0), np.full(250, 0.5)
    band = Band("repeats", steps, level, level, level, "#cc79a7", curves=(other,))
    view = make_view(shown_of(curve_of(500), others=(Other("other", other, "#d55e00"),), bands=(band,)))

    def ends():
        return {round(float(y[-1]), 3): x[-1] for x, y in lines(view.loss_plot)}

    one, half = 0.0, round(math.log10(0.5), 3)
    assert (ends()[one], ends()[half]) == (498, 498)
    press(view, qtbot, Qt.Key.Key_2)
    assert (ends()[one], ends()[half]) == (249, 249)


def test_a_group_is_a_band_with_its_middle_where_places_are_steps(make_view, qtbot):
    steps = np.arange(0.0, 600.0)
    band = Band("sgdr, 5 repeats", steps, np.full(600, 0.5), np.full(600, 1.0), np.full(600, 2.0), "#cc79a7")
    view = make_view(shown_of(curve_of(500), bands=(band,)))
    image = view.loss_plot.grab().toImage()
    at = point(view.loss_plot, 550, 0.5)
    top, bottom = view.loss_plot.plotItem.vb.viewRange()[1][::-1]
    level = point(view.loss_plot, 550, (top - math.log10(1.5)) / (top - bottom))

    filled = image.pixelColor(level)
    assert filled not in (image.pixelColor(at.x(), 5), image.pixelColor(level.x() + 120, level.y()))
    assert filled.red() > filled.green()
    # The same arrays under the same name are the same picture: nothing is drawn anew.
    again = Band("sgdr, 5 repeats", steps, band.low, band.middle, band.high, "#cc79a7")
    assert (again,) == view.shown.bands
    assert again != Band("sgdr, 5 repeats", steps, band.low.copy(), band.middle, band.high, "#cc79a7")
    assert "sgdr, 5 repeats" in find(view, "lossPlotLegend").accessibleName()
    press(view, qtbot, Qt.Key.Key_3)
    assert "groups are shown by epoch or step only" in find(view, "hiddenLabel").text()


def test_accuracies_of_several_kinds_are_told_by_their_names(make_view, qtbot):
    curve = curve_of(500)
    kinds = ("accuracy", "val_accuracy", "top_k_categorical_accuracy", "val_top_k_categorical_accuracy")
    curve.set_accuracies({name: ([99, 199], [0.5, 0.75]) for name in kinds})
    view = make_view(shown_of(curve))

    find(view, "accuracyBox", QCheckBox).setChecked(True)
    settle(view, qtbot)

    assert find(view, "accuracyPlotLegend").toolTip().splitlines() == [
        "training, mean of the epoch",
        "validation",
        "training, mean of the epoch (top k categorical accuracy)",
        "validation (top k categorical accuracy)",
    ]


def test_a_third_plot_shows_the_accuracy_where_there_is_one(make_view, qtbot, monkeypatch):
    monkeypatch.setattr(curves_view, "_DESCRIBE_SECONDS", 0.0)
    view = make_view(shown_of(curve_of(500)))
    box = find(view, "accuracyBox", QCheckBox)
    plot = find(view, "accuracyPlot")
    assert not box.isVisible()
    curve = curve_of(500)
    curve.set_accuracies({"accuracy": ([99, 199], [0.5, 0.75]), "val_accuracy": ([99, 199], [0.4, 0.6])})
    view.show_curves(shown_of(curve))
    assert box.isVisible()
    assert not plot.isVisible()

    box.setChecked(True)
    settle(view, qtbot)

    assert [y.tolist() for _, y in lines(plot)] == [[0.5, 0.75], [0.4, 0.6]]
    assert plot.plotItem.vb.viewRange()[1] == pytest.approx([0, 1], abs=0.2)
    assert plot.steps_in_view() == pytest.approx(view.rate_plot.steps_in_view())
    assert plot.accessibleDescription() == "After the last epoch: training, mean of the epoch 0.75, validation 0.6."


def test_the_picture_holds_the_plots_without_the_switches(make_view):
    view = make_view(shown_of(curve_of(500)))
    view.loss_plot.hovered.emit(300.0)

    picture = view.picture()

    assert not find(view, "readoutLabel").isVisible()
    assert picture.width() == view.width()
    assert view.height() - 60 < picture.height() < view.height()


def test_a_moving_picture_is_a_draft_and_a_still_one_is_not(make_view, qtbot):
    view = make_view(shown_of(curve_of(100_000), total=100_000))
    still = len(lines(view.loss_plot)[0][0])
    low, high = view.rate_plot.steps_in_view()
    view.rate_plot.show_steps(low + 1, high)
    view.rate_plot.panned.emit()
    QApplication.processEvents()

    assert view.is_moving
    draft = lines(view.loss_plot)[0][0]
    assert len(draft) < 0.6 * still
    # The newest step is there, however hasty the picture.
    assert draft[-1] == 99_999
    settle(view, qtbot)
    assert len(lines(view.loss_plot)[0][0]) > 0.9 * still


def test_nothing_is_painted_twice_while_the_view_moves(make_view, qtbot):
    """The scene asks for a second painting when the first one finds it unsettled."""
    view = make_view(shown_of(curve_of(500)))
    painted = []
    view.loss_plot.viewport().installEventFilter(view)
    original = view.loss_plot.paintEvent
    view.loss_plot.paintEvent = lambda event: (painted.append(1), original(event))
    for _ in range(5):
        view.loss_plot.plotItem.vb.scaleBy(x=0.9)
        view.loss_plot.plotItem.vb.sigRangeChangedManually.emit([True, False])
        QApplication.processEvents()
        QApplication.processEvents()

    assert len(painted) == 5


def test_a_small_part_that_is_painted_anew_has_its_lines(make_view, qtbot):
    """The scene paints what says that it reaches there: the strip under a cross hair, the last points of a training."""
    view = make_view(shown_of(Curve(LENGTH)))
    for steps, keys in ((50, ""), (700, ""), (700, "+"), (700, "+")):
        view.shown.curve = curve_of(steps)
        view.redraw()
        qtbot.keyClicks(view.rate_plot, keys)
        settle(view, qtbot)
        for plot in (view.loss_plot, view.rate_plot):
            scene, view_box = plot.scene(), plot.plotItem.vb
            drawn = {item for item in scene.items() if isinstance(item, Line) and item.isVisible()}
            assert drawn
            whole = view_box.sceneBoundingRect()
            for across, down in itertools.product((0.02, 0.5, 0.98), repeat=2):
                place = QPointF(whole.left() + across * whole.width(), whole.top() + down * whole.height())
                assert drawn == {item for item in scene.items(QRectF(place, QSizeF(4, 4))) if isinstance(item, Line)}


def test_dashes_of_a_dense_line_are_gaps_at_places_of_their_own():
    x, y = np.arange(0.0, 200.0), np.sin(np.arange(0.0, 200.0))

    at, values = dashes(x, y, 1.0)
    moved, _ = dashes(x[5:], y[5:], 1.0)

    drawn = at[np.isfinite(values)]
    # Eight pixels are drawn, five are not.
    assert np.all(drawn % 13 <= 8 + 1e-6)
    assert set(np.floor(drawn / 13)) == set(range(16))
    assert set(moved[moved > 26]) == set(at[at > 26])


def test_the_description_of_the_plots_tells_the_newest_values(make_view):
    curve = curve_of(500)
    curve.set_validation([99], [0.5])
    view = make_view(shown_of(curve))
    view._describe_due = 0.0
    view.recolour()
    view.redraw()

    assert view.loss_plot.accessibleDescription().startswith("Step 499: smoothed loss 0.1")
    assert "Validation loss 0.5" in view.loss_plot.accessibleDescription()
    assert "The next restart" not in view.rate_plot.accessibleDescription()


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("unit", range(4))
@pytest.mark.parametrize("delta", [12_000, -12_000])
def test_however_far_the_wheel_is_turned_there_is_a_way_back(make_view, qtbot, unit, log, delta):
    """Beyond what a double can tell apart, and far into where there is nothing."""
    view = make_view(shown_of(curve_of(500), others=(Other("other", curve_of(300), "#d55e00", dashed=True),)))
    find(view, "xAxisBox", QComboBox).setCurrentIndex(unit)
    find(view, "logAxisBox", QCheckBox).setChecked(log)
    whole = view.loss_plot.steps_in_view()
    for modifier in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier):
        for _ in range(12):
            wheel(view.loss_plot, QPoint(500, 200), modifier, delta)
            view.grab()
    view.loss_plot.hovered.emit(view.loss_plot.steps_in_view()[0])
    first, last = view.visible_steps()
    assert 0 <= first <= 499
    assert 0 <= last <= 499
    press(view, qtbot, Qt.Key.Key_F)

    assert view.loss_plot.steps_in_view() == pytest.approx(whole)


def test_a_run_without_a_single_finite_loss_is_marked_and_drawn(make_view, qtbot):
    view = make_view(shown_of(curve_of(400, loss=[math.nan, math.inf] * 200)))
    for key in (Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_L):
        press(view, qtbot, key)
        view.grab()

    assert view.shown.curve.not_finite[:3] == [0, 1, 2]
    assert view.drawn_steps == 400


def test_a_box_without_a_size_moves_nothing(make_view, qtbot):
    view = make_view(shown_of(curve_of(500)))
    whole = view.loss_plot.plotItem.vb.viewRange()
    drag(view.loss_plot, QPoint(400, 200), QPoint(400, 260), Qt.KeyboardModifier.ShiftModifier)

    assert view.loss_plot.plotItem.vb.viewRange() == whole
    assert view.follows
