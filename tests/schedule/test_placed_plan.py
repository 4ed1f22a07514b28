"""Plans on whole steps: boundaries, rates, edits by hand, speed at large step numbers."""

import dataclasses
import math

import numpy as np
import pytest

from kescape.schedule import (
    Constant,
    CosineRestarts,
    OneCycle,
    PlacedPlan,
    PlanEdit,
    StepDecay,
    single_cosine,
)


def test_boundaries_lie_on_the_nearest_step():
    """1.25 epochs of 2 steps end at 2.5, 5, 7.5, 10: half a step counts upwards."""
    placed = CosineRestarts(1.25, 1, 0.1).on_steps(2)

    assert placed.restarts(11) == [3, 5, 8, 10]
    assert [placed.learning_rate(step) for step in (0, 3, 5, 8)] == [0.1] * 4


def test_the_cosine_uses_the_placed_length():
    """Cycle 0 has 3 steps, so that its rates are those at 0, 1/3 and 2/3 of a cosine."""
    placed = CosineRestarts(1.25, 1, 0.1).on_steps(2)

    expected = [0.05 * (1 + math.cos(math.pi * k / 3)) for k in range(3)]
    assert placed.learning_rates(0, 3).tolist() == pytest.approx(expected)


def test_every_cycle_has_at_least_one_step():
    """Cycles of 0.2, 0.4, 0.8, 1.6, 3.2 epochs, one step an epoch: ends at .2 .6 1.4 3 6.2."""
    placed = CosineRestarts(0.2, 2, 0.1).on_steps(1)

    assert placed.restarts(10) == [1, 2, 3, 4, 6]
    assert [placed.cycle_of(step) for step in range(8)] == [0, 1, 2, 3, 4, 4, 5, 5]


def test_shrinking_cycles_go_on_one_step_long():
    """Cycles of 4, 2, 1 and then one step each, for ever."""
    placed = CosineRestarts(4, 0.5, 0.1).on_steps(1)

    assert placed.restarts(12) == [4, 6, 7, 8, 9, 10, 11]
    assert placed.learning_rate(10**12) == 0.1
    assert placed.cycle_of(10**12) == 10**12 - 4


def test_the_warm_up_takes_steps_of_its_own():
    """Four steps from the floor towards the peak, which cycle 0's first step has."""
    placed = CosineRestarts(1, 2, eta_max=0.1, eta_min=0.02, warmup=0.4).on_steps(10)

    expected = [0.02, 0.04, 0.06, 0.08, 0.1]
    assert placed.learning_rates(0, 5).tolist() == pytest.approx(expected, abs=1e-15)
    assert [placed.cycle_of(step) for step in (0, 3, 4, 13, 14)] == [-1, -1, 0, 0, 1]
    assert placed.cycle_bounds(2) == (0, 4)
    assert placed.restarts(100) == [14, 34, 74]


def test_a_restart_warm_up_leaves_one_step_to_the_cosine():
    """0.9 of one-step cycles would be the whole cycle: then it is left out."""
    placed = CosineRestarts(1, 1, 0.1, restart_warmup=0.9).on_steps(1)

    assert placed.learning_rates(0, 4).tolist() == [0.1] * 4


def test_a_restart_warm_up_on_steps():
    """Cycle 1 has 10 steps, of which 2 rise to its cosine at 2/10."""
    placed = CosineRestarts(1, 1, 0.1, restart_warmup=0.2).on_steps(10)
    top = 0.05 * (1 + math.cos(math.pi * 0.2))

    assert placed.learning_rates(10, 3).tolist() == pytest.approx([0, top / 2, top])


def test_after_the_last_cycle():
    """Two cycles of one and two epochs: step 30 and later have the floor, cycle 2 never ends."""
    placed = CosineRestarts(1, 2, 0.1, 0.005, cycles=2).on_steps(10)

    assert placed.learning_rates(30, 3).tolist() == [0.005] * 3
    assert placed.cycle_of(30) == placed.cycle_of(10**15) == 2
    assert placed.cycle_bounds(12) == (10, 30)
    assert placed.cycle_bounds(31) == (30, None)
    assert placed.restarts(1000) == [10]
    assert placed.cycle_starts(1000).tolist() == [0, 10, 30]


def test_the_next_restart():
    """The first restart after a step; the end of the last cycle is none, nor is cycle 0's start."""
    placed = CosineRestarts(1, 2, 0.1, warmup=0.5, cycles=3).on_steps(10)

    assert [placed.next_restart(step) for step in (0, 14, 15, 34)] == [15, 15, 35, 35]
    assert placed.next_restart(35) is None
    assert placed.next_restart(500) is None


def test_a_restart_by_hand_shifts_what_follows():
    """Cycles of 10, 20, 40 steps; at step 17 cycle 2 begins, and later ones follow on."""
    plan = CosineRestarts(1, 2, 0.1, eta_max_decay=0.5).on_steps(10)
    edited = plan.with_edit(PlanEdit(17))

    assert edited.restarts(200) == [10, 17, 57, 137]
    assert edited.learning_rates(0, 17).tolist() == plan.learning_rates(0, 17).tolist()
    assert edited.learning_rates(17, 100).tolist() == plan.learning_rates(30, 100).tolist()
    assert [edited.cycle_of(step) for step in (16, 17, 56, 57)] == [1, 2, 2, 3]
    assert [edited.cycle_bounds(step) for step in (16, 17)] == [(10, 17), (17, 57)]
    assert edited.next_restart(10) == 17
    assert plan.restarts(200) == [10, 30, 70, 150]


