"""What is known of data before it is trained on: rows, shape, classes, and what was found and done.

A named set's facts stand in the catalogue; a file of the user's is read for them, once for as long as it stays as it
is, so that a form may ask again at each key press. Neither Keras nor scikit-learn is needed.
"""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from kescape.data.catalogue import DATASETS, split_rows
from kescape.data.columns import Column
from kescape.data.errors import DataError
from kescape.data.location import PARTS, UNDERSTOOD, Kind, kind_of, located
from kescape.data.targets import AskedTask, Task
from kescape.data.words import shown

__all__ = ["Facts", "facts", "understood"]


@dataclass(frozen=True)
class Facts:
    """What a form, a plan or a model needs to know of data."""

    dataset: str
    """Its name in the catalogue, or an absolute path."""
    title: str
    """As shown to people: `Two spirals`, `flowers.csv`."""
    kind: Kind
    rows: int
    """Rows that are used, those of the validation part too."""
    shape: tuple[int, ...]
    """Shape of one input, without the batch."""
    task: Task
    outputs: int
    """Numbers that a model has to say about an input: one a class, or one for each number to be learned."""
    class_names: tuple[str, ...] = ()
    """In the order of the class numbers; empty for a regression."""
    class_counts: tuple[int, ...] = ()
    """Rows of each class; empty where nobody has counted."""
    validation_rows: int | None = None
    """Rows of the validation part that the data brings along; None if rows are held out instead."""
    target: str | None = None
    """The column that is learned; None where there are no columns."""
    columns: tuple[Column, ...] = ()
    """The columns of a table that are inputs."""
    notes: tuple[str, ...] = ()
    """What was found and done, in sentences: what the target is, what was left out, what is missing."""

    def parts(self, validation_fraction: float) -> tuple[int, int]:
        """How many rows are trained on and how many judge the network.

        Args:
            validation_fraction: Share of the rows to hold out, in [0, 1); where the data brings a validation part
                along, that part is used instead.
        """
        if self.validation_rows is None:
            return split_rows(self.rows, validation_fraction)
        return self.rows - self.validation_rows, self.validation_rows


def facts(dataset: str, *, target: str | None = None, task: AskedTask = "auto", image_size: int | None = None) -> Facts:
    """The facts of a named data set or of a user's file or folder.

    Args:
        dataset: A name in the catalogue, or a path; a relative one starts from the current folder.
        target: The column of a table that is learned; None finds one.
        task: Whether classes or numbers are learned; "auto" finds out.
        image_size: Height and width that a folder's images are resized to, in pixels.

    Raises:
        DataError: There is no such data, or it cannot be trained on.

    Example:
        >>> known = facts("digits")
        >>> known.rows, known.shape, known.task, known.outputs
        (1797, (8, 8, 1), 'classification', 10)
    """
    dataset, kind = understood(dataset, target=target, task=task, image_size=image_size)
    if kind in ("bundled", "download"):
        return _of_the_catalogue(dataset, kind)
    key = (dataset, _signature(dataset), target, task, image_size)
    with _lock:
        known = _known.get(key)
    if known is None:
        try:
            known = _read(dataset, kind, target, task, image_size)
        except DataError as error:
            known = error
        with _lock:
            while len(_known) >= _MOST_KNOWN:
                del _known[next(iter(_known))]
            _known[key] = known
    if isinstance(known, DataError):
        raise type(known)(str(known), known.setting)
    return known


_MOST_KNOWN = 32
_known: dict[tuple[object, ...], Facts | DataError] = {}
_lock = threading.Lock()


def understood(
    dataset: str, *, target: str | None = None, task: AskedTask = "auto", image_size: int | None = None
) -> tuple[str, Kind]:
    """What data is meant, before it is read: its name or absolute path, and its kind.

    Arguments and errors as of `facts`.
    """
    dataset = located(dataset)
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in dataset):
        raise DataError(f"dataset must be text, because a configuration is; got dataset={shown(dataset)}")
    kind = kind_of(dataset)
    if kind is None:
        raise DataError(_no_such_data(dataset))
    title = shown(dataset)
    if task == "regression" and kind not in ("table", "arrays"):
        raise DataError(
            f"task must be auto or classification for dataset={title}, which has classes; got task='regression'", "task"
        )
    if target is not None and kind != "table":
        raise DataError(
            f"target names a column of a table, and dataset={title} has none; got target={shown(target)}", "target"
        )
    if image_size is not None and kind != "images":
        raise DataError(
            f"image_size resizes the images of a folder, and dataset={title} is none; got image_size={image_size}",
            "image_size",
        )
    if kind not in ("bundled", "download"):
        _signature(dataset)
    return dataset, kind


def _no_such_data(dataset: str) -> str:
    if os.sep not in dataset and "/" not in dataset:
        import difflib

        near = difflib.get_close_matches(dataset, DATASETS, n=1)
        suggestion = f"; did you mean {near[0]}?" if near else ""
        return (
            f"dataset must be one of {', '.join(DATASETS)}, or the path of {UNDERSTOOD}; "
            f"got dataset={shown(dataset)}{suggestion}"
        )
    if os.path.exists(dataset):  # noqa: PTH110 (a NUL may be in it)
        return f"dataset must be the path of {UNDERSTOOD}; got {dataset}"
    return f"There is no file or folder {dataset}"


def _of_the_catalogue(name: str, kind: Kind) -> Facts:
    known = DATASETS[name]
    return Facts(
        dataset=name,
        title=known.title,
        kind=kind,
        rows=known.rows,
        shape=known.shape,
        task="classification",
        outputs=known.classes,
        class_names=known.class_names,
        validation_rows=known.validation_rows,
    )


def _signature(path: str) -> tuple[object, ...]:
    """What changes when the data at a path does."""
    try:
        found = Path(path).stat()
        if stat.S_ISDIR(found.st_mode):
            return (found.st_mtime_ns, *_folder_times(path))
        # A pipe would be waited for without end.
        if stat.S_ISREG(found.st_mode):
            return (found.st_mtime_ns, found.st_size)
    except FileNotFoundError:
        raise DataError(f"There is no file or folder {path}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{path} cannot be read: {reason}") from None
    raise DataError(f"{path} is neither a file nor a folder")


def _folder_times(path: str) -> list[tuple[str, int]]:
    """The sub-folders, and those of a training and a validation part, with the times of their last changes."""
    with os.scandir(path) as entries:
        folders = sorted((entry.path, entry.stat().st_mtime_ns) for entry in entries if entry.is_dir())
    parts = [folder for folder, _ in folders if Path(folder).name.lower() in PARTS]
    return folders + [time for part in parts for time in _folder_times(part)]


def _read(dataset: str, kind: Kind, target: str | None, task: AskedTask, image_size: int | None) -> Facts:
    path = Path(dataset)
    # Only now: polars and Pillow are heavy, and a named set does without them.
    if kind == "table":
        from kescape.data.user_table import table_source

        return table_source(path, target, task).facts
    if kind == "arrays":
        from kescape.data.user_arrays import arrays_source

        return arrays_source(path, task).facts
    from kescape.data.user_images import images_facts

    return images_facts(path, image_size)
