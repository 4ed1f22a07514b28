"""Where the cycles of a plan lie, in exact arithmetic.

Float logarithms and running float sums put some restarts one step off: log(243, 3) is 4.999...,
not 5, and ten cycles that grow by 1.1 do not end where the decimal number says. Here a length is
the shortest decimal of the float that the user wrote, every boundary is computed with 60 digits
from a closed form, and a logarithm only ever guesses which cycle to look at first.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DivisionByZero, InvalidOperation
from typing import Protocol

__all__ = [
    "EXACT",
    "CycleLengths",
    "GeometricCycles",
    "ListedCycles",
    "Timeline",
    "exact",
    "largest",
]

EXACT = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation, DivisionByZero])
"""Sixty digits: more than any sum of plan lengths that a float could tell apart."""

_ONE = Decimal(1)
_HALF = Decimal("0.5")


def exact(number: float) -> Decimal:
    """Return the shortest decimal that reads back as this float: what the user wrote.

    Example:
        >>> exact(33.1)
        Decimal('33.1')
    """
    return Decimal(repr(number))


def largest(holds: Callable[[int], bool], guess: int, last: int | None = None) -> int:
    """Return the largest whole number in 0..last for which `holds` is true, searching from `guess`.

    `holds` is true for 0 and, up to some number, for everything above.

    Example:
        >>> largest(lambda k: k * k <= 50, guess=6)
        7
    """
    k = max(guess, 0)
    if last is not None:
        k = min(k, last)
    while k > 0 and not holds(k):
        k -= 1
    while (last is None or k < last) and holds(k + 1):
        k += 1
    return k


class CycleLengths(Protocol):
    """The lengths of the cycles, and where each starts counted from the start of cycle 0."""

    count: int | None
    """How many cycles there are; None: they go on for ever."""

    def length(self, cycle: int) -> Decimal:
        """Return the length of a cycle."""

    def start(self, cycle: int) -> Decimal:
        """Return the sum of the lengths of all cycles before this one."""

    def guess(self, offset: Decimal) -> int:
        """Return the cycle at an offset from the start of cycle 0, perhaps one off."""


class ListedCycles:
    """Cycles of given lengths.

    Example:
        >>> cycles = ListedCycles([Decimal(7), Decimal(13)])
        >>> cycles.start(2)
        Decimal('20')
    """

    def __init__(self, lengths: list[Decimal]) -> None:
        self.count: int | None = len(lengths)
        self._lengths = lengths
        self._starts = [Decimal(0)]
        for length in lengths:
            self._starts.append(EXACT.add(self._starts[-1], length))

    def length(self, cycle: int) -> Decimal:
        """Return the length of a cycle."""
        return self._lengths[cycle]

    def start(self, cycle: int) -> Decimal:
        """Return the sum of the lengths of all cycles before this one."""
        return self._starts[cycle]

    def guess(self, offset: Decimal) -> int:
        """Return the cycle at an offset from the start of cycle 0, perhaps one off."""
        return bisect_right(self._starts, offset) - 1


class GeometricCycles:
    """Cycles of lengths t_0 * t_mult**i.

    Example:
        >>> cycles = GeometricCycles(Decimal(10), Decimal("1.1"), count=None)
        >>> cycles.start(3) == Decimal("33.1")
        True
    """

    def __init__(self, t_0: Decimal, t_mult: Decimal, count: int | None) -> None:
        self.count = count
        self.t_0 = t_0
        self.t_mult = t_mult
        self._growth = EXACT.subtract(t_mult, _ONE)
        # Near 1 the logarithm of the float has lost its digits, near 0 the growth has.
        self._log_mult = math.log(t_mult) if t_mult < _HALF else math.log1p(float(self._growth))

    def length(self, cycle: int) -> Decimal:
        """Return the length of a cycle."""
        return EXACT.multiply(self.t_0, EXACT.power(self.t_mult, cycle))

    def start(self, cycle: int) -> Decimal:
        """Return the sum of the lengths of all cycles before this one."""
        if not self._growth:
            return EXACT.multiply(self.t_0, Decimal(cycle))
        grown = EXACT.subtract(EXACT.power(self.t_mult, cycle), _ONE)
        return EXACT.divide(EXACT.multiply(self.t_0, grown), self._growth)

    @property
    def limit(self) -> Decimal | None:
        """What the lengths of infinitely many cycles add up to; None if they grow beyond bounds."""
        return EXACT.divide(self.t_0, -self._growth) if self._growth < 0 else None

    def at_least(self, length: Decimal) -> int:
        """Return how many cycles, of ever shorter ones, are at least this long."""
        if self.t_0 < length:
            return 0
        guess = int(EXACT.divide(length, self.t_0).ln(EXACT) / self.t_mult.ln(EXACT))
        return largest(lambda cycle: self.length(cycle) >= length, guess) + 1

    def guess(self, offset: Decimal) -> int:
        """Return the cycle at an offset from the start of cycle 0, perhaps one off."""
        if not self._growth:
            return int(EXACT.divide(offset, self.t_0))
        grown = float(EXACT.divide(EXACT.multiply(offset, self._growth), self.t_0))
        if grown <= -1:
            return 0
        return int(math.log1p(min(grown, 1e308)) / self._log_mult)


class Timeline:
    """The warm-up and the cycles of a plan, as positions in epochs.

    Args:
        cycles: The lengths of the cycles.
        warmup: The length of the warm-up before cycle 0, in epochs, >= 0.
    """

    def __init__(self, cycles: CycleLengths, warmup: Decimal = Decimal(0)) -> None:
        self.cycles = cycles
        self.warmup = warmup
        self.count = cycles.count
        """How many cycles there are; None: they go on for ever."""
        self._resolved = self._count_of_resolved_cycles()

    def _count_of_resolved_cycles(self) -> int | None:
        """How many cycles a float can tell apart: ever shorter ones pile up at a limit."""
        if not isinstance(self.cycles, GeometricCycles) or self.cycles.limit is None:
            return self.count
        resolution = Decimal(8 * math.ulp(float(self.warmup + self.cycles.limit)))
        resolved = self.cycles.at_least(resolution)
        return resolved if self.count is None else min(self.count, resolved)

    def start(self, cycle: int) -> Decimal:
        """Return where a cycle starts, exactly; for their number: where the last one ends."""
        return EXACT.add(self.warmup, self.cycles.start(cycle))

    def cycle_at(self, epoch: float) -> int:
        """Return the cycle at a position: -1 in the warm-up, the number of cycles after the last.

        A position is at a boundary when it is the double nearest to it, or that double's neighbour:
        epoch + batch / steps, computed in floats, can be one off.
        """
        reach = math.nextafter(epoch, math.inf)
        if reach < float(self.warmup):
            return -1
        guess = self.cycles.guess(EXACT.subtract(Decimal(reach), self.warmup))
        cycle = largest(lambda k: float(self.start(k)) <= reach, guess, self._resolved)
        if cycle == self._resolved and self.count is not None:
            return self.count
        return cycle

    def is_over(self, cycle: int) -> bool:
        """Tell whether this is no cycle, but what comes after the last."""
        return self._resolved is not None and cycle >= self._resolved
