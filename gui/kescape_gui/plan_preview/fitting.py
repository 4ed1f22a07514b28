"""Lengths with which a plan ends well: what "Fit to" offers; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kescape.config import SETTINGS, RunConfig
from kescape.schedule import FittedCycles, fit_first_cycle
from kescape_gui.words import counted, tr

MOST_CYCLES = 20
_LISTED = 6
"""More cycles than this are not listed."""


@dataclass(frozen=True)
class FitOffer:
    """One way to end well.

    Attributes:
        values: The settings that it changes.
        text: In words.
    """

    values: dict[str, Any]
    text: str


def fit_offers(config: RunConfig, epochs: int, cycles: int) -> list[FitOffer]:
    """The ways in which `cycles` cycles fill about `epochs` epochs, whole numbers first; none where there is no room.

    Example:
        >>> for offer in fit_offers(RunConfig(), 60, 3):
        ...     print(offer.text)
        63 epochs: cycles of 9, 18, 36
        Exactly 60 epochs: cycles of 8.571, 17.14, 34.29
    """
    most = SETTINGS["epochs"].maximum
    if epochs <= config.warmup or (most is not None and epochs > most):
        return []
    fits = fit_first_cycle(epochs, cycles, config.t_mult, warmup=config.warmup)
    if config.restart_warmup:
        # A cycle has to be longer than the rise at its start.
        fits = [fit for fit in fits if min(fit.lengths[1:], default=fit.t_0) > config.restart_warmup]
    return [
        FitOffer(_values(config, fit), _words(fit, exactly=fit.epochs == epochs and len(fits) > 1))
        for fit in fits
        if most is None or fit.epochs <= most
    ]


def epochs_in(minutes: float, speed: float, steps_per_epoch: int) -> int:
    """How many whole epochs fit into that time, at so many steps a second.

    Example:
        >>> epochs_in(20, 100, 400)
        300
    """
    return int(minutes * 60 * speed / steps_per_epoch)


def proposed_cycles(config: RunConfig) -> int:
    """As many cycles as the training has now, the last one whole or not."""
    plan = config.plan()
    begun = 1 + len([start for start in plan.restarts(config.epochs) if start < config.epochs])
    return min(begun, MOST_CYCLES)


def _values(config: RunConfig, fit: FittedCycles) -> dict[str, Any]:
    values: dict[str, Any] = {"epochs": fit.epochs, "t_0": fit.t_0}
    if config.cycles is not None and config.cycles != len(fit.lengths):
        # Still limited: shrinking cycles without an end cannot have soft restarts.
        values["cycles"] = len(fit.lengths)
    return values


def _words(fit: FittedCycles, *, exactly: bool) -> str:
    epochs = counted(fit.epochs, "epoch")
    start = tr("Exactly {epochs}") if exactly else "{epochs}"
    lengths = [f"{length:.4g}" for length in fit.lengths]
    if len(lengths) == 1:
        told = tr("one cycle")
    elif len(set(lengths)) == 1:
        told = tr("{count} cycles of {length}").format(count=len(lengths), length=lengths[0])
    elif len(lengths) <= _LISTED:
        told = tr("cycles of {lengths}").format(lengths=", ".join(lengths))
    else:
        told = tr("{count} cycles, from {first} to {last}").format(
            count=len(lengths), first=lengths[0], last=lengths[-1]
        )
    return f"{start.format(epochs=epochs)}: {told}"
