"""What each restart did to the training loss, in numbers that need no judgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WINDOW_STEPS = 20
"""Single batch losses are noisy: every number below is a mean over this many steps, if there are as many."""


@dataclass(frozen=True)
class RestartEffect:
    """The training loss around one restart; see `restart_effects`.

    Attributes:
        cycle: The cycle that the restart began, counted from 1 for the first restart.
        step: The restart's step.
        loss_before: The mean loss over the last steps before it.
        loss_peak: The highest running mean after it, within its cycle.
        loss_after: The mean loss over the last steps of its cycle, as far as recorded.
        recovery_steps: How many steps it took until the running mean was back at `loss_before` or
            below; 0 if it never was above, None if it has not come back within the cycle.
    """

    cycle: int
    step: int
    loss_before: float
    loss_peak: float
    loss_after: float
    recovery_steps: int | None


def restart_effects(steps: npt.ArrayLike, loss: npt.ArrayLike, restart_steps: Sequence[int]) -> list[RestartEffect]:
    """What each restart did to the true loss of the steps.

    The cycle before a restart ends with it, its own cycle ends with the next restart or the last
    recorded step. Let k be `WINDOW_STEPS`, or the number of recorded steps of that cycle if it is
    shorter. Then

        loss_before     the mean of the last k losses of the cycle before
        running mean    at each step of the own cycle that has k - 1 steps of it before: the mean of
        those k losses loss_peak       the largest running mean recovery_steps  the number of steps
        from the restart up to and including the first one, at or after the peak, whose running mean
        is <= loss_before loss_after      the mean of the last k losses of the own cycle

    Losses that are not finite are left out of the means. A restart with no recorded step before it
    or after it has no effect to speak of, and no entry.

    Args:
        steps: The recorded steps, rising.
        loss: The true loss of each.
        restart_steps: The first steps of cycles 1, 2, ..., rising.

    Example:
        >>> loss = [3, 3, 2, 2] + [6, 4, 2, 0]
        >>> [effect] = restart_effects(range(8), loss, [4])
        >>> effect.loss_before, effect.loss_peak, effect.loss_after, effect.recovery_steps
        (2.5, 3.0, 3.0, None)
    """
    values = np.asarray(loss, np.float64)
    borders = [0, *(int(i) for i in np.searchsorted(steps, restart_steps)), len(values)]
    effects = []
    for cycle, step in enumerate(restart_steps, start=1):
        start, restart, end = borders[cycle - 1 : cycle + 2]
        if not start < restart < end:
            continue
        before = running_means(values[start:restart])[-1]
        means = running_means(values[restart:end])
        if np.isnan(before) or np.isnan(means).all():
            continue
        peak = int(np.nanargmax(means))
        recovery: int | None = 0
        if means[peak] > before:
            back = np.flatnonzero(means[peak:] <= before)
            window = end - restart - len(means)  # steps before the first mean
            recovery = int(back[0]) + peak + window + 1 if len(back) else None
        effects.append(RestartEffect(cycle, int(step), float(before), float(means[peak]), float(means[-1]), recovery))
    return effects


def running_means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The mean of each `WINDOW_STEPS` neighbouring values, without those that are not finite; of all if they are fewer.

    Example:
        >>> running_means(np.array([1.0, np.nan, 3.0]))
        array([2.])
    """
    window = np.ones(min(WINDOW_STEPS, len(values)))
    finite = np.isfinite(values)
    if finite.all():
        whole: npt.NDArray[np.float64] = np.convolve(values, window, "valid") / len(window)
        return whole
    sums = np.convolve(np.where(finite, values, 0.0), window, "valid")
    counts = np.convolve(finite, window, "valid")
    with np.errstate(invalid="ignore"):
        means: npt.NDArray[np.float64] = sums / np.where(counts, counts, np.nan)
    return means
