"""Words that sentences about data share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["counted", "listed", "reason_of", "shown"]


def counted(number: int, thing: str, things: str | None = None) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "row"), counted(2000, "row"), counted(3, "class", "classes")
        ('1 row', '2,000 rows', '3 classes')
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in a row, cut where they would fill the screen.

    Example:
        >>> listed(["a", "b", "c", "d"], most=2)
        'a, b and 2 more'
    """
    words = [_cut(name if name.isprintable() else repr(name)) for name in names[:most]]
    return ", ".join(words) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def reason_of(error: BaseException) -> str:
    r"""What an error says, in one short line.

    Example:
        >>> reason_of(ValueError("no such thing.\nReally."))
        'no such thing'
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return _cut(lines[0].rstrip("."), 120)


def shown(value: Any) -> str:
    """A value in quotes, cut where it would fill the line."""
    return _cut(repr(value))


def _cut(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
