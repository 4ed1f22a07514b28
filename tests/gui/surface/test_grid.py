"""The values of a surface, and their colours; no Qt."""

import matplotlib as mpl
import numpy as np
import pytest
from kescape_gui.surface.colour_map import colour_table, picture
from kescape_gui.surface.colour_scale import ColourScale
from kescape_gui.surface.contours import contours_of
from kescape_gui.surface.grid import Grid, Path, finer
from scipy.interpolate import RegularGridInterpolator

AXIS = np.linspace(-2.0, 2.0, 41)
X, Y = np.meshgrid(AXIS, AXIS)


def test_values_between_the_points_are_those_of_scipy():
    z = np.random.default_rng(0).normal(size=(5, 7))
    grid = Grid(np.linspace(0, 3, 7), np.linspace(-1, 1, 5), z)
    places = np.random.default_rng(1).uniform([0, -1], [3, 1], size=(50, 2))
    theirs = RegularGridInterpolator((grid.y, grid.x), z)(places[:, ::-1])

    assert grid.at(places[:, 0], places[:, 1]) == pytest.approx(theirs)


def test_the_corners_belong_to_the_surface_and_what_is_beyond_does_not():
    grid = Grid([0.0, 1.0, 2.0], [0.0, 1.0], [[1, 2, 3], [4, 5, np.nan]])

    assert grid.at([0, 0], [0, 1]).tolist() == [1, 4]
    assert np.isnan(grid.at([2.0, 1.5, -0.1, 0.5], [1.0, 0.5, 0.5, 1.1])).all()


@pytest.mark.parametrize(
    ("x", "y", "z", "said"),
    [
        ([0.0, 1.0], [0.0, 1.0], np.zeros((3, 2)), r"that is \(2, 2\); got \(3, 2\)"),
        ([0.0, 1.0, 3.0], [0.0, 1.0], np.zeros((2, 3)), "x must rise in even steps"),
        ([1.0, 0.0], [0.0, 1.0], np.zeros((2, 2)), "x must be two or more places that rise"),
        ([0.0, 1.0], [0.0], np.zeros((1, 2)), "y must be two or more places that rise"),
    ],
)
def test_what_is_no_grid_is_refused(x, y, z, said):
    with pytest.raises(ValueError, match=said):
        Grid(x, y, z)


def test_a_path_has_one_place_a_point():
    with pytest.raises(ValueError, match="path 'SGD' must have one value a point"):
        Path("SGD", [0.0, 1.0], [0.0], None, "#000000")


def test_finer_is_the_same_plane():
    """A plane stays one: at the middle of each cell of eight a side it is what its equation says."""
    fine = finer(np.array([[0.0, 1.0], [2.0, 3.0]]), most=8)
    middles = (np.arange(8) + 0.5) / 8

    assert fine == pytest.approx(middles[None, :] + 2 * middles[:, None])


def test_one_unknown_point_leaves_its_four_cells_empty():
    z = np.zeros((5, 5))
    z[2, 2] = np.nan
    unknown = np.isnan(finer(z, most=4))

    assert unknown.sum() == 4
    assert unknown[1:3, 1:3].all()


def test_the_colours_are_viridis_as_matplotlib_has_it():
    theirs = mpl.colormaps["viridis"](np.arange(256), bytes=True)[:, :3].astype(int)

    assert np.abs(colour_table().astype(int) - theirs).max() <= 1


def test_what_is_not_known_is_not_seen():
    pixels = picture(np.array([[0.0, np.nan, 1.0]]))

    assert pixels[0, :, 3].tolist() == [255, 0, 255]
    assert pixels[0, 0, :3].tolist() == colour_table()[0].tolist()
    assert pixels[0, 2, :3].tolist() == colour_table()[255].tolist()


def test_a_log_scale_gives_each_decade_the_same_room():
    scale = ColourScale.of(np.array([1e-2, 1.0, 1e2]), log=True)

    assert scale.share(np.array([1e-2, 1e-1, 1.0, 10.0, 100.0])) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert scale.value(0.25) == pytest.approx(0.1)


def test_a_minimum_of_zero_does_not_take_all_colours():
    """A log scale ends six decades below the highest value; what is lower has the first colour."""
    scale = ColourScale.of(np.array([0.0, 1e-30, 1.0, 100.0]), log=True)

    assert (scale.low, scale.high, scale.is_cut) == (1e-4, 100.0, True)
    assert scale.share(np.array([0.0, 1e-30])).tolist() == [0.0, 0.0]


def test_a_flat_surface_has_one_colour_in_the_middle():
    assert ColourScale.of(np.full((3, 3), 2.0)).share(np.array([2.0, np.nan]))[0] == 0.5


@pytest.mark.parametrize(
    ("z", "log", "said"), [([np.nan], None, "must have a finite value"), ([-1.0, 0.0], True, "> 0")]
)
def test_what_no_scale_fits_is_refused(z, log, said):
    with pytest.raises(ValueError, match=said):
        ColourScale.of(np.array(z), log=log)


def test_a_contour_of_a_paraboloid_is_a_circle():
    """x**2 + y**2 = 1 has the radius 1; linear pieces over cells of 0.1 are off by less than 0.1**2."""
    grid = Grid(AXIS, AXIS, X**2 + Y**2)
    contours = {contour.level: contour for contour in contours_of(grid, ColourScale.of(grid.z, log=False))}
    line = np.concatenate(contours[1.0].lines)

    assert np.hypot(line[:, 0], line[:, 1]) == pytest.approx(1.0, abs=0.01)


def test_no_contour_crosses_what_is_not_known():
    z = X.copy()
    z[:, 10:31] = np.nan
    grid = Grid(AXIS, AXIS, z)
    points = np.concatenate([line for contour in contours_of(grid, ColourScale.of(z)) for line in contour.lines])

    assert (np.abs(points[:, 0]) > 1.0).all()
