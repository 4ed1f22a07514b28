"""The playground's window: its races are those of the maths, and a person has them in hand by mouse and by keyboard."""

import subprocess
import sys

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.keys import playground_keys
from kescape_gui.playground import playground_window
from kescape_gui.playground.playground_window import PlaygroundWindow
from kescape_gui.playground.rate_bars import RateBars
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QSlider, QWidget

from kescape.compare.statistics import wilson_interval
from kescape.landscape.escape_rate import EscapeRate, escape_rates
from kescape.landscape.race import METHODS, Race, racers
from kescape.landscape.surfaces import SURFACES, find_surface
from tests.gui.test_whole_window import clipped

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise")

BOWL = find_surface("bowl")


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def window(qtbot, settings):
    """One that is held at its first step."""
    made = PlaygroundWindow(settings)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    made.resize(1180, 800)
    made.play_or_pause()
    made.restart()
    return made


def find(window, name):
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def type_in(qtbot, window, name, text):
    box = find(window, name)
    box.selectAll()
    qtbot.keyClicks(box, text)


def text(window, name):
    return find(window, name).text()


def race_of(surface, **changed):
    """What the maths says, with the figures that a surface suggests."""
    figures = {"rate": surface.rate, "eta_max": surface.eta_max, "momentum": surface.momentum, **changed}
    start = figures.pop("start", surface.start)
    return Race(surface, racers(**figures), [start], noise=surface.noise)


def positions(window):
    return np.array([window.playground.positions(number)[-1] for number in range(len(METHODS))])


# The race.


def test_it_moves_as_soon_as_it_is_seen(qtbot, settings):
    made = PlaygroundWindow(settings)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    assert made.is_playing
    assert made.playground.step == 0

    made.show()

    qtbot.waitUntil(lambda: made.playground.step > 0)
    assert find(made, "surfaceBox").currentData() == "bowl"
    assert text(made, "surfaceLesson") == BOWL.lesson
    assert text(made, "toyLabel") == "Toy surface, not your network"


@pytest.mark.parametrize("name", [surface.name for surface in SURFACES])
def test_a_step_is_one_step_of_every_racer(window, qtbot, name):
    surface = find_surface(name)
    find(window, "surfaceBox").setCurrentIndex(find(window, "surfaceBox").findData(name))
    window.play_or_pause()
    window.restart()
    expected = race_of(surface)

    for step in (1, 2, 3):
        qtbot.mouseClick(find(window, "stepButton"), Qt.MouseButton.LeftButton)
        expected.advance()
        assert window.playground.step == step
        np.testing.assert_allclose(positions(window), expected.positions[:, 0], rtol=1e-12)
        assert text(window, "playgroundStep").startswith(f"Step {step} of 750")


def test_the_shown_losses_are_those_of_the_maths(window, qtbot):
    find(window, "playButton").setFocus()
    qtbot.keyClick(find(window, "playButton"), Qt.Key.Key_Right)

    # From (-3.8, 1.6), the first step of SGD: x * (1 - 0.02), y * (1 - 25 * 0.02); the loss is (x^2 + 25 y^2) / 2.
    x, y = -3.8 * 0.98, 1.6 * 0.5
    assert text(window, "sgdWords") == f"loss {(x**2 + 25 * y**2) / 2:.3g}"
    # Momentum has no velocity yet; Nesterov looks ahead by 0.8 of its step: 1.8 times as far.
    assert text(window, "momentumWords") == text(window, "sgdWords")
    x, y = -3.8 * (1 - 1.8 * 0.02), 1.6 * (1 - 1.8 * 0.5)
    assert text(window, "nesterovWords") == f"loss {(x**2 + 25 * y**2) / 2:.3g}"


def test_a_click_on_the_map_starts_there(window, qtbot):
    chart = find(window, "playgroundMap")
    at = chart.to_widget(1.0, -1.0).toPoint()
    target = QApplication.widgetAt(chart.mapToGlobal(at))

    qtbot.mouseClick(target, Qt.MouseButton.LeftButton, pos=target.mapFrom(chart, at))

    figures = window.playground.figures
    pixel = chart.to_widget(1.0, -1.0) - chart.to_widget(0.0, 0.0)
    assert figures.x == pytest.approx(1.0, abs=1.5 / abs(pixel.x()))
    assert figures.y == pytest.approx(-1.0, abs=1.5 / abs(pixel.y()))
    assert find(window, "xBox").value() == figures.x
    assert find(window, "yBox").value() == figures.y
    assert window.is_playing
    np.testing.assert_array_equal(window.playground.positions(0)[0], [figures.x, figures.y])


