"""How a plan ends, in words, with the cures where it ends badly; no Qt.

Snapshots and results are best where a cycle ends, at the lowest rate. A training that stops in the middle of a
cycle leaves the network half annealed, so that is said before it starts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kescape.schedule import Constant, CosineRestarts, Landing, OneCycle, Plan, StepDecay

_NEARLY_DONE = 0.95
"""From here on the rate is within 0.6 % of the way down: (1 + cos(0.95 * pi)) / 2."""

_LISTED = 5
"""More cycles than this are counted, not listed."""


@dataclass(frozen=True)
class Cure:
    """A number of epochs that would end better, and the words for it."""

    epochs: int
    text: str


@dataclass(frozen=True)
class LandingWords:
    """What the sentence under the plan says."""

    text: str
    lands: bool
    """False: worth a warning."""
    cures: tuple[Cure, ...] = ()

    @property
    def sentence(self) -> str:
        """All in one line, as the status bar and tests read it."""
        return self.text + (": " + " or ".join(cure.text for cure in self.cures) if self.cures else "")


Translate = Callable[[str], str]
"""Gives a text in the user's language; values are put in afterwards."""


def landing_words(plan: Plan, epochs: int, tr: Translate = str) -> LandingWords:
    """Say how a training of `epochs` epochs ends under `plan`.

    Args:
        plan: Of the learning rate.
        epochs: How long the training is.
        tr: Translates each pattern; by default they stay as they are.

    Example:
        >>> landing_words(CosineRestarts(10, 2, 0.1), 70).sentence
        '3 cycles of 10, 20, 40 epochs; the last one ends at the lowest rate'
        >>> landing_words(CosineRestarts(10, 2, 0.1), 120).sentence
        'Epoch 120 is 62 % into cycle 4: stop at 70 or extend to 150'
    """
    if isinstance(plan, CosineRestarts):
        return _restarts_words(plan, epochs, tr)
    length = _epochs(epochs, tr)
    steady = tr("The rate stays the same for {epochs}; no restarts").format(epochs=length)
    if isinstance(plan, Constant):
        return LandingWords(steady, lands=True)
    if isinstance(plan, StepDecay):
        falls = [place for place in plan.milestones if place < epochs]
        if not falls:
            return LandingWords(steady, lands=True)
        places = tr(" and ").join(f"{place:g}" for place in falls)
        text = tr("The rate falls in steps, after {places} epochs; no restarts").format(places=places)
        return LandingWords(text, lands=True)
    if isinstance(plan, OneCycle):
        text = tr("One rise and one long fall over {epochs}; no restarts").format(epochs=length)
        return LandingWords(text, lands=True)
    return LandingWords(length[:1].upper() + length[1:], lands=True)


def _restarts_words(plan: CosineRestarts, epochs: int, tr: Translate) -> LandingWords:
    landing = plan.landing(epochs)
    if not _is_good(landing):
        return _in_the_middle(plan, epochs, landing, tr)
    starts = [start for start in (plan.warmup, *plan.restarts(epochs)) if start < epochs]
    if len(starts) > 1 and not math.isfinite(plan.cycle_at(starts[-1]).length):
        # What comes after the last cycle is none.
        starts.pop()
    told = starts if len(starts) <= _LISTED or isinstance(plan.t_0, tuple) else [starts[0], starts[-1]]
    cycles = _cycles(len(starts), [plan.cycle_at(start).length for start in told], tr)
    if plan.warmup:
        cycles = tr("After {epochs} of warm-up, {cycles}").format(epochs=_epochs(plan.warmup, tr), cycles=cycles)
    after = epochs - landing.last_end
    if landing.complete and after > 0:
        pattern = tr("{cycles}, then {epochs} at the lowest rate")
    elif len(starts) == 1:
        pattern = (
            tr("{cycles}; it ends at the lowest rate")
            if landing.complete
            else tr("{cycles}; it ends close to the lowest rate")
        )
    else:
        pattern = (
            tr("{cycles}; the last one ends at the lowest rate")
            if landing.complete
            else tr("{cycles}; the last one ends close to the lowest rate")
        )
    return LandingWords(pattern.format(cycles=cycles, epochs=_epochs(after, tr)), lands=True)


def _in_the_middle(plan: CosineRestarts, epochs: int, landing: Landing, tr: Translate) -> LandingWords:
    percent = math.floor(100 * landing.fraction)
    if landing.cycle < 0:
        text = tr("Epoch {epoch} is {percent} % into the warm-up").format(epoch=epochs, percent=percent)
    else:
        text = tr("Epoch {epoch} is {percent} % into cycle {cycle}").format(
            epoch=epochs, percent=percent, cycle=landing.cycle + 1
        )
    cures = []
    for end, pattern in ((landing.last_end, tr("stop at {epoch}")), (landing.next_end, tr("extend to {epoch}"))):
        if not math.isfinite(end):
            continue
        whole = math.floor(end)
        if whole >= 1 and whole != epochs and _is_good(plan.landing(whole)):
            cures.append(Cure(whole, pattern.format(epoch=whole)))
    return LandingWords(text, lands=False, cures=tuple(cures))


def _is_good(landing: Landing) -> bool:
    return landing.complete or (landing.cycle >= 0 and landing.fraction >= _NEARLY_DONE)


def _cycles(count: int, lengths: list[float], tr: Translate) -> str:
    """So many cycles, of which all lengths are known, or the first and the last: between them they grow or shrink."""
    last = _epochs(lengths[-1], tr)
    if count == 1:
        return tr("1 cycle of {epochs}").format(epochs=last)
    if len(set(lengths)) == 1:
        return tr("{count} cycles of {epochs} each").format(count=count, epochs=last)
    if count <= _LISTED:
        listed = ", ".join(f"{length:.4g}" for length in lengths)
        return tr("{count} cycles of {lengths} epochs").format(count=count, lengths=listed)
    return tr("{count} cycles, from {first} to {epochs}").format(count=count, first=f"{lengths[0]:.4g}", epochs=last)


def _epochs(count: float, tr: Translate) -> str:
    return tr("1 epoch") if count == 1 else tr("{count} epochs").format(count=f"{count:.6g}")
