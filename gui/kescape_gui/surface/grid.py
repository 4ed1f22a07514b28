"""A surface z(x, y) at the points of a grid, and what is drawn on top of it: paths and marks; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """A surface at evenly spaced points.

    Attributes:
        x: The n places of the columns, rising in even steps, n >= 2.
        y: The m places of the rows, rising in even steps, m >= 2.
        z: m rows of n values; `z[j, i]` belongs to (`x[i]`, `y[j]`). NaN where nothing is known yet.

    Raises:
        ValueError: If places do not rise in even steps, or the values do not fit them.

    Example:
        >>> grid = Grid(np.array([0.0, 1.0]), np.array([0.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
        >>> grid.at([0.5, 1.0, 9.0], [1.0, 2.0, 0.0])
        array([2.5, 4. , nan])
    """

    x: Floats
    y: Floats
    z: Floats

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            places = np.asarray(getattr(self, name), dtype=np.float64)
            steps = np.diff(places)
            if places.ndim != 1 or len(places) < 2 or not np.all(np.isfinite(places)) or not np.all(steps > 0):
                raise ValueError(
                    f"{name} must be two or more places that rise, because they span a picture; got {places}"
                )
            if not np.allclose(steps, steps[0], rtol=1e-6, atol=0.0):
                raise ValueError(f"{name} must rise in even steps, because each point has the same room; got {places}")
            object.__setattr__(self, name, places)
        object.__setattr__(self, "z", np.asarray(self.z, dtype=np.float64))
        wanted = (len(self.y), len(self.x))
        if self.z.shape != wanted:
            raise ValueError(
                f"z must have a row for each y and a column for each x, that is {wanted}; got {self.z.shape}"
            )

    @property
    def is_empty(self) -> bool:
        """Whether no value is known yet."""
        return not bool(np.isfinite(self.z).any())

    def at(self, x: object, y: object) -> Floats:
        """The surface at any places, bilinear between the points; NaN outside and beside what is not known."""
        across = (np.asarray(x, dtype=np.float64) - self.x[0]) / (self.x[1] - self.x[0])
        up = (np.asarray(y, dtype=np.float64) - self.y[0]) / (self.y[1] - self.y[0])
        # A path that ends at the edge must not miss it by a rounding error.
        inside = (across > -1e-9) & (across < len(self.x) - 1 + 1e-9) & (up > -1e-9) & (up < len(self.y) - 1 + 1e-9)
        across = np.clip(np.where(inside, across, 0.0), 0.0, len(self.x) - 1)
        up = np.clip(np.where(inside, up, 0.0), 0.0, len(self.y) - 1)
        return np.where(inside, _bilinear(self.z, across, up), np.nan)


@dataclass(frozen=True, eq=False)
class Path:
    """A line with a dot at each of its points.

    Attributes:
        name: What it is called.
        x: The places of its points.
        y: As many.
        z: The true heights of its points, where they differ from those of the surface: the dots have them and their
            colours, the line lies on the surface. None lays all of it there.
        colour: As `#rrggbb`.
        dashed: Drawn in dashes.
        dotted: With a dot at each point, where there is room; else at the last one only.

    Raises:
        ValueError: If x, y and z differ in length.
    """

    name: str
    x: Floats
    y: Floats
    z: Floats | None
    colour: str
    dashed: bool = False
    dotted: bool = True

    def __post_init__(self) -> None:
        for name in ("x", "y", "z"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, np.asarray(values, dtype=np.float64))
        lengths = [values.shape for values in (self.x, self.y, self.z) if values is not None]
        if len(set(lengths)) > 1 or len(lengths[0]) != 1:
            raise ValueError(f"x, y and z of path {self.name!r} must have one value a point; got shapes {lengths}")


@dataclass(frozen=True)
class Mark:
    """A place with a name, drawn as a dot of that colour (`#rrggbb`)."""

    x: float
    y: float
    text: str
    colour: str


def finer(z: Floats, most: int = 200) -> Floats:
    """The same surface in so many more points, bilinear between the known ones, that at least `most` span each side.

    They are the middles of equal cells that together span the grid from its first to its last point.

    Example:
        >>> finer(np.array([[0.0, 1.0], [0.0, 1.0]]), most=2)
        array([[0.25, 0.75],
               [0.25, 0.75]])
    """
    rows, columns = (_middles(count, most) for count in z.shape)
    left, low = np.floor(columns).astype(int), np.floor(rows).astype(int)
    share = columns - left
    wide = z[:, left] * (1 - share) + z[:, left + 1] * share
    share = (rows - low)[:, None]
    return np.asarray(wide[low] * (1 - share) + wide[low + 1] * share)


def _middles(count: int, most: int) -> Floats:
    cells = count - 1
    pieces = max(1, -(-most // cells))
    return np.asarray((np.arange(cells * pieces) + 0.5) / pieces)


def _bilinear(z: Floats, across: Floats, up: Floats) -> Floats:
    left = np.minimum(across.astype(int), z.shape[1] - 2)
    low = np.minimum(up.astype(int), z.shape[0] - 2)
    right, high = across - left, up - low
    return np.asarray(
        (z[low, left] * (1 - right) + z[low, left + 1] * right) * (1 - high)
        + (z[low + 1, left] * (1 - right) + z[low + 1, left + 1] * right) * high
    )
