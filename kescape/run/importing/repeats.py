"""Logs that go back: a training that was taken up again, or a second one in the same log."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["without_repeats"]


def without_repeats(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Which entries of a log count, and the segment that each belongs to.

    A log that goes back to a later number than its first was continued from there: what follows replaces what had been
    logged from that number on. One that goes back to its first, or before it, is a second training with a count of its
    own, which follows the first.

    Args:
        numbers: The epoch or step of each entry, in the order of logging.

    Returns:
        For each entry that counts, its index and the number of its segment.

    Example:
        >>> without_repeats([0, 1, 2, 3, 2, 3, 4])  # taken up at 2
        [(0, 0), (1, 0), (4, 0), (5, 0), (6, 0)]
        >>> without_repeats([0, 1, 0, 1])  # a second fit
        [(0, 0), (1, 0), (2, 1), (3, 1)]
    """
    kept: list[tuple[int, int]] = []
    segment = begin = 0
    for index, number in enumerate(numbers):
        if len(kept) > begin and number <= numbers[kept[-1][0]]:
            if number <= numbers[kept[begin][0]]:
                segment, begin = segment + 1, len(kept)
            else:
                while numbers[kept[-1][0]] >= number:
                    kept.pop()
        kept.append((index, segment))
    return kept
