"""Plans steered by hand: restarts and new peaks, against a walk from step to step."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kescape.schedule import Constant, CosineRestarts, OneCycle, PlacedPlan, PlanEdit, StepDecay, single_cosine


def peaks_of(placed, cycles):
    """The rate at the first step of each of so many cycles."""
    return [placed.learning_rate(step) for step in [0, *placed.restarts(10**6)[: cycles - 1]]]


def test_a_new_peak_holds_from_the_next_restart_on():
    """Cycles of 10, 20, 40 steps; told at step 17, cycle 1 runs on as it was and cycles 2, 3 begin at 0.3."""
    plan = CosineRestarts(1, 2, 0.1).on_steps(10)
    edited = plan.with_edit(PlanEdit(17, "eta_max", 0.3))

    assert edited.restarts(200) == plan.restarts(200) == [10, 30, 70, 150]
    assert edited.learning_rates(0, 30).tolist() == plan.learning_rates(0, 30).tolist()
    assert edited.learning_rates(30, 170) == pytest.approx(3 * plan.learning_rates(30, 170), rel=1e-14)
    assert peaks_of(edited, 5) == [0.1, 0.1, 0.3, 0.3, 0.3]
    assert edited.eta_max_changes() == [(30, 0.3)]


def test_later_peaks_decay_from_the_new_one():
    """Floor 0.1, half the height each cycle: 1.1, 0.6, then exactly 0.9, and 0.5, 0.3 after it."""
    placed = CosineRestarts(1, 1, 1.1, 0.1, eta_max_decay=0.5).on_steps(10).with_edit(PlanEdit(15, "eta_max", 0.9))

    assert peaks_of(placed, 5) == pytest.approx([1.1, 0.6, 0.9, 0.5, 0.3], abs=1e-15)
    assert placed.learning_rate(20) == 0.9


@pytest.mark.parametrize(("step", "first"), [(10, 10), (11, 30), (29, 30), (0, 0)])
def test_a_cycle_that_begins_at_the_edits_own_step_has_the_new_peak(step, first):
    """At step 10 cycle 1 is about to begin; at 11 and 29 it runs, and cycle 2 is the next."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10).with_edit(PlanEdit(step, "eta_max", 0.3))

    assert placed.eta_max_changes() == [(first, 0.3)]
    assert placed.learning_rate(first) == 0.3


@pytest.mark.parametrize("order", [("eta_max", "restart"), ("restart", "eta_max")])
def test_a_restart_with_a_new_peak_is_two_edits_of_one_step(order):
    """In either order: at step 17 a cycle begins, at 0.3."""
    values = {"eta_max": 0.3, "restart": None}
    placed = PlacedPlan(CosineRestarts(1, 2, 0.1), 10, tuple(PlanEdit(17, kind, values[kind]) for kind in order))

    assert placed.restarts(200) == [10, 17, 57, 137]
    assert peaks_of(placed, 5) == [0.1, 0.1, 0.3, 0.3, 0.3]
    assert placed.eta_max_changes() == [(17, 0.3)]


def test_a_later_restart_by_hand_brings_the_new_peak_forward():
    """Told at 12, cycle 2 would begin at 30; pressed at 20 it begins there, with the new peak."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10)
    placed = placed.with_edit(PlanEdit(12, "eta_max", 0.3)).with_edit(PlanEdit(20))

    assert placed.restarts(100) == [10, 20, 60]
    assert peaks_of(placed, 3) == [0.1, 0.1, 0.3]
    assert placed.eta_max_changes() == [(20, 0.3)]


def test_of_two_new_peaks_in_one_cycle_the_last_one_counts():
    """The first never held."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10)
    placed = placed.with_edit(PlanEdit(12, "eta_max", 0.3)).with_edit(PlanEdit(13, "eta_max", 0.2))

    assert peaks_of(placed, 4) == [0.1, 0.1, 0.2, 0.2]


