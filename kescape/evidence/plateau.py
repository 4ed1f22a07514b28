"""Whether the loss of the steps still falls: its slope in the running cycle, with an interval; no Keras.

A flat loss is no proof of a bad minimum. At a high rate the noise of the steps holds the loss up, and it falls with the
rate; only where the rate has come down, and the loss has not, may a restart be what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kescape.schedule.checks import checked_number, checked_whole, refuse

__all__ = ["LEAST_STEPS", "PLATEAU_SENTENCES", "Trend", "trend_of"]

LEAST_STEPS = 400
"""Of fewer steps nothing is said."""

LOW_RATE = 0.5
"""A rate is low from this share of the cycle's highest on: so much has the noise of the steps gone down at least."""

_BLOCKS = 20
_T = 2.1009220402410378
"""Of Student's t with `_BLOCKS - 2` degrees of freedom, 97.5 % lie below this."""

PLATEAU_SENTENCES = {
    "falls": "The loss falls: {slope:+.2g} % per 100 steps ({low:+.2g} to {high:+.2g}) over the last {steps:,} steps.",
    "unclear": (
        "The steps are too noisy to tell: {slope:+.2g} % per 100 steps ({low:+.2g} to {high:+.2g}) over the last "
        "{steps:,} steps."
    ),
    "flat": "No fall seen for {steps:,} steps: {slope:+.2g} % per 100 steps ({low:+.2g} to {high:+.2g}).",
    "high rate": "At a high rate that is usual, since the noise of the steps holds the loss up until the rate falls.",
    "restart": "A restart may help.",
}
"""What is said of a trend; numbers are put in after the translation."""


@dataclass(frozen=True)
class Trend:
    """How the loss of the steps moves at the end of what is recorded of a cycle.

    The slopes are changes of the logarithm of the mean loss per 100 steps: -0.01 is a fall by 1 %.

    Attributes:
        steps: How many steps were looked at.
        slope: The slope.
        low: Lower end of its 95 % interval.
        high: Upper end.
        worth: The fall per epoch, as a share, that would be worth going on for.
        steps_per_epoch: Steps in an epoch.
        rate_share: The last rate as a share of the cycle's highest; None where the rates are not known.
    """

    steps: int
    slope: float
    low: float
    high: float
    worth: float
    steps_per_epoch: int
    rate_share: float | None

    @property
    def falls(self) -> bool:
        """Whether the whole interval is a fall."""
        return self.high < 0

    @property
    def is_flat(self) -> bool:
        """Whether the interval holds 0 or a rise, and no fall of `worth` per epoch or more."""
        return not self.falls and self.low * self.steps_per_epoch / 100 > math.log1p(-self.worth)

    @property
    def suggests_restart(self) -> bool:
        """Whether the loss is flat although the rate has come down."""
        return self.is_flat and self.rate_share is not None and self.rate_share <= LOW_RATE

    def sentence(self, tr: Callable[[str], str] = str) -> str:
        """What was seen, in words; `tr` translates each sentence."""
        parts = ["falls" if self.falls else "flat" if self.is_flat else "unclear"]
        if self.suggests_restart:
            parts.append("restart")
        elif self.is_flat and self.rate_share is not None:
            parts.append("high rate")
        slope, low, high = (100 * math.expm1(value) for value in (self.slope, self.low, self.high))
        return " ".join(
            tr(PLATEAU_SENTENCES[part]).format(steps=self.steps, slope=slope, low=low, high=high) for part in parts
        )


def trend_of(
    losses: ArrayLike,
    *,
    steps_per_epoch: int,
    rates: ArrayLike | None = None,
    window: int | None = None,
    worth: float = 0.01,
) -> Trend | None:
    """The slope of the loss over the last steps of a cycle, with its interval.

    The window is divided into 20 blocks of equal length; the logarithms of the blocks' mean losses get a straight line
    by least squares, whose slope has Student's interval with 18 degrees of freedom. Losses of neighbouring steps hang
    together, means of blocks much longer than that hardly do (the method of batch means); where the residuals of
    neighbouring blocks still do, with correlation r > 0, the interval is widened by sqrt((1 + r) / (1 - r)).

    For a loss that does fall by `worth` per epoch, one look in 40 takes it for flat at the most; looks again and again
    at much the same steps say much the same.

    Args:
        losses: The true losses of the steps since the cycle began, in their order; not across a restart.
        steps_per_epoch: >= 1.
        rates: The learning rate of each of these steps; None: it is not known, and no restart is suggested.
        window: How many of the last steps are looked at, >= 400; by default the later half of them, at least 400.
        worth: A fall per epoch as a share, > 0 and < 1.

    Returns:
        None where there are fewer steps than 400 or than `window`, or a block's mean is not a finite number > 0, of
        which there is a logarithm.

    Example:
        >>> falling = np.exp(-0.001 * np.arange(800))
        >>> trend = trend_of(falling, steps_per_epoch=100)
        >>> trend.steps, round(trend.slope, 6), trend.falls
        (400, -0.1, True)

    Source: Law & Kelton, "Simulation Modeling and Analysis", ch. 9.5 (batch means).
    """
    steps_per_epoch = checked_whole("steps_per_epoch", steps_per_epoch, 1, "an epoch has at least one step")
    worth = checked_number("worth", worth, "> 0 and < 1", lambda share: 0 < share < 1, "it is a share of the loss")
    values = np.asarray(losses, np.float64)
    of_steps = None if rates is None else np.asarray(rates, np.float64)
    if values.ndim != 1:
        raise ValueError(
            f"losses must have one entry a step, because steps follow each other; got shape {values.shape}"
        )
    if of_steps is not None and of_steps.shape != values.shape:
        refuse("rates", of_steps.shape, f"of the shape of losses, {values.shape}", "each step has one")
    if window is None:
        window = max(LEAST_STEPS, len(values) // 2)
    window = checked_whole("window", window, LEAST_STEPS, "fewer steps tell nothing")
    if len(values) < window:
        return None
    length = window // _BLOCKS
    window = length * _BLOCKS
    means = values[-window:].reshape(_BLOCKS, length).mean(axis=1)
    if not (np.isfinite(means).all() and (means > 0).all()):
        return None
    slope, half = _line(np.log(means))
    share = None if of_steps is None else float(of_steps[-1] / of_steps.max())
    per_100 = 100 / length
    low, high = slope - half, slope + half
    return Trend(window, slope * per_100, low * per_100, high * per_100, worth, steps_per_epoch, share)


def _line(values: NDArray[np.float64]) -> tuple[float, float]:
    """Slope of the line through equally spaced values, and half the width of its interval."""
    at = np.arange(len(values)) - (len(values) - 1) / 2
    squares = float(at @ at)
    slope = float(at @ values) / squares
    residuals = values - values.mean() - slope * at
    error = math.sqrt(float(residuals @ residuals) / (len(values) - 2) / squares)
    return slope, _T * error * _widening(residuals)


def _widening(residuals: NDArray[np.float64]) -> float:
    total = float(residuals @ residuals)
    if total == 0:
        return 1.0
    r = float(residuals[1:] @ residuals[:-1]) / total
    return math.sqrt((1 + r) / (1 - r)) if r > 0 else 1.0
