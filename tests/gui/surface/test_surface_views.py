"""The two pictures of a surface, as they are painted and as hands use them."""

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.surface.colour_map import colour_table
from kescape_gui.surface.grid import Grid, Mark, Path
from kescape_gui.surface.heat_map_view import HeatMapView
from kescape_gui.surface.projection import Camera
from kescape_gui.surface.surface_3d_view import Surface3DView
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

AXIS = np.linspace(-1.0, 1.0, 21)
X, Y = np.meshgrid(AXIS, AXIS)
PLANE = Grid(AXIS, 10 * AXIS, 50 + 50 * X)
"""Goes from 0 at the left to 100 at the right."""


@pytest.fixture(params=[theme.Appearance.LIGHT, theme.Appearance.DARK])
def appearance(request, qapp):
    theme.apply_appearance(qapp, request.param)
    yield request.param
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)


def shown(qtbot, view):
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def heat_map(qtbot):
    view = shown(qtbot, HeatMapView("alpha", "beta", "loss"))
    view.set_log(False)
    return view


@pytest.fixture
def surface(qtbot):
    return shown(qtbot, Surface3DView("alpha", "beta", "loss"))


def colours_at(view, *places):
    image = view.grab().toImage()
    return [image.pixelColor(view.to_widget(*place).toPoint()).getRgb()[:3] for place in places]


def test_a_place_has_the_colour_of_its_value(heat_map, appearance):
    """At x = -0.375 the plane is 31.25, between the contour lines at 30 and 40: share 0.3125 of the colours."""
    heat_map.show_grid(PLANE)
    places = [-0.97, -0.375, 0.33, 0.95]
    for x, rgb in zip(places, colours_at(heat_map, *((x, 3.0) for x in places)), strict=True):
        wanted = colour_table()[round(255 * (50 + 50 * x) / 100)]
        assert rgb == pytest.approx(tuple(int(part) for part in wanted), abs=8), x


def test_up_is_up(heat_map):
    heat_map.show_grid(Grid(AXIS, AXIS, Y))
    low, high = colours_at(heat_map, (0.33, -0.95), (0.33, 0.95))

    assert low == pytest.approx(tuple(colour_table()[6].tolist()), abs=8)
    assert high == pytest.approx(tuple(colour_table()[249].tolist()), abs=8)


def test_what_is_not_known_is_background(heat_map, appearance):
    z = PLANE.z.copy()
    z[:, 12:] = np.nan
    heat_map.show_grid(Grid(PLANE.x, PLANE.y, z))
    (empty,) = colours_at(heat_map, (0.6, 1.5))

    base = theme.colours().base
    assert empty == tuple(int(base[at : at + 2], 16) for at in (1, 3, 5))


def test_one_level_of_refinement_after_the_other(heat_map):
    """Nothing, then a corner, then all: each shows, and the way back too."""
    for known in (0, 5, 21, 0):
        z = np.full((21, 21), np.nan)
        z[:known, :known] = PLANE.z[:known, :known]
        heat_map.show_grid(Grid(PLANE.x, PLANE.y, z))
        assert (heat_map.scale is None) == (known == 0)
        heat_map.grab()
    heat_map.show_grid(None)
    heat_map.grab()


def test_a_click_says_where(heat_map, qtbot):
    heat_map.show_grid(PLANE)
    clicks = []
    heat_map.clicked.connect(lambda x, y: clicks.append((x, y)))
    plot = heat_map._plot.viewport()
    for place in ((0.5, -5.0), (-0.75, 8.0)):
        spot = plot.mapFrom(heat_map, heat_map.to_widget(*place).toPoint())
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=spot)
        assert clicks.pop() == pytest.approx(place, abs=0.05)
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))

    assert clicks == []


def test_the_mouse_reads_values_off(heat_map):
    heat_map.show_grid(PLANE)
    readout = heat_map.findChild(QLabel, "surfaceReadout")
    plot = heat_map._plot.viewport()
    spot = QPointF(plot.mapFrom(heat_map, heat_map.to_widget(0.5, 0.0).toPoint()))
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, spot, plot.mapToGlobal(spot), none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(plot, move)
    words = readout.text().split()
    assert words[::2] == ["alpha", "beta", "loss"]
    assert [float(word) for word in words[1::2]] == pytest.approx([0.5, 0.0, 75.0], abs=0.3)

    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert readout.text() == ""


