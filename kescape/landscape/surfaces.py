"""Toy loss surfaces of two parameters, on which momentum and restarts can be watched; no Keras, no Qt.

They are the test functions of the optimization literature, not anybody's network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["SURFACES", "Minimum", "ToySurface", "find_surface"]

Values = NDArray[np.float64]

_DESCENT_STEPS = 600


@dataclass(frozen=True)
class Minimum:
    """A minimum of a surface; `is_goal` marks the ones that are looked for."""

    x: float
    y: float
    is_goal: bool


@dataclass(frozen=True)
class ToySurface:
    """A loss as a function of two parameters.

    Attributes:
        name: By which it is chosen.
        title: What it is called.
        lesson: What it shows, in a sentence.
        x_range: The part that is looked at, from where to where.
        y_range: Likewise.
        minima: Those that are named; surfaces with a great many name the lowest and its neighbours.
        start: A good place to start from.
        rate: A learning rate at which plain SGD comes down without leaving its valley.
        eta_max: A peak at which warm restarts can leave it.
        momentum: One that does not run away at these rates.
        noise: Standard deviation of the noise of each component of the gradient.
        value: The loss, of arrays of x and y.
        gradient: Its two partial derivatives, likewise.
        source: Where it is from.

    Example:
        >>> surface = find_surface("himmelblau")
        >>> float(surface.value(3.0, 2.0))
        0.0
    """

    name: str
    title: str
    lesson: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    minima: tuple[Minimum, ...]
    start: tuple[float, float]
    rate: float
    eta_max: float
    momentum: float
    noise: float
    value: Callable[[ArrayLike, ArrayLike], Values]
    gradient: Callable[[ArrayLike, ArrayLike], tuple[Values, Values]]
    source: str

    def descend(self, points: ArrayLike) -> Values:
        """Where small steps downhill, without noise, lead from each point; shapes (n, 2).

        Steps are at most a 500th of the surface's diagonal, so that none leaps over a ridge, and only such that go
        down are taken.
        """
        at = np.array(points, np.float64)
        longest = np.hypot(np.ptp(self.x_range), np.ptp(self.y_range)) / 500
        lengths = np.full(len(at), longest)
        values = self.value(at[:, 0], at[:, 1])
        for _ in range(_DESCENT_STEPS):
            slopes = np.stack(self.gradient(at[:, 0], at[:, 1]), axis=1)
            steepness = np.linalg.norm(slopes, axis=1)
            moving = steepness > 0
            tried = at.copy()
            tried[moving] -= (lengths[moving] / steepness[moving])[:, None] * slopes[moving]
            found = self.value(tried[:, 0], tried[:, 1])
            better = found < values
            at[better], values[better] = tried[better], found[better]
            lengths = np.where(better, np.minimum(1.5 * lengths, longest), lengths / 2)
        return at

    def reaches_goal(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Whether each point, shape (n, 2), lies in the basin of a minimum that is looked for.

        A point's basin is that of the minimum which small steps downhill lead to; a point that is not finite is in
        none. Where there is one minimum, everything is in its basin: there a point has to be at it, within a 40th of
        the surface's diagonal.
        """
        at = np.asarray(points, np.float64)
        reached = np.zeros(len(at), bool)
        inside = np.isfinite(at).all(axis=1) & (np.abs(at) < 1e3).all(axis=1)
        if inside.any():
            ends = at[inside] if len(self.minima) == 1 else self.descend(at[inside])
            goals = np.array([(m.x, m.y) for m in self.minima if m.is_goal])
            nearest = np.linalg.norm(ends[:, None] - goals, axis=2).min(axis=1)
            size = np.hypot(np.ptp(self.x_range), np.ptp(self.y_range))
            reached[inside] = nearest < size / 40
        return reached


def find_surface(name: str) -> ToySurface:
    """The surface of that name.

    Raises:
        ValueError: There is none.
    """
    for surface in SURFACES:
        if surface.name == name:
            return surface
    raise ValueError(f"surface must be one of {', '.join(s.name for s in SURFACES)}; got {name!r}")


def _arrays(x: ArrayLike, y: ArrayLike) -> tuple[Values, Values]:
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


_STEEPNESS = 25.0


def _bowl(x: ArrayLike, y: ArrayLike) -> Values:
    x, y = _arrays(x, y)
    return (x**2 + _STEEPNESS * y**2) / 2


def _bowl_gradient(x: ArrayLike, y: ArrayLike) -> tuple[Values, Values]:
    x, y = _arrays(x, y)
    return x, _STEEPNESS * y


