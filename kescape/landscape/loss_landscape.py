"""`loss_landscape`: the loss of a Keras model on a line or a plane through sets of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from kescape.landscape.evaluate import evaluate
from kescape.landscape.request import HOW_MANY, KINDS, LandscapeRequest, takes
from kescape.landscape.store import Landscape
from kescape.schedule.checks import refuse

__all__ = ["loss_landscape"]


def loss_landscape(
    model: Any,
    weights: Sequence[Sequence[ArrayLike]],
    x: Any,
    y: Any,
    *,
    kind: str | None = None,
    points: int = 51,
    seed: int = 0,
    margin: float | None = None,
) -> Landscape:
    """Look at the loss around, between or across sets of weights.

    All points see the same rows, and the statistics of batch normalisation are found anew at each. The model is left as
    it is.

    Args:
        model: Built, and compiled with a loss.
        weights: One or more, each as `model.get_weights()` gives them, in the order of the training.
        x: Inputs, rows first.
        y: Targets.
        kind: `line` through two or more, one straight piece after the other; `plane` through three; `random`: two
            random directions around one, scaled filter by filter; `pca`: the plane in which three or more lie farthest
            apart. By default what the weights suffice for: random directions, a line, a plane, the principal plane.
        points: Along each axis, 3 to 501.
        seed: Decides the random directions.
        margin: How far the picture goes beyond the weights, as a share of their extent; of `random`, how far from them,
            in lengths of their filters. By default 0.25 and 1.

    Returns:
        `alpha`, `beta` and `loss`, with the `path` of the weights in it and, of a line, its `barriers`; `save` writes
        it as a figure or a table. See `Landscape`.

    Raises:
        ValueError: The weights are not this model's or do not span the picture, the model has no loss, or an argument
            is out of range.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.compile(loss="mse")
        >>> a, b = [np.array([[-1.0]])], [np.array([[3.0]])]
        >>> line = kescape.loss_landscape(model, [a, b], np.ones((4, 1)), np.zeros((4, 1)), points=5, margin=0)
        >>> line.alpha.tolist(), line.loss.tolist()  # the weight squared, at -1, 0, 1, 2 and 3
        ([0.0, 0.25, 0.5, 0.75, 1.0], [1.0, 0.0, 1.0, 4.0, 9.0])
    """
    given = dict(enumerate([np.asarray(value) for value in one] for one in weights))
    kind = kind or {0: "random", 1: "random", 2: "line", 3: "plane"}.get(len(given), "pca")
    if kind in KINDS and not takes(kind, len(given)):
        refuse("len(weights)", len(given), HOW_MANY[kind], f"kind {kind!r} takes so many")
    rows = len(keras.tree.flatten(x)[0])
    request = LandscapeRequest(kind, tuple(given), points, max(1, rows), seed=seed, margin=margin)
    return evaluate(request, model, x, y, given, {number: str(number + 1) for number in given})
