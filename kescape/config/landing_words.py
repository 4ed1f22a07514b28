"""How a plan ends, in words, with the cures where it ends badly; no Qt.

Snapshots and results are best where a cycle ends, at the lowest rate. A training that stops in the middle of a
cycle leaves the network half annealed, so that is said before it starts.
"""

from __future__ import annotations

import math
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


def landing_words(plan: Plan, epochs: int) -> LandingWords:
    """Say how a training of `epochs` epochs ends under `plan`.

    Example:
        >>> landing_words(CosineRestarts(10, 2, 0.1), 70).sentence
        '3 cycles of 10, 20, 40 epochs; the last one ends at the lowest rate'
        >>> landing_words(CosineRestarts(10, 2, 0.1), 120).sentence
        'Epoch 120 is 62 % into cycle 4: stop at 70 or extend to 150'
    """
    if isinstance(plan, CosineRestarts):
        return _restarts_words(plan, epochs)
    if isinstance(plan, Constant):
        return LandingWords(f"The rate stays the same for {_epochs(epochs)}; no restarts", lands=True)
    if isinstance(plan, StepDecay):
        falls = [place for place in plan.milestones if place < epochs]
        if not falls:
            return LandingWords(f"The rate stays the same for {_epochs(epochs)}; no restarts", lands=True)
        places = " and ".join(f"{place:g}" for place in falls)
        return LandingWords(f"The rate falls in steps, after {places} epochs; no restarts", lands=True)
    if isinstance(plan, OneCycle):
        return LandingWords(f"One rise and one long fall over {_epochs(epochs)}; no restarts", lands=True)
    return LandingWords(f"{_epochs(epochs)[:1].upper()}{_epochs(epochs)[1:]}", lands=True)


def _restarts_words(plan: CosineRestarts, epochs: int) -> LandingWords:
    landing = plan.landing(epochs)
    if not _is_good(landing):
        return _in_the_middle(plan, epochs, landing)
    where = "at" if landing.complete else "close to"
    starts = [start for start in (plan.warmup, *plan.restarts(epochs)) if start < epochs]
    if len(starts) > 1 and not math.isfinite(plan.cycle_at(starts[-1]).length):
        # What comes after the last cycle is none.
        starts.pop()
    told = starts if len(starts) <= _LISTED or isinstance(plan.t_0, tuple) else [starts[0], starts[-1]]
    lengths = [plan.cycle_at(start).length for start in told]
    prefix = f"After {_epochs(plan.warmup)} of warm-up, " if plan.warmup else ""
    after = epochs - landing.last_end
    if landing.complete and after > 0:
        ending = f", then {_epochs(after)} at the lowest rate"
    elif len(starts) == 1:
        ending = f"; it ends {where} the lowest rate"
    else:
        ending = f"; the last one ends {where} the lowest rate"
    return LandingWords(prefix + _cycles(len(starts), lengths) + ending, lands=True)


def _in_the_middle(plan: CosineRestarts, epochs: int, landing: Landing) -> LandingWords:
    percent = math.floor(100 * landing.fraction)
    cycle = "the warm-up" if landing.cycle < 0 else f"cycle {landing.cycle + 1}"
    cures = []
    for end, verb in ((landing.last_end, "stop at"), (landing.next_end, "extend to")):
        if not math.isfinite(end):
            continue
        whole = math.floor(end)
        if whole >= 1 and whole != epochs and _is_good(plan.landing(whole)):
            cures.append(Cure(whole, f"{verb} {whole}"))
    return LandingWords(f"Epoch {epochs} is {percent} % into {cycle}", lands=False, cures=tuple(cures))


def _is_good(landing: Landing) -> bool:
    return landing.complete or (landing.cycle >= 0 and landing.fraction >= _NEARLY_DONE)


def _cycles(count: int, lengths: list[float]) -> str:
    """So many cycles, of which all lengths are known, or the first and the last: between them they grow or shrink."""
    if count == 1:
        return f"1 cycle of {_epochs(lengths[0])}"
    if len(set(lengths)) == 1:
        return f"{count} cycles of {_epochs(lengths[0])} each"
    if count <= _LISTED:
        return f"{count} cycles of {', '.join(f'{length:.4g}' for length in lengths)} epochs"
    return f"{count} cycles, from {lengths[0]:.4g} to {_epochs(lengths[-1])}"


def _epochs(count: float) -> str:
    return "1 epoch" if count == 1 else f"{count:.6g} epochs"
