"""Every restart is exactly the peak, on exactly the step that exact fractions say."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kescape.schedule import CosineRestarts, PlanEdit

T_MULTS = (0.5, 1, 1.1, 1.3, 1.5, 2, 3)
ETA_MAX, ETA_MIN = 0.1, 0.0003
# 0.0003 + (0.1 - 0.0003) is not 0.1 in floats, which a careless formula would return.


def exact_starts(t_0, t_mult, count, warmup=0):
    """Boundaries by a running sum of fractions: the definition, without any float."""
    starts = [Fraction(str(warmup))]
    for cycle in range(count):
        starts.append(starts[-1] + Fraction(str(t_0)) * Fraction(str(t_mult)) ** cycle)
    return starts


def placed_starts(starts, steps_per_epoch):
    """The rounding rule, one cycle after the other."""
    placed = [math.floor(starts[0] * steps_per_epoch + Fraction(1, 2))]
    for start in starts[1:]:
        nearest = math.floor(start * steps_per_epoch + Fraction(1, 2))
        placed.append(max(nearest, placed[-1] + 1))
    return placed


def check_placed(t_0, t_mult, steps_per_epoch, starts):
    placed = CosineRestarts(t_0, t_mult, ETA_MAX, ETA_MIN).on_steps(steps_per_epoch)
    expected = placed_starts(starts, steps_per_epoch)
    where = (t_0, t_mult, steps_per_epoch)
    assert placed.restarts(expected[-1] + 1)[:10] == expected[1:], where
    for cycle, step in enumerate(expected[1:], start=1):
        before, at = placed.learning_rates(step - 1, 2)
        assert at == ETA_MAX, (*where, cycle)
        assert before <= ETA_MAX, (*where, cycle)
        assert placed.cycle_of(step) == placed.cycle_of(step - 1) + 1 == cycle, where


def test_the_reference_starts_itself():
    """10, 21, 33.1 for growth by 1.1."""
    assert [float(start) for start in exact_starts(10, 1.1, 3)] == [0, 10, 21, 33.1]


@pytest.mark.parametrize("t_mult", T_MULTS)
def test_restarts_in_epochs(t_mult):
    """t_0 1..50 and 10 restarts: the peak at the double nearest to the decimal and beside it."""
    for t_0 in range(1, 51):
        plan = CosineRestarts(t_0, t_mult, ETA_MAX, ETA_MIN)
        starts = [float(start) for start in exact_starts(t_0, t_mult, 10)]
        assert plan.restarts(starts[-1] * 1.000001)[:10] == starts[1:]
        for cycle, start in enumerate(starts[1:], start=1):
            for position in (start, math.nextafter(start, 0), math.nextafter(start, math.inf)):
                assert plan.learning_rate(position) == ETA_MAX, (t_0, cycle)
                assert plan.cycle_at(position).index == cycle, (t_0, cycle)


@pytest.mark.parametrize("t_mult", T_MULTS)
@pytest.mark.parametrize("steps", [1, 10, 100, 391, 1000, 1563])
def test_restarts_at_epoch_plus_batch_over_steps(t_mult, steps):
    """Where a boundary is a whole step, the position as a training loop computes it is the peak."""
    found = 0
    for t_0 in range(1, 51):
        plan = CosineRestarts(t_0, t_mult, ETA_MAX, ETA_MIN)
        for start in exact_starts(t_0, t_mult, 10)[1:]:
            if (start * steps).denominator == 1:
                epoch, batch = divmod(int(start * steps), steps)
                assert plan.learning_rate(epoch + batch / steps) == ETA_MAX, (t_0, start)
                found += 1
    assert found > 0


@pytest.mark.parametrize("t_mult", T_MULTS)
def test_restarts_on_steps(t_mult):
    """A dense sample of the full grid below."""
    for t_0 in range(1, 51):
        starts = exact_starts(t_0, t_mult, 10)
        for steps_per_epoch in (1, 2, 3, 7, 64, 391, 1563, 1 + t_0 * 31):
            check_placed(t_0, t_mult, steps_per_epoch, starts)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("t_mult", T_MULTS)
@pytest.mark.parametrize("tens", range(5))
def test_restarts_on_steps_everywhere(t_mult, tens):
    """t_0 1..50, 10 restarts, 1 to 1563 steps an epoch."""
    for t_0 in range(10 * tens + 1, 10 * tens + 11):
        starts = exact_starts(t_0, t_mult, 10)
        for steps_per_epoch in range(1, 1564):
            check_placed(t_0, t_mult, steps_per_epoch, starts)


lengths = st.decimals("0.01", "200", places=2).map(float)
growths = st.decimals("0.2", "4", places=2).map(float)
shares = st.decimals("0", "5", places=2).map(float)


@st.composite
def plans(draw):
    eta_min = draw(st.sampled_from([0.0, 1e-4, 0.0003]))
    cycles = draw(st.none() | st.integers(1, 12))
    if draw(st.booleans()):
        t_0 = draw(st.lists(lengths, min_size=1, max_size=8))
        cycles = None if cycles is None else min(cycles, len(t_0))
    else:
        t_0 = draw(lengths)
    return CosineRestarts(
        t_0,
        draw(growths),
        draw(st.sampled_from([0.05, 0.1, 1.0])),
        eta_min,
        eta_max_decay=draw(st.sampled_from([1.0, 0.9, 0.5])),
        warmup=draw(shares),
        cycles=cycles,
    )


def lengths_of(plan, at_most):
    """The cycle lengths of a plan as fractions, from its definition."""
    if isinstance(plan.t_0, tuple):
        return [Fraction(str(length)) for length in plan.t_0[: plan.cycles]][:at_most]
    count = at_most if plan.cycles is None else min(plan.cycles, at_most)
    t_mult = Fraction(str(plan.t_mult))
    return [Fraction(str(plan.t_0)) * t_mult**cycle for cycle in range(count)]


@settings(max_examples=150, deadline=None)
@given(plans(), st.integers(1, 500))
def test_any_plan_is_placed_by_the_rounding_rule(plan, steps_per_epoch):
    """Boundaries, cycles and rates of the first twelve cycles, against the definition."""
    starts = [Fraction(str(plan.warmup))]
    for length in lengths_of(plan, 12):
        starts.append(starts[-1] + length)
    expected = placed_starts(starts, steps_per_epoch)
    placed = plan.on_steps(steps_per_epoch)

    assert placed.restarts(expected[-1]) == expected[1:-1]
    for cycle, (start, end) in enumerate(pairwise(expected)):
        peak = plan.eta_min + (plan.eta_max - plan.eta_min) * plan.eta_max_decay**cycle
        assert placed.cycle_bounds(start) == placed.cycle_bounds(end - 1) == (start, end)
        assert placed.cycle_of(start) == placed.cycle_of(end - 1) == cycle
        assert placed.learning_rate(start) == (plan.eta_max if plan.eta_max_decay == 1 else peak)
        middle = (start + end) // 2
        share = (middle - start) / (end - start)
        wanted = plan.eta_min + (peak - plan.eta_min) * (1 + math.cos(math.pi * share)) / 2
        assert placed.learning_rate(middle) == pytest.approx(wanted, rel=1e-12, abs=1e-16)


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(1, 50), st.data())
def test_many_rates_at_once_are_the_rates_one_by_one(plan, steps_per_epoch, data):
    """Bit for bit, also where a restart was asked for by hand, and never outside of the bounds."""
    placed = plan.on_steps(steps_per_epoch)
    step = data.draw(st.integers(0, 200))
    if plan.cycles is None and not isinstance(plan.t_0, tuple):
        placed = placed.with_edit(PlanEdit(step))
        assert placed.cycle_bounds(step)[0] == step
    first = data.draw(st.integers(0, 100))
    rates = placed.learning_rates(first, 150)

    assert rates.tolist() == [placed.learning_rate(first + k) for k in range(150)]
    assert rates.min() >= plan.eta_min
    assert rates.max() <= plan.eta_max


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(1, 50))
def test_cycle_starts_are_where_the_cycle_changes(plan, steps_per_epoch):
    """Step by step over 300 steps."""
    placed = plan.on_steps(steps_per_epoch)
    cycles = [placed.cycle_of(step) for step in range(300)]
    changes = [0] + [k for k in range(1, 300) if cycles[k] != cycles[k - 1]]

    assert placed.cycle_starts(300).tolist() == changes
    assert all(cycles[k] == cycles[k - 1] + 1 for k in changes[1:])


@settings(max_examples=200, deadline=None)
@given(plans(), st.floats(0, 1000))
def test_positions_between_boundaries(plan, epoch):
    """The position lies inside the cycle that is named, and the rate within the bounds."""
    position = plan.cycle_at(epoch)

    assert position.start <= math.nextafter(epoch, math.inf)
    assert epoch < position.start + position.length + 1e-9
    assert 0 <= position.fraction < 1
    assert plan.eta_min <= plan.learning_rate(epoch) <= plan.eta_max


@settings(max_examples=200, deadline=None)
@given(plans(), st.floats(0.01, 1000))
def test_landings_enclose_the_end(plan, epochs):
    """last_end <= epochs <= next_end, but for one double; complete means the floor."""
    landing = plan.landing(epochs)
    ulp = math.ulp(epochs)

    assert landing.last_end <= epochs + ulp
    assert landing.next_end >= epochs - ulp
    if landing.complete:
        assert landing.learning_rate == plan.eta_min
        assert landing.fraction == 1.0


def test_a_million_one_step_cycles():
    """Cycle k is step k; one in the middle of the second million decays as its number says."""
    placed = CosineRestarts(1, 1, 0.1, eta_max_decay=0.999999).on_steps(1)
    rates = placed.learning_rates(1_500_000, 3)

    expected = 0.1 * 0.999999 ** np.arange(1_500_000, 1_500_003)
    assert rates == pytest.approx(expected, rel=1e-9)
