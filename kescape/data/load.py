"""Loads data, split into a training and a validation part and scaled. No Keras, no download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.data.facts import facts, understood
from kescape.data.preprocessing import Preprocessing
from kescape.data.source import Source
from kescape.data.targets import AskedTask, Task

__all__ = ["Split", "load", "read_source", "split"]


@dataclass(frozen=True)
class Split:
    """A data set ready to train on. The validation part is empty if nothing is held out."""

    x_train: NDArray[np.float32]
    y_train: NDArray[Any]
    """Class numbers, int64 of shape (rows,); or for a regression standardised float32 of shape (rows, outputs)."""
    x_val: NDArray[np.float32]
    y_val: NDArray[Any]
    shape: tuple[int, ...]
    """Shape of one input, without the batch."""
    outputs: int
    """Numbers that a model has to say about an input: one a class, or one for each number to be learned."""
    task: Task = "classification"
    preprocessing: Preprocessing | None = None
    """How raw rows were scaled; None for arrays that were put together by hand."""


def load(
    dataset: str,
    *,
    seed: int,
    validation_fraction: float,
    target: str | None = None,
    task: AskedTask = "auto",
    image_size: int | None = None,
) -> Split:
    """Load, split and scale data that is here already: bundled sets, and files and folders of the user's.

    A split of classes keeps the share of each. Images are scaled to 0 ... 1; every other number is standardised with
    mean and deviation of the training part alone, so that nothing of the held-out rows leaks into training.

    Args:
        dataset: A name in the catalogue, or a path.
        seed: Decides which rows are held out.
        validation_fraction: Share of the rows to hold out, in [0, 1).
        target: The column of a table that is learned; None finds one.
        task: Whether classes or numbers are learned; "auto" finds out.
        image_size: Height and width that a folder's images are resized to, in pixels.

    Raises:
        DataError: There is no such data, or it cannot be trained on.
    """
    return split(read_source(dataset, target=target, task=task, image_size=image_size), seed, validation_fraction)


def read_source(
    dataset: str, *, target: str | None = None, task: AskedTask = "auto", image_size: int | None = None
) -> Source:
    """Every row of data that is here already; arguments and errors as of `load`."""
    dataset, kind = understood(dataset, target=target, task=task, image_size=image_size)
    if kind == "bundled":
        from kescape.data.bundled import bundled_source

        return bundled_source(dataset)
    path = Path(dataset)
    if kind == "table":
        from kescape.data.user_table import table_source

        return table_source(path, target, task)
    if kind == "arrays":
        from kescape.data.user_arrays import arrays_source

        return arrays_source(path, task)
    from kescape.data.user_images import images_source

    return images_source(path, facts(dataset, task=task, image_size=image_size))


def split(source: Source, seed: int, validation_fraction: float) -> Split:
    """Split and scale; arguments as of `load`."""
    training, held_out = source.parts(seed, validation_fraction)
    preprocessing = Preprocessing.fit(source, training)

    def inputs(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return preprocessing.inputs(source.inputs[rows])

    return Split(
        x_train=inputs(training),
        y_train=preprocessing.targets(source.targets[training]),
        x_val=inputs(held_out),
        y_val=preprocessing.targets(source.targets[held_out]),
        shape=source.facts.shape,
        outputs=source.facts.outputs,
        task=source.facts.task,
        preprocessing=preprocessing,
    )
