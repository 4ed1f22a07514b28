"""The plan in the window: taken hold of, fitted, and said in words."""

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from kescape_gui import theme
from kescape_gui.plan_preview.fitting import fit_offers
from kescape_gui.plan_preview.handles import handles, moved_length, moved_rate, next_length
from kescape_gui.plan_preview.known_speed import KnownSpeed
from kescape_gui.plan_preview.plan_preview import PlanPreview, Scale
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget

from kescape.config import RunConfig
from kescape.run.listing import list_runs
from tests.gui.recorded import CONFIG, engine_run, go_on

pytestmark = pytest.mark.qt_log_ignore("does not support")


def find(window, name, kind=QWidget):
    found = window.findChildren(kind, name)
    assert len(found) == 1, name
    return found[0]


def previewed(**values):
    preview = PlanPreview()
    preview.show(RunConfig(**values))
    return preview


# Without a window.


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [("eta_max", 0.0, 0.05), ("t_0", 10.0, None), ("eta_min", 70.0, 0.0)]),
        ({"warmup": 2.0}, [("eta_max", 2.0, 0.05), ("t_0", 12.0, None), ("eta_min", 32.0, 0.0)]),
        ({"t_0": 99.0, "epochs": 40}, [("eta_max", 0.0, 0.05), ("t_0", 40, None), ("eta_min", 40.0, 0.0)]),
        ({"schedule": "cosine", "eta_min": 0.01}, [("eta_max", 0.0, 0.05), ("eta_min", 70.0, 0.01)]),
        ({"schedule": "constant"}, [("eta_max", 0.0, 0.05)]),
        ({"schedule": "step"}, [("eta_max", 0.0, 0.05)]),
    ],
)
def test_what_can_be_taken_hold_of_is_what_the_schedule_reads(values, expected):
    """The floor's handle is where the plan is lowest for the last time: with a warm-up of 2 the third cycle, from 32
    to 72, is cut off at 70, so that the second's end is the lowest place."""
    found = [(handle.setting, handle.epoch, handle.rate) for handle in handles(previewed(**values))]

    assert [(name, rate) for name, _, rate in found] == [(name, rate) for name, _, rate in expected]
    assert [epoch for _, epoch, _ in found] == pytest.approx([epoch for _, epoch, _ in expected], abs=0.3)


def test_the_peak_of_1cycle_is_held_where_it_is():
    """It lies at 30 % of the training."""
    (peak,) = handles(previewed(schedule="1cycle", epochs=100))

    assert peak.epoch == pytest.approx(30, abs=0.5)


def test_a_wrong_draft_has_no_handles():
    preview = previewed()
    preview.show(None)

    assert handles(preview) == []


def test_rates_go_in_places_of_a_decade_and_stay_apart():
    config = RunConfig(eta_max=0.1, eta_min=0.01)

    assert [moved_rate(config, "eta_max", places) for places in (-3, -1, 1, 3)] == [0.05, 0.08, 0.12, 0.2]
    assert [moved_rate(config, "eta_max", places, coarse=True) for places in (-2, 1)] == [0.02, 0.2]
    # Beside the other: the floor's next place below the peak, and the peak's above the floor.
    assert moved_rate(config, "eta_min", 99) == 0.08
    assert moved_rate(config, "eta_max", -99) == 0.012
    assert moved_rate(config, "eta_max", 999) == 100


def test_a_floor_of_zero_is_reached_and_left_where_one_can_see_it():
    """Four decades below the peak the floor is 0."""
    config = RunConfig(eta_max=0.05, eta_min=1e-5)

    assert moved_rate(config, "eta_min", -99) == 0
    assert moved_rate(config.changed(eta_min=0.0), "eta_min", 1) == 1e-6


@pytest.mark.parametrize(
    ("values", "to", "coarse", "expected"),
    [
        ({}, 12.4, False, 12.0),
        ({}, -3.0, False, 1.0),
        ({}, 300.0, False, 70.0),
        ({}, 13.0, True, 15.0),  # in fives: the 1, 2 or 5 that makes at most 20 of 70
        ({"warmup": 5.0}, 17.0, False, 12.0),
        ({"restart_warmup": 3.0, "t_mult": 1.0}, 2.0, False, 10.0),  # a cycle is longer than its rise
    ],
)
def test_lengths_are_whole_and_inside_the_training(values, to, coarse, expected):
    assert moved_length(RunConfig(**values), to, coarse=coarse) == expected


@pytest.mark.parametrize(
    ("t_0", "places", "coarse", "expected"),
    [
        (10.0, 1, False, 11),
        (10.5, 1, False, 11),
        (10.5, -1, False, 10),
        (1.0, -1, False, 1),
        (0.5, -1, False, 0.5),
        (10.0, 1, True, 15),
        (12.0, -1, True, 10),
    ],
)
def test_keys_make_a_first_cycle_longer_or_shorter(t_0, places, coarse, expected):
    assert next_length(RunConfig(t_0=t_0), places, coarse=coarse) == expected


