"""Seeds for the layers of a model, all drawn from the one seed of a run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["seeds"]


def seeds(seed: int) -> Iterator[int]:
    """One seed a layer, in their order.

    Not seed, seed + 1, ...: then the second layer of one run would start as the first layer of the next does, and runs
    with neighbouring seeds would not be independent.

    Args:
        seed: Of the run, >= 0.
    """
    layer = 0
    while True:
        yield int(np.random.SeedSequence([seed, layer]).generate_state(1)[0])
        layer += 1