def test_the_running_warm_up_rises_to_the_peak_it_began_with():
    """Four steps from 0 towards 0.1; then cycle 0 begins at the new peak. At step 0 nothing runs yet."""
    plan = CosineRestarts(1, 2, 0.1, warmup=0.4).on_steps(10)

    running = plan.with_edit(PlanEdit(1, "eta_max", 0.3))
    assert running.learning_rates(0, 4) == pytest.approx([0, 0.025, 0.05, 0.075], abs=1e-16)
    assert running.learning_rate(4) == 0.3
    before = plan.with_edit(PlanEdit(0, "eta_max", 0.3))
    assert before.learning_rates(0, 5) == pytest.approx([0, 0.075, 0.15, 0.225, 0.3], abs=1e-16)
    assert before.learning_rate(14) == 0.3


def test_edits_of_later_steps_stay_where_another_is_made_before_them():
    """A restart at 50 is planned; one pressed at 20 comes first, and both begin a cycle."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10).with_edit(PlanEdit(50)).with_edit(PlanEdit(20))

    assert placed.edits == (PlanEdit(20), PlanEdit(50))
    assert placed.restarts(200) == [10, 20, 50, 130]
    with pytest.raises(ValueError, match="step must be >= 50, because edits are in the order of their steps; got step"):
        PlacedPlan(placed.plan, 10, (PlanEdit(50), PlanEdit(20)))


def test_what_a_restart_takes_from_a_planned_edit_is_refused():
    """Two cycles: one restart is planned at 8; a second one at 5 would leave it no next cycle."""
    placed = CosineRestarts(1, 2, 0.1, cycles=2).on_steps(10).with_edit(PlanEdit(8))

    with pytest.raises(ValueError, match=r"step must lie before the plan's last cycle.*; got step=8"):
        placed.with_edit(PlanEdit(5))


@pytest.mark.parametrize("plan", [Constant(0.1), StepDecay(0.1, milestones=(2,)), OneCycle(5, 0.1)])
def test_a_plan_without_restarts_takes_no_new_peak(plan):
    """By the name of the plan."""
    name = type(plan).__name__
    for step in (0, 25, 1000):
        with pytest.raises(
            ValueError, match=rf"kind must be 'restart' for a {name} plan, because .*got kind='eta_max'"
        ):
            plan.on_steps(10).with_edit(PlanEdit(step, "eta_max", 0.3))


@pytest.mark.parametrize("plan", [single_cosine(5, 0.1), CosineRestarts(1, 2, 0.1, cycles=2)])
def test_without_a_next_cycle_there_is_no_new_peak(plan):
    """In the last cycle and after it."""
    for step in (25, 1000):
        with pytest.raises(ValueError, match=rf"a new peak holds from the next cycle on and here .*; got step={step}"):
            plan.on_steps(10).with_edit(PlanEdit(step, "eta_max", 0.3))


def test_a_new_peak_is_above_the_floor():
    """By name, rule, reason and value."""
    placed = CosineRestarts(1, 2, 0.1, 0.01).on_steps(10)

    for value in (0.01, 0.001):
        with pytest.raises(ValueError, match=rf"eta_max must be > eta_min=0.01, because .* got eta_max={value}"):
            placed.with_edit(PlanEdit(5, "eta_max", value))


@pytest.mark.parametrize(
    ("value", "error", "sentence"),
    [
        (None, TypeError, "value must be a number > 0, because it is the peak of a cycle; got value=None"),
        (0, ValueError, "value must be > 0, because it is the peak of a cycle; got value=0"),
        (math.nan, ValueError, "value must be a finite number > 0"),
        ("0.1", TypeError, "value must be a number > 0"),
    ],
)
def test_a_new_peak_is_a_number(value, error, sentence):
    """Checked where the edit is made."""
    with pytest.raises(error, match=sentence):
        PlanEdit(5, "eta_max", value)


def test_an_edited_plan_is_written_down_as_plan_and_edits():
    """The plan itself stays what it was."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10).with_edit(PlanEdit(17, "eta_max", 0.3))

    assert placed.plan == CosineRestarts(1, 2, 0.1)
    assert [dataclasses.asdict(edit) for edit in placed.edits] == [{"step": 17, "kind": "eta_max", "value": 0.3}]
    assert PlacedPlan(placed.plan, 10, placed.edits) == placed