@given(
    st.sampled_from(["eta_max", "eta_min", "t_0"]), st.integers(-60, 60), st.booleans(),
    st.sampled_from([1e-5, 0.05, 0.3]), st.sampled_from([0.0, 1e-6, 9e-6]),
)  # fmt: skip
@hypothesis_settings(deadline=None)
def test_no_drag_leads_to_a_plan_that_cannot_be_trained(name, places, coarse, eta_max, eta_min):
    config = RunConfig(eta_max=eta_max, eta_min=eta_min, restart_warmup=2.0)
    moved = (
        moved_length(config, config.t_0 + places, coarse=coarse)
        if name == "t_0"
        else moved_rate(config, name, places, coarse=coarse)
    )

    config.changed(**{name: moved})


def test_a_logarithmic_picture_shows_four_decades():
    scale = Scale.of(np.array([0.0, 1e-9, 0.1]), log=True)

    assert [scale.share(rate) for rate in (0.1, 1e-3, 1e-5, 0.0)] == pytest.approx([1, 0.5, 0, 0])
    assert Scale.of(np.array([0.3, 0.3]), log=True).share(0.3) == 1


def test_how_long_it_is_in_words():
    preview = previewed()
    assert preview.length_words == "70 epochs of 200 steps"

    preview.speed = 2412.0
    # 14,000 steps / 2,412 a second
    assert preview.length_words == "70 epochs of 200 steps · about 6 s at 2,400/s"


def test_a_first_cycle_of_few_steps_is_worth_a_word():
    assert previewed(t_0=0.1).guard_words == ""  # 20 steps
    assert previewed(t_0=0.05).guard_words == "The first cycle has only 10 steps: hardly time to settle."
    assert previewed(t_0=0.05, schedule="cosine").guard_words == ""


def test_the_speed_of_a_run_holds_for_what_is_like_it():
    """100 steps a second, in times that are given."""
    told = []
    speeds = KnownSpeed(lambda work, done: done(work()), lambda: told.append(1))

    class Recorded:
        """As much of a curve as is asked for."""

        time = np.arange(200) / 100

        def __len__(self):
            return 200

    config = RunConfig().model_dump()
    speeds.learn(config, Recorded())
    speeds.learn(config, Recorded())
    speeds.learn({"epochs": 7}, Recorded())

    assert told == [1]
    assert speeds.of({**config, "epochs": 3, "eta_max": 0.3}) == pytest.approx(100)
    assert speeds.of({**config, "batch_size": 16}) is None


def test_the_speed_of_an_older_run_is_looked_up_once(tmp_path, monkeypatch):
    """An epoch of 9 steps every 0.5 s, but for a pause of an hour: 18 steps a second."""
    clock = iter([*np.arange(0, 10, 0.5), *np.arange(3600, 3610, 0.5)])
    run = engine_run(tmp_path / "first", steps=9)
    writer = go_on(run, 9)
    for epoch in range(1, 30):
        monkeypatch.setattr(writer, "now", partial(float, next(clock)))
        writer.epoch(epoch, 9 * epoch + 8, {"loss": 1.0})
    writer.end("finished")
    writer.close()
    told = []
    speeds = KnownSpeed(lambda work, done: done(work()), lambda: told.append(1))
    summaries = list_runs(tmp_path)

    speeds.seek(RunConfig().model_dump(), summaries)
    assert told == []
    speeds.seek(CONFIG.model_dump(), summaries)
    assert speeds.of(CONFIG.model_dump()) == pytest.approx(18)
    speeds.seek(CONFIG.model_dump(), summaries)
    assert told == [1]


def test_offers_are_plans_that_land():
    config = RunConfig(warmup=3.0, t_mult=1.5, cycles=2)

    offers = fit_offers(config, 100, 4)

    assert offers
    for offer in offers:
        fitted = config.changed(**offer.values)
        landing = fitted.plan().landing(fitted.epochs)
        assert (landing.complete, landing.cycle, fitted.cycles) == (True, 3, 4)


