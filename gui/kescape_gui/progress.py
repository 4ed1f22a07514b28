"""How far a run is, how fast, and when it will end; no Qt.

Speed is measured over the last half minute of training; pauses and a sleeping computer do not count.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from kescape.schedule import PlacedPlan
from kescape_gui.curves.curve import Curve
from kescape_gui.words import tr

_WINDOW_SECONDS = 30.0
_PARTS = 8
_FIRST_STEPS = 30
"""Nothing is said before this many steps: the first ones hold the tracing of the train step."""
_PAUSE_SECONDS = 1.0
"""A longer gap between two steps is a pause."""


@dataclass(frozen=True)
class Speed:
    """Steps a second over the recent past: the middle, and the slower and the faster quarter."""

    middle: float
    slow: float
    fast: float


def speed(curve: Curve) -> Speed | None:
    """How fast the latest steps were; None while there are too few to say."""
    times = curve.time
    if len(times) < 2 * _FIRST_STEPS:
        return None
    first = max(_FIRST_STEPS, int(np.searchsorted(times, times[-1] - _WINDOW_SECONDS)))
    # A part needs steps enough that one slow one does not decide it.
    recent = times[first:]
    if len(recent) < _PARTS + 1:
        return None
    marks = np.linspace(0, len(recent) - 1, _PARTS + 1).astype(int)
    gaps = np.diff(recent)
    rates = []
    for start, end in itertools.pairwise(marks.tolist()):
        part = gaps[start:end]
        active = part[part < _PAUSE_SECONDS]
        if len(active) and active.sum() > 0:
            rates.append(len(active) / float(active.sum()))
    if not rates:
        return None
    slow, middle, fast = np.quantile(rates, (0.25, 0.5, 0.75))
    return Speed(float(middle), float(slow), float(fast))


def percent_done(steps: int, total: int) -> int | None:
    """Whole percents, 100 only when all is done; None if the length is not known."""
    return None if total <= 0 else min(100, math.floor(100 * steps / total))


def cycle_words(placed: PlacedPlan | None, steps: int, total: int) -> str:
    """Which cycle the run is in and how far, e.g. `cycle 2 of 3, 41 %`; empty for a plan without cycles."""
    if placed is None or steps <= 0 or not placed.restarts(max(total, steps)):
        return ""
    step = steps - 1
    cycle = placed.cycle_of(step)
    if cycle < 0:
        return tr("warm-up")
    first, end = placed.cycle_bounds(step)
    if total:
        pattern = tr("cycle {cycle} of {cycles}") if end is None else tr("cycle {cycle} of {cycles}, {percent} %")
    else:
        pattern = tr("cycle {cycle}") if end is None else tr("cycle {cycle}, {percent} %")
    return pattern.format(
        cycle=cycle + 1,
        cycles=placed.cycle_of(total - 1) + 1 if total else None,
        percent=None if end is None else min(100, math.floor(100 * (steps - first) / (end - first))),
    )


def time_left_words(now: Speed | None, steps_left: int, clock: datetime) -> str:
    """When it will end, as a range and by the clock, e.g. `16 to 21 s left, ends about 14:05:48`."""
    if steps_left <= 0:
        return ""
    if now is None:
        return tr("measuring the speed…")
    soon, late = steps_left / now.fast, steps_left / now.slow
    end = clock + timedelta(seconds=steps_left / now.middle)
    pattern = "%H:%M:%S" if late < 3600 else "%H:%M" if late < 43_200 else "%d %b %H:%M"
    words = tr("{time} left, ends about {clock}")
    return words.format(time=_range(soon, late), clock=end.strftime(pattern))


def speed_words(now: Speed | None) -> str:
    """E.g. `1,480 steps/s`."""
    if now is None:
        return ""
    return tr("{rate} steps/s").format(rate=f"{float(f'{now.middle:.3g}'):,g}")


def _range(soon: float, late: float) -> str:
    if late >= 7200.0:
        seconds, one, several = 3600.0, tr("{low} h"), tr("{low} to {high} h")
    elif late >= 120.0:
        seconds, one, several = 60.0, tr("{low} min"), tr("{low} to {high} min")
    else:
        seconds, one, several = 1.0, tr("{low} s"), tr("{low} to {high} s")
    low, high = max(1, round(soon / seconds)), max(1, round(late / seconds))
    return (one if low == high else several).format(low=low, high=high)
