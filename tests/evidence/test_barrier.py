"""The barrier on the straight line, from the losses of rows along it."""

import numpy as np
import pytest

from kescape.evidence.barrier import barrier_of


def test_the_height_is_measured_from_the_chord():
    """Mean losses 1, 4, 2 at 0, 1/2, 1: the chord is 1.5 in the middle, and 4 lies 2.5 above it."""
    barrier = barrier_of([0, 0.5, 1], [[0, 2], [3, 5], [2, 2]])

    assert barrier.height == 2.5
    assert barrier.losses.tolist() == [1, 4, 2]
    assert barrier.change == 1.0
    assert barrier.rise == 2.0


def test_a_slope_that_bends_is_above_the_chord_and_no_barrier():
    """4, 3.9, 3, 0: the way down is steeper at its end, and nothing has to be climbed."""
    rows = np.ones(300) * np.array([[4], [3.9], [3], [0]])
    barrier = barrier_of([0, 1 / 3, 2 / 3, 1], rows)
    assert barrier.height == pytest.approx(3 - 4 / 3)
    assert barrier.low > 1
    assert (barrier.rise, barrier.rise_low, barrier.rise_high) == (0, 0, 0)
    assert not barrier.is_above_noise


def test_frankles_barrier_is_measured_from_the_mean_of_the_ends():
    """Max 4, mean of the ends (1 + 2) / 2."""
    assert barrier_of([0, 0.25, 1], [[1], [4], [2]]).error_barrier == 2.5
    assert barrier_of([0, 0.25, 1], [[1], [4], [2]]).height == 4 - 1.25


def test_a_valley_between_two_points_is_no_barrier():
    barrier = barrier_of([0, 0.5, 1], [[1, 1, 1], [0, 0.5, 0.1], [1, 1, 1]])

    assert (barrier.height, barrier.low, barrier.high) == (0, 0, 0)
    assert not barrier.is_above_noise


def test_noise_of_the_sample_that_is_the_same_along_the_line_widens_nothing():
    """Rows of very different losses, each of which rises by exactly 1 in the middle: the interval is a point."""
    rows = np.random.default_rng(1).lognormal(3, 2, 500)

    barrier = barrier_of([0, 0.5, 1], [rows, rows + 1, rows])

    assert barrier.low == pytest.approx(1)
    assert barrier.high == pytest.approx(1)


def test_a_rise_in_one_row_of_many_is_within_noise():
    """Drawn again, the one row is missing in a share (1 - 1/n)**n, about 37 %, of the samples: the low end is 0."""
    middle = np.zeros(400)
    middle[7] = 100

    barrier = barrier_of([0, 0.5, 1], [np.zeros(400), middle, np.zeros(400)])

    assert barrier.height == 0.25
    assert barrier.low == 0
    assert not barrier.is_above_noise


def test_the_interval_is_that_of_the_mean():
    """With one inner point and flat ends the height is a mean, whose interval is 1.96 s / sqrt(n) to each side."""
    middle = np.random.default_rng(0).normal(5, 2, 2000)

    barrier = barrier_of([0, 0.5, 1], [np.zeros(2000), middle, np.zeros(2000)])

    half = 1.96 * middle.std() / np.sqrt(2000)
    assert barrier.low == pytest.approx(middle.mean() - half, abs=0.02)
    assert barrier.high == pytest.approx(middle.mean() + half, abs=0.02)


def test_rounding_in_float32_is_no_barrier():
    losses = np.full((3, 100), 2.3)
    losses[1] += 2e-7

    assert not barrier_of([0, 0.5, 1], losses).is_above_noise


def test_a_loss_that_is_not_finite_is_an_infinite_barrier():
    barrier = barrier_of([0, 0.5, 1], [[1, 1], [np.nan, 1], [2, 2]])

    assert (barrier.height, barrier.low, barrier.high) == (np.inf, np.inf, np.inf)
    assert (barrier.rise, barrier.rise_low, barrier.rise_high) == (np.inf, np.inf, np.inf)
    assert barrier.is_above_noise
    assert barrier.change == 1


@pytest.mark.parametrize("positions", [[0, 1, 0.5], [0.1, 1], [0], [0, 0.5]])
def test_positions_that_are_no_line_are_refused(positions):
    with pytest.raises(ValueError, match=r"positions must rise from 0 to 1.*got positions="):
        barrier_of(positions, np.zeros((len(positions), 3)))


def test_losses_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"losses must have the shape \(3, rows\).*got \(2, 4\)"):
        barrier_of([0, 0.5, 1], np.zeros((2, 4)))


def test_many_rows_are_drawn_in_pieces_and_are_the_same_draws(monkeypatch):
    losses = np.random.default_rng(0).normal(1, 1, (3, 77))
    whole = barrier_of([0, 0.5, 1], losses)
    monkeypatch.setattr("kescape.evidence.barrier._DRAWN_AT_ONCE", 500)
    pieces = barrier_of([0, 0.5, 1], losses)
    assert (pieces.rise_low, pieces.rise_high) == pytest.approx((whole.rise_low, whole.rise_high), rel=1e-12)
    assert (pieces.change_low, pieces.change_high) == pytest.approx((whole.change_low, whole.change_high), rel=1e-12)
