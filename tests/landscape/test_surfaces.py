"""The toy surfaces: their minima as the literature and SciPy have them, their slopes by differences."""

import numpy as np
import pytest
from scipy.optimize import minimize

from kescape.landscape.surfaces import SURFACES, find_surface

NAMED = [pytest.param(surface, id=surface.name) for surface in SURFACES]


@pytest.mark.parametrize("surface", NAMED)
def test_each_named_minimum_is_where_scipy_finds_one(surface):
    for minimum in surface.minima:
        at = np.array([minimum.x, minimum.y])
        found = minimize(lambda p: float(surface.value(*p)), at + 0.02, method="Nelder-Mead", options={"xatol": 1e-7})
        np.testing.assert_allclose(found.x, at, atol=2e-4)


@pytest.mark.parametrize("surface", NAMED)
def test_at_a_minimum_nothing_pulls(surface):
    """As far as the digits that its place is written with allow."""
    for minimum in surface.minima:
        assert float(np.hypot(*surface.gradient(minimum.x, minimum.y))) < 1e-5


@pytest.mark.parametrize("surface", NAMED)
def test_the_goals_are_the_lowest(surface):
    values = {minimum: float(surface.value(minimum.x, minimum.y)) for minimum in surface.minima}
    lowest = min(values.values())
    assert all(value == pytest.approx(lowest, abs=1e-3) for minimum, value in values.items() if minimum.is_goal)


@pytest.mark.parametrize(
    ("name", "value"),
    [("rosenbrock", 0), ("himmelblau", 0), ("rastrigin", 0), ("ackley", 0), ("camel", -1.031628453), ("bowl", 0)],
)
def test_the_lowest_values_are_those_of_the_literature(name, value):
    surface = find_surface(name)
    for minimum in surface.minima:
        if minimum.is_goal:
            assert float(surface.value(minimum.x, minimum.y)) == pytest.approx(value, abs=1e-8)


def test_values_by_hand():
    """Rosenbrock at (-1, 2): 4 + 100; Rastrigin at (0.5, 0.5): 20 + 0.5 + 20; Himmelblau at 0: 121 + 49."""
    assert find_surface("rosenbrock").value(-1, 2) == 104
    assert find_surface("rastrigin").value(0.5, 0.5) == pytest.approx(40.5)
    assert find_surface("himmelblau").value(0, 0) == 170


def test_the_pair_differs_in_width_only():
    surface = find_surface("pair")
    narrow, wide = surface.minima
    assert float(surface.value(narrow.x, narrow.y)) == pytest.approx(float(surface.value(wide.x, wide.y)), abs=1e-3)
    step = 1e-3
    curvatures = [
        float(surface.value(m.x, m.y + step) - 2 * surface.value(m.x, m.y) + surface.value(m.x, m.y - step)) / step**2
        for m in (narrow, wide)
    ]
    assert curvatures == pytest.approx([16, 1], rel=0.01)


@pytest.mark.parametrize("surface", NAMED)
def test_gradients_are_the_slopes(surface):
    """Central differences at random places."""
    generator = np.random.default_rng(0)
    x, y = (generator.uniform(*limits, 200) for limits in (surface.x_range, surface.y_range))
    step = 1e-6
    dx, dy = surface.gradient(x, y)
    by_x = (surface.value(x + step, y) - surface.value(x - step, y)) / (2 * step)
    by_y = (surface.value(x, y + step) - surface.value(x, y - step)) / (2 * step)
    np.testing.assert_allclose(dx, by_x, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dy, by_y, rtol=1e-5, atol=1e-5)


def test_the_tip_of_ackleys_cone_has_no_slope():
    assert [float(part) for part in find_surface("ackley").gradient(0, 0)] == [0, 0]


@pytest.mark.parametrize("surface", NAMED)
def test_each_minimum_is_in_its_own_basin(surface):
    near = np.array([(m.x + 0.03, m.y - 0.03) for m in surface.minima])
    assert surface.reaches_goal(near).tolist() == [m.is_goal for m in surface.minima]


def test_descent_ends_in_the_nearest_hole_of_an_egg_box():
    """From inside the cell of a local minimum, SciPy's gradient descent with small steps finds the same hole."""
    ends = find_surface("rastrigin").descend([(1.9, -3.1), (0.3, 0.2)])
    np.testing.assert_allclose(ends, [(1.98991, -2.98486), (0, 0)], atol=1e-3)


def test_with_one_minimum_only_a_point_at_it_counts():
    """A 40th of the bowl's diagonal, 8.27, is 0.207."""
    assert find_surface("bowl").reaches_goal([(0.2, 0), (0.21, 0), (0, -0.2)]).tolist() == [True, False, True]


def test_what_is_lost_reaches_nothing():
    assert find_surface("bowl").reaches_goal([(np.nan, 0), (np.inf, 0), (1e9, 0)]).tolist() == [False] * 3


def test_an_unknown_surface_is_refused_by_name():
    with pytest.raises(ValueError, match=r"surface must be one of bowl, rosenbrock.*got 'moon'"):
        find_surface("moon")
