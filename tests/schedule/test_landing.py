"""How a training of some number of epochs ends."""

import math

import pytest

from kescape.schedule import Constant, CosineRestarts, Landing, OneCycle, StepDecay


def test_a_complete_landing():
    """Cycles of 10, 20, 40 epochs: 70 epochs end with the third."""
    landing = CosineRestarts(10, 2, 0.1, 1e-4).landing(70)

    assert landing == Landing(True, 70.0, 70.0, 1e-4, 2, 1.0)


def test_a_cut_cycle():
    """Epoch 120 is 62.5 % into cycle 3, which goes from 70 to 150."""
    landing = CosineRestarts(10, 2, 0.1).landing(120)

    assert (landing.complete, landing.last_end, landing.next_end) == (False, 70.0, 150.0)
    assert (landing.cycle, landing.fraction) == (3, 0.625)
    assert landing.learning_rate == pytest.approx(0.05 * (1 + math.cos(math.pi * 0.625)))


def test_an_end_before_the_first_cycle_is_over():
    """No cycle has ended."""
    landing = CosineRestarts(10, 2, 0.1).landing(5)

    assert (landing.complete, landing.last_end, landing.next_end) == (False, 0.0, 10.0)
    assert (landing.cycle, landing.fraction) == (0, 0.5)
    assert landing.learning_rate == pytest.approx(0.05)


def test_an_end_in_the_warm_up():
    """Half of two epochs of warm-up."""
    landing = CosineRestarts(10, 2, 0.1, warmup=2).landing(1)

    assert landing == Landing(False, 0.0, 12.0, 0.05, -1, 0.5)


def test_an_end_with_the_warm_up():
    """The end of the warm-up is no end of a cycle."""
    assert CosineRestarts(10, 2, 0.1, warmup=2).landing(2) == Landing(False, 0.0, 12.0, 0.1, 0, 0.0)


def test_an_end_after_all_cycles():
    """Two cycles are over at 30; nothing is cut."""
    plan = CosineRestarts(10, 2, 0.1, 0.001, cycles=2)

    assert plan.landing(30) == Landing(True, 30.0, 30.0, 0.001, 1, 1.0)
    assert plan.landing(50) == Landing(True, 30.0, math.inf, 0.001, 1, 1.0)


def test_a_decimal_boundary():
    """10 + 11 + 12.1 epochs, whatever the last digit of the sum."""
    plan = CosineRestarts(10, 1.1, 0.1)

    for epochs in (33.1, 10 + 11 + 12.1, math.nextafter(33.1, 0), math.nextafter(33.1, 100)):
        assert plan.landing(epochs).complete, epochs
        assert plan.landing(epochs).cycle == 2
    assert not plan.landing(33.0999).complete


def test_one_cycle_lands_on_its_end():
    """The rate at the end of 10 epochs is 0.1 / 25 / 1e4."""
    landing = OneCycle(10, 0.1).landing(10)

    assert landing.complete
    assert landing.learning_rate == pytest.approx(4e-7)
    assert OneCycle(10, 0.1).landing(5).next_end == 10.0


def test_plans_without_cycles_cut_nothing():
    """A constant and a step decay are complete at every epoch; a milestone there has not come yet."""
    assert Constant(0.1).landing(7) == Landing(True, 0.0, math.inf, 0.1, 0, 1.0)
    assert StepDecay(0.1, 0.5, (7,)).landing(7).learning_rate == 0.1
    assert StepDecay(0.1, 0.5, (7,)).landing(7.5).learning_rate == 0.05