@pytest.mark.parametrize("t_mult", [0.5, 1.0, 1.1, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("limit", [2, 5])
def test_every_offer_can_be_trained_and_lands(t_mult, limit):
    """With soft restarts, too, which shrinking cycles can have only where their number is limited."""
    config = RunConfig(t_mult=t_mult, t_0=20.0, cycles=limit, restart_warmup=0.5)

    for epochs, cycles in itertools.product((10, 60, 1000), (1, 2, 3)):
        for offer in fit_offers(config, epochs, cycles):
            fitted = config.changed(**offer.values)
            landing = fitted.plan().landing(fitted.epochs)
            assert landing.complete or landing.fraction > 0.999999
            assert abs(fitted.epochs - epochs) <= 0.1 * epochs


# In the window.


def undo(window):
    return find(window, "undoAction", QAction)


def drag(grip, dx, dy, *, coarse=False, end=True):
    """As a hand does it, in ten moves."""
    keys = Qt.KeyboardModifier.ShiftModifier if coarse else Qt.KeyboardModifier.NoModifier
    start = grip.rect().center()
    origin = grip.mapToGlobal(start)
    QTest.mousePress(grip, Qt.MouseButton.LeftButton, pos=start)
    for part in range(1, 11):
        # The handle moves with the hand.
        at = grip.mapFromGlobal(origin + QPoint(round(dx * part / 10), round(dy * part / 10)))
        send_move(grip, at, keys)
    if end:
        QTest.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=grip.mapFromGlobal(origin + QPoint(dx, dy)))


def send_move(grip, at, keys):
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(grip.mapToGlobal(at)),
        Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, keys,
    )  # fmt: skip
    QApplication.sendEvent(grip, event)


def test_the_peak_is_dragged_in_one_step(make_window):
    """18 pixels up are three places: 0.05, 0.06, 0.08, 0.1."""
    window = make_window()
    grip, box = find(window, "eta_maxHandle"), find(window, "etaMaxBox")

    drag(grip, 0, -18)

    assert box.value() == 0.1
    assert window._preview.config.eta_max == 0.1
    assert grip.toolTip().startswith("Highest rate: 0.1\nDrag up or down")
    assert grip.cursor().shape() == Qt.CursorShape.SizeVerCursor
    assert undo(window).text() == "&Undo Highest rate"
    drag(grip, 0, 18)
    assert box.value() == 0.05
    undo(window).trigger()
    assert box.value() == 0.1
    undo(window).trigger()
    assert box.value() == 0.05
    assert not undo(window).isEnabled()


def test_the_first_cycle_is_dragged_along_the_epochs(make_window):
    """The picture is 279 pixels for 70 epochs, so that 40 pixels are 10 of them."""
    window = make_window()
    grip, box = find(window, "t_0Handle"), find(window, "t0Box")
    picture = grip.parent()
    pixels = (picture.width() - 21) / 70
    before = grip.geometry().center()

    drag(grip, round(10 * pixels), 0)
    assert box.value() == 20
    assert grip.geometry().center().x() - before.x() == pytest.approx(10 * pixels, abs=1)
    drag(grip, -round(3 * pixels), 0, coarse=True)
    # In fives: 17 is nearer to 15 than to 20.
    assert box.value() == 15
    drag(grip, -1000, 0)
    assert box.value() == 1


def test_escape_puts_a_handle_back(make_window):
    window = make_window()
    grip, box = find(window, "eta_minHandle"), find(window, "etaMinBox")
    drag(grip, 0, -60, end=False)
    assert box.value() > 0

    QTest.keyClick(grip, Qt.Key.Key_Escape)

    assert box.value() == 0
    assert not undo(window).isEnabled()


