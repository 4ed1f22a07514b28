"""What a range test tells: the losses of one short training whose rate rises at every step until the loss explodes.

Pure: no Keras, no Qt and no run folder. With S the smoothed loss, which begins at the level S0, is lowest at the rate
`minimum`, and up to the rate `bound` is above that by less than a tenth of its fall (S0 - lowest), or by less than two
standard deviations of the noise that smoothing leaves, the rules are

- steepest: where dS / d(log rate) is lowest, between leaving S0 by a tenth of the fall and the minimum;
- valley: the middle of the longest falling subsequence of S;
- minimum / 10;
- bound / 4: the bound, at most half the rate at which the loss explodes, is the highest that a cycle may touch; a
  training stays longer at each rate than the test does, hence the margin.

The first three are read as rates for a whole training. What is suggested is for the peak of a cycle: the last one, in
the range from minimum / 10 to the bound. Where the curve tells nothing, that is said instead of a number.

S at step k is the mean of all losses around it, a loss d steps away counting 2**(-d / half_life): unlike a running mean
it does not lag behind, which would move every rule to higher rates.

Source: Smith, "Cyclical Learning Rates", 2017, section 3.3 (the bound), https://arxiv.org/abs/1506.01186; fastai,
`callback/schedule.py` (`steep`, `valley`, `minimum`)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kescape.run.smoothing import smooth

__all__ = ["LEAST_STEPS", "RangeTest", "Rule", "explosion", "half_life_for", "judge", "loss_range"]

LEAST_STEPS = 20
"""Fewer steps tell nothing."""

_LOW = 0.1
"""A loss above its lowest by less than this share of its fall is still low."""

_ROUGH = 0.08
"""Noise of more than this share of the fall moves the rules about."""

_MARGIN = 4.0
"""How far below the bound the suggestion is."""

_TIMES = 4.0
"""A loss so many times its lowest has exploded; fastai's `lr_find` stops there too."""

