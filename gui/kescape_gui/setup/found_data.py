"""What is known of the data of a draft; reading a user's file may take a while, so that is done beside the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from kescape.data.errors import DataError
from kescape.data.facts import Facts, facts
from kescape.data.location import kind_of, located
from kescape.data.table import column_names
from kescape.data.targets import AskedTask
from kescape_gui.words import counted, tr

Key = tuple[str, str | None, str, int | None]
"""Data as it is asked for: where it is, target, task, and the size of images."""

_FILES = ("table", "arrays", "images")


@dataclass(frozen=True)
class FoundData:
    """What was found.

    Attributes:
        facts: What is known; None if it cannot be trained on.
        columns: The columns of a table, to choose the target from; empty for other data, and where there are none.
    """

    facts: Facts | None
    columns: tuple[str, ...] = ()


def is_a_users(dataset: str) -> bool:
    """Whether a file or folder of the user's is meant, which has to be read to be known."""
    return kind_of(located(dataset)) in _FILES


def find_data(key: Key) -> FoundData:
    """Read what is there; why it cannot be trained on is the configuration's to say, which reads nothing twice."""
    dataset, target, task, image_size = key
    path, known, is_readable = located(dataset), None, True
    try:
        known = facts(dataset, target=target, task=cast(AskedTask, task), image_size=image_size)
    except DataError as error:
        is_readable = error.setting != "dataset"
    columns = column_names(Path(path)) if is_readable and kind_of(path) == "table" else ()
    return FoundData(known, columns)


def summary(known: Facts) -> str:
    """The data in one line.

    Example:
        >>> summary(facts("digits")), summary(facts("wine"))
        ('1,797 images of 8 × 8 × 1, 10 classes', '178 rows of 13 numbers, 3 classes')
    """
    return tr("{inputs}, {outputs}").format(inputs=_inputs(known), outputs=_outputs(known))


def _inputs(known: Facts) -> str:
    if len(known.shape) == 3:
        what, size = counted(known.rows, "image"), " × ".join(map(str, known.shape))
    elif len(known.shape) == 1:
        what, size = counted(known.rows, "row"), counted(known.shape[0], "number")
    else:
        return tr("{rows} of shape {shape}").format(rows=counted(known.rows, "row"), shape=known.shape)
    return tr("{what} of {size}").format(what=what, size=size)


def _outputs(known: Facts) -> str:
    if known.task == "classification":
        classes = counted(known.outputs, "class", "classes")
        return tr("{classes} of {target}").format(classes=classes, target=known.target) if known.target else classes
    if known.target:
        return tr("the number {target}").format(target=known.target)
    return tr("{numbers} to learn").format(numbers=counted(known.outputs, "number"))
