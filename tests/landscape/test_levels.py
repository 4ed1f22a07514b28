"""From coarse to fine."""

import numpy as np
import pytest

from kescape.landscape.levels import filled, levels_of, places_of


@pytest.mark.parametrize("points", [3, 9, 10, 17, 33, 51, 64, 101])
def test_a_level_begins_and_ends_with_the_axis_and_has_its_number_of_places(points):
    for level in levels_of(points):
        places = places_of(level, points)
        assert (places[0], places[-1]) == (0, points - 1)
        assert len(set(places.tolist())) == level


def test_of_51_points_each_level_holds_the_one_before():
    levels = [set(places_of(level, 51).tolist()) for level in (9, 17, 33, 51)]

    assert levels[0] < levels[1] < levels[2] < levels[3]


def test_what_lies_between_is_bilinear():
    """The plane z = 2x + 3y is itself wherever it is filled in."""
    x, y = np.linspace(0, 1, 20), np.linspace(-1, 1, 20)
    whole = 2 * x[None, :] + 3 * y[:, None]
    coarse = np.full_like(whole, np.nan)
    places = np.ix_(places_of(9, 20), places_of(9, 20))
    coarse[places] = whole[places]

    np.testing.assert_allclose(filled(x, y, coarse, 9), whole, atol=1e-12)


def test_before_the_first_level_nothing_is_made_up():
    loss = np.array([1.0, np.nan, np.nan])

    np.testing.assert_array_equal(filled(np.arange(3.0), np.empty(0), loss, 0), loss)
