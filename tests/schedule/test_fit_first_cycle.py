"""A first cycle with which the last of some cycles ends on the last epoch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kescape.schedule import CosineRestarts, fit_first_cycle


@pytest.mark.parametrize(
    ("epochs", "cycles", "t_mult", "warmup", "expected"),
    [
        (70, 3, 2, 0, [(70, 10.0)]),  # 10 + 20 + 40
        (60, 3, 2, 0, [(63, 9.0), (60, 60 / 7)]),  # 9 + 18 + 36
        (100, 4, 2, 0, [(105, 7.0), (100, 100 / 15)]),  # 7 + 14 + 28 + 56
        (30, 3, 1, 0, [(30, 10.0)]),
        (31, 3, 1, 0, [(30, 10.0), (31, 31 / 3)]),
        (75, 3, 2, 5, [(75, 10.0)]),  # five epochs of warm-up first
        (10, 5, 2, 0, [(10, 10 / 31)]),  # the shortest whole ones would need 31 epochs
        (19, 2, 1.5, 0, [(20, 8.0), (19, 7.6)]),  # 8 + 12; 7 + 10.5 is no whole number
        (7, 1, 2, 0, [(7, 7.0)]),
    ],
)
def test_whole_first_cycles_come_first_where_they_are_near(epochs, cycles, t_mult, warmup, expected):
    fits = fit_first_cycle(epochs, cycles, t_mult, warmup=warmup)

    assert [fit.epochs for fit in fits] == [epochs for epochs, _ in expected]
    assert [fit.t_0 for fit in fits] == pytest.approx([t_0 for _, t_0 in expected], rel=1e-15)
    assert all(sum(fit.lengths) + warmup == pytest.approx(fit.epochs, rel=1e-14) for fit in fits)


@given(
    st.integers(1, 100_000), st.integers(1, 20), st.sampled_from([0.5, 1, 1.1, 1.3, 1.5, 2, 3, 2.7182818]),
    st.sampled_from([0, 0.5, 0.1]),
)  # fmt: skip
def test_the_plan_lands_exactly(epochs, cycles, t_mult, warmup):
    """By the plan's own landing: complete, and with the last cycle that was asked for."""
    for fit in fit_first_cycle(epochs, cycles, t_mult, warmup=warmup):
        landing = CosineRestarts(fit.t_0, t_mult, 0.1, warmup=warmup).landing(fit.epochs)
        assert landing.complete
        assert abs(fit.epochs - epochs) <= 0.1 * epochs
        if t_mult >= 1:
            assert landing.cycle == cycles - 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"epochs": 0, "cycles": 2}, "epochs must be >= 1"),
        ({"epochs": 5, "cycles": 0}, "cycles must be >= 1"),
        ({"epochs": 5, "cycles": 101}, "cycles must be <= 100"),
        ({"epochs": 5, "cycles": 2, "t_mult": 0}, "t_mult must be > 0"),
        ({"epochs": 5, "cycles": 2, "warmup": 5}, "epochs must be > warmup=5.0"),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_name(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        fit_first_cycle(**arguments)
