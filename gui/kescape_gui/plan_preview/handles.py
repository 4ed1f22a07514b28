"""What of a plan can be taken hold of in its picture, and where that goes; no Qt.

A handle belongs to a setting of the form. It goes in places that one would choose, 1, 2, 5 in each decade or finer for
a rate, whole epochs for a length, and never to where the plan could not be trained.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from kescape.config import SETTINGS, RunConfig
from kescape_gui.plan_preview.plan_preview import PlanPreview
from kescape_gui.setup.numbers import TENTHS, next_in_decade

HANDLES = ("eta_max", "t_0", "eta_min")
"""The settings that have one, in the order in which they are reached by keys."""

_HIGHEST = 100.0
_LOWEST_SHARE = 1e-4
"""Below this share of the highest rate, the lowest one is 0."""
_COARSE = (1, 2, 5)
_COARSE_PARTS = 20
"""Coarse steps of a length are the 1, 2 or 5 that make about this many in a training."""


@dataclass(frozen=True)
class Handle:
    """One that can be taken hold of.

    Attributes:
        setting: The name of what it changes.
        epoch: Where it lies, from the start of the training.
        rate: How high, or None for half-way up.
    """

    setting: str
    epoch: float
    rate: float | None

    @property
    def goes(self) -> Literal["along", "up"]:
        """Along the epochs, or up and down."""
        return "along" if self.rate is None else "up"


def handles(preview: PlanPreview) -> list[Handle]:
    """The handles that the draft's plan has; none while something is wrong with it."""
    config, placed = preview.config, preview.placed
    if config is None or placed is None:
        return []
    steps, rates = preview.line()
    per_epoch = placed.steps_per_epoch
    found = []
    for name in HANDLES:
        if not SETTINGS[name].read_by(config.schedule):
            continue
        if name == "t_0":
            end = min(config.warmup + config.t_0, config.epochs)
            found.append(Handle(name, end, None))
        elif name == "eta_max":
            found.append(Handle(name, float(steps[rates.argmax()]) / per_epoch, config.eta_max))
        else:
            # Where the plan is lowest once it has begun to fall: a warm-up begins as low.
            peak = rates.argmax()
            last = peak + len(rates[peak:]) - 1 - rates[peak:][::-1].argmin()
            found.append(Handle(name, (float(steps[last]) + 1) / per_epoch, config.eta_min))
    return found


def moved_rate(config: RunConfig, name: str, places: int, *, coarse: bool = False) -> float:
    """A rate of the draft `places` places further up, as far as the plan can be trained with it.

    Example:
        >>> draft = RunConfig(eta_max=0.1, eta_min=0.01)
        >>> [moved_rate(draft, "eta_max", places) for places in (1, -2, -99)]
        [0.12, 0.06, 0.012]
        >>> moved_rate(draft, "eta_max", 1, coarse=True)
        0.2
    """
    digits = _COARSE if coarse else TENTHS
    value: float = getattr(config, name)
    # Of a rate that may be 0, places start not too far below what can be seen.
    lowest = 10.0 ** math.floor(math.log10(config.eta_max * _LOWEST_SHARE)) if name == "eta_min" else 0.0
    toward = 1 if places > 0 else -1
    for _ in range(abs(places)):
        moved = next_in_decade(value, toward, lowest, digits)
        if moved > _HIGHEST or not _can_be(config, name, moved):
            break
        value = moved
    return value


def moved_length(config: RunConfig, to: float, *, coarse: bool = False) -> float:
    """A first cycle that ends at about `to` epochs: of whole epochs, inside the training, if that can be trained.

    Example:
        >>> draft = RunConfig(epochs=70, t_0=10.0)
        >>> [moved_length(draft, to) for to in (12.4, 0.2, 99)]
        [12.0, 1.0, 70.0]
        >>> moved_length(draft, 12.6, coarse=True)
        15.0
    """
    width = _coarse_width(config.epochs) if coarse else 1.0
    most = float(max(1, math.floor(config.epochs - config.warmup)))
    length = min(most, max(1.0, round((to - config.warmup) / width) * width))
    return length if _can_be(config, "t_0", length) else config.t_0


def next_length(config: RunConfig, places: int, *, coarse: bool = False) -> float:
    """The first cycle that many places longer."""
    width = _coarse_width(config.epochs) if coarse else 1.0
    start = math.floor(config.t_0 / width) if places > 0 else math.ceil(config.t_0 / width)
    length = moved_length(config, config.warmup + (start + places) * width, coarse=coarse)
    # A first cycle of half an epoch does not get shorter by becoming a whole one.
    return length if (length > config.t_0) == (places > 0) else config.t_0


def _coarse_width(epochs: int) -> float:
    width = 1.0
    while width * _COARSE_PARTS < epochs:
        width = next_in_decade(width, 1)
    return width


def _can_be(config: RunConfig, name: str, value: float) -> bool:
    try:
        # As the form would: without reading the data for each pixel of a drag.
        config.model_copy(update={name: value}).plan()
    except ValueError:
        return False
    return True
