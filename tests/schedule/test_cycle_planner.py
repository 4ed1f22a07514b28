"""Cycles that fill a training to its last epoch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kescape.schedule import CosineRestarts, fit_cycles


@pytest.mark.parametrize(
    ("arguments", "lengths"),
    [
        ((100, 4, 2), [7, 13, 27, 53]),
        ((50, 3, 2), [7, 14, 29]),
        ((30, 3, 2), [4, 9, 17]),
        ((200, 4, 2), [13, 27, 53, 107]),
        ((60, 4, 1.5), [7, 11, 17, 25]),
    ],
)
def test_reference_values(arguments, lengths):
    """Largest remainder over the weights t_mult**i."""
    assert fit_cycles(*arguments) == lengths


def test_small_budgets():
    """Every cycle has at least one epoch; ties go to the longer, then to the later cycle."""
    assert fit_cycles(5, 4, 2) == [1, 1, 1, 2]
    assert fit_cycles(4, 4, 2) == [1, 1, 1, 1]
    assert fit_cycles(10, 3, 1) == [3, 3, 4]
    assert fit_cycles(10, 1) == [10]
    assert fit_cycles(7, 3, 0.5) == [4, 2, 1]


@given(st.integers(1, 12), st.integers(0, 500), st.sampled_from([1, 1.1, 1.5, 2, 3]))
def test_the_lengths_fill_the_training_and_grow(cycles, more, t_mult):
    """Their sum is the training, none is empty, and none is longer than the next."""
    lengths = fit_cycles(cycles + more, cycles, t_mult)

    assert sum(lengths) == cycles + more
    assert min(lengths) >= 1
    assert lengths == sorted(lengths)
    assert CosineRestarts(lengths, t_mult, 0.1).landing(cycles + more).complete


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 4), "epochs must be >= cycles=4, because every cycle gets at least one; got epochs=3"),
        ((0, 1), "epochs must be >= 1, .*; got epochs=0"),
        ((10, 0), "cycles must be >= 1, .*; got cycles=0"),
        ((10, 2, 0), "t_mult must be > 0, .*; got t_mult=0"),
    ],
)
def test_what_cannot_be_planned_is_refused(arguments, message):
    """By name, with the rule, the reason and the value."""
    with pytest.raises(ValueError, match=message):
        fit_cycles(*arguments)
    with pytest.raises(TypeError, match="epochs must be a whole number"):
        fit_cycles(10.5, 2)
