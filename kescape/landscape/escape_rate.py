"""From how many of many starts each method ends in the basin that is looked for; no Keras, no Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape.compare.statistics import wilson_interval
from kescape.landscape.race import Method, Race, Racer
from kescape.landscape.surfaces import ToySurface
from kescape.schedule.checks import checked_whole

__all__ = ["STARTS", "EscapeRate", "escape_rates", "random_starts"]

STARTS = 400
"""Half the width of the interval is then at most 5 percent points."""

_CHUNK = 25


@dataclass(frozen=True)
class EscapeRate:
    """How often a method ended in the basin of a minimum that is looked for.

    Attributes:
        method: Which.
        reached: From how many starts.
        starts: Of how many.
        low: Lower end of the 95 % interval of the share (Wilson), 0 to 1.
        high: Upper end.
    """

    method: Method
    reached: int
    starts: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """`reached` of `starts`."""
        return self.reached / self.starts


def random_starts(surface: ToySurface, count: int, seed: int = 0) -> NDArray[np.float64]:
    """Starts anywhere on the surface, each place as likely as any other; shape (count, 2), count >= 1."""
    count = checked_whole("count", count, 1, "a race starts somewhere")
    generator = np.random.default_rng(seed)
    low, high = np.array([surface.x_range, surface.y_range]).T
    return generator.uniform(low, high, (count, 2))


def escape_rates(
    surface: ToySurface,
    racers: Sequence[Racer],
    *,
    steps: int,
    noise: float,
    starts: int = STARTS,
    seed: int = 0,
    tell: Callable[[float], bool] = lambda _share: True,
) -> list[EscapeRate] | None:
    """Let every racer take the same number of steps from the same random starts, with the same noise.

    A start counts as escaped if the end point lies in the basin of a goal: small steps downhill from there, without
    noise, lead to it. One that is lost in the distance does not count.

    Args:
        surface: Where.
        racers: Who.
        steps: How many steps each takes, >= 1.
        noise: Of the gradient; see `Race`.
        starts: How many, >= 1.
        seed: Decides starts and noise.
        tell: Gets the share of the steps that are done, from 0 to 1; ends the race by returning False.

    Returns:
        One for each racer, in their order; None if `tell` has ended it.
    """
    steps = checked_whole("steps", steps, 1, "a race goes forwards")
    starts = checked_whole("starts", starts, 1, "a share is one of something")
    race = Race(surface, racers, random_starts(surface, starts, seed), noise=noise, seed=seed)
    while race.step < steps:
        if not tell(race.step / steps):
            return None
        race.advance(min(_CHUNK, steps - race.step))
    rates = []
    for racer, ends, diverged in zip(racers, race.positions, race.diverged_at, strict=True):
        reached = int((surface.reaches_goal(ends) & (diverged < 0)).sum())
        low, high = wilson_interval(reached, starts)
        rates.append(EscapeRate(racer.method, reached, starts, low, high))
    return rates
