"""Loads any data that a configuration can name, downloads included. Keras is imported for those alone."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kescape.config import RunConfig
from kescape.data.download import PATIENCE_SECONDS, check_available
from kescape.data.errors import DataError, DataUnreachable
from kescape.data.facts import facts, understood
from kescape.data.load import Split, read_source, split
from kescape.data.source import Source
from kescape.data.targets import AskedTask

__all__ = ["load_data"]


def load_data(
    data: RunConfig | str | Path,
    *,
    target: str | None = None,
    task: AskedTask = "auto",
    image_size: int | None = None,
    seed: int = 1,
    validation_fraction: float = 0.2,
) -> Split:
    """Data ready to train on, split and scaled as the engine does it.

    A split of classes keeps the share of each. Images are scaled to 0 ... 1; every other number is standardised with
    mean and deviation of the training part alone; numbers that are learned are standardised, too. How, stands in the
    result's `preprocessing`, which turns raw rows into inputs and predictions into classes or numbers.

    Args:
        data: A named data set, or the path of a .csv, .tsv, .parquet or .npz file or of a folder of images; or the
            configuration of a run, which says all the rest.
        target: The column of a table that is learned; by default one called target, label, class or y, else the last.
        task: Whether classes or numbers are learned; "auto" finds out.
        image_size: Height and width that a folder's images are resized to, in pixels.
        seed: Decides which rows are held out.
        validation_fraction: Share of the rows to hold out, in [0, 0.9]; data that brings a validation part along
            keeps it.

    Returns:
        A `Split` with `x_train`, `y_train`, `x_val`, `y_val`, `shape`, `outputs`, `task` and `preprocessing`.

    Raises:
        DataError: There is no such data, or it cannot be trained on; a `ValueError` of one sentence.

    Example:
        >>> data = load_data("wine", seed=3)
        >>> data.x_train.shape, data.y_train.shape, data.x_val.shape, data.outputs
        ((142, 13), (142,), (36, 13), 3)
        >>> data.preprocessing.class_names
        ('class_0', 'class_1', 'class_2')
    """
    if isinstance(data, RunConfig):
        return split(
            _source(data.dataset, data.target, data.task, data.image_size), data.seed, data.validation_fraction
        )
    if not 0 <= validation_fraction <= 0.9:
        raise ValueError(
            "validation_fraction must be >= 0 and <= 0.9, because something has to be left to train on; got "
            f"validation_fraction={validation_fraction!r}"
        )
    return split(_source(str(data), target, task, image_size), seed, validation_fraction)


def _source(dataset: str, target: str | None, task: AskedTask, image_size: int | None) -> Source:
    name, kind = understood(dataset, target=target, task=task, image_size=image_size)
    if kind == "download":
        return _downloaded(name)
    return read_source(dataset, target=target, task=task, image_size=image_size)


def _downloaded(name: str) -> Source:
    """A data set that Keras downloads and keeps: its training rows, then its test rows for validation."""
    check_available(name)
    import keras

    known = facts(name)
    try:
        with _impatient_network():
            (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises no narrower one where a download fails
        raise DataUnreachable(f"dataset={name!r} cannot be loaded by Keras: {error}") from error
    x = np.concatenate([x_train, x_test]).reshape(-1, *known.shape)
    y = np.concatenate([y_train, y_test]).reshape(-1).astype(np.int64)
    if (len(x), len(x_test)) != (known.rows, known.validation_rows):
        raise DataError(
            f"dataset={name!r} must have {known.rows:,} rows, {known.validation_rows:,} of them for validation, but "
            f"what Keras keeps has {len(x):,} and {len(x_test):,}; delete it there, and it is downloaded again"
        )
    return Source(known, x, y, divisor=255.0)


@contextlib.contextmanager
def _impatient_network() -> Iterator[None]:
    """Let a download that stalls fail instead of waiting forever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(4 * PATIENCE_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
