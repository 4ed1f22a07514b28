"""Round values for contour lines, and when values want a log scale."""

import math

import numpy as np
import pytest

from kescape.landscape.scale import contour_levels, spans_decades


def test_levels_are_round_and_inside():
    assert contour_levels(-0.35, 0.35, log=False, most=8) == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    assert contour_levels(1e-3, 1e3, log=True, most=6) == [0.01, 0.1, 1.0, 10.0, 100.0]
    assert contour_levels(1e-12, 1e12, log=True, most=12) == [10.0**decade for decade in range(-11, 12, 2)]
    assert contour_levels(1.0, 1.0, log=False) == []


@pytest.mark.parametrize(("low", "high"), [(1e-7, 2e5), (0.9, 1.3), (2.0, 3e4), (1.0, 10.0)])
def test_no_more_levels_than_asked_for_and_not_too_few(low, high):
    for log in (True, False):
        levels = contour_levels(low, high, log=log, most=12)
        assert 4 <= len(levels) <= 12
        assert all(low < level < high for level in levels)
        assert levels == sorted(levels)


def test_between_neighbouring_doubles_there_is_no_round_value():
    assert contour_levels(1.0, math.nextafter(1.0, 2.0), log=False) == []


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([1.0, 9.9], False), ([1.0, 10.1], True), ([0.0, 1.0, 10.1], True), ([-1e-9, 1.0, 100.0], False),
        ([math.nan, 1.0, 10.1, math.inf], True), ([2.0, 2.0], False), ([0.0, 0.0], False), ([math.nan], False),
        # One low value among forty is none that a usual scale has to show.
        ([0.01, *[1.0] * 39, 5.0], False),
    ],
)  # fmt: skip
def test_a_log_scale_is_for_ten_times_a_usual_low_value(values, log):
    assert spans_decades(np.array(values)) is log
