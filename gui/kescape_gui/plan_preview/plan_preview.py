"""The plan of the draft, ready to be drawn: rates, restarts and the landing sentence; no Qt.

Everything here is read from `config.plan().on_steps(...)`, the very object that trains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kescape.config import SETTINGS, RunConfig
from kescape.config.landing_words import LandingWords, landing_words
from kescape.schedule import PlacedPlan
from kescape_gui.curves.reduction import extremes
from kescape_gui.words import counted, tr

Line = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps, and the values at them."""

_WHOLE = 50_000
"""A stretch of at most this many steps is computed step by step; a longer one is sampled."""

_MOST_KNOWN = 1 << 14
POINTS = 300
"""As many as the picture under the form is wide."""
_FEW_STEPS = 20
"""A first cycle of fewer steps is worth a word."""
_LOWEST = 1e-4
"""A logarithmic scale shows rates down to this share of the highest."""


def time_words(seconds: float) -> str:
    """A length of time as one says it.

    Example:
        >>> [time_words(seconds) for seconds in (0.2, 45, 200, 5400, 200_000)]
        ['a second', '45 s', '3 min', '1.5 h', '2.3 days']
    """
    if seconds < 1.5:
        return tr("a second")
    for unit, length, least in ((tr("days"), 86_400, 1.995), (tr("h"), 3600, 1.495), (tr("min"), 60, 1.5)):
        count = seconds / length
        if count >= least:
            return f"{count:.0f} {unit}" if count >= 10 or length == 60 else f"{count:.1f} {unit}"
    return f"{seconds:.0f} {tr('s')}"


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


@dataclass(frozen=True)
class Scale:
    """How high rates are drawn, from 0 at the bottom to 1 at the top.

    Example:
        >>> Scale(0.0, 0.1).share(0.05), round(Scale(1e-4, 1.0, log=True).share(0.01), 3)
        (0.5, 0.5)
    """

    bottom: float
    top: float
    log: bool = False

    @classmethod
    def of(cls, rates: NDArray[np.float64], *, log: bool, at_least: float = 0.0) -> Scale:
        """A scale that shows these rates, and those up to `at_least`; a logarithmic one at most four decades."""
        top = max(float(rates.max()), at_least) or 1.0
        if not log:
            return cls(0.0, top)
        positive = rates[rates > 0]
        lowest = float(positive.min()) if len(positive) else top
        return cls(min(max(lowest, top * _LOWEST), top / 10), top, log=True)

    def share(self, rate: float) -> float:
        """How high this rate is; what is below the bottom is drawn at the bottom."""
        if not self.log:
            return (rate - self.bottom) / (self.top - self.bottom)
        return math.log(max(rate, self.bottom) / self.bottom) / math.log(self.top / self.bottom)


class PlanPreview:
    """What is known of the plan that Start would follow."""

    def __init__(self) -> None:
        self.config: RunConfig | None = None
        """The draft, or None while something is wrong with it."""
        self.placed: PlacedPlan | None = None
        self.epochs = 0
        self.steps = 0
        """Length of the training."""
        self.words: LandingWords | None = None
        self.waits = False
        """Whether the data of the draft is still being read."""
        self.restarts: list[int] = []
        self._lines: dict[int, Line] = {}
        self.speed: float | None = None
        """Steps a second, as an earlier run like this one has made them; None if that is not known."""

    def show(self, config: RunConfig | None, *, waits: bool = False) -> None:
        """Take over the draft; None keeps what was last drawn, for the form already says what is wrong.

        Args:
            config: The draft.
            waits: Whether there is none yet because its data is still being read.
        """
        self.waits = waits
        self.config = config
        if config is None:
            self.words = None
            return
        self._lines = {}
        plan = config.plan()
        steps_per_epoch = config.steps_per_epoch()
        self.placed = plan.on_steps(steps_per_epoch)
        self.epochs = config.epochs
        self.steps = config.epochs * steps_per_epoch
        self.words = landing_words(plan, config.epochs, tr)
        self.restarts = self.placed.restarts(self.steps)

    @property
    def length_words(self) -> str:
        """How long the training is, as far as that is known."""
        if self.config is None or self.placed is None:
            return ""
        steps = tr("{epochs} of {steps}").format(
            epochs=counted(self.epochs, "epoch"), steps=counted(self.placed.steps_per_epoch, "step")
        )
        if self.speed is None:
            return steps
        speed = f"{float(f'{self.speed:.2g}'):,g}"
        return tr("{steps} · about {time} at {speed}/s").format(
            steps=steps, time=time_words(self.steps / self.speed), speed=speed
        )

    @property
    def guard_words(self) -> str:
        """What is worth a second thought, though it can be trained; empty if nothing is."""
        if self.config is None or self.placed is None or not SETTINGS["t_0"].read_by(self.config.schedule):
            return ""
        steps = max(1, round(self.config.t_0 * self.placed.steps_per_epoch))
        if steps >= _FEW_STEPS:
            return ""
        return tr("The first cycle has only {steps}: hardly time to settle.").format(steps=counted(steps, "step"))

    def line(self, points: int = POINTS) -> Line:
        """The whole plan in about `points` points, computed once."""
        if self.placed is None:
            return np.empty(0), np.empty(0)
        if points not in self._lines:
            self._lines[points] = planned_line(self.placed, 0, self.steps - 1, points)
        return self._lines[points]
