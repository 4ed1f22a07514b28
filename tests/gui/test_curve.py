"""The recorded steps of one run, and their reduction for the screen."""

import math

import numpy as np
import pytest
from kescape_gui.curves.curve import Curve
from kescape_gui.curves.reduction import extremes, visible

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
    expected = smooth(loss.astype(np.float32), 20, restarts)
    assert np.allclose(curve.smoothed, expected, rtol=1e-12, atol=0)
    assert curve.smoothed[500] == curve.loss[500]


def test_a_restart_by_hand_that_is_learned_late_changes_what_comes_after_it_only():
    curve = Curve(steps_per_epoch=100)
    loss = np.linspace(5, 1, 300)
    curve.append(columns(0, loss))
    before = curve.smoothed.copy()
    curve.set_restarts([200])

    assert np.array_equal(curve.smoothed[:200], before[:200])
    assert curve.smoothed[200] == curve.loss[200]


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
    assert np.allclose(at_once.smoothed, in_pieces.smoothed, rtol=1e-12, atol=0)
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
    assert np.array_equal(curve.smoothed, other.smoothed)
    curve.cut(9)
    assert (len(curve), curve.cuts) == (5, 1)
