"""Where the points of a picture lie in the space of weights: its axes, and the snapshots in it; pure NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kescape.landscape.directions import Flat, Weights, line_through, plane_through, principal_plane, random_plane
from kescape.landscape.request import LandscapeRequest

__all__ = ["Picture", "Space"]

Floats = NDArray[np.float64]

_ROUNDING = 1e-9
"""What is so small a share of the picture's width is 0 but for rounding."""


@dataclass(frozen=True)
class Space:
    """What the arrays of a model's weights are, one entry for each.

    Attributes:
        spans: Whether it can be moved.
        trained: Whether it is trained.
        filter_axes: Along which axis its filters lie one after the other.
    """

    spans: Sequence[bool]
    trained: Sequence[bool]
    filter_axes: Sequence[int]


@dataclass(frozen=True, eq=False)
class Picture:
    """The points of a landscape as points in the space of weights.

    Attributes:
        request: What was asked for.
        flats: The pieces of a line one after the other, or one plane.
        alpha: The places along the first axis.
        beta: Those along the second; empty for a line.
        places: Of each snapshot, by its step: its places along both axes, and its distance from the picture.
    """

    request: LandscapeRequest
    flats: Sequence[Flat]
    alpha: Floats
    beta: Floats
    places: Mapping[int, tuple[float, float, float]]

    @classmethod
    def of(cls, request: LandscapeRequest, weights: Mapping[int, Weights], space: Space) -> Picture:
        """The picture that was asked for.

        Args:
            request: What was asked for.
            weights: Those of each snapshot by its step, of other snapshots, too, unless it is a line.
            space: What the arrays are.

        Raises:
            ValueError: The snapshots do not span it.
        """
        chosen = [weights[step] for step in request.steps]
        if request.is_line:
            flats = [line_through(first, last, space.spans) for first, last in pairwise(chosen)]
            inside = request.points - 1 - 2 * request.beyond
            alpha = (np.arange(request.size) - request.beyond) / inside
            places = {step: (float(number), 0.0, 0.0) for number, step in enumerate(request.steps)}
            return cls(request, flats, alpha, np.empty(0), places)
        if request.kind == "plane":
            flat = plane_through(chosen[0], chosen[1], chosen[2], space.spans)
        elif request.kind == "pca":
            flat = principal_plane(chosen, space.spans)
        else:
            flat = random_plane(chosen[0], request.seed, space.trained, space.spans, space.filter_axes)
        placed = {step: flat.place(of_step) for step, of_step in weights.items()}
        assert request.margin is not None
        if request.kind == "random":
            alpha = beta = np.linspace(-request.margin, request.margin, request.points)
        else:
            corners = np.stack([placed[step][0] for step in request.steps])
            low, high = corners.min(axis=0), corners.max(axis=0)
            # The same on all sides, so that the picture is as wide beyond a flat row of snapshots.
            beyond = request.margin * float((high - low).max())
            alpha, beta = (np.linspace(a, b, request.points) for a, b in zip(low - beyond, high + beyond, strict=True))
        nothing = _ROUNDING * float(alpha[-1] - alpha[0])
        places = {
            step: _rounded((float(at[0]), float(at[1]), distance), nothing) for step, (at, distance) in placed.items()
        }
        return cls(request, [flat], alpha, beta, places)

    def points(self, numbers: NDArray[np.int64]) -> Iterator[tuple[Flat, NDArray[np.int64], Floats]]:
        """Points by their numbers in `loss.ravel()`: for each flat those that lie on it, and their coefficients."""
        if not self.request.is_line:
            rows, columns = np.divmod(numbers, len(self.alpha))
            yield self.flats[0], numbers, np.stack([self.alpha[columns], self.beta[rows]], axis=1)
            return
        inside = self.request.points - 1 - 2 * self.request.beyond
        intervals = numbers - self.request.beyond
        pieces = np.clip(intervals // inside, 0, len(self.flats) - 1)
        for piece, flat in enumerate(self.flats):
            on_it = pieces == piece
            if on_it.any():
                yield flat, numbers[on_it], ((intervals[on_it] - piece * inside) / inside)[:, None]

    def number_of_snapshot(self, number: int) -> int:
        """Which point of a line the snapshot is that it goes through as the first (0), second (1), ..."""
        return self.request.beyond + number * (self.request.points - 1 - 2 * self.request.beyond)


def _rounded(place: tuple[float, float, float], nothing: float) -> tuple[float, float, float]:
    alpha, beta, distance = (value if abs(value) > nothing else 0.0 for value in place)
    return alpha, beta, distance
