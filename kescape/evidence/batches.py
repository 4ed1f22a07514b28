"""The batches of a test: as many as it takes, in an order of its own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from kescape.schedule.checks import refuse

__all__ = ["batches_of", "first_of"]


class _Rows(keras.utils.PyDataset):
    """Whole batches of arrays, in an order that is drawn anew each time all rows have had their turn.

    The order has a generator of its own: the global ones are the user's.
    """

    def __init__(self, arrays: tuple[Any, ...], rows: int, steps: int, batch_size: int, seed: int) -> None:
        super().__init__()
        self._arrays = arrays
        size = min(batch_size, rows)
        generator = np.random.default_rng(seed)
        rounds = -(-steps * size // rows)
        self._order = np.concatenate([generator.permutation(rows) for _ in range(rounds)])
        self._steps, self._size = steps, size

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Any:
        chosen = self._order[step * self._size : (step + 1) * self._size]
        return keras.tree.map_structure(lambda array: array[chosen], self._arrays)


class _Again(keras.utils.PyDataset):
    """The batches of a user's data set, from the start again when they end."""

    def __init__(self, batches: keras.utils.PyDataset, steps: int) -> None:
        super().__init__()
        self._batches, self._steps = batches, steps
        count = batches.num_batches
        if count == 0:
            refuse("x", 0, "at least one batch long", "a step needs one")
        self._count = steps if count is None else count

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Any:
        return self._batches[step % self._count]


def batches_of(x: Any, y: Any, sample_weight: Any, steps: int, batch_size: int, seed: int) -> Any:
    """So many whole batches in an order that the seed decides, and no generator of the user's.

    Raises:
        ValueError: There are no rows, or not as many of each.
        TypeError: They are neither arrays nor a data set.
    """
    brings_targets = isinstance(x, keras.utils.PyDataset) or hasattr(x, "element_spec")
    if brings_targets and (y is not None or sample_weight is not None):
        raise ValueError("y and sample_weight must be None where x is a data set, because its batches bring them")
    if isinstance(x, keras.utils.PyDataset):
        return _Again(x, steps)
    if brings_targets:
        return x.repeat()
    arrays = keras.tree.map_structure(_array, tuple(part for part in (x, y, sample_weight) if part is not None))
    if y is None:
        raise ValueError("y must hold the targets, because x is no data set that brings them; got y=None")
    lengths = [len(array) for array in keras.tree.flatten(arrays)]
    if min(lengths) < 1:
        refuse("x", 0, "at least one row long", "a step needs one")
    if len(set(lengths)) > 1:
        raise ValueError(
            f"x, y and sample_weight must have as many rows, because they belong together; got {lengths} rows"
        )
    return _Rows(arrays, lengths[0], steps, batch_size, seed)


def _array(values: Any) -> Any:
    array = keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else np.asarray(values)
    if array.ndim == 0 or array.dtype == object:
        raise TypeError(
            "x and y must be arrays, a tf.data.Dataset or a keras.utils.PyDataset, because a range test goes through "
            f"them as often as it needs; got {type(values).__name__}"
        )
    return array


def first_of(batches: Any) -> Any:
    """The first of them."""
    return batches[0] if isinstance(batches, keras.utils.PyDataset) else next(iter(batches))
