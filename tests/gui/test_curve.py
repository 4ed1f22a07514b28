"""The recorded steps of one run, and their reduction for the screen."""

import math

import numpy as np
import pytest
from kescape_gui.curves.curve import Curve
from kescape_gui.curves.reduction import BLOCK, Extremes, extremes, visible

from kescape.run.smoothing import smooth


def columns(first, loss):
    count = len(loss)
    return {
        "step": np.arange(first, first + count),
        "loss": np.asarray(loss, np.float32),
        "learning_rate": np.linspace(1, 0, count),
        "time": np.arange(first, first + count) / 100,
    }


def test_steps_arrive_in_pieces_and_are_kept_whole():
    rng = np.random.default_rng(1)
    loss = rng.exponential(size=10_000).astype(np.float32)
    curve = Curve(steps_per_epoch=100)
    for first in range(0, 10_000, 37):
        curve.append(columns(first, loss[first : first + 37]))

    assert curve.steps.tolist() == list(range(10_000))
    assert np.array_equal(curve.loss, loss)
    assert curve.nbytes <= 48 * len(curve)


def test_a_gap_between_steps_is_refused():
    curve = Curve()
    curve.append(columns(0, [1.0, 2.0]))

    with pytest.raises(ValueError, match=r"step=5 after 1"):
        curve.append(columns(5, [1.0]))


def test_smoothing_in_pieces_equals_smoothing_at_once_and_starts_afresh_at_restarts():
    rng = np.random.default_rng(2)
    loss = rng.exponential(size=3_000)
    restarts = [500, 1_500]
    curve = Curve(steps_per_epoch=400)
    for first in range(0, 3_000, 113):
        curve.append(columns(first, loss[first : first + 113]))
        curve.set_restarts([step for step in restarts if step < len(curve)])

    # Half-life: a twentieth of an epoch, 20 steps.
    # Ten steps are too few for an average of that kind.
    expected = smooth(loss.astype(np.float32), 20, restarts)
    shown = np.ones(3_000, dtype=bool)
    for start in (0, 500, 1_500):
        shown[start : start + 10] = False
    assert np.array_equal(np.isfinite(curve.smoothed), shown)
    assert np.allclose(curve.smoothed[shown], expected[shown], rtol=1e-12, atol=0)


def test_a_restart_by_hand_that_is_learned_late_changes_what_comes_after_it_only():
    curve = Curve(steps_per_epoch=100)
    loss = np.linspace(5, 1, 300)
    curve.append(columns(0, loss))
    before = curve.smoothed.copy()
    curve.set_restarts([200])

    assert np.array_equal(curve.smoothed[:200], before[:200], equal_nan=True)
    # A half-life of 10 steps: the first five of a cycle are no average yet, the sixth is one of six losses.
    weights = 2.0 ** (-np.arange(5, -1, -1) / 10)
    assert np.isnan(curve.smoothed[200:205]).all()
    assert curve.smoothed[205] == pytest.approx(np.average(curve.loss[200:206], weights=weights), rel=1e-12)


def test_epochs_are_averages_already_and_shown_from_the_first_one():
    curve = Curve(steps_per_epoch=1)
    curve.append(columns(0, [4.0, 2.0, math.inf]))

    np.testing.assert_array_equal(curve.smoothed, [4.0, 2.0, math.nan])

    # Unless somebody wants them to be smoothed: with a half-life of one, the one before counts half.
    curve.set_half_life(1)
    np.testing.assert_allclose(curve.smoothed, [4.0, (2 + 4 / 2) / 1.5, math.nan])


def test_losses_that_are_no_numbers_are_marked():
    curve = Curve()
    curve.append(columns(0, [1.0, math.nan, 2.0, math.inf]))

    assert curve.not_finite == [1, 3]


def test_losses_without_a_logarithm_are_counted_whatever_is_validated():
    curve = Curve()
    curve.append(columns(0, [1.0, 0.0, -2.0, 3.0]))
    curve.set_validation([3], [0.5])

    assert curve.not_positive == 2


