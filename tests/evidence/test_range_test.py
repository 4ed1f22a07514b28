"""What is read from the curve of a range test."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kescape.evidence import range_test
from kescape.evidence.range_test import explosion, half_life_for, judge

NONE = 0.05
"""A half-life that leaves every value as it is."""

RATES = np.geomspace(1e-6, 10, 200)


def bent(flat=60, fall=60, bottom=0.2, rise=0.02, steps=200):
    """A loss of 1 for `flat` steps, straight down to `bottom` in `fall` steps, then up by `rise` a step."""
    step = np.arange(steps)
    down = 1 - (1 - bottom) * np.clip((step - flat) / fall, 0, 1)
    return down + rise * np.maximum(step - flat - fall, 0)


def test_the_rules_on_a_curve_of_straight_lines():
    """By hand: lowest, 0.2, at step 120; at most 0.28 up to step 124; above 1 from step 161 on."""
    found = judge(RATES, bent(), half_life=NONE)
    rules = {rule.name: rule.learning_rate for rule in found.rules}

    assert rules["minimum / 10"] == RATES[120] / 10
    assert rules["bound / 4"] == RATES[124] / 4
    assert RATES[60] < rules["steepest"] < RATES[120]
    assert found.edge == RATES[161]
    assert found.suggestion == float(f"{RATES[124] / 4:.2g}")
    assert (found.low, found.high) == (float(f"{RATES[120] / 10:.2g}"), float(f"{RATES[124]:.2g}"))
    assert [rule.learning_rate for rule in found.rules] == sorted(rules.values())


def test_the_steepest_rate_of_a_logistic_curve():
    """1 / (1 + r / c) is logistic in log r, so it falls fastest where r = c."""
    found = judge(RATES, 1 / (1 + RATES / 3e-3), half_life=NONE)
    steepest = next(rule.learning_rate for rule in found.rules if rule.name == "steepest")

    assert steepest == pytest.approx(3e-3, rel=RATES[1] / RATES[0] - 1)


def test_smoothing_does_not_lag():
    """A straight line stays where it is, twenty half-lives from its ends: what is behind counts a millionth."""
    line = np.linspace(2, 1, 200)
    smoothed = judge(RATES, line, half_life=3).smoothed

    assert smoothed[60:140] == pytest.approx(line[60:140], rel=1e-6)


def test_smoothing_by_its_definition():
    """The mean with weights 2**(-distance / half_life), written as the sum that it is."""
    losses = np.random.default_rng(0).uniform(1, 2, 50)
    places = np.arange(50)
    expected = [np.average(losses, weights=2.0 ** (-np.abs(places - k) / 2)) for k in places]

    assert judge(RATES[:50], losses, half_life=2).smoothed == pytest.approx(expected, rel=1e-12)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_the_valley_is_that_of_fastai(values):
    """As its quadratic loop finds it, ties included."""
    losses, longest = [float(value) for value in values], [1] * len(values)
    start = end = 0
    for i in range(1, len(losses)):
        for j in range(i):
            if losses[i] < losses[j] and longest[i] < longest[j] + 1:
                longest[i] = longest[j] + 1
            if longest[end] < longest[i]:
                end, start = i, i - longest[i]
    section = (end - start) / 3
    # fastai counts from one step before, which can be the end of the list.
    expected = max(0, start) + int(section) + int(section / 2) if end else 0

    assert range_test._valley(np.array(losses)) == expected


def test_the_noise_that_smoothing_leaves():
    """As the spread of many smoothed curves of nothing but noise, half-way."""
    generator = np.random.default_rng(1)
    curves = generator.normal(0, 0.3, (3000, 101))
    left = np.std([range_test._smooth(curve, 5.0)[50] for curve in curves])

    assert 0.3 * range_test.noise_left(5.0) == pytest.approx(left, rel=0.05)
    assert np.mean([range_test.batch_noise(curve) for curve in curves]) == pytest.approx(0.3, rel=0.05)


def test_where_the_loss_explodes():
    """Four times the lowest, and above the start: 0.5 must get above 2."""
    calm = [1.0] * 12 + [0.5] * 5

    assert explosion(calm, NONE) is None
    assert explosion([*calm, 1.9, 2.01], NONE) == 18
    assert explosion([*calm, math.nan, 0.5], NONE) == 17
    assert explosion([*calm, math.inf], NONE) == 17
    assert explosion([math.nan], NONE) == 0
    assert explosion([], NONE) is None


def test_a_loss_near_zero_has_not_exploded_before_it_is_back_at_its_start():
    """From 1 to 1e-6 and up to 0.5: half a million times the lowest, and still a good loss."""
    fallen = [1.0] * 12 + [1e-6] * 5

    assert explosion([*fallen, 0.5, 0.99], NONE) is None
    assert explosion([*fallen, 0.5, 1.01], NONE) == 18


def test_a_loss_below_zero_explodes_too():
    """From 1 down to -4: it explodes above -4 + 3 * 4 = 8."""
    assert explosion([1.0] * 12 + [-4.0] * 5 + [7.9, 8.1], NONE) == 18


def test_a_sudden_explosion_bounds_the_rate_at_its_half():
    """The loss is as low as ever in the step before."""
    losses = bent(rise=0)
    losses[160:] = 50
    found = judge(RATES, losses, half_life=NONE)

    assert found.edge == RATES[160]
    assert found.high == float(f"{RATES[160] / 2:.2g}")


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_unit_of_the_loss_does_not_matter(scale):
    assert judge(RATES, scale * bent()).suggestion == judge(RATES, bent()).suggestion


def test_values_that_are_not_finite_end_the_curve():
    """Whatever comes after the first of them."""
    losses = bent(rise=0.001)
    losses[150:] = np.nan
    losses[160:] = 0.1
    found = judge(RATES, losses)

    assert found.edge == RATES[150]
    assert np.isfinite(found.smoothed[:150]).all()
    assert np.isnan(found.smoothed[150:]).all()
    assert found.smoothed[:150].tolist() == judge(RATES[:150], losses[:150], half_life_for(200)).smoothed.tolist()
    assert found.high == float(f"{RATES[150] / 2:.2g}")


@pytest.mark.parametrize(
    ("losses", "sentence"),
    [
        ([], "Nothing can be told from 0 steps yet."),
        ([1.0] * 5, "Nothing can be told from 5 steps yet."),
        ([1.0] * 200, "The loss never fell by more than single batches differ up to rate 10, so no rate"),
        (np.linspace(1, 3, 200), "The loss never fell by more than single batches differ up to rate 10, so no rate"),
        ([1.0] * 100 + [9.0] * 100, "The loss never fell by more than single batches differ before it exploded at"),
        (
            [1.0] * 3 + [math.nan] * 197,
            "The loss exploded at rate 1.3e-06, before anything could be told: begin lower.",
        ),
        ([math.nan] * 200, "The loss exploded at rate 1e-06, before anything could be told: begin lower."),
    ],
)
def test_where_nothing_can_be_told_that_is_said(losses, sentence):
    found = judge(RATES[: len(losses)], losses)

    assert found.sentence.startswith(sentence)
    assert found.rules == ()
    assert (found.suggestion, found.low, found.high) == (None, None, None)


@pytest.mark.parametrize("seed", range(20))
def test_noise_alone_suggests_nothing(seed):
    """Losses of a model that learns nothing."""
    losses = np.random.default_rng(seed).normal(1, 0.3, 200)

    assert judge(RATES, losses).suggestion is None


def test_a_fall_in_noise_is_called_rough():
    losses = bent(rise=0) + np.random.default_rng(3).normal(0, 0.35, 200)
    found = judge(RATES, losses)

    assert found.suggestion is not None
    assert "rough guess" in found.sentence
    assert "rough guess" not in judge(RATES, bent()).sentence


def test_a_loss_still_low_at_the_end_asks_for_more():
    found = judge(RATES, bent(rise=0))

    assert found.high == 10
    assert found.edge is None
    assert found.sentence.endswith("The loss is still low at the highest rate tried, so more may do, too.")


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=60))
def test_no_losses_make_it_fail(losses):
    """It answers with a sentence; a suggestion lies within its range."""
    found = judge(np.geomspace(1e-6, 10, 200)[: len(losses)], losses)

    assert found.sentence
    if found.suggestion is not None:
        assert found.low < found.suggestion < found.high


def test_each_loss_has_a_rate():
    with pytest.raises(ValueError, match=r"losses must hold one value a step.*got \(2,\) for \(3,\)"):
        judge([1, 2, 3], [1, 2])


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_figure(tmp_path, suffix):
    judge(RATES, bent()).plot(tmp_path / f"range.{suffix}")
    judge(RATES[:3], [1, math.nan, 2]).plot(tmp_path / f"nothing.{suffix}")

    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert (tmp_path / f"range.{suffix}").read_bytes().startswith(starts[suffix])


def test_a_figure_of_another_kind(tmp_path):
    with pytest.raises(ValueError, match=r"path must end with \.png, \.svg or \.pdf"):
        judge(RATES, bent()).plot(tmp_path / "range.bmp")