def test_a_start_is_chosen_by_keyboard(window, qtbot):
    chart = find(window, "playgroundMap")
    chart.setFocus(Qt.FocusReason.TabFocusReason)

    qtbot.keyClick(chart, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(chart, Qt.Key.Key_Return)

    # From the middle of 4.4 up by a tenth of it; of 7 to the right by nothing.
    assert window.playground.figures.x == pytest.approx(-1.0)
    assert window.playground.figures.y == pytest.approx(0.44)


def test_play_and_pause(window, qtbot):
    play = find(window, "playButton")
    assert (play.text(), window.is_playing) == ("Play", False)

    qtbot.mouseClick(play, Qt.MouseButton.LeftButton)
    assert (play.text(), window.is_playing) == ("Pause", True)
    qtbot.waitUntil(lambda: window.playground.step > 2)
    qtbot.mouseClick(play, Qt.MouseButton.LeftButton)

    held = window.playground.step
    assert (play.text(), window.is_playing, window._timer.isActive()) == ("Play", False, False)
    qtbot.mouseClick(find(window, "stepButton"), Qt.MouseButton.LeftButton)
    assert window.playground.step == held + 1
    qtbot.mouseClick(find(window, "restartButton"), Qt.MouseButton.LeftButton)
    assert (window.playground.step, window.is_playing) == (0, False)


def test_the_race_ends_with_its_last_cycle_and_plays_anew(window, qtbot):
    window.playground.advance(748)
    find(window, "speedSlider").setValue(5)
    window.play_or_pause()

    qtbot.waitUntil(lambda: not window.is_playing)
    assert text(window, "playgroundStep") == "Step 750 of 750: the race is over"
    window.take_step()
    assert window.playground.step == 750
    # The last learning rate of a cycle of 400 steps: 0.06 * (1 + cos(pi * 399 / 400)) / 2.
    assert window.playground.rates[3, -1] == pytest.approx(0.06 * (1 + np.cos(np.pi * 399 / 400)) / 2)

    window.play_or_pause()
    assert window.is_playing
    assert window.playground.step < 750


@pytest.mark.parametrize("focused", ["playButton", "escapeRateButton", "nesterovCheck"])
def test_its_keys_step_and_restart_wherever_nothing_needs_them(window, qtbot, focused):
    focus = find(window, focused)
    focus.setFocus()

    qtbot.keyClick(focus, Qt.Key.Key_Right)
    qtbot.keyClick(focus, Qt.Key.Key_Right)
    assert window.playground.step == 2
    assert focus.hasFocus()
    qtbot.keyClick(focus, Qt.Key.Key_R)
    assert window.playground.step == 0


def test_space_plays_and_f1_asks_for_the_keys(window, qtbot):
    find(window, "playgroundRelief").setFocus()
    qtbot.keyClick(find(window, "playgroundRelief"), Qt.Key.Key_Space)
    assert window.is_playing
    window.restart()
    find(window, "playButton").setFocus()
    qtbot.keyClick(find(window, "playButton"), Qt.Key.Key_Space)
    assert not window.is_playing

    with qtbot.waitSignal(window.keys_wanted):
        qtbot.keyClick(window, Qt.Key.Key_F1)


def test_the_sheet_of_keys_names_those_and_no_others(window):
    listed = {key for line in playground_keys().lines for key in line.keys}

    def takes(key):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(window, event)
        return event.isAccepted()

    others = [Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_F2]
    keys = [*map(Qt.Key, range(Qt.Key.Key_Space, Qt.Key.Key_AsciiTilde)), Qt.Key.Key_Right, Qt.Key.Key_F1, *others]
    assert {QKeySequence(key).toString() for key in keys if takes(key)} == listed


def test_the_timer_stops_when_nobody_sees_it(window, qtbot):
    window.play_or_pause()
    qtbot.waitUntil(lambda: window.playground.step > 0)

    window.hide()

    assert not window._timer.isActive()
    hidden_at = window.playground.step
    window.show()
    qtbot.waitUntil(lambda: window.playground.step > hidden_at)


def test_one_that_is_closed_leaves_nothing_running(window):
    window.play_or_pause()
    find(window, "escapeRateButton").click()

    window.close()

    assert not window._timer.isActive()
    assert window._survey is None
    assert window._background._pool.activeThreadCount() == 0


def test_who_is_not_chosen_is_not_drawn(window):
    window.take_step()
    assert {path.name for path in find(window, "playgroundMap")._on_top.paths} == {m.title for m in METHODS}

    for method in METHODS[1:]:
        find(window, f"{method.name}Check").click()

    for view in ("_on_top.paths", "_on_top.marks"):
        holder, name = view.split(".")
        shown = getattr(getattr(find(window, "playgroundMap"), holder), name)
        assert {getattr(each, "name", getattr(each, "text", "")) for each in shown} <= {"SGD", "minimum"}
    np.testing.assert_allclose(positions(window), race_positions(1), rtol=1e-12)


def race_positions(steps):
    race = race_of(BOWL)
    race.advance(steps)
    return race.positions[:, 0]


# What is typed.


@pytest.mark.parametrize(
    ("box", "typed", "words"),
    [
        ("rateBox", "0", "The constant rate must be above 0, because at 0 nothing moves; got 0."),
        (
            "momentumBox",
            "1",
            "The momentum must be 0 or more and below 1, because at 1 the velocity never fades; got 1.",
        ),
        ("eta_maxBox", "-2", "The highest rate must be above 0, because a cycle falls from it to 0; got -2."),
        ("noiseBox", "-1", "The noise must be 0 or more, because it is a spread; got -1."),
        ("xBox", "9", "The start must be on the surface, x from -4.5 to 2.5; got 9."),
        ("t_0Box", "0", "The first cycle must have 1 to 1,000 steps, because a race has no more; got 0."),
        ("t_multBox", "0.5", "Each cycle must be 1 to 10 times as long as the one before; got 0.5."),
        ("rateBox", "quick", "“quick” is no number."),
    ],
)
def test_what_cannot_be_raced_with_is_refused_in_words(window, qtbot, box, typed, words):
    before = window.playground.figures

    type_in(qtbot, window, box, typed)

    problem = find(window, "playgroundProblem")
    assert problem.isVisible()
    assert problem.text().replace("−", "-") == words
    assert find(window, box).accessibleDescription() == problem.text()
    assert window.playground.figures == before
    for name in ("playButton", "stepButton", "restartButton", "escapeRateButton"):
        assert not find(window, name).isEnabled()
    window.take_step()
    assert window.playground.step == 0

    find(window, "suggestButton").click()
    assert not problem.isVisible()
    assert find(window, "playButton").isEnabled()


def test_what_is_typed_is_raced_with(window, qtbot):
    type_in(qtbot, window, "rateBox", "0.01")
    type_in(qtbot, window, "momentumBox", "0.5")
    type_in(qtbot, window, "t_0Box", "100")
    window.play_or_pause()
    window.restart()
    expected = race_of(BOWL, rate=0.01, momentum=0.5, t_0=100)

    for _ in range(5):
        window.take_step()
    expected.advance(5)

    np.testing.assert_allclose(positions(window), expected.positions[:, 0], rtol=1e-12)
    # Cycles of 100, 200 and 400 steps; the next would end at 1,500.
    assert text(window, "playgroundStep") == "Step 5 of 700, cycle 1 of 3"


def test_who_leaves_to_infinity_is_said_to(window, qtbot):
    """On a curvature of 25, SGD is stable below a rate of 2 / 25."""
    type_in(qtbot, window, "rateBox", "0.2")
    window.playground.advance(60)
    window.take_step()

    # |1 - 25 * 0.2| = 4: from 1.6, 1.6 * 4**n passes 1e6 with the 10th step.
    assert text(window, "sgdWords") == "left to infinity at step 10"
    assert "infinity" not in text(window, "sgdrWords")


# Escape rates.


@pytest.mark.parametrize("name", ["pair", "camel"])
def test_the_bars_are_those_of_the_maths(window, qtbot, monkeypatch, name):
    monkeypatch.setattr(playground_window, "STARTS", 24)
    surface = find_surface(name)
    find(window, "surfaceBox").setCurrentIndex(find(window, "surfaceBox").findData(name))
    type_in(qtbot, window, "t_0Box", "300")

    qtbot.mouseClick(find(window, "escapeRateButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.rates != [], timeout=20_000)

    expected = escape_rates(
        surface,
        racers(surface.rate, surface.eta_max, surface.momentum, t_0=300),
        steps=900,
        noise=surface.noise,
        starts=24,
    )
    assert window.rates == expected
    said = find(window, "playgroundTabs").currentWidget().bars.accessibleDescription()
    for rate in expected:
        assert f"{rate.method.title} {round(100 * rate.share)} %" in said
    assert "From 24 random starts, with 900 steps" in text(window, "rateWords")
    assert "95 % intervals (Wilson)" in text(window, "rateWords")


def test_names_and_shares_of_the_bars_do_not_run_into_each_other(qtbot):
    """Where there is no room for the interval in figures, its line says it."""
    bars = RateBars()
    qtbot.addWidget(bars)
    method = METHODS[4]
    rate = EscapeRate(method, 240, 400, *wilson_interval(240, 400))
    needed = bars.fontMetrics().horizontalAdvance(f"{method.title}60 %  (55 % – 65 %)")

    bars.resize(needed + 40, 200)
    assert bars.words_beside(method.title, rate) == "60 %  (55 % – 65 %)"
    bars.resize(needed - 1, 200)
    assert bars.words_beside(method.title, rate) == "60 %"


def test_labels_of_the_map_have_room_in_a_small_window(window):
    """Three at one place are named where there is room, and counted where there is none; one alone is named always."""

    def labels():
        return {mark.text for mark in window._map._on_top.marks} - {"minimum"}

    for name in ("sgdrCheck", "bothCheck"):
        find(window, name).setChecked(False)
    assert labels() == {"SGD, Momentum, Nesterov"}
    window.resize(820, 560)
    QApplication.processEvents()
    window.restart()
    assert labels() == {"3 methods"}

    for name in ("sgdCheck", "momentumCheck", "nesterovCheck"):
        find(window, name).setChecked(False)
    find(window, "bothCheck").setChecked(True)
    assert labels() == {"Momentum + SGDR"}


def test_an_answer_that_is_no_longer_asked_for_is_not_shown(window, qtbot):
    find(window, "escapeRateButton").click()
    find(window, "surfaceBox").setCurrentIndex(1)

    window._background._pool.waitForDone()
    QApplication.processEvents()

    assert window.rates == []
    assert "races all methods from 400 random starts" in text(window, "rateWords")


# The window.


@pytest.mark.parametrize("size", [(1180, 800), (900, 640), (820, 560)])
@pytest.mark.parametrize("name", ["bowl", "pair"])
def test_no_text_is_cut_off(window, qtbot, monkeypatch, size, name):
    monkeypatch.setattr(playground_window, "STARTS", 8)
    find(window, "surfaceBox").setCurrentIndex(find(window, "surfaceBox").findData(name))
    window.resize(*size)
    type_in(qtbot, window, "t_0Box", "1000")
    window.playground.advance(999)
    window.take_step()
    QApplication.processEvents()
    assert clipped(window) == []

    find(window, "escapeRateButton").click()
    qtbot.waitUntil(lambda: window.rates != [], timeout=20_000)
    QApplication.processEvents()
    assert clipped(window) == []
    assert (window.width(), window.height()) == size


def test_every_input_has_a_name_and_is_reached_by_tab(window, qtbot):
    inputs = [
        each
        for kind in (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
        for each in window.findChildren(kind)
        if each.objectName() and each.isVisible() and not each.objectName().startswith(("qt_", "Scroll"))
    ]
    assert len(inputs) == 5 + 8 + 1 + 1 + 5  # checks, boxes, chooser, slider, buttons
    for each in inputs:
        name = each.text() if isinstance(each, QAbstractButton) else each.accessibleName()
        assert name, each.objectName()
        assert each.toolTip(), each.objectName()

    seen, focus = set(), find(window, "playButton")
    focus.setFocus()
    for _ in range(60):
        seen.add(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    wanted = {*inputs, find(window, "playgroundMap"), find(window, "playgroundRelief")}
    assert {each.objectName() for each in wanted - seen} == set()


def test_it_follows_the_appearance(window, qapp):
    try:
        theme.apply_appearance(qapp, theme.Appearance.DARK)
        QApplication.processEvents()
        shades = theme.DARK.racers
        assert {path.colour for path in find(window, "playgroundMap")._on_top.paths} == set(shades)
        assert window._tracks.loss.backgroundBrush().color() == QColor(theme.DARK.base)
    finally:
        theme.apply_appearance(qapp, theme.Appearance.LIGHT)


def test_the_size_is_remembered(window, settings, qtbot):
    window.resize(820, 610)
    window.close()

    again = PlaygroundWindow(settings)
    again.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(again)
    assert (again.width(), again.height()) == (820, 610)


def test_the_menu_opens_one_and_closing_the_main_window_closes_it(make_window, qtbot):
    main = make_window()
    action = main.findChild(object, "playgroundAction")
    action.trigger()
    made = main.findChild(PlaygroundWindow)
    action.trigger()

    assert main.findChildren(PlaygroundWindow) == [made]
    assert made.isVisible()
    assert not made.isModal()
    with qtbot.waitSignal(made.closed):
        main.leave()


def test_one_that_was_closed_opens_again(make_window, qtbot):
    main = make_window()
    action = main.findChild(object, "playgroundAction")
    action.trigger()
    first = main.findChild(PlaygroundWindow)
    with qtbot.waitSignal(first.destroyed):
        first.close()

    action.trigger()

    assert main.findChild(PlaygroundWindow).isVisible()


def test_it_loads_neither_keras_nor_tensorflow():
    code = (
        "import sys, kescape_gui.playground.playground_window\n"
        "print(sorted({'tensorflow', 'keras', 'jax', 'torch', 'matplotlib'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
