"""The toy surfaces that have a minimum to get stuck in: who gets from another basin into the one looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape.evidence.bench.problem import Trial, Watch
from kescape.landscape.escape_rate import random_starts
from kescape.landscape.race import Method, Race, Racer
from kescape.landscape.surfaces import SURFACES, ToySurface

__all__ = ["SURFACE_PROBLEMS", "SurfaceProblem"]

_LOOKS = 50
"""So often in a budget it is looked at in whose basin a trial is."""

_TRIED = 256
"""Starts of a seed, the first of which outside the goal's basin is taken; at least one in ten is."""


@dataclass(frozen=True)
class SurfaceProblem:
    """A toy surface with noise on its gradient. Attributes as in `Problem`, and the surface."""

    surface: ToySurface
    steps: int = 1_500
    learning_rates: tuple[float, ...] = tuple(2.0**k for k in range(-12, 2))

    @property
    def name(self) -> str:
        """As written on the command line."""
        return self.surface.name

    @property
    def title(self) -> str:
        """As shown in a table."""
        return self.surface.title

    @property
    def goal(self) -> str:
        """What is trained, and when the goal is reached."""
        return (
            f"From starts anywhere but in the basin of {self._looked_for}, with noise of standard deviation "
            f"{self.surface.noise:g} on each component of the gradient; reached if the budget ends in such a basin, "
            f"at the step from which on it was never left, looked at every {self.steps // _LOOKS} steps."
        )

    @property
    def _looked_for(self) -> str:
        # Of the two of the pair, equally deep, the wide one is wanted.
        return "the wide minimum" if self.name == "pair" else "a lowest minimum"

    def start(self, seed: int) -> NDArray[np.float64]:
        """Where every method starts: anywhere on the surface, but not where the goal is reached already."""
        tried = random_starts(self.surface, _TRIED, seed)
        outside: NDArray[np.float64] = tried[~self.surface.reaches_goal(tried)]
        return np.array(outside[0])

    def steps_to_goal(self, trials: Sequence[Trial], watch: Watch) -> NDArray[np.float64]:
        """As `Problem` says; how many steps is known to a 50th of the budget."""
        seeds = sorted({trial.seed for trial in trials})
        seed_of = np.searchsorted(seeds, [trial.seed for trial in trials])
        plans = list(dict.fromkeys((trial.method, trial.learning_rate) for trial in trials))
        plan_of = np.array([plans.index((trial.method, trial.learning_rate)) for trial in trials])
        every = self.steps // _LOOKS
        starts = np.stack([self.start(seed) for seed in seeds])
        racers = [Racer(_AS_RACED, method.plan(self.steps, eta_max), method.momentum) for method, eta_max in plans]
        race = Race(self.surface, racers, starts, noise=self.surface.noise, seed=seeds[0])
        is_there = np.empty((_LOOKS, len(trials)), bool)
        for look in range(_LOOKS):
            race.advance(every)
            is_there[look] = self.surface.reaches_goal(race.positions[plan_of, seed_of])
            watch((look + 1) / _LOOKS)
        # The looks from the last one at which a trial was elsewhere.
        since = _LOOKS - np.cumprod(is_there[::-1], axis=0).sum(axis=0)
        return np.where(since < _LOOKS, (since + 1.0) * every, np.inf)


_AS_RACED = Method("bench", "Bench", has_momentum=True, is_nesterov=False, restarts=True)
"""Plan and momentum say all."""

SURFACE_PROBLEMS = tuple(
    SurfaceProblem(surface) for surface in SURFACES if not all(minimum.is_goal for minimum in surface.minima)
)
"""Where every minimum is as good as any other, or there is only one, nothing can be escaped from."""
