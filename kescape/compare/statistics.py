"""What can be said of a few seeds: shares and medians with their intervals, and differences between pairs; no Keras.

All intervals and tests hold for small numbers: none needs a normal distribution of what was measured.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CONFIDENCE",
    "FEWEST",
    "bootstrap_median",
    "bootstrap_medians",
    "holm",
    "mcnemar",
    "median_interval",
    "share_of_false_findings",
    "sign_test",
    "wilson_interval",
]

CONFIDENCE = 0.95
"""Of every interval that KEscape prints."""

FEWEST = 3
"""Values from which an interval can be drawn at all."""

_RESAMPLES = 10_000


def wilson_interval(hits: int, tries: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's interval of a share.

    With p = hits / tries and z the normal quantile (1.96 at 95 %) it has the ends

        (p + z**2 / (2 * tries) -+ z * sqrt(p * (1 - p) / tries + z**2 / (4 * tries**2))) / (1 + z**2 / tries)

    It stays within 0 and 1, and is no single point where all or none hit.

    Args:
        hits: How many hit, 0 to `tries`.
        tries: How many were tried, >= 1.
        confidence: How often such intervals hold the true share, in (0, 1).

    Example:
        >>> low, high = wilson_interval(15, 20)
        >>> round(low, 3), round(high, 3)
        (0.531, 0.888)

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927
    """
    if tries < 1:
        raise ValueError(f"tries must be >= 1, because a share of nothing is not known; got tries={tries}")
    if not 0 <= hits <= tries:
        raise ValueError(f"hits must be between 0 and tries={tries}, because it is a part of them; got hits={hits}")
    z = NormalDist().inv_cdf(0.5 + _checked(confidence) / 2)
    middle = hits + z * z / 2
    half = z * math.sqrt(hits * (tries - hits) / tries + z * z / 4)
    whole = tries + z * z
    # At the ends both terms are equal, but for rounding.
    low = 0.0 if hits == 0 else (middle - half) / whole
    high = 1.0 if hits == tries else (middle + half) / whole
    return low, high


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Median of some values, and an interval of the median of where they came from, between two of the values.

    Of n sorted values, the interval is from the j-th to the j-th from above, with the largest j for which it holds
    the true median at least as often as `confidence` says, whatever the distribution (a coin tossed n times shows
    heads less than j times with a chance of at most (1 - confidence) / 2). Only the order counts: a value that is
    not known but larger than all others may be given as infinite, and median and ends may then be infinite, too.
    With too few values (five, at 95 %) no interval says enough: it is from -inf to inf.

    Args:
        values: At least one, none of them nan.
        confidence: In (0, 1).

    Returns:
        The median and the two ends of its interval.

    Example:
        >>> median_interval([7, 1, 2, 3, 4, 5, 6, 8, 9, float("inf")])
        (5.5, 2, 9)

    Source: Conover, "Practical Nonparametric Statistics", 3rd ed., 1999, section 3.2
    """
    ordered = sorted(values)
    if not ordered or any(math.isnan(value) for value in ordered):
        raise ValueError(f"values must be one number or more, because a median is one of them; got {list(values)}")
    n = len(ordered)
    tail = (1 - _checked(confidence)) / 2
    j = 0
    while _at_most(j, n) <= tail:
        j += 1
    low, high = ordered[(n - 1) // 2], ordered[n // 2]
    median = low if low == high else (low + high) / 2
    return (median, ordered[j - 1], ordered[n - j]) if j else (median, -math.inf, math.inf)


def bootstrap_median(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Median of some values and its percentile bootstrap interval.

    As many values are drawn from them, with replacement, 10,000 times over; the interval leaves as many medians of
    these below as above it. It is narrower than that of `median_interval`, and with few values it is too narrow: five
    that lie on one side of the true median, which two samples of 32 do, leave it outside. Only the order counts:
    values and ends may be infinite. The same values give the same interval, in whatever order they come.

    Args:
        values: At least one, none of them nan.
        confidence: In (0, 1).

    Returns:
        The median and the two ends of its interval, -inf and inf for fewer than `FEWEST` values.

    Example:
        >>> bootstrap_median([3.0, 1.0, 2.0]), bootstrap_median([3.0, 1.0])
        ((2.0, 1.0, 3.0), (2.0, -inf, inf))

    Source: Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3
    """
    median, low, high = bootstrap_medians(np.asarray(values, np.float64).reshape(-1, 1), confidence)
    return float(median[0]), float(low[0]), float(high[0])


