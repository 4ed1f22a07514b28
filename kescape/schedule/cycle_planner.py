"""Cycle lengths that fill a training: the last cycle ends on the last epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from kescape.schedule.checks import checked_number, checked_whole
from kescape.schedule.timeline import exact

__all__ = ["FittedCycles", "fit_cycles", "fit_first_cycle"]

_MOST_CYCLES = 100
_NEAR = 50
"""So far from the exact first cycle a whole one is looked for."""


def fit_cycles(epochs: int, cycles: int, t_mult: float = 2.0) -> list[int]:
    """Return whole-epoch lengths of growing cycles, of which the last ends on the last epoch.

    The epochs are shared out by largest remainder over the weights t_mult**i; a tie goes to the
    longer cycle, and every cycle gets at least one epoch.

    Args:
        epochs: How long the training is, in epochs, >= cycles.
        cycles: How many cycles it has, >= 1.
        t_mult: Each cycle is about this many times as long as the one before, > 0.

    Example:
        >>> fit_cycles(100, 4, 2)
        [7, 13, 27, 53]
        >>> fit_cycles(60, 4, 1.5)
        [7, 11, 17, 25]
    """
    cycles = checked_whole("cycles", cycles, 1, "a plan has at least one cycle")
    epochs = checked_whole("epochs", epochs, 1, "a training has at least one epoch")
    if epochs < cycles:
        raise ValueError(
            f"epochs must be >= cycles={cycles}, because every cycle gets at least one; got epochs={epochs}"
        )
    t_mult = checked_number("t_mult", t_mult, "> 0", lambda m: m > 0, "every cycle must have a length > 0")
    ratio = Fraction(exact(t_mult))
    weights = [ratio**i for i in range(cycles)]
    small: set[int] = set()
    while True:
        shared = epochs - len(small)
        total = sum(weights[i] for i in range(cycles) if i not in small)
        quotas = [Fraction(1) if i in small else weights[i] * shared / total for i in range(cycles)]
        below_one = {i for i, quota in enumerate(quotas) if quota < 1}
        if not below_one:
            break
        small |= below_one
    lengths = [int(quota) for quota in quotas]
    by_remainder = sorted(range(cycles), key=lambda i: (quotas[i] - lengths[i], weights[i], i), reverse=True)
    for i in by_remainder[: epochs - sum(lengths)]:
        lengths[i] += 1
    return lengths


@dataclass(frozen=True)
class FittedCycles:
    """A first cycle and a training that ends with a whole number of cycles.

    Example:
        >>> FittedCycles(epochs=70, t_0=10.0, lengths=(10.0, 20.0, 40.0)).is_whole
        True
    """

    epochs: int
    """How long the training is, warm-up and all."""
    t_0: float
    """Length of the first cycle, in epochs."""
    lengths: tuple[float, ...]
    """Lengths of all cycles, in epochs."""

    @property
    def is_whole(self) -> bool:
        """Whether every cycle has a whole number of epochs."""
        return all(length.is_integer() for length in self.lengths)


def fit_first_cycle(
    epochs: int, cycles: int, t_mult: float = 2.0, *, warmup: float = 0.0, within: float = 0.1
) -> list[FittedCycles]:
    """Return first cycles with which the last of `cycles` cycles ends on the last epoch.

    Cycles of lengths t_0 * t_mult**i fill E epochs where

        t_0 = E * (t_mult - 1) / (t_mult**cycles - 1), or E / cycles if t_mult is 1

    That answer is always there, as the double whose decimals, added up exactly, come nearest to E. If it is no whole
    number, the whole one comes first whose training is nearest to `epochs`, as far as there is one.

    Args:
        epochs: How long the training shall be, in epochs, > warmup.
        cycles: How many cycles it shall have, 1 to 100.
        t_mult: Each cycle is this many times as long as the one before, > 0.
        warmup: What comes before the first cycle, in epochs, >= 0.
        within: How far from `epochs` a training with a whole first cycle may be, as a share of it.

    Example:
        >>> [(fit.epochs, round(fit.t_0, 3)) for fit in fit_first_cycle(60, 3, 2)]
        [(63, 9.0), (60, 8.571)]
        >>> [(fit.epochs, fit.t_0) for fit in fit_first_cycle(70, 3, 2)]
        [(70, 10.0)]
    """
    cycles = checked_whole("cycles", cycles, 1, "a plan has at least one cycle")
    if cycles > _MOST_CYCLES:
        raise ValueError(f"cycles must be <= {_MOST_CYCLES}, because more cannot be told apart; got cycles={cycles}")
    epochs = checked_whole("epochs", epochs, 1, "a training has at least one epoch")
    t_mult = checked_number("t_mult", t_mult, "> 0", lambda m: m > 0, "every cycle must have a length > 0")
    warmup = checked_number("warmup", warmup, ">= 0 epochs", lambda w: w >= 0, "it is the length of the warm-up")
    if epochs <= warmup:
        raise ValueError(f"epochs must be > warmup={warmup!r}, because the cycles come after it; got epochs={epochs}")
    ratio = Fraction(exact(t_mult))
    weights = [ratio**i for i in range(cycles)]
    room, total = epochs - Fraction(exact(warmup)), sum(weights, Fraction(0))
    wanted = room / total
    first = min(
        (math.nextafter(float(wanted), toward) for toward in (0.0, float(wanted), math.inf)),
        key=lambda t_0: abs(Fraction(exact(t_0)) * total - room),
    )
    fits = [_fitted(epochs, first, weights)]
    whole = None if wanted.denominator == 1 else _whole_near(wanted, total, room, Fraction(within) * epochs)
    if whole is not None:
        fits.insert(0, _fitted(epochs + int(whole * total - room), float(whole), weights))
    return fits


def _fitted(epochs: int, t_0: float, weights: list[Fraction]) -> FittedCycles:
    return FittedCycles(epochs, t_0, tuple(float(Fraction(exact(t_0)) * weight) for weight in weights))


def _whole_near(wanted: Fraction, total: Fraction, room: Fraction, within: Fraction) -> int | None:
    """The whole first cycle that changes the training least, by a whole number of epochs; None if that is too much."""
    nearest = round(wanted)
    near = sorted(range(max(1, nearest - _NEAR), nearest + _NEAR + 1), key=lambda t_0: (abs(t_0 - wanted), -t_0))
    for t_0 in near:
        more = t_0 * total - room
        if abs(more) > within:
            return None
        if more.denominator == 1:
            return t_0
    return None
