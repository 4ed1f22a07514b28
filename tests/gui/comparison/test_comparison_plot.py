"""The plot of a comparison: what it draws, reads off and shows by hand."""

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.comparison.comparison_plot import ComparisonPlot
from kescape_gui.comparison.picture import Mode, Swatches, picture_of
from kescape_gui.comparison.plot_panel import PlotPanel
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel

from tests.gui.comparison.told import many_arms, report_of, two_arms

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")


@pytest.fixture
def panel(qtbot):
    made = PlotPanel()
    qtbot.addWidget(made)
    made.resize(900, 420)
    made.show()
    yield made
    made.close()


def choose(panel, mode):
    panel._modes.setValue(mode.value)


def drawn_points(plot):
    """What the lines of a plot go through, by colour."""
    return [line.points for line in plot._lines if line.isVisible()]


def read_off(plot, x):
    """What the read-out says with the mouse there."""
    view = plot.plotItem.vb
    plot._on_mouse_moved(view.mapViewToScene(QPointF(x, np.mean(view.viewRange()[1]))))
    return plot._readout.text() if plot._readout.isVisible() else ""


def test_best_so_far_is_drawn_as_steps(panel):
    panel.show_report(two_arms())
    choose(panel, Mode.ANYTIME)

    # The cosine has one value, which is a dot; the restarts step down at epochs 3 and 7.
    ((x, y),) = drawn_points(panel.plot)
    assert x[:5].tolist() == [1, 2, 2, 3, 3]
    assert (10**y if panel.plot.is_log else y)[-1] == pytest.approx(1.0)
    assert len(panel.plot._bands._lone) == 1
    assert len(panel.plot._bands._bands) == 1


def test_every_epoch_and_cycles(panel):
    panel.show_report(two_arms())
    choose(panel, Mode.EPOCHS)
    assert len(drawn_points(panel.plot)) == 2
    assert panel.plot.plotItem.vb.viewRange()[0] == pytest.approx([0, 7.14])

    choose(panel, Mode.CYCLES)
    # Its first cycle has one epoch, and is no line.
    assert len(drawn_points(panel.plot)) == 3
    assert panel.plot.plotItem.vb.viewRange()[0] == pytest.approx([0, 102])


def test_values_are_on_a_log_scale_if_they_span_decades_or_somebody_wants_it(panel, qtbot):
    log = panel.findChild(QCheckBox, "comparisonLogBox")
    panel.show_report(two_arms())
    choose(panel, Mode.EPOCHS)
    assert not panel.plot.is_log

    qtbot.keyClick(panel.plot, Qt.Key.Key_L)
    assert log.isChecked()
    assert panel.plot.is_log
    (low, high) = panel.plot.plotItem.vb.viewRange()[1]
    # From 0.5, the lower end of the band, to 9.
    assert low < np.log10(0.5) < np.log10(9) < high < 1.1

    panel.show_report(report_of({"cosine": [[5.0, 1.0]], "sgdr": [[3.0, -1.0]]}))
    assert not log.isEnabled()
    assert not panel.plot.is_log


def test_what_stands_at_an_epoch_is_read_off(panel):
    panel.show_report(two_arms())
    choose(panel, Mode.EPOCHS)

    text = read_off(panel.plot, 3.1)
    assert "epoch" in text
    # The best first: the restarts are at 4 and 5, the cosine at 5 and 6.
    assert text.index("sgdr") < text.index("cosine")
    assert ">4.5<" in text
    assert ">5.5<" in text
    QTest.keyClick(panel.plot, Qt.Key.Key_Right)
    assert ">8.5<" in panel.plot._readout.text()
    panel.plot._point_at(None)
    assert not panel.plot._readout.isVisible()


def test_what_was_brought_into_view_stays_until_all_is_wanted_again(panel, qtbot):
    panel.show_report(two_arms())
    choose(panel, Mode.EPOCHS)
    qtbot.keyClick(panel.plot, Qt.Key.Key_Plus)
    zoomed = panel.plot.plotItem.vb.viewRange()[0]
    assert zoomed[0] > 0

    panel.show_report(two_arms())
    assert panel.plot.plotItem.vb.viewRange()[0] == pytest.approx(zoomed)
    qtbot.mouseDClick(panel.plot.viewport(), Qt.MouseButton.LeftButton)
    assert panel.plot.plotItem.vb.viewRange()[0] == pytest.approx([0, 7.14])


def test_the_best_arms_are_named_at_their_ends_and_in_the_legend(panel):
    panel.show_report(many_arms(14))
    choose(panel, Mode.EPOCHS)

    assert panel.plot._labels._labels[0].text == "eta_max 0.14"
    assert panel._legend.accessibleName().startswith("eta_max 0.14, eta_max 0.13")
    assert panel.findChild(QLabel, "comparisonPlotWords").text() == "The best 12 of 14 arms are drawn."


def test_before_the_first_epoch_it_says_what_it_waits_for(panel):
    panel.show_report(report_of({"cosine": [None], "sgdr": [None]}))

    assert panel.plot._message.isVisible()
    assert drawn_points(panel.plot) == []
    choose(panel, Mode.EPOCHS)
    assert "first epoch" in panel.plot._message._text.text()


def test_it_says_aloud_how_the_arms_stand(panel):
    panel.show_report(two_arms())
    choose(panel, Mode.EPOCHS)

    assert panel.plot.accessibleDescription() == "sgdr: 1; cosine: 1.5"


def test_a_line_of_a_hundred_thousand_epochs_is_thinned_out(qtbot):
    plot = ComparisonPlot()
    qtbot.addWidget(plot)
    report = two_arms()
    (line, _) = picture_of(report, Mode.EPOCHS, Swatches().of(report, theme.LIGHT.series)).lines
    x = np.arange(1.0, 100_001.0)
    long = type(line)(line.title, line.swatch, 0.0, x, 1 / x, 0.5 / x, 2 / x)
    plot.show_picture(type(picture_of(report, Mode.EPOCHS, {}))((long,), (0.0, 1e5)), log=True, folded=False)

    ((shown, _),) = drawn_points(plot)
    assert len(shown) <= 4000
    assert (shown[0], shown[-1]) == (1.0, 100_000.0)
    ((polygon, _),) = plot._bands._bands
    assert polygon.size() <= 8000