def bootstrap_medians(
    values: NDArray[np.float64], confidence: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """`bootstrap_median` of each column of a table: medians, lower and upper ends, one a column."""
    tail = (1 - _checked(confidence)) / 2
    n = len(values)
    if not n or np.isnan(values).any():
        raise ValueError(f"values must be one number or more, because a median is one of them; got {values.tolist()}")
    ordered = np.sort(values, axis=0)
    median = _middles(ordered[(n - 1) // 2], ordered[n // 2])
    if n < FEWEST:
        return median, np.full_like(median, -math.inf), np.full_like(median, math.inf)
    lower, upper, counts = _ranks_of_medians(n)
    medians = _middles(ordered[lower], ordered[upper])
    order = np.argsort(medians, axis=0)
    so_far = counts[order].cumsum(axis=0)

    def quantile(share: float) -> NDArray[np.float64]:
        # The least median that this share does not exceed: no value between two, one of which may be infinite.
        first = (so_far >= round(share * _RESAMPLES, 6)).argmax(axis=0)
        places = np.take_along_axis(order, first[np.newaxis], axis=0)
        found: NDArray[np.float64] = np.take_along_axis(medians, places, axis=0)[0]
        return found

    return median, quantile(tail), quantile(1 - tail)


@functools.lru_cache(maxsize=64)
def _ranks_of_medians(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Between which two of n sorted values the medians of the resamples lie, and how many of them do."""
    drawn = np.random.default_rng(0).integers(0, n, (_RESAMPLES, n), dtype=np.int32)
    middle = np.partition(drawn, ((n - 1) // 2, n // 2), axis=1)[:, [(n - 1) // 2, n // 2]]
    ranks, counts = np.unique(middle, axis=0, return_counts=True)
    return ranks[:, 0].astype(np.int64), ranks[:, 1].astype(np.int64), counts


def _middles(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half-way between; between -inf and inf that is 0."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(low) & (low == -high), 0.0, np.where(low == high, low, low / 2 + high / 2))


@functools.lru_cache(maxsize=64)
def share_of_false_findings(n: int) -> float:
    """How often the bootstrap interval of the median of n differences excludes 0 where there is no difference.

    Counted in 4,000 samples of a normal distribution around 0; with 3 to 5 differences it is 2 / 2**n whatever their
    distribution, because then it takes all of them to have one sign.

    Example:
        >>> [round(share_of_false_findings(n), 2) for n in (5, 7)]
        [0.06, 0.12]
    """
    _, low, high = bootstrap_medians(np.random.default_rng(1).normal(size=(n, 4_000)))
    return float(np.mean((low > 0) | (high < 0)))


def sign_test(differences: Sequence[float]) -> float:
    """Chance that as many differences as these, or more, have one sign, if each sign is as likely as the other.

    Those that are 0 say nothing and are left out. The test looks to both sides.

    Args:
        differences: None of them nan; they may be infinite.

    Example:
        >>> sign_test([-0.1, -0.2, -0.1, -0.3, -0.1]), sign_test([-0.1, 0.2, 0.0])
        (0.0625, 1.0)

    Source: Conover, "Practical Nonparametric Statistics", 3rd ed., 1999, section 3.4
    """
    if any(math.isnan(difference) for difference in differences):
        raise ValueError(f"differences must be numbers, because they are signs; got {list(differences)}")
    below, above = sum(d < 0 for d in differences), sum(d > 0 for d in differences)
    return _two_sided(below, above)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Chance that two sides that succeed equally often differ as much as these pairs, or more: McNemar's exact test.

    Only pairs in which one of the two succeeds say which is better; were both equally good, each such pair would be
    a toss of a coin. The test looks to both sides.

    Args:
        first: Whether each pair's first one succeeded.
        second: Whether its second one did; as many.

    Example:
        >>> mcnemar([True] * 6 + [False], [False] * 7)
        0.03125

    Source: Conover, "Practical Nonparametric Statistics", 3rd ed., 1999, section 3.5
    """
    won = sum(a and not b for a, b in zip(first, second, strict=True))
    lost = sum(b and not a for a, b in zip(first, second, strict=True))
    return _two_sided(won, lost)


def holm(chances: Sequence[float]) -> list[float]:
    """The chances of several tests, raised so that all that are below 5 % may be believed together: Holm's correction.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none comes out below a smaller one, or above 1.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6, 1979
    """
    corrected = [0.0] * len(chances)
    so_far = 0.0
    for place, index in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        so_far = max(so_far, min(1.0, (len(chances) - place) * chances[index]))
        corrected[index] = so_far
    return corrected


def _two_sided(won: int, lost: int) -> float:
    return min(1.0, 2 * _at_most(min(won, lost), won + lost))


def _at_most(heads: int, tosses: int) -> float:
    """The chance of that many heads, or fewer, when a fair coin is tossed."""
    ways: int = sum(math.comb(tosses, k) for k in range(heads + 1))
    chance: float = ways / 2**tosses
    return chance


def _checked(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(
            f"confidence must be between 0 and 1, because it is a share of cases; got confidence={confidence}"
        )
    return confidence
