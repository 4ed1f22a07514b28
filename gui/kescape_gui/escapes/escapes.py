"""What each restart did, kept up to date while a run grows; no Qt.

While a cycle runs, its restart is seen in the losses of the steps. Once it has ended, the ledger has judged it: its own
losses, of the two minima on the same rows, take their place.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kescape.evidence.escape import Escape
from kescape.run.restarts import WINDOW_STEPS, RestartEffect, restart_effects
from kescape_gui.curves.curve import Curve
from kescape_gui.setup.numbers import format_number
from kescape_gui.words import tr

_Cycle = tuple[int, int, int]
"""Where what is looked at begins, the restart, and the end of its cycle."""

SIGNS = {"descended": "↓", "stuck": "=", "crossed, better": "∩ ↓", "crossed, worse": "∩ ↑"}
"""Before the verdict: whether there is a hump on the way, and where it leads."""


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
    """In plain words: the verdict in a sentence, or how the loss stands so far."""
    verdict: str = ""
    """With its sign; empty until the cycle has ended."""
    barrier: str = ""
    distance: str = ""
    cosine: str = ""
    disagreement: str = ""
    escape: Escape | None = None
    """What the ledger found."""


class Escapes:
    """The effects of the restarts of one run. A cycle that has ended is looked at once."""

    def __init__(self) -> None:
        self._known: dict[_Cycle, RestartEffect] = {}
        self._latest: tuple[_Cycle, RestartEffect] | None = None
        self._judged: tuple[Curve, int] | None = None

    def lines(self, curve: Curve, *, grows: bool, judged: Sequence[Escape] = ()) -> list[EscapeLine]:
        """One line for each restart that something is known of.

        Args:
            curve: The steps.
            grows: Whether the run goes on.
            judged: What the ledger says, where there is one.
        """
        if self._judged != (curve, curve.cuts):
            # Steps that were trained again may tell something else.
            self._judged, self._latest = (curve, curve.cuts), None
            self._known.clear()
        verdicts = {escape.step: escape for escape in judged}
        borders = [0, *curve.restarts, len(curve)]
        lines = []
        for number, restart in enumerate(curve.restarts, start=1):
            # Of the cycle before, its last steps are all that counts.
            start, end = max(borders[number - 1], restart - WINDOW_STEPS), borders[number + 1]
            latest = number == len(curve.restarts)
            effect = self._effect(curve, (start, restart, end), number, latest=latest)
            if effect is not None:
                line = _line(effect, curve.steps_per_epoch, latest and grows)
                lines.append(_judged_line(line, verdicts.get(restart)))
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
    return EscapeLine(
        number=effect.cycle,
        step=f"{effect.step:,}",
        epoch=f"{effect.step / steps_per_epoch:.4g}" if steps_per_epoch else "–",
        before=_short(effect.loss_before),
        peak=_short(effect.loss_peak),
        after=_short(effect.loss_after),
        recovered=_recovered(effect, growing),
        change=_change(effect, growing),
    )


def _judged_line(line: EscapeLine, escape: Escape | None) -> EscapeLine:
    if escape is None:
        return line
    return dataclasses.replace(
        line,
        before=_short(escape.loss_before),
        after=_short(escape.loss_after),
        change=escape.sentence(tr),
        verdict=f"{SIGNS[escape.verdict]} {tr(escape.verdict)}",
        barrier=barrier_words(escape),
        distance=f"{100 * escape.relative_distance:.0f} %",
        cosine=f"{escape.cosine:.3f}",
        disagreement="–" if escape.disagreement is None else f"{100 * escape.disagreement:.1f} %",
        escape=escape,
    )


def barrier_words(escape: Escape) -> str:
    """The barrier and its interval, as short as a cell: "0.25 (0.2 to 0.3)", or "none seen (0 to 0.004)"."""
    if math.isinf(escape.barrier):
        return tr("loss not finite")
    low, high = f"{escape.low:.2g}", f"{escape.high:.2g}"
    if not escape.verdict.startswith("crossed"):
        return tr("none seen ({low} to {high})").format(low=low, high=high)
    return tr("{height} ({low} to {high})").format(height=f"{escape.barrier:.2g}", low=low, high=high)


def _recovered(effect: RestartEffect, growing: bool) -> str:
    if effect.recovery_steps == 0:
        return tr("never rose")
    if effect.recovery_steps == 1:
        return tr("after 1 step")
    if effect.recovery_steps is not None:
        return tr("after {steps} steps").format(steps=f"{effect.recovery_steps:,}")
    if not growing:
        return tr("not in its cycle")
    lost = effect.loss_peak - effect.loss_before
    share = (effect.loss_peak - effect.loss_after) / lost if math.isfinite(lost) and lost > 0 else 0.0
    return tr("{percent} % of the way back").format(percent=round(100 * min(1.0, max(0.0, share))))


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


def empty_sentence(first_restart_epoch: float | None, first_verdict_epoch: float | None = None) -> str:
    """What stands in the table while there is nothing to tell."""
    if first_restart_epoch is None:
        return tr("After each restart, what it did appears here. No restarts are planned.")
    words = tr("After each restart, what it did appears here. The first restart is at epoch {epoch}.")
    sentence = words.format(epoch=f"{first_restart_epoch:g}")
    if first_verdict_epoch is None:
        return sentence
    verdict = tr(
        "Whether it left the basin is judged at the end of its cycle: first verdict after cycle 2, epoch {epoch}."
    )
    return f"{sentence} {verdict.format(epoch=f'{first_verdict_epoch:g}')}"
