"""A race of the five methods on a toy surface, step by step, and what can be said of it; no Qt."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape.landscape.race import METHODS, Race, Racer, racers
from kescape.landscape.surfaces import SURFACES, Minimum, ToySurface, find_surface
from kescape_gui.playground.figures import Fault, Figures, Typed, checked, suggested
from kescape_gui.surface.colour_scale import value_text
from kescape_gui.surface.grid import Grid
from kescape_gui.words import tr

Values = NDArray[np.float64]

_POINTS = 161
"""The surface is drawn from so many points a side."""
_NEAR = 1 / 40
"""Who is nearer to a minimum than this part of the surface's diagonal is at it."""
_SETTLED = 10
"""Who has been at it for so many steps is in it."""
_AHEAD = 8.0
"""An arrow shows where so many more steps like the last one would lead."""
_LONGEST_ARROW = 0.12
"""Part of a side."""
_LONGEST_TRAIL = 2.5
"""Diagonals; what was before is left out, so that who wanders for long does not cover the surface."""
_TOGETHER = 0.035
"""Racers nearer to each other than this part of a side share a label."""


@dataclass(frozen=True)
class Arrow:
    """The velocity of a racer: from where it is, and the places that an arrow head is drawn through."""

    x: Values
    y: Values


class Playground:
    """One surface, one start, five racers. What is typed is kept as it is; a race is run with what holds.

    Attributes:
        surface: Where.
        typed: What stands in the boxes.
        fault: What is wrong with it, or None.
        figures: What the race is run with: the last ones without a fault.
        version: Counts the races; a new one begins at step 0.
    """

    def __init__(self) -> None:
        self.version = 0
        self.choose(SURFACES[0].name)

    def choose(self, name: str) -> None:
        """Another surface, with the figures that show what it teaches."""
        self.surface = find_surface(name)
        self.suggest()

    def suggest(self) -> None:
        """The figures that are suggested for the surface."""
        self._take(suggested(self.surface))

    def take(self, **typed: Typed) -> None:
        """Figures were typed or a start was chosen; if they hold, the race begins anew."""
        self._take({**self.typed, **typed})

    def restart(self) -> None:
        """The same race from its first step."""
        figures = self.figures
        self._race = Race(self.surface, self.racers, [(figures.x, figures.y)], noise=figures.noise)
        self.steps = figures.steps
        self.rates = self._race.rates(0, self.steps)
        self._positions = np.zeros((self.steps + 1, len(METHODS), 2))
        self._losses = np.zeros((self.steps + 1, len(METHODS)))
        self._near = np.zeros((self.steps + 1, len(METHODS)), bool)
        self._note()
        self.version += 1

    def _take(self, typed: dict[str, Typed]) -> None:
        self.typed = typed
        found = checked(typed, self.surface)
        self.fault = found if isinstance(found, Fault) else None
        if isinstance(found, Figures):
            self.figures = found
            self.restart()

    @property
    def racers(self) -> list[Racer]:
        """The five methods with their figures."""
        now = self.figures
        return racers(now.rate, now.eta_max, now.momentum, t_0=now.t_0, t_mult=now.t_mult)

    # The race.

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return self._race.step

    @property
    def is_over(self) -> bool:
        """Whether all steps have been taken."""
        return self.step >= self.steps

    def advance(self, steps: int = 1) -> None:
        """So many steps, as far as there are."""
        for _ in range(min(steps, self.steps - self.step)):
            self._race.advance()
            self._note()

    def _note(self) -> None:
        step, race = self._race.step, self._race
        self._positions[step] = race.positions[:, 0]
        self._losses[step] = race.losses()[:, 0]
        goals = np.array([(minimum.x, minimum.y) for minimum in self.surface.minima if minimum.is_goal])
        away = np.linalg.norm(race.positions[:, 0, None] - goals, axis=-1).min(axis=-1)
        self._near[step] = (away < _NEAR * self._diagonal) & (race.diverged_at[:, 0] < 0)

    @property
    def _sides(self) -> Values:
        return np.array([np.ptp(self.surface.x_range), np.ptp(self.surface.y_range)])

    @property
    def _diagonal(self) -> float:
        return float(np.hypot(*self._sides))

    # What is drawn.

    @property
    def grid(self) -> Grid:
        """The surface."""
        return _grid_of(self.surface.name)

    def positions(self, racer: int) -> Values:
        """Where a racer has been, from the start on: (step + 1, 2)."""
        return self._positions[: self.step + 1, racer]

    def trail(self, racer: int) -> Values:
        """The newest of these, as many as are drawn."""
        positions = self.positions(racer)
        lengths = np.linalg.norm(np.diff(positions, axis=0), axis=1)
        still_to_go = np.cumsum(lengths[::-1])[::-1]
        return positions[int((still_to_go > _LONGEST_TRAIL * self._diagonal).sum()) :]

    def together(self, chosen: Sequence[int]) -> list[list[int]]:
        """The racers in groups that are too near to each other for labels of their own."""
        places = self._race.positions[:, 0] / self._sides
        groups: list[list[int]] = []
        for racer in chosen:
            for group in groups:
                if float(np.linalg.norm(places[group[0]] - places[racer])) < _TOGETHER:
                    group.append(racer)
                    break
            else:
                groups.append([racer])
        return groups

    def losses(self, racer: int) -> Values:
        """Its loss at each of these places; infinite once it is lost."""
        return self._losses[: self.step + 1, racer]

    def lost_at(self, racer: int) -> int | None:
        """The step at which it left to infinity, or None."""
        step = int(self._race.diverged_at[racer, 0])
        return None if step < 0 else step

    def arrow(self, racer: int) -> Arrow | None:
        """Its velocity as an arrow; None where nothing moves.

        The points run from the two barbs of the head back to the racer, so that the line ends where the racer is.
        """
        sides = self._sides
        at, way = self._race.positions[racer, 0], _AHEAD * self._race.velocities[racer, 0] / sides
        length = float(np.hypot(*way))
        if length < 0.004 or self.lost_at(racer) is not None:
            return None
        way *= min(1.0, _LONGEST_ARROW / length)
        back = way / np.hypot(*way) * min(0.018, 0.4 * float(np.hypot(*way)))
        across = np.array([-back[1], back[0]]) * 0.6
        points = at + sides * np.array([way - back + across, way, way - back - across, way, (0.0, 0.0)])
        return Arrow(points[:, 0], points[:, 1])

    # What is said.

    def is_settled(self, racer: int) -> bool:
        """Whether it is in a minimum that is looked for: at it for some steps without a break."""
        first = max(0, self.step - _SETTLED + 1)
        return bool(self._near[first : self.step + 1, racer].all())

    def status(self, racer: int) -> str:
        """How it is with a racer, in a few words."""
        lost = self.lost_at(racer)
        if lost is not None:
            return tr("left to infinity at step {step}").format(step=f"{lost + 1:,}")
        loss = tr("loss {loss}").format(loss=value_text(float(self._losses[self.step, racer])))
        if self.is_settled(racer):
            return f"{loss} · {_settled_words(self.surface)}"
        if np.isnan(self.grid.at(*self._positions[self.step, racer])):
            return f"{loss} · {tr('off the map')}"
        return loss

    def progress(self) -> str:
        """Where the race is."""
        ends = self.figures.cycle_ends
        cycle = min(sum(end <= self.step for end in ends), len(ends) - 1)
        if self.is_over:
            return tr("Step {step} of {steps}: the race is over").format(step=f"{self.step:,}", steps=f"{self.steps:,}")
        return tr("Step {step} of {steps}, cycle {cycle} of {cycles}").format(
            step=f"{self.step:,}", steps=f"{self.steps:,}", cycle=cycle + 1, cycles=len(ends)
        )


