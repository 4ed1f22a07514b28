"""Lines between minima: what stands between them, and how they are drawn."""

import math

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.landscape.line_view import LineView
from kescape_gui.landscape.lines import Line
from kescape_gui.landscape.minima import no_landscape_because, short_name
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QLabel

from kescape.evidence.barrier import barrier_of
from kescape.landscape.store import LineBarrier
from kescape.run.reader import Snapshot

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

AT = np.linspace(0.0, 1.0, 11)


def test_the_barrier_is_the_one_that_the_run_is_judged_by():
    """As the library finds it for the same losses; random ones, higher somewhere between than at the ends or not."""
    for seed in range(5):
        losses = np.random.default_rng(seed).uniform(0.1, 2.0, 11)
        peak = Line("a", "b", AT, losses).peak
        assert peak.rise == pytest.approx(barrier_of(AT, losses[:, None]).rise)


def test_a_valley_between_two_minima_is_no_barrier():
    peak = Line("a", "b", np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.2, 2.0])).peak

    assert peak.rise == 0.0


def test_what_lies_beyond_the_minima_is_no_barrier_between_them():
    """The line goes on to both sides, where the loss is highest."""
    positions, losses = np.array([-0.5, 0.0, 0.5, 1.0, 1.5]), np.array([9.0, 1.0, 3.0, 2.0, 9.0])
    peak = Line("a", "b", positions, losses).peak

    assert (peak.position, peak.loss, peak.foot, peak.rise) == (0.5, 3.0, 2.0, 1.0)


def test_without_both_ends_nothing_is_said():
    losses = np.array([1.0, math.nan, 3.0, math.nan])
    assert Line("a", "b", np.array([0.0, 0.4, 0.8, 1.0]), losses).peak is None
    assert Line("a", "b", np.array([0.0, 0.4, 0.8, 1.0]), np.full(4, np.nan)).chord is None


def snapshot(step, kind, data=None):
    return Snapshot("s", step, 1, 0.0, kind, "file", "a label", data)


def test_an_infinite_loss_is_an_infinite_barrier():
    line = Line("a", "b", np.array([0.0, 0.5, 1.0]), np.array([1.0, math.inf, 2.0]))

    assert line.peak.rise == math.inf
    assert line.has_barrier


def test_what_chance_explains_is_no_barrier():
    """Its interval begins at 0."""
    positions, losses = np.array([0.0, 0.5, 1.0]), np.array([1.0, 1.2, 1.0])

    assert Line("a", "b", positions, losses, LineBarrier(0.2, 0.1, 0.3, 0.2, is_above_noise=True)).has_barrier
    assert not Line("a", "b", positions, losses, LineBarrier(0.2, 0.0, 0.3, 0.2, is_above_noise=False)).has_barrier


def test_names_of_snapshots():
    assert short_name(snapshot(20, "cycle", {"cycle": 1})) == "cycle 2"
    assert short_name(snapshot(3000, "hand")) == "step 3,000"
    assert no_landscape_because("first", 2) == ""
    assert "choose one first" in no_landscape_because(None, 0)


@pytest.fixture
def view(qtbot):
    view = LineView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    qtbot.waitExposed(view)
    return view


LINES = [
    Line("cycle 1", "cycle 2", AT, 1 + AT + np.sin(np.pi * AT)),
    Line("cycle 2", "cycle 3", AT, 2 - AT - 0.5 * np.sin(np.pi * AT)),
]


@pytest.mark.parametrize("appearance", [theme.Appearance.LIGHT, theme.Appearance.DARK])
def test_lines_are_drawn_one_after_the_other(view, qapp, appearance):
    """The curve passes through a place of the first line, and through one of the second."""
    theme.apply_appearance(qapp, appearance)
    view.show_lines(LINES)
    qapp.processEvents()
    image, plot = view.grab().toImage(), view._plot
    for x, y in ((0.3, 1.3 + math.sin(0.3 * math.pi)), (1.7, 1.3 - 0.5 * math.sin(0.7 * math.pi))):
        scene = plot.plotItem.vb.mapViewToScene(QPointF(x, y))
        at = plot.viewport().mapTo(view, plot.mapFromScene(scene))
        assert image.pixelColor(at).name() == theme.colours().loss
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)


def test_the_axis_names_the_minima_and_the_description_tells_the_barriers(view):
    view.show_lines(LINES)

    assert view._minima.names == [(0.0, "cycle 1"), (1.0, "cycle 2"), (2.0, "cycle 3")]
    assert view.accessibleDescription() == "cycle 1 – cycle 2: +0.551\ncycle 2 – cycle 3: no barrier"


def test_a_log_scale_shows_what_is_small(view):
    """From 0.01 to 1: the loss of 0.1 in the middle stands half-way up. Where one is 0 the scale stays linear."""
    view.show_lines([Line("a", "b", np.array([0.0, 0.5, 1.0]), np.array([0.01, 0.1, 1.0]))], log=True)
    assert view._curve.getData()[1] == pytest.approx([-2.0, -1.0, 0.0])
    view.show_lines([Line("a", "b", np.array([0.0, 1.0]), np.array([0.0, 1.0]))], log=True)
    assert view._curve.getData()[1].tolist() == [0.0, 1.0]


def test_a_line_that_is_not_known_yet_leaves_a_gap(view):
    unknown = Line("cycle 2", "cycle 3", np.array([0.0, 1.0]), np.full(2, np.nan))
    view.show_lines([LINES[0], unknown])
    view.grab()
    assert view._plot.isVisible()
    view.show_lines([unknown])
    view.show_message(("Not computed yet", "Press Compute."))
    assert not view._plot.isVisible()
    assert "Not computed yet" in [label.text() for label in view.findChildren(QLabel) if label.isVisible()]


def test_the_mouse_reads_a_point_off(view):
    view.show_lines(LINES)
    view._on_moved(view._plot.plotItem.vb.mapViewToScene(QPointF(1.52, 1.6)))

    assert view._readout.text() == "50 % of the way from cycle 2 to cycle 3: loss 1"


def test_an_infinite_loss_is_a_gap_with_its_name(view):
    line = Line("a", "b", np.array([0.0, 0.4, 0.5, 0.6, 1.0]), np.array([1.0, 1.5, math.inf, 1.5, 1.0]))
    for log in (False, True):
        view.show_lines([line], log=log)
        view.grab()
    assert np.isnan(view._curve.getData()[1]).tolist() == [False, False, True, False, False]
    assert view.accessibleDescription() == "a – b: +∞"
