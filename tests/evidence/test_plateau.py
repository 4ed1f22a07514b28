"""Whether the loss of the steps still falls: closed forms, and how often simulated noise deceives."""

import math

import numpy as np
import pytest

from kescape.evidence.plateau import LEAST_STEPS, trend_of

SERIES = 2000


def alarms(fall_per_epoch, *, noise, steps=400, steps_per_epoch=40, worth, seed=0):
    """In how many of `SERIES` simulated cycles a loss that falls by so much an epoch is taken for flat."""
    rng = np.random.default_rng(seed)
    line = np.log1p(-fall_per_epoch) * np.arange(steps) / steps_per_epoch
    count = 0
    for _ in range(SERIES):
        trend = trend_of(np.exp(line + noise(rng, steps)), steps_per_epoch=steps_per_epoch, worth=worth)
        count += trend.is_flat
    return count


def white(rng, steps):
    return rng.normal(0, 0.2, steps)


def tied(rng, steps, phi=0.8):
    """Noise of which each value keeps the share `phi` of the one before."""
    from scipy.signal import lfilter

    return lfilter([1], [1, -phi], rng.normal(0, 0.1, steps + 200))[200:]


def test_an_exact_exponential_has_its_slope_and_no_interval():
    """exp(-0.0002 t) falls by 0.02 in the logarithm per 100 steps: block means of it do so exactly."""
    trend = trend_of(5 * np.exp(-0.0002 * np.arange(1000)), steps_per_epoch=50)

    assert (trend.steps, trend.falls, trend.is_flat) == (500, True, False)
    assert trend.slope == pytest.approx(-0.02, rel=1e-9)
    assert trend.low == pytest.approx(trend.high, abs=1e-9)
    assert trend.sentence() == "The loss falls: -2 % per 100 steps (-2 to -2) over the last 500 steps."


def test_the_interval_is_that_of_a_regression_on_the_means_of_blocks():
    """By scipy's linear regression; the noise of this seed has no correlation > 0 between blocks."""
    from scipy import stats

    rng = np.random.default_rng(3)
    losses = np.exp(rng.normal(0, 0.3, 400))
    means = np.log(losses.reshape(20, 20).mean(axis=1))
    line = stats.linregress(np.arange(20), means)
    residuals = means - line.intercept - line.slope * np.arange(20)
    r = (residuals[1:] @ residuals[:-1]) / (residuals @ residuals)
    half = stats.t.ppf(0.975, 18) * line.stderr * math.sqrt((1 + max(r, 0)) / (1 - max(r, 0)))

    trend = trend_of(losses, steps_per_epoch=100)

    assert trend.slope == pytest.approx(5 * line.slope)
    assert (trend.low, trend.high) == pytest.approx((5 * (line.slope - half), 5 * (line.slope + half)))


def test_a_fall_that_is_just_worth_it_is_taken_for_flat_as_seldom_as_theory_says():
    """One end of a 95 % interval misses in 2.5 % of the looks; where blocks hang together by chance it is wider.

    Noise 0.2: half the interval is 2.1 * 0.2 * sqrt(12 / 400**3) * 40 = 0.7 % per epoch, more than half of 1 %, so that
    whoever misses the end holds 0.
    """
    share, spread = 0.025, 4 * math.sqrt(0.025 * 0.975 / SERIES)

    assert share / 2 < alarms(0.01, noise=white, worth=0.01) / SERIES < share + spread
    assert alarms(0.02, noise=white, worth=0.01, seed=1) <= 2


def test_noise_that_hangs_together_deceives_hardly_more_often():
    """The share 0.8 is kept from step to step: an interval as of single steps would be a third as wide.

    Half the interval is 2.1 * 0.1 / (1 - 0.8) * sqrt(12 / 1600**3) * 40 = 0.23 % per epoch, more than half of 0.4 %.
    """
    found = alarms(0.004, noise=tied, worth=0.004, steps=1600, seed=2) / SERIES

    assert 0.025 / 2 < found < 2 * 0.025


def test_a_flat_loss_is_seen_as_flat():
    """Noise 0.2 in 400 steps: the slope's error is 0.2 * sqrt(12 / 400**3) per step, 0.35 % per epoch of 40.

    A fall of 2 % per epoch is nearly six of that away, and in 2.5 % of the cases chance looks like a fall.
    """
    assert alarms(0.0, noise=white, worth=0.02, seed=4) >= 0.9 * SERIES


def test_flat_at_a_high_rate_is_usual_and_flat_at_a_low_one_suggests_a_restart():
    rng = np.random.default_rng(5)
    losses = 2 + rng.normal(0, 0.05, 800)

    high = trend_of(losses, steps_per_epoch=100, rates=np.linspace(0.1, 0.06, 800), worth=0.05)
    low = trend_of(losses, steps_per_epoch=100, rates=np.linspace(0.1, 0.02, 800), worth=0.05)
    unknown = trend_of(losses, steps_per_epoch=100, worth=0.05)

    assert high.is_flat
    assert (high.suggests_restart, low.suggests_restart, unknown.suggests_restart) == (False, True, False)
    assert low.rate_share == pytest.approx(0.2)
    assert low.sentence().startswith("No fall seen for 400 steps: ")
    assert low.sentence().endswith(" A restart may help.")
    assert high.sentence().endswith(" until the rate falls.")
    assert unknown.sentence().endswith(").")


def test_noise_that_hides_a_fall_is_said_to_be_too_noisy():
    losses = np.exp(np.random.default_rng(6).normal(0, 2, 400))

    trend = trend_of(losses, steps_per_epoch=1000, rates=np.linspace(1, 0.1, 400))

    assert not trend.is_flat
    assert not trend.suggests_restart
    assert trend.sentence().startswith("The steps are too noisy to tell: ")


def test_nothing_is_said_of_a_short_cycle_or_of_losses_without_a_logarithm():
    assert trend_of(np.ones(LEAST_STEPS - 1), steps_per_epoch=10) is None
    assert trend_of(np.zeros(500), steps_per_epoch=10) is None
    assert trend_of(np.full(500, np.nan), steps_per_epoch=10) is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"steps_per_epoch": 0}, "steps_per_epoch must be >= 1"),
        ({"steps_per_epoch": 10, "worth": 0}, "worth must be > 0 and < 1"),
        ({"steps_per_epoch": 10, "window": 20}, "window must be >= 400"),
        ({"steps_per_epoch": 10, "rates": np.ones(3)}, "rates must be of the shape of losses"),
    ],
)
def test_wrong_uses_are_named(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        trend_of(np.ones(500), **arguments)
