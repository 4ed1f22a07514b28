"""What can be said of a few seeds: shares and medians with their intervals, and differences between pairs; no Keras.

All intervals and tests hold for small numbers: none needs a normal distribution of what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

__all__ = ["CONFIDENCE", "holm", "mcnemar", "median_interval", "wilson_interval"]

CONFIDENCE = 0.95
"""Of every interval that KEscape prints."""


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
    return min(1.0, 2 * _at_most(min(won, lost), won + lost))


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
