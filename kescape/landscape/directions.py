"""Lines and planes in the space of a network's weights; pure NumPy.

Weights are lists of arrays, in the order of `model.get_weights()`. Some of them span the space (`spans`): what is no
floating-point number, or is found anew at each point like the statistics of batch normalisation, does not, and is 0 in
every direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Flat", "Weights", "filter_normalised", "line_through", "plane_through", "principal_plane", "random_plane"]

Weights = Sequence[NDArray[Any]]
Floats = NDArray[np.float64]

_EPSILON = 1e-10
"""Keeps the division by the length of a filter finite, as in the code of Li et al."""

_NO_LENGTH = 1e-9
"""What is left of a direction, as a share of it, where another explains it but for rounding."""

_NO_VARIANCE = 1e-12
"""The same of a variance, which is found from products of products."""


@dataclass(frozen=True, eq=False)
class Flat:
    """A line (one direction) or a plane (two) in the space of weights: origin + sum of coefficient * direction.

    Attributes:
        origin: Where the coefficients are 0.
        directions: One or two, not parallel; of length 1 and at right angles unless they are random ones.
        spans: Which of the arrays span the space.
        explained: Of principal directions: the share of the variance along each.
    """

    origin: Weights
    directions: Sequence[Weights]
    spans: Sequence[bool]
    explained: tuple[float, ...] = ()

    def place(self, weights: Weights) -> tuple[Floats, float]:
        """The coefficients of the nearest point, and how far the weights are from it.

        Example:
            >>> flat = line_through([np.array([0.0, 0.0])], [np.array([4.0, 0.0])], [True])
            >>> flat.place([np.array([1.0, 3.0])])  # a quarter of the way, and 3 beside it
            (array([0.25]), 3.0)
        """
        offset = _vector(weights, self.spans) - _vector(self.origin, self.spans)
        across = np.stack([_vector(direction, self.spans) for direction in self.directions])
        coefficients = np.linalg.solve(across @ across.T, across @ offset).astype(np.float64)
        return coefficients, float(np.linalg.norm(offset - coefficients @ across))


def line_through(first: Weights, last: Weights, spans: Sequence[bool]) -> Flat:
    """The straight line from `first` (0) to `last` (1)."""
    return Flat(first, [_shaped(_vector(last, spans) - _vector(first, spans), first, spans)], spans)


def plane_through(first: Weights, second: Weights, third: Weights, spans: Sequence[bool]) -> Flat:
    """The plane in which three weights lie exactly, by the method of Gram and Schmidt.

    The first is at (0, 0), the second on the first axis, at its distance from the first; the third above that axis.

    Raises:
        ValueError: They lie on one line.

    Example:
        >>> corners = [[np.array([0.0, 0.0, 9.0])], [np.array([3.0, 0.0, 9.0])], [np.array([1.0, 2.0, 9.0])]]
        >>> [plane_through(*corners, [True]).place(corner)[0].tolist() for corner in corners]
        [[0.0, 0.0], [3.0, 0.0], [1.0, 2.0]]
    """
    origin = _vector(first, spans)
    along, beside = _vector(second, spans) - origin, _vector(third, spans) - origin
    length, far = float(np.linalg.norm(along)), float(np.linalg.norm(beside))
    if length:
        along = along / length
        beside = beside - (along @ beside) * along
        # Once more: what rounding left of the first direction is gone then.
        beside = beside - (along @ beside) * along
    rest = float(np.linalg.norm(beside))
    if not length or rest <= _NO_LENGTH * far:
        raise ValueError("the three weights must not lie on one line, because many planes go through that")
    return Flat(first, [_shaped(along, first, spans), _shaped(beside / rest, first, spans)], spans)


def random_plane(
    centre: Weights, seed: int, trained: Sequence[bool], spans: Sequence[bool], filter_axes: Sequence[int] | None = None
) -> Flat:
    """The plane of two random directions, each filter of which is as long as that of the weights.

    Args:
        centre: The weights at (0, 0).
        seed: Decides the directions.
        trained: Which of the arrays are trained; the others are not moved.
        spans: Which of the arrays span the space.
        filter_axes: The axis of each array along which its filters lie one after the other; by default the last.
    """
    generator = np.random.default_rng(seed)
    directions = []
    for _ in range(2):
        drawn = [
            generator.standard_normal(value.shape) if is_trained else np.zeros(value.shape)
            for value, is_trained in zip(centre, trained, strict=True)
        ]
        directions.append(filter_normalised(drawn, centre, filter_axes))
    if not all(np.linalg.norm(_vector(direction, spans)) for direction in directions):
        raise ValueError("the weights must have filters, because random directions have the lengths of those")
    return Flat(centre, directions, spans)


def filter_normalised(
    direction: Weights, weights: Weights, filter_axes: Sequence[int] | None = None
) -> list[NDArray[Any]]:
    """A direction, each filter of which has been given the length of the same filter of the weights.

        d_filter * |w_filter| / (|d_filter| + 1e-10)

    What has one dimension (biases, batch normalisation) becomes 0, as does what has none.

    Args:
        direction: Any.
        weights: Of the same shapes.
        filter_axes: The axis of each array along which its filters lie one after the other; by default the last, as in
            the kernels of Keras. Of the rows of an embedding it is the first.

    Example:
        >>> kernel, bias = np.array([[3.0, 0.0], [4.0, 2.0]]), np.array([1.0, 1.0])  # filters of length 5 and 2
        >>> of_kernel, of_bias = filter_normalised([np.array([[0.0, 1.0], [7.0, 0.0]]), bias], [kernel, bias])
        >>> of_kernel.round(6).tolist(), of_bias.tolist()
        ([[0.0, 2.0], [5.0, 0.0]], [0.0, 0.0])

    Source: Li et al., "Visualizing the Loss Landscape of Neural Nets", NeurIPS 2018, section 4,
    https://arxiv.org/abs/1712.09913, and its code, https://github.com/tomgoldstein/loss-landscape
    """
    axes = [-1] * len(weights) if filter_axes is None else filter_axes
    scaled = []
    for drawn, value, axis in zip(direction, weights, axes, strict=True):
        if value.ndim < 2:
            scaled.append(np.zeros(value.shape))
            continue
        others = tuple(other for other in range(value.ndim) if other != axis % value.ndim)
        lengths = [np.sqrt((array.astype(np.float64) ** 2).sum(axis=others, keepdims=True)) for array in (drawn, value)]
        scaled.append(drawn * (lengths[1] / (lengths[0] + _EPSILON)))
    return scaled


def principal_plane(path: Sequence[Weights], spans: Sequence[bool]) -> Flat:
    """The plane of the two directions in which the weights of a path lie farthest apart, through its last ones.

    Args:
        path: Three or more; each axis is turned so that the first lies to the left of, or below, the last.
        spans: Which of the arrays span the space.

    Raises:
        ValueError: They lie on one line.

    Example:
        >>> flat = principal_plane([[np.array([0.0, 0.0])], [np.array([3.0, 1.0])], [np.array([6.0, 0.0])]], [True])
        >>> flat.directions[0][0].round(6).tolist(), [round(share, 3) for share in flat.explained]
        ([1.0, 0.0], [0.964, 0.036])

    Source: Li et al. (2018), section 7: principal component analysis of the path relative to its end.
    """
    last = path[-1]
    end = _vector(last, spans)
    offsets = np.stack([_vector(weights, spans) - end for weights in path])
    centred = offsets - offsets.mean(axis=0)
    # As many numbers as snapshots squared, not as weights squared: both have the same eigenvalues.
    variances, turned = np.linalg.eigh(centred @ centred.T)
    variances, turned = np.maximum(variances[::-1], 0.0), turned[:, ::-1]
    if len(path) < 3 or variances[1] <= _NO_VARIANCE * variances[0]:
        raise ValueError("three or more weights must not lie on one line, because a plane has two directions")
    directions: list[Floats] = []
    for number in range(2):
        direction: Floats = centred.T @ turned[:, number]
        direction /= np.linalg.norm(direction)
        for other in directions:
            direction -= (other @ direction) * other
        if direction @ offsets[0] > 0:
            direction = -direction
        directions.append(direction)
    shares = variances[:2] / variances.sum()
    return Flat(last, [_shaped(d, last, spans) for d in directions], spans, (float(shares[0]), float(shares[1])))


def _vector(weights: Weights, spans: Sequence[bool]) -> Floats:
    """What spans the space, as one vector."""
    parts = [np.ravel(value).astype(np.float64) for value, is_in in zip(weights, spans, strict=True) if is_in]
    return np.concatenate(parts) if parts else np.zeros(0)


def _shaped(vector: Floats, weights: Weights, spans: Sequence[bool]) -> list[NDArray[Any]]:
    """A vector in the shapes of the weights, 0 in what does not span the space."""
    arrays, first = [], 0
    for value, is_in in zip(weights, spans, strict=True):
        if is_in:
            arrays.append(vector[first : first + value.size].reshape(value.shape))
            first += value.size
        else:
            arrays.append(np.zeros(value.shape))
    return arrays
