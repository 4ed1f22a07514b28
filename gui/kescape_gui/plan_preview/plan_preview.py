"""The plan of the draft, ready to be drawn: rates, restarts and the landing sentence; no Qt.

Everything here is read from `config.plan().on_steps(...)`, the very object that trains.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kescape.config import RunConfig
from kescape.config.landing_words import LandingWords, landing_words
from kescape.schedule import PlacedPlan
from kescape_gui.curves.reduction import extremes

Line = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps, and the values at them."""

_WHOLE = 50_000
"""A stretch of at most this many steps is computed step by step; a longer one is sampled."""

_MOST_KNOWN = 1 << 14


def planned_line(placed: PlacedPlan, first: int, last: int, points: int) -> Line:
    """The planned rates of steps `first` to `last` in about `points` points, both ends of each jump among them."""
    first = max(0, first)
    count = last - first + 1
    if count <= 0:
        return np.empty(0), np.empty(0)
    if count <= _WHOLE:
        steps = np.arange(first, last + 1, dtype=np.float64)
        rates = placed.learning_rates(first, count)
    else:
        restarts = np.array(placed.restarts(last + 1), dtype=np.int64)
        restarts = restarts[restarts >= first][: points // 2]
        # A power of two apart, so that a view moved or zoomed meets places that are known already.
        stride = 1 << math.ceil(math.log2(count / points))
        even = np.arange(-(-first // stride) * stride, last + 1, stride)
        chosen = np.unique(np.concatenate([[first, last], even, restarts, restarts[restarts > first] - 1]))
        steps = chosen.astype(np.float64)
        rates = np.array(_rates(placed, chosen.tolist()))
    kept = extremes(rates, points)
    return steps[kept], rates[kept]


def _rates(placed: PlacedPlan, steps: list[int]) -> list[float]:
    known = _known_rates(placed)
    if len(known) > _MOST_KNOWN:
        known.clear()
    for step in steps:
        if step not in known:
            known[step] = placed.learning_rate(step)
    return [known[step] for step in steps]


@lru_cache(maxsize=4)
def _known_rates(_placed: PlacedPlan) -> dict[int, float]:
    """Rates that were computed for a plan; a dictionary for each, because to hash a plan costs more than a look-up."""
    return {}


class PlanPreview:
    """What is known of the plan that Start would follow."""

    def __init__(self) -> None:
        self.placed: PlacedPlan | None = None
        self.steps = 0
        """Length of the training."""
        self.words: LandingWords | None = None
        self.waits = False
        """Whether the data of the draft is still being read."""
        self.restarts: list[int] = []

    def show(self, config: RunConfig | None, *, waits: bool = False) -> None:
        """Take over the draft; None keeps what was last drawn, for the form already says what is wrong.

        Args:
            config: The draft.
            waits: Whether there is none yet because its data is still being read.
        """
        self.waits = waits
        if config is None:
            self.words = None
            return
        plan = config.plan()
        steps_per_epoch = config.steps_per_epoch()
        self.placed = plan.on_steps(steps_per_epoch)
        self.steps = config.epochs * steps_per_epoch
        self.words = landing_words(plan, config.epochs)
        self.restarts = self.placed.restarts(self.steps)

    def line(self, points: int) -> Line:
        """The whole plan in about `points` points."""
        if self.placed is None:
            return np.empty(0), np.empty(0)
        return planned_line(self.placed, 0, self.steps - 1, points)
