"""Loads a bundled data set, split into a training and a validation part. No Keras, no download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kescape.data.catalogue import DATASETS, split_rows
from kescape.data.points import POINT_SETS

__all__ = ["Split", "Task", "load", "raw_arrays"]

Task = Literal["classification", "regression"]
"""Classes are told apart with logits and cross-entropy, numbers are met with the mean squared error."""


@dataclass(frozen=True)
class Split:
    """A data set ready to train on. The validation part is empty if nothing is held out."""

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_val: NDArray[np.float32]
    y_val: NDArray[np.int64]
    shape: tuple[int, ...]
    """Shape of one input, without the batch."""
    outputs: int
    """Numbers that a model has to say about an input: one a class, or one for a regression."""
    task: Task = "classification"


def load(name: str, *, seed: int, validation_fraction: float) -> Split:
    """Load, split and scale a data set.

    The split keeps the share of each class. Images are scaled to 0 ... 1; every other column is
    standardised with mean and deviation of the training part alone, so that nothing of the
    held-out rows leaks into training.

    Args:
        name: A name in `DATASETS`.
        seed: Decides which rows are held out.
        validation_fraction: Share of the rows to hold out, in [0, 1).
    """
    dataset = DATASETS[name]
    x, y = raw_arrays(name)
    training, held_out = _split(y, split_rows(dataset.rows, validation_fraction)[1], seed)
    if not dataset.has_images:
        mean, deviation = x[training].mean(axis=0), x[training].std(axis=0)
        x = (x - mean) / np.where(deviation > 0, deviation, 1.0)
    inputs = x.astype(np.float32)
    return Split(
        x_train=inputs[training],
        y_train=y[training],
        x_val=inputs[held_out],
        y_val=y[held_out],
        shape=dataset.shape,
        outputs=dataset.classes,
    )


def raw_arrays(name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """All rows of a data set before the split: images in 0 ... 1, other columns as measured."""
    dataset = DATASETS[name]
    if name in POINT_SETS:
        return POINT_SETS[name](dataset.rows)
    # scikit-learn takes a second to import, and points in the plane do without it.
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    x, y = np.asarray(bunch.data, dtype=np.float64), np.asarray(bunch.target, dtype=np.int64)
    if dataset.has_images:
        x = x.reshape(-1, *dataset.shape) / 16.0  # the grey values are counts from 0 to 16
    return x, y


def _split(y: NDArray[np.int64], held_out: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers of the training and the validation part, both in random order."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(y))
    # In this order every class is spread evenly over [0, 1): taking the first rows of it takes
    # the same share of each class, to within one row.
    position = np.empty(len(y))
    for label in np.unique(y):
        members = order[y[order] == label]
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    spread = order[np.argsort(position[order], kind="stable")]
    return generator.permutation(spread[held_out:]), generator.permutation(spread[:held_out])
