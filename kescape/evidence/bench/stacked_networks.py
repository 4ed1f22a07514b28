"""Many small networks of one shape, trained at once: the mathematics of Keras in NumPy.

Every network is dense, with tanh in its hidden layers, and says yes or no: its one output is a logit. Arrays have the
network first, so that one step of all of them is a few products of matrices.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["StackedNetworks", "first_weights"]

Floats = NDArray[np.float32]


def first_weights(layers: Sequence[int], random: np.random.Generator) -> list[Floats]:
    """Weights to begin with, as Keras' `Dense` draws them: Glorot's uniform kernels, biases of zero.

    Args:
        layers: Units of each layer, the inputs first: `(2, 2, 1)` for XOR.
        random: Draws them.

    Returns:
        Kernel and bias of each layer in turn, as in `model.get_weights()`.

    Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010
    """
    weights: list[Floats] = []
    for inputs, units in itertools.pairwise(layers):
        limit = math.sqrt(6 / (inputs + units))
        weights.append(random.uniform(-limit, limit, (inputs, units)).astype(np.float32))
        weights.append(np.zeros(units, np.float32))
    return weights


class StackedNetworks:
    """Networks side by side, each with its own weights, learning rate and momentum.

    One step is that of `keras.optimizers.SGD`, with velocity v, momentum mu, rate eta and gradient g of a weight w

        v <- mu * v - eta * g
        w <- w + v

    on the mean binary cross-entropy of a batch, `keras.losses.BinaryCrossentropy(from_logits=True)`.

    Args:
        weights: Of each network, as from `first_weights`, all of one shape.
        momentum: Of each network, in [0, 1).

    Example:
        >>> random = np.random.default_rng(0)
        >>> two = StackedNetworks([first_weights((2, 2, 1), random) for _ in range(2)], [0.0, 0.9])
        >>> x, y = np.array([[0, 1], [1, 1]]), np.array([1, 0])
        >>> first = two.losses(x, y)
        >>> for _ in range(10):
        ...     of_batch = two.step(x, y, [0.1, 0.1])
        >>> (two.losses(x, y) < first).tolist()
        [True, True]

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, eq. 1-2
    """

    def __init__(self, weights: Sequence[Sequence[Floats]], momentum: Sequence[float]) -> None:
        stacked = [np.stack(parts) for parts in zip(*weights, strict=True)]
        # A bias is one row, to be added to the rows of a batch.
        self._weights = [part if part.ndim == 3 else part[:, None, :] for part in stacked]
        self._velocities = [np.zeros_like(part) for part in self._weights]
        self._momentum = np.asarray(momentum, np.float32)[:, None, None]

    def weights_of(self, network: int) -> list[Floats]:
        """Kernels and biases of one network, as in `model.get_weights()`."""
        return [part[network] if i % 2 == 0 else part[network, 0] for i, part in enumerate(self._weights)]

    def losses(self, x: NDArray[np.generic], y: NDArray[np.generic]) -> Floats:
        """The mean loss of each network; not a number where its weights have left all bounds.

        Args:
            x: Shape (rows, inputs), the same for all, or (networks, rows, inputs).
            y: 0 or 1, shape (rows,) or (networks, rows).
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return _cross_entropy(self._activations(np.asarray(x, np.float32))[-1], np.asarray(y, np.float32))

    def step(self, x: NDArray[np.generic], y: NDArray[np.generic], learning_rates: Sequence[float] | Floats) -> Floats:
        """Train all networks on one batch.

        Args:
            x: As in `losses`.
            y: As in `losses`.
            learning_rates: Of each network.

        Returns:
            The loss of each on the batch, before the step.
        """
        targets = np.asarray(y, np.float32)
        rates = np.asarray(learning_rates, np.float32)[:, None, None]
        # A rate that is too high takes weights out of all bounds: that network is lost, and the others go on.
        with np.errstate(over="ignore", invalid="ignore"):
            activations = self._activations(np.asarray(x, np.float32))
            logits = activations[-1]
            upstream = (_sigmoid(logits) - targets[..., None]) / np.float32(targets.shape[-1])
            gradients: list[Floats] = []
            for layer in range(len(self._weights) // 2 - 1, -1, -1):
                below = activations[layer]
                gradients += [upstream.sum(axis=1, keepdims=True), np.swapaxes(below, -1, -2) @ upstream]
                if layer:
                    upstream = (upstream @ np.swapaxes(self._weights[2 * layer], -1, -2)) * (1 - below * below)
            for weight, velocity, gradient in zip(self._weights, self._velocities, reversed(gradients), strict=True):
                velocity *= self._momentum
                velocity -= rates * gradient
                weight += velocity
            return _cross_entropy(logits, targets)

    def _activations(self, x: Floats) -> list[Floats]:
        """The batch, what each hidden layer makes of it, and the logits."""
        activations = [x]
        for layer in range(0, len(self._weights), 2):
            sums = activations[-1] @ self._weights[layer] + self._weights[layer + 1]
            activations.append(sums if layer == len(self._weights) - 2 else np.tanh(sums))
        return activations


def _sigmoid(logits: Floats) -> Floats:
    half = np.float32(0.5)
    smooth: Floats = half + half * np.tanh(half * logits)  # exp would overflow
    return smooth


def _cross_entropy(logits: Floats, targets: Floats) -> Floats:
    z = logits[..., 0]
    of_rows = np.maximum(z, 0) - z * targets + np.log1p(np.exp(-np.abs(z)))
    means: Floats = of_rows.mean(axis=-1, dtype=np.float32)
    return means
