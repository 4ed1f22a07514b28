"""What a restart has done so far, at a cost that does not grow with its cycle; no Qt."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.run.restarts import WINDOW_STEPS, RestartEffect, restart_effects, running_means


class RunningEffect:
    """The same as `restart_effects` of all steps so far; each step is looked at once.

    Args:
        lead: The losses of the last steps before the restart, as many as count.
        step: The restart.
        number: Counted from 1.
    """

    def __init__(self, lead: NDArray[Any], step: int, number: int) -> None:
        self._lead = np.asarray(lead, np.float64)
        self._step = step
        self._number = number
        self._before = float(running_means(self._lead)[-1]) if len(lead) else math.nan
        self._peak = -math.inf
        self._back: int | None = None
        self._means = 0

    def of(self, losses: NDArray[Any]) -> RestartEffect | None:
        """What the losses of its cycle tell, of which those that were told before are the first; None: nothing yet."""
        if len(losses) < WINDOW_STEPS:
            both = np.concatenate([self._lead, losses])
            first = self._step - len(self._lead)
            found = restart_effects(np.arange(first, first + len(both)), both, [self._step])
            return None if not found else RestartEffect(self._number, *_numbers(found[0]))
        means = running_means(np.asarray(losses[self._means :], np.float64))
        self._take(means)
        if math.isnan(self._before) or self._peak == -math.inf:
            return None
        recovery: int | None = 0
        if self._peak > self._before:
            recovery = None if self._back is None else self._back + WINDOW_STEPS
        return RestartEffect(self._number, self._step, self._before, self._peak, float(means[-1]), recovery)

    def _take(self, means: NDArray[np.float64]) -> None:
        # The last one is looked at again, so that there always is one.
        first, self._means = self._means, self._means + len(means) - 1
        if np.isnan(means).all():
            return
        highest = int(np.nanargmax(means))
        if means[highest] > self._peak:
            self._peak, self._back = float(means[highest]), None
            first, means = first + highest, means[highest:]
        if self._back is None:
            back = np.flatnonzero(means <= self._before)
            self._back = first + int(back[0]) if len(back) else None


def _numbers(effect: RestartEffect) -> tuple[int, float, float, float, int | None]:
    return effect.step, effect.loss_before, effect.loss_peak, effect.loss_after, effect.recovery_steps