@pytest.mark.parametrize("count", [4096, 4097, 20_000])
def test_what_is_read_at_once_grows_like_what_came_in_pieces(count):
    rng = np.random.default_rng(3)
    loss = rng.exponential(size=count + 10)
    at_once, in_pieces = Curve(steps_per_epoch=100), Curve(steps_per_epoch=100)
    at_once.append(columns(0, loss[:count]))
    for first in range(0, count, 1000):
        in_pieces.append(columns(first, loss[first : min(first + 1000, count)]))
    for curve in (at_once, in_pieces):
        curve.append(columns(count, loss[count:]))

    assert np.array_equal(at_once.loss, in_pieces.loss)
    assert np.allclose(at_once.smoothed, in_pieces.smoothed, rtol=1e-12, atol=0, equal_nan=True)
    assert at_once.steps.tolist() == list(range(count + 10))


def test_a_reading_says_what_is_known_at_a_step():
    curve = Curve(steps_per_epoch=2)
    curve.append(columns(0, [4.0, 3.0, 2.0, 1.0]))
    curve.set_validation([1, 3], [3.5, 1.5])

    reading = curve.at(2.4)

    assert (reading.step, reading.epoch, reading.loss, reading.validation) == (2, 1.0, 2.0, 3.5)
    assert curve.at(-1) is None
    assert curve.at(4) is None


def test_reduction_keeps_every_spike_and_both_ends():
    y = np.sin(np.arange(100_000) / 5_000)
    y[12_345], y[77_777] = 9.0, -9.0

    kept = extremes(y, 500)

    assert len(kept) <= 502
    assert {0, 12_345, 77_777, 99_999} <= set(kept.tolist())
    assert np.all(np.diff(kept) > 0)


def test_reduction_sees_past_nan():
    y = np.full(10_000, math.nan)
    y[5_000] = 1.0

    assert 5_000 in extremes(y, 100)


def test_what_is_in_view_has_a_neighbour_to_each_side():
    x = np.arange(10.0)

    assert visible(x, 2.5, 4.5) == slice(2, 6)
    assert visible(x, -5, 50) == slice(0, 10)
    assert visible(np.empty(0), 0, 1) == slice(0, 0)


def test_a_cut_forgets_the_steps_behind_it_and_what_was_counted_there():
    curve, other = Curve(steps_per_epoch=5), Curve(steps_per_epoch=5)
    loss = np.array([3.0, -1.0, 2.0, 1.0, 0.0, np.nan, 1.5, 1.0])
    columns = {"step": np.arange(8), "loss": loss, "time": np.arange(8.0)}
    curve.append(columns)
    curve.set_restarts([2, 6])
    curve.set_validation([4, 7], [0.5, 0.25])
    other.append({name: values[:5] for name, values in columns.items()})
    other.set_restarts([2])

    curve.cut(5)

    assert (len(curve), curve.restarts, curve.not_finite, curve.not_positive) == (5, [2], [], 2)
    assert curve.validation.tolist() == [0.5]
    assert np.array_equal(curve.smoothed, other.smoothed, equal_nan=True)
    curve.cut(9)
    assert (len(curve), curve.cuts) == (5, 1)


def test_extremes_of_a_growing_series_draw_what_the_values_draw():
    """The lowest and highest of each stretch that a column of pixels shows, however the values came in."""
    rng = np.random.default_rng(4)
    y = rng.normal(size=300_000).astype(np.float32)
    y[[0, 77_777, 123_456, 299_990]] = [-50, 90, -90, 60]
    seen = Extremes()
    for end in [*range(1_000, 300_000, 7_001), len(y)]:
        seen.take(y[:end])
    first, end, points = 1_234, 299_999, 200

    kept = seen.between(y, first, end, points)

    assert (kept[0], kept[-1]) == (first, end - 1)
    assert np.all(np.diff(kept) > 0)
    assert len(kept) <= points + 2
    assert {77_777, 123_456, 299_990} <= set(kept.tolist())
    # What sticks out anywhere sticks out in the picture, no farther away than a column is wide.
    width = (end - first) // 100
    for begin in range(first + width, end - 2 * width, width):
        inside = y[begin : begin + width]
        near = y[kept[(kept >= begin - width) & (kept < begin + 2 * width)]]
        assert near.max() >= inside.max()
        assert near.min() <= inside.min()


