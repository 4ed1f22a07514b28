"""Computes a landscape: from coarse to fine, in short pieces, each level kept as soon as it is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kescape.evidence.barrier import barrier_of
from kescape.evidence.batch_norm import batch_norm_layers
from kescape.evidence.loss_of_weights import LossOfWeights
from kescape.landscape.directions import Flat, Weights
from kescape.landscape.levels import levels_of, places_of
from kescape.landscape.picture import Picture, Space
from kescape.landscape.request import LandscapeRequest
from kescape.landscape.store import Landscape, LineBarrier, PathPoint

__all__ = ["evaluate", "space_of"]

_PIECE_SECONDS = 0.15
_MOST_AT_ONCE = 64
"""Points: more are no faster, and take memory."""

_KEEP_SECONDS = 0.5
"""Between two levels of a slow network, what is known is kept so often."""


def evaluate(
    request: LandscapeRequest,
    model: Any,
    x: Any,
    y: Any,
    weights: Mapping[int, Weights],
    labels: Mapping[int, str],
    *,
    begun: Landscape | None = None,
    keep: Callable[[Landscape], None] = lambda landscape: None,
) -> Landscape:
    """Look at the loss wherever it was asked for.

    Args:
        request: What is looked at; its rows are x and y.
        model: Built, and compiled with a loss; it is left as it is.
        x: Inputs, rows first.
        y: Targets.
        weights: Those of each snapshot by its step.
        labels: What each is, in words.
        begun: What is known already, of the same snapshots and rows.
        keep: Gets what is known, at each level and sometimes in between.

    Returns:
        All of it.

    Raises:
        ValueError: The snapshots do not span what was asked for, or the model has no loss.
    """
    began = time.perf_counter()
    space = space_of(model)
    if request.has_no_path:
        weights = {step: weights[step] for step in request.steps}
    picture = Picture.of(request, weights, space)
    looked_at = LossOfWeights(model, x, y)
    shape = (len(picture.alpha),) if request.is_line else (len(picture.beta), len(picture.alpha))
    # A line is short, and its barriers need the losses of single rows, which are not kept.
    known = begun if begun is not None and not request.is_line else None
    landscape = Landscape(
        request,
        picture.alpha,
        picture.beta,
        np.full(shape, np.nan) if known is None else known.loss.copy(),
        explained=picture.flats[0].explained,
        dimensions=sum(v.size for v, trained in zip(weights[request.steps[0]], space.trained, strict=True) if trained),
        rows=looked_at.rows,
        seconds=0.0 if known is None else known.seconds,
    )
    before = landscape.seconds
    landscape = replace(landscape, path=_path(picture, looked_at, weights, labels))
    of_rows: dict[int, NDArray[np.float64]] = {}
    flat_loss = landscape.loss.reshape(-1)
    kept = time.perf_counter()
    pieces = _Pieces()
    for level in levels_of(request.size if request.is_line else request.points):
        for numbers in pieces.of(_new_points(level, picture, flat_loss)):
            for flat, on_it, coefficients in picture.points(numbers):
                losses = _losses(looked_at, flat, coefficients, pieces.size)
                means = losses.mean(axis=1)
                flat_loss[on_it] = np.where(np.isfinite(means), means, np.inf)
                if request.is_line:
                    of_rows.update(zip(on_it.tolist(), losses, strict=True))
            now = time.perf_counter()
            if now - kept > _KEEP_SECONDS:
                keep(replace(landscape, seconds=before + now - began))
                kept = time.perf_counter()
        landscape = replace(landscape, level=level, seconds=before + time.perf_counter() - began)
        if request.is_line and landscape.finished:
            landscape = replace(landscape, barriers=_barriers(picture, of_rows))
        keep(landscape)
    return landscape


def space_of(model: Any) -> Space:
    """What the arrays of `model.get_weights()` are."""
    renewed = {id(v) for norm in batch_norm_layers(model) for v in (norm.moving_mean, norm.moving_variance)}
    trained = {id(v) for v in model.trainable_variables}
    return Space(
        spans=[keras.backend.is_float_dtype(v.dtype) and id(v) not in renewed for v in model.weights],
        trained=[id(v) in trained for v in model.weights],
        # The vector of a word is what the kernel of a filter is.
        filter_axes=[0 if v.name == "embeddings" else -1 for v in model.weights],
    )


def _path(
    picture: Picture, looked_at: LossOfWeights, weights: Mapping[int, Weights], labels: Mapping[int, str]
) -> tuple[PathPoint, ...]:
    # Along the picture's own directions, by 0: so nothing is compiled anew.
    directions = [list(direction) for direction in picture.flats[0].directions]
    still = np.zeros((1, len(directions)))
    points = []
    for step in sorted(weights):
        loss = float(looked_at.along(list(weights[step]), directions, still).mean())
        alpha, beta, distance = picture.places[step]
        points.append(PathPoint(step, alpha, beta, loss if np.isfinite(loss) else np.inf, distance, labels[step]))
    return tuple(points)


def _losses(
    looked_at: LossOfWeights, flat: Flat, coefficients: NDArray[np.float64], at_once: int
) -> NDArray[np.float64]:
    count = len(coefficients)
    if keras.backend.backend() == "jax":
        # Which compiles for each number of points anew.
        coefficients = np.pad(coefficients, ((0, at_once - count), (0, 0)), mode="edge")
    return looked_at.along(list(flat.origin), [list(d) for d in flat.directions], coefficients)[:count]


def _new_points(level: int, picture: Picture, flat_loss: NDArray[np.float64]) -> NDArray[np.int64]:
    """The points of a level that are not known yet, by their numbers."""
    across = places_of(level, len(picture.alpha))
    numbers = across
    if len(picture.beta):
        up = places_of(level, len(picture.beta))
        numbers = (up[:, None] * len(picture.alpha) + across[None, :]).reshape(-1)
    return numbers[np.isnan(flat_loss[numbers])]


class _Pieces:
    """Cuts points into pieces that take a fraction of a second each, as one learns how long they take."""

    def __init__(self) -> None:
        self.size = 1
        self._seen: set[int] = set()

    def of(self, numbers: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """One piece after the other; the time until the next is asked for is what it took."""
        first = 0
        while first < len(numbers):
            piece = numbers[first : first + self.size]
            began = time.perf_counter()
            yield piece
            taken = time.perf_counter() - began
            first += len(piece)
            # Where a size is compiled for, its first time tells nothing.
            if len(piece) in self._seen:
                wanted = _PIECE_SECONDS * len(piece) / max(taken, 1e-6)
                self.size = max(1, min(_MOST_AT_ONCE, 2 ** int(np.log2(max(1.0, wanted)))))
            self._seen.add(len(piece))


def _barriers(picture: Picture, of_rows: Mapping[int, NDArray[np.float64]]) -> tuple[LineBarrier, ...]:
    found = []
    for number in range(len(picture.flats)):
        first, last = picture.number_of_snapshot(number), picture.number_of_snapshot(number + 1)
        positions = np.linspace(0.0, 1.0, last - first + 1)
        barrier = barrier_of(positions, np.stack([of_rows[point] for point in range(first, last + 1)]))
        found.append(
            LineBarrier(barrier.rise, barrier.rise_low, barrier.rise_high, barrier.height, barrier.is_above_noise)
        )
    return tuple(found)
