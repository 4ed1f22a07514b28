"""Shares, medians and differences of pairs, against published tables and scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from kescape.compare.statistics import (
    bootstrap_median,
    bootstrap_medians,
    holm,
    mcnemar,
    median_interval,
    share_of_false_findings,
    sign_test,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(hits, tries, low, high):
    """Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17, 1998, table I, method 3."""
    assert wilson_interval(hits, tries) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_as_scipy_has_it(confidence):
    for tries in (1, 3, 20, 100):
        for hits in range(tries + 1):
            theirs = stats.binomtest(hits, tries).proportion_ci(confidence, "wilson")

            assert wilson_interval(hits, tries, confidence) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("tries", [1, 20, 100])
def test_all_or_none_end_exactly_at_the_edge(tries):
    assert wilson_interval(0, tries)[0] == 0.0
    assert wilson_interval(tries, tries)[1] == 1.0


def test_the_interval_of_a_median_lies_between_the_tabled_ranks():
    """Ranks of the 95 % interval: n = 10: 2 and 9; 20: 6 and 15; 25: 8 and 18; 100: 40 and 61 (any table of them)."""
    for n, low, high in ((6, 1, 6), (10, 2, 9), (20, 6, 15), (25, 8, 18), (100, 40, 61)):
        assert median_interval(range(n, 0, -1)) == ((n + 1) / 2, low, high)


def test_the_interval_of_a_median_as_scipy_has_it():
    values = np.random.default_rng(0).lognormal(size=37)

    theirs = stats.quantile_test(values, q=np.median(values), p=0.5).confidence_interval(0.95)
    assert median_interval(values.tolist()) == (np.median(values), theirs.low, theirs.high)


def test_values_that_are_only_known_to_be_large_count_as_such():
    """Eight of twenty without an end: the 15th is one of them, the median is not; with eleven it is."""
    eight = [*range(1, 13), *[math.inf] * 8]
    eleven = [*range(1, 10), *[math.inf] * 11]

    assert median_interval(eight) == (10.5, 6, math.inf)
    assert median_interval(eleven) == (math.inf, 6, math.inf)


def test_five_values_bound_no_median():
    """All lie on one side of it in 2 / 2**5 = 6 % of cases."""
    assert median_interval([1, 2, 3, 4, 5]) == (3, -math.inf, math.inf)


@pytest.mark.parametrize("n", [3, 5, 7, 9, 21])
def test_the_bootstrap_ends_where_the_exact_distribution_of_the_median_does(n):
    """Of n sorted values, n odd, the median of a resample is at most the k-th with P(Bin(n, k / n) >= (n + 1) / 2)."""
    at_most = stats.binom.sf((n - 1) // 2, n, np.arange(1, n + 1) / n)
    assert not np.isclose(at_most, 0.025, atol=0.005).any(), "so near, 10,000 resamples may end one value further"

    low, high = (int(np.argmax(at_most >= share)) + 1 for share in (0.025, 0.975))
    assert bootstrap_median([float(k) for k in range(n, 0, -1)]) == ((n + 1) / 2, low, high)


@pytest.mark.parametrize("n", [4, 6, 12, 37])
def test_the_bootstrap_as_scipy_has_it(n):
    """To within what two sets of 10,000 resamples differ in."""
    values = np.random.default_rng(n).normal(size=n)
    theirs = stats.bootstrap(
        (values,), np.median, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval

    median, low, high = bootstrap_median(values.tolist())

    assert median == np.median(values)
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.1)


def test_a_table_is_judged_column_by_column():
    """And the same values give the same interval, whatever their order."""
    table = np.random.default_rng(3).normal(size=(6, 4))

    assert [*zip(*bootstrap_medians(table), strict=True)] == [bootstrap_median(column[::-1]) for column in table.T]


def test_infinite_values_are_never_mixed_with_others():
    """The median of four values of which two are infinite lies half-way to one, which is as far."""
    assert bootstrap_median([1, math.inf, 2, math.inf]) == (math.inf, 1, math.inf)
    assert bootstrap_median([1, 2, 3, 4, math.inf]) == (3, 1, math.inf)
    assert bootstrap_median([math.inf] * 4) == (math.inf,) * 3
    assert bootstrap_median([-math.inf, -math.inf, math.inf, math.inf]) == (0, -math.inf, math.inf)


def test_two_values_bound_nothing():
    assert bootstrap_median([1, 3]) == (2, -math.inf, math.inf)
    assert bootstrap_median([1]) == (1, -math.inf, math.inf)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_it_takes_one_sign_of_all_of_few_differences(n):
    """The interval excludes 0 only then, in 2 / 2**n of cases; counted in 4,000, to 2.6 standard errors."""
    exact = 2 / 2**n
    assert bootstrap_median([-0.1, *range(1, n)])[1] == -0.1
    assert share_of_false_findings(n) == pytest.approx(exact, abs=2.6 * math.sqrt(exact / 4_000))


def test_the_sign_test_as_scipy_has_it():
    random = np.random.default_rng(4)
    for n in (1, 5, 30):
        differences = [*random.normal(0.3, size=n), 0.0, math.inf]
        below = sum(difference < 0 for difference in differences)

        assert sign_test(differences) == pytest.approx(stats.binomtest(below, n + 1).pvalue)
    assert sign_test([]) == sign_test([0.0]) == 1.0


def test_mcnemar_is_a_sign_test_on_the_pairs_that_differ():
    random = np.random.default_rng(2)
    for share in (0.2, 0.5, 0.9):
        first, second = random.random(30) < share, random.random(30) < 0.5
        won, lost = int((first & ~second).sum()), int((second & ~first).sum())

        assert mcnemar(first, second) == pytest.approx(stats.binomtest(won, won + lost).pvalue)
        assert mcnemar(second, first) == mcnemar(first, second)


def test_pairs_that_never_differ_say_nothing():
    assert mcnemar([True, False], [True, False]) == 1.0


def test_holm_by_hand():
    """0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1 raised to the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_what_cannot_be_is_said():
    with pytest.raises(ValueError, match=r"hits must be between 0 and tries=3.*got hits=4"):
        wilson_interval(4, 3)
    with pytest.raises(ValueError, match=r"tries must be >= 1.*got tries=0"):
        wilson_interval(0, 0)
    with pytest.raises(ValueError, match=r"confidence must be between 0 and 1.*got confidence=95"):
        wilson_interval(1, 2, 95)
    with pytest.raises(ValueError, match=r"values must be one number or more.*got \[\]"):
        median_interval([])
    with pytest.raises(ValueError, match=r"values must be one number or more.*got \[\[1.0\], \[nan\]\]"):
        bootstrap_median([1.0, math.nan])
    with pytest.raises(ValueError, match=r"values must be one number or more"):
        bootstrap_median([])
    with pytest.raises(ValueError, match=r"differences must be numbers.*got \[nan\]"):
        sign_test([math.nan])
    with pytest.raises(ValueError, match="shorter"):
        mcnemar([True, False], [True])
