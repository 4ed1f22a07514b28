"""What people say of a run afterwards: tags and a note, in `labels.json` of its folder.

`run.db` belongs to the engine, so labels have a file of their own, which whoever labels the run replaces as a whole.
It may come with somebody else's run, so it is judged when it is read.
"""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kescape.run.errors import RunUnwritable
from kescape.run.folder import LABELS

__all__ = ["Labels", "read_labels", "split_tags", "write_labels"]

MOST_TAGS = 20
LONGEST_TAG = 40
LONGEST_NOTE = 4_000
_MOST_BYTES = 64 << 10

_SEPARATORS = re.compile(r"[\s,]+")


@dataclass(frozen=True)
class Labels:
    """The labels of a run.

    Attributes:
        tags: Words without spaces and commas, each once, in the order given; at most 20 of 40 characters.
        note: Free text of at most 4,000 characters.
        problem: Why the labels cannot be read, in one sentence; there are none then.

    Example:
        >>> Labels(split_tags("keep, lr-test"), "The first that converged.")
        Labels(tags=('keep', 'lr-test'), note='The first that converged.', problem=None)
    """

    tags: tuple[str, ...] = ()
    note: str = ""
    problem: str | None = None

    def __post_init__(self) -> None:
        if len(self.tags) > MOST_TAGS:
            raise ValueError(f"a run can have at most {MOST_TAGS} tags; got {len(self.tags)}")
        for tag in self.tags:
            if not tag or _SEPARATORS.search(tag) or not tag.isprintable():
                raise ValueError(f"a tag must be one word, because spaces and commas separate tags; got {tag[:60]!r}")
            if len(tag) > LONGEST_TAG:
                raise ValueError(f"a tag must have at most {LONGEST_TAG} characters; got {tag[:60]!r}")
        if len(set(self.tags)) < len(self.tags):
            raise ValueError("a run has each tag only once")
        if len(self.note) > LONGEST_NOTE:
            raise ValueError(f"a note must have at most {LONGEST_NOTE:,} characters; got {len(self.note):,}")

    def with_tags(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Labels:
        """The same labels, with some tags more and some less.

        Raises:
            ValueError: A tag is none, or they would be too many.
        """
        gone = set(remove)
        kept = [tag for tag in self.tags if tag not in gone]
        return Labels(tuple(dict.fromkeys([*kept, *add])), self.note)


def split_tags(text: str) -> tuple[str, ...]:
    """The tags in a line, separated by spaces or commas, each once.

    Example:
        >>> split_tags("keep, lr-test keep")
        ('keep', 'lr-test')
    """
    return tuple(dict.fromkeys(tag for tag in _SEPARATORS.split(text) if tag))


def read_labels(folder: Path) -> Labels:
    """The labels of the run in `folder`; none, with a `problem`, where the file makes no sense."""
    path = folder / LABELS
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return Labels()
    except OSError as error:
        return Labels(problem=f"{str(path)!r} cannot be read: {error.strerror or error}.")
    if len(content) > _MOST_BYTES:
        return Labels(problem=f"{str(path)!r} cannot be read: it is longer than {_MOST_BYTES:,} bytes.")
    try:
        return _labels_in(json.loads(content.decode("utf-8")))
    except (ValueError, TypeError, RecursionError) as error:
        return Labels(problem=f"{str(path)!r} cannot be read: {error}.")


def _labels_in(known: object) -> Labels:
    if not isinstance(known, dict):
        raise TypeError("it holds no object")
    tags, note = known.get("tags", []), known.get("note", "")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags) or not isinstance(note, str):
        raise TypeError("tags must be a list of words, and the note a text")
    return Labels(tuple(dict.fromkeys(tags)), note)


def write_labels(folder: Path, labels: Labels) -> None:
    """Give the run in `folder` these labels; without any, the file goes.

    What could not be read is kept beside it, as `labels-unreadable.json`.

    Raises:
        RunUnwritable: The folder cannot be written; the old labels stay.
    """
    path = folder / LABELS
    temporary = folder / f".{uuid.uuid4().hex}.tmp"
    try:
        if read_labels(folder).problem is not None:
            path.replace(path.with_name("labels-unreadable.json"))
        if labels.tags or labels.note:
            text = json.dumps({"tags": list(labels.tags), "note": labels.note}, ensure_ascii=False, indent=2)
            temporary.write_text(text + "\n", "utf-8", errors="replace")
            temporary.replace(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise RunUnwritable(f"The labels of {folder.name!r} cannot be written: {error.strerror or error}.") from error