def _rosenbrock(x: ArrayLike, y: ArrayLike) -> Values:
    x, y = _arrays(x, y)
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _rosenbrock_gradient(x: ArrayLike, y: ArrayLike) -> tuple[Values, Values]:
    x, y = _arrays(x, y)
    return -2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)


def _himmelblau(x: ArrayLike, y: ArrayLike) -> Values:
    x, y = _arrays(x, y)
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _himmelblau_gradient(x: ArrayLike, y: ArrayLike) -> tuple[Values, Values]:
    x, y = _arrays(x, y)
    a, b = x**2 + y - 11, x + y**2 - 7
    return 4 * x * a + 2 * b, 2 * a + 4 * y * b


def _rastrigin(x: ArrayLike, y: ArrayLike) -> Values:
    x, y = _arrays(x, y)
    waves: Values = np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)
    return 20 + x**2 + y**2 - 10 * waves


def _rastrigin_gradient(x: ArrayLike, y: ArrayLike) -> tuple[Values, Values]:
    x, y = _arrays(x, y)
    return 2 * x + 20 * np.pi * np.sin(2 * np.pi * x), 2 * y + 20 * np.pi * np.sin(2 * np.pi * y)


def _ackley(x: ArrayLike, y: ArrayLike) -> Values:
    x, y = _arrays(x, y)
    radius = np.sqrt((x**2 + y**2) / 2)
    waves = (np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2
    return -20 * np.exp(-0.2 * radius) - np.exp(waves) + 20 + np.e


def _ackley_gradient(x: ArrayLike, y: ArrayLike) -> tuple[Values, Values]:
    x, y = _arrays(x, y)
    radius = np.sqrt((x**2 + y**2) / 2)
    waves = np.exp((np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2)
    # The tip of the cone has no slope of its own.
    cone = 2 * np.exp(-0.2 * radius) / np.where(radius > 0, radius, np.inf)
    return cone * x + np.pi * np.sin(2 * np.pi * x) * waves, cone * y + np.pi * np.sin(2 * np.pi * y) * waves


def _camel(x: ArrayLike, y: ArrayLike) -> Values:
    x, y = _arrays(x, y)
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def _camel_gradient(x: ArrayLike, y: ArrayLike) -> tuple[Values, Values]:
    x, y = _arrays(x, y)
    return 8 * x - 8.4 * x**3 + 2 * x**5 + y, x - 8 * y + 16 * y**3


_NARROW, _WIDE = (-2.0, 0.0, 16.0), (2.0, 0.0, 1.0)
"""Place and curvature of the two minima of the pair."""


def _two(x: ArrayLike, y: ArrayLike) -> tuple[list[Values], Values]:
    """The two paraboloids, and the share of each in their soft minimum."""
    x, y = _arrays(x, y)
    bowls = [curvature * ((x - a) ** 2 + (y - b) ** 2) / 2 for a, b, curvature in (_NARROW, _WIDE)]
    lower = np.minimum(*bowls)
    shares = np.exp(np.stack([lower - bowl for bowl in bowls]))
    return [lower, shares.sum(axis=0)], shares / shares.sum(axis=0)


def _pair(x: ArrayLike, y: ArrayLike) -> Values:
    (lower, total), _ = _two(x, y)
    return lower - np.log(total)


def _pair_gradient(x: ArrayLike, y: ArrayLike) -> tuple[Values, Values]:
    x, y = _arrays(x, y)
    _, (of_narrow, of_wide) = _two(x, y)
    parts = ((of_narrow, *_NARROW), (of_wide, *_WIDE))
    return (
        np.asarray(sum(share * curvature * (x - a) for share, a, _, curvature in parts)),
        np.asarray(sum(share * curvature * (y - b) for share, _, b, curvature in parts)),
    )


SURFACES = (
    ToySurface(
        name="bowl",
        title="Valley",
        lesson=(
            "Momentum lengthens the steps along the valley, where the gradients agree, and shortens those across it, "
            "where they fight."
        ),
        x_range=(-4.5, 2.5),
        y_range=(-2.2, 2.2),
        minima=(Minimum(0.0, 0.0, is_goal=True),),
        start=(-3.8, 1.6),
        rate=0.02,
        eta_max=0.06,
        momentum=0.8,
        noise=0.0,
        value=_bowl,
        gradient=_bowl_gradient,
        source="A quadratic of condition number 25; Goh, 'Why Momentum Really Works', Distill, 2017",
    ),
    ToySurface(
        name="rosenbrock",
        title="Rosenbrock's banana",
        lesson="Into the curved valley it is quick; along its flat floor plain SGD crawls, and momentum keeps going.",
        x_range=(-2.0, 2.0),
        y_range=(-1.0, 3.0),
        minima=(Minimum(1.0, 1.0, is_goal=True),),
        start=(-1.5, 2.2),
        rate=0.0008,
        eta_max=0.0012,
        momentum=0.9,
        noise=0.0,
        value=_rosenbrock,
        gradient=_rosenbrock_gradient,
        source="Rosenbrock, The Computer Journal 3(3), 1960",
    ),
    ToySurface(
        name="himmelblau",
        title="Himmelblau",
        lesson="Four minima, equally deep: which one is reached depends on the start, and a restart can change it.",
        x_range=(-5.5, 5.5),
        y_range=(-5.5, 5.5),
        minima=(
            Minimum(3.0, 2.0, is_goal=True),
            Minimum(-2.805118086952745, 3.131312518250573, is_goal=True),
            Minimum(-3.779310253377747, -3.283185991286170, is_goal=True),
            Minimum(3.584428340330492, -1.848126526964404, is_goal=True),
        ),
        start=(-0.3, -0.9),
        rate=0.003,
        eta_max=0.014,
        momentum=0.8,
        noise=4.0,
        value=_himmelblau,
        gradient=_himmelblau_gradient,
        source="Himmelblau, Applied Nonlinear Programming, 1972",
    ),
    ToySurface(
        name="rastrigin",
        title="Rastrigin",
        lesson="An egg box in a bowl: without noise or a high rate, every start ends in the nearest hole.",
        x_range=(-5.12, 5.12),
        y_range=(-5.12, 5.12),
        minima=(
            Minimum(0.0, 0.0, is_goal=True),
            *(Minimum(0.994958637 * a, 0.994958637 * b, is_goal=False) for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1))),
        ),
        start=(-3.3, 2.8),
        rate=0.001,
        eta_max=0.01,
        momentum=0.5,
        noise=20.0,
        value=_rastrigin,
        gradient=_rastrigin_gradient,
        source="Rastrigin, Systems of extremal control, 1974; domain as in Mühlenbein et al., 1991",
    ),
    ToySurface(
        name="ackley",
        title="Ackley",
        lesson="A deep funnel under many small holes: a small rate stays in the first, a high one shakes out of it.",
        x_range=(-5.0, 5.0),
        y_range=(-5.0, 5.0),
        minima=(
            Minimum(0.0, 0.0, is_goal=True),
            *(Minimum(0.95216657 * a, 0.95216657 * b, is_goal=False) for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1))),
        ),
        start=(3.4, -3.2),
        rate=0.01,
        eta_max=0.25,
        momentum=0.5,
        noise=2.0,
        value=_ackley,
        gradient=_ackley_gradient,
        source="Ackley, A Connectionist Machine for Genetic Hillclimbing, 1987",
    ),
    ToySurface(
        name="camel",
        title="Six-hump camel",
        lesson="Six minima, two of them lowest: from a high start the first valley is often not one of the two.",
        x_range=(-2.2, 2.2),
        y_range=(-1.3, 1.3),
        minima=(
            Minimum(0.0898420131, -0.7126564030, is_goal=True),
            Minimum(-0.0898420131, 0.7126564030, is_goal=True),
            Minimum(1.7036067132, -0.7960835687, is_goal=False),
            Minimum(-1.7036067132, 0.7960835687, is_goal=False),
            Minimum(1.6071047496, 0.5686514550, is_goal=False),
            Minimum(-1.6071047496, -0.5686514550, is_goal=False),
        ),
        start=(1.9, 0.9),
        rate=0.01,
        eta_max=0.08,
        momentum=0.7,
        noise=1.0,
        value=_camel,
        gradient=_camel_gradient,
        source="Dixon & Szegő, Towards Global Optimisation 2, 1978",
    ),
    ToySurface(
        name="pair",
        title="Narrow and wide",
        lesson=(
            "Two minima, equally deep: at a high rate nothing stays in the narrow one. The wide one counts as the "
            "goal, because the loss there changes less where the weights do."
        ),
        x_range=(-4.0, 5.0),
        y_range=(-3.0, 3.0),
        minima=(Minimum(-1.9999161, 0.0, is_goal=False), Minimum(2.0, 0.0, is_goal=True)),
        start=(-2.5, 0.5),
        rate=0.02,
        eta_max=0.16,
        momentum=0.5,
        noise=1.0,
        value=_pair,
        gradient=_pair_gradient,
        source=(
            "The soft minimum of two paraboloids of curvature 16 and 1; for why wide ones are wanted: Hochreiter & "
            "Schmidhuber, 'Flat Minima', Neural Computation 9(1), 1997"
        ),
    ),
)
"""All of them, the simplest first."""