_DEVIATIONS = 4.0
"""A fall of so many standard deviations of the smoothed loss is no accident, also as the largest of many."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """One way to read the curve.

    Attributes:
        name: What it is called.
        learning_rate: The rate that it picks.
        how: How it picks it, in a sentence.
    """

    name: str
    learning_rate: float
    how: str


@dataclass(frozen=True, eq=False)
class RangeTest:
    """What a range test has measured, and what follows from it.

    Attributes:
        rates: Learning rate of each step, rising.
        losses: True loss of each step's batch.
        smoothed: Without the noise of single batches; NaN from the explosion on.
        rules: What each rule picks, by rising rate; none where nothing can be told.
        suggestion: A quarter of the bound, rounded to two digits, for the peak of a cycle; None where nothing can be
            told.
        low: A tenth of the minimum; `low` to `high` is the range for the peak. Rounded to two digits, as the others.
        high: The bound.
        edge: The rate at which the loss explodes; None if it did not.
        rough: Whether single batches differ so much that the rules may be far off.
        sentence: All this in words.
    """

    rates: Values = field(repr=False)
    losses: Values = field(repr=False)
    smoothed: Values = field(repr=False)
    rules: tuple[Rule, ...]
    suggestion: float | None
    low: float | None
    high: float | None
    edge: float | None
    rough: bool
    sentence: str

    def plot(self, path: str | Path) -> None:
        """Draw the curve with all that it tells into a png, svg or pdf file, as the suffix says.

        Raises:
            ValueError: The suffix is another.
            OSError: The file cannot be written.
        """
        from kescape.evidence.range_test_figure import write_figure

        write_figure(self, path)


def half_life_for(steps: int) -> float:
    """How far the smoothing of a test of `steps` steps reaches, in steps: a fortieth of it."""
    return max(1.0, steps / 40)


def loss_range(test: RangeTest) -> tuple[float, float]:
    """The losses that a picture shows: all of the smoothed curve, and most single batches before the explosion."""
    shown = np.isfinite(test.smoothed)
    if not shown.any():
        return 0.0, 1.0
    settled, smoothed = test.losses[shown], test.smoothed[shown]
    low = min(float(np.percentile(settled, 1)), float(smoothed.min()))
    high = max(float(np.percentile(settled, 97)), float(smoothed.max()))
    room = 0.06 * (high - low) or 0.5 * (abs(high) or 1.0)
    return low - room, high + room


def _beginning(half_life: float) -> int:
    """Steps whose mean loss is where the test began, a tenth of it or ten; no rule looks at them."""
    return max(10, round(4 * half_life))


def explosion(losses: ArrayLike, half_life: float) -> int | None:
    """The step at which the loss explodes, None if it does not.

    It has where it is not finite, or where its running mean is both higher than where the test began and so far above
    its lowest value as 4 times that value is (for a loss that can be negative: by 3 times its size).

    Args:
        losses: True loss of each step's batch.
        half_life: Of the running mean, in steps.

    Example:
        >>> explosion([1.0] * 10 + [0.5] * 5 + [1.9, 2.1, 9.0], half_life=0.01)
        16
    """
    values = np.asarray(losses, dtype=np.float64)
    finite = np.isfinite(values)
    ended = len(values) if finite.all() else int(np.argmin(finite))
    first = _beginning(half_life)
    if ended > first:
        running = smooth(values[:ended], half_life)
        began = float(np.mean(values[:first]))
        # The first means are of a few losses only, and the lowest of these would be an accident.
        lowest = np.minimum.accumulate(running[first:])
        high = running[first:] > lowest + np.maximum((_TIMES - 1) * np.abs(lowest), began - lowest)
        if high.any():
            return first + int(np.argmax(high))
    return None if ended == len(values) else ended


def judge(rates: ArrayLike, losses: ArrayLike, half_life: float | None = None) -> RangeTest:
    """Read the curve of a range test, whole or as far as it has come.

    Args:
        rates: Learning rate of each step, rising by the same factor at each.
        losses: True loss of each step's batch; it need not be finite.
        half_life: Of the smoothing, in steps; by default as for a test of this length.

    Example:
        >>> rates = np.geomspace(1e-5, 10, 121)
        >>> result = judge(rates, 2 / (1 + rates / 0.01) + rates**2)
        >>> [(rule.name, float(f"{rule.learning_rate:.1g}")) for rule in result.rules], result.suggestion
        ([('valley', 0.003), ('steepest', 0.01), ('minimum / 10', 0.02), ('bound / 4', 0.1)], 0.1)
    """
    at, values = np.asarray(rates, np.float64), np.asarray(losses, np.float64)
    if at.shape != values.shape or at.ndim != 1:
        raise ValueError(
            f"losses must hold one value a step, because each belongs to a rate; got {values.shape} for {at.shape}"
        )
    half_life = half_life_for(len(values)) if half_life is None else half_life
    ends = explosion(values, half_life)
    settled = values if ends is None else values[:ends]
    smoothed = np.full(len(values), math.nan)
    smoothed[: len(settled)] = _smooth(settled, half_life)
    edge = None if ends is None else float(at[ends])
    curve = _curve(at[: len(settled)], settled, smoothed[: len(settled)], half_life)
    if curve is None or not curve.falls:
        sentence = _why_nothing(len(values), edge) if curve is None else _why_no_fall(float(at[-1]), edge)
        return RangeTest(at, values, smoothed, (), None, None, None, edge, False, sentence)
    rules, low, high = _read(curve, edge)
    suggestion, low, high = _rounded(high / _MARGIN), _rounded(low), _rounded(high)
    sentence = _in_words(curve, suggestion, low, high, edge)
    return RangeTest(at, values, smoothed, rules, suggestion, low, high, edge, curve.is_rough, sentence)


@dataclass(frozen=True, eq=False)
class _Curve:
    """The smoothed loss until it explodes, without its beginning.

    Attributes:
        rates: Learning rate of each of its steps.
        smoothed: Its values.
        began: The mean loss before.
        lowest: The place of its lowest value.
        fall: How far that is below `began`.
        noise: The standard deviation that single batches leave in it.
        falls: Whether the fall is no accident.
    """

    rates: Values
    smoothed: Values
    began: float
    lowest: int
    fall: float
    noise: float
    falls: bool

    @property
    def is_rough(self) -> bool:
        """Whether the noise moves the rules about."""
        return self.noise > _ROUGH * self.fall


def _curve(rates: Values, losses: Values, smoothed: Values, half_life: float) -> _Curve | None:
    """The curve, or None where it is too short to be read."""
    first = _beginning(half_life)
    if len(losses) < max(LEAST_STEPS, first + 2):
        return None
    began, lowest = float(np.mean(losses[:first])), int(np.argmin(smoothed[first:]))
    fall = began - float(smoothed[first + lowest])
    of_one = batch_noise(losses)
    noise = of_one * noise_left(half_life)
    # At the end, where there is half as much to average, its variance is twice that.
    accident = _DEVIATIONS * math.sqrt(2 * noise**2 + of_one**2 / first)
    falls = fall > max(accident, 1e-3 * abs(began))
    return _Curve(rates[first:], smoothed[first:], began, lowest, fall, noise, falls)


def batch_noise(losses: Values) -> float:
    """The standard deviation of the losses of single batches around their course."""
    # From neighbours, which the course hardly parts; 0.6745 is the median of |normal|.
    return float(np.median(np.abs(np.diff(losses)))) / (0.6745 * math.sqrt(2))


def noise_left(half_life: float) -> float:
    """The share of a standard deviation that smoothing leaves.

    A mean with weights w**|d| leaves sqrt(sum w**(2 |d|)) / sum w**|d| of it.
    """
    weight = 2 ** (-1 / half_life)
    return math.sqrt((1 + weight**2) / (1 - weight**2)) * (1 - weight) / (1 + weight)


def _smooth(values: Values, half_life: float) -> Values:
    # Two running means, one from each end; the value itself is in both.
    weight = 2 ** (-1 / half_life)
    weights = (1 - weight ** np.arange(1, len(values) + 1)) / (1 - weight)
    before, after = smooth(values, half_life), smooth(values[::-1], half_life)[::-1]
    return np.asarray((before * weights + after * weights[::-1] - values) / (weights + weights[::-1] - 1))


def _why_nothing(steps: int, edge: float | None) -> str:
    if edge is not None:
        return f"The loss exploded at rate {edge:.2g}, before anything could be told: begin lower."
    return f"Nothing can be told from {steps} steps yet."


def _why_no_fall(last: float, edge: float | None) -> str:
    until = f"up to rate {last:.2g}" if edge is None else f"before it exploded at {edge:.2g}"
    return (
        f"The loss never fell by more than single batches differ {until}, so no rate can be suggested: begin lower, "
        "take more steps, or look at model and data."
    )


def _read(curve: _Curve, edge: float | None) -> tuple[tuple[Rule, ...], float, float]:
    """The rules by rising rate, and the ends of the range."""
    rates, smoothed, lowest = curve.rates, curve.smoothed, curve.lowest
    slack = _LOW * curve.fall
    low = smoothed <= smoothed[lowest] + max(slack, 2 * curve.noise)
    bound = float(rates[np.flatnonzero(low)[-1]])
    if edge is not None:
        # The loss may explode so suddenly that it is low until the step before.
        bound = max(min(bound, edge / 2), float(rates[0]))
    before = np.flatnonzero(smoothed[: lowest + 1] >= curve.began - slack)
    first = min(int(before[-1]) if len(before) else 0, max(lowest - 1, 0))
    fall = slice(first, max(lowest, first + 1) + 1)
    slopes = np.gradient(smoothed[fall], np.log(rates[fall]))
    tenth = float(rates[lowest]) / 10
    rules = (
        Rule("steepest", float(rates[first + int(np.argmin(slopes))]), "The loss falls fastest here."),
        Rule("valley", float(rates[_valley(smoothed)]), "The middle of the longest stretch in which the loss falls."),
        Rule("minimum / 10", tenth, "A tenth of the rate at which the loss is lowest."),
        Rule(
            f"bound / {_MARGIN:g}",
            bound / _MARGIN,
            "A quarter of the highest rate at which the loss is low: a training stays longer there than a test.",
        ),
    )
    return tuple(sorted(rules, key=lambda rule: rule.learning_rate)), tenth, bound


def _valley(values: Values) -> int:
    """The middle of the longest falling subsequence, as fastai's `valley` finds it."""
    # Negated and searched from the left, the smallest ends of rising subsequences by length: strictly falling.
    ends: list[float] = []
    last = longest = 0
    for place, value in enumerate((-values).tolist()):
        length = bisect_left(ends, value) + 1
        ends[length - 1 : length] = [value]
        if length > longest:
            longest, last = length, place
    section = longest / 3
    return max(0, last - longest) + int(section) + int(section / 2)


def _in_words(curve: _Curve, suggestion: float, low: float, high: float, edge: float | None) -> str:
    if curve.is_rough:
        first = (
            f"{suggestion:g} is a rough guess at the highest rate, since single batches differ so much: more steps or "
            "a larger batch tell more."
        )
    else:
        first = f"{suggestion:g} is a good first highest rate: a quarter of the highest at which the loss is still low."
    words = [first, f"The range to try is {low:g} to {high:g}."]
    if edge is not None:
        words.append(f"At {edge:.2g} the loss explodes.")
    elif high == _rounded(float(curve.rates[-1])):
        words.append("The loss is still low at the highest rate tried, so more may do, too.")
    return " ".join(words)


def _rounded(rate: float) -> float:
    return float(f"{rate:.2g}")
