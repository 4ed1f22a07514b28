"""The plans that warm restarts are compared with."""

import math

import numpy as np
import pytest

from kescape.schedule import Constant, ExponentialRise, OneCycle, Plan, StepDecay


@pytest.mark.parametrize(
    "plan", [Constant(0.1), StepDecay(0.1, milestones=(2, 4)), OneCycle(5, 1), ExponentialRise(5, 1e-3, 1)]
)
def test_baselines_are_plans_without_restarts(plan):
    """They answer as every plan does."""
    placed = plan.on_steps(10)

    assert isinstance(plan, Plan)
    assert plan.restarts(100) == []
    assert placed.restarts(1000) == []
    assert placed.cycle_of(7) == plan.cycle_at(0.7).index == 0
    assert placed.next_restart(0) is None
    assert placed.learning_rates(0, 70).tolist() == [placed.learning_rate(k) for k in range(70)]


def test_a_constant_rate():
    """Everywhere the same, and its one cycle never ends."""
    placed = Constant(0.05).on_steps(10)

    assert Constant(0.05).learning_rate(1e6) == 0.05
    assert placed.learning_rates(10**9, 3).tolist() == [0.05] * 3
    assert placed.cycle_bounds(10**9) == (0, None)
    assert Constant(0.05).cycle_at(3).length == math.inf


def test_the_step_decay_of_wide_residual_networks():
    """0.1, times 0.2 at epochs 60, 120 and 160."""
    plan = StepDecay(0.1, factor=0.2, milestones=(60, 120, 160))
    placed = plan.on_steps(391)
    expected = {0: 0.1, 59: 0.1, 60: 0.02, 119: 0.02, 120: 0.004, 160: 0.0008, 199: 0.0008}

    for epoch, rate in expected.items():
        assert plan.learning_rate(epoch) == pytest.approx(rate, rel=1e-12)
        assert placed.learning_rate(epoch * 391) == pytest.approx(rate, rel=1e-12)
    assert placed.learning_rate(60 * 391 - 1) == 0.1


def test_a_milestone_between_steps_lies_on_the_nearest():
    """0.25 epochs of 10 steps are 2.5 steps: step 3."""
    placed = StepDecay(1.0, 0.5, (0.25,)).on_steps(10)

    assert placed.learning_rates(0, 5).tolist() == [1, 1, 1, 0.5, 0.5]


def test_a_milestone_computed_in_floats():
    """0.1 + 0.2 is one double above 0.3, 1 - 0.9 a few below 0.1: only the first is 0.3."""
    plan = StepDecay(1.0, 0.5, (0.3,))

    assert plan.learning_rate(0.1 + 0.2) == 0.5
    assert plan.learning_rate(math.nextafter(0.3, 0)) == 0.5
    assert plan.learning_rate(0.2999) == 1.0


def torch_one_cycle(step, total, eta_max, pct_start=0.3, div=25.0, final_div=1e4):
    """PyTorch's OneCycleLR, anneal_strategy="cos", written down from its documentation."""
    low, end = eta_max / div, eta_max / div / final_div
    first_end, last = float(pct_start * total) - 1, total - 1
    if step <= first_end:
        start, stop, share = low, eta_max, step / first_end
    else:
        start, stop, share = eta_max, end, (step - first_end) / (last - first_end)
    return stop + (start - stop) / 2.0 * (1 + math.cos(math.pi * share))


def test_one_cycle_reference_values():
    """0.1: starts at 0.004, peaks at 30 %, ends at 4e-7 on the last step."""
    placed = OneCycle(10, 0.1).on_steps(100)

    assert placed.learning_rate(0) == pytest.approx(0.004, rel=1e-12)
    assert placed.learning_rate(299) == 0.1
    assert placed.learning_rate(999) == pytest.approx(4e-7, rel=1e-12)
    assert placed.learning_rate(5000) == pytest.approx(4e-7, rel=1e-12)
    assert placed.cycle_of(999) == 0
    assert placed.cycle_of(1000) == 1


@pytest.mark.parametrize(("epochs", "steps"), [(10, 100), (3, 7), (1, 4), (2.5, 10)])
def test_one_cycle_is_pytorchs(epochs, steps):
    """Step by step."""
    total = round(epochs * steps)
    rates = OneCycle(epochs, 0.1).on_steps(steps).learning_rates(0, total)

    expected = [torch_one_cycle(step, total, 0.1) for step in range(total)]
    assert rates.tolist() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("total", [1, 2, 3, 10])
def test_one_cycle_of_a_few_steps(total):
    """Every rate lies between the end value and the peak; the last is the end value, if not alone."""
    rates = OneCycle(1, 0.1, pct_start=0.1).on_steps(total).learning_rates(0, total)

    assert rates.max() <= 0.1
    assert rates[-1] == pytest.approx(4e-7, rel=1e-9)


def test_one_cycle_in_epochs():
    """The continuous form peaks at 30 % and ends at the end."""
    plan = OneCycle(10, 0.1)

    assert plan.learning_rate(0) == pytest.approx(0.004)
    assert plan.learning_rate(1.5) == pytest.approx((0.004 + 0.1) / 2)
    assert plan.learning_rate(3) == 0.1
    assert plan.learning_rate(6.5) == pytest.approx((0.1 + 4e-7) / 2)
    assert plan.learning_rate(10) == plan.learning_rate(100) == pytest.approx(4e-7)
    assert OneCycle(10, 0.1, pct_start=0.5, div_factor=1).learning_rate(0) == 0.1


def test_a_range_test_rises_by_the_same_factor_at_every_step():
    """Seven decades in 200 steps, also where 200 steps are no whole number of epochs."""
    placed = ExponentialRise(200 / 36, 1e-6, 10).on_steps(36)
    rates = placed.learning_rates(0, 200)

    assert rates == pytest.approx(np.geomspace(1e-6, 10, 200), rel=1e-12)
    assert (rates[0], rates[-1]) == (1e-6, 10)
    assert placed.learning_rate(200) == placed.learning_rate(10**6) == 10
    assert placed.cycle_bounds(0) == (0, 200)


def test_a_range_test_in_epochs():
    """Halfway between 1e-4 and 1 lies 1e-2, their geometric mean."""
    plan = ExponentialRise(4, 1e-4, 1)

    assert [plan.learning_rate(epoch) for epoch in (0, 2, 4, 9)] == pytest.approx([1e-4, 1e-2, 1, 1], rel=1e-12)
    assert plan.landing(4).learning_rate == 1


def test_a_range_test_over_all_doubles():
    """The factor, 1e600, is too large for one."""
    rates = ExponentialRise(1, 1e-300, 1e300).on_steps(601).learning_rates(0, 601)

    assert rates == pytest.approx([float(f"1e{power}") for power in range(-300, 301)], rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((1, 0, 1), "eta_min must be > 0, because a rate of 0 times any factor is 0; got eta_min=0"),
        ((1, 1, 0.1), "eta_max must be > eta_min=1, because the rate rises; got eta_max=0.1"),
        ((0, 1e-6, 1), "epochs must be > 0, because a rise has at least one step; got epochs=0"),
    ],
)
def test_no_range_test(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        ExponentialRise(*arguments)