def test_edits_apply_in_order():
    """Two restarts by hand, at 5 and at 8: the second cuts cycle 1 after three steps."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10)
    edited = placed.with_edit(PlanEdit(5)).with_edit(PlanEdit(8))

    assert edited.restarts(100) == [5, 8, 48]
    assert [edited.cycle_bounds(step) for step in (4, 7, 8)] == [(0, 5), (5, 8), (8, 48)]
    assert edited == PlacedPlan(placed.plan, 10, (PlanEdit(5), PlanEdit(8)))


def test_a_restart_where_one_happens_anyway_changes_nothing():
    """At step 10 cycle 1 begins; pressing twice at one step is pressing once."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10)

    assert placed.with_edit(PlanEdit(10)).restarts(100) == [10, 30, 70]
    twice = placed.with_edit(PlanEdit(5)).with_edit(PlanEdit(5))
    assert twice.restarts(100) == [5, 25, 65]


def test_a_restart_by_hand_ends_the_warm_up():
    """During the warm-up the next cycle is cycle 0, which is no restart."""
    placed = CosineRestarts(1, 2, 0.1, warmup=1).on_steps(10).with_edit(PlanEdit(4))

    assert placed.cycle_of(3) == -1
    assert placed.cycle_of(4) == 0
    assert placed.learning_rate(4) == 0.1
    assert placed.restarts(100) == [14, 34, 74]
    at_once = CosineRestarts(1, 2, 0.1, warmup=1).on_steps(10).with_edit(PlanEdit(0))
    assert at_once.restarts(100) == [10, 30, 70]


@pytest.mark.parametrize(
    "plan",
    [
        Constant(0.1),
        StepDecay(0.1, milestones=(2,)),
        OneCycle(5, 0.1),
        single_cosine(5, 0.1),
        CosineRestarts(1, 2, 0.1, cycles=2),
    ],
)
def test_without_a_next_cycle_there_is_no_restart_by_hand(plan):
    """In the last cycle, after it, or where there are no cycles."""
    for step in (25, 1000):
        with pytest.raises(ValueError, match=rf"step must lie before .*; got step={step}"):
            plan.on_steps(10).with_edit(PlanEdit(step))


def test_an_edit_round_trips_as_plain_values():
    """As a row of a table or a JSON object."""
    edit = PlanEdit(17)

    assert dataclasses.astuple(edit) == (17, "restart", None)
    assert PlanEdit(*dataclasses.astuple(edit)) == edit


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "step must be >= 0, because steps are counted from 0; got step=-1"),
        ((5, "jump"), "kind must be 'restart' or 'eta_max', because .*; got kind='jump'"),
        ((5, "restart", 0.1), "value must be None"),
    ],
)
def test_unknown_edits_are_refused(arguments, message):
    """By name, with the reason."""
    with pytest.raises(ValueError, match=message):
        PlanEdit(*arguments)


@pytest.mark.parametrize(
    "call",
    [
        lambda placed: placed.learning_rate(-1),
        lambda placed: placed.cycle_of(-1),
        lambda placed: placed.cycle_bounds(-1),
        lambda placed: placed.next_restart(-1),
    ],
)
def test_steps_before_the_first_are_refused(call):
    """Steps count from 0."""
    with pytest.raises(ValueError, match=r"step must be >= 0, because .*; got step=-1"):
        call(CosineRestarts(1, 2, 0.1).on_steps(10))


@pytest.mark.parametrize("steps_per_epoch", [0, -3])
def test_an_epoch_has_at_least_one_step(steps_per_epoch):
    """By name and value."""
    with pytest.raises(ValueError, match=f"got steps_per_epoch={steps_per_epoch}"):
        CosineRestarts(1, 2, 0.1).on_steps(steps_per_epoch)
    with pytest.raises(TypeError, match="steps_per_epoch must be a whole number"):
        CosineRestarts(1, 2, 0.1).on_steps(1.5)


def test_step_numbers_may_be_numpy_integers():
    """Step counters often are."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(np.int64(10))

    assert placed.learning_rate(np.int64(10)) == 0.1
    assert placed.restarts(np.int32(11)) == [10]


def test_no_steps_no_rates():
    """An empty range is an empty array."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10)

    assert placed.learning_rates(5, 0).shape == (0,)
    assert placed.cycle_starts(0).shape == (0,)
    assert placed.learning_rates(5, 2).dtype == np.float64


@pytest.mark.parametrize(
    "plan",
    [
        CosineRestarts(1, 1, 0.1),
        CosineRestarts(5, 0.5, 0.1),
        CosineRestarts(0.3333333333333333, 1, 0.1),
        CosineRestarts(1e-9, 1.1, 0.1),
        CosineRestarts(10, 2, 0.1, cycles=3),
    ],
)
@pytest.mark.timeout(60)
def test_late_steps_cost_no_more_than_early_ones(plan):
    """Hundreds of questions at step ten million and beyond; walking there would take an hour."""
    placed = plan.on_steps(1)
    for step in range(10_000_000, 10_000_000 + 100):
        placed.learning_rate(step)
        placed.cycle_of(step * 1000)
        placed.cycle_bounds(step)


def test_enormous_cycles_do_not_overflow():
    """Cycle 1 of t_mult=1e300 has more steps than 64 bits can count."""
    placed = CosineRestarts(1, 1e300, 0.1).on_steps(100)

    assert placed.restarts(10_000) == [100]
    assert placed.learning_rates(100, 3).tolist() == [0.1] * 3
    assert CosineRestarts(1e300, 1, 0.1).on_steps(3).learning_rate(7) == 0.1
