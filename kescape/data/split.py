"""Which rows are trained on and which are held out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["plain_split", "stratified_split"]

Rows = NDArray[np.int64]


def stratified_split(labels: NDArray[np.int64], held_out: int, seed: int) -> tuple[Rows, Rows]:
    """Row numbers of the training and the validation part, both in random order.

    The parts have the same share of each class, to within one row; every class keeps a row to train on as long as as
    many rows are left as there are classes.

    Args:
        labels: The class of each row.
        held_out: Rows of the validation part.
        seed: Decides which rows are held out.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(labels))
    # In this order every class is spread evenly over [0, 1): taking the first rows of it takes the same share of each
    # class, to within one row.
    position = np.empty(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    counts = np.unique(labels, return_counts=True)[1]
    for members in np.split(by_class, np.cumsum(counts)[:-1]):
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
        position[members[-1]] += 1  # held out last of all
    spread = order[np.argsort(position[order], kind="stable")]
    return generator.permutation(spread[held_out:]), generator.permutation(spread[:held_out])


def plain_split(rows: int, held_out: int, seed: int) -> tuple[Rows, Rows]:
    """Row numbers of the training and the validation part, both in random order."""
    order = np.random.default_rng(seed).permutation(rows)
    return order[held_out:], order[:held_out]