def method_titles() -> list[str]:
    """What the methods are called."""
    return [tr(method.title) for method in METHODS]


def goal_words(surface: ToySurface) -> str:
    """What is looked for on a surface, with its article."""
    if surface.name == "pair":
        return tr("the wide minimum")
    if len(surface.minima) == 1:
        return tr("the minimum")
    return tr("the global minimum") if sum(m.is_goal for m in surface.minima) == 1 else tr("a global minimum")


def _settled_words(surface: ToySurface) -> str:
    if surface.name == "pair":
        return tr("in the wide minimum")
    if len(surface.minima) == 1:
        return tr("in the minimum")
    return tr("in the global minimum") if sum(m.is_goal for m in surface.minima) == 1 else tr("in a global minimum")


def minimum_words(surface: ToySurface, minimum: Minimum) -> str:
    """How a minimum is labelled."""
    if surface.name == "pair":
        return tr("wide minimum") if minimum.is_goal else tr("narrow minimum")
    if len(surface.minima) == 1:
        return tr("minimum")
    return tr("global minimum") if minimum.is_goal else tr("local")


@functools.cache
def _grid_of(name: str) -> Grid:
    surface = find_surface(name)
    x, y = (np.linspace(*limits, _POINTS) for limits in (surface.x_range, surface.y_range))
    return Grid(x, y, surface.value(*np.meshgrid(x, y)))


def sharing(rates: Values, chosen: Sequence[int]) -> list[list[int]]:
    """Which of some racers have the same learning rate at every step: they share a line of the plot.

    Example:
        >>> sharing(np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 0.0]]), [0, 1, 2])
        [[0, 1], [2]]
    """
    groups: list[list[int]] = []
    for racer in chosen:
        for group in groups:
            if np.array_equal(rates[group[0]], rates[racer]):
                group.append(racer)
                break
        else:
            groups.append([racer])
    return groups