def test_a_narrow_stretch_is_drawn_whole_and_the_newest_value_always():
    y = np.arange(1_000.0) % 7
    seen = Extremes()
    seen.take(y)

    assert seen.between(y, 300, 390, 200).tolist() == list(range(300, 390))
    assert seen.between(y, 0, 1_000, 20)[-1] == 999
    assert seen.between(y, 5, 5, 20).tolist() == []


def test_values_that_are_no_numbers_hide_no_spike_beside_them():
    y = np.zeros(100 * BLOCK)
    y[BLOCK : 2 * BLOCK] = math.nan
    for block, odd in enumerate((math.nan, math.inf, -math.inf), start=3):
        y[block * BLOCK : block * BLOCK + 3] = odd, block, -block
    seen = Extremes()
    seen.take(y)

    kept = seen.between(y, 0, len(y), 20)

    assert np.nanmax(y[kept][np.isfinite(y[kept])]) == 5
    assert np.nanmin(y[kept][np.isfinite(y[kept])]) == -5


def test_extremes_behind_a_cut_are_looked_for_again():
    curve = Curve(steps_per_epoch=100)
    loss = np.ones(5_000)
    loss[4_000] = 9.0
    curve.append(columns(0, loss))
    curve.cut(3_000)
    loss[3_500] = -9.0
    curve.append(columns(3_000, loss[3_000:3_900]))

    steps, values = curve.series("loss").reduced(0, 3_900, 6)

    assert steps[values.argmin()] == 3_500
    assert (steps[-1], values.max()) == (3_899, 1.0)


def test_another_half_life_smooths_a_long_curve_in_pieces():
    """What is not smoothed yet is not shown, and steps that come meanwhile wait their turn."""
    rng = np.random.default_rng(5)
    loss = rng.exponential(size=1_200_100).astype(np.float32)
    curve = Curve(steps_per_epoch=1_000)
    curve.set_restarts([700_000])
    curve.append(columns(0, loss[:1_200_000]))
    curve.set_half_life(500)

    assert (curve.half_life, curve.is_smooth, len(curve.smoothed)) == (500, False, 1_000_000)
    assert curve.at(1_100_000).smoothed is None
    curve.append(columns(1_200_000, loss[1_200_000:]))
    while not curve.is_smooth:
        curve.smooth_on(150_000)

    expected = smooth(loss, 500, [700_000])
    expected[:10] = expected[700_000:700_010] = math.nan
    assert np.allclose(curve.smoothed, expected, rtol=1e-12, atol=0, equal_nan=True)
    # A twentieth of an epoch again.
    curve.set_half_life(None)
    assert curve.half_life == 50


def test_a_clock_that_jumps_back_stands_still_along_the_curve():
    curve = Curve()
    for first, times in ((0, [1.0, 2.0, 1.5]), (3, [0.5, math.nan, 4.0])):
        curve.append({"step": np.arange(first, first + 3), "loss": np.ones(3), "time": np.array(times)})

    assert curve.time.tolist() == [1, 2, 2, 2, 2, 4]
    assert curve.has_times
    assert not Curve().has_times


def test_a_loss_is_kept_as_exactly_as_it_was_recorded():
    curve = Curve()
    curve.append({"step": np.arange(1), "loss": np.array([0.1], np.float32)})
    curve.append({"step": np.arange(1, 2), "loss": np.array([0.1])})

    assert curve.loss.tolist() == [float(np.float32(0.1)), 0.1]


def test_a_reading_knows_the_cycle_and_the_time():
    curve = Curve()
    curve.append(columns(0, [1.0] * 10))
    curve.set_restarts([2, 6])

    assert [curve.at(step).cycle for step in (0, 1, 2, 5, 6)] == [0, 0, 1, 1, 2]
    assert curve.at(7).time == 0.07
