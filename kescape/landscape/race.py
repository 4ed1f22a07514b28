"""Optimizers that race on a toy surface: the same rule as Keras' SGD, on many starts at once; no Keras, no Qt.

    velocity = momentum * velocity - learning_rate * gradient
    position = position + velocity                                              (Nesterov: see `Race`)

The learning rates are those of the plans that networks are trained with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kescape.landscape.surfaces import ToySurface
from kescape.schedule import Constant, CosineRestarts, Plan
from kescape.schedule.checks import checked_number, checked_whole

__all__ = ["METHODS", "Method", "Race", "Racer", "racers"]

_LOST = 1e6
"""Farther out than this nothing comes back."""


@dataclass(frozen=True)
class Method:
    """A way to go downhill: with or without momentum, at a constant rate or with warm restarts."""

    name: str
    title: str
    has_momentum: bool
    is_nesterov: bool
    restarts: bool


METHODS = (
    Method("sgd", "SGD", has_momentum=False, is_nesterov=False, restarts=False),
    Method("momentum", "Momentum", has_momentum=True, is_nesterov=False, restarts=False),
    Method("nesterov", "Nesterov", has_momentum=True, is_nesterov=True, restarts=False),
    Method("sgdr", "SGDR", has_momentum=False, is_nesterov=False, restarts=True),
    Method("both", "Momentum + SGDR", has_momentum=True, is_nesterov=False, restarts=True),
)


@dataclass(frozen=True)
class Racer:
    """A method with its figures.

    Attributes:
        method: Which it is.
        plan: Its learning rate; an epoch of the plan is one step.
        momentum: 0 <= momentum < 1; 0 for methods that have none.
    """

    method: Method
    plan: Plan
    momentum: float


def racers(
    rate: float,
    eta_max: float,
    momentum: float,
    *,
    t_0: float = 50,
    t_mult: float = 2.0,
    methods: Sequence[Method] = METHODS,
) -> list[Racer]:
    """The methods with figures that they share.

    Args:
        rate: Of the methods with a constant learning rate, > 0.
        eta_max: The rate that each restart begins with, > 0; it falls to 0.
        momentum: Of the methods that have one, 0 <= momentum < 1.
        t_0: Steps of the first cycle.
        t_mult: Each cycle is so many times as long as the one before.
        methods: Which.

    Raises:
        ValueError: One of the figures is out of range.
    """
    rate = checked_number("rate", rate, "> 0", lambda value: value > 0, "else nothing moves")
    momentum = checked_number(
        "momentum", momentum, "in [0, 1)", lambda value: 0 <= value < 1, "at 1 the velocity never fades"
    )
    return [
        Racer(
            method,
            CosineRestarts(t_0, t_mult, eta_max) if method.restarts else Constant(rate),
            momentum if method.has_momentum else 0.0,
        )
        for method in methods
    ]


class Race:
    """All racers on all starts, step by step.

    In each step, with m the momentum, lr the rate of the racer's plan and g the gradient with noise,

        v = m * v - lr * g
        w = w + v               or, for Nesterov,       w = w + m * v - lr * g

    The noise of a start is the same for all racers, so that they differ by what they do with it.

    Args:
        surface: Where.
        racers: Who.
        starts: Shape (starts, 2).
        noise: Standard deviation of the Gaussian noise of each component of the gradient, >= 0.
        seed: Decides the noise.

    Attributes:
        step: How many steps have been taken.
        positions: Shape (racers, starts, 2).
        velocities: Likewise.
        diverged_at: Shape (racers, starts): the step at which it was lost in the distance, where it stays; else -1.

    Example:
        >>> from kescape.landscape.surfaces import find_surface
        >>> race = Race(find_surface("bowl"), racers(0.01, 0.05, 0.9), [(-3.0, 1.0)])
        >>> race.advance(2)
        >>> race.positions[0, 0].round(4).tolist()  # SGD: x * (1 - 0.01)**2, y * (1 - 0.25)**2
        [-2.9403, 0.5625]

    Source: Keras' `SGD`; Sutskever et al., "On the importance of initialization and momentum in deep learning",
    ICML 2013.
    """

    def __init__(
        self, surface: ToySurface, racers: Sequence[Racer], starts: ArrayLike, *, noise: float = 0.0, seed: int = 0
    ) -> None:
        at = np.asarray(starts, np.float64)
        if at.ndim != 2 or at.shape[1] != 2 or not len(at) or not np.isfinite(at).all():
            raise ValueError(f"starts must be pairs of finite numbers, one a start; got shape {at.shape}")
        if not racers:
            raise ValueError("racers must be one or more, because a race without any has no steps; got none")
        self.surface = surface
        self.racers = list(racers)
        self.noise = checked_number("noise", noise, ">= 0", lambda value: value >= 0, "it is a standard deviation")
        self.step = 0
        self.positions = np.repeat(at[None], len(self.racers), axis=0)
        self.velocities = np.zeros_like(self.positions)
        self.diverged_at = np.full(self.positions.shape[:2], -1)
        self._placed = [racer.plan.on_steps(1) for racer in self.racers]
        self._momenta = np.array([racer.momentum for racer in self.racers])[:, None, None]
        self._nesterov = np.array([racer.method.is_nesterov for racer in self.racers])[:, None, None]
        self._generator = np.random.default_rng(seed)

    def rates(self, first: int, count: int) -> NDArray[np.float64]:
        """The learning rates of `count` steps from `first` on, shape (racers, count)."""
        return np.stack([placed.learning_rates(first, count) for placed in self._placed])

    def losses(self) -> NDArray[np.float64]:
        """The loss, without noise, at each position: shape (racers, starts); infinite where a racer was lost."""
        found = self.surface.value(self.positions[..., 0], self.positions[..., 1])
        return np.where(self.diverged_at < 0, found, np.inf)

    def advance(self, steps: int = 1) -> None:
        """Let all racers take so many steps."""
        steps = checked_whole("steps", steps, 1, "a race goes forwards")
        rates = self.rates(self.step, steps)
        for number in range(steps):
            noise = self._generator.normal(0.0, 1.0, self.positions.shape[1:]) * self.noise
            slopes = np.stack(self.surface.gradient(self.positions[..., 0], self.positions[..., 1]), axis=-1) + noise
            pull = rates[:, number, None, None] * slopes
            velocities = self._momenta * self.velocities - pull
            moved = self.positions + np.where(self._nesterov, self._momenta * velocities - pull, velocities)
            lost = (self.diverged_at < 0) & ~(np.abs(moved) < _LOST).all(axis=-1)
            self.diverged_at[lost] = self.step
            racing = (self.diverged_at < 0)[..., None]
            self.positions = np.where(racing, moved, self.positions)
            self.velocities = np.where(racing, velocities, 0.0)
            self.step += 1
