"""The smoothed curve against its definition, summed term by term."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kescape.run.smoothing import smooth


def by_definition(values, half_life, resets):
    """Straight from the formula, with exact sums."""
    result = []
    for i in range(len(values)):
        first = max([reset for reset in resets if reset <= i], default=0)
        terms = [(2.0 ** ((j - i) / half_life), values[j]) for j in range(first, i + 1)]
        terms = [(weight, value) for weight, value in terms if math.isfinite(value)]
        known = math.isfinite(values[i])
        result.append(math.fsum(w * v for w, v in terms) / math.fsum(w for w, _ in terms) if known else math.nan)
    return result


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf])), max_size=60),
    half_life=st.floats(0.05, 200),
    resets=st.lists(st.integers(0, 60), max_size=4),
)
def test_it_is_what_the_formula_says(values, half_life, resets):
    expected = by_definition(values, half_life, resets)

    np.testing.assert_allclose(smooth(values, half_life, resets), expected, rtol=1e-9, atol=1e-6)


def test_a_restart_is_not_washed_away():
    """Before the restart the average knows nothing of what follows, after it nothing of what was before."""
    values = [1.0] * 50 + [9.0] * 50
    smoothed = smooth(values, half_life=10, resets=[50])
    assert smoothed.tolist() == pytest.approx(values, rel=1e-12)


def test_chunks_do_not_show():
    """Over many chunks a constant stays what it is, and a short half-life does not overflow."""
    assert smooth(np.full(5000, 0.125), 0.5) == pytest.approx(np.full(5000, 0.125), rel=1e-12)
    wave = np.sin(np.arange(5000) / 300)
    expected = [wave[0]]
    weight = 1.0
    for value in wave[1:]:  # the same sums as a recursion
        weight = weight * 2**-0.5 + 1
        expected.append(expected[-1] + (value - expected[-1]) / weight)
    np.testing.assert_allclose(smooth(wave, 2), expected, rtol=1e-9)


def test_the_extremes():
    """Hardly any memory gives the values themselves, endless memory their mean so far."""
    values = [3.0, 1.0, 5.0, 7.0]
    assert smooth(values, 1e-9).tolist() == values
    assert smooth(values, math.inf).tolist() == [3.0, 2.0, 3.0, 4.0]
    assert smooth([], 10).tolist() == []


def test_a_half_life_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"half_life must be > 0 steps, .* got 0"):
        smooth([1.0], 0)
