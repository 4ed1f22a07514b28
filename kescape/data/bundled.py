"""The rows of the data sets that KEscape brings along. No Keras, no download."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kescape.data.catalogue import DATASETS
from kescape.data.facts import facts
from kescape.data.points import POINT_SETS
from kescape.data.source import Source

__all__ = ["bundled_source", "raw_arrays"]

_LARGEST = 16.0
"""The grey values of the digits are counts from 0 to this."""


def bundled_source(name: str) -> Source:
    """A bundled data set with its facts."""
    x, y = raw_arrays(name)
    return Source(facts(name), x, y, divisor=_LARGEST if DATASETS[name].has_images else None)


def raw_arrays(name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """All rows of a bundled data set, as they were measured, and the class of each."""
    dataset = DATASETS[name]
    if name in POINT_SETS:
        return POINT_SETS[name](dataset.rows)
    # scikit-learn takes a second to import, and points in the plane do without it.
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    x, y = np.asarray(bunch.data, dtype=np.float64), np.asarray(bunch.target, dtype=np.int64)
    return x.reshape(-1, *dataset.shape), y
