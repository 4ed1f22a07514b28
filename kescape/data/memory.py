"""How much data may come into memory at once."""

from __future__ import annotations

import math

from kescape.data.errors import Asked, DataError

__all__ = ["MOST_BYTES", "check_fits"]

MOST_BYTES = 4 * 2**30
"""Data that takes more than 4 GiB, as the 4-byte numbers that a network gets, is refused before it is read: the engine
keeps it in memory as a whole."""


def check_fits(title: str, rows: int, shape: tuple[int, ...], cure: str, setting: Asked = "dataset") -> None:
    """Refuse data that would not fit, in a sentence with its size and a cure."""
    size = 4 * rows * math.prod(shape)
    if size > MOST_BYTES:
        raise DataError(
            f"{title} is too large to be kept in memory: {rows:,} rows of shape {shape} take {size / 2**30:.1f} GiB, "
            f"and at most {MOST_BYTES / 2**30:.0f} GiB are used; {cure}",
            setting,
        )
