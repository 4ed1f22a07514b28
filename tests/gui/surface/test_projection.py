"""How a box is seen, by hand."""

import numpy as np
import pytest
from kescape_gui.surface.grid import Grid
from kescape_gui.surface.projection import HEIGHT, Camera, far_to_near, is_hidden


@pytest.mark.parametrize(
    ("azimuth", "elevation", "point", "seen"),
    [
        # From the front, the eye 7 away: what is 1 behind the middle is 7/8 as large, what is 1 before it 7/6.
        (0, 0, (0.5, 1.0, 0.25), (0.5 * 7 / 8, 0.25 * 7 / 8, 1.0)),
        (0, 0, (0.5, -1.0, 0.25), (0.5 * 7 / 6, 0.25 * 7 / 6, -1.0)),
        # From above, y goes up and the top is nearest.
        (0, 90, (0.5, 1.0, 0.5), (0.5 * 7 / 6.5, 7 / 6.5, -0.5)),
        # A quarter turn: what was to the right is before the eye, what was behind is to the right.
        (90, 0, (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
        (90, 0, (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
    ],
)
def test_known_points(azimuth, elevation, point, seen):
    assert Camera(azimuth, elevation).project(np.array(point)) == pytest.approx(seen)


def test_it_goes_neither_under_the_floor_nor_over_the_top():
    camera = Camera(elevation=50.0)

    assert camera.turned(0, 100).elevation == 90
    assert camera.turned(0, -100).elevation == 4
    assert camera.turned(350 - camera.azimuth, 0).turned(20, 0).azimuth == pytest.approx(10)
    assert camera.zoomed(100).zoom == 6


def test_the_painter_begins_with_what_is_far():
    """Of three cells in a row behind each other the hindmost comes first, and what is not known not at all."""
    cells = np.array([[0.0, y, 0.0] for y in (-1, 1, 0, np.nan)])
    depths = Camera(0, 30).project(cells)[:, 2]

    assert far_to_near(depths).tolist() == [1, 2, 0]


def test_the_eye_is_where_its_point_is_in_the_middle():
    """Whatever the turn, the eye lies straight before the middle, 7 away."""
    for azimuth, elevation in ((0, 10), (35, 32), (200, 80)):
        camera = Camera(azimuth, elevation)
        right, up, depth = camera.project(0.5 * camera.eye)
        assert (right, up, depth) == pytest.approx((0, 0, -3.5))


def test_a_ridge_hides_what_is_behind_it():
    """A wall of full height at y = 0 hides the floor behind it from low in front, and not from high above."""
    axis = np.linspace(-1, 1, 21)
    heights = np.full((21, 21), -HEIGHT)
    heights[10] = HEIGHT
    surface = Grid(axis, axis, heights)
    behind, before = (0.0, 0.6, -HEIGHT), (0.0, -0.6, -HEIGHT)
    points = np.array([behind, before])

    assert is_hidden(points, Camera(0, 10).eye, surface).tolist() == [True, False]
    assert is_hidden(points, Camera(180, 10).eye, surface).tolist() == [False, True]
    assert is_hidden(points, Camera(0, 85).eye, surface).tolist() == [False, False]
