"""Cycle lengths that fill a training: the last cycle ends on the last epoch."""

from __future__ import annotations

from fractions import Fraction

from kescape.schedule.checks import checked_number, checked_whole
from kescape.schedule.timeline import exact

__all__ = ["fit_cycles"]


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
