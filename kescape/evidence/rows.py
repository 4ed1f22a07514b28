"""The rows of inputs and targets, which belong together."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["rows_in"]


def rows_in(x: Any, y: Any) -> int:
    """How many rows x and y have.

    Raises:
        ValueError: They are no arrays, have no rows, or not as many as each other.

    Example:
        >>> import numpy as np
        >>> rows_in(np.zeros((3, 2)), np.zeros(3))
        3
    """
    parts = keras.tree.flatten((x, y))
    for part in parts:
        if not len(getattr(part, "shape", ())):
            raise ValueError(
                "x and y must be arrays with their rows first, because the same rows are looked at again and again; "
                f"got {type(part).__name__}"
            )
    counts = {int(part.shape[0]) for part in parts}
    if len(counts) != 1 or not max(counts):
        raise ValueError(f"x and y must have as many rows, >= 1, because they belong together; got {sorted(counts)}")
    return counts.pop()
