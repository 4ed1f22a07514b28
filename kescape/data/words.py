"""Words that sentences about data share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["counted", "listed", "shown"]


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
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"


def shown(value: Any) -> str:
    """A value in quotes, cut where it would fill the line."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