def test_handles_are_reached_and_moved_by_keys(make_window, qtbot):
    window = make_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    find(window, "fitButton").setFocus()
    seen = []
    for _ in range(3):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget().objectName())
    assert seen == ["eta_maxHandle", "t_0Handle", "eta_minHandle"]

    length = find(window, "t_0Handle")
    length.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(length, key)
    QTest.keyClick(length, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert find(window, "t0Box").value() == 15
    peak = find(window, "eta_maxHandle")
    peak.setFocus()
    QTest.keyClick(peak, Qt.Key.Key_Up)
    assert find(window, "etaMaxBox").value() == 0.06
    assert peak.accessibleDescription().startswith("Highest rate: 0.06.")
    # What was moved between two handles is one step.
    undo(window).trigger()
    undo(window).trigger()
    assert (find(window, "t0Box").value(), find(window, "etaMaxBox").value()) == (10, 0.05)


def test_only_what_applies_can_be_dragged(make_window):
    window = make_window()
    grips = [find(window, f"{name}Handle") for name in ("eta_max", "t_0", "eta_min")]
    assert all(grip.isVisible() for grip in grips)
    find(window, "scheduleBox").setValue("constant")
    assert [grip.isVisible() for grip in grips] == [True, False, False]
    assert not find(window, "fitButton").isEnabled()
    find(window, "epochsBox").lineEdit().setText("x")
    assert not any(grip.isVisible() for grip in grips)


def test_the_scale_of_the_plan_is_remembered(make_window):
    window = make_window()
    find(window, "planLogBox").click()
    window.leave()

    assert find(make_window(), "planLogBox").isChecked()


@pytest.mark.parametrize("appearance", list(theme.Appearance))
@pytest.mark.parametrize("schedule", ["sgdr", "cosine", "step", "constant", "1cycle"])
def test_each_plan_is_drawn_on_both_scales(make_window, schedule, appearance):
    window = make_window()
    window.set_appearance(appearance)
    find(window, "scheduleBox").setValue(schedule)
    picture = find(window, "eta_maxHandle").parent()
    images = []
    for _ in range(2):
        images.append(picture.grab().toImage())
        find(window, "planLogBox").click()

    if schedule in ("sgdr", "cosine", "1cycle"):
        assert images[0] != images[1]


def fit(window):
    find(window, "fitButton").click()
    return find(window, "fitDialog", QDialog)


def test_cycles_are_fitted_into_epochs(make_window, qtbot):
    window = make_window()
    dialog = fit(window)
    assert find(dialog, "fitCyclesBox").value() == 3
    first, second = (find(dialog, f"fitOffer{number}", QAbstractButton) for number in range(2))
    assert (first.text(), second.isVisible()) == ("70 epochs: cycles of 10, 20, 40", False)
    find(dialog, "fitEpochsBox").setValue(60)
    assert first.text() == "63 epochs: cycles of 9, 18, 36"
    assert second.text() == "Exactly 60 epochs: cycles of 8.571, 17.14, 34.29"
    assert not find(dialog, "fitByMinutes").isEnabled()

    second.click()
    find(dialog, "fitOkButton").click()

    assert find(window, "epochsBox").value() == 60
    assert find(window, "t0Box").value() == pytest.approx(60 / 7, rel=1e-15)
    assert find(window, "landingLabel").text() == (
        "3 cycles of 8.571, 17.14, 34.29 epochs; the last one ends at the lowest rate"
    )
    undo(window).trigger()
    assert (find(window, "epochsBox").value(), find(window, "t0Box").value()) == (70, 10)
    assert find(window, "redoAction", QAction).text() == "&Redo Fit to"


def test_cycles_are_fitted_into_minutes(make_window):
    """Half a minute at 100 steps a second is 15 epochs of 200 steps."""
    window = make_window()
    window._dock.show_speed(100.0)
    dialog = fit(window)
    find(dialog, "fitByMinutes").click()
    # 14,000 steps take 2.3 minutes.
    assert find(dialog, "fitMinutesBox").value() == 2.3
    find(dialog, "fitMinutesBox").lineEdit().setText("0,5")
    find(dialog, "fitCyclesBox").setValue(4)

    assert find(dialog, "fitOffer0").text() == "15 epochs: cycles of 1, 2, 4, 8"
    find(dialog, "fitMinutesBox").lineEdit().setText("0.01")
    assert find(dialog, "fitFault").text() == "One epoch takes longer than that."
    assert not find(dialog, "fitOkButton").isEnabled()


@pytest.mark.parametrize(
    ("cycles", "epochs", "sentence"),
    [
        ("0", "60", "Cycles must be a whole number from 1 to 20."),
        ("x", "60", "Cycles must be a whole number from 1 to 20."),
        ("3", "0.5", "Epochs must be a whole number >= 1."),
        ("3", "5", "The warm-up alone takes 5 epochs."),
        ("3", "999999999", "A run has at most 100,000 epochs."),
    ],
)
def test_what_cannot_be_fitted_is_said(make_window, cycles, epochs, sentence):
    window = make_window()
    find(window, "warmupBox").setValue(5)
    find(window, "restartWarmupBox").setValue(1)
    dialog = fit(window)
    find(dialog, "fitCyclesBox").lineEdit().setText(cycles)
    find(dialog, "fitEpochsBox").lineEdit().setText(epochs)

    assert find(dialog, "fitFault").text() == sentence
    assert not find(dialog, "fitOkButton").isEnabled()
    dialog.reject()
    assert find(window, "epochsBox").value() == 70


def test_the_time_is_known_once_a_run_like_the_draft_was_in_view(make_window, tmp_path):
    """The recorded run took 200 steps a second; the draft has its data, model and batch size."""
    run = engine_run(tmp_path / "runs" / "first", steps=300, outcome="stopped")
    window = make_window()
    length = find(window, "planLengthLabel")
    assert length.text() == "70 epochs of 200 steps"
    window.show_run(run)
    find(window, "draftFromRunAction", QAction).trigger()

    # 63 steps at 200 a second
    assert length.text() == "7 epochs of 9 steps · about a second at 200/s"
    find(window, "epochsBox").setValue(7000)
    assert length.text() == "7,000 epochs of 9 steps · about 5 min at 200/s"
    find(window, "batchSizeBox").setValue(1)
    assert "about" not in length.text()
