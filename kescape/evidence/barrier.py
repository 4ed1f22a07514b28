"""The loss on the straight line between two minima, and how far it rises above the chord; no Keras.

A restart that has come down again may have come down in the same valley. If the loss on the straight line between the
two minima rises above both, a barrier separates them there. (Curved low-loss paths can join minima that a straight line
separates: what is said here is said of the straight line only.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["POINTS", "Barrier", "barrier_of"]

POINTS = 11
"""How many points of the line are looked at, its two ends among them."""

RESAMPLES = 1000
"""Of the bootstrap."""

_DRAWN_AT_ONCE = 2_000_000
"""So many rows are drawn in one go, in some 50 MB, however many there are."""

_ROUNDING = 1e-6
"""Losses in float32 differ by so much, as a share of the largest, where they should be equal."""


@dataclass(frozen=True)
class Barrier:
    """What the loss does on the straight line from one minimum to another.

    Attributes:
        height: How far the mean loss rises above the chord, the straight line between the losses at the two ends, >= 0;
            infinite where the loss is.
        low: Lower end of its 95 % interval, by bootstrap over the rows.
        high: Upper end.
        rise: How far it rises above the higher of the two ends, >= 0. On the way down a slope that bends the loss lies
            above the chord, too, but there is nothing to be climbed: only a rise separates two minima.
        rise_low: Lower end of its interval, by the same bootstrap.
        rise_high: Upper end.
        positions: Shape (points,), rising from 0 (the first minimum) to 1 (the second).
        losses: Mean loss at each of them.
        change: Loss at the second minimum less loss at the first.
        change_low: Lower end of the 95 % interval of `change`, by the same bootstrap.
        change_high: Upper end.
        rows: How many rows of data were looked at, the same at every position.
    """

    height: float
    low: float
    high: float
    rise: float
    rise_low: float
    rise_high: float
    positions: NDArray[np.float64]
    losses: NDArray[np.float64]
    change: float
    change_low: float
    change_high: float
    rows: int

    @property
    def is_above_noise(self) -> bool:
        """Whether the two ends are separated: the interval of the rise lies above 0 by more than rounding."""
        finite = self.losses[np.isfinite(self.losses)]
        return self.rise_low > _ROUNDING * float(np.abs(finite).max(initial=0.0))

    @property
    def error_barrier(self) -> float:
        """The highest loss on the line less the mean of those at its ends, as Frankle et al. (2020) define it."""
        return float(self.losses.max() - (self.losses[0] + self.losses[-1]) / 2)


def barrier_of(positions: ArrayLike, losses: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0) -> Barrier:
    """Judge the losses of single rows along a line.

    With L(a) the mean loss of all rows at position a,

        height = max over a of L(a) - ((1 - a) * L(0) + a * L(1))

        rise = max over a of L(a) - max(L(0), L(1))

    neither below 0. Their interval is the percentile bootstrap over rows: each row is looked at with the same
    weights at every position, so that what is noise of the sample is the same all along the line. A loss that is not
    finite counts as infinite.

    Args:
        positions: Shape (points,), >= 2 of them, rising from 0 to 1.
        losses: Shape (points, rows): the loss of each row at each position.
        resamples: How often the rows are drawn again.
        seed: Decides what is drawn.

    Example:
        >>> barrier_of([0, 0.5, 1], [[1, 1], [4, 2], [1, 3]]).height
        1.5

    Source: Frankle et al., "Linear Mode Connectivity and the Lottery Ticket Hypothesis", ICML 2020,
    https://arxiv.org/abs/1912.05671; the chord in the place of the mean where the two ends differ.
    """
    at = np.asarray(positions, np.float64)
    of_rows = np.asarray(losses, np.float64)
    if at.ndim != 1 or len(at) < 2 or at[0] != 0 or at[-1] != 1 or not (np.diff(at) > 0).all():
        raise ValueError(f"positions must rise from 0 to 1, because a line has two ends; got positions={at.tolist()}")
    if of_rows.ndim != 2 or len(of_rows) != len(at) or not of_rows.shape[1]:
        raise ValueError(
            f"losses must have the shape ({len(at)}, rows), a row of them for each position; got {of_rows.shape}"
        )
    of_rows = np.where(np.isfinite(of_rows), of_rows, np.inf)
    means = of_rows.mean(axis=1)
    rows = of_rows.shape[1]
    if not np.isfinite(means).all():
        infinite = (np.inf,) * 6
        return Barrier(*infinite, at, means, *_infinite_change(means), rows)
    # Not as a product of matrices: its threads wait for cores that a training keeps busy, for longer than it takes.
    parts = [np.einsum("ij,kj->ik", counts, of_rows) / rows for counts in _drawn_again(rows, resamples, seed)]
    drawn = np.concatenate(parts)
    return Barrier(
        *_with_interval(_above_chord(at, means), _above_chord(at, drawn)),
        *_with_interval(_above_ends(means), _above_ends(drawn)),
        at,
        means,
        *_with_interval(means[-1] - means[0], drawn[:, -1] - drawn[:, 0]),
        rows,
    )


def _drawn_again(rows: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each row is drawn in each resample, shape (some resamples, rows); as many are drawn as there are."""
    at_once = max(1, _DRAWN_AT_ONCE // rows)
    if at_once >= resamples:
        yield _drawn_at_once(rows, resamples, seed)
        return
    generator = np.random.default_rng(seed)
    for first in range(0, resamples, at_once):
        yield _counts(generator, rows, min(at_once, resamples - first))


@lru_cache(maxsize=1)
def _drawn_at_once(rows: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """All of them; kept, because a ledger asks for the same at the end of each cycle."""
    counts = _counts(np.random.default_rng(seed), rows, resamples)
    counts.setflags(write=False)
    return counts


def _counts(generator: np.random.Generator, rows: int, resamples: int) -> NDArray[np.float64]:
    drawn = generator.integers(0, rows, (resamples, rows), np.int32)
    # Counted at once: five times as fast as drawing from the multinomial distribution.
    counts = np.bincount((drawn + np.arange(resamples)[:, None] * rows).ravel(), minlength=resamples * rows)
    return counts.reshape(resamples, rows).astype(np.float64)


def _with_interval(value: Any, drawn: NDArray[np.float64]) -> tuple[float, float, float]:
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(value), float(low), float(high)


def _above_ends(means: NDArray[np.float64]) -> NDArray[np.float64]:
    ends = np.maximum(means[..., 0], means[..., -1])
    highest: NDArray[np.float64] = np.maximum(means[..., 1:-1].max(axis=-1, initial=-np.inf) - ends, 0.0)
    return highest


def _above_chord(at: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.float64]:
    first, last = means[..., :1], means[..., -1:]
    above: NDArray[np.float64] = (means - (first + at * (last - first)))[..., 1:-1]
    # The ends lie on the chord, whatever the rounding says.
    highest: NDArray[np.float64] = np.maximum(above.max(axis=-1, initial=0.0), 0.0)
    return highest


def _infinite_change(means: NDArray[np.float64]) -> tuple[float, float, float]:
    first, last = float(means[0]), float(means[-1])
    change = 0.0 if first == last else last - first
    return change, change, change