def walk(plan, lengths, lead, edits, count):
    """The definition, from step to step: rates, cycles and restarts; the last cycle of `lengths` is never over."""
    cycle, offset = (-1, 0) if lead else (0, 0)
    length = lead or lengths[0]
    eta_max, exponent_from, waiting = plan.eta_max, 0, None
    rates, cycles = [], []
    for step in range(count):
        if offset == length:
            cycle, offset = cycle + 1, 0
        for edit in (edit for edit in edits if edit.step == step):
            if edit.kind == "eta_max":
                waiting = edit.value
            elif offset > 0 or cycle < 0:
                cycle, offset = cycle + 1, 0
        length = lengths[cycle] if cycle >= 0 else lead
        if offset == 0 and waiting is not None:
            eta_max, exponent_from, waiting = waiting, max(cycle, 0), None
        if cycle < 0:
            rate = plan.eta_min + (eta_max - plan.eta_min) * offset / length
        else:
            height = (eta_max - plan.eta_min) * plan.eta_max_decay ** (cycle - exponent_from)
            rate = plan.eta_min + height * (1 + math.cos(math.pi * offset / length)) / 2
        rates.append(rate)
        cycles.append(cycle)
        offset += 1
    return rates, cycles


@st.composite
def steered_plans(draw):
    """Cycles of whole steps (one step an epoch), and what is done to them, in order."""
    lengths = [*draw(st.lists(st.integers(1, 12), min_size=20, max_size=20)), 1000]
    lead = draw(st.integers(0, 6))
    decay = draw(st.sampled_from([1.0, 0.9, 0.5]))
    plan = CosineRestarts(lengths, 1, 0.1, draw(st.sampled_from([0.0, 0.0003])), eta_max_decay=decay, warmup=lead)
    edit = st.one_of(
        st.builds(PlanEdit, st.integers(0, 60)),
        st.builds(PlanEdit, st.integers(0, 60), st.just("eta_max"), st.sampled_from([0.05, 0.2, 1.0])),
    )
    edits = sorted(draw(st.lists(edit, max_size=8)), key=lambda one: one.step)
    return plan, lengths, lead, edits


@settings(max_examples=200, deadline=None)
@given(steered_plans(), st.integers(0, 90), st.integers(1, 90))
def test_any_steered_plan_is_what_the_walk_gives(steered, first, count):
    """Rates and cycles of every step; exactly the peaks; any range at once is the steps one by one, bit for bit."""
    plan, lengths, lead, edits = steered
    placed = PlacedPlan(plan, 1, tuple(edits))
    rates, cycles = walk(plan, lengths, lead, edits, 180)

    found = placed.learning_rates(0, 180)
    assert found == pytest.approx(rates, rel=1e-12, abs=1e-15)
    assert [placed.cycle_of(step) for step in range(180)] == cycles
    begins = [step for step, (one, two) in enumerate(itertools.pairwise(cycles), 1) if two != one]
    assert placed.restarts(180) == [step for step in begins if cycles[step] >= 1]
    assert placed.learning_rates(first, count).tolist() == [placed.learning_rate(first + k) for k in range(count)]
    assert placed.learning_rates(first, count).tolist() == found[first : first + count].tolist()


@settings(max_examples=100, deadline=None)
@given(steered_plans(), st.randoms(use_true_random=False))
def test_edits_made_one_by_one_in_any_order_are_edits_made_at_once(steered, random):
    """A resumed run makes all recorded edits at once; the run made them as it went."""
    plan, _, _, edits = steered
    at_once = PlacedPlan(plan, 1, tuple(edits))
    # Edits of one step keep their order, as each comes after what was pressed before it.
    by_step = [list(group) for _, group in itertools.groupby(edits, key=lambda one: one.step)]
    random.shuffle(by_step)
    one_by_one = PlacedPlan(plan, 1)
    for edit in itertools.chain(*by_step):
        one_by_one = one_by_one.with_edit(edit)

    assert one_by_one == at_once


def test_exactly_the_new_peak_however_the_floor_rounds():
    """0.0003 + (0.1 - 0.0003) is not 0.1 in floats."""
    placed = CosineRestarts(3, 1, 0.5, 0.0003, eta_max_decay=0.9).on_steps(7)
    for cycle in range(1, 30):
        edited = placed.with_edit(PlanEdit(21 * cycle - 5, "eta_max", 0.1))
        assert edited.learning_rate(21 * cycle) == 0.1
        assert np.all(edited.learning_rates(21 * cycle + 1, 200) < 0.1)