def test_the_keyboard_chooses_a_place(heat_map, qtbot):
    """From the middle: 3 hundredths to the right, 10 of them up, as far as the surface goes."""
    clicks = []
    heat_map.clicked.connect(lambda x, y: clicks.append((x, y)))
    qtbot.keyClick(heat_map, Qt.Key.Key_Right)
    qtbot.keyClick(heat_map, Qt.Key.Key_Return)
    assert clicks == []  # there is nothing to choose from

    heat_map.show_grid(PLANE)
    for _ in range(3):
        qtbot.keyClick(heat_map, Qt.Key.Key_Right)
    qtbot.keyClick(heat_map, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(heat_map, Qt.Key.Key_Return)
    assert clicks.pop() == pytest.approx((3 * 0.02, 10 * 0.2))

    for _ in range(12):
        qtbot.keyClick(heat_map, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(heat_map, Qt.Key.Key_Space)
    assert clicks.pop()[0] == -1.0


@pytest.mark.parametrize("size", [(700, 300), (300, 700)])
def test_equal_lengths_are_equally_long(heat_map, qtbot, size):
    heat_map.show_grid(Grid(AXIS, 2 * AXIS, X))
    heat_map.set_equal(True)
    heat_map.resize(*size)
    qtbot.wait(20)
    left, right = heat_map.to_widget(-1, 0), heat_map.to_widget(1, 0)
    low, high = heat_map.to_widget(0, -1), heat_map.to_widget(0, 1)

    assert right.x() - left.x() == pytest.approx(low.y() - high.y(), abs=2)
    assert right.x() - left.x() > 60


def test_a_surface_below_zero_is_drawn_though_log_is_wanted(heat_map, surface):
    for view in (heat_map, surface):
        view.set_log(True)
        view.show_grid(Grid(AXIS, AXIS, X - 5))
        view.grab()


@pytest.mark.parametrize("scale", [1, 2])
def test_paths_and_marks_are_seen_on_both(heat_map, surface, appearance, scale):
    """A path in pure red, and a mark in pure blue: their colours are in the pictures, and before they were not."""
    path = Path("SGD", np.array([-0.8, 0.8]), np.array([-8.0, 8.0]), None, "#ff0000")
    mark = Mark(0.3, -6.0, "minimum", "#0000ff")
    for view in (heat_map, surface):
        view.show_grid(PLANE)
        view.look_from(Camera(20, 70)) if view is surface else None
        for paths, marks in (([], []), ([path], [mark])):
            view.show_paths(paths)
            view.show_marks(marks)
            image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB32)
            pixels = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.width(), 4)
            red = (pixels[..., 2] > 240) & (pixels[..., :2] < 20).all(axis=-1)
            blue = (pixels[..., 0] > 240) & (pixels[..., 1:3] < 20).all(axis=-1)
            assert (red.sum() > 100) == bool(paths)
            assert (blue.sum() > 20) == bool(marks)


def test_a_hole_of_the_surface_shows_the_floor(surface, appearance):
    """Straight from above: where nothing is known the colour is that of the floor, elsewhere not."""
    z = np.zeros((21, 21))
    z[:, 14:] = np.nan
    surface.show_grid(Grid(AXIS, AXIS, z))
    surface.look_from(Camera(0, 90))
    image = surface.grab().toImage()
    right, down, _ = surface.on_screen(np.array([0.77, 0.13, -0.62]))
    left, middle, _ = surface.on_screen(np.array([-0.77, 0.13, 0.0]))

    assert image.pixelColor(round(right), round(down)).name() == theme.colours().window
    green = image.pixelColor(round(left), round(middle))
    assert green.saturation() > 60


def test_what_is_near_covers_what_is_far(surface):
    """A bright wall in front hides the dark plain behind it; turned about, the plain hides nothing."""
    z = np.zeros((21, 21))
    z[4] = 1.0
    surface.show_grid(Grid(AXIS, AXIS, z))
    surface.look_from(Camera(0, 12))
    x, y, _ = surface.on_screen(np.array([0.05, -0.6, 0.3]))
    front = surface.grab().toImage().pixelColor(round(x), round(y))
    # That far up the wall the colour is the one of a height of about three quarters, not that of the plain.
    assert front.green() > 120


def test_the_hand_turns_it(surface, qtbot):
    surface.show_grid(PLANE)
    start = surface.camera
    qtbot.mousePress(surface, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    at = QPointF(140, 90)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, surface.mapToGlobal(at), Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(surface, event)
    qtbot.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=QPoint(140, 90))
    assert surface.camera.azimuth == pytest.approx(start.azimuth + 20)
    assert surface.camera.elevation == pytest.approx(start.elevation - 5)

    wheel = QWheelEvent(
        at, surface.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(surface, wheel)
    assert surface.camera.zoom > 1.1

    qtbot.keyClick(surface, Qt.Key.Key_Home)
    assert surface.camera == start
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Plus):
        qtbot.keyClick(surface, key)
    assert surface.camera == start.turned(-5, 5).zoomed(1.15)
    qtbot.mouseDClick(surface, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert surface.camera == start


def test_both_can_be_told_and_reached_without_eyes_or_mouse(heat_map, surface):
    for view in (heat_map, surface):
        assert all(name in view.accessibleName() for name in ("alpha", "beta", "loss"))
        assert "arrow keys" in view.accessibleDescription()
        assert view.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_without_a_surface_there_are_words(heat_map, surface):
    for view in (heat_map, surface):
        view.set_empty_words("Nothing yet", "Press Compute.")
        texts = [label.text() for label in view.findChildren(QLabel) if label.isVisible()]
        assert "Nothing yet" in texts
        view.show_grid(PLANE)
        assert "Nothing yet" not in [label.text() for label in view.findChildren(QLabel) if label.isVisible()]
