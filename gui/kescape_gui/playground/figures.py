"""The figures of a race, as they are typed: what may stand there, and how long the race then lasts; no Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from kescape.landscape.surfaces import ToySurface
from kescape_gui.setup.numbers import format_number
from kescape_gui.words import tr

MOST_STEPS = 1000
"""So long is a race at most; it ends with the last cycle that ends before."""
_FIRST_CYCLE = 50
_LONGER = 2.0
_LONGEST = 10

Typed = float | str | None
"""A number, or the text that is none; None is an empty box."""


@dataclass(frozen=True)
class Figures:
    """What a race is run with.

    Attributes:
        x: Where all start, within the surface.
        y: Likewise.
        noise: Standard deviation of the noise of each component of the gradient, >= 0.
        rate: Learning rate of the methods that keep it constant, > 0.
        eta_max: The rate that each cycle of restarts begins with, > 0.
        momentum: Of the methods that have one, 0 <= momentum < 1.
        t_0: Steps of the first cycle, 1 to `MOST_STEPS`.
        t_mult: Each cycle is so many times as long as the one before, 1 to 10.
    """

    x: float
    y: float
    noise: float
    rate: float
    eta_max: float
    momentum: float
    t_0: int
    t_mult: float

    @property
    def steps(self) -> int:
        """How many steps the race has: whole cycles, so that every racer has come to rest at its end.

        Example:
            >>> Figures(0, 0, 0, 0.1, 0.1, 0.9, t_0=50, t_mult=2).steps  # 50 + 100 + 200 + 400
            750
        """
        return math.ceil(self.cycle_ends[-1])

    @property
    def cycle_ends(self) -> list[Fraction]:
        """Where each cycle of the race ends, in steps."""
        length, ends = Fraction(self.t_0), [Fraction(self.t_0)]
        while ends[-1] + length * Fraction(str(self.t_mult)) <= MOST_STEPS:
            length *= Fraction(str(self.t_mult))
            ends.append(ends[-1] + length)
        return ends


@dataclass(frozen=True)
class Fault:
    """What is wrong with one of the figures, in a sentence."""

    name: str
    words: str


def suggested(surface: ToySurface) -> dict[str, Typed]:
    """The figures that show what a surface teaches, as they would be typed."""
    x, y = surface.start
    return {
        "x": x,
        "y": y,
        "noise": surface.noise,
        "rate": surface.rate,
        "eta_max": surface.eta_max,
        "momentum": surface.momentum,
        "t_0": _FIRST_CYCLE,
        "t_mult": _LONGER,
    }


def checked(typed: Mapping[str, Typed], surface: ToySurface) -> Figures | Fault:
    """The figures that were typed, or the first that cannot be.

    Example:
        >>> from kescape.landscape.surfaces import find_surface
        >>> bowl = find_surface("bowl")
        >>> checked({**suggested(bowl), "rate": 0.0}, bowl).words
        'The constant rate must be above 0, because at 0 nothing moves; got 0.'
    """
    for name, value in typed.items():
        words = _problem(name, value, surface)
        if words:
            return Fault(name, words.format(value=value if isinstance(value, str) else _shown(value)))
    numbers = {name: value for name, value in typed.items() if isinstance(value, int | float)}
    return Figures(**{**numbers, "t_0": int(numbers["t_0"])})  # type: ignore[arg-type]


def _problem(name: str, value: Typed, surface: ToySurface) -> str:
    """What is wrong, with a place for the value; nothing if nothing is."""
    if value is None:
        return tr("A number is missing.")
    if isinstance(value, str):
        return tr("“{value}” is no number.")
    low, high = surface.x_range if name == "x" else surface.y_range
    sentences = {
        "x": (low <= value <= high, tr("The start must be on the surface, x from {low} to {high}; got {value}.")),
        "y": (low <= value <= high, tr("The start must be on the surface, y from {low} to {high}; got {value}.")),
        "noise": (value >= 0, tr("The noise must be 0 or more, because it is a spread; got {value}.")),
        "rate": (value > 0, tr("The constant rate must be above 0, because at 0 nothing moves; got {value}.")),
        "eta_max": (
            value > 0,
            tr("The highest rate must be above 0, because a cycle falls from it to 0; got {value}."),
        ),
        "momentum": (
            0 <= value < 1,
            tr("The momentum must be 0 or more and below 1, because at 1 the velocity never fades; got {value}."),
        ),
        "t_0": (
            1 <= value <= MOST_STEPS,
            tr("The first cycle must have 1 to {most} steps, because a race has no more; got {value}."),
        ),
        "t_mult": (
            1 <= value <= _LONGEST,
            tr("Each cycle must be 1 to {longest} times as long as the one before; got {value}."),
        ),
    }
    holds, words = sentences[name]
    places = {"low": low, "high": high, "most": f"{MOST_STEPS:,}", "longest": _LONGEST, "value": "{value}"}
    return "" if holds else words.format(**places)


def _shown(value: float | None) -> str:
    return "" if value is None else format_number(value)
