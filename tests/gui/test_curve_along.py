"""Where steps lie along the axis: steps, seconds, shares of a cycle, and their logarithms."""

import math
from itertools import pairwise

import numpy as np
import pytest
from kescape_gui.curves.along import MOST_CYCLES, Along, Stretch, Unit
from kescape_gui.curves.curve import Curve


def curve_of(count, *, times=None, steps_per_epoch=10):
    curve = Curve(steps_per_epoch)
    known = {} if times is None else {"time": np.asarray(times, dtype=np.float64)}
    curve.append({"step": np.arange(count), "loss": np.ones(count), **known})
    return curve


@pytest.mark.parametrize("unit", [Unit.STEPS, Unit.EPOCHS])
def test_steps_and_epochs_lie_where_the_steps_are(unit):
    along = Along(curve_of(50), unit, end=200)

    assert along.extent == (0, 200)
    assert along.places([0, 7.5, 300]).tolist() == [0, 7.5, 300]
    assert (along.step_at(7.4), along.step_at(49.4), along.step_at(49.6), along.step_at(-1)) == (7, 49, None, None)
    assert along.spans(along.stretches()[0], 10.5, 20.5) == [(10, 22)]
    assert along.spans(along.stretches()[0], -50, 900) == [(0, 200)]
    assert along.spans(along.stretches()[0], 500, 900) == []


@pytest.mark.parametrize("log", [False, True])
def test_epochs_of_a_run_with_other_batches_lie_under_the_epochs_of_the_one_in_view(log):
    """Five epochs of 10 steps, on an axis where an epoch takes 40 places."""
    along = Along(curve_of(50), Unit.EPOCHS, log=log, end=50, epoch=40)
    axis = (lambda place: math.log10(place)) if log else float

    assert along.extent == pytest.approx((axis(4) if log else 0, axis(200)))
    assert along.places([10, 25]).tolist() == pytest.approx([axis(40), axis(100)])
    assert along.steps([axis(40), axis(100)]).tolist() == pytest.approx([10, 25])
    assert (along.step_at(axis(121)), along.step_at(axis(500))) == (30, None)
    spans = along.spans(along.stretches()[0], axis(40.4), axis(81))
    assert (spans[0][0], spans[-1][1]) == (10, 22)
    assert Along(curve_of(50), Unit.STEPS, epoch=40).places([25]).tolist() == [25]


def test_time_lies_where_the_clock_was_and_goes_on_at_the_mean_pace():
    """Ten steps of a second, a pause of 91 seconds, ten steps of a second."""
    along = Along(curve_of(20, times=[*range(10), *range(100, 110)]), Unit.TIME, end=40)

    assert along.extent == (0, 109)
    assert along.places([0, 9, 10, 19]).tolist() == [0, 9, 100, 109]
    # 109 seconds for 19 steps.
    assert along.places([21])[0] == pytest.approx(109 + 2 * 109 / 19)
    assert along.steps(along.places([25.0]))[0] == pytest.approx(25)
    assert (along.step_at(105.0), along.step_at(50.0)) == (15, 9)
    spans = along.spans(along.stretches()[0], 8.5, 101.5)
    assert (spans[0][0], spans[-1][1]) == (8, 13)
    assert all(before[1] == after[0] for before, after in pairwise(spans))


def test_without_times_the_time_is_counted_in_steps():
    assert Along(curve_of(20), Unit.TIME).unit is Unit.STEPS


def test_a_logarithmic_axis_has_no_place_for_step_0_and_says_so():
    along = Along(curve_of(1_000), Unit.STEPS, log=True)

    assert along.extent == (0, 3)
    assert along.hidden == 1
    assert np.isnan(along.places([0])[0])
    assert along.places([1, 10, 100]).tolist() == [0, 1, 2]
    assert along.step_at(2.0) == 100
    spans = along.spans(along.stretches()[0], 1, 2)
    assert (spans[0][0], spans[-1][1]) == (10, 102)
    assert len(spans) > 10


def test_a_logarithmic_time_begins_at_the_first_moment_after_0():
    along = Along(curve_of(4, times=[0, 0, 0.1, 10]), Unit.TIME, log=True)

    assert along.extent == pytest.approx((-1, 1))
    assert along.hidden == 2


def test_cycles_lie_on_top_of_each_other():
    """Cycles of 10, 20 and 40 steps, the last one half done."""
    along = Along(curve_of(50), Unit.CYCLE, restarts=[10, 30], end=70, log=True)

    assert along.stretches() == [Stretch(0, 10, 0), Stretch(10, 30, 1), Stretch(30, 70, 2)]
    assert along.extent == (0, 100)
    assert along.hidden == 0
    assert along.places([0, 5, 10, 20, 30, 40]).tolist() == [0, 50, 0, 50, 0, 25]
    assert along.places([20], along.stretches()[2]).tolist() == [-25]
    # The newest cycle that has got there.
    assert (along.step_at(25.0), along.step_at(75.0)) == (40, 25)
    assert along.spans(Stretch(10, 30, 1), 50, 75) == [(20, 27)]
    assert along.spans(Stretch(10, 30, 1), -5, 101) == [(10, 30)]


def test_the_newest_of_very_many_cycles_are_drawn():
    along = Along(curve_of(1_000), Unit.CYCLE, restarts=range(10, 1_000, 10))

    assert [stretch.cycle for stretch in along.stretches()] == list(range(100 - MOST_CYCLES, 100))


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("log", [False, True])
def test_nothing_trained_is_no_special_case(unit, log):
    along = Along(Curve(10), unit, log=log, restarts=[10], end=30)

    low, high = along.extent
    assert math.isfinite(low)
    assert low < high
    assert along.step_at((low + high) / 2) is None
    for stretch in along.stretches():
        assert all(first < end for first, end in along.spans(stretch, low, high))


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("unit", list(Unit))
def test_places_lead_back_to_their_steps(unit, log):
    rng = np.random.default_rng(6)
    along = Along(curve_of(500, times=np.cumsum(rng.exponential(size=500))), unit, log=log, restarts=[100, 300])

    for stretch in along.stretches():
        steps = np.arange(max(1, stretch.first), min(stretch.end, 500), dtype=np.float64)
        assert np.allclose(along.steps(along.places(steps, stretch), stretch), steps)
