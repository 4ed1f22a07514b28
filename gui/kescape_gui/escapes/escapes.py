"""What each restart did to the loss, kept up to date while a run grows; no Qt."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from kescape.run.restarts import WINDOW_STEPS, RestartEffect, restart_effects
from kescape_gui.curves.curve import Curve
from kescape_gui.setup.numbers import format_number
from kescape_gui.words import tr

_Cycle = tuple[int, int, int]
"""Where what is looked at begins, the restart, and the end of its cycle."""


@dataclass(frozen=True)
class EscapeLine:
    """One restart as the table shows it."""

    number: int
    step: str
    epoch: str
    before: str
    peak: str
    after: str
    recovered: str
    change: str
    """In plain words."""


class Escapes:
    """The effects of the restarts of one run. A cycle that has ended is judged once."""

    def __init__(self) -> None:
        self._known: dict[_Cycle, RestartEffect] = {}
        self._latest: tuple[_Cycle, RestartEffect] | None = None
        self._judged: tuple[Curve, int] | None = None

    def lines(self, curve: Curve, *, grows: bool) -> list[EscapeLine]:
        """One line for each restart that something is known of; `grows` while the run goes on."""
        if self._judged != (curve, curve.cuts):
            # Steps that were trained again may tell something else.
            self._judged, self._latest = (curve, curve.cuts), None
            self._known.clear()
        borders = [0, *curve.restarts, len(curve)]
        lines = []
        for number, restart in enumerate(curve.restarts, start=1):
            # Of the cycle before, its last steps are all that counts.
            start, end = max(borders[number - 1], restart - WINDOW_STEPS), borders[number + 1]
            latest = number == len(curve.restarts)
            effect = self._effect(curve, (start, restart, end), number, latest=latest)
            if effect is not None:
                lines.append(_line(effect, curve.steps_per_epoch, latest and grows))
        return lines

    def _effect(self, curve: Curve, cycle: _Cycle, number: int, *, latest: bool) -> RestartEffect | None:
        if self._latest is not None and self._latest[0] == cycle:
            return self._latest[1]
        if cycle in self._known:
            return self._known[cycle]
        start, restart, end = cycle
        found = restart_effects(np.arange(start, end), curve.loss[start:end], [restart])
        if not found:
            return None
        effect = dataclasses.replace(found[0], cycle=number)
        if latest:
            self._latest = (cycle, effect)
        else:
            self._known[cycle] = effect
        return effect


def _line(effect: RestartEffect, steps_per_epoch: int | None, growing: bool) -> EscapeLine:
    if effect.recovery_steps is None:
        recovered = tr("not yet") if growing else tr("not in its cycle")
    elif effect.recovery_steps == 0:
        recovered = tr("never rose")
    elif effect.recovery_steps == 1:
        recovered = tr("after 1 step")
    else:
        recovered = tr("after {steps} steps").format(steps=f"{effect.recovery_steps:,}")
    return EscapeLine(
        number=effect.cycle,
        step=f"{effect.step:,}",
        epoch=f"{effect.step / steps_per_epoch:.4g}" if steps_per_epoch else "–",
        before=_short(effect.loss_before),
        peak=_short(effect.loss_peak),
        after=_short(effect.loss_after),
        recovered=recovered,
        change=_change(effect, growing),
    )


def _change(effect: RestartEffect, growing: bool) -> str:
    before, after = effect.loss_before, effect.loss_after
    if before <= 0:
        return ""
    percent = round(100 * (after - before) / before)
    if percent == 0:
        pattern = tr("as low as before, so far") if growing else tr("as low as before, at the end of its cycle")
    elif percent < 0:
        lower = tr("{percent} % lower than before, at the end of its cycle")
        pattern = tr("{percent} % lower than before, so far") if growing else lower
    else:
        higher = tr("{percent} % higher than before, at the end of its cycle")
        pattern = tr("{percent} % higher than before, so far") if growing else higher
    return pattern.format(percent=f"{abs(percent):,}")


def _short(value: float) -> str:
    return format_number(float(f"{value:.3g}"))


def empty_sentence(first_restart_epoch: float | None) -> str:
    """What stands in the table while there is nothing to tell."""
    if first_restart_epoch is None:
        return tr("After each restart, what it did to the loss appears here. No restarts are planned.")
    words = tr("After each restart, what it did to the loss appears here. The first restart is at epoch {epoch}.")
    return words.format(epoch=f"{first_restart_epoch:g}")
